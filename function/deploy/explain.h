/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain - verdicts to sentences
 *
 * Who changes exactly the number that a sentence names gets the model placed, or
 * hears the next reason.
 */
#ifndef DEPLOY_EXPLAIN_H
#define DEPLOY_EXPLAIN_H

#include "deploy/match.h"

/* status.rejections tells of so many; the rest is counted. */
enum { REJECTIONS_MAX = 20 };

struct rejection {
        const struct sub_pool *sub_pool;
        const struct serving_profile *profile;
        struct verdict verdict;
};

struct rejections {
        struct rejection *items;
        size_t n, cap;
};

/* Errors: -ENOMEM */
int rejections_add(struct rejections *r, struct arena *arena, struct rejection rejection);

/* rejections_sort() - by environment, pool, MIG profile, serving profile. */
void rejections_sort(struct rejections *r);

/* explain_rejection() - "wants 40Gi per unit, the pool has 10Gi". */
struct text explain_rejection(const struct rejection *r, struct arena *arena);

/*
 * explain_count() - "0/3 pools fit: 1 InsufficientMemory, 2 NoCapacity"
 * @r: sorted
 *
 * Each sub-pool counts once, with the reason of the serving profile that came
 * furthest. Of no rejection at all: "no pool to choose from".
 */
struct text explain_count(const struct rejections *r, struct arena *arena);

#endif
