/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose - the best sub-pool of an environment, and the best environments
 */
#ifndef DEPLOY_CHOOSE_H
#define DEPLOY_CHOOSE_H

#include "deploy/explain.h"
#include "deploy/ledger.h"

/* What every question about room needs to know. */
struct chooser {
        const struct deployment *deployment;
        const struct settings *settings;
        const struct model *model;
        const struct ledger *ledger;           /* of everybody else */
        const struct reservation *const *mine; /* of this deployment, as they are to be */
        size_t n_mine;
        int64_t next_order; /* of the reservation that a choice makes: it is the last of mine */
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
 * Best fit: least memory left over per unit, then lower costPerUnitHour (absent
 * last), then fewest units free after placing, then declared order, then MIG
 * profile name.
 *
 * Memory: none is left taken.
 * Errors: -ENOMEM
 */
int choose_in(const struct chooser *chooser, const struct environment *environment,
              struct choice *ret, struct rejections *rejections);

/* choice_compare() - between environments: serving profile first, declared order last by name. */
int choice_compare(const struct choice *a, const struct choice *b);

/*
 * choose_room() - can the reservation have one seat more for each of its replicas?
 * @asking: one of chooser->mine, or a new one beside them; what leaves under the
 *          same keys gives way to it
 * @ret:    the seats with it
 *
 * Errors: -ENOMEM
 */
int choose_room(const struct chooser *chooser, const struct sub_pool *sub_pool,
                const struct reservation *asking, struct seats *ret);

/*
 * choose_new_room() - the same for units that the reservation did not have before
 *
 * Others of the model that come first have what they will ask for (ledger_foresee()).
 * Errors: -ENOMEM
 */
int choose_new_room(const struct chooser *chooser, const struct sub_pool *sub_pool,
                    const struct reservation *asking, struct seats *ret);

/* choose_model() - "<Kind>/<name>", as reservations name the model. */
struct text choose_model(const struct deployment *deployment, struct arena *arena);

/*
 * choose_reservation() - the reservation that a choice of this deployment makes
 *
 * Where it takes the place of one that leaves under the same keys, it goes on with
 * that one's order and its admitted replicas.
 */
struct reservation choose_reservation(const struct chooser *chooser,
                                      const struct sub_pool *sub_pool,
                                      const struct serving_profile *profile, struct demand demand);

#endif
