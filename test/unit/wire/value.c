/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "lib/assertions.h"
#include "lib/bytes.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "wire/value.h"
#include "wire/value_print.h"

static const char object[] =
        "{'spec': {'n': 3, 'x': 2.5, 'on': true, 'off': false, 'none': null,"
        " 'name': 'caf\xc3\xa9', 'list': [1, 'two', {'three': 3}], 'empty': {}},"
        " 'a.b': 'dot'}";

static void test_at(void **state) {
        /* clang-format off */
        static const struct {
                const char *path;
                enum value_kind kind;
                const char *printed;
        } rows[] = {
                { "spec.n",          VALUE_NUMBER, "3" },
                { "spec.x",          VALUE_NUMBER, "2.5" },
                { "spec.on",         VALUE_BOOL,   "true" },
                { "spec.off",        VALUE_BOOL,   "false" },
                { "spec.none",       VALUE_NULL,   "null" },
                { "spec.name",       VALUE_STRING, "\"caf\xc3\xa9\"" },
                { "spec.list",       VALUE_LIST,   "[1,\"two\",{\"three\":3}]" },
                { "spec.empty",      VALUE_MAP,    "{}" },
                { "spec.missing",    VALUE_ABSENT, "" },
                { "spec.name.deeper", VALUE_ABSENT, "" },
                { "spec.list.0",     VALUE_ABSENT, "" },
                { "missing.n",       VALUE_ABSENT, "" },
                { "spe",             VALUE_ABSENT, "" },
                { "a.b",             VALUE_ABSENT, "" },
                { "",                VALUE_ABSENT, "" },
        };
        /* clang-format on */
        struct value v = json_value(&arena, object);

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct value at = value_at(v, rows[i].path);

                print_message("%s\n", rows[i].path);
                assert_int_equal(at.kind, rows[i].kind);
                assert_text(json_print(&arena, at), rows[i].printed);
        }
        assert_text(value_text(value_get(v, TEXT("a.b"))), "dot");
}

static void test_pick(void **state) {
        const struct text keys[] = { TEXT("x"), TEXT("missing"), TEXT("n") };
        struct value picked[3];

        (void)state;
        value_pick(value_at(json_value(&arena, object), "spec"), keys, 3, picked);
        assert_true(picked[0].number == 2.5);
        assert_int_equal(picked[1].kind, VALUE_ABSENT);
        assert_true(picked[2].number == 3);
        value_pick(json_value(&arena, "{\"\": \"nothing\", \"n\": 1}"), &(struct text) { 0 }, 1,
                   picked);
        assert_text(value_text(picked[0]), "nothing");
        value_pick(value_of_string(TEXT("no map")), keys, 3, picked);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(picked[i].kind, VALUE_ABSENT);
}

/* What only strange encoders send. */
static void test_odd_bytes(void **state) {
        /* clang-format off */
        static const struct {
                const char *name;
                struct text bytes; /* of a Struct */
                const char *printed;
        } rows[] = {
                { "the last of equal keys wins", TEXT_INIT("\x0a\x07\x0a\x01k\x12\x02\x20\x01\x0a\x07\x0a\x01k\x12\x02\x20\0"),
                  "{\"k\":false}" },
                { "value before key",            TEXT_INIT("\x0a\x07\x12\x02\x20\x01\x0a\x01k"), "{\"k\":true}" },
                { "the last key of an entry",    TEXT_INIT("\x0a\x0a\x0a\x01j\x0a\x01k\x12\x02\x20\x01"), "{\"k\":true}" },
                { "an entry without key",        TEXT_INIT("\x0a\x04\x12\x02\x20\x01"),          "{\"\":true}" },
                { "an entry without value",      TEXT_INIT("\x0a\x03\x0a\x01k"),                 "{\"k\":null}" },
                { "a Value without a kind",      TEXT_INIT("\x0a\x05\x0a\x01k\x12\0"),           "{\"k\":null}" },
                { "the last kind of a Value",    TEXT_INIT("\x0a\x0a\x0a\x01k\x12\x05\x20\x01\x1a\x01s"), "{\"k\":\"s\"}" },
                { "an empty map replaces",       TEXT_INIT("\x0a\x09\x0a\x01k\x12\x04\x20\x01\x2a\0"), "{\"k\":{}}" },
                { "unknown fields",              TEXT_INIT("\x78\x01\x0a\x0b\x0a\x01k\x78\x05\x12\x04\x78\x07\x20\x01"), "{\"k\":true}" },
                { "true is any number but 0",    TEXT_INIT("\x0a\x07\x0a\x01k\x12\x02\x20\x02"), "{\"k\":true}" },
                { "an unknown null",             TEXT_INIT("\x0a\x07\x0a\x01k\x12\x02\x08\x05"), "{\"k\":null}" },
        };
        /* clang-format on */

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct value v = value_of_struct(rows[i].bytes);

                print_message("%s\n", rows[i].name);
                assert_text(json_print(&arena, v), rows[i].printed);
                /* value_get() goes its own way. */
                if (value_get(v, TEXT("k")).kind != VALUE_ABSENT) {
                        struct text parts[] = { TEXT("{\"k\":"),
                                                json_print(&arena, value_get(v, TEXT("k"))),
                                                TEXT("}") };

                        assert_text(text_join(&arena, parts, 3), rows[i].printed);
                }
        }
}

static void test_iterate(void **state) {
        struct value v = json_value(&arena, "{'b': 1, 'a': [true, 'x']}"), member;
        struct value_iter it = value_iterate(v);
        struct text key;

        (void)state;
        assert_true(value_next(&it, &key, &member));
        assert_text(key, "a");
        assert_true(value_next(&it, NULL, &member));
        assert_true(member.number == 1);
        assert_false(value_next(&it, &key, &member));
        it = value_iterate(value_get(v, TEXT("a")));
        key = TEXT("not empty");
        assert_true(value_next(&it, &key, &member));
        assert_true(text_is_empty(key));
        assert_true(member.boolean);
        assert_true(value_next(&it, &key, &member));
        assert_text(value_text(member), "x");
        assert_false(value_next(&it, &key, &member));
        it = value_iterate(value_of_string(TEXT("text")));
        assert_false(value_next(&it, &key, &member));
        assert_int_equal(value_count(v), 2);
        assert_int_equal(value_count(value_get(v, TEXT("a"))), 2);
        assert_int_equal(value_count(value_get(v, TEXT("b"))), 0);
}

static void test_members(void **state) {
        struct text bytes = TEXT("\x0a\x07\x0a\x01"
                                 "c\x12\x02\x20\x01"
                                 "\x0a\x07\x0a\x01"
                                 "a\x12\x02\x20\x01"
                                 "\x0a\x07\x0a\x01"
                                 "c\x12\x02\x20\0"
                                 "\x0a\x03\x0a\x01"
                                 "b");
        struct value_member *members;
        size_t n;

        (void)state;
        assert_int_equal(value_members(value_of_struct(bytes), &arena, &members, &n), 0);
        assert_int_equal(n, 3);
        assert_text(members[0].key, "a");
        assert_text(members[1].key, "b");
        assert_int_equal(members[1].value.kind, VALUE_NULL);
        assert_text(members[2].key, "c");
        assert_false(members[2].value.boolean);
        assert_int_equal(value_members(value_of_string(TEXT("x")), &arena, &members, &n), 0);
        assert_int_equal(n, 0);
        for (uint64_t i = 1;; i++) {
                int r;

                members = NULL;
                sweep_arm(&arena, i);
                r = value_members(value_of_struct(bytes), &arena, &members, &n);
                if (sweep_is_over(&arena, i, r))
                        break;
                assert_null(members);
        }
}

static void test_integer(void **state) {
        /* clang-format off */
        static const struct {
                double number;
                bool is_integer;
        } rows[] = {
                { 0, true }, { -0.0, true }, { -7, true }, { 1.5, false }, { 1e15, true },
                { 9007199254740992.0, true }, { -9007199254740992.0, true },
                { 9007199254740994.0, false }, { 1e300, false }, { -1e300, false },
                { (double)NAN, false }, { (double)INFINITY, false }, { -(double)INFINITY, false },
        };
        /* clang-format on */

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct value v = { .kind = VALUE_NUMBER, .number = rows[i].number };
                int64_t integer = 42;

                assert_int_equal(value_is_integer(v, &integer), rows[i].is_integer);
                assert_int_equal(value_is_integer(v, NULL), rows[i].is_integer);
                assert_true(rows[i].is_integer ? (double)integer == rows[i].number : integer == 42);
        }
        assert_false(value_is_integer(value_of_string(TEXT("1")), NULL));
}

static void test_print_numbers(void **state) {
        /* clang-format off */
        static const struct {
                double number;
                const char *printed;
        } rows[] = {
                { 0, "0" }, { -12, "-12" }, { 0.1, "0.1" }, { 1e6, "1000000" },
                { 9007199254740992.0, "9007199254740992" }, { 1e22, "1e+22" },
                { 0.1 + 0.2, "0.30000000000000004" }, { 5e-324, "5e-324" },
                { (double)NAN, "NaN" }, { (double)INFINITY, "Infinity" },
                { -(double)INFINITY, "-Infinity" },
        };
        /* clang-format on */

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                assert_text(json_print(&arena, (struct value) { .kind = VALUE_NUMBER,
                                                                .number = rows[i].number }),
                            rows[i].printed);
}

static void test_equal(void **state) {
        /* clang-format off */
        static const struct {
                const char *a, *b;
                bool equal;
        } rows[] = {
                { "{'x': 1}",         "{'x': 1}",            true },
                { "{'x': 1}",         "{'x': 2}",            false },
                { "{'x': 1}",         "{'x': '1'}",          false },
                { "{'x': 1}",         "{'y': 1}",            false },
                { "{'x': 1}",         "{'x': 1, 'y': 1}",    false },
                { "{'x': [1, 2]}",    "{'x': [1, 2]}",       true },
                { "{'x': [1, 2]}",    "{'x': [2, 1]}",       false },
                { "{'x': [1]}",       "{'x': [1, 2]}",       false },
                { "{'x': [1, 2]}",    "{'x': [1]}",          false },
                { "{'x': {}}",        "{'x': []}",           false },
                { "{'x': null}",      "{}",                  false },
                { "{'x': true}",      "{'x': false}",        false },
        };
        /* clang-format on */
        /* k: true, then j: true; and j: true, k: false, k: true */
        struct text a = TEXT("\x0a\x07\x0a\x01k\x12\x02\x20\x01\x0a\x07\x0a\x01j\x12\x02\x20\x01");
        struct text b = TEXT("\x0a\x07\x0a\x01j\x12\x02\x20\x01\x0a\x07\x0a\x01k\x12\x02\x20\0"
                             "\x0a\x07\x0a\x01k\x12\x02\x20\x01");

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                print_message("%s %s\n", rows[i].a, rows[i].b);
                assert_int_equal(value_equal(json_value(&arena, rows[i].a),
                                             json_value(&arena, rows[i].b), &arena),
                                 rows[i].equal);
        }
        assert_true(value_equal(value_of_struct(a), value_of_struct(b), &arena));
        assert_true(value_equal((struct value) { 0 }, (struct value) { 0 }, &arena));
}

static void test_brief(void **state) {
        struct text sixty = TEXT("1234567890123456789012345678901234567890123456789012345678");
        struct builder b;

        (void)state;
        assert_text(value_brief(json_value(&arena, "{'b': 1, 'a': [true]}"), &arena),
                    "{\"a\":[true],\"b\":1}");
        assert_int_equal(value_brief(value_of_string(sixty), &arena).len, 60);
        builder_init(&b, &arena);
        for (size_t i = 0; i < 100; i++)
                builder_string(&b, "\xe2\x82\xac");
        assert_text(value_brief(value_of_string(builder_done(&b)), &arena),
                    "\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                    "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                    "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac...");
}

/* A sentence about a field does not cost what the field weighs. */
static void test_brief_of_much(void **state) {
        struct node *list = node_list(&arena), *map = node_map(&arena);
        struct text body;
        size_t before;

        (void)state;
        for (size_t i = 0; i < 10000; i++)
                node_append_string(list, TEXT("some text"));
        node_set(map, TEXT("list"), list);
        assert_int_equal(node_encode(map, &arena, &body), 0);
        before = arena.used_bytes;
        assert_text(value_brief(value_of_struct(body), &arena),
                    "{\"list\":[\"some text\",\"some text\",\"some text\",\"some text\",...");
        assert_true(arena.used_bytes - before < 4096);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_at),
                cmocka_unit_test(test_pick),
                cmocka_unit_test(test_odd_bytes),
                cmocka_unit_test(test_iterate),
                cmocka_unit_test(test_members),
                cmocka_unit_test(test_integer),
                cmocka_unit_test(test_print_numbers),
                cmocka_unit_test(test_equal),
                cmocka_unit_test(test_brief),
                cmocka_unit_test(test_brief_of_much),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
