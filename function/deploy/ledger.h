/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - who holds how many units of which sub-pool
 *
 * A reservation is a ConfigMap that a deployment composes beside its service;
 * all of them together are the ledger. One function, ledger_seat(), says both
 * whether there is room for something new and who yields when two took the same
 * unit: were these two questions answered by different orders, a grant could be
 * given and taken back for ever.
 */
#ifndef DEPLOY_LEDGER_H
#define DEPLOY_LEDGER_H

#include "fleet/environment.h"
#include "wire/node.h"

struct reservation {
        struct text namespace_; /* of the deployment that holds it */
        struct text deployment;
        struct text model; /* "ClusterModel/gemma-3-27b" */
        struct text environment;
        struct text pool;
        struct text mig_profile; /* empty on whole GPUs */
        struct text serving_profile;
        struct text resource_name;
        struct text created;    /* the deployment's creationTimestamp; empty sorts last */
        int64_t nodes;          /* of one replica, at least 1 */
        int64_t units_per_node; /* at least 1 */
        int64_t replicas;       /* the grant */
        int64_t admitted;       /* of replicas: were Ready once, and never yield */
        int64_t priority;
        int64_t order; /* 0 for the deployment's first assignment */
        bool leaving;
};

/* reservation_units() - nodes x units_per_node x replicas, capped at 2^63-1. */
int64_t reservation_units(const struct reservation *r);

/*
 * reservation_read() - a reservation from its ConfigMap
 * @kind, group: of deployments: "ModelDeployment", "modelplane.ai"
 *
 * A number that cannot be read, or is too small, counts what reservation_unreadable() says.
 *
 * Returns false, and leaves *ret alone, when the object does not count: it has
 * no controller of that kind and group, or names no environment and pool. A text that
 * is broken counts as empty.
 */
bool reservation_read(struct value config_map, struct text kind, struct text group,
                      struct reservation *ret);

/*
 * reservation_unreadable() - the next number of a ConfigMap's data that cannot be counted
 * @at: where to go on: 0 at first
 *
 * nodes, unitsPerNode and replicas count 1 then; admitted, order and priority 0. Replicas
 * and admitted may be 0, and priority anything; order and priority need not be there.
 *
 * Returns false when no more of them is such.
 */
struct unreadable {
        struct text key;
        struct value written;
        int64_t counts;
};

bool reservation_unreadable(struct value data, size_t *at, struct unreadable *ret);

/*
 * reservation_data() - the ConfigMap's data, strings only
 *
 * reservation_from_data() reads it back, whoever holds it aside; false when it
 * names no environment and pool.
 */
struct node *reservation_data(const struct reservation *r, struct arena *arena);
bool reservation_from_data(struct value data, struct reservation *ret);

/*
 * reservation_annotation() - compact JSON of what does not change while it serves
 *
 * Without admitted and leaving, which would rewrite the service at each
 * transition. reservation_from_annotation() reads it back, admitted = replicas:
 * what was composed and whose reservation was lost must not be given away.
 */
struct text reservation_annotation(const struct reservation *r, struct arena *arena);
bool reservation_from_annotation(struct text json, struct arena *arena, struct reservation *ret);

/*
 * struct ledger - the reservations of everybody else, by sub-pool
 */
struct ledger {
        const struct reservation **entries; /* sorted by environment, pool, MIG profile */
        size_t n_entries;
};

/*
 * ledger_build() - index the n reservations, without those of one's own deployment
 *
 * Errors: -ENOMEM
 */
int ledger_build(const struct reservation *reservations, size_t n, struct text own_namespace,
                 struct text own_name, struct arena *arena, struct ledger *ret);

/*
 * ledger_foresee() - a sub-pool's ledger once the others of a model have followed it
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
int ledger_foresee(const struct ledger *ledger, const struct reservation *asking,
                   struct arena *arena, struct ledger *ret, bool *ret_differs);

/* ledger_used() - the units that the ledger's reservations claim of a sub-pool, at most 2^63-1. */
int64_t ledger_used(const struct ledger *ledger, const struct sub_pool *sub_pool);

/* ledger_compare_holding() - who comes first holds what has not served yet. */
int ledger_compare_holding(const struct reservation *a, const struct reservation *b);

/* What seating found out. */
struct seats {
        int64_t free_units;  /* of the sub-pool, never below 0 */
        int64_t largest_gap; /* units that are free together on one node */
        int64_t without;     /* unadmitted replicas of anybody that have no seat */
        int64_t own_without; /* those of the reservation `mine` */
        bool over_committed; /* admitted replicas alone exceed the sub-pool */
};

/*
 * ledger_seat() - give every replica of a sub-pool a seat
 * @mine, n_mine: one's own reservations, as they are to be; those of other sub-pools are passed
 * over
 * @asking:       one of mine, whose replicas without a seat are counted apart; or NULL
 * @ret:          set on success
 *
 * First the admitted replicas: those on several nodes first, then by units per
 * node descending, then namespace and name. One that no longer packs takes
 * no node's room from others; only what all hold together stays within the units. Then the rest in
 * holding order: priority descending, creation, namespace, name. Each takes its `nodes` lowest
 * distinct nodes that have room. While any unadmitted replica is without a seat nothing new is
 * granted.
 *
 * It proves that a packing exists; kube-scheduler may choose another.
 *
 * Time: reservations of the sub-pool x log, plus their distinct sizes x nodes,
 * however many replicas they claim. Memory: none is left taken.
 * Errors: -ENOMEM
 */
int ledger_seat(const struct ledger *ledger, const struct sub_pool *sub_pool,
                const struct reservation *const *mine, size_t n_mine,
                const struct reservation *asking, struct arena *arena, struct seats *ret);

#endif
