/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fits - where a deployment would fit but for room, and when that is worth another look
 *
 * A deployment that waits does not read the reservations of the whole fleet again and again.
 * It is shown the GPUPools of the sub-pools that would do, in which Inventory counts from
 * the same reservations, and looks again when one of them has become large enough.
 */
#ifndef DEPLOY_FITS_H
#define DEPLOY_FITS_H

#include "deploy/match.h"

/* A sub-pool in which only room is missing, for replicas of one size. */
struct fit {
        const struct sub_pool *sub_pool;
        struct demand demand;
        int64_t units; /* that are wanted: of all replicas, of one where it is growth, or of the
                          surge that a rollout waits for */
        bool is_known; /* what is below is */
        int64_t free_units;  /* declared less all that is reserved */
        int64_t largest_gap; /* units that are free together on one node */
        bool is_crowded;     /* what is reserved there has no seat: nothing more is granted */
};

struct fits {
        struct fit
                *items; /* by environment, then as declared; last what is placed and wants more */
        size_t n;
};

/* A GPUPool, as far as it counts here. */
struct fits_pool {
        struct text environment, pool, mig_profile;
        int64_t free_units, largest_gap;
        bool is_crowded;
};

/* fits_pool_read() - from the spec of a GPUPool; false when it cannot be read. */
bool fits_pool_read(struct value spec, struct fits_pool *ret);

/*
 * fits_show() - take the room of each from the GPUPools instead
 * @pools: n of them; are sorted
 *
 * One that has no GPUPool is not known.
 */
void fits_show(struct fits *fits, struct fits_pool *pools, size_t n);

/* fits_any_enough() - are the numbers of one of them large enough? */
bool fits_any_enough(const struct fits *fits);

/* fits_all_known() - is the room of all of them known? */
bool fits_all_known(const struct fits *fits);

/*
 * fits_token() - what could let the deployment be placed, as a text to compare
 *
 * Of a sub-pool that is too small it does not matter how small: the numbers are in the
 * token only where they are large enough. While the token is the same there is no new reason
 * to read the reservations: what was large enough then was found to have no room all the same,
 * because the free units of its nodes do not add up to enough seats. (Were the nodes to change
 * places without the numbers changing in between, the deployment would not notice.)
 */
struct text fits_token(const struct fits *fits, struct arena *arena);

/*
 * fits_environments() - 0, 1, or 2 for more: in that number of environments
 * @ret_only: the only one
 */
int fits_environments(const struct fits *fits, struct text *ret_only);

#endif
