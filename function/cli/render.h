/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render - the command "render": a Composition's pipeline without a cluster
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "render/pipeline.h"

/*
 * cli_render() - render XR COMPOSITION [FUNCTIONS] [flags]
 * @argc, @argv: as main() has them after "render"; argv[0] is "render"
 * @remote:      calls the function at --address; NULL: there is no such flag
 *
 * Writes YAML to the standard output and sentences to the standard error.
 *
 * Returns 0  done
 *         1  something could not be placed, or a step failed
 *         2  usage, or unreadable input
 */
int cli_render(int argc, char **argv, const struct cli_transport *remote);

#endif
