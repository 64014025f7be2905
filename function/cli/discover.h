/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discover - the command "discover": real Nodes in, an InferenceEnvironment out
 */
#ifndef CLI_DISCOVER_H
#define CLI_DISCOVER_H

/*
 * cli_discover() - discover [FILE]... [flags]
 * @argc, @argv: as main() has them after "discover"; argv[0] is "discover"
 *
 * Returns 0  done
 *         1  none of the nodes offers GPUs
 *         2  usage, or unreadable input
 */
int cli_discover(int argc, char **argv);

#endif
