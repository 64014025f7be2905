/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/arena.h"
#include "cli/capacity_values.h"
#include "inventory/inventory.h"

/* Larger whole numbers do not pass through a double. */
#define INTEGER_MAX (INT64_C(1) << 53)

static void set_integer(struct node *map, const char *key, int64_t number) {
        node_set_integer(map, key, number < INTEGER_MAX ? number : INTEGER_MAX);
}

static void set_units(struct node *map, struct capacity_units u) {
        set_integer(map, "total", u.total);
        set_integer(map, "used", u.used);
        set_integer(map, "free", u.free_units);
}

static int add_pool(struct node *pools, const struct usage *u, struct arena *arena) {
        struct node *entry = node_append_map(pools), *list;
        struct text *messages;
        size_t n;
        int r;

        node_set_string(entry, "name", u->pool);
        if (!text_is_empty(u->mig_profile))
                node_set_string(entry, "migProfile", u->mig_profile);
        set_units(entry, (struct capacity_units) { u->total, u->used, u->free_units });
        if (capacity_has_resource(u)) {
                node_set_string(entry, "resourceName", u->sub_pool->resource_name);
                node_set_integer(entry, "unitsPerNode", u->sub_pool->units_per_node);
                node_set_integer(entry, "nodes", u->sub_pool->nodes);
        }
        list = node_add_list(entry, "messages");
        if (!u->sub_pool)
                return 0;
        r = inventory_messages(u->sub_pool, arena, &messages, &n);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                node_append_string(list, messages[i]);
        return 0;
}

static int add_environment(struct node *environments, const struct capacity *c,
                           struct arena *arena) {
        struct node *entry = node_append_map(environments), *condition, *pools;

        node_set_string(entry, "name", c->environment.name);
        set_units(entry, c->sum);
        condition = node_add_map(entry, "capacityValid");
        node_set_bool(condition, "valid", c->condition.status == CONDITION_TRUE);
        node_set_string(condition, "reason", c->condition.reason);
        node_set_string(condition, "message", c->condition.message);
        pools = node_add_list(entry, "pools");
        for (size_t i = 0; i < c->used.n; i++) {
                int r = add_pool(pools, &c->used.items[i], arena);

                if (r < 0)
                        return r;
        }
        return 0;
}

int capacity_values(const struct capacity *fleet, size_t n, struct arena *arena,
                    struct value *ret) {
        struct node *root = node_map(arena), *environments = node_add_list(root, "environments");
        struct text bytes;
        int r;

        for (size_t i = 0; i < n; i++) {
                r = add_environment(environments, &fleet[i], arena);
                if (r < 0)
                        return r;
        }
        set_units(root, capacity_sum(fleet, n));
        r = node_encode(root, arena, &bytes);
        if (r == 0)
                *ret = value_of_struct(bytes);
        return r;
}
