/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/check.h"
#include "lib/command.h"

#define API "apiVersion: modelplane.ai/v1alpha1\n"
#define ENVIRONMENT(name) API "kind: InferenceEnvironment\nmetadata: {name: " name "}\n"
#define PIN "nodeSelector: {a: b}, acceleratorType: nvidia-h100-80gb"
#define MODEL                                                                                      \
        API "kind: ClusterModel\nmetadata: {name: m}\n"                                            \
            "spec: {model: {name: a/m}, huggingFace: {repo: a/m}}\n"
#define COMPOSITION(mode, input)                                                                   \
        "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\n"     \
        "spec:\n  mode: " mode "\n  pipeline:\n  - step: s\n    input:\n"                          \
        "      apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\n      kind: Input\n" input

#define NODE(name, labels, more)                                                                   \
        "- apiVersion: v1\n  kind: Node\n  metadata: {name: " name ", labels: {" labels "}}\n"     \
        "  " more "\n"
#define OFFERS(resources) "status: {allocatable: {" resources "}}"
#define POOL(name, more)                                                                           \
        "  - {name: " name                                                                         \
        ", acceleratorType: h100-80gb, acceleratorCount: 8, nodeCount: 1, " more "}\n"

static const struct command_file files[] = {
        { "nodes.yaml",
          "apiVersion: v1\nkind: List\nitems:\n" NODE("cpu", "kind: cpu", "status: {}") NODE(
                  "whole", "kind: whole, nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3",
                  OFFERS("nvidia.com/gpu: '8'"))
                  NODE("cut", "kind: cut, zone: z, nvidia.com/mig-3g.40gb.memory: '40320'",
                       OFFERS("nvidia.com/gpu: '0', nvidia.com/mig-3g.40gb: '14'"))
                          NODE("a100",
                               "kind: a100, zone: z, nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB",
                               "spec: {taints: [{key: dedicated, value: team, effect: NoSchedule}, "
                               "{key: nvidia.com/gpu, effect: NoSchedule}]}\n  " OFFERS(
                                       "nvidia.com/gpu: 8"))
                                  NODE("unknown",
                                       "kind: unknown, nvidia.com/gpu.product: NVIDIA-X1, "
                                       "nvidia.com/gpu.memory: '20000'",
                                       OFFERS("nvidia.com/gpu: 8"))
                                          NODE("sick", "kind: whole",
                                               "status: {allocatable: {nvidia.com/gpu: 3}, "
                                               "conditions: [{type: Ready, "
                                               "status: Unknown}]}") },
        { "real.yaml", ENVIRONMENT("e") "spec:\n  nodePools:\n"                          /* 4, 5 */
          POOL("nowhere", "nodeSelector: {kind: none}")                                  /* 6 */
          POOL("no-gpus", "nodeSelector: {kind: cpu}")                                   /* 7 */
          POOL("cut", "nodeSelector: {kind: cut}, migConfiguration: {profile: 3g.40gb}") /* 8 */
          POOL("a100", "nodeSelector: {kind: a100}")                                     /* 9 */
          POOL("unknown", "nodeSelector: {kind: unknown}") },                            /* 10 */
        { "few.yaml",
          ENVIRONMENT(
                  "e") "spec:\n  nodePools:\n"
                       "  - {name: few, nodeSelector: {kind: whole}, acceleratorType: h100-80gb,"
                       " acceleratorCount: 4, nodeCount: 1}\n"
                       "  - {name: wide, affinity: {nodeAffinity: "
                       "{requiredDuringSchedulingIgnoredDuring"
                       "Execution: {nodeSelectorTerms: [{matchExpressions: [{key: kind, operator: "
                       "In, values: "
                       "[whole, other]}]}]}}}, acceleratorType: h100-80gb, acceleratorCount: 8, "
                       "nodeCount: 4}\n" },
        { "fine.yaml",
          ENVIRONMENT(
                  "e") "spec:\n  nodePools:\n"
                       "  - {name: whole, nodeSelector: {kind: whole}, acceleratorType: h100-80gb,"
                       " acceleratorCount: 8, nodeCount: 2}\n"
                       "  - {name: empty, nodeSelector: {kind: later}, acceleratorType: h100-80gb,"
                       " acceleratorCount: 8, nodeCount: 0, maxNodeCount: 4}\n" },
        { "plain.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n" },
        { "good.yaml",
          ENVIRONMENT("e") "spec:\n  nodePools: [{name: p, " PIN ", acceleratorCount: 8}]\n"
                           "---\n" MODEL "---\n" API
                           "kind: ModelDeployment\nmetadata: {namespace: t, name: d}\n"
                           "spec: {modelRef: {name: m}}\n"
                           "---\n" COMPOSITION("Pipeline", "      stages: [Deploy]\n") },
        { "slices.yaml", ENVIRONMENT("e") "spec:\n  nodePools: [{name: p, " PIN
                                          ", migConfiguration: {profile: 3g.40gb}}]\n" },
        { "warned.yaml",
          "# a comment\n" ENVIRONMENT("e") "spec:\n  nodePools:\n"
                                           "  - {name: p, acceleratorType: h100-80gb}\n" },
        { "wrong.yaml", "# a comment\n"                           /* 1 */
          API "kind: InferenceEnvironment\n"                      /* 2, 3 */
                        "metadata:\n"                             /* 4 */
                        "  name: EKS_Prod\n"                      /* 5 */
                        "  labels: {a: 'b c'}\n"                  /* 6 */
                        "spec:\n"                                 /* 7 */
                        "  cluster: {source: Nowhere}\n"          /* 8 */
                        "  nodePools:\n"                          /* 9 */
                        "  - name: a\n"                           /* 10 */
                        "    nodeSelector: {'x.y/z': 3}\n"        /* 11 */
                        "    acceleratorCount: '8'\n"             /* 12 */
                        "    costPerUnitHour: 3.20\n"             /* 13 */
                        "  - name: a\n"                           /* 14 */
                        "    nodeSelector: {}\n"                  /* 15 */
                        "    nodeCount: 3\n"                      /* 16 */
                        "    maxNodeCount: 1\n"                   /* 17 */
                        "    acceleratorTyp: x\n"                 /* 18 */
                        "    migConfiguration: {profile: 9g.9}\n" /* 19 */
                        "  -\n"                                   /* 20 */
                        "---\n" API "kind: InferenceEnvironment\n"
                        "metadata: {name: other}\n" /* 24 */
                        "nodePools: []\n" },        /* 25 */
        { "pool.yaml", ENVIRONMENT("e") "spec:\n  nodePools:\n"
                                        "  - name: a\n    nodeSelector: {a: b}\n"
                                        "    acceleratorType: h100-80gb\n"
                                        "    migConfiguration: {profile: 9g.99gb}\n" },
        { "deployment.yaml", API "kind: ModelDeployment\nmetadata: {name: d}\nspec:\n"
                                 "  modelRef: {kind: Foo, name: x}\n"
                                 "  environments: 99\n"
                                 "  scaling: {signal: Concurrency}\n" },
        { "model.yaml", API "kind: Model\nmetadata: {name: m}\nspec:\n"
                            "  model: {name: 'a b'}\n"
                            "  resources: {vram: 40}\n"
                            "  serving:\n"
                            "  - name: x\n"
                            "    replicaTopology: {requires: {memoryPerGpu: 40GB}}\n" },
        { "mode.yaml", COMPOSITION("Resources", "      kserve: {multinode: true}\n"
                                                "      stages: [Deploi]\n") },
        { "kind.yaml", API "kind: InferenceEnviroment\nmetadata: {name: e}\n" },
        { "version.yaml", "apiVersion: modelplane.ai/v1\nkind: ClusterModel\n"
                          "metadata: {name: m}\n"
                          "spec: {model: {name: a/m}, huggingFace: {repo: a/m}}\n" },
        { "bare.yaml", "spec:\n  nodePools: []\n" },
        { "foreign.yaml", "apiVersion: ml.example/v1\nkind: Model\nmetadata: {name: m}\n"
                          "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n" },
        { "api.yaml", COMPOSITION("Pipeline", "      api: ml.example/v1\n") },
        { "own-api.yaml", "apiVersion: ml.example/v1\nkind: ClusterModel\nmetadata: {name: m}\n"
                          "spec: {model: {name: a/m}, huggingFace: {repo: a/m}, x: 1}\n" },
        { "folder/a.yaml", "# first\n" MODEL },
        { "folder/b.yaml", MODEL },
        { "twice.yaml", API "kind: ClusterModel\nmetadata: {name: m}\nspec: {}\nspec: {}\n" },
        { "list.json", "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n"
                       "{\"apiVersion\": \"modelplane.ai/v1alpha1\", \"kind\": \"Model\",\n"
                       "\"metadata\": {\"name\": \"m\"}, \"spec\": {\n"
                       "\"model\": {\"name\": \"a\"}, \"huggingFace\": {\"repo\": \"a\"},\n"
                       "\"sourc\": \"HuggingFace\"}}]}\n" },
};

static const struct command_row rows[] = {
        { "nothing is wrong", "good.yaml", 0, NULL, NULL, "silence is a success" },
        { "slices", "slices.yaml --strict", 0, NULL, NULL,
          "what a slice really has is no warning" },
        { "a warning", "warned.yaml", 0,
          "warned.yaml:7: [warning] InferenceEnvironment/e: spec.nodePools[0]: not pinned to nodes",
          NULL, "reported where the pool stands" },
        { "strict", "--strict warned.yaml", 1, "[warning]", NULL, "for a pipeline" },
        { "a name and a label", "wrong.yaml", 1,
          "wrong.yaml:5: [error] InferenceEnvironment/EKS_Prod: metadata.name: \"EKS_Prod\" is not "
          "a name for an object: it has small letters, digits, \"-\" and \".\", and begins and "
          "ends with a letter or a digit\n"
          "wrong.yaml:6: [error] InferenceEnvironment/EKS_Prod: metadata.labels[a]: \"b c\" is not "
          "a label value\n"
          "wrong.yaml:8: [error] InferenceEnvironment/EKS_Prod: spec.cluster.source: must be one "
          "of InCluster, Existing, GKE, not \"Nowhere\"\n"
          "wrong.yaml:10: [error] InferenceEnvironment/EKS_Prod: spec.nodePools[0]: two pools are "
          "called \"a\"\n"
          "wrong.yaml:11: [error] InferenceEnvironment/EKS_Prod: "
          "spec.nodePools[0].nodeSelector[x.y/z]: must be a string, but is the number 3: put it "
          "in quotes\n"
          "wrong.yaml:12: [error] InferenceEnvironment/EKS_Prod: "
          "spec.nodePools[0].acceleratorCount: must be a number, but is the string \"8\": leave "
          "out the quotes\n"
          "wrong.yaml:13: [error] InferenceEnvironment/EKS_Prod: "
          "spec.nodePools[0].costPerUnitHour: must be a whole number or a string, but is the "
          "number 3.2: put it in quotes\n",
          NULL, "every mistake, not the first, and each once" },
        { "a mistake of one pool does not hide its neighbours'", "wrong.yaml", 1,
          "wrong.yaml:14: [error] InferenceEnvironment/EKS_Prod: spec.nodePools[1]: two pools are "
          "called \"a\"\n"
          "wrong.yaml:17: [error] InferenceEnvironment/EKS_Prod: "
          "spec.nodePools[1].maxNodeCount: 1 is below nodeCount, 3\n"
          "wrong.yaml:18: [error] InferenceEnvironment/EKS_Prod: "
          "spec.nodePools[1].acceleratorTyp: unknown member: is acceleratorType meant?\n"
          "wrong.yaml:20: [error] InferenceEnvironment/EKS_Prod: spec.nodePools[2]: must be a map, "
          "but is null\n",
          NULL, "the spec cannot be read as a whole, and the pools are looked at" },
        { "the second document", "wrong.yaml", 1,
          "wrong.yaml:22: [error] InferenceEnvironment/other: spec: is required\n"
          "wrong.yaml:25: [error] InferenceEnvironment/other: nodePools: unknown member: is "
          "spec.nodePools meant?\n",
          NULL, "lines are the file's; a member is looked for in the whole schema" },
        { "a pool that cannot be used", "pool.yaml", 1,
          "pool.yaml:6: [error] InferenceEnvironment/e: spec.nodePools[0]: unknown MIG profile "
          "\"9g.99gb\"",
          NULL, "what capacity says too" },
        { "a deployment", "deployment.yaml", 1,
          "deployment.yaml:5: [error] ModelDeployment/d: spec.modelRef.kind: must be one of "
          "ClusterModel, Model, not \"Foo\"\n"
          "deployment.yaml:6: [error] ModelDeployment/d: spec.environments: 99 is not within 1 and "
          "10\n"
          "deployment.yaml:7: [error] ModelDeployment/d: spec.scaling.concurrency: is required\n",
          NULL, "all of them" },
        { "a model", "model.yaml", 1,
          "model.yaml:5: [error] Model/m: spec.model.name: \"a b\" is not a name of a model, such "
          "as google/gemma-3-27b-it\n"
          "model.yaml:6: [warning] Model/m: spec.resources.vram: this is 40 bytes, less than 1Gi: "
          "is 40Gi meant?\n"
          "model.yaml:9: [error] Model/m: "
          "spec.serving[0].replicaTopology.requires.memoryPerGpu: not a quantity such as 40Gi: "
          "\"40GB\"\n",
          NULL, "a doubt is a warning" },
        { "a Composition", "mode.yaml", 1,
          "mode.yaml:5: [error] Composition/c: spec.mode: \"Resources\" is not Pipeline\n"
          "mode.yaml:11: [error] Composition/c: spec.pipeline[0].input.kserve.multinode: unknown "
          "member: is multiNode meant?\n"
          "mode.yaml:12: [error] Composition/c: spec.pipeline[0].input.stages[0]: must be "
          "one of Deploy, Place, Inventory, Check, not \"Deploi\"\n",
          NULL, "its inputs are ours" },
        { "a kind", "kind.yaml", 1,
          "kind.yaml:2: [error] InferenceEnviroment/e: kind: \"InferenceEnviroment\" is not known: "
          "is InferenceEnvironment meant?\n",
          NULL, "near ours" },
        { "a version", "version.yaml", 1,
          "version.yaml:1: [error] ClusterModel/m: apiVersion: \"modelplane.ai/v1\" is not "
          "modelplane.ai/v1alpha1\n",
          NULL, "the function would not read it" },
        { "neither", "bare.yaml", 1,
          "bare.yaml:1: [error] -/-: apiVersion: is required: is modelplane.ai/v1alpha1 meant?\n"
          "bare.yaml:1: [error] -/-: kind: is required\n",
          NULL, "half a manifest" },
        { "what others own", "foreign.yaml", 0, NULL, "no object of ours",
          "there are other kinds called Model" },
        { "another API", "api.yaml own-api.yaml", 1,
          "own-api.yaml:4: [error] ClusterModel/m: spec.x: unknown member\n", NULL,
          "the input says which apiVersion our kinds have" },
        { "given twice", "folder", 1,
          "folder/b.yaml:3: [error] ClusterModel/m: metadata.name: is given twice, first at "
          "folder/a.yaml:4\n",
          NULL, "both files are named" },
        { "no YAML", "twice.yaml kind.yaml", 2,
          "twice.yaml:5: [error] -/-: duplicate key \"spec\"\n"
          "kind.yaml:2: [error]",
          NULL, "the other files are checked all the same" },
        { "an item of a list", "list.json", 1,
          "list.json:5: [error] Model/m: spec.sourc: unknown member: is source meant?\n", NULL,
          "lines of JSON too" },
        { "as JSON", "-o json version.yaml", 1,
          "[{\"file\":\"version.yaml\",\"kind\":\"ClusterModel\",\"line\":1,\"message\":"
          "\"\\\"modelplane.ai/v1\\\" is not modelplane.ai/v1alpha1\",\"name\":\"m\",\"path\":"
          "\"apiVersion\",\"severity\":\"error\"}]\n",
          NULL, "for programs" },
        { "nothing as JSON", "-o=json good.yaml", 0, "[]\n", NULL, "as kubectl takes it" },
        { "against nodes", "real.yaml --nodes nodes.yaml", 1,
          "real.yaml:6: [error] InferenceEnvironment/e: spec.nodePools[0]: its selector finds none "
          "of the 6 nodes\n"
          "real.yaml:7: [error] InferenceEnvironment/e: spec.nodePools[1]: none of the 1 nodes "
          "that "
          "it selects offers nvidia.com/gpu: cpu offers no GPUs\n"
          "real.yaml:8: [error] InferenceEnvironment/e: spec.nodePools[2]: declares 16 "
          "nvidia.com/mig-3g.40gb a node, but cut allocates 14\n"
          "real.yaml:9: [error] InferenceEnvironment/e: spec.nodePools[3]: declares h100-80gb, but "
          "a100 has NVIDIA-A100-SXM4-80GB\n"
          "real.yaml:9: [error] InferenceEnvironment/e: spec.nodePools[3]: nothing tolerates the "
          "taint dedicated=team:NoSchedule of a100\n"
          "real.yaml:10: [error] InferenceEnvironment/e: spec.nodePools[4]: counts 80Gi a unit, "
          "but "
          "one of unknown has 20000Mi\n",
          NULL, "each difference where the pool stands" },
        { "what no pool covers", "real.yaml --nodes nodes.yaml", 1,
          "real.yaml:5: [warning] InferenceEnvironment/e: spec.nodePools: no pool covers the 3 "
          "nvidia.com/gpu of sick and 1 more\n",
          NULL, "said once for a resource" },
        { "less than there is", "few.yaml --nodes nodes.yaml", 0,
          "few.yaml:6: [warning] InferenceEnvironment/e: spec.nodePools[0]: 2 nodes that it "
          "selects "
          "offer GPUs, more than the 1 that count\n"
          "few.yaml:6: [warning] InferenceEnvironment/e: spec.nodePools[0]: declares 4 "
          "nvidia.com/gpu a node, but whole allocates 8\n",
          NULL, "nothing breaks, and a node that is not ready does not count for units" },
        { "affinity selects too", "few.yaml --nodes nodes.yaml", 0,
          "few.yaml:7: [warning] InferenceEnvironment/e: spec.nodePools[1]: nodeCount is 4, but 2 "
          "of its nodes offer GPUs\n"
          "few.yaml:7: [warning] InferenceEnvironment/e: spec.nodePools[1]: its selector and that "
          "of pool few both find sick, and both ask for nvidia.com/gpu\n",
          NULL, "two pools, one node" },
        { "nothing of a pool that is empty now", "fine.yaml --nodes nodes.yaml", 0,
          "fine.yaml:5: [warning] InferenceEnvironment/e: spec.nodePools: no pool covers the 8 "
          "nvidia.com/gpu of a100 and 1 more\n"
          "fine.yaml:5: [warning] InferenceEnvironment/e: spec.nodePools: no pool covers the 14 "
          "nvidia.com/mig-3g.40gb of cut\n",
          NULL, "its nodes come when they are needed" },
        { "no nodes", "fine.yaml --nodes plain.yaml", 2, NULL,
          "--nodes: there is no Node in plain.yaml", "the wrong file" },
        { "no such file", "nothing.yaml", 2, NULL, "cannot read nothing.yaml", "unreadable" },
        { "no file", "", 2, NULL, "a FILE is needed", "usage" },
        { "a flag", "--verbose good.yaml", 2, NULL, "unknown flag", "usage" },
        { "help", "--help", 0, "usage: function-gpu-placement check FILE...", NULL, "help" },
};

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

static void test_rows(void **state) {
        (void)state;
        command_check(cli_check, "check", rows, COMMAND_COUNT(rows));
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, begin, command_end);
}
