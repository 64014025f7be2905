/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/units.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/member.h"
#include "gpu/layout.h"

/* The products that one alias may mean, and the profiles of one product. */
enum { CANDIDATES_MAX = 8, PROFILES_MAX = 32 };

#define MIB INT64_C(1048576)
#define GIB INT64_C(1073741824)

static int64_t smaller(int64_t a, int64_t b) {
        if (a == UNKNOWN_BYTES || b == UNKNOWN_BYTES)
                return a == UNKNOWN_BYTES ? b : a;
        return a < b ? a : b;
}

/* The pool offers nothing, and says why. */
static int offer_nothing(struct pool *pool, struct arena *arena, struct text sentence) {
        struct sub_pool *sub = ARENA_NEW(arena, struct sub_pool);

        if (!sub || text_is_empty(sentence))
                return -ENOMEM;
        pool->invalid = sentence;
        sub->pool = pool;
        sub->environment = pool->environment;
        sub->invalid = sentence;
        sub->memory_bytes = UNKNOWN_BYTES;
        pool->sub_pools = sub;
        pool->n_sub_pools = 1;
        return 0;
}

static void fill(struct sub_pool *sub, struct pool *pool, struct text mig_profile,
                 int64_t units_per_gpu, int64_t memory_bytes) {
        sub->environment = pool->environment;
        sub->pool = pool;
        sub->mig_profile = mig_profile;
        sub->nodes = pool->nodes;
        sub->units_per_node = pool->accelerator_count * units_per_gpu * pool->share_replicas;
        sub->units = sub->units_per_node * sub->nodes;
        sub->memory_bytes = memory_bytes;
}

/* ---- whole GPUs and shares of them -------------------------------------------------------- */

static void tell_of_other_cards(struct pool *pool, struct arena *arena) {
        const struct gpu_product *products[CANDIDATES_MAX];
        size_t n = catalog_find(pool->accelerator_type, products, CANDIDATES_MAX);

        for (size_t i = 1; i < n && i < CANDIDATES_MAX; i++) {
                if (products[i]->memory_gib != products[0]->memory_gib)
                        pool_tell(pool, arena,
                                  text_format(arena,
                                              "%.*s may mean %.*s too; it is counted as %.*s with "
                                              "%dGi",
                                              TEXT_ARG(pool->accelerator_type),
                                              TEXT_ARG(products[i]->name),
                                              TEXT_ARG(products[0]->name),
                                              products[0]->memory_gib));
        }
}

/*
 * The first product of the alias that has the declared memory; where all have
 * less, the one with the most, so that nothing is reported without need.
 */
static const struct gpu_product *choose_card(const struct pool *pool) {
        const struct gpu_product *products[CANDIDATES_MAX], *largest = NULL;
        size_t n = catalog_find(pool->accelerator_type, products, CANDIDATES_MAX);

        for (size_t i = 0; i < n && i < CANDIDATES_MAX; i++) {
                if (products[i]->memory_gib * GIB / pool->share_replicas >= pool->memory_bytes)
                        return products[i];
                if (!largest || products[i]->memory_gib > largest->memory_gib)
                        largest = products[i];
        }
        return largest;
}

static void tell_over_declared(struct pool *pool, struct arena *arena, struct text what,
                               int64_t most_bytes, const char *consequence) {
        pool->over_declared = true;
        pool_tell(pool, arena,
                  text_format(arena, "over-declared: memoryPerGpu is %.*s, but %.*s has %.*s%s",
                              TEXT_ARG(quantity_format_bytes(pool->memory_bytes, arena)),
                              TEXT_ARG(what), TEXT_ARG(quantity_format_bytes(most_bytes, arena)),
                              consequence));
}

static int count_gpus(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *product = choose_card(pool);
        int64_t share = pool->share_replicas, bytes = pool->memory_bytes;
        int64_t card_bytes = product ? product->memory_gib * GIB / share : UNKNOWN_BYTES;
        struct sub_pool *sub = ARENA_NEW(arena, struct sub_pool);

        if (!sub)
                return -ENOMEM;
        pool->product = product;
        if (bytes == UNKNOWN_BYTES && product) {
                bytes = card_bytes;
                tell_of_other_cards(pool, arena);
        }
        if (product && bytes > card_bytes)
                tell_over_declared(pool, arena,
                                   share > 1 ? TEXT("a share") : TEXT("the accelerator"),
                                   card_bytes, "");
        if (settings->memory_usable && product && product->reported_mib > 0)
                bytes = smaller(bytes, product->reported_mib * MIB / share);
        fill(sub, pool, (struct text) { 0 }, 1, bytes);
        pool->sub_pools = sub;
        pool->n_sub_pools = 1;
        return 0;
}

/* ---- MIG slices --------------------------------------------------------------------------- */

/* Nearly every MIG pool is told, so that this is not printed with a format. */
static void tell_of_gap(struct pool *pool, struct text name, int64_t real_bytes,
                        struct arena *arena) {
        struct text parts[] = { TEXT("a "), name, TEXT(" really has "),
                                quantity_format_bytes(real_bytes, arena) };

        pool_tell(pool, arena, text_join(arena, parts, COUNT_OF(parts)));
}

/*
 * A unit's memory: what the profile's name says, or what is declared where that
 * is less; with memory: Usable at most what a listing showed.
 */
static int64_t slice_bytes(struct pool *pool, const struct settings *settings,
                           const struct gpu_profile *profile, struct text name,
                           int64_t declared_bytes, struct arena *arena) {
        int32_t named_gib = catalog_memory_from_name(name);
        int64_t named_bytes = named_gib > 0 ? named_gib * GIB : UNKNOWN_BYTES;
        int64_t real_bytes =
                profile && profile->memory_mib > 0 ? profile->memory_mib * MIB : UNKNOWN_BYTES;
        int64_t slice = named_bytes, counted;

        if (settings->memory_usable)
                slice = real_bytes == UNKNOWN_BYTES ? UNKNOWN_BYTES : smaller(slice, real_bytes);
        else if (real_bytes != UNKNOWN_BYTES && real_bytes < named_bytes)
                tell_of_gap(pool, name, real_bytes, arena);
        if (named_bytes != UNKNOWN_BYTES && declared_bytes > named_bytes)
                tell_over_declared(pool, arena, name, named_bytes, ", which is what counts");
        if (settings->memory_usable && slice == UNKNOWN_BYTES)
                return UNKNOWN_BYTES;
        counted = slice == UNKNOWN_BYTES ? UNKNOWN_BYTES : slice / pool->share_replicas;
        return smaller(counted, declared_bytes);
}

static struct text list_profiles(const struct gpu_product *product, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < product->n_profiles; i++) {
                if (i > 0)
                        builder_string(&b, ", ");
                builder_text(&b, product->profiles[i].name);
        }
        return builder_done(&b);
}

static int refuse_profile(struct pool *pool, const struct gpu_product *product, struct text name,
                          struct arena *arena) {
        return offer_nothing(pool, arena,
                             text_format(arena,
                                         "unknown MIG profile \"%.*s\": NVIDIA %.*s offers %.*s",
                                         TEXT_ARG(name), TEXT_ARG(product->name),
                                         TEXT_ARG(list_profiles(product, arena))));
}

static int refuse_accelerator(struct pool *pool, struct arena *arena) {
        return offer_nothing(
                pool, arena,
                text_format(arena,
                            "unknown accelerator \"%.*s\": its MIG slices are only known with "
                            "migConfiguration.profile and slicesPerGpu",
                            TEXT_ARG(pool->accelerator_type)));
}

/* The first product of the alias that has the profile; the others are told of. */
static const struct gpu_profile *choose_profile(struct pool *pool,
                                                const struct gpu_product **products, size_t n,
                                                struct arena *arena) {
        const struct gpu_profile *chosen = NULL;

        for (size_t i = 0; i < n; i++) {
                const struct gpu_profile *profile = catalog_profile(products[i], pool->mig_profile);

                if (!profile)
                        continue;
                if (!chosen) {
                        chosen = profile;
                        pool->product = products[i];
                } else if (profile->max_instances != chosen->max_instances &&
                           pool->slices_per_gpu == 0) {
                        pool_tell(pool, arena,
                                  text_format(arena,
                                              "%.*s may mean %.*s too, with %d slices of %.*s on a "
                                              "GPU; %d are counted, as on %.*s",
                                              TEXT_ARG(pool->accelerator_type),
                                              TEXT_ARG(products[i]->name), profile->max_instances,
                                              TEXT_ARG(chosen->name), chosen->max_instances,
                                              TEXT_ARG(pool->product->name)));
                }
        }
        return chosen;
}

static int count_uniform(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *products[CANDIDATES_MAX];
        size_t n = catalog_find(pool->accelerator_type, products, CANDIDATES_MAX);
        const struct gpu_profile *profile;
        struct text name = pool->mig_profile;
        int64_t slices = pool->slices_per_gpu, bytes;
        struct sub_pool *sub;

        if (n > CANDIDATES_MAX)
                n = CANDIDATES_MAX;
        if (n == 0 && slices == 0)
                return refuse_accelerator(pool, arena);
        profile = choose_profile(pool, products, n, arena);
        if (n > 0 && !profile)
                return refuse_profile(pool, products[0], name, arena);
        if (profile) {
                name = profile->name;
                if (slices > profile->max_instances) {
                        pool->over_declared = true;
                        pool_tell(pool, arena,
                                  text_format(arena,
                                              "over-declared: slicesPerGpu is %lld, but a %.*s "
                                              "holds %d of %.*s",
                                              (long long)slices, TEXT_ARG(pool->product->name),
                                              profile->max_instances, TEXT_ARG(name)));
                }
                if (slices == 0)
                        slices = profile->max_instances;
        }
        bytes = slice_bytes(pool, settings, profile, name, pool->memory_bytes, arena);
        sub = ARENA_NEW(arena, struct sub_pool);
        if (!sub)
                return -ENOMEM;
        fill(sub, pool, name, slices, bytes);
        pool->sub_pools = sub;
        pool->n_sub_pools = 1;
        return 0;
}

/* ---- layouts: several profiles on each GPU ------------------------------------------------ */

/* The layout as counts per profile of a product; a profile that it lacks, or names twice. */
struct counts {
        int64_t of_profile[PROFILES_MAX];
        size_t n_kinds;
        struct text unknown;
        struct text twice;
};

static void count_profiles(const struct gpu_product *product, const struct value_member *members,
                           size_t n_members, struct counts *ret) {
        *ret = (struct counts) { 0 };
        for (size_t i = 0; i < n_members; i++) {
                const struct gpu_profile *profile = catalog_profile(product, members[i].key);
                int64_t *count;

                if (!profile) {
                        if (text_is_empty(ret->unknown))
                                ret->unknown = members[i].key;
                        continue;
                }
                count = &ret->of_profile[profile - product->profiles];
                if (*count > 0)
                        ret->twice = profile->name;
                else
                        ret->n_kinds++;
                value_is_integer(members[i].value, count);
        }
}

static int refuse_layout(struct pool *pool, const char *why, struct arena *arena) {
        return offer_nothing(pool, arena, text_format(arena, "impossible layout: %s", why));
}

static int count_layout(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *products[CANDIDATES_MAX], *product;
        size_t n = catalog_find(pool->accelerator_type, products, CANDIDATES_MAX), n_members;
        struct value_member *members;
        struct counts counts;
        struct layout layout;
        struct fault fault;
        size_t chosen = 0;

        if (n > CANDIDATES_MAX)
                n = CANDIDATES_MAX;
        if (n == 0)
                return refuse_accelerator(pool, arena);
        if (value_members(pool->mig_layout, arena, &members, &n_members) < 0)
                return -ENOMEM;
        if (n_members == 0)
                return refuse_layout(pool, "it names no slices", arena);
        do {
                count_profiles(products[chosen], members, n_members, &counts);
        } while (!text_is_empty(counts.unknown) && ++chosen < n);
        if (chosen == n) {
                count_profiles(products[0], members, n_members, &counts);
                return refuse_profile(pool, products[0], counts.unknown, arena);
        }
        product = products[chosen];
        pool->product = product;
        if (!text_is_empty(counts.twice))
                return refuse_layout(pool, "a profile is named twice", arena);
        if (layout_place(product, counts.of_profile, &layout, &fault) < 0)
                return refuse_layout(pool, fault.message, arena);
        if (pool->strategy == STRATEGY_SINGLE && counts.n_kinds > 1)
                return offer_nothing(pool, arena,
                                     TEXT("migConfiguration.strategy single needs equal slices, "
                                          "but the layout has several profiles"));
        if (pool->memory_bytes != UNKNOWN_BYTES)
                pool_tell(pool, arena,
                          TEXT("memoryPerGpu is ignored: with a layout every slice has its own"));

        pool->sub_pools = ARENA_ARRAY(arena, counts.n_kinds, struct sub_pool);
        if (!pool->sub_pools)
                return -ENOMEM;
        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (counts.of_profile[i] > 0)
                        fill(&pool->sub_pools[pool->n_sub_pools++], pool, profile->name,
                             counts.of_profile[i],
                             slice_bytes(pool, settings, profile, profile->name, UNKNOWN_BYTES,
                                         arena));
        }
        return 0;
}

int units_count(struct pool *pool, const struct settings *settings, struct arena *arena) {
        int r;

        if (!text_is_empty(pool->invalid))
                r = offer_nothing(pool, arena, pool->invalid);
        else if (!pool->mig)
                r = count_gpus(pool, settings, arena);
        else if (!text_is_empty(pool->mig_config))
                r = offer_nothing(pool, arena,
                                  TEXT("migConfiguration.config is not supported yet"));
        else if (pool->mig_layout.kind == VALUE_MAP)
                r = count_layout(pool, settings, arena);
        else
                r = count_uniform(pool, settings, arena);
        return r < 0 ? r : arena_failed(arena) ? -ENOMEM : 0;
}
