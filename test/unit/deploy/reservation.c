/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/reservation.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"

static const struct reservation whole = {
        .namespace_ = TEXT_INIT("team"),
        .deployment = TEXT_INIT("chat"),
        .model_kind = TEXT_INIT("ClusterModel"),
        .model_name = TEXT_INIT("gemma-3-27b"),
        .environment = TEXT_INIT("eu-1"),
        .pool = TEXT_INIT("small-models-mig"),
        .mig_profile = TEXT_INIT("1g.10gb+me"),
        .serving_profile = TEXT_INIT("fp8"),
        .resource_name = TEXT_INIT("nvidia.com/mig-1g.10gb.me"),
        .revision = TEXT_INIT("2s2xbuhngprinudf"),
        .nodes = 2,
        .units_per_node = 4,
        .reserved = 3,
        .used = 1,
        .priority = -7,
        .order = 5,
        .served = true,
        .leaving = true,
};

static void assert_same(const struct reservation *got, const struct reservation *want) {
        assert_same_text(got->model_kind, want->model_kind);
        assert_same_text(got->model_name, want->model_name);
        assert_same_text(got->environment, want->environment);
        assert_same_text(got->pool, want->pool);
        assert_same_text(got->mig_profile, want->mig_profile);
        assert_same_text(got->serving_profile, want->serving_profile);
        assert_same_text(got->resource_name, want->resource_name);
        assert_same_text(got->revision, want->revision);
        assert_int_equal(got->nodes, want->nodes);
        assert_int_equal(got->units_per_node, want->units_per_node);
        assert_int_equal(got->reserved, want->reserved);
        assert_int_equal(got->used, want->used);
        assert_int_equal(got->priority, want->priority);
        assert_int_equal(got->order, want->order);
        assert_int_equal(got->surge, want->surge);
        assert_int_equal(got->served, want->served);
        assert_int_equal(got->leaving, want->leaving);
}

/* ---- the spec -------------------------------------------------------------------------------- */

static void test_spec(void **state) {
        struct reservation got, uniform = whole;
        struct value spec = json_encoded(&arena, reservation_spec(&whole, &arena));

        (void)state;
        assert_text(json_print(&arena, spec),
                    "{\"environment\":\"eu-1\",\"migProfile\":\"1g.10gb+me\","
                    "\"model\":{\"kind\":\"ClusterModel\",\"name\":\"gemma-3-27b\"},"
                    "\"nodes\":2,\"order\":5,\"pool\":\"small-models-mig\",\"priority\":-7,"
                    "\"reserved\":3,\"resourceName\":\"nvidia.com/mig-1g.10gb.me\","
                    "\"revision\":\"2s2xbuhngprinudf\",\"served\":true,"
                    "\"servingProfile\":\"fp8\",\"state\":\"Leaving\",\"units\":24,"
                    "\"unitsPerNode\":4,\"used\":1}");
        assert_true(reservation_from_spec(spec, &got));
        assert_same(&got, &whole);

        uniform.leaving = false;
        uniform.mig_profile = uniform.revision = (struct text) { 0 };
        spec = json_encoded(&arena, reservation_spec(&uniform, &arena));
        assert_int_equal(value_get(spec, TEXT("migProfile")).kind, VALUE_ABSENT);
        assert_int_equal(value_get(spec, TEXT("revision")).kind, VALUE_ABSENT);
        assert_true(reservation_from_spec(spec, &got));
        assert_same(&got, &uniform);
}

/* What was observed may be beyond the schema; what is composed never is. */
static void test_bounds(void **state) {
        struct reservation vast = whole;
        struct value spec;
        int64_t units;

        (void)state;
        vast.reserved = vast.used = RESERVATION_COUNT_MAX;
        vast.order = INT64_MAX;
        spec = json_encoded(&arena, reservation_spec(&vast, &arena));
        assert_true(value_is_integer(value_get(spec, TEXT("units")), &units));
        assert_int_equal(units, RESERVATION_COUNT_MAX);
        assert_true(value_is_integer(value_get(spec, TEXT("order")), &units));
        assert_int_equal(units, RESERVATION_ORDER_MAX);
}

static struct text repeated(const char *t, int n) {
        struct builder b;

        builder_init(&b, &arena);
        while (n-- > 0)
                builder_string(&b, t);
        return builder_done(&b);
}

/* Nor are texts that a tenant wrote into the annotation or the pods of the service. */
static void test_text_bounds(void **state) {
        struct reservation r = whole;
        struct value spec;

        (void)state;
        r.serving_profile = repeated("\xc3\xa9", 63);
        r.model_name = repeated("m", 253);
        spec = json_encoded(&arena, reservation_spec(&r, &arena));
        assert_int_equal(value_get(spec, TEXT("servingProfile")).kind, VALUE_STRING);
        assert_int_equal(value_get(spec, TEXT("model")).kind, VALUE_MAP);
        r.serving_profile = repeated("\xc3\xa9", 64);
        r.model_name = repeated("m", 254);
        r.resource_name = repeated("r", 318);
        r.revision = TEXT("edited");
        spec = json_encoded(&arena, reservation_spec(&r, &arena));
        assert_int_equal(value_get(spec, TEXT("servingProfile")).kind, VALUE_ABSENT);
        assert_int_equal(value_get(spec, TEXT("model")).kind, VALUE_ABSENT);
        assert_int_equal(value_get(spec, TEXT("resourceName")).kind, VALUE_ABSENT);
        assert_int_equal(value_get(spec, TEXT("revision")).kind, VALUE_ABSENT);
}

static void test_states(void **state) {
        static const struct {
                int64_t reserved, used;
                bool served, leaving;
                const char *want;
        } rows[] = {
                { 2, 2, true, true, "Leaving" },    { 0, 0, true, true, "Leaving" },
                { 0, 0, true, false, "Parked" },    { 2, 0, true, false, "Serving" },
                { 2, 1, false, false, "Starting" }, { 2, 0, false, false, "Reserved" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct reservation r = { .reserved = rows[i].reserved,
                                               .used = rows[i].used,
                                               .served = rows[i].served,
                                               .leaving = rows[i].leaving };

                assert_text(reservation_state(&r), rows[i].want);
        }
}

struct number_row {
        const char *spec; /* beside environment and pool */
        int64_t nodes, units_per_node, reserved, used, priority, order;
        bool leaving;
        const char *reason;
};

/* clang-format off */
static const struct number_row number_rows[] = {
        { "",                                     1, 1, 1, 1, 0, INT64_MAX, false, "absent: one, and used" },
        { "'nodes':2,'unitsPerNode':8,'order':0", 2, 8, 1, 1, 0, 0, false, "" },
        { "'nodes':0,'unitsPerNode':0,'order':0", 1, 1, 1, 1, 0, 0, false, "nothing is on no node" },
        { "'nodes':-1,'unitsPerNode':-3,'order':0", 1, 1, 1, 1, 0, 0, false, "" },
        { "'reserved':0,'used':0,'order':0",      1, 1, 0, 0, 0, 0, false, "parked" },
        { "'reserved':-1,'used':0,'order':0",     1, 1, 1, 1, 0, 0, false, "" },
        { "'reserved':'3','used':0,'order':0",    1, 1, 1, 1, 0, 0, false, "a number as a string" },
        { "'reserved':2.5,'used':0,'order':0",    1, 1, 1, 1, 0, 0, false, "a fraction" },
        { "'reserved':null,'used':0,'order':0",   1, 1, 1, 1, 0, 0, false, "" },
        { "'reserved':3,'used':2,'order':0",      1, 1, 3, 2, 0, 0, false, "" },
        { "'reserved':3,'order':0",               1, 1, 3, 3, 0, 0, false, "used in full" },
        { "'reserved':3,'used':'1','order':0",    1, 1, 3, 3, 0, 0, false, "used in full" },
        { "'reserved':3,'used':4,'order':0",      1, 1, 3, 3, 0, 0, false, "no more than there are" },
        { "'reserved':1000000000,'used':0,'order':0", 1, 1, RESERVATION_COUNT_MAX, 0, 0, 0, false, "the largest" },
        { "'reserved':1000000001,'used':0,'order':0", 1, 1, 1, 1, 0, 0, false, "one more" },
        { "'reserved':1,'used':0,'priority':-5,'order':3", 1, 1, 1, 0, -5, 3, false, "" },
        { "'reserved':1,'used':0,'priority':2147483648,'order':-3", 1, 1, 1, 0, 0, INT64_MAX, false, "" },
        { "'reserved':1,'used':0,'priority':'high','order':256", 1, 1, 1, 0, 0, INT64_MAX, false, "" },
        { "'reserved':1,'used':0,'order':0,'state':'Leaving'", 1, 1, 1, 0, 0, 0, true, "" },
        { "'reserved':1,'used':0,'order':0,'state':'leaving'", 1, 1, 1, 0, 0, 0, false, "as we write it" },
        { "'reserved':1,'used':0,'order':0,'state':true", 1, 1, 1, 0, 0, 0, false, "" },
};
/* clang-format on */

static void test_numbers(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(number_rows) / sizeof(number_rows[0]); i++) {
                const struct number_row *row = &number_rows[i];
                struct text json = text_format(&arena, "{'environment':'e','pool':'p'%s%s}%c",
                                               *row->spec ? "," : "", row->spec, '\0');
                struct reservation got;

                assert_true(reservation_from_spec(json_value(&arena, json.data), &got));
                if (got.nodes != row->nodes || got.units_per_node != row->units_per_node ||
                    got.reserved != row->reserved || got.used != row->used ||
                    got.priority != row->priority || got.order != row->order ||
                    got.leaving != row->leaving)
                        fail_msg("%s (%s): nodes %lld, units %lld, reserved %lld, used %lld, "
                                 "priority %lld, order %lld, leaving %d",
                                 row->spec, row->reason, (long long)got.nodes,
                                 (long long)got.units_per_node, (long long)got.reserved,
                                 (long long)got.used, (long long)got.priority, (long long)got.order,
                                 got.leaving);
        }
}

static void test_unreadable(void **state) {
        static const struct {
                const char *spec;
                const char *want; /* key and what it counts, each of them */
        } rows[] = {
                { "{'used':0,'nodes':1,'reserved':0,'unitsPerNode':1}", "" },
                { "{'used':0,'nodes':1,'order':0,'priority':-9,'reserved':0,'unitsPerNode':1}",
                  "" },
                { "{}", "nodes counts 1, reserved counts 1, unitsPerNode counts 1, "
                        "used counts all that is reserved, " },
                { "{'used':-1,'nodes':0,'order':-1,'priority':'x','reserved':-1,"
                  "'unitsPerNode':'1'}",
                  "nodes counts 1, order comes last, priority counts 0, reserved counts 1, "
                  "unitsPerNode counts 1, used counts all that is reserved, " },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct value spec = json_value(&arena, rows[i].spec);
                struct unreadable number;
                struct builder b;

                builder_init(&b, &arena);
                for (size_t at = 0; reservation_unreadable(spec, &at, &number);)
                        builder_text(&b, text_format(&arena, "%.*s %.*s, ", TEXT_ARG(number.key),
                                                     TEXT_ARG(number.counts)));
                assert_text(builder_done(&b), rows[i].want);
        }
}

/* ---- owners ---------------------------------------------------------------------------------- */

struct owner_row {
        const char *object;
        bool counts;
        const char *reason;
};

#define KIND "'apiVersion':'gpuplacement.fn.crossplane.io/v1alpha1','kind':'GPUReservation',"
#define SPEC "'spec':{'environment':'eu-1','pool':'p'}"
#define OWNED(owners)                                                                              \
        "{" KIND "'metadata':{'namespace':'team','name':'r','ownerReferences':" owners "}," SPEC "}"
#define OWNER(version, kind, controller)                                                           \
        "{'apiVersion':'" version "','kind':'" kind                                                \
        "','name':'chat','uid':'7','controller':" controller "}"

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
        { OWNED("[" OWNER("modelplane.ai/v1", "XModelDeployment", "true") "]"), false,
          "a kind that is neither this XR's nor ours" },
        { "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'namespace':'team','ownerReferences':["
          OWNER("modelplane.ai/v1", "ModelDeployment", "true") "]}," SPEC "}", false,
          "an object of another kind" },
        { OWNED("[]"), false, "no owner" },
        { OWNED("'chat'"), false, "no list" },
        { "{" KIND "'metadata':{'namespace':'team'}," SPEC "}", false, "no owners" },
        { "{" KIND "'metadata':{'namespace':'team','ownerReferences':[" OWNER(
                  "modelplane.ai/v1", "ModelDeployment", "true") "]}}",
          false, "no spec" },
        { "{" KIND "'metadata':{'namespace':'team','ownerReferences':[" OWNER(
                  "modelplane.ai/v1", "ModelDeployment",
                  "true") "]},'spec':{'environment':'eu-1'}}",
          false, "no pool" },
        { "{" KIND "'metadata':{'namespace':'team','ownerReferences':[" OWNER(
                  "modelplane.ai/v1", "ModelDeployment", "true") "]},'spec':{'pool':'p'}}",
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
                        assert_text(got.uid, "7");
                        assert_text(got.name, "r");
                        assert_text(got.environment, "eu-1");
                } else {
                        assert_same(&got, &whole);
                }
        }
}

/* ---- annotation ------------------------------------------------------------------------------ */

static void test_annotation(void **state) {
        struct reservation got, want = whole;
        struct text json;

        (void)state;
        want.surge = 1;
        json = reservation_annotation(&want, &arena);
        assert_text(json, "{\"model\":{\"kind\":\"ClusterModel\",\"name\":\"gemma-3-27b\"},"
                          "\"environment\":\"eu-1\",\"migProfile\":\"1g.10gb+me\","
                          "\"pool\":\"small-models-mig\","
                          "\"resourceName\":\"nvidia.com/mig-1g.10gb.me\","
                          "\"servingProfile\":\"fp8\",\"nodes\":2,\"order\":5,\"surge\":1,"
                          "\"unitsPerNode\":4}");
        assert_true(reservation_from_annotation(json, &arena, &got));
        want.leaving = want.served = false;
        want.reserved = want.used = want.priority = 0;
        want.revision = (struct text) { 0 };
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
#define LONG "0123456789abcdef0123456789abcdef" /* as long as a MIG profile may be */

/* clang-format off */
static const struct annotation_row annotation_rows[] = {
        { "{" NAMED "}", true, "the least" },
        { "{" NAMED ",\"nodes\":2}", true, "" },
        { "{" NAMED ",\"later\":\"x\",\"more\":7}", true, "members of a later release" },
        { "{" NAMED ",\"nodes\":\"2\"}", false, "a number as a string" },
        { "{" NAMED ",\"servingProfile\":2}", false, "a string as a number" },
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
        { " { " NAMED " } ", true, "not compact" },
        { "{" NAMED ",}", true, "a comma too many" },
        { "{" NAMED "\"replicas\":2}", false, "a comma too few" },
        { "{" NAMED ",\"nodes\"}", false, "no value" },
        { "{" NAMED ",\"replicas\":", false, "" },
        { "{" NAMED ",\"more\":{\"a\":1}}", true, "a map of a later release" },
        { "{" NAMED ",\"more\":{\"a\":{}}}", true, "a deeper one" },
        { "{" NAMED ",\"more\":[1,{\"a\":null}]}", true, "a list of a later release" },
        { "{" NAMED ",\"more\":{\"a\":1}", false, "no end" },
        { "{\"environment\":\"e", false, "a string without end" },
        { "{\"environment\":\"e\\", false, "a backslash at the end" },
        { "{\"environment\":\"e\\u0041\",\"pool\":\"p\"}", true, "an escape that names never need" },
        { "{\"environment", false, "" },
        { "{environment:\"e\"}", false, "a bare key" },
        { "{" NAMED ",\"migProfile\":\"" LONG "\"}", true, "the longest" },
        { "{" NAMED ",\"migProfile\":\"" LONG "x\"}", false, "a place that no pool can have" },
        { "{\"environment\":\"e\",\"pool\":\"" LONG LONG "\"}", false, "likewise" },
        { "{" NAMED ",\"servingProfile\":\"" LONG LONG "\"}", true, "no part of the place" },
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
                        assert_int_equal(got.reserved, 0);
        }
}

/* A number that is there and cannot be read counts as in a spec. */
static void test_annotation_numbers(void **state) {
        struct reservation got;

        (void)state;
        assert_true(reservation_from_annotation(
                TEXT("{" NAMED ",\"nodes\":0,\"surge\":1e3,\"unitsPerNode\":null}"), &arena, &got));
        assert_int_equal(got.nodes, 1);
        assert_int_equal(got.units_per_node, 1);
        assert_int_equal(got.surge, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_spec),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_text_bounds),
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_unreadable),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_owners),
                cmocka_unit_test(test_annotation),
                cmocka_unit_test(test_annotation_rows),
                cmocka_unit_test(test_annotation_numbers),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
