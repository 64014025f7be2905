/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/drained.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/printable.h"

/* As many holders are named, the rest is counted. */
enum { HOLDERS_MAX = 10 };

/* A deployment, and what it has of the draining pools. */
struct holder {
        struct text namespace_, name;
        int64_t units;
};

static bool is_draining(const struct environment *environment, struct text pool) {
        for (size_t i = 0; i < environment->n_pools; i++) {
                if (environment->pools[i].schedulable == SCHEDULABLE_DRAIN &&
                    text_equal(environment->pools[i].name, pool))
                        return true;
        }
        return false;
}

static bool any_drains(const struct environment *environment) {
        for (size_t i = 0; i < environment->n_pools; i++) {
                if (environment->pools[i].schedulable == SCHEDULABLE_DRAIN)
                        return true;
        }
        return false;
}

static int compare_holders(const void *a, const void *b) {
        const struct holder *left = a, *right = b;
        int order = text_compare(left->namespace_, right->namespace_);

        return order != 0 ? order : text_compare(left->name, right->name);
}

static int64_t add(int64_t a, int64_t b) {
        int64_t sum;

        return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* Of each deployment one; sorted by namespace and name. Entries of one pool follow each other. */
static struct holder *find_holders(const struct environment *environment,
                                   const struct ledger *ledger, struct arena *arena,
                                   size_t *ret_n) {
        struct holder *holders = ARENA_ARRAY(arena, ledger->n_entries, struct holder);
        struct text pool = { 0 };
        bool draining = false;
        size_t n = 0, n_unique = 0;

        for (size_t i = 0; holders && i < ledger->n_entries; i++) {
                const struct reservation *r = ledger->entries[i];

                if (i == 0 || !text_equal(r->pool, pool)) {
                        pool = r->pool;
                        draining = is_draining(environment, pool);
                }
                if (draining && reservation_units(r) > 0)
                        holders[n++] = (struct holder) { r->namespace_, r->deployment,
                                                         reservation_units(r) };
        }
        if (n > 1)
                qsort(holders, n, sizeof(*holders), compare_holders);
        for (size_t i = 0; i < n; i++) {
                if (n_unique > 0 && compare_holders(&holders[n_unique - 1], &holders[i]) == 0)
                        holders[n_unique - 1].units =
                                add(holders[n_unique - 1].units, holders[i].units);
                else
                        holders[n_unique++] = holders[i];
        }
        *ret_n = n_unique;
        return holders;
}

/* "12 units held by team-a/gemma (8), team-b/chat (4)" */
static struct text list_holders(const struct holder *holders, size_t n, struct arena *arena) {
        struct builder b;
        int64_t sum = 0;

        for (size_t i = 0; i < n; i++)
                sum = add(sum, holders[i].units);
        builder_init(&b, arena);
        builder_i64(&b, sum);
        builder_string(&b, sum == 1 ? " unit held by " : " units held by ");
        for (size_t i = 0; i < n && i < HOLDERS_MAX; i++) {
                builder_string(&b, i > 0 ? ", " : "");
                builder_text(&b, holders[i].namespace_);
                builder_char(&b, '/');
                builder_text(&b, holders[i].name);
                builder_string(&b, " (");
                builder_i64(&b, holders[i].units);
                builder_char(&b, ')');
        }
        if (n > HOLDERS_MAX)
                builder_text(&b, text_format(arena, " and %zu more", n - HOLDERS_MAX));
        return printable_text(builder_done(&b), arena);
}

struct condition drained_condition(const struct environment *environment,
                                   const struct usage_list *used, struct arena *arena) {
        struct condition c = { .type = TEXT("Drained"), .status = CONDITION_FALSE };
        struct holder *holders;
        size_t n;

        if (!any_drains(environment)) {
                c.reason = TEXT("NotDraining");
                return c;
        }
        holders = find_holders(environment, &used->ledger, arena, &n);
        if (n > 0) {
                c.reason = TEXT("Draining");
                c.message = list_holders(holders, n, arena);
        } else {
                c.status = CONDITION_TRUE;
                c.reason = TEXT("Drained");
        }
        return c;
}

struct condition drained_keep(struct value observed) {
        struct text reason = value_get_text(observed, "reason");
        bool was_true = text_equal(value_get_text(observed, "status"), TEXT("True"));

        if (!text_equal(reason, TEXT("Drained")) && !text_equal(reason, TEXT("Draining")))
                return (struct condition) { .type = TEXT("Drained"),
                                            .status = CONDITION_FALSE,
                                            .reason = TEXT("NotDraining") };
        return (struct condition) {
                .type = TEXT("Drained"),
                .status = was_true ? CONDITION_UNKNOWN : CONDITION_FALSE,
                .reason = reason,
                .message = was_true ? TEXT("The units are not counted in this answer")
                                    : value_get_text(observed, "message"),
        };
}
