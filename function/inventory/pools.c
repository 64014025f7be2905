/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/pools.h"

#include <stdlib.h>

#include "base/arena.h"
#include "fleet/observed.h"
#include "place/names.h"

/* What the schema of a GPUPool allows, beside what it has in common with a GPUReservation's. */
enum { UNSEATED_MAX = 1000 };

bool pools_is_ours(struct text key) {
        return text_starts_with(key, TEXT(KEY_POOL));
}

bool pools_is_kind(struct value object) {
        return text_equal(value_get_text(object, "kind"), TEXT(RESERVATION_POOL_KIND)) &&
               text_equal(value_get_text(object, "apiVersion"), TEXT(RESERVATION_API_VERSION));
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* A GPUPool: whose units, under which key. */
struct line {
        struct text key;
        const struct usage *used;
};

static int compare_lines(const void *a, const void *b) {
        const struct line *left = a, *right = b;

        return text_compare(left->key, right->key);
}

/* Pool "a" of a layout with 1g.10gb, and a pool "a-1g.10gb", would have one key. */
static void keep_apart(struct line *lines, size_t n, struct arena *arena) {
        size_t end;

        for (size_t i = 0; i < n; i = end) {
                for (end = i + 1; end < n && text_equal(lines[end].key, lines[i].key);)
                        end++;
                for (size_t k = i; end - i > 1 && k < end; k++)
                        lines[k].key = names_pool_key(lines[k].used->pool,
                                                      lines[k].used->mig_profile, true, arena);
        }
}

/* ---- the objects ----------------------------------------------------------------------------- */

static int64_t bounded(int64_t number, int64_t most) {
        return number < most ? number : most;
}

static void set_text(struct node *map, const char *key, struct text t) {
        if (!text_is_empty(t))
                node_set_string(map, key, t);
}

static int compare_texts(const void *a, const void *b) {
        return text_order(a, b);
}

/* Each reservation once, by namespace and name; as many as the schema takes, then how many more. */
static void add_unseated(struct node *spec, const struct usage *u, struct arena *arena) {
        struct text *names = ARENA_ARRAY(arena, u->n_unseated, struct text);
        size_t n = 0, shown;
        struct node *list;

        if (!names || u->n_unseated == 0)
                return;
        for (size_t i = 0; i < u->n_unseated; i++) {
                const struct reservation *r = u->unseated[i].reservation;

                names[i] =
                        text_join(arena, (struct text[]) { r->namespace_, TEXT("/"), r->name }, 3);
        }
        qsort(names, u->n_unseated, sizeof(*names), compare_texts);
        for (size_t i = 0; i < u->n_unseated; i++) {
                if (n == 0 || !text_equal(names[i], names[n - 1]))
                        names[n++] = names[i];
        }
        shown = n > UNSEATED_MAX ? UNSEATED_MAX - 1 : n;
        list = node_add_list(spec, "unseated");
        for (size_t i = 0; i < shown; i++)
                node_append_string(list, names[i]);
        if (shown < n)
                node_append_string(list, text_format(arena, "and %zu more", n - shown));
}

/* Of DRA's devices a Node says nothing. */
static void add_observed(struct node *spec, const struct sub_pool *s) {
        struct node *map;

        if (!s->observed)
                return;
        map = node_add_map(spec, "observed");
        node_set_integer(map, "nodes", s->observed->nodes);
        node_set_integer(map, "ready", s->observed->ready);
        if (s->pool->allocation != ALLOCATION_DRA)
                node_set_integer(map, "units", s->observed->units);
}

static struct node *pool_spec(const struct environment *environment, const struct usage *u,
                              struct arena *arena) {
        static const char *const schedulable[] = { [SCHEDULABLE_ALWAYS] = "Always",
                                                   [SCHEDULABLE_NO_NEW] = "NoNew",
                                                   [SCHEDULABLE_DRAIN] = "Drain" };
        const struct sub_pool *s = u->sub_pool;
        struct node *spec = node_map(arena);

        node_set_string(spec, "environment", environment->name);
        node_set_string(spec, "pool", u->pool);
        set_text(spec, "migProfile", u->mig_profile);
        set_text(spec, "acceleratorType", s->pool->accelerator_type);
        set_text(spec, "resourceName", s->resource_name);
        if (s->memory_bytes != UNKNOWN_BYTES)
                node_set_string(spec, "memoryPerUnit",
                                quantity_format_bytes(s->memory_bytes, arena));
        node_set_integer(spec, "unitsPerNode", bounded(s->counted_per_node, RESERVATION_COUNT_MAX));
        node_set_integer(spec, "nodes", s->nodes);
        node_set_integer(spec, "total", bounded(u->total, RESERVATION_COUNT_MAX));
        node_set_integer(spec, "used", bounded(u->used, RESERVATION_COUNT_MAX));
        node_set_integer(spec, "free", bounded(u->free_units, RESERVATION_COUNT_MAX));
        node_set_integer(spec, "largestGap", bounded(u->largest_gap, RESERVATION_COUNT_MAX));
        node_set_string(spec, "schedulable", text_from(schedulable[s->pool->schedulable]));
        add_unseated(spec, u, arena);
        add_observed(spec, s);
        return spec;
}

static void desire_pool(const struct environment *environment, const struct line *line,
                        struct response *response) {
        const struct usage *u = line->used;
        struct arena *arena = response->arena;
        struct node *object = node_map(arena), *metadata;

        node_set_string(object, "apiVersion", TEXT(RESERVATION_API_VERSION));
        node_set_string(object, "kind", TEXT(RESERVATION_POOL_KIND));
        metadata = node_add_map(object, "metadata");
        node_set_string(metadata, "name",
                        names_pool(environment->name, u->pool, u->mig_profile, arena));
        node_set_string(node_add_map(metadata, "labels"), LABEL_ENVIRONMENT,
                        names_label_value(environment->name, arena));
        node_set(object, TEXT("spec"), pool_spec(environment, u, arena));
        response_desire(
                response,
                (struct desired) { .name = line->key, .object = object, .ready = READY_TRUE });
}

void pools_desire(const struct environment *environment, const struct usage_list *used,
                  struct response *response) {
        struct arena *arena = response->arena;
        struct line *lines = ARENA_ARRAY(arena, used->n, struct line);
        size_t n = 0;

        for (size_t i = 0; lines && i < used->n; i++) {
                const struct usage *u = &used->items[i];

                if (u->sub_pool && text_is_empty(u->sub_pool->invalid) && !text_is_empty(u->pool))
                        lines[n++] = (struct line) {
                                names_pool_key(u->pool, u->mig_profile, false, arena), u
                        };
        }
        if (n > 1)
                qsort(lines, n, sizeof(*lines), compare_lines);
        keep_apart(lines, n, arena);
        for (size_t i = 0; i < n; i++)
                desire_pool(environment, &lines[i], response);
}
