/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "lib/memory.h"
#include "lib/sweep.h"
#include "yaml/tree.h"

/* One line of a tree: keys, texts in quotes where they had some, lines of what does not begin in
 * the first one. No document here is deeper than a few levels. */
static void print(const struct tree *t, struct builder *b) {
        if (t->key.len > 0) {
                builder_text(b, t->key);
                builder_char(b, '=');
        }
        if (t->kind == TREE_SCALAR) {
                builder_string(b, t->quoted ? "'" : "");
                builder_text(b, t->text);
                builder_string(b, t->quoted ? "'" : "");
        } else {
                builder_char(b, t->kind == TREE_MAP ? '{' : '[');
                for (const struct tree *each = t->first; each; each = each->next) {
                        print(each, b);
                        builder_string(b, each->next ? "," : "");
                }
                builder_char(b, t->kind == TREE_MAP ? '}' : ']');
        }
        if (t->line > 1) {
                builder_char(b, '@');
                builder_i64(b, t->line);
        }
}

struct row {
        const char *yaml, *want, *reason;
};

/* clang-format off */
static const struct row rows[] = {
        { "a", "a", "a scalar alone" },
        { "'a'", "'a'", "with quotes" },
        { "{\"a\":1,\"b\":[true,\"\\u0041\\n\"]}", "{a=1,b=[true,'A\n']}", "JSON" },
        { "a: 1\nb:\n  c: |\n    x\n  d:\n", "{a=1,b={c='x\n'@3,d=@5}@3}", "where a value begins" },
        { "{b: 1, a: 2, b: 3}", "{b=1,a=2,b=3}", "equal keys, in the order of the file" },
        { "[yes, 010, ~, 'no']", "[yes,010,~,'no']", "nothing is resolved" },
        { "[]", "[]", "" },
        { "[[], {}, [[a]]]", "[[],{},[[a]]]", "" },
};

static const struct row refused[] = {
        { "a: &x 1", "line 1: anchors, aliases and tags are not read: write it out", "" },
        { "a: *x", "line 1: anchors, aliases and tags are not read: write it out", "" },
        { "\n!!str a", "line 2: anchors, aliases and tags are not read: write it out", "" },
        { "a: 1\n---\nb: 1", "line 2: a second document begins", "" },
        { "? [a]\n: b", "line 1: a key is a text", "" },
        { "? {a: b}\n: b", "line 1: a key is a text", "" },
        { "[[[[[[[[[[[[[[[[[", "line 1: nested too deeply", "seventeen levels" },
        { "[", "line 2: did not find expected node content", "" },
        { "a\xff", "byte 1: invalid leading UTF-8 octet", "" },
};
/* clang-format on */

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct tree *tree;
                struct fault fault;
                struct builder b;

                assert_int_equal(tree_read(text_from(rows[i].yaml), &arena, &tree, &fault), 0);
                builder_init(&b, &arena);
                print(tree, &b);
                print_message("%s: %.*s\n", rows[i].yaml, TEXT_ARG(builder_done(&b)));
                assert_true(text_equal(builder_done(&b), text_from(rows[i].want)));
        }
}

static void test_refused(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
                const struct tree unchanged = { 0 }, *tree = &unchanged;
                struct fault fault;

                assert_int_equal(tree_read(text_from(refused[i].yaml), &arena, &tree, &fault),
                                 -EINVAL);
                print_message("%s: %s\n", refused[i].yaml, fault.message);
                assert_string_equal(fault.message, refused[i].want);
                assert_ptr_equal(tree, &unchanged);
        }
}

static void test_empty(void **state) {
        static const char *const streams[] = { "", "# nothing\n", "\n\n" };

        (void)state;
        for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
                const struct tree unchanged = { 0 }, *tree = &unchanged;
                struct fault fault;

                assert_int_equal(tree_read(text_from(streams[i]), &arena, &tree, &fault), 0);
                assert_null(tree);
        }
}

static void test_parts(void **state) {
        const struct tree *tree, *t;
        struct fault fault;

        (void)state;
        assert_int_equal(tree_read(TEXT("[a, 'b', , {}]"), &arena, &tree, &fault), -EINVAL);
        assert_int_equal(tree_read(TEXT("[a, 'b', '', {}]"), &arena, &tree, &fault), 0);
        assert_int_equal(tree_count(tree), 4);
        t = tree->first;
        assert_true(text_equal(tree_plain(t), TEXT("a")));
        assert_true(text_equal(tree_brief(t), TEXT("a")));
        t = t->next;
        assert_true(text_is_empty(tree_plain(t)));
        assert_true(text_equal(tree_brief(t), TEXT("b")));
        t = t->next;
        assert_true(text_equal(tree_brief(t), TEXT("null")));
        t = t->next;
        assert_true(text_equal(tree_brief(t), TEXT("{...}")));
        assert_true(text_is_empty(tree_plain(t)));
        assert_int_equal(tree_count(t), 0);
}

static void test_without_memory(void **state) {
        (void)state;
        for (uint64_t n = 1;; n++) {
                const struct tree *tree;
                struct fault fault;

                sweep_arm(&arena, n);
                if (sweep_is_over(&arena, n,
                                  tree_read(TEXT("a: [1, {b: c}]"), &arena, &tree, &fault)))
                        break;
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),           cmocka_unit_test(test_refused),
                cmocka_unit_test(test_empty),          cmocka_unit_test(test_parts),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests_name("tree", tests, memory_set_up, memory_tear_down);
}
