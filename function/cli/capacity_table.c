/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/arena.h"
#include "cli/capacity_report.h"
#include "inventory/inventory.h"

/* ---- cells ----------------------------------------------------------------------------------- */

enum column { POOL, PROFILE, RESOURCE, TOTAL, USED, FREE, N_COLUMNS };
enum { GAP = 2, TEXT_COLUMN_MIN = 8, NUMBER_COLUMNS = TOTAL };

struct row {
        struct text cells[N_COLUMNS];
        const struct used *used; /* NULL: the head */
};

/* Characters, not bytes: those that continue one do not count. */
static size_t width_of(struct text t) {
        size_t n = 0;

        for (size_t i = 0; i < t.len; i++)
                n += (t.data[i] & 0xc0) != 0x80;
        return n;
}

/* A name that could move the cursor would draw another table. */
static struct text printable(struct text t, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < t.len; i++) {
                unsigned char c = (unsigned char)t.data[i];
                bool c1 = c == 0xc2 && i + 1 < t.len && (unsigned char)t.data[i + 1] < 0xa0;

                builder_char(&b, c < 0x20 || c == 0x7f || c1 ? '?' : t.data[i]);
                i += c1;
        }
        return builder_done(&b);
}

static struct text number(int64_t n, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_i64(&b, n);
        return builder_done(&b);
}

static void append_spaces(struct builder *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                builder_char(b, ' ');
}

/* The cell in so many columns; one that is too long loses its middle: both ends tell names apart.
 */
static void append_cut(struct builder *b, struct text t, size_t width) {
        size_t have = width_of(t), head = width / 2 - 1, tail = have - (width - head - 2), at = 0;

        if (have <= width) {
                builder_text(b, t);
                return;
        }
        for (size_t i = 0; i < t.len; i++) {
                at += (t.data[i] & 0xc0) != 0x80;
                if (at <= head || at > tail)
                        builder_char(b, t.data[i]);
                else if (at == head + 1 && (t.data[i] & 0xc0) != 0x80)
                        builder_string(b, "..");
        }
}

static void append_row(struct builder *b, const struct row *row, const size_t *widths) {
        for (size_t c = 0; c < N_COLUMNS; c++) {
                size_t width = width_of(row->cells[c]);
                size_t pad = width < widths[c] ? widths[c] - width : 0;

                if (c > 0)
                        append_spaces(b, GAP);
                if (c >= NUMBER_COLUMNS)
                        append_spaces(b, pad);
                append_cut(b, row->cells[c], widths[c]);
                if (c < NUMBER_COLUMNS)
                        append_spaces(b, pad);
        }
        builder_char(b, '\n');
}

/* As wide as the widest cell; together at most 80, at the cost of the widest texts. */
static void fit(const struct row *rows, size_t n, size_t *widths) {
        size_t sum = GAP * (N_COLUMNS - 1);

        for (size_t c = 0; c < N_COLUMNS; c++) {
                widths[c] = 0;
                for (size_t i = 0; i < n; i++) {
                        size_t width = width_of(rows[i].cells[c]);

                        if (width > widths[c])
                                widths[c] = width;
                }
                sum += widths[c];
        }
        while (sum > CAPACITY_COLUMNS) {
                size_t widest = POOL;

                for (size_t c = POOL; c < NUMBER_COLUMNS; c++) {
                        if (widths[c] > widths[widest])
                                widest = c;
                }
                if (widths[widest] <= TEXT_COLUMN_MIN)
                        break;
                widths[widest]--;
                sum--;
        }
}

/* ---- bars ------------------------------------------------------------------------------------ */

enum { BAR_COLUMNS = 60 };

#define COLOUR_GREEN "\033[32m"
#define COLOUR_YELLOW "\033[33m"
#define COLOUR_RED "\033[31m"
#define COLOUR_OFF "\033[0m"

/* Full, or more used than there is: red; at least four fifths: yellow. */
static const char *colour_of(const struct used *u) {
        if (u->free_units == 0)
                return COLOUR_RED;
        return u->used / 4 >= u->free_units ? COLOUR_YELLOW : COLOUR_GREEN;
}

static int64_t filled_columns(const struct used *u) {
        double share = u->total > 0 ? (double)u->used / (double)u->total : u->used > 0;
        int64_t filled = share < 1 ? (int64_t)(share * BAR_COLUMNS) : BAR_COLUMNS;

        return u->used > 0 && filled == 0 ? 1 : filled;
}

static void append_bar(struct builder *b, const struct used *u, struct capacity_style style) {
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

/* Words in lines of at most 80 columns, those after the first further in. */
static void append_wrapped(struct builder *b, struct text t) {
        size_t column = 2;

        builder_string(b, "- ");
        while (t.len > 0) {
                size_t end = text_index(t, ' ');
                struct text word = text_slice(t, 0, end);
                size_t width = width_of(word);

                if (column > 2 && column + 1 + width > CAPACITY_COLUMNS) {
                        builder_string(b, "\n  ");
                        column = 2;
                } else if (column > 2) {
                        builder_char(b, ' ');
                        column++;
                }
                builder_text(b, word);
                column += width;
                t = text_slice(t, end < t.len ? end + 1 : end, t.len);
        }
        builder_char(b, '\n');
}

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
                int err = inventory_messages(c->used.items[s].sub_pool, arena, &messages, &n);

                if (err < 0)
                        return err;
                for (size_t i = 0; i < n; i++) {
                        const struct text parts[] = { TEXT("pool "), c->used.items[s].pool,
                                                      TEXT(": "), messages[i] };

                        if (!is_before(told, n_told, messages[i]))
                                append_wrapped(b, printable(text_join(arena, parts, 4), arena));
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
        const struct used_list *used = &c->used;

        if (!text_is_empty(c->condition.message) && !is_about_a_pool(c))
                append_wrapped(b, printable(c->condition.message, arena));
        for (size_t first = 0, end; first < used->n && used->items[first].sub_pool; first = end) {
                int err;

                for (end = first + 1; end < used->n; end++) {
                        if (!used->items[end].sub_pool ||
                            used->items[end].sub_pool->pool != used->items[first].sub_pool->pool)
                                break;
                }
                err = append_pool_warnings(b, c, first, end, arena);
                if (err < 0)
                        return err;
        }
        return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct row row_of(const struct used *u, struct arena *arena) {
        struct text none = TEXT("-");
        struct text name =
                text_is_empty(u->pool) && u->sub_pool ? u->sub_pool->pool->path : u->pool;

        return (struct row) {
                .cells = { [POOL] = printable(name, arena),
                           [PROFILE] = text_is_empty(u->mig_profile)
                                               ? none
                                               : printable(u->mig_profile, arena),
                           [RESOURCE] = capacity_has_resource(u)
                                                ? printable(u->sub_pool->resource_name, arena)
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
        size_t widths[N_COLUMNS];

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
        builder_text(b, printable(c->environment.name, arena));
        builder_string(b, c->used.n > 0 ? "\n" : ": no pools\n");
        fit(rows, c->used.n + 1, widths);
        for (size_t i = 0; c->used.n > 0 && i <= c->used.n; i++) {
                append_row(b, &rows[i], widths);
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
                builder_text(b, printable(sentence, arena));
                builder_char(b, '\n');
        }
}

int capacity_table(const struct capacity *fleet, size_t n, struct capacity_style style,
                   struct arena *arena, struct builder *b) {
        struct capacity_units sum = capacity_sum(fleet, n);

        for (size_t i = 0; i < n; i++) {
                int err;

                if (i > 0)
                        builder_char(b, '\n');
                err = append_environment(b, &fleet[i], style, arena);
                if (err < 0)
                        return err;
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
