/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose - the best sub-pool of an environment, and the best environments
 */
#ifndef DEPLOY_CHOOSE_H
#define DEPLOY_CHOOSE_H

#include "deploy/explain.h"
#include "deploy/quota_room.h"
#include "deploy/seating.h"

/* What every question about room needs to know. */
struct chooser {
        const struct order *order;
        const struct ledger *ledger;           /* of everybody else */
        const struct quota_room *allowance;    /* what quotas leave to the namespace */
        const struct reservation *const *mine; /* of this deployment, as they are to be */
        size_t n_mine;
        int64_t next_order; /* of the reservation that a choice makes: it is the last of mine */
        struct text name;   /* of its object, by which ties end; empty: the usual one */
        struct arena *arena;
};

struct choice {
        const struct sub_pool *sub_pool; /* NULL: the environment has none */
        const struct serving_profile *profile;
        size_t profile_index;
        struct demand demand;
        int64_t left_over;  /* bytes per unit that the model does not need; INT64_MAX unknown */
        int64_t free_after; /* units of the sub-pool once it is placed */
};

/*
 * choose_in() - the first serving profile with room, on its best sub-pool
 * @ret:        sub_pool is NULL when nothing fits
 * @rejections: why, for each candidate that does not; only added to when nothing fits
 *
 * The best is by choice_compare().
 *
 * Memory: none is left taken.
 * Errors: -ENOMEM
 */
int choose_in(const struct chooser *chooser, const struct environment *environment,
              struct choice *ret, struct rejections *rejections);

/* What choices are compared by, in this order. */
enum choice_key {
        CHOICE_PROFILE,     /* the model's order */
        CHOICE_LEFT_OVER,   /* least memory left over per unit */
        CHOICE_COST,        /* costPerUnitHour; absent last */
        CHOICE_FREE,        /* fewest units free after placing */
        CHOICE_ORDER,       /* as declared; within one environment only */
        CHOICE_MIG_PROFILE, /* its name */
        CHOICE_ENVIRONMENT, /* its name */
        N_CHOICE_KEYS,
};

/*
 * choice_compare() - below, at or above 0; the better one comes first
 * @ret_key: the key that decided; may be NULL, and is unchanged when none did
 */
int choice_compare(const struct choice *a, const struct choice *b, enum choice_key *ret_key);

/*
 * choose_try() - one candidate alone
 * @index:       of the serving profile
 * @ret_verdict: set on success
 * @ret:         set when the verdict is REASON_FITS
 *
 * Memory: none is left taken.
 * Errors: -ENOMEM
 */
int choose_try(const struct chooser *chooser, const struct sub_pool *sub_pool, size_t index,
               struct verdict *ret_verdict, struct choice *ret);

/*
 * choose_room() - can the reservation have one seat more for each of its replicas?
 * @asking: one of chooser->mine, or a new one beside them
 * @ret:    the seating with it
 *
 * Errors: -ENOMEM
 */
int choose_room(const struct chooser *chooser, const struct sub_pool *sub_pool,
                const struct reservation *asking, struct seating *ret);

/* choose_share() - what quotas leave for the reservation, with the same meaning. Errors: -ENOMEM */
int choose_share(const struct chooser *chooser, const struct sub_pool *sub_pool,
                 const struct reservation *asking, struct share *ret);

/* choose_reservation() - the reservation that a choice of this deployment makes: nothing is used.
 */
struct reservation choose_reservation(const struct chooser *chooser,
                                      const struct sub_pool *sub_pool,
                                      const struct serving_profile *profile, struct demand demand);

#endif
