/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mig - the command "mig": NVIDIA's GPUs, their MIG profiles, and what fits one GPU
 */
#ifndef CLI_MIG_H
#define CLI_MIG_H

/*
 * cli_mig() - mig [GPU] [flags], mig check GPU LAYOUT [flags]
 * @argc, @argv: as main() has them after "mig"; argv[0] is "mig"
 *
 * Writes what was asked for to the standard output and sentences about the
 * question to the standard error. Colour only on a terminal.
 *
 * Returns 0  done; the layout fits
 *         1  the layout does not fit, or the GPU lacks one of its profiles
 *         2  usage, an unknown GPU, or an unreadable layout
 */
int cli_mig(int argc, char **argv);

#endif
