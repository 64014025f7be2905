/* SPDX-License-Identifier: Apache-2.0 */
#include "place/observe.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"

/* ---- services -------------------------------------------------------------------------------- */

struct row {
        const char *name;
        const char *object;
        bool no_route;
        bool ready;
        const char *sentence;
};

#define SERVICE "'kind':'LLMInferenceService'"
#define READY "{'type':'Ready','status':'True'}"
#define STARTING "{'type':'Ready','status':'False','message':'not yet'}"
#define PRESETS(status) "{'type':'PresetsCombined','status':'" status "','message':'no preset'}"
#define URL "'url':'https://chat'"
#define NO_ADDRESS "Ready, but without an address: is the Gateway API installed?"

#define UNSEEN "KServe has not looked at the last change yet"

#define OBJECT(status, manifest)                                                                   \
        "{'kind':'Object','status':{'conditions':[" status "],'atProvider':{'manifest':" manifest  \
        "}}}"
#define INNER "{" SERVICE ",'status':{" URL ",'conditions':[" READY "]}}"

/* clang-format off */
static const struct row rows[] = {
        { "Ready", "{" SERVICE ",'status':{" URL ",'conditions':[" READY "]}}", .ready = true },
        { "not Ready", "{" SERVICE ",'status':{" URL ",'conditions':[" STARTING "]}}",
          .sentence = "not yet" },
        { "unknown", "{" SERVICE ",'status':{'conditions':[{'type':'Ready','status':'Unknown',"
          "'message':'who knows'}]}}", .sentence = "who knows" },
        { "no conditions", "{" SERVICE ",'status':{" URL "}}", .sentence = "" },
        { "no status", "{" SERVICE "}", .sentence = "" },
        { "a sub-condition before Ready", "{" SERVICE ",'status':{'conditions':[" STARTING ","
          "{'type':'RouterReady','status':'True','message':'fine'},"
          "{'type':'MainWorkloadReady','status':'False','message':'0/1 pods'}]}}",
          .sentence = "0/1 pods" },
        { "current generation", "{'metadata':{'generation':3},'status':{'observedGeneration':3,"
          URL ",'conditions':[" READY "]}}", .ready = true },
        { "stale generation", "{'metadata':{'generation':3},'status':{'observedGeneration':2,"
          URL ",'conditions':[" READY "]}}", .sentence = UNSEEN },
        { "no observed generation", "{'metadata':{'generation':3},'status':{"
          URL ",'conditions':[" READY "]}}", .ready = true },
        { "presets combined", "{'status':{" URL ",'conditions':[" READY "," PRESETS("True") "]}}",
          .ready = true },
        { "presets not combined", "{'status':{" URL ",'conditions':[" READY "," PRESETS("False")
          "]}}", .sentence = "no preset" },
        { "presets unknown", "{'status':{" URL ",'conditions':[" READY "," PRESETS("Unknown")
          "]}}", .ready = true },
        { "no address", "{'status':{'conditions':[" READY "]}}", .sentence = NO_ADDRESS },
        { "an empty address", "{'status':{'url':'','conditions':[" READY "]}}",
          .sentence = NO_ADDRESS },
        { "no address asked for", "{'status':{'conditions':[" READY "]}}", .no_route = true,
          .ready = true },
        { "conditions that are no list", "{'status':{" URL ",'conditions':" READY "}}",
          .sentence = "" },

        { "Object", OBJECT(READY, INNER), .ready = true },
        { "Object not Ready", OBJECT("{'type':'Synced','status':'False','message':'denied'}",
          INNER), .sentence = "denied" },
        { "Object of a service that is not",
          OBJECT(READY, "{'status':{" URL ",'conditions':[" STARTING "]}}"),
          .sentence = "not yet" },
        { "Object of a stale service",
          OBJECT(READY, "{'metadata':{'generation':2},'status':{" URL ",'observedGeneration':1,"
                        "'conditions':[" READY "]}}"), .sentence = UNSEEN },
        { "Object of nothing yet", "{'kind':'Object'}", .sentence = "" },
};
/* clang-format on */

static void test_services(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct service s = observe_service(json_value(&arena, row->object), !row->no_route);

                if (!s.observed || s.ready != row->ready)
                        fail_msg("%s: ready %d", row->name, s.ready);
                if (!text_equal(s.sentence, text_from(row->sentence)))
                        fail_msg("%s: %.*s", row->name, TEXT_ARG(s.sentence));
        }
}

static void test_numbers(void **state) {
        struct service s = observe_service((struct value) { 0 }, true);

        (void)state;
        assert_false(s.observed);
        assert_int_equal(s.ready_replicas, -1);
        assert_int_equal(s.replicas, -1);

        s = observe_service(json_value(&arena, "{'spec':{'replicas':3},'status':{'url':'u',"
                                               "'workloads':{'primary':{'readyReplicas':2}}}}"),
                            true);
        assert_int_equal(s.replicas, 3);
        assert_int_equal(s.ready_replicas, 2);
        assert_text(s.url, "u");

        s = observe_service(
                json_value(&arena, OBJECT("", "{'spec':{'replicas':3},'status':{'url':'u',"
                                              "'workloads':{'primary':{'readyReplicas':0}}}}")),
                true);
        assert_int_equal(s.replicas, 3);
        assert_int_equal(s.ready_replicas, 0);
        assert_text(s.url, "u");

        s = observe_service(json_value(&arena, "{'spec':{'replicas':'3'},'status':{'workloads':"
                                               "{'primary':{'readyReplicas':1.5}}}}"),
                            true);
        assert_int_equal(s.replicas, -1);
        assert_int_equal(s.ready_replicas, -1);
}

/* ---- what is held ---------------------------------------------------------------------------- */

#define DATA(environment)                                                                          \
        "{'apiVersion':'gpuplacement.fn.crossplane.io/v1alpha1','kind':'GPUReservation',"          \
        "'metadata':{'name':'chat-" environment "'},'spec':{'environment':'" environment           \
        "','pool':'p','reserved':2,'used':1,'served':true}}"
#define ANNOTATED(json)                                                                            \
        "{'metadata':{'annotations':{'gpuplacement.fn.crossplane.io/assignment':'" json            \
        "'}},'spec':{'replicas':3},'status':{'url':'u','conditions':[" READY "]}}"
#define ASSIGNMENT "{\"environment\":\"eu-3\",\"pool\":\"p\",\"surge\":1}"

static size_t observe(struct resource *resources, size_t n, struct assignment **ret) {
        const struct state observed = { .resources = resources, .n_resources = n };
        const struct settings settings = { .route = true };
        size_t n_held;

        assert_int_equal(observe_held(&observed, &settings, &arena, ret, &n_held), 0);
        return n_held;
}

static void test_held(void **state) {
        struct resource resources[] = {
                { .name = TEXT("bucket"), .object = json_value(&arena, DATA("eu-9")) },
                { .name = TEXT("reservation-eu-1"), .object = json_value(&arena, DATA("eu-1")) },
                { .name = TEXT("reservation-eu-2-m2"), .object = json_value(&arena, DATA("eu-2")) },
                { .name = TEXT("reservation-eu-4"),
                  .object = json_value(
                          &arena, "{'kind':'ConfigMap','spec':{'environment':'x','pool':'p'}}") },
                { .name = TEXT("serving-eu-1"),
                  .object = json_value(&arena, ANNOTATED(ASSIGNMENT)) },
                { .name = TEXT("serving-eu-3"),
                  .object = json_value(&arena, ANNOTATED(ASSIGNMENT)) },
                { .name = TEXT("serving-eu-4"),
                  .object = json_value(&arena, ANNOTATED(ASSIGNMENT)) },
                { .name = TEXT("serving-eu-5"), .object = json_value(&arena, ANNOTATED("{}")) },
        };
        struct assignment *held;

        (void)state;
        assert_int_equal(observe(resources, sizeof(resources) / sizeof(resources[0]), &held), 4);
        assert_text(held[0].suffix, "eu-1");
        assert_text(held[0].observed.environment, "eu-1");
        assert_text(held[0].observed.name, "chat-eu-1");
        assert_int_equal(held[0].observed.reserved, 2);
        assert_int_equal(held[0].observed.used, 1);
        assert_true(held[0].observed.served);
        assert_false(held[0].rebuilt);
        assert_true(held[0].service.ready);
        assert_true(held[0].contradicted); /* the service was made for eu-3 */
        assert_false(held[1].contradicted);
        assert_false(held[2].contradicted);

        assert_text(held[1].suffix, "eu-2-m2");
        assert_false(held[1].service.observed);
        assert_int_equal(held[1].service.ready_replicas, -1);

        /* Its reservation was lost: what it was composed with is used. */
        assert_text(held[2].suffix, "eu-3");
        assert_true(held[2].rebuilt);
        assert_int_equal(held[2].observed.reserved, 4); /* the surge included */
        assert_int_equal(held[2].observed.used, 4);
        assert_int_equal(held[2].observed.surge, 1);
        assert_true(held[2].observed.served);
        assert_true(held[2].service.ready);

        /* What has its key is no reservation. */
        assert_text(held[3].suffix, "eu-4");
        assert_true(held[3].rebuilt);
}

/* What a key of ours may hold, of which group; other keys are not ours to look at. */
static void test_foreign(void **state) {
        static const struct {
                const char *key, *object;
                bool ours;
        } kinds[] = {
                { "serving-a", "{'kind':'LLMInferenceService','apiVersion':'any/v9'}", true },
                { "serving-a", "{'kind':'ConfigMap','apiVersion':'v1'}", false },
                { "serving-a", "{'kind':'Object','apiVersion':'kubernetes.m.crossplane.io/v1'}",
                  true },
                { "serving-a", "{'kind':'Object','apiVersion':'kubernetes.crossplane.io/v1'}",
                  true },
                { "serving-a", "{'kind':'Object','apiVersion':'example.org/v1'}", false },
                { "serving-a", "{}", false },
                { "reservation-a", DATA("a"), true },
                { "reservation-a", "{'kind':'GPUReservation','apiVersion':'example.org/v1'}",
                  false },
                { "reservation-a", "{'kind':'LLMInferenceService','apiVersion':'any/v9'}", false },
                { "devices-a", "{'kind':'ResourceClaimTemplate'}", true },
                { "devices-a", "{'kind':'Object','apiVersion':'kubernetes.m.crossplane.io/v1'}",
                  true },
                { "devices-a", "{'kind':'Secret'}", false },
                { "service-a", "{'kind':'Secret'}", true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                struct resource resource = { .name = text_from(kinds[i].key),
                                             .object = json_value(&arena, kinds[i].object) };
                struct state observed = { .resources = &resource, .n_resources = 1 };

                observe_leave_out_foreign(&observed);
                if (observed.n_resources != kinds[i].ours)
                        fail_msg("%s %s", kinds[i].key, kinds[i].object);
        }
}

static void test_held_sweep(void **state) {
        struct resource resources[] = {
                { .name = TEXT("reservation-eu-1"), .object = json_value(&arena, DATA("eu-1")) },
                { .name = TEXT("serving-eu-3"),
                  .object = json_value(&arena, ANNOTATED(ASSIGNMENT)) },
        };
        const struct state observed = { .resources = resources, .n_resources = 2 };
        const struct settings settings = { .route = true };
        struct arena small;
        struct assignment *held;
        size_t n_held;

        (void)state;
        arena_init(&small, SIZE_MAX);
        for (uint64_t n = 1;; n++) {
                sweep_arm(&small, n);
                if (sweep_is_over(&small, n,
                                  observe_held(&observed, &settings, &small, &held, &n_held)))
                        break;
        }
        assert_int_equal(n_held, 2);
        arena_release(&small);
}

static void test_conditions(void **state) {
        struct value object = json_value(&arena, "{'status':{'conditions':[{'type':'A','n':1},"
                                                 "{'type':'B','n':2},{'type':'B','n':3}]}}");

        (void)state;
        assert_true(value_get(observe_condition(object, TEXT("B")), TEXT("n")).number == 2);
        assert_int_equal(observe_condition(object, TEXT("C")).kind, VALUE_ABSENT);
        assert_int_equal(observe_condition((struct value) { 0 }, TEXT("A")).kind, VALUE_ABSENT);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_services),   cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_held),       cmocka_unit_test(test_held_sweep),
                cmocka_unit_test(test_conditions), cmocka_unit_test(test_foreign),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
