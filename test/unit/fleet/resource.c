/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/resource.h"
#include "fleet/environment.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"

/* A pool as the reader leaves it, with one sub-pool of each profile. */
struct row {
        const char *name;
        const char *profiles[2]; /* none: whole GPUs */
        const char *selector, *labels, *override;
        enum strategy strategy;
        enum allocation allocation;
        bool renamed;
        const char *want;
};

#define GKE "{'cloud.google.com/gke-gpu-partition-size':'3g.40gb'}"
#define SINGLE "{'nvidia.com/mig.strategy':'single'}"
#define MIXED "{'nvidia.com/mig.strategy':'mixed'}"
#define PRODUCT "{'nvidia.com/gpu.product':'NVIDIA-H100-80GB-HBM3-MIG-3g.40gb'}"
/* clang-format off */
static const struct row rows[] = {
        { "whole GPU", .want = "nvidia.com/gpu" },
        { "whole GPU, shared under its name", .renamed = false, .want = "nvidia.com/gpu" },
        { "whole GPU, renamed", .renamed = true, .want = "nvidia.com/gpu.shared" },
        { "whole GPU of a mixed cluster", .selector = MIXED, .want = "nvidia.com/gpu" },
        { "slice", .profiles = { "3g.40gb" }, .want = "nvidia.com/mig-3g.40gb" },
        { "slice with media engines", .profiles = { "1g.10gb+me" },
          .want = "nvidia.com/mig-1g.10gb.me" },
        { "slice without", .profiles = { "1g.24gb-me" }, .want = "nvidia.com/mig-1g.24gb-me" },
        { "slice with all engines", .profiles = { "1g.24gb+me.all" },
          .want = "nvidia.com/mig-1g.24gb.me.all" },
        { "slice with graphics", .profiles = { "1g.24gb+gfx" },
          .want = "nvidia.com/mig-1g.24gb.gfx" },
        { "slice, renamed", .profiles = { "3g.40gb" }, .renamed = true,
          .want = "nvidia.com/mig-3g.40gb.shared" },
        { "GKE's partitions", .profiles = { "3g.40gb" }, .selector = GKE,
          .want = "nvidia.com/gpu" },
        { "GKE's partitions, by labels", .profiles = { "3g.40gb" }, .labels = GKE,
          .want = "nvidia.com/gpu" },
        { "labels beside a selector", .profiles = { "3g.40gb" }, .labels = GKE, .selector = "{}",
          .want = "nvidia.com/mig-3g.40gb" },
        { "GKE's partitions, renamed", .profiles = { "3g.40gb" }, .selector = GKE,
          .renamed = true, .want = "nvidia.com/gpu.shared" },
        { "strategy label single", .profiles = { "3g.40gb" }, .selector = SINGLE,
          .want = "nvidia.com/gpu" },
        { "strategy label mixed", .profiles = { "3g.40gb" }, .selector = MIXED,
          .want = "nvidia.com/mig-3g.40gb" },
        { "product of slices", .profiles = { "3g.40gb" }, .selector = PRODUCT,
          .want = "nvidia.com/gpu" },
        { "product of GPUs", .profiles = { "3g.40gb" },
          .selector = "{'nvidia.com/gpu.product':'NVIDIA-H100-80GB-HBM3'}",
          .want = "nvidia.com/mig-3g.40gb" },
        { "single, as written", .profiles = { "3g.40gb" }, .strategy = STRATEGY_SINGLE,
          .want = "nvidia.com/gpu" },
        { "mixed, as written", .profiles = { "3g.40gb" }, .strategy = STRATEGY_MIXED,
          .want = "nvidia.com/mig-3g.40gb" },
        { "single and says so", .profiles = { "3g.40gb" }, .strategy = STRATEGY_SINGLE,
          .selector = GKE, .want = "nvidia.com/gpu" },
        { "single against the selector", .profiles = { "3g.40gb" }, .selector = MIXED,
          .strategy = STRATEGY_SINGLE, .want = "nvidia.com/gpu" },
        { "mixed against the selector", .profiles = { "3g.40gb" }, .selector = GKE,
          .strategy = STRATEGY_MIXED, .want = "nvidia.com/mig-3g.40gb" },
        { "mixed against the product", .profiles = { "3g.40gb" }, .selector = PRODUCT,
          .strategy = STRATEGY_MIXED, .want = "nvidia.com/mig-3g.40gb" },
        { "strategy of whole GPUs", .selector = SINGLE, .strategy = STRATEGY_MIXED,
          .want = "nvidia.com/gpu" },
        { "whole GPUs on partitions", .selector = GKE, .want = "nvidia.com/gpu" },
        { "other partitions", .profiles = { "1g.10gb" }, .selector = GKE,
          .want = "nvidia.com/gpu" },
        { "another product", .profiles = { "1g.10gb" }, .selector = PRODUCT,
          .want = "nvidia.com/gpu" },
        { "a product of shares", .profiles = { "3g.40gb" }, .want = "nvidia.com/gpu",
          .selector = "{'nvidia.com/gpu.product':'NVIDIA-A100-MIG-3g.40gb-SHARED'}" },
        { "the operator's configuration", .profiles = { "1g.10gb+me" },
          .selector = "{'nvidia.com/mig.config':'all-1g.10gb.me'}",
          .want = "nvidia.com/mig-1g.10gb.me" },
        { "another of the operator's", .profiles = { "1g.10gb+me" },
          .selector = "{'nvidia.com/mig.config':'all-1g.10gb'}",
          .want = "nvidia.com/mig-1g.10gb.me" },
        { "a configuration with a name", .profiles = { "3g.40gb" },
          .selector = "{'nvidia.com/mig.config':'all-balanced'}",
          .want = "nvidia.com/mig-3g.40gb" },
        { "override", .override = "example.com/gpu", .want = "example.com/gpu" },
        { "override of a slice", .profiles = { "3g.40gb" }, .override = "nvidia.com/gpu",
          .want = "nvidia.com/gpu" },
        { "whole GPU, by DRA", .allocation = ALLOCATION_DRA, .want = "gpu.nvidia.com" },
        { "slice, by DRA", .profiles = { "1g.10gb+me" }, .allocation = ALLOCATION_DRA,
          .want = "mig.nvidia.com" },
        { "slice, by DRA, of a single strategy", .profiles = { "3g.40gb" }, .selector = GKE,
          .allocation = ALLOCATION_DRA, .want = "mig.nvidia.com" },
        { "strategies say nothing with DRA", .profiles = { "3g.40gb" }, .selector = SINGLE,
          .strategy = STRATEGY_MIXED, .allocation = ALLOCATION_DRA, .want = "mig.nvidia.com" },
        { "override, not renamed", .override = "example.com/gpu", .renamed = true,
          .want = "example.com/gpu" },
};
/* clang-format on */

enum { POOLS_MAX = 4 };

struct fleet {
        struct environment environment;
        struct pool pools[POOLS_MAX];
        struct sub_pool sub_pools[POOLS_MAX][2];
};

static void add_pool(struct fleet *f, const char *name, const struct row *row) {
        size_t i = f->environment.n_pools++;
        struct pool *pool = &f->pools[i];

        assert_true(i < POOLS_MAX);
        f->environment.pools = f->pools;
        *pool = (struct pool) { .environment = &f->environment,
                                .name = text_from(name),
                                .node_selector =
                                        json_value(&arena, row->selector ? row->selector : ""),
                                .labels = json_value(&arena, row->labels ? row->labels : ""),
                                .mig = row->profiles[0] != NULL,
                                .strategy = row->strategy,
                                .allocation = row->allocation,
                                .share_renamed = row->renamed,
                                .resource_name = text_from(row->override),
                                .sub_pools = f->sub_pools[i],
                                .n_sub_pools = row->profiles[1] ? 2 : 1 };
        for (size_t k = 0; k < pool->n_sub_pools; k++)
                f->sub_pools[i][k] =
                        (struct sub_pool) { .environment = &f->environment,
                                            .pool = pool,
                                            .mig_profile = text_from(row->profiles[k]) };
}

static void test_names(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct fleet f = { 0 };
                struct text got;

                add_pool(&f, "p", row);
                assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
                got = f.sub_pools[0][0].resource_name;
                if (!text_equal(got, text_from(row->want)))
                        fail_msg("%s: %.*s", row->name, TEXT_ARG(got));
                assert_true(text_is_empty(f.sub_pools[0][0].ambiguous));
        }
}

/* Two pools with one resource name and one selector: the scheduler cannot tell them apart. */
static void test_ambiguous(void **state) {
        const struct row gpus = { .selector = "{'a':'1','b':'2'}" };
        const struct row same = { .selector = "{'b':'2','a':'1'}" };
        const struct row other = { .selector = "{'a':'1'}" };
        const struct row slices = { .selector = "{'a':'1','b':'2'}", .profiles = { "3g.40gb" } };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "gpus", &gpus);
        add_pool(&f, "other", &other);
        add_pool(&f, "slices", &slices);
        add_pool(&f, "same", &same);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][0].ambiguous, TEXT("same")));
        assert_true(text_equal(f.sub_pools[3][0].ambiguous, TEXT("gpus")));
        assert_true(text_is_empty(f.sub_pools[1][0].ambiguous));
        assert_true(text_is_empty(f.sub_pools[2][0].ambiguous));
}

/* Slices of two MIG profiles have one device class, and claims tell them apart. */
static void test_ambiguous_claims(void **state) {
        const struct row layout = { .profiles = { "3g.40gb", "1g.10gb" },
                                    .allocation = ALLOCATION_DRA };
        const struct row same = { .profiles = { "1g.10gb" }, .allocation = ALLOCATION_DRA };
        const struct row gpus = { .allocation = ALLOCATION_DRA };
        const struct row by_plugin = { .profiles = { "1g.10gb" } };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "layout", &layout);
        add_pool(&f, "gpus", &gpus);
        add_pool(&f, "plugin", &by_plugin);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        for (size_t i = 0; i < f.environment.n_pools; i++) {
                for (size_t k = 0; k < f.pools[i].n_sub_pools; k++)
                        assert_true(text_is_empty(f.sub_pools[i][k].ambiguous));
        }

        add_pool(&f, "same", &same);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_is_empty(f.sub_pools[0][0].ambiguous));
        assert_true(text_equal(f.sub_pools[0][1].ambiguous, TEXT("same")));
        assert_true(text_equal(f.sub_pools[3][0].ambiguous, TEXT("layout")));
        assert_true(text_is_empty(f.sub_pools[2][0].ambiguous));
}

/* Of three the first names the second, and all others the first. */
static void test_ambiguous_three(void **state) {
        const struct row ab = { .selector = "{'a':'1','b':'2'}" };
        const struct row ba = { .selector = "{'b':'2','a':'1'}" };
        const struct row other = { .selector = "{'a':'1','b':2}" };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "z", &ab);
        add_pool(&f, "other", &other);
        add_pool(&f, "b", &ba);
        add_pool(&f, "a", &ab);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][0].ambiguous, TEXT("b")));
        assert_true(text_is_empty(f.sub_pools[1][0].ambiguous));
        assert_true(text_equal(f.sub_pools[2][0].ambiguous, TEXT("z")));
        assert_true(text_equal(f.sub_pools[3][0].ambiguous, TEXT("z")));
}

/* Go writes the entries of a map in any order, and a key that comes twice counts once. */
static void test_ambiguous_on_the_wire(void **state) {
        const struct row row = { .selector = "{'a':'1','b':'2'}" };
        const struct text entries[] = { value_bytes(json_value(&arena, "{'b':'1'}")),
                                        value_bytes(json_value(&arena, "{'b':'2'}")),
                                        value_bytes(json_value(&arena, "{'a':'1'}")) };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "sorted", &row);
        add_pool(&f, "not-sorted", &row);
        f.pools[1].node_selector = value_of_struct(text_join(&arena, entries, 3));
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][0].ambiguous, TEXT("not-sorted")));
        assert_true(text_equal(f.sub_pools[1][0].ambiguous, TEXT("sorted")));
}

/* What affinity selects counts as what the selector does. */
static void test_ambiguous_affinity(void **state) {
#define AFFINITY(value)                                                                            \
        "{'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "                     \
        "{'nodeSelectorTerms': [{'matchExpressions': [{'key': 'gpu', 'operator': 'In', "           \
        "'values': ['" value "']}]}]}}}"
        const struct row none = { .selector = "" }, a = { .selector = "{'gpu':'a'}" };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "a", &none);
        add_pool(&f, "b", &none);
        add_pool(&f, "selector", &a);
        f.pools[0].affinity = json_value(&arena, AFFINITY("a"));
        f.pools[1].affinity = json_value(&arena, AFFINITY("b"));
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][0].ambiguous, TEXT("selector")));
        assert_true(text_is_empty(f.sub_pools[1][0].ambiguous));
        assert_true(text_equal(f.sub_pools[2][0].ambiguous, TEXT("a")));
}

/* Selectors whose characters are the same are two, however they come between each other. */
static void test_ambiguous_alike(void **state) {
        const struct row s1 = { .selector = "{'gpu':'s1'}" }, s = { .selector = "{'gpus':'1'}" };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "first", &s1);
        add_pool(&f, "other", &s);
        add_pool(&f, "second", &s1);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][0].ambiguous, TEXT("second")));
        assert_true(text_is_empty(f.sub_pools[1][0].ambiguous));
        assert_true(text_equal(f.sub_pools[2][0].ambiguous, TEXT("first")));
}

/* Thousands of pools are told apart in memory that is gone afterwards. */
static void test_ambiguous_among_many(void **state) {
        enum { MANY = 3000 };
        struct pool *pools = ARENA_ARRAY(&arena, MANY, struct pool);
        struct sub_pool *sub_pools = ARENA_ARRAY(&arena, MANY, struct sub_pool);
        struct arena small;

        (void)state;
        for (size_t i = 0; i < MANY; i++) {
                struct text selector = text_format(&arena, "{'a':'%zu','b':'2'}", i);

                sub_pools[i] = (struct sub_pool) { .pool = &pools[i] };
                pools[i] = (struct pool) {
                        .name = text_format(&arena, "p%zu", i),
                        .node_selector = json_value(&arena, selector.data),
                        .sub_pools = &sub_pools[i],
                        .n_sub_pools = 1,
                };
        }
        pools[MANY - 1].node_selector = json_value(&arena, "{'b':'2','a':'7'}");
        arena_init(&small, 1 << 20);
        assert_int_equal(resource_resolve(pools, MANY, &small), 0);
        for (size_t i = 0; i < MANY - 1; i++) {
                if (i != 7)
                        assert_true(text_is_empty(sub_pools[i].ambiguous));
        }
        assert_true(text_equal(sub_pools[7].ambiguous, pools[MANY - 1].name));
        assert_true(text_equal(sub_pools[MANY - 1].ambiguous, TEXT("p7")));
        assert_int_equal(small.used_bytes, 0);
        arena_release(&small);
}

/* A pool that cannot be used anyway confuses nobody. */
static void test_ambiguous_with_an_invalid_pool(void **state) {
        const struct row gpus = { 0 };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "gpus", &gpus);
        add_pool(&f, "broken", &gpus);
        f.sub_pools[1][0].invalid = TEXT("unknown accelerator \"x\"");
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_is_empty(f.sub_pools[0][0].ambiguous));
        assert_true(text_is_empty(f.sub_pools[1][0].ambiguous));
}

/* The profiles of one layout, under one overridden name. */
static void test_ambiguous_in_a_layout(void **state) {
        const struct row layout = { .profiles = { "3g.40gb", "1g.10gb" } };
        const struct row overridden = { .profiles = { "3g.40gb", "1g.10gb" },
                                        .override = "example.com/slice" };
        struct fleet f = { 0 };

        (void)state;
        add_pool(&f, "layout", &layout);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][1].resource_name, TEXT("nvidia.com/mig-1g.10gb")));
        assert_true(text_is_empty(f.sub_pools[0][0].ambiguous));

        f = (struct fleet) { 0 };
        add_pool(&f, "layout", &overridden);
        assert_int_equal(resource_resolve(f.pools, f.environment.n_pools, &arena), 0);
        assert_true(text_equal(f.sub_pools[0][0].ambiguous, TEXT("layout")));
        assert_true(text_equal(f.sub_pools[0][1].ambiguous, TEXT("layout")));
}

static void test_sweep(void **state) {
        const struct row slices = { .profiles = { "1g.10gb+me" },
                                    .selector = SINGLE,
                                    .strategy = STRATEGY_MIXED };
        struct arena small;

        (void)state;
        arena_init(&small, SIZE_MAX);
        for (uint64_t n = 1;; n++) {
                struct fleet f = { 0 };

                add_pool(&f, "p", &slices);
                add_pool(&f, "q", &slices);
                sweep_arm(&small, n);
                if (sweep_is_over(&small, n,
                                  resource_resolve(f.pools, f.environment.n_pools, &small)))
                        break;
        }
        arena_release(&small);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_ambiguous),
                cmocka_unit_test(test_ambiguous_claims),
                cmocka_unit_test(test_ambiguous_three),
                cmocka_unit_test(test_ambiguous_on_the_wire),
                cmocka_unit_test(test_ambiguous_alike),
                cmocka_unit_test(test_ambiguous_affinity),
                cmocka_unit_test(test_ambiguous_among_many),
                cmocka_unit_test(test_ambiguous_with_an_invalid_pool),
                cmocka_unit_test(test_ambiguous_in_a_layout),
                cmocka_unit_test(test_sweep),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
