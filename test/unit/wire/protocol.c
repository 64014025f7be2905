/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protoc encodes protocol/request.txtpb and protocol/response.txtpb after the
 * faithful protocol, v1 and v1beta1; the same said to our own code must give
 * the same bytes, and reading them must give it back. Arguments: the four files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envelope.pb-c.h"
#include "lib/bytes.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "render/call.h"
#include "wire/field.h"
#include "wire/guard.h"

enum { VERSIONS = 2 };

static char **paths; /* of the requests, then of the responses */
static struct text requests[VERSIONS], responses[VERSIONS];

static struct text read_file(const char *path) {
        static char buffer[1 << 16];
        FILE *file = fopen(path, "rb");
        size_t len;

        if (!file) {
                perror(path);
                exit(2);
        }
        len = fread(buffer, 1, sizeof(buffer), file);
        fclose(file);
        return text_copy(&arena, (struct text) { .data = buffer, .len = len });
}

static void assert_bytes(struct text got, struct text want) {
        size_t same = 0;

        while (same < got.len && same < want.len && got.data[same] == want.data[same])
                same++;
        if (got.len != want.len || same < got.len)
                fail_msg("byte %zu of %zu differs from protoc's %zu", same, got.len, want.len);
}

static struct text theirs(void) {
        return bytes_entry(&arena, 2, TEXT("theirs"),
                           bytes_join(&arena, bytes_resource(&arena, "{'x': true}"),
                                      TEXT("\x12\x07\x0a\x01k\x12\x02\0\xff\x18\x02")));
}

static void test_request(void **state) {
        const struct call_object resources[] = {
                { .name = TEXT("c") },
                { .name = TEXT("b"), .object = json_node(&arena, "{'n': 0}"), .ready = READY_TRUE },
                { .name = TEXT("a"), .object = node_map(&arena) },
        };
        const struct call_object items[] = {
                { .object = json_node(&arena, "{'n': 1}") },
                { .object = json_node(&arena, "{'n': 2}") },
        };
        const struct call_answer required[] = {
                { .key = TEXT("nothing") },
                { .key = TEXT("found"), .items = items, .n_items = 2 },
        };
        const struct call_answer extra[] = { { .key = TEXT("old") } };
        const struct call_request call = {
                .tag = TEXT("tag-1"),
                .has_capabilities = true,
                .composite = { .object = json_node(
                                       &arena,
                                       "{'kind': 'X', 'apiVersion': 'example.org/v1', 'spec': "
                                       "{'list': [-1.5, 'caf\xc3\xa9', null, []], 'bool': false, "
                                       "'empty': {}}}") },
                .resources = resources,
                .n_resources = 3,
                .desired = theirs(),
                .input = json_node(&arena, "{'kind': 'Input'}"),
                .context = bytes_json(&arena, "{'theirs': 'kept'}"),
                .required = required,
                .n_required = 2,
                .extra = extra,
                .n_extra = 1,
        };
        struct text bytes;

        (void)state;
        assert_int_equal(call_encode(&call, &arena, &bytes), 0);
        for (size_t i = 0; i < VERSIONS; i++)
                assert_bytes(bytes, requests[i]);
}

static void test_response(void **state) {
        static const struct text keys[] = { TEXT_INIT("a"), TEXT_INIT("b") };
        static const struct text values[] = { TEXT_INIT("1"), TEXT_INIT("") };
        struct request request;
        struct payload payload;
        struct response r;
        struct fault fault;

        (void)state;
        assert_int_equal(guard_request(requests[0], &fault), 0);
        assert_int_equal(request_read(requests[0], &arena, &request, &fault), 0);
        response_init(&r, &arena);
        r.ttl_seconds = 300;
        r.status = json_node(&arena, "{'units': 56}");
        r.composite_ready = READY_FALSE;
        response_desire(&r, (struct desired) { .name = TEXT("z-ours"),
                                               .object = json_node(&arena, "{'kind': 'ConfigMap'}"),
                                               .ready = READY_TRUE });
        response_result(&r, (struct result) { .severity = SEVERITY_WARNING,
                                              .message = TEXT("Seven times eight"),
                                              .reason = TEXT("Counted") });
        response_result(
                &r, (struct result) { .severity = SEVERITY_NORMAL, .message = TEXT("No reason") });
        /* protoc sorts maps; what we add to one that is handed on comes behind it. */
        request.context = json_value(&arena, "{'ours': [], 'theirs': 'kept'}");
        r.extra_resources = true;
        response_require(&r, (struct requirement) { .key = TEXT("named"),
                                                    .api_version = TEXT("v1"),
                                                    .kind = TEXT("ConfigMap"),
                                                    .match_name = TEXT("x"),
                                                    .namespace_ = TEXT("n") });
        response_require(&r, (struct requirement) { .key = TEXT("labelled"),
                                                    .api_version = TEXT("v1"),
                                                    .kind = TEXT("ConfigMap"),
                                                    .label_keys = keys,
                                                    .label_values = values,
                                                    .n_labels = 2 });
        response_require(&r, (struct requirement) { .key = TEXT("all"),
                                                    .api_version = TEXT("example.org/v1"),
                                                    .kind = TEXT("X") });
        response_condition(&r, (struct condition) { .type = TEXT("Scheduled"),
                                                    .status = CONDITION_TRUE,
                                                    .reason = TEXT("AllScheduled") });
        response_condition(&r, (struct condition) { .type = TEXT("Serving"),
                                                    .status = CONDITION_UNKNOWN,
                                                    .reason = TEXT("Starting"),
                                                    .message = TEXT("Not yet") });
        assert_int_equal(response_encode(&r, &request, &payload), 0);
        for (size_t i = 0; i < VERSIONS; i++)
                assert_bytes(text_join(&arena, payload.parts, payload.n_parts), responses[i]);
}

/* What protobuf-c makes of a State after envelope.proto is all that there is in it. */
static void test_envelope(void **state) {
        const uint32_t number[] = { 2, 3, 2 }; /* observed, desired; desired */
        const struct text messages[] = { requests[0], requests[0], responses[0] };

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                struct text body = { 0 };
                Envelope__State *decoded;
                char packed[1 << 12];

                assert_true(field_last(messages[i], number[i], &body));
                decoded = envelope__state__unpack(NULL, body.len, (const uint8_t *)body.data);
                assert_non_null(decoded);
                assert_int_equal(envelope__state__get_packed_size(decoded), body.len);
                envelope__state__pack(decoded, (uint8_t *)packed);
                assert_memory_equal(packed, body.data, body.len);
                envelope__state__free_unpacked(decoded, NULL);
        }
}

static int set_up(void **state) {
        int r = memory_set_up(state);

        for (int i = 0; i < VERSIONS; i++) {
                requests[i] = read_file(paths[i]);
                responses[i] = read_file(paths[VERSIONS + i]);
        }
        return r;
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_request),
                cmocka_unit_test(test_response),
                cmocka_unit_test(test_envelope),
        };
        if (argc != 1 + 2 * VERSIONS) {
                fprintf(stderr, "usage: protocol REQUEST REQUEST RESPONSE RESPONSE\n");
                return 2;
        }
        paths = argv + 1;
        return cmocka_run_group_tests(tests, set_up, memory_tear_down);
}
