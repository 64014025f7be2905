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

#include "base/arena.h"

/* sweep_arm() - empties the arena; allocation n from now on fails. n is 1 or more. */
void sweep_arm(struct arena *arena, uint64_t n);

/* sweep_is_over() - were there fewer than n allocations? Asserts -ENOMEM otherwise. */
bool sweep_is_over(struct arena *arena, uint64_t n, int r);

#endif
