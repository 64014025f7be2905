/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "yaml/scalar.h"

struct row {
        const char *plain;
        enum value_kind kind;
        double number; /* a boolean's too */
        const char *reason;
};

/* clang-format off */
static const struct row rows[] = {
        { "",          VALUE_NULL,   0,    "nothing is null" },
        { "~",         VALUE_NULL,   0,    "" },
        { "null",      VALUE_NULL,   0,    "" },
        { "NULL",      VALUE_NULL,   0,    "" },
        { "nULL",      VALUE_STRING, 0,    "three spellings only" },
        { "true",      VALUE_BOOL,   1,    "" },
        { "yes",       VALUE_BOOL,   1,    "YAML 1.1, as kubectl reads it" },
        { "y",         VALUE_BOOL,   1,    "even one letter" },
        { "on",        VALUE_BOOL,   1,    "" },
        { "No",        VALUE_BOOL,   0,    "Norway" },
        { "off",       VALUE_BOOL,   0,    "" },
        { "FALSE",     VALUE_BOOL,   0,    "" },
        { "tRue",      VALUE_STRING, 0,    "" },
        { "0",         VALUE_NUMBER, 0,    "" },
        { "-7",        VALUE_NUMBER, -7,   "" },
        { "+7",        VALUE_NUMBER, 7,    "" },
        { "010",       VALUE_NUMBER, 8,    "octal" },
        { "0o17",      VALUE_NUMBER, 15,   "" },
        { "-0x1F",     VALUE_NUMBER, -31,  "" },
        { "0b101",     VALUE_NUMBER, 5,    "" },
        { "1_000",     VALUE_NUMBER, 1000, "" },
        { "09",        VALUE_NUMBER, 9,    "no octal digit, so a float" },
        { "0x",        VALUE_STRING, 0,    "no digits" },
        { "1.5",       VALUE_NUMBER, 1.5,  "" },
        { ".5",        VALUE_NUMBER, 0.5,  "" },
        { "5.",        VALUE_NUMBER, 5,    "" },
        { "1e3",       VALUE_NUMBER, 1000, "" },
        { "-1.5E-1",   VALUE_NUMBER, -.15, "" },
        { "1e",        VALUE_STRING, 0,    "" },
        { "1e999",     VALUE_STRING, 0,    "out of range" },
        { "9007199254740993", VALUE_NUMBER, 9007199254740992.0, "a double, to even" },
        { "18446744073709551616", VALUE_NUMBER, 18446744073709551616.0, "beyond 64 bits" },
        { "1:30",      VALUE_STRING, 0,    "no base 60" },
        { "2024-01-01", VALUE_STRING, 0,   "a date stays a string" },
        { "3g.40gb",   VALUE_STRING, 0,    "" },
        { "40Gi",      VALUE_STRING, 0,    "" },
        { "1.2.3",     VALUE_STRING, 0,    "" },
        { "-",         VALUE_STRING, 0,    "" },
        { ".",         VALUE_STRING, 0,    "" },
        { "infinity",  VALUE_STRING, 0,    "only .inf is" },
        { "nan",       VALUE_STRING, 0,    "only .nan is" },
        { "-.inf",     VALUE_NUMBER, -INFINITY, "the reader refuses it" },
};
/* clang-format on */

static void plain_scalars_mean_what_kubernetes_reads(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct value got = scalar_resolve(text_from(row->plain));
                double number = got.kind == VALUE_BOOL     ? got.boolean
                                : got.kind == VALUE_NUMBER ? got.number
                                                           : 0;

                if (got.kind != row->kind || (number < row->number) || (number > row->number))
                        fail_msg("\"%s\": got %s %g (%s)", row->plain, value_kind_name(got.kind),
                                 number, row->reason);
        }
}

static void long_digits_are_a_string(void **state) {
        char digits[400];

        (void)state;
        for (size_t i = 0; i < sizeof(digits); i++)
                digits[i] = '1';
        assert_int_equal(scalar_resolve((struct text) { digits, 300 }).kind, VALUE_NUMBER);
        assert_int_equal(scalar_resolve((struct text) { digits, 400 }).kind, VALUE_STRING);
}

static const struct {
        const char *string;
        bool plain;
} strings[] = {
        { "gemma", true },
        { "--max-model-len=16384", true },
        { "modelplane.ai/v1alpha1", true },
        { "3g.40gb", true },
        { "hf://google/gemma:main", true },
        { "nvidia.com/mig-3g.40gb", true },
        { "Pipeline step x: y", false },
        { "a:b", true },
        { "ends:", false },
        { "a #b", false },
        { "a#b", true },
        { "", false },
        { "true", false },
        { "n", false },
        { "16", false },
        { "1_0", false },
        { "2024-01-01T00:00:00Z", false },
        { "10:30", false },
        { "- a", false },
        { "---", false },
        { "*", false },
        { "{}", false },
        { " a", false },
        { "a ", false },
        { "a\nb", false },
        { "caf\xc3\xa9", false },
        { "=", false },
        { "<<", false },
        { "%a", false },
};

static void strings_are_quoted_where_a_reader_could_err(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
                if (scalar_is_plain(text_from(strings[i].string)) != strings[i].plain)
                        fail_msg("\"%s\"", strings[i].string);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(plain_scalars_mean_what_kubernetes_reads),
                cmocka_unit_test(long_digits_are_a_string),
                cmocka_unit_test(strings_are_quoted_where_a_reader_could_err),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
