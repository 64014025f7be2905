/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls in between: the goldens compare the answers of settled requirement
 * loops, here the reservations are not there yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/json.h"
#include "stage_inventory.h"

#define COMPOSITE                                                                                  \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': 'eu-1'},"                                                           \
        " 'spec': {'cluster': {'source': 'Existing', 'existing': {'secretRef': {'name': 's'}}},"   \
        "  'nodePools': [{'name': 'whole', 'acceleratorType': 'nvidia-h100-80gb',"                 \
        "   'nodeSelector': {'a': 'b'}, 'nodeCount': 2}]},"                                        \
        " 'status': {'others': 1, 'capacity': {'total': 7}, 'providerConfigRef': {'name': 'c'},"   \
        "  'conditions': [{'type': 'Ready', 'status': '%s'}]}}"

#define POOL "'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUPool',"
#define CAPACITY                                                                                   \
        "{" POOL " 'metadata': {'name': 'x', 'uid': '7', 'annotations': {'a': 'b'},"               \
        "  'labels': {'modelplane.ai/environment': 'eu-1', 'l': 'm'}},"                            \
        " 'spec': {'total': 9, 'used': 8, 'free': 1}}"
#define CAPACITY_FROZEN                                                                            \
        "{" POOL " 'metadata': {'name': 'x', 'labels': {'modelplane.ai/environment': 'eu-1'}},"    \
        " 'spec': {'total': 9, 'used': 8, 'free': 1}}"

/* A key of ours under which another step composes something else. */
#define FOREIGN "{'apiVersion': 'gke.gcp.upbound.io/v1beta1', 'kind': 'NodePool', 'spec': {}}"

#define USAGE                                                                                      \
        "{'apiVersion': 'protection.crossplane.io/v1beta1', 'kind': 'ClusterUsage',"               \
        " 'metadata': {'name': 'u', 'generation': 3}, 'spec': {'reason': 'old'},"                  \
        " 'status': {'conditions': [{'type': 'Ready', 'status': '%s'}]}}"
#define USAGE_FROZEN                                                                               \
        "{'apiVersion': 'protection.crossplane.io/v1beta1', 'kind': 'ClusterUsage',"               \
        " 'metadata': {'name': 'u'}, 'spec': {'reason': 'old'}}"

#define CONFIG                                                                                     \
        "{'apiVersion': 'kubernetes.m.crossplane.io/v1alpha1', 'kind': 'ClusterProviderConfig',"   \
        " 'metadata': {'name': 'c'}, 'spec': {'credentials': {'source': 'None'}}}"

struct fixture {
        struct arena arena;
        struct resource observed[4];
        struct answer_set answer;
        struct call_summary summary;
        struct fault fault;
        struct call call;
};

static struct value formatted(struct arena *arena, const char *json, const char *status) {
        struct builder b;

        builder_init(&b, arena);
        for (; *json; json++) {
                if (json[0] == '%' && json[1] == 's') {
                        builder_string(&b, status);
                        json++;
                } else {
                        builder_char(&b, *json);
                }
        }
        builder_char(&b, '\0');
        return json_value(arena, builder_done(&b).data);
}

/* An environment that had everything, now without an answer. */
static void prepare(struct fixture *c, const char *status) {
        *c = (struct fixture) { 0 };
        arena_init(&c->arena, 4 * 1024 * 1024);
        c->call = (struct call) { .arena = &c->arena, .summary = &c->summary, .fault = &c->fault };
        assert_int_equal(
                settings_read((struct value) { 0 }, &c->arena, &c->call.settings, &c->fault), 0);
        c->observed[2] = (struct resource) { .name = TEXT("pool-whole"),
                                             .object = json_value(&c->arena, CAPACITY) };
        c->observed[0] = (struct resource) { .name = TEXT("in-use"),
                                             .object = formatted(&c->arena, USAGE, status) };
        c->observed[1] = (struct resource) { .name = TEXT("pool-of-another-step"),
                                             .object = json_value(&c->arena, FOREIGN) };
        c->observed[3] = (struct resource) { .name = TEXT("provider-config"),
                                             .object = json_value(&c->arena, CONFIG) };
        c->call.xr = formatted(&c->arena, COMPOSITE, status);
        c->call.request = (struct request) {
                .observed = { .composite.object = c->call.xr,
                              .resources = c->observed,
                              .n_resources = 4 },
        };
        c->answer = (struct answer_set) { .key = TEXT("reservations") };
        response_init(&c->call.response, &c->arena);
        c->call.response.ttl_seconds = 60;
}

static void run(struct fixture *c) {
        assert_int_equal(stage_inventory(&c->call), 0);
}

static const struct desired *desired(const struct fixture *c, const char *name) {
        for (size_t i = 0; i < c->call.response.n_desired; i++) {
                if (text_equal(c->call.response.desired[i].name, text_from(name)))
                        return &c->call.response.desired[i];
        }
        return NULL;
}

static void assert_object(struct fixture *c, const struct node *got, const char *want) {
        struct text bytes;

        assert_non_null(got);
        assert_int_equal(node_encode(got, &c->arena, &bytes), 0);
        assert_true(value_equal(value_of_struct(bytes), json_value(&c->arena, want), &c->arena));
}

static void assert_frozen(struct fixture *c, enum ready ready) {
        assert_int_equal(c->call.response.n_desired, 3);
        assert_object(c, desired(c, "pool-whole")->object, CAPACITY_FROZEN);
        assert_object(c, desired(c, "in-use")->object, USAGE_FROZEN);
        assert_object(c, desired(c, "provider-config")->object, CONFIG);
        assert_int_equal(desired(c, "pool-whole")->ready, READY_TRUE);
        assert_int_equal(desired(c, "provider-config")->ready, READY_TRUE);
        assert_int_equal(desired(c, "in-use")->ready, READY_TRUE);
        assert_object(c, c->call.response.status,
                      "{'capacity': {'total': 7}, 'providerConfigRef': {'name': 'c'}}");
        assert_int_equal(c->call.response.composite_ready, ready);
}

static void unresolved_is_frozen_as_observed(void **state) {
        static const struct {
                const char *status;
                enum ready ready;
        } rows[] = { { "True", READY_TRUE }, { "False", READY_FALSE } };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fixture c;

                prepare(&c, rows[i].status);
                run(&c);
                assert_frozen(&c, rows[i].ready);
                assert_int_equal(c.call.response.ttl_seconds, 0);
                assert_int_equal(c.call.response.n_results, 0);
                assert_int_equal(c.call.response.n_conditions, 2);
                assert_true(text_equal(c.call.response.conditions[1].type, TEXT("Drained")));
                assert_int_equal(c.call.response.conditions[1].status, CONDITION_FALSE);
                assert_int_equal(c.call.response.conditions[0].status, CONDITION_UNKNOWN);
                assert_true(text_equal(c.call.response.conditions[0].type, TEXT("CapacityValid")));
                assert_true(
                        text_equal(c.call.response.conditions[0].reason, TEXT("WaitingForInputs")));
                assert_null(c.summary.used);
                arena_release(&c.arena);
        }
}

/* The same question whatever was answered: otherwise Crossplane's loop would not end. */
static void the_question_is_always_the_same(void **state) {
        (void)state;
        for (int answered = 0; answered <= 1; answered++) {
                const struct requirement *r;
                struct fixture c;

                prepare(&c, "True");
                if (answered) {
                        c.call.request.required = &c.answer;
                        c.call.request.n_required = 1;
                }
                run(&c);
                assert_int_equal(c.call.response.n_requirements, 1);
                r = &c.call.response.requirements[0];
                assert_true(text_equal(r->key, TEXT("reservations")));
                assert_true(text_equal(r->kind, TEXT("GPUReservation")));
                assert_true(
                        text_equal(r->api_version, TEXT("gpuplacement.fn.crossplane.io/v1alpha1")));
                assert_true(text_is_empty(r->namespace_));
                assert_int_equal(r->n_labels, 1);
                assert_true(text_equal(r->label_keys[0], TEXT("modelplane.ai/environment")));
                assert_true(text_equal(r->label_values[0], TEXT("eu-1")));
                assert_int_equal(c.call.response.ttl_seconds, answered ? 60 : 0);
                arena_release(&c.arena);
        }
}

/* Absent is an answer: nothing is used, so nothing need be protected. */
static void absent_is_not_unresolved(void **state) {
        struct fixture c;

        (void)state;
        prepare(&c, "True");
        c.call.request.required = &c.answer;
        c.call.request.n_required = 1;
        run(&c);
        assert_int_equal(c.call.response.n_desired, 2);
        assert_null(desired(&c, "in-use"));
        assert_non_null(c.summary.used);
        assert_false(c.summary.used->any);
        assert_int_equal(c.call.response.conditions[0].status, CONDITION_TRUE);
        assert_int_equal(c.call.response.composite_ready, READY_TRUE);
        arena_release(&c.arena);
}

static void nothing_to_freeze(void **state) {
        struct fixture c;

        (void)state;
        prepare(&c, "True");
        assert_true(stage_inventory_freeze(&c.call));
        c.call.request.observed.n_resources = 0;
        response_init(&c.call.response, &c.arena);
        assert_false(stage_inventory_freeze(&c.call));
        assert_int_equal(c.call.response.n_desired, 0);
        arena_release(&c.arena);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(unresolved_is_frozen_as_observed),
                cmocka_unit_test(the_question_is_always_the_same),
                cmocka_unit_test(absent_is_not_unresolved),
                cmocka_unit_test(nothing_to_freeze),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
