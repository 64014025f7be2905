/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seating - which reservations have room on the nodes of a sub-pool
 *
 * One function, seating_find(), says both whether there is room for something new and
 * who yields when two took the same unit: were these two questions answered by
 * different orders, a grant could be given and taken back without end.
 */
#ifndef DEPLOY_SEATING_H
#define DEPLOY_SEATING_H

#include "deploy/ledger.h"

/* seating_compare() - of what is reserved and not used: who comes first is seated first. */
int seating_compare(const struct reservation *a, const struct reservation *b);

/* Who sits where in a sub-pool, in numbers. */
struct seating {
        int64_t free_units;   /* declared less all that is reserved, never below 0 */
        int64_t largest_gap;  /* units that are free together on one node */
        int64_t unseated;     /* unused replicas of all that have no seat */
        int64_t own_unseated; /* those of `asking` */
        bool over_committed;  /* the used replicas alone do not pack */
        const struct reservation *first_unseated; /* the first of all without; NULL: none is */
};

/*
 * seating_find() - give every replica of a sub-pool a seat
 * @mine, n_mine: one's own reservations, as they are to be; those of other sub-pools do not
 *                count
 * @asking:       one of mine, whose unused replicas without a seat are counted apart; or NULL
 * @ret:          set on success
 *
 * First the used replicas: those on several nodes first, then by units per node descending,
 * namespace and name. One that no longer packs takes no node's room from others; its units
 * count in the sum. Then those that are reserved and not used: priority descending,
 * namespace, name. Each takes its `nodes` lowest distinct nodes that have room.
 *
 * There is room for something new when with it none is without a seat, used ones included.
 * It proves that a packing exists; kube-scheduler may choose another.
 *
 * Time: reservations of the sub-pool x log, plus their distinct sizes x nodes,
 * however many replicas they claim. Memory: none is left taken.
 * Errors: -ENOMEM
 */
int seating_find(const struct ledger *ledger, const struct sub_pool *sub_pool,
                 const struct reservation *const *mine, size_t n_mine,
                 const struct reservation *asking, struct arena *arena, struct seating *ret);

/* Replicas of a reservation that have no seat. */
struct unseated {
        const struct reservation *reservation;
        int64_t replicas;
        bool used; /* they may run, and are somewhere */
};

/*
 * seating_list_unseated() - who is without a seat, in the order of the seating
 *
 * For people only: whatever is decided needs no more than the numbers. Asking for it with
 * all reservations in the ledger and none of one's own tells it of the sub-pool.
 *
 * Errors: -ENOMEM
 */
int seating_list_unseated(const struct ledger *ledger, const struct sub_pool *sub_pool,
                          const struct reservation *const *mine, size_t n_mine, struct arena *arena,
                          struct unseated **ret, size_t *ret_n);

#endif
