/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/duration.h"

#define SECOND INT64_C(1000000000)
#define BAD INT64_C(-42)

struct row {
        const char *in;
        int64_t want; /* BAD: refused */
        const char *reason;
};

/* clang-format off */
static const struct row rows[] = {
        { "0",                    0,                    "the only number without a unit" },
        { "-0",                   0,                    "" },
        { "60s",                  60 * SECOND,          "" },
        { "1m30s",                90 * SECOND,          "" },
        { "1.5h",                 5400 * SECOND,        "" },
        { "2h45m30.5s",           9930 * SECOND + SECOND / 2, "" },
        { "100ms",                SECOND / 10,          "ms is not m and s" },
        { "10m",                  600 * SECOND,         "" },
        { "3us",                  3000,                 "" },
        { "3\xc2\xb5s",           3000,                 "the micro sign" },
        { "3\xce\xbcs",           3000,                 "the letter mu" },
        { "7ns",                  7,                    "" },
        { "0.4ns",                0,                    "below what can be told" },
        { ".5s",                  SECOND / 2,           "" },
        { "5.s",                  5 * SECOND,           "" },
        { "+5s",                  5 * SECOND,           "" },
        { "-5s",                  -5 * SECOND,          "" },
        { "1s1s",                 2 * SECOND,           "units may repeat" },
        { "0.333333333333333333s", 333333333,           "" },
        { "9223372036854775807ns", INT64_MAX,           "" },
        { "-9223372036854775808ns", INT64_MIN,          "" },
        { "9223372036854775808ns", BAD,                 "beyond 63 bits" },
        { "2562048h",             BAD,                  "beyond 292 years" },
        { "99999999999999999999s", BAD,                 "" },
        { "",                     BAD,                  "" },
        { "+",                    BAD,                  "" },
        { "60",                   BAD,                  "no unit" },
        { "s",                    BAD,                  "no number" },
        { ".s",                   BAD,                  "" },
        { "1d",                   BAD,                  "Go knows no days" },
        { "1 s",                  BAD,                  "" },
        { "1s ",                  BAD,                  "" },
        { "1m-30s",               BAD,                  "one sign, in front" },
        { "1e3s",                 BAD,                  "" },
};
/* clang-format on */

static void test_parse(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int64_t got = BAD;
                bool ok = duration_parse(text_from(rows[i].in), &got);

                print_message("\"%s\" %s\n", rows[i].in, rows[i].reason);
                assert_int_equal(ok, rows[i].want != BAD);
                assert_true(got == rows[i].want);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse) };

        return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
