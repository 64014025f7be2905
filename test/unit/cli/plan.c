/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/capacity.h"
#include "cli/plan.h"
#include "lib/command.h"

#define OBJECT(kind, name)                                                                         \
        "apiVersion: modelplane.ai/v1alpha1\nkind: " kind "\nmetadata: " name "\n"
#define MODEL(name, serving)                                                                       \
        OBJECT("ClusterModel", "{name: " name "}")                                                 \
        "spec:\n  model: {name: a/b}\n  source: HuggingFace\n  huggingFace: {repo: a/b}\n"         \
        "  serving:\n" serving "---\n"
#define PROFILE(name, gpus, memory)                                                                \
        "  - name: " name "\n    replicaTopology: {nodes: 1, gpusPerNode: " gpus                   \
        ", requires: {memoryPerGpu: " memory "}}\n"
#define DEPLOYMENT(name, model, replicas)                                                          \
        OBJECT("ModelDeployment", "{namespace: team-a, name: " name "}")                           \
        "spec:\n  modelRef: {kind: ClusterModel, name: " model "}\n"                               \
        "  scaling: {signal: Fixed, fixed: {replicas: " replicas "}}\n---\n"

#define CONFIGURED(name)                                                                           \
        OBJECT("InferenceEnvironment", "{name: e}")                                                \
        "spec:\n  nodePools:\n  - {name: p, acceleratorType: H100-80GB, acceleratorCount: 2, "     \
        "nodeCount: 2, nodeSelector: {p: p}, migConfiguration: {enabled: true, config: " name      \
        "}}\n"

static const struct command_file files[] = {
        { "fleet.yaml",
          MODEL("small", PROFILE("one", "1", "10Gi"))
                  MODEL("large", PROFILE("whole", "1", "141Gi") PROFILE("half", "1", "40Gi"))
                          DEPLOYMENT("chat", "large", "3") DEPLOYMENT("embed", "small", "4") },
        { "lost.yaml", DEPLOYMENT("chat", "nowhere", "1") },
        { "empty.yaml", MODEL("small", PROFILE("one", "1", "10Gi")) },
        { "today.yaml", OBJECT("InferenceEnvironment",
                               "{name: today}") "spec:\n  nodePools:\n"
                                                "  - {name: a, acceleratorType: H100-80GB, "
                                                "acceleratorCount: 2, nodeSelector: {p: a}, "
                                                "migConfiguration: {enabled: true, layout: "
                                                "{3g.40gb: 1, 1g.10gb: 2}}}\n"
                                                "  - {name: b, acceleratorType: H100-80GB, "
                                                "acceleratorCount: 2, nodeSelector: {p: b}}\n"
                                                "  - {name: c, acceleratorType: A30-24GB, "
                                                "nodeSelector: {p: c}}\n" },
        { "today-parted.yaml", "version: v1\nmig-configs:\n  mine:\n"
                               "  - {devices: [1], mig-enabled: true, mig-devices: {3g.40gb: 2}}\n"
                               "  - {devices: [0], mig-enabled: false}\n" },
        { "balanced.yaml", CONFIGURED("all-balanced") },
        { "unconfigured.yaml", CONFIGURED("mine") },
        { "configured.yaml",
          CONFIGURED(
                  "mine") "---\n"
                          "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\n"
                          "metadata: {name: c}\nspec:\n  compositeTypeRef: {apiVersion: "
                          "modelplane.ai/v1alpha1, kind: InferenceEnvironment}\n  pipeline:\n"
                          "  - step: s\n    functionRef: {name: function-gpu-placement}\n    "
                          "input: {apiVersion: gpuplacement.fn.crossplane.io/v1alpha1, kind: "
                          "Input, migParted: {configMapRef: {name: parted, namespace: g}}}\n"
                          "---\napiVersion: v1\nkind: ConfigMap\n"
                          "metadata: {name: parted, namespace: g}\ndata:\n  config.yaml: |\n"
                          "    version: v1\n    mig-configs:\n      mine:\n"
                          "      - {devices: [0], mig-enabled: true, mig-devices: {7g.80gb: 1}}\n"
                          "      - {devices: [1], mig-enabled: true, mig-devices: {3g.40gb: "
                          "2}}\n" },
        { "two.yaml", "version: v1\nmig-configs:\n  a:\n  - {devices: all, mig-enabled: false}\n"
                      "  b:\n  - {devices: all, mig-enabled: true, mig-devices: {7g.80gb: 1}}\n" },
};

/* clang-format off */
static const struct command_row rows[] = {
        { "the bound", "--gpu H100-80GB --want 40Gi:3", 0,
          "H100-80GB: 2 GPUs; none can do with 1\n", NULL, "exact, and said so" },
        { "json", "--gpu H100-80GB --gpus 4 --want 40Gi:3,10Gi:4 -o json", 0,
          "{\"bound\":2,\"cutAnew\":2,\"gpu\":\"H100-80GB\",\"gpus\":2,\"layouts\":["
          "{\"count\":1,\"layout\":{\"3g.40gb\":2}},{\"count\":1,\"layout\":{\"1g.10gb\":4,\"3g.40gb\":1}}],"
          "\"strandedGiB\":0,\"unplaced\":[]}\n", NULL, "the shape is documented" },
        { "too large", "--gpu H100-80GB --want 10Gi,200Gi", 1,
          "- 200Gi: no slice of H100-80GB holds one; the smallest GPU that could is\n  ", NULL,
          "by name, with a GPU that could" },
        { "too large for all", "--gpu H100-80GB --want 2000Gi", 1, "- 2000Gi: no GPU holds one", NULL, "" },
        { "too few", "--gpu H100-80GB --gpus 2 --want 40Gi:3,10Gi:5", 1,
          "- 10Gi: 1 of 5 have no room; all that is wanted takes 3 GPUs\n", NULL, "what comes first goes first" },
        { "unplaced", "--gpu H100-80GB --gpus 1 --want 80Gi:2 -o json", 1,
          "\"unplaced\":[{\"count\":1,\"smallestGpu\":\"", NULL, "" },
        { "no media unless asked", "--gpu H100-80GB --want 10Gi:7", 0, "7 x 1g.10gb\n", NULL, "" },
        { "media", "--gpu H100-80GB --want 1g.10gb+me:2", 0, "2 GPUs; none can do with 1", NULL,
          "one of a GPU" },
        { "uniform A30", "--gpu A30-24GB --uniform --want 6Gi:2,12Gi:1", 0,
          "A30-24GB: 2 GPUs; none can do with 1\n", NULL, "4 x 1g.6gb and 2 x 2g.12gb" },
        { "deployments", "--gpu H100-80GB -e fleet.yaml", 0, "3g.40gb       3       3     0\n", NULL,
          "of large the profile that a slice holds" },
        { "deployments on a larger one", "--gpu H200-141GB -e fleet.yaml", 0, "3 GPUs: 7g.141gb\n", NULL,
          "the first profile that fits" },
        { "from an environment", "--gpu H100-80GB --from today.yaml --want 3g.40gb:2,1g.10gb:2", 0,
          "2 GPUs: 3g.40gb, 2 x 1g.10gb; 2 cut so today\n", NULL, "nothing is cut anew" },
        { "cut anew", "--gpu H100-80GB --from today.yaml --want 80Gi:1", 0, "Cut anew: 1\n", NULL, "" },
        { "more than there is", "--gpu H100-80GB --from today.yaml --want 80Gi:5", 1,
          "80Gi: 1 of 5 have no room", NULL, "--from says how many GPUs there are" },
        { "from mig-parted", "--gpu H100-80GB --gpus 3 --from today-parted.yaml --want 40Gi:4 -o mig-parted", 0,
          "  - devices: [0, 1]\n    mig-enabled: true\n    mig-devices:\n      \"3g.40gb\": 2\n"
          "  - devices: [2]\n    mig-enabled: false\n", NULL, "GPU 1 stays as it is" },
        { "by node", "--gpu H100-80GB --gpus-per-node 2 --want 40Gi:4,10Gi:3 -o mig-parted", 0,
          "  planned-1:\n  - devices: [0, 1]\n    mig-enabled: true\n    mig-devices:\n      \"3g.40gb\": 1\n      \"1g.20gb\": 1\n"
          "      \"1g.10gb\": 2\n  # 1 node with 2 x H100-80GB.\n  planned-2:\n  - devices: [0]\n", NULL, "" },
        { "nodes alike", "--gpu H100-80GB --gpus-per-node 2 --want 40Gi:8 -o mig-parted", 0,
          "mig-configs:\n  # 2 nodes with 2 x H100-80GB.\n  planned:\n  - devices: [0, 1]\n", NULL, "" },
        { "pools by node", "--gpu H100-80GB --gpus-per-node 2 --want 40Gi:5 -o yaml", 0,
          "    migConfiguration:\n      config: planned-2\n      enabled: true\n    name: planned-2\n    nodeCount: 1\n",
          NULL, "GPUs that differ need the file" },
        { "one layout by node", "--gpu H100-80GB --gpus-per-node 2 --want 40Gi:8 -o yaml", 0,
          "    name: planned\n    nodeCount: 2\n", NULL, "" },
        { "from mig-parted by node", "--gpu H100-80GB --gpus 6 --gpus-per-node 2 --from today-parted.yaml --want 40Gi:6", 0,
          "3 cut so today\n", NULL, "GPU 1 of each node" },
        { "no GPUs of a node", "--gpu H100-80GB --gpus-per-node 0 --want 40Gi", 2, NULL, "--gpus-per-node: \"0\" is not a number within 1 and 1024", "" },
        { "more than a node has", "--gpu H100-80GB --want 80Gi:2000 -o mig-parted", 2, NULL, "2000 GPUs are more than a node has: say --gpus-per-node", "" },
        { "from NVIDIA's own configuration", "--gpu H100-80GB --from balanced.yaml --want 40Gi:2,20Gi:2", 0,
          "Cut anew: 0\n", NULL, "all-balanced has a 3g.40gb on each GPU" },
        { "from a configuration of a file", "--gpu H100-80GB --from configured.yaml --want 40Gi:4,80Gi:2", 0,
          "Cut anew: 0\n", NULL, "GPU 0 whole, GPU 1 halved, on two nodes" },
        { "from a configuration that is not there", "--gpu H100-80GB --from unconfigured.yaml --want 40Gi:4", 2,
          NULL, "--from: pool p: ", "" },
        { "several configurations", "--gpu H100-80GB --gpus 3 --from two.yaml --want 40Gi", 2, NULL,
          "name one with --config", "" },
        { "one of them", "--gpu H100-80GB --gpus 3 --from two.yaml --config b --want 80Gi:3", 0,
          "Cut anew: 0\n", NULL, "" },
        { "none of them", "--gpu H100-80GB --gpus 3 --from two.yaml --config c --want 80Gi:3", 2, NULL,
          "no configuration \"c\"", "" },
        { "mig-parted without a number", "--gpu H100-80GB --from two.yaml --config b --want 80Gi", 2, NULL,
          "wants --gpus", "" },
        { "from nothing", "--gpu H100-80GB --from fleet.yaml --want 80Gi", 2, NULL, "neither an InferenceEnvironment", "" },
        { "from another GPU", "--gpu H200-141GB --from today.yaml --want 80Gi", 2, NULL, "no pool of today.yaml", "" },
        { "a lost model", "--gpu H100-80GB -e lost.yaml", 2, NULL,
          "ModelDeployment chat: ClusterModel nowhere is not in the input", "" },
        { "no deployment", "--gpu H100-80GB -e empty.yaml", 2, NULL, "no ModelDeployment", "" },
        { "no GPU", "--want 40Gi", 2, NULL, "--gpu is needed", "" },
        { "nothing wanted", "--gpu H100-80GB", 2, NULL, "--want or -e is needed", "" },
        { "no unit", "--gpu H100-80GB --want 40:3", 2, NULL, "is 40Gi meant?", "" },
        { "no count", "--gpu H100-80GB --want 40Gi:0", 2, NULL, "not within 1 and", "" },
        { "no memory", "--gpu H100-80GB --want many", 2, NULL, "neither memory[:count]", "" },
        { "no number", "--gpu H100-80GB --gpus none --want 40Gi", 2, NULL, "--gpus: \"none\"", "" },
        { "no form", "--gpu H100-80GB --want 40Gi -o html", 2, NULL, "none of json, yaml and mig-parted", "" },
        { "no MIG", "--gpu PG506-96GB --want 40Gi", 2, NULL, "cannot be cut", "" },
        { "a word too many", "--gpu H100-80GB --want 40Gi 10Gi", 2, NULL, "flags only", "" },
        { "help", "--help", 0, "usage: function-gpu-placement plan", NULL, "" },
        { "pools", "--gpu H100-80GB --gpus 3 --want 40Gi:2,10Gi:7 -o yaml", 0,
          "      layout:\n        1g.10gb: 4\n        3g.40gb: 1\n", NULL, "" },
};
/* clang-format on */

static void test_rows(void **state) {
        (void)state;
        command_check(cli_plan, "plan", rows, COMMAND_COUNT(rows));
}

static void save(const char *path, const char *before, const char *content, const char *indent) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        fputs(before, file);
        for (const char *at = content; *at; at++) {
                if (at == content || at[-1] == '\n')
                        fputs(indent, file);
                fputc(*at, file);
        }
        fclose(file);
}

/* What `capacity` counts of the mig-parted file, and of the pools, is what was planned. */
static void test_counted_by_capacity(void **state) {
        static struct command_output out;

        (void)state;
        command_run(cli_plan, "plan",
                    "--gpu H100-80GB --gpus 8 --want 40Gi:5,20Gi:3,10Gi:20,80Gi:1 -o mig-parted",
                    &out);
        assert_int_equal(out.code, 0);
        save("planned.yaml",
             OBJECT("InferenceEnvironment",
                    "{name: e}") "spec:\n  nodePools:\n  - {name: p, acceleratorType: H100-80GB, "
                                 "acceleratorCount: 8, "
                                 "nodeSelector: {p: p}, migConfiguration: {enabled: true, config: "
                                 "planned}}\n---\n"
                                 "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: parted, "
                                 "namespace: gpu-operator}\n"
                                 "data:\n  config.yaml: |\n",
             out.out, "    ");
        save("input.yaml",
             "apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\nkind: Input\n"
             "migParted: {configMapRef: {name: parted, namespace: gpu-operator}}\n",
             "", "");
        command_run(cli_capacity, "capacity", "planned.yaml --input input.yaml -o json", &out);
        assert_int_equal(out.code, 0);
        assert_non_null(
                strstr(out.out, "\"resourceName\":\"nvidia.com/mig-3g.40gb\",\"total\":5,"));
        assert_non_null(
                strstr(out.out, "\"resourceName\":\"nvidia.com/mig-7g.80gb\",\"total\":1,"));
        assert_non_null(
                strstr(out.out, "\"resourceName\":\"nvidia.com/mig-1g.10gb\",\"total\":20,"));
        assert_null(strstr(out.out, "InvalidPool"));

        command_run(cli_plan, "plan", "--gpu H100-80GB --gpus 8 --want 40Gi:5,10Gi:20 -o yaml",
                    &out);
        assert_int_equal(out.code, 0);
        save("pools.yaml", out.out, "", "");
        command_run(cli_capacity, "capacity", "pools.yaml", &out);
        assert_int_equal(out.code, 0);
        assert_non_null(strstr(out.out, "nvidia.com/mig-1g.10gb"));
        assert_null(strstr(out.out, "InvalidPool"));
}

/* By node, the file and the pools together: what is wanted is counted again. */
static void test_nodes_counted_by_capacity(void **state) {
        static struct command_output file, pools, counted;
        const char *wanted = "--gpu H100-80GB --gpus-per-node 4 --want 40Gi:9,20Gi:3,10Gi:5";
        char words[200];

        (void)state;
        snprintf(words, sizeof(words), "%s -o mig-parted", wanted);
        command_run(cli_plan, "plan", words, &file);
        snprintf(words, sizeof(words), "%s -o yaml", wanted);
        command_run(cli_plan, "plan", words, &pools);
        assert_int_equal(file.code, 0);
        assert_int_equal(pools.code, 0);
        save("node-pools.yaml", pools.out, "", "");
        save("node-input.yaml",
             "apiVersion: gpuplacement.fn.crossplane.io/v1alpha1\nkind: Input\n"
             "migParted:\n  inline: |\n",
             file.out, "    ");
        command_run(cli_capacity, "capacity", "node-pools.yaml --input node-input.yaml -o json",
                    &counted);
        assert_int_equal(counted.code, 0);
        /* Six GPUs with 9, 3 and 6 slices, and the two that the last node has beside. */
        assert_non_null(strstr(counted.out, "\"total\":20,\"used\":0}\n"));
        assert_non_null(strstr(counted.out, "mig-3g.40gb\",\"total\":7,"));
        assert_non_null(strstr(counted.out, "mig-3g.40gb\",\"total\":2,"));
        assert_null(strstr(counted.out, "InvalidPool"));
}

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_counted_by_capacity),
                cmocka_unit_test(test_nodes_counted_by_capacity),
        };

        return cmocka_run_group_tests_name("plan", tests, begin, command_end);
}
