/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/units.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/offer.h"
#include "fleet/units_config.h"
#include "fleet/units_layout.h"

/* ---- whole GPUs and shares of them ----------------------------------------------------------- */

static void tell_of_other_cards(struct pool *pool, const struct settings *settings,
                                struct arena *arena) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
        size_t n = offer_products(pool, settings, products);

        for (size_t i = 1; i < n; i++) {
                if (products[i]->memory_gib != products[0]->memory_gib)
                        pool_warn(pool, arena,
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
static const struct gpu_product *choose_card(const struct pool *pool,
                                             const struct settings *settings) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX], *largest = NULL;
        size_t n = offer_products(pool, settings, products);

        for (size_t i = 0; i < n; i++) {
                if (products[i]->memory_gib * GIB / pool->share_replicas >= pool->memory_bytes)
                        return products[i];
                if (!largest || products[i]->memory_gib > largest->memory_gib)
                        largest = products[i];
        }
        return largest;
}

/* What is not in the catalogue is used as declared. */
static void tell_of_unknown(struct pool *pool, struct arena *arena) {
        struct text nearest;

        if (pool->memory_bytes != UNKNOWN_BYTES || !pool_collects_warnings(pool))
                return;
        if (text_is_empty(pool->accelerator_type)) {
                pool_warn(pool, arena,
                          TEXT("acceleratorType is not written: declare capabilities.memoryPerGpu, "
                               "or no model that requires memory is placed here"));
                return;
        }
        nearest = offer_nearest(pool, arena);
        pool_warn(pool, arena,
                  text_format(arena,
                              text_is_empty(nearest)
                                      ? "unknown accelerator \"%.*s\"%.*s: declare "
                                        "capabilities.memoryPerGpu, or no model that requires "
                                        "memory is placed here"
                                      : "unknown accelerator \"%.*s\"%.*s else declare "
                                        "capabilities.memoryPerGpu",
                              TEXT_ARG(pool->accelerator_type), TEXT_ARG(nearest)));
}

/* A fiftieth more is promised than the driver reports: a model of the nominal size would not fit.
 */
static void tell_of_reported(struct pool *pool, const struct gpu_product *product,
                             struct arena *arena) {
        if (product->reported_mib == 0 || !pool_collects_warnings(pool) ||
            product->memory_gib * 1024 - product->reported_mib <= product->memory_gib * 1024 / 50)
                return;
        pool_warn(pool, arena,
                  text_format(arena, "a GPU really has %dMi of memory, not %dGi",
                              product->reported_mib, product->memory_gib));
}

static int count_gpus(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *product = choose_card(pool, settings);
        int64_t bytes = pool->memory_bytes, card_bytes = offer_card_bytes(pool, product);
        struct sub_pool *sub = ARENA_NEW(arena, struct sub_pool);

        if (!sub)
                return -ENOMEM;
        pool->product = product;
        if (!product)
                tell_of_unknown(pool, arena);
        if (bytes == UNKNOWN_BYTES && product) {
                bytes = card_bytes;
                tell_of_other_cards(pool, settings, arena);
                if (!settings->memory_usable)
                        tell_of_reported(pool, product, arena);
        }
        if (card_bytes != UNKNOWN_BYTES && bytes > card_bytes)
                offer_over_declared(pool, arena,
                                    pool->share_replicas > 1 ? TEXT("a share")
                                                             : TEXT("the accelerator"),
                                    card_bytes, "");
        offer_units(sub, pool, (struct text) { 0 }, pool->accelerator_count,
                    offer_usable_bytes(pool, settings, product, bytes));
        pool->sub_pools = sub;
        pool->n_sub_pools = 1;
        return 0;
}

/* ---- MIG slices ------------------------------------------------------------------------------ */

/* The first product of the alias that has the profile; the others are reported. */
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
                        pool_warn(pool, arena,
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
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
        size_t n = offer_products(pool, settings, products);
        const struct gpu_profile *profile;
        struct text name = pool->mig_profile;
        int64_t slices = pool->slices_per_gpu, bytes;
        struct sub_pool *sub;

        if (n == 0 && slices == 0)
                return offer_no_accelerator(pool, arena);
        profile = choose_profile(pool, products, n, arena);
        if (n > 0 && !profile)
                return offer_no_profile(pool, products[0], name, arena);
        if (profile) {
                name = catalog_spelling(profile, name);
                if (slices > profile->max_instances) {
                        pool->over_declared = true;
                        pool_warn(pool, arena,
                                  text_format(arena,
                                              "over-declared: slicesPerGpu is %lld, but an NVIDIA "
                                              "%.*s holds %d of %.*s",
                                              (long long)slices, TEXT_ARG(pool->product->name),
                                              profile->max_instances, TEXT_ARG(name)));
                }
                if (slices == 0)
                        slices = profile->max_instances;
        }
        bytes = offer_slice_bytes(pool, settings, profile, name, pool->memory_bytes, arena);
        sub = ARENA_NEW(arena, struct sub_pool);
        if (!sub)
                return -ENOMEM;
        offer_units(sub, pool, name, pool->accelerator_count * slices, bytes);
        pool->sub_pools = sub;
        pool->n_sub_pools = 1;
        return 0;
}

/* What a reservation of package/crds.yaml can say. */
enum { UNITS_MAX = 1000 * 1000 * 1000 };

/* No reservation could hold them all, and a sum that is cut would be a lie. */
static int refuse_too_many(struct pool *pool, struct arena *arena) {
        for (size_t i = 0; i < pool->n_sub_pools; i++) {
                int64_t units = pool->sub_pools[i].units;

                if (units > UNITS_MAX)
                        return offer_nothing(pool, arena,
                                             text_format(arena,
                                                         "%lld units are more than the %d that "
                                                         "are counted",
                                                         (long long)units, UNITS_MAX));
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
                r = units_config_find(pool, settings, arena);
        else if (pool->mig_layout.kind == VALUE_MAP)
                r = units_layout_build(pool, settings, arena);
        else
                r = count_uniform(pool, settings, arena);
        if (r == 0)
                r = refuse_too_many(pool, arena);
        return r < 0 ? r : arena_failed(arena) ? -ENOMEM : 0;
}
