/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "wire/value_print.h"

struct parser {
        struct arena *arena;
        const char *at;
};

static struct node *parse_value(struct parser *p);

static char peek(struct parser *p) {
        p->at += strspn(p->at, " \t\n");
        return *p->at;
}

static void expect(struct parser *p, char c) {
        if (peek(p) != c)
                BUG(p->at);
        p->at++;
}

static bool take_word(struct parser *p, const char *word) {
        size_t len = strlen(word);

        if (strncmp(p->at, word, len) != 0)
                return false;
        p->at += len;
        return true;
}

static char unescape(struct parser *p) {
        static const char letters[] = "nrtbf", bytes[] = "\n\r\t\b\f";
        char c = *++p->at;
        const char *letter = c ? strchr(letters, c) : NULL;

        if (c == 'u') {
                char digits[] = { p->at[1], p->at[2], p->at[3], p->at[4], '\0' };

                p->at += 4;
                return (char)strtol(digits, NULL, 16);
        }
        return letter ? bytes[letter - letters] : c;
}

static struct text parse_string(struct parser *p) {
        char quote = peek(p);
        struct builder b;

        if (quote != '\'' && quote != '"')
                BUG(p->at);
        builder_init(&b, p->arena);
        for (p->at++; *p->at != quote; p->at++) {
                if (*p->at == '\0')
                        BUG("a string without an end");
                builder_char(&b, *p->at == '\\' ? unescape(p) : *p->at);
        }
        p->at++;
        return builder_done(&b);
}

static struct node *parse_map(struct parser *p) {
        struct node *map = node_map(p->arena);

        expect(p, '{');
        while (peek(p) != '}') {
                struct text key = parse_string(p);

                expect(p, ':');
                node_set(map, key, parse_value(p));
                if (peek(p) != '}')
                        expect(p, ',');
        }
        expect(p, '}');
        return map;
}

static struct node *parse_list(struct parser *p) {
        struct node *list = node_list(p->arena);

        expect(p, '[');
        while (peek(p) != ']') {
                node_append(list, parse_value(p));
                if (peek(p) != ']')
                        expect(p, ',');
        }
        expect(p, ']');
        return list;
}

static struct node *parse_number(struct parser *p) {
        char *end;
        double number = strtod(p->at, &end);

        if (end == p->at)
                BUG(p->at);
        p->at = end;
        return node_number(p->arena, number);
}

static struct node *parse_value(struct parser *p) {
        switch (peek(p)) {
        case '{':
                return parse_map(p);
        case '[':
                return parse_list(p);
        case '\'':
        case '"':
                return node_string(p->arena, parse_string(p));
        default:
                break;
        }
        if (take_word(p, "null"))
                return node_null(p->arena);
        if (take_word(p, "true"))
                return node_bool(p->arena, true);
        if (take_word(p, "false"))
                return node_bool(p->arena, false);
        return parse_number(p);
}

struct node *json_node(struct arena *arena, const char *json) {
        struct parser p = { .arena = arena, .at = json };
        struct node *node = parse_value(&p);

        if (peek(&p) != '\0')
                BUG(p.at);
        return node;
}

/* A literal need not be a map: it is wrapped in one, since only maps are encoded. */
struct value json_value(struct arena *arena, const char *json) {
        struct node *wrap = node_map(arena);
        struct text bytes;

        if (json[0] == '\0')
                return (struct value) { 0 };
        node_set(wrap, TEXT("value"), json_node(arena, json));
        if (node_encode(wrap, arena, &bytes) < 0)
                return (struct value) { 0 };
        return value_get(value_of_struct(bytes), TEXT("value"));
}

struct value json_encoded(struct arena *arena, struct node *map) {
        struct text bytes;

        if (node_encode(map, arena, &bytes) < 0)
                BUG("a map cannot be encoded");
        return value_of_struct(bytes);
}

struct text json_print(struct arena *arena, struct value v) {
        struct builder b;

        builder_init(&b, arena);
        value_print(v, &b);
        return builder_done(&b);
}
