/* SPDX-License-Identifier: Apache-2.0 */
/*
 * closest - which pool came nearest to fitting, and what it lacks
 */
#ifndef DEPLOY_CLOSEST_H
#define DEPLOY_CLOSEST_H

#include "deploy/match.h"

struct rejection {
        const struct sub_pool *sub_pool;
        const struct serving_profile *profile;
        struct verdict verdict;
};

/*
 * closest_is_nearer() - does a come nearer to fitting than b?
 *
 * First the row of the table, then the share of what is wanted that is there, then
 * environment, pool and MIG profile by name.
 */
bool closest_is_nearer(const struct rejection *a, const struct rejection *b);

/*
 * closest_sentence() - "closest: eu-1/whole has 4 of 32 units, needs 28 more"
 *
 * Empty of a row that compares nothing: selectors, invalid or ambiguous pools, cordons.
 */
struct text closest_sentence(const struct rejection *r, struct arena *arena);

#endif
