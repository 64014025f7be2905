/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidates - every candidate of a decision, for people who ask why
 *
 * Deciding needs none of it: choose.c stops at the first serving profile with room
 * and keeps no candidate. Here each is tried by the same function, before anything
 * new is placed.
 */
#ifndef DEPLOY_CANDIDATES_H
#define DEPLOY_CANDIDATES_H

#include "deploy/choose.h"

struct weighed {
        const struct sub_pool *sub_pool;
        const struct serving_profile *profile;
        struct verdict verdict;
        struct choice choice; /* where the verdict is REASON_FITS */
        int64_t used;         /* units of the sub-pool that are reserved, by this deployment too */
        int64_t free_units;   /* the rest of what is declared, never below 0 */
};

struct weighing {
        struct weighed *items; /* by environment, sub-pool as declared, serving profile */
        size_t n;
        const struct environment *environments;
        size_t n_environments;
        bool whole_fleet; /* else only one's own environments, and used and free are not known */
};

/*
 * candidates_weigh() - try all serving profiles on all sub-pools
 * @environments: n of them
 * @ret:          set on success, but for whole_fleet
 *
 * Errors: -ENOMEM
 */
int candidates_weigh(const struct chooser *chooser, const struct environment *environments,
                     size_t n, struct weighing *ret);

#endif
