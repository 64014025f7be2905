/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offer - what every way of dividing a GPU has in common
 *
 * The parts that units.c and partition.c count a pool with.
 */
#ifndef FLEET_OFFER_H
#define FLEET_OFFER_H

#include "fleet/pool.h"

#define MIB INT64_C(1048576)
#define GIB INT64_C(1073741824)

/* offer_products() - the products that the pool's accelerator type may mean; how many there are. */
size_t offer_products(const struct pool *pool, const struct settings *settings,
                      const struct gpu_product *ret[CATALOG_CANDIDATES_MAX]);

/* offer_nothing() - the pool cannot be used, and the sentence says why. Errors: -ENOMEM */
int offer_nothing(struct pool *pool, struct arena *arena, struct text sentence);

/* offer_nearest() - ": is nvidia-h100-80gb meant?" of an unknown accelerator; empty when none is
 * near.
 */
struct text offer_nearest(const struct pool *pool, struct arena *arena);

/* offer_nothing() for a MIG pool whose GPU is not in the catalogue. */
int offer_no_accelerator(struct pool *pool, struct arena *arena);

/* offer_nothing() for a profile that the GPU does not have; tells those that it has. */
int offer_no_profile(struct pool *pool, const struct gpu_product *product, struct text name,
                     struct arena *arena);

/*
 * offer_units() - one sub-pool of the pool
 * @per_node: units of a node, not counting sharing
 */
void offer_units(struct sub_pool *sub, struct pool *pool, struct text mig_profile, int64_t per_node,
                 int64_t memory_bytes);

/* offer_smaller() - of two amounts, of which either may be unknown. */
int64_t offer_smaller(int64_t a, int64_t b);

/* offer_card_bytes() - what the catalogue says of one unit of a whole GPU, or of a share of it. */
int64_t offer_card_bytes(const struct pool *pool, const struct gpu_product *product);

/* offer_usable_bytes() - the same, with memory: Usable at most what the driver reports. */
int64_t offer_usable_bytes(const struct pool *pool, const struct settings *settings,
                           const struct gpu_product *product, int64_t bytes);

/*
 * offer_slice_bytes() - memory of a slice, or of a share of it
 * @profile: NULL where the catalogue does not know it
 *
 * What the profile's name says, or what is declared where that is less; with
 * memory: Usable at most what a listing showed. Where none was seen, Usable takes a
 * declared number for measured, else the name's less the largest gap of the generation.
 * The pool's product is set before.
 */
int64_t offer_slice_bytes(struct pool *pool, const struct settings *settings,
                          const struct gpu_profile *profile, struct text name,
                          int64_t declared_bytes, struct arena *arena);

/* offer_over_declared() - tells that what has less memory than the pool declares. */
void offer_over_declared(struct pool *pool, struct arena *arena, struct text what,
                         int64_t most_bytes, const char *consequence);

/* offer_is_fact() - a pool's message that says what its slices are, and doubts nothing? */
bool offer_is_fact(struct text message);

#endif
