/* SPDX-License-Identifier: Apache-2.0 */
#include "place/resource.h"

#include <errno.h>

#include "base/arena.h"

#define GPU_RESOURCE "nvidia.com/gpu"

/* What the nodeSelector says of the strategy; inferred when it says nothing. */
static enum strategy selector_strategy(const struct pool *pool) {
        struct value selector = pool_selector(pool);
        struct text strategy = value_text(value_get(selector, TEXT("nvidia.com/mig.strategy")));

        if (value_get(selector, TEXT("cloud.google.com/gke-gpu-partition-size")).kind !=
                    VALUE_ABSENT ||
            text_equal(strategy, TEXT("single")) ||
            text_contains(value_text(value_get(selector, TEXT("nvidia.com/gpu.product"))),
                          TEXT("-MIG-")))
                return STRATEGY_SINGLE;
        return text_equal(strategy, TEXT("mixed")) ? STRATEGY_MIXED : STRATEGY_INFERRED;
}

static struct text dotted(struct text profile, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < profile.len; i++)
                builder_char(&b, profile.data[i] == '+' ? '.' : profile.data[i]);
        return builder_done(&b);
}

static struct text resource_name(const struct sub_pool *s, struct arena *arena) {
        const struct pool *pool = s->pool;
        struct text parts[] = { TEXT(GPU_RESOURCE), { 0 }, { 0 } };

        if (!text_is_empty(pool->resource_name))
                return pool->resource_name;
        if (!text_is_empty(s->mig_profile) && pool_strategy(pool) == STRATEGY_MIXED) {
                parts[0] = TEXT("nvidia.com/mig-");
                parts[1] = dotted(s->mig_profile, arena);
        }
        if (pool->share_renamed)
                parts[2] = TEXT(".shared");
        if (text_is_empty(parts[1]) && text_is_empty(parts[2]))
                return parts[0];
        return text_join(arena, parts, 3);
}

static void tell_contradiction(struct pool *pool, struct arena *arena) {
        enum strategy selected = selector_strategy(pool);

        if (!pool->mig || pool->strategy == STRATEGY_INFERRED || selected == STRATEGY_INFERRED ||
            pool->strategy == selected)
                return;
        pool_tell(pool, arena,
                  pool->strategy == STRATEGY_SINGLE
                          ? TEXT("migConfiguration.strategy is single, but the nodeSelector "
                                 "selects nodes of the mixed strategy")
                          : TEXT("migConfiguration.strategy is mixed, but the nodeSelector "
                                 "selects nodes that offer slices as nvidia.com/gpu"));
}

/* The sub-pools of an environment, one after the other. */
struct walk {
        struct environment *environment;
        size_t pool, sub_pool;
};

static struct sub_pool *walk_next(struct walk *w) {
        while (w->pool < w->environment->n_pools) {
                struct pool *pool = &w->environment->pools[w->pool];

                if (w->sub_pool < pool->n_sub_pools)
                        return &pool->sub_pools[w->sub_pool++];
                w->pool++;
                w->sub_pool = 0;
        }
        return NULL;
}

static void find_ambiguous(struct environment *environment, struct arena *arena) {
        struct walk outer = { .environment = environment };
        struct sub_pool *a, *b;

        while ((a = walk_next(&outer))) {
                struct walk inner = outer;

                while ((b = walk_next(&inner))) {
                        if (!text_is_empty(a->invalid) || !text_is_empty(b->invalid) ||
                            !text_equal(a->resource_name, b->resource_name) ||
                            !value_equal(pool_selector(a->pool), pool_selector(b->pool), arena))
                                continue;
                        if (text_is_empty(a->ambiguous))
                                a->ambiguous = b->pool->name;
                        if (text_is_empty(b->ambiguous))
                                b->ambiguous = a->pool->name;
                }
        }
}

int resource_resolve(struct environment *environment, struct arena *arena) {
        struct walk walk = { .environment = environment };
        struct sub_pool *s;

        for (size_t i = 0; i < environment->n_pools; i++)
                tell_contradiction(&environment->pools[i], arena);
        while ((s = walk_next(&walk)))
                s->resource_name = resource_name(s, arena);
        find_ambiguous(environment, arena);
        return arena_failed(arena) ? -ENOMEM : 0;
}
