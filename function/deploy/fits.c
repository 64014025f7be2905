/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/fits.h"

#include <stdlib.h>

#include "base/arena.h"

/* ---- GPUPools -------------------------------------------------------------------------------- */

bool fits_pool_read(struct value spec, struct fits_pool *ret) {
        enum { ENVIRONMENT, POOL, PROFILE, FREE, GAP, UNSEATED, N };
        static const struct text keys[N] = { TEXT_INIT("environment"), TEXT_INIT("pool"),
                                             TEXT_INIT("migProfile"),  TEXT_INIT("free"),
                                             TEXT_INIT("largestGap"),  TEXT_INIT("unseated") };
        struct fits_pool pool;
        struct value found[N];

        value_pick(spec, keys, N, found);
        pool = (struct fits_pool) { .environment = value_text(found[ENVIRONMENT]),
                                    .pool = value_text(found[POOL]),
                                    .mig_profile = value_text(found[PROFILE]),
                                    .is_crowded = value_count(found[UNSEATED]) > 0 };
        if (text_is_empty(pool.environment) || text_is_empty(pool.pool) ||
            !value_is_integer(found[FREE], &pool.free_units) ||
            !value_is_integer(found[GAP], &pool.largest_gap))
                return false;
        *ret = pool;
        return true;
}

static int compare_pools(const void *a, const void *b) {
        const struct fits_pool *x = a, *y = b;
        int order = text_compare(x->environment, y->environment);

        if (order == 0)
                order = text_compare(x->pool, y->pool);
        return order != 0 ? order : text_compare(x->mig_profile, y->mig_profile);
}

void fits_show(struct fits *fits, struct fits_pool *pools, size_t n) {
        if (n > 1)
                qsort(pools, n, sizeof(*pools), compare_pools);
        for (size_t i = 0; i < fits->n; i++) {
                struct fit *fit = &fits->items[i];
                const struct fits_pool wanted = { .environment = fit->sub_pool->environment->name,
                                                  .pool = fit->sub_pool->pool->name,
                                                  .mig_profile = fit->sub_pool->mig_profile };
                const struct fits_pool *found =
                        n > 0 ? bsearch(&wanted, pools, n, sizeof(*pools), compare_pools) : NULL;

                fit->is_known = found != NULL;
                if (!found)
                        continue;
                fit->free_units = found->free_units;
                fit->largest_gap = found->largest_gap;
                fit->is_crowded = found->is_crowded;
        }
}

/* ---- a reason to look again ------------------------------------------------------------------ */

bool fits_all_known(const struct fits *fits) {
        for (size_t i = 0; i < fits->n; i++) {
                if (!fits->items[i].is_known)
                        return false;
        }
        return true;
}

static bool is_enough(const struct fit *fit) {
        return fit->free_units >= fit->units && fit->largest_gap >= fit->demand.units_per_node;
}

bool fits_any_enough(const struct fits *fits) {
        for (size_t i = 0; i < fits->n; i++) {
                if (is_enough(&fits->items[i]))
                        return true;
        }
        return false;
}

struct text fits_token(const struct fits *fits, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < fits->n; i++) {
                const struct fit *fit = &fits->items[i];

                builder_json(&b, fit->sub_pool->environment->name);
                builder_json(&b, fit->sub_pool->pool->name);
                builder_json(&b, fit->sub_pool->mig_profile);
                builder_i64(&b, fit->units);
                builder_char(&b, '/');
                builder_i64(&b, fit->demand.units_per_node);
                if (!fit->is_known) {
                        builder_char(&b, '?');
                } else if (is_enough(fit)) {
                        builder_char(&b, ':');
                        builder_i64(&b, fit->free_units);
                        builder_char(&b, ',');
                        builder_i64(&b, fit->largest_gap);
                        builder_string(&b, fit->is_crowded ? "!" : "");
                }
                builder_char(&b, ';');
        }
        return builder_done(&b);
}

int fits_environments(const struct fits *fits, struct text *ret_only) {
        for (size_t i = 0; i < fits->n; i++) {
                struct text name = fits->items[i].sub_pool->environment->name;

                if (i > 0 && !text_equal(name, *ret_only))
                        return 2;
                *ret_only = name;
        }
        return fits->n > 0;
}
