/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_LENGTH_MAX = 320 };

struct word {
        struct text spelling;
        struct value value;
};

#define NOTHING                                                                                    \
        { .kind = VALUE_NULL }
#define YES                                                                                        \
        { .kind = VALUE_BOOL, .boolean = true }
#define NO                                                                                         \
        { .kind = VALUE_BOOL, .boolean = false }
#define NOT_A_NUMBER                                                                               \
        { .kind = VALUE_NUMBER, .number = NAN }
#define INFINITE                                                                                   \
        { .kind = VALUE_NUMBER, .number = INFINITY }
#define MINUS_INFINITE                                                                             \
        { .kind = VALUE_NUMBER, .number = -INFINITY }

/* clang-format off */
static const struct word words[] = {
        { TEXT_INIT(""),      NOTHING },
        { TEXT_INIT("~"),     NOTHING },
        { TEXT_INIT("null"),  NOTHING },
        { TEXT_INIT("Null"),  NOTHING },
        { TEXT_INIT("NULL"),  NOTHING },
        { TEXT_INIT("y"),     YES },
        { TEXT_INIT("Y"),     YES },
        { TEXT_INIT("yes"),   YES },
        { TEXT_INIT("Yes"),   YES },
        { TEXT_INIT("YES"),   YES },
        { TEXT_INIT("true"),  YES },
        { TEXT_INIT("True"),  YES },
        { TEXT_INIT("TRUE"),  YES },
        { TEXT_INIT("on"),    YES },
        { TEXT_INIT("On"),    YES },
        { TEXT_INIT("ON"),    YES },
        { TEXT_INIT("n"),     NO },
        { TEXT_INIT("N"),     NO },
        { TEXT_INIT("no"),    NO },
        { TEXT_INIT("No"),    NO },
        { TEXT_INIT("NO"),    NO },
        { TEXT_INIT("false"), NO },
        { TEXT_INIT("False"), NO },
        { TEXT_INIT("FALSE"), NO },
        { TEXT_INIT("off"),   NO },
        { TEXT_INIT("Off"),   NO },
        { TEXT_INIT("OFF"),   NO },
        { TEXT_INIT(".nan"),  NOT_A_NUMBER },
        { TEXT_INIT(".NaN"),  NOT_A_NUMBER },
        { TEXT_INIT(".NAN"),  NOT_A_NUMBER },
        { TEXT_INIT(".inf"),  INFINITE },
        { TEXT_INIT(".Inf"),  INFINITE },
        { TEXT_INIT(".INF"),  INFINITE },
        { TEXT_INIT("+.inf"), INFINITE },
        { TEXT_INIT("+.Inf"), INFINITE },
        { TEXT_INIT("+.INF"), INFINITE },
        { TEXT_INIT("-.inf"), MINUS_INFINITE },
        { TEXT_INIT("-.Inf"), MINUS_INFINITE },
        { TEXT_INIT("-.INF"), MINUS_INFINITE },
};
/* clang-format on */

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static int digit_of(char c) {
        if (is_digit(c))
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return 99;
}

/* [+-]?(0x|0o|0b|0)?digits, without a limit of size. */
static bool read_integer(const char *s, double *ret) {
        double number = 0, sign = 1;
        int base = 10;

        if (*s == '+' || *s == '-')
                sign = *s++ == '-' ? -1 : 1;
        if (s[0] == '0' && s[1]) {
                char mark = s[1] | 0x20;

                base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
                s += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
        }
        if (!*s)
                return false;
        for (const char *p = s; *p; p++) {
                if (digit_of(*p) >= base)
                        return false;
                number = number * base + digit_of(*p);
        }
        /* Beyond 2^53 the sum above has rounded at every digit; strtod() rounds once. */
        if (base == 10)
                number = strtod(s, NULL);
        *ret = sign * number;
        return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool read_float(const char *s, double *ret) {
        const char *p = s;
        size_t digits = 0;

        if (*p == '+' || *p == '-')
                p++;
        for (; is_digit(*p); p++)
                digits++;
        if (*p == '.') {
                for (p++; is_digit(*p); p++)
                        digits++;
        }
        if (digits == 0)
                return false;
        if (*p == 'e' || *p == 'E') {
                p++;
                if (*p == '+' || *p == '-')
                        p++;
                if (!is_digit(*p))
                        return false;
                while (is_digit(*p))
                        p++;
        }
        if (*p)
                return false;
        /* No locale is ever set in this program: the point is a point. */
        *ret = strtod(s, NULL);
        return isfinite(*ret);
}

static bool read_number(struct text plain, double *ret) {
        char digits[NUMBER_LENGTH_MAX + 1];
        size_t n = 0;

        if (plain.len == 0 || plain.len > NUMBER_LENGTH_MAX)
                return false;
        if (!is_digit(plain.data[0]) && !strchr("+-.", plain.data[0]))
                return false;
        for (size_t i = 0; i < plain.len; i++) {
                if (plain.data[i] == '\0')
                        return false;
                if (plain.data[i] != '_' || plain.data[0] == '.')
                        digits[n++] = plain.data[i];
        }
        digits[n] = '\0';
        return read_integer(digits, ret) || read_float(digits, ret);
}

struct value scalar_resolve(struct text plain) {
        double number;

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (text_equal(plain, words[i].spelling))
                        return words[i].value;
        }
        if (read_number(plain, &number))
                return (struct value) { .kind = VALUE_NUMBER, .number = number };
        return value_of_string(plain);
}

#define CORE_TAG "tag:yaml.org,2002:"

bool scalar_has_tag(struct value value, struct text tag) {
        static const struct {
                struct text tag;
                enum value_kind kind;
        } known[] = {
                { TEXT_INIT(CORE_TAG "null"), VALUE_NULL },
                { TEXT_INIT(CORE_TAG "bool"), VALUE_BOOL },
                { TEXT_INIT(CORE_TAG "int"), VALUE_NUMBER },
                { TEXT_INIT(CORE_TAG "float"), VALUE_NUMBER },
        };

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
                if (!text_equal(tag, known[i].tag) || value.kind != known[i].kind)
                        continue;
                return !text_equal(known[i].tag, TEXT(CORE_TAG "int")) ||
                       value.number == trunc(value.number);
        }
        return false;
}

/* A number in any base, with any separator, a date, a time, a version: they look alike. */
static bool looks_numeric(struct text s) {
        if (!is_digit(s.data[0]) && !strchr("+-.", s.data[0]))
                return false;
        for (size_t i = 0; i < s.len; i++) {
                if (digit_of(s.data[i]) > 15 && !strchr("_:.+-xXoObBtTzZ ", s.data[i]))
                        return false;
        }
        return true;
}

bool scalar_is_plain(struct text s) {
        if (s.len == 0 || scalar_resolve(s).kind != VALUE_STRING || looks_numeric(s))
                return false;
        if (strchr(" ?:,[]{}#&*!|>'\"%@`=<~", s.data[0]) || s.data[s.len - 1] == ' ' ||
            s.data[s.len - 1] == ':')
                return false;
        if (s.data[0] == '-' && (s.len == 1 || s.data[1] == ' '))
                return false;
        if (text_starts_with(s, TEXT("---")) || text_starts_with(s, TEXT("...")))
                return false;
        for (size_t i = 0; i < s.len; i++) {
                unsigned char c = (unsigned char)s.data[i];

                /* Other scripts are welcome, between quotes. */
                if (c < 0x20 || c > 0x7e)
                        return false;
                if (c == ':' && s.data[i + 1] == ' ')
                        return false;
                if (c == ' ' && s.data[i + 1] == '#')
                        return false;
        }
        return true;
}
