/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/units_config.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "fleet/migparted.h"
#include "fleet/offer.h"
#include "fleet/units_layout.h"
#include "gpu/layout.h"

enum { NAMES_SHOWN_MAX = 12 };

/* One product's GPUs under a configuration. */
struct node_plan {
        const struct gpu_product *product;
        const struct migparted_entry *entries[MIGPARTED_DEVICES_MAX]; /* by GPU; NULL: none */
        struct tally tally;
        struct text refused; /* why the product cannot be divided so; empty when it can */
};

static struct text refuse_config(const struct pool *pool, struct arena *arena, struct text why) {
        return text_format(arena, "impossible mig-parted configuration \"%.*s\": %.*s",
                           TEXT_ARG(pool->mig_config), TEXT_ARG(why));
}

static struct text list_ids(const struct gpu_product *product, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < product->n_pci_ids; i++) {
                if (i > 0)
                        builder_string(&b, ", ");
                builder_text(&b, product->pci_ids[i]);
        }
        return product->n_pci_ids > 0 ? builder_done(&b) : TEXT("no PCI id known");
}

static struct text unknown_profile(const struct pool *pool, const struct gpu_product *product,
                                   const struct migparted_entry *entry, struct text name,
                                   struct arena *arena) {
        return refuse_config(
                pool, arena,
                text_format(arena,
                            "line %zu: unknown MIG profile \"%.*s\"; an NVIDIA %.*s holds "
                            "%.*s",
                            entry->line, TEXT_ARG(name), TEXT_ARG(product->name),
                            TEXT_ARG(units_layout_most(product, arena))));
}

/* Adds what n GPUs hold that are divided by an entry. */
static void add_entry(const struct pool *pool, const struct migparted_entry *entry, int64_t n,
                      struct node_plan *plan, struct arena *arena) {
        const struct gpu_product *product = plan->product;
        int64_t counts[PROFILES_MAX] = { 0 };
        struct layout layout;
        struct fault fault;

        if (!entry->mig_enabled) {
                plan->tally.whole_gpus += n;
                return;
        }
        for (size_t i = 0; i < entry->n_slices; i++) {
                struct text name = entry->slices[i].profile;
                const struct gpu_profile *profile = catalog_profile(product, name);

                if (!profile) {
                        plan->refused = unknown_profile(pool, product, entry, name, arena);
                        return;
                }
                counts[profile - product->profiles] += entry->slices[i].count;
                plan->tally.names[profile - product->profiles] = catalog_spelling(profile, name);
        }
        if (layout_place(product, counts, &layout, &fault) < 0) {
                plan->refused = refuse_config(pool, arena,
                                              text_format(arena, "line %zu: %.*s", entry->line,
                                                          TEXT_ARG(units_layout_impossible(
                                                                  product, fault.message, arena))));
                return;
        }
        for (size_t i = 0; i < product->n_profiles; i++)
                plan->tally.of_profile[i] += counts[i] * n;
}

static struct node_plan *plan_node(const struct pool *pool, const struct migparted_config *config,
                                   const struct gpu_product *product, struct arena *arena) {
        struct node_plan *plan = ARENA_NEW(arena, struct node_plan);
        size_t n_gpus = (size_t)pool->accelerator_count, n_covered = 0;

        if (!plan)
                return NULL;
        plan->product = product;
        migparted_apply(config, product, n_gpus, plan->entries);
        for (size_t e = 0; e < config->n_entries && text_is_empty(plan->refused); e++) {
                int64_t n = 0;

                for (size_t i = 0; i < n_gpus; i++)
                        n += plan->entries[i] == &config->entries[e];
                if (n > 0)
                        add_entry(pool, &config->entries[e], n, plan, arena);
                n_covered += (size_t)n;
        }
        if (!text_is_empty(plan->refused))
                return plan;
        if (n_covered == 0)
                plan->refused = refuse_config(
                        pool, arena,
                        text_format(arena, "no entry covers a GPU of the pool, NVIDIA %.*s (%.*s)",
                                    TEXT_ARG(product->name), TEXT_ARG(list_ids(product, arena))));
        else if (tally_kinds(&plan->tally) == 0)
                plan->refused = refuse_config(
                        pool, arena,
                        text_format(arena,
                                    "it enables MIG without slices; an NVIDIA %.*s holds "
                                    "%.*s",
                                    TEXT_ARG(product->name),
                                    TEXT_ARG(units_layout_most(product, arena))));
        return plan;
}

/* "3", or "0, 4-7"; empty when none is listed. */
static struct text list_gpus(const bool *listed, size_t n, struct arena *arena) {
        struct builder b;
        size_t n_ranges = 0;

        builder_init(&b, arena);
        for (size_t i = 0; i < n; i++) {
                size_t last = i;

                if (!listed[i])
                        continue;
                while (last + 1 < n && listed[last + 1])
                        last++;
                if (n_ranges++ > 0)
                        builder_string(&b, ", ");
                builder_u64(&b, i);
                if (last > i) {
                        builder_char(&b, '-');
                        builder_u64(&b, last);
                }
                i = last;
        }
        return builder_done(&b);
}

/* what is "does not cover", say; a list of none is not told. */
static void tell_of_gpus(struct pool *pool, const char *what, const bool *listed,
                         struct arena *arena) {
        struct text gpus = list_gpus(listed, (size_t)pool->accelerator_count, arena);

        if (!text_is_empty(gpus))
                pool_warn(
                        pool, arena,
                        text_format(arena,
                                    "configuration \"%.*s\" %s GPU %.*s: nothing is offered there",
                                    TEXT_ARG(pool->mig_config), what, TEXT_ARG(gpus)));
}

static void tell_of_idle(struct pool *pool, const struct node_plan *plan, struct arena *arena) {
        bool uncovered[MIGPARTED_DEVICES_MAX] = { 0 }, empty[MIGPARTED_DEVICES_MAX] = { 0 };

        for (size_t i = 0; i < (size_t)pool->accelerator_count; i++) {
                const struct migparted_entry *entry = plan->entries[i];

                uncovered[i] = !entry;
                empty[i] = entry && entry->mig_enabled && entry->n_slices == 0;
        }
        tell_of_gpus(pool, "does not cover", uncovered, arena);
        tell_of_gpus(pool, "enables MIG without slices on", empty, arena);
}

/* A filter that names a board may not mean the pool's boards. */
static void tell_of_boards(struct pool *pool, const struct node_plan *plan, struct arena *arena) {
        for (size_t i = 0; i < (size_t)pool->accelerator_count; i++) {
                const struct migparted_entry *entry = plan->entries[i];

                for (size_t k = 0; entry && k < entry->n_filters; k++) {
                        if (entry->filters[k].id.len == entry->filters[k].full.len)
                                continue;
                        pool_warn(pool, arena,
                                  text_format(arena,
                                              "device-filter %.*s is for one board; the pool's are "
                                              "taken to be such",
                                              TEXT_ARG(entry->filters[k].full)));
                        return;
                }
        }
}

static struct text list_configs(const struct migparted *file, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < file->n_configs && i < NAMES_SHOWN_MAX; i++) {
                if (i > 0)
                        builder_string(&b, ", ");
                builder_text(&b, text_shown(file->configs[i].name, 63));
        }
        if (file->n_configs > NAMES_SHOWN_MAX) {
                builder_string(&b, " and ");
                builder_u64(&b, file->n_configs - NAMES_SHOWN_MAX);
                builder_string(&b, " more");
        }
        return builder_done(&b);
}

/* Why there is no such configuration; empty when there is one. */
static struct text find_config(const struct pool *pool, const struct migparted *file,
                               struct arena *arena, const struct migparted_config **ret) {
        if (!file)
                return text_format(arena,
                                   "unknown mig-parted configuration \"%.*s\": the function's "
                                   "input names no mig-parted file",
                                   TEXT_ARG(pool->mig_config));
        if (!text_is_empty(file->invalid))
                return text_format(arena, "unreadable mig-parted file: %.*s",
                                   TEXT_ARG(file->invalid));
        *ret = migparted_find(file, pool->mig_config);
        if (!*ret)
                return text_format(arena,
                                   "unknown mig-parted configuration \"%.*s\": the file has %.*s",
                                   TEXT_ARG(pool->mig_config), TEXT_ARG(list_configs(file, arena)));
        if (!text_is_empty((*ret)->invalid))
                return refuse_config(pool, arena, (*ret)->invalid);
        return (struct text) { 0 };
}

/* The file in the ConfigMap; where there is none, *ret says so. */
static int read_config_map(const struct settings *s, struct value config_map, struct arena *arena,
                           struct migparted *ret) {
        struct value file = value_get(value_get(config_map, TEXT("data")), s->mig_parted_key);

        if (file.kind == VALUE_STRING)
                return migparted_read(value_text(file), arena, ret);
        if (config_map.kind == VALUE_ABSENT)
                ret->invalid = text_format(arena, "ConfigMap %.*s/%.*s does not exist",
                                           TEXT_ARG(s->mig_parted_namespace),
                                           TEXT_ARG(s->mig_parted_name));
        else
                ret->invalid =
                        text_format(arena, "ConfigMap %.*s/%.*s has no key %.*s",
                                    TEXT_ARG(s->mig_parted_namespace), TEXT_ARG(s->mig_parted_name),
                                    TEXT_ARG(s->mig_parted_key));
        return 0;
}

int units_config_read(struct settings *settings, struct value config_map, struct arena *arena) {
        bool is_inline = !text_is_empty(settings->mig_parted_inline);
        struct migparted *file;
        int r;

        if (!is_inline && text_is_empty(settings->mig_parted_name))
                return 0;
        file = ARENA_NEW(arena, struct migparted);
        if (!file)
                return -ENOMEM;
        r = is_inline ? migparted_read(settings->mig_parted_inline, arena, file)
                      : read_config_map(settings, config_map, arena, file);
        if (r == 0)
                settings->mig_parted = file;
        return r;
}

int units_config_find(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
        size_t n = offer_products(pool, settings, products);
        struct node_plan *first = NULL, *chosen = NULL;
        const struct migparted_config *config = NULL;
        struct text refused = find_config(pool, settings->mig_parted, arena, &config);

        if (arena_failed(arena))
                return -ENOMEM;
        if (!config || !text_is_empty(refused))
                return offer_nothing(pool, arena, refused);
        for (size_t i = 0; i < n; i++) {
                struct node_plan *plan = plan_node(pool, config, products[i], arena);

                if (!plan || arena_failed(arena))
                        return -ENOMEM;
                if (!first)
                        first = plan;
                if (!text_is_empty(plan->refused))
                        continue;
                if (!chosen)
                        chosen = plan;
                else if (memcmp(plan->entries, chosen->entries, sizeof(plan->entries)) != 0)
                        pool_warn(pool, arena,
                                  text_format(arena,
                                              "%.*s may mean %.*s too, which \"%.*s\" divides "
                                              "otherwise; it is counted as %.*s",
                                              TEXT_ARG(pool->accelerator_type),
                                              TEXT_ARG(products[i]->name),
                                              TEXT_ARG(pool->mig_config),
                                              TEXT_ARG(chosen->product->name)));
        }
        if (!first)
                return offer_no_accelerator(pool, arena);
        if (!chosen)
                return offer_nothing(pool, arena, first->refused);
        tell_of_idle(pool, chosen, arena);
        tell_of_boards(pool, chosen, arena);
        return tally_offer(pool, settings, chosen->product, &chosen->tally, arena);
}
