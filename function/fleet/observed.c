/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/observed.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/selection.h"
#include "fleet/selector.h"

/* ---- counting --------------------------------------------------------------------------------
 */

int64_t observed_offers(const struct sub_pool *sub, const struct host *host) {
        bool by_dra = sub->pool->allocation == ALLOCATION_DRA;
        int64_t count;

        if (host->by_dra != by_dra)
                return 0;
        if (!by_dra) {
                count = host_number(value_get(host->allocatable, sub->resource_name));
                return count > 0 ? count : 0;
        }
        for (uint32_t i = 0; i < host->n_resources; i++) {
                if (text_equal(host->resources[i].name, sub->mig_profile))
                        return host->resources[i].count;
        }
        return 0;
}

struct observed observed_count(const struct sub_pool *sub, const struct hosts *hosts) {
        struct observed o = { .per_node = OBSERVED_NONE };

        for (size_t i = 0; i < hosts->n; i++) {
                const struct host *host = &hosts->items[i];
                int64_t units;

                if (!selector_finds(sub->pool, host))
                        continue;
                if (o.nodes++ == 0)
                        o.first = host;
                o.ready += host_is_usable(host);
                units = observed_offers(sub, host);
                if (units == 0)
                        continue;
                o.offering++;
                if (__builtin_add_overflow(o.units, units, &o.units))
                        o.units = INT64_MAX;
                if (!host_is_usable(host) || (o.least && units >= o.per_node))
                        continue;
                o.per_node = units;
                o.least = host;
        }
        return o;
}

/* ---- drift ------------------------------------------------------------------------------------
 */

bool observed_finds_none(const struct pool *pool, int64_t nodes) {
        int64_t now = 1;

        value_is_integer(value_get(pool->written, TEXT("nodeCount")), &now);
        return nodes == 0 && now > 0;
}

/* The most nodes that are declared, whatever the input counts. */
static int64_t most_nodes(const struct pool *pool) {
        int64_t most = 1;

        if (!value_is_integer(value_get(pool->written, TEXT("maxNodeCount")), &most))
                value_is_integer(value_get(pool->written, TEXT("nodeCount")), &most);
        return most;
}

struct text observed_drift(const struct sub_pool *sub, const struct observed *o,
                           struct arena *arena) {
        bool counts_units = sub->pool->allocation != ALLOCATION_DRA;
        int64_t most = most_nodes(sub->pool);

        if (observed_finds_none(sub->pool, o->nodes))
                return TEXT("its selector finds no node");
        if (counts_units && o->nodes > 0 && o->offering == 0)
                return o->nodes == 1
                               ? text_format(arena, "the node that it selects does not offer %.*s",
                                             TEXT_ARG(sub->resource_name))
                               : text_format(arena,
                                             "none of the %lld nodes that it selects offers %.*s",
                                             (long long)o->nodes, TEXT_ARG(sub->resource_name));
        if (counts_units && o->per_node != OBSERVED_NONE && o->per_node != sub->units_per_node)
                return text_format(arena, "declares %lld %.*s a node, but a node allocates %lld",
                                   (long long)sub->units_per_node, TEXT_ARG(sub->resource_name),
                                   (long long)o->per_node);
        if (o->nodes > most)
                return text_format(arena,
                                   "its selector finds %lld nodes, but at most %lld are declared",
                                   (long long)o->nodes, (long long)most);
        return (struct text) { 0 };
}

/* ---- asking ------------------------------------------------------------------------------------
 */

int observed_labels(const struct pool *pool, struct arena *arena, struct text **ret_keys,
                    struct text **ret_values, size_t *ret_n) {
        struct value selector = pool_selector(pool);
        struct selection selection;
        size_t n = 0;
        int r = selection_read(pool, arena, &selection);

        *ret_n = 0;
        if (r < 0)
                return r;
        *ret_keys = ARENA_ARRAY(arena, selection.n_labels, struct text);
        *ret_values = ARENA_ARRAY(arena, selection.n_labels, struct text);
        if (!*ret_keys || !*ret_values)
                return selection.n_labels > 0 ? -ENOMEM : 0;
        for (size_t i = 0; i < selection.n_labels; i++) {
                const struct selection_label *label = &selection.labels[i];
                struct value written = value_get(selector, label->key);

                if (value_count(selector) > 0 ? written.kind != VALUE_STRING : label->n_values != 1)
                        continue;
                (*ret_keys)[n] = label->key;
                (*ret_values)[n++] =
                        value_count(selector) > 0 ? value_bytes(written) : label->values[0];
        }
        *ret_n = n;
        return 0;
}

/* ---- capacity: Observed ------------------------------------------------------------------------
 */

void observed_cap(struct sub_pool *sub, int64_t per_node) {
        bool is_less = per_node != OBSERVED_NONE && per_node < sub->units_per_node;

        sub->counted_per_node = is_less ? per_node : sub->units_per_node;
        sub->units = sub->counted_per_node * sub->nodes;
}

static void cap_named(struct pool *pool, struct text mig_profile, int64_t per_node) {
        for (size_t i = 0; i < pool->n_sub_pools; i++) {
                if (text_equal(pool->sub_pools[i].mig_profile, mig_profile))
                        observed_cap(&pool->sub_pools[i], per_node);
        }
}

/* Inventory writes them in the order in which they are declared: the next is looked at first. */
void observed_read(struct pool *pools, size_t n, struct value status) {
        struct value_iter it = value_iterate(status);
        struct value entry;
        size_t at = 0;

        while (n > 0 && value_next(&it, NULL, &entry)) {
                struct text name = value_get_text(entry, "name");
                size_t n_tried = 0;
                int64_t per_node;

                if (!value_is_integer(value_get(entry, TEXT("observedUnitsPerNode")), &per_node) ||
                    per_node < 0)
                        continue;
                while (n_tried++ < n && !text_equal(pools[at].name, name))
                        at = (at + 1) % n;
                if (text_equal(pools[at].name, name))
                        cap_named(&pools[at], value_get_text(entry, "migProfile"), per_node);
        }
}
