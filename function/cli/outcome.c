/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outcome.h"

#include <errno.h>
#include <stdio.h>

#include "base/printable.h"

enum exit_code outcome_failed(const char *command, int r, const struct fault *fault,
                              struct arena *arena) {
        struct text sentence = r == -ENOMEM ? TEXT("out of memory") : fault_text(fault, arena);

        fprintf(stderr, "%s: %.*s\n", command, TEXT_ARG(printable_text(sentence, arena)));
        return EXIT_UNREADABLE;
}
