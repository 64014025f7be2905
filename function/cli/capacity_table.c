/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/arena.h"
#include "base/printable.h"
#include "cli/capacity_table.h"
#include "cli/table.h"
#include "inventory/inventory.h"

/* ---- cells ----------------------------------------------------------------------------------- */

enum column { POOL, PROFILE, RESOURCE, TOTAL, USED, FREE, N_COLUMNS };

struct row {
        struct text cells[N_COLUMNS];
        const struct usage *used; /* NULL: the head */
};

static struct text number(int64_t n, struct arena *arena) {
        return text_format(arena, "%lld", (long long)n);
}

/* ---- bars ------------------------------------------------------------------------------------ */

enum { BAR_COLUMNS = 60 };

#define COLOUR_GREEN "\033[32m"
#define COLOUR_YELLOW "\033[33m"
#define COLOUR_RED "\033[31m"
#define COLOUR_OFF "\033[0m"

/* Full, or more used than there is: red; at least four fifths: yellow. */
static const char *colour_of(const struct usage *u) {
        if (u->free_units == 0)
                return COLOUR_RED;
        return u->used / 4 >= u->free_units ? COLOUR_YELLOW : COLOUR_GREEN;
}

static int64_t filled_columns(const struct usage *u) {
        double share = u->total > 0 ? (double)u->used / (double)u->total : u->used > 0;
        int64_t filled = share < 1 ? (int64_t)(share * BAR_COLUMNS) : BAR_COLUMNS;

        return u->used > 0 && filled == 0 ? 1 : filled;
}

static void append_bar(struct builder *b, const struct usage *u, struct capacity_style style) {
        int64_t filled = filled_columns(u);
        double percent = u->total > 0 ? 100 * (double)u->used / (double)u->total : 0;

        builder_string(b, "  [");
        if (style.colours)
                builder_string(b, colour_of(u));
        for (int64_t i = 0; i < filled; i++)
                builder_char(b, '#');
        if (style.colours)
                builder_string(b, COLOUR_OFF);
        for (int64_t i = filled; i < BAR_COLUMNS; i++)
                builder_char(b, '.');
        builder_string(b, "]");
        if (u->total > 0 && percent < 10000) {
                builder_char(b, ' ');
                builder_i64(b, (int64_t)percent);
                builder_char(b, '%');
        }
        builder_char(b, '\n');
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
                        const struct text parts[] = { TEXT("pool "), c->used.items[s].pool,
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
        return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct row row_of(const struct usage *u, struct arena *arena) {
        struct text none = TEXT("-");
        struct text name =
                text_is_empty(u->pool) && u->sub_pool ? u->sub_pool->pool->path : u->pool;

        return (struct row) {
                .cells = { [POOL] = printable_text(name, arena),
                           [PROFILE] = text_is_empty(u->mig_profile)
                                               ? none
                                               : printable_text(u->mig_profile, arena),
                           [RESOURCE] = capacity_has_resource(u)
                                                ? printable_text(u->sub_pool->resource_name, arena)
                                                : none,
                           [TOTAL] = number(u->total, arena),
                           [USED] = number(u->used, arena),
                           [FREE] = number(u->free_units, arena) },
                .used = u,
        };
}

static int append_environment(struct builder *b, const struct capacity *c,
                              struct capacity_style style, struct arena *arena) {
        struct row *rows = ARENA_ARRAY(arena, c->used.n + 1, struct row);
        struct table_columns columns = {
                .n = N_COLUMNS,
                .kinds = { [TOTAL] = COLUMNS_NUMBER,
                           [USED] = COLUMNS_NUMBER,
                           [FREE] = COLUMNS_NUMBER },
        };

        if (!rows)
                return -ENOMEM;
        rows[0] = (struct row) {
                .cells = { TEXT("POOL"), TEXT("MIG PROFILE"), TEXT("RESOURCE"), TEXT("TOTAL"),
                           TEXT("USED"), TEXT("FREE") },
        };
        for (size_t i = 0; i < c->used.n; i++)
                rows[i + 1] = row_of(&c->used.items[i], arena);
        if (arena_failed(arena))
                return -ENOMEM;
        builder_text(b, printable_text(c->environment.name, arena));
        builder_string(b, c->used.n > 0 ? "\n" : ": no pools\n");
        for (size_t i = 0; i <= c->used.n; i++)
                table_widen(&columns, rows[i].cells);
        table_fit(&columns, COLUMNS_WIDTH);
        for (size_t i = 0; c->used.n > 0 && i <= c->used.n; i++) {
                table_row(&columns, rows[i].cells, b);
                if (style.bars && rows[i].used && (rows[i].used->total | rows[i].used->used))
                        append_bar(b, rows[i].used, style);
        }
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

int capacity_table(const struct capacity *fleet, size_t n, struct capacity_style style,
                   struct arena *arena, struct builder *b) {
        struct capacity_units sum = capacity_sum(fleet, n);

        for (size_t i = 0; i < n; i++) {
                int r;

                if (i > 0)
                        builder_char(b, '\n');
                r = append_environment(b, &fleet[i], style, arena);
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
