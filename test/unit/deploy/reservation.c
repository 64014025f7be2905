/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/reservation.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"

static const struct reservation whole = {
        .namespace_ = TEXT_INIT("team"),
        .deployment = TEXT_INIT("chat"),
        .model = TEXT_INIT("ClusterModel/gemma-3-27b"),
        .environment = TEXT_INIT("eu-1"),
        .pool = TEXT_INIT("small-models-mig"),
        .mig_profile = TEXT_INIT("1g.10gb+me"),
        .serving_profile = TEXT_INIT("fp8"),
        .resource_name = TEXT_INIT("nvidia.com/mig-1g.10gb.me"),
        .created = TEXT_INIT("2025-01-02T03:04:05Z"),
        .nodes = 2,
        .units_per_node = 4,
        .replicas = 3,
        .admitted = 1,
        .priority = -7,
        .order = 5,
        .leaving = true,
};

static void assert_same(const struct reservation *got, const struct reservation *want) {
        assert_same_text(got->model, want->model);
        assert_same_text(got->environment, want->environment);
        assert_same_text(got->pool, want->pool);
        assert_same_text(got->mig_profile, want->mig_profile);
        assert_same_text(got->serving_profile, want->serving_profile);
        assert_same_text(got->resource_name, want->resource_name);
        assert_same_text(got->created, want->created);
        assert_int_equal(got->nodes, want->nodes);
        assert_int_equal(got->units_per_node, want->units_per_node);
        assert_int_equal(got->replicas, want->replicas);
        assert_int_equal(got->admitted, want->admitted);
        assert_int_equal(got->priority, want->priority);
        assert_int_equal(got->order, want->order);
        assert_int_equal(got->leaving, want->leaving);
}

/* ---- data ------------------------------------------------------------------------------------ */

static void test_data(void **state) {
        struct reservation got, uniform = whole;
        struct value data = json_encoded(&arena, reservation_data(&whole, &arena));

        (void)state;
        assert_text(json_print(&arena, data),
                    "{\"admitted\":\"1\",\"created\":\"2025-01-02T03:04:05Z\","
                    "\"environment\":\"eu-1\",\"leaving\":\"true\","
                    "\"migProfile\":\"1g.10gb+me\",\"model\":\"ClusterModel/gemma-3-27b\","
                    "\"nodes\":\"2\",\"order\":\"5\",\"pool\":\"small-models-mig\","
                    "\"priority\":\"-7\",\"replicas\":\"3\","
                    "\"resourceName\":\"nvidia.com/mig-1g.10gb.me\","
                    "\"servingProfile\":\"fp8\",\"unitsPerNode\":\"4\"}");
        assert_true(reservation_from_data(data, &got));
        assert_same(&got, &whole);

        uniform.leaving = false;
        data = json_encoded(&arena, reservation_data(&uniform, &arena));
        assert_int_equal(value_get(data, TEXT("leaving")).kind, VALUE_ABSENT);
        assert_true(reservation_from_data(data, &got));
        assert_same(&got, &uniform);
}

struct number_row {
        const char *data; /* beside environment and pool */
        int64_t nodes, units_per_node, replicas, admitted, priority, order;
        bool leaving;
        const char *reason;
};

/* clang-format off */
static const struct number_row number_rows[] = {
        { "",                                          1, 1, 1, 0, 0, 0, false, "absent numbers count 1" },
        { "'nodes':'2','unitsPerNode':'8'",            2, 8, 1, 0, 0, 0, false, "" },
        { "'nodes':'0','unitsPerNode':'0'",            1, 1, 1, 0, 0, 0, false, "nobody is on no node" },
        { "'nodes':'-1','unitsPerNode':'-3'",          1, 1, 1, 0, 0, 0, false, "" },
        { "'replicas':'0'",                            1, 1, 0, 0, 0, 0, false, "a grant of none can be read" },
        { "'replicas':'-1'",                           1, 1, 1, 0, 0, 0, false, "" },
        { "'replicas':'many','admitted':'some'",       1, 1, 1, 0, 0, 0, false, "" },
        { "'replicas':'','admitted':''",               1, 1, 1, 0, 0, 0, false, "" },
        { "'replicas':' 3'",                           1, 1, 1, 0, 0, 0, false, "no blanks" },
        { "'replicas':'3.0'",                          1, 1, 1, 0, 0, 0, false, "whole numbers in decimal" },
        { "'replicas':'+3'",                           1, 1, 1, 0, 0, 0, false, "" },
        { "'replicas':'0x3'",                          1, 1, 1, 0, 0, 0, false, "" },
        { "'replicas':3,'admitted':3",                 1, 1, 1, 0, 0, 0, false, "data holds strings" },
        { "'replicas':'3','admitted':'2'",             1, 1, 3, 2, 0, 0, false, "" },
        { "'replicas':'3','admitted':'4'",             1, 1, 3, 3, 0, 0, false, "no more than there are" },
        { "'replicas':'x','admitted':'4'",             1, 1, 1, 1, 0, 0, false, "" },
        { "'replicas':'9223372036854775807'",          1, 1, INT64_MAX, 0, 0, 0, false, "the largest" },
        { "'replicas':'9223372036854775808'",          1, 1, 1, 0, 0, 0, false, "one more" },
        { "'replicas':'99999999999999999999999'",      1, 1, 1, 0, 0, 0, false, "" },
        { "'priority':'-5','order':'3'",               1, 1, 1, 0, -5, 3, false, "" },
        { "'priority':'-','order':'-3'",               1, 1, 1, 0, 0, 0, false, "" },
        { "'leaving':'true'",                          1, 1, 1, 0, 0, 0, true,  "" },
        { "'leaving':'True'",                          1, 1, 1, 0, 0, 0, false, "as we write it" },
        { "'leaving':true",                            1, 1, 1, 0, 0, 0, false, "" },
};
/* clang-format on */

static void test_numbers(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(number_rows) / sizeof(number_rows[0]); i++) {
                const struct number_row *row = &number_rows[i];
                struct text json = text_format(&arena, "{'environment':'e','pool':'p'%s%s}%c",
                                               *row->data ? "," : "", row->data, '\0');
                struct reservation got;

                assert_true(reservation_from_data(json_value(&arena, json.data), &got));
                if (got.nodes != row->nodes || got.units_per_node != row->units_per_node ||
                    got.replicas != row->replicas || got.admitted != row->admitted ||
                    got.priority != row->priority || got.order != row->order ||
                    got.leaving != row->leaving)
                        fail_msg("%s (%s): nodes %lld, units %lld, replicas %lld, admitted %lld, "
                                 "priority %lld, order %lld, leaving %d",
                                 row->data, row->reason, (long long)got.nodes,
                                 (long long)got.units_per_node, (long long)got.replicas,
                                 (long long)got.admitted, (long long)got.priority,
                                 (long long)got.order, got.leaving);
        }
}

static void test_unreadable(void **state) {
        static const struct {
                const char *data;
                const char *want; /* key and what it counts, each of them */
        } rows[] = {
                { "{'admitted':'0','nodes':'1','replicas':'0','unitsPerNode':'1'}", "" },
                { "{'admitted':'0','nodes':'1','order':'0','priority':'-9','replicas':'0',"
                  "'unitsPerNode':'1'}",
                  "" },
                { "{}", "admitted 0, nodes 1, replicas 1, unitsPerNode 1, " },
                { "{'admitted':'-1','nodes':'0','order':'-1','priority':'x','replicas':'-1',"
                  "'unitsPerNode':1}",
                  "admitted 0, nodes 1, order 0, priority 0, replicas 1, unitsPerNode 1, " },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct value data = json_value(&arena, rows[i].data);
                struct unreadable number;
                struct builder b;

                builder_init(&b, &arena);
                for (size_t at = 0; reservation_unreadable(data, &at, &number);)
                        builder_text(&b, text_format(&arena, "%.*s %lld, ", TEXT_ARG(number.key),
                                                     (long long)number.counts));
                assert_text(builder_done(&b), rows[i].want);
        }
}

/* ---- owners ---------------------------------------------------------------------------------- */

struct owner_row {
        const char *object;
        bool counts;
        const char *reason;
};

#define DATA "'data':{'environment':'eu-1','pool':'p'}"
#define OWNED(owners) "{'metadata':{'namespace':'team','ownerReferences':" owners "}," DATA "}"
#define OWNER(version, kind, controller)                                                           \
        "{'apiVersion':'" version "','kind':'" kind "','name':'chat','controller':" controller "}"

/* clang-format off */
static const struct owner_row owner_rows[] = {
        { OWNED("[" OWNER("modelplane.ai/v1alpha1", "ModelDeployment", "true") "]"), true, "ours" },
        { OWNED("[" OWNER("modelplane.ai/v9", "ModelDeployment", "true") "]"), true,
          "the group counts, not the version" },
        { OWNED("[" OWNER("v1", "Pod", "false") "," OWNER("modelplane.ai/v1", "ModelDeployment",
                                                          "true") "]"),
          true, "the controller among several owners" },
        { OWNED("[" OWNER("modelplane.ai/v1alpha1", "ModelDeployment", "false") "]"), false,
          "an owner that does not control it" },
        { OWNED("[{'apiVersion':'modelplane.ai/v1','kind':'ModelDeployment','name':'chat'}]"),
          false, "the same, not written" },
        { OWNED("[" OWNER("modelplane.ai/v1alpha1", "InferenceEnvironment", "true") "]"), false,
          "another kind" },
        { OWNED("[" OWNER("other.org/v1alpha1", "ModelDeployment", "true") "]"), false,
          "another group" },
        { OWNED("[" OWNER("modelplane.ai.evil/v1", "ModelDeployment", "true") "]"), false,
          "a group that begins alike" },
        { OWNED("[" OWNER("v1", "ModelDeployment", "true") "]"), false, "the core group" },
        { OWNED("[{'apiVersion':'modelplane.ai/v1','kind':'ModelDeployment','name':'',"
                "'controller':true}]"),
          false, "without a name" },
        { OWNED("[]"), false, "nobody" },
        { OWNED("'chat'"), false, "no list" },
        { "{'metadata':{'namespace':'team'}," DATA "}", false, "no owners" },
        { "{'metadata':{'namespace':'team','ownerReferences':[" OWNER(
                  "modelplane.ai/v1", "ModelDeployment", "true") "]}}",
          false, "no data" },
        { "{'metadata':{'namespace':'team','ownerReferences':[" OWNER(
                  "modelplane.ai/v1", "ModelDeployment",
                  "true") "]},'data':{'environment':'eu-1'}}",
          false, "no pool" },
        { "{'metadata':{'namespace':'team','ownerReferences':[" OWNER(
                  "modelplane.ai/v1", "ModelDeployment", "true") "]},'data':{'pool':'p'}}",
          false, "no environment" },
};
/* clang-format on */

static void test_owners(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(owner_rows) / sizeof(owner_rows[0]); i++) {
                const struct owner_row *row = &owner_rows[i];
                struct reservation got = whole;
                bool counts =
                        reservation_read(json_value(&arena, row->object), TEXT("ModelDeployment"),
                                         TEXT("modelplane.ai"), &got);

                if (counts != row->counts)
                        fail_msg("%s: counts %d", row->reason, counts);
                if (counts) {
                        assert_text(got.namespace_, "team");
                        assert_text(got.deployment, "chat");
                        assert_text(got.environment, "eu-1");
                } else {
                        assert_same(&got, &whole);
                }
        }
}

/* ---- annotation ------------------------------------------------------------------------------ */

static void test_annotation(void **state) {
        struct text json = reservation_annotation(&whole, &arena);
        struct reservation got, want = whole;

        (void)state;
        assert_text(json, "{\"created\":\"2025-01-02T03:04:05Z\",\"environment\":\"eu-1\","
                          "\"migProfile\":\"1g.10gb+me\","
                          "\"model\":\"ClusterModel/gemma-3-27b\",\"nodes\":2,\"order\":5,"
                          "\"pool\":\"small-models-mig\",\"priority\":-7,\"replicas\":3,"
                          "\"resourceName\":\"nvidia.com/mig-1g.10gb.me\","
                          "\"servingProfile\":\"fp8\",\"unitsPerNode\":4}");
        assert_true(reservation_from_annotation(json, &arena, &got));
        want.leaving = false;
        want.admitted = want.replicas;
        assert_same(&got, &want);

        want.pool = TEXT("quote\" and back\\slash");
        json = reservation_annotation(&want, &arena);
        assert_true(reservation_from_annotation(json, &arena, &got));
        assert_same(&got, &want);
}

struct annotation_row {
        const char *json;
        bool ours;
        const char *reason;
};

#define NAMED "\"environment\":\"e\",\"pool\":\"p\""

/* clang-format off */
static const struct annotation_row annotation_rows[] = {
        { "{" NAMED "}", true, "the least" },
        { "{" NAMED ",\"replicas\":2}", true, "" },
        { "{" NAMED ",\"later\":\"x\",\"more\":7}", true, "members of a later release" },
        { "{" NAMED ",\"replicas\":\"2\"}", false, "a number as a string" },
        { "{" NAMED ",\"model\":2}", false, "a string as a number" },
        { "", false, "empty" },
        { "{", false, "" },
        { "{}", false, "no members" },
        { "null", false, "" },
        { "[]", false, "" },
        { "\"x\"", false, "" },
        { "{\"environment\":\"e\"}", false, "no pool" },
        { "{\"environment\":\"\",\"pool\":\"p\"}", false, "an empty environment" },
        { "{" NAMED, false, "no end" },
        { "{" NAMED "}}", false, "more after the end" },
        { "{" NAMED "} ", false, "not compact" },
        { "{ " NAMED "}", false, "" },
        { "{" NAMED ",}", false, "a comma too many" },
        { "{" NAMED "\"replicas\":2}", false, "a comma too few" },
        { "{" NAMED ",\"replicas\"}", false, "no value" },
        { "{" NAMED ",\"replicas\":", false, "" },
        { "{" NAMED ",\"more\":{\"a\":1}}", false, "maps are not ours" },
        { "{\"environment\":\"e", false, "a string without end" },
        { "{\"environment\":\"e\\", false, "a backslash at the end" },
        { "{\"environment\":\"e\\u0041\",\"pool\":\"p\"}", false, "an escape that names never need" },
        { "{\"environment", false, "" },
        { "{environment:\"e\"}", false, "a bare key" },
};
/* clang-format on */

static void test_annotation_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(annotation_rows) / sizeof(annotation_rows[0]); i++) {
                const struct annotation_row *row = &annotation_rows[i];
                struct reservation got = whole;

                if (reservation_from_annotation(text_from(row->json), &arena, &got) != row->ours)
                        fail_msg("%s (%s)", row->json, row->reason);
                if (!row->ours)
                        assert_same(&got, &whole);
                else
                        assert_int_equal(got.admitted, got.replicas);
        }
}

/* A number that is there and cannot be read counts as in data. */
static void test_annotation_numbers(void **state) {
        struct reservation got;

        (void)state;
        assert_true(reservation_from_annotation(
                TEXT("{" NAMED ",\"nodes\":0,\"replicas\":1e3,\"unitsPerNode\":null}"), &arena,
                &got));
        assert_int_equal(got.nodes, 1);
        assert_int_equal(got.units_per_node, 1);
        assert_int_equal(got.replicas, 1);
        assert_int_equal(got.admitted, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_data),
                cmocka_unit_test(test_unreadable),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_owners),
                cmocka_unit_test(test_annotation),
                cmocka_unit_test(test_annotation_rows),
                cmocka_unit_test(test_annotation_numbers),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
