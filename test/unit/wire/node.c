/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/bytes.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "wire/node.h"

static struct text encode(const struct node *map) {
        struct text bytes = { 0 };

        assert_int_equal(node_encode(map, &arena, &bytes), 0);
        return bytes;
}

static void assert_encodes(const struct node *map, struct text want) {
        struct text got = encode(map);

        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.data, want.data, want.len);
}

/* One of each kind, byte for byte. */
static void test_bytes(void **state) {
        struct node *map = node_map(&arena), *list;

        (void)state;
        assert_encodes(map, TEXT(""));
        node_set(map, TEXT("z"), node_null(&arena));
        node_set_bool(map, "y", true);
        node_set_integer(map, "x", -2);
        node_set_string(map, "w", TEXT("text"));
        list = node_add_list(map, "v");
        node_append(list, node_bool(&arena, false));
        node_append_map(list);
        node_add_map(map, "u");
        node_set_value(map, "t", value_of_string(TEXT("")));
        assert_encodes(map, TEXT("\x0a\x07\x0a\x01t\x12\x02\x1a\0"
                                 "\x0a\x07\x0a\x01u\x12\x02\x2a\0"
                                 "\x0a\x0f\x0a\x01v\x12\x0a\x32\x08\x0a\x02\x20\0\x0a\x02\x2a\0"
                                 "\x0a\x0b\x0a\x01w\x12\x06\x1a\x04text"
                                 "\x0a\x0e\x0a\x01x\x12\x09\x11\0\0\0\0\0\0\0\xc0"
                                 "\x0a\x07\x0a\x01y\x12\x02\x20\x01"
                                 "\x0a\x07\x0a\x01z\x12\x02\x08\0"));
}

/* Lengths of one byte and of more, in each place that has a length. */
static void test_lengths(void **state) {
        char letters[20000];

        (void)state;
        memset(letters, 'x', sizeof(letters));
        for (size_t len = 0; len < sizeof(letters); len = len < 300 ? len + 1 : len * 2) {
                struct text text = { .data = letters, .len = len };
                struct node *map = node_map(&arena), *list = node_add_list(map, "l");
                struct node *inner = node_append_map(list);
                struct value v;

                node_set(inner, text, node_string(&arena, text));
                v = value_get(value_of_struct(encode(map)), TEXT("l"));
                assert_int_equal(v.kind, VALUE_LIST);
                {
                        struct value_iter it = value_iterate(v);
                        struct value element;

                        assert_true(value_next(&it, NULL, &element));
                        assert_int_equal(it.rest.len, 0);
                        assert_true(text_equal(value_text(value_get(element, text)), text));
                }
                arena_reset(&arena, 1 << 20);
        }
}

static void test_order_does_not_count(void **state) {
        static const char *const keys[] = { "m", "a", "z", "", "ab", "aa", "b", "zz" };
        enum { N = sizeof(keys) / sizeof(*keys) };
        struct text first = { 0 };
        uint32_t random = 7;

        (void)state;
        for (size_t round = 0; round < 50; round++) {
                struct node *map = node_map(&arena);
                size_t order[N];
                struct text bytes;

                for (size_t i = 0; i < N; i++)
                        order[i] = i;
                for (size_t i = N - 1; i > 0; i--) {
                        size_t other, kept = order[i];

                        random = random * 1664525 + 1013904223;
                        other = (random >> 16) % (i + 1);
                        order[i] = order[other];
                        order[other] = kept;
                }
                for (size_t i = 0; i < N; i++)
                        node_set_integer(map, keys[order[i]], (int64_t)order[i]);
                bytes = encode(map);
                if (round == 0)
                        first = bytes;
                assert_true(text_equal(bytes, first));
        }
        assert_int_equal(value_count(value_of_struct(first)), N);
}

static void test_set_and_get(void **state) {
        struct node *map = node_map(&arena), *child = node_map(&arena);

        (void)state;
        node_set_string(map, "k", TEXT("old"));
        node_set(map, TEXT("k"), child);
        assert_ptr_equal(node_get(map, TEXT("k")), child);
        assert_null(node_get(map, TEXT("other")));
        node_set(map, TEXT("k"), NULL);
        assert_ptr_equal(node_get(map, TEXT("k")), child);
        node_set_value(map, "absent", (struct value) { 0 });
        assert_null(node_get(map, TEXT("absent")));
        assert_encodes(map, TEXT("\x0a\x07\x0a\x01k\x12\x02\x2a\0"));
        assert_null(node_get(node_value(&arena, value_of_struct(encode(map))), TEXT("k")));
        assert_null(node_get(node_list(&arena), TEXT("k")));
        assert_null(node_get(NULL, TEXT("k")));
}

static void test_empty(void **state) {
        struct node *map = node_map(&arena), *list = node_list(&arena);

        (void)state;
        assert_true(node_is_empty(NULL));
        assert_true(node_is_empty(map));
        assert_true(node_is_empty(list));
        assert_true(node_is_empty(node_value(&arena, json_value(&arena, "{}"))));
        assert_false(node_is_empty(node_value(&arena, json_value(&arena, "{'a': 1}"))));
        assert_false(node_is_empty(node_null(&arena)));
        assert_false(node_is_empty(node_string(&arena, TEXT(""))));
        node_set_bool(map, "k", false);
        node_append_string(list, TEXT(""));
        assert_false(node_is_empty(map));
        assert_false(node_is_empty(list));
}

/* What was read elsewhere keeps its bytes: duplicates, order, unknown fields. */
static void test_value_by_reference(void **state) {
        struct text odd = TEXT("\x78\x01\x0a\x03\x0a\x01z\x0a\x03\x0a\x01"
                               "a\x0a\x03\x0a\x01z");
        struct node *map = node_map(&arena);
        struct value back;

        (void)state;
        node_set_value(map, "odd", value_of_struct(odd));
        node_set(map, TEXT("again"), node_value(&arena, value_of_struct(odd)));
        back = value_get(value_of_struct(encode(map)), TEXT("odd"));
        assert_int_equal(back.kind, VALUE_MAP);
        assert_true(text_equal(back.bytes, odd));
        assert_true(text_equal(encode(node_value(&arena, value_of_struct(odd))), odd));
}

/* Nothing happens to what is no map, no list, or NULL. */
static void test_wrong_kind(void **state) {
        struct node *list = node_list(&arena), *map = node_map(&arena);

        (void)state;
        node_set_bool(list, "k", true);
        node_append_string(map, TEXT("x"));
        assert_true(node_is_empty(list));
        assert_true(node_is_empty(map));
        node_set_string(NULL, "k", TEXT("x"));
        node_append(NULL, map);
        assert_null(node_add_map(NULL, "k"));
        assert_null(node_add_list(NULL, "k"));
        assert_null(node_append_map(NULL));
}

static struct node *build_map(void) {
        struct node *map = node_map(&arena), *list = node_add_list(map, "list");

        for (int64_t i = 0; i < 10; i++) {
                struct node *element = node_append_map(list);

                node_set_integer(element, "i", i);
                node_set_string(element, "s", TEXT("text"));
                node_set_value(element, "v", value_of_string(TEXT("v")));
        }
        node_set_bool(map, "b", true);
        return map;
}

static int build(struct text *ret) {
        return node_encode(build_map(), &arena, ret);
}

/* The same bytes in less memory, and once more without a copy. */
static void test_pack(void **state) {
        struct arena_mark mark;
        struct text want, got, again;
        struct node *packed;
        size_t before;

        (void)state;
        assert_int_equal(build(&want), 0);
        want = text_copy(&arena, want);
        mark = arena_mark(&arena);
        before = arena.used_bytes;
        packed = node_pack(build_map(), mark);
        assert_in_range(arena.used_bytes - before, want.len, want.len + 100);
        memset(arena_alloc(&arena, 100), 0x11, 100);
        assert_int_equal(node_encode(packed, &arena, &got), 0);
        assert_true(text_equal(got, want));
        assert_int_equal(node_encode(packed, &arena, &again), 0);
        assert_ptr_equal(again.data, got.data);
        assert_null(node_pack(NULL, mark));
}

static void test_sweep(void **state) {
        struct text untouched = TEXT("untouched"), bytes;

        (void)state;
        for (uint64_t n = 1;; n++) {
                int r;

                bytes = untouched;
                sweep_arm(&arena, n);
                r = build(&bytes);
                if (sweep_is_over(&arena, n, r))
                        break;
                assert_ptr_equal(bytes.data, untouched.data);
        }
        assert_int_equal(value_count(value_of_struct(bytes)), 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bytes),
                cmocka_unit_test(test_lengths),
                cmocka_unit_test(test_order_does_not_count),
                cmocka_unit_test(test_set_and_get),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_value_by_reference),
                cmocka_unit_test(test_wrong_kind),
                cmocka_unit_test(test_pack),
                cmocka_unit_test(test_sweep),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
