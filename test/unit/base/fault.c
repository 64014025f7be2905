/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fault.h"

static void test_text(void **state) {
        struct arena arena;
        struct fault fault;

        (void)state;
        arena_init(&arena, 1 << 16);
        fault_at(&fault, "spec.name", "not a name: %d", 7);
        assert_true(text_equal(fault_text(&fault, &arena), TEXT("spec.name: not a name: 7")));
        fault_set(&fault, "no path");
        assert_true(text_equal(fault_text(&fault, &arena), TEXT("no path")));
        arena_release(&arena);
}

static void test_under(void **state) {
        static const struct {
                const char *path, *prefix, *want;
        } rows[] = {
                { "model", "spec", "spec.model" },
                { "[0]", "pools", "pools[0]" },
                { "", "spec", "spec" },
                { "a.b", "", "a.b" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fault fault;

                fault_at(&fault, rows[i].path, "x");
                fault_under(&fault, "%s", rows[i].prefix);
                assert_string_equal(fault.path, rows[i].want);
        }
}

/* Both parts are cut where they are full, never inside of a character. */
static void test_cut_on_a_border(void **state) {
        char long_text[1000];
        struct fault fault;

        (void)state;
        for (size_t shift = 0; shift < 3; shift++) {
                memset(long_text, 'x', sizeof(long_text));
                for (size_t i = shift; i + 3 < sizeof(long_text); i += 3)
                        memcpy(long_text + i, "\xe2\x82\xac", 3); /* the euro sign */
                long_text[sizeof(long_text) - 1] = '\0';
                fault_at(&fault, long_text, "%s", long_text);
                assert_in_range(strlen(fault.path), FAULT_PATH_MAX - 3, FAULT_PATH_MAX - 1);
                assert_int_equal((strlen(fault.path) - shift) % 3, 0);
                assert_in_range(strlen(fault.message), FAULT_MESSAGE_MAX - 3,
                                FAULT_MESSAGE_MAX - 1);
                assert_int_equal((strlen(fault.message) - shift) % 3, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_under),
                cmocka_unit_test(test_cut_on_a_border),
        };

        return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
