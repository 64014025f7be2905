/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pool is the nearest miss, and what is said of it.
 */
#include "deploy/closest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"

#define GI (INT64_C(1) << 30)

static struct arena arena;

static int setup(void **state) {
        (void)state;
        arena_init(&arena, 1 << 20);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}

static void sentences(void **state) {
        static const struct {
                struct verdict verdict;
                int64_t nodes; /* of a replica */
                const char *want;
        } rows[] = {
                { { REASON_NO_CAPACITY, .wanted = 32, .offered = 4, .gap = 4 },
                  1,
                  "closest: eu-1/whole/3g.40gb has 4 of 32 units free: needs 28 more units" },
                { { REASON_NO_CAPACITY, .wanted = 1, .offered = 0 },
                  1,
                  "closest: eu-1/whole/3g.40gb has 0 of 1 unit free: needs 1 more unit" },
                { { REASON_NO_CAPACITY, .wanted = 16, .offered = 20, .gap = 5 },
                  2,
                  "closest: eu-1/whole/3g.40gb has 5 of 8 units free on one node: needs 3 more "
                  "units" },
                { { REASON_NO_CAPACITY, .wanted = 1, .offered = 3, .gap = 3, .crowded = true },
                  1,
                  "" },
                { { REASON_QUOTA_EXCEEDED, .wanted = 4, .offered = 1 },
                  1,
                  "closest: eu-1/whole/3g.40gb has 1 of 4 units left in the ResourceQuota: "
                  "needs 3 more units" },
                { { REASON_INSUFFICIENT_MEMORY, .wanted = 100 * GI, .offered = 80 * GI },
                  1,
                  "closest: eu-1/whole/3g.40gb has 80Gi of 100Gi of memory per unit: needs 20Gi "
                  "more" },
                { { REASON_INSUFFICIENT_MEMORY, .wanted = 100 * GI, .offered = -1 },
                  1,
                  "closest: eu-1/whole/3g.40gb has an unknown amount of 100Gi of memory per unit: "
                  "declare capabilities.memoryPerGpu" },
                { { REASON_NOT_ENOUGH_NODES, .wanted = 2, .offered = 1 },
                  2,
                  "closest: eu-1/whole/3g.40gb has 1 of 2 nodes: needs 1 more node" },
                { { REASON_NODE_TOO_SMALL, .wanted = 8, .offered = 4 },
                  1,
                  "closest: eu-1/whole/3g.40gb has 4 of 8 units on a node: needs 4 more units" },
                { { REASON_PRECISION_UNSUPPORTED, .detail = TEXT_INIT("fp8") },
                  1,
                  "closest: eu-1/whole/3g.40gb declares no precisionSupport instead of fp8" },
                { { REASON_INTERCONNECT_TOO_WEAK },
                  1,
                  "closest: eu-1/whole/3g.40gb has interconnect pcie instead of nvlink" },
                { { REASON_NOT_MULTI_NODE, .wanted = 2 },
                  2,
                  "closest: eu-1/whole/3g.40gb declares no multiNodeCapable instead of true" },
                { { REASON_SELECTOR_MISMATCH }, 1, "" },
                { { REASON_INVALID_POOL }, 1, "" },
                { { REASON_POOL_CORDONED }, 1, "" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct environment environment = { .name = TEXT("eu-1") };
                const struct pool pool = { .name = TEXT("whole"), .interconnect = TEXT("pcie") };
                const struct sub_pool s = { .environment = &environment,
                                            .pool = &pool,
                                            .mig_profile = TEXT("3g.40gb") };
                const struct serving_profile profile = { .nodes = rows[i].nodes,
                                                         .needs.interconnect = TEXT("nvlink") };
                const struct rejection r = { &s, &profile, rows[i].verdict };
                struct text got = closest_sentence(&r, &arena);

                if (!text_equal(got, text_from(rows[i].want)))
                        fail_msg("\"%.*s\", want \"%s\"", TEXT_ARG(got), rows[i].want);
        }
}

/* Each is nearer than all that follow it. */
static void order(void **state) {
        static const struct {
                const char *environment, *pool;
                struct verdict verdict;
        } rows[] = {
                { "b", "p", { REASON_NO_CAPACITY, .wanted = 32, .offered = 8 } },
                { "a", "p", { REASON_NO_CAPACITY, .wanted = 32, .offered = 4 } },
                { "a", "p", { REASON_NODE_TOO_SMALL, .wanted = 8, .offered = 1 } },
                { "c", "p", { REASON_INSUFFICIENT_MEMORY, .wanted = 100, .offered = 80 } },
                { "a", "p", { REASON_INSUFFICIENT_MEMORY, .wanted = 200, .offered = 150 } },
                { "a", "q", { REASON_INSUFFICIENT_MEMORY, .wanted = 200, .offered = 150 } },
                { "b", "a", { REASON_INSUFFICIENT_MEMORY, .wanted = 4, .offered = 3 } },
                { "a", "a", { REASON_INSUFFICIENT_MEMORY, .wanted = 4, .offered = -1 } },
                { "a", "a", { REASON_SELECTOR_MISMATCH } },
        };
        enum { N = sizeof(rows) / sizeof(rows[0]) };
        struct environment environments[N];
        struct pool pools[N];
        struct sub_pool sub_pools[N];
        struct rejection r[N];

        (void)state;
        for (size_t i = 0; i < N; i++) {
                environments[i] = (struct environment) { .name = text_from(rows[i].environment) };
                pools[i] = (struct pool) { .name = text_from(rows[i].pool) };
                sub_pools[i] =
                        (struct sub_pool) { .environment = &environments[i], .pool = &pools[i] };
                r[i] = (struct rejection) { .sub_pool = &sub_pools[i], .verdict = rows[i].verdict };
        }
        for (size_t i = 0; i < N; i++) {
                for (size_t j = 0; j < N; j++) {
                        if (closest_is_nearer(&r[i], &r[j]) != (i < j))
                                fail_msg("row %zu against row %zu", i, j);
                }
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(sentences, setup, teardown),
                cmocka_unit_test_setup_teardown(order, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
