/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep - fail every allocation once, one after the other
 *
 *      for (uint64_t n = 1;; n++) {
 *              sweep_arm(&arena, n);
 *              r = thing_read(..., &arena, ...);
 *              if (sweep_is_over(&arena, n, r))
 *                      break;
 *      }
 *
 * A function that was denied memory must say -ENOMEM; one that says anything
 * else has swallowed the failure.
 */
#ifndef TEST_LIB_SWEEP_H
#define TEST_LIB_SWEEP_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

/* sweep_arm() - allocation n from now on fails. */
static inline void sweep_arm(struct arena *arena, uint64_t n) {
        arena_reset(arena, SIZE_MAX);
        arena->countdown = n;
}

/* sweep_is_over() - were there fewer than n allocations? Asserts -ENOMEM otherwise. */
static inline bool sweep_is_over(const struct arena *arena, uint64_t n, int r) {
        if (!arena_failed(arena)) {
                assert_int_equal(r, 0);
                assert_true(n > 1);
                return true;
        }
        assert_int_equal(r, -ENOMEM);
        return false;
}

#endif
