/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "unit/deploy/world.h"

static struct world w;

/* Decides, and compares the whole decision. */
static struct decision decides(const char *want) {
        struct decision decision = world_decide(&w, &arena);

        assert_text(world_print(&decision, true, &arena), want);
        return decision;
}

/* The same, and what was decided is then observed. */
static struct decision decides_and_goes_on(const char *want) {
        struct decision decision = decides(want);

        world_observe(&w, &decision);
        return decision;
}

/* The first rejection's reason and sentence. */
static void assert_rejected(const struct decision *decision, size_t n, enum reason reason,
                            const char *sentence) {
        assert_int_equal(decision->rejections.n, n);
        assert_string_equal(reason_name(decision->rejections.items[0].verdict.reason),
                            reason_name(reason));
        assert_text(explain_rejection(&decision->rejections.items[0], &arena), sentence);
}

/* One environment eu-1 with a pool of two-unit nodes. */
static struct sub_pool *one_pool(int64_t nodes) {
        world_environment(&w, "eu-1");
        return world_pool(&w, "slices", "3g.40gb", 2, nodes, 40);
}

/* ---- a first placement ----------------------------------------------------------------------- */

/* Gemma with 40Gi in fp8: half an H100, though whole ones are free. */
static void test_best_fit(void **state) {
        struct sub_pool *slices;
        struct decision decision;

        (void)state;
        world_environment(&w, "eu-1");
        world_pool(&w, "gpus", "", 8, 4, 80);
        world_pool(&w, "small", "1g.10gb", 56, 1, 10);
        slices = world_pool(&w, "slices", "3g.40gb", 16, 4, 40);
        world_pool(&w, "unknown", "", 8, 4, 0)->memory_bytes = UNKNOWN_BYTES;
        w.profiles[0].needs.precisions = json_value(&arena, "['fp8']");
        w.pools[0][0].precisions = w.pools[0][2].precisions = json_value(&arena, "['bf16','fp8']");

        decision = decides("stays eu-1/slices fp8 1x1x1 used 0 fresh");
        assert_int_equal(decision.placed, 1);
        assert_int_equal(decision.ready, 0);
        assert_int_equal(decision.rejections.n, 0);
        assert_false(decision.settled);
        assert_text(decision.plan.assignments[0].suffix, "eu-1");
        assert_text(decision.plan.assignments[0].planned.model_kind, "ClusterModel");
        assert_text(decision.plan.assignments[0].planned.model_name, "gemma");
        assert_text(decision.plan.assignments[0].planned.mig_profile, "3g.40gb");
        assert_text(decision.plan.assignments[0].workload.uri, "hf://google/gemma-3-27b-it");

        /* One slice short: the whole GPU does as well. */
        slices->units_per_node = slices->counted_per_node = slices->nodes = slices->units = 1;
        world_other(&w, "first", slices, 1, 1, 1);
        decides("stays eu-1/gpus fp8 1x1x1 used 0 fresh");

        w.pools[0][0].precisions = (struct value) { 0 };
        decision = decides("");
        assert_int_equal(decision.placed, 0);
        assert_rejected(&decision, 4, REASON_PRECISION_UNSUPPORTED,
                        "wants precision fp8, the pool declares no precisionSupport: declare "
                        "capabilities.precisionSupport");
        assert_text(explain_count(&decision.rejections, &arena),
                    "0/4 pools fit: 2 InsufficientMemory, 1 PrecisionUnsupported, 1 NoCapacity; "
                    "closest: eu-1/slices/3g.40gb has 0 of 1 unit free: needs 1 more unit");
}

static void set_cost(struct sub_pool *sub_pool, const char *cost) {
        struct pool *pool = &w.pools[sub_pool->environment - w.environments]
                                    [sub_pool->pool - sub_pool->environment->pools];
        struct fault fault;

        pool->cost = text_from(cost);
        assert_int_equal(quantity_parse(pool->cost, &pool->cost_value, &fault), 0);
}

static void test_order_in_an_environment(void **state) {
        struct sub_pool *a, *b;

        (void)state;
        world_environment(&w, "eu-1");
        a = world_pool(&w, "a", "", 4, 2, 80);
        b = world_pool(&w, "b", "", 4, 2, 80);
        decides("stays eu-1/a fp8 1x1x1 used 0 fresh"); /* as declared */
        world_other(&w, "first", b, 1, 1, 1);
        decides("stays eu-1/b fp8 1x1x1 used 0 fresh"); /* fewest free */
        set_cost(a, "1.10");
        decides("stays eu-1/a fp8 1x1x1 used 0 fresh"); /* absent cost is last */
        set_cost(b, "1.09");
        decides("stays eu-1/b fp8 1x1x1 used 0 fresh"); /* cheaper */
        set_cost(b, "1.1");
        decides("stays eu-1/b fp8 1x1x1 used 0 fresh"); /* as cheap, fewest free */
        a->memory_bytes -= 1;
        decides("stays eu-1/a fp8 1x1x1 used 0 fresh"); /* least memory left over */

        /* Each profile in its turn, whatever fits the second one better. */
        w.model.n_profiles = 2;
        w.profiles[0].needs.memory_bytes = 80 * GIB;
        w.profiles[1].needs.memory_bytes = 80 * GIB - 1;
        decides("stays eu-1/b fp8 1x1x1 used 0 fresh");
        w.profiles[0].needs.memory_bytes = 80 * GIB + 1;
        decides("stays eu-1/a bf16 1x1x1 used 0 fresh");
}

/* By vram several GPUs have it together: what each has more than its part is left over. */
static void test_vram_left_over(void **state) {
        (void)state;
        world_environment(&w, "eu-1");
        world_pool(&w, "l40s", "", 8, 1, 48);
        world_pool(&w, "h100", "", 8, 1, 80);
        w.profiles[0].gpus_per_node = 0;
        w.profiles[0].needs.memory_bytes = 0;
        w.model.vram_bytes = 70 * GIB;
        decides("stays eu-1/h100 fp8 1x1x1 used 0 fresh");
        w.model.vram_bytes = 90 * GIB;
        decides("stays eu-1/l40s fp8 1x2x1 used 0 fresh");
}

static void test_order_of_environments(void **state) {
        struct sub_pool *b, *c;

        (void)state;
        world_environment(&w, "a");
        world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        world_pool(&w, "filler", "", 4, 1, 10);
        b = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "c");
        c = world_pool(&w, "p", "", 4, 1, 80);

        decides("stays a/p fp8 1x1x1 used 0 fresh"); /* by name; declared order is not asked */
        world_other(&w, "first", c, 1, 2, 2);
        decides("stays c/p fp8 1x1x1 used 0 fresh"); /* fewest free */
        w.deployment.environments = 2;
        decides("stays c/p fp8 1x1x1 used 0 fresh; stays a/p fp8 1x1x1 used 0 fresh");
        b->memory_bytes = 40 * GIB;
        decides("stays b/p fp8 1x1x1 used 0 fresh; stays c/p fp8 1x1x1 used 0 fresh");

        w.deployment.environments = 1;
        w.model.n_profiles = 2;
        w.profiles[0].environment_selector = json_value(&arena, "{'tier':'gold'}");
        w.environments[0].labels = w.profiles[0].environment_selector;
        w.profiles[1].needs.memory_bytes = 40 * GIB;
        decides("stays a/p fp8 1x1x1 used 0 fresh"); /* its first profile fits, b's second */
}

/* A first placement is all or nothing, and takes no seat that somebody waits for. */
static void test_all_or_nothing(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct decision decision;

        (void)state;
        world_other(&w, "first", slices, 1, 2, 2);
        w.deployment.replicas = 3;
        decision = decides("");
        assert_rejected(&decision, 1, REASON_NO_CAPACITY,
                        "wants 3 units, 2 of 4 are free, at most 2 of them on one node");
        w.deployment.replicas = 2;
        decides("stays eu-1/slices fp8 1x1x2 used 0 fresh");

        world_other(&w, "second", slices, 2, 2, 1);
        decision = decides("");
        assert_rejected(&decision, 1, REASON_NO_CAPACITY,
                        "wants 2 units, 0 of 4 are free, at most 0 of them on one "
                        "node; nothing is granted there while second has no seat for "
                        "what it reserved");
        /* Whoever comes with a higher priority throws nobody out either. */
        w.deployment.priority = 100;
        decides("");
}

static void test_over_committed(void **state) {
        struct sub_pool *slices = one_pool(2);

        (void)state;
        world_other(&w, "first", slices, 2, 1, 1);
        decides("stays eu-1/slices fp8 1x1x1 used 0 fresh");
        world_hold(&w, slices, 1, 1);
        w.deployment.replicas = 2;
        decides("stays eu-1/slices fp8 1x1x2 used 1");
        world_other(&w, "large", slices, 3, 1, 1); /* the pool's nodes were larger once */
        decides("stays eu-1/slices fp8 1x1x1 used 1");
        w.n_held = 0;
        w.deployment.replicas = 1;
        decides("");
}

/* ---- keep, grow, shrink ---------------------------------------------------------------------- */

static void test_keep(void **state) {
        struct sub_pool *gpus;
        struct decision decision;

        (void)state;
        world_environment(&w, "eu-1");
        gpus = world_pool(&w, "gpus", "", 8, 1, 80);
        world_hold(&w, gpus, 1, 1)->service.url = TEXT("https://chat.eu-1");
        world_pool(&w, "slices", "3g.40gb", 16, 1, 40);
        world_environment(&w, "eu-2");
        set_cost(world_pool(&w, "slices", "3g.40gb", 16, 1, 40), "0.01");
        decision = decides("stays eu-1/gpus fp8 1x1x1 used 1");
        assert_true(decision.settled);
        assert_int_equal(decision.ready, 1);
        assert_text(decision.url, "https://chat.eu-1");

        w.environments[0].not_ready = true;
        w.pools[0][0].schedulable = SCHEDULABLE_NO_NEW;
        w.profiles[0].image = TEXT("vllm:next");
        gpus->resource_name = TEXT("example.com/gpu");
        decision = decides("stays eu-1/gpus fp8 1x1x1 used 1");
        assert_text(decision.plan.assignments[0].workload.image, "vllm:next");
        assert_text(decision.plan.assignments[0].planned.resource_name, "example.com/gpu");

        /* Better before in the model's order: still where it is. */
        w.model.n_profiles = 2;
        w.profiles[1] = w.profiles[0];
        w.profiles[0].name = TEXT("fp4");
        w.profiles[0].needs.memory_bytes = GIB;
        decides("stays eu-1/gpus fp8 1x1x1 used 1");
}

static void test_growth(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct decision decision;

        (void)state;
        world_hold(&w, slices, 1, 1);
        world_other(&w, "first", slices, 1, 1, 1);
        w.deployment.replicas = 3;
        decision = decides("stays eu-1/slices fp8 1x1x3 used 1");
        assert_int_equal(decision.short_replicas, 0);
        w.deployment.replicas = 9;
        decision = decides("stays eu-1/slices fp8 1x1x3 used 1"); /* as far as it fits */
        assert_int_equal(decision.short_replicas, 6);
        assert_int_equal(decision.rejections.n, 0);
        assert_false(decision.settled);
        assert_null(decision.closed);

        w.environments[0].not_ready = true;
        decision = decides("stays eu-1/slices fp8 1x1x1 used 1");
        assert_ptr_equal(decision.closed, slices);
        w.environments[0].not_ready = false;
        w.pools[0][0].schedulable = SCHEDULABLE_NO_NEW;
        decision = decides("stays eu-1/slices fp8 1x1x1 used 1");
        assert_ptr_equal(decision.closed, slices);
        w.pools[0][0].schedulable = SCHEDULABLE_ALWAYS;

        /* Somebody who holds a later place would lose it. */
        world_other(&w, "later", slices, 1, 1, 0);
        decision = decides("stays eu-1/slices fp8 1x1x2 used 1");
        assert_int_equal(decision.short_replicas, 7);
        world_other(&w, "later-still", slices, 2, 1, 0);
        decides("stays eu-1/slices fp8 1x1x1 used 1"); /* somebody is without a seat */
}

static void test_scale_down(void **state) {
        struct sub_pool *slices = one_pool(2);

        (void)state;
        world_hold(&w, slices, 4, 3);
        w.deployment.replicas = 2;
        decides("stays eu-1/slices fp8 1x1x2 used 2");
        w.deployment.replicas = 3;
        assert_false(decides("stays eu-1/slices fp8 1x1x3 used 3").short_replicas);
}

/* An environment more, and one less: never served first, then the last made. */
static void test_more_and_fewer_environments(void **state) {
        struct sub_pool *a, *b, *c;

        (void)state;
        world_environment(&w, "a");
        a = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        b = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "c");
        c = world_pool(&w, "p", "", 4, 1, 80);
        world_hold(&w, c, 1, 1);
        world_hold(&w, a, 1, 0);
        w.deployment.environments = 3;
        decides("stays c/p fp8 1x1x1 used 1; stays a/p fp8 1x1x1 used 0; "
                "stays b/p fp8 1x1x1 used 0 fresh");

        world_hold(&w, b, 1, 1);
        w.deployment.environments = 2;
        decides("stays c/p fp8 1x1x1 used 1; "
                "drops a/p fp8 1x1x1 used 0: fewer environments are wanted; "
                "stays b/p fp8 1x1x1 used 1");
        w.deployment.environments = 1;
        decides("stays c/p fp8 1x1x1 used 1; "
                "drops a/p fp8 1x1x1 used 0: fewer environments are wanted; "
                "drops b/p fp8 1x1x1 used 1: fewer environments are wanted");

        w.deployment.environments = 2;
        w.held[2].observed.used = w.held[2].service.ready_replicas = 0;
        decides("stays c/p fp8 1x1x1 used 1; drops a/p fp8 1x1x1 used 0: "
                "fewer environments are wanted; stays b/p fp8 1x1x1 used 1");
}

/* ---- two at once ----------------------------------------------------------------------------- */

/* Both took the last slice; both decide from one snapshot, and exactly one yields. */
static void test_two_at_once(void **state) {
        static const char *const names[] = { "chat", "later" };

        (void)state;
        for (size_t me = 0; me < 2; me++) {
                struct sub_pool *slices;

                world_init(&w);
                slices = one_pool(1);
                world_other(&w, "first", slices, 1, 1, 1);
                w.deployment.name = text_from(names[me]);
                world_hold(&w, slices, 1, 0);
                world_other(&w, names[1 - me], slices, 1, 1, 0);
                if (me == 0)
                        decides("stays eu-1/slices fp8 1x1x1 used 0");
                else
                        decides("drops eu-1/slices fp8 1x1x0 used 0: gave 1 replica back: "
                                "chat has the units");
        }
        /* Who yields may find another place in the same answer. */
        world_pool(&w, "more", "3g.40gb", 2, 1, 40);
        decides("drops eu-1/slices fp8 1x1x0 used 0: gave 1 replica back: "
                "chat has the units; stays eu-1/more fp8 1x1x1 used 0 fresh");
}

static void test_trimmed_growth(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct decision decision;

        (void)state;
        world_hold(&w, slices, 3, 1);
        world_other(&w, "a", slices, 1, 2, 1);
        w.deployment.replicas = 3;
        decision = decides("stays eu-1/slices fp8 1x1x2 used 1: gave 1 replica back: a "
                           "has the units");
        assert_int_equal(decision.short_replicas, 1);
}

/* A priority that only this deployment knows of must not decide who yields: the other cannot see
 * it. */
static void test_priority_not_yet_observed(void **state) {
        struct sub_pool *slices = one_pool(1);
        struct decision decision;

        (void)state;
        world_hold(&w, slices, 2, 0);
        world_other(&w, "other", slices, 1, 1, 0)->priority = 5;
        w.deployment.replicas = 2;
        w.deployment.priority = 10;
        decision = decides("stays eu-1/slices fp8 1x1x1 used 0: gave 1 replica back: "
                           "other has the units");
        assert_int_equal(decision.plan.assignments[0].planned.priority, 10);
}

/* ---- nothing to choose from ------------------------------------------------------------------ */

static void assert_counted(const struct decision *decision, const char *want) {
        assert_text(explain_count(&decision->rejections, &arena), want);
}

static void test_set_aside(void **state) {
        struct decision decision;

        (void)state;
        world_environment(&w, "a");
        decision = decides("");
        assert_counted(&decision, "environment a declares no nodePools");
        w.environments[0].invalid = TEXT("spec.nodePools: must be a list, but is a map");
        decision = decides("");
        assert_counted(&decision, "environment a cannot be read: spec.nodePools: must be a list, "
                                  "but is a map");
        world_environment(&w, "b");
        world_pool(&w, "p", "", 1, 1, 10);
        decision = decides("");
        assert_counted(
                &decision,
                "0/1 pool fits: 1 InsufficientMemory; closest: b/p has 10Gi of 40Gi of memory "
                "per unit: needs 30Gi more; environment a cannot be "
                "read: spec.nodePools: must be a list, but is a map");
        w.sub_pools[1][0].memory_bytes = 80 * GIB;
        w.deployment.environments = 2;
        w.n_environments = 1;
        w.environments[0] = w.environments[1];
        decision = decides("stays b/p fp8 1x1x1 used 0 fresh");
        assert_counted(&decision, "no environment is left to choose from");
}

/* A spec that cannot be read tells of no pool: what is there leaves, and goes on serving. */
static void test_unreadable_environment(void **state) {
        struct sub_pool *slices = one_pool(4);

        (void)state;
        world_hold(&w, slices, 1, 1);
        w.environments[0].invalid = TEXT("spec.nodePools: must be a list, but is a map");
        w.environments[0].n_pools = w.environments[0].n_sub_pools = 0;
        decides_and_goes_on("stays eu-1/slices fp8 1x1x1 used 1: the environment cannot "
                            "be read: spec.nodePools: must be a list, but is a map");
        w.environments[0].invalid = (struct text) { 0 };
        w.environments[0].n_pools = w.environments[0].n_sub_pools = 1;
        decides("stays eu-1/slices fp8 1x1x1 used 1");
}

/* ---- quotas ---------------------------------------------------------------------------------- */

static struct quota *limit_to(const char *name, const char *hard) {
        struct quota *quota = &w.quotas[w.n_quotas++];

        *quota = (struct quota) { .name = text_from(name), .hard = json_value(&arena, hard) };
        return quota;
}

/* Units of the namespace that the ledger has, and ours, against the smallest limit. */
static void test_quota(void **state) {
        struct sub_pool *slices = one_pool(16);
        struct reservation *other;
        struct decision decision;

        (void)state;
        w.deployment.replicas = 3;
        limit_to("wide", "{'requests.nvidia.com/gpu': '9'}");
        limit_to("other-resource", "{'requests.nvidia.com/mig-1g.10gb': '0'}");
        limit_to("gpus", "{'requests.nvidia.com/gpu': '5'}");
        other = world_other(&w, "other", slices, 1, 2, 0);
        decides("stays eu-1/slices fp8 1x1x3 used 0 fresh"); /* exactly */
        other->reserved = 3;
        decision = decides("");
        assert_rejected(
                &decision, 1, REASON_QUOTA_EXCEEDED,
                "wants 3 units, ResourceQuota gpus has 2 of 5 left of requests.nvidia.com/gpu");
        other->reserved = 7;
        decision = decides("");
        assert_rejected(
                &decision, 1, REASON_QUOTA_EXCEEDED,
                "wants 3 units, ResourceQuota gpus has 0 of 5 left of requests.nvidia.com/gpu");
        w.quotas[2].hard = json_value(&arena, "{'requests.nvidia.com/gpu': '10'}");
        w.n_quotas = 1; /* what the sentence says of the next one: 7 of 9 */
        other->reserved = 6;
        decides("stays eu-1/slices fp8 1x1x3 used 0 fresh");
        other->reserved = 7;
        other->namespace_ = TEXT("elsewhere");
        decides("stays eu-1/slices fp8 1x1x3 used 0 fresh");
        other->namespace_ = TEXT("team");
        other->resource_name = TEXT("nvidia.com/mig-1g.10gb");
        decides("stays eu-1/slices fp8 1x1x3 used 0 fresh");
        other->resource_name = TEXT("nvidia.com/gpu");
        w.quotas[0].scopes = json_value(&arena, "['Terminating']");
        decides("stays eu-1/slices fp8 1x1x3 used 0 fresh");
}

/* The class is the deployment's, else the pool's, as the pods will have it. */
static void test_quota_of_a_class(void **state) {
        (void)state;
        one_pool(4);
        limit_to("gold", "{'requests.nvidia.com/gpu': '0'}")->expressions = json_value(
                &arena, "[{'scopeName': 'PriorityClass', 'operator': 'In', 'values': ['gold']}]");
        decides("stays eu-1/slices fp8 1x1x1 used 0 fresh");
        w.pools[0][0].priority_class = TEXT("gold");
        decides("");
        w.deployment.priority_class = TEXT("tin");
        decides("stays eu-1/slices fp8 1x1x1 used 0 fresh");
        w.deployment.priority_class = TEXT("gold");
        w.pools[0][0].priority_class = TEXT("tin");
        decides("");
}

/* Of claims Kubernetes counts devices by their class, and knows no scopes. */
static void test_quota_of_devices(void **state) {
        struct sub_pool *slices = one_pool(8);
        struct decision decision;

        (void)state;
        w.pools[0][0].allocation = ALLOCATION_DRA;
        slices->resource_name = TEXT("mig.nvidia.com");
        world_other(&w, "other", slices, 1, 2, 2);
        limit_to("pods", "{'requests.mig.nvidia.com': '0', 'requests.nvidia.com/gpu': '0'}");
        limit_to("devices", "{'mig.nvidia.com.deviceclass.resource.k8s.io/devices': '3'}");
        decides("stays eu-1/slices fp8 1x1x1 used 0 fresh");
        w.deployment.replicas = 2;
        decision = decides("");
        assert_rejected(&decision, 1, REASON_QUOTA_EXCEEDED,
                        "wants 2 units, ResourceQuota devices has 1 of 3 left of "
                        "mig.nvidia.com.deviceclass.resource.k8s.io/devices");
        w.quotas[1].scopes = json_value(&arena, "['NotTerminating']");
        decides("stays eu-1/slices fp8 1x1x2 used 0 fresh");
}

/* Only pods of this cluster are held against its quotas. */
static void test_quota_of_this_cluster(void **state) {
        struct sub_pool *slices = one_pool(4);

        (void)state;
        world_other(&w, "other", slices, 1, 1, 1);
        world_environment(&w, "eu-2");
        world_pool(&w, "p", "", 4, 1, 80);
        limit_to("gpus", "{'requests.nvidia.com/gpu': '1'}");
        decides("");
        w.settings.target = TARGET_OBJECT;
        decides("stays eu-1/slices fp8 1x1x1 used 0 fresh");
        w.settings.target = TARGET_AUTO;
        w.environments[1].source = CLUSTER_EXISTING;
        decides("stays eu-2/p fp8 1x1x1 used 0 fresh");
        w.environments[1].source = CLUSTER_IN_CLUSTER;
        w.environments[0].source = CLUSTER_GKE; /* and so is what the other holds there */
        w.pools[0][0].schedulable = SCHEDULABLE_NO_NEW;
        decides("stays eu-2/p fp8 1x1x1 used 0 fresh");
        w.settings.target = TARGET_DIRECT;
        decides("");
        w.settings.target = TARGET_AUTO;
        w.others[0].environment = TEXT("gone"); /* nobody knows: in doubt it counts */
        decides("");
}

/* One's own replicas in another cluster are no pods of the namespace here either. */
static void test_quota_of_own_elsewhere(void **state) {
        struct decision decision;

        (void)state;
        world_environment(&w, "a");
        world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        world_pool(&w, "p", "", 4, 1, 80);
        w.deployment.environments = 2;
        limit_to("gpus", "{'requests.nvidia.com/gpu': '1'}");
        decides("stays a/p fp8 1x1x1 used 0 fresh");
        w.environments[0].source = CLUSTER_GKE;
        decision = decides("stays a/p fp8 1x1x1 used 0 fresh; "
                           "stays b/p fp8 1x1x1 used 0 fresh");
        w.environments[0].source = CLUSTER_IN_CLUSTER;
        w.environments[1].source = CLUSTER_EXISTING; /* whichever is chosen first */
        decides("stays a/p fp8 1x1x1 used 0 fresh; stays b/p fp8 1x1x1 used 0 fresh");
        world_observe(&w, &decision);
        decides("stays a/p fp8 1x1x1 used 0; stays b/p fp8 1x1x1 used 0");
        w.environments[1].source = CLUSTER_IN_CLUSTER; /* where both are here, one yields */
        decides("stays a/p fp8 1x1x1 used 0; "
                "drops b/p fp8 1x1x0 used 0: the namespace's quota is used up");
}

static void test_quota_while_growing(void **state) {
        struct sub_pool *slices = one_pool(16);
        struct decision decision;

        (void)state;
        world_hold(&w, slices, 1, 1);
        world_other(&w, "other", slices, 1, 2, 2);
        limit_to("gpus", "{'requests.nvidia.com/gpu': '5'}");
        w.deployment.replicas = 4;
        decision = decides_and_goes_on("stays eu-1/slices fp8 1x1x3 used 1");
        assert_int_equal(decision.short_replicas, 1);
        assert_true(decision.quota.limited);
        assert_int_equal(decision.quota.limit, 5);
        decides("stays eu-1/slices fp8 1x1x3 used 1");
        w.deployment.replicas = 3;
        assert_false(decides("stays eu-1/slices fp8 1x1x3 used 1").quota.limited);
        w.quotas[0].hard = json_value(&arena, "{'requests.nvidia.com/gpu': '0'}");
        decides("stays eu-1/slices fp8 1x1x1 used 1"); /* what served goes on */
}

/* Two took the last of a quota: the ledger's order settles it, whoever looks. */
static void test_quota_two_at_once(void **state) {
        struct sub_pool *slices = one_pool(16);
        struct reservation *other;

        (void)state;
        world_hold(&w, slices, 2, 0);
        other = world_other(&w, "other", slices, 1, 2, 0);
        w.deployment.replicas = 2;
        limit_to("gpus", "{'requests.nvidia.com/gpu': '3'}");
        decides("stays eu-1/slices fp8 1x1x2 used 0"); /* made in 2025, the other has no date */
        other->priority = 1;
        decides("stays eu-1/slices fp8 1x1x1 used 0");
        other->priority = 0;
        other->used = 2;
        decides("stays eu-1/slices fp8 1x1x1 used 0");
        w.quotas[0].hard = json_value(&arena, "{'requests.nvidia.com/gpu': '2'}");
        decides("drops eu-1/slices fp8 1x1x0 used 0: the namespace's quota is used up");
}

/* One answer never spends what is left of a quota twice. */
static void test_quota_over_environments(void **state) {
        struct decision decision;

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                world_environment(&w, (const char *[]) { "a", "b", "c" }[i]);
                world_pool(&w, "p", "", 4, 1, 80);
        }
        w.deployment.environments = 3;
        limit_to("gpus", "{'requests.nvidia.com/gpu': '2'}");
        decision = decides("stays a/p fp8 1x1x1 used 0 fresh; "
                           "stays b/p fp8 1x1x1 used 0 fresh");
        assert_rejected(
                &decision, 1, REASON_QUOTA_EXCEEDED,
                "wants 1 unit, ResourceQuota gpus has 0 of 2 left of requests.nvidia.com/gpu");
}

/* Larger replicas are within the quota too, or a replacement is looked for. */
static void test_quota_of_larger_replicas(void **state) {
        struct sub_pool *gpus;

        (void)state;
        world_environment(&w, "eu-1");
        gpus = world_pool(&w, "gpus", "", 8, 1, 80);
        world_hold(&w, gpus, 1, 1);
        w.profiles[0].gpus_per_node = 3;
        limit_to("gpus", "{'requests.nvidia.com/gpu': '3'}");
        decides("leaves eu-1/gpus fp8 1x1x1 used 1: a replica wants more "
                "units now");
        w.quotas[0].hard = json_value(&arena, "{'requests.nvidia.com/gpu': '2'}");
        decides("leaves eu-1/gpus fp8 1x1x1 used 1: a replica wants more "
                "units now");
}

/* ---- make before break ----------------------------------------------------------------------- */

static void test_drain(void **state) {
        struct sub_pool *a, *b;
        struct decision decision;

        (void)state;
        world_environment(&w, "a");
        a = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        b = world_pool(&w, "p", "", 1, 1, 80);
        world_hold(&w, a, 1, 1)->service.url = TEXT("https://a");
        w.pools[0][0].schedulable = SCHEDULABLE_DRAIN;

        world_other(&w, "other", b, 1, 1, 1);
        decision = decides_and_goes_on("leaves a/p fp8 1x1x1 used 1: the pool is being "
                                       "drained");
        assert_int_equal(decision.placed, 0);
        assert_true(decision.plan.assignments[0].leaves_now);
        assert_true(decision.plan.assignments[0].planned.leaving);
        assert_text(decision.url, "https://a");
        assert_rejected(&decision, 2, REASON_POOL_CORDONED,
                        "the pool's schedulable is Drain, not Always");
        assert_false(world_decide(&w, &arena).plan.assignments[0].leaves_now);

        w.n_others = 0;
        decision = decides_and_goes_on("leaves a/p fp8 1x1x1 used 1: the pool is being "
                                       "drained; stays b/p fp8 1x1x1 used 0 fresh");
        assert_int_equal(decision.rejections.n, 0);
        decides_and_goes_on("leaves a/p fp8 1x1x1 used 1: the pool is being drained; "
                            "stays b/p fp8 1x1x1 used 0");
        world_serve(&w.held[1]);
        decision = decides_and_goes_on("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                                       "stays b/p fp8 1x1x1 used 1");
        assert_true(decision.settled);
        assert_int_equal(w.n_held, 1);
        assert_int_equal(w.held[0].observed.order, 1);
        decides("stays b/p fp8 1x1x1 used 1");
}

/* The drain was called off: what was leaving stays, and the replacement that never served goes. */
static void test_drain_called_off(void **state) {
        struct sub_pool *a, *b;

        (void)state;
        world_environment(&w, "a");
        a = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        b = world_pool(&w, "p", "", 4, 1, 80);
        world_hold(&w, a, 1, 1)->observed.leaving = true;
        world_hold(&w, b, 1, 0);
        decides("stays a/p fp8 1x1x1 used 1; "
                "drops b/p fp8 1x1x1 used 0: fewer environments are wanted");
}

static void drain_two(void) {
        static const char *const names[] = { "a", "b", "c", "d" };
        struct sub_pool *s[4];

        for (size_t i = 0; i < 4; i++) {
                world_environment(&w, names[i]);
                s[i] = world_pool(&w, "p", "", 4, 1, 80);
        }
        w.deployment.environments = 2;
        world_hold(&w, s[0], 1, 1);
        world_hold(&w, s[1], 1, 1);
        w.pools[0][0].schedulable = w.pools[1][0].schedulable = SCHEDULABLE_DRAIN;
        decides_and_goes_on("leaves a/p fp8 1x1x1 used 1: the pool is being drained; "
                            "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                            "stays c/p fp8 1x1x1 used 0 fresh; "
                            "stays d/p fp8 1x1x1 used 0 fresh");
}

/* As many go as there are Ready replacements, the first made first. */
static void test_drain_of_two(void **state) {
        (void)state;
        drain_two();
        world_serve(&w.held[2]);
        decides_and_goes_on("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                            "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                            "stays c/p fp8 1x1x1 used 1; stays d/p fp8 1x1x1 used 0");
        decides_and_goes_on("leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                            "stays c/p fp8 1x1x1 used 1; stays d/p fp8 1x1x1 used 0");
        world_serve(&w.held[2]);
        decides("drops b/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays c/p fp8 1x1x1 used 1; stays d/p fp8 1x1x1 used 1");
}

/* The second replacement alone sends nobody away: next time it would count once more. */
static void test_drain_of_two_second_first(void **state) {
        (void)state;
        drain_two();
        world_serve(&w.held[3]);
        decides_and_goes_on("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                            "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                            "stays c/p fp8 1x1x1 used 0; stays d/p fp8 1x1x1 used 1");
        world_serve(&w.held[2]);
        decides("leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays c/p fp8 1x1x1 used 0; stays d/p fp8 1x1x1 used 1");
}

/* One original stays and is Ready: that is no replacement of the other. */
static void test_an_original_is_no_replacement(void **state) {
        struct sub_pool *a, *b;

        (void)state;
        world_environment(&w, "a");
        a = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        b = world_pool(&w, "p", "", 4, 1, 80);
        w.deployment.environments = 2;
        world_hold(&w, a, 1, 1);
        world_hold(&w, b, 1, 1);
        w.pools[0][0].schedulable = SCHEDULABLE_DRAIN;
        decides("leaves a/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays b/p fp8 1x1x1 used 1");
        w.deployment.environments = 1; /* as many as wanted stay and are Ready */
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays b/p fp8 1x1x1 used 1");
}

/* Units that are given back are there for growth in the same answer. */
static void test_retired_units_are_free(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct assignment *leaving = world_hold(&w, slices, 1, 1);

        (void)state;
        leaving->observed.nodes = 2;
        leaving->suffix = TEXT("eu-1-g2");
        world_hold(&w, slices, 1, 1);
        w.deployment.replicas = 4;
        decides("drops eu-1/slices fp8 2x1x1 used 1: a replica spans another number of nodes "
                "now; stays eu-1/slices fp8 1x1x4 used 1");
}

/* ---- reasons to leave ------------------------------------------------------------------------ */

static void lose_environment(void) {
        w.environments[0].name = TEXT("eu-0");
        w.pools[0][0].schedulable = SCHEDULABLE_NO_NEW;
}
static void lose_pool(void) {
        w.pools[0][0].name = TEXT("other");
        w.pools[0][0].schedulable = SCHEDULABLE_NO_NEW;
}
static void lose_mig_profile(void) {
        w.sub_pools[0][0].mig_profile = TEXT("4g.40gb");
        w.pools[0][0].schedulable = SCHEDULABLE_NO_NEW;
}
static void lose_profile(void) {
        w.profiles[0].name = TEXT("renamed");
        w.profiles[0].needs.memory_bytes = 80 * GIB;
}
static void relabel(void) {
        w.deployment.environment_selector = json_value(&arena, "{'tier':'gold'}");
}
static void need_memory(void) {
        w.profiles[0].needs.memory_bytes = 41 * GIB;
}
static void name_other_model(void) {
        w.deployment.model_name = TEXT("llama");
        w.profiles[0].needs.memory_bytes = 80 * GIB;
}
static void name_other_kind(void) {
        w.deployment.model_kind = TEXT("Model");
        w.profiles[0].needs.memory_bytes = 80 * GIB;
}
static void need_units(void) {
        w.profiles[0].gpus_per_node = 2;
        w.settings.multi_slice = true;
}
static void need_nodes(void) {
        w.profiles[0].nodes = 3;
        w.settings.multi_node = true;
        w.pools[0][0].multi_node = json_value(&arena, "true");
}

struct leave_row {
        void (*change)(void);
        const char *why;
};

static const struct leave_row leave_rows[] = {
        { lose_environment, "the environment is gone" },
        { lose_pool, "the pool, or its MIG profile, is gone" },
        { lose_mig_profile, "the pool, or its MIG profile, is gone" },
        { lose_profile, "the model has no such serving profile any more" },
        { relabel, "the deployment's environmentSelector wants tier=gold, the environment has no "
                   "label tier" },
        { need_memory, "wants 41Gi of memory per unit, a unit here has 40Gi" },
        { name_other_model, "the deployment names another model" },
        { name_other_kind, "the deployment names another model" },
        { need_units, "a replica wants more units now" },
        { need_nodes, "wants 3 nodes, the pool has 2" },
};

/* It stays composed and counted, as it is, where no replacement is found. */
static void test_reasons_to_leave(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(leave_rows) / sizeof(leave_rows[0]); i++) {
                struct sub_pool *slices;
                struct decision decision;
                struct text want;

                world_init(&w);
                slices = one_pool(2);
                world_other(&w, "other", slices, 1, 2, 2);
                world_hold(&w, slices, 2, 2);
                w.deployment.replicas = 2;
                leave_rows[i].change();
                want = text_format(&arena, "leaves eu-1/slices fp8 1x1x2 used 2: %s",
                                   leave_rows[i].why);
                decision = decides(text_format(&arena, "%.*s%c", TEXT_ARG(want), '\0').data);
                assert_false(decision.settled);
                w.partly = true;
                assert_false(world_decide(&w, &arena).settled);
        }
}

/* ---- replacements in one environment ----------------------------------------------------------
 */

/* What left for another assignment of its environment does not come back beside it. */
static void test_replaced_in_its_environment(void **state) {
        struct sub_pool *slices = one_pool(4);
        struct assignment *held;

        (void)state;
        w.model.n_profiles = 2;
        w.profiles[1].needs.memory_bytes = 0;
        w.profiles[0].nodes = 2;
        w.settings.multi_node = true;
        w.pools[0][0].multi_node = json_value(&arena, "true");
        w.deployment.environments = 2;
        held = world_hold(&w, slices, 1, 1);
        held->observed.serving_profile = TEXT("bf16");
        held->observed.leaving = true;
        held = world_hold(&w, slices, 1, 0);
        held->observed.nodes = 2;
        held->suffix = TEXT("eu-1-g2");
        decides("stays eu-1/slices bf16 1x1x1 used 1; drops eu-1/slices fp8 "
                "2x1x0 used 0: it is being replaced in its environment");
        held->observed.leaving = true; /* not by one that leaves itself */
        w.profiles[0].needs.memory_bytes = 41 * GIB;
        decides("stays eu-1/slices bf16 1x1x1 used 1; drops eu-1/slices fp8 "
                "2x1x0 used 0: wants 41Gi of memory per unit, a unit here "
                "has 40Gi");
}

/* Another group size has keys of its own: both are there, and both count. */
static void test_group_size(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct decision decision;

        (void)state;
        world_hold(&w, slices, 1, 1);
        world_other(&w, "other", slices, 1, 1, 1);
        w.profiles[0].nodes = 2;
        w.settings.multi_node = true;
        w.pools[0][0].multi_node = json_value(&arena, "true");
        decision = decides("leaves eu-1/slices fp8 1x1x1 used 1: a replica spans another "
                           "number of nodes now");
        assert_rejected(&decision, 1, REASON_NO_CAPACITY,
                        "wants 2 units, 2 of 4 are free, at most 2 of them on one node");
        w.n_others = 0;
        decision = decides("leaves eu-1/slices fp8 1x1x1 used 1: a replica spans another "
                           "number of nodes now; stays eu-1/slices fp8 2x1x1 used 0 fresh");
        assert_text(decision.plan.assignments[1].suffix, "eu-1-m2");
}

/* Whatever a replica wants now, what is there keeps its size and leaves, room or not. */
static void test_units_per_replica(void **state) {
        struct sub_pool *slices = one_pool(2);

        (void)state;
        world_hold(&w, slices, 2, 2);
        w.deployment.replicas = 2;
        need_units();
        decides("leaves eu-1/slices fp8 1x1x2 used 2: a replica wants more units now");
        w.held[0].observed.units_per_node = 2;
        w.profiles[0].gpus_per_node = 1;
        w.partly = true;
        assert_false(decides("leaves eu-1/slices fp8 1x2x2 used 2: a replica wants fewer units "
                             "now")
                             .settled);
        w.held[0].observed.units_per_node = 1;
        assert_true(decides("stays eu-1/slices fp8 1x1x2 used 2").settled);
}

/* ---- settled --------------------------------------------------------------------------------- */

static void test_settled(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct assignment *held = world_hold(&w, slices, 2, 2), before = *held;

        (void)state;
        w.partly = true;
        w.deployment.replicas = 2;
        assert_true(deploy_is_settled(&w.deployment, w.held, 1));
        assert_true(world_decide(&w, &arena).settled);
        assert_false(deploy_is_settled(&w.deployment, w.held, 0));

        held->observed.used = 1;
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        *held = before;
        held->observed.leaving = true;
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        *held = before;
        held->rebuilt = true;
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        *held = before;
        held->service.observed = false; /* deleted by hand: others may have its name */
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        *held = before;
        w.deployment.replicas = 3;
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        assert_false(world_decide(&w, &arena).settled);
        w.deployment.replicas = 1;
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        w.deployment.replicas = 2;
        w.deployment.environments = 2;
        assert_false(deploy_is_settled(&w.deployment, w.held, 1));
        assert_false(world_decide(&w, &arena).settled);
}

/* ---- odds ------------------------------------------------------------------------------------ */

static void test_url(void **state) {
        struct sub_pool *a, *b;

        (void)state;
        world_environment(&w, "a");
        a = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "b");
        b = world_pool(&w, "p", "", 4, 1, 80);
        w.deployment.environments = 2;
        world_hold(&w, b, 1, 1)->service.url = TEXT("https://b");
        world_hold(&w, a, 1, 0)->service.url = TEXT("https://a");
        assert_text(world_decide(&w, &arena).url, "https://b");
        world_serve(&w.held[1]);
        assert_text(world_decide(&w, &arena).url, "https://b"); /* Ready, but with no address */
        w.held[1].service.url = TEXT("https://a");
        assert_text(world_decide(&w, &arena).url, "https://a");
        assert_int_equal(world_decide(&w, &arena).ready, 2);
}

static void test_odd_reservations(void **state) {
        struct sub_pool *slices = one_pool(2);
        struct assignment *held = world_hold(&w, slices, 1, 1);
        struct decision decision;

        (void)state;
        held->observed.model_name = (struct text) { 0 };
        held->observed.order = INT64_MAX;
        decision = decides("stays eu-1/slices fp8 1x1x1 used 1");
        assert_text(decision.plan.assignments[0].planned.model_kind, "ClusterModel");
        assert_text(decision.plan.assignments[0].planned.model_name, "gemma");
        held->observed.reserved = held->observed.used = INT64_C(1) << 62;
        decides("stays eu-1/slices fp8 1x1x1 used 1");
        world_other(&w, "a", slices, 1, INT64_C(1) << 62, 0);
        world_other(&w, "b", slices, 1, INT64_C(1) << 62, INT64_C(1) << 61);
        decides("stays eu-1/slices fp8 1x1x1 used 1");

        world_environment(&w, "eu-2");
        world_pool(&w, "p", "", 4, 1, 80);
        w.deployment.environments = 2;
        /* Nothing is made after the last order there is: 0 is as good as any. */
        decides("stays eu-2/p fp8 1x1x1 used 0 fresh; stays eu-1/slices fp8 1x1x1 used 1");
}

static void test_sweep(void **state) {
        struct arena small;
        struct sub_pool *a;
        struct decision decision = { .wanted = -1 };

        (void)state;
        world_environment(&w, "a");
        a = world_pool(&w, "p", "", 4, 1, 80);
        world_other(&w, "other", a, 1, 1, 1);
        world_hold(&w, a, 1, 1);
        w.pools[0][0].schedulable = SCHEDULABLE_DRAIN;
        world_environment(&w, "b");
        world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "c");
        world_hold(&w, world_pool(&w, "p", "", 4, 1, 80), 1, 1);
        w.deployment.environments = 2;
        w.deployment.replicas = 3;

        arena_init(&small, SIZE_MAX);
        for (uint64_t n = 1;; n++) {
                const struct deploy_request request = { .order = { .deployment = &w.deployment,
                                                                   .model = &w.model,
                                                                   .settings = &w.settings },
                                                        .environments = w.environments,
                                                        .n_environments = w.n_environments,
                                                        .reservations = w.others,
                                                        .n_reservations = w.n_others,
                                                        .held = w.held,
                                                        .n_held = w.n_held,
                                                        .whole_fleet = true };

                sweep_arm(&small, n);
                if (sweep_is_over(&small, n, deploy(&request, &small, &decision)))
                        break;
                assert_int_equal(decision.wanted, -1);
        }
        assert_text(world_print(&decision, false, &arena),
                    "leaves a/p fp8 1x1x1 used 1; stays c/p fp8 1x1x3 used 1; "
                    "stays b/p fp8 1x1x3 used 0");
        arena_release(&small);
}

static int begin(void **state) {
        (void)state;
        world_init(&w);
        return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, begin)

/* "team-chat" in "a" and "team" in "chat-a" would be called the same: the second is hashed. */
static void test_name_taken(void **state) {
        struct sub_pool *mine, *theirs;
        struct decision decision;
        struct reservation *other;

        (void)state;
        world_init(&w);
        w.deployment.name = TEXT("team-chat");
        world_environment(&w, "a");
        mine = world_pool(&w, "p", "", 4, 1, 80);
        world_environment(&w, "chat-a");
        theirs = world_pool(&w, "p", "", 4, 1, 160);
        other = world_other(&w, "team", theirs, 1, 1, 1);
        other->name = TEXT("team-chat-a");
        decision = world_decide(&w, &arena);
        assert_true(decision.plan.assignments[0].name_taken);

        other->deployment = TEXT("team-chat"); /* an earlier one of the name, not yet collected */
        other->uid = TEXT("old");
        w.deployment.uid = TEXT("new");
        assert_false(world_decide(&w, &arena).plan.assignments[0].name_taken);
        other->deployment = TEXT("team");
        other->namespace_ = TEXT("other");
        assert_false(world_decide(&w, &arena).plan.assignments[0].name_taken);
        other->namespace_ = TEXT("team");
        other->name = TEXT("team-chat-a-m2"); /* another of its assignments there */
        assert_false(world_decide(&w, &arena).plan.assignments[0].name_taken);

        /* Whatever is there: what is required of the two is made under another name. */
        other->name = TEXT("team-chat-a");
        world_hold(&w, mine, 1, 1)->service.observed = true;
        assert_true(world_decide(&w, &arena).plan.assignments[0].name_taken);
        w.held[0].service.observed = false;
        assert_true(world_decide(&w, &arena).plan.assignments[0].name_taken);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_best_fit),
                TEST(test_order_in_an_environment),
                TEST(test_vram_left_over),
                TEST(test_order_of_environments),
                TEST(test_all_or_nothing),
                TEST(test_over_committed),
                TEST(test_keep),
                TEST(test_growth),
                TEST(test_scale_down),
                TEST(test_more_and_fewer_environments),
                TEST(test_two_at_once),
                TEST(test_trimmed_growth),
                TEST(test_priority_not_yet_observed),
                TEST(test_drain),
                TEST(test_drain_called_off),
                TEST(test_drain_of_two),
                TEST(test_drain_of_two_second_first),
                TEST(test_an_original_is_no_replacement),
                TEST(test_retired_units_are_free),
                TEST(test_reasons_to_leave),
                TEST(test_set_aside),
                TEST(test_unreadable_environment),
                TEST(test_quota),
                TEST(test_quota_of_a_class),
                TEST(test_quota_of_devices),
                TEST(test_quota_of_this_cluster),
                TEST(test_quota_of_own_elsewhere),
                TEST(test_quota_while_growing),
                TEST(test_quota_two_at_once),
                TEST(test_quota_over_environments),
                TEST(test_quota_of_larger_replicas),
                TEST(test_replaced_in_its_environment),
                TEST(test_group_size),
                TEST(test_units_per_replica),
                TEST(test_settled),
                TEST(test_url),
                TEST(test_odd_reservations),
                TEST(test_name_taken),
                TEST(test_sweep),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
