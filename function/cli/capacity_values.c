/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/arena.h"
#include "base/quantity.h"
#include "cli/capacity_report.h"
#include "inventory/inventory.h"

/* Larger whole numbers do not pass through a double. */
#define INTEGER_MAX (INT64_C(1) << 53)

void capacity_set_integer(struct node *map, const char *key, int64_t number) {
        node_set_integer(map, key, number < INTEGER_MAX ? number : INTEGER_MAX);
}

static void set_units(struct node *map, struct capacity_units u) {
        capacity_set_integer(map, "total", u.total);
        capacity_set_integer(map, "used", u.used);
        capacity_set_integer(map, "free", u.free_units);
}

static void add_messages(struct node *list, const struct text *messages, size_t n) {
        for (size_t i = 0; i < n; i++)
                node_append_string(list, messages[i]);
}

static int add_pool(struct node *pools, const struct capacity *c, size_t i, struct arena *arena) {
        const struct usage *u = &c->used.items[i];
        struct node *entry = node_append_map(pools), *list, *nodes;
        struct text *messages;
        size_t n;
        int r;

        node_set_string(entry, "environment", c->environment.name);
        node_set_string(entry, "pool", u->pool);
        if (!text_is_empty(u->mig_profile))
                node_set_string(entry, "migProfile", u->mig_profile);
        set_units(entry, (struct capacity_units) { u->total, u->used, u->free_units });
        list = node_add_list(entry, "messages");
        if (!u->sub_pool)
                return 0;
        if (capacity_has_resource(u)) {
                node_set_string(entry, "resourceName", u->sub_pool->resource_name);
                capacity_set_integer(entry, "unitsPerNode", u->sub_pool->units_per_node);
                nodes = node_add_map(entry, "nodes");
                capacity_set_integer(nodes, "running", c->running[i]);
                capacity_set_integer(nodes, "most", u->sub_pool->nodes);
                if (u->sub_pool->memory_bytes != UNKNOWN_BYTES)
                        node_set_string(entry, "memoryPerUnit",
                                        quantity_format_bytes(u->sub_pool->memory_bytes, arena));
        }
        r = inventory_messages(u->sub_pool, arena, &messages, &n);
        if (r == 0)
                add_messages(list, messages, n);
        return r;
}

static void add_environment(struct node *environments, const struct capacity *c) {
        struct node *entry = node_append_map(environments), *condition;

        node_set_string(entry, "name", c->environment.name);
        set_units(entry, c->sum);
        condition = node_add_map(entry, "capacityValid");
        node_set_bool(condition, "valid", c->condition.status == CONDITION_TRUE);
        node_set_string(condition, "reason", c->condition.reason);
        node_set_string(condition, "message", c->condition.message);
        add_messages(node_add_list(entry, "messages"), c->differences, c->n_differences);
}

int capacity_values(const struct capacity *fleet, size_t n, struct node *by, struct arena *arena,
                    struct value *ret) {
        struct node *root = node_map(arena), *environments = node_add_list(root, "environments");
        struct node *pools = node_add_list(root, "pools");
        struct text bytes;
        int r;

        for (size_t i = 0; i < n; i++) {
                add_environment(environments, &fleet[i]);
                for (size_t k = 0; k < fleet[i].used.n; k++) {
                        r = add_pool(pools, &fleet[i], k, arena);
                        if (r < 0)
                                return r;
                }
        }
        set_units(root, capacity_sum(fleet, n));
        node_set(root, TEXT("by"), by);
        r = node_encode(root, arena, &bytes);
        if (r == 0)
                *ret = value_of_struct(bytes);
        return r;
}
