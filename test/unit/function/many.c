/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger of ten thousand reservations, each at the bounds of package/crds.yaml and
 * as the API server sends it, is decided on within one call's limits.
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

enum { N_RESERVATIONS = 10000, MIB = 1024 * 1024, REQUEST_MIB = 32, BUDGET_MIB = 64 };

#define E63 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define E253 E63 E63 E63 E63 "e"
#define E32 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define ENVIRONMENT(name, pool)                                                                    \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': '" name "'}, 'spec': {'nodePools': [" pool "]}}"
#define WHOLE "{'name': 'p', 'acceleratorType': 'nvidia-h100-80gb', 'nodeSelector': {'x': 'y'}}"
#define CUT                                                                                        \
        "{'name': '" E63 "', 'acceleratorType': 'new', 'nodeSelector': {'x': 'y'},"                \
        " 'migConfiguration': {'profile': '" E32 "', 'slicesPerGpu': 2}}"
#define MANAGED                                                                                    \
        "'managedFields': [{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1',"               \
        " 'fieldsType': 'FieldsV1', 'manager': 'apiextensions.crossplane.io/composed/"             \
        "bb6a27f2c5f5a8e5f4ef0d2b1c3f0e2e', 'operation': 'Apply',"                                 \
        " 'time': '2026-11-01T08:00:00Z', 'fieldsV1': {'f:metadata': {'f:annotations':"            \
        " {'f:crossplane.io/composition-resource-name': {}}, 'f:labels':"                          \
        " {'f:crossplane.io/composite': {}, 'f:modelplane.ai/deployment': {},"                     \
        "  'f:modelplane.ai/environment': {}}, 'f:ownerReferences':"                               \
        " {'k:{\"uid\":\"5238e982-3284-5d7f-bc1f-374d03e95cba\"}': {}}}, 'f:spec': {}}}]"

/* Its number stands in its name; all that the schema bounds is as large as it may be. */
static const char reservation[] =
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUReservation',"
        " 'metadata': {'name': 'r-%05d', 'namespace': 'team-b', 'generation': 3,"
        "  'creationTimestamp': '2026-11-01T08:00:00Z', 'resourceVersion': '1234567',"
        "  'uid': '5238e982-3284-5d7f-bc1f-374d03e95cba', " MANAGED ","
        "  'annotations': {'crossplane.io/composition-resource-name': 'reservation-production'},"
        "  'labels': {'modelplane.ai/environment': '" E63 "', 'modelplane.ai/deployment': 'gemma',"
        "   'crossplane.io/composite': 'gemma'},"
        "  'ownerReferences': [{'apiVersion': 'modelplane.ai/v1alpha1', 'controller': true,"
        "   'kind': 'ModelDeployment', 'name': 'd-%05d', 'blockOwnerDeletion': true,"
        "   'uid': '5238e982-3284-5d7f-bc1f-374d03e95cba'}]},"
        " 'spec': {'environment': '" E253 "', 'pool': '" E63 "',"
        "  'migProfile': '" E32 "', 'servingProfile': '" E63 "',"
        "  'resourceName': '" E253 "/" E63 "', 'model': {'kind': 'ClusterModel', 'name': '" E253
        "'}, 'nodes': 1000000000, 'unitsPerNode': 1000000000, 'reserved': 1000000000,"
        "  'used': 1000000000, 'served': true, 'units': 1000000000, 'state': 'Serving',"
        "  'order': 255, 'priority': 2147483647, 'revision': 'aaaaaaaaaaaaaaaa'}}";

static struct text request_of_many(struct arena *arena) {
        struct call_object *many = ARENA_ARRAY(arena, N_RESERVATIONS, struct call_object);
        struct call_object environments[2], model;
        const struct call_answer answers[] = {
                { .key = TEXT("environments"), .items = environments, .n_items = 2 },
                { .key = TEXT("model"), .items = &model, .n_items = 1 },
                { .key = TEXT("reservations"), .items = many, .n_items = N_RESERVATIONS },
                { .key = TEXT("watch-anchor") },
                { .key = TEXT("watch-anchor-pools") },
        };
        struct call_request call = { .has_capabilities = true,
                                     .required = answers,
                                     .n_required = sizeof(answers) / sizeof(answers[0]) };
        struct text bytes;

        call.composite.object = json_node(
                arena, "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"
                       " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"
                       " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'g'}}}");
        environments[0].object = json_node(arena, ENVIRONMENT(E253, CUT));
        environments[1].object = json_node(arena, ENVIRONMENT("eu", WHOLE));
        model.object = json_node(arena, "{'kind': 'ClusterModel', 'metadata': {'name': 'g'},"
                                        " 'spec': {'model': {'name': 'g'},"
                                        "  'huggingFace': {'repo': 'g/g'}}}");
        for (int i = 0; i < N_RESERVATIONS; i++) {
                char json[sizeof(reservation) + 16];

                snprintf(json, sizeof(json), reservation, i, i);
                many[i] = (struct call_object) { .object = json_node(arena, json) };
        }
        assert_int_equal(call_encode(&call, arena, &bytes), 0);
        return bytes;
}

static void test_ten_thousand(void **state) {
        struct arena input, arena;
        struct call_response response;
        struct call_summary summary;
        struct payload payload;
        struct fault fault;
        struct text bytes;

        (void)state;
        arena_init(&input, SIZE_MAX);
        bytes = request_of_many(&input);
        print_message("%zu bytes, %zu for each reservation\n", bytes.len,
                      bytes.len / N_RESERVATIONS);
        assert_true(bytes.len < (size_t)REQUEST_MIB * MIB);
        arena_init(&arena, (size_t)BUDGET_MIB * MIB);
        assert_int_equal(function_run(bytes, &arena, &payload, &summary, &fault), 0);
        print_message("%zu bytes of memory\n", arena.peak_bytes);
        bytes = text_join(&input, payload.parts, payload.n_parts);
        assert_int_equal(call_read(bytes, &input, &response, &fault), 0);
        /* There is no room where they are. */
        assert_text(response.conditions[0].reason, "AllScheduled");
        assert_non_null(request_resource(&response.desired, TEXT("serving-eu")));
        arena_release(&arena);
        arena_release(&input);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_ten_thousand) };

        return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
