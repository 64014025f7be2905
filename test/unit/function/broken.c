/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One malformed object never stops a call: each row has a NUL byte, and then a byte
 * that is not UTF-8, where its objects have a "~".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "function.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "render/call.h"

#define POOL "{'name': 'p', 'acceleratorType': 'nvidia-h100-80gb', 'nodeSelector': {'x': 'y'}}"
#define ENVIRONMENT(name, metadata, pools, more)                                                   \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': '" name "'" metadata "}, 'spec': {'nodePools': [" pools "]}" more   \
        "}"
#define EU ENVIRONMENT("eu", "", POOL, "")
#define RESERVATION(pool, model)                                                                   \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUReservation',"       \
        " 'metadata': {'name': 'r', 'namespace': 'team-b',"                                        \
        "  'ownerReferences': [{'apiVersion': 'modelplane.ai/v1alpha1',"                           \
        "   'kind': 'ModelDeployment', 'name': 'other', 'controller': true}]},"                    \
        " 'spec': {'environment': 'eu', 'pool': '" pool "', 'nodes': 1, 'unitsPerNode': 1,"        \
        "  'reserved': 1, 'used': 1, 'served': true, 'state': 'Serving',"                          \
        "  'model': {'kind': 'ClusterModel', 'name': '" model "'}, 'servingProfile': 'x'}}"
#define SERVICE(url, message)                                                                      \
        "{'apiVersion': 'serving.kserve.io/v1alpha2', 'kind': 'LLMInferenceService',"              \
        " 'metadata': {'name': 'gemma-eu', 'namespace': 'team-a',"                                 \
        "  'annotations': {'gpuplacement.fn.crossplane.io/assignment': "                           \
        "   '{\"environment\":\"eu\",\"pool\":\"p\",\"nodes\":1,\"unitsPerNode\":1,"               \
        "\"replicas\":1,\"servingProfile\":\"default\",\"model\":\"ClusterModel/"                  \
        "g\"}'}},"                                                                                 \
        " 'spec': {'replicas': 1}, 'status': {'url': '" url "', 'conditions': [{'type': 'Ready',"  \
        "  'status': 'False', 'message': '" message "'}]}}"
#define INPUT(more)                                                                                \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'Input' " more "}"

struct row {
        const char *reason;
        const char *xr, *model, *environments[2], *reservation, *service, *input, *context;
        const char *type, *want; /* the condition, and its reason */
        const char *says;        /* a part of its message; "%s" stands for what is wrong */
        const char *tells;       /* the same in the status of an environment's pool */
        bool serves;             /* serving-eu is desired */
};

/* clang-format off */
static const struct row rows[] = {
        { .reason = "nothing", .want = "AllScheduled", .serves = true },
        { .reason = "what nobody reads of an environment", .want = "AllScheduled", .serves = true,
          .environments = { ENVIRONMENT("eu", ", 'annotations': {'~': '~'}, 'uid': '~',"
                                        "'managedFields': [{'manager': '~'}]", POOL,
                                        ", 'status': {'other': '~', 'conditions': [{'type': 'X', 'message': '~'}]}, '~': 1") } },
        { .reason = "what nobody reads of a model", .want = "AllScheduled", .serves = true,
          .model = "{'kind': 'ClusterModel', 'metadata': {'name': 'g', 'annotations': {'a': '~'}},"
                   " 'spec': {'model': {'name': 'g'}, 'huggingFace': {'repo': 'g/g'}}, 'status': '~'}" },
        { .reason = "what nobody reads of the composite", .want = "AllScheduled", .serves = true,
          .xr = "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment', 'status': {'mine': '~'},"
                " 'metadata': {'name': 'gemma', 'namespace': 'team-a', 'annotations': {'x': '~'}},"
                " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'g'}}}" },
        { .reason = "another environment is as good as before", .want = "AllScheduled",
          .environments = { ENVIRONMENT("eu", "", "{'name': 'p', 'x': ['a', '~']}", ""),
                            ENVIRONMENT("us", "", POOL, "") } },
        { .reason = "an environment offers nothing", .want = "NoMatchingPool",
          .environments = { ENVIRONMENT("eu", "", "{'name': 'p', 'labels': {'a/b': '~'}}", "") },
          .says = "spec.nodePools[0].labels[a/b]: %s" },
        { .reason = "all of its pools", .want = "NoMatchingPool",
          .environments = { ENVIRONMENT("eu", "", "{'name': '~'}, " POOL, "") },
          .says = "spec.nodePools[0].name: %s" },
        { .reason = "a key", .want = "NoMatchingPool",
          .environments = { ENVIRONMENT("eu", "", "{'name': 'p', 'nodeSelector': {'~': 'x'}}", "") },
          .says = "spec.nodePools[0].nodeSelector: has a key that %s" },
        { .reason = "a label", .want = "NoMatchingPool",
          .environments = { ENVIRONMENT("eu", ", 'labels': {'region': '~'}", POOL, "") },
          .says = "metadata.labels.region: %s" },
        { .reason = "a name that we write", .want = "NoMatchingPool",
          .environments = { ENVIRONMENT("eu", "", POOL, ", 'status': {'providerConfigRef': {'name': '~'}}") },
          .says = "status.providerConfigRef.name: %s" },
        { .reason = "a model", .want = "ModelInvalid", .says = "ClusterModel g: spec.huggingFace.repo: %s",
          .model = "{'kind': 'ClusterModel', 'metadata': {'name': 'g'},"
                   " 'spec': {'model': {'name': 'g'}, 'huggingFace': {'repo': '~'}}}" },
        { .reason = "the composite, with something to keep", .want = "InvalidSpec", .serves = true,
          .xr = "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"
                " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"
                " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': '~'}}}",
          .service = SERVICE("http://a", "m"), .says = "spec.modelRef.name: %s" },
        { .reason = "the input", .want = "InvalidSpec", .input = INPUT(", 'remoteNamespace': 'a~'"),
          .says = "input.remoteNamespace: %s" },
        { .reason = "a reservation in no pool", .want = "AllScheduled", .serves = true,
          .reservation = RESERVATION("~", "m") },
        { .reason = "a reservation whose units can be counted", .want = "InsufficientCapacity",
          .reservation = RESERVATION("p", "~") },
        { .reason = "what a service says of itself", .want = "AllScheduled", .serves = true,
          .service = SERVICE("http://~", "~") },
        { .reason = "what was handed to us", .want = "AllScheduled", .serves = true,
          .context = "{'theirs': {'~': '~'}}" },
        { .reason = "a plan is no plan", .want = "InvalidSpec", .input = INPUT(", 'stages': ['Place']"),
          .context = "{'gpuplacement.fn.crossplane.io/plan': {'frozen': true, 'reason': '~', 'message': 'm'}}",
          .says = "stage Place found no plan" },
        { .reason = "an environment of its own", .type = "CapacityValid", .want = "InvalidSpec",
          .xr = ENVIRONMENT("eu", "", "{'name': '~'}", ""), .says = "spec.nodePools[0].name: %s" },
        { .reason = "a reservation in it", .type = "CapacityValid", .want = "Valid", .xr = EU,
          .reservation = RESERVATION("~", "~") },
        { .reason = "one of its reservations is named", .type = "CapacityValid", .want = "Valid", .xr = EU,
          .reservation = RESERVATION("p", "~"),
          .tells = "reservation team-b/r: spec.model.name %s, and counts as empty" },
        { .reason = "a model of its own", .type = "ModelValid", .want = "Invalid",
          .xr = "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ClusterModel', 'metadata': {'name': 'g'},"
                " 'spec': {'model': {'name': '~'}, 'huggingFace': {'repo': 'g/g'}}}", .says = "spec.model.name: %s" },
};
/* clang-format on */

#define USUAL_XR                                                                                   \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"                      \
        " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"                                   \
        " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'g'}}}"
#define USUAL_MODEL                                                                                \
        "{'kind': 'ClusterModel', 'metadata': {'name': 'g'}, 'spec': {'model': {'name': 'g'},"     \
        " 'huggingFace': {'repo': 'g/g'}}}"

static void break_bytes(struct text bytes, char byte) {
        char *at = (char *)(uintptr_t)bytes.data, *end = at + bytes.len;

        while ((at = memchr(at, '~', (size_t)(end - at))))
                *at = byte;
}

static struct call_object item(const char *json, const char *usual, struct arena *arena) {
        return (struct call_object) { .object = json_node(arena, json ? json : usual) };
}

/* The bytes of a row's request; what is desired and handed on has a "~" in each. */
static struct text request_of(const struct row *row, struct arena *arena) {
        struct call_object model = item(row->model, USUAL_MODEL, arena), environments[2],
                           reservation = { 0 }, service = { .name = TEXT("serving-eu") };
        const struct call_answer answers[] = {
                { .key = TEXT("environments"),
                  .items = environments,
                  .n_items = 1 + !!row->environments[1] },
                { .key = TEXT("environment-eu"), .items = environments, .n_items = 1 },
                { .key = TEXT("model"), .items = &model, .n_items = 1 },
                { .key = TEXT("reservations"),
                  .items = &reservation,
                  .n_items = !!row->reservation },
                { .key = TEXT("watch-anchor") },
                { .key = TEXT("watch-anchor-pools") },
        };
        struct call_request call = { .has_capabilities = true,
                                     .required = answers,
                                     .n_required = sizeof(answers) / sizeof(answers[0]),
                                     .resources = &service,
                                     .n_resources = !!row->service };
        struct text bytes;

        call.composite = item(row->xr, USUAL_XR, arena);
        environments[0] = item(row->environments[0], EU, arena);
        environments[1] = item(row->environments[1], EU, arena);
        if (row->reservation)
                reservation.object = json_node(arena, row->reservation);
        if (row->service)
                service.object = json_node(arena, row->service);
        if (row->input)
                call.input = json_node(arena, row->input);
        if (row->context)
                call.context = value_bytes(json_value(arena, row->context));
        assert_int_equal(call_encode(&call, arena, &bytes), 0);
        return bytes;
}

static const struct condition *condition(const struct call_response *response, const char *type) {
        for (size_t i = 0; i < response->n_conditions; i++) {
                if (text_equal(response->conditions[i].type, text_from(type)))
                        return &response->conditions[i];
        }
        fail_msg("no condition %s", type);
        return NULL;
}

static void check_row(const struct row *row, char byte, const char *sentence) {
        const struct condition *c;
        struct call_response response;
        struct call_summary summary;
        struct payload payload;
        struct arena arena;
        struct fault fault;
        struct text bytes;
        char says[128];

        print_message("%s, %s\n", row->reason, sentence);
        arena_init(&arena, 1 << 22);
        bytes = request_of(row, &arena);
        break_bytes(bytes, byte);
        assert_int_equal(function_run(bytes, &arena, &payload, &summary, &fault), 0);
        bytes = text_join(&arena, payload.parts, payload.n_parts);
        assert_int_equal(call_read(bytes, &arena, &response, &fault), 0);
        c = condition(&response, row->type ? row->type : "Scheduled");
        assert_text(c->reason, row->want);
        if (row->says) {
                snprintf(says, sizeof(says), row->says, sentence);
                if (!text_contains(c->message, text_from(says)))
                        fail_msg("%.*s", TEXT_ARG(c->message));
        }
        if (row->tells) {
                struct value status = value_get(response.desired.composite.object, TEXT("status"));
                struct text told = json_print(&arena, status);

                snprintf(says, sizeof(says), row->tells, sentence);
                if (!text_contains(told, text_from(says)))
                        fail_msg("%.*s", TEXT_ARG(told));
        }
        assert_int_equal(request_resource(&response.desired, TEXT("serving-eu")) != NULL,
                         row->serves);
        if (row->context && !row->input) {
                struct text context = value_bytes(json_value(&arena, row->context));

                break_bytes(context, byte);
                assert_true(text_contains(value_bytes(response.context), context));
        }
        arena_release(&arena);
}

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                check_row(&rows[i], '\0', "holds a NUL byte");
                check_row(&rows[i], '\xff', "is not UTF-8");
        }
}

/* What is kept as it is observed keeps its bytes. */
static void test_frozen_keeps_its_bytes(void **state) {
        static const struct row row = {
                .model = "{'kind': 'ClusterModel', 'metadata': {'name': 'g'}, 'spec': '~'}",
                .service = "{'apiVersion': 'serving.kserve.io/v1alpha2', 'kind': "
                           "'LLMInferenceService',"
                           " 'metadata': {'name': 'gemma-eu', 'namespace': 'team-a'}, 'spec': "
                           "{'x': 'a~b'}}",
        };
        struct call_response response;
        struct call_summary summary;
        const struct resource *kept;
        struct payload payload;
        struct arena arena;
        struct fault fault;
        struct text bytes;

        (void)state;
        arena_init(&arena, 1 << 22);
        bytes = request_of(&row, &arena);
        break_bytes(bytes, '\0');
        assert_int_equal(function_run(bytes, &arena, &payload, &summary, &fault), 0);
        bytes = text_join(&arena, payload.parts, payload.n_parts);
        assert_int_equal(call_read(bytes, &arena, &response, &fault), 0);
        assert_text(condition(&response, "Scheduled")->reason, "ModelInvalid");
        kept = request_resource(&response.desired, TEXT("serving-eu"));
        assert_non_null(kept);
        assert_same_text(value_text(value_at(kept->object, "spec.x")), TEXT("a\0b"));
        arena_release(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
                                            cmocka_unit_test(test_frozen_keeps_its_bytes) };

        return cmocka_run_group_tests_name("broken", tests, NULL, NULL);
}
