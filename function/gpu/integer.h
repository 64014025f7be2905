/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integer - small linear programs in whole numbers, solved exactly
 *
 *      least cost x    where every row holds: sum of row[j] * x[j] >= row[n],
 *                      x is whole and not below 0, and no cost is below 0
 *
 * The dual simplex method on a tableau of integers with one common denominator:
 * no rounding anywhere. Branch and bound makes the values whole. Some dozens of
 * columns and rows are meant.
 */
#ifndef GPU_INTEGER_H
#define GPU_INTEGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct integer_program {
        size_t n; /* columns */
        const int64_t *costs;
        const int64_t *rows; /* n_rows of n + 1 numbers; the last one is the least sum */
        size_t n_rows;
};

struct integer_solution {
        int64_t *values; /* n of them; NULL: none was found */
        int64_t cost;    /* of them */
        int64_t bound;   /* no solution costs less; equal to cost unless the tries were spent */
};

/* Tableaus that are looked at before the best one so far is taken for what it is. */
enum { INTEGER_TRIES_MAX = 20000 };

/*
 * integer_solve() - the solution of least cost
 * @below: only one that costs less is looked for; INT64_MAX for any
 * @ret:   set on success; lives in the arena. Where no solution costs less than
 *         below, values is NULL and bound is below
 *
 * Errors: -ERANGE  a number does not fit 64 bits
 *         -ENOMEM
 */
int integer_solve(const struct integer_program *program, int64_t below, struct arena *arena,
                  struct integer_solution *ret);

#endif
