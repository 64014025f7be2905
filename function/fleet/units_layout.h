/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units_layout - pools whose GPUs hold several kinds of slices
 *
 * Each kind is a sub-pool of its own: they are fixed partitions of the same
 * GPUs and never compete.
 */
#ifndef FLEET_UNITS_LAYOUT_H
#define FLEET_UNITS_LAYOUT_H

#include "fleet/pool.h"

/* units_layout_build() - the sub-pools of migConfiguration.layout. Errors: -ENOMEM */
int units_layout_build(struct pool *pool, const struct settings *settings, struct arena *arena);

/* More profiles than any product has. */
enum { PROFILES_MAX = 32 };

/* What a node holds: slices by the product's profiles, and GPUs that are not divided. */
struct tally {
        int64_t of_profile[PROFILES_MAX];
        struct text names[PROFILES_MAX]; /* as the nodes have them: maybe former ones */
        int64_t whole_gpus;
};

/* tally_kinds() - how many kinds of units there are. */
size_t tally_kinds(const struct tally *tally);

/*
 * tally_offer() - one sub-pool for each kind of unit that the nodes have
 *
 * Several kinds under the single strategy are the pool's `invalid`: its device
 * plugin wants equal slices.
 *
 * Errors: -ENOMEM
 */
int tally_offer(struct pool *pool, const struct settings *settings,
                const struct gpu_product *product, const struct tally *tally, struct arena *arena);

/* units_layout_most() - "at most 7 x 1g.10gb, 2 x 3g.40gb": what one GPU holds, of each alone. */
struct text units_layout_most(const struct gpu_product *product, struct arena *arena);

/* units_layout_impossible() - the sentence about a layout, with what the GPU holds instead. */
struct text units_layout_impossible(const struct gpu_product *product, const char *why,
                                    struct arena *arena);

#endif
