/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubectl - the program as a plugin of kubectl: the same commands over a cluster's objects
 *
 * What a command reads is fetched with "kubectl get" into files that go when it ends;
 * nothing else is asked of the cluster, and nothing is written there.
 */
#ifndef CLI_KUBECTL_H
#define CLI_KUBECTL_H

struct cli_transport;

/* cli_kubectl_is() - is the program called kubectl-gpu? */
int cli_kubectl_is(const char *program);

/*
 * cli_kubectl() - gpu COMMAND [kubectl's flags] [flags of the command]
 * @argc, @argv: as main() has them
 * @remote:      for explain, which renders
 *
 * Returns what the command does; 2 also where kubectl fails, whose words are printed.
 */
int cli_kubectl(int argc, char **argv, const struct cli_transport *remote);

#endif
