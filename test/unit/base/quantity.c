/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/quantity.h"

/* The value as a decimal number of nano units; NULL: refused. */
struct row {
        const char *in;
        const char *nano;
        const char *reason;
};

#define CAP "9223372036854775807000000000"

/*
 * What Kubernetes makes of each is what k8s.io/apimachinery v0.34.1's
 * ParseQuantity answered, decimal values capped at 2^63-1 as quantity.h says.
 */
/* clang-format off */
static const struct row rows[] = {
        { "0",                      "0",                        "" },
        { "1",                      "1000000000",               "" },
        { "+1",                     "1000000000",               "a sign" },
        { "-1",                     "-1000000000",              "" },
        { "007",                    "7000000000",               "leading zeros" },
        { "1n",                     "1",                        "the smallest" },
        { "1u",                     "1000",                     "" },
        { "500m",                   "500000000",                "" },
        { "2k",                     "2000000000000",            "" },
        { "2M",                     "2000000000000000",         "" },
        { "2G",                     "2000000000000000000",      "" },
        { "2T",                     "2000000000000000000000",   "" },
        { "2P",                     "2000000000000000000000000", "" },
        { "2E",                     "2000000000000000000000000000", "E with nothing behind it is exa" },
        { "2Ki",                    "2048000000000",            "" },
        { "2Mi",                    "2097152000000000",         "" },
        { "40Gi",                   "42949672960000000000",     "" },
        { "39.5Gi",                 "42412802048000000000",     "" },
        { "2Ti",                    "2199023255552000000000",   "" },
        { "2Pi",                    "2251799813685248000000000", "" },
        { "2Ei",                    "2305843009213693952000000000", "" },
        { "1e3",                    "1000000000000",            "an exponent" },
        { "1E3",                    "1000000000000",            "E with a number behind it" },
        { "1E-3",                   "1000000",                  "" },
        { "1e+3",                   "1000000000000",            "" },
        { "12.5e1",                 "125000000000",             "" },
        { "1e4294967299",           "1000000000000",            "upstream keeps 32 bits of it" },
        { "1e9223372036854775807",  "100000000",                "the same: -1" },
        { "1e9223372036854775808",  NULL,                       "beyond 64 bits" },
        { ".5",                     "500000000",                "" },
        { "5.",                     "5000000000",               "" },
        { "-.5",                    "-500000000",               "" },
        { "0.5n",                   "1",                        "away from zero" },
        { "-0.5n",                  "-1",                       "away from zero" },
        { "1.0000000001",           "1000000001",               "" },
        { "1e-40",                  "1",                        "tiny is not nothing" },
        { "0e-40",                  "0",                        "nothing is" },
        { "0.0000000001Ki",         "103",                      "102.4 rounded up" },
        { "1.00000000000000000000000000001Gi", "1073741824000000001", "29 places" },
        { "0.00000000000000000000000000001Ei", "1",              "29 places" },
        { "8Ei",                    CAP,                        "2^63 is one too many" },
        { "-8Ei",                   "-" CAP,                    "" },
        { "7.9999Ei",               "9223256744704315123302400000", "below the cap" },
        { "9223372036854775807",    CAP,                        "" },
        { "9223372036854775808",    CAP,                        "upstream keeps it" },
        { "1e400",                  CAP,                        "" },
        { "0e400",                  "0",                        "" },
        { "123456789012345678901234567890123456789012345678901234567890", CAP, "" },
        { "0.1234567891234567891234567891234567", "123456790",  "long fractions round up" },
        { "+",                      "0",                        "no digit, as upstream" },
        { ".",                      "0",                        "" },
        { "Gi",                     "0",                        "" },
        { "Ei",                     NULL,                       "no digit, upstream's long path" },
        { "e-10",                   NULL,                       "" },
        { "e5",                     "0",                        "" },
        { "",                       NULL,                       "" },
        { " 1",                     NULL,                       "no blanks" },
        { "1 ",                     NULL,                       "" },
        { "1 Gi",                   NULL,                       "" },
        { "40GiB",                  NULL,                       "" },
        { "40GB",                   NULL,                       "" },
        { "40gi",                   NULL,                       "case counts" },
        { "1K",                     NULL,                       "kilo is a small k" },
        { "1ki",                    NULL,                       "kibi a large one" },
        { "1i",                     NULL,                       "" },
        { ".5i",                    NULL,                       "" },
        { "1.1.M",                  NULL,                       "" },
        { "1+1.0M",                 NULL,                       "" },
        { "0.1mi",                  NULL,                       "" },
        { "0.1am",                  NULL,                       "" },
        { "aoeu",                   NULL,                       "" },
        { "-3.01i",                 NULL,                       "" },
        { "-3.01e-",                NULL,                       "" },
        { "1e",                     NULL,                       "" },
        { "1e3i",                   NULL,                       "" },
        { "1e+-3",                  NULL,                       "" },
        { "--1",                    NULL,                       "" },
        { "0x10",                   NULL,                       "" },
        { "1_000",                  NULL,                       "" },
        { "inf",                    NULL,                       "" },
        { "NaN",                    NULL,                       "" },
};
/* clang-format on */

static const char *print_nano(int128 nano, char (*buffer)[48]) {
        char *at = *buffer + sizeof(*buffer) - 1;
        int128 rest = nano < 0 ? -nano : nano;

        *at = '\0';
        do {
                *--at = (char)('0' + (int)(rest % 10));
                rest /= 10;
        } while (rest > 0);
        if (nano < 0)
                *--at = '-';
        return at;
}

static void test_parse(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct quantity q = { .nano = -42 };
                struct fault fault;
                char buffer[48];
                int r = quantity_parse(text_from(row->in), &q, &fault);

                print_message("\"%s\" %s\n", row->in, row->reason);
                if (row->nano) {
                        assert_int_equal(r, 0);
                        assert_string_equal(print_nano(q.nano, &buffer), row->nano);
                } else {
                        char want[128];

                        snprintf(want, sizeof(want), "not a quantity such as 40Gi: \"%s\"",
                                 row->in);
                        assert_int_equal(r, -EINVAL);
                        assert_string_equal(fault.message, want);
                        assert_string_equal(fault.path, "");
                        assert_true(q.nano == -42);
                }
        }
}

static void test_long_nonsense_is_cut(void **state) {
        char in[2000];
        struct quantity q;
        struct fault fault;

        (void)state;
        memset(in, 'x', sizeof(in));
        assert_int_equal(quantity_parse((struct text) { in, sizeof(in) }, &q, &fault), -EINVAL);
        assert_int_equal(strlen(fault.message),
                         strlen("not a quantity such as 40Gi: \"\"") + 60 + 3);
}

static void test_whole(void **state) {
        static const struct {
                const char *in;
                int64_t whole;
        } wholes[] = {
                { "0", 0 },      { "1n", 1 },          { "1.5", 2 },
                { "2", 2 },      { "-1.5", -1 },       { "-1", -1 },
                { "1Ki", 1024 }, { "8Ei", INT64_MAX }, { "-8Ei", -INT64_MAX },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
                struct quantity q;
                struct fault fault;

                assert_int_equal(quantity_parse(text_from(wholes[i].in), &q, &fault), 0);
                assert_true(quantity_whole(q) == wholes[i].whole);
        }
}

static void test_compare(void **state) {
        struct quantity small, large;
        struct fault fault;

        (void)state;
        assert_int_equal(quantity_parse(TEXT("40G"), &small, &fault), 0);
        assert_int_equal(quantity_parse(TEXT("40Gi"), &large, &fault), 0);
        assert_true(quantity_compare(small, large) < 0);
        assert_true(quantity_compare(large, small) > 0);
        assert_true(quantity_compare(large, large) == 0);
}

static void test_format_bytes(void **state) {
        static const struct {
                int64_t bytes;
                const char *want;
        } formats[] = {
                { 0, "0" },
                { 1, "1" },
                { 1023, "1023" },
                { 1024, "1Ki" },
                { 1025, "1025" },
                { 1536, "1.5Ki" },
                { INT64_C(40) << 30, "40Gi" },
                { INT64_C(40448) << 20, "39.5Gi" },
                { INT64_C(40320) << 20, "40320Mi" },
                { INT64_C(41353217) << 10, "41353217Ki" },
                { INT64_C(1) << 60, "1Ei" },
                { INT64_MAX, "9223372036854775807" },
                { -1024, "-1024" },
        };
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
                struct text t = quantity_format_bytes(formats[i].bytes, &arena);

                print_message("%.*s\n", TEXT_ARG(t));
                assert_true(text_equal(t, text_from(formats[i].want)));
        }
        arena_release(&arena);
}

static void test_spell_bytes(void **state) {
        static const struct {
                int64_t bytes;
                const char *want;
        } spelled[] = {
                { INT64_C(40) << 30, "40Gi" },
                { 48, "48 bytes" },
                { 0, "0 bytes" },
                { -1, "an unknown amount" },
                { 40000000000, "40G" },
                { 1500000000, "1.5G" },
                { 23034000000, "23034M" },
                { 48000, "48000 bytes" },
                { INT64_C(41353217) << 10, "41353217Ki" },
                { INT64_MAX, "9223372036854775807 bytes" },
        };
        static const struct {
                int64_t bytes;
                const char *want;
        } about[] = {
                { 0, "0" },
                { 1000, "1000" },
                { INT64_C(40) << 30, "40Gi" },
                { INT64_C(40320) << 20, "40320Mi" },
                { INT64_C(18090980) << 10, "17.3Gi" },
                { (INT64_C(40) << 30) - 48, "40.0Gi" },
                { (INT64_C(1) << 20) + 1, "1.1Mi" },
                { INT64_MAX, "8.0Ei" },
        };
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++)
                assert_true(text_equal(quantity_spell_bytes(spelled[i].bytes, &arena),
                                       text_from(spelled[i].want)));
        for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
                assert_true(text_equal(quantity_about_bytes(about[i].bytes, &arena),
                                       text_from(about[i].want)));
        arena_release(&arena);
}

static void test_doubt(void **state) {
        static const struct {
                int64_t bytes;
                const char *want;
        } doubts[] = {
                { -1, "" },
                { 0, "" },
                { 48, "m is 48 bytes, less than 1Gi: is 48Gi meant?" },
                { 999, "m is 999 bytes, less than 1Gi: is 999Gi meant?" },
                { 1000, "m is 1000 bytes, less than 1Gi: is the unit missing or wrong?" },
                { INT64_C(512) << 20,
                  "m is 536870912 bytes, less than 1Gi: is the unit missing or wrong?" },
                { (INT64_C(1) << 30) - 1,
                  "m is 1073741823 bytes, less than 1Gi: is the unit missing or wrong?" },
                { INT64_C(1) << 30, "" },
        };
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++) {
                struct text t = quantity_doubt(TEXT("m"), doubts[i].bytes, &arena);

                print_message("%.*s\n", TEXT_ARG(t));
                assert_true(text_equal(t, text_from(doubts[i].want)));
        }
        arena_release(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),        cmocka_unit_test(test_long_nonsense_is_cut),
                cmocka_unit_test(test_whole),        cmocka_unit_test(test_compare),
                cmocka_unit_test(test_format_bytes), cmocka_unit_test(test_spell_bytes),
                cmocka_unit_test(test_doubt),
        };

        return cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
}
