/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/inventory.h"

#include <errno.h>

#include "base/arena.h"
#include "base/printable.h"
#include "fleet/observed.h"

int inventory_messages(const struct sub_pool *s, struct arena *arena, struct text **ret,
                       size_t *ret_n) {
        struct text *list = ARENA_ARRAY(arena, s->pool->n_messages + 3, struct text);
        size_t n = 0;

        if (!list)
                return -ENOMEM;
        if (!text_is_empty(s->invalid))
                list[n++] = s->invalid;
        if (!text_is_empty(s->ambiguous))
                list[n++] = text_format(arena,
                                        "pool %.*s has the same %s and the same "
                                        "selector: give each a selector of its own",
                                        TEXT_ARG(s->ambiguous),
                                        s->pool->allocation == ALLOCATION_DRA ? "devices"
                                                                              : "resource name");
        if (!text_is_empty(s->drift))
                list[n++] = text_join(arena, (struct text[]) { TEXT("drift: "), s->drift }, 2);
        for (size_t i = 0; i < s->pool->n_messages; i++)
                list[n++] = s->pool->messages[i];
        *ret = list;
        *ret_n = n;
        return arena_failed(arena) ? -ENOMEM : 0;
}

static void add_messages(struct node *entry, const struct sub_pool *s, struct arena *arena) {
        struct node *list = node_list(arena);
        struct text *messages;
        size_t n;

        if (inventory_messages(s, arena, &messages, &n) < 0)
                return; /* the arena remembers */
        for (size_t i = 0; i < n; i++)
                node_append_string(list, printable_text(messages[i], arena));
        if (n > 0)
                node_set(entry, TEXT("messages"), list);
}

static void add_sub_pool(struct node *pools, const struct sub_pool *s, struct arena *arena) {
        struct node *entry = node_append_map(pools);

        node_set_string(entry, "name", s->pool->name);
        if (!text_is_empty(s->mig_profile))
                node_set_string(entry, "migProfile", s->mig_profile);
        if (text_is_empty(s->invalid))
                node_set_string(entry, "resourceName", s->resource_name);
        if (s->memory_bytes != UNKNOWN_BYTES)
                node_set_string(entry, "memoryPerUnit",
                                quantity_format_bytes(s->memory_bytes, arena));
        node_set_integer(entry, "unitsPerNode", s->counted_per_node);
        node_set_integer(entry, "nodes", s->nodes);
        node_set_integer(entry, "total", s->units);
        if (s->observed && s->observed->per_node != OBSERVED_NONE)
                node_set_integer(entry, "observedUnitsPerNode", s->observed->per_node);
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
                        if (__builtin_add_overflow(total, pool->sub_pools[s].units, &total))
                                total = INT64_MAX;
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

struct node *inventory_status_keep(struct value observed_status, struct arena *arena) {
        struct node *status = node_map(arena);

        node_set_value(status, "capacity", value_get(observed_status, TEXT("capacity")));
        node_set_value(status, "providerConfigRef",
                       value_get(observed_status, TEXT("providerConfigRef")));
        return status;
}

/* ---- the condition --------------------------------------------------------------------------- */

/* Each says what is wrong with a sub-pool for one reason; empty when nothing is. */

static struct text complain_invalid(const struct usage *u) {
        if (!u->sub_pool || is_usable(u->sub_pool))
                return (struct text) { 0 };
        return text_is_empty(u->sub_pool->invalid)
                       ? TEXT("its resource name and selector are those of another pool")
                       : u->sub_pool->invalid;
}

static struct text complain_over_committed(const struct usage *u) {
        if (!u->over_committed)
                return (struct text) { 0 };
        return u->sub_pool ? TEXT("replicas that were ready have no room any more, nothing new is "
                                  "placed there")
                           : TEXT("no longer declared, but replicas that were ready have units of "
                                  "it");
}

static struct text complain_drift(const struct usage *u) {
        return u->sub_pool ? u->sub_pool->drift : (struct text) { 0 };
}

static struct text complain_over_declared(const struct usage *u) {
        const struct pool *pool = u->sub_pool ? u->sub_pool->pool : NULL;

        if (!pool || !pool->over_declared)
                return (struct text) { 0 };
        for (size_t i = 0; i < pool->n_messages; i++) {
                if (text_starts_with(pool->messages[i], TEXT("over-declared: ")))
                        return pool->messages[i];
        }
        return TEXT("declares more than its GPUs have");
}

/* In the order in which they are reported: what cannot be used at all comes first. */
static const struct {
        const char *reason;
        struct text (*complain)(const struct usage *u);
} verdicts[] = {
        { "InvalidPool", complain_invalid },
        { "OverCommitted", complain_over_committed },
        { "Drift", complain_drift },
        { "OverDeclared", complain_over_declared },
};

static struct text sentence_about(const struct usage *u, struct text what, size_t n_others,
                                  struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, "Pool ");
        builder_text(&b, text_is_empty(u->pool) ? u->sub_pool->pool->path : u->pool);
        if (!text_is_empty(u->mig_profile)) {
                builder_string(&b, ", ");
                builder_text(&b, u->mig_profile);
        }
        builder_string(&b, ": ");
        builder_text(&b, what);
        if (n_others > 0) {
                builder_string(&b, "; and ");
                builder_u64(&b, n_others);
                builder_string(&b, " more");
        }
        return builder_done(&b);
}

struct condition inventory_condition(const struct environment *environment,
                                     const struct usage_list *used, struct arena *arena) {
        struct condition c = { .type = TEXT("CapacityValid"),
                               .status = CONDITION_FALSE,
                               .reason = TEXT("InvalidPool") };

        if (!text_is_empty(environment->invalid)) {
                c.reason = TEXT("InvalidSpec");
                c.message = environment->invalid;
                return c;
        }
        for (size_t v = 0; v < sizeof(verdicts) / sizeof(verdicts[0]); v++) {
                const struct usage *first = NULL;
                size_t n = 0;

                for (size_t i = 0; i < used->n; i++) {
                        if (text_is_empty(verdicts[v].complain(&used->items[i])))
                                continue;
                        if (n++ == 0)
                                first = &used->items[i];
                }
                if (!first)
                        continue;
                c.reason = text_from(verdicts[v].reason);
                c.message = sentence_about(first, verdicts[v].complain(first), n - 1, arena);
                return c;
        }
        c.status = CONDITION_TRUE;
        c.reason = TEXT("Valid");
        if (environment->source == CLUSTER_EXISTING && text_is_empty(environment->secret_name))
                c.message = TEXT("Not ready: spec.cluster.existing.secretRef.name is needed to "
                                 "reach the cluster");
        return c;
}
