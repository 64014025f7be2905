/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertions.h"
#include "lib/bytes.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "wire/encode.h"
#include "wire/guard.h"
#include "wire/request.h"

static struct text named(const char *name, const char *more) {
        struct text parts[] = { TEXT("{'metadata': {'name': '"), text_from(name), TEXT("'"),
                                text_from(more), TEXT("}}\0") };

        return bytes_resource(&input_arena, text_join(&input_arena, parts, 5).data);
}

static void test_nothing(void **state) {
        struct request request = bytes_request(&arena, TEXT(""));

        (void)state;
        assert_int_equal(request.tag.len, 0);
        assert_false(request.has_capabilities);
        assert_int_equal(request.observed.composite.object.kind, VALUE_ABSENT);
        assert_int_equal(request.observed.n_resources, 0);
        assert_int_equal(request.desired.raw.len, 0);
        assert_int_equal(request.input.kind, VALUE_ABSENT);
        assert_int_equal(request.context.kind, VALUE_ABSENT);
        assert_int_equal(request.n_required, 0);
        assert_null(request_required(&request, TEXT("")));
        assert_null(request_resource(&request.observed, TEXT("")));
}

static void test_meta_and_maps(void **state) {
        struct text parts[] = { TEXT("\x0a\x05\x0a\x03tag"),
                                bytes_field(&input_arena, 4,
                                            bytes_json(&input_arena, "{'kind': 'Input'}")),
                                TEXT("\x2a\0") };
        struct request request = bytes_request(&arena, text_join(&input_arena, parts, 3));

        (void)state;
        assert_text(request.tag, "tag");
        assert_false(request.has_capabilities);
        assert_text(value_text(value_get(request.input, TEXT("kind"))), "Input");
        assert_int_equal(request.context.kind, VALUE_MAP); /* empty, but there */
        assert_int_equal(request.context.len, 0);
        assert_true(bytes_request(&arena, TEXT("\x0a\x03\x12\x01\x01")).has_capabilities);
        assert_true(bytes_request(&arena, TEXT("\x0a\x02\x10\x01")).has_capabilities);
        assert_false(bytes_request(&arena, TEXT("\x0a\0")).has_capabilities);
        assert_false(bytes_request(&arena, TEXT("\x0a\x02\x12\0"))
                             .has_capabilities); /* a list of none */
}

static void test_state(void **state) {
        struct text xr = named("xr", ""), first = named("first", ""), last = named("last", "");
        struct text ready = bytes_join(&input_arena, last, TEXT("\x18\x01"));
        struct text parts[] = {
                bytes_entry(&input_arena, 2, TEXT("b"), first),
                bytes_field(&input_arena, 1, xr),
                bytes_entry(&input_arena, 2, TEXT("c"),
                            TEXT("\x0a\0\x18\x02")),                       /* an empty object */
                bytes_entry(&input_arena, 2, TEXT("a"), TEXT("\x18\x09")), /* no object */
                TEXT("\x78\x05"),                                          /* unknown */
                bytes_entry(&input_arena, 2, TEXT("b"), ready),
                TEXT("\x12\x03\x0a\x01z"), /* no Resource at all */
        };
        struct text body = text_join(&input_arena, parts, sizeof(parts) / sizeof(*parts));

        (void)state;
        for (uint32_t number = 2; number <= 3; number++) {
                struct request request =
                        bytes_request(&arena, bytes_field(&input_arena, number, body));
                const struct state *got = number == 2 ? &request.observed : &request.desired;
                const struct resource *r = got->resources;

                assert_true(text_equal(got->raw, body));
                assert_text(value_text(value_at(got->composite.object, "metadata.name")), "xr");
                assert_true(text_equal(got->composite.raw, xr));
                assert_int_equal(got->n_resources, 4);
                assert_text(r[0].name, "a");
                assert_int_equal(r[0].object.kind, VALUE_ABSENT);
                assert_int_equal(r[0].ready, READY_UNSPECIFIED); /* 9 has no meaning */
                assert_text(r[1].name, "b");
                assert_text(value_text(value_at(r[1].object, "metadata.name")), "last");
                assert_int_equal(r[1].ready, READY_TRUE);
                assert_true(text_equal(r[1].raw, ready));
                assert_text(r[2].name, "c");
                assert_int_equal(r[2].object.kind, VALUE_MAP);
                assert_int_equal(r[2].object.len, 0);
                assert_int_equal(r[2].ready, READY_FALSE);
                assert_text(r[3].name, "z");
                assert_int_equal(r[3].object.kind, VALUE_ABSENT);
                assert_int_equal(r[3].raw.len, 0);
                for (size_t i = 0; i < 4; i++)
                        assert_ptr_equal(request_resource(got, r[i].name), &r[i]);
                assert_null(request_resource(got, TEXT("ab")));
        }
}

static struct text answer(uint32_t number, const char *key, struct text items) {
        return bytes_entry(&input_arena, number, text_from(key), items);
}

static void test_answers(void **state) {
        struct text a = bytes_field(&input_arena, 1, named("a", "")),
                    b = bytes_field(&input_arena, 1, named("b", "")),
                    b_in_x = bytes_field(&input_arena, 1, named("b", ", 'namespace': 'x'")),
                    a_in_y = bytes_field(&input_arena, 1, named("a", ", 'namespace': 'y'"));
        struct text parts[] = {
                answer(8, "z",
                       text_join(&input_arena, (struct text[]) { a_in_y, b_in_x, b, a }, 4)),
                answer(8, "both", a),
                answer(6, "both", b),
                answer(6, "old", b),
                answer(8, "twice", a),
                answer(8, "twice", b),
                TEXT("\x42\x09\x0a\x07nothing"),
        };
        static const char *const keys[] = { "both", "nothing", "old", "twice", "z" };
        struct request request = bytes_request(
                &arena, text_join(&input_arena, parts, sizeof(parts) / sizeof(*parts)));
        static const char *const order[] = { "a", "b", "b", "a" };

        (void)state;
        assert_int_equal(request.n_required, 5);
        for (size_t i = 0; i < 5; i++) {
                assert_text(request.required[i].key, keys[i]);
                assert_ptr_equal(request_required(&request, text_from(keys[i])),
                                 &request.required[i]);
        }
        assert_null(request_required(&request, TEXT("unresolved")));
        assert_int_equal(request.required[1].n_items, 0);
        for (size_t i = 0; i < 4; i += i ? 1 : 2) {
                const struct answer_set *set = &request.required[i];

                assert_int_equal(set->n_items, 1);
                assert_text(value_text(value_at(set->items[0].object, "metadata.name")),
                            i == 0 ? "a" : "b");
        }
        assert_int_equal(request.required[4].n_items, 4);
        for (size_t i = 0; i < 4; i++) {
                struct value object = request.required[4].items[i].object;

                assert_text(value_text(value_at(object, "metadata.name")), order[i]);
                assert_int_equal(value_at(object, "metadata.namespace").kind,
                                 i < 2 ? VALUE_ABSENT : VALUE_STRING);
        }
}

/* Not guarded: it must not be believed either. */
static void test_no_request(void **state) {
        static const struct text rows[] = {
                TEXT_INIT("hello"),                /* no fields */
                TEXT_INIT("\x12\x02\xff\xff"),     /* a State of no fields */
                TEXT_INIT("\x12\x03\x12\x01\x0a"), /* an entry that is cut */
                TEXT_INIT("\x1a\x02\xff\xff"),     /* the same of desired */
                TEXT_INIT("\x12\x05\x0a"),
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct request request = { .n_required = 42 };
                struct fault fault;

                assert_int_equal(request_read(rows[i], &arena, &request, &fault), -EBADMSG);
                assert_string_equal(fault.message, "not a RunFunctionRequest");
                assert_int_equal(request.n_required, 42);
        }
}

static void test_sweep(void **state) {
        struct text body =
                bytes_join(&input_arena, bytes_entry(&input_arena, 2, TEXT("b"), named("b", "")),
                           bytes_entry(&input_arena, 2, TEXT("a"), named("a", "")));
        struct text items = bytes_join(&input_arena, bytes_field(&input_arena, 1, named("b", "")),
                                       bytes_field(&input_arena, 1, named("a", "")));
        struct text parts[] = { bytes_field(&input_arena, 2, body),
                                bytes_field(&input_arena, 3, body), answer(8, "b", items),
                                answer(6, "a", items) };
        struct text bytes = text_join(&input_arena, parts, 4);

        (void)state;
        for (uint64_t n = 1;; n++) {
                struct request request = { .n_required = 42 };
                struct fault fault;
                int r;

                sweep_arm(&arena, n);
                r = request_read(bytes, &arena, &request, &fault);
                if (sweep_is_over(&arena, n, r))
                        break;
                assert_int_equal(request.n_required, 42);
                assert_string_equal(fault.message,
                                    "the request needs more memory than it may have");
        }
}

/* The memory that bytes can ask for ends at the budget. */
static void test_budget(void **state) {
        enum { N = 100000 };
        char *empty_entries = malloc(2 * N + 16);
        struct text bytes = { .data = empty_entries };
        struct arena small;
        struct request request;
        struct fault fault;
        char *p = encode_varint(encode_tag(empty_entries, 2, WIRE_BYTES), 2 * N);

        (void)state;
        for (size_t i = 0; i < N; i++, p += 2)
                memcpy(p, "\x12", 2);
        bytes.len = (size_t)(p - empty_entries);
        arena_init(&small, 1 << 20);
        assert_int_equal(guard_request(bytes, &fault), 0);
        assert_int_equal(request_read(bytes, &small, &request, &fault), -ENOMEM);
        assert_true(small.peak_bytes <= 1 << 20);
        arena_release(&small);
        free(empty_entries);
}

static bool is_mine(struct text name) {
        return text_equal(name, TEXT("mine"));
}

/* What others composed is neither checked nor read, whatever it is. */
static void test_only(void **state) {
        struct text mine = bytes_resource(&arena, "{'kind': 'Mine'}");
        struct text broken = bytes_field(&arena, 1, TEXT("\xff\xff"));
        struct text parts[] = {
                bytes_field(&arena, 1, bytes_resource(&arena, "{'kind': 'X'}")),
                bytes_entry(&arena, 2, TEXT("another"), broken),
                bytes_entry(&arena, 2, TEXT("mine"), mine),
        };
        struct text bytes = bytes_field(&arena, 2, text_join(&arena, parts, 3));
        struct request request;
        struct fault fault;

        (void)state;
        assert_int_equal(guard_request(bytes, &fault), -EBADMSG);
        assert_int_equal(guard_request_only(bytes, is_mine, &fault), 0);
        assert_int_equal(request_read_only(bytes, is_mine, &arena, &request, &fault), 0);
        assert_int_equal(request.observed.n_resources, 1);
        assert_true(text_equal(
                value_text(value_get(request.observed.resources[0].object, TEXT("kind"))),
                TEXT("Mine")));
        assert_true(text_equal(
                value_text(value_get(request.observed.composite.object, TEXT("kind"))), TEXT("X")));

        parts[2] = bytes_entry(&arena, 2, TEXT("mine"), broken);
        bytes = bytes_field(&arena, 2, text_join(&arena, parts, 3));
        assert_int_equal(guard_request_only(bytes, is_mine, &fault), -EBADMSG);
}

/* What others desire is handed on, and only the composite is looked at. */
static void test_only_composite_of_desired(void **state) {
        struct text parts[] = {
                bytes_entry(&arena, 2, TEXT("b"), bytes_resource(&arena, "{'kind': 'B'}")),
                bytes_field(&arena, 1, bytes_resource(&arena, "{'kind': 'X'}")),
                bytes_entry(&arena, 2, TEXT("mine"), bytes_resource(&arena, "{'kind': 'Mine'}")),
        };
        struct text desired = text_join(&arena, parts, 3);
        struct request request;
        struct fault fault;

        (void)state;
        assert_int_equal(request_read_only(bytes_field(&arena, 3, desired), is_mine, &arena,
                                           &request, &fault),
                         0);
        assert_true(text_equal(request.desired.raw, desired));
        assert_text(value_text(value_get(request.desired.composite.object, TEXT("kind"))), "X");
        assert_int_equal(request.desired.n_resources, 0);
}

/* What was asked for is looked at by its metadata first, and checked when it is opened. */
static void test_open(void **state) {
        struct text good = bytes_resource(&arena, "{'kind': 'A', 'metadata': {'name': 'a'}}");
        struct text broken = bytes_field(&arena, 1, TEXT("\xff\xff"));
        struct text items[] = { bytes_field(&arena, 1, good), bytes_field(&arena, 1, broken) };
        struct text bytes = bytes_entry(&arena, 8, TEXT("things"), text_join(&arena, items, 2));
        const struct answer_set *things;
        struct request request;
        struct fault fault;

        (void)state;
        assert_int_equal(guard_request(bytes, &fault), -EBADMSG);
        assert_int_equal(guard_request_only(bytes, is_mine, &fault), 0);
        assert_int_equal(request_read_only(bytes, is_mine, &arena, &request, &fault), 0);
        things = request_required(&request, TEXT("things"));
        assert_int_equal(things->n_items, 2);
        assert_int_equal(things->items[0].object.kind, VALUE_ABSENT);
        assert_int_equal(things->items[1].object.kind, VALUE_ABSENT);
        assert_true(text_equal(value_text(value_get(request_peek(&things->items[1]), TEXT("kind"))),
                               TEXT("A")));

        assert_int_equal(request_open_item(&things->items[1], &fault), 0);
        assert_true(text_equal(value_text(value_get(things->items[1].object, TEXT("kind"))),
                               TEXT("A")));
        assert_int_equal(request_open(things, &fault), -EBADMSG);
        assert_string_equal(fault.message, "Struct is cut or no protobuf");
        assert_int_equal(things->items[0].object.kind, VALUE_ABSENT);
        assert_int_equal(request_open(NULL, &fault), 0);
}

/* An object with a string that is no text is read all the same, and says so. */
static void test_may_be_broken(void **state) {
        struct text good = bytes_resource(&arena, "{'kind': 'A', 'metadata': {'name': 'a'}}");
        struct text bad = bytes_field(
                &arena, 1,
                bytes_entry(&arena, 1, TEXT("kind"), bytes_field(&arena, 3, TEXT("\xff"))));
        struct text items[] = { bytes_field(&arena, 1, good), bytes_field(&arena, 1, bad) };
        struct text bytes = bytes_entry(&arena, 8, TEXT("things"), text_join(&arena, items, 2));
        const struct answer_set *things;
        struct request request;
        struct fault fault;

        (void)state;
        assert_int_equal(guard_request(bytes, &fault), GUARD_BROKEN);
        assert_int_equal(guard_request_only(bytes, is_mine, &fault), 0);
        assert_int_equal(request_read_only(bytes, is_mine, &arena, &request, &fault), 0);
        things = request_required(&request, TEXT("things"));
        assert_int_equal(request_open(things, &fault), 0);
        assert_true(things->items[0].object.may_be_broken);
        assert_false(things->items[1].object.may_be_broken);

        items[0] = bytes_field(&arena, 1, bad); /* the composite */
        bytes = bytes_join(&arena, bytes_field(&arena, 2, items[0]), bytes);
        assert_int_equal(guard_request_only(bytes, is_mine, &fault), GUARD_BROKEN);
        assert_int_equal(request_read_only(bytes, is_mine, &arena, &request, &fault), 0);
        assert_false(request.observed.composite.object.may_be_broken);
        request_suspect(&request);
        assert_true(request.observed.composite.object.may_be_broken);
        assert_int_equal(request.input.kind, VALUE_ABSENT);
        assert_false(request.input.may_be_broken);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_only),       cmocka_unit_test(test_only_composite_of_desired),
                cmocka_unit_test(test_open),       cmocka_unit_test(test_may_be_broken),
                cmocka_unit_test(test_nothing),    cmocka_unit_test(test_meta_and_maps),
                cmocka_unit_test(test_state),      cmocka_unit_test(test_answers),
                cmocka_unit_test(test_no_request), cmocka_unit_test(test_sweep),
                cmocka_unit_test(test_budget),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
