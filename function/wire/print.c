/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of wire/value.h that look at a whole value: printed, compared. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "wire/value.h"

enum { BRIEF_MAX = 60 };

/* The shortest decimal that reads back as the same double. */
static void print_number(double number, struct builder *b) {
        char digits[32];
        int64_t integer;

        if (value_is_integer((struct value) { .kind = VALUE_NUMBER, .number = number }, &integer)) {
                builder_i64(b, integer);
                return;
        }
        if (isnan(number) || isinf(number)) {
                builder_string(b, isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                return;
        }
        for (int precision = 15; precision <= 17; precision++) {
                snprintf(digits, sizeof(digits), "%.*g", precision, number);
                if (strtod(digits, NULL) == number)
                        break;
        }
        builder_string(b, digits);
}

static void print_list(struct value v, struct builder *b) {
        struct value_iter it = value_iterate(v);
        struct value element;
        bool is_first = true;

        builder_char(b, '[');
        while (value_next(&it, NULL, &element)) {
                if (!is_first)
                        builder_char(b, ',');
                is_first = false;
                value_print(element, b);
        }
        builder_char(b, ']');
}

static void print_map(struct value v, struct builder *b) {
        struct value_member *members;
        size_t n;

        if (value_members(v, b->arena, &members, &n) < 0) {
                b->failed = true;
                return;
        }
        builder_char(b, '{');
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        builder_char(b, ',');
                builder_json(b, members[i].key);
                builder_char(b, ':');
                value_print(members[i].value, b);
        }
        builder_char(b, '}');
}

void value_print(struct value v, struct builder *b) {
        switch (v.kind) {
        case VALUE_ABSENT:
                break;
        case VALUE_NULL:
                builder_string(b, "null");
                break;
        case VALUE_BOOL:
                builder_string(b, v.boolean ? "true" : "false");
                break;
        case VALUE_NUMBER:
                print_number(v.number, b);
                break;
        case VALUE_STRING:
                builder_json(b, v.bytes);
                break;
        case VALUE_LIST:
                print_list(v, b);
                break;
        case VALUE_MAP:
                print_map(v, b);
                break;
        }
}

struct text value_brief(struct value v, struct arena *arena) {
        struct text printed, dots = TEXT("...");
        struct builder b;
        size_t len = BRIEF_MAX - dots.len;

        builder_init(&b, arena);
        value_print(v, &b);
        printed = builder_done(&b);
        if (printed.len <= BRIEF_MAX)
                return printed;
        while (len > 0 && ((unsigned char)printed.data[len] & 0xc0) == 0x80)
                len--;
        return text_join(arena, (struct text[]) { text_slice(printed, 0, len), dots }, 2);
}

static bool lists_equal(struct value a, struct value b, struct arena *arena) {
        struct value_iter left = value_iterate(a), right = value_iterate(b);
        struct value x, y;

        while (value_next(&left, NULL, &x)) {
                if (!value_next(&right, NULL, &y) || !value_equal(x, y, arena))
                        return false;
        }
        return !value_next(&right, NULL, &y);
}

static bool maps_equal(struct value a, struct value b, struct arena *arena) {
        struct value_member *left, *right;
        size_t n_left, n_right;

        if (value_members(a, arena, &left, &n_left) < 0 ||
            value_members(b, arena, &right, &n_right) < 0 || n_left != n_right)
                return false;
        for (size_t i = 0; i < n_left; i++) {
                if (!text_equal(left[i].key, right[i].key) ||
                    !value_equal(left[i].value, right[i].value, arena))
                        return false;
        }
        return true;
}

bool value_equal(struct value a, struct value b, struct arena *arena) {
        if (a.kind != b.kind)
                return false;
        switch (a.kind) {
        case VALUE_ABSENT:
        case VALUE_NULL:
                return true;
        case VALUE_BOOL:
                return a.boolean == b.boolean;
        case VALUE_NUMBER:
                return a.number == b.number;
        case VALUE_STRING:
                return text_equal(a.bytes, b.bytes);
        case VALUE_LIST:
                return lists_equal(a, b, arena);
        case VALUE_MAP:
                return text_equal(a.bytes, b.bytes) || maps_equal(a, b, arena);
        }
        return false;
}
