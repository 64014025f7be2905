/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity_pods.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "render/object.h"
#include "yaml/item.h"

#define LABEL_SERVICE "app.kubernetes.io/name"
#define LABEL_COMPONENT "app.kubernetes.io/component"

/* ---- whose a pod is -------------------------------------------------------------------------- */

static int compare_pods(const void *a, const void *b) {
        const struct capacity_pod *x = a, *y = b;
        int order = text_compare(x->namespace_, y->namespace_);

        if (order == 0)
                order = text_compare(x->service, y->service);
        return order ? order : text_compare(x->node, y->node);
}

static bool has_ended(struct value pod) {
        struct text phase = text_at(pod, "status.phase");

        return text_equal(phase, TEXT("Succeeded")) || text_equal(phase, TEXT("Failed"));
}

/* KServe's router bears the service's name, too, and has no GPU. */
static bool is_router(struct value labels) {
        return text_contains(value_text(value_get(labels, TEXT(LABEL_COMPONENT))), TEXT("router"));
}

static int find_pods(const struct objects *objects, struct arena *arena, struct capacity_pod **ret,
                     size_t *ret_n) {
        struct capacity_pod *pods = ARENA_ARRAY(arena, objects->n + 1, struct capacity_pod);
        size_t n = 0;

        if (!pods)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++) {
                struct value pod = objects->items[i];
                struct value labels = value_at(pod, "metadata.labels");

                pods[n] = (struct capacity_pod) {
                        .namespace_ = text_at(pod, "metadata.namespace"),
                        .service = value_text(value_get(labels, TEXT(LABEL_SERVICE))),
                        .node = text_at(pod, "spec.nodeName"),
                };
                if (text_equal(text_at(pod, "kind"), TEXT("Pod")) && !has_ended(pod) &&
                    !is_router(labels) && !text_is_empty(pods[n].node) &&
                    !text_is_empty(pods[n].service))
                        n++;
        }
        if (n > 1)
                qsort(pods, n, sizeof(*pods), compare_pods);
        *ret = pods;
        *ret_n = n;
        return 0;
}

/* The first of a reservation's pods, which stand together. */
static size_t first_of(const struct capacity_pod *pods, size_t n, const struct reservation *r) {
        const struct capacity_pod key = { .namespace_ = r->namespace_, .service = r->name };
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_pods(&pods[middle], &key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* ---- an environment -------------------------------------------------------------------------- */

static void note_count(struct capacity *c, const struct reservation *r, size_t n_pods,
                       struct arena *arena) {
        int64_t reserved = r->reserved * r->nodes;
        struct text *slot;

        if (reserved == (int64_t)n_pods)
                return;
        slot = item_extend(arena, &c->differences, &c->n_differences, &c->cap_differences,
                           sizeof(*slot));
        if (slot) /* else the arena remembers */
                *slot = text_format(arena,
                                    "pool %.*s: %.*s/%.*s has reserved units for %lld pod%s, and "
                                    "%zu run%s there",
                                    TEXT_ARG(r->pool), TEXT_ARG(r->namespace_),
                                    TEXT_ARG(r->deployment), (long long)reserved,
                                    reserved == 1 ? "" : "s", n_pods, n_pods == 1 ? "s" : "");
}

static int read_environment(struct capacity *c, const struct capacity_pod *pods, size_t n,
                            struct arena *arena) {
        c->pods = ARENA_ARRAY(arena, n + 1, struct capacity_pod);
        if (!c->pods)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_reservations; i++) {
                const struct reservation *r = &c->reservations[i];
                size_t at = first_of(pods, n, r), first = c->n_pods;

                for (; at < n && text_equal(pods[at].namespace_, r->namespace_) &&
                       text_equal(pods[at].service, r->name) && c->n_pods < n;
                     at++) {
                        c->pods[c->n_pods] = pods[at];
                        c->pods[c->n_pods++].reservation = r;
                }
                note_count(c, r, c->n_pods - first, arena);
        }
        return 0;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

int capacity_pods_nodes(const struct capacity *capacity, struct text pool, struct arena *arena,
                        struct text **ret, size_t *ret_n) {
        struct text *names = ARENA_ARRAY(arena, capacity->n_pods + 1, struct text);
        size_t n = 0, kept = 0;

        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < capacity->n_pods; i++) {
                if (text_equal(capacity->pods[i].reservation->pool, pool))
                        names[n++] = capacity->pods[i].node;
        }
        if (n > 1)
                qsort(names, n, sizeof(*names), text_order);
        for (size_t i = 0; i < n; i++) {
                if (i == 0 || !text_equal(names[i], names[kept - 1]))
                        names[kept++] = names[i];
        }
        *ret = names;
        *ret_n = kept;
        return 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

/* A node that a pod runs on runs itself. */
static int count_running(struct capacity *c, struct arena *arena) {
        for (size_t i = 0; i < c->used.n; i++) {
                struct text *names;
                size_t n = 0;
                int r = capacity_pods_nodes(c, c->used.items[i].pool, arena, &names, &n);

                if (r < 0)
                        return r;
                if (c->used.items[i].sub_pool && c->running[i] < (int64_t)n)
                        c->running[i] = (int64_t)n;
        }
        return 0;
}

int capacity_pods_read(struct capacity *fleet, size_t n, const struct objects *objects,
                       struct arena *arena) {
        struct capacity_pod *pods = NULL;
        size_t n_pods = 0;
        int r = find_pods(objects, arena, &pods, &n_pods);

        for (size_t i = 0; i < n && r == 0; i++) {
                r = read_environment(&fleet[i], pods, n_pods, arena);
                if (r == 0)
                        r = count_running(&fleet[i], arena);
        }
        return r == 0 && arena_failed(arena) ? -ENOMEM : r;
}
