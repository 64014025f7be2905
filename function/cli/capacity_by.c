/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity_by.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/count.h"
#include "base/printable.h"
#include "cli/table.h"

static const struct text words[] = {
        [CAPACITY_BY_DEPLOYMENT] = TEXT_INIT("deployment"),
        [CAPACITY_BY_NAMESPACE] = TEXT_INIT("namespace"),
        [CAPACITY_BY_MODEL] = TEXT_INIT("model"),
};

int capacity_by_word(const char *word, enum capacity_by *ret, struct fault *fault) {
        for (size_t i = CAPACITY_BY_DEPLOYMENT; i < COUNT_OF(words); i++) {
                if (text_equal(text_from(word), words[i])) {
                        *ret = (enum capacity_by)i;
                        return 0;
                }
        }
        fault_set(fault, "--by: \"%s\" is not one of deployment, namespace, model", word);
        return -EINVAL;
}

/* ---- who holds what ----------------------------------------------------------------------------
 */

/* A reservation under the name of its holder. */
struct holding {
        struct text holder;
        struct capacity_held held;
};

static struct text in_namespace(struct text space, struct text name, struct arena *arena) {
        return text_join(arena, (struct text[]) { space, TEXT("/"), name }, 3);
}

static struct text holder_of(const struct reservation *r, enum capacity_by by,
                             struct arena *arena) {
        switch (by) {
        case CAPACITY_BY_NAMESPACE:
                return r->namespace_;
        case CAPACITY_BY_MODEL:
                return text_equal(r->model_kind, TEXT("Model"))
                               ? in_namespace(r->namespace_, r->model_name, arena)
                               : r->model_name;
        case CAPACITY_BY_POOL:
        case CAPACITY_BY_DEPLOYMENT:
                break;
        }
        return in_namespace(r->namespace_, r->deployment, arena);
}

static int compare_places(const struct capacity_held *a, const struct capacity_held *b) {
        int order = text_compare(a->environment, b->environment);

        if (order == 0)
                order = text_compare(a->pool, b->pool);
        return order != 0 ? order : text_compare(a->mig_profile, b->mig_profile);
}

static int by_holder(const void *a, const void *b) {
        const struct holding *left = a, *right = b;
        int order = text_compare(left->holder, right->holder);

        return order != 0 ? order : compare_places(&left->held, &right->held);
}

static int find_holdings(const struct capacity *fleet, size_t n, enum capacity_by by,
                         struct arena *arena, struct holding **ret, size_t *ret_n) {
        size_t most = 0;

        for (size_t i = 0; i < n; i++)
                most += fleet[i].n_reservations;
        *ret_n = 0;
        *ret = ARENA_ARRAY(arena, most + 1, struct holding);
        if (!*ret)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < fleet[i].n_reservations; k++) {
                        const struct reservation *r = &fleet[i].reservations[k];

                        (*ret)[(*ret_n)++] = (struct holding) {
                                holder_of(r, by, arena),
                                { r->environment, r->pool, r->mig_profile, reservation_units(r) },
                        };
                }
        }
        if (*ret_n > 1)
                qsort(*ret, *ret_n, sizeof(**ret), by_holder);
        return arena_failed(arena) ? -ENOMEM : 0;
}

static void add(int64_t *sum, int64_t number) {
        if (__builtin_add_overflow(*sum, number, sum))
                *sum = INT64_MAX;
}

static int by_units(const void *a, const void *b) {
        const struct capacity_holder *left = a, *right = b;

        if (left->units != right->units)
                return left->units > right->units ? -1 : 1;
        return text_compare(left->name, right->name);
}

int capacity_by_read(const struct capacity *fleet, size_t n, enum capacity_by by,
                     struct arena *arena, struct capacity_holder **ret, size_t *ret_n) {
        struct capacity_holder *holders;
        struct capacity_held *pools;
        struct holding *holdings;
        size_t n_holdings, n_holders = 0, n_pools = 0;
        int r = find_holdings(fleet, n, by, arena, &holdings, &n_holdings);

        if (r < 0)
                return r;
        holders = ARENA_ARRAY(arena, n_holdings + 1, struct capacity_holder);
        pools = ARENA_ARRAY(arena, n_holdings + 1, struct capacity_held);
        if (!holders || !pools)
                return -ENOMEM;
        for (size_t i = 0; i < n_holdings; i++) {
                const struct holding *h = &holdings[i];
                bool is_same = i > 0 && text_equal(holdings[i - 1].holder, h->holder);
                struct capacity_holder *holder = &holders[is_same ? n_holders - 1 : n_holders];

                if (!is_same) {
                        *holder = (struct capacity_holder) { .name = h->holder,
                                                             .pools = &pools[n_pools] };
                        n_holders++;
                }
                add(&holder->units, h->held.units);
                if (is_same && compare_places(&pools[n_pools - 1], &h->held) == 0) {
                        add(&pools[n_pools - 1].units, h->held.units);
                        continue;
                }
                pools[n_pools++] = h->held;
                holder->n_pools++;
        }
        if (n_holders > 1)
                qsort(holders, n_holders, sizeof(*holders), by_units);
        *ret = holders;
        *ret_n = n_holders;
        return 0;
}

/* ---- as a table --------------------------------------------------------------------------------
 */

enum column { HOLDER, ENVIRONMENT, POOL, PROFILE, UNITS, N_COLUMNS };

struct row {
        struct text cells[N_COLUMNS];
};

static struct row row_of(const struct capacity_holder *holder, const struct capacity_held *held,
                         struct arena *arena) {
        return (struct row) {
                .cells = { [HOLDER] = printable_text(holder->name, arena),
                           [ENVIRONMENT] = printable_text(held->environment, arena),
                           [POOL] = printable_text(held->pool, arena),
                           [PROFILE] = text_is_empty(held->mig_profile)
                                               ? TEXT("-")
                                               : printable_text(held->mig_profile, arena),
                           [UNITS] = text_format(arena, "%lld", (long long)held->units) },
        };
}

static struct text upper(struct text word, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < word.len; i++)
                builder_char(&b, (char)(word.data[i] - 'a' + 'A'));
        return builder_done(&b);
}

int capacity_by_table(const struct capacity_holder *holders, size_t n, enum capacity_by by,
                      size_t width, struct arena *arena, struct builder *b) {
        struct table_columns columns = { .n = N_COLUMNS, .kinds = { [UNITS] = COLUMNS_NUMBER } };
        size_t n_rows = 1, at = 1;
        struct row *rows;

        for (size_t i = 0; i < n; i++)
                n_rows += holders[i].n_pools;
        rows = ARENA_ARRAY(arena, n_rows, struct row);
        if (!rows)
                return -ENOMEM;
        rows[0] = (struct row) { .cells = { upper(words[by], arena), TEXT("ENVIRONMENT"),
                                            TEXT("POOL"), TEXT("MIG PROFILE"), TEXT("UNITS") } };
        for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < holders[i].n_pools; k++)
                        rows[at++] = row_of(&holders[i], &holders[i].pools[k], arena);
        }
        if (arena_failed(arena))
                return -ENOMEM;
        builder_char(b, '\n');
        if (n == 0)
                builder_string(b, "No GPUReservation holds units here.\n");
        for (size_t i = 0; i < n_rows; i++)
                table_widen(&columns, rows[i].cells);
        table_fit(&columns, width);
        for (size_t i = 0; n > 0 && i < n_rows; i++)
                table_row(&columns, rows[i].cells, b);
        return arena_failed(arena) ? -ENOMEM : 0;
}

/* ---- as values ---------------------------------------------------------------------------------
 */

struct node *capacity_by_node(const struct capacity_holder *holders, size_t n, enum capacity_by by,
                              struct arena *arena) {
        struct node *list = node_list(arena);

        for (size_t i = 0; i < n; i++) {
                struct node *entry = node_append_map(list), *pools;

                node_set(entry, words[by], node_string(arena, holders[i].name));
                capacity_set_integer(entry, "units", holders[i].units);
                pools = node_add_list(entry, "pools");
                for (size_t k = 0; k < holders[i].n_pools; k++) {
                        const struct capacity_held *held = &holders[i].pools[k];
                        struct node *pool = node_append_map(pools);

                        node_set_string(pool, "environment", held->environment);
                        node_set_string(pool, "pool", held->pool);
                        if (!text_is_empty(held->mig_profile))
                                node_set_string(pool, "migProfile", held->mig_profile);
                        capacity_set_integer(pool, "units", held->units);
                }
        }
        return list;
}
