/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outcome.h"

#include <errno.h>
#include <stdio.h>

enum exit_code outcome_failed(const char *command, int rc, const struct fault *fault) {
        if (rc == -ENOMEM)
                fprintf(stderr, "%s: out of memory\n", command);
        else if (fault->path[0] != '\0')
                fprintf(stderr, "%s: %s: %s\n", command, fault->path, fault->message);
        else
                fprintf(stderr, "%s: %s\n", command, fault->message);
        return EXIT_UNREADABLE;
}
