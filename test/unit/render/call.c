/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/assertions.h"
#include "lib/bytes.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "render/call.h"
#include "wire/guard.h"

static struct text encode(const struct call_request *call) {
        struct text bytes;
        struct fault fault;

        assert_int_equal(call_encode(call, &arena, &bytes), 0);
        assert_int_equal(guard_request(bytes, &fault), 0);
        return bytes;
}

static void test_empty_request(void **state) {
        (void)state;
        assert_true(text_equal(encode(&(struct call_request) { 0 }), TEXT("\x0a\0\x12\0")));
}

/* What is said by a call is what a function reads. */
static void test_round_trip(void **state) {
        struct call_object resources[] = {
                { .name = TEXT("b"), .object = node_map(&arena), .ready = READY_TRUE },
                { .name = TEXT("a"), .object = json_node(&arena, "{'n': 1}") },
        };
        struct call_object item = {
                .object =
                        node_value(&arena, json_value(&input_arena, "{'metadata': {'name': 'x'}}")),
        };
        struct call_answer answers[] = { { .key = TEXT("z"), .items = &item, .n_items = 1 },
                                         { .key = TEXT("a") } };
        struct call_request call = {
                .tag = TEXT("t"),
                .has_capabilities = true,
                .composite = { .object = json_node(&arena, "{'kind': 'X'}") },
                .resources = resources,
                .n_resources = 2,
                .desired = TEXT("\x12\x03\x0a\x01p"),
                .input = node_map(&arena),
                .context = TEXT("\x0a\x03\x0a\x01"
                                "c"),
                .required = answers,
                .n_required = 2,
        };
        struct request request;
        struct fault fault;
        struct text bytes = encode(&call), again;

        (void)state;
        assert_int_equal(request_read(bytes, &arena, &request, &fault), 0);
        assert_text(request.tag, "t");
        assert_true(request.has_capabilities);
        assert_text(value_text(value_get(request.observed.composite.object, TEXT("kind"))), "X");
        assert_int_equal(request.observed.n_resources, 2);
        assert_int_equal(request_resource(&request.observed, TEXT("b"))->ready, READY_TRUE);
        assert_int_equal(request_resource(&request.observed, TEXT("b"))->object.kind, VALUE_MAP);
        assert_non_null(request_resource(&request.desired, TEXT("p")));
        assert_int_equal(request.input.kind, VALUE_MAP);
        assert_int_equal(value_get(request.context, TEXT("c")).kind, VALUE_NULL);
        assert_int_equal(request.n_required, 2);
        assert_int_equal(request_required(&request, TEXT("a"))->n_items, 0);
        assert_int_equal(request_required(&request, TEXT("z"))->n_items, 1);
        /* Shuffled, the call has the same bytes. */
        call.resources = (struct call_object[]) { resources[1], resources[0] };
        call.required = (struct call_answer[]) { answers[1], answers[0] };
        again = encode(&call);
        assert_true(text_equal(bytes, again));
        /* The old field. */
        call.extra = answers;
        call.n_extra = 1;
        call.n_required = 0;
        assert_int_equal(request_read(encode(&call), &arena, &request, &fault), 0);
        assert_int_equal(request.n_required, 1);
}

static struct text sample_response(void) {
        struct text parts[] = {
                TEXT("\x0a\x0a\x0a\x01t\x12\x05\x08\xac\x02\x10\x05"),
                bytes_field(&input_arena, 2,
                            bytes_entry(&input_arena, 2, TEXT("r"),
                                        bytes_join(&input_arena,
                                                   bytes_resource(&input_arena, "{'n': 1}"),
                                                   TEXT("\x18\x02")))),
                TEXT("\x1a\x07\x08\x01\x12\x01m\x20\x01"),
                TEXT("\x1a\x05\x08\x03\x1a\x01R"),
                TEXT("\x22\0"),
                TEXT("\x32\x0d\x0a\x01U\x10\x01\x1a\x01R\x22\x01m\x28\x01"),
                TEXT("\x2a\x2b"
                     "\x12\x12\x0a\x01n\x12\x0d\x0a\x02v1\x12\x01K\x1a\x01x\x2a\x01y"
                     "\x12\x15\x0a\x01l\x12\x10\x22\x0e\x0a\x05\x0a\x01z\x12\0\x0a\x05\x0a\x01"
                     "a\x12\0"),
                TEXT("\x3a\x02\xff\xff"), /* output: not read */
        };

        return text_join(&input_arena, parts, sizeof(parts) / sizeof(*parts));
}

static void test_read(void **state) {
        struct call_response response;
        struct fault fault;

        (void)state;
        assert_int_equal(call_read(sample_response(), &arena, &response, &fault), 0);
        assert_text(response.tag, "t");
        assert_int_equal(response.ttl_seconds, 300);
        assert_int_equal(response.desired.n_resources, 1);
        assert_int_equal(request_resource(&response.desired, TEXT("r"))->ready, READY_FALSE);
        assert_int_equal(response.context.kind, VALUE_MAP);
        assert_int_equal(response.n_results, 2);
        assert_int_equal(response.results[0].severity, SEVERITY_FATAL);
        assert_text(response.results[0].message, "m");
        assert_text(response.results[1].reason, "R");
        assert_int_equal(response.n_conditions, 1);
        assert_text(response.conditions[0].type, "U");
        assert_int_equal(response.conditions[0].status, CONDITION_UNKNOWN);
        assert_text(response.conditions[0].reason, "R");
        assert_text(response.conditions[0].message, "m");
        assert_int_equal(response.n_requirements, 2);
        assert_text(response.requirements[0].key, "l");
        assert_int_equal(response.requirements[0].n_labels, 2);
        assert_text(response.requirements[0].label_keys[0], "a");
        assert_text(response.requirements[0].label_keys[1], "z");
        assert_text(response.requirements[1].key, "n");
        assert_text(response.requirements[1].match_name, "x");
        assert_text(response.requirements[1].namespace_, "y");
        assert_int_equal(response.n_extra, 0);
}

/* A foreign server may answer anything. */
static void test_refused(void **state) {
        static const struct {
                struct text bytes;
                const char *message;
        } rows[] = {
                { TEXT_INIT("\x1a\x03\x12\x01\xff"), "Result.message is not UTF-8" },
                { TEXT_INIT("\x12\0\x12\0"), "RunFunctionResponse.desired comes twice" },
                { TEXT_INIT("\x32\x02\x0a\x05"), "Condition is cut or no protobuf" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct call_response response = { .n_results = 42 };
                struct fault fault;

                assert_int_equal(call_read(rows[i].bytes, &arena, &response, &fault), -EBADMSG);
                assert_string_equal(fault.message, rows[i].message);
                assert_int_equal(response.n_results, 42);
        }
}

static void test_cut_anywhere(void **state) {
        struct text whole = sample_response();

        (void)state;
        for (size_t len = 0; len < whole.len; len++) {
                struct call_response response = { .n_results = 42 };
                struct fault fault;
                int r = call_read(text_slice(whole, 0, len), &arena, &response, &fault);

                assert_true(r == 0 || r == -EBADMSG);
                assert_true(r == 0 || response.n_results == 42);
                arena_reset(&arena, 1 << 20);
        }
}

static void test_sweep_read(void **state) {
        struct text bytes = sample_response();

        (void)state;
        for (uint64_t n = 1;; n++) {
                struct call_response response = { .n_results = 42 };
                struct fault fault;
                int r;

                sweep_arm(&arena, n);
                r = call_read(bytes, &arena, &response, &fault);
                if (sweep_is_over(&arena, n, r))
                        break;
                assert_int_equal(response.n_results, 42);
        }
}

static void test_sweep_encode(void **state) {
        struct call_object item = { .name = TEXT("b"),
                                    .object = json_node(&input_arena, "{'n': 1}") };
        struct call_object items[] = { item, { .name = TEXT("a"), .object = item.object } };
        struct call_answer answer = { .key = TEXT("k"), .items = items, .n_items = 2 };
        struct call_request call = { .tag = TEXT("t"),
                                     .composite = item,
                                     .resources = items,
                                     .n_resources = 2,
                                     .input = item.object,
                                     .required = &answer,
                                     .n_required = 1 };

        (void)state;
        for (uint64_t n = 1;; n++) {
                struct text bytes = TEXT("untouched");
                int r;

                sweep_arm(&arena, n);
                r = call_encode(&call, &arena, &bytes);
                if (sweep_is_over(&arena, n, r))
                        break;
                assert_text(bytes, "untouched");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty_request), cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_read),          cmocka_unit_test(test_refused),
                cmocka_unit_test(test_cut_anywhere),  cmocka_unit_test(test_sweep_read),
                cmocka_unit_test(test_sweep_encode),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
