/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity - the command "capacity": a fleet's pools and how many of their units are used
 */
#ifndef CLI_CAPACITY_H
#define CLI_CAPACITY_H

/*
 * cli_capacity() - capacity FILE... [flags]
 * @argc, @argv: as main() has them after "capacity"; argv[0] is "capacity"
 *
 * Writes to the standard output and sentences to the standard error. Bars and
 * colours are for terminals only.
 *
 * Returns 0  done
 *         2  usage, or unreadable input
 */
int cli_capacity(int argc, char **argv);

#endif
