/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/used.h"

#include <errno.h>

#include "base/arena.h"

/* So many unreadable numbers are told of one pool; whoever mends them sees the next. */
enum { UNREADABLE_TOLD_MAX = 8 };

/* ---- numbers that cannot be read ------------------------------------------------------------- */

/* The numbers of a reservation that units are counted from, and what an unreadable one counts. */
static const struct number {
        struct text key;
        uint64_t least;
        const char *counts;
} numbers[] = {
        { TEXT_INIT("admitted"), 0, "0" },
        { TEXT_INIT("nodes"), 1, "1" },
        { TEXT_INIT("replicas"), 0, "1" },
        { TEXT_INIT("unitsPerNode"), 1, "1" },
};

static bool is_readable(struct text t, uint64_t least) {
        uint64_t number;

        return text_to_u64(t, &number) && number >= least && number <= INT64_MAX;
}

static struct pool *find_pool(struct environment *environment, struct text name) {
        for (size_t i = 0; i < environment->n_pools; i++) {
                if (text_equal(environment->pools[i].name, name))
                        return &environment->pools[i];
        }
        return NULL;
}

static void tell_unreadable(struct environment *environment, const struct reservation *r,
                            struct value config_map, size_t *n_told, struct arena *arena) {
        struct value data = value_get(config_map, TEXT("data"));
        struct text name = value_text(value_at(config_map, "metadata.name"));
        struct pool *pool = find_pool(environment, r->pool);
        size_t at = pool ? (size_t)(pool - environment->pools) : 0;

        for (size_t i = 0; pool && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                struct value written = value_get(data, numbers[i].key);
                struct text brief;

                if (is_readable(value_text(written), numbers[i].least) ||
                    n_told[at]++ >= UNREADABLE_TOLD_MAX)
                        continue;
                brief = written.kind == VALUE_ABSENT ? TEXT("missing")
                                                     : value_brief(written, arena);
                pool_tell(
                        pool, arena,
                        text_format(arena, "reservation %.*s/%.*s: data.%.*s is %.*s and counts %s",
                                    TEXT_ARG(r->namespace_), TEXT_ARG(name),
                                    TEXT_ARG(numbers[i].key), TEXT_ARG(brief), numbers[i].counts));
        }
}

/* ---- counting -------------------------------------------------------------------------------- */

static int read_reservations(struct environment *environment, const struct resource *config_maps,
                             size_t n, struct text group, struct arena *arena,
                             struct reservation **ret, size_t *ret_n) {
        struct reservation *list = ARENA_ARRAY(arena, n, struct reservation);
        size_t *n_told = ARENA_ARRAY(arena, environment->n_pools, size_t);
        size_t n_list = 0;

        if (!list || !n_told)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                struct reservation *r = &list[n_list];

                if (!reservation_read(config_maps[i].object, TEXT("ModelDeployment"), group, r) ||
                    !text_equal(r->environment, environment->name))
                        continue;
                tell_unreadable(environment, r, config_maps[i].object, n_told, arena);
                n_list++;
        }
        *ret = list;
        *ret_n = n_list;
        return 0;
}

static bool is_of(const struct used *u, const struct reservation *r) {
        return text_equal(u->pool, r->pool) && text_equal(u->mig_profile, r->mig_profile);
}

/* The line of a reservation's sub-pool; a new one where none is declared. */
static struct used *find_line(struct used_list *list, const struct reservation *r) {
        for (size_t i = 0; i < list->n; i++) {
                if (is_of(&list->items[i], r))
                        return &list->items[i];
        }
        list->items[list->n] = (struct used) { .pool = r->pool, .mig_profile = r->mig_profile };
        return &list->items[list->n++];
}

static int add_declared(const struct environment *environment, const struct ledger *ledger,
                        struct arena *arena, struct used_list *list) {
        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        const struct sub_pool *sub_pool = &pool->sub_pools[s];
                        struct seats seats;
                        int err = ledger_seat(ledger, sub_pool, NULL, 0, NULL, arena, &seats);

                        if (err < 0)
                                return err;
                        list->items[list->n++] = (struct used) {
                                .sub_pool = sub_pool,
                                .pool = pool->name,
                                .mig_profile = sub_pool->mig_profile,
                                .total = sub_pool->units,
                                .over_committed = seats.over_committed,
                        };
                }
        }
        return 0;
}

static void add_used(const struct ledger *ledger, struct used_list *list) {
        struct used *line = NULL;

        /* Sorted by sub-pool: those of one follow each other. */
        for (size_t i = 0; i < ledger->n_entries; i++) {
                const struct reservation *r = ledger->entries[i];

                if (!line || !is_of(line, r))
                        line = find_line(list, r);
                if (__builtin_add_overflow(line->used, reservation_units(r), &line->used))
                        line->used = INT64_MAX;
                if (!line->sub_pool && r->admitted > 0)
                        line->over_committed = true;
        }
}

int used_count(struct environment *environment, const struct resource *config_maps, size_t n,
               struct text group, struct arena *arena, struct used_list *ret) {
        struct used_list list = { 0 };
        struct reservation *reservations;
        struct ledger ledger;
        size_t n_reservations;
        int err = read_reservations(environment, config_maps, n, group, arena, &reservations,
                                    &n_reservations);

        if (err == 0)
                err = ledger_build(reservations, n_reservations, (struct text) { 0 },
                                   (struct text) { 0 }, arena, &ledger);
        if (err < 0)
                return err;
        list.items = ARENA_ARRAY(arena, environment->n_sub_pools + n_reservations, struct used);
        if (!list.items)
                return -ENOMEM;
        err = add_declared(environment, &ledger, arena, &list);
        if (err < 0)
                return err;
        add_used(&ledger, &list);
        for (size_t i = 0; i < list.n; i++) {
                struct used *u = &list.items[i];

                u->free_units = u->used < u->total ? u->total - u->used : 0;
                list.any |= u->used > 0;
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = list;
        return 0;
}
