/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/resource.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/selection.h"
#include "wire/sort.h"

/* "nvidia.com/mig-", a profile, ".shared": the name of a resource has no "+". */
static struct text name_of(struct text prefix, struct text profile, struct text suffix,
                           struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_text(&b, prefix);
        for (size_t i = 0; i < profile.len; i++)
                builder_char(&b, profile.data[i] == '+' ? '.' : profile.data[i]);
        builder_text(&b, suffix);
        return builder_done(&b);
}

/* @strategy: the pool's; of one without slices it says nothing. */
static struct text resource_name(const struct sub_pool *s, enum strategy strategy,
                                 struct arena *arena) {
        const struct pool *pool = s->pool;
        struct text suffix = pool->share_renamed ? TEXT(".shared") : (struct text) { 0 };
        struct text whole =
                pool->product ? pool->product->generation->resource : TEXT(GPU_RESOURCE);

        if (pool->allocation == ALLOCATION_DRA)
                return text_is_empty(s->mig_profile) ? TEXT("gpu.nvidia.com")
                                                     : TEXT("mig.nvidia.com");
        if (!text_is_empty(pool->resource_name))
                return pool->resource_name;
        if (!text_is_empty(s->mig_profile) && strategy == STRATEGY_MIXED)
                return name_of(TEXT("nvidia.com/mig-"), s->mig_profile, suffix, arena);
        if (pool->share_renamed)
                return name_of(whole, (struct text) { 0 }, suffix, arena);
        return whole;
}

static void name_resources(struct pool *pool, struct arena *arena) {
        enum strategy strategy = pool->mig ? selection_used_strategy(pool) : STRATEGY_MIXED;

        for (size_t i = 0; i < pool->n_sub_pools; i++)
                pool->sub_pools[i].resource_name =
                        resource_name(&pool->sub_pools[i], strategy, arena);
}

/* A sub-pool that can be used, and what others may have in common with it. */
struct claim {
        struct sub_pool *sub_pool;
        uint64_t hash; /* of what is selected: most claims differ here */
};

/* A NUL ends each of both, which hold none: "gpu: s1" and "gpus: 1" differ. */
static uint64_t hash_text(uint64_t hash, struct text t) {
        const struct text end = { .data = "", .len = 1 };

        return text_hash(text_hash(hash, t), end);
}

/* Alike for pools that select the same, in whatever order labels come, and where they are written.
 */
static int hash_selected(const struct pool *pool, struct arena *arena, uint64_t *ret) {
        struct value_iter it = value_iterate(pool_selector(pool));
        uint64_t hash = TEXT_HASH_SEED;
        struct selection selection;
        struct value value;
        struct text key;

        if (pool->affinity.kind != VALUE_MAP && value_next(&it, &key, &value) &&
            text_is_empty(it.rest)) {
                *ret = hash_text(hash_text(hash, key), value_text(value));
                return 0;
        }
        if (selection_read(pool, arena, &selection) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < selection.n_labels; i++) {
                hash = hash_text(hash, selection.labels[i].key);
                for (size_t k = 0; k < selection.labels[i].n_values; k++)
                        hash = hash_text(hash, selection.labels[i].values[k]);
        }
        *ret = hash;
        return 0;
}

/* Of equal hashes what is selected is compared all the same. */
static int compare_selected(const struct pool *a, const struct pool *b, struct arena *arena,
                            bool *ret_equal) {
        struct selection x, y;

        if (a->affinity.kind != VALUE_MAP && b->affinity.kind != VALUE_MAP) {
                *ret_equal = value_equal(pool_selector(a), pool_selector(b), arena);
                return 0;
        }
        if (selection_read(a, arena, &x) < 0 || selection_read(b, arena, &y) < 0)
                return -ENOMEM;
        *ret_equal = selection_equal(&x, &y, arena);
        return 0;
}

/* A class is for slices of every profile: the claim's selector tells these apart. */
static struct text selected_profile(const struct sub_pool *s) {
        return s->pool->allocation == ALLOCATION_DRA ? s->mig_profile : (struct text) { 0 };
}

static int compare_claims(const void *a, const void *b) {
        const struct claim *x = a, *y = b;
        int order = (x->hash > y->hash) - (x->hash < y->hash);

        if (order == 0)
                order = text_compare(x->sub_pool->resource_name, y->sub_pool->resource_name);
        if (order == 0)
                order = text_compare(selected_profile(x->sub_pool), selected_profile(y->sub_pool));
        return order;
}

/* Where the arena is spent, it knows. */
static bool is_same_claim(const struct claim *a, const struct claim *b, struct arena *arena) {
        struct arena_mark mark = arena_mark(arena);
        bool same = false;

        if (compare_claims(a, b) == 0)
                compare_selected(a->sub_pool->pool, b->sub_pool->pool, arena, &same);
        arena_rewind(arena, mark);
        return same;
}

/* One claim of each usable sub-pool, in declared order. */
static int list_claims(struct pool *pools, size_t n_pools, struct arena *arena,
                       struct claim *claims, size_t *ret_n) {
        size_t n = 0;

        for (size_t i = 0; i < n_pools; i++) {
                struct pool *pool = &pools[i];
                uint64_t hash;

                if (hash_selected(pool, arena, &hash) < 0)
                        return -ENOMEM;
                for (size_t k = 0; k < pool->n_sub_pools; k++) {
                        struct sub_pool *s = &pool->sub_pools[k];

                        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are n */
                        if (text_is_empty(s->invalid))
                                claims[n++] = (struct claim) { s, hash };
                }
        }
        *ret_n = n;
        return 0;
}

/*
 * The first claim that is the same, in declared order, or NULL. Sorted, it is among
 * those right before; unless a hash is of several selectors it is the first of them.
 */
static const struct claim *find_same(const struct claim *claims, size_t run, size_t i,
                                     struct arena *arena) {
        for (; run < i; run++) {
                if (is_same_claim(&claims[run], &claims[i], arena))
                        return &claims[run];
        }
        return NULL;
}

/* Of one claim the first sub-pool names the second, all others the first. */
static int find_ambiguous(struct pool *pools, size_t n_pools, struct arena *arena) {
        struct claim *claims;
        size_t n = 0, run = 0;

        for (size_t i = 0; i < n_pools; i++)
                n += pools[i].n_sub_pools;
        if (n < 2)
                return 0;
        claims = ARENA_ARRAY(arena, n, struct claim);
        if (!claims)
                return -ENOMEM;
        if (list_claims(pools, n_pools, arena, claims, &n) < 0 ||
            sort_stable(claims, n, sizeof(*claims), compare_claims, arena) < 0)
                return -ENOMEM;
        for (size_t i = 1; i < n; i++) {
                const struct claim *same;

                if (compare_claims(&claims[run], &claims[i]) != 0)
                        run = i;
                same = find_same(claims, run, i, arena);
                if (!same)
                        continue;
                claims[i].sub_pool->ambiguous = same->sub_pool->pool->name;
                if (text_is_empty(same->sub_pool->ambiguous))
                        same->sub_pool->ambiguous = claims[i].sub_pool->pool->name;
        }
        return 0;
}

int resource_resolve(struct pool *pools, size_t n_pools, struct arena *arena) {
        struct arena_mark mark;
        int r;

        for (size_t i = 0; i < n_pools; i++)
                name_resources(&pools[i], arena);
        mark = arena_mark(arena);
        r = find_ambiguous(pools, n_pools, arena);
        arena_rewind(arena, mark);
        return r < 0 || arena_failed(arena) ? -ENOMEM : 0;
}
