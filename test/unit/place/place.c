/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "place/freeze.h"
#include "place/place.h"

static const struct desired *find(const struct response *response, const char *name) {
        for (size_t i = 0; i < response->n_desired; i++) {
                if (text_equal(response->desired[i].name, text_from(name)))
                        return &response->desired[i];
        }
        return NULL;
}

static struct value object_of(const struct response *response, const char *name) {
        const struct desired *desired = find(response, name);

        assert_non_null(desired);
        return json_encoded(&arena, desired->object);
}

static const struct settings usual_settings = { .route = true,
                                                .kserve_api_version =
                                                        TEXT_INIT("serving.kserve.io/v1alpha2"),
                                                .target = TARGET_AUTO };

/* One assignment, with everything in it that a plan carries. */
static struct assignment usual(void) {
        return (struct assignment) {
                .fate = FATE_STAYS,
                .suffix = TEXT("eu-1"),
                .planned = { .model_kind = TEXT("ClusterModel"),
                             .model_name = TEXT("gemma"),
                             .environment = TEXT("eu-1"),
                             .pool = TEXT("slices"),
                             .mig_profile = TEXT("1g.10gb+me"),
                             .serving_profile = TEXT("fp8"),
                             .resource_name = TEXT("nvidia.com/mig-1g.10gb.me"),
                             .nodes = 1,
                             .units_per_node = 1,
                             .reserved = 3,
                             .used = 2,
                             .priority = 5 },
                .workload = { .provider_config = TEXT("eu-1-cluster"),
                              .uri = TEXT("hf://google/gemma"),
                              .model_name = TEXT("google/gemma"),
                              .secret_name = TEXT("hf-token"),
                              .secret_key = TEXT("TOKEN"),
                              .cpu = TEXT("8"),
                              .memory = TEXT("64Gi"),
                              .cpu_per_unit = TEXT("3"),
                              .memory_per_unit = TEXT("24Gi"),
                              .image = TEXT("vllm/vllm-openai:v0.20.1"),
                              .engine_args = json_value(&arena, "['--a=1','b c']"),
                              .pool_args = json_value(&arena, "['--p']"),
                              .env = json_value(&arena, "[{'name':'A','value':'1'}]"),
                              .engine_env = json_value(&arena, "[{'name':'E','value':'2'}]"),
                              .pool_base_refs = json_value(&arena, "[{'name':'p'},{'name':'q'}]"),
                              .engine_base_refs = json_value(&arena, "[{'name':'e'},{'name':'p'}]"),
                              .extended = json_value(&arena, "{'rdma/ib':'1'}"),
                              .image_pull_secrets = json_value(&arena, "[{'name':'r'}]"),
                              .service_account = TEXT("models"),
                              .host_ipc = true,
                              .security_context = json_value(&arena, "{'runAsUser':7}"),
                              .node_selector = json_value(&arena, "{'pool':'slices'}"),
                              .pool_tolerations = json_value(&arena, "[{'key':'p'}]"),
                              .deployment_tolerations = json_value(&arena, "[{'key':'d'}]"),
                              .affinity = json_value(&arena, "{'nodeAffinity':{}}"),
                              .priority_class = TEXT("high"),
                              .runtime_class = TEXT("nvidia"),
                              .tensor = 2,
                              .pipeline = 2,
                              .data = 2,
                              .expert = true,
                              .min_replicas = 1,
                              .concurrency = true,
                              .share_replicas = 3 },
        };
}

static struct response placed(const struct plan *plan, const struct settings *settings,
                              const struct state *observed) {
        const struct state nothing = { .n_resources = 0 };
        struct response response;

        response_init(&response, &arena);
        place(plan, TEXT("team"), TEXT("chat"), settings, observed ? observed : &nothing,
              &response);
        assert_false(arena_failed(&arena));
        return response;
}

static struct response placed_one(const struct assignment *p, const struct settings *settings) {
        struct assignment copy = *p;
        const struct plan plan = { .assignments = &copy, .n_assignments = 1 };

        return placed(&plan, settings, NULL);
}

/* ---- what is composed ------------------------------------------------------------------------ */

#define ANNOTATION                                                                                 \
        "'{\\\"model\\\":{\\\"kind\\\":\\\"ClusterModel\\\",\\\"name\\\":\\\"gemma\\\"},"          \
        "\\\"environment\\\":\\\"eu-1\\\",\\\"migProfile\\\":\\\"1g.10gb+me\\\","                  \
        "\\\"pool\\\":\\\"slices\\\",\\\"resourceName\\\":\\\"nvidia.com/mig-1g.10gb.me\\\","      \
        "\\\"servingProfile\\\":\\\"fp8\\\",\\\"nodes\\\":1,\\\"order\\\":0,\\\"surge\\\":0,"      \
        "\\\"unitsPerNode\\\":1}'"
#define OUR_METADATA                                                                               \
        "'labels':{'modelplane.ai/deployment':'chat','modelplane.ai/environment':'eu-1',"          \
        "'modelplane.ai/pool':'slices','modelplane.ai/mig-profile':'1g.10gb.me',"                  \
        "'modelplane.ai/serving-profile':'fp8'},"                                                  \
        "'annotations':{'gpuplacement.fn.crossplane.io/assignment':" ANNOTATION "}"

static void test_direct(void **state) {
        struct assignment p = usual();
        struct response response = placed_one(&p, &usual_settings);
        struct value service = object_of(&response, "serving-eu-1");
        struct value spec = value_get(service, TEXT("spec"));

        (void)state;
        assert_int_equal(response.n_desired, 2);
        assert_int_equal(find(&response, "serving-eu-1")->ready, READY_FALSE);
        assert_int_equal(find(&response, "reservation-eu-1")->ready, READY_TRUE);
        assert_json(value_get(service, TEXT("apiVersion")), "'serving.kserve.io/v1alpha2'");
        assert_json(value_get(service, TEXT("kind")), "'LLMInferenceService'");
        assert_json(value_get(service, TEXT("metadata")),
                    "{'name':'chat-eu-1','namespace':'team'," OUR_METADATA "}");
        assert_json(value_get(spec, TEXT("model")),
                    "{'uri':'hf://google/gemma','name':'google/gemma'}");
        assert_json(value_get(spec, TEXT("router")), "{'gateway':{},'route':{}}");
        assert_json(value_get(spec, TEXT("replicas")), "2"); /* those that are used */
        assert_json(value_get(spec, TEXT("baseRefs")), "[{'name':'p'},{'name':'q'},{'name':'e'}]");
        assert_int_equal(value_get(spec, TEXT("parallelism")).kind, VALUE_ABSENT);
        assert_int_equal(value_get(spec, TEXT("worker")).kind, VALUE_ABSENT);
        assert_int_equal(value_get(spec, TEXT("scaling")).kind, VALUE_ABSENT);
        assert_json(value_at(spec, "template.priorityClassName"), "'high'");

        assert_json(
                object_of(&response, "reservation-eu-1"),
                "{'apiVersion':'gpuplacement.fn.crossplane.io/v1alpha1','kind':'GPUReservation',"
                "'metadata':{'name':'chat-eu-1','namespace':'team','labels':"
                "{'modelplane.ai/deployment':'chat','modelplane.ai/environment':'eu-1'}},"
                "'spec':{'model':{'kind':'ClusterModel','name':'gemma'},'environment':'eu-1',"
                "'pool':'slices','migProfile':'1g.10gb+me','servingProfile':'fp8',"
                "'resourceName':'nvidia.com/mig-1g.10gb.me','nodes':1,'unitsPerNode':1,"
                "'reserved':3,'used':2,'served':false,'units':3,'state':'Starting','order':0,"
                "'priority':5,'revision':'u4rfduz3aaxzhmyl'}}");
}

static void test_without_a_router(void **state) {
        struct settings settings = usual_settings;
        struct assignment p = usual();
        struct response response;

        (void)state;
        settings.route = false;
        settings.kserve_api_version = TEXT("serving.kserve.io/v1alpha1");
        response = placed_one(&p, &settings);
        assert_int_equal(value_at(object_of(&response, "serving-eu-1"), "spec.router").kind,
                         VALUE_ABSENT);
        assert_json(value_get(object_of(&response, "serving-eu-1"), TEXT("apiVersion")),
                    "'serving.kserve.io/v1alpha1'");
}

/* Never both numbers: KServe refuses them. */
static void test_autoscaled(void **state) {
        struct settings settings = usual_settings;
        struct assignment p = usual();
        struct response response;
        struct value spec;

        (void)state;
        settings.autoscaler = AUTOSCALER_WVA;
        response = placed_one(&p, &settings);
        spec = value_get(object_of(&response, "serving-eu-1"), TEXT("spec"));
        assert_json(value_get(spec, TEXT("scaling")),
                    "{'minReplicas':1,'maxReplicas':2,'wva':{'hpa':{}}}");
        assert_int_equal(value_get(spec, TEXT("replicas")).kind, VALUE_ABSENT);

        settings.autoscaler = AUTOSCALER_KEDA;
        settings.keda_triggers = json_value(&arena, "[{'type':'cpu','metadata':{'value':'60'}}]");
        p.workload.min_replicas = 0;
        response = placed_one(&p, &settings);
        assert_json(value_at(object_of(&response, "serving-eu-1"), "spec.scaling"),
                    "{'minReplicas':0,'maxReplicas':2,'keda':{'triggers':[{'type':'cpu',"
                    "'metadata':{'value':'60'}}]}}");

        settings.autoscaler = AUTOSCALER_WVA; /* wants one at least */
        response = placed_one(&p, &settings);
        assert_json(value_at(object_of(&response, "serving-eu-1"), "spec.scaling.minReplicas"),
                    "1");
        p.workload.min_replicas = 5; /* more than was granted */
        response = placed_one(&p, &settings);
        assert_json(value_at(object_of(&response, "serving-eu-1"), "spec.scaling.minReplicas"),
                    "2");
        p.workload.concurrency = false;
        response = placed_one(&p, &settings);
        assert_json(value_at(object_of(&response, "serving-eu-1"), "spec.replicas"), "2");
}

static void test_over_nodes(void **state) {
        struct assignment p = usual();
        struct response response;
        struct value spec;

        (void)state;
        p.planned.nodes = 2;
        p.suffix = TEXT("eu-1-m2");
        response = placed_one(&p, &usual_settings);
        spec = value_get(object_of(&response, "serving-eu-1-m2"), TEXT("spec"));
        assert_json(value_get(spec, TEXT("parallelism")), "{'tensor':2,'pipeline':2}");
        assert_true(value_equal(value_get(spec, TEXT("worker")), value_get(spec, TEXT("template")),
                                &arena));
        assert_json(value_at(object_of(&response, "serving-eu-1-m2"), "metadata.name"),
                    "'chat-eu-1-m2'");
        assert_json(value_at(object_of(&response, "reservation-eu-1-m2"), "metadata.name"),
                    "'chat-eu-1-m2'");
}

/* A name that was taken once stays so while its service is required: the reservation tells. */
static void test_taken(void **state) {
        static const char hashed[] = "chat-eu-1-b3qul335parejekv";
        struct assignment p = usual();
        const struct plan plan = { .assignments = &p, .n_assignments = 1 };
        struct resource reservation = { .name = TEXT("reservation-eu-1") };
        const struct state observed = { .resources = &reservation, .n_resources = 1 };
        struct response response;

        (void)state;
        p.name_taken = true;
        response = placed_one(&p, &usual_settings);
        assert_true(text_equal(
                value_text(value_at(object_of(&response, "serving-eu-1"), "metadata.name")),
                text_from(hashed)));

        p.name_taken = false;
        reservation.object = json_value(
                &arena, "{'metadata':{'name':'chat-eu-1-b3qul335parejekv','namespace':'team'}}");
        response = placed(&plan, &usual_settings, &observed);
        assert_true(text_equal(
                value_text(value_at(object_of(&response, "serving-eu-1"), "metadata.name")),
                text_from(hashed)));

        reservation.object =
                json_value(&arena, "{'metadata':{'name':'chat-eu-1','namespace':'team'}}");
        response = placed(&plan, &usual_settings, &observed);
        assert_json(value_at(object_of(&response, "serving-eu-1"), "metadata.name"), "'chat-eu-1'");
}

static void test_remote(void **state) {
        struct settings settings = usual_settings;
        struct assignment p = usual();
        struct response response;
        struct value object;

        (void)state;
        p.workload.remote = true;
        response = placed_one(&p, &settings);
        object = object_of(&response, "serving-eu-1");
        assert_json(value_get(object, TEXT("apiVersion")), "'kubernetes.m.crossplane.io/v1alpha1'");
        assert_json(value_get(object, TEXT("kind")), "'Object'");
        assert_json(value_get(object, TEXT("metadata")),
                    "{'name':'chat-eu-1','namespace':'team'," OUR_METADATA "}");
        assert_json(value_at(object, "spec.providerConfigRef"),
                    "{'kind':'ClusterProviderConfig','name':'eu-1-cluster'}");
        assert_json(value_at(object, "spec.readiness.policy"), "'DeriveFromCelQuery'");
        assert_true(text_contains(value_text(value_at(object, "spec.readiness.celQuery")),
                                  TEXT("has(object.status.url)")));
        assert_json(value_at(object, "spec.forProvider.manifest.metadata"),
                    "{'name':'chat-eu-1','namespace':'team'," OUR_METADATA "}");
        assert_json(value_at(object_of(&response, "reservation-eu-1"), "metadata.namespace"),
                    "'team'");

        /* In one namespace of the other cluster names of all namespaces meet. */
        settings.remote_namespace = TEXT("models");
        settings.route = false;
        response = placed_one(&p, &settings);
        object = object_of(&response, "serving-eu-1");
        assert_json(value_at(object, "metadata.namespace"), "'team'");
        assert_json(value_at(object, "spec.forProvider.manifest.metadata.namespace"), "'models'");
        assert_json(value_at(object, "metadata.name"), "'chat-eu-1-b3qul335parejekv'");
        assert_json(value_at(object, "spec.forProvider.manifest.metadata.name"),
                    "'chat-eu-1-b3qul335parejekv'");
        assert_false(text_contains(value_text(value_at(object, "spec.readiness.celQuery")),
                                   TEXT("object.status.url")));

        settings = usual_settings;
        settings.target = TARGET_DIRECT;
        response = placed_one(&p, &settings);
        assert_json(value_get(object_of(&response, "serving-eu-1"), TEXT("kind")),
                    "'LLMInferenceService'");
        settings.target = TARGET_OBJECT;
        p.workload.remote = false;
        response = placed_one(&p, &settings);
        assert_json(value_get(object_of(&response, "serving-eu-1"), TEXT("kind")), "'Object'");
}

/* ---- frozen ---------------------------------------------------------------------------------- */

#define SERVED "'status':{'url':'u','conditions':[{'type':'Ready','status':'True'}]}"
#define OBSERVED_SERVICE                                                                           \
        "{'apiVersion':'serving.kserve.io/v1alpha1','kind':'LLMInferenceService','metadata':{"     \
        "'name':'chat-eu-1','namespace':'team','uid':'1','generation':4,'resourceVersion':'7',"    \
        "'ownerReferences':[{}],'finalizers':['x'],'managedFields':[{}],"                          \
        "'labels':{'modelplane.ai/pool':'slices','crossplane.io/composite':'chat'},"               \
        "'annotations':{'gpuplacement.fn.crossplane.io/assignment':'{}','kubectl':'x'}},"          \
        "'spec':{'replicas':3,'user':'kept'}," SERVED "}"
#define FROZEN_SERVICE                                                                             \
        "{'apiVersion':'serving.kserve.io/v1alpha1','kind':'LLMInferenceService','metadata':{"     \
        "'name':'chat-eu-1','namespace':'team','labels':{'modelplane.ai/pool':'slices'},"          \
        "'annotations':{'gpuplacement.fn.crossplane.io/assignment':'{}'}},"                        \
        "'spec':{'replicas':3,'user':'kept'}}"
#define RESERVATION "'apiVersion':'gpuplacement.fn.crossplane.io/v1alpha1','kind':'GPUReservation',"
#define OBSERVED_RESERVATION                                                                       \
        "{" RESERVATION "'metadata':{'name':'chat-eu-1','namespace':'team','uid':'2',"             \
        "'labels':{'modelplane.ai/environment':'eu-1'}},"                                          \
        "'spec':{'environment':'eu-1','pool':'slices'}}"
#define FROZEN_RESERVATION                                                                         \
        "{" RESERVATION "'metadata':{'name':'chat-eu-1','namespace':'team',"                       \
        "'labels':{'modelplane.ai/environment':'eu-1'}},"                                          \
        "'spec':{'environment':'eu-1','pool':'slices'}}"

static void test_freeze(void **state) {
        struct resource resources[] = {
                { .name = TEXT("bucket"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("devices-eu-1-1"),
                  .object = json_value(&arena, "{'apiVersion':'resource.k8s.io/v1',"
                                               "'kind':'ResourceClaimTemplate','spec':{'x':1}}") },
                { .name = TEXT("reservation-eu-1"),
                  .object = json_value(&arena, OBSERVED_RESERVATION) },
                { .name = TEXT("serving-eu-1"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("serving-eu-2"),
                  .object = json_value(&arena, "{'kind':'LLMInferenceService'}") },
        };
        const struct state observed = { .resources = resources, .n_resources = 5 };
        const struct plan plan = { .frozen = true };
        struct response response;

        (void)state;
        response_init(&response, &arena);
        assert_int_equal(freeze_all(&observed, &usual_settings, &response), 4);
        assert_int_equal(response.n_desired, 4);
        assert_json(object_of(&response, "serving-eu-1"), FROZEN_SERVICE);
        assert_json(object_of(&response, "reservation-eu-1"), FROZEN_RESERVATION);
        assert_json(object_of(&response, "devices-eu-1-1"),
                    "{'apiVersion':'resource.k8s.io/v1','kind':'ResourceClaimTemplate',"
                    "'metadata':{},'spec':{'x':1}}");
        assert_int_equal(find(&response, "serving-eu-1")->ready, READY_TRUE);
        assert_int_equal(find(&response, "serving-eu-2")->ready, READY_FALSE);
        assert_int_equal(find(&response, "reservation-eu-1")->ready, READY_TRUE);
        assert_true(freeze_protects_anything(&observed));

        response = placed(&plan, &usual_settings, &observed);
        assert_int_equal(response.n_desired, 4);
        assert_json(object_of(&response, "serving-eu-1"), FROZEN_SERVICE);
}

static void test_nothing_of_ours(void **state) {
        struct resource resources[] = { { .name = TEXT("bucket"),
                                          .object = json_value(&arena, "{}") } };
        const struct state observed = { .resources = resources, .n_resources = 1 };

        (void)state;
        assert_false(freeze_protects_anything(&observed));
}

/* ---- fates ----------------------------------------------------------------------------------- */

static void test_fates(void **state) {
        struct assignment placements[] = { usual(), usual(), usual() };
        const struct plan plan = { .assignments = placements, .n_assignments = 3 };
        struct resource resources[] = {
                { .name = TEXT("reservation-eu-5"),
                  .object = json_value(&arena, "{" RESERVATION "'spec':{'environment':'eu-5',"
                                               "'pool':'p'}}") },
                { .name = TEXT("reservation-eu-6"),
                  .object = json_value(&arena, "{" RESERVATION "'spec':{'pool':7}}") },
                { .name = TEXT("serving-eu-1"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("serving-eu-2"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("serving-eu-3"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("serving-eu-4"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("serving-eu-5"), .object = json_value(&arena, OBSERVED_SERVICE) },
                { .name = TEXT("serving-eu-6"), .object = json_value(&arena, OBSERVED_SERVICE) },
        };
        const struct state observed = { .resources = resources, .n_resources = 8 };
        struct response response;

        (void)state;
        placements[1].fate = FATE_LEAVES;
        placements[1].suffix = placements[1].planned.environment = TEXT("eu-2");
        placements[1].planned.leaving = true;
        placements[2].fate = FATE_DROPPED;
        placements[2].suffix = placements[2].planned.environment = TEXT("eu-3");
        response = placed(&plan, &usual_settings, &observed);

        assert_json(
                value_at(object_of(&response, "serving-eu-1"), "spec.template.priorityClassName"),
                "'high'");
        assert_int_equal(find(&response, "serving-eu-1")->ready, READY_TRUE);
        assert_json(object_of(&response, "serving-eu-2"), FROZEN_SERVICE);
        assert_json(value_at(object_of(&response, "reservation-eu-2"), "spec.state"), "'Leaving'");
        assert_null(find(&response, "serving-eu-3"));
        assert_null(find(&response, "reservation-eu-3"));
        /* Nobody knows what it is: its annotation says nothing, and it has no reservation. */
        assert_json(object_of(&response, "serving-eu-4"), FROZEN_SERVICE);
        /* Known and not planned: given up by Deploy, in a step before this one. */
        assert_null(find(&response, "serving-eu-5"));
        /* A reservation that cannot be read tells nothing either. */
        assert_json(object_of(&response, "serving-eu-6"), FROZEN_SERVICE);
        assert_json(value_get(object_of(&response, "reservation-eu-6"), TEXT("spec")),
                    "{'pool':7}");
        assert_int_equal(response.n_desired, 7);
}

/* ---- the plan on its way --------------------------------------------------------------------- */

/* A Place step of its own composes the same bytes. */
static void test_plan_round_trip(void **state) {
        struct assignment placements[] = { usual(), usual(), usual(), usual() };
        const struct plan plan = {
                .scheduled = { .type = TEXT("Scheduled"),
                               .status = CONDITION_TRUE,
                               .reason = TEXT("AllScheduled"),
                               .message = TEXT("all") },
                .serving = { .type = TEXT("Serving"),
                             .status = CONDITION_FALSE,
                             .reason = TEXT("Starting") },
                .assignments = placements,
                .n_assignments = 4,
        };
        struct resource resources[] = { { .name = TEXT("serving-eu-2"),
                                          .object = json_value(&arena, OBSERVED_SERVICE) } };
        const struct state observed = { .resources = resources, .n_resources = 1 };
        struct response before, after;
        struct plan got;

        (void)state;
        placements[1].fate = FATE_LEAVES;
        placements[1].suffix = placements[1].planned.environment = TEXT("eu-2");
        placements[1].planned.leaving = true;
        placements[2].fate = FATE_DROPPED;
        placements[2].suffix = placements[2].planned.environment = TEXT("eu-3");
        placements[3].suffix = TEXT("eu-4-m2");
        placements[3].planned.environment = TEXT("eu-4");
        placements[3].planned.nodes = 2;
        placements[3].workload = (struct workload) { .remote = true,
                                                     .tensor = 1,
                                                     .pipeline = 2,
                                                     .share_replicas = 1,
                                                     .provider_config = TEXT("p") };
        assert_int_equal(
                plan_decode(json_encoded(&arena, plan_encode(&plan, &arena)), &arena, &got), 0);
        assert_int_equal(got.n_assignments, 3);
        assert_false(got.frozen);
        assert_int_equal(got.scheduled.status, CONDITION_TRUE);
        assert_true(text_equal(got.scheduled.type, TEXT("Scheduled")));
        assert_true(text_equal(got.scheduled.reason, TEXT("AllScheduled")));
        assert_true(text_equal(got.scheduled.message, TEXT("all")));
        assert_int_equal(got.serving.status, CONDITION_FALSE);

        before = placed(&plan, &usual_settings, &observed);
        after = placed(&got, &usual_settings, &observed);
        assert_int_equal(before.n_desired, 6);
        assert_int_equal(after.n_desired, 6);
        for (size_t i = 0; i < 6; i++) {
                assert_true(text_equal(before.desired[i].name, after.desired[i].name));
                assert_int_equal(before.desired[i].ready, after.desired[i].ready);
                assert_true(text_equal(value_bytes(json_encoded(&arena, before.desired[i].object)),
                                       value_bytes(json_encoded(&arena, after.desired[i].object))));
        }
}

static void test_frozen_plan_round_trip(void **state) {
        const struct plan plan = { .frozen = true,
                                   .scheduled = { .type = TEXT("Scheduled"),
                                                  .status = CONDITION_UNKNOWN,
                                                  .reason = TEXT("WaitingForInputs"),
                                                  .message = TEXT("waiting") } };
        struct value wire = json_encoded(&arena, plan_encode(&plan, &arena));
        struct plan got;

        (void)state;
        assert_json(value_get(wire, TEXT("frozen")), "true");
        assert_json(value_get(wire, TEXT("reason")), "'WaitingForInputs'");
        assert_json(value_get(wire, TEXT("message")), "'waiting'");
        assert_int_equal(plan_decode(wire, &arena, &got), 0);
        assert_true(got.frozen);
        assert_int_equal(got.n_assignments, 0);
        assert_int_equal(got.scheduled.status, CONDITION_UNKNOWN);
}

/* Whoever wrote it: what does not say what to compose must not let anything go. */
static void test_no_plans(void **state) {
        static const char *const plans[] = {
                "",
                "'plan'",
                "{}",
                "{'placements':[]}",
                "{'scheduled':{'reason':'AllScheduled'}}",
                "{'scheduled':{'reason':'AllScheduled'},'placements':3}",
                "{'scheduled':{'reason':'AllScheduled'},'placements':[1]}",
                "{'scheduled':{'reason':'AllScheduled'},'placements':[{'key':'e'}]}",
                "{'scheduled':{'reason':'AllScheduled'},'placements':"
                "[{'reservation':{'environment':'e','pool':'p'}}]}",
        };
        struct plan got = { .n_assignments = 99 };

        (void)state;
        for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
                if (plan_decode(json_value(&arena, plans[i]), &arena, &got) != -EINVAL)
                        fail_msg("taken for a plan: %s", plans[i]);
                assert_int_equal(got.n_assignments, 99);
        }
}

/* A status that has no name is unknown, members of other kinds are as if they were not there. */
static void test_odd_plan(void **state) {
        struct plan got;

        (void)state;
        assert_int_equal(plan_decode(json_value(&arena, "{'scheduled':{'status':77,'reason':'R'},"
                                                        "'placements':[{'key':'e','reservation':"
                                                        "{'environment':'e','pool':'p'},"
                                                        "'workload':{'tensor':'x','args':{},"
                                                        "'remote':1.0000000000000002}}]}"),
                                     &arena, &got),
                         0);
        assert_int_equal(got.scheduled.status, CONDITION_UNKNOWN);
        assert_int_equal(got.n_assignments, 1);
        assert_int_equal(got.assignments[0].fate, FATE_STAYS);
        assert_int_equal(got.assignments[0].workload.tensor, 0);
        assert_int_equal(got.assignments[0].workload.data, 1);
        assert_false(got.assignments[0].workload.expert);
        assert_false(got.assignments[0].workload.remote);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_direct),
                cmocka_unit_test(test_without_a_router),
                cmocka_unit_test(test_autoscaled),
                cmocka_unit_test(test_over_nodes),
                cmocka_unit_test(test_taken),
                cmocka_unit_test(test_remote),
                cmocka_unit_test(test_freeze),
                cmocka_unit_test(test_nothing_of_ours),
                cmocka_unit_test(test_fates),
                cmocka_unit_test(test_plan_round_trip),
                cmocka_unit_test(test_frozen_plan_round_trip),
                cmocka_unit_test(test_no_plans),
                cmocka_unit_test(test_odd_plan),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
