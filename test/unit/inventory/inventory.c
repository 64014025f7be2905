/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/inventory.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"

#define GIB (INT64_C(1) << 30)

/* Two pools: slices of one layout, and whole GPUs of an unknown kind. */
struct fleet {
        struct environment environment;
        struct pool pools[2];
        struct sub_pool slices[2], gpus;
        struct text message;
        bool over_committed; /* the GPUs are */
        bool gone;           /* units of a pool that is no longer declared are used */
};

static void set_up_fleet(struct fleet *f) {
        *f = (struct fleet) { .message = TEXT("a 3g.40gb really has 39.5Gi") };
        f->environment = (struct environment) { .name = TEXT("eu-1"),
                                                .provider_config = TEXT("eu-1-cluster"),
                                                .pools = f->pools,
                                                .n_pools = 2,
                                                .n_sub_pools = 3 };
        f->pools[0] = (struct pool) { .environment = &f->environment,
                                      .name = TEXT("layout"),
                                      .sub_pools = f->slices,
                                      .n_sub_pools = 2,
                                      .messages = &f->message,
                                      .n_messages = 1 };
        f->pools[1] = (struct pool) { .environment = &f->environment,
                                      .name = TEXT("gpus"),
                                      .sub_pools = &f->gpus,
                                      .n_sub_pools = 1 };
        f->slices[0] = (struct sub_pool) { .environment = &f->environment,
                                           .pool = &f->pools[0],
                                           .mig_profile = TEXT("1g.10gb"),
                                           .resource_name = TEXT("nvidia.com/mig-1g.10gb"),
                                           .units_per_node = 32,
                                           .counted_per_node = 32,
                                           .nodes = 2,
                                           .units = 64,
                                           .memory_bytes = 10 * GIB };
        f->slices[1] = f->slices[0];
        f->slices[1].mig_profile = TEXT("3g.40gb");
        f->slices[1].resource_name = TEXT("nvidia.com/mig-3g.40gb");
        f->slices[1].units_per_node = f->slices[1].counted_per_node = 8;
        f->slices[1].units = 16;
        f->slices[1].memory_bytes = 40 * GIB;
        f->gpus = (struct sub_pool) { .environment = &f->environment,
                                      .pool = &f->pools[1],
                                      .resource_name = TEXT("nvidia.com/gpu"),
                                      .units_per_node = 8,
                                      .counted_per_node = 8,
                                      .nodes = 1,
                                      .units = 8,
                                      .memory_bytes = UNKNOWN_BYTES };
}

static void assert_status(const struct fleet *f, const char *want) {
        assert_json(json_encoded(&arena, inventory_status(&f->environment, &arena)), want);
}

static struct usage used_of(const struct sub_pool *s) {
        return (struct usage) { .sub_pool = s,
                                .pool = s->pool->name,
                                .mig_profile = s->mig_profile,
                                .total = s->units,
                                .free_units = s->units };
}

static void assert_condition(const struct fleet *f, enum condition_status status,
                             const char *reason, const char *message) {
        struct usage items[] = { used_of(&f->slices[0]),
                                 used_of(&f->slices[1]),
                                 used_of(&f->gpus),
                                 { .pool = TEXT("gone"), .over_committed = true } };
        struct usage_list used = { .items = items, .n = f->gone ? 4 : 3 };
        struct condition c;

        items[2].over_committed = f->over_committed;
        c = inventory_condition(&f->environment, &used, &arena);

        assert_true(text_equal(c.type, TEXT("CapacityValid")));
        assert_int_equal(c.status, status);
        if (!text_equal(c.reason, text_from(reason)) || !text_equal(c.message, text_from(message)))
                fail_msg("%.*s: %.*s", TEXT_ARG(c.reason), TEXT_ARG(c.message));
}

#define SLICES                                                                                     \
        "{'name':'layout','migProfile':'1g.10gb','resourceName':'nvidia.com/mig-1g.10gb',"         \
        "'memoryPerUnit':'10Gi','unitsPerNode':32,'nodes':2,'total':64,"                           \
        "'messages':['a 3g.40gb really has 39.5Gi']},"                                             \
        "{'name':'layout','migProfile':'3g.40gb','resourceName':'nvidia.com/mig-3g.40gb',"         \
        "'memoryPerUnit':'40Gi','unitsPerNode':8,'nodes':2,'total':16,"                            \
        "'messages':['a 3g.40gb really has 39.5Gi']}"

static void test_status(void **state) {
        struct fleet f;

        (void)state;
        set_up_fleet(&f);
        assert_status(&f, "{'capacity':{'total':88,'pools':[" SLICES ",{'name':'gpus',"
                          "'resourceName':'nvidia.com/gpu','unitsPerNode':8,'nodes':1,"
                          "'total':8}]}}");

        f.environment.source = CLUSTER_EXISTING;
        f.pools[1].n_sub_pools = 0;
        assert_status(&f, "{'capacity':{'total':80,'pools':[" SLICES "]},"
                          "'providerConfigRef':{'name':'eu-1-cluster'}}");

        f.environment.n_pools = 0;
        assert_status(&f, "{'capacity':{'total':0,'pools':[]},"
                          "'providerConfigRef':{'name':'eu-1-cluster'}}");
}

/* 90,000 pools of the largest size are more. */
static void test_total_is_capped(void **state) {
        struct value status;
        struct fleet f;

        (void)state;
        set_up_fleet(&f);
        f.slices[0].units = f.gpus.units = INT64_MAX / 2 + 1;
        status = json_encoded(&arena, inventory_status(&f.environment, &arena));
        assert_float_equal(value_at(status, "capacity.total").number, 0x1p63, 0);
}

static void test_unusable_pools_tell_why(void **state) {
        struct fleet f;

        (void)state;
        set_up_fleet(&f);
        f.environment.n_pools = 0;
        f.gpus.units = f.gpus.units_per_node = f.gpus.counted_per_node = f.gpus.nodes = 0;
        f.gpus.invalid = TEXT("unknown accelerator \"x\xe2\x80\xae\"");
        f.pools[0] = f.pools[1];
        f.environment.n_pools = 1;
        assert_status(&f, "{'capacity':{'total':0,'pools':[{'name':'gpus',"
                          "'unitsPerNode':0,'nodes':0,'total':0,"
                          "'messages':['unknown accelerator \\\"x\\\\u202e\\\"']}]}}");
        f.gpus.invalid = (struct text) { 0 };
        f.gpus.ambiguous = TEXT("other");
        assert_status(&f, "{'capacity':{'total':0,'pools':[{'name':'gpus','resourceName':"
                          "'nvidia.com/gpu','unitsPerNode':0,'nodes':0,'total':0,"
                          "'messages':['pool other has the same resource name and the same "
                          "selector: give each a selector of its own']}]}}");
}

static void test_condition(void **state) {
        struct fleet f;

        (void)state;
        set_up_fleet(&f);
        assert_condition(&f, CONDITION_TRUE, "Valid", "");
        f.pools[1].over_declared = true;
        assert_condition(&f, CONDITION_FALSE, "OverDeclared",
                         "Pool gpus: declares more than its GPUs have");
        f.pools[0].over_declared = true;
        f.message = TEXT("over-declared: memoryPerGpu is 48Gi");
        assert_condition(&f, CONDITION_FALSE, "OverDeclared",
                         "Pool layout, 1g.10gb: over-declared: memoryPerGpu is 48Gi; and 2 more");
        f.gone = true;
        assert_condition(&f, CONDITION_FALSE, "OverCommitted",
                         "Pool gone: no longer declared, but replicas that were ready have units "
                         "of it");
        f.over_committed = true;
        assert_condition(&f, CONDITION_FALSE, "OverCommitted",
                         "Pool gpus: replicas that were ready have no room any more, nothing new "
                         "is placed there; and 1 more");
        f.gpus.ambiguous = TEXT("other");
        assert_condition(&f, CONDITION_FALSE, "InvalidPool",
                         "Pool gpus: its resource name and selector are those of another pool");
        f.slices[1].invalid = TEXT("impossible layout: x");
        assert_condition(&f, CONDITION_FALSE, "InvalidPool",
                         "Pool layout, 3g.40gb: impossible layout: x; and 1 more");
        f.environment.invalid = TEXT("spec.nodePools: not a list: 7");
        assert_condition(&f, CONDITION_FALSE, "InvalidSpec", "spec.nodePools: not a list: 7");
}

/* The cluster cannot be reached without it; what it offers is valid all the same. */
static void test_no_secret(void **state) {
        struct fleet f;

        (void)state;
        set_up_fleet(&f);
        f.environment.source = CLUSTER_EXISTING;
        assert_condition(&f, CONDITION_TRUE, "Valid",
                         "Not ready: spec.cluster.existing.secretRef.name is needed to reach the "
                         "cluster");
        f.environment.secret_name = TEXT("kubeconfig");
        assert_condition(&f, CONDITION_TRUE, "Valid", "");
}

static void test_usable(void **state) {
        struct fleet f;

        (void)state;
        set_up_fleet(&f);
        assert_true(inventory_usable(&f.environment));
        f.slices[0].invalid = f.slices[1].invalid = TEXT("x");
        assert_true(inventory_usable(&f.environment));
        f.gpus.ambiguous = TEXT("y");
        assert_false(inventory_usable(&f.environment));
        f.environment.n_pools = 0;
        assert_false(inventory_usable(&f.environment));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_status),    cmocka_unit_test(test_unusable_pools_tell_why),
                cmocka_unit_test(test_condition), cmocka_unit_test(test_no_secret),
                cmocka_unit_test(test_usable),    cmocka_unit_test(test_total_is_capped),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
