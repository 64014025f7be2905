/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/nodes.h"

#include <errno.h>

#include "base/arena.h"
#include "deploy/reservation.h"
#include "fleet/observed.h"
#include "place/names.h"

#define KEY_NODES "nodes-" /* and the pool's name */

/* ---- asking -----------------------------------------------------------------------------------
 */

/* Without a label every Node of the cluster would be sent: pool_warnings() says so. */
static int labels_of(const struct nodes_of *of, const struct pool *pool, struct requirement *ret) {
        struct text *keys, *values;
        size_t n = 0;
        int r = 0;

        if (text_is_empty(pool->invalid))
                r = observed_labels(pool, of->arena, &keys, &values, &n);
        if (r < 0)
                return r;
        *ret = (struct requirement) { .api_version = TEXT("v1"), .kind = TEXT("Node") };
        if (n == 0)
                return 0;
        ret->key = names_key(KEY_NODES, pool->name, of->arena);
        ret->label_keys = keys;
        ret->label_values = values;
        ret->n_labels = n;
        return 0;
}

int nodes_ask(const struct nodes_of *of, struct response *response) {
        for (size_t p = 0; p < of->environment->n_pools; p++) {
                struct requirement requirement;
                int r = labels_of(of, &of->environment->pools[p], &requirement);

                if (r < 0)
                        return r;
                if (requirement.n_labels > 0)
                        response_require(response, requirement);
        }
        return 0;
}

static const struct answer_set *answer_of(const struct nodes_of *of, const struct pool *pool) {
        return request_required(of->request, names_key(KEY_NODES, pool->name, of->arena));
}

bool nodes_are_there(const struct nodes_of *of) {
        for (size_t p = 0; p < of->environment->n_pools; p++) {
                const struct pool *pool = &of->environment->pools[p];
                struct requirement requirement;

                if (labels_of(of, pool, &requirement) < 0 ||
                    (requirement.n_labels > 0 && !answer_of(of, pool)))
                        return false;
        }
        return true;
}

/* ---- counting ---------------------------------------------------------------------------------
 */

static int64_t at_most(int64_t number, int64_t most) {
        return number < most ? number : most;
}

static int keep(const struct nodes_of *of, struct sub_pool *sub, struct observed found) {
        struct observed *observed = ARENA_NEW(of->arena, struct observed);

        if (!observed)
                return -ENOMEM;
        *observed = (struct observed) {
                .nodes = found.nodes,
                .ready = found.ready,
                .offering = found.offering,
                .units = at_most(found.units, RESERVATION_COUNT_MAX),
                .per_node = at_most(found.per_node, RESERVATION_COUNT_MAX),
        };
        sub->observed = observed;
        if (text_is_empty(sub->invalid))
                sub->drift = observed_drift(sub, observed, of->arena);
        if (of->settings->capacity == CAPACITY_OBSERVED)
                observed_cap(sub, observed->per_node);
        return 0;
}

/* What else is in the answer is none of the pool's: core matches labels alone. */
static int read_hosts(const struct answer_set *answer, struct arena *arena, struct hosts *ret) {
        ret->items = ARENA_ARRAY(arena, answer->n_items, struct host);
        ret->n = 0;
        if (!ret->items)
                return answer->n_items > 0 ? -ENOMEM : 0;
        for (size_t i = 0; i < answer->n_items; i++) {
                struct value object = answer->items[i].object;

                if (text_equal(value_get_text(object, "kind"), TEXT("Node")) &&
                    host_read(object, arena, &ret->items[ret->n++]) < 0)
                        return -ENOMEM;
        }
        host_sort(ret);
        return arena_failed(arena) ? -ENOMEM : 0;
}

/* Nothing of the Nodes is kept but the counts. */
static int count_pool(const struct nodes_of *of, struct pool *pool, const struct answer_set *answer,
                      struct fault *fault) {
        struct observed *counts = ARENA_ARRAY(of->arena, pool->n_sub_pools, struct observed);
        struct arena_mark mark;
        struct hosts hosts;
        int r = counts && answer ? request_open(answer, fault) : -ENOMEM;

        if (r < 0)
                return r;
        mark = arena_mark(of->arena);
        r = read_hosts(answer, of->arena, &hosts);
        for (size_t s = 0; r == 0 && s < pool->n_sub_pools; s++)
                counts[s] = observed_count(&pool->sub_pools[s], &hosts);
        arena_rewind(of->arena, mark);
        for (size_t s = 0; r == 0 && s < pool->n_sub_pools; s++)
                r = keep(of, &pool->sub_pools[s], counts[s]);
        return r;
}

/* What the status said of an earlier time is over. */
static void forget_caps(const struct nodes_of *of) {
        for (size_t p = 0; p < of->environment->n_pools; p++) {
                struct pool *pool = &of->environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++)
                        observed_cap(&pool->sub_pools[s], OBSERVED_NONE);
        }
}

static struct node *encode(const struct nodes_of *of) {
        struct node *map = node_map(of->arena), *list;

        node_set_value(map, "uid", value_at(of->xr, "metadata.uid"));
        list = node_add_list(map, "counts");
        for (size_t p = 0; p < of->environment->n_pools; p++) {
                const struct pool *pool = &of->environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        const struct observed *o = pool->sub_pools[s].observed;
                        struct node *entry = node_append_map(list);

                        if (!o)
                                continue;
                        node_set_integer(entry, "nodes", o->nodes);
                        node_set_integer(entry, "ready", o->ready);
                        node_set_integer(entry, "offering", o->offering);
                        node_set_integer(entry, "units", o->units);
                        node_set_integer(entry, "perNode", o->per_node);
                }
        }
        return map;
}

int nodes_count(const struct nodes_of *of, struct node **ret, struct fault *fault) {
        if (arena_failed(of->arena))
                return -ENOMEM; /* the pools may not be there */
        forget_caps(of);
        for (size_t p = 0; p < of->environment->n_pools; p++) {
                struct pool *pool = &of->environment->pools[p];
                struct requirement requirement;
                int r = labels_of(of, pool, &requirement);

                if (r == 0 && requirement.n_labels > 0)
                        r = count_pool(of, pool, answer_of(of, pool), fault);
                if (r < 0)
                        return r;
        }
        *ret = encode(of);
        return arena_failed(of->arena) ? -ENOMEM : 0;
}

/* ---- between two calls ------------------------------------------------------------------------
 */

/* Returns whether an entry has counts, and all of them. */
static bool read_counts(struct value entry, struct observed *ret) {
        struct {
                const char *key;
                int64_t *number;
                int64_t least;
        } members[] = {
                { "nodes", &ret->nodes, 0 },       { "ready", &ret->ready, 0 },
                { "offering", &ret->offering, 0 }, { "units", &ret->units, 0 },
                { "perNode", &ret->per_node, -1 },
        };

        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
                if (!value_is_integer(value_get(entry, text_from(members[i].key)),
                                      members[i].number) ||
                    *members[i].number < members[i].least)
                        return false;
        }
        return true;
}

/* An entry for each sub-pool, in their order. */
static bool is_for(const struct nodes_of *of, struct value carried) {
        return carried.kind == VALUE_MAP &&
               text_equal(value_get_text(carried, "uid"),
                          value_text(value_at(of->xr, "metadata.uid"))) &&
               value_count(value_get(carried, TEXT("counts"))) == of->environment->n_sub_pools;
}

bool nodes_recall(const struct nodes_of *of) {
        struct value carried = value_get(of->request->context, TEXT(NODES_CONTEXT_KEY));
        struct value_iter it = value_iterate(value_get(carried, TEXT("counts")));
        struct value entry;

        if (!is_for(of, carried))
                return false;
        forget_caps(of);
        for (size_t p = 0; p < of->environment->n_pools; p++) {
                struct pool *pool = &of->environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools && value_next(&it, NULL, &entry); s++) {
                        struct observed counts = { 0 };

                        if (read_counts(entry, &counts) &&
                            keep(of, &pool->sub_pools[s], counts) < 0)
                                return false;
                }
        }
        return true;
}
