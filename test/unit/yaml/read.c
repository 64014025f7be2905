/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/value_print.h"
#include "yaml/read.h"
#include "yaml/write.h"

enum { BUDGET = 1024 * 1024 * 1024 };

/* 59 bytes: of the next character only the first byte would have room in a sentence. */
#define LONG "a-long-key-a-long-key-a-long-key-a-long-key-a-long-key-a-lo"

struct row {
        const char *name, *yaml, *want, *reason;
};

/* want: each object as JSON and a newline; or the sentence of a failure, which begins with "y:". */
/* clang-format off */
static const struct row rows[] = {
        { "one object", "a: 1\nb: [x, 2]\n", "{\"a\":1,\"b\":[\"x\",2]}\n", "" },
        { "json", "{\"b\": true, \"a\": {\"n\": null}}", "{\"a\":{\"n\":null},\"b\":true}\n", "JSON is YAML" },
        { "stream", "---\na: 1\n---\n---\nb: 2\n...\n", "{\"a\":1}\n{\"b\":2}\n", "empty documents do not count" },
        { "nothing", "# only this\n", "", "" },
        { "quoted", "a: \"1\"\nb: 'true'\nc: |\n  2\n", "{\"a\":\"1\",\"b\":\"true\",\"c\":\"2\\u000a\"}\n", "quotes make strings" },
        { "tags", "a: !!str 1\nb: !!int 2\nc: !!float 3\nd: ! 4\n", "{\"a\":\"1\",\"b\":2,\"c\":3,\"d\":\"4\"}\n", "" },
        { "keys", "1: a\ntrue: b\n0x10: c\nn: d\n", "{\"1\":\"a\",\"16\":\"c\",\"false\":\"d\",\"true\":\"b\"}\n", "as kubectl reads them" },
        { "list", "kind: List\napiVersion: v1\nitems:\n- {a: 1}\n- {b: 2}\n", "{\"a\":1}\n{\"b\":2}\n", "kubectl get -o yaml" },
        { "typed list", "kind: PodList\nitems: [{a: 1}]\n", "{\"a\":1}\n", "" },
        { "no list", "kind: Listing\nitems: [{a: 1}]\n", "{\"items\":[{\"a\":1}],\"kind\":\"Listing\"}\n", "" },
        { "list without items", "kind: List\nitems: {}\n", "{\"items\":{},\"kind\":\"List\"}\n", "" },
        { "alias", "a: &x {k: 1}\nb: *x\nc: [*x, *x]\n", "{\"a\":{\"k\":1},\"b\":{\"k\":1},\"c\":[{\"k\":1},{\"k\":1}]}\n", "" },
        { "anchor again", "a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{\"a\":1,\"b\":1,\"c\":2,\"d\":2}\n", "the last one counts" },
        { "merge", "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":3,\"l\":2}}\n", "a map's own keys win" },
        { "merge list", "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}\n", "{\"a\":{\"k\":1},\"b\":{\"k\":2,\"l\":2},\"c\":{\"k\":1,\"l\":2}}\n", "the first one wins" },
        { "merge of a merge", "a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n", "{\"a\":{\"k\":1},\"b\":{\"k\":1,\"l\":2},\"c\":{\"k\":1,\"l\":2}}\n", "" },
        { "quoted merge key", "a: {\"<<\": 1}\n", "{\"a\":{\"<<\":1}}\n", "no merge key" },
        { "unicode", "a: \"\\u00e9 \\U0001F600\"\n", "{\"a\":\"\xc3\xa9 \xf0\x9f\x98\x80\"}\n", "" },

        { "duplicate", "a: 1\nb: 2\na: 3\n", "y:3:1: duplicate key \"a\"", "" },
        { "long duplicate", LONG "\xc3\xa9: 1\n" LONG "\xc3\xa9: 2\n", "y:2:1: duplicate key \"" LONG "\"", "cut between characters" },
        { "duplicate below", "m:\n  x: 1\n  x: 2\n", "y:3:3: duplicate key \"x\"", "" },
        { "duplicate as read", "a: {1: x, 0x1: y}\n", "y:1:11: duplicate key \"1\"", "" },
        { "two merges", "a: {<<: {}, <<: {}}\n", "y:1:13: duplicate key \"<<\"", "" },
        { "merge of a scalar", "a: {<<: 1}\n", "y:1:5: a merge key (<<) takes a map or a list of maps", "" },
        { "tab", "a:\n\t- b\n", "y:2:1: found character that cannot start any token", "" },
        { "unclosed", "a: [1, 2\n", "y:2:1: did not find expected ',' or ']'", "" },
        { "no map", "- a\n", "y:1:1: an object is a map; this document is \"a list\"", "" },
        { "scalar", "hello\n", "y:1:1: an object is a map; this document is \"a string\"", "" },
        { "list of scalars", "kind: List\nitems: [1]\n", "y:2:9: an item of a list is no object", "" },
        { "unknown alias", "a: *x\n", "y:1:4: no anchor before this alias: \"x\"", "" },
        { "alias in itself", "a: &x [*x]\n", "y:1:8: no anchor before this alias: \"x\"", "" },
        { "alias of another document", "a: &x 1\n---\nb: *x\n", "y:3:4: no anchor before this alias: \"x\"", "" },
        { "not a number", "a: .nan\n", "y:1:4: JSON has no number \".nan\"", "" },
        { "infinite", "a: -.inf\n", "y:1:4: JSON has no number \"-.inf\"", "" },
        { "wrong tag", "a: !!int x\n", "y:1:4: not a value of type \"tag:yaml.org,2002:int\"", "" },
        { "wrong integer", "a: !!int 1.5\n", "y:1:4: not a value of type \"tag:yaml.org,2002:int\"", "" },
        { "own tag", "a: !ruby x\n", "y:1:4: not a value of type \"!ruby\"", "" },
        { "null key", "~: 1\n", "y:1:1: a key is null", "" },
        { "map as key", "? {a: 1}\n: 2\n", "y:1:3: a key cannot be a map", "" },
        { "list as key", "? [a]\n: 2\n", "y:1:3: a key cannot be a list", "" },
        { "NUL", "a: \"x\\0y\"\n", "y:1:4: a string holds a NUL character", "protobuf-c cuts there" },
        { "control character", "a: \x01\n", "y:1:4: control characters are not allowed", "" },
        { "not UTF-8", "a: \xff\n", "y:1:4: invalid leading UTF-8 octet", "" },
};
/* clang-format on */

static int read_text(struct arena *arena, struct text yaml, struct text *ret, struct fault *fault) {
        struct objects objects;
        struct builder b;
        int r = yaml_read(yaml, "y", arena, &objects, fault);

        if (r < 0)
                return r;
        builder_init(&b, arena);
        for (size_t i = 0; i < objects.n; i++) {
                value_print(objects.items[i], &b);
                builder_char(&b, '\n');
        }
        *ret = builder_done(&b);
        return 0;
}

static void streams_are_read(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                bool fails = strncmp(row->want, "y:", 2) == 0;
                struct arena arena;
                struct fault fault = { 0 };
                struct text got = { 0 };
                int r;

                arena_init(&arena, BUDGET);
                r = read_text(&arena, text_from(row->yaml), &got, &fault);
                if (r != (fails ? -EINVAL : 0))
                        fail_msg("%s: returns %d: %s", row->name, r, fault.message);
                if (fails)
                        got = text_from(fault.message);
                if (!text_equal(got, text_from(row->want)))
                        fail_msg("%s (%s)\n got %.*s\nwant %s", row->name, row->reason,
                                 TEXT_ARG(got), row->want);
                arena_release(&arena);
        }
}

/* What is written is read back as it was, and written again alike. */
static void objects_come_back(void **state) {
        static const char *const json[] = {
                "{}",
                "{\"a\":[],\"b\":{},\"c\":null,\"d\":[[1,[2]],{\"x\":[{}]}]}",
                "{\"a\":[{\"b\":{\"c\":[\"d\"]},\"e\":1},[[]]]}",
                "{\"s\":[\"\",\" \",\"true\",\"n\",\"1\",\"-\",\"- a\",\"a: "
                "b\",\"#\",\"'\",\"\\\"\"]}",
                "{\"s\":[\"a\\nb\",\"a\\nb\\n\",\"a\\n\\n\",\"\\na\",\" a\\nb\",\"a\\n "
                "b\\n\\nc\"]}",
                "{\"s\":[\"\\t\",\"a\\tb\\nc\",\"\\u0001\",\"\\u0085\",\"\\u2028\",\"\\ufeff\","
                "\"\\u007f\",\"\\u202e\\n\\ta\\n\",\"\\U000e0041\"]}",
                "{\"s\":[\"\\\\n\",\"\\uffff\",\"caf\xc3\xa9\",\"\xf0\x9f\x98\x80\",\"a\\rb\"]}",
                "{\"n\":[0,-1,1.5,1e300,9007199254740993,123456789012345678,0.1,1e-7]}",
                "{\"true\":1,\"1\":2,\"a b\":3,\"\":4,\"- x\":5,\"a\\nb\":{\"?\":[1]}}",
                "{\"data\":{\"config.yaml\":\"version: v1\\nmig-configs:\\n  all:\\n  - x\\n\"}}",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
                struct arena arena;
                struct fault fault = { 0 };
                struct objects first, second;
                struct builder once, twice;

                arena_init(&arena, BUDGET);
                builder_init(&once, &arena);
                builder_init(&twice, &arena);
                assert_int_equal(yaml_read(text_from(json[i]), "y", &arena, &first, &fault), 0);
                assert_int_equal(yaml_write(first.items[0], &once, &arena), 0);
                if (yaml_read(builder_done(&once), "y", &arena, &second, &fault) < 0)
                        fail_msg("%s\n%.*s", fault.message, TEXT_ARG(builder_done(&once)));
                if (!value_equal(first.items[0], second.items[0], &arena))
                        fail_msg("not the same:\n%s\n%.*s", json[i], TEXT_ARG(builder_done(&once)));
                assert_int_equal(yaml_write(second.items[0], &twice, &arena), 0);
                assert_true(text_equal(builder_done(&once), builder_done(&twice)));
                arena_release(&arena);
        }
}

static void the_style_is_kubectls(void **state) {
        static const char json[] =
                "{\"spec\":{\"args\":[\"--a=1\"],\"n\":16,\"gpus\":\"16\",\"m\":{},\"l\":[],"
                "\"pods\":[{\"b\":1,\"a\":null}],\"floats\":[0.1,1e20,1e21,-2.50],\"text\":"
                "\"x\\ny\\n\"},\"kind\":\"A\"}";
        static const char want[] = "kind: A\n"
                                   "spec:\n"
                                   "  args:\n"
                                   "  - --a=1\n"
                                   "  floats:\n"
                                   "  - 0.1\n"
                                   "  - 100000000000000000000\n"
                                   "  - 1e+21\n"
                                   "  - -2.5\n"
                                   "  gpus: \"16\"\n"
                                   "  l: []\n"
                                   "  m: {}\n"
                                   "  \"n\": 16\n"
                                   "  pods:\n"
                                   "  - a: null\n"
                                   "    b: 1\n"
                                   "  text: |\n"
                                   "    x\n"
                                   "    y\n";
        struct arena arena;
        struct fault fault;
        struct objects objects;
        struct builder b;

        (void)state;
        arena_init(&arena, BUDGET);
        builder_init(&b, &arena);
        assert_int_equal(yaml_read(text_from(json), "y", &arena, &objects, &fault), 0);
        assert_int_equal(yaml_write(objects.items[0], &b, &arena), 0);
        if (!text_equal(builder_done(&b), text_from(want)))
                fail_msg("got\n%.*s", TEXT_ARG(builder_done(&b)));
        arena_release(&arena);
}

static void long_keys_come_back(void **state) {
        struct arena arena;
        struct fault fault;
        struct objects first, second;
        struct builder json, out;

        (void)state;
        arena_init(&arena, BUDGET);
        builder_init(&json, &arena);
        builder_init(&out, &arena);
        builder_string(&json, "? \"");
        for (int i = 0; i < 2000; i++)
                builder_char(&json, 'k');
        builder_string(&json, "\"\n: {a: [1, 2], b: {c: 1}}\n");
        assert_int_equal(yaml_read(builder_done(&json), "y", &arena, &first, &fault), 0);
        assert_int_equal(yaml_write(first.items[0], &out, &arena), 0);
        assert_int_equal(yaml_read(builder_done(&out), "y", &arena, &second, &fault), 0);
        assert_true(value_equal(first.items[0], second.items[0], &arena));
        arena_release(&arena);
}

static struct text repeat(struct arena *arena, const char *before, const char *part, size_t n,
                          const char *after) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, before);
        for (size_t i = 0; i < n; i++)
                builder_string(&b, part);
        builder_string(&b, after);
        return builder_done(&b);
}

static void expect_refusal(struct text yaml, const char *what) {
        struct arena arena;
        struct fault fault = { 0 };
        struct objects objects;

        arena_init(&arena, BUDGET);
        assert_int_equal(yaml_read(yaml, "y", &arena, &objects, &fault), -EINVAL);
        if (!strstr(fault.message, what))
                fail_msg("got %s, want %s", fault.message, what);
        arena_release(&arena);
}

static void depth_is_bounded(void **state) {
        struct arena arena;
        struct fault fault;
        struct objects objects;

        (void)state;
        arena_init(&arena, BUDGET);
        struct text parts[] = { repeat(&arena, "a: ", "[", YAML_DEPTH_MAX - 1, ""),
                                repeat(&arena, "", "]", YAML_DEPTH_MAX - 1, "\n") };

        assert_int_equal(yaml_read(text_join(&arena, parts, 2), "y", &arena, &objects, &fault), 0);
        expect_refusal(repeat(&arena, "a: ", "[", YAML_DEPTH_MAX, ""), "nested too deeply");
        expect_refusal(repeat(&arena, "a: ", "[", 1000000, ""), "nested too deeply");
        expect_refusal(repeat(&arena, "", "- ", 1000, ""), "nested too deeply");
        expect_refusal(repeat(&arena, "", "{a: ", 1000, ""), "nested too deeply");
        arena_release(&arena);
}

static void depth_through_aliases_is_bounded(void **state) {
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, BUDGET);
        builder_init(&b, &arena);
        builder_string(&b, "a0: &a0 1\n");
        for (unsigned int i = 1; i < 200; i++) {
                struct text line = text_format(&arena, "a%u: &a%u [*a%u]\n", i, i, i - 1);

                builder_text(&b, line);
        }
        expect_refusal(builder_done(&b), "nested too deeply through alias");
        arena_release(&arena);
}

static void an_alias_bomb_is_refused(void **state) {
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, BUDGET);
        builder_init(&b, &arena);
        builder_string(&b, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (unsigned int i = 1; i < 10; i++) {
                builder_text(&b, text_format(&arena, "a%u: &a%u [", i, i));
                for (unsigned int j = 0; j < 9; j++)
                        builder_text(&b, text_format(&arena, "%s*a%u", j ? ", " : "", i - 1));
                builder_string(&b, "]\n");
        }
        expect_refusal(builder_done(&b), "aliases stand for too much");
        expect_refusal(repeat(&arena, "k: &a x\nl:\n", "- *a\n", 1000000, ""),
                       "aliases stand for too much");
        arena_release(&arena);
}

static void anchors_are_bounded(void **state) {
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, BUDGET);
        builder_init(&b, &arena);
        builder_string(&b, "k:\n");
        for (unsigned int i = 0; i <= YAML_ANCHORS_MAX; i++)
                builder_text(&b, text_format(&arena, "- &a%u x\n", i));
        expect_refusal(builder_done(&b), "too many anchors");
        arena_release(&arena);
}

static void ten_megabytes_are_read(void **state) {
        struct arena arena;
        struct fault fault;
        struct objects objects;
        struct text yaml;

        (void)state;
        arena_init(&arena, BUDGET);
        yaml = repeat(&arena, "", "---\nkind: A\nmetadata: {name: some-name-of-an-object}\n",
                      190000, "");
        assert_true(yaml.len > 10 * 1000 * 1000);
        assert_int_equal(yaml_read(yaml, "y", &arena, &objects, &fault), 0);
        assert_int_equal(objects.n, 190000);
        arena_release(&arena);

        arena_init(&arena, BUDGET);
        yaml = repeat(&arena, "a: \"", "0123456789", 1000000, "\"\n");
        assert_int_equal(yaml_read(yaml, "y", &arena, &objects, &fault), 0);
        arena_release(&arena);
}

/* Each allocation fails once; nothing is promised then but -ENOMEM. */
static void every_allocation_may_fail(void **state) {
        static const char yaml[] = "a: &x {k: 1, l: [1, 2, 3, 4, 5]}\nb: {<<: *x, m: \"t\"}\n---\n"
                                   "kind: List\nitems: [{a: 1}, {b: 2}]\n";
        uint64_t countdown = 0;
        int r;

        (void)state;
        do {
                struct arena arena;
                struct fault fault;
                struct objects objects;

                arena_init(&arena, BUDGET);
                arena.countdown = ++countdown;
                r = yaml_read(text_from(yaml), "y", &arena, &objects, &fault);
                if (r < 0)
                        assert_int_equal(r, -ENOMEM);
                else
                        assert_int_equal(objects.n, 3);
                arena_release(&arena);
        } while (r < 0);
        assert_true(countdown > 30);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(streams_are_read),
                cmocka_unit_test(objects_come_back),
                cmocka_unit_test(the_style_is_kubectls),
                cmocka_unit_test(long_keys_come_back),
                cmocka_unit_test(depth_is_bounded),
                cmocka_unit_test(depth_through_aliases_is_bounded),
                cmocka_unit_test(an_alias_bomb_is_refused),
                cmocka_unit_test(anchors_are_bounded),
                cmocka_unit_test(ten_megabytes_are_read),
                cmocka_unit_test(every_allocation_may_fail),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
