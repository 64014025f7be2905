/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/resource.h"

#include <errno.h>

#include "base/arena.h"
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
        struct text suffix = pool->share_renamed ? TEXT(".shared") : (struct text) { 0 }, whole;

        if (pool->allocation == ALLOCATION_DRA)
                return text_is_empty(s->mig_profile) ? TEXT("gpu.nvidia.com")
                                                     : TEXT("mig.nvidia.com");
        if (!text_is_empty(pool->resource_name))
                return pool->resource_name;
        if (!text_is_empty(s->mig_profile) && strategy == STRATEGY_MIXED)
                return name_of(TEXT("nvidia.com/mig-"), s->mig_profile, suffix, arena);
        whole = pool->product ? pool->product->generation->resource : TEXT(GPU_RESOURCE);
        return pool->share_renamed ? name_of(whole, (struct text) { 0 }, suffix, arena) : whole;
}

static void name_resources(struct pool *pool, struct arena *arena) {
        enum strategy strategy = pool->mig ? pool_strategy(pool) : STRATEGY_MIXED;

        for (size_t i = 0; i < pool->n_sub_pools; i++)
                pool->sub_pools[i].resource_name =
                        resource_name(&pool->sub_pools[i], strategy, arena);
}

static void tell_contradiction(struct pool *pool, struct arena *arena) {
        enum strategy selected;

        if (!pool_collects_warnings(pool) || !pool->mig || pool->allocation == ALLOCATION_DRA ||
            pool->strategy == STRATEGY_INFERRED)
                return;
        selected = pool_selected_strategy(pool);
        if (selected == STRATEGY_INFERRED || selected == pool->strategy)
                return;
        pool_warn(pool, arena,
                  pool->strategy == STRATEGY_SINGLE
                          ? TEXT("migConfiguration.strategy is single, but the nodeSelector "
                                 "selects nodes of the mixed strategy")
                          : TEXT("migConfiguration.strategy is mixed, but the nodeSelector "
                                 "selects nodes that offer slices as nvidia.com/gpu"));
}

/* "1g.10gb" of "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb-SHARED". */
static struct text profile_of_product(struct text label) {
        const struct text mark = TEXT("-MIG-"), shared = TEXT("-SHARED");

        for (size_t i = 0; i + mark.len < label.len; i++) {
                if (!text_starts_with(text_slice(label, i, label.len), mark))
                        continue;
                if (text_ends_with(label, shared))
                        label.len -= shared.len;
                return text_slice(label, i + mark.len, label.len);
        }
        return (struct text) { 0 };
}

/* The only slices that the selected nodes have, "+" as "."; empty where the selector is silent. */
static struct text selected_slices(struct value selector) {
        struct text size = value_text(
                            value_get(selector, TEXT("cloud.google.com/gke-gpu-partition-size"))),
                    config = value_text(value_get(selector, TEXT("nvidia.com/mig.config"))),
                    all = TEXT("all-");

        if (text_is_empty(size))
                size = profile_of_product(
                        value_text(value_get(selector, TEXT("nvidia.com/gpu.product"))));
        if (!text_is_empty(size) || !text_starts_with(config, all))
                return size;
        /* The operator's own configurations: "all-1g.10gb.me", but not "all-balanced". */
        size = text_slice(config, all.len, config.len);
        return size.len > 0 && size.data[0] >= '0' && size.data[0] <= '9' ? size
                                                                          : (struct text) { 0 };
}

static void tell_other_slices(struct pool *pool, struct arena *arena) {
        struct text selected;

        if (!pool_collects_warnings(pool))
                return;
        selected = selected_slices(pool_selector(pool));
        if (text_is_empty(selected))
                return;
        for (size_t i = 0; i < pool->n_sub_pools; i++) {
                const struct sub_pool *s = &pool->sub_pools[i];

                if (!text_is_empty(s->invalid) ||
                    text_equal_fold(name_of((struct text) { 0 }, s->mig_profile,
                                            (struct text) { 0 }, arena),
                                    selected))
                        continue;
                pool_warn(pool, arena,
                          text_format(arena,
                                      "the nodeSelector selects nodes whose GPUs are slices of "
                                      "%.*s, but %.*s declared",
                                      TEXT_ARG(selected),
                                      TEXT_ARG(text_is_empty(s->mig_profile)
                                                       ? TEXT("whole GPUs are")
                                                       : text_format(arena, "%.*s is",
                                                                     TEXT_ARG(s->mig_profile)))));
                return;
        }
}

/* A sub-pool that can be used, and what others may have in common with it. */
struct claim {
        struct sub_pool *sub_pool;
        uint64_t hash; /* of the selector: most claims differ here */
};

/* A NUL ends each of both, which hold none: "gpu: s1" and "gpus: 1" are told apart. */
static uint64_t hash_label(uint64_t hash, struct text key, struct value value) {
        const struct text end = { .data = "", .len = 1 };

        hash = text_hash(text_hash(hash, key), end);
        return text_hash(text_hash(hash, value_text(value)), end);
}

/* Alike for selectors that are equal, in whatever order their entries come. */
static int hash_selector(struct value selector, struct arena *arena, uint64_t *ret) {
        struct value_iter it = value_iterate(selector);
        uint64_t hash = TEXT_HASH_SEED;
        struct value_member *members;
        struct value value;
        struct text key;
        size_t n;

        if (value_next(&it, &key, &value) && text_is_empty(it.rest)) {
                *ret = hash_label(hash, key, value);
                return 0;
        }
        if (value_members(selector, arena, &members, &n) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                hash = hash_label(hash, members[i].key, members[i].value);
        *ret = hash;
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

/* Of equal hashes the selectors are compared all the same. */
static bool is_same_claim(const struct claim *a, const struct claim *b, struct arena *arena) {
        struct arena_mark mark = arena_mark(arena);
        bool same =
                compare_claims(a, b) == 0 && value_equal(pool_selector(a->sub_pool->pool),
                                                         pool_selector(b->sub_pool->pool), arena);

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

                if (hash_selector(pool_selector(pool), arena, &hash) < 0)
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

        for (size_t i = 0; i < n_pools; i++) {
                tell_contradiction(&pools[i], arena);
                tell_other_slices(&pools[i], arena);
                name_resources(&pools[i], arena);
        }
        mark = arena_mark(arena);
        r = find_ambiguous(pools, n_pools, arena);
        arena_rewind(arena, mark);
        return r < 0 || arena_failed(arena) ? -ENOMEM : 0;
}
