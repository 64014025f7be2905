/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "fleet/settings.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"

struct row {
        const char *input;
        const char *path; /* NULL: accepted */
        const char *message;
};

/* clang-format off */
static const struct row rows[] = {
        { "",                                       NULL, NULL },
        { "null",                                   NULL, NULL },
        { "{}",                                     NULL, NULL },
        { "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'Input'}", NULL, NULL },
        { "{'kind': 'Inptu'}",                      "input.kind", "\"Inptu\" is not Input" },
        { "{'apiVersion': 'v1'}",                   "input.apiVersion",
          "\"v1\" is not gpuplacement.fn.crossplane.io/v1alpha1" },
        { "[]",                                     "input", "must be a map, but is a list" },
        { "{'stage': ['Deploy']}",                  "input.stage", "unknown member: is stages meant?" },
        { "{'zeta': 1, 'alpha': 2}",                "input.alpha", "unknown member" },
        { "{'kserve': {'routes': 1}}",              "input.kserve.routes", "unknown member: is router meant?" },
        { "{'stages': 'Deploy'}",                   "input.stages", "must be a list, but is a string" },
        { "{'stages': []}",                         "input.stages", "names no stage" },
        { "{'stages': ['Deploy', 'Plaice']}",       "input.stages[1]",
          "must be one of Deploy, Place, Inventory, Check, not \"Plaice\"" },
        { "{'stages': ['Deploy', 'Deploy']}",       "input.stages[1]", "Deploy is named twice" },
        { "{'stages': [7]}",                        "input.stages[0]", "must be a string, but is a number" },
        { "{'target': 'direct'}",                   "input.target",
          "must be one of Auto, Direct, Object, not \"direct\"" },
        { "{'remoteNamespace': 'Models'}",          "input.remoteNamespace",
          "\"Models\" is not a name for a namespace" },
        { "{'target': 'Direct', 'remoteNamespace': 'models'}", "input.remoteNamespace",
          "is for remote clusters, but target is Direct" },
        { "{'kserve': {'apiVersion': 'v1'}}",       "input.kserve.apiVersion",
          "\"v1\" is not of the form group/version" },
        { "{'kserve': {'router': 'Ingress'}}",      "input.kserve.router",
          "must be one of Route, None, not \"Ingress\"" },
        { "{'kserve': {'version': 0.2}}",           "input.kserve.version",
          "is a number, 0.2: write it quoted, as \"0.20\"" },
        { "{'kserve': {'version': '0.19'}}",        "input.kserve.version",
          "must be one of 0.20, 0.21, not \"0.19\"" },
        { "{'kserve': {'autoscaler': 'HPA'}}",      "input.kserve.autoscaler",
          "must be one of None, WVA, KEDA, not \"HPA\"" },
        { "{'kserve': {'autoscaler': 'KEDA', 'keda': {'triggers': [{'type': 'cpu'}]}}}",
          "input.kserve.autoscaler", "KEDA needs kserve.version \"0.21\"" },
        { "{'kserve': {'version': '0.21', 'autoscaler': 'KEDA'}}", "input.kserve.keda.triggers",
          "is required: KEDA scales by triggers" },
        { "{'kserve': {'version': '0.21', 'autoscaler': 'KEDA', 'keda': {'triggers': []}}}",
          "input.kserve.keda.triggers", "is required: KEDA scales by triggers" },
        { "{'kserve': {'version': '0.21', 'autoscaler': 'KEDA', 'keda': {'triggers': [{}]}}}",
          "input.kserve.keda.triggers[0].type", "is required" },
        { "{'kserve': {'version': '0.21', 'autoscaler': 'KEDA', 'keda': {'triggers': "
          "[{'type': 'cpu', 'metadata': {'value': '{{x}}'}}]}}}",
          "input.kserve.keda.triggers", "holds \"{{\", which does not reach KEDA" },
        { "{'kserve': {'keda': {'triggers': [{'type': 'cpu'}]}}}", "input.kserve.keda",
          "needs the autoscaler KEDA" },
        { "{'kserve': {'keda': {'scalers': []}}}",  "input.kserve.keda.scalers",
          "unknown member, not one of triggers" },
        { "{'kserve': {'multiNode': 'yes'}}",       "input.kserve.multiNode",
          "must be a boolean, but is the string \"yes\"" },
        { "{'quotas': 'respect'}",                  "input.quotas",
          "must be one of Ignore, Respect, not \"respect\"" },
        { "{'capacity': 'Min'}",                    "input.capacity", "must be one of Max, Declared, Observed, not \"Min\"" },
        { "{'ttl': '60'}",                          "input.ttl", "not a duration: \"60\"" },
        { "{'ttl': '10ms'}",                        "input.ttl", "\"10ms\" is not within 1s and 24h" },
        { "{'ttl': '25h'}",                         "input.ttl", "\"25h\" is not within 1s and 24h" },
        { "{'ttl': 60}",                            "input.ttl", "must be a string, but is a number" },
        { "{'api': 'modelplane.ai'}",               "input.api",
          "\"modelplane.ai\" is not of the form group/version" },
        { "{'migParted': {'configMapRef': {}}}",    "input.migParted.configMapRef.name", "is required" },
        { "{'migParted': {'configMapRef': {'name': 'x', 'key': 'a/b'}}}",
          "input.migParted.configMapRef.key", "\"a/b\" is not a key of a Secret or ConfigMap" },
        { "{'migParted': {'configMapRef': {'name': 'x'}, 'inline': 'version: v1'}}",
          "input.migParted", "configMapRef and inline are both written" },
};
/* clang-format on */

static void test_mistakes(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct settings settings = { .ttl_seconds = 4711 };
                struct fault fault;
                int r = settings_read(json_value(&arena, rows[i].input), &arena, &settings, &fault);

                print_message("%s\n", rows[i].input);
                if (!rows[i].path) {
                        assert_int_equal(r, 0);
                        assert_int_equal(settings.ttl_seconds, 60);
                        continue;
                }
                assert_int_equal(r, -EINVAL);
                assert_string_equal(fault.path, rows[i].path);
                assert_string_equal(fault.message, rows[i].message);
                assert_int_equal(settings.ttl_seconds, 4711);
        }
}

static void test_defaults(void **state) {
        struct settings s;
        struct fault fault;

        (void)state;
        assert_int_equal(settings_read((struct value) { 0 }, &arena, &s, &fault), 0);
        assert_int_equal(s.stages, 0);
        assert_int_equal(s.target, TARGET_AUTO);
        assert_true(text_equal(s.kserve_api_version, TEXT("serving.kserve.io/v1alpha2")));
        assert_true(s.route);
        assert_int_equal(s.autoscaler, AUTOSCALER_NONE);
        assert_false(s.kserve_021 || s.multi_node || s.capacity != CAPACITY_MAX || s.memory_usable);
        assert_false(s.multi_slice || s.quotas);
        assert_true(text_is_empty(s.mig_parted_name));
        assert_true(text_is_empty(s.remote_namespace));
        assert_true(text_equal(s.system_namespace, TEXT("crossplane-system")));
        assert_true(text_equal(s.api, TEXT("modelplane.ai/v1alpha1")));
        assert_true(text_equal(s.group, TEXT("modelplane.ai")));
}

static const char everything[] =
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'Input',"
        " 'stages': ['Place', 'Deploy'], 'target': 'Object', 'remoteNamespace': 'models',"
        " 'kserve': {'apiVersion': 'serving.kserve.io/v1alpha1', 'router': 'None',"
        "            'version': '0.21', 'autoscaler': 'KEDA', 'multiNode': true,"
        "            'keda': {'triggers': [{'type': 'cpu', 'metadata': {'value': '60'}}]}},"
        " 'capacity': 'Declared', 'memory': 'Usable', 'multiSlice': 'Allow', 'quotas': 'Respect',"
        " 'migParted': {'configMapRef': {'name': 'mig', 'key': 'c.yaml'}},"
        " 'ttl': '1m30.5s', 'systemNamespace': 'upbound-system', 'api': 'ai.example.org/v1'}";

static void test_everything(void **state) {
        struct settings s;
        struct fault fault;

        (void)state;
        assert_int_equal(settings_read(json_value(&arena, everything), &arena, &s, &fault), 0);
        assert_int_equal(s.stages, STAGE_DEPLOY | STAGE_PLACE);
        assert_int_equal(s.target, TARGET_OBJECT);
        assert_true(text_equal(s.remote_namespace, TEXT("models")));
        assert_true(text_equal(s.kserve_api_version, TEXT("serving.kserve.io/v1alpha1")));
        assert_false(s.route);
        assert_int_equal(s.autoscaler, AUTOSCALER_KEDA);
        assert_int_equal(value_count(s.keda_triggers), 1);
        assert_true(s.kserve_021 && s.multi_node && s.capacity == CAPACITY_DECLARED &&
                    s.memory_usable);
        assert_true(s.multi_slice && s.quotas);
        assert_true(text_equal(s.mig_parted_name, TEXT("mig")));
        assert_true(text_equal(s.mig_parted_namespace, TEXT("upbound-system")));
        assert_true(text_equal(s.mig_parted_key, TEXT("c.yaml")));
        assert_int_equal(s.ttl_seconds, 91); /* a part of a second is rounded up */
        assert_true(text_equal(s.group, TEXT("ai.example.org")));
}

static void test_without_memory(void **state) {
        struct value input = json_value(&input_arena, everything);

        (void)state;
        for (uint64_t n = 1;; n++) {
                struct settings s;
                struct fault fault;

                sweep_arm(&arena, n);
                if (sweep_is_over(&arena, n, settings_read(input, &arena, &s, &fault)))
                        break;
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_everything),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests_name("settings", tests, memory_set_up, memory_tear_down);
}
