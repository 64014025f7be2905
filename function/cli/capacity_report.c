/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity_report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "cli/compare.h"
#include "inventory/inventory.h"
#include "place/names.h"
#include "render/object.h"

/* A reservation, and the environment that it says it is of. */
struct claim {
        struct text environment;
        size_t position; /* in the input; equal ones stay in its order */
        struct answer_item item;
};

static int compare_claims(const void *a, const void *b) {
        const struct claim *left = a, *right = b;
        int order = text_compare(left->environment, right->environment);

        if (order == 0)
                order = left->position < right->position ? -1 : 1;
        return order;
}

static bool is_kind(struct value object, struct text kind) {
        return text_equal(value_get_text(object, "kind"), kind);
}

static int find_claims(const struct objects *objects, struct arena *arena, struct claim **ret,
                       size_t *ret_n) {
        struct claim *claims = ARENA_ARRAY(arena, objects->n, struct claim);
        size_t n = 0;

        if (!claims)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (reservation_is_kind(object))
                        claims[n++] = (struct claim) {
                                .environment = text_at(object, "spec.environment"),
                                .position = i,
                                .item.object = object,
                        };
        }
        if (n > 1)
                qsort(claims, n, sizeof(*claims), compare_claims);
        *ret = claims;
        *ret_n = n;
        return 0;
}

static struct text name_of(struct value object) {
        return text_at(object, "metadata.name");
}

static int compare_names(const void *a, const void *b) {
        return text_compare(name_of(*(const struct value *)a), name_of(*(const struct value *)b));
}

static int find_environments(const struct objects *objects, struct arena *arena, struct value **ret,
                             size_t *ret_n) {
        struct value *environments = ARENA_ARRAY(arena, objects->n, struct value);
        size_t n = 0;

        if (!environments)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++) {
                if (is_kind(objects->items[i], TEXT("InferenceEnvironment")))
                        environments[n++] = objects->items[i];
        }
        if (n > 1)
                qsort(environments, n, sizeof(*environments), compare_names);
        *ret = environments;
        *ret_n = n;
        return 0;
}

/* Those that count, as usage_count() counts them. */
static int keep_reservations(const struct answer_item *items, size_t n, struct text group,
                             struct arena *arena, struct capacity *ret) {
        ret->reservations = ARENA_ARRAY(arena, n + 1, struct reservation);
        if (!ret->reservations)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                ret->n_reservations +=
                        reservation_read(items[i].object, TEXT("ModelDeployment"), group,
                                         &ret->reservations[ret->n_reservations]);
        return 0;
}

/* The claims of one environment, which stand together. */
static int read_environment(struct value object, const struct claim *claims, size_t n_claims,
                            const struct settings *settings, struct arena *arena,
                            struct capacity *ret) {
        struct text version = value_get_text(object, "apiVersion");
        struct text group = text_slice(version, 0, text_index(version, '/'));
        const struct claim key = { .environment = name_of(object) };
        size_t low = 0, high = n_claims, n = 0;
        struct answer_item *items;
        int r;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (text_compare(claims[middle].environment, key.environment) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        while (low + n < n_claims && text_equal(claims[low + n].environment, key.environment))
                n++;
        items = ARENA_ARRAY(arena, n, struct answer_item);
        if (!items)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                items[i] = claims[low + i].item;
        r = environment_read(object, settings, arena, &ret->environment);
        if (r == 0)
                r = usage_count(&ret->environment, items, n, group, arena, &ret->used);
        if (r == 0)
                r = keep_reservations(items, n, group, arena, ret);
        if (r < 0)
                return r;
        ret->condition = inventory_condition(&ret->environment, &ret->used, arena);
        return arena_failed(arena) ? -ENOMEM : 0;
}

/* What is declared to be there now: nodeCount, else one, of what counts at most. */
static int64_t declared_running(const struct usage *u) {
        const struct pool *pool = u->sub_pool ? u->sub_pool->pool : NULL;
        int64_t now = 1;

        if (!pool || !text_is_empty(pool->invalid))
                return 0;
        value_is_integer(value_get(pool->written, TEXT("nodeCount")), &now);
        return now < pool->nodes ? now : pool->nodes;
}

static int count_running(struct capacity *c, struct arena *arena) {
        c->running = ARENA_ARRAY(arena, c->used.n + 1, int64_t);
        if (!c->running)
                return -ENOMEM;
        for (size_t i = 0; i < c->used.n; i++)
                c->running[i] = declared_running(&c->used.items[i]);
        return 0;
}

/* ---- real nodes --------------------------------------------------------------------------------
 */

struct observer {
        struct capacity *capacity;
        struct arena *arena;
};

static void note_difference(void *ctx, size_t pool, bool is_error, struct text sentence) {
        struct observer *o = ctx;
        struct capacity *c = o->capacity;
        struct text *slot = item_extend(o->arena, &c->differences, &c->n_differences,
                                        &c->cap_differences, sizeof(*slot));

        (void)is_error;
        if (!slot)
                return; /* the arena remembers */
        *slot = pool == SIZE_MAX ? sentence
                                 : text_format(o->arena, "pool %.*s: %.*s",
                                               TEXT_ARG(c->environment.pools[pool].name),
                                               TEXT_ARG(sentence));
}

int capacity_observe(struct capacity *fleet, size_t n, const struct hosts *hosts,
                     struct arena *arena) {
        for (size_t i = 0; i < n; i++) {
                struct observer observer = { &fleet[i], arena };
                const struct compare_report report = { &observer, note_difference };
                int r;

                if (n > 1 && fleet[i].environment.source != CLUSTER_IN_CLUSTER)
                        continue;
                for (size_t k = 0; k < fleet[i].used.n; k++) {
                        const struct sub_pool *sub = fleet[i].used.items[k].sub_pool;

                        if (sub && text_is_empty(sub->invalid))
                                fleet[i].running[k] = compare_running(sub, hosts);
                }
                r = compare_environment(&fleet[i].environment, hosts, &report, arena);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- sums --------------------------------------------------------------------------------------
 */

static void add(int64_t *sum, int64_t number) {
        if (__builtin_add_overflow(*sum, number, sum))
                *sum = INT64_MAX;
}

static void add_units(struct capacity_units *sum, struct capacity_units units) {
        add(&sum->total, units.total);
        add(&sum->used, units.used);
        add(&sum->free_units, units.free_units);
}

static struct capacity_units sum_of(const struct usage_list *used) {
        struct capacity_units sum = { 0 };

        for (size_t i = 0; i < used->n; i++) {
                const struct usage *u = &used->items[i];

                add_units(&sum, (struct capacity_units) { u->total, u->used, u->free_units });
        }
        return sum;
}

struct capacity_units capacity_sum(const struct capacity *fleet, size_t n) {
        struct capacity_units sum = { 0 };

        for (size_t i = 0; i < n; i++)
                add_units(&sum, fleet[i].sum);
        return sum;
}

int capacity_read(const struct objects *objects, const struct inputs *inputs, struct arena *arena,
                  struct capacity **ret, size_t *ret_n, struct fault *fault) {
        struct value *environments = NULL;
        struct claim *claims = NULL;
        size_t n = 0, n_claims = 0;
        struct settings defaults;
        struct capacity *fleet;
        int r = settings_read((struct value) { 0 }, arena, &defaults, fault);

        if (r == 0)
                r = find_environments(objects, arena, &environments, &n);
        if (r == 0)
                r = find_claims(objects, arena, &claims, &n_claims);
        if (r < 0)
                return r;
        fleet = ARENA_ARRAY(arena, n, struct capacity);
        if (!fleet)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (i > 0 && compare_names(&environments[i - 1], &environments[i]) == 0) {
                        fault_set(fault, "InferenceEnvironment %.*s is declared twice",
                                  TEXT_ARG(name_of(environments[i])));
                        return -EINVAL;
                }
                r = input_choose(inputs, environments[i], &fleet[i].input, fault);
                if (r == 0)
                        r = read_environment(environments[i], claims, n_claims,
                                             fleet[i].input ? &fleet[i].input->settings : &defaults,
                                             arena, &fleet[i]);
                if (r < 0)
                        return r;
                if (count_running(&fleet[i], arena) < 0)
                        return -ENOMEM;
                fleet[i].sum = sum_of(&fleet[i].used);
        }
        *ret = fleet;
        *ret_n = n;
        return 0;
}
