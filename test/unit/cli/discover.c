/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/discover.h"
#include "lib/command.h"

#define LIST "apiVersion: v1\nkind: List\nitems:\n"
#define NODE(name, labels, resources)                                                              \
        "- apiVersion: v1\n  kind: Node\n  metadata: {name: " name ", labels: {" labels "},"       \
        " managedFields: [{a: {b: c}}]}\n"                                                         \
        "  status: {images: [{names: [x]}], allocatable: {" resources "}}\n"
#define HEAD(name)                                                                                 \
        "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnvironment\nmetadata:\n  name: " name \
        "\nspec:\n  nodePools:\n"

static const struct command_file files[] = {
        { "one.yaml", LIST NODE("a", "nvidia.com/gpu.product: NVIDIA-A30", "nvidia.com/gpu: '1'") },
        { "single.json", "{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": "
                         "\"a\"}, \"status\": {\"allocatable\": {\"nvidia.com/gpu\": \"2\"}}}" },
        { "none.yaml", LIST NODE("a", "a: b", "cpu: 4, nvidia.com/gpu: '0'") },
        { "apart.yaml",
          LIST NODE("a", "", "nvidia.com/gpu: 2") NODE("b", "", "nvidia.com/mig-1g.10gb: 7") },
        { "names.yaml", LIST NODE("a", "\"true\": yes, kubernetes.io/hostname: a, p: '1'",
                                  "nvidia.com/gpu: 2") NODE("b", "p: '2'", "nvidia.com/gpu: 4") },
        { "odd.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: [x]}\n"
                      "spec: {taints: {}}\nstatus: {allocatable: {nvidia.com/gpu: -1, "
                      "nvidia.com/mig-: 1, nvidia.com/mig-gb.: 1, nvidia.com/gpu.: x}, "
                      "conditions: 1}\n" },
};

static const struct command_row rows[] = {
        { "a node", "one.yaml", 0,
          "# Made of 1 nodes, 1 of which offer GPUs.\n" HEAD(
                  "discovered") "  - name: a30-24gb-whole\n"
                                "    nodeSelector:\n      nvidia.com/gpu.product: NVIDIA-A30\n",
          NULL, "what is not read may hold anything" },
        { "a name", "--name eu-1 one.yaml", 0, HEAD("eu-1"), NULL, "the environment's" },
        { "as JSON", "-o json one.yaml", 0,
          "\"nodePools\":[{\"acceleratorCount\":1,\"acceleratorType\":\"NVIDIA-A30\",\"name\":"
          "\"a30-24gb-whole\",\"nodeCount\":1,\"nodeSelector\":{\"nvidia.com/gpu.product\":"
          "\"NVIDIA-A30\"}}]",
          NULL, "without comments" },
        { "not a list, without labels", "single.json", 0,
          "    nodeSelector: {}  # the nodes have no label in common\n", NULL, "one object" },
        { "no label tells them apart", "apart.yaml", 0,
          "# Left out: b offers something else, and no label tells it from a.\n", NULL,
          "nothing is declared that a pod could miss" },
        { "of several files", "one.yaml single.json", 0,
          "# Made of 2 nodes, 1 of which offer GPUs.\n"
          "# Left out: a offers something else, and no label tells it from a.\n" HEAD(
                  "discovered") "  - name: a30-24gb-whole\n",
          NULL, "a selector of all nodes would find the others too" },
        { "strings that look like something else", "names.yaml", 0,
          "    nodeSelector:\n      p: \"1\"\n", NULL, "labels are strings" },
        { "nonsense", "odd.yaml", 0, "acceleratorCount: 1", NULL, "never a crash" },
        { "no GPUs", "none.yaml", 1, NULL, "there is no Node in the input that offers GPUs",
          "what was offered once stays with 0" },
        { "a bad name", "--name A_b one.yaml", 2, NULL, "--name: \"A_b\" is not a name", "usage" },
        { "no such file", "nothing.yaml", 2, NULL, "cannot read nothing.yaml", "unreadable" },
        { "help", "--help", 0, "usage: function-gpu-placement discover [FILE]...", NULL, "help" },
};

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

static void test_rows(void **state) {
        (void)state;
        command_check(cli_discover, "discover", rows, COMMAND_COUNT(rows));
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, begin, command_end);
}
