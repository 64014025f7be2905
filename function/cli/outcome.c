/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outcome.h"

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/printable.h"
#include "cli/output.h"

enum exit_code outcome_failed(const char *command, int r, const struct fault *fault,
                              struct arena *arena) {
        struct text sentence = r == -ENOMEM ? TEXT("out of memory") : fault_text(fault, arena);

        fprintf(stderr, "%s: %.*s\n", command, TEXT_ARG(printable_text(sentence, arena)));
        return EXIT_UNREADABLE;
}

enum exit_code outcome_print(const char *command, int r, enum exit_code code, struct builder *b,
                             const struct fault *fault) {
        struct text out = builder_done(b);

        if (r == 0 && arena_failed(b->arena))
                r = -ENOMEM;
        if (r < 0)
                return outcome_failed(command, r, fault, b->arena);
        return output_print(command, out) ? code : EXIT_UNREADABLE;
}

int outcome_run(enum exit_code (*run)(struct arena *arena, int argc, char **argv), size_t max,
                int argc, char **argv) {
        struct arena arena;
        enum exit_code code;

        arena_init(&arena, max);
        code = run(&arena, argc, argv);
        arena_release(&arena);
        return (int)code;
}
