/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model - the command "model": the memory that a model takes, from its config.json
 */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

/*
 * cli_model() - model CONFIG... [flags]
 * @argc, @argv: as main() has them after "model"; argv[0] is "model"
 *
 * Returns 0  done
 *         1  no GPU holds it, however many units share it
 *         2  usage or unreadable input
 */
int cli_model(int argc, char **argv);

#endif
