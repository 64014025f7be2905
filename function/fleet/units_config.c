/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/units_config.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/count.h"
#include "fleet/migparted.h"
#include "fleet/migparted_default.h"
#include "fleet/offer.h"
#include "fleet/selection.h"
#include "fleet/units_layout.h"
#include "gpu/layout.h"

enum { NAMES_SHOWN_MAX = 12 };

/* One product's GPUs under a configuration. */
struct node_plan {
        const struct gpu_product *product;
        struct gpu_board board;
        const struct migparted_entry *entries[MIGPARTED_DEVICES_MAX]; /* by GPU; NULL: none */
        struct tally tally;
        struct text refused; /* why the product cannot be divided so; empty when it can */
};

static struct text refuse_config(const struct pool *pool, struct arena *arena, struct text why) {
        return text_format(arena, "impossible mig-parted configuration \"%.*s\": %.*s",
                           TEXT_ARG(pool->mig_config), TEXT_ARG(why));
}

static struct text list_ids(const struct gpu_board *board, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < board->n_pci_ids; i++) {
                if (i > 0)
                        builder_string(&b, ", ");
                builder_text(&b, board->pci_ids[i]);
        }
        return board->n_pci_ids > 0 ? builder_done(&b) : TEXT("no PCI id known");
}

/* "line 4: ", but NVIDIA's own configurations have no lines. */
static struct text line_of(const struct migparted_entry *entry, struct arena *arena) {
        return entry->line > 0 ? text_format(arena, "line %zu: ", entry->line)
                               : (struct text) { 0 };
}

static struct text unknown_profile(const struct pool *pool, const struct gpu_product *product,
                                   const struct migparted_entry *entry, struct text name,
                                   struct arena *arena) {
        return refuse_config(pool, arena,
                             text_format(arena,
                                         "%.*sunknown MIG profile \"%.*s\"; an NVIDIA %.*s holds "
                                         "%.*s",
                                         TEXT_ARG(line_of(entry, arena)), TEXT_ARG(name),
                                         TEXT_ARG(product->name),
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
                plan->refused = refuse_config(
                        pool, arena,
                        text_format(
                                arena, "%.*s%.*s", TEXT_ARG(line_of(entry, arena)),
                                TEXT_ARG(units_layout_impossible(product, fault.message, arena))));
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
        plan->board = board_named(product, pool->accelerator_type);
        if (!text_is_empty(config->invalid)) {
                plan->refused = refuse_config(pool, arena, config->invalid);
                return plan;
        }
        migparted_apply(config, &plan->board, n_gpus, plan->entries);
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
                                    TEXT_ARG(product->name),
                                    TEXT_ARG(list_ids(&plan->board, arena))));
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

/* what is "does not cover", say; a list of none is not reported. */
static struct text of_gpus(const struct pool *pool, const char *what, const bool *listed,
                           struct arena *arena) {
        struct text gpus = list_gpus(listed, (size_t)pool->accelerator_count, arena);

        if (text_is_empty(gpus))
                return gpus;
        return text_format(arena, "configuration \"%.*s\" %s GPU %.*s: nothing is offered there",
                           TEXT_ARG(pool->mig_config), what, TEXT_ARG(gpus));
}

/*
 * GPUs that offer nothing are reported. Under the single strategy the device plugin wants
 * all GPUs of a node alike and offers nothing at all: *ret_refused says so.
 */
static void tell_of_idle(struct pool *pool, const struct node_plan *plan, struct arena *arena,
                         struct text *ret_refused) {
        bool uncovered[MIGPARTED_DEVICES_MAX] = { 0 }, empty[MIGPARTED_DEVICES_MAX] = { 0 };
        struct text sentences[2];

        for (size_t i = 0; i < (size_t)pool->accelerator_count; i++) {
                const struct migparted_entry *entry = plan->entries[i];

                uncovered[i] = !entry;
                empty[i] = entry && entry->mig_enabled && entry->n_slices == 0;
        }
        sentences[0] = of_gpus(pool, "does not cover", uncovered, arena);
        sentences[1] = of_gpus(pool, "enables MIG without slices on", empty, arena);
        for (size_t i = 0; i < COUNT_OF(sentences); i++) {
                if (text_is_empty(sentences[i]))
                        continue;
                if (selection_used_strategy(pool) != STRATEGY_SINGLE)
                        pool_warn(pool, arena, sentences[i]);
                else if (text_is_empty(*ret_refused))
                        *ret_refused = text_format(
                                arena,
                                "strategy single needs equal slices on all GPUs of a node: "
                                "%.*s",
                                TEXT_ARG(sentences[i]));
        }
}

/* Where the name of the accelerator does not say which board it is, a filter may mean another. */
static void tell_of_other_boards(struct pool *pool, const struct node_plan *plan,
                                 const struct migparted_config *config, struct arena *arena) {
        for (size_t e = 0; e < config->n_entries && !plan->board.is_known; e++) {
                const struct migparted_entry *entry = &config->entries[e];
                size_t n_matched = 0;

                for (size_t i = 0; i < plan->board.n_pci_ids; i++) {
                        const struct gpu_board one = { &plan->board.pci_ids[i], 1, true };

                        for (size_t k = 0; k < entry->n_filters; k++) {
                                if (board_has(&one, entry->filters[k].id)) {
                                        n_matched++;
                                        break;
                                }
                        }
                }
                if (n_matched == 0 || n_matched == plan->board.n_pci_ids)
                        continue;
                pool_warn(pool, arena,
                          text_format(arena,
                                      "%.*s does not say which board it is, and a device-filter of "
                                      "\"%.*s\" is for some of %.*s: all are taken to match",
                                      TEXT_ARG(pool->accelerator_type), TEXT_ARG(pool->mig_config),
                                      TEXT_ARG(list_ids(&plan->board, arena))));
                return;
        }
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

/* Why the file has no such configuration; empty when it has. */
static struct text find_config(const struct pool *pool, const struct migparted *file,
                               struct arena *arena, const struct migparted_config **ret) {
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

/* Without a file NVIDIA's own configurations are known; *ret_refused: that one is not. Errors:
 * -ENOMEM */
static int find_default(const struct pool *pool, const struct gpu_product *product,
                        struct arena *arena, const struct migparted_config **ret,
                        struct text *ret_refused) {
        struct migparted_config *config = ARENA_NEW(arena, struct migparted_config);
        int r = config ? migparted_default(pool->mig_config, product, arena, config) : -ENOMEM;

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                *ret_refused = text_format(
                        arena,
                        "unknown mig-parted configuration \"%.*s\": the function's input names no "
                        "mig-parted file, and NVIDIA's own are all-balanced, all-disabled, "
                        "all-enabled and all-<profile>",
                        TEXT_ARG(pool->mig_config));
        *ret = config;
        return 0;
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

static void tell_of_other_product(struct pool *pool, const struct node_plan *chosen,
                                  const struct node_plan *other, struct arena *arena) {
        bool is_whole = chosen->tally.whole_gpus == pool->accelerator_count &&
                        other->tally.whole_gpus == pool->accelerator_count;

        if (is_whole || memcmp(other->entries, chosen->entries, sizeof(other->entries)) == 0)
                return;
        pool_warn(pool, arena,
                  text_format(arena,
                              "%.*s may mean %.*s too, which \"%.*s\" divides otherwise; it is "
                              "counted as %.*s",
                              TEXT_ARG(pool->accelerator_type), TEXT_ARG(other->product->name),
                              TEXT_ARG(pool->mig_config), TEXT_ARG(chosen->product->name)));
}

int units_config_find(struct pool *pool, const struct settings *settings, struct arena *arena) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
        size_t n = offer_products(pool, settings, products);
        struct node_plan *first = NULL, *chosen = NULL;
        const struct migparted_config *config = NULL;
        struct text refused = { 0 };

        if (settings->mig_parted)
                refused = find_config(pool, settings->mig_parted, arena, &config);
        if (arena_failed(arena))
                return -ENOMEM;
        for (size_t i = 0; i < n && text_is_empty(refused); i++) {
                struct node_plan *plan;

                if (!settings->mig_parted &&
                    find_default(pool, products[i], arena, &config, &refused) < 0)
                        return -ENOMEM;
                if (!text_is_empty(refused) || arena_failed(arena))
                        break;
                plan = plan_node(pool, config, products[i], arena);
                if (!plan || arena_failed(arena))
                        return -ENOMEM;
                if (!first)
                        first = plan;
                if (!text_is_empty(plan->refused))
                        continue;
                if (!chosen)
                        chosen = plan;
                else
                        tell_of_other_product(pool, chosen, plan, arena);
        }
        if (arena_failed(arena))
                return -ENOMEM;
        if (!text_is_empty(refused))
                return offer_nothing(pool, arena, refused);
        if (!first)
                return offer_no_accelerator(pool, arena);
        if (!chosen)
                return offer_nothing(pool, arena, first->refused);
        tell_of_idle(pool, chosen, arena, &refused);
        if (!text_is_empty(refused))
                return offer_nothing(pool, arena, refused);
        tell_of_boards(pool, chosen, arena);
        if (settings->mig_parted)
                tell_of_other_boards(pool, chosen, config, arena);
        return tally_offer(pool, settings, chosen->product, &chosen->tally, arena);
}
