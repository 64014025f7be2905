/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - the command "check": what is wrong with manifests, for a pipeline
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

/*
 * cli_check() - check FILE... [flags]
 * @argc, @argv: as main() has them after "check"; argv[0] is "check"
 *
 * Returns 0  nothing is wrong
 *         1  a mistake was found, or with --strict a warning
 *         2  usage, or a file that cannot be read
 */
int cli_check(int argc, char **argv);

#endif
