/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "deploy/explain.h"
#include "lib/json.h"

#define GIB (INT64_C(1) << 30)

/* In a row, 0 is the usual value of the field; ZERO is none of it. */
#define ZERO INT64_C(-2)

/*
 * A candidate as it differs from the usual one: a model of one unit that needs
 * nothing, on four nodes of eight whole GPUs with 80Gi that declare nothing.
 */
struct row {
        const char *name;

        /* the sub-pool */
        const char *invalid, *ambiguous, *mig_profile;
        int64_t units_per_node, nodes, memory_bytes;
        bool not_ready;
        enum schedulable schedulable;
        enum sharing sharing;
        const char *labels, *pool_labels, *precisions, *interconnect, *bandwidth, *multi_node;
        int64_t nvlink_domain;

        /* the model */
        const char *select, *profile_select, *pool_select, *unknown;
        int64_t wants_memory_bytes, vram_bytes;
        const char *wants_precisions, *wants_interconnect, *wants_bandwidth, *wants_multi_node;
        int64_t wants_nvlink_domain, wants_nodes, wants_units;

        /* the function's input, and what is asked */
        bool multi_node_preset, multi_slice, staying;

        enum reason want;
        const char *sentence;
};

/* clang-format off */
static const struct row rows[] = {
        { "nothing needed", .want = REASON_FITS, .sentence = "fits" },

        /* 1 */
        { "invalid pool", .invalid = "unknown accelerator \"gpu-9000\"",
          .want = REASON_INVALID_POOL, .sentence = "unknown accelerator \"gpu-9000\"" },
        { "invalid pool, staying", .invalid = "impossible layout: x", .staying = true,
          .want = REASON_INVALID_POOL, .sentence = "impossible layout: x" },
        { "ambiguous pool", .ambiguous = "other",
          .want = REASON_AMBIGUOUS_POOL,
          .sentence = "pool other has the same resource name and the same selector: give each a "
                      "selector of its own" },
        { "invalid before ambiguous", .invalid = "x", .ambiguous = "other",
          .want = REASON_INVALID_POOL, .sentence = "x" },
        { "ambiguous before not ready", .ambiguous = "other", .not_ready = true,
          .want = REASON_AMBIGUOUS_POOL },

        /* 2 */
        { "environment not ready", .not_ready = true,
          .want = REASON_ENVIRONMENT_NOT_READY,
          .sentence = "the environment's Ready condition is not True" },
        { "environment not ready, staying", .not_ready = true, .staying = true,
          .want = REASON_FITS },
        { "not ready before cordoned", .not_ready = true, .schedulable = SCHEDULABLE_NO_NEW,
          .want = REASON_ENVIRONMENT_NOT_READY },

        /* 3 */
        { "no new ones", .schedulable = SCHEDULABLE_NO_NEW,
          .want = REASON_POOL_CORDONED, .sentence = "the pool's schedulable is NoNew, not Always" },
        { "drain", .schedulable = SCHEDULABLE_DRAIN,
          .want = REASON_POOL_CORDONED, .sentence = "the pool's schedulable is Drain, not Always" },
        { "no new ones, staying", .schedulable = SCHEDULABLE_NO_NEW, .staying = true,
          .want = REASON_FITS },
        { "cordoned before selector", .schedulable = SCHEDULABLE_NO_NEW, .select = "{'a':'1'}",
          .want = REASON_POOL_CORDONED },

        /* 4 */
        { "deployment selects", .select = "{'tier':'gold'}", .labels = "{'tier':'gold','x':'y'}",
          .want = REASON_FITS },
        { "deployment selects another value", .select = "{'tier':'gold'}",
          .labels = "{'tier':'lead'}",
          .want = REASON_SELECTOR_MISMATCH,
          .sentence = "the deployment's environmentSelector wants tier=gold, the environment has "
                      "tier=lead" },
        { "deployment selects, no labels", .select = "{'tier':'gold'}",
          .want = REASON_SELECTOR_MISMATCH },
        { "label of another case", .select = "{'tier':'gold'}", .labels = "{'tier':'Gold'}",
          .want = REASON_SELECTOR_MISMATCH },
        { "one of two labels", .select = "{'a':'1','b':'2'}", .labels = "{'a':'1'}",
          .want = REASON_SELECTOR_MISMATCH,
          .sentence = "the deployment's environmentSelector wants b=2, the environment has no "
                      "label b" },
        { "label that is no string", .select = "{'a':'1'}", .labels = "{'a':1}",
          .want = REASON_SELECTOR_MISMATCH },
        { "empty selector", .select = "{}", .profile_select = "{}", .pool_select = "{}",
          .want = REASON_FITS },
        { "empty value", .select = "{'a':''}", .labels = "{'a':''}", .want = REASON_FITS },
        { "empty value, no label", .select = "{'a':''}", .labels = "{'b':''}",
          .want = REASON_SELECTOR_MISMATCH },
        { "profile selects environments", .profile_select = "{'tier':'gold'}",
          .labels = "{'tier':'lead'}", .want = REASON_SELECTOR_MISMATCH,
          .sentence = "the serving profile's environmentSelector wants tier=gold, the environment "
                      "has tier=lead" },
        { "profile selects pools", .pool_select = "{'tier':'gold'}", .labels = "{'tier':'gold'}",
          .want = REASON_SELECTOR_MISMATCH,
          .sentence = "the serving profile's poolSelector wants tier=gold, the pool has no label "
                      "tier" },
        { "profile selects pools, found", .pool_select = "{'tier':'gold'}",
          .pool_labels = "{'tier':'gold'}", .want = REASON_FITS },
        { "selector counts for who stays", .select = "{'tier':'gold'}", .staying = true,
          .want = REASON_SELECTOR_MISMATCH },
        { "selector before unknown requirement", .select = "{'a':'1'}", .unknown = "gpuType",
          .want = REASON_SELECTOR_MISMATCH },

        /* 5 */
        { "unknown requirement", .unknown = "gpuType",
          .want = REASON_UNKNOWN_REQUIREMENT,
          .sentence = "spec.serving[3].replicaTopology.requires.gpuType is not known: requires may "
                      "have memoryPerGpu, precisionSupport, interconnect, interNodeBandwidth, "
                      "multiNodeCapable, nvlinkDomainSize" },
        { "unknown requirement before memory", .unknown = "gpuType",
          .wants_memory_bytes = 81 * GIB, .want = REASON_UNKNOWN_REQUIREMENT },

        /* 6 */
        { "memory equal", .wants_memory_bytes = 80 * GIB, .want = REASON_FITS },
        { "memory one byte short", .wants_memory_bytes = 80 * GIB + 1,
          .want = REASON_INSUFFICIENT_MEMORY,
          .sentence = "wants 85899345921 bytes of memory per unit, a unit here has 80Gi" },
        { "memory of a slice", .mig_profile = "3g.40gb", .memory_bytes = 40 * GIB - GIB / 2,
          .wants_memory_bytes = 40 * GIB,
          .want = REASON_INSUFFICIENT_MEMORY,
          .sentence = "wants 40Gi of memory per unit, a unit here has 39.5Gi" },
        { "memory unknown, needed", .memory_bytes = UNKNOWN_BYTES, .wants_memory_bytes = 1,
          .want = REASON_INSUFFICIENT_MEMORY,
          .sentence = "wants 1 bytes of memory per unit, this pool's memory is unknown: declare capabilities.memoryPerGpu" },
        { "memory unknown, not needed", .memory_bytes = UNKNOWN_BYTES, .want = REASON_FITS },
        { "memory before precision", .wants_memory_bytes = 81 * GIB, .wants_precisions = "['fp8']",
          .want = REASON_INSUFFICIENT_MEMORY },

        /* 6, by vram */
        { "vram of one GPU", .vram_bytes = 80 * GIB, .wants_units = ZERO, .want = REASON_FITS },
        { "vram of nine GPUs", .vram_bytes = 8 * 80 * GIB + 1, .wants_units = ZERO,
          .want = REASON_NODE_TOO_SMALL,
          .sentence = "wants 9 units on one node, a node has 8" },
        { "vram of eight GPUs", .vram_bytes = 8 * 80 * GIB, .wants_units = ZERO,
          .want = REASON_FITS },
        { "vram of one slice", .mig_profile = "3g.40gb", .memory_bytes = 40 * GIB,
          .vram_bytes = 40 * GIB, .wants_units = ZERO, .want = REASON_FITS },
        { "vram above one slice", .mig_profile = "3g.40gb", .memory_bytes = 40 * GIB,
          .vram_bytes = 40 * GIB + 1, .wants_units = ZERO, .want = REASON_INSUFFICIENT_MEMORY },
        { "vram above one share", .sharing = SHARING_TIME_SLICING, .memory_bytes = 20 * GIB,
          .vram_bytes = 21 * GIB, .wants_units = ZERO, .want = REASON_INSUFFICIENT_MEMORY,
          .sentence = "wants 21Gi of memory per unit, a unit here has 20Gi" },
        { "vram on unknown memory", .memory_bytes = UNKNOWN_BYTES, .vram_bytes = GIB,
          .wants_units = ZERO, .want = REASON_INSUFFICIENT_MEMORY },
        { "vram beside a topology", .vram_bytes = 999 * GIB, .want = REASON_FITS },
        { "neither vram nor a topology", .wants_units = ZERO, .want = REASON_FITS },

        /* 7 */
        { "precision", .wants_precisions = "['fp8']", .precisions = "['fp16','FP8']",
          .want = REASON_FITS },
        { "one precision of two", .wants_precisions = "['FP16','fp4']",
          .precisions = "['fp16','fp8']",
          .want = REASON_PRECISION_UNSUPPORTED,
          .sentence = "wants precision fp4, the pool supports [\"fp16\",\"fp8\"]" },
        { "precision not declared", .wants_precisions = "['fp8']",
          .want = REASON_PRECISION_UNSUPPORTED,
          .sentence = "wants precision fp8, the pool declares no precisionSupport: declare "
                        "capabilities.precisionSupport" },
        { "no precision wanted", .wants_precisions = "[]", .want = REASON_FITS },
        { "precision before interconnect", .wants_precisions = "['fp8']",
          .wants_interconnect = "nvlink", .want = REASON_PRECISION_UNSUPPORTED },

        /* 8 */
        { "interconnect equal", .wants_interconnect = "pcie", .interconnect = "PCIe",
          .want = REASON_FITS },
        { "interconnect weaker", .wants_interconnect = "nvlink", .interconnect = "pcie",
          .want = REASON_INTERCONNECT_TOO_WEAK,
          .sentence = "wants interconnect nvlink, the pool has pcie" },
        { "interconnect not declared", .wants_interconnect = "none",
          .want = REASON_INTERCONNECT_TOO_WEAK,
          .sentence = "wants interconnect none, the pool declares none" },
        { "interconnect before bandwidth", .wants_interconnect = "nvlink",
          .wants_bandwidth = "100g", .want = REASON_INTERCONNECT_TOO_WEAK },

        /* 9 */
        { "bandwidth equal", .wants_bandwidth = "ib-400g", .bandwidth = "ib-400g",
          .want = REASON_FITS },
        { "bandwidth lower", .wants_bandwidth = "ib-400g", .bandwidth = "ib-399g",
          .want = REASON_BANDWIDTH_TOO_LOW,
          .sentence = "wants interNodeBandwidth ib-400g, the pool has ib-399g" },
        { "bandwidth not declared", .wants_bandwidth = "1g",
          .want = REASON_BANDWIDTH_TOO_LOW,
          .sentence = "wants interNodeBandwidth 1g, the pool declares none" },
        { "bandwidth before nodes", .wants_bandwidth = "1g", .wants_nodes = 2,
          .want = REASON_BANDWIDTH_TOO_LOW },

        /* 10 */
        { "two nodes, pool cannot", .wants_nodes = 2, .multi_node_preset = true,
          .want = REASON_NOT_MULTI_NODE,
          .sentence = "a replica on 2 nodes wants multiNodeCapable true, the pool declares none" },
        { "two nodes, pool says no", .wants_nodes = 2, .multi_node = "false",
          .multi_node_preset = true, .want = REASON_NOT_MULTI_NODE,
          .sentence = "a replica on 2 nodes wants multiNodeCapable true, the pool has false" },
        { "two nodes, no preset", .wants_nodes = 2, .multi_node = "true",
          .want = REASON_MULTI_NODE_UNSUPPORTED,
          .sentence = "a replica on 2 nodes wants kserve.multiNode: true in the function's input, "
                      "and its preset installed" },
        { "two nodes", .wants_nodes = 2, .multi_node = "true", .multi_node_preset = true,
          .want = REASON_FITS },
        { "multiNodeCapable for one node", .wants_multi_node = "true",
          .want = REASON_NOT_MULTI_NODE,
          .sentence = "wants multiNodeCapable true, the pool declares none" },
        { "multiNodeCapable for one node, no preset", .wants_multi_node = "true",
          .multi_node = "true", .want = REASON_FITS },
        { "multiNodeCapable: false asks for nothing", .wants_multi_node = "false",
          .want = REASON_FITS },
        { "multi-node before nodes", .wants_nodes = 5, .want = REASON_NOT_MULTI_NODE },

        /* 11 */
        { "as many nodes", .wants_nodes = 4, .multi_node = "true", .multi_node_preset = true,
          .want = REASON_FITS },
        { "one node short", .wants_nodes = 5, .multi_node = "true", .multi_node_preset = true,
          .want = REASON_NOT_ENOUGH_NODES, .sentence = "wants 5 nodes, the pool has 4" },
        { "no node is no room, and moves nothing", .nodes = ZERO, .want = REASON_FITS },
        { "nodes before node size", .wants_nodes = 5, .multi_node = "true",
          .multi_node_preset = true, .wants_units = 9, .want = REASON_NOT_ENOUGH_NODES },

        /* 12 */
        { "a whole node", .wants_units = 8, .want = REASON_FITS },
        { "one unit short", .wants_units = 9,
          .want = REASON_NODE_TOO_SMALL, .sentence = "wants 9 units on one node, a node has 8" },
        { "node of nothing", .units_per_node = ZERO,
          .want = REASON_NODE_TOO_SMALL, .sentence = "wants 1 unit on one node, a node has 0" },
        { "node size before slices", .mig_profile = "3g.40gb", .wants_units = 9,
          .want = REASON_NODE_TOO_SMALL },

        /* 13 */
        { "one slice", .mig_profile = "3g.40gb", .want = REASON_FITS },
        { "two slices", .mig_profile = "3g.40gb", .wants_units = 2,
          .want = REASON_SLICES_CANNOT_GANG,
          .sentence = "wants 2 MIG slices for one process, which can use 1" },
        { "two slices allowed", .mig_profile = "3g.40gb", .wants_units = 2, .multi_slice = true,
          .want = REASON_FITS },
        { "one share", .sharing = SHARING_MPS, .want = REASON_FITS },
        { "two shares", .sharing = SHARING_TIME_SLICING, .wants_units = 2,
          .want = REASON_SHARED_CANNOT_GANG,
          .sentence = "wants 2 shares for one process, which can use 1: two may be one and the "
                      "same GPU" },
        { "two shares of slices", .sharing = SHARING_TIME_SLICING, .mig_profile = "3g.40gb",
          .wants_units = 2, .multi_slice = true, .want = REASON_SHARED_CANNOT_GANG },
        { "slices before NVLink", .mig_profile = "3g.40gb", .wants_units = 2,
          .wants_nvlink_domain = 4, .want = REASON_SLICES_CANNOT_GANG },

        /* 14 */
        { "NVLink domain equal", .wants_nvlink_domain = 8, .nvlink_domain = 8,
          .want = REASON_FITS },
        { "NVLink domain smaller", .wants_nvlink_domain = 8, .nvlink_domain = 7,
          .want = REASON_NVLINK_DOMAIN_TOO_SMALL,
          .sentence = "wants nvlinkDomainSize 8, the pool has 7" },
        { "NVLink domain not declared", .wants_nvlink_domain = 1,
          .want = REASON_NVLINK_DOMAIN_TOO_SMALL },
        { "nvlink couples the units", .wants_interconnect = "nvlink", .interconnect = "nvlink",
          .wants_units = 5, .nvlink_domain = 4,
          .want = REASON_NVLINK_DOMAIN_TOO_SMALL,
          .sentence = "wants nvlinkDomainSize 5, the pool has 4" },
        { "nvlink couples as many", .wants_interconnect = "nvlink", .interconnect = "nvswitch",
          .wants_units = 4, .nvlink_domain = 4, .want = REASON_FITS },
        { "nvswitch, a domain written", .wants_interconnect = "nvswitch",
          .interconnect = "nvswitch", .wants_units = 8, .wants_nvlink_domain = 2,
          .nvlink_domain = 4, .want = REASON_NVLINK_DOMAIN_TOO_SMALL,
          .sentence = "wants nvlinkDomainSize 8, the pool has 4" },
        { "one unit needs no domain", .wants_interconnect = "nvlink", .interconnect = "nvlink",
          .want = REASON_FITS },
        { "pcie needs no domain", .wants_interconnect = "pcie", .interconnect = "nvlink",
          .wants_units = 8, .nvlink_domain = 4, .want = REASON_FITS },
};
/* clang-format on */

static int64_t or_usual(int64_t value, int64_t usual) {
        return value == ZERO ? 0 : value == 0 ? usual : value;
}

static struct value json(const char *literal, struct arena *arena) {
        return json_value(arena, literal ? literal : "");
}

/* Everything a candidate points to. */
struct bench {
        struct environment environment;
        struct pool pool;
        struct sub_pool sub_pool;
        struct deployment deployment;
        struct settings settings;
        struct order order;
        struct model model;
        struct serving_profile profile;
};

static struct candidate set_up(const struct row *row, struct bench *b, struct arena *arena) {
        b->environment = (struct environment) { .name = TEXT("eu-1"),
                                                .labels = json(row->labels, arena),
                                                .not_ready = row->not_ready };
        b->pool = (struct pool) { .environment = &b->environment,
                                  .name = TEXT("pool"),
                                  .labels = json(row->pool_labels, arena),
                                  .precisions = json(row->precisions, arena),
                                  .interconnect = text_from(row->interconnect),
                                  .bandwidth = text_from(row->bandwidth),
                                  .multi_node = json(row->multi_node, arena),
                                  .nvlink_domain = row->nvlink_domain,
                                  .sharing = row->sharing,
                                  .schedulable = row->schedulable };
        b->sub_pool = (struct sub_pool) { .environment = &b->environment,
                                          .pool = &b->pool,
                                          .mig_profile = text_from(row->mig_profile),
                                          .invalid = text_from(row->invalid),
                                          .ambiguous = text_from(row->ambiguous),
                                          .units_per_node = or_usual(row->units_per_node, 8),
                                          .counted_per_node = or_usual(row->units_per_node, 8),
                                          .nodes = or_usual(row->nodes, 4),
                                          .memory_bytes = or_usual(row->memory_bytes, 80 * GIB) };
        b->deployment = (struct deployment) { .environment_selector = json(row->select, arena) };
        b->settings = (struct settings) { .multi_node = row->multi_node_preset,
                                          .multi_slice = row->multi_slice };
        b->model = (struct model) { .vram_bytes = row->vram_bytes };
        b->profile = (struct serving_profile) {
                .name = TEXT("default"),
                .path = TEXT("spec.serving[3]"),
                .environment_selector = json(row->profile_select, arena),
                .pool_selector = json(row->pool_select, arena),
                .nodes = or_usual(row->wants_nodes, 1),
                .gpus_per_node = or_usual(row->wants_units, 1),
                .needs = { .memory_bytes = row->wants_memory_bytes,
                           .precisions = json(row->wants_precisions, arena),
                           .interconnect = text_from(row->wants_interconnect),
                           .bandwidth = text_from(row->wants_bandwidth),
                           .multi_node = json(row->wants_multi_node, arena),
                           .nvlink_domain = row->wants_nvlink_domain,
                           .unknown = text_from(row->unknown) }
        };
        b->sub_pool.units = b->sub_pool.units_per_node * b->sub_pool.nodes;
        b->order = (struct order) { .deployment = &b->deployment,
                                    .model = &b->model,
                                    .settings = &b->settings };
        return (struct candidate) { .order = &b->order,
                                    .profile = &b->profile,
                                    .sub_pool = &b->sub_pool };
}

static void test_rows(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                struct bench bench;
                struct candidate c = set_up(row, &bench, &arena);
                struct rejection r = { .sub_pool = c.sub_pool,
                                       .profile = c.profile,
                                       .verdict = match(&c, row->staying) };
                struct text sentence = explain_rejection(&r, &arena);

                if (r.verdict.reason != row->want)
                        fail_msg("%s: %s, not %s", row->name, reason_name(r.verdict.reason),
                                 reason_name(row->want));
                if (row->sentence && !text_equal(sentence, text_from(row->sentence)))
                        fail_msg("%s: \"%.*s\"", row->name, TEXT_ARG(sentence));
                arena_reset(&arena, SIZE_MAX);
        }
        arena_release(&arena);
}

/* ---- bandwidth and interconnect -------------------------------------------------------------- */

struct pair {
        const char *offered, *required;
        bool satisfies;
        const char *reason;
};

/* clang-format off */
static const struct pair bandwidths[] = {
        { "400g",            "400g",               true,  "equal" },
        { "400gbps",         "400g",               true,  "one unit, two spellings" },
        { "400G",            "400Gbps",            true,  "without case" },
        { "399g",            "400g",               false, "" },
        { "800g",            "400g",               true,  "more" },
        { "ib-400g",         "400g",               true,  "any kind is asked for" },
        { "400g",            "ib-400g",            true,  "no kind is offered by name" },
        { "IB-400g",         "ib-400g",            true,  "" },
        { "ib-400g",         "roce-400g",          false, "another kind" },
        { "ib-400g",         "roce-400g-or-better", true, "any kind, if as fast" },
        { "ib-399g",         "roce-400g-or-better", false, "" },
        { "ib-400g",         "ib-400g-Or-Better",  true,  "" },
        { "ib-400g-or-better", "ib-100g",          false, "nobody offers `or better`" },
        { "ib-400g-or-better", "ib-400g-or-better", true, "equal text all the same" },
        { "aws-efa-3200g",   "aws-efa-400g",       true,  "a kind with a dash" },
        { "efa-3200g",       "aws-efa-400g",       false, "" },
        { "fast",            "fast",               true,  "equal text" },
        { "fast",            "FAST",               false, "of what cannot be read" },
        { "fast",            "1g",                 false, "" },
        { "400g",            "fast",               false, "" },
        { "400",             "400",                true,  "" },
        { "400",             "100",                false, "no unit, no number" },
        { "400gb",           "100g",               false, "gigabytes are something else" },
        { "-400g",           "400g",               false, "an empty kind" },
        { "ib-g",            "ib-g",               true,  "" },
        { "ib-g",            "ib-1g",              false, "no number" },
        { "ib-4.5g",         "ib-4g",              false, "whole numbers only" },
        { "99999999999999999999g", "1g",           false, "beyond 64 bits" },
        { "",                "1g",                 false, "not declared" },
};

static const struct pair interconnects[] = {
        { "none",     "none",     true,  "" },
        { "pcie",     "none",     true,  "" },
        { "none",     "pcie",     false, "" },
        { "nvlink",   "pcie",     true,  "" },
        { "pcie",     "nvlink",   false, "" },
        { "nvswitch", "nvlink",   true,  "" },
        { "nvlink",   "nvswitch", false, "" },
        { "NVSwitch", "nvswitch", true,  "without case" },
        { "warp",     "warp",     true,  "unknown words: equal only" },
        { "warp",     "Warp",     true,  "" },
        { "warp",     "none",     false, "" },
        { "nvswitch", "warp",     false, "" },
        { "",         "none",     false, "not declared" },
        { "",         "warp",     false, "" },
};
/* clang-format on */

static void test_bandwidths(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(bandwidths) / sizeof(bandwidths[0]); i++) {
                const struct pair *p = &bandwidths[i];

                if (match_bandwidth(text_from(p->offered), text_from(p->required)) != p->satisfies)
                        fail_msg("%s for %s: %s", p->offered, p->required, p->reason);
        }
}

static void test_interconnects(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        for (size_t i = 0; i < sizeof(interconnects) / sizeof(interconnects[0]); i++) {
                const struct pair *p = &interconnects[i];
                const struct row row = { .interconnect = p->offered,
                                         .wants_interconnect = p->required };
                struct bench bench;
                struct candidate c = set_up(&row, &bench, &arena);

                if ((match(&c, false).reason == REASON_FITS) != p->satisfies)
                        fail_msg("%s for %s: %s", p->offered, p->required, p->reason);
        }
        assert_int_equal(match_interconnect_rank(TEXT("")), INTERCONNECT_UNKNOWN);
        assert_int_equal(match_interconnect_rank(TEXT("nvlinks")), INTERCONNECT_UNKNOWN);
        arena_release(&arena);
}

/* ---- demand ---------------------------------------------------------------------------------- */

struct demand_row {
        struct row of;
        int64_t nodes, units, memory_bytes;
};

/* clang-format off */
static const struct demand_row demands[] = {
        { { "topology", .wants_nodes = 3, .wants_units = 4, .wants_memory_bytes = 7 }, 3, 4, 7 },
        { { "topology beside vram", .wants_units = 4, .vram_bytes = 800 * GIB }, 1, 4, 0 },
        { { "nothing", .wants_units = ZERO }, 1, 1, 0 },
        { { "vram in one GPU", .wants_units = ZERO, .vram_bytes = 79 * GIB }, 1, 1, 79 * GIB },
        { { "vram in two", .wants_units = ZERO, .vram_bytes = 80 * GIB + 1 },
          1, 2, 40 * GIB + 1 },
        { { "vram in three", .wants_units = ZERO, .vram_bytes = 240 * GIB }, 1, 3, 80 * GIB },
        { { "vram on a slice", .mig_profile = "1g.10gb", .memory_bytes = 10 * GIB,
            .wants_units = ZERO, .vram_bytes = 20 * GIB }, 1, 1, 20 * GIB },
        { { "vram on a share", .sharing = SHARING_MPS, .memory_bytes = 10 * GIB,
            .wants_units = ZERO, .vram_bytes = 20 * GIB }, 1, 1, 20 * GIB },
        { { "vram on unknown memory", .memory_bytes = UNKNOWN_BYTES,
            .wants_units = ZERO, .vram_bytes = 20 * GIB }, 1, 1, 20 * GIB },
};
/* clang-format on */

static void test_demand(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
                const struct demand_row *row = &demands[i];
                struct bench bench;
                struct candidate c = set_up(&row->of, &bench, &arena);
                struct demand demand = match_demand(&c);

                if (demand.nodes != row->nodes || demand.units_per_node != row->units ||
                    match_memory(&c) != row->memory_bytes)
                        fail_msg("%s: %lld nodes of %lld units of %lld bytes", row->of.name,
                                 (long long)demand.nodes, (long long)demand.units_per_node,
                                 (long long)match_memory(&c));
        }
        arena_release(&arena);
}

/* ---- sentences ------------------------------------------------------------------------------- */

static void test_not_ready_sentences(void **state) {
        static const struct {
                const char *ready, *want;
        } sentences[] = {
                { "", "the environment's Ready condition is not True" },
                { "{'status': 'False'}", "the environment's Ready condition is False" },
                { "{'status': 'False', 'reason': 'Creating'}",
                  "the environment's Ready condition is False, Creating" },
                { "{'status': 'Unknown', 'reason': 'ReconcilePaused', 'message': 'since noon'}",
                  "the environment's Ready condition is Unknown, ReconcilePaused" },
        };
        const struct row usual = { 0 };
        struct bench bench;
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        set_up(&usual, &bench, &arena);
        for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
                struct rejection r = { .sub_pool = &bench.sub_pool,
                                       .profile = &bench.profile,
                                       .verdict = { .reason = REASON_ENVIRONMENT_NOT_READY } };

                bench.environment.ready = json(sentences[i].ready, &arena);
                assert_true(
                        text_equal(explain_rejection(&r, &arena), text_from(sentences[i].want)));
        }
        arena_release(&arena);
}

/* The reasons that match() never gives. */
static void test_room_sentences(void **state) {
        const struct row usual = { 0 };
        struct bench bench;
        struct arena arena;
        struct rejection r;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        set_up(&usual, &bench, &arena);
        bench.sub_pool.resource_name = TEXT("nvidia.com/gpu");
        r = (struct rejection) { .sub_pool = &bench.sub_pool, .profile = &bench.profile };
        r.verdict = (struct verdict) {
                .reason = REASON_NO_CAPACITY, .wanted = 4, .offered = 3, .total = 32, .gap = 2
        };
        assert_true(
                text_equal(explain_rejection(&r, &arena),
                           TEXT("wants 4 units, 3 of 32 are free, at most 2 of them on one node")));
        r.verdict = (struct verdict) { .reason = REASON_NO_CAPACITY,
                                       .wanted = 1,
                                       .offered = 3,
                                       .total = 32,
                                       .gap = 2,
                                       .crowded = true,
                                       .detail = TEXT("other") };
        assert_true(text_equal(explain_rejection(&r, &arena),
                               TEXT("wants 1 unit, 3 of 32 are free, at most 2 of them on one "
                                    "node; nothing is granted there while other has no seat for "
                                    "what it reserved")));
        r.verdict.over_committed = true;
        r.verdict.detail = (struct text) { 0 };
        assert_true(text_equal(explain_rejection(&r, &arena),
                               TEXT("wants 1 unit, 3 of 32 are free, at most 2 of them on one "
                                    "node; nothing is granted there while one of another namespace "
                                    "uses more than fits on its nodes")));
        r.verdict = (struct verdict) { .reason = REASON_QUOTA_EXCEEDED,
                                       .wanted = 4,
                                       .offered = 3,
                                       .total = 8,
                                       .detail = TEXT("gpus") };
        assert_true(text_equal(explain_rejection(&r, &arena),
                               TEXT("wants 4 units, ResourceQuota gpus has 3 of 8 left of "
                                    "requests.nvidia.com/gpu")));
        arena_release(&arena);
}

/* Every reason has a name of its own and a sentence of its own. */
static void test_every_reason(void **state) {
        const struct row usual = { 0 };
        struct text names[N_REASONS], sentences[N_REASONS];
        struct bench bench;
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        set_up(&usual, &bench, &arena);
        for (int i = 0; i < N_REASONS; i++) {
                struct rejection r = { .sub_pool = &bench.sub_pool,
                                       .profile = &bench.profile,
                                       .verdict = { .reason = (enum reason)i,
                                                    .detail = TEXT("detail") } };

                names[i] = text_from(reason_name((enum reason)i));
                sentences[i] = explain_rejection(&r, &arena);
                assert_false(text_is_empty(names[i]));
                assert_false(text_is_empty(sentences[i]));
                for (int k = 0; k < i; k++) {
                        assert_false(text_equal(names[i], names[k]));
                        assert_false(text_equal(sentences[i], sentences[k]));
                }
        }
        arena_release(&arena);
}

/* ---- counts ---------------------------------------------------------------------------------- */

static void add(struct rejections *r, const struct sub_pool *sub_pool,
                const struct serving_profile *profile, enum reason reason) {
        rejections_add(r, (struct rejection) { .sub_pool = sub_pool,
                                               .profile = profile,
                                               .verdict = { .reason = reason } });
}

static void assert_count(const struct rejections *r, struct arena *arena, const char *want) {
        struct text got = explain_count(r, arena);

        if (!text_equal(got, text_from(want)))
                fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARG(got), want);
}

static void test_count(void **state) {
        const struct environment e = { .name = TEXT("e") };
        const struct pool pool = { .name = TEXT("p") };
        const struct sub_pool s = { .environment = &e, .pool = &pool };
        const struct serving_profile profile = { .name = TEXT("one") };
        struct rejections r = { 0 };
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        assert_count(&r, &arena, "no environment is left to choose from");
        assert_int_equal(rejections_nearest(&r), REASON_FITS);
        add(&r, &s, &profile, REASON_INSUFFICIENT_MEMORY);
        rejections_add_sub_pool(&r, REASON_INSUFFICIENT_MEMORY);
        assert_count(&r, &arena, "0/1 pool fits: 1 InsufficientMemory");
        assert_int_equal(rejections_nearest(&r), REASON_INSUFFICIENT_MEMORY);
        rejections_add_sub_pool(&r, REASON_NO_CAPACITY);
        rejections_add_sub_pool(&r, REASON_INVALID_POOL);
        rejections_add_sub_pool(&r, REASON_NO_CAPACITY);
        assert_count(&r, &arena,
                     "0/4 pools fit: 1 InvalidPool, 1 InsufficientMemory, 2 NoCapacity");
        assert_int_equal(rejections_nearest(&r), REASON_NO_CAPACITY);

        rejections_set_aside(&r, TEXT("environment a declares no nodePools"));
        assert_count(&r, &arena,
                     "0/4 pools fit: 1 InvalidPool, 1 InsufficientMemory, 2 NoCapacity; "
                     "environment a declares no nodePools");

        r = (struct rejections) { 0 };
        rejections_set_aside(&r, TEXT("environment a declares no nodePools"));
        rejections_set_aside(&r, TEXT("environment b declares no nodePools"));
        assert_count(&r, &arena,
                     "environment a declares no nodePools; 1 more environment offers nothing");
        rejections_set_aside(&r, TEXT("environment c declares no nodePools"));
        assert_count(&r, &arena,
                     "environment a declares no nodePools; 2 more environments offer nothing");

        r = (struct rejections) { 0 };
        assert_count(&r, &arena, "no environment is left to choose from");
        assert_int_equal(rejections_nearest(&r), REASON_FITS);
        rejections_sort(&r);
        assert_int_equal(r.n_items, 0);
        add(&r, &s, &profile, REASON_INVALID_POOL);
        rejections_add_sub_pool(&r, REASON_INVALID_POOL);
        assert_count(&r, &arena, "0/1 pool fits: 1 InvalidPool");
        arena_release(&arena);
}

static void test_order_of_rejections(void **state) {
        /* clang-format off */
        const struct environment e[] = { { .name = TEXT("a") }, { .name = TEXT("b") } };
        const struct pool pools[] = { { .name = TEXT("p") }, { .name = TEXT("q") } };
        const struct sub_pool s[] = {
                { .environment = &e[0], .pool = &pools[0], .mig_profile = TEXT("1g.10gb") },
                { .environment = &e[0], .pool = &pools[0], .mig_profile = TEXT("3g.40gb"),
                  .order = 1 },
                { .environment = &e[0], .pool = &pools[1] },
                { .environment = &e[1], .pool = &pools[0] },
                /* Two invalid pools of one name are two. */
                { .environment = &e[1], .pool = &pools[0], .order = 1 },
        };
        /* clang-format on */
        const struct serving_profile one = { .name = TEXT("one") }, two = { .name = TEXT("two") };
        struct rejections r = { 0 };

        (void)state;
        for (size_t i = 5; i-- > 0;) {
                add(&r, &s[i], &two, REASON_NO_CAPACITY);
                add(&r, &s[i], &one, REASON_NO_CAPACITY);
        }
        rejections_sort(&r);
        assert_int_equal(r.n, 10);
        assert_int_equal(r.n_items, 10);
        for (size_t i = 0; i < 10; i++) {
                assert_ptr_equal(r.items[i].sub_pool, &s[i / 2]);
                assert_ptr_equal(r.items[i].profile, i % 2 == 0 ? &one : &two);
        }
}

/* Of very many the first are told, in whatever order they come. */
static void test_many_rejections(void **state) {
        enum { MANY = 1000 };
        const struct environment e = { .name = TEXT("e") };
        const struct pool pool = { .name = TEXT("p") };
        const struct sub_pool s = { .environment = &e, .pool = &pool };
        static struct serving_profile profiles[MANY];
        static char names[MANY][8];
        /* They share no factor with MANY: ascending, mixed, descending. */
        static const size_t steps[] = { 1, 7, 333, 499, 999 };

        (void)state;
        for (size_t i = 0; i < MANY; i++) {
                snprintf(names[i], sizeof(names[i]), "p%03zu", i);
                profiles[i].name = text_from(names[i]);
        }
        for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
                struct rejections r = { 0 };

                for (size_t i = 0; i < MANY; i++)
                        add(&r, &s, &profiles[i * steps[k] % MANY], REASON_NO_CAPACITY);
                rejections_sort(&r);
                assert_int_equal(r.n, MANY);
                assert_int_equal(r.n_items, REJECTIONS_MAX);
                for (size_t i = 0; i < REJECTIONS_MAX; i++)
                        assert_ptr_equal(r.items[i].profile, &profiles[i]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_bandwidths),
                cmocka_unit_test(test_interconnects),
                cmocka_unit_test(test_demand),
                cmocka_unit_test(test_not_ready_sentences),
                cmocka_unit_test(test_room_sentences),
                cmocka_unit_test(test_every_reason),
                cmocka_unit_test(test_count),
                cmocka_unit_test(test_order_of_rejections),
                cmocka_unit_test(test_many_rejections),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
