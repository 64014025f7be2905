/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/printable.h"

/* clang-format off */
static const struct {
        const char *in, *want, *reason;
} rows[] = {
        { "",                             "",                          "" },
        { "not a \"label\" value",        "not a \"label\" value",     "" },
        { "back\\u202eslash",             "back\\u202eslash",          "an escape stays one" },
        { "Gr\xc3\xb6\xc3\x9f" "e",       "Gr\xc3\xb6\xc3\x9f" "e",    "any script" },
        { "\xe5\xa4\xa7\xf0\x9f\x98\x80", "\xe5\xa4\xa7\xf0\x9f\x98\x80", "" },
        { "\xd8\xa7\xdb\x9d",             "\xd8\xa7\xdb\x9d",          "U+06DD is seen" },
        { "a\nReady: True",               "a\\u000aReady: True",       "no second line" },
        { "\x1b[2J\t\x7f",                "\\u001b[2J\\u0009\\u007f",  "no terminal's commands" },
        { "p\xc2\x9b" "2J\xc2\xa0",       "p\\u009b2J\xc2\xa0",        "nor those of C1" },
        { "\xe2\x80\xae" "looP",          "\\u202elooP",               "a change of direction" },
        { "a\xe2\x81\xa6" "b\xe2\x81\xa9", "a\\u2066b\\u2069",         "" },
        { "a\xe2\x80\x8b" "b\xef\xbb\xbf", "a\\u200bb\\ufeff",         "nothing to see" },
        { "a\xe2\x80\xa8" "b\xe2\x80\xa7", "a\\u2028b\xe2\x80\xa7",    "lines in Unicode" },
        { "\xef\xbf\xbe\xef\xbf\xbd",     "\\ufffe\xef\xbf\xbd",        "no character" },
        { "\xf3\xa0\x81\x81!",            "\\U000e0041!",              "a tag" },
        { "a\xff" "b",                    "a\\xffb",                  "no UTF-8" },
        { "\xc3",                         "\\xc3",                    "cut" },
        { "\xc3(",                        "\\xc3(",                   "not followed" },
        { "\xc0\x80\xed\xa0\x80",        "\\xc0\\x80\\xed\\xa0\\x80", "overlong, a surrogate" },
        { "\xf4\x90\x80\x80\xf8",        "\\xf4\\x90\\x80\\x80\\xf8", "beyond the last" },
};
/* clang-format on */

static void test_rows(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text in = text_from(rows[i].in), out = printable_text(in, &arena);

                print_message("%s: %.*s\n", rows[i].want, TEXT_ARG(out));
                assert_true(text_equal(out, text_from(rows[i].want)));
                assert_true(text_equal(printable_text(out, &arena), out));
        }
        arena_release(&arena);
}

static void test_what_is_plain_is_not_copied(void **state) {
        struct text plain = TEXT("spec.serving[0].name: is required ~");
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        assert_ptr_equal(printable_text(plain, &arena).data, plain.data);
        assert_int_equal(arena.used_bytes, 0);
        arena_release(&arena);
}

/* Who cuts a text in the middle of a character gets no byte from behind it. */
static void test_cut(void **state) {
        static const char emoji[] = "\xf0\x9f\x98\x80";
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t len = 1; len < sizeof(emoji) - 1; len++) {
                struct text cut = text_copy(&arena, (struct text) { .data = emoji, .len = len });

                assert_true(printable_text(cut, &arena).len >= len);
        }
        arena_release(&arena);
}

static void test_spent(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 0);
        assert_true(text_is_empty(printable_text(TEXT("a\nb"), &arena)));
        assert_true(arena_failed(&arena));
        arena_release(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_what_is_plain_is_not_copied),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_spent),
        };

        return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
