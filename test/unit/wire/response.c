/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/bytes.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "wire/field.h"
#include "wire/guard.h"
#include "wire/response.h"

static struct text encode(const struct response *r, const struct request *request) {
        struct payload payload;
        struct text bytes;
        struct fault fault;

        assert_int_equal(response_encode(r, request, &payload), 0);
        bytes = text_join(&arena, payload.parts, payload.n_parts);
        assert_int_equal(bytes.len, payload.len);
        assert_int_equal(guard_response(bytes, &fault), 0);
        return bytes;
}

static void assert_bytes(struct text got, struct text want) {
        if (!text_equal(got, want))
                fail_msg("%zu bytes are not the %zu that are wanted", got.len, want.len);
}

static struct text member(struct text response, uint32_t number) {
        struct text body = { 0 };

        field_last(response, number, &body);
        return body;
}

/* What only strange encoders send, and what no decoder of ours knows. */
static struct text odd_entries(void) {
        struct text object = bytes_resource(&input_arena, "{'spec': {'n': 1}}");
        struct text parts[] = {
                bytes_entry(&input_arena, 2, TEXT("b"),
                            bytes_join(&input_arena, object, TEXT("\x78\x05"))),
                TEXT("\x12\x07\x0a\x01"
                     "e\x12\x02\x0a\0"),                          /* an empty object */
                TEXT("\x12\x03\x0a\x01n"),                        /* no Resource */
                TEXT("\x7a\x03new"),                              /* an unknown member */
                TEXT("\x12\x0a\x12\x04\x18\x81\x80\0\x0a\x02vk"), /* value before key, padded */
                bytes_entry(&input_arena, 2, TEXT("b"), object),  /* the same name again */
        };

        return text_join(&input_arena, parts, sizeof(parts) / sizeof(*parts));
}

static void test_nothing(void **state) {
        struct request request = bytes_request(&arena, TEXT(""));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        assert_bytes(encode(&r, &request), TEXT("\x0a\0"));
}

static void test_passes_on(void **state) {
        struct text xr =
                bytes_join(&input_arena, bytes_resource(&input_arena, "{'status': {'a': 1}}"),
                           TEXT("\x12\x06\x0a\x01k\x12\x01v\x78\x07"));
        struct text desired =
                text_join(&input_arena,
                          (struct text[]) { odd_entries(), bytes_field(&input_arena, 1, xr) }, 2);
        struct text context = bytes_join(&input_arena, bytes_json(&input_arena, "{'theirs': [1]}"),
                                         TEXT("\x78\x01"));
        struct text parts[] = { TEXT("\x0a\x05\x0a\x03tag"), bytes_field(&input_arena, 3, desired),
                                bytes_field(&input_arena, 5, context) };
        struct text want[] = { TEXT("\x0a\x05\x0a\x03tag"), bytes_field(&input_arena, 2, desired),
                               bytes_field(&input_arena, 4, context) };
        struct request request = bytes_request(&arena, text_join(&input_arena, parts, 3));
        struct payload payload;
        struct response r;
        bool by_reference = false;

        (void)state;
        response_init(&r, &arena);
        assert_bytes(encode(&r, &request), text_join(&input_arena, want, 3));
        assert_int_equal(response_encode(&r, &request, &payload), 0);
        for (size_t i = 0; i < payload.n_parts; i++)
                by_reference |= payload.parts[i].data == request.desired.raw.data &&
                                payload.parts[i].len == request.desired.raw.len;
        assert_true(by_reference);
}

/* An object that no decoder would take is handed on all the same: it is not our business. */
static void test_unread_object(void **state) {
        struct text entry = bytes_entry(&input_arena, 2, TEXT("d"), TEXT("\x0a\x02\xff\xff"));
        struct request request = bytes_request(&arena, bytes_field(&input_arena, 3, entry));
        struct payload payload;
        struct response r;

        (void)state;
        response_init(&r, &arena);
        assert_int_equal(response_encode(&r, &request, &payload), 0);
        assert_bytes(member(text_join(&arena, payload.parts, payload.n_parts), 2), entry);
}

static void test_empty_context_stays(void **state) {
        struct request request = bytes_request(&arena, TEXT("\x2a\0"));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        assert_bytes(encode(&r, &request), TEXT("\x0a\0\x22\0"));
}

static void desire(struct response *r, const char *name, const char *json, enum ready ready) {
        response_desire(r, (struct desired) { .name = text_from(name),
                                              .object = json_node(&arena, json),
                                              .ready = ready });
}

/* Ours take the place of those of the same name, behind what stays, by name. */
static void test_desired(void **state) {
        struct text odd = odd_entries(), rest = odd, kept = { 0 };
        struct request request = bytes_request(&arena, bytes_field(&input_arena, 3, odd));
        struct text want[] = {
                TEXT(""),
                bytes_entry(&input_arena, 2, TEXT("a"),
                            bytes_resource(&input_arena, "{'new': true}")),
                bytes_entry(&input_arena, 2, TEXT("b"),
                            bytes_join(&input_arena, bytes_resource(&input_arena, "{'ours': 2}"),
                                       TEXT("\x18\x01"))),
                bytes_entry(&input_arena, 2, TEXT("z"),
                            bytes_join(&input_arena, TEXT("\x0a\0"), TEXT("\x18\x02"))),
        };
        struct response r;
        struct field field;

        (void)state;
        while (field_next(&rest, &field)) {
                if (!text_equal(member(field.bytes, 1), TEXT("b")))
                        kept = bytes_join(&input_arena, kept, field.record);
        }
        want[0] = kept;
        response_init(&r, &arena);
        desire(&r, "z", "{}", READY_FALSE);
        desire(&r, "b", "{'ours': 1}", READY_FALSE);
        desire(&r, "a", "{'new': true}", READY_UNSPECIFIED);
        desire(&r, "b", "{'ours': 2}", READY_TRUE);
        assert_bytes(member(encode(&r, &request), 2), text_join(&input_arena, want, 4));
}

/* One that yields is desired only where the request desires none of its name. */
static void test_desired_yields(void **state) {
        struct text theirs =
                bytes_entry(&input_arena, 2, TEXT("b"), bytes_resource(&input_arena, "{'x': 1}"));
        struct text want[] = { theirs, bytes_entry(&input_arena, 2, TEXT("a"),
                                                   bytes_resource(&input_arena, "{'ours': 1}")) };
        /* Without an object it is nothing that one could yield to. */
        struct text both = bytes_join(&input_arena, theirs,
                                      bytes_entry(&input_arena, 2, TEXT("a"), TEXT("\x18\x01")));
        struct request request = bytes_request(&arena, bytes_field(&input_arena, 3, both));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        response_desire(&r, (struct desired) { .name = TEXT("b"),
                                               .object = json_node(&arena, "{'ours': 2}"),
                                               .yields = true });
        response_desire(&r, (struct desired) { .name = TEXT("a"),
                                               .object = json_node(&arena, "{'ours': 1}"),
                                               .yields = true });
        assert_bytes(member(encode(&r, &request), 2), text_join(&input_arena, want, 2));
}

struct composite_row {
        const char *name;
        const char *observed; /* objects; NULL: none */
        const char *desired;
        struct text more;   /* behind the desired object, in its Resource */
        const char *status; /* NULL: untouched */
        enum ready ready;
        const char *want; /* NULL: no composite at all */
        struct text want_more;
};

/* clang-format off */
static const struct composite_row composite_rows[] = {
        { "untouched", "{'apiVersion': 'g/v1', 'kind': 'X'}", "{'status': {'a': 1}}",
          TEXT_INIT("\x18\x02"), NULL, READY_UNSPECIFIED, "{'status': {'a': 1}}", TEXT_INIT("\x18\x02") },
        { "none and none wanted", "{'apiVersion': 'g/v1', 'kind': 'X'}", NULL,
          TEXT_INIT(""), NULL, READY_UNSPECIFIED, NULL, TEXT_INIT("") },
        { "there was none", "{'apiVersion': 'g/v1', 'kind': 'X', 'spec': {}}", NULL,
          TEXT_INIT(""), "{'a': 1}", READY_TRUE,
          "{'apiVersion': 'g/v1', 'kind': 'X', 'status': {'a': 1}}", TEXT_INIT("\x18\x01") },
        { "nothing observed either", NULL, NULL,
          TEXT_INIT(""), "{'a': 1}", READY_UNSPECIFIED, "{'status': {'a': 1}}", TEXT_INIT("") },
        { "one level deep", "{'apiVersion': 'g/v1', 'kind': 'X'}",
          "{'apiVersion': 'g/v1', 'kind': 'X', 'status': {'theirs': {'x': 1}, 'both': {'x': 1}}}",
          TEXT_INIT(""), "{'both': {'y': 2}, 'ours': null}", READY_UNSPECIFIED,
          "{'apiVersion': 'g/v1', 'kind': 'X', 'status': {'theirs': {'x': 1}, 'both': {'y': 2}, 'ours': null}}",
          TEXT_INIT("") },
        { "an empty status of ours", NULL, "{'status': {'theirs': 1}}",
          TEXT_INIT(""), "{}", READY_UNSPECIFIED, "{'status': {'theirs': 1}}", TEXT_INIT("") },
        { "what they name stays theirs", "{'apiVersion': 'g/v1', 'kind': 'X'}",
          "{'apiVersion': 'g/v2', 'spec': {'replicas': 3}}",
          TEXT_INIT(""), "{'a': 1}", READY_UNSPECIFIED,
          "{'apiVersion': 'g/v2', 'kind': 'X', 'spec': {'replicas': 3}, 'status': {'a': 1}}", TEXT_INIT("") },
        { "a status that is no map", NULL, "{'status': 'broken'}",
          TEXT_INIT(""), "{'a': 1}", READY_UNSPECIFIED, "{'status': {'a': 1}}", TEXT_INIT("") },
        { "ready alone", "{'apiVersion': 'g/v1', 'kind': 'X'}", "{'status': {'theirs': 1}}",
          TEXT_INIT("\x18\x02"), NULL, READY_TRUE,
          "{'apiVersion': 'g/v1', 'kind': 'X', 'status': {'theirs': 1}}", TEXT_INIT("\x18\x01") },
        { "their ready stays", NULL, "{}",
          TEXT_INIT("\x18\x02"), "{'a': 1}", READY_UNSPECIFIED, "{'status': {'a': 1}}", TEXT_INIT("\x18\x02") },
        { "details and unknown members stay", NULL, "{}",
          TEXT_INIT("\x12\x06\x0a\x01k\x12\x01v\x78\x07"), "{'a': 1}", READY_TRUE, "{'status': {'a': 1}}",
          TEXT_INIT("\x12\x06\x0a\x01k\x12\x01v\x78\x07\x18\x01") },
};
/* clang-format on */

static void test_composite(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(composite_rows) / sizeof(*composite_rows); i++) {
                const struct composite_row *row = &composite_rows[i];
                struct text others = odd_entries(), parts[3] = { { 0 } }, got;
                struct request request;
                struct response r;
                struct field field = { 0 };

                print_message("%s\n", row->name);
                if (row->observed)
                        parts[0] = bytes_field(
                                &input_arena, 2,
                                bytes_field(&input_arena, 1,
                                            bytes_resource(&input_arena, row->observed)));
                if (row->desired)
                        parts[1] = bytes_field(
                                &input_arena, 1,
                                bytes_join(&input_arena, bytes_resource(&input_arena, row->desired),
                                           row->more));
                parts[1] = bytes_field(&input_arena, 3, bytes_join(&input_arena, parts[1], others));
                request = bytes_request(&arena, bytes_join(&input_arena, parts[0], parts[1]));
                response_init(&r, &arena);
                r.status = row->status ? json_node(&arena, row->status) : NULL;
                r.composite_ready = row->ready;
                got = member(encode(&r, &request), 2);
                if (row->want) {
                        assert_true(field_next(&got, &field));
                        assert_true(field_is(&field, 1));
                }
                assert_bytes(got, others);
                if (!row->want)
                        continue;
                got = field.bytes;
                assert_true(field_next(&got, &field));
                assert_true(field_is(&field, 1));
                assert_true(value_equal(value_of_struct(field.bytes), json_value(&arena, row->want),
                                        &arena));
                assert_bytes(got, row->want_more);
        }
}

/* Members of the composite that we do not set keep their very bytes. */
static void test_composite_bytes(void **state) {
        struct text odd = TEXT("\x78\x01"
                               "\x0a\x08\x12\x04\x78\x07\x20\x01\x0a\0"
                               "\x0a\x03\x0a\x01z");
        struct text status =
                bytes_entry(&input_arena, 1, TEXT("status"),
                            bytes_field(&input_arena, 5, TEXT("\x78\x02\x0a\x03\x0a\x01o")));
        struct text resource = bytes_field(&input_arena, 1, bytes_join(&input_arena, odd, status));
        struct request request = bytes_request(
                &arena, bytes_field(&input_arena, 3, bytes_field(&input_arena, 1, resource)));
        struct text merged = TEXT("\x78\x02\x0a\x03\x0a\x01o\x0a\x07\x0a\x01"
                                  "a\x12\x02\x20\x01");
        struct text want = bytes_join(
                &input_arena, odd,
                bytes_entry(&input_arena, 1, TEXT("status"), bytes_field(&input_arena, 5, merged)));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        r.status = json_node(&arena, "{'a': true}");
        assert_bytes(member(member(member(encode(&r, &request), 2), 1), 1), want);
}

static void test_context(void **state) {
        struct text theirs = TEXT("\x0a\x03\x0a\x01z\x78\x01"), ours = TEXT("\x0a\x03\x0a\x01k"),
                    set = TEXT("\x0a\x07\x0a\x01k\x12\x02\x2a\0");
        struct text parts[] = { ours, theirs, ours };
        struct request request = bytes_request(
                &arena, bytes_field(&input_arena, 5, text_join(&input_arena, parts, 3)));
        struct request none = bytes_request(&arena, TEXT(""));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        r.context_key = TEXT("k");
        r.context_value = node_map(&arena);
        assert_bytes(member(encode(&r, &request), 4), bytes_join(&input_arena, theirs, set));
        assert_bytes(member(encode(&r, &none), 4), set);
}

static void test_meta(void **state) {
        struct request request = bytes_request(&arena, TEXT("\x0a\x03\x0a\x01t"));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        r.ttl_seconds = 300;
        assert_bytes(encode(&r, &request), TEXT("\x0a\x08\x0a\x01t\x12\x03\x08\xac\x02"));
}

static void test_results_and_conditions(void **state) {
        struct request request = bytes_request(&arena, TEXT(""));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        response_result(&r, (struct result) { .severity = SEVERITY_FATAL, .message = TEXT("m") });
        response_result(&r, (struct result) { .severity = SEVERITY_NORMAL,
                                              .message = TEXT("n"),
                                              .reason = TEXT("R") });
        response_condition(&r, (struct condition) { .type = TEXT("T"),
                                                    .status = CONDITION_TRUE,
                                                    .reason = TEXT("R") });
        response_condition(&r, (struct condition) { .type = TEXT("U"),
                                                    .status = CONDITION_UNKNOWN,
                                                    .reason = TEXT("R"),
                                                    .message = TEXT("m") });
        assert_bytes(encode(&r, &request),
                     TEXT("\x0a\0"
                          "\x1a\x07\x08\x01\x12\x01m\x20\x01"
                          "\x1a\x0a\x08\x03\x12\x01n\x1a\x01R\x20\x01"
                          "\x32\x0a\x0a\x01T\x10\x02\x1a\x01R\x28\x01"
                          "\x32\x0d\x0a\x01U\x10\x01\x1a\x01R\x22\x01m\x28\x01"));
}

/* A claim shows the conditions that name it as their target. */
static void test_conditions_of_a_claim(void **state) {
        struct request request = bytes_request(&arena, TEXT(""));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        r.has_claim = true;
        response_condition(&r, (struct condition) { .type = TEXT("T"),
                                                    .status = CONDITION_TRUE,
                                                    .reason = TEXT("R") });
        assert_bytes(encode(&r, &request),
                     TEXT("\x0a\0\x32\x0a\x0a\x01T\x10\x02\x1a\x01R\x28\x02"));
}

/* What a user wrote cannot pass for a line of its own, nor turn one around. */
static void test_messages_are_printable(void **state) {
        struct request request = bytes_request(&arena, TEXT(""));
        struct response r;

        (void)state;
        response_init(&r, &arena);
        response_result(&r, (struct result) { .severity = SEVERITY_FATAL, .message = TEXT("\n") });
        response_condition(&r, (struct condition) { .type = TEXT("T"),
                                                    .status = CONDITION_TRUE,
                                                    .reason = TEXT("R"),
                                                    .message = TEXT("\xe2\x80\xaem") });
        assert_bytes(encode(&r, &request), TEXT("\x0a\0"
                                                "\x1a\x0c\x08\x01\x12\x06\\u000a\x20\x01"
                                                "\x32\x13\x0a\x01T\x10\x02\x1a\x01R\x22\x07"
                                                "\\u202em\x28\x01"));
}

static void require(struct response *r) {
        static const struct text keys[] = { TEXT_INIT("a"), TEXT_INIT("b") };
        static const struct text values[] = { TEXT_INIT("1"), TEXT_INIT("") };

        response_require(r, (struct requirement) { .key = TEXT("n"),
                                                   .api_version = TEXT("v1"),
                                                   .kind = TEXT("K"),
                                                   .match_name = TEXT("x"),
                                                   .namespace_ = TEXT("ns") });
        response_require(r, (struct requirement) { .key = TEXT("all"), .kind = TEXT("K") });
        response_require(r, (struct requirement) { .key = TEXT("l"),
                                                   .kind = TEXT("K"),
                                                   .label_keys = keys,
                                                   .label_values = values,
                                                   .n_labels = 2 });
}

static void test_requirements(void **state) {
        struct request request = bytes_request(&arena, TEXT(""));
        struct text want = TEXT("\x12\x0c\x0a\x03"
                                "all\x12\x05\x12\x01K\x22\0"
                                "\x12\x19\x0a\x01l\x12\x14\x12\x01K\x22\x0f"
                                "\x0a\x06\x0a\x01"
                                "a\x12\x01\x31\x0a\x05\x0a\x01"
                                "b\x12\0"
                                "\x12\x13\x0a\x01n\x12\x0e\x0a\x02v1\x12\x01K\x1a\x01x\x2a\x02ns");
        struct text rest = want, old = { 0 };
        struct response r;
        struct field field;

        (void)state;
        response_init(&r, &arena);
        require(&r);
        assert_bytes(member(encode(&r, &request), 5), want);
        r.extra_resources = true;
        while (field_next(&rest, &field))
                old = bytes_join(&input_arena, old, bytes_field(&input_arena, 1, field.bytes));
        assert_bytes(member(encode(&r, &request), 5), bytes_join(&input_arena, old, want));
}

/* The same calls in another order. */
static void test_order_does_not_count(void **state) {
        struct request request = bytes_request(&arena, bytes_field(&input_arena, 3, odd_entries()));
        static const char *const names[] = { "c", "a", "b" };
        struct text first = { 0 };

        (void)state;
        for (size_t turn = 0; turn < 3; turn++) {
                struct response r;
                struct text bytes;

                response_init(&r, &arena);
                for (size_t i = 0; i < 3; i++) {
                        const char *name = names[(turn + i) % 3];

                        desire(&r, name, "{'x': 1}", READY_TRUE);
                        response_require(&r, (struct requirement) { .key = text_from(name),
                                                                    .kind = text_from(name) });
                }
                bytes = encode(&r, &request);
                if (turn == 0)
                        first = bytes;
                assert_bytes(bytes, first);
        }
}

static int build(const struct request *request, struct payload *ret) {
        struct response r;

        response_init(&r, &arena);
        r.ttl_seconds = 60;
        r.status = node_map(&arena);
        node_set_bool(r.status, "a", true);
        r.context_key = TEXT("k");
        r.context_value = node_map(&arena);
        for (size_t i = 0; i < 20; i++) {
                struct node *object = node_map(&arena);

                node_set_integer(object, "n", (int64_t)i);
                response_desire(&r, (struct desired) { .name = i % 2 ? TEXT("a") : TEXT("z"),
                                                       .object = object });
                response_result(&r, (struct result) { .severity = SEVERITY_NORMAL });
                response_condition(&r, (struct condition) { .type = TEXT("T") });
        }
        require(&r);
        return response_encode(&r, request, ret);
}

static void test_sweep(void **state) {
        struct arena requests;
        struct request request;
        struct payload payload = { 0 };
        struct fault fault;
        struct text resource = bytes_resource(&input_arena, "{'status': {'a': 1, 'b': 2}}");
        struct text bytes =
                bytes_join(&input_arena, bytes_field(&input_arena, 1, resource), odd_entries());

        (void)state;
        bytes = bytes_field(&input_arena, 3, bytes);
        arena_init(&requests, 1 << 20);
        assert_int_equal(request_read(bytes, &requests, &request, &fault), 0);
        for (uint64_t n = 1;; n++) {
                int r;

                payload = (struct payload) { .len = 42 };
                sweep_arm(&arena, n);
                r = build(&request, &payload);
                if (sweep_is_over(&arena, n, r))
                        break;
                assert_int_equal(payload.len, 42);
        }
        arena_release(&requests);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing),
                cmocka_unit_test(test_passes_on),
                cmocka_unit_test(test_unread_object),
                cmocka_unit_test(test_empty_context_stays),
                cmocka_unit_test(test_desired),
                cmocka_unit_test(test_desired_yields),
                cmocka_unit_test(test_composite),
                cmocka_unit_test(test_composite_bytes),
                cmocka_unit_test(test_context),
                cmocka_unit_test(test_meta),
                cmocka_unit_test(test_results_and_conditions),
                cmocka_unit_test(test_conditions_of_a_claim),
                cmocka_unit_test(test_messages_are_printable),
                cmocka_unit_test(test_requirements),
                cmocka_unit_test(test_order_does_not_count),
                cmocka_unit_test(test_sweep),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
