/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/value_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum { BRIEF_MAX = 60 };

/* What is printed beyond limit bytes may be left out: the caller cuts it off. */
struct printer {
        struct builder *b;
        size_t limit;
};

static bool is_full(const struct printer *p) {
        return p->b->len > p->limit || p->b->failed;
}

static void print_value(struct printer *p, struct value v);

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
        for (int precision = 1; precision <= 17; precision++) {
                snprintf(digits, sizeof(digits), "%.*g", precision, number);
                if (strtod(digits, NULL) == number)
                        break;
        }
        builder_string(b, digits);
}

static void print_string(struct printer *p, struct text text) {
        builder_json(p->b, p->limit < text.len ? text_slice(text, 0, p->limit + 1) : text);
}

static void print_list(struct printer *p, struct value v) {
        struct value_iter it = value_iterate(v);
        struct value element;
        bool is_first = true;

        builder_char(p->b, '[');
        while (!is_full(p) && value_next(&it, NULL, &element)) {
                if (!is_first)
                        builder_char(p->b, ',');
                is_first = false;
                print_value(p, element);
        }
        builder_char(p->b, ']');
}

static void print_map(struct printer *p, struct value v) {
        struct value_member *members;
        size_t n;

        if (value_members(v, p->b->arena, &members, &n) < 0) {
                p->b->failed = true;
                return;
        }
        builder_char(p->b, '{');
        for (size_t i = 0; i < n && !is_full(p); i++) {
                if (i > 0)
                        builder_char(p->b, ',');
                print_string(p, members[i].key);
                builder_char(p->b, ':');
                print_value(p, members[i].value);
        }
        builder_char(p->b, '}');
}

static void print_value(struct printer *p, struct value v) {
        switch (v.kind) {
        case VALUE_ABSENT:
                break;
        case VALUE_NULL:
                builder_string(p->b, "null");
                break;
        case VALUE_BOOL:
                builder_string(p->b, v.boolean ? "true" : "false");
                break;
        case VALUE_NUMBER:
                print_number(v.number, p->b);
                break;
        case VALUE_STRING:
                print_string(p, value_bytes(v));
                break;
        case VALUE_LIST:
                print_list(p, v);
                break;
        case VALUE_MAP:
                print_map(p, v);
                break;
        }
}

void value_print(struct value v, struct builder *b) {
        struct printer p = { .b = b, .limit = SIZE_MAX };

        print_value(&p, v);
}

struct text value_brief(struct value v, struct arena *arena) {
        struct text printed, dots = TEXT("...");
        struct builder b;
        struct printer p = { .b = &b, .limit = BRIEF_MAX };
        size_t len = BRIEF_MAX - dots.len;

        builder_init(&b, arena);
        print_value(&p, v);
        printed = builder_done(&b);
        if (printed.len <= BRIEF_MAX)
                return printed;
        while (len > 0 && ((unsigned char)printed.data[len] & 0xc0) == 0x80)
                len--;
        return text_join(arena, (struct text[]) { text_slice(printed, 0, len), dots }, 2);
}
