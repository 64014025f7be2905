/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a caller sees of a whole call. The goldens compare the answers of settled
 * requirement loops; here are the calls in between, and those that no caller of
 * good will makes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "deploy/deploy.h"
#include "function.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "render/call.h"
#include "wire/guard.h"

#define XR                                                                                         \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"                      \
        " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"                                   \
        " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'gemma-3-27b'}}%s}"

#define SERVICE                                                                                    \
        "{'apiVersion': 'serving.kserve.io/v1alpha2', 'kind': 'LLMInferenceService',"              \
        " 'metadata': {'name': 'gemma-a', 'namespace': 'team-a', 'resourceVersion': '7',"          \
        "  'labels': {'modelplane.ai/pool': 'p', 'crossplane.io/composite': 'gemma'}},"            \
        " 'spec': {'replicas': 1},"                                                                \
        " 'status': {'url': 'http://a', 'conditions': [{'type': 'Ready', 'status': 'True'}]}}"

#define RESERVATION                                                                                \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUReservation',"       \
        " 'metadata': {'name': 'gemma-a'},"                                                        \
        " 'spec': {'environment': 'a', 'pool': 'p', 'nodes': 1,"                                   \
        "  'unitsPerNode': 1, 'reserved': 1, 'used': %s, 'served': true, 'order': 0,"              \
        "  'model': {'kind': 'ClusterModel', 'name': 'gemma-3-27b'}, 'servingProfile': "           \
        "'default'}}"

struct answer {
        struct arena arena;
        struct call_response response;
        struct call_summary summary;
};

static struct text flatten(struct payload payload, struct arena *arena) {
        return text_join(arena, payload.parts, payload.n_parts);
}

static void run(struct answer *a, struct call_request *call) {
        struct payload payload;
        struct text bytes;
        struct fault fault;

        assert_int_equal(call_encode(call, &a->arena, &bytes), 0);
        assert_int_equal(function_run(bytes, &a->arena, &payload, &a->summary, &fault), 0);
        assert_int_equal(call_read(flatten(payload, &a->arena), &a->arena, &a->response, &fault),
                         0);
}

/* A deployment that is observed with one service and its reservation. */
static struct call_request serving(struct answer *a, const char *admitted,
                                   struct call_object *resources) {
        arena_init(&a->arena, 8 * 1024 * 1024);
        resources[0] = (struct call_object) {
                .name = TEXT("reservation-a"),
                .object = json_node(&a->arena, text_format(&a->arena, RESERVATION, admitted).data)
        };
        resources[1] = (struct call_object) { .name = TEXT("serving-a"),
                                              .object = json_node(&a->arena, SERVICE) };
        return (struct call_request) {
                .has_capabilities = true,
                .composite.object = json_node(&a->arena, text_format(&a->arena, XR, "").data),
                .resources = resources,
                .n_resources = 2,
        };
}

static const struct condition *condition(const struct answer *a, const char *type) {
        for (size_t i = 0; i < a->response.n_conditions; i++) {
                if (text_equal(a->response.conditions[i].type, text_from(type)))
                        return &a->response.conditions[i];
        }
        fail_msg("no condition %s", type);
        return NULL;
}

static void assert_keys(const struct requirement *requirements, size_t n, const char *want) {
        struct arena arena;
        struct builder b;

        arena_init(&arena, 64 * 1024);
        builder_init(&b, &arena);
        for (size_t i = 0; i < n; i++) {
                builder_text(&b, requirements[i].key);
                builder_char(&b, ' ');
        }
        assert_text(builder_done(&b), want);
        arena_release(&arena);
}

/* Both resources as observed, without what others wrote, ready as observed. */
static void assert_frozen(struct answer *a) {
        const struct resource *service = request_resource(&a->response.desired, TEXT("serving-a"));
        const struct resource *reservation =
                request_resource(&a->response.desired, TEXT("reservation-a"));

        assert_non_null(service);
        assert_non_null(reservation);
        assert_int_equal(service->ready, READY_TRUE);
        assert_int_equal(reservation->ready, READY_TRUE);
        assert_true(value_equal(
                service->object,
                json_value(&a->arena,
                           "{'apiVersion': 'serving.kserve.io/v1alpha2',"
                           " 'kind': 'LLMInferenceService', 'metadata': {'name': 'gemma-a',"
                           "  'namespace': 'team-a', 'labels': {'modelplane.ai/pool': 'p'}},"
                           " 'spec': {'replicas': 1}}"),
                &a->arena));
}

static void test_unresolved_freezes(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "0", resources);

        (void)state;
        run(&a, &call);
        assert_frozen(&a);
        assert_int_equal(condition(&a, "Scheduled")->status, CONDITION_UNKNOWN);
        assert_text(condition(&a, "Scheduled")->reason, "WaitingForInputs");
        assert_int_equal(condition(&a, "Serving")->status, CONDITION_TRUE);
        assert_int_equal(a.response.ttl_seconds, 0);
        assert_false(a.summary.fatal);
        assert_keys(a.response.requirements, a.response.n_requirements,
                    "environment-a model reservations-a watch-anchor watch-anchor-pools ");
        assert_int_equal(a.response.n_extra, 0);
        arena_release(&a.arena);
}

static void test_settled_asks_for_its_own(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "1", resources);

        (void)state;
        run(&a, &call);
        assert_keys(a.response.requirements, a.response.n_requirements,
                    "environment-a model watch-anchor watch-anchor-pools ");
        arena_release(&a.arena);
}

/* Cores before v2 know only the old field and do not say what they can do. */
static void test_old_core_is_asked_twice(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "1", resources);

        (void)state;
        call.has_capabilities = false;
        run(&a, &call);
        assert_keys(a.response.extra, a.response.n_extra,
                    "environment-a model watch-anchor watch-anchor-pools ");
        arena_release(&a.arena);
}

/* The large set is asked for in the call that finds out that the small one does not do. */
static void test_drain_unsettles(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "1", resources);
        struct call_object model = {
                .object = json_node(&a.arena, "{'kind': 'ClusterModel', 'metadata': {'name': "
                                              "'gemma-3-27b'}, 'spec': {'model': {'name': 'g'},"
                                              " 'huggingFace': {'repo': 'g/g'}}}")
        };
        struct call_object environment = {
                .object = json_node(&a.arena,
                                    "{'kind': 'InferenceEnvironment', 'metadata': {'name': 'a'},"
                                    " 'spec': {'nodePools': [{'name': 'p', 'schedulable': 'Drain',"
                                    "  'acceleratorType': 'nvidia-h100-80gb',"
                                    "  'nodeSelector': {'x': 'y'}}]}}")
        };
        const struct call_answer answers[] = {
                { .key = TEXT("model"), .items = &model, .n_items = 1 },
                { .key = TEXT("environment-a"), .items = &environment, .n_items = 1 },
                { .key = TEXT("watch-anchor") },
                { .key = TEXT("watch-anchor-pools") },
        };

        (void)state;
        call.required = answers;
        call.n_required = 4;
        run(&a, &call);
        assert_frozen(&a);
        assert_text(condition(&a, "Scheduled")->reason, "WaitingForInputs");
        assert_keys(a.response.requirements, a.response.n_requirements,
                    "environment-a environments model reservations reservations-a watch-anchor "
                    "watch-anchor-pools ");
        arena_release(&a.arena);
}

static void test_status_is_kept_while_frozen(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "0", resources);
        struct value status;

        (void)state;
        call.composite.object = json_node(
                &a.arena, text_format(&a.arena, XR,
                                      ", 'status': {'placements': {'total': 1, 'ready': 1},"
                                      " 'endpoint': {'url': 'http://a'}, 'other': 'theirs',"
                                      " 'conditions': []}")
                                  .data);
        run(&a, &call);
        status = value_get(a.response.desired.composite.object, TEXT("status"));
        assert_true(value_equal(status,
                                json_value(&a.arena, "{'placements': {'total': 1, 'ready': 1},"
                                                     " 'endpoint': {'url': 'http://a'}}"),
                                &a.arena));
        arena_release(&a.arena);
}

static void test_nothing_at_all(void **state) {
        struct call_request call = { 0 };
        struct answer a;

        (void)state;
        arena_init(&a.arena, 1024 * 1024);
        run(&a, &call);
        assert_true(a.summary.fatal);
        assert_int_equal(a.response.n_results, 1);
        assert_text(a.response.results[0].message,
                    "input.stages: must be named for an XR of kind \"\"");
        arena_release(&a.arena);
}

static void test_place_without_plan(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "1", resources);

        (void)state;
        call.input = json_node(&a.arena, "{'stages': ['Place']}");
        run(&a, &call);
        assert_frozen(&a);
        assert_text(condition(&a, "Scheduled")->reason, "InvalidSpec");
        assert_int_equal(a.response.n_requirements, 0);

        call.n_resources = 0;
        run(&a, &call);
        assert_true(a.summary.fatal);
        arena_release(&a.arena);
}

/*
 * Between the steps deploy and place a function of somebody else adds a resource,
 * a status and a key of its own: Place composes beside them and changes none.
 */
static void test_foreign_step_is_respected(void **state) {
        static const char foreign[] =
                "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 's'}, 'data': {}}";
        struct call_object resources[2];
        struct answer deployed, placed;
        struct call_request call = serving(&deployed, "1", resources);
        struct response edit;
        struct request nothing = { 0 };
        const struct resource *secret;
        struct payload payload;
        struct call_response edited;
        struct fault fault;

        (void)state;
        call.input = json_node(&deployed.arena, "{'stages': ['Deploy']}");
        run(&deployed, &call);
        assert_int_equal(deployed.response.desired.n_resources, 0);

        nothing.context = deployed.response.context;
        response_init(&edit, &deployed.arena);
        edit.status = json_node(&deployed.arena, "{'theirs': 'kept'}");
        edit.context_key = TEXT("example.org/theirs");
        edit.context_value = json_node(&deployed.arena, "{'a': 1}");
        response_desire(&edit, (struct desired) { .name = TEXT("secret"),
                                                  .object = json_node(&deployed.arena, foreign),
                                                  .ready = READY_FALSE });
        assert_int_equal(response_encode(&edit, &nothing, &payload), 0);
        assert_int_equal(
                call_read(flatten(payload, &deployed.arena), &deployed.arena, &edited, &fault), 0);

        call = serving(&placed, "1", resources);
        call.input = json_node(&placed.arena, "{'stages': ['Place']}");
        call.desired = edited.desired.raw;
        call.context = value_bytes(edited.context);
        run(&placed, &call);
        assert_frozen(&placed);
        secret = request_resource(&placed.response.desired, TEXT("secret"));
        assert_non_null(secret);
        assert_int_equal(secret->ready, READY_FALSE);
        assert_true(value_equal(secret->object, json_value(&placed.arena, foreign), &placed.arena));
        assert_text(value_text(value_at(placed.response.desired.composite.object, "status.theirs")),
                    "kept");
        assert_int_equal(value_get(placed.response.context, TEXT("example.org/theirs")).kind,
                         VALUE_MAP);
        assert_text(condition(&placed, "Scheduled")->reason, "WaitingForInputs");
        assert_int_equal(placed.response.n_requirements, 0);
        arena_release(&deployed.arena);
        arena_release(&placed.arena);
}

/*
 * What is kept although nothing is known of it, is not kept against the step that
 * composes it; an assignment is, whatever is wrong with the inputs.
 */
static void check_desired_by_another(const char *name, bool stays) {
        static const char theirs[] = "{'apiVersion': 'v1', 'kind': 'Service', 'spec': {'n': 2}}";
        struct call_object resources[3];
        const struct resource *found;
        struct response edit;
        struct answer a;
        struct call_request call = serving(&a, "1", resources);
        struct request nothing = { 0 };
        struct payload payload;
        struct call_response edited;
        struct fault fault;

        resources[call.n_resources++] = (struct call_object) {
                .name = TEXT("serving-ui"),
                .object = json_node(&a.arena, "{'kind': 'Service', 'spec': {'n': 1}}"),
        };
        response_init(&edit, &a.arena);
        response_desire(&edit, (struct desired) { .name = text_from(name),
                                                  .object = json_node(&a.arena, theirs) });
        assert_int_equal(response_encode(&edit, &nothing, &payload), 0);
        assert_int_equal(call_read(flatten(payload, &a.arena), &a.arena, &edited, &fault), 0);
        call.desired = edited.desired.raw;
        run(&a, &call);
        assert_text(condition(&a, "Scheduled")->reason, "WaitingForInputs");
        /* What is no kind of ours is kept by who composes it, not by us. */
        assert_int_equal(a.response.desired.n_resources, stays ? 3 : 2);
        found = request_resource(&a.response.desired, text_from(name));
        assert_int_equal(value_equal(found->object, json_value(&a.arena, theirs), &a.arena), stays);
        arena_release(&a.arena);
}

static void test_desired_by_another(void **state) {
        (void)state;
        check_desired_by_another("serving-ui", true);
        check_desired_by_another("serving-a", false);
        check_desired_by_another("reservation-a", false);
}

/* Far more than one deployment ever has: kept, and not decided on. */
static void test_too_many_assignments(void **state) {
        static struct call_object resources[DEPLOY_HELD_MAX + 1];
        struct call_request call = { .has_capabilities = true, .resources = resources };
        struct answer a;

        (void)state;
        arena_init(&a.arena, 64 * 1024 * 1024);
        call.composite.object = json_node(&a.arena, text_format(&a.arena, XR, "").data);
        for (size_t i = 0; i <= DEPLOY_HELD_MAX; i++)
                resources[i] = (struct call_object) {
                        .name = text_format(&a.arena, "reservation-%zu", i),
                        .object = json_node(&a.arena, text_format(&a.arena, RESERVATION, "1").data)
                };
        for (call.n_resources = DEPLOY_HELD_MAX; call.n_resources <= DEPLOY_HELD_MAX + 1;
             call.n_resources++) {
                run(&a, &call);
                assert_int_equal(a.response.desired.n_resources, call.n_resources);
                assert_text(condition(&a, "Scheduled")->reason, call.n_resources > DEPLOY_HELD_MAX
                                                                        ? "TooManyAssignments"
                                                                        : "WaitingForInputs");
        }
        assert_text(condition(&a, "Scheduled")->message,
                    "257 assignments are observed, and at most 256 are decided on");
        arena_release(&a.arena);
}

static void test_garbage(void **state) {
        struct call_summary summary;
        struct payload payload;
        struct arena arena;
        struct fault fault;

        (void)state;
        arena_init(&arena, 1024 * 1024);
        assert_int_equal(function_run(TEXT("not protobuf"), &arena, &payload, &summary, &fault),
                         -EBADMSG);
        assert_true(strlen(fault.message) > 0);
        arena_release(&arena);
}

#define ENVIRONMENT(name, region)                                                                  \
        "{'kind': 'InferenceEnvironment', 'metadata': {'name': '" name "',"                        \
        "  'labels': {'region': '" region "'}}, 'spec': {'nodePools': [{'name': 'p',"              \
        "  'acceleratorType': 'nvidia-h100-80gb', 'nodeSelector': {'x': 'y'}}]}}"

/* Nested beyond what is read of any object. */
static struct node *broken(struct arena *arena, const char *environment) {
        struct node *object = json_node(arena, environment), *inner = object;

        for (int i = 0; i < GUARD_DEPTH_MAX; i++)
                inner = node_add_map(inner, "broken");
        return object;
}

/* What nobody reads may be broken, and what is read may not. */
static void test_reads_what_is_selected(void **state) {
        struct call_object model, environments[2], reservation;
        const struct call_answer answers[] = {
                { .key = TEXT("model"), .items = &model, .n_items = 1 },
                { .key = TEXT("environments"), .items = environments, .n_items = 2 },
                { .key = TEXT("reservations"), .items = &reservation, .n_items = 1 },
                { .key = TEXT("watch-anchor") },
                { .key = TEXT("watch-anchor-pools") },
        };
        struct call_request call = { .has_capabilities = true,
                                     .required = answers,
                                     .n_required = 5 };
        struct call_summary summary;
        struct payload payload;
        struct answer a;
        struct text bytes;
        struct fault fault;

        (void)state;
        arena_init(&a.arena, 1 << 22);
        call.composite.object = json_node(
                &a.arena, "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"
                          " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"
                          " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'gemma'},"
                          "  'environmentSelector': {'matchLabels': {'region': 'eu'}}}}");
        model.object = json_node(&a.arena,
                                 "{'kind': 'ClusterModel', 'metadata': {'name': 'gemma'}, 'spec': "
                                 "{'model': {'name': 'g'}, 'huggingFace': {'repo': 'g/g'}}}");
        reservation.object = broken(
                &a.arena, "{'metadata': {'namespace': 'other'}, 'spec': {'environment': 'us'}}");
        environments[0].object = json_node(&a.arena, ENVIRONMENT("eu", "eu"));
        environments[1].object = broken(&a.arena, ENVIRONMENT("us", "us"));
        run(&a, &call);
        assert_text(condition(&a, "Scheduled")->reason, "AllScheduled");

        reservation.object = broken(
                &a.arena, "{'metadata': {'namespace': 'other'}, 'spec': {'environment': 'eu'}}");
        assert_int_equal(call_encode(&call, &a.arena, &bytes), 0);
        assert_int_equal(function_run(bytes, &a.arena, &payload, &summary, &fault), -E2BIG);
        assert_string_equal(fault.message, "Struct is nested too deeply");

        reservation.object = broken(
                &a.arena, "{'metadata': {'namespace': 'team-a'}, 'spec': {'environment': 'us'}}");
        assert_int_equal(call_encode(&call, &a.arena, &bytes), 0);
        assert_int_equal(function_run(bytes, &a.arena, &payload, &summary, &fault), -E2BIG);

        reservation.object = json_node(&a.arena, "{}");
        environments[0].object = broken(&a.arena, ENVIRONMENT("eu", "eu"));
        assert_int_equal(call_encode(&call, &a.arena, &bytes), 0);
        assert_int_equal(function_run(bytes, &a.arena, &payload, &summary, &fault), -E2BIG);
        arena_release(&a.arena);
}

#define MIG_PARTED_INPUT                                                                           \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'Input',"                \
        " 'migParted': {'configMapRef': {'name': 'file', 'namespace': 'gpu-operator'}}}"

/* Without the file nobody knows what its pools hold: nothing that runs there may leave. */
static void test_mig_parted_unresolved(void **state) {
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "1", resources);
        struct call_object model = {
                .object = json_node(&a.arena, "{'kind': 'ClusterModel', 'metadata': {'name': "
                                              "'gemma-3-27b'}, 'spec': {'model': {'name': 'g'},"
                                              " 'huggingFace': {'repo': 'g/g'}}}")
        };
        struct call_object environment = {
                .object = json_node(&a.arena,
                                    "{'kind': 'InferenceEnvironment', 'metadata': {'name': 'a'},"
                                    " 'spec': {'nodePools': [{'name': 'p',"
                                    "  'acceleratorType': 'nvidia-h100-80gb',"
                                    "  'nodeSelector': {'x': 'y'},"
                                    "  'migConfiguration': {'config': 'half'}}]}}")
        };
        const struct call_answer answers[] = {
                { .key = TEXT("model"), .items = &model, .n_items = 1 },
                { .key = TEXT("environment-a"), .items = &environment, .n_items = 1 },
                { .key = TEXT("watch-anchor") },
        };

        (void)state;
        call.input = json_node(&a.arena, MIG_PARTED_INPUT);
        call.required = answers;
        call.n_required = 3;
        run(&a, &call);
        assert_frozen(&a);
        assert_text(condition(&a, "Scheduled")->reason, "WaitingForInputs");
        assert_keys(a.response.requirements, a.response.n_requirements,
                    "environment-a mig-parted model watch-anchor watch-anchor-pools ");
        arena_release(&a.arena);
}

/* An environment whose reservations have come, and whose file has not. */
static void test_inventory_waits_for_mig_parted(void **state) {
        const struct call_answer answers[] = { { .key = TEXT("reservations") } };
        struct call_request call = { .has_capabilities = true,
                                     .required = answers,
                                     .n_required = 1 };
        struct answer a;

        (void)state;
        arena_init(&a.arena, 1 << 22);
        call.composite.object =
                json_node(&a.arena, "{'apiVersion': 'modelplane.ai/v1alpha1',"
                                    " 'kind': 'InferenceEnvironment', 'metadata': {'name': 'a'}}");
        call.input = json_node(&a.arena, MIG_PARTED_INPUT);
        run(&a, &call);
        assert_int_equal(condition(&a, "CapacityValid")->status, CONDITION_UNKNOWN);
        assert_text(condition(&a, "CapacityValid")->reason, "WaitingForInputs");
        assert_int_equal(a.response.ttl_seconds, 0);
        assert_keys(a.response.requirements, a.response.n_requirements, "mig-parted reservations ");
        arena_release(&a.arena);
}

/* What others desire is too much for Crossplane to receive: it hears the size, and nothing else. */
static void test_too_large(void **state) {
        const size_t len = FUNCTION_RESPONSE_MAX;
        struct call_object resources[2];
        struct answer a;
        struct call_request call = serving(&a, "1", resources);
        struct request nothing = { 0 };
        struct call_response theirs;
        struct response edit;
        struct payload payload;
        struct text bytes;
        struct fault fault;
        char *filler;

        (void)state;
        a.arena.budget_bytes = 64 * 1024 * 1024;
        filler = arena_alloc(&a.arena, len);
        memset(filler, 'x', len);
        response_init(&edit, &a.arena);
        edit.status = node_map(&a.arena);
        node_set_string(edit.status, "theirs", (struct text) { filler, len });
        assert_int_equal(response_encode(&edit, &nothing, &payload), 0);
        assert_int_equal(call_read(flatten(payload, &a.arena), &a.arena, &theirs, &fault), 0);

        call.desired = theirs.desired.raw;
        assert_int_equal(call_encode(&call, &a.arena, &bytes), 0);
        assert_int_equal(function_run(bytes, &a.arena, &payload, &a.summary, &fault), 0);
        assert_true(a.summary.fatal);
        assert_true(payload.len < 4096);
        assert_int_equal(call_read(flatten(payload, &a.arena), &a.arena, &a.response, &fault), 0);
        assert_int_equal(a.response.n_results, 1);
        assert_int_equal(a.response.results[0].severity, SEVERITY_FATAL);
        assert_true(text_starts_with(a.response.results[0].message, TEXT("the response has 419")));
        assert_true(text_ends_with(a.response.results[0].message,
                                   TEXT(" bytes, more than the 4194304 that Crossplane can "
                                        "receive")));
        assert_int_equal(a.response.desired.n_resources, 0);
        assert_int_equal(value_get(a.response.desired.composite.object, TEXT("theirs")).kind,
                         VALUE_ABSENT);
        assert_text(condition(&a, "Scheduled")->reason, "WaitingForInputs");
        arena_release(&a.arena);
}

#define MODEL_IN                                                                                   \
        "{'metadata': {'name': 'gemma', 'namespace': '%s'},"                                       \
        " 'spec': {'model': {'name': 'g'}, 'huggingFace': {'repo': 'g/g'}}}"

#define QUOTA_IN                                                                                   \
        "{'metadata': {'name': 'q', 'namespace': '%s'},"                                           \
        " 'spec': {'hard': {'requests.nvidia.com/mig-3g.40gb': '0'}}}"

#define MIG_PARTED_IN                                                                              \
        "{'metadata': {'name': 'file', 'namespace': '%s'}, 'data': {'config.yaml':"                \
        " '{version: v1, mig-configs: {half: [{devices: all, mig-enabled: true,"                   \
        " mig-devices: {3g.40gb: 2}}]}}'}}"

/* Some command lines mind the names and labels that were asked for, and not the namespace. */
static void test_other_namespaces(void **state) {
        static const struct {
                const char *model, *quota, *mig_parted, *reason;
                bool later; /* an earlier call of the reconcile has asked: what comes is the answer
                             */
        } rows[] = {
                { "team-a", "team-b", "gpu-operator", "AllScheduled", false },
                { "team-b", "team-b", "gpu-operator", "WaitingForInputs", false },
                { "team-b", "team-b", "gpu-operator", "ModelNotFound", true },
                { "team-a", "team-a", "gpu-operator", "InsufficientCapacity", false },
                { "team-a", "team-b", "team-a", "NoMatchingPool", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct call_object environment, model, quota, file;
                const struct call_answer answers[] = {
                        { .key = TEXT("environments"), .items = &environment, .n_items = 1 },
                        { .key = TEXT("mig-parted"), .items = &file, .n_items = 1 },
                        { .key = TEXT("model"), .items = &model, .n_items = 1 },
                        { .key = TEXT("quotas"), .items = &quota, .n_items = 1 },
                        { .key = TEXT("reservations") },
                        { .key = TEXT("watch-anchor") },
                        { .key = TEXT("watch-anchor-pools") },
                };
                struct call_request call = { .required = answers, .n_required = 7 };
                struct answer a;

                arena_init(&a.arena, 1 << 22);
                call.composite.object = json_node(
                        &a.arena, "{'kind': 'ModelDeployment',"
                                  " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"
                                  " 'spec': {'modelRef': {'kind': 'Model', 'name': 'gemma'}}}");
                call.input = json_node(
                        &a.arena,
                        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1',"
                        " 'kind': 'Input', 'quotas': 'Respect', 'migParted':"
                        "  {'configMapRef': {'name': 'file', 'namespace': 'gpu-operator'}}}");
                environment = (struct call_object) {
                        .object = json_node(
                                &a.arena,
                                "{'metadata': {'name': 'a'}, 'spec': {'nodePools': [{'name': 'p',"
                                " 'acceleratorType': 'nvidia-h100-80gb',"
                                " 'nodeSelector': {'x': 'y'},"
                                " 'migConfiguration': {'config': 'half'}}]}}")
                };
                model = (struct call_object) {
                        .object = json_node(&a.arena,
                                            text_format(&a.arena, MODEL_IN, rows[i].model).data)
                };
                quota = (struct call_object) {
                        .object = json_node(&a.arena,
                                            text_format(&a.arena, QUOTA_IN, rows[i].quota).data)
                };
                file = (struct call_object) {
                        .object = json_node(
                                &a.arena,
                                text_format(&a.arena, MIG_PARTED_IN, rows[i].mig_parted).data)
                };
                if (rows[i].later)
                        assert_int_equal(
                                node_encode(json_node(&a.arena, "{'gpuplacement.fn.crossplane.io/"
                                                                "plan': {'uid': '', 'frozen': "
                                                                "true}}"),
                                            &a.arena, &call.context),
                                0);
                run(&a, &call);
                assert_text(condition(&a, "Scheduled")->reason, rows[i].reason);
                arena_release(&a.arena);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_unresolved_freezes),
                cmocka_unit_test(test_settled_asks_for_its_own),
                cmocka_unit_test(test_reads_what_is_selected),
                cmocka_unit_test(test_old_core_is_asked_twice),
                cmocka_unit_test(test_drain_unsettles),
                cmocka_unit_test(test_status_is_kept_while_frozen),
                cmocka_unit_test(test_nothing_at_all),
                cmocka_unit_test(test_place_without_plan),
                cmocka_unit_test(test_foreign_step_is_respected),
                cmocka_unit_test(test_desired_by_another),
                cmocka_unit_test(test_too_many_assignments),
                cmocka_unit_test(test_garbage),
                cmocka_unit_test(test_mig_parted_unresolved),
                cmocka_unit_test(test_inventory_waits_for_mig_parted),
                cmocka_unit_test(test_other_namespaces),
                cmocka_unit_test(test_too_large),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
