/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "fleet/units.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "unit/fleet/pools.h"

static void test_uniform_counts(void **state) {
        static const struct {
                const char *members;
                int64_t per_node, units;
                const char *profile;
                const char *reason;
        } rows[] = {
                { H100 "'acceleratorCount': 8, 'nodeCount': 0, 'maxNodeCount': 4, " MIG("3g.40gb"),
                  16, 64, "3g.40gb", "two slices on each GPU" },
                { H100 "'acceleratorCount': 8, 'nodeCount': 0, 'maxNodeCount': 8, " MIG("3g.40gb"),
                  16, 128, "3g.40gb", "" },
                { H100 "'acceleratorCount': 8, " MIG("1g.10gb"), 56, 56, "1g.10gb",
                  "8 x 7 = 56; the text that asked for this program says 28, a slip" },
                { H100 "'acceleratorCount': 8, " MIG("1G.10GB"), 56, 56, "1g.10gb",
                  "the catalogue's spelling" },
                { "'acceleratorType': 'nvidia-a100-80gb', " MIG("7G.79gb"), 1, 1, "7g.79gb",
                  "a former name is what the nodes of that driver offer" },
                { "'acceleratorType': 'nvidia-a100-80gb', "
                  "'migConfiguration': {'layout': {'7G.79gb': 1}}",
                  1, 1, "7g.79gb", "" },
                { H100 "'acceleratorCount': 8, " MIG("1g.10gb+me"), 8, 8, "1g.10gb+me",
                  "one owner of the media engines on each GPU" },
                { H100 "'acceleratorCount': 8, " MIG("7g.80gb"), 8, 8, "7g.80gb", "" },
                { "'acceleratorType': 'nvidia-tesla-a100', " MIG("1g.10gb"), 4, 4, "1g.10gb",
                  "the double-memory profile on a 40 GB part" },
                { "'acceleratorType': 'nvidia-a100-80gb', " MIG("1g.10gb"), 7, 7, "1g.10gb", "" },
                { "'acceleratorType': 'nvidia-a30', " MIG("1g.6gb"), 4, 4, "1g.6gb", "" },
                { "'acceleratorType': 'NVIDIA-H200', 'acceleratorCount': 4, " MIG("3g.71gb"), 8, 8,
                  "3g.71gb", "" },
                { H100 "'migConfiguration': {'profile': '1g.10gb', 'slicesPerGpu': 5}", 5, 5,
                  "1g.10gb", "some were left out" },
                { "'acceleratorType': 'nvidia-z900', 'acceleratorCount': 2, "
                  "'migConfiguration': {'profile': '1g.40gb', 'slicesPerGpu': 6}",
                  12, 12, "1g.40gb", "a GPU of tomorrow" },
                { H100 "'acceleratorCount': 8, " MIG("3g.40gb") ", " SHARED(4), 64, 64, "3g.40gb",
                  "shares of slices" },
                { H100 "'acceleratorCount': 8, 'nodeCount': 3", 8, 24, "", "whole GPUs" },
                { H100 "'acceleratorCount': 8, " SHARED(4), 32, 32, "", "shares of GPUs" },
                { "'acceleratorType': 'nvidia-l4', 'acceleratorCount': 2", 2, 2, "",
                  "an unknown whole GPU" },
                { "'acceleratorCount': 2", 2, 2, "", "no type at all" },
                { H100 "'acceleratorCount': 8, "
                       "'migConfiguration': {'enabled': false, 'profile': '3g.40gb'}",
                  8, 8, "", "MIG is off" },
                { H100 "'acceleratorCount': 8, 'maxNodeCount': 0", 8, 0, "", "no nodes, no units" },
                { "'gpu': {'acceleratorType': 'nvidia-h100-80gb', 'acceleratorCount': 8}, "
                  "'capabilities': {'migConfiguration': {'enabled': true, 'profile': '3g.40gb'}}",
                  16, 16, "3g.40gb", "the older shape" },
                { "'acceleratorType': 'z', 'acceleratorCount': 500, 'nodeCount': 100000, "
                  "'sharing': {'strategy': 'TimeSlicing', 'replicas': 2}, "
                  "'migConfiguration': {'profile': '1g.1gb', 'slicesPerGpu': 10}",
                  10000, 1000000000, "1g.1gb", "the largest" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct pool pool;

                pools_count(rows[i].members, &pool);
                print_message("  %s\n", rows[i].reason);
                assert_true(text_is_empty(pool.invalid));
                assert_int_equal(pool.n_sub_pools, 1);
                assert_ptr_equal(pool.sub_pools[0].pool, &pool);
                assert_true(text_is_empty(pool.sub_pools[0].invalid));
                assert_true(text_equal(pool.sub_pools[0].mig_profile, text_from(rows[i].profile)));
                assert_true(pool.sub_pools[0].units_per_node == rows[i].per_node);
                assert_true(pool.sub_pools[0].units == rows[i].units);
        }
}

static void test_memory(void **state) {
        static const struct {
                const char *members;
                int64_t declared, usable; /* by the setting memory */
                const char *told;         /* with Declared: how the first message begins */
                bool over_declared;
        } rows[] = {
                { H100 MIG("3g.40gb"), GIB(40), MIB(40448), "a 3g.40gb really has 39.5Gi", false },
                { H100 MIG("3g.40gb") MEM("40Gi"), GIB(40), MIB(40448), "a 3g.40gb", false },
                { H100 MIG("3g.40gb") MEM("39Gi"), GIB(39), GIB(39), "a 3g.40gb", false },
                { H100 MIG("3g.40gb") MEM("80Gi"), GIB(40), MIB(40448), "a 3g.40gb", true },
                { H100 MIG("3g.40gb") ", " SHARED(2), GIB(20), MIB(20224), "a 3g.40gb", false },
                { H100 MIG("3g.40gb") ", " SHARED(2) MEM("10Gi"), GIB(10), GIB(10), "a 3g.40gb",
                  false },
                { H100 MIG("3g.40gb") ", " SHARED(2) MEM("20Gi"), GIB(20), MIB(20224), "a 3g.40gb",
                  false },
                { H100 MIG("3g.40gb") ", " SHARED(2) MEM("30Gi"), GIB(20), MIB(20224), "a 3g.40gb",
                  true },
                { H100 MIG("3g.40gb") ", " SHARED(4) MEM("20Gi"), GIB(10), MIB(10112), "a 3g.40gb",
                  true },
                { "'acceleratorType': 'z', "
                  "'migConfiguration': {'profile': '1g.35gb', 'slicesPerGpu': 7}",
                  GIB(35), UNKNOWN_BYTES, NULL, false },
                { "'acceleratorType': 'z', "
                  "'migConfiguration': {'profile': '1g.35gb', 'slicesPerGpu': 7}" MEM("30Gi"),
                  GIB(30), GIB(30), NULL, false },
                { "'acceleratorType': 'z', "
                  "'migConfiguration': {'profile': 'half', 'slicesPerGpu': 2}" MEM("30Gi"),
                  GIB(30), GIB(30), NULL, false },
                /* Never listed: as declared, else less the 4096Mi that 1g.24gb of a GB200 lacks. */
                { "'acceleratorType': 'nvidia-b200', " MIG("3g.90gb"), GIB(90), GIB(86), NULL,
                  false },
                { "'acceleratorType': 'nvidia-b200', " MIG("3g.90gb") MEM("90Gi"), GIB(90), GIB(90),
                  NULL, false },
                { "'acceleratorType': 'nvidia-b200', " MIG("3g.90gb") MEM("88Gi"), GIB(88), GIB(88),
                  NULL, false },
                { "'acceleratorType': 'nvidia-b200', " MIG("3g.90gb") MEM("99Gi"), GIB(90), GIB(90),
                  "over-declared", true },
                { "'acceleratorType': 'nvidia-b200', " MIG("3g.90gb") ", " SHARED(2), GIB(45),
                  GIB(43), NULL, false },
                { "'acceleratorType': 'nvidia-b200', " MIG("3g.90gb") ", " SHARED(2) MEM("40Gi"),
                  GIB(40), GIB(40), NULL, false },
                { "'acceleratorType': 'z', "
                  "'migConfiguration': {'profile': 'half', 'slicesPerGpu': 2}",
                  UNKNOWN_BYTES, UNKNOWN_BYTES, NULL, false },
                { H100 "'nodeCount': 1", GIB(80), MIB(81559), NULL, false },
                { H100 "'nodeCount': 1" MEM("79Gi"), GIB(79), GIB(79), NULL, false },
                { H100 "'nodeCount': 1" MEM("96Gi"), GIB(96), MIB(81559), "over-declared", true },
                { "'acceleratorType': 'nvidia-a30'", GIB(24), GIB(24), NULL, false },
                { "'acceleratorType': 'nvidia-l4'" MEM("24Gi"), GIB(24), MIB(23034), NULL, false },
                { "'acceleratorType': 'nvidia-l4'" MEM("22Gi"), GIB(22), GIB(22), NULL, false },
                { "'acceleratorType': 'NVIDIA-A2'", GIB(16), GIB(16), NULL, false },
                { "'acceleratorType': 'amd-instinct-mi300x'", GIB(192), GIB(192), NULL, false },
                { "'acceleratorType': 'NVIDIA-Thor'", UNKNOWN_BYTES, UNKNOWN_BYTES, NULL, false },
                { "'acceleratorType': 'NVIDIA-Thor'" MEM("64Gi"), GIB(64), GIB(64), NULL, false },
                { "'acceleratorType': 'NVIDIA-Thor', " SHARED(2), UNKNOWN_BYTES, UNKNOWN_BYTES,
                  NULL, false },
                { "'acceleratorType': 'nvidia-l4'", GIB(24), MIB(23034),
                  "a GPU really has 23034Mi of memory, not 24Gi", false },
                { "'acceleratorType': 'nvidia-h100-80g'", UNKNOWN_BYTES, UNKNOWN_BYTES,
                  "unknown accelerator \"nvidia-h100-80g\": is nvidia-h100-80gb meant? else "
                  "declare "
                  "capabilities.memoryPerGpu",
                  false },
                { "'acceleratorType': 'banana'", UNKNOWN_BYTES, UNKNOWN_BYTES,
                  "unknown accelerator \"banana\": declare capabilities.memoryPerGpu", false },
                { "'acceleratorType': ''", UNKNOWN_BYTES, UNKNOWN_BYTES,
                  "acceleratorType is not written: declare capabilities.memoryPerGpu", false },
                { "'acceleratorType': 'banana'" MEM("24Gi"), GIB(24), GIB(24), NULL, false },
                { H100 SHARED(4), GIB(20), MIB(81559) / 4, NULL, false },
                { H100 SHARED(4) MEM("10Gi"), GIB(10), GIB(10), NULL, false },
                { H100 SHARED(4) MEM("30Gi"), GIB(30), MIB(81559) / 4, "over-declared", true },
                { "'acceleratorType': 'nvidia-l4', " SHARED(4), GIB(6), MIB(23034) / 4,
                  "a GPU really has 23034Mi", false },
                { "'acceleratorType': 'nvidia-a100'", GIB(40), GIB(40),
                  "nvidia-a100 may mean A100-80GB too", false },
                { "'acceleratorType': 'nvidia-a100'" MEM("80Gi"), GIB(80), GIB(80), NULL, false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct pool pool;

                settings.memory_usable = true;
                pools_count(rows[i].members, &pool);
                assert_int_equal(pool.sub_pools[0].memory_bytes, rows[i].usable);
                settings.memory_usable = false;
                pools_count(rows[i].members, &pool);
                assert_int_equal(pool.sub_pools[0].memory_bytes, rows[i].declared);
                assert_int_equal(pool.over_declared, rows[i].over_declared);
                assert_int_equal(pool.n_messages > 0, rows[i].told != NULL);
                if (rows[i].told)
                        assert_true(text_starts_with(pool.messages[0], text_from(rows[i].told)));
        }
}

static void test_sentences(void **state) {
        static const struct {
                const char *members;
                const char *message;
        } rows[] = {
                { H100 MIG("3g.40gb") MEM("80Gi"),
                  "over-declared: memoryPerGpu is 80Gi, but 3g.40gb has 40Gi, which is what "
                  "counts" },
                { H100 MIG("3g.40gb") ", " SHARED(4) MEM("20Gi"),
                  "over-declared: memoryPerGpu is 20Gi, but a share of 3g.40gb has 10Gi, which is "
                  "what counts" },
                { H100 MIG("3g.40gb") ", " SHARED(3) MEM("40Gi"),
                  "over-declared: memoryPerGpu is 40Gi, but a share of 3g.40gb has 14316557653 "
                  "bytes, which is what counts" },
                { H100 "'migConfiguration': {'profile': '1g.10gb', 'slicesPerGpu': 8}",
                  "over-declared: slicesPerGpu is 8, but an NVIDIA H100-80GB holds 7 of 1g.10gb" },
                { "'acceleratorType': 'nvidia-a100', " MIG("1g.10gb"),
                  "nvidia-a100 may mean A100-80GB too, with 7 slices of 1g.10gb on a GPU; 4 are "
                  "counted, as on A100-40GB" },
                { H100 "'nodeCount': 1" MEM("96Gi"),
                  "over-declared: memoryPerGpu is 96Gi, but the accelerator has 80Gi" },
                { H100 "'migConfiguration': {'layout': {'3g.40gb': 2}}" MEM("40Gi"),
                  "memoryPerGpu is ignored: with a layout every slice has its own" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct pool pool;
                bool told = false;

                pools_count(rows[i].members, &pool);
                for (size_t j = 0; j < pool.n_messages; j++)
                        told |= text_equal(pool.messages[j], text_from(rows[i].message));
                assert_true(told);
        }
}

/* The first product of the alias that has the profile is meant. */
static void test_ambiguous_alias(void **state) {
        struct pool pool;

        (void)state;
        pools_count("'acceleratorType': 'nvidia-a100', " MIG("3g.40gb"), &pool);
        assert_true(text_equal(pool.product->name, TEXT("A100-80GB")));
        assert_int_equal(pool.sub_pools[0].units, 2);
        pools_count("'acceleratorType': 'nvidia-a100', " MIG("1g.10gb"), &pool);
        assert_true(text_equal(pool.product->name, TEXT("A100-40GB")));
        assert_int_equal(pool.sub_pools[0].units, 4);
        pools_count("'acceleratorType': 'nvidia-a100', "
                    "'migConfiguration': {'layout': {'1g.10gb': 1, '3g.40gb': 1}}",
                    &pool);
        assert_true(text_equal(pool.product->name, TEXT("A100-80GB")));
        assert_int_equal(pool.n_sub_pools, 2);
}

#define LAYOUT(slices) H100 "'migConfiguration': {'layout': {" slices "}}"

static void test_layout(void **state) {
        static const struct {
                const char *profile;
                int64_t per_node, memory_bytes;
        } want[] = {
                { "1g.10gb", 16, GIB(10) },
                { "2g.20gb", 8, GIB(20) },
                { "3g.40gb", 8, GIB(40) },
        };
        /* Entries in whatever order: sub-pools come in the catalogue's. */
        static const char *const orders[] = {
                "'3g.40gb': 1, '1g.10gb': 2, '2g.20gb': 1",
                "'2g.20gb': 1, '1G.10gb': 2, '3g.40gb': 1",
        };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                char members[256];
                struct pool pool;

                snprintf(members, sizeof(members),
                         H100 "'acceleratorCount': 8, 'maxNodeCount': 2, "
                              "'migConfiguration': {'layout': {%s}}",
                         orders[i]);
                pools_count(members, &pool);
                assert_int_equal(pool.n_sub_pools, 3);
                for (size_t j = 0; j < 3; j++) {
                        const struct sub_pool *sub = &pool.sub_pools[j];

                        assert_true(text_equal(sub->mig_profile, text_from(want[j].profile)));
                        assert_int_equal(sub->units_per_node, want[j].per_node);
                        assert_int_equal(sub->units, want[j].per_node * 2);
                        assert_int_equal(sub->memory_bytes, want[j].memory_bytes);
                }
        }
}

/* Of the products that a type may mean the first that can be divided so. */
static void test_layout_of_several_products(void **state) {
        static const struct {
                const char *layout;
                const char *product;
                const char *reason;
        } rows[] = {
                { "'1g.10gb': 4", "A100-40GB", "both can" },
                { "'1g.10gb': 7", "A100-80GB", "both have the profile, and one has room for four" },
                { "'3g.40gb': 1, '1g.10gb': 2", "A100-80GB", "only one has both profiles" },
                { "'1g.5gb': 7", "A100-40GB", "the other has no such profile" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char members[256];
                struct pool pool;

                snprintf(members, sizeof(members),
                         "'acceleratorType': 'nvidia-a100', 'migConfiguration': {'layout': {%s}}",
                         rows[i].layout);
                pools_count(members, &pool);
                print_message("  %s\n", rows[i].reason);
                assert_true(text_is_empty(pool.invalid));
                assert_true(text_equal(pool.product->name, text_from(rows[i].product)));
        }
}

#define WRITTEN_SINGLE(slices)                                                                     \
        H100 "'migConfiguration': {'strategy': 'single', 'layout': {" slices "}}"
#define LABELLED_SINGLE "'nodeSelector': {'nvidia.com/mig.strategy': 'single'}, "

static void test_invalid(void **state) {
        static const struct {
                const char *members;
                const char *invalid;
        } rows[] = {
                { H100 MIG("3g.41gb"),
                  "unknown MIG profile \"3g.41gb\": NVIDIA H100-80GB offers 1g.10gb, 1g.10gb+me, "
                  "1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb" },
                { H100 "'migConfiguration': {'profile': '1g.5gb', 'slicesPerGpu': 7}",
                  "unknown MIG profile \"1g.5gb\": NVIDIA H100-80GB offers 1g.10gb, 1g.10gb+me, "
                  "1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb" },
                { "'acceleratorType': 'nvidia-l40', " MIG("3g.40gb"),
                  "unknown MIG profile \"3g.40gb\": NVIDIA L40-48GB has no MIG" },
                { "'acceleratorType': 'AMD_Instinct_MI300X', " MIG("3g.40gb"),
                  "unknown MIG profile \"3g.40gb\": AMD MI300X-192GB has no MIG" },
                { "'acceleratorType': 'nvidia-z4', " MIG("3g.40gb"),
                  "unknown accelerator \"nvidia-z4\": its MIG slices are only known with "
                  "migConfiguration.profile and slicesPerGpu "
                  "(\"function-gpu-placement mig\" lists the GPUs)" },
                { "'acceleratorType': 'nvidia-h101-80gb', " MIG("3g.40gb"),
                  "unknown accelerator \"nvidia-h101-80gb\": its MIG slices are only known with "
                  "migConfiguration.profile and slicesPerGpu "
                  "(\"function-gpu-placement mig\" lists the GPUs): is nvidia-h100-80gb meant?" },
                { "'migConfiguration': {'layout': {'3g.40gb': 1}}",
                  "unknown accelerator \"\": its MIG slices are only known with "
                  "migConfiguration.profile and slicesPerGpu "
                  "(\"function-gpu-placement mig\" lists the GPUs)" },
                { H100 "'migConfiguration': {'config': 'our-own'}",
                  "unknown mig-parted configuration \"our-own\": the function's input names no "
                  "mig-parted file, and NVIDIA's own are all-balanced, all-disabled, all-enabled "
                  "and "
                  "all-<profile>" },
                { "'acceleratorType': 'PG506-96GB', " MIG("1g.12gb"),
                  "unknown MIG profile \"1g.12gb\": NVIDIA PG506-96GB has no MIG slices that are "
                  "known" },
                { "'acceleratorType': 'PG506-96GB', 'migConfiguration': {'layout': {'1g.12gb': 1}}",
                  "unknown MIG profile \"1g.12gb\": NVIDIA PG506-96GB has no MIG slices that are "
                  "known" },
                { "'acceleratorType': 'PG506-96GB', 'migConfiguration': {'layout': {}}",
                  "impossible layout: it names no slices; an NVIDIA PG506-96GB holds no MIG slices "
                  "that are known" },
                { LAYOUT(""), "impossible layout: it names no slices" MOST },
                { LAYOUT("'3g.40gb': 1, '1g.11gb': 1, '1g.12gb': 1"),
                  "unknown MIG profile \"1g.11gb\": NVIDIA H100-80GB offers 1g.10gb, 1g.10gb+me, "
                  "1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb" },
                { LAYOUT("'4g.40gb': 1, '2g.20gb': 2"),
                  "impossible layout: no arrangement keeps the slices from overlapping" MOST },
                { LAYOUT("'3g.40gb': 2, '1g.10gb': 1"),
                  "impossible layout: it takes 9 memory slices, but the GPU has 8" MOST },
                { LAYOUT("'1g.10gb': 1000"),
                  "impossible layout: 1000 x 1g.10gb, but one GPU holds 7" MOST },
                { "'acceleratorType': 'nvidia-a100', "
                  "'migConfiguration': {'layout': {'1g.10gb': 8}}",
                  "impossible layout: 8 x 1g.10gb, but one GPU holds 4; an NVIDIA A100-40GB holds "
                  "at most one of: 7 x 1g.5gb, 1 x 1g.5gb+me, 4 x 1g.10gb, 3 x 2g.10gb, 2 x "
                  "3g.20gb, "
                  "1 x 4g.20gb, 1 x 7g.40gb" },
                { LAYOUT("'1g.10gb': 1, '1G.10GB': 1"),
                  "impossible layout: a profile is named twice" MOST },
                { WRITTEN_SINGLE("'3g.40gb': 1, '1g.10gb': 1"), UNLIKE "1g.10gb, 3g.40gb" },
                { LABELLED_SINGLE LAYOUT("'3g.40gb': 1, '1g.10gb': 1"), UNLIKE "1g.10gb, 3g.40gb" },
                { H100 "'sharing': {'strategy': 'MPS', 'replicas': 2}, " MIG("3g.40gb"),
                  "spec.nodePools[0].sharing: MPS does not share MIG slices, but TimeSlicing "
                  "does" },
                { H100 "'acceleratorCount': 1024, 'maxNodeCount': 100000, "
                       "'sharing': {'strategy': 'TimeSlicing', 'replicas': 10}",
                  "1024000000 units are more than the 1000000000 that are counted" },
                { H100 "'acceleratorCount': 0",
                  "spec.nodePools[0].acceleratorCount: 0 is not within 1 and 1024" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct pool pool;

                pools_count(rows[i].members, &pool);
                assert_true(text_equal(pool.invalid, text_from(rows[i].invalid)));
                assert_int_equal(pool.n_sub_pools, 1);
                assert_true(text_equal(pool.sub_pools[0].invalid, pool.invalid));
                assert_int_equal(pool.sub_pools[0].units, 0);
                assert_ptr_equal(pool.sub_pools[0].pool, &pool);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_uniform_counts, pools_begin),
                cmocka_unit_test_setup(test_memory, pools_begin),
                cmocka_unit_test_setup(test_sentences, pools_begin),
                cmocka_unit_test_setup(test_ambiguous_alias, pools_begin),
                cmocka_unit_test_setup(test_layout, pools_begin),
                cmocka_unit_test_setup(test_layout_of_several_products, pools_begin),
                cmocka_unit_test_setup(test_invalid, pools_begin),
        };

        return cmocka_run_group_tests_name("units", tests, memory_set_up, memory_tear_down);
}
