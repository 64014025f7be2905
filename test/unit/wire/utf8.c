/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "wire/utf8.h"

struct row {
        const char *name;
        struct text text;
        enum utf8 want;
};

/* clang-format off */
static const struct row rows[] = {
        { "nothing",                        TEXT_INIT(""),                     UTF8_GOOD },
        { "ASCII",                          TEXT_INIT("a"),                    UTF8_GOOD },
        { "all of ASCII's ends",            TEXT_INIT("\x01\x7f"),             UTF8_GOOD },
        { "two bytes, lowest and highest",  TEXT_INIT("\xc2\x80\xdf\xbf"),     UTF8_GOOD },
        { "three bytes, lowest",            TEXT_INIT("\xe0\xa0\x80"),         UTF8_GOOD },
        { "below the surrogates",           TEXT_INIT("\xed\x9f\xbf"),         UTF8_GOOD },
        { "above the surrogates",           TEXT_INIT("\xee\x80\x80"),         UTF8_GOOD },
        { "four bytes, lowest",             TEXT_INIT("\xf0\x90\x80\x80"),     UTF8_GOOD },
        { "four bytes, highest",            TEXT_INIT("\xf4\x8f\xbf\xbf"),     UTF8_GOOD },
        { "a follower alone",               TEXT_INIT("\x80"),                 UTF8_BROKEN },
        { "overlong two",                   TEXT_INIT("\xc1\xbf"),             UTF8_BROKEN },
        { "overlong NUL",                   TEXT_INIT("\xc0\x80"),             UTF8_BROKEN },
        { "overlong three",                 TEXT_INIT("\xe0\x9f\xbf"),         UTF8_BROKEN },
        { "overlong four",                  TEXT_INIT("\xf0\x8f\xbf\xbf"),     UTF8_BROKEN },
        { "lowest surrogate",               TEXT_INIT("\xed\xa0\x80"),         UTF8_BROKEN },
        { "above U+10FFFF",                 TEXT_INIT("\xf4\x90\x80\x80"),     UTF8_BROKEN },
        { "five bytes",                     TEXT_INIT("\xf8\x88\x80\x80\x80"), UTF8_BROKEN },
        { "cut after one of two",           TEXT_INIT("\xc3"),                 UTF8_BROKEN },
        { "cut after two of three",         TEXT_INIT("\xe2\x82"),             UTF8_BROKEN },
        { "cut after three of four",        TEXT_INIT("\xf0\x9f\x98"),         UTF8_BROKEN },
        { "second is no follower",          TEXT_INIT("\xc3" "a"),             UTF8_BROKEN },
        { "third is no follower",           TEXT_INIT("\xe2\x82" "a"),         UTF8_BROKEN },
        { "NUL",                            TEXT_INIT("\0"),                   UTF8_HAS_NUL },
        { "NUL at the end",                 TEXT_INIT("ab\0"),                 UTF8_HAS_NUL },
        { "NUL between two",                TEXT_INIT("a\0" "b"),             UTF8_HAS_NUL },
        { "0xff between two",               TEXT_INIT("a\xff" "b"),           UTF8_BROKEN },
        { "what comes first counts",        TEXT_INIT("\0\xff"),               UTF8_HAS_NUL },
};
/* clang-format on */

/* At every place of a text that is long enough for the eight bytes at once. */
static void test_rows(void **state) {
        char buffer[40];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                for (size_t before = 0; before <= 17; before++) {
                        for (size_t after = 0; after <= 9; after += 3) {
                                struct text t = { .data = buffer,
                                                  .len = before + rows[i].text.len + after };

                                memset(buffer, 'x', sizeof(buffer));
                                memcpy(buffer + before, rows[i].text.data, rows[i].text.len);
                                if (utf8_check(t) != rows[i].want)
                                        fail_msg("%s, behind %zu bytes", rows[i].name, before);
                        }
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
