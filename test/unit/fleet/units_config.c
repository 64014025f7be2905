/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "fleet/migparted.h"
#include "fleet/reader.h"
#include "fleet/units.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "unit/fleet/pools.h"

static const char mig_parted[] =
        "version: v1\n"
        "mig-configs:\n"
        "  all-disabled: [{devices: all, mig-enabled: false}]\n"
        "  all-enabled: [{devices: all, mig-enabled: true, mig-devices: {}}]\n"
        "  all-balanced:\n"
        "  - device-filter: [0x20B010DE, 0x20B110DE, 0x20F110DE]\n"
        "    devices: all\n"
        "    mig-enabled: true\n"
        "    mig-devices: {1g.5gb: 2, 2g.10gb: 1, 3g.20gb: 1}\n"
        "  - device-filter: [0x20B210DE, 0x233010DE, 0x233110DE]\n"
        "    devices: all\n"
        "    mig-enabled: true\n"
        "    mig-devices: {1g.10gb: 2, 2g.20gb: 1, 3g.40gb: 1}\n"
        "  half:\n"
        "  - {devices: [0, 1, 2, 3], mig-enabled: false}\n"
        "  - {devices: [4, 5, 6, 7], mig-enabled: true, mig-devices: {3g.40gb: 2}}\n"
        "  later-wins:\n"
        "  - {devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}\n"
        "  - {devices: [1, 2], mig-enabled: true, mig-devices: {3g.40gb: 2}}\n"
        "  - {devices: [2], mig-enabled: false}\n"
        "  some:\n"
        "  - {devices: [1, 2, 4], mig-enabled: true, mig-devices: {7g.80gb: 1}}\n"
        "  - {devices: [5], mig-enabled: true, mig-devices: {}}\n"
        "  equal: [{devices: all, mig-enabled: true, mig-devices: {1g.10gb: 0, 3g.40gb: 2}}]\n"
        "  board:\n"
        "  - {devices: all, device-filter: 0x233010DE:0x16C110DE, mig-enabled: true, "
        "mig-devices: {3g.40gb: 1}}\n"
        "  too-much: [{devices: all, mig-enabled: true, mig-devices: {3g.40gb: 2, 1g.10gb: 1}}]\n"
        "  foreign: [{devices: all, mig-enabled: true, mig-devices: {1g.5gb: 7}}]\n"
        "  elsewhere: [{devices: [100], mig-enabled: true, mig-devices: {1g.10gb: 7}}]\n"
        "  old: [{devices: all, mig-enabled: true, mig-devices: {1g.3gb: 2, 2g.6gb: 1}}]\n"
        "  broken: [{devices: all}]\n"
        "  sxm: [{devices: all, device-filter: 0x233010DE, mig-enabled: true, "
        "mig-devices: {3g.40gb: 2}}]\n"
        "  part: [{devices: [0, 1, 2, 3], mig-enabled: true, mig-devices: {3g.40gb: 2}}]\n"
        "  on:\n"
        "  - {devices: all, mig-enabled: true, mig-devices: {}}\n"
        "  - {devices: [0, 1, 2, 3], mig-enabled: true, mig-devices: {3g.40gb: 2}}\n";

static void read_parted(const char *yaml, struct migparted *ret) {
        assert_int_equal(migparted_read(text_from(yaml), &arena, ret), 0);
        settings.mig_parted = ret;
}

#define CONFIG(name) "'migConfiguration': {'config': '" name "'}"
#define EIGHT H100 "'acceleratorCount': 8, 'nodeCount': 2, "

static void test_config(void **state) {
        /* clang-format off */
        static const struct {
                const char *members;
                const char *units; /* of each sub-pool: profile, units per node, memory in GiB */
                const char *told;  /* one of the messages; NULL: does not matter */
        } rows[] = {
                { EIGHT CONFIG("all-balanced"), "1g.10gb 16 10; 2g.20gb 8 20; 3g.40gb 8 40; ", NULL },
                { H100 CONFIG("all-balanced"), "1g.10gb 2 10; 2g.20gb 1 20; 3g.40gb 1 40; ", NULL },
                { "'acceleratorType': 'nvidia-tesla-a100', " CONFIG("all-balanced"),
                  "1g.5gb 2 5; 2g.10gb 1 10; 3g.20gb 1 20; ", NULL },
                { EIGHT CONFIG("half"), "3g.40gb 8 40;  4 80; ", NULL },
                { EIGHT CONFIG("half") MEM("40Gi"), "3g.40gb 8 40;  4 80; ",
                  "memoryPerGpu is ignored: with a config every unit has its own" },
                { EIGHT CONFIG("half") ", " SHARED(2), "3g.40gb 16 20;  8 40; ", NULL },
                { EIGHT CONFIG("later-wins"), "1g.10gb 42 10; 3g.40gb 2 40;  1 80; ", NULL },
                { EIGHT CONFIG("some"), "7g.80gb 3 80; ",
                  "configuration \"some\" does not cover GPU 0, 3, 6-7: nothing is offered there" },
                { EIGHT CONFIG("some"), "7g.80gb 3 80; ",
                  "configuration \"some\" enables MIG without slices on GPU 5: nothing is offered "
                  "there" },
                { EIGHT CONFIG("all-disabled"), " 8 80; ", NULL },
                { "'acceleratorType': 'nvidia-a30', " CONFIG("old"), "1g.3gb 2 3; 2g.6gb 1 6; ",
                  NULL },
                { EIGHT "'migConfiguration': {'config': 'equal', 'strategy': 'single'}",
                  "3g.40gb 16 40; ", NULL },
                { H100 CONFIG("board"), "3g.40gb 1 40; ",
                  "device-filter 0x233010DE:0x16C110DE is for one board; the pool's are taken to be "
                  "such" },
                { "'acceleratorType': 'NVIDIA-H100-80GB-HBM3', " CONFIG("sxm"), "3g.40gb 2 40; ",
                  "a 3g.40gb really has 39.5Gi" },
                { H100 CONFIG("sxm"), "3g.40gb 2 40; ",
                  "nvidia-h100-80gb does not say which board it is, and a device-filter of "
                  "\"sxm\" is for some of 0x233010DE, 0x233110DE, 0x233610DE: all are taken to "
                  "match" },
                { EIGHT CONFIG("part"), "3g.40gb 8 40; ",
                  "configuration \"part\" does not cover GPU 4-7: nothing is offered there" },
                { "'acceleratorType': 'nvidia-a100', " CONFIG("all-balanced"),
                  "1g.5gb 2 5; 2g.10gb 1 10; 3g.20gb 1 20; ",
                  "nvidia-a100 may mean A100-80GB too, which \"all-balanced\" divides otherwise; it "
                  "is counted as A100-40GB" },
        };
        /* clang-format on */
        struct migparted file;

        (void)state;
        read_parted(mig_parted, &file);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct builder b;
                struct pool pool;
                bool told = !rows[i].told;

                pools_count(rows[i].members, &pool);
                builder_init(&b, &arena);
                for (size_t j = 0; j < pool.n_sub_pools; j++) {
                        const struct sub_pool *sub = &pool.sub_pools[j];

                        builder_text(&b, sub->mig_profile);
                        builder_char(&b, ' ');
                        builder_i64(&b, sub->units_per_node);
                        builder_char(&b, ' ');
                        builder_i64(&b, sub->memory_bytes >> 30);
                        builder_string(&b, "; ");
                        assert_int_equal(sub->units, sub->units_per_node * pool.nodes);
                }
                print_message("  %.*s\n", TEXT_ARG(builder_done(&b)));
                assert_true(text_equal(builder_done(&b), text_from(rows[i].units)));
                for (size_t j = 0; j < pool.n_messages; j++)
                        told |= rows[i].told &&
                                text_equal(pool.messages[j], text_from(rows[i].told));
                assert_true(told);
        }
}

/* Without a file NVIDIA's own configurations are known, of each GPU. */
static void test_defaults(void **state) {
        static const struct {
                const char *members;
                const char *units; /* profile and units per node; or why there are none */
        } rows[] = {
                { EIGHT CONFIG("all-balanced"), "1g.10gb 16; 2g.20gb 8; 3g.40gb 8; " },
                { "'acceleratorType': 'NVIDIA-A30', " CONFIG("all-balanced"),
                  "1g.6gb 2; 2g.12gb 1; " },
                { "'acceleratorType': 'nvidia-b200', " CONFIG("all-balanced"),
                  "1g.23gb 2; 2g.45gb 1; 3g.90gb 1; " },
                { "'acceleratorType': 'nvidia-rtx-pro-6000', " CONFIG("all-balanced"),
                  "1g.24gb 2; 2g.48gb 1; " },
                { EIGHT CONFIG("all-1g.10gb"), "1g.10gb 56; " },
                { EIGHT CONFIG("all-1g.10gb.me"), "1g.10gb+me 8; " },
                { "'acceleratorType': 'A100-40GB', " CONFIG("all-1g.10gb"), "1g.10gb 4; " },
                { EIGHT CONFIG("all-disabled"), " 8; " },
                { "'acceleratorType': 'NVIDIA-L4', " CONFIG("all-disabled"), " 1; " },
                { EIGHT "'migConfiguration': {'config': 'all-3g.40gb', 'strategy': 'single'}",
                  "3g.40gb 16; " },
                { H100 CONFIG("all-enabled"), "impossible mig-parted configuration" },
                { H100 CONFIG("all-1g.5gb"), "impossible mig-parted configuration \"all-1g.5gb\": "
                                             "NVIDIA has no such configuration for H100-80GB" },
                { "'acceleratorType': 'NVIDIA-L4', " CONFIG("all-balanced"),
                  "impossible mig-parted configuration \"all-balanced\": NVIDIA has no such" },
                { H100 CONFIG("all-wrong"), "unknown mig-parted configuration \"all-wrong\": the "
                                            "function's input names no mig-parted file" },
                { H100 CONFIG("our-own"), "unknown mig-parted configuration \"our-own\"" },
                { "'acceleratorType': 'nvidia-z900', " CONFIG("all-balanced"),
                  "unknown accelerator \"nvidia-z900\"" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct builder b;
                struct pool pool;

                pools_count(rows[i].members, &pool);
                builder_init(&b, &arena);
                builder_text(&b, pool.invalid);
                for (size_t j = 0; text_is_empty(pool.invalid) && j < pool.n_sub_pools; j++) {
                        builder_text(&b, pool.sub_pools[j].mig_profile);
                        builder_char(&b, ' ');
                        builder_i64(&b, pool.sub_pools[j].units_per_node);
                        builder_string(&b, "; ");
                }
                assert_true(text_starts_with(builder_done(&b), text_from(rows[i].units)));
        }
        /* A file that is given is the only source. */
        settings.mig_parted = &(const struct migparted) { 0 };
        {
                struct pool pool;

                pools_count(H100 CONFIG("all-balanced"), &pool);
                assert_true(text_starts_with(pool.invalid, TEXT("unknown mig-parted")));
        }
}

static void test_config_usable(void **state) {
        struct migparted file;
        struct pool pool;

        (void)state;
        read_parted(mig_parted, &file);
        settings.memory_usable = true;
        pools_count(EIGHT CONFIG("half"), &pool);
        assert_int_equal(pool.sub_pools[0].memory_bytes, MIB(40448));
        assert_int_equal(pool.sub_pools[1].memory_bytes, MIB(81559));
}

#define IMPOSSIBLE(name) "impossible mig-parted configuration \"" name "\": "

static void test_config_invalid(void **state) {
        /* clang-format off */
        static const struct {
                const char *members;
                const char *invalid;
        } rows[] = {
                { H100 CONFIG("all-ballanced"),
                  "unknown mig-parted configuration \"all-ballanced\": the file has all-balanced, "
                  "all-disabled, all-enabled, board, broken, elsewhere, equal, foreign, half, "
                  "later-wins, old, on and 4 more" },
                { H100 CONFIG("broken"), IMPOSSIBLE("broken") "line 31: mig-enabled is required" },
                { H100 CONFIG("all-enabled"), IMPOSSIBLE("all-enabled") "it enables MIG without slices" MOST },
                { H100 CONFIG("too-much"),
                  IMPOSSIBLE("too-much") "line 27: impossible layout: it takes 9 memory slices, but "
                                         "the GPU has 8" MOST },
                { H100 CONFIG("foreign"),
                  IMPOSSIBLE("foreign") "line 28: unknown MIG profile \"1g.5gb\"" MOST },
                { H100 CONFIG("elsewhere"),
                  IMPOSSIBLE("elsewhere") "no entry covers a GPU of the pool, NVIDIA H100-80GB "
                                          "(0x233010DE, 0x233110DE, 0x233610DE)" },
                { "'acceleratorType': 'nvidia-a30', " CONFIG("all-balanced"),
                  IMPOSSIBLE("all-balanced") "no entry covers a GPU of the pool, NVIDIA A30-24GB "
                                             "(0x20B710DE)" },
                { "'acceleratorType': 'NVIDIA-H100-PCIe', " CONFIG("sxm"),
                  IMPOSSIBLE("sxm") "no entry covers a GPU of the pool, NVIDIA H100-80GB "
                                    "(0x233110DE)" },
                { EIGHT "'migConfiguration': {'config': 'part', 'strategy': 'single'}",
                  "strategy single needs equal slices on all GPUs of a node: configuration "
                  "\"part\" does not cover GPU 4-7: nothing is offered there" },
                { EIGHT "'migConfiguration': {'config': 'on', 'strategy': 'single'}",
                  "strategy single needs equal slices on all GPUs of a node: configuration \"on\" "
                  "enables MIG without slices on GPU 4-7: nothing is offered there" },
                { "'acceleratorType': 'nvidia-z900', " CONFIG("all-balanced"),
                  "unknown accelerator \"nvidia-z900\": its MIG slices are only known with "
                  "migConfiguration.profile and slicesPerGpu "
                  "(\"function-gpu-placement mig\" lists the GPUs)" },
                { EIGHT "'migConfiguration': {'config': 'half', 'strategy': 'single'}", UNLIKE "3g.40gb and whole GPUs" },
                { EIGHT "'migConfiguration': {'config': 'all-balanced', 'strategy': 'single'}",
                  UNLIKE "1g.10gb, 2g.20gb, 3g.40gb" },
        };
        /* clang-format on */
        struct migparted file;
        struct pool pool;

        (void)state;
        read_parted(mig_parted, &file);
        assert_true(text_is_empty(file.invalid));
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pools_count(rows[i].members, &pool);
                assert_true(text_equal(pool.invalid, text_from(rows[i].invalid)));
                assert_int_equal(pool.n_sub_pools, 1);
                assert_int_equal(pool.sub_pools[0].units, 0);
        }
        read_parted("version: v1\nmig-configs:\n\ta: b\n", &file);
        pools_count(H100 CONFIG("a"), &pool);
        assert_true(text_starts_with(pool.invalid, TEXT("unreadable mig-parted file: line 3: ")));
        /* Other pools do not notice. */
        pools_count(H100 MIG("3g.40gb"), &pool);
        assert_true(text_is_empty(pool.invalid));
}

static void test_config_without_memory(void **state) {
        static const char *const members[] = {
                EIGHT CONFIG("some"),
                EIGHT CONFIG("half"),
                EIGHT CONFIG("too-much"),
                "'acceleratorType': 'nvidia-a100', " CONFIG("all-balanced"),
                EIGHT CONFIG("nothing"),
        };
        struct arena kept;
        struct migparted file;

        (void)state;
        arena_init(&kept, 1 << 22);
        assert_int_equal(migparted_read(text_from(mig_parted), &kept, &file), 0);
        settings.mig_parted = &file;
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
                char json[512];
                struct member entry;

                snprintf(json, sizeof(json), "{'name': 'a', %s}", members[i]);
                entry = member_root(json_value(&kept, json), TEXT("p"));
                for (uint64_t n = 1;; n++) {
                        struct pool pool;
                        int r;

                        sweep_arm(&arena, n);
                        r = pool_read(&entry, (struct pool_owner) { 0 }, &settings, &arena, &pool);
                        if (r == 0)
                                r = units_count(&pool, &settings, &arena);
                        if (sweep_is_over(&arena, n, r))
                                break;
                }
        }
        arena_release(&kept);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_config, pools_begin),
                cmocka_unit_test_setup(test_defaults, pools_begin),
                cmocka_unit_test_setup(test_config_usable, pools_begin),
                cmocka_unit_test_setup(test_config_invalid, pools_begin),
                cmocka_unit_test_setup(test_config_without_memory, pools_begin),
        };

        return cmocka_run_group_tests_name("parted", tests, memory_set_up, memory_tear_down);
}
