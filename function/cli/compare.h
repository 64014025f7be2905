/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - what environments declare, held against real nodes
 */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/inspect.h"
#include "cli/machine.h"

/*
 * compare_nodes() - a finding for each difference
 *
 * An error where pods would wait for ever or get something else: a selector that finds
 * nothing, nodes without the resource, with another GPU, fewer units, less memory, or a
 * taint that nothing tolerates. A warning where the declaration only leaves something
 * out: more units or nodes, GPUs that no pool covers, nodes that two pools select.
 *
 * Of several environments only those of the source InCluster are compared.
 *
 * Errors: -ENOMEM
 */
int compare_nodes(struct inspection *in, const struct machines *machines);

#endif
