/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage - the reservations of one environment, and the units that they take
 *
 * Used is what reservations claim, also those that do not serve yet; free is
 * the rest of what is declared. More used than there is leaves none free.
 */
#ifndef INVENTORY_USAGE_H
#define INVENTORY_USAGE_H

#include "deploy/seating.h"
#include "wire/request.h"

/* The units of one sub-pool. */
struct usage {
        const struct sub_pool *sub_pool; /* NULL: reserved, but no longer declared */
        struct text pool;
        struct text mig_profile; /* empty on whole GPUs */
        int64_t total, used, free_units;
        int64_t largest_gap;       /* units that are free together on one node */
        bool over_committed;       /* replicas that were Ready once have no room */
        struct unseated *unseated; /* what is reserved and has no seat */
        size_t n_unseated;
};

struct usage_list {
        struct usage *items; /* sub-pools in declared order, then those no longer declared */
        size_t n;
        bool any;             /* is a unit used? */
        struct ledger ledger; /* the reservations that were counted */
};

/*
 * usage_count() - count the units of an environment
 * @items: n GPUReservations, in any order; those that are no reservation of this
 *               environment do not count
 * @group:       of the deployments that hold them: "modelplane.ai"
 * @ret:         set on success
 *
 * Numbers that cannot be read are reported in the messages of their pool.
 *
 * Errors: -ENOMEM
 */
int usage_count(struct environment *environment, const struct answer_item *items, size_t n,
                struct text group, struct arena *arena, struct usage_list *ret);

#endif
