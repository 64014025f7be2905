/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reservation - what one assignment reserves of a sub-pool
 *
 * A GPUReservation that a deployment composes beside its service, from which every
 * other deployment reads it; all of them together are the ledger (deploy/ledger.h).
 */
#ifndef DEPLOY_RESERVATION_H
#define DEPLOY_RESERVATION_H

#include "wire/node.h"

/* Of a GPUReservation and a GPUPool. */
#define RESERVATION_API_VERSION "gpuplacement.fn.crossplane.io/v1alpha1"
#define RESERVATION_KIND "GPUReservation"
#define RESERVATION_POOL_KIND "GPUPool"

/* What the schema of a GPUReservation allows; what is composed is within it. */
enum { RESERVATION_COUNT_MAX = 1000 * 1000 * 1000, RESERVATION_ORDER_MAX = 255 };

struct reservation {
        struct text namespace_; /* of the deployment that holds it */
        struct text deployment;
        struct text uid;          /* of that deployment; empty: not known */
        struct text name;         /* its own; empty: not composed yet */
        struct text object_uid;   /* its own; empty: not known */
        int64_t generation;       /* its own: grows with each change; 0: not known */
        struct value annotations; /* its own */
        bool deleting;            /* it is being deleted */
        struct text model_kind, model_name;
        struct text environment;
        struct text pool;
        struct text mig_profile; /* empty on whole GPUs */
        struct text serving_profile;
        struct text resource_name;
        struct text revision;   /* digest of what shapes its pods; empty: not known */
        int64_t nodes;          /* of one replica, at least 1 */
        int64_t units_per_node; /* at least 1 */
        int64_t reserved;       /* replicas, a surge included */
        int64_t used;           /* of those reserved: may run, and never yield */
        int64_t surge;          /* of those used: while a rollout runs */
        int64_t priority;
        int64_t order; /* 0 for the deployment's first assignment */
        bool served;   /* was Ready once */
        bool leaving;
};

/* reservation_units() - nodes x units_per_node x reserved, capped at 2^63-1. */
int64_t reservation_units(const struct reservation *r);

/* reservation_state() - Leaving, Parked, Serving, Starting or Reserved: the first that holds. */
struct text reservation_state(const struct reservation *r);

/* reservation_compare_place() - by environment, pool and MIG profile: 0 in the same sub-pool. */
int reservation_compare_place(const struct reservation *a, const struct reservation *b);

/* reservation_is_owned() - is it this deployment's? A uid tells one from an earlier one of its
 * name, where both are known. */
bool reservation_is_owned(const struct reservation *r, struct text namespace_, struct text name,
                          struct text uid);

/* reservation_is_same() - one object: of one name, and the same deployment's. */
bool reservation_is_same(const struct reservation *a, const struct reservation *b);

/* reservation_suffix() - of the key under which Crossplane composed it; empty: not known. */
struct text reservation_suffix(const struct reservation *r);

/* reservation_is_kind() - is it a GPUReservation? */
bool reservation_is_kind(struct value object);

/*
 * reservation_read() - a reservation from its GPUReservation
 * @kind, group: of deployments: "ModelDeployment", "modelplane.ai"
 *
 * A number that cannot be read, or is out of bounds, counts what reservation_unreadable()
 * says.
 *
 * Returns false, and leaves *ret alone, when the object does not count: it is of another
 * kind, has no controller of that kind and group, or names no environment and pool. A text
 * that is broken counts as empty.
 */
bool reservation_read(struct value object, struct text kind, struct text group,
                      struct reservation *ret);

/*
 * reservation_unreadable() - the next number of a GPUReservation's spec that cannot be counted
 * @at: where to go on: 0 at first
 *
 * nodes, unitsPerNode and reserved count 1 then, and such a replica is used; what cannot be
 * read of used counts as all that is reserved, of priority 0, of order last. Priority and
 * order need not be there.
 *
 * Returns false when no more of them is such.
 */
struct unreadable {
        struct text key;
        struct value written;
        struct text counts; /* "counts 1" */
};

bool reservation_unreadable(struct value spec, size_t *at, struct unreadable *ret);

/*
 * reservation_spec() - the GPUReservation's spec
 *
 * reservation_from_spec() reads it back, without its owner: the caller fills in namespace
 * and name. False when it names no environment and pool.
 */
struct node *reservation_spec(const struct reservation *r, struct arena *arena);
bool reservation_from_spec(struct value spec, struct reservation *ret);

/*
 * reservation_annotation() - compact JSON of what does not change at transitions
 *
 * Without reserved, used, served and the state, which would rewrite the service.
 * reservation_from_annotation() reads it back with nothing reserved: the caller knows
 * with how many replicas the service is composed.
 */
struct text reservation_annotation(const struct reservation *r, struct arena *arena);
bool reservation_from_annotation(struct text json, struct arena *arena, struct reservation *ret);

#endif
