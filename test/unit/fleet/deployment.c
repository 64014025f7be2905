/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fleet/deployment.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"

/* Members that stand beside a good modelRef. */
static const struct {
        const char *members;
        const char *path;
        const char *message;
} beside[] = {
        { "'environments': 0", "spec.environments", "0 is not within 1 and 10" },
        { "'environments': 11", "spec.environments", "11 is not within 1 and 10" },
        { "'environments': 1.5", "spec.environments", "1.5 is not a whole number" },
        { "'environments': 1e300", "spec.environments", "1e+300 is not a whole number" },
        { "'environments': '2'", "spec.environments",
          "must be a number, but is the string \"2\": leave out the quotes" },
        { "'environmentSelector': []", "spec.environmentSelector", "must be a map, but is a list" },
        { "'environmentSelector': {'matchExpressions': []}",
          "spec.environmentSelector.matchExpressions", "unknown member, not one of matchLabels" },
        { "'environmentSelector': {'matchLabels': {'a b': 'x'}}",
          "spec.environmentSelector.matchLabels[a b]", "the key is not a label key" },
        { "'environmentSelector': {'matchLabels': {'tier': true}}",
          "spec.environmentSelector.matchLabels[tier]",
          "must be a string, but is true: put it in quotes" },
        { "'scaling': {'signal': 'CPU'}", "spec.scaling.signal",
          "must be one of Fixed, Concurrency, not \"CPU\"" },
        { "'scaling': {'fixed': {'replicas': -1}}", "spec.scaling.fixed.replicas",
          "-1 is not within 0 and 10000" },
        { "'scaling': {'signal': 'Concurrency'}", "spec.scaling.concurrency", "is required" },
        { "'scaling': {'signal': 'Concurrency', 'concurrency': {'minReplicas': 2}}",
          "spec.scaling.concurrency.maxReplicas", "is required" },
        { "'scaling': {'signal': 'Concurrency', 'concurrency': {'minReplicas': 3, "
          "'maxReplicas': 2}}",
          "spec.scaling.concurrency.maxReplicas", "2 is below minReplicas, 3" },
        { "'priority': 3000000000", "spec.priority",
          "3000000000 is not within -2147483648 and 2147483647" },
        { "'tolerations': {}", "spec.tolerations", "must be a list, but is a map" },
        { "'tolerations': [{'key': 'a', 'operator': 'Exist'}]", "spec.tolerations[0].operator",
          "must be one of Equal, Exists, not \"Exist\"" },
        { "'priorityClassName': 'High!'", "spec.priorityClassName",
          "\"High!\" is not a name for an object" },
};

static void test_mistakes(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
                char json[1024];
                struct deployment d = { .environments = 4711 };
                struct fault fault;

                snprintf(json, sizeof(json), "{'spec': {'modelRef': {'name': 'gemma'}, %s}}",
                         beside[i].members);
                print_message("%s\n", beside[i].members);
                assert_int_equal(deployment_read(json_value(&arena, json), &arena, &d, &fault),
                                 -EINVAL);
                assert_string_equal(fault.path, beside[i].path);
                assert_string_equal(fault.message, beside[i].message);
                assert_int_equal(d.environments, 4711);
        }
}

static void test_model_ref(void **state) {
        static const struct {
                const char *json;
                const char *path;
                const char *message;
        } rows[] = {
                { "{}", "spec", "is required" },
                { "{'spec': null}", "spec", "is required" },
                { "{'spec': {}}", "spec.modelRef", "is required" },
                { "{'spec': {'modelRef': 'gemma'}}", "spec.modelRef",
                  "must be a map, but is a string" },
                { "{'spec': {'modelRef': {}}}", "spec.modelRef.name", "is required" },
                { "{'spec': {'modelRef': {'name': ''}}}", "spec.modelRef.name",
                  "must not be empty" },
                { "{'spec': {'modelRef': {'name': 'a/b'}}}", "spec.modelRef.name",
                  "\"a/b\" is not a name for an object" },
                { "{'spec': {'modelRef': {'kind': 'Modell', 'name': 'a'}}}", "spec.modelRef.kind",
                  "must be one of ClusterModel, Model, not \"Modell\"" },
                { "{'metadata': {'name': 'a'}, 'spec': {'modelRef': {'name': 'a'}}}",
                  "metadata.namespace",
                  "is required: there is no claim (spec.claimRef) whose namespace is meant" },
                { "{'spec': {'modelRef': {'name': 'a'}, 'claimRef': {'name': 'a'}}}",
                  "metadata.namespace",
                  "is required: there is no claim (spec.claimRef) whose namespace is meant" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct deployment d;
                struct fault fault;

                print_message("%s\n", rows[i].json);
                assert_int_equal(
                        deployment_read(json_value(&arena, rows[i].json), &arena, &d, &fault),
                        -EINVAL);
                assert_string_equal(fault.path, rows[i].path);
                assert_string_equal(fault.message, rows[i].message);
        }
}

static void test_defaults(void **state) {
        struct value object =
                json_value(&arena, "{'metadata': {'namespace': 'a'}, 'spec': {'modelRef': {'name': "
                                   "'gemma'}, 'scaling': null}}");
        struct deployment d;
        struct fault fault;

        (void)state;
        assert_int_equal(deployment_read(object, &arena, &d, &fault), 0);
        assert_true(text_equal(d.model_kind, TEXT("ClusterModel")));
        assert_true(text_equal(d.model_name, TEXT("gemma")));
        assert_int_equal(d.environments, 1);
        assert_int_equal(d.environment_selector.kind, VALUE_ABSENT);
        assert_false(d.concurrency);
        assert_int_equal(d.replicas, 1);
        assert_int_equal(d.min_replicas, 1);
        assert_int_equal(d.priority, 0);
        assert_int_equal(d.tolerations.kind, VALUE_ABSENT);
        assert_true(text_is_empty(d.priority_class));
        assert_true(text_is_empty(d.uid));
}

static void test_fixed(void **state) {
        struct value object = json_value(
                &arena, "{'metadata': {'namespace': 'a'}, "
                        "'spec': {'modelRef': {'name': 'gemma'}, 'scaling': {"
                        "'fixed': {'replicas': 3}, 'concurrency': {'maxReplicas': 9}}}}");
        struct deployment d;
        struct fault fault;

        (void)state;
        assert_int_equal(deployment_read(object, &arena, &d, &fault), 0);
        assert_false(d.concurrency);
        assert_int_equal(d.replicas, 3);
        assert_int_equal(d.min_replicas, 3);
}

static void test_namespace(void **state) {
        static const struct {
                const char *json, *want;
        } rows[] = {
                { "{'metadata': {'namespace': 'a'}}", "a" },
                { "{'metadata': {'name': 'x'}, 'spec': {'claimRef': {'namespace': 'b'}}}", "b" },
                { "{'metadata': {'namespace': ''}, 'spec': {'claimRef': {'namespace': 'b'}}}",
                  "b" },
                { "{'metadata': {'namespace': 'a'}, 'spec': {'claimRef': {'namespace': 'b'}}}",
                  "a" },
                { "{'spec': {'claimRef': 'b'}}", "" },
                { "{}", "" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_true(text_equal(deployment_namespace(json_value(&arena, rows[i].json)),
                                       text_from(rows[i].want)));
}

static const char everything[] =
        "{'metadata': {'namespace': 'team-a', 'name': 'chat',"
        "              'uid': '0-1-2'},"
        " 'spec': {'modelRef': {'kind': 'Model', 'name': 'gemma'}, 'environments': 3,"
        "          'environmentSelector': {'matchLabels': {'tier': 'prod'}},"
        "          'scaling': {'signal': 'Concurrency', 'fixed': {'replicas': 9},"
        "                      'concurrency': {'minReplicas': 0, 'maxReplicas': 4,"
        "                                      'target': 8, 'utilization': 70}},"
        "          'priority': -5, 'priorityClassName': 'high',"
        "          'tolerations': [{'key': 'a', 'operator': 'Exists'}]}}";

static void test_everything(void **state) {
        struct deployment d;
        struct fault fault;

        (void)state;
        assert_int_equal(deployment_read(json_value(&arena, everything), &arena, &d, &fault), 0);
        assert_true(text_equal(d.namespace_, TEXT("team-a")));
        assert_true(text_equal(d.name, TEXT("chat")));
        assert_true(text_equal(d.uid, TEXT("0-1-2")));
        assert_true(text_equal(d.model_kind, TEXT("Model")));
        assert_int_equal(d.environments, 3);
        assert_true(text_equal(value_text(value_get(d.environment_selector, TEXT("tier"))),
                               TEXT("prod")));
        assert_true(d.concurrency);
        assert_int_equal(d.replicas, 4); /* what is reserved */
        assert_int_equal(d.min_replicas, 0);
        assert_int_equal(d.priority, -5);
        assert_true(text_equal(d.priority_class, TEXT("high")));
        assert_int_equal(value_count(d.tolerations), 1);
}

static void test_without_memory(void **state) {
        struct value object = json_value(&input_arena, everything);

        (void)state;
        for (uint64_t n = 1;; n++) {
                struct deployment d;
                struct fault fault;

                sweep_arm(&arena, n);
                if (sweep_is_over(&arena, n, deployment_read(object, &arena, &d, &fault)))
                        break;
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mistakes),       cmocka_unit_test(test_model_ref),
                cmocka_unit_test(test_defaults),       cmocka_unit_test(test_namespace),
                cmocka_unit_test(test_fixed),          cmocka_unit_test(test_everything),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests_name("deployment", tests, memory_set_up, memory_tear_down);
}
