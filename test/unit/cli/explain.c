/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/explain.h"
#include "cli/files.h"
#include "cli/render.h"
#include "cli/table.h"
#include "lib/command.h"
#include "lib/sweep.h"

#define API "apiVersion: modelplane.ai/v1alpha1\n"

#define STEP(more)                                                                                 \
        "kind: Composition\nspec:\n  compositeTypeRef: {apiVersion: modelplane.ai/v1alpha1,"       \
        " kind: ModelDeployment}\n  pipeline:\n"                                                   \
        "  - {step: place, functionRef: {name: function-gpu-placement}" more "}\n"

#define COMPOSITION STEP("")

#define QUOTAS                                                                                     \
        STEP(", input: {apiVersion: gpuplacement.fn.crossplane.io/v1alpha1, kind: Input,"          \
             " quotas: Respect}")

#define XR(environments, replicas)                                                                 \
        API "kind: ModelDeployment\nmetadata: {name: chat, namespace: team}\n"                     \
            "spec: {modelRef: {kind: ClusterModel, name: gemma}, environments: " environments      \
            ", scaling: {signal: Fixed, fixed: {replicas: " replicas "}}}\n"

#define MODEL(serving)                                                                             \
        API "kind: ClusterModel\nmetadata: {name: gemma}\n"                                        \
            "spec:\n  model: {name: g}\n  source: HuggingFace\n  huggingFace: {repo: google/g}\n"  \
            "  serving:\n" serving

#define SERVING(name, units, memory)                                                               \
        "  - {name: " name                                                                         \
        ", engine: {name: vLLM}, replicaTopology: {nodes: 1, gpusPerNode: " units                  \
        ", requires: {memoryPerGpu: " memory ", precisionSupport: [fp8]}}}\n"

#define ENVIRONMENT(name, pools)                                                                   \
        API "kind: InferenceEnvironment\nmetadata: {name: " name "}\nspec:\n  nodePools:\n" pools

#define POOL(name, nodes, more)                                                                    \
        "  - {name: " name ", nodeSelector: {pool: " name "}, acceleratorType: nvidia-h100-80gb,"  \
        " acceleratorCount: 8, nodeCount: " nodes ", capabilities: {precisionSupport: [fp8]}" more \
        "}\n"

#define SLICES(profile) ", migConfiguration: {profile: " profile "}"
#define COST(cost) ", costPerUnitHour: \"" cost "\""

/* A reservation, in one namespace. */
#define RESERVATION(name, owner, pool, profile, replicas, more)                                    \
        "apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\nkind: GPUReservation\nmetadata:\n"    \
        "  name: " name "\n  namespace: team\n"                                                    \
        "  annotations: {crossplane.io/composition-resource-name: reservation-eu}\n"               \
        "  ownerReferences: [{apiVersion: modelplane.ai/v1alpha1, kind: ModelDeployment,"          \
        " name: " owner ", controller: true}]\n"                                                   \
        "spec: {model: {kind: ClusterModel, name: gemma}, environment: eu, pool: " pool            \
        ", migProfile: " profile ", servingProfile: fp8, resourceName: r, nodes: 1,"               \
        " unitsPerNode: 1, reserved: " replicas ", used: " replicas                                \
        ", served: true, order: 0" more "}\n"

#define SERVICE                                                                                    \
        "---\napiVersion: serving.kserve.io/v1alpha2\nkind: LLMInferenceService\n"                 \
        "metadata:\n  name: m\n  namespace: team\n"                                                \
        "  annotations: {crossplane.io/composition-resource-name: serving-eu}\n"                   \
        "spec: {replicas: 1}\n"

/* clang-format off */
static const struct command_file files[] = {
        { "c.yaml", COMPOSITION },
        { "quotas.yaml", QUOTAS },
        { "quota.yaml", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: tight, namespace: team}\nspec: {hard: {requests.nvidia.com/gpu: '1'}}\n" },
        { "xr.yaml", XR("1", "2") },
        { "xr-two.yaml", XR("2", "1") },
        { "xr-many.yaml", XR("1", "99") },
        { "xr-one.yaml", XR("1", "1") },
        { "xr-region.yaml", API "kind: ModelDeployment\nmetadata: {name: chat, namespace: team}\nspec: {modelRef: {kind: ClusterModel, name: gemma}, environmentSelector: {matchLabels: {region: eu}}}\n" },
        { "gang.yaml", MODEL("  - {name: wide, engine: {name: vLLM}, poolSelector: {matchLabels: {size: big}}, replicaTopology: {nodes: 2, gpusPerNode: 8,"
                             " requires: {memoryPerGpu: 40Gi, interNodeBandwidth: 400g, multiNodeCapable: true, nvlinkDomainSize: 8}}}\n") },
        { "printed.yaml", XR("1", "1") "---\n" RESERVATION("m", "chat", "whole", "''", "1", "") SERVICE },
        { "model.yaml", MODEL(SERVING("fp8", "1", "40Gi")) },
        { "two-profiles.yaml", MODEL(SERVING("fp8", "1", "40Gi") SERVING("pair", "2", "60Gi")) },
        { "and-huge.yaml", MODEL(SERVING("fp8", "1", "40Gi") SERVING("huge", "1", "200Gi")) },
        { "eu.yaml", ENVIRONMENT("eu", POOL("whole", "1", "") POOL("half", "1", SLICES("3g.40gb"))
                                       POOL("small", "1", SLICES("1g.10gb")) POOL("wrong", "1", SLICES("3g.41gb"))) },
        { "eu-whole.yaml", ENVIRONMENT("eu", POOL("whole", "1", "")) },
        { "us-whole.yaml", ENVIRONMENT("us", POOL("whole", "1", "")) },
        { "us.yaml", ENVIRONMENT("us", POOL("half", "2", SLICES("3g.40gb"))) },
        { "costs.yaml", ENVIRONMENT("eu", POOL("dear", "1", COST("2.5")) POOL("cheap", "1", COST("2")) POOL("gift", "1", "")) },
        { "misspelt.yaml", ENVIRONMENT("eu", POOL("mixed", "1", ", migConfiguration: {layout: {3g.40gb: 1, 1g.10gb: 4}, stratgy: single}") POOL("next", "1", "")) },
        { "labels.yaml", ENVIRONMENT("eu", "  - {name: half, nodeSelector: {nvidia.com/mig.config: all-1g.10gb}, acceleratorType: nvidia-h100-80gb, migConfiguration: {profile: 3g.40gb}, nodeCount: 2}\n") },
        { "unitless.yaml", ENVIRONMENT("eu", POOL("whole", "1", ", gpu: {memory: 80}")) },
        { "equal.yaml", ENVIRONMENT("eu", POOL("first", "1", "") POOL("second", "1", "")) },
        { "cordoned.yaml", ENVIRONMENT("eu", POOL("whole", "1", ", schedulable: NoNew")) },
        { "not-ready.yaml", ENVIRONMENT("eu", POOL("whole", "1", "")) "status: {conditions: [{type: Ready, status: 'False'}]}\n" },
        { "drained.yaml", ENVIRONMENT("eu", POOL("whole", "1", ", schedulable: Drain")) },
        { "drained-half.yaml", ENVIRONMENT("eu", POOL("whole", "1", ", schedulable: Drain") POOL("half", "1", SLICES("3g.40gb"))) },
        { "broken.yaml", API "kind: InferenceEnvironment\nmetadata: {name: broken}\nspec: {nodePools: 7}\n" },
        { "used.yaml", RESERVATION("b", "bot", "half", "3g.40gb", "13", "") },
        { "mine.yaml", RESERVATION("m", "chat", "whole", "''", "1", "") },
        { "service.yaml",
          "apiVersion: serving.kserve.io/v1alpha2\nkind: LLMInferenceService\n"
          "metadata:\n  name: chat-eu\n  namespace: team\n"
          "  annotations: {crossplane.io/composition-resource-name: serving-eu}\n" },
        { "mine-runs.yaml", RESERVATION("m", "chat", "whole", "''", "1", "") SERVICE },
        { "mine-gone.yaml", RESERVATION("m", "chat", "former", "''", "1", "") SERVICE },
        { "mine-edited.yaml", RESERVATION("m", "chat", "former", "''", "1", "")
          "---\napiVersion: serving.kserve.io/v1alpha2\nkind: LLMInferenceService\n"
          "metadata:\n  name: m\n  namespace: team\n  annotations:\n"
          "    crossplane.io/composition-resource-name: serving-eu\n"
          "    gpuplacement.fn.crossplane.io/assignment: '{\"environment\":\"eu\",\"pool\":\"whole\"}'\n"
          "spec: {replicas: 1}\n" },
};
/* clang-format on */

/* clang-format off */
static const struct command_row rows[] = {
        { "a tree", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e us.yaml -e used.yaml --explain", 0,
          "\nteam/chat\n`- eu\n   `- half 3g.40gb: 2 replicas, 2 units\n"
          "      `- LLMInferenceService chat-eu: not ready\n", NULL, "deployment, environment, pool, service, ready" },
        { "as JSON", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e us.yaml -e used.yaml --explain=json", 0,
          "\"environment\":\"eu\",\"migProfile\":\"3g.40gb\",\"model\"", NULL, "what it has" },
        { "a candidate", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e us.yaml -e used.yaml --explain=json", 0,
          "{\"environment\":\"eu\",\"free\":3,\"message\":\"2 replicas", NULL, "and its numbers" },
        { "as YAML", "xr-region.yaml c.yaml -e model.yaml -e eu.yaml --explain=yaml", 1,
          "  verdict: SelectorMismatch\n", NULL, "why not" },
        { "settled as YAML", "xr-one.yaml c.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml -o service.yaml --explain=yaml", 0,
          "  servingProfile: fp8\n  total: 16\n  verdict: not needed\n", NULL, "units of others were not asked for" },
        { "in what form", "xr.yaml c.yaml -e model.yaml --explain=xml", 2, NULL,
          "--explain: \"xml\" is neither json nor yaml", "" },
        { "a selector once", "xr-region.yaml c.yaml -e model.yaml -e eu.yaml --explain", 1,
          "eu\n"
          "  the deployment's environmentSelector wants region=eu, the environment has no\n"
          "      label region\n"
          "  whole  -                8     0     8  SelectorMismatch\n"
          "  half   3g.40gb         16     0    16  SelectorMismatch\n", NULL, "" },
        { "its nodes", "xr-one.yaml c.yaml -e gang.yaml -e eu-whole.yaml --explain", 1,
          "  1. wide: a replica is 8 units on each of 2 nodes with 40Gi, interNodeBandwidth\n"
          "      400g, multiNodeCapable true, nvlinkDomainSize 8, poolSelector size=big\n", NULL, "" },
        { "what it printed", "xr-one.yaml c.yaml -e model.yaml -e eu-whole.yaml -o printed.yaml --explain", 0,
          "> whole  -                8     -     -  kept\n", NULL, "" },
        { "placed", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e us.yaml -e used.yaml --explain", 0,
          "team/chat wants ClusterModel/gemma in 1 environment, with 2 replicas.\n"
          "  1. fp8: a replica is 1 unit with 40Gi, fp8\n"
          "\n"
          "  POOL   MIG PROFILE  TOTAL  USED  FREE  VERDICT\n"
          "eu\n"
          "  whole  -                8     0     8  fits\n"
          "      would waste 40Gi of memory per unit; half wastes none\n"
          "> half   3g.40gb         16    13     3  placed\n"
          "      2 replicas of 1 unit as nvidia.com/mig-3g.40gb; memory left over per unit:\n"
          "      none, units still free: 1\n"
          "      a 3g.40gb really has 39.5Gi\n"
          "  small  1g.10gb         56     0    56  InsufficientMemory\n"
          "      wants 40Gi of memory per unit, a unit here has 10Gi\n"
          "      a 1g.10gb really has 9984Mi\n"
          "  wrong  -                0     0     0  InvalidPool\n"
          "      unknown MIG profile", NULL, "the whole table" },
        { "other environment", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e us.yaml -e used.yaml --explain", 0,
          "us\n"
          "  half   3g.40gb         32     0    32  fits\n"
          "      is less full: keeps 30 units free, eu/half 1\n"
          "      a 3g.40gb really has 39.5Gi\n"
          "\n"
          "Scheduled: True, AllScheduled: 1 of 1 environment placed: eu/half\n"
          "  (nvidia.com/mig-3g.40gb x 2)\n", NULL, "ranks behind" },
        { "no room", "xr-many.yaml c.yaml -e model.yaml -e eu.yaml -e used.yaml --explain", 1,
          "  half   3g.40gb         16    13     3  NoCapacity\n"
          "      wants 99 units, 3 of 16 are free, at most 3 of them on one node\n", NULL, "" },
        { "two environments", "xr-two.yaml c.yaml -e model.yaml -e eu.yaml -e us.yaml --explain", 0,
          "in 2 environments, with 1 replica in each.\n", NULL, "" },
        { "costs", "xr.yaml c.yaml -e model.yaml -e costs.yaml --explain", 0,
          "  dear   -                8     0     8  fits\n"
          "      costs more: 2.5, cheap 2\n"
          "> cheap  -                8     0     8  placed\n", NULL, "" },
        { "without a cost", "xr.yaml c.yaml -e model.yaml -e costs.yaml --explain", 0,
          "      costs more: no costPerUnitHour, cheap 2\n", NULL, "absent is last" },
        { "equal", "xr.yaml c.yaml -e model.yaml -e equal.yaml --explain", 0,
          "      equal to first, which is declared before it\n", NULL, "" },
        { "misspelt", "xr.yaml c.yaml -e model.yaml -e misspelt.yaml --explain", 0,
          "  mixed  1g.10gb         32     0    32  InsufficientMemory\n"
          "      wants 40Gi of memory per unit, a unit here has 10Gi\n"
          "      a 1g.10gb really has 9984Mi\n"
          "      a 3g.40gb really has 39.5Gi\n"
          "      member \"migConfiguration.stratgy\" is not known: is strategy meant?\n"
          "> mixed  3g.40gb          8     0     8  placed\n"
          "      2 replicas of 1 unit as nvidia.com/mig-3g.40gb; memory left over per unit:\n"
          "      none, units still free: 6\n"
          "  next   -                8     0     8  fits\n", NULL, "said once of a pool" },
        { "a unit is required", "xr.yaml c.yaml -e model.yaml -e unitless.yaml --explain", 1,
          "      wants 40Gi of memory per unit, a unit here has 80 bytes\n"
          "      memoryPerGpu is 80 bytes, less than 1Gi: is 80Gi meant?\n", NULL, "" },
        { "what labels say otherwise", "xr.yaml c.yaml -e model.yaml -e labels.yaml --explain", 0,
          "      the nodeSelector selects nodes whose GPUs are slices of 1g.10gb, but\n"
          "      3g.40gb is declared\n", NULL, "as capacity says it" },
        { "serving profiles", "xr.yaml c.yaml -e two-profiles.yaml -e eu.yaml --explain", 0,
          "      fp8: would waste 40Gi of memory per unit; half wastes none\n"
          "      pair: the model prefers fp8, for which half has room\n", NULL, "each has its sentence" },
        { "the same of both", "xr.yaml c.yaml -e two-profiles.yaml -e eu.yaml --explain", 0,
          "      fp8, pair: unknown MIG profile", NULL, "said once" },
        { "kept", "xr-one.yaml c.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml -o service.yaml --explain", 0,
          "> whole  -                8     -     -  kept\n"
          "      1 replica of 1 unit as nvidia.com/gpu; what is placed is not moved\n"
          "  half   3g.40gb         16     -     -  not needed\n", NULL, "others' reservations were not asked for" },
        { "nothing to say of one", "xr-one.yaml c.yaml -e and-huge.yaml -e eu.yaml -e mine.yaml -o mine.yaml -o service.yaml --explain", 0,
          "  half   3g.40gb         16     -     -  not needed\n"
          "      huge: wants 200Gi of memory per unit, a unit here has 40Gi\n", NULL, "the other's sentence is its own" },
        { "settled", "xr-one.yaml c.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml -o service.yaml --explain", 0,
          "\nNothing was left to decide: only its own environments were asked for.\nScheduled: True", NULL, "" },
        { "grown", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml --explain", 0,
          "> whole  -                8     2     6  kept\n      2 replicas", NULL, "grown in place" },
        { "grown a little", "xr-many.yaml c.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml --explain", 1,
          "what is placed is not moved; for\n      more there is no room\n", NULL, "" },
        { "cordoned", "xr.yaml c.yaml -e model.yaml -e cordoned.yaml -e mine.yaml -o mine.yaml --explain", 1,
          "> whole  -                8     1     7  kept\n"
          "      1 replica of 1 unit as nvidia.com/gpu; what is placed is not moved; it\n"
          "      takes no more while the pool's schedulable is not Always\n", NULL, "room alone is not enough" },
        { "not ready", "xr.yaml c.yaml -e model.yaml -e not-ready.yaml -e mine.yaml -o mine.yaml --explain", 1,
          "is not moved; it\n      takes no more while the environment's Ready condition is not True\n", NULL, "" },
        { "quota keeps it small", "xr.yaml quotas.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml -e quota.yaml --explain", 1,
          "> whole  -                8     1     7  kept\n"
          "      1 replica of 1 unit as nvidia.com/gpu; what is placed is not moved;\n"
          "      ResourceQuota tight allows 1 unit\n", NULL, "" },
        { "quota is taken", "xr-two.yaml quotas.yaml -e model.yaml -e eu-whole.yaml -e us-whole.yaml -e quota.yaml --explain", 1,
          "us\n"
          "  whole  -                8     0     8  QuotaExceeded\n"
          "      wants 1 unit", NULL, "by what was placed before it" },
        { "has its assignment", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e mine.yaml -o mine.yaml --explain", 0,
          "  half   3g.40gb         16     0    16  fits\n"
          "      the environment has its assignment, which is not moved\n", NULL, "" },
        { "leaving", "xr-one.yaml c.yaml -e model.yaml -e drained.yaml -e us.yaml -e mine.yaml -o mine-runs.yaml --explain", 0,
          "> whole  -                8     1     7  leaving\n"
          "      the pool is being drained\n", NULL, "" },
        { "replaced", "xr-one.yaml c.yaml -e model.yaml -e drained-half.yaml -e mine.yaml -o mine-runs.yaml --explain", 0,
          "> whole  -                8     1     7  leaving\n"
          "      the pool is being drained\n", NULL, "beside it" },
        { "service gone", "xr-one.yaml c.yaml -e model.yaml -e drained.yaml -e us.yaml -e mine.yaml -o mine.yaml --explain", 0,
          "> whole  -                8     0     8  released\n"
          "      the pool is being drained; the pool's schedulable is Drain, not Always\n", NULL, "somebody deleted it" },
        { "gone", "xr-one.yaml c.yaml -e model.yaml -e us.yaml -e mine-gone.yaml -o mine-gone.yaml --explain", 0,
          "\n> eu/former is leaving: ", NULL, "its pool has no line" },
        { "edited", "xr-one.yaml c.yaml -e model.yaml -e us.yaml -e mine-edited.yaml -o mine-edited.yaml --explain", 0,
          "\n> eu/former stays as it is: its service was made for another place", NULL, "another pool was written by hand" },
        { "unreadable environment", "xr.yaml c.yaml -e model.yaml -e eu.yaml -e broken.yaml --explain", 0,
          "\nbroken: spec.nodePools: must be a list", NULL, "" },
        { "nothing decided", "xr.yaml c.yaml -e eu.yaml --explain", 1,
          "Scheduled: False, ModelNotFound: ClusterModel gemma does not exist; a Model of\n"
          "  namespace team is meant with spec.modelRef.kind: Model\nServing: False, NotScheduled\n", NULL, "" },
        { "elsewhere", "xr.yaml c.yaml --explain --address localhost:1", 2, NULL, "--explain: a server's answer does not carry it", "" },
};
/* clang-format on */

static int call_nobody(void *ctx, const char *target, struct text request, struct arena *arena,
                       struct text *ret, struct fault *fault) {
        (void)ctx, (void)target, (void)request, (void)arena, (void)ret, (void)fault;
        fail();
        return 0;
}

static int call_render(int argc, char **argv) {
        const struct cli_transport remote = { .call = call_nobody };

        return cli_render(argc, argv, &remote);
}

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

static void tables_explain(void **state) {
        (void)state;
        command_check(call_render, "render", rows, COMMAND_COUNT(rows));
}

/* ---- large fleets, colours, and no memory ---------------------------------------------------- */

struct run {
        struct explanation explanation;
        struct pipeline_output out;
};

static void read(const char *path, struct objects *objects, struct arena *arena) {
        struct fault fault;

        assert_int_equal(files_objects(path, arena, objects, &fault), 0);
}

static void run_pipeline(const struct objects *required, struct arena *arena, struct run *ret) {
        struct cli_transport transport = pipeline_explaining(&ret->explanation);
        struct pipeline_input in = { .required = *required };
        struct fault fault;

        *ret = (struct run) { 0 };
        assert_int_equal(files_object("xr.yaml", arena, &in.composite, &fault), 0);
        assert_int_equal(files_object("c.yaml", arena, &in.composition, &fault), 0);
        assert_int_equal(pipeline_run(&in, &transport, NULL, arena, &ret->out, &fault), 0);
        assert_true(ret->explanation.decided);
}

static struct text write(const struct run *run, bool colours, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        assert_int_equal(explain_write(&run->explanation, &run->out, colours, arena, &b), 0);
        builder_char(&b, '\0');
        return builder_done(&b);
}

/* Every line of what is shown fits, and environments that are not are counted. */
static void many_environments_are_counted(void **state) {
        enum { MANY = 25 };
        struct objects required = { 0 };
        struct arena arena;
        struct text table;
        struct run run;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        read("model.yaml", &required, &arena);
        for (int i = 0; i < MANY; i++) {
                FILE *file = fopen("e.yaml", "w");

                assert_non_null(file);
                fprintf(file,
                        ENVIRONMENT("e%02d", POOL("a-very-long-name-of-a-pool-that-is-cut-in-"
                                                  "the-middle-%02d",
                                                  "1", "") POOL("s", "1", SLICES("1g.10gb"))),
                        i, i, i);
                fclose(file);
                read("e.yaml", &required, &arena);
        }
        run_pipeline(&required, &arena, &run);
        table = write(&run, false, &arena);
        assert_non_null(strstr(table.data, "\ne09\n"));
        assert_null(strstr(table.data, "\ne10\n"));
        assert_non_null(strstr(table.data, "and 15 more environments: 15 pools Fits, 15 pools "
                                           "InsufficientMemory\n"));
        for (const char *line = table.data, *next; (next = strchr(line, '\n')); line = next + 1)
                assert_true(next - line <= COLUMNS_WIDTH);
        arena_release(&arena);
}

static void colours_mark_what_was_taken(void **state) {
        struct objects required = { 0 };
        struct arena arena;
        struct text table;
        struct run run;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        read("model.yaml", &required, &arena);
        read("eu.yaml", &required, &arena);
        run_pipeline(&required, &arena, &run);
        table = write(&run, true, &arena);
        assert_non_null(strstr(table.data, "\033[1meu\033[0m\n"));
        assert_non_null(
                strstr(table.data, "\033[32m> half   3g.40gb         16     0    16  placed\n"));
        assert_null(strstr(write(&run, false, &arena).data, "\033"));
        arena_release(&arena);
}

static void failed_allocations_are_forwarded(void **state) {
        struct objects required = { 0 };
        struct arena arena, scratch;
        struct run run;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        arena_init(&scratch, SIZE_MAX);
        read("two-profiles.yaml", &required, &arena);
        read("eu.yaml", &required, &arena);
        read("broken.yaml", &required, &arena);
        run_pipeline(&required, &arena, &run);
        for (uint64_t n = 1;; n++) {
                struct builder b;
                int r;

                sweep_arm(&scratch, n);
                builder_init(&b, &scratch);
                r = explain_write(&run.explanation, &run.out, true, &scratch, &b);
                if (sweep_is_over(&scratch, n, r))
                        break;
        }
        arena_release(&arena);
        arena_release(&scratch);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(tables_explain),
                cmocka_unit_test(many_environments_are_counted),
                cmocka_unit_test(colours_mark_what_was_taken),
                cmocka_unit_test(failed_allocations_are_forwarded),
        };

        return cmocka_run_group_tests_name("explain", tests, begin, command_end);
}
