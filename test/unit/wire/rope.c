/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rope.h"

#include <string.h>

#include "lib/memory.h"
#include "lib/pieces.h"
#include "wire/encode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

enum { OBSERVED = 2, DESIRED = 3, CONTEXT = 5, COMPOSITE = 1, RESOURCES = 2 };
enum { OBJECT = 1, CONNECTION = 2, READY = 3 };
enum { LARGE = 1000, NOT_READ = 0xa5 };

static const size_t sizes[] = { 1, 2, 3, 7, 300, 100000 };

static bool reads(struct text name) {
        return text_equal(name, TEXT("mine"));
}

static struct text filled(size_t len) {
        return (struct text) { .data = memset(arena_alloc(&arena, len), 'x', len), .len = len };
}

/* What a row puts where encoders put something else, or nothing. */
enum oddity {
        NONE,
        READY_BEHIND,
        ENUM_OF_TWO_BYTES,
        CONNECTION_BEHIND,
        OBJECT_TWICE,
        READY_BEFORE,
        VALUE_BEFORE_KEY,
        KEY_TWICE,
        NO_KEY,
        SCALAR_IN_STATE,
        SCALAR_IN_REQUEST,
};

static void add_resource(struct parts *entry, size_t object_len, enum oddity oddity) {
        struct parts resource;

        parts_init(&resource, &arena);
        if (oddity == READY_BEFORE)
                parts_varint(&resource, READY, 1);
        parts_bytes(&resource, OBJECT, filled(object_len));
        if (oddity == OBJECT_TWICE)
                parts_bytes(&resource, OBJECT, filled(object_len));
        if (oddity == CONNECTION_BEHIND)
                parts_bytes(&resource, CONNECTION, TEXT("abc"));
        if (oddity == READY_BEHIND || oddity == ENUM_OF_TWO_BYTES)
                parts_varint(&resource, READY, oddity == READY_BEHIND ? 1 : 300);
        parts_message(entry, ENTRY_VALUE, &resource);
}

static struct text request_of(uint32_t state_number, struct text key, size_t object_len,
                              enum oddity oddity) {
        struct parts request, state, entry, composite;

        parts_init(&entry, &arena);
        if (oddity != VALUE_BEFORE_KEY && oddity != NO_KEY)
                parts_bytes(&entry, ENTRY_KEY, key);
        add_resource(&entry, object_len, oddity);
        if (oddity == VALUE_BEFORE_KEY || oddity == KEY_TWICE)
                parts_bytes(&entry, ENTRY_KEY, TEXT("mine"));
        parts_init(&composite, &arena);
        parts_bytes(&composite, OBJECT, filled(LARGE));
        parts_init(&state, &arena);
        parts_message(&state, COMPOSITE, &composite);
        if (oddity == SCALAR_IN_STATE)
                parts_varint(&state, 7, 1);
        parts_message(&state, RESOURCES, &entry);
        parts_init(&request, &arena);
        parts_bytes(&request, 1, TEXT("\x0a\x01t"));
        if (oddity == SCALAR_IN_REQUEST)
                parts_varint(&request, 7, 1);
        parts_message(&request, state_number, &state);
        parts_bytes(&request, CONTEXT, filled(LARGE));
        return parts_joined(&request);
}

/* How many bytes of it are not in the buffer; those that are must be right. */
static size_t left_out(struct text request, size_t size) {
        struct rope rope = pieces_cut(request, size, &arena);
        char *buffer = test_malloc(request.len + 1);
        size_t n_copied, n_missing = 0, n_longest = 0, n = 0;

        memset(buffer, NOT_READ, request.len + 1);
        n_copied = rope_read(&rope, reads, buffer);
#if defined(__SANITIZE_ADDRESS__)
        __asan_unpoison_memory_region(buffer, request.len + 1);
#endif
        for (size_t i = 0; i < request.len; i++) {
                bool is_missing = (unsigned char)buffer[i] == NOT_READ;

                if (!is_missing)
                        assert_int_equal(buffer[i], request.data[i]);
                n = is_missing ? n + 1 : 0;
                n_longest = n > n_longest ? n : n_longest;
                n_missing += is_missing;
        }
        assert_int_equal((unsigned char)buffer[request.len], NOT_READ);
        assert_int_equal(n_copied + n_missing, request.len);
        assert_int_equal(n_longest, n_missing); /* one object */
        test_free(buffer);
        return n_missing;
}

static void test_read(void **state) {
        static const struct {
                const char *name;
                uint32_t state;
                struct text key;
                size_t len;
                enum oddity oddity;
                size_t want; /* left out */
        } rows[] = {
                { "desired", DESIRED, TEXT_INIT("a"), LARGE, NONE, LARGE },
                { "desired, of a name that is read", DESIRED, TEXT_INIT("mine"), LARGE, NONE,
                  LARGE },
                { "observed", OBSERVED, TEXT_INIT("a"), LARGE, NONE, LARGE },
                { "observed and read", OBSERVED, TEXT_INIT("mine"), LARGE, NONE, 0 },
                { "of another state", 4, TEXT_INIT("a"), LARGE, NONE, 0 },
                { "the smallest", DESIRED, TEXT_INIT("a"), ROPE_GAP_MIN, NONE, ROPE_GAP_MIN },
                { "too small", DESIRED, TEXT_INIT("a"), ROPE_GAP_MIN - 1, NONE, 0 },
                { "ready", DESIRED, TEXT_INIT("a"), LARGE, READY_BEHIND, LARGE },
                { "ready in two bytes", DESIRED, TEXT_INIT("a"), LARGE, ENUM_OF_TWO_BYTES, 0 },
                { "with details", DESIRED, TEXT_INIT("a"), LARGE, CONNECTION_BEHIND, 0 },
                { "an object twice", DESIRED, TEXT_INIT("a"), LARGE, OBJECT_TWICE, 0 },
                { "ready before it", DESIRED, TEXT_INIT("a"), LARGE, READY_BEFORE, 0 },
                { "its key last", OBSERVED, TEXT_INIT("a"), LARGE, VALUE_BEFORE_KEY, 0 },
                { "another key behind", OBSERVED, TEXT_INIT("a"), LARGE, KEY_TWICE, 0 },
                { "no key", OBSERVED, TEXT_INIT("a"), LARGE, NO_KEY, 0 },
                { "a key that is not ASCII", DESIRED, TEXT_INIT("\xc3\xa4"), LARGE, NONE, 0 },
                { "a number in a state", DESIRED, TEXT_INIT("a"), LARGE, SCALAR_IN_STATE, 0 },
                { "a number before it", DESIRED, TEXT_INIT("a"), LARGE, SCALAR_IN_REQUEST, 0 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text request =
                        request_of(rows[i].state, rows[i].key, rows[i].len, rows[i].oddity);

                for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
                        size_t got = left_out(request, sizes[k]);

                        if (got != rows[i].want)
                                fail_msg("%s, in pieces of %zu: %zu left out, want %zu",
                                         rows[i].name, sizes[k], got, rows[i].want);
                }
        }
}

/* Lengths that reach beyond the end, at each byte: a state that is not whole is not trusted. */
static void test_cut(void **state) {
        struct text request = request_of(DESIRED, TEXT("a"), LARGE, READY_BEHIND);
        const size_t state_end = request.len - (1 + 2 + LARGE); /* the context */

        (void)state;
        for (size_t len = 0; len < request.len; len++)
                assert_int_equal(left_out(text_slice(request, 0, len), 7),
                                 len < state_end ? 0 : LARGE);
}

static void test_damaged(void **state) {
        struct text request = request_of(OBSERVED, TEXT("a"), LARGE, READY_BEHIND);
        char *bytes = test_malloc(request.len);

        (void)state;
        for (size_t at = 0; at < 60; at++) {
                for (unsigned int byte = 0; byte < 256; byte++) {
                        memcpy(bytes, request.data, request.len);
                        bytes[at] = byte == NOT_READ ? 0 : (char)byte;
                        left_out((struct text) { .data = bytes, .len = request.len }, 300);
                }
        }
        test_free(bytes);
}

/* There and back, and a piece without bytes on the way. */
static void test_cursor(void **state) {
        const struct text pieces[] = { TEXT("ab"), TEXT(""), TEXT("cde"), TEXT("f") };
        const struct rope rope = { .pieces = pieces, .n_pieces = 4, .len = 6 };
        struct rope_cursor c = { .rope = &rope };
        char got[4];

        (void)state;
        assert_true(text_equal(rope_take(&c, 10), TEXT("ab")));
        assert_true(text_equal(rope_take(&c, 1), TEXT("c")));
        assert_int_equal(rope_offset(&c), 3);
        assert_int_equal(c.piece, 2);
        rope_seek(&c, 1);
        rope_copy(&c, 4, got);
        assert_memory_equal(got, "bcde", 4);
        rope_seek(&c, 6);
        assert_int_equal(rope_take(&c, 1).len, 0);
        rope_seek(&c, 5);
        assert_true(text_equal(rope_take(&c, 1), TEXT("f")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_damaged),
                cmocka_unit_test(test_cursor),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
