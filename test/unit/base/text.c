/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"

static void test_compare(void **state) {
        static const struct {
                const char *a, *b;
                int order;
        } rows[] = {
                { "", "", 0 },    { "", "a", -1 }, { "a", "", 1 },          { "a", "b", -1 },
                { "ab", "a", 1 }, { "a", "A", 1 }, { "a", "\xc3\xa4", -1 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int order = text_compare(text_from(rows[i].a), text_from(rows[i].b));

                assert_int_equal((order > 0) - (order < 0), rows[i].order);
                assert_int_equal(text_equal(text_from(rows[i].a), text_from(rows[i].b)),
                                 rows[i].order == 0);
        }
        assert_true(text_equal_fold(TEXT("3G.40gb"), TEXT("3g.40GB")));
        assert_false(text_equal_fold(TEXT("3g.40gb"), TEXT("3g.40gb+me")));
        assert_false(text_equal_fold(TEXT("["), TEXT("{")));
}

static void test_find(void **state) {
        struct text t = TEXT("nvidia.com/mig-3g");

        (void)state;
        assert_true(text_starts_with(t, TEXT("nvidia.com/")));
        assert_false(text_starts_with(TEXT("nv"), t));
        assert_true(text_ends_with(t, TEXT("-3g")));
        assert_false(text_ends_with(TEXT("3g"), t));
        assert_true(text_contains(t, TEXT("com/mig")));
        assert_true(text_contains(t, TEXT("")));
        assert_false(text_contains(TEXT("ab"), TEXT("abc")));
        assert_int_equal(text_index(t, '/'), 10);
        assert_int_equal(text_index(t, '!'), t.len);
        assert_true(text_equal(text_slice(t, 11, 14), TEXT("mig")));
        assert_true(text_equal(text_slice(t, 11, 999), TEXT("mig-3g")));
        assert_int_equal(text_slice(t, 999, 5).len, 0);
        assert_int_equal(text_slice((struct text) { 0 }, 0, 5).len, 0);
        assert_true(text_equal(text_shown(TEXT("caf\xc3\xa9"), 5), TEXT("caf\xc3\xa9")));
        assert_true(text_equal(text_shown(TEXT("caf\xc3\xa9"), 4), TEXT("caf")));
        assert_true(text_equal(text_shown(TEXT("cafe"), 3), TEXT("caf")));
}

static void test_nearest(void **state) {
        static const struct text names[] = { TEXT_INIT("memoryPerGpu"), TEXT_INIT("name"),
                                             TEXT_INIT("value"), TEXT_INIT("valueFrom"),
                                             TEXT_INIT("names") };
        static const struct {
                const char *word, *meant;
        } rows[] = {
                { "memoryPerGPU", "memoryPerGpu" },
                { "memPerGpu", "" }, /* three are missing, and two are allowed */
                { "valeu", "value" },
                { "valuefrom", "valueFrom" },
                { "nam", "name" },
                { "namess", "names" }, /* nearer than name */
                { "vulae", "" },
                { "x", "" },
                { "memory", "memoryPerGpu" },
                { "mem", "memoryPerGpu" },
                { "me", "" },
                { "val", "" }, /* value and valueFrom */
                { "", "" },
                { "memoryPerGpumemoryPerGpumemoryPerGpumemoryPerGpumemoryPerGpumemory", "" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text nearest = text_nearest(text_from(rows[i].word), names,
                                                   sizeof(names) / sizeof(names[0]));

                assert_int_equal(nearest.len, strlen(rows[i].meant));
                assert_true(text_equal(nearest, text_from(rows[i].meant)));
        }
        assert_int_equal(text_nearest(TEXT("name"), names, 0).len, 0);
}

static void test_numbers(void **state) {
        static const char *const bad[] = { "",   "-1",  "+1", " 1",
                                           "1 ", "1.0", "a",  "18446744073709551616" };
        uint64_t number = 42;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_false(text_to_u64(text_from(bad[i]), &number));
                assert_int_equal(number, 42);
        }
        assert_true(text_to_u64(TEXT("18446744073709551615"), &number));
        assert_true(number == UINT64_MAX);
        assert_true(text_to_u64(TEXT("007"), &number));
        assert_int_equal(number, 7);
}

static void test_builder(void **state) {
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, 1 << 20);
        builder_init(&b, &arena);
        builder_string(&b, "a ");
        builder_i64(&b, INT64_MIN);
        builder_char(&b, ' ');
        builder_u64(&b, UINT64_MAX);
        builder_char(&b, ' ');
        builder_hex(&b, 0xabcdef12345678, 8);
        builder_json(&b, TEXT("q\"b\\n\n\x1f"
                              "\xc3\xa4"));
        assert_true(text_equal(builder_done(&b),
                               TEXT("a -9223372036854775808 18446744073709551615 "
                                    "12345678\"q\\\"b\\\\n\\u000a\\u001f\xc3\xa4\"")));
        arena_release(&arena);
}

/* A spent arena is found out at the end, and what was built so far is not handed out. */
static void test_builder_without_memory(void **state) {
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, 256);
        builder_init(&b, &arena);
        for (int i = 0; i < 1000; i++)
                builder_string(&b, "0123456789");
        assert_int_equal(builder_done(&b).len, 0);
        assert_true(arena_failed(&arena));
        arena_release(&arena);
}

static void test_copies(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 16);
        assert_true(text_equal(text_copy(&arena, TEXT("abc")), TEXT("abc")));
        assert_true(text_equal(
                text_join(&arena, (struct text[]) { TEXT("a"), { 0 }, TEXT("b") }, 3), TEXT("ab")));
        assert_true(text_equal(text_format(&arena, "%d-%s", 7, "x"), TEXT("7-x")));
        arena_release(&arena);
}

/* Names in clusters are made of it. */
static void test_hash_never_changes(void **state) {
        (void)state;
        assert_true(text_hash(TEXT_HASH_SEED, TEXT("")) == UINT64_C(0xcbf29ce484222325));
        assert_true(text_hash(TEXT_HASH_SEED, TEXT("a")) == UINT64_C(0xaf63dc4c8601ec8c));
        assert_true(text_hash(TEXT_HASH_SEED, TEXT("foobar")) == UINT64_C(0x85944171f73967e8));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_compare), cmocka_unit_test(test_find),
                cmocka_unit_test(test_nearest), cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_builder), cmocka_unit_test(test_builder_without_memory),
                cmocka_unit_test(test_copies),  cmocka_unit_test(test_hash_never_changes),
        };

        return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
