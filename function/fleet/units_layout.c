/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/units_layout.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/offer.h"
#include "fleet/selection.h"
#include "gpu/layout.h"

size_t tally_kinds(const struct tally *tally) {
        size_t n = tally->whole_gpus > 0;

        for (size_t i = 0; i < PROFILES_MAX; i++)
                n += tally->of_profile[i] > 0;
        return n;
}

struct text units_layout_most(const struct gpu_product *product, struct arena *arena) {
        struct builder b;

        if (product->n_profiles == 0)
                return TEXT("no MIG slices that are known");
        builder_init(&b, arena);
        for (size_t i = 0; i < product->n_profiles; i++) {
                builder_string(&b, i == 0 ? "at most one of: " : ", ");
                builder_u64(&b, product->profiles[i].max_instances);
                builder_string(&b, " x ");
                builder_text(&b, product->profiles[i].name);
        }
        return builder_done(&b);
}

struct text units_layout_impossible(const struct gpu_product *product, const char *why,
                                    struct arena *arena) {
        return text_format(arena, "impossible layout: %s; an NVIDIA %.*s holds %.*s", why,
                           TEXT_ARG(product->name), TEXT_ARG(units_layout_most(product, arena)));
}

static struct text list_kinds(const struct gpu_product *product, const struct tally *tally,
                              struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < product->n_profiles; i++) {
                if (tally->of_profile[i] == 0)
                        continue;
                if (b.len > 0)
                        builder_string(&b, ", ");
                builder_text(&b, tally->names[i]);
        }
        if (tally->whole_gpus > 0)
                builder_string(&b, " and whole GPUs");
        return builder_done(&b);
}

int tally_offer(struct pool *pool, const struct settings *settings,
                const struct gpu_product *product, const struct tally *tally, struct arena *arena) {
        size_t n_kinds = tally_kinds(tally);

        if (n_kinds > 1 && selection_used_strategy(pool) == STRATEGY_SINGLE)
                return offer_nothing(pool, arena,
                                     text_format(arena,
                                                 "strategy single needs equal slices on all GPUs "
                                                 "of a node, but these have %.*s",
                                                 TEXT_ARG(list_kinds(product, tally, arena))));
        if (pool->memory_bytes != UNKNOWN_BYTES)
                pool_warn(pool, arena,
                          text_is_empty(pool->mig_config)
                                  ? TEXT("memoryPerGpu is ignored: with a layout every slice has "
                                         "its own")
                                  : TEXT("memoryPerGpu is ignored: with a config every unit has "
                                         "its own"));
        pool->product = product;
        pool->sub_pools = ARENA_ARRAY(arena, n_kinds, struct sub_pool);
        if (!pool->sub_pools)
                return -ENOMEM;
        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (tally->of_profile[i] == 0)
                        continue;
                offer_units(&pool->sub_pools[pool->n_sub_pools++], pool, tally->names[i],
                            tally->of_profile[i],
                            offer_slice_bytes(pool, settings, profile, tally->names[i],
                                              UNKNOWN_BYTES, arena));
        }
        if (tally->whole_gpus > 0)
                offer_units(&pool->sub_pools[pool->n_sub_pools++], pool, (struct text) { 0 },
                            tally->whole_gpus,
                            offer_usable_bytes(pool, settings, product,
                                               offer_card_bytes(pool, product)));
        return 0;
}

/* The layout as counts per profile of a product; a profile that it lacks, or names twice. */
struct counts {
        int64_t of_profile[PROFILES_MAX];
        struct text names[PROFILES_MAX];
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
                ret->names[profile - product->profiles] = catalog_spelling(profile, members[i].key);
                value_is_integer(members[i].value, count);
        }
}

/* Why a product that has all the profiles cannot be divided so; empty when it can. */
static struct text refuse_counts(const struct gpu_product *product, const struct counts *counts,
                                 size_t n_members, struct arena *arena) {
        struct layout layout;
        struct fault fault;

        if (n_members == 0)
                return units_layout_impossible(product, "it names no slices", arena);
        if (!text_is_empty(counts->twice))
                return units_layout_impossible(product, "a profile is named twice", arena);
        if (layout_place(product, counts->of_profile, &layout, &fault) < 0)
                return units_layout_impossible(product, fault.message, arena);
        return (struct text) { 0 };
}

int units_layout_build(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX], *product = NULL;
        struct text unknown = { 0 }, refused = { 0 };
        size_t n = offer_products(pool, settings, products), n_members;
        struct tally tally = { .whole_gpus = 0 };
        struct value_member *members;
        struct counts counts;

        if (n == 0)
                return offer_no_accelerator(pool, arena);
        if (value_members(pool->mig_layout, arena, &members, &n_members) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n && !product; i++) {
                struct text why;

                count_profiles(products[i], members, n_members, &counts);
                if (i == 0)
                        unknown = counts.unknown;
                if (!text_is_empty(counts.unknown))
                        continue;
                why = refuse_counts(products[i], &counts, n_members, arena);
                if (arena_failed(arena))
                        return -ENOMEM;
                if (text_is_empty(why))
                        product = products[i];
                else if (text_is_empty(refused))
                        refused = why;
        }
        if (!product && !text_is_empty(refused))
                return offer_nothing(pool, arena, refused);
        if (!product)
                return offer_no_profile(pool, products[0], unknown, arena);
        for (size_t i = 0; i < product->n_profiles; i++) {
                tally.of_profile[i] = counts.of_profile[i] * pool->accelerator_count;
                tally.names[i] = counts.names[i];
        }
        return tally_offer(pool, settings, product, &tally, arena);
}
