/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/quota.h"
#include "lib/json.h"
#include "lib/memory.h"

/* ---- limits ---------------------------------------------------------------------------------- */

enum { NOTHING = -1 };

/* hard["requests.nvidia.com/gpu"] as written, and what it allows. */
static const struct {
        const char *hard;
        int64_t limit;
} limits[] = {
        { "{'requests.nvidia.com/gpu': '8'}", 8 },
        { "{'requests.nvidia.com/gpu': 8}", 8 },
        { "{'requests.nvidia.com/gpu': '0'}", 0 },
        { "{'requests.nvidia.com/gpu': '1k'}", 1000 },
        { "{'requests.nvidia.com/gpu': '2Ki'}", 2048 },
        { "{'requests.nvidia.com/gpu': '1e2'}", 100 },
        { "{'requests.nvidia.com/gpu': '2500m'}", 2 }, /* a part of a unit is none */
        { "{'requests.nvidia.com/gpu': '999m'}", 0 },
        { "{'requests.nvidia.com/gpu': '9223372036854775807'}", INT64_MAX },
        { "{'requests.nvidia.com/gpu': '10E'}", INT64_MAX },
        { "{'requests.nvidia.com/gpu': '-1'}", 0 },
        { "{'requests.nvidia.com/gpu': -1}", 0 },
        { "{'requests.nvidia.com/gpu': 'many'}", 0 },
        { "{'requests.nvidia.com/gpu': ''}", 0 },
        { "{'requests.nvidia.com/gpu': 1.5}", 0 },
        { "{'requests.nvidia.com/gpu': null}", 0 },
        { "{'requests.nvidia.com/gpu': ['8']}", 0 },
        { "{'requests.nvidia.com/gpu.shared': '8'}", NOTHING },
        { "{'requests.nvidia.com/mig-1g.10gb': '8'}", NOTHING },
        { "{'limits.nvidia.com/gpu': '8'}", NOTHING },
        { "{'nvidia.com/gpu': '8'}", NOTHING },
        { "{'requests.': '8', 'pods': '3'}", NOTHING },
        { "{}", NOTHING },
        { "'8'", NOTHING },
};

static void test_limits(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
                const struct quota quota = { .hard = json_value(&arena, limits[i].hard) };
                int64_t limit = NOTHING;
                bool found = quota_limit(&quota, TEXT("requests.nvidia.com/gpu"), &limit);

                if (limit != limits[i].limit || found != (limits[i].limit != NOTHING))
                        fail_msg("%s: %lld", limits[i].hard, (long long)limit);
        }
}

static void test_mig_limit(void **state) {
        const struct quota quota = {
                .hard = json_value(&arena, "{'requests.nvidia.com/mig-1g.10gb.me': '3'}")
        };
        int64_t limit;

        (void)state;
        assert_true(quota_limit(&quota, TEXT("requests.nvidia.com/mig-1g.10gb.me"), &limit));
        assert_int_equal(limit, 3);
        assert_false(quota_limit(&quota, TEXT("requests.nvidia.com/mig-1g.10gb"), &limit));
}

/* What Kubernetes calls them, and which quotas count claims. */
static void test_claims(void **state) {
        static const char *const scoped[] = {
                "{'scopes': ['NotTerminating']}",
                "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
                " 'operator': 'DoesNotExist'}]}}",
        };
        struct quota quota = { 0 };

        (void)state;
        assert_true(text_equal(quota_key(TEXT("mig.nvidia.com"), true, &arena),
                               TEXT("mig.nvidia.com.deviceclass.resource.k8s.io/devices")));
        assert_true(text_equal(quota_key(TEXT("nvidia.com/gpu"), false, &arena),
                               TEXT("requests.nvidia.com/gpu")));
        assert_true(quota_covers_claims(&quota));
        quota.scopes = json_value(&arena, "[]");
        assert_true(quota_covers_claims(&quota));
        for (size_t i = 0; i < sizeof(scoped) / sizeof(scoped[0]); i++) {
                struct value spec = json_value(&arena, scoped[i]);

                quota.scopes = value_get(spec, TEXT("scopes"));
                quota.expressions = value_at(spec, "scopeSelector.matchExpressions");
                assert_true(quota_covers(&quota, (struct text) { 0 }));
                assert_false(quota_covers_claims(&quota));
        }
}

/* ---- scopes ---------------------------------------------------------------------------------- */

/* The spec, and whether it covers serving pods without a PriorityClass, with "gold", with "tin". */
static const struct {
        const char *spec;
        bool none, gold, tin;
} scopes[] = {
        { "{}", true, true, true },
        { "{'scopes': []}", true, true, true },
        { "{'scopes': ['NotTerminating']}", true, true, true },
        { "{'scopes': ['NotBestEffort', 'NotTerminating']}", true, true, true },
        { "{'scopes': ['Terminating']}", false, false, false },
        { "{'scopes': ['BestEffort']}", false, false, false },
        { "{'scopes': ['NotTerminating', 'BestEffort']}", false, false, false },
        { "{'scopes': ['CrossNamespacePodAffinity']}", false, false, false },
        { "{'scopes': ['PriorityClass']}", false, true, true },
        { "{'scopes': ['FromTheFuture']}", true, true, true },
        { "{'scopes': 'Terminating'}", true, true, true },
        { "{'scopeSelector': {'matchExpressions': []}}", true, true, true },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
          " 'operator': 'In', 'values': ['gold', 'silver']}]}}",
          false, true, false },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
          " 'operator': 'In'}]}}",
          false, false, false },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
          " 'operator': 'NotIn', 'values': ['gold']}]}}",
          true, false, true },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
          " 'operator': 'Exists'}]}}",
          false, true, true },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
          " 'operator': 'DoesNotExist'}]}}",
          true, false, false },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass',"
          " 'operator': 'Near'}]}}",
          true, true, true },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'Terminating',"
          " 'operator': 'Exists'}]}}",
          false, false, false },
        { "{'scopeSelector': {'matchExpressions': [{'scopeName': 'NotTerminating',"
          " 'operator': 'Exists'}, {'scopeName': 'PriorityClass', 'operator': 'Exists'}]}}",
          false, true, true },
        { "{'scopes': ['Terminating'], 'scopeSelector': {'matchExpressions': ["
          "{'scopeName': 'PriorityClass', 'operator': 'Exists'}]}}",
          false, false, false },
};

static void test_scopes(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
                struct value spec = json_value(&arena, scopes[i].spec);
                const struct quota quota = {
                        .scopes = value_at(spec, "scopes"),
                        .expressions = value_at(spec, "scopeSelector.matchExpressions"),
                };

                if (quota_covers(&quota, (struct text) { 0 }) != scopes[i].none ||
                    quota_covers(&quota, TEXT("gold")) != scopes[i].gold ||
                    quota_covers(&quota, TEXT("tin")) != scopes[i].tin)
                        fail_msg("%s", scopes[i].spec);
        }
}

static void test_read(void **state) {
        struct quota quota = quota_read(json_value(
                &arena, "{'metadata': {'name': 'gpus'}, 'spec': {'hard': {'requests.a/b': '2'},"
                        " 'scopes': ['Terminating']}, 'status': {'hard': {'requests.a/b': '1'}}}"));
        int64_t limit;

        (void)state;
        assert_true(text_equal(quota.name, TEXT("gpus")));
        assert_true(quota_limit(&quota, TEXT("requests.a/b"), &limit));
        assert_int_equal(limit, 2);
        assert_false(quota_covers(&quota, (struct text) { 0 }));
        quota = quota_read(json_value(&arena, "{}"));
        assert_true(quota_covers(&quota, (struct text) { 0 }));
        assert_false(quota_limit(&quota, TEXT("requests.a/b"), &limit));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_limits), cmocka_unit_test(test_mig_limit),
                cmocka_unit_test(test_claims), cmocka_unit_test(test_scopes),
                cmocka_unit_test(test_read),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
