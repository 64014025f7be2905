/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_blocks_are_apart_and_aligned(void **state) {
        struct arena arena;
        char *blocks[200];

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < 200; i++) {
                blocks[i] = arena_alloc(&arena, i + 1);
                assert_non_null(blocks[i]);
                assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
                memset(blocks[i], (int)i, i + 1);
        }
        for (size_t i = 0; i < 200; i++) {
                for (size_t j = 0; j <= i; j++)
                        assert_int_equal((unsigned char)blocks[i][j], i);
        }
        assert_false(arena_failed(&arena));
        arena_release(&arena);
}

static void test_budget_is_kept(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 1000);
        assert_non_null(arena_alloc(&arena, 400));
        assert_non_null(arena_alloc(&arena, 400));
        assert_false(arena_failed(&arena));
        assert_null(arena_alloc(&arena, 400));
        assert_true(arena_failed(&arena));

        arena_reset(&arena, 1 << 20);
        assert_false(arena_failed(&arena));
        assert_non_null(arena_alloc(&arena, 800));
        assert_true(arena.peak_bytes >= 800);
        arena_release(&arena);
}

static void test_array_overflow_fails(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        assert_null(arena_array(&arena, SIZE_MAX / 2, 4));
        assert_true(arena_failed(&arena));
        arena_release(&arena);
}

static void test_zeroed(void **state) {
        struct arena arena;
        static const char zeros[64];

        (void)state;
        arena_init(&arena, 1 << 20);
        memset(arena_alloc(&arena, 64), 0xff, 64);
        arena_reset(&arena, 1 << 20);
        assert_memory_equal(arena_zalloc(&arena, 64), zeros, 64);
        assert_memory_equal(arena_array(&arena, 8, 8), zeros, 64);
        arena_release(&arena);
}

static void test_grow_keeps_bytes(void **state) {
        struct arena arena;
        char *block;

        (void)state;
        arena_init(&arena, 1 << 24);
        block = arena_alloc(&arena, 8);
        memcpy(block, "12345678", 8);
        for (size_t size = 8; size < 1 << 20; size *= 2) {
                if (size == 4096)
                        assert_non_null(arena_alloc(&arena, 1)); /* no longer the newest */
                block = arena_grow(&arena, block, size, size * 2);
                assert_non_null(block);
                assert_memory_equal(block, "12345678", 8);
                memset(block + size, 0xee, size);
        }
        block = arena_grow(&arena, NULL, 0, 16);
        assert_non_null(block);
        arena_release(&arena);
}

static void test_countdown_fails_one_allocation(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        arena.countdown = 2;
        assert_non_null(arena_alloc(&arena, 1));
        assert_null(arena_alloc(&arena, 1));
        assert_true(arena_failed(&arena));
        arena_reset(&arena, 0);
        assert_non_null(arena_alloc(&arena, 1));
        arena_release(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_blocks_are_apart_and_aligned),
                cmocka_unit_test(test_budget_is_kept),
                cmocka_unit_test(test_array_overflow_fails),
                cmocka_unit_test(test_zeroed),
                cmocka_unit_test(test_grow_keeps_bytes),
                cmocka_unit_test(test_countdown_fails_one_allocation),
        };

        return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
