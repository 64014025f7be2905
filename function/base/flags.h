/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flags - getopt_long(), but strict: the beginning of a flag is not the flag
 */
#ifndef BASE_FLAGS_H
#define BASE_FLAGS_H

#include <getopt.h>

#include "base/fault.h"

enum { FLAGS_END = -1, FLAGS_REFUSED = '?' };

/*
 * flags_next() - the next flag of a command line, its value in optarg
 * @letters: begin with ":", or "+:" to stop at the first word that is no flag
 * @flags:   the last one has no name
 * @help:    where the flags are explained, as "mig --help"
 *
 * Set optind to 0 before the first; at the end it is the first word that is no flag.
 * Prints nothing.
 *
 * Returns what getopt_long() does; FLAGS_REFUSED, with a fault, for a flag that is
 * unknown or not written to its end, that lacks its value or has one too many.
 */
int flags_next(int argc, char **argv, const char *letters, const struct option *flags,
               const char *help, struct fault *fault);

#endif
