/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_internal - what the phases of deploy.c share; not for other folders
 */
#ifndef DEPLOY_DEPLOY_INTERNAL_H
#define DEPLOY_DEPLOY_INTERNAL_H

#include "deploy/choose.h"
#include "deploy/deploy.h"

struct deciding {
        const struct deploy_request *request;
        struct arena *arena;
        struct ledger ledger;
        struct quota_room allowance;
        struct assignment *assignments; /* those made before, by order; then fresh ones */
        size_t n;
        const struct reservation **mine; /* scratch: reservations that count now; before them */
        size_t n_stray;                  /* are those of ours that nothing is decided about */
        int64_t next_order;
        struct rejections rejections;
        struct share tightest; /* of a quota that kept a grant small; limited: there is one */
        const struct sub_pool *closed;    /* where a grant may not grow, room or not; or NULL */
        const struct assignment *rolling; /* that grows only after its rollout; or NULL */
};

/* deploy_count() - the assignments of that fate. */
size_t deploy_count(const struct deciding *d, enum fate fate);

/* deploy_sees_rivals() - does the request have the reservations of all where something is open? */
bool deploy_sees_rivals(const struct deciding *d);

/* deploy_is_asleep() - does it stay without a replica, although some are wanted? */
bool deploy_is_asleep(const struct deciding *d, const struct assignment *a);

/* deploy_stays_in() - does one stay in that environment, awake? */
bool deploy_stays_in(const struct deciding *d, const struct environment *environment);

/*
 * deploy_goes_first() - of two that stay and cannot both: does `a` go rather than `b`?
 *
 * What never served, then what is not Ready, then the last made.
 */
bool deploy_goes_first(const struct assignment *a, const struct assignment *b);

/*
 * deploy_chooser() - what choose.c asks for, with every assignment as it is now
 * @without: one that does not count; or NULL
 *
 * Valid until the next one is made.
 */
struct chooser deploy_chooser(struct deciding *d, const struct assignment *without);

/*
 * What rollout.c says to the other phases; it has the rules.
 *
 * deploy_pods_change() - do some run that are other than they are to be?
 * deploy_count_surge() - what of the reservation is a rollout's; gives back what is not any more
 * deploy_most_lasting() - as many replicas as may be reserved while that lasts; at most `wanted`
 */
bool deploy_pods_change(const struct assignment *a);
void deploy_count_surge(struct deciding *d, struct assignment *a);
int64_t deploy_most_lasting(const struct deciding *d, const struct assignment *a, int64_t wanted);

/* deploy_takes_more() - may anything more be reserved in its pool? */
bool deploy_takes_more(const struct assignment *a);

/* deploy_fits() - where more would fit but for room (deploy/fits.h). Errors: -ENOMEM */
int deploy_fits(struct deciding *d, struct fits *ret);

/* The phases, in the order of their calls; deploy.c says what each is for. Errors: -ENOMEM */
int deploy_review(struct deciding *d);
int deploy_trim(struct deciding *d);
void deploy_leave(struct deciding *d);
int deploy_use(struct deciding *d);
int deploy_wake(struct deciding *d);
int deploy_grow(struct deciding *d);
int deploy_roll(struct deciding *d);
int deploy_fill(struct deciding *d);
int deploy_doze(struct deciding *d);

#endif
