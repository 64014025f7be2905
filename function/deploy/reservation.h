/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reservation - what one assignment holds of a sub-pool
 *
 * A ConfigMap that a deployment composes beside its service, from which every other
 * deployment reads it; all of them together are the ledger (deploy/ledger.h).
 */
#ifndef DEPLOY_RESERVATION_H
#define DEPLOY_RESERVATION_H

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

/* reservation_compare_place() - by environment, pool and MIG profile: 0 in the same sub-pool. */
int reservation_compare_place(const struct reservation *a, const struct reservation *b);

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
 * reservation_from_data() reads it back, without its owner: the caller fills in namespace
 * and name. False when it names no environment and pool.
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

#endif
