/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/capacity.h"
#include "cli/capacity_report.h"
#include "cli/capacity_table.h"
#include "cli/table.h"
#include "lib/command.h"

#define POOLS                                                                                      \
        "spec:\n  nodePools:\n"                                                                    \
        "  - {name: slices, nodeSelector: {p: s}, acceleratorType: nvidia-h100-80gb,"              \
        " acceleratorCount: 8, nodeCount: 1, migConfiguration: {profile: 3g.40gb}}\n"              \
        "  - {name: whole, nodeSelector: {p: w}, acceleratorType: nvidia-h100-80gb,"               \
        " acceleratorCount: 8, nodeCount: 1}\n"

#define RESERVATION(name, environment, replicas)                                                   \
        "apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\nkind: GPUReservation\nmetadata:\n"    \
        "  name: " name "\n  namespace: team\n"                                                    \
        "  ownerReferences: [{apiVersion: modelplane.ai/v1alpha1, kind: ModelDeployment,"          \
        " name: " name ", controller: true}]\n"                                                    \
        "spec: {environment: " environment ", pool: slices, migProfile: 3g.40gb, nodes: 1,"        \
        " unitsPerNode: 1, reserved: " replicas ", used: " replicas "}\n"

#define LIST                                                                                       \
        "apiVersion: v1\nkind: List\nitems:\n"                                                     \
        "- {apiVersion: modelplane.ai/v1alpha1, kind: InferenceEnvironment, metadata: {name: l},"  \
        " spec: {nodePools: [{name: whole, nodeSelector: {p: w}, acceleratorCount: 4,"             \
        " acceleratorType: nvidia-h100-80gb}]}}\n"                                                 \
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: kube-root-ca.crt}}\n"                \
        "- {apiVersion: gpuplacement.fn.crossplane.io/v1alpha1, kind: GPUReservation,"             \
        " metadata: {name: r, namespace: t, ownerReferences:"                                      \
        " [{apiVersion: modelplane.ai/v1alpha1, kind: ModelDeployment, name: d,"                   \
        " controller: true}]}, spec: {environment: l, pool: whole, nodes: 1,"                      \
        " unitsPerNode: 2, reserved: 1, used: 1}}\n"

#define ENVIRONMENT(name)                                                                          \
        "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnvironment\nmetadata: {name: " name   \
        "}\n"

/* Counted otherwise with an input: 2 nodes are declared of at most 4, and a file is needed. */
#define ASKING(name, ref)                                                                          \
        "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnvironment\n"                         \
        "metadata: {name: " name "}\nspec:\n" ref "  nodePools:\n"                                 \
        "  - {name: grows, nodeSelector: {p: g}, acceleratorType: nvidia-h100-80gb,"               \
        " acceleratorCount: 8, nodeCount: 2, maxNodeCount: 4}\n"                                   \
        "  - {name: parted, nodeSelector: {p: p}, acceleratorType: nvidia-h100-80gb,"              \
        " acceleratorCount: 8, migConfiguration: {config: balanced}}\n"

#define PARTED                                                                                     \
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: parted, namespace: gpu-operator}\n"     \
        "data:\n  config.yaml: |\n    version: v1\n    mig-configs:\n      balanced:\n"            \
        "      - devices: all\n        mig-enabled: true\n"                                        \
        "        mig-devices: {1g.10gb: 2, 2g.20gb: 1, 3g.40gb: 1}\n"

#define INPUT(members)                                                                             \
        "{apiVersion: gpuplacement.fn.crossplane.io/v1alpha1, kind: Input, " members "}"

#define REF "migParted: {configMapRef: {name: parted, namespace: gpu-operator}}"

#define COMPOSITION(name, of_kind, steps)                                                          \
        "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\n"                          \
        "metadata: {name: " name "}\nspec:\n  compositeTypeRef: {kind: " of_kind "}\n"             \
        "  pipeline:\n  - {step: other, functionRef: {name: other}, input: {kind: Input}}\n" steps

#define STEP(name, members) "  - {step: " name ", input: " INPUT(members) "}\n"

/* clang-format off */
#define NODE(name, gpus)                                                                           \
        "- {apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {p: w}},"                 \
        " status: {allocatable: {nvidia.com/gpu: '" gpus "'}}}\n"

#define HELD(name, space, deployment, kind, model, place, units)                                   \
        "apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\nkind: GPUReservation\n"               \
        "metadata:\n  name: " name "\n  namespace: " space "\n  ownerReferences:"                  \
        " [{apiVersion: modelplane.ai/v1alpha1, kind: ModelDeployment, name: " deployment            \
        ", controller: true}]\nspec: {model: {kind: " kind ", name: " model "}, " place             \
        ", nodes: 1, unitsPerNode: " units ", reserved: 1, used: 1}\n---\n"

#define POD(namespace, service, node, phase)                                                       \
        "- {apiVersion: v1, kind: Pod, metadata: {namespace: " namespace ", name: p, labels: {"     \
        "app.kubernetes.io/name: " service "}}, spec: {nodeName: " node "}, status: {phase: " phase \
        "}}\n"

static const struct command_file files[] = {
        { "held.yaml",
          HELD("r1", "team-a", "d", "ClusterModel", "gemma",
               "environment: a, pool: slices, migProfile: 3g.40gb", "2")
          HELD("r2", "team-a", "d", "Model", "qwen", "environment: a, pool: whole", "4")
          HELD("r3", "team-a", "e", "Model", "qwen",
               "environment: b, pool: slices, migProfile: 3g.40gb", "1")
          HELD("r4", "team-b", "big", "ClusterModel", "gemma",
               "environment: b, pool: slices, migProfile: 3g.40gb", "3")
          HELD("r5", "team-b", "big", "ClusterModel", "gemma",
               "environment: b, pool: slices, migProfile: 3g.40gb", "5")
          HELD("r6", "team-b", "big", "ClusterModel", "gemma", "environment: elsewhere, pool: x",
               "5") },
        { "kind.yaml", "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnviroment\n"
                       "metadata: {name: e}\n" },
        { "nameless.yaml",
          "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnvironment\n" POOLS },
        { "member.yaml", ENVIRONMENT("e") "spec: {nodepools: []}\n" },
        { "nodes.yaml", "apiVersion: v1\nkind: List\nitems:\n" NODE("l", "4") NODE("m", "3") },
        { "pods.yaml", "apiVersion: v1\nkind: List\nitems:\n" POD("team-a", "r2", "n1", "Running")
                       POD("team-a", "r2", "n1", "Running") POD("team-a", "r2", "n2", "Pending")
                       POD("team-a", "r2", "n3", "Failed") POD("team-b", "r2", "n4", "Running")
                       POD("team-a", "r1", "n5", "Running") POD("team-a", "r1", "n5", "Running") },
        { "b.yaml", ENVIRONMENT("b") POOLS },
        { "a.yaml", ENVIRONMENT("a") POOLS },
        { "none.yaml", ENVIRONMENT("none") "spec: {}\n" },
        { "broken.yaml", ENVIRONMENT("broken") "spec: {nodePools: 7}\n" },
        { "used.yaml", RESERVATION("r1", "a", "3") "---\n" RESERVATION(
                               "r2", "a", "2") "---\n" RESERVATION("r3", "b", "1") },
        { "over.yaml", RESERVATION("r1", "a", "17") },
        { "five.yaml", RESERVATION("r1", "a", "5") },
        { "fourteen.yaml", RESERVATION("r1", "a", "14") },
        { "list.yaml", LIST },
        { "bad.yaml", "a: 1\na: 2\n" },
        { "asking.yaml", ASKING("asking", "") },
        { "asking-by-ref.yaml", ASKING("v2", "  crossplane: {compositionRef: {name: max}}\n") "---\n"
                 ASKING("v1", "  compositionRef: {name: declared}\n") },
        { "parted.yaml", PARTED },
        { "input.yaml", INPUT("capacity: Declared") "\n" },
        { "inline.yaml", "apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\nkind: Input\n"
                         "migParted:\n  inline: |\n    version: v1\n    mig-configs:\n"
                         "      balanced:\n      - {devices: [0], mig-enabled: true, mig-devices: {7g.80gb: 1}}\n" },
        { "declared.yaml", COMPOSITION("declared", "InferenceEnvironment",
                                       STEP("inventory", "capacity: Declared, " REF)) },
        { "max.yaml", COMPOSITION("max", "InferenceEnvironment", STEP("count", "capacity: Max")) },
        { "deploy.yaml", COMPOSITION("deploy", "ModelDeployment",
                                     STEP("place", "stages: [Place], capacity: Max")
                                     STEP("decide", "stages: [Deploy], capacity: Declared")) },
        { "fleet/README.md", "see required\n" },
        { "unknown.yaml", COMPOSITION("unknown", "ModelDeployment", STEP("s", "capacty: Max")) },
};
/* clang-format on */

#define HEAD "POOL    MIG PROFILE  RESOURCE                MEMORY  NODES  TOTAL  USED  FREE\n"

/* clang-format off */
static const struct command_row rows[] = {
        { "free in sum", "a.yaml five.yaml", 0,
          "Free in sum, but not in one piece:\n"
          "- Pool slices of a: 11 x 3g.40gb are free, but no 7g.80gb: with its replicas\n"
          "  moved together 5 GPUs could be cut anew\n", NULL,
          "five slices of sixteen keep three of eight GPUs" },
        { "one GPU to empty", "a.yaml fourteen.yaml", 0, "moved together 1 GPU could be cut anew", NULL, "" },
        { "a page", "a.yaml -o html", 0, "<td>free", NULL, "" },
        { "help",         "--help",               0, "usage: ", NULL, "" },
        { "no file",      "",                     2, NULL, "a FILE is needed", "" },
        { "unknown flag", "a.yaml -z",            2, NULL, "capacity: unknown flag -z; see capacity --help\n", "" },
        { "half a flag",  "a.yaml --outp json",   2, NULL, "capacity: unknown flag --outp; see capacity --help\n", "" },
        { "unknown form", "a.yaml -o toml",       2, NULL, "--output: \"toml\" is neither json nor yaml", "" },
        { "missing file", "nowhere.yaml",         2, NULL, "cannot read nowhere.yaml: No such file", "" },
        { "bad yaml",     "bad.yaml",             2, NULL, "bad.yaml:2: duplicate key", "" },
        { "twice",        "a.yaml a.yaml",        2, NULL, "capacity: a.yaml:3: InferenceEnvironment a is given twice, first at a.yaml:3\n", "both places are named" },
        { "nothing",      "used.yaml",            0, NULL, "there is no InferenceEnvironment in the input\n", "an empty fleet is no mistake" },
        { "one too high", "fleet",                0, NULL, "capacity: there is no InferenceEnvironment in the input; folders of a folder are not read\n", "" },
        { "table",        "a.yaml used.yaml",     0,
          "a\n" HEAD
          "slices  3g.40gb      nvidia.com/mig-3g.40gb    40Gi      1     16     5    11\n"
          "whole   -            nvidia.com/gpu            80Gi      1      8     0     8\n"
          "- pool slices: ", NULL, "reservations of a only; no bar, no colour, no sum" },
        { "fleet",        "b.yaml a.yaml used.yaml", 0, "\n2 environments: 48 units, 6 used, 42 free\n", NULL, "" },
        { "sorted",       "b.yaml a.yaml",        0, "a\nPOOL", NULL, "by name, not as they come" },
        { "over",         "a.yaml over.yaml",     0, "- Pool slices, 3g.40gb: replicas that were ready have no room", NULL, "" },
        { "list",         "list.yaml",            0, "whole  -            nvidia.com/gpu    80Gi      1      4     2     2\n", NULL, "as kubectl prints it" },
        { "no pools",     "none.yaml",            0, "none: no pools\n", NULL, "" },
        { "unreadable",   "broken.yaml",          0, "broken: no pools\n- spec.nodePools: must be a list", NULL, "one bad environment is a row, not the end" },
        { "yaml",         "a.yaml over.yaml -o yaml", 0, "    reason: OverCommitted\n    valid: false\n  free: 8\n", NULL, "" },
        { "json",         "-o json list.yaml",    0, "{\"environments\":[{\"capacityValid\":{\"message\":\"\",\"reason\":\"Valid\",\"valid\":true},"
          "\"free\":2,\"messages\":[],\"name\":\"l\",\"total\":4,\"used\":2}],\"free\":2,\"pools\":[{\"environment\":\"l\",\"free\":2,"
          "\"memoryPerUnit\":\"80Gi\",\"messages\":[],\"nodes\":{\"most\":1,\"running\":1},\"pool\":\"whole\",\"resourceName\":\"nvidia.com/gpu\","
          "\"total\":4,\"unitsPerNode\":4,\"used\":2}],\"total\":4,\"used\":2}\n", NULL, "" },
        { "kind",         "kind.yaml",            2, NULL, "kind.yaml:2: [error] InferenceEnviroment/e: kind: \"InferenceEnviroment\" is not known: is InferenceEnvironment meant?\n", "" },
        { "no name",      "nameless.yaml",        0, "(no name)\n" HEAD, "nameless.yaml:1: [error] InferenceEnvironment/-: metadata.name: is required\n", "" },
        { "a member",     "member.yaml",          0, "e: no pools\n", "member.yaml:4: [error] InferenceEnvironment/e: spec.nodepools: unknown member: is nodePools meant?\n", "" },
        { "nodes",        "list.yaml --nodes nodes.yaml", 0, "whole  -            nvidia.com/gpu    80Gi   2..1      4     2     2\n"
          "- pool whole: 2 nodes that it selects offer GPUs, more than the 1 that count\n"
          "- pool whole: declares 4 nvidia.com/gpu a node, but m allocates 3\n", NULL, "real ones run" },
        { "pods", "a.yaml held.yaml --pods pods.yaml", 0, "- pool whole: team-a/d has reserved units for 1 pod, and 3 run there\n", NULL, "ended ones and those of other namespaces do not count" },
        { "pods as json", "a.yaml held.yaml --pods pods.yaml -o json", 0, "\"pool whole: team-a/d has reserved units for 1 pod, and 3 run there\"]", NULL, "" },
        { "no pods", "a.yaml held.yaml --pods absent.yaml", 2, NULL, "absent.yaml", "" },
        { "nodes as json", "list.yaml --nodes nodes.yaml -o=json", 0, "\"messages\":[\"pool whole: 2 nodes", NULL, "" },
        { "by deployment", "a.yaml b.yaml held.yaml --by deployment", 0,
          "\nDEPLOYMENT  ENVIRONMENT  POOL    MIG PROFILE  UNITS\n"
          "team-b/big  b            slices  3g.40gb          8\n"
          "team-a/d    a            slices  3g.40gb          2\n"
          "team-a/d    a            whole   -                4\n"
          "team-a/e    b            slices  3g.40gb          1\n", NULL, "those of most units first" },
        { "by namespace", "a.yaml b.yaml held.yaml --by namespace", 0,
          "\nNAMESPACE  ENVIRONMENT  POOL    MIG PROFILE  UNITS\n"
          "team-b     b            slices  3g.40gb          8\n"
          "team-a     a            slices  3g.40gb          2\n"
          "team-a     a            whole   -                4\n"
          "team-a     b            slices  3g.40gb          1\n", NULL, "equal sub-pools add up" },
        { "by model",     "a.yaml b.yaml held.yaml --by model", 0,
          "\nMODEL        ENVIRONMENT  POOL    MIG PROFILE  UNITS\n"
          "gemma        a            slices  3g.40gb          2\n"
          "gemma        b            slices  3g.40gb          8\n"
          "team-a/qwen  a            whole   -                4\n"
          "team-a/qwen  b            slices  3g.40gb          1\n", NULL, "a Model is its namespace's" },
        { "by, as json",  "a.yaml held.yaml --by model -o json", 0,
          "{\"by\":[{\"model\":\"team-a/qwen\",\"pools\":[{\"environment\":\"a\",\"pool\":\"whole\",\"units\":4}],\"units\":4},"
          "{\"model\":\"gemma\",\"pools\":[{\"environment\":\"a\",\"migProfile\":\"3g.40gb\",\"pool\":\"slices\",\"units\":2}],\"units\":2}],", NULL, "" },
        { "by, and none", "a.yaml --by model", 0, "\nNo GPUReservation holds units here.\n", NULL, "" },
        { "by what",      "a.yaml --by pool", 2, NULL, "--by: \"pool\" is not one of deployment, namespace, model", "" },
        { "no nodes",     "list.yaml --nodes a.yaml", 2, NULL, "--nodes: there is no Node in a.yaml", "" },
        { "no input",     "asking.yaml parted.yaml", 0, "grows   -            nvidia.com/gpu    80Gi   2..4     32     0    32\n"
          "parted  -            -                    -      -      0     0     0\n", NULL, "the most nodes; no file is named" },
        { "Composition",  "asking.yaml parted.yaml declared.yaml", 0, "grows   -            nvidia.com/gpu            80Gi      2     16     0    16\n"
          "parted  1g.10gb      nvidia.com/mig-1g.10gb    10Gi      1     16     0    16\n"
          "parted  2g.20gb      nvidia.com/mig-2g.20gb    20Gi      1      8     0     8\n"
          "parted  3g.40gb      nvidia.com/mig-3g.40gb    40Gi      1      8     0     8\n", NULL, "found among the manifests" },
        { "told",         "asking.yaml parted.yaml declared.yaml", 0, "\nCounted with the input of Composition declared, step inventory.\n", NULL, "" },
        { "its file is elsewhere", "asking.yaml declared.yaml", 0, "- pool parted: unreadable mig-parted file: ConfigMap gpu-operator/parted does", NULL, "" },
        { "--input",      "asking.yaml --input input.yaml", 0, "grows   -            nvidia.com/gpu    80Gi      2     16     0    16\n", NULL, "an Input alone" },
        { "--input wins", "asking.yaml declared.yaml -i max.yaml", 0, "grows   -            nvidia.com/gpu    80Gi   2..4     32     0    32\n", NULL, "" },
        { "inline",       "asking.yaml -i inline.yaml", 0, "parted  7g.80gb      nvidia.com/mig-7g.80gb    80Gi      1      1     0     1\n", NULL, "" },
        { "deploys only", "asking.yaml deploy.yaml", 0, "Composition deploy, step decide.\n", NULL, "Place counts nothing" },
        { "counts first", "asking.yaml deploy.yaml max.yaml", 0, "Composition max, step count.\n", NULL, "environments are counted by their own" },
        { "two",          "asking.yaml max.yaml declared.yaml", 2, NULL,
          "InferenceEnvironment asking: 2 inputs count it, the first two of Composition declared and Composition max; name the one to use with --input", "" },
        { "two, by reference", "asking-by-ref.yaml max.yaml declared.yaml", 0, "2 environments: 48 units", NULL, "v1: 16 declared and no file; v2: 32" },
        { "two are told", "asking-by-ref.yaml max.yaml declared.yaml", 0, "Composition declared, step inventory.\n\nCounted", NULL, "" },
        { "no Input",     "asking.yaml -i a.yaml", 2, NULL, "--input: a.yaml holds neither an Input nor a Composition", "" },
        { "bad input",    "asking.yaml unknown.yaml", 2, NULL, "capacity: Composition unknown, step \"s\".input.capacty: ", "" },
};
/* clang-format on */

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

static void commands_print_and_exit(void **state) {
        (void)state;
        command_check(cli_capacity, "capacity", rows, COMMAND_COUNT(rows));
}

/* ---- the table itself ------------------------------------------------------------------------ */

struct drawing {
        const char *name;
        const char *pool, *mig_profile;
        int64_t total, used, free_units;
        const char *want;  /* a part */
        const char *never; /* may be NULL */
};

#define LONG_NAME "a-very-long-name-of-a-pool-that-somebody-took-all-63-characters"

/* clang-format off */
static const struct drawing drawings[] = {
        { "a pool",      "p", "", 4, 2, 2, "\np     -            -              -      -      4     2     2\n", "\033" },
        { "long name",   LONG_NAME, "3g.40gb", 4, 2, 2, "a-very-lon..-characters  3g.40gb", "somebody" },
        { "escape",      "p\033[2J\n", "", 4, 2, 2, "\np\\u001b[2J\\u000a", "\033" },
        { "C1 control",  "p\xc2\x9b" "2J", "", 4, 2, 2, "\np\\u009b2J", "\xc2" },
        { "direction",   "p\xe2\x80\xae" "42", "", 4, 2, 2, "\np\\u202e42", "\xe2" },
        { "not ASCII",   "p\xc3\xa4", "", 4, 2, 2, "\np\xc3\xa4    -            -              -", NULL },
        { "vast",        LONG_NAME, LONG_NAME, INT64_MAX, 1, 9, "  9223372036854775807     1     9\n", NULL },
};
/* clang-format on */

static struct text draw(const struct drawing *d, struct arena *arena, int *ret_err) {
        struct usage used = {
                .pool = text_from(d->pool),
                .mig_profile = text_from(d->mig_profile),
                .total = d->total,
                .used = d->used,
                .free_units = d->free_units,
        };
        struct capacity fleet = {
                .environment.name = TEXT("eu-1"),
                .used = { .items = &used, .n = 1 },
                .condition.status = CONDITION_TRUE,
        };
        struct builder b;

        builder_init(&b, arena);
        *ret_err = capacity_table(&fleet, 1, COLUMNS_WIDTH, arena, &b);
        return builder_done(&b);
}

/* The longest line without the sequences that colour it. */
static size_t columns_of(struct text t) {
        size_t longest = 0, column = 0;

        for (size_t i = 0; i < t.len; i++) {
                if (t.data[i] == '\033')
                        i += text_index(text_slice(t, i, t.len), 'm');
                else if (t.data[i] == '\n')
                        column = 0;
                else if ((t.data[i] & 0xc0) != 0x80)
                        column++;
                if (column > longest)
                        longest = column;
        }
        return longest;
}

static void tables_fit_the_terminal(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 1024 * 1024);
        for (size_t i = 0; i < sizeof(drawings) / sizeof(drawings[0]); i++) {
                const struct drawing *d = &drawings[i];
                struct text table;
                int r;

                arena_reset(&arena, SIZE_MAX);
                table = draw(d, &arena, &r);
                assert_int_equal(r, 0);
                if (!text_contains(table, text_from(d->want)) ||
                    (d->never && text_contains(table, text_from(d->never))) ||
                    columns_of(table) > COLUMNS_WIDTH)
                        fail_msg("%s, %zu columns:\n%.*s", d->name, columns_of(table),
                                 TEXT_ARG(table));
        }
        arena_release(&arena);
}

static void failed_allocations_are_forwarded(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, 1024 * 1024);
        for (uint64_t n = 1;; n++) {
                int r;

                arena_reset(&arena, SIZE_MAX);
                arena.countdown = n;
                draw(&drawings[1], &arena, &r);
                assert_int_equal(r, arena_failed(&arena) ? -ENOMEM : 0);
                if (!arena_failed(&arena)) {
                        assert_true(n > 1);
                        break;
                }
        }
        arena_release(&arena);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(commands_print_and_exit),
                cmocka_unit_test(tables_fit_the_terminal),
                cmocka_unit_test(failed_allocations_are_forwarded),
        };

        return cmocka_run_group_tests(tests, begin, command_end);
}
