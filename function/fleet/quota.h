/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota - a ResourceQuota: how many units the pods of a namespace may ask for
 */
#ifndef FLEET_QUOTA_H
#define FLEET_QUOTA_H

#include "wire/value.h"

struct arena;

struct quota {
        struct text name;
        struct value hard;
        struct value scopes;      /* spec.scopes, a list */
        struct value expressions; /* spec.scopeSelector.matchExpressions, a list */
};

/* quota_read() - the object as Crossplane sent it; what is not there is absent. */
struct quota quota_read(struct value object);

/*
 * quota_covers() - does the quota count a serving pod of that PriorityClass?
 * @priority_class: as composed; empty: none
 *
 * Serving pods run without a deadline and ask for cpu or memory: Terminating and
 * BestEffort leave them out. A scope or an operator that is not known covers them.
 */
bool quota_covers(const struct quota *quota, struct text priority_class);

/*
 * quota_covers_claims() - does the quota count the devices that a pod's claims ask for?
 *
 * Claims have no scope: a quota with one counts none of them.
 */
bool quota_covers_claims(const struct quota *quota);

/*
 * quota_key() - what a limit is called in `hard`
 * @resource: an extended resource, "requests.<resource>"; or, of claims, a device
 *            class, "<class>.deviceclass.resource.k8s.io/devices"
 */
struct text quota_key(struct text resource, bool claims, struct arena *arena);

/*
 * quota_limit() - hard[key]
 * @ret: whole units, rounded down; 0 when what is written is no quantity or below 0
 *
 * Returns false, and leaves *ret alone, when the quota says nothing of the key.
 */
bool quota_limit(const struct quota *quota, struct text key, int64_t *ret);

#endif
