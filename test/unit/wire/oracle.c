/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf-c's full tree of google.protobuf.Struct is the oracle: of everything
 * that the guard lets pass, it and our view over the bytes must say the same.
 */
#include <string.h>

#include "lib/bytes.h"
#include "lib/memory.h"
#include "lib/whole.h"
#include "wire/encode.h"
#include "wire/guard.h"

/* Returns whether the guard let them pass. */
static bool compare(struct text bytes) {
        struct fault fault;
        struct text ours, theirs;

        arena_reset(&arena, 1 << 20);
        if (guard_struct(bytes, &fault) != 0) /* protobuf-c cuts strings at NUL */
                return false;
        if (!whole_agrees(bytes, &arena, &ours, &theirs))
                fail_msg("ours %.*s, the oracle's %.*s", TEXT_ARG(ours), TEXT_ARG(theirs));
        return true;
}

/* ---- what is compared ------------------------------------------------------------------------ */

struct maker {
        uint32_t random;
};

static uint32_t pick(struct maker *m, uint32_t n) {
        m->random = m->random * 1664525 + 1013904223;
        return (m->random >> 8) % n;
}

static struct text make_struct(struct maker *m, unsigned int depth, struct arena *own);

static void add(struct text *message, struct arena *own, struct text field) {
        *message = bytes_join(own, *message, field);
}

static struct text scalar(struct maker *m, uint32_t number, enum wire_type type,
                          struct arena *own) {
        char *start = arena_alloc(own, 20), *p = encode_tag(start, number, type);

        if (type == WIRE_FIXED64)
                p = encode_double(p, pick(m, 2) ? pick(m, 9) : pick(m, 1000) / 16.0);
        else
                p = encode_varint(p, pick(m, 3));
        return (struct text) { .data = start, .len = (size_t)(p - start) };
}

/* Some kinds one after the other, each message kind at most once, and unknown fields. */
static struct text make_value(struct maker *m, unsigned int depth, struct arena *own) {
        static const char *const strings[] = { "", "a", "text", "caf\xc3\xa9", "\xf0\x9f\x98\x80" };
        struct text message = { 0 }, body;
        bool has_map = false, has_list = false;

        for (uint32_t n = pick(m, 8) ? 1 : pick(m, 4); n > 0; n--) {
                switch (pick(m, depth > 0 ? 7 : 5)) {
                case 0:
                        add(&message, own, scalar(m, 1, WIRE_VARINT, own));
                        break;
                case 1:
                        add(&message, own, scalar(m, 2, WIRE_FIXED64, own));
                        break;
                case 2:
                        add(&message, own, bytes_field(own, 3, text_from(strings[pick(m, 5)])));
                        break;
                case 3:
                        add(&message, own, scalar(m, 4, WIRE_VARINT, own));
                        break;
                case 4:
                        add(&message, own, scalar(m, 7 + pick(m, 9), WIRE_VARINT, own));
                        break;
                case 5:
                        if (!has_map)
                                add(&message, own,
                                    bytes_field(own, 5, make_struct(m, depth - 1, own)));
                        has_map = true;
                        break;
                default:
                        body = (struct text) { 0 };
                        for (uint32_t i = pick(m, 4); !has_list && i > 0; i--)
                                add(&body, own, bytes_field(own, 1, make_value(m, depth - 1, own)));
                        if (!has_list)
                                add(&message, own, bytes_field(own, 6, body));
                        has_list = true;
                        break;
                }
        }
        return message;
}

static struct text make_struct(struct maker *m, unsigned int depth, struct arena *own) {
        static const char *const keys[] = { "a", "b", "c", "", "caf\xc3\xa9", "aa" };
        struct text message = { 0 };

        for (uint32_t n = pick(m, 6); n > 0; n--) {
                struct text key = bytes_field(own, 1, text_from(keys[pick(m, 6)]));
                struct text value = bytes_field(own, 2, make_value(m, depth, own));
                struct text parts[] = { key, value };

                switch (pick(m, 10)) {
                case 0:
                        parts[0] = (struct text) { 0 };
                        break;
                case 1:
                        parts[1] = (struct text) { 0 };
                        break;
                case 2:
                        parts[0] = value;
                        parts[1] = key;
                        break;
                default:
                        break;
                }
                add(&message, own, bytes_field(own, 1, bytes_join(own, parts[0], parts[1])));
                if (pick(m, 10) == 0)
                        add(&message, own, scalar(m, 2 + pick(m, 9), WIRE_VARINT, own));
        }
        return message;
}

static void test_made_up(void **state) {
        struct maker m = { .random = 1 };
        struct arena own;

        (void)state;
        arena_init(&own, 16 << 20);
        for (size_t i = 0; i < 5000; i++) {
                struct text bytes = make_struct(&m, (unsigned int)(i % 6), &own);

                if (!compare(bytes))
                        fail_msg("the guard refuses number %zu", i);
                arena_reset(&own, 1 << 20);
        }
        arena_release(&own);
}

/* One flipped bit: mostly refused; what passes must still mean the same to both. */
static void test_flipped(void **state) {
        struct maker m = { .random = 2 };
        size_t n_passed = 0, n_refused = 0;
        struct arena own;

        (void)state;
        arena_init(&own, 16 << 20);
        for (size_t i = 0; i < 100; i++) {
                struct text bytes = make_struct(&m, 3, &own);
                char *copy = arena_alloc(&own, bytes.len);

                memcpy(copy, bytes.len > 0 ? bytes.data : "", bytes.len);
                for (size_t bit = 0; bit < bytes.len * 8; bit++) {
                        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << (bit % 8));
                        if (compare((struct text) { .data = copy, .len = bytes.len }))
                                n_passed++;
                        else
                                n_refused++;
                        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << (bit % 8));
                }
                arena_reset(&own, 1 << 20);
        }
        arena_release(&own);
        assert_true(n_passed > 1000);
        assert_true(n_refused > 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_made_up),
                cmocka_unit_test(test_flipped),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
