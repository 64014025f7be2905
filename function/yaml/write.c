/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/printable.h"
#include "yaml/scalar.h"

/* A longer key must be announced with "? ": readers look that far for its colon. */
enum { SIMPLE_KEY_MAX = 200 };

/* The greatest numbers that are written without an exponent. */
#define PLAIN_NUMBER_MAX 1e21

struct writer {
        struct builder *out;
        struct arena *arena;
};

static void new_line(struct writer *w, size_t indent) {
        builder_char(w->out, '\n');
        for (size_t i = 0; i < indent; i++)
                builder_char(w->out, ' ');
}

/* As JSON has it, with an escape for what is not printable. */
static void write_quoted(struct writer *w, struct text s) {
        size_t from = 0;

        builder_char(w->out, '"');
        for (size_t i = 0; i < s.len; i++) {
                char c = s.data[i];

                if (c != '"' && c != '\\' && c != '\n' && c != '\t')
                        continue;
                builder_text(w->out, printable_text(text_slice(s, from, i), w->arena));
                builder_char(w->out, '\\');
                builder_char(w->out, (char)(c == '\n' ? 'n' : c == '\t' ? 't' : c));
                from = i + 1;
        }
        builder_text(w->out, printable_text(text_slice(s, from, s.len), w->arena));
        builder_char(w->out, '"');
}

/* Several lines that a literal block (|, |-) gives back exactly. */
static bool is_block(struct text s) {
        size_t len;

        if (text_index(s, '\n') >= s.len - 1 || strchr(" \t\n", s.data[0]))
                return false;
        if (text_ends_with(s, TEXT("\n\n")))
                return false;
        for (; s.len > 0; s = text_slice(s, len, s.len)) {
                if (!printable_first(s, &len) && s.data[0] != '\n' && s.data[0] != '\t')
                        return false;
        }
        return true;
}

static void write_block(struct writer *w, struct text s, size_t indent) {
        bool ends = s.data[s.len - 1] == '\n';

        builder_string(w->out, ends ? "|" : "|-");
        if (ends)
                s.len--;
        while (true) {
                size_t end = text_index(s, '\n');

                new_line(w, end == 0 ? 0 : indent);
                builder_text(w->out, text_slice(s, 0, end));
                if (end == s.len)
                        return;
                s = text_slice(s, end + 1, s.len);
        }
}

static void write_number(struct writer *w, double number) {
        char digits[64];

        if (isnan(number)) {
                builder_string(w->out, ".nan");
                return;
        }
        if (isinf(number)) {
                builder_string(w->out, number < 0 ? "-.inf" : ".inf");
                return;
        }
        if (number == trunc(number) && fabs(number) < PLAIN_NUMBER_MAX) {
                /* -0 is 0 to everybody who reads it. */
                snprintf(digits, sizeof(digits), "%.0f", number == 0 ? 0.0 : number);
        } else {
                for (int precision = 15; precision <= 17; precision++) {
                        snprintf(digits, sizeof(digits), "%.*g", precision, number);
                        if (strtod(digits, NULL) == number)
                                break;
                }
        }
        builder_string(w->out, digits);
}

static void write_string(struct writer *w, struct text s, size_t indent) {
        if (s.len > 1 && is_block(s))
                write_block(w, s, indent);
        else if (scalar_is_plain(s))
                builder_text(w->out, s);
        else
                write_quoted(w, s);
}

static void write_key(struct writer *w, struct text key, size_t indent) {
        bool is_long = key.len > SIMPLE_KEY_MAX;

        if (is_long)
                builder_string(w->out, "? ");
        if (scalar_is_plain(key))
                builder_text(w->out, key);
        else
                write_quoted(w, key);
        if (is_long)
                new_line(w, indent);
        builder_char(w->out, ':');
}

/* Everything but a map or a list that holds something. */
static void write_flat(struct writer *w, struct value v, size_t indent) {
        switch (v.kind) {
        case VALUE_ABSENT:
        case VALUE_NULL:
                builder_string(w->out, "null");
                return;
        case VALUE_BOOL:
                builder_string(w->out, v.boolean ? "true" : "false");
                return;
        case VALUE_NUMBER:
                write_number(w, v.number);
                return;
        case VALUE_STRING:
                write_string(w, value_bytes(v), indent);
                return;
        case VALUE_LIST:
                builder_string(w->out, "[]");
                return;
        case VALUE_MAP:
                builder_string(w->out, "{}");
                return;
        }
}

static int write_container(struct writer *w, struct value v, size_t indent);

static int write_list(struct writer *w, struct value list, size_t indent) {
        struct value_iter it = value_iterate(list);
        struct value element;

        for (bool first = true; value_next(&it, NULL, &element); first = false) {
                if (!first)
                        new_line(w, indent);
                builder_string(w->out, "- ");
                if (value_count(element) == 0) {
                        write_flat(w, element, indent + 2);
                        continue;
                }
                int r = write_container(w, element, indent + 2);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_map(struct writer *w, struct value map, size_t indent) {
        struct value_member *members;
        size_t n;
        int r = value_members(map, w->arena, &members, &n);

        for (size_t i = 0; r == 0 && i < n; i++) {
                struct value v = members[i].value;
                size_t below = v.kind == VALUE_LIST ? indent : indent + 2;

                if (i > 0)
                        new_line(w, indent);
                write_key(w, members[i].key, indent);
                if (value_count(v) == 0) {
                        builder_char(w->out, ' ');
                        write_flat(w, v, indent + 2);
                        continue;
                }
                new_line(w, below);
                r = write_container(w, v, below);
        }
        return r;
}

/* As deep as the value, which wire/guard.h and YAML_DEPTH_MAX bound. */
static int write_container(struct writer *w, struct value v, size_t indent) {
        return v.kind == VALUE_MAP ? write_map(w, v, indent) : write_list(w, v, indent);
}

int yaml_write(struct value value, struct builder *b, struct arena *arena) {
        struct writer w = { .out = b, .arena = arena };
        int r = 0;

        if (value_count(value) == 0)
                write_flat(&w, value, 2);
        else
                r = write_container(&w, value, 0);
        builder_char(b, '\n');
        if (r < 0)
                return r;
        return b->failed || arena_failed(arena) ? -ENOMEM : 0;
}
