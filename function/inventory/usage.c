/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/usage.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "fleet/broken.h"
#include "place/names.h"
#include "wire/value_print.h"

/* Unreadable numbers that are reported of one pool; the next ones show when these are mended. */
enum { REPORTED_MAX = 8 };

/* A reservation at the bounds of its schema has 2.7 kB, managed fields included. */
enum { LARGE_BYTES = 16 * 1024 };

/* Owners are ModelDeployments; where there are claims, composites are usually called by this. */
#define OWNER_OF_CLAIM TEXT("XModelDeployment")

/* ---- numbers that cannot be read ------------------------------------------------------------- */

/* The pools of an environment by name. */
struct pool_index {
        struct pool **sorted; /* of equal names the first declared comes first */
        size_t n;
        size_t *n_reported; /* of each, in the same order */
};

static int compare_pools(const void *a, const void *b) {
        const struct pool *left = *(struct pool *const *)a, *right = *(struct pool *const *)b;
        int order = text_compare(left->name, right->name);

        return order != 0 ? order : (left > right) - (left < right);
}

static int index_pools(struct environment *environment, struct arena *arena,
                       struct pool_index *ret) {
        ret->n = environment->n_pools;
        ret->sorted = ARENA_ARRAY(arena, ret->n, struct pool *);
        ret->n_reported = ARENA_ARRAY(arena, ret->n, size_t);
        if (!ret->sorted || !ret->n_reported)
                return -ENOMEM;
        for (size_t i = 0; i < ret->n; i++)
                ret->sorted[i] = &environment->pools[i];
        if (ret->n > 1)
                qsort(ret->sorted, ret->n, sizeof(struct pool *), compare_pools);
        return 0;
}

/* Where the pool of that name stands, or index->n. */
static size_t find_pool(const struct pool_index *index, struct text name) {
        size_t low = 0, high = index->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (text_compare(index->sorted[middle]->name, name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < index->n && text_equal(index->sorted[low]->name, name) ? low : index->n;
}

static void report_unreadable(const struct pool_index *index, const struct reservation *r,
                              struct value object, struct arena *arena) {
        struct value spec = value_get(object, TEXT("spec"));
        struct text name = value_text(value_at(object, "metadata.name"));
        size_t at = find_pool(index, r->pool);
        struct unreadable number;

        for (size_t i = 0; at < index->n && reservation_unreadable(spec, &i, &number);) {
                struct text brief;

                if (index->n_reported[at]++ >= REPORTED_MAX)
                        continue;
                brief = number.written.kind == VALUE_ABSENT ? TEXT("missing")
                                                            : value_brief(number.written, arena);
                pool_warn(index->sorted[at], arena,
                          text_format(arena, "reservation %.*s/%.*s: spec.%.*s is %.*s and %.*s",
                                      TEXT_ARG(r->namespace_), TEXT_ARG(name), TEXT_ARG(number.key),
                                      TEXT_ARG(brief), TEXT_ARG(number.counts)));
        }
}

/* Is it a reservation that says of this environment by its label alone? */
static bool is_labelled(struct value object, struct text environment, struct arena *arena) {
        struct value labels = value_at(object, "metadata.labels");

        return reservation_is_kind(object) &&
               value_get(labels, TEXT(LABEL_ENVIRONMENT)).kind != VALUE_ABSENT &&
               names_agree(labels, environment, arena);
}

/* What is in no pool is reported in the first. */
static void report_nowhere(struct pool *pool, struct value object, struct text group,
                           struct arena *arena) {
        struct value spec = value_get(object, TEXT("spec"));
        struct reservation r;
        bool has_place;

        spec.may_be_broken = object.may_be_broken;
        has_place = reservation_from_spec(spec, &r) &&
                    text_equal(r.environment, pool->environment->name);
        pool_warn(pool, arena,
                  text_format(arena, "reservation %.*s/%.*s counts nowhere: %s%.*s",
                              TEXT_ARG(value_text(value_at(object, "metadata.namespace"))),
                              TEXT_ARG(value_text(value_at(object, "metadata.name"))),
                              has_place ? "its controller is no ModelDeployment of "
                                        : "its spec.environment or spec.pool cannot be read, or "
                                          "is not this environment's",
                              TEXT_ARG(has_place ? group : TEXT(""))));
}

/* Report the first string that is no text, of what is read. */
static void report_broken(const struct pool_index *index, const struct reservation *r,
                          struct value object, struct arena *arena) {
        static const char *const read[] = { "spec", "metadata.name", "metadata.namespace",
                                            "metadata.ownerReferences" };
        struct fault fault;
        struct reader rd = { .arena = arena, .first = &fault };
        size_t at = find_pool(index, r->pool), i = 0;

        while (i < sizeof(read) / sizeof(read[0]) && !broken_refuse(&rd, object, read[i]))
                i++;
        if (rd.n_mistakes == 0 || at == index->n || index->n_reported[at]++ >= REPORTED_MAX)
                return;
        pool_warn(index->sorted[at], arena,
                  text_format(arena, "reservation %.*s/%.*s: %s %s%s", TEXT_ARG(r->namespace_),
                              TEXT_ARG(r->name), fault.path, fault.message,
                              i == 0 ? ", and counts as empty" : ""));
}

/* What is far larger than any that is composed is sent to every deployment that decides. */
static void report_large(const struct pool_index *index, const struct reservation *r,
                         struct value object, struct arena *arena) {
        size_t at = find_pool(index, r->pool);

        if (object.len <= LARGE_BYTES || at == index->n || index->n_reported[at]++ >= REPORTED_MAX)
                return;
        pool_warn(index->sorted[at], arena,
                  text_format(arena,
                              "reservation %.*s/%.*s has %u bytes: every deployment that decides "
                              "receives them",
                              TEXT_ARG(r->namespace_), TEXT_ARG(r->name), object.len));
}

/* ---- counting -------------------------------------------------------------------------------- */

static int read_reservations(struct environment *environment, const struct answer_item *items,
                             size_t n, struct text group, struct arena *arena,
                             struct reservation **ret, size_t *ret_n) {
        struct reservation *list = ARENA_ARRAY(arena, n, struct reservation);
        struct pool_index index;
        size_t n_list = 0, n_nowhere = 0;

        if (!list || index_pools(environment, arena, &index) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                struct reservation *r = &list[n_list];
                struct value object = items[i].object;

                if (!reservation_read(object, OWNER_OF_CLAIM, group, r) ||
                    !text_equal(r->environment, environment->name)) {
                        if (environment->n_pools > 0 && n_nowhere < REPORTED_MAX &&
                            is_labelled(object, environment->name, arena)) {
                                report_nowhere(&environment->pools[0], object, group, arena);
                                n_nowhere++;
                        }
                        continue;
                }
                if (!names_agree(value_at(object, "metadata.labels"), r->environment, arena))
                        continue;
                report_unreadable(&index, r, object, arena);
                report_broken(&index, r, object, arena);
                report_large(&index, r, object, arena);
                n_list++;
        }
        *ret = list;
        *ret_n = n_list;
        return 0;
}

static bool is_of(const struct usage *u, const struct reservation *r) {
        return text_equal(u->pool, r->pool) && text_equal(u->mig_profile, r->mig_profile);
}

static int compare_lines(const void *a, const void *b) {
        const struct usage *left = *(struct usage *const *)a, *right = *(struct usage *const *)b;
        int order = text_compare(left->pool, right->pool);

        if (order == 0)
                order = text_compare(left->mig_profile, right->mig_profile);
        /* Of two pools of one name the first counts. */
        return order != 0 ? order : (left > right) - (left < right);
}

/* The declared lines sorted by sub-pool: a fleet may hold thousands. */
static struct usage **sort_lines(const struct usage_list *list, struct arena *arena) {
        struct usage **sorted = ARENA_ARRAY(arena, list->n, struct usage *);

        for (size_t i = 0; sorted && i < list->n; i++)
                sorted[i] = &list->items[i];
        if (sorted && list->n > 1)
                qsort(sorted, list->n, sizeof(*sorted), compare_lines);
        return sorted;
}

/* The line of a reservation's sub-pool, or NULL where none is declared. */
static struct usage *find_line(struct usage **sorted, size_t n, const struct reservation *r) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = text_compare(sorted[middle]->pool, r->pool);

                if (order == 0)
                        order = text_compare(sorted[middle]->mig_profile, r->mig_profile);
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < n && is_of(sorted[low], r) ? sorted[low] : NULL;
}

/* Who has no seat is listed only where the numbers say that there is one. */
static int count_sub_pool(const struct ledger *ledger, const struct sub_pool *sub_pool,
                          struct arena *arena, struct usage *ret) {
        struct seating seating;
        int r = seating_find(ledger, sub_pool, NULL, 0, NULL, arena, &seating);

        if (r < 0)
                return r;
        *ret = (struct usage) {
                .sub_pool = sub_pool,
                .pool = sub_pool->pool->name,
                .mig_profile = sub_pool->mig_profile,
                .total = sub_pool->units,
                .largest_gap = seating.largest_gap,
                .over_committed = seating.over_committed,
        };
        if (seating.unseated == 0 && !seating.over_committed)
                return 0;
        return seating_list_unseated(ledger, sub_pool, NULL, 0, arena, &ret->unseated,
                                     &ret->n_unseated);
}

static int add_declared(const struct environment *environment, const struct ledger *ledger,
                        struct arena *arena, struct usage_list *list) {
        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        int r = count_sub_pool(ledger, &pool->sub_pools[s], arena,
                                               &list->items[list->n]);

                        if (r < 0)
                                return r;
                        list->n++;
                }
        }
        return 0;
}

static int add_used(const struct ledger *ledger, struct arena *arena, struct usage_list *list) {
        size_t n_declared = list->n;
        struct usage **declared = sort_lines(list, arena);
        struct usage *line = NULL;

        if (!declared)
                return -ENOMEM;
        /* Sorted by sub-pool: those of one follow each other. */
        for (size_t i = 0; i < ledger->n_entries; i++) {
                const struct reservation *r = ledger->entries[i];

                if (!line || !is_of(line, r))
                        line = find_line(declared, n_declared, r);
                if (!line) {
                        line = &list->items[list->n++];
                        *line = (struct usage) { .pool = r->pool, .mig_profile = r->mig_profile };
                }
                if (__builtin_add_overflow(line->used, reservation_units(r), &line->used))
                        line->used = INT64_MAX;
                if (!line->sub_pool && r->used > 0)
                        line->over_committed = true;
        }
        return 0;
}

int usage_count(struct environment *environment, const struct answer_item *items, size_t n,
                struct text group, struct arena *arena, struct usage_list *ret) {
        struct usage_list list = { 0 };
        struct reservation *reservations;
        struct ledger ledger = { 0 };
        size_t n_reservations;
        int r = read_reservations(environment, items, n, group, arena, &reservations,
                                  &n_reservations);

        if (r == 0)
                r = ledger_build(reservations, n_reservations, NULL, arena, &ledger);
        if (r < 0)
                return r;
        list.items = ARENA_ARRAY(arena, environment->n_sub_pools + n_reservations, struct usage);
        if (!list.items)
                return -ENOMEM;
        list.ledger = ledger;
        r = add_declared(environment, &ledger, arena, &list);
        if (r < 0)
                return r;
        r = add_used(&ledger, arena, &list);
        if (r < 0)
                return r;
        for (size_t i = 0; i < list.n; i++) {
                struct usage *u = &list.items[i];

                u->free_units = u->used < u->total ? u->total - u->used : 0;
                list.any |= u->used > 0;
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = list;
        return 0;
}
