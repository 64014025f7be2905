/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/candidates.h"

#include <errno.h>

#include "base/arena.h"

/* The units of this deployment there, as they are before anything new is placed. */
static int64_t own_units(const struct chooser *chooser, const struct sub_pool *sub_pool) {
        int64_t units = 0;

        for (size_t i = 0; i < chooser->n_mine; i++) {
                const struct reservation *r = chooser->mine[i];

                if (text_equal(r->environment, sub_pool->environment->name) &&
                    text_equal(r->pool, sub_pool->pool->name) &&
                    text_equal(r->mig_profile, sub_pool->mig_profile) &&
                    __builtin_add_overflow(units, reservation_units(r), &units))
                        return INT64_MAX;
        }
        return units;
}

static int weigh_sub_pool(const struct chooser *chooser, const struct sub_pool *sub_pool,
                          struct weighing *w) {
        int64_t used, free_units = 0;

        if (__builtin_add_overflow(ledger_used(chooser->ledger, sub_pool),
                                   own_units(chooser, sub_pool), &used))
                used = INT64_MAX;
        if (used < sub_pool->units)
                free_units = sub_pool->units - used;
        for (size_t i = 0; i < chooser->order->model->n_profiles; i++) {
                struct weighed *item = &w->items[w->n++];
                int r;

                *item = (struct weighed) { .sub_pool = sub_pool,
                                           .profile = &chooser->order->model->profiles[i],
                                           .used = used,
                                           .free_units = free_units };
                r = choose_try(chooser, sub_pool, i, &item->verdict, &item->choice);
                if (r < 0)
                        return r;
        }
        return 0;
}

int candidates_weigh(const struct chooser *chooser, const struct environment *environments,
                     size_t n, struct weighing *ret) {
        struct weighing w = *ret;
        size_t n_sub_pools = 0;

        for (size_t i = 0; i < n; i++)
                n_sub_pools += environments[i].n_sub_pools;
        w.n = 0;
        w.environments = environments;
        w.n_environments = n;
        w.items = ARENA_ARRAY(chooser->arena, n_sub_pools * chooser->order->model->n_profiles,
                              struct weighed);
        if (!w.items)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                for (size_t p = 0; p < environments[i].n_pools; p++) {
                        const struct pool *pool = &environments[i].pools[p];

                        for (size_t s = 0; s < pool->n_sub_pools; s++) {
                                int r = weigh_sub_pool(chooser, &pool->sub_pools[s], &w);

                                if (r < 0)
                                        return r;
                        }
                }
        }
        *ret = w;
        return 0;
}
