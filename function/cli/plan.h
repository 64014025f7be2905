/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - the command "plan": which layouts to cut GPUs into
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

/*
 * cli_plan() - plan --gpu GPU [--gpus N] (--want LIST | -e FILE)... [flags]
 * @argc, @argv: as main() has them after "plan"; argv[0] is "plan"
 *
 * Returns 0  all that is wanted has a slice
 *         1  something does not fit
 *         2  usage, an unknown GPU, or unreadable input
 */
int cli_plan(int argc, char **argv);

#endif
