/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/arena.h"
#include "base/printable.h"
#include "cli/capacity_report.h"
#include "cli/table.h"
#include "inventory/inventory.h"

/* ---- cells ----------------------------------------------------------------------------------- */

enum column { POOL, PROFILE, RESOURCE, MEMORY, NODES, TOTAL, USED, FREE, N_COLUMNS };

struct row {
        struct text cells[N_COLUMNS];
};

static struct text number(int64_t n, struct arena *arena) {
        return text_format(arena, "%lld", (long long)n);
}

static struct text pool_name(const struct usage *u) {
        return text_is_empty(u->pool) && u->sub_pool ? u->sub_pool->pool->path : u->pool;
}

/* ---- warnings -------------------------------------------------------------------------------- */

static bool is_before(const struct text *messages, size_t n, struct text t) {
        for (size_t i = 0; i < n; i++) {
                if (text_equal(messages[i], t))
                        return true;
        }
        return false;
}

/* What sub-pools of one pool share is said once. */
static int append_pool_warnings(struct builder *b, const struct capacity *c, size_t first,
                                size_t end, struct arena *arena) {
        struct text *told = NULL;
        size_t n_told = 0;

        for (size_t s = first; s < end; s++) {
                struct text *messages;
                size_t n;
                int r = inventory_messages(c->used.items[s].sub_pool, arena, &messages, &n);

                if (r < 0)
                        return r;
                for (size_t i = 0; i < n; i++) {
                        const struct text parts[] = { TEXT("pool "), pool_name(&c->used.items[s]),
                                                      TEXT(": "), messages[i] };

                        if (!is_before(told, n_told, messages[i]))
                                table_wrapped("- ", "  ",
                                              printable_text(text_join(arena, parts, 4), arena), b);
                }
                if (s == first) {
                        told = messages;
                        n_told = n;
                }
        }
        return 0;
}

/* Does one of the pools' own messages say it? */
static bool is_about_a_pool(const struct capacity *c) {
        return text_is_empty(c->environment.invalid) &&
               !text_equal(c->condition.reason, TEXT("OverCommitted")) &&
               c->condition.status != CONDITION_TRUE;
}

static int append_warnings(struct builder *b, const struct capacity *c, struct arena *arena) {
        const struct usage_list *used = &c->used;

        if (!text_is_empty(c->condition.message) && !is_about_a_pool(c))
                table_wrapped("- ", "  ", printable_text(c->condition.message, arena), b);
        for (size_t first = 0, end; first < used->n && used->items[first].sub_pool; first = end) {
                int r;

                for (end = first + 1; end < used->n; end++) {
                        if (!used->items[end].sub_pool ||
                            used->items[end].sub_pool->pool != used->items[first].sub_pool->pool)
                                break;
                }
                r = append_pool_warnings(b, c, first, end, arena);
                if (r < 0)
                        return r;
        }
        for (uint32_t i = 0; i < c->n_differences; i++)
                table_wrapped("- ", "  ", printable_text(c->differences[i], arena), b);
        return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

/* "4", or "0..4" where more may come. */
static struct text nodes_of(const struct usage *u, int64_t running, struct arena *arena) {
        int64_t most = u->sub_pool ? u->sub_pool->nodes : 0;

        if (!capacity_has_resource(u))
                return TEXT("-");
        if (running == most)
                return number(most, arena);
        return text_format(arena, "%lld..%lld", (long long)running, (long long)most);
}

static struct text memory_of(const struct usage *u, struct arena *arena) {
        if (!capacity_has_resource(u) || u->sub_pool->memory_bytes == UNKNOWN_BYTES)
                return TEXT("-");
        return quantity_format_bytes(u->sub_pool->memory_bytes, arena);
}

static struct row row_of(const struct usage *u, int64_t running, struct arena *arena) {
        struct text none = TEXT("-");
        struct text name = pool_name(u);

        return (struct row) {
                .cells = { [POOL] = printable_text(name, arena),
                           [PROFILE] = text_is_empty(u->mig_profile)
                                               ? none
                                               : printable_text(u->mig_profile, arena),
                           [RESOURCE] = capacity_has_resource(u)
                                                ? printable_text(u->sub_pool->resource_name, arena)
                                                : none,
                           [MEMORY] = memory_of(u, arena),
                           [NODES] = nodes_of(u, running, arena),
                           [TOTAL] = number(u->total, arena),
                           [USED] = number(u->used, arena),
                           [FREE] = number(u->free_units, arena) },
        };
}

static int append_environment(struct builder *b, const struct capacity *c, size_t width,
                              struct arena *arena) {
        struct row *rows = ARENA_ARRAY(arena, c->used.n + 1, struct row);
        struct table_columns columns = {
                .n = N_COLUMNS,
                .kinds = { [MEMORY] = COLUMNS_NUMBER,
                           [NODES] = COLUMNS_NUMBER,
                           [TOTAL] = COLUMNS_NUMBER,
                           [USED] = COLUMNS_NUMBER,
                           [FREE] = COLUMNS_NUMBER },
        };

        if (!rows)
                return -ENOMEM;
        rows[0] = (struct row) {
                .cells = { TEXT("POOL"), TEXT("MIG PROFILE"), TEXT("RESOURCE"), TEXT("MEMORY"),
                           TEXT("NODES"), TEXT("TOTAL"), TEXT("USED"), TEXT("FREE") },
        };
        for (size_t i = 0; i < c->used.n; i++)
                rows[i + 1] = row_of(&c->used.items[i], c->running ? c->running[i] : 0, arena);
        if (arena_failed(arena))
                return -ENOMEM;
        builder_text(b, text_is_empty(c->environment.name)
                                ? TEXT("(no name)")
                                : printable_text(c->environment.name, arena));
        builder_string(b, c->used.n > 0 ? "\n" : ": no pools\n");
        for (size_t i = 0; i <= c->used.n; i++)
                table_widen(&columns, rows[i].cells);
        table_fit(&columns, width);
        for (size_t i = 0; c->used.n > 0 && i <= c->used.n; i++)
                table_row(&columns, rows[i].cells, b);
        return append_warnings(b, c, arena);
}

/* Which steps' inputs say how pools are counted; nothing where there is none. */
static void append_inputs(struct builder *b, const struct capacity *fleet, size_t n,
                          struct arena *arena) {
        for (size_t i = 0; i < n; i++) {
                const struct input *input = fleet[i].input;
                bool told = !input || text_is_empty(input->composition);
                struct text sentence;

                for (size_t k = 0; k < i && !told; k++)
                        told = fleet[k].input == input;
                if (told)
                        continue;
                sentence =
                        text_format(arena, "Counted with the input of Composition %.*s, step %.*s.",
                                    TEXT_ARG(input->composition), TEXT_ARG(input->step));
                builder_char(b, '\n');
                builder_text(b, printable_text(sentence, arena));
                builder_char(b, '\n');
        }
}

int capacity_table(const struct capacity *fleet, size_t n, size_t width, struct arena *arena,
                   struct builder *b) {
        struct capacity_units sum = capacity_sum(fleet, n);

        for (size_t i = 0; i < n; i++) {
                int r;

                if (i > 0)
                        builder_char(b, '\n');
                r = append_environment(b, &fleet[i], width, arena);
                if (r < 0)
                        return r;
        }
        if (n > 1)
                builder_text(b,
                             text_format(arena,
                                         "\n%zu environments: %lld units, %lld used, %lld free\n",
                                         n, (long long)sum.total, (long long)sum.used,
                                         (long long)sum.free_units));
        append_inputs(b, fleet, n, arena);
        return arena_failed(arena) ? -ENOMEM : 0;
}
