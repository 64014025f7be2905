/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome - how a command ends
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

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

#endif
