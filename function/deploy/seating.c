/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bin packing, first fit: nodes are bins, and a replica of n nodes needs room in n of
 * them. Replicas are tried one after the other, in the orders that seating.h names.
 */
#include "deploy/seating.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

static int compare_names(const struct reservation *a, const struct reservation *b) {
        int order = text_compare(a->namespace_, b->namespace_);

        if (order == 0)
                order = text_compare(a->name, b->name);
        return order != 0 ? order : text_compare(a->deployment, b->deployment);
}

static int compare_i64(int64_t a, int64_t b) {
        return (a > b) - (a < b);
}

/* Between two reservations of one deployment; what is equal here too is seated alike. */
static int compare_own(const struct reservation *a, const struct reservation *b) {
        int order = compare_i64(a->order, b->order);

        if (order == 0)
                order = compare_i64(a->nodes, b->nodes);
        if (order == 0)
                order = compare_i64(a->units_per_node, b->units_per_node);
        if (order == 0)
                order = compare_i64(a->used, b->used);
        return order != 0 ? order : compare_i64(a->reserved, b->reserved);
}

/* The order in which used replicas are seated: what is hard to seat goes first. */
static int compare_size(const void *a, const void *b) {
        const struct reservation *x = *(const struct reservation *const *)a;
        const struct reservation *y = *(const struct reservation *const *)b;
        int order = compare_i64(y->nodes > 1, x->nodes > 1);

        if (order == 0)
                order = compare_i64(y->units_per_node, x->units_per_node);
        if (order == 0)
                order = compare_names(x, y);
        return order != 0 ? order : compare_own(x, y);
}

int seating_compare(const struct reservation *x, const struct reservation *y) {
        int order = compare_i64(y->priority, x->priority);

        if (order == 0)
                order = compare_names(x, y);
        return order != 0 ? order : compare_own(x, y);
}

static int compare_priority(const void *a, const void *b) {
        return seating_compare(*(const struct reservation *const *)a,
                               *(const struct reservation *const *)b);
}

/* Sizes up to here, which is nearly all, remember where room for them begins. */
enum { SMALL_SIZE_MAX = 16 };

/* The nodes of a sub-pool while replicas are being seated. */
struct nodes {
        int64_t n;
        int64_t units_per_node;
        int64_t *free; /* units, of each of the first n_reached nodes; the others are untouched */
        int64_t n_reached;
        int64_t first[SMALL_SIZE_MAX + 1]; /* nodes below it have no room for that size */
};

/* The lowest node from `at` on with room for size. */
static int64_t next_with_room(const struct nodes *nodes, int64_t size, int64_t at) {
        while (at < nodes->n_reached && nodes->free[at] < size)
                at++;
        return at;
}

/*
 * Seats replicas one after the other, each on its lowest nodes with room, and
 * returns how many of count got a seat. As long as none of its nodes fills up the
 * next replica sits where the last one did, and is seated in the same round: how much a
 * reservation claims costs no time by itself.
 */
static int64_t seat_replicas(struct nodes *nodes, const struct reservation *r, int64_t count) {
        int64_t seated = 0, size = r->units_per_node;
        int64_t first = size <= SMALL_SIZE_MAX ? nodes->first[size] : 0;

        /* Free room only shrinks: no full node is looked at twice. */
        while (seated < count) {
                int64_t found = 0, round = count - seated;

                first = next_with_room(nodes, size, first);
                for (int64_t at = first; at < nodes->n_reached && found < r->nodes; at++) {
                        if (nodes->free[at] < size)
                                continue;
                        if (nodes->free[at] / size < round)
                                round = nodes->free[at] / size;
                        found++;
                }
                if (found < r->nodes)
                        break;
                for (int64_t at = first; found > 0; at++) {
                        if (nodes->free[at] < size)
                                continue;
                        nodes->free[at] -= size * round;
                        found--;
                }
                seated += round;
        }
        if (size <= SMALL_SIZE_MAX)
                nodes->first[size] = first;
        return seated;
}

/*
 * Lowest nodes first: k replica-nodes never reach beyond node k-1. So only as many
 * nodes are looked at as could be used.
 */
static int64_t nodes_within_reach(const struct reservation *const *all, size_t n, int64_t nodes) {
        int64_t reach = 0, needed;

        for (size_t i = 0; i < n; i++) {
                if (__builtin_mul_overflow(all[i]->nodes, all[i]->reserved, &needed) ||
                    __builtin_add_overflow(reach, needed, &reach) || reach >= nodes)
                        return nodes;
        }
        return reach;
}

/* The reservations of the sub-pool: the ledger's, then mine. */
static int list_all(const struct ledger *ledger, const struct sub_pool *sub_pool,
                    const struct reservation *const *mine, size_t n_mine, struct arena *arena,
                    const struct reservation ***ret, size_t *ret_n) {
        const struct reservation place = ledger_place(sub_pool);
        const struct reservation *const *others;
        const struct reservation **all;
        size_t n;

        others = ledger_entries(ledger, &place, &n);
        all = ARENA_ARRAY(arena, n + n_mine, const struct reservation *);
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                all[i] = others[i];
        for (size_t i = 0; i < n_mine; i++) {
                if (reservation_compare_place(mine[i], &place) == 0)
                        all[n++] = mine[i];
        }
        *ret = all;
        *ret_n = n;
        return 0;
}

/* As many nodes as the reservations could reach, all free. */
static int free_nodes(const struct sub_pool *sub_pool, const struct reservation *const *all,
                      size_t n, struct arena *arena, struct nodes *ret) {
        struct nodes nodes = { .n = sub_pool->nodes, .units_per_node = sub_pool->counted_per_node };

        nodes.n_reached = nodes_within_reach(all, n, nodes.n);
        nodes.free = ARENA_ARRAY(arena, (size_t)nodes.n_reached, int64_t);
        if (!nodes.free)
                return -ENOMEM;
        for (int64_t i = 0; i < nodes.n_reached; i++)
                nodes.free[i] = nodes.units_per_node;
        *ret = nodes;
        return 0;
}

/* What one search is asked for beside the numbers. */
struct search {
        struct seating seating;
        const struct reservation *asking; /* or NULL */
        struct unseated *unseated;        /* those without a seat; NULL: not wanted */
        size_t n_unseated;
};

static void leave_unseated(struct search *s, const struct reservation *r, int64_t replicas,
                           bool used) {
        if (!s->seating.first_unseated)
                s->seating.first_unseated = r;
        if (s->unseated)
                s->unseated[s->n_unseated++] = (struct unseated) { r, replicas, used };
        if (used) {
                s->seating.over_committed = true;
                return;
        }
        if (__builtin_add_overflow(s->seating.unseated, replicas, &s->seating.unseated))
                s->seating.unseated = INT64_MAX;
        if (r == s->asking)
                s->seating.own_unseated = replicas;
}

static void seat_used(struct nodes *nodes, const struct reservation **all, size_t n,
                      struct search *s) {
        if (n > 1)
                qsort(all, n, sizeof(*all), compare_size);
        for (size_t i = 0; i < n; i++) {
                int64_t unseated = all[i]->used - seat_replicas(nodes, all[i], all[i]->used);

                if (unseated > 0)
                        leave_unseated(s, all[i], unseated, true);
        }
}

static void seat_unused(struct nodes *nodes, const struct reservation **all, size_t n,
                        struct search *s) {
        if (n > 1)
                qsort(all, n, sizeof(*all), compare_priority);
        for (size_t i = 0; i < n; i++) {
                int64_t unused = all[i]->reserved - all[i]->used;
                int64_t unseated = unused - seat_replicas(nodes, all[i], unused);

                if (unseated > 0)
                        leave_unseated(s, all[i], unseated, false);
        }
}

/* What is declared less what all reservations say, whether it packs or not. */
static int64_t free_units(const struct sub_pool *sub_pool, const struct reservation **all,
                          size_t n) {
        int64_t left = sub_pool->units;

        for (size_t i = 0; i < n && left > 0; i++) {
                int64_t units = reservation_units(all[i]);

                left = units < left ? left - units : 0;
        }
        return left;
}

static int64_t largest_gap(const struct nodes *nodes) {
        int64_t gap = 0;

        if (nodes->n_reached < nodes->n)
                return nodes->units_per_node;
        for (int64_t i = 0; i < nodes->n_reached; i++) {
                if (nodes->free[i] > gap)
                        gap = nodes->free[i];
        }
        return gap;
}

static int seat_all(const struct ledger *ledger, const struct sub_pool *sub_pool,
                    const struct reservation *const *mine, size_t n_mine, struct arena *arena,
                    struct search *s) {
        const struct reservation **all;
        struct nodes nodes;
        size_t n;
        int r = list_all(ledger, sub_pool, mine, n_mine, arena, &all, &n);

        if (r == 0)
                r = free_nodes(sub_pool, all, n, arena, &nodes);
        if (r < 0)
                return r;
        seat_used(&nodes, all, n, s);
        seat_unused(&nodes, all, n, s);
        s->seating.free_units = free_units(sub_pool, all, n);
        s->seating.largest_gap = largest_gap(&nodes);
        return 0;
}

int seating_find(const struct ledger *ledger, const struct sub_pool *sub_pool,
                 const struct reservation *const *mine, size_t n_mine,
                 const struct reservation *asking, struct arena *arena, struct seating *ret) {
        struct arena_mark mark = arena_mark(arena);
        struct search s = { .asking = asking };
        int r = seat_all(ledger, sub_pool, mine, n_mine, arena, &s);

        arena_rewind(arena, mark);
        if (r == 0)
                *ret = s.seating;
        return r;
}

int seating_list_unseated(const struct ledger *ledger, const struct sub_pool *sub_pool,
                          const struct reservation *const *mine, size_t n_mine, struct arena *arena,
                          struct unseated **ret, size_t *ret_n) {
        const struct reservation place = ledger_place(sub_pool);
        struct search s = { 0 };
        size_t n;
        int r;

        ledger_entries(ledger, &place, &n);
        s.unseated = ARENA_ARRAY(arena, 2 * (n + n_mine), struct unseated);
        if (!s.unseated)
                return -ENOMEM;
        r = seat_all(ledger, sub_pool, mine, n_mine, arena, &s);
        if (r < 0)
                return r;
        *ret = s.unseated;
        *ret_n = s.n_unseated;
        return 0;
}
