/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/offer.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/reader.h"

size_t offer_products(const struct pool *pool, const struct settings *settings,
                      const struct gpu_product *ret[CATALOG_CANDIDATES_MAX]) {
        return catalog_recall(settings->memo, pool->accelerator_type, ret);
}

int offer_nothing(struct pool *pool, struct arena *arena, struct text sentence) {
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

struct text offer_nearest(const struct pool *pool, struct arena *arena) {
        struct text nearest = catalog_nearest(pool->accelerator_type, arena);

        return text_is_empty(nearest) ? nearest
                                      : text_format(arena, ": is %.*s meant?", TEXT_ARG(nearest));
}

int offer_no_accelerator(struct pool *pool, struct arena *arena) {
        struct text nearest = { 0 };

        if (pool_collects_warnings(pool))
                nearest = offer_nearest(pool, arena);
        return offer_nothing(
                pool, arena,
                text_format(arena,
                            "unknown accelerator \"%.*s\": its MIG slices are only known with "
                            "migConfiguration.profile and slicesPerGpu "
                            "(\"function-gpu-placement mig\" lists the GPUs)%.*s",
                            TEXT_ARG(pool->accelerator_type), TEXT_ARG(nearest)));
}

static struct text list_profiles(const struct gpu_product *product, struct arena *arena) {
        struct builder b;

        if (product->basis == GPU_WITHOUT_MIG)
                return TEXT("has no MIG");
        if (product->n_profiles == 0)
                return TEXT("has no MIG slices that are known");
        builder_init(&b, arena);
        for (size_t i = 0; i < product->n_profiles; i++) {
                builder_string(&b, i == 0 ? "offers " : ", ");
                builder_text(&b, product->profiles[i].name);
        }
        return builder_done(&b);
}

int offer_no_profile(struct pool *pool, const struct gpu_product *product, struct text name,
                     struct arena *arena) {
        return offer_nothing(pool, arena,
                             text_format(arena, "unknown MIG profile \"%.*s\": %.*s %.*s %.*s",
                                         TEXT_ARG(name), TEXT_ARG(product->generation->maker),
                                         TEXT_ARG(product->name),
                                         TEXT_ARG(list_profiles(product, arena))));
}

void offer_units(struct sub_pool *sub, struct pool *pool, struct text mig_profile, int64_t per_node,
                 int64_t memory_bytes) {
        sub->environment = pool->environment;
        sub->pool = pool;
        sub->mig_profile = mig_profile;
        sub->nodes = pool->nodes;
        sub->units_per_node = per_node * pool->share_replicas;
        sub->counted_per_node = sub->units_per_node;
        sub->units = sub->units_per_node * sub->nodes;
        sub->memory_bytes = memory_bytes;
}

int64_t offer_smaller(int64_t a, int64_t b) {
        if (a == UNKNOWN_BYTES || b == UNKNOWN_BYTES)
                return a == UNKNOWN_BYTES ? b : a;
        return a < b ? a : b;
}

int64_t offer_card_bytes(const struct pool *pool, const struct gpu_product *product) {
        if (!product || product->memory_gib == 0)
                return UNKNOWN_BYTES;
        return product->memory_gib * GIB / pool->share_replicas;
}

int64_t offer_usable_bytes(const struct pool *pool, const struct settings *settings,
                           const struct gpu_product *product, int64_t bytes) {
        if (!settings->memory_usable || !product || product->reported_mib == 0)
                return bytes;
        return offer_smaller(bytes, product->reported_mib * MIB / pool->share_replicas);
}

#define REALLY_HAS " really has "

bool offer_is_fact(struct text message) {
        return text_starts_with(message, TEXT("a ")) && text_contains(message, TEXT(REALLY_HAS));
}

/* Nearly every MIG pool has this message, so it is not printed with a format. */
static void tell_of_gap(struct pool *pool, struct text name, int64_t real_bytes,
                        struct arena *arena) {
        struct text parts[] = { TEXT("a "), name, TEXT(REALLY_HAS),
                                quantity_format_bytes(real_bytes, arena) };

        pool_warn(pool, arena, text_join(arena, parts, COUNT_OF(parts)));
}

static struct text a_share_of(struct text name, struct arena *arena) {
        return text_join(arena, (struct text[]) { TEXT("a share of "), name }, 2);
}

/* The most that a name of such a GPU's slices promises beyond what a listing showed. */
static int64_t largest_gap(const struct gpu_generation *generation) {
        const struct gpu_product *product;
        int64_t gap = 0;

        for (size_t i = 0; (product = catalog_product(i)); i++) {
                for (size_t k = 0; product->generation == generation && k < product->n_profiles;
                     k++) {
                        const struct gpu_profile *p = &product->profiles[k];
                        int64_t named = catalog_memory_from_name(p->name) * GIB;

                        if (p->memory_mib > 0 && named - p->memory_mib * MIB > gap)
                                gap = named - p->memory_mib * MIB;
                }
        }
        return gap;
}

/*
 * What counts of a slice with memory: Usable that no listing showed. A declared number
 * is taken for measured; else the name's, less what other names promise too much.
 */
static int64_t unmeasured(struct pool *pool, struct text name, int64_t named_bytes,
                          int64_t declared_bytes, struct arena *arena) {
        int64_t bytes;

        if (declared_bytes != UNKNOWN_BYTES)
                return offer_smaller(named_bytes, declared_bytes * pool->share_replicas);
        if (!pool->product || named_bytes == UNKNOWN_BYTES)
                return UNKNOWN_BYTES;
        bytes = named_bytes - largest_gap(pool->product->generation);
        if (pool_collects_warnings(pool))
                pool_warn(pool, arena,
                          text_format(arena,
                                      "what a %.*s really has was never listed: %.*s are counted, "
                                      "its name less the largest gap known of such GPUs",
                                      TEXT_ARG(name),
                                      TEXT_ARG(quantity_format_bytes(bytes, arena))));
        return bytes > 0 ? bytes : UNKNOWN_BYTES;
}

int64_t offer_slice_bytes(struct pool *pool, const struct settings *settings,
                          const struct gpu_profile *profile, struct text name,
                          int64_t declared_bytes, struct arena *arena) {
        int32_t named_gib = catalog_memory_from_name(name);
        int64_t named_bytes = named_gib > 0 ? named_gib * GIB : UNKNOWN_BYTES;
        int64_t real_bytes =
                profile && profile->memory_mib > 0 ? profile->memory_mib * MIB : UNKNOWN_BYTES;
        int64_t slice = named_bytes, counted;

        if (settings->memory_usable && real_bytes == UNKNOWN_BYTES)
                slice = unmeasured(pool, name, named_bytes, declared_bytes, arena);
        else if (settings->memory_usable)
                slice = offer_smaller(slice, real_bytes);
        else if (real_bytes != UNKNOWN_BYTES && real_bytes < named_bytes &&
                 pool_collects_warnings(pool))
                tell_of_gap(pool, name, real_bytes, arena);
        if (named_bytes != UNKNOWN_BYTES && declared_bytes > named_bytes / pool->share_replicas)
                offer_over_declared(pool, arena,
                                    pool->share_replicas > 1 ? a_share_of(name, arena) : name,
                                    named_bytes / pool->share_replicas, ", which is what counts");
        counted = slice == UNKNOWN_BYTES ? UNKNOWN_BYTES : slice / pool->share_replicas;
        return offer_smaller(counted, declared_bytes);
}

void offer_over_declared(struct pool *pool, struct arena *arena, struct text what,
                         int64_t most_bytes, const char *consequence) {
        pool->over_declared = true;
        pool_warn(pool, arena,
                  text_format(arena, "over-declared: memoryPerGpu is %.*s, but %.*s has %.*s%s",
                              TEXT_ARG(quantity_spell_bytes(pool->memory_bytes, arena)),
                              TEXT_ARG(what), TEXT_ARG(quantity_spell_bytes(most_bytes, arena)),
                              consequence));
}
