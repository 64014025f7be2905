/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/sweep.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void sweep_arm(struct arena *arena, uint64_t n) {
        arena_reset(arena, SIZE_MAX);
        arena->countdown = n;
}

bool sweep_is_over(struct arena *arena, uint64_t n, int r) {
        if (!arena_failed(arena)) {
                assert_int_equal(r, 0);
                assert_true(n > 1);
                arena->countdown = 0; /* of what comes after the sweep none is denied */
                return true;
        }
        assert_int_equal(r, -ENOMEM);
        return false;
}
