/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/memory.h"
#include "lib/sweep.h"
#include "wire/sort.h"

struct element {
        int key;
        size_t place;
};

static int compare(const void *a, const void *b) {
        const struct element *left = a, *right = b;

        return (left->key > right->key) - (left->key < right->key);
}

static void test_order_and_stability(void **state) {
        enum { MAX = 130 };
        struct element elements[MAX];
        uint32_t random = 1;

        (void)state;
        for (size_t n = 0; n <= MAX; n++) {
                for (size_t i = 0; i < n; i++) {
                        random = random * 1664525 + 1013904223;
                        elements[i] = (struct element) { .key = (int)(random >> 28), .place = i };
                }
                assert_int_equal(sort_stable(elements, n, sizeof(*elements), compare, &arena), 0);
                for (size_t i = 1; i < n; i++) {
                        assert_true(elements[i - 1].key <= elements[i].key);
                        if (elements[i - 1].key == elements[i].key)
                                assert_true(elements[i - 1].place < elements[i].place);
                }
        }
}

static void test_sorted_takes_no_memory(void **state) {
        struct element elements[] = { { 1, 0 }, { 1, 1 }, { 2, 2 } };

        (void)state;
        arena_reset(&arena, 0);
        assert_int_equal(sort_stable(elements, 3, sizeof(*elements), compare, &arena), 0);
        assert_int_equal(arena.used_bytes, 0);
}

static void test_out_of_memory(void **state) {
        struct element elements[] = { { 2, 0 }, { 1, 1 } }, before[2];

        (void)state;
        memcpy(before, elements, sizeof(before));
        sweep_arm(&arena, 1);
        assert_int_equal(sort_stable(elements, 2, sizeof(*elements), compare, &arena), -ENOMEM);
        assert_memory_equal(elements, before, sizeof(before));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order_and_stability),
                cmocka_unit_test(test_sorted_takes_no_memory),
                cmocka_unit_test(test_out_of_memory),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
