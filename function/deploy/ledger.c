/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

int64_t reservation_units(const struct reservation *r) {
        int64_t units;

        if (__builtin_mul_overflow(r->nodes, r->units_per_node, &units) ||
            __builtin_mul_overflow(units, r->replicas, &units))
                return INT64_MAX;
        return units;
}

/* Where others and we seat, all three of a sub-pool's names count. */
static int compare_place(const struct reservation *a, const struct reservation *b) {
        int order = text_compare(a->environment, b->environment);

        if (order == 0)
                order = text_compare(a->pool, b->pool);
        if (order == 0)
                order = text_compare(a->mig_profile, b->mig_profile);
        return order;
}

static int compare_entries(const void *a, const void *b) {
        return compare_place(*(const struct reservation *const *)a,
                             *(const struct reservation *const *)b);
}

int ledger_build(const struct reservation *reservations, size_t n, struct text own_namespace,
                 struct text own_name, struct arena *arena, struct ledger *ret) {
        const struct reservation **entries = ARENA_ARRAY(arena, n, const struct reservation *);
        size_t n_entries = 0;

        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (text_equal(reservations[i].namespace_, own_namespace) &&
                    text_equal(reservations[i].deployment, own_name))
                        continue;
                entries[n_entries++] = &reservations[i];
        }
        if (n_entries > 1)
                qsort(entries, n_entries, sizeof(*entries), compare_entries);
        *ret = (struct ledger) { .entries = entries, .n_entries = n_entries };
        return 0;
}

/* The first entry that is not before place. */
static size_t lower_bound(const struct ledger *ledger, const struct reservation *place) {
        size_t low = 0, high = ledger->n_entries;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_place(ledger->entries[middle], place) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* Behind the last entry of place, of which `first` is the first. */
static size_t end_of(const struct ledger *ledger, const struct reservation *place, size_t first) {
        while (first < ledger->n_entries && compare_place(ledger->entries[first], place) == 0)
                first++;
        return first;
}

static int compare_names(const struct reservation *a, const struct reservation *b) {
        int order = text_compare(a->namespace_, b->namespace_);

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
                order = compare_i64(a->admitted, b->admitted);
        return order != 0 ? order : compare_i64(a->replicas, b->replicas);
}

/* The order in which admitted replicas are seated: what is hard to seat goes first. */
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

int ledger_compare_holding(const struct reservation *x, const struct reservation *y) {
        int order = compare_i64(y->priority, x->priority);

        if (order == 0)
                order = compare_i64(text_is_empty(x->created), text_is_empty(y->created));
        if (order == 0)
                order = text_compare(x->created, y->created);
        if (order == 0)
                order = compare_names(x, y);
        return order != 0 ? order : compare_own(x, y);
}

static int compare_holding(const void *a, const void *b) {
        return ledger_compare_holding(*(const struct reservation *const *)a,
                                      *(const struct reservation *const *)b);
}

/* A namespaced model is another one in each namespace. */
static bool is_same_model(const struct reservation *a, const struct reservation *b) {
        return text_equal(a->model, b->model) &&
               text_equal(a->serving_profile, b->serving_profile) &&
               (!text_starts_with(a->model, TEXT("Model/")) ||
                text_equal(a->namespace_, b->namespace_));
}

int ledger_foresee(const struct ledger *ledger, const struct reservation *asking,
                   struct arena *arena, struct ledger *ret, bool *ret_differs) {
        size_t first = lower_bound(ledger, asking), end = end_of(ledger, asking, first);
        const struct reservation **entries;
        bool differs = false;

        entries = ARENA_ARRAY(arena, end - first, const struct reservation *);
        if (!entries)
                return -ENOMEM;
        for (size_t i = first; i < end; i++) {
                const struct reservation *r = ledger->entries[i];
                struct reservation *copy;

                entries[i - first] = r;
                if (r->leaving || r->nodes != asking->nodes ||
                    r->units_per_node >= asking->units_per_node || !is_same_model(r, asking) ||
                    ledger_compare_holding(r, asking) > 0)
                        continue;
                copy = ARENA_NEW(arena, struct reservation);
                if (!copy)
                        return -ENOMEM;
                *copy = *r;
                copy->units_per_node = asking->units_per_node;
                entries[i - first] = copy;
                differs = true;
        }
        *ret = (struct ledger) { .entries = entries, .n_entries = end - first };
        *ret_differs = differs;
        return 0;
}

/* Sizes up to here, which is nearly all, remember where room for them begins. */
enum { SMALL_SIZE_MAX = 16 };

/* The nodes of a sub-pool while replicas are being seated. */
struct hall {
        int64_t *free; /* units, of each of the first n nodes; the others are untouched */
        int64_t n;
        int64_t nodes;
        int64_t units_per_node;
        int64_t seated_units;
        int64_t standing_units; /* of admitted replicas that do not pack; they are somewhere */
        int64_t first[SMALL_SIZE_MAX + 1]; /* nodes below it have no room for that size */
};

/* The lowest node from `at` on with room for size. */
static int64_t next_with_room(const struct hall *hall, int64_t size, int64_t at) {
        while (at < hall->n && hall->free[at] < size)
                at++;
        return at;
}

/*
 * Seats replicas one after the other, each on its lowest nodes with room, and
 * returns how many of count got a seat. As long as none of its nodes fills up the
 * next replica sits where the last one did: so many are seated in one round. What
 * a reservation claims thus costs no time by itself.
 */
static int64_t seat_replicas(struct hall *hall, const struct reservation *r, int64_t count) {
        int64_t seated = 0, size = r->units_per_node;
        int64_t first = size <= SMALL_SIZE_MAX ? hall->first[size] : 0;

        /* Free room only shrinks: no full node is looked at twice. */
        while (seated < count) {
                int64_t found = 0, round = count - seated;

                first = next_with_room(hall, size, first);
                for (int64_t at = first; at < hall->n && found < r->nodes; at++) {
                        if (hall->free[at] < size)
                                continue;
                        if (hall->free[at] / size < round)
                                round = hall->free[at] / size;
                        found++;
                }
                if (found < r->nodes)
                        break;
                for (int64_t at = first; found > 0; at++) {
                        if (hall->free[at] < size)
                                continue;
                        hall->free[at] -= size * round;
                        found--;
                }
                hall->seated_units += size * round * r->nodes;
                seated += round;
        }
        if (size <= SMALL_SIZE_MAX)
                hall->first[size] = first;
        return seated;
}

/*
 * Admitted replicas without a seat take no node's room from others; but where they
 * could sit, beside others or where a scheduler put them, their units are not free.
 */
static void stand(struct hall *hall, const struct reservation *r, int64_t replicas) {
        struct reservation standing = *r;
        int64_t units;

        if (r->units_per_node > hall->units_per_node || r->nodes > hall->nodes)
                return;
        standing.replicas = replicas;
        units = reservation_units(&standing);
        if (__builtin_add_overflow(hall->standing_units, units, &hall->standing_units))
                hall->standing_units = INT64_MAX;
}

/* Of count more replicas, so many as there are units for beside those that stand. */
static int64_t within_units(const struct hall *hall, const struct reservation *r, int64_t count) {
        int64_t left = hall->nodes * hall->units_per_node - hall->seated_units, each;

        if (hall->standing_units == 0 || count <= 0)
                return count;
        if (left <= hall->standing_units ||
            __builtin_mul_overflow(r->nodes, r->units_per_node, &each))
                return 0;
        left = (left - hall->standing_units) / each;
        return left < count ? left : count;
}

/*
 * Lowest nodes first: k replica-nodes never reach beyond node k-1. So only as many
 * nodes are looked at as could be used.
 */
static int64_t nodes_within_reach(const struct reservation *const *all, size_t n, int64_t nodes) {
        int64_t reach = 0, needed;

        for (size_t i = 0; i < n; i++) {
                if (__builtin_mul_overflow(all[i]->nodes, all[i]->replicas, &needed) ||
                    __builtin_add_overflow(reach, needed, &reach) || reach >= nodes)
                        return nodes;
        }
        return reach;
}

int64_t ledger_used(const struct ledger *ledger, const struct sub_pool *sub_pool) {
        const struct reservation place = { .environment = sub_pool->environment->name,
                                           .pool = sub_pool->pool->name,
                                           .mig_profile = sub_pool->mig_profile };
        size_t first = lower_bound(ledger, &place), end = end_of(ledger, &place, first);
        int64_t used = 0;

        for (size_t i = first; i < end; i++) {
                if (__builtin_add_overflow(used, reservation_units(ledger->entries[i]), &used))
                        return INT64_MAX;
        }
        return used;
}

static int seat_all(const struct ledger *ledger, const struct sub_pool *sub_pool,
                    const struct reservation *const *mine, size_t n_mine,
                    const struct reservation *asking, struct arena *arena, struct seats *ret) {
        const struct reservation place = { .environment = sub_pool->environment->name,
                                           .pool = sub_pool->pool->name,
                                           .mig_profile = sub_pool->mig_profile };
        struct seats seats = { 0 };
        struct hall hall = { .nodes = sub_pool->nodes, .units_per_node = sub_pool->units_per_node };
        size_t first = lower_bound(ledger, &place), end = end_of(ledger, &place, first), n = 0;
        const struct reservation **all;

        all = ARENA_ARRAY(arena, end - first + n_mine, const struct reservation *);
        if (!all)
                return -ENOMEM;
        for (size_t i = first; i < end; i++)
                all[n++] = ledger->entries[i];
        for (size_t i = 0; i < n_mine; i++) {
                if (compare_place(mine[i], &place) == 0)
                        all[n++] = mine[i];
        }
        hall.n = nodes_within_reach(all, n, hall.nodes);
        hall.free = ARENA_ARRAY(arena, (size_t)hall.n, int64_t);
        if (!hall.free)
                return -ENOMEM;
        for (int64_t i = 0; i < hall.n; i++)
                hall.free[i] = hall.units_per_node;

        if (n > 1)
                qsort(all, n, sizeof(*all), compare_size);
        for (size_t i = 0; i < n; i++) {
                int64_t standing =
                        all[i]->admitted - seat_replicas(&hall, all[i], all[i]->admitted);

                if (standing <= 0)
                        continue;
                seats.over_committed = true;
                stand(&hall, all[i], standing);
        }
        if (n > 1)
                qsort(all, n, sizeof(*all), compare_holding);
        for (size_t i = 0; i < n; i++) {
                int64_t waiting = all[i]->replicas - all[i]->admitted;
                int64_t most = within_units(&hall, all[i], waiting);
                int64_t without = waiting - seat_replicas(&hall, all[i], most);

                if (without <= 0)
                        continue;
                if (__builtin_add_overflow(seats.without, without, &seats.without))
                        seats.without = INT64_MAX;
                if (all[i] == asking)
                        seats.own_without = without;
        }
        seats.free_units = sub_pool->units - hall.seated_units;
        for (int64_t i = 0; i < hall.n; i++) {
                if (hall.free[i] > seats.largest_gap)
                        seats.largest_gap = hall.free[i];
        }
        if (hall.n < hall.nodes)
                seats.largest_gap = hall.units_per_node;
        *ret = seats;
        return 0;
}

int ledger_seat(const struct ledger *ledger, const struct sub_pool *sub_pool,
                const struct reservation *const *mine, size_t n_mine,
                const struct reservation *asking, struct arena *arena, struct seats *ret) {
        struct arena_mark mark = arena_mark(arena);
        int r = seat_all(ledger, sub_pool, mine, n_mine, asking, arena, ret);

        arena_rewind(arena, mark);
        return r;
}
