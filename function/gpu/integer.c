/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/integer.h"

#include <errno.h>

#include "base/arena.h"
#include "base/quantity.h"

/*
 * Row i says: what is basic there = (cell[i][n] - sum of cell[i][j] * what is free
 * in column j) / scale. Row 0 is the cost, with the sign turned. What is free is 0.
 *
 * Pivots keep every cell whole: a cell is a minor of the first tableau, and scale
 * is one too (Edmonds; Bareiss for determinants).
 */
struct tableau {
        size_t n, n_rows, cap_rows; /* n_rows with row 0 */
        int64_t scale;              /* above 0 */
        int64_t *cells;             /* cap_rows of n + 1 */
        size_t *basic;              /* of each row: a column of the program, or n and more: a row */
        size_t *outside;            /* of each column: what is free there */
};

struct search {
        struct arena *arena;
        int64_t *values; /* of the best so far */
        bool is_found;
        int64_t below;      /* what the best so far costs, or what was asked for */
        int64_t open_bound; /* the least bound of what was not looked into */
        size_t n_tries;
};

static int64_t *row_of(const struct tableau *t, size_t row) {
        return t->cells + row * (t->n + 1);
}

static int make_tableau(size_t n, size_t cap_rows, struct arena *arena, struct tableau *ret) {
        *ret = (struct tableau) {
                .n = n,
                .cap_rows = cap_rows,
                .scale = 1,
                .cells = ARENA_ARRAY(arena, cap_rows * (n + 1), int64_t),
                .basic = ARENA_ARRAY(arena, cap_rows, size_t),
                .outside = ARENA_ARRAY(arena, n, size_t),
        };
        return ret->cells && ret->basic && ret->outside ? 0 : -ENOMEM;
}

/* A copy with room for one more row. */
static int copy_tableau(const struct tableau *from, struct arena *arena, struct tableau *ret) {
        int r = make_tableau(from->n, from->n_rows + 1, arena, ret);

        if (r < 0)
                return r;
        ret->n_rows = from->n_rows;
        ret->scale = from->scale;
        memcpy(ret->cells, from->cells, from->n_rows * (from->n + 1) * sizeof(*from->cells));
        memcpy(ret->basic, from->basic, from->n_rows * sizeof(*from->basic));
        if (from->n > 0)
                memcpy(ret->outside, from->outside, from->n * sizeof(*from->outside));
        return 0;
}

/* What divides every cost, and so the cost of every solution. */
static int64_t unit_of(const struct integer_program *p) {
        int64_t unit = 0;

        for (size_t j = 0; j < p->n; j++) {
                int64_t a = p->costs[j];

                while (a > 0) {
                        int64_t rest = unit % a;

                        unit = a;
                        a = rest;
                }
        }
        return unit > 0 ? unit : 1;
}

static int first_tableau(const struct integer_program *p, int64_t unit, struct arena *arena,
                         struct tableau *ret) {
        int r = make_tableau(p->n, p->n_rows + 1, arena, ret);

        if (r < 0)
                return r;
        for (size_t j = 0; j < p->n; j++) {
                ret->cells[j] = p->costs[j] / unit;
                ret->outside[j] = j;
        }
        for (size_t i = 0; i < p->n_rows; i++) {
                int64_t *row = row_of(ret, i + 1);

                for (size_t j = 0; j <= p->n; j++)
                        row[j] = -p->rows[i * (p->n + 1) + j];
                ret->basic[i + 1] = p->n + i;
        }
        ret->n_rows = p->n_rows + 1;
        return 0;
}

/* (a * p - b * c) / scale, which leaves no rest. */
static bool eliminate(int64_t *cell, int64_t p, int64_t b, int64_t c, int64_t scale) {
        int128 number = (int128)*cell * p - (int128)b * c;

        if (number >= INT64_MIN && number <= INT64_MAX) {
                *cell = (int64_t)number / scale;
                return true;
        }
        number /= scale;
        if (number < -INT64_MAX || number > INT64_MAX)
                return false;
        *cell = (int64_t)number;
        return true;
}

static int pivot(struct tableau *t, size_t at_row, size_t at_column) {
        int64_t *chosen = row_of(t, at_row), p = chosen[at_column];
        size_t left = t->basic[at_row];

        for (size_t i = 0; i < t->n_rows; i++) {
                int64_t *row = row_of(t, i), factor = row[at_column];

                if (i == at_row)
                        continue;
                for (size_t j = 0; j <= t->n; j++) {
                        if (j != at_column && !eliminate(&row[j], p, factor, chosen[j], t->scale))
                                return -ERANGE;
                }
                row[at_column] = -factor;
        }
        chosen[at_column] = t->scale;
        t->scale = p;
        if (p < 0) {
                for (size_t i = 0; i < t->n_rows * (t->n + 1); i++)
                        t->cells[i] = -t->cells[i];
                t->scale = -p;
        }
        t->basic[at_row] = t->outside[at_column];
        t->outside[at_column] = left;
        return 0;
}

/* A row whose value is below 0; 0: there is none. */
static size_t leaving_row(const struct tableau *t, bool is_careful) {
        size_t found = 0;

        for (size_t i = 1; i < t->n_rows; i++) {
                int64_t value = row_of(t, i)[t->n];

                if (value >= 0)
                        continue;
                if (found == 0 ||
                    (is_careful ? t->basic[i] < t->basic[found] : value < row_of(t, found)[t->n]))
                        found = i;
        }
        return found;
}

/* The column whose cost per unit is least; n: the row can never hold. */
static size_t entering_column(const struct tableau *t, size_t at_row) {
        const int64_t *row = row_of(t, at_row), *costs = row_of(t, 0);
        size_t found = t->n;

        for (size_t j = 0; j < t->n; j++) {
                int128 mine, least;

                if (row[j] >= 0)
                        continue;
                if (found == t->n) {
                        found = j;
                        continue;
                }
                mine = (int128)costs[j] * -row[found];
                least = (int128)costs[found] * -row[j];
                if (mine < least || (mine == least && t->outside[j] < t->outside[found]))
                        found = j;
        }
        return found;
}

/* Least index first never goes in a circle, but is slow: only when many pivots did not do. */
enum { QUICK_PIVOTS = 200 };

/* Errors: -ENOENT  no solution, -ERANGE */
static int optimize(struct tableau *t) {
        for (size_t n_pivots = 0;; n_pivots++) {
                size_t row = leaving_row(t, n_pivots > QUICK_PIVOTS), column;
                int r;

                if (row == 0)
                        return 0;
                column = entering_column(t, row);
                if (column == t->n)
                        return -ENOENT;
                r = pivot(t, row, column);
                if (r < 0)
                        return r;
        }
}

/* The cost of the tableau, rounded up: costs are whole, so no whole solution in it is below. */
static int64_t bound_of(const struct tableau *t) {
        int64_t cost = -row_of(t, 0)[t->n];

        return cost / t->scale + (cost % t->scale > 0 ? 1 : 0);
}

/* The row of a column of the program whose value is nearest to a half; 0: all are whole. */
static size_t broken_row(const struct tableau *t) {
        int64_t least = INT64_MAX;
        size_t found = 0;

        for (size_t i = 1; i < t->n_rows; i++) {
                int64_t rest = row_of(t, i)[t->n] % t->scale, from_half;

                if (t->basic[i] >= t->n || rest == 0)
                        continue;
                from_half =
                        rest > t->scale - rest ? rest - (t->scale - rest) : t->scale - rest - rest;
                if (from_half < least || (from_half == least && t->basic[i] < t->basic[found])) {
                        least = from_half;
                        found = i;
                }
        }
        return found;
}

/* One more row: the value of a row is at most its whole part, or at least the next number. */
static int add_limit(struct tableau *t, size_t of_row, bool is_least) {
        const int64_t *row = row_of(t, of_row);
        int64_t *limit = row_of(t, t->n_rows), whole = row[t->n] / t->scale;
        int64_t sum;

        for (size_t j = 0; j < t->n; j++)
                limit[j] = is_least ? row[j] : -row[j];
        if (__builtin_mul_overflow(is_least ? whole + 1 : whole, t->scale, &sum))
                return -ERANGE;
        limit[t->n] = is_least ? row[t->n] - sum : sum - row[t->n];
        /* Rows of the program come first, then limits: each name is used once on a path. */
        t->basic[t->n_rows] = t->n + t->n_rows;
        t->n_rows++;
        return 0;
}

/*
 * One more row: Gomory's. The values that are not whole in a row say how much of what
 * is outside a whole solution has at least; row 0 counts, because costs are whole.
 */
static void add_cut(struct tableau *t, size_t of_row) {
        const int64_t *row = row_of(t, of_row);
        int64_t *cut = row_of(t, t->n_rows);

        for (size_t j = 0; j <= t->n; j++) {
                int64_t rest = row[j] % t->scale;

                cut[j] = rest < 0 ? -(rest + t->scale) : -rest;
        }
        t->basic[t->n_rows] = t->n + t->n_rows;
        t->n_rows++;
}

/* The cost when that is not whole, else the row nearest to a half; 0 and *ret false: none. */
static size_t row_to_cut(const struct tableau *t, bool *ret) {
        size_t row = 0;

        *ret = row_of(t, 0)[t->n] % t->scale != 0;
        if (!*ret) {
                row = broken_row(t);
                *ret = row > 0;
        }
        return row;
}

/* Rounds of cuts before the search; with more of them numbers grow more than bounds do. */
enum { CUTS_MAX = 40 };
#define CUT_SCALE_MAX (INT64_C(1) << 40)

/* Cuts while they can be made in 64 bits; *t is optimal, and -ENOENT says it has no solution. */
static int cut_off(struct tableau *t, struct arena *arena) {
        int r = optimize(t);

        for (int n = 0; r == 0 && n < CUTS_MAX; n++) {
                struct tableau next;
                bool is_broken;
                size_t row = row_to_cut(t, &is_broken);

                if (!is_broken)
                        return 0;
                r = copy_tableau(t, arena, &next);
                if (r < 0)
                        return r;
                add_cut(&next, row);
                r = optimize(&next);
                if (r == -ERANGE || next.scale > CUT_SCALE_MAX)
                        return 0;
                if (r == 0)
                        *t = next;
        }
        return r;
}

static void keep(struct search *s, const struct tableau *t) {
        for (size_t j = 0; j < t->n; j++)
                s->values[j] = 0;
        for (size_t i = 1; i < t->n_rows; i++) {
                if (t->basic[i] < t->n)
                        s->values[t->basic[i]] = row_of(t, i)[t->n] / t->scale;
        }
        s->below = bound_of(t);
        s->is_found = true;
}

static int search_from(struct search *s, struct tableau *t);

static int search_side(struct search *s, const struct tableau *t, size_t row, bool is_least) {
        struct arena_mark mark = arena_mark(s->arena);
        struct tableau side;
        int r = copy_tableau(t, s->arena, &side);

        if (r == 0)
                r = add_limit(&side, row, is_least);
        if (r == 0)
                r = search_from(s, &side);
        arena_rewind(s->arena, mark);
        return r;
}

static int search_from(struct search *s, struct tableau *t) {
        size_t row;
        int r = optimize(t);

        if (r == -ENOENT)
                return 0;
        if (r < 0 || bound_of(t) >= s->below)
                return r;
        row = broken_row(t);
        if (row == 0) {
                keep(s, t);
                return 0;
        }
        if (s->n_tries++ >= INTEGER_TRIES_MAX) {
                if (bound_of(t) < s->open_bound)
                        s->open_bound = bound_of(t);
                return 0;
        }
        r = search_side(s, t, row, true);
        return r < 0 ? r : search_side(s, t, row, false);
}

int integer_solve(const struct integer_program *program, int64_t below, struct arena *arena,
                  struct integer_solution *ret) {
        int64_t unit = unit_of(program);
        struct search search = {
                .arena = arena,
                .values = ARENA_ARRAY(arena, program->n, int64_t), /* before what is rewound */
                .below = below == INT64_MAX ? below : below / unit + (below % unit > 0),
                .open_bound = INT64_MAX,
        };
        struct tableau t;
        int r = search.values ? first_tableau(program, unit, arena, &t) : -ENOMEM;

        if (r == 0)
                r = cut_off(&t, arena);
        if (r == 0)
                r = search_from(&search, &t);
        if (r < 0 && r != -ENOENT)
                return r;
        if (search.open_bound > search.below)
                search.open_bound = search.below;
        ret->values = search.is_found ? search.values : NULL;
        ret->cost = search.is_found ? search.below * unit : below;
        ret->bound = search.open_bound < INT64_MAX ? search.open_bound * unit : below;
        return 0;
}
