/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/memory.h"
#include "wire/encode.h"
#include "wire/field.h"
#include "wire/guard.h"
#include "wire/node.h"

struct row {
        const char *name;
        struct text bytes;
        int want;
        const char *message;
};

/* clang-format off */
static const struct row rows[] = {
        { "nothing at all",              TEXT_INIT(""),                          0, NULL },
        { "a tag",                       TEXT_INIT("\x0a\x03\x0a\x01t"),         0, NULL },
        { "empty messages",              TEXT_INIT("\x0a\0\x12\0\x1a\0\x22\0\x2a\0\x32\0\x42\0"), 0, NULL },
        { "capabilities, one by one",    TEXT_INIT("\x0a\x04\x10\x01\x10\x02"),  0, NULL },
        { "capabilities, packed",        TEXT_INIT("\x0a\x05\x12\x03\x01\x02\x03"), 0, NULL },
        { "unknown fields of each type", TEXT_INIT("\x78\x01\x7a\x02\xff\0\x7d\0\0\0\0\x79\0\0\0\0\0\0\0\0"), 0, NULL },
        { "unknown field far out",       TEXT_INIT("\xf8\xff\xff\xff\x0f\x00"),  0, NULL },
        { "credentials are not read",    TEXT_INIT("\x3a\x02\xff\xff"),          0, NULL },
        { "schemas are not read",        TEXT_INIT("\x4a\x02\xff\xff"),          0, NULL },
        { "desired object is not read",  TEXT_INIT("\x1a\x0b\x12\x09\x0a\x01" "a\x12\x04\x0a\x02\xff\xff"), 0, NULL },
        { "desired and ready",           TEXT_INIT("\x1a\x0d\x12\x0b\x0a\x01" "a\x12\x06\x0a\x02\xff\xff\x18\x01"), 0, NULL },
        { "desired, ready is padded",    TEXT_INIT("\x1a\x0e\x12\x0c\x0a\x01" "a\x12\x07\x0a\x02\xff\xff\x18\x81\0"), 0, NULL },
        { "a scalar twice: the last",    TEXT_INIT("\x0a\x06\x0a\x01" "a\x0a\x01" "b"), 0, NULL },
        { "keys twice are one's right",  TEXT_INIT("\x42\x03\x0a\x01k\x42\x03\x0a\x01k"), 0, NULL },

        { "text",                        TEXT_INIT("hello"),  -EBADMSG, "RunFunctionRequest is cut or no protobuf" },
        { "a group",                     TEXT_INIT("\x7b\x7c"), -EBADMSG, "RunFunctionRequest is cut or no protobuf" },
        { "the end of a group",          TEXT_INIT("\x7c"),   -EBADMSG, "RunFunctionRequest is cut or no protobuf" },
        { "field 0",                     TEXT_INIT("\x02\0"), -EBADMSG, "RunFunctionRequest is cut or no protobuf" },
        { "a length beyond the end",     TEXT_INIT("\x12\x05\x0a"), -EBADMSG, "RunFunctionRequest is cut or no protobuf" },
        { "a length beyond the parent",  TEXT_INIT("\x0a\x02\x0a\x05" "abcde"), -EBADMSG, "RequestMeta is cut or no protobuf" },
        { "a huge length",               TEXT_INIT("\x12\xff\xff\xff\xff\x0f"), -EBADMSG, "RunFunctionRequest is cut or no protobuf" },
        { "another wire type",           TEXT_INIT("\x10\x01"), -EBADMSG, "RunFunctionRequest.observed has another wire type" },
        { "ready is no bytes",           TEXT_INIT("\x12\x04\x0a\x02\x1a\0"), -EBADMSG, "Resource.ready has another wire type" },
        { "desired is cut after ready",  TEXT_INIT("\x1a\x0a\x12\x08\x0a\x01" "a\x12\x03\x0a\0\x18"), -EBADMSG, "Resource is cut or no protobuf" },
        { "desired, ready is no bytes",  TEXT_INIT("\x1a\x0b\x12\x09\x0a\x01" "a\x12\x04\x0a\0\x1a\0"), -EBADMSG, "Resource.ready has another wire type" },
        { "desired object beyond its end", TEXT_INIT("\x1a\x09\x12\x07\x0a\x01" "a\x12\x02\x0a\x01"), -EBADMSG, "Resource is cut or no protobuf" },
        { "packed capabilities are cut", TEXT_INIT("\x0a\x03\x12\x01\x80"), -EBADMSG, "RequestMeta.capabilities is cut or no protobuf" },

        { "meta twice",                  TEXT_INIT("\x0a\0\x0a\0"), -EBADMSG, "RunFunctionRequest.meta comes twice" },
        { "observed twice",              TEXT_INIT("\x12\0\x12\0"), -EBADMSG, "RunFunctionRequest.observed comes twice" },
        { "desired twice",               TEXT_INIT("\x1a\0\x0a\0\x1a\0"), -EBADMSG, "RunFunctionRequest.desired comes twice" },
        { "input twice",                 TEXT_INIT("\x22\0\x22\0"), -EBADMSG, "RunFunctionRequest.input comes twice" },
        { "context twice",               TEXT_INIT("\x2a\0\x2a\0"), -EBADMSG, "RunFunctionRequest.context comes twice" },
        { "composite twice",             TEXT_INIT("\x12\x04\x0a\0\x0a\0"), -EBADMSG, "State.composite comes twice" },
        { "object twice",                TEXT_INIT("\x12\x06\x0a\x04\x0a\0\x0a\0"), -EBADMSG, "Resource.resource comes twice" },
        { "sealed object twice",         TEXT_INIT("\x1a\x08\x12\x06\x12\x04\x0a\0\x0a\0"), -EBADMSG, "Resource.resource comes twice" },
        { "sealed object of a name twice", TEXT_INIT("\x1a\x0b\x12\x09\x0a\x01" "a\x12\x04\x0a\0\x0a\0"), -EBADMSG, "Resource.resource comes twice" },
        { "value of an entry twice",     TEXT_INIT("\x12\x06\x12\x04\x12\0\x12\0"), -EBADMSG, "State.resources.value comes twice" },
        { "value of a member twice",     TEXT_INIT("\x22\x06\x0a\x04\x12\0\x12\0"), -EBADMSG, "Struct.fields.value comes twice" },
        { "map of a Value twice",        TEXT_INIT("\x22\x08\x0a\x06\x12\x04\x2a\0\x2a\0"), -EBADMSG, "Value.struct_value comes twice" },
        { "list of a Value twice",       TEXT_INIT("\x22\x08\x0a\x06\x12\x04\x32\0\x32\0"), -EBADMSG, "Value.list_value comes twice" },
        { "answer's value twice",        TEXT_INIT("\x42\x04\x12\0\x12\0"), -EBADMSG, "RunFunctionRequest.required_resources.value comes twice" },

        { "tag is not UTF-8",            TEXT_INIT("\x0a\x03\x0a\x01\xff"), -EBADMSG, "RequestMeta.tag is not UTF-8" },
        { "tag with NUL",                TEXT_INIT("\x0a\x03\x0a\x01\0"), -EBADMSG, "RequestMeta.tag holds a NUL byte" },
        { "string is not UTF-8",         TEXT_INIT("\x22\x07\x0a\x05\x12\x03\x1a\x01\xff"), GUARD_BROKEN, NULL },
        { "string with NUL",             TEXT_INIT("\x22\x07\x0a\x05\x12\x03\x1a\x01\0"), GUARD_BROKEN, NULL },
        { "key is not UTF-8",            TEXT_INIT("\x2a\x05\x0a\x03\x0a\x01\xff"), GUARD_BROKEN, NULL },
        { "name is not UTF-8",           TEXT_INIT("\x12\x05\x12\x03\x0a\x01\xff"), -EBADMSG, "State.resources.key is not UTF-8" },
        { "desired name is not UTF-8",   TEXT_INIT("\x1a\x05\x12\x03\x0a\x01\xff"), -EBADMSG, "State.resources.key is not UTF-8" },
        { "name of what is desired",     TEXT_INIT("\x1a\x09\x12\x07\x0a\x01\xff\x12\x02\x0a\0"), -EBADMSG, "State.resources.key is not UTF-8" },
        { "the same behind the value",   TEXT_INIT("\x1a\x09\x12\x07\x12\x02\x0a\0\x0a\x01\xff"), -EBADMSG, "State.resources.key is not UTF-8" },
        { "details of what is desired",  TEXT_INIT("\x1a\x0e\x12\x0c\x0a\x01" "a\x12\x07\x0a\0\x12\x03\x0a\x01\xff"), -EBADMSG, "Resource.connection_details.key is not UTF-8" },
        { "answer's key is not UTF-8",   TEXT_INIT("\x32\x03\x0a\x01\xff"), -EBADMSG, "RunFunctionRequest.required_resources.key is not UTF-8" },
        { "desired composite is read",   TEXT_INIT("\x1a\x06\x0a\x04\x0a\x02\xff\xff"), -EBADMSG, "Struct is cut or no protobuf" },
        { "context is read",             TEXT_INIT("\x2a\x02\xff\xff"), -EBADMSG, "Struct is cut or no protobuf" },
        { "number of four bytes",        TEXT_INIT("\x22\x09\x0a\x07\x12\x05\x15\0\0\0\0"), -EBADMSG, "Value.number_value has another wire type" },
        { "bool as bytes",               TEXT_INIT("\x22\x06\x0a\x04\x12\x02\x22\0"), -EBADMSG, "Value.bool_value has another wire type" },
};
/* clang-format on */

/* In memory of exactly that size, so that a sanitizer sees a byte too many. */
static int guard_exact(struct text bytes, struct fault *fault) {
        char *exact = malloc(bytes.len > 0 ? bytes.len : 1);
        int r;

        if (bytes.len > 0)
                memcpy(exact, bytes.data, bytes.len);
        r = guard_request((struct text) { .data = exact, .len = bytes.len }, fault);
        free(exact);
        return r;
}

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct fault fault = { .message = "untouched" };

                print_message("%s\n", rows[i].name);
                assert_int_equal(guard_exact(rows[i].bytes, &fault), rows[i].want);
                assert_string_equal(fault.message, rows[i].message ? rows[i].message : "untouched");
        }
}

static struct text sample(void) {
        struct text xr = bytes_resource(
                &arena, "{'kind': 'X', 'spec': {'n': 1.5, 'l': [true, null, 'caf\xc3\xa9']}}");
        struct text state = bytes_join(&arena, bytes_field(&arena, 1, xr),
                                       bytes_entry(&arena, 2, TEXT("a"), xr));
        struct text parts[] = {
                TEXT("\x0a\x07\x0a\x01t\x12\x02\x01\x02"),
                bytes_field(&arena, 2, state),
                bytes_field(&arena, 3, state),
                bytes_field(&arena, 4, bytes_json(&arena, "{'kind': 'Input'}")),
                bytes_field(&arena, 5, bytes_json(&arena, "{'a': {'b': []}}")),
                bytes_entry(&arena, 6, TEXT("old"), bytes_field(&arena, 1, xr)),
                bytes_entry(&arena, 8, TEXT("new"), bytes_field(&arena, 1, xr)),
        };

        return text_join(&arena, parts, sizeof(parts) / sizeof(*parts));
}

/* Nobody reads managedFields, so that what is in them does not matter; elsewhere it does. */
static void test_managed_fields(void **state) {
        static const struct {
                const char *json;
                int want;
        } fields[] = {
                { "{'metadata': {'managedFields': [{'f:x': '~'}]}}", 0 },
                { "{'metadata': {'managedFields': {'f:x': '~'}}}", 0 },
                { "{'metadata': {'managedFields': '~'}}", GUARD_BROKEN },
                { "{'metadata': {'labels': {'f:x': '~'}}}", GUARD_BROKEN },
                { "{'metadata': [{'managedFields': ['~']}]}", GUARD_BROKEN },
                { "{'managedFields': [{'f:x': '~'}]}", GUARD_BROKEN },
                { "{'spec': {'managedFields': [{'f:x': '~'}]}}", GUARD_BROKEN },
                { "{'spec': {'metadata': {'managedFields': ['~']}}}", GUARD_BROKEN },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
                struct text good = bytes_json(&arena, fields[i].json);
                struct text bad = text_copy(&arena, good);
                struct fault fault;

                print_message("%s\n", fields[i].json);
                assert_int_equal(guard_struct(good, &fault), 0);
                ((char *)(uintptr_t)bad.data)[text_index(bad, '~')] = '\xff';
                assert_int_equal(guard_struct(bad, &fault), fields[i].want);
        }
}

/* Cut between two fields of the request it is a shorter request; anywhere else it is none. */
static void test_cut_anywhere(void **state) {
        struct text whole = sample(), rest = whole;
        struct field field = { .record = { .data = whole.data, .len = 0 } };
        struct fault fault;
        size_t border = 0;

        (void)state;
        assert_int_equal(guard_exact(whole, &fault), 0);
        for (size_t len = 0; len <= whole.len; len++) {
                bool is_border = len == border;

                assert_int_equal(guard_exact(text_slice(whole, 0, len), &fault),
                                 is_border ? 0 : -EBADMSG);
                if (is_border && field_next(&rest, &field))
                        border += field.record.len;
        }
        assert_int_equal(rest.len, 0);
}

/* Whatever byte is flipped: refused or accepted, never read beyond the end (sanitizers look). */
static void test_flipped_bits(void **state) {
        struct text whole = sample();
        char *bytes = malloc(whole.len);
        struct fault fault;
        size_t n_refused = 0;

        (void)state;
        memcpy(bytes, whole.data, whole.len);
        for (size_t bit = 0; bit < whole.len * 8; bit++) {
                bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << (bit % 8));
                n_refused +=
                        guard_exact((struct text) { .data = bytes, .len = whole.len }, &fault) < 0;
                bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << (bit % 8));
        }
        free(bytes);
        assert_true(n_refused > whole.len);
}

/* The body of a Struct whose innermost value lies under n levels of maps or lists. */
static struct text nested(size_t n, bool is_list) {
        size_t cap = n * 24 + 16, at = cap;
        char *data = arena_alloc(&arena, cap);

        /* From the inside out, so that every length is known. */
        for (size_t level = 1; level < n; level++) {
                char head[16];
                size_t len = cap - at;
                /* ListValue.values, or Struct.fields and its value (the key is left out) */
                char *p = encode_varint(encode_tag(head, is_list ? 6 : 5, WIRE_BYTES), len);

                at -= (size_t)(p - head);
                memcpy(data + at, head, (size_t)(p - head));
                for (size_t i = 0; i < (is_list && level + 1 < n ? 1 : 2); i++) {
                        bool is_value = !(is_list && level + 1 < n) && i == 0;

                        p = encode_varint(encode_tag(head, is_value ? 2 : 1, WIRE_BYTES), cap - at);
                        at -= (size_t)(p - head);
                        memcpy(data + at, head, (size_t)(p - head));
                }
        }
        return (struct text) { .data = data + at, .len = cap - at };
}

static void test_depth(void **state) {
        struct fault fault;

        (void)state;
        for (int is_list = 0; is_list < 2; is_list++) {
                struct text deep = nested(100000, is_list);

                assert_int_equal(guard_struct(nested(1, is_list), &fault), 0);
                assert_int_equal(guard_struct(nested(GUARD_DEPTH_MAX, is_list), &fault), 0);
                assert_int_equal(guard_struct(nested(GUARD_DEPTH_MAX + 1, is_list), &fault),
                                 -E2BIG);
                assert_string_equal(fault.message, is_list ? "ListValue is nested too deeply"
                                                           : "Struct is nested too deeply");
                assert_int_equal(guard_struct(deep, &fault), -E2BIG);
                /* What is only handed on may be as deep as it likes. */
                deep = bytes_field(&arena, 1, deep);
                deep = bytes_field(&arena, 3, bytes_entry(&arena, 2, TEXT("a"), deep));
                assert_int_equal(guard_request(deep, &fault), 0);
        }
}

/* The same as everybody encodes it: every entry with its key, short ones within long ones. */
static void test_usual_depth(void **state) {
        struct fault fault;
        struct text bytes;

        (void)state;
        for (size_t n = GUARD_DEPTH_MAX; n <= GUARD_DEPTH_MAX + 1; n++) {
                struct node *map = node_map(&arena), *inner = map;

                for (size_t level = 1; level < n; level++)
                        inner = node_add_map(inner, level % 10 == 0 ? "metadata" : "a");
                node_set_string(inner, "b", TEXT("c"));
                assert_int_equal(node_encode(map, &arena, &bytes), 0);
                assert_int_equal(guard_struct(bytes, &fault), n > GUARD_DEPTH_MAX ? -E2BIG : 0);
        }
}

/* A level that was left does not count: wide is not deep. */
static void test_width(void **state) {
        struct parts wide;
        struct fault fault;

        (void)state;
        parts_init(&wide, &arena);
        for (size_t i = 0; i < 3 * GUARD_DEPTH_MAX; i++)
                parts_raw(&wide, nested(GUARD_DEPTH_MAX, i % 2));
        assert_int_equal(guard_struct(parts_joined(&wide), &fault), 0);
}

static void test_elements(void **state) {
        char *values = malloc(2 * (GUARD_ELEMENTS_MAX + 1));
        struct fault fault;

        (void)state;
        for (size_t i = 0; i <= GUARD_ELEMENTS_MAX; i++)
                memcpy(values + 2 * i, "\x0a", 2);
        for (size_t too_many = 0; too_many < 2; too_many++) {
                struct text entries = { .data = values,
                                        .len = 2 * (GUARD_ELEMENTS_MAX + too_many) };

                assert_int_equal(guard_struct(entries, &fault), too_many ? -E2BIG : 0);
        }
        assert_string_equal(fault.message, "Struct.fields is one element too many");
        free(values);
}

/* The same of resources that are handed on. */
static void test_desired_elements(void **state) {
        const struct text entry = TEXT("\x12\x06\x0a\0\x12\x02\x0a\0");
        size_t len = entry.len * (GUARD_ELEMENTS_MAX + 1);
        char *values = malloc(len);
        struct fault fault;

        (void)state;
        for (size_t at = 0; at < len; at += entry.len)
                memcpy(values + at, entry.data, entry.len);
        for (size_t too_many = 0; too_many < 2; too_many++) {
                struct text body = { .data = values,
                                     .len = entry.len * (GUARD_ELEMENTS_MAX + too_many) };
                struct text desired = bytes_field(&arena, 3, body);

                assert_int_equal(guard_request(desired, &fault), too_many ? -E2BIG : 0);
        }
        assert_string_equal(fault.message, "State.resources is one element too many");
        free(values);
}

static void test_response(void **state) {
        static const struct row responses[] = {
                { "nothing at all", TEXT_INIT(""), 0, NULL },
                { "requirements", TEXT_INIT("\x2a\x09\x12\x07\x0a\x01k\x12\x02\x22\0"), 0, NULL },
                { "desired object is read",
                  TEXT_INIT("\x12\x0b\x12\x09\x0a\x01"
                            "a\x12\x04\x0a\x02\xff\xff"),
                  -EBADMSG, "Struct is cut or no protobuf" },
                { "message is not UTF-8", TEXT_INIT("\x1a\x03\x12\x01\xff"), -EBADMSG,
                  "Result.message is not UTF-8" },
                { "ttl twice", TEXT_INIT("\x0a\x04\x12\0\x12\0"), -EBADMSG,
                  "ResponseMeta.ttl comes twice" },
                { "label is not UTF-8",
                  TEXT_INIT("\x2a\x0d\x12\x0b\x12\x09\x22\x07\x0a\x05\x0a\0\x12\x01\xff"), -EBADMSG,
                  "MatchLabels.labels.value is not UTF-8" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(responses) / sizeof(*responses); i++) {
                struct fault fault = { .message = "untouched" };

                print_message("%s\n", responses[i].name);
                assert_int_equal(guard_response(responses[i].bytes, &fault), responses[i].want);
                if (responses[i].message)
                        assert_string_equal(fault.message, responses[i].message);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_managed_fields),
                cmocka_unit_test(test_cut_anywhere),
                cmocka_unit_test(test_flipped_bits),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_usual_depth),
                cmocka_unit_test(test_width),
                cmocka_unit_test(test_elements),
                cmocka_unit_test(test_desired_elements),
                cmocka_unit_test(test_response),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
