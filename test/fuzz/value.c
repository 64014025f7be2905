/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Struct: of what the guard lets pass, the views and protobuf-c's
 * tree say the same, and the ways to read one member agree with each other.
 */
#include "fuzz.h"
#include "lib/whole.h"
#include "wire/guard.h"
#include "wire/node.h"
#include "wire/value_print.h"

static bool same(struct value a, struct value b) {
        switch (a.kind) {
        case VALUE_ABSENT:
        case VALUE_NULL:
                return b.kind == a.kind;
        case VALUE_BOOL:
                return b.kind == a.kind && a.boolean == b.boolean;
        case VALUE_NUMBER:
                return b.kind == a.kind && memcmp(&a.number, &b.number, sizeof(a.number)) == 0;
        case VALUE_STRING:
        case VALUE_LIST:
        case VALUE_MAP:
                break;
        }
        return b.kind == a.kind && a.data == b.data && a.len == b.len;
}

static void check_map(struct value map, struct arena *arena) {
        struct value_member *members;
        size_t n;

        MUST(value_members(map, arena, &members, &n) == 0 && n <= value_count(map));
        for (size_t i = 0; i < n; i++) {
                struct value picked;

                MUST(i == 0 || text_compare(members[i - 1].key, members[i].key) < 0);
                MUST(same(value_get(map, members[i].key), members[i].value));
                value_pick(map, &members[i].key, 1, &picked);
                MUST(same(picked, members[i].value));
        }
}

static void check_below(struct value v, struct arena *arena) {
        struct value_iter it = value_iterate(v);
        struct value child;
        size_t n = 0;

        if (v.kind == VALUE_MAP)
                check_map(v, arena);
        for (; value_next(&it, NULL, &child); n++)
                check_below(child, arena);
        MUST(n == value_count(v));
}

/* Sent on as it is, and brief, and equal to itself unless it holds something that is no number. */
static void check_copies(struct value v, struct arena *arena) {
        struct node *wrap = node_map(arena);
        struct text encoded;
        struct value back;

        node_set(wrap, TEXT("v"), node_value(arena, v));
        MUST(node_encode(wrap, arena, &encoded) == 0);
        back = value_get(value_of_struct(encoded), TEXT("v"));
        MUST(text_equal(value_bytes(back), value_bytes(v)) && back.kind == v.kind);
        MUST(value_equal(v, back, arena) == value_equal(v, v, arena));
        MUST(value_brief(v, arena).len <= 60);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text bytes = fuzz_text(data, size), ours, theirs;
        struct fault fault;
        struct arena arena;
        int verdict = guard_struct(bytes, &fault);

        if (verdict < 0)
                return 0;
        arena_init(&arena, SIZE_MAX);
        MUST(verdict == GUARD_BROKEN || whole_agrees(bytes, &arena, &ours, &theirs));
        check_below(value_of_struct(bytes), &arena);
        check_copies(value_of_struct(bytes), &arena);
        MUST(!arena_failed(&arena));
        arena_release(&arena);
        return 0;
}
