/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/inventory.h"

#include "base/arena.h"

static void add_messages(struct node *entry, const struct sub_pool *s, struct arena *arena) {
        struct node *list = node_list(arena);

        if (!text_is_empty(s->invalid))
                node_append_string(list, s->invalid);
        if (!text_is_empty(s->ambiguous))
                node_append_string(list,
                                   text_format(arena,
                                               "pool %.*s has the same resource name and the same "
                                               "selector: give each a selector of its own",
                                               TEXT_ARG(s->ambiguous)));
        for (size_t i = 0; i < s->pool->n_messages; i++)
                node_append_string(list, s->pool->messages[i]);
        if (!node_is_empty(list))
                node_set(entry, TEXT("messages"), list);
}

static void add_sub_pool(struct node *pools, const struct sub_pool *s, struct arena *arena) {
        struct node *entry = node_append_map(pools);

        node_set_string(entry, "name", s->pool->name);
        if (!text_is_empty(s->mig_profile))
                node_set_string(entry, "migProfile", s->mig_profile);
        node_set_string(entry, "resourceName", s->resource_name);
        if (s->memory_bytes != UNKNOWN_BYTES)
                node_set_string(entry, "memoryPerUnit",
                                quantity_format_bytes(s->memory_bytes, arena));
        node_set_integer(entry, "unitsPerNode", s->units_per_node);
        node_set_integer(entry, "nodes", s->nodes);
        node_set_integer(entry, "total", s->units);
        add_messages(entry, s, arena);
}

struct node *inventory_status(const struct environment *environment, struct arena *arena) {
        struct node *status = node_map(arena), *capacity = node_add_map(status, "capacity");
        struct node *pools = node_add_list(capacity, "pools");
        int64_t total = 0;

        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        add_sub_pool(pools, &pool->sub_pools[s], arena);
                        total += pool->sub_pools[s].units;
                }
        }
        node_set_integer(capacity, "total", total);
        if (environment->source != CLUSTER_IN_CLUSTER)
                node_set_string(node_add_map(status, "providerConfigRef"), "name",
                                environment->provider_config);
        return status;
}

static bool is_usable(const struct sub_pool *s) {
        return text_is_empty(s->invalid) && text_is_empty(s->ambiguous);
}

bool inventory_usable(const struct environment *environment) {
        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        if (is_usable(&pool->sub_pools[s]))
                                return true;
                }
        }
        return false;
}

/* The first sub-pool that cannot be used, or NULL. */
static const struct sub_pool *first_unusable(const struct environment *environment) {
        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        if (!is_usable(&pool->sub_pools[s]))
                                return &pool->sub_pools[s];
                }
        }
        return NULL;
}

struct condition inventory_condition(const struct environment *environment, struct arena *arena) {
        struct condition c = { .type = TEXT("CapacityValid"),
                               .status = CONDITION_FALSE,
                               .reason = TEXT("InvalidPool") };
        const struct sub_pool *bad = first_unusable(environment);

        if (!text_is_empty(environment->invalid)) {
                c.message = environment->invalid;
                return c;
        }
        if (bad) {
                struct text sentence = text_is_empty(bad->invalid)
                                               ? TEXT("its resource name and selector are those "
                                                      "of another pool")
                                               : bad->invalid;

                c.message = text_format(arena, "Pool %.*s: %.*s", TEXT_ARG(bad->pool->name),
                                        TEXT_ARG(sentence));
                return c;
        }
        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                if (!pool->over_declared)
                        continue;
                c.reason = TEXT("OverDeclared");
                c.message = text_format(arena, "Pool %.*s declares more than its GPUs have",
                                        TEXT_ARG(pool->name));
                return c;
        }
        return (struct condition) { .type = TEXT("CapacityValid"),
                                    .status = CONDITION_TRUE,
                                    .reason = TEXT("Valid") };
}
