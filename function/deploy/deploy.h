/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy - stage one: which pools serve a deployment
 *
 * What serves stays, and a unit is given once. deploy.c has the phases and what each of
 * them keeps.
 */
#ifndef DEPLOY_DEPLOY_H
#define DEPLOY_DEPLOY_H

#include "deploy/candidates.h"
#include "deploy/explain.h"
#include "deploy/fits.h"
#include "deploy/plan.h"
#include "deploy/quota_room.h"

/*
 * One deployment's assignments, ten environments and what is leaving them: far
 * beyond any that was ever made, so that the time of a decision is bounded.
 */
enum { DEPLOY_HELD_MAX = 256 };

struct deploy_request {
        struct order order;
        const struct environment *environments; /* sorted by name */
        size_t n_environments;
        const struct reservation *reservations; /* of everybody, in any order */
        size_t n_reservations;
        const struct quota *quotas; /* of the deployment's namespace; none: they are ignored */
        size_t n_quotas;
        const struct assignment *held; /* one's own assignments, in any order */
        size_t n_held;                 /* at most DEPLOY_HELD_MAX */
        const struct text *occupied; /* suffixes of keys that hold what is not explained; sorted */
        size_t n_occupied;
        bool whole_fleet; /* environments and reservations are all there are; else: one's own */
        bool own_ledger;  /* without the whole fleet: reservations are all of the environments of
                             those held that are not settled; else there are none */
        struct weighing *
                weighing; /* set to every candidate when the caller wants an explanation; or NULL */
};

struct decision {
        struct plan plan;
        struct rejections rejections;  /* sorted; empty when all is placed */
        bool parked;                   /* no replicas are wanted */
        int64_t wanted;                /* environments */
        int64_t placed;                /* environments with an assignment that stays */
        int64_t ready;                 /* of those, the Ready ones */
        int64_t short_replicas;        /* replicas that are wanted and not granted there */
        struct share quota;            /* that keeps some of these back; limited: there is one */
        const struct sub_pool *closed; /* that keeps some of these back, being cordoned; or NULL */
        bool rolling;                  /* a rollout keeps some of these back */
        struct text url;               /* of the first Ready assignment by environment name */
        bool settled;                  /* nothing is left to decide */
        bool wanting;                  /* fewer environments are placed than are wanted: others
                                          are found in the whole fleet alone */
        struct fits fits; /* where it waits for room; without the whole fleet no room is known */
};

/*
 * deploy_is_settled() - do the reservations alone say that nothing is left to decide?
 *
 * Every wanted environment has an assignment and its service, none is leaving, each was
 * Ready once, and used = reserved = wanted. Parked, nothing is reserved anywhere. What the
 * environments and the model say can still unsettle it. A service that was deleted is made
 * anew, and others may have its name.
 */
bool deploy_is_settled(const struct deployment *deployment, const struct assignment *held,
                       size_t n);

/*
 * deploy() - decide
 * @ret: set on success. Of the whole fleet it is the decision. With own_ledger it is while
 *       ret->wanting is false, and without any reservations while ret->settled is true;
 *       else ask again with more
 *
 * For what is placed already the reservations of its own environment say how much room there
 * is and who else is after it: a conflict can come from nowhere else. A quota is not: it counts the
 * whole namespace, and quotas are only heeded with the whole fleet.
 *
 * Pure: the same in whatever order environments, reservations and held come.
 *
 * Errors: -ENOMEM
 */
int deploy(const struct deploy_request *request, struct arena *arena, struct decision *ret);

#endif
