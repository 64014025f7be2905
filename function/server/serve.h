/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve - the command that serves, from flags to exit code
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

/*
 * serve() - until SIGTERM or SIGINT
 * @argv: argv[0] is skipped
 *
 * Returns the exit code: 0 after a signal, 2 when it could not begin.
 */
int serve(int argc, char **argv);

#endif
