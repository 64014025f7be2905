/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
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

/* From an empty arena, within a chunk, and over several. */
static void test_rewind_gives_back_what_came_since(void **state) {
        static const struct row {
                const char *name;
                size_t before, since; /* bytes */
        } rows[] = {
                { "nothing at all", 0, 0 },         { "nothing since", 100, 0 },
                { "nothing before", 0, 100 },       { "within a chunk", 100, 100 },
                { "a new chunk", 100, 100 * 1000 }, { "over a full one", 64 * 1024, 1 << 20 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct arena_mark mark;
                struct arena arena;
                char *before = NULL;
                size_t used, taken;

                arena_init(&arena, 1 << 24);
                if (row->before > 0)
                        before = memset(arena_alloc(&arena, row->before), 0xee, row->before);
                mark = arena_mark(&arena);
                used = arena.used_bytes;
                taken = arena.taken_bytes;
                for (size_t times = 0; times < 100; times++) {
                        if (row->since > 0)
                                memset(arena_alloc(&arena, row->since), 0x11, row->since);
                        assert_non_null(arena_alloc(&arena, 1));
                        arena_rewind(&arena, mark);
                        if (arena.used_bytes != used || arena.taken_bytes != taken)
                                fail_msg("%s: something is left", row->name);
                }
                assert_true(arena.peak_bytes >= row->before + row->since);
                for (size_t k = 0; k < row->before; k++)
                        assert_int_equal((unsigned char)before[k], 0xee);
                assert_non_null(memset(arena_alloc(&arena, 1 << 18), 0x22, 1 << 18));
                assert_false(arena_failed(&arena));
                arena_release(&arena);
        }
}

static void test_rewind_gives_the_same_memory_again(void **state) {
        struct arena_mark mark;
        struct arena arena;
        char *first;

        (void)state;
        arena_init(&arena, 1 << 20);
        assert_non_null(arena_alloc(&arena, 1));
        mark = arena_mark(&arena);
        first = arena_alloc(&arena, 1000);
        arena_rewind(&arena, mark);
        assert_ptr_equal(arena_alloc(&arena, 1000), first);
        arena_release(&arena);
}

/* One block outlives the scratch that it was made in; between chunks all does. */
static void test_keep(void **state) {
        static const struct row {
                const char *name;
                size_t scratch, block; /* bytes */
                bool moves;
        } rows[] = {
                { "behind scratch", 1000, 100, true },       { "larger than it", 16, 1000, true },
                { "nothing before it", 0, 100, true },       { "of no bytes", 100, 0, true },
                { "in another chunk", 100, 1 << 20, false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct arena_mark mark;
                struct arena arena;
                char *block, *kept;
                size_t used;

                arena_init(&arena, 1 << 24);
                assert_non_null(arena_alloc(&arena, 1));
                mark = arena_mark(&arena);
                used = arena.used_bytes;
                if (row->scratch > 0)
                        memset(arena_alloc(&arena, row->scratch), 0x11, row->scratch);
                block = arena_alloc(&arena, row->block);
                memset(block, 0xee, row->block);
                kept = arena_keep(&arena, mark, block, row->block);
                if (row->moves && (kept != mark.next || arena.used_bytes > used + row->block + 16))
                        fail_msg("%s: scratch is left", row->name);
                if (!row->moves && kept != block)
                        fail_msg("%s: it has moved", row->name);
                memset(arena_alloc(&arena, 100), 0x22, 100);
                for (size_t k = 0; k < row->block; k++)
                        assert_int_equal((unsigned char)kept[k], 0xee);
                assert_null(arena_keep(&arena, mark, NULL, 0));
                arena_release(&arena);
        }
}

/* Scratch does not hide that an allocation failed, nor which one is to fail next. */
static void test_rewind_keeps_failure_and_countdown(void **state) {
        struct arena_mark mark;
        struct arena arena;

        (void)state;
        arena_init(&arena, 1000);
        mark = arena_mark(&arena);
        assert_null(arena_alloc(&arena, 2000));
        arena_rewind(&arena, mark);
        assert_true(arena_failed(&arena));

        arena_reset(&arena, SIZE_MAX);
        mark = arena_mark(&arena);
        arena.countdown = 3;
        assert_non_null(arena_alloc(&arena, 1));
        assert_non_null(arena_alloc(&arena, 1));
        arena_rewind(&arena, mark);
        assert_int_equal(arena.countdown, 1);
        assert_null(arena_alloc(&arena, 1));
        assert_true(arena_failed(&arena));
        arena_release(&arena);
}

/* What the system has lent to this process; a sanitizer's allocator says nothing, but finds leaks.
 */
static size_t borrowed_bytes(void) {
        return mallinfo2().uordblks;
}

static void test_gives_all_chunks_back(void **state) {
        size_t before = borrowed_bytes();
        struct arena a;

        (void)state;
        arena_init(&a, SIZE_MAX);
        for (size_t round = 0; round < 3; round++) {
                for (size_t i = 0; i < 20; i++)
                        assert_non_null(arena_alloc(&a, 50 * 1000));
                arena_reset(&a, SIZE_MAX);
        }
        arena_release(&a);
        assert_int_equal(borrowed_bytes(), before);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_blocks_are_apart_and_aligned),
                cmocka_unit_test(test_budget_is_kept),
                cmocka_unit_test(test_array_overflow_fails),
                cmocka_unit_test(test_zeroed),
                cmocka_unit_test(test_grow_keeps_bytes),
                cmocka_unit_test(test_countdown_fails_one_allocation),
                cmocka_unit_test(test_rewind_gives_back_what_came_since),
                cmocka_unit_test(test_rewind_gives_the_same_memory_again),
                cmocka_unit_test(test_rewind_keeps_failure_and_countdown),
                cmocka_unit_test(test_keep),
                cmocka_unit_test(test_gives_all_chunks_back),
        };

        return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
