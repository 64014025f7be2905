/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/choose.h"

#include <errno.h>

#include "base/arena.h"

struct reservation choose_reservation(const struct chooser *chooser,
                                      const struct sub_pool *sub_pool,
                                      const struct serving_profile *profile, struct demand demand) {
        const struct deployment *d = chooser->order->deployment;
        const struct text parts[] = { d->name, TEXT("-"), sub_pool->environment->name };

        return (struct reservation) {
                .namespace_ = d->namespace_,
                .deployment = d->name,
                .uid = d->uid,
                .name = text_is_empty(chooser->name) ? text_join(chooser->arena, parts, 3)
                                                     : chooser->name,
                .model_kind = d->model_kind,
                .model_name = d->model_name,
                .environment = sub_pool->environment->name,
                .pool = sub_pool->pool->name,
                .mig_profile = sub_pool->mig_profile,
                .serving_profile = profile->name,
                .resource_name = sub_pool->resource_name,
                .nodes = demand.nodes,
                .units_per_node = demand.units_per_node,
                .reserved = d->replicas,
                .priority = d->priority,
                .order = chooser->next_order,
        };
}

/* Mine with `asking` as the last of them. */
static const struct reservation **with_asking(const struct chooser *chooser,
                                              const struct reservation *asking, size_t *ret_n) {
        const struct reservation **mine =
                ARENA_ARRAY(chooser->arena, chooser->n_mine + 1, const struct reservation *);
        size_t n = 0;

        if (!mine)
                return NULL;
        for (size_t i = 0; i < chooser->n_mine; i++) {
                if (chooser->mine[i] != asking)
                        mine[n++] = chooser->mine[i];
        }
        mine[n++] = asking;
        *ret_n = n;
        return mine;
}

int choose_room(const struct chooser *chooser, const struct sub_pool *sub_pool,
                const struct reservation *asking, struct seating *ret) {
        struct arena_mark mark = arena_mark(chooser->arena);
        size_t n;
        const struct reservation **mine = with_asking(chooser, asking, &n);
        int r = mine ? seating_find(chooser->ledger, sub_pool, mine, n, asking, chooser->arena, ret)
                     : -ENOMEM;

        arena_rewind(chooser->arena, mark);
        return r;
}

int choose_share(const struct chooser *chooser, const struct sub_pool *sub_pool,
                 const struct reservation *asking, struct share *ret) {
        struct arena_mark mark = arena_mark(chooser->arena);
        size_t n;
        const struct reservation **mine = with_asking(chooser, asking, &n);
        int r = mine ? quota_room_share(chooser->allowance, sub_pool, mine, n, asking,
                                        chooser->arena, ret)
                     : -ENOMEM;

        arena_rewind(chooser->arena, mark);
        return r;
}

/* -1, 0, 1; what is absent comes last. */
static int compare_cost(const struct pool *a, const struct pool *b) {
        bool has_a = !text_is_empty(a->cost), has_b = !text_is_empty(b->cost);

        if (!has_a || !has_b)
                return (int)has_b - (int)has_a;
        return quantity_compare(a->cost_value, b->cost_value);
}

static int compare_i64(int64_t a, int64_t b) {
        return (a > b) - (a < b);
}

static int compare_by(enum choice_key key, const struct choice *a, const struct choice *b) {
        const struct environment *x = a->sub_pool->environment, *y = b->sub_pool->environment;

        switch (key) {
        case CHOICE_PROFILE:
                return compare_i64((int64_t)a->profile_index, (int64_t)b->profile_index);
        case CHOICE_LEFT_OVER:
                return compare_i64(a->left_over, b->left_over);
        case CHOICE_COST:
                return compare_cost(a->sub_pool->pool, b->sub_pool->pool);
        case CHOICE_FREE:
                return compare_i64(a->free_after, b->free_after);
        case CHOICE_ORDER:
                return x == y ? compare_i64(a->sub_pool->pool - x->pools,
                                            b->sub_pool->pool - y->pools)
                              : 0;
        case CHOICE_MIG_PROFILE:
                return text_compare(a->sub_pool->mig_profile, b->sub_pool->mig_profile);
        case CHOICE_ENVIRONMENT:
                return text_compare(x->name, y->name);
        case N_CHOICE_KEYS:
                break;
        }
        BUG("a key without a comparison");
}

int choice_compare(const struct choice *a, const struct choice *b, enum choice_key *ret_key) {
        for (int key = 0; key < N_CHOICE_KEYS; key++) {
                int order = compare_by((enum choice_key)key, a, b);

                if (order == 0)
                        continue;
                if (ret_key)
                        *ret_key = (enum choice_key)key;
                return order;
        }
        return 0;
}

static int64_t left_over(const struct candidate *c) {
        int64_t unit = c->sub_pool->memory_bytes;

        if (unit == UNKNOWN_BYTES)
                return INT64_MAX;
        return unit - match_memory(c);
}

/* What is known of a sub-pool while the serving profiles are tried on it. */
struct trial {
        enum reason furthest;
        struct demand demand; /* that was seated last; nodes is 0 when none was */
        struct verdict room;
        int64_t free_after; /* of that demand; when it fits */
};

/* Row 15. Is it within the quota? Else the answer goes to *trial. */
static int seek_share(const struct chooser *chooser, const struct candidate *c,
                      const struct reservation *r, struct trial *trial) {
        struct share share;
        int err = choose_share(chooser, c->sub_pool, r, &share);

        if (err < 0)
                return err;
        if (share.limited && reservation_units(r) > share.left)
                trial->room = (struct verdict) { .reason = REASON_QUOTA_EXCEEDED,
                                                 .wanted = reservation_units(r),
                                                 .offered = share.left,
                                                 .total = share.limit,
                                                 .detail = share.quota };
        return 0;
}

/* Row 16. Is there room for the demand? The answer goes to *trial. */
static int seek_room(const struct chooser *chooser, const struct candidate *c, struct demand demand,
                     struct trial *trial) {
        struct reservation r = choose_reservation(chooser, c->sub_pool, c->profile, demand);
        int64_t units = reservation_units(&r);
        struct seating seating;
        int err;

        trial->demand = demand;
        trial->room = (struct verdict) { .reason = REASON_FITS };
        err = seek_share(chooser, c, &r, trial);
        if (err < 0 || trial->room.reason != REASON_FITS)
                return err;
        err = choose_room(chooser, c->sub_pool, &r, &seating);
        if (err < 0)
                return err;
        trial->free_after = seating.free_units;
        if (seating.unseated == 0 && !seating.over_committed)
                return 0;
        /* The sentence is about the room without this deployment in it. */
        r.reserved = 0;
        err = choose_room(chooser, c->sub_pool, &r, &seating);
        if (err < 0)
                return err;
        trial->room = (struct verdict) { .reason = REASON_NO_CAPACITY,
                                         .wanted = units,
                                         .offered = seating.free_units,
                                         .total = c->sub_pool->units,
                                         .gap = seating.largest_gap,
                                         .crowded = seating.first_unseated != NULL,
                                         .over_committed = seating.over_committed };
        /* A namespace hears no names of another one. */
        if (seating.first_unseated && text_equal(seating.first_unseated->namespace_, r.namespace_))
                trial->room.detail = seating.first_unseated->deployment;
        return 0;
}

/* One candidate: matched, then seated. The verdict says whether *ret is set. */
static int consider(const struct chooser *chooser, const struct candidate *c, size_t index,
                    struct trial *trial, struct verdict *ret_verdict, struct choice *ret) {
        struct demand demand = match_demand(c);

        *ret_verdict = match(c, false);
        if (ret_verdict->reason != REASON_FITS)
                return 0;
        /* Serving profiles of one demand are seated alike. */
        if (trial->demand.nodes != demand.nodes ||
            trial->demand.units_per_node != demand.units_per_node) {
                struct arena_mark mark = arena_mark(chooser->arena);
                int r = seek_room(chooser, c, demand, trial);

                arena_rewind(chooser->arena, mark);
                if (r < 0)
                        return r;
        }
        *ret_verdict = trial->room;
        if (ret_verdict->reason == REASON_FITS)
                *ret = (struct choice) { .sub_pool = c->sub_pool,
                                         .profile = c->profile,
                                         .profile_index = index,
                                         .demand = demand,
                                         .left_over = left_over(c),
                                         .free_after = trial->free_after };
        return 0;
}

int choose_try(const struct chooser *chooser, const struct sub_pool *sub_pool, size_t index,
               struct verdict *ret_verdict, struct choice *ret) {
        const struct candidate c = { .order = chooser->order,
                                     .profile = &chooser->order->model->profiles[index],
                                     .sub_pool = sub_pool };
        struct trial trial = { 0 };

        return consider(chooser, &c, index, &trial, ret_verdict, ret);
}

/* The best sub-pool for one serving profile; every candidate that fails is noted. */
static int choose_for_profile(const struct chooser *chooser, const struct environment *environment,
                              size_t index, struct trial *trials, struct choice *ret,
                              struct rejections *noted) {
        struct selected_environment selected = { .asked = false };
        struct candidate c = { .order = chooser->order,
                               .profile = &chooser->order->model->profiles[index],
                               .selected = &selected };

        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++, trials++) {
                        struct choice choice = { 0 };
                        struct verdict v;
                        int r;

                        c.sub_pool = &pool->sub_pools[s];
                        r = consider(chooser, &c, index, trials, &v, &choice);
                        if (r < 0)
                                return r;
                        if (v.reason != REASON_FITS)
                                rejections_add(noted, (struct rejection) { .sub_pool = c.sub_pool,
                                                                           .profile = c.profile,
                                                                           .verdict = v });
                        if (v.reason > trials->furthest)
                                trials->furthest = v.reason;
                        if (choice.sub_pool &&
                            (!ret->sub_pool || choice_compare(&choice, ret, NULL) < 0))
                                *ret = choice;
                }
        }
        return 0;
}

static int choose_with(const struct chooser *chooser, const struct environment *environment,
                       struct choice *ret, struct rejections *rejections) {
        size_t n = environment->n_sub_pools;
        struct trial *trials = ARENA_ARRAY(chooser->arena, n, struct trial);
        struct rejections noted = *rejections;
        struct choice best = { 0 };

        if (!trials)
                return -ENOMEM;
        for (size_t i = 0; i < chooser->order->model->n_profiles && !best.sub_pool; i++) {
                int r = choose_for_profile(chooser, environment, i, trials, &best, &noted);

                if (r < 0)
                        return r;
        }
        *ret = best;
        if (best.sub_pool || chooser->order->model->n_profiles == 0)
                return 0;
        for (size_t i = 0; i < n; i++)
                rejections_add_sub_pool(&noted, trials[i].furthest);
        *rejections = noted;
        return 0;
}

int choose_in(const struct chooser *chooser, const struct environment *environment,
              struct choice *ret, struct rejections *rejections) {
        struct arena_mark mark = arena_mark(chooser->arena);
        int r = choose_with(chooser, environment, ret, rejections);

        arena_rewind(chooser->arena, mark);
        return r;
}
