/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seating - which reservations have room on the nodes of a sub-pool
 *
 * One function, seating_find(), says both whether there is room for something new and
 * who yields when two took the same unit: were these two questions answered by
 * different orders, a grant could be given and taken back for ever.
 */
#ifndef DEPLOY_SEATING_H
#define DEPLOY_SEATING_H

#include "deploy/ledger.h"

/* seating_compare() - who comes first keeps what has not served yet. */
int seating_compare(const struct reservation *a, const struct reservation *b);

/* Who sits where in a sub-pool, in numbers. */
struct seating {
        int64_t free_units;   /* of the sub-pool, never below 0 */
        int64_t largest_gap;  /* units that are free together on one node */
        int64_t unseated;     /* unused replicas of all that have no seat */
        int64_t own_unseated; /* those of `asking` */
        bool over_committed;  /* used replicas alone exceed the sub-pool */
};

/*
 * seating_foresee() - a sub-pool's ledger once the others of a model have followed it
 * @asking: one's own reservation that is to be granted
 * @ret:    entries of its sub-pool only; those of the same model and serving profile
 *          that stay, and come before it in holding order, have its size where theirs
 *          is smaller, which *ret_differs tells
 *
 * A model that wants more units wants them for all its deployments in one round: from
 * one snapshot each would see room for itself alone.
 *
 * Errors: -ENOMEM
 */
int seating_foresee(const struct ledger *ledger, const struct reservation *asking,
                    struct arena *arena, struct ledger *ret, bool *ret_differs);

/*
 * seating_find() - give every replica of a sub-pool a seat
 * @mine, n_mine: one's own reservations, as they are to be; those of other sub-pools do not
 *                count
 * @asking:       one of mine, whose replicas without a seat are counted apart; or NULL
 * @ret:          set on success
 *
 * First the used replicas: those on several nodes first, then by units per
 * node descending, then namespace and name. One that no longer packs takes
 * no node's room from others; only what all hold together stays within the units. Then the rest in
 * holding order: priority descending, creation, namespace, name. Each takes its `nodes` lowest
 * distinct nodes that have room. While any unused replica is without a seat nothing new is
 * granted.
 *
 * It proves that a packing exists; kube-scheduler may choose another.
 *
 * Time: reservations of the sub-pool x log, plus their distinct sizes x nodes,
 * however many replicas they claim. Memory: none is left taken.
 * Errors: -ENOMEM
 */
int seating_find(const struct ledger *ledger, const struct sub_pool *sub_pool,
                 const struct reservation *const *mine, size_t n_mine,
                 const struct reservation *asking, struct arena *arena, struct seating *ret);

#endif
