/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units - what a pool offers: its sub-pools, counted
 *
 *      units per node = acceleratorCount x units per GPU
 *      units          = units per node x nodes
 *
 * Eight H100-80GB cut into 3g.40gb are 16 units per node, cut into 1g.10gb 56.
 */
#ifndef FLEET_UNITS_H
#define FLEET_UNITS_H

#include "fleet/pool.h"

/*
 * units_count() - fill pool->sub_pools
 *
 * A pool that is invalid, or turns out so here (unknown MIG profile, impossible
 * layout), gets one sub-pool without units that carries the sentence.
 *
 * Errors: -ENOMEM
 */
int units_count(struct pool *pool, const struct settings *settings, struct arena *arena);

#endif
