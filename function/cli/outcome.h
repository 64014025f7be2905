/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome - how a command ends
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include <stddef.h>

#include "base/fault.h"

enum exit_code {
        EXIT_DONE = 0,
        EXIT_REFUSED = 1,    /* the answer is no: does not fit, could not be placed */
        EXIT_UNREADABLE = 2, /* usage, what is read, or no memory */
};

/*
 * outcome_failed() - tells on the standard error why a command cannot go on
 * @rc:    -ENOMEM says so; otherwise fault does
 * @arena: for the sentence
 *
 * Returns EXIT_UNREADABLE.
 */
enum exit_code outcome_failed(const char *command, int rc, const struct fault *fault,
                              struct arena *arena);

/*
 * outcome_print() - what a command has built to the standard output, or why it cannot go on
 * @rc:    as of outcome_failed(); 0: it is built, unless memory ran out
 * @code:  of a command that ends well
 * @b:     what is printed, in the command's arena
 *
 * Returns code, or EXIT_UNREADABLE.
 */
enum exit_code outcome_print(const char *command, int rc, enum exit_code code, struct builder *b,
                             const struct fault *fault);

/* outcome_run() - one command in an arena of its own, which may grow to max bytes; its exit code */
int outcome_run(enum exit_code (*run)(struct arena *arena, int argc, char **argv), size_t max,
                int argc, char **argv);

#endif
