/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fleet/pool_warnings.h"

#include "fleet/environment.h"
#include "fleet/selection.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "pools.h"

static struct environment environment;

#define REQUIRED(terms)                                                                            \
        "'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "         \
        "{'nodeSelectorTerms': [" terms "]}}}"
#define IN(key, values)                                                                            \
        "{'matchExpressions': [{'key': '" key "', 'operator': 'In', 'values': [" values "]}]}"

/* An environment with pools of these members; cluster stands before them. */
static void read_pools(const char *cluster, const char *const *members, size_t n) {
        char json[4096];
        size_t len = (size_t)snprintf(json, sizeof(json), "{'spec': {%s'nodePools': [", cluster);

        for (size_t i = 0; i < n; i++)
                len += (size_t)snprintf(json + len, sizeof(json) - len, "%s{'name': '%c', %s}",
                                        i > 0 ? ", " : "", (char)('a' + i), members[i]);
        snprintf(json + len, sizeof(json) - len, "]}}");
        print_message("%s\n", json);
        assert_int_equal(
                environment_read(json_value(&arena, json), &settings, &arena, &environment), 0);
        for (size_t i = 0; i < environment.n_pools; i++) {
                for (size_t k = 0; k < environment.pools[i].n_messages; k++)
                        print_message("  told: %.*s\n", TEXT_ARG(environment.pools[i].messages[k]));
        }
}

static bool is_told(const struct pool *pool, const char *part) {
        for (size_t i = 0; i < pool->n_messages; i++) {
                if (text_contains(pool->messages[i], text_from(part)))
                        return true;
        }
        return false;
}

/* A GPU, or a slice of it, of which the catalogue has nothing to say. */
#define A30 "'acceleratorType': 'nvidia-a30', "
#define A30_SLICES A30 "'migConfiguration': {'profile': '4g.24gb'}, "
#define PINNED "'nodeSelector': {}, "

struct row {
        const char *members;
        const char *told; /* the only sentence begins so; NULL: there is none */
};

static void check_rows(const struct row *rows, size_t n, const char *cluster) {
        settings.memory_usable = true; /* nothing is told of memory then */
        for (size_t i = 0; i < n; i++) {
                const struct pool *pool;

                read_pools(cluster, &rows[i].members, 1);
                pool = &environment.pools[0];
                assert_true(text_is_empty(pool->invalid));
                assert_int_equal(pool->n_messages, rows[i].told ? 1 : 0);
                if (rows[i].told)
                        assert_true(text_starts_with(pool->messages[0], text_from(rows[i].told)));
        }
}

static void test_declaration(void **state) {
        static const struct row rows[] = {
                { A30 "'nodeSelector': {'a': 'b'}", NULL },
                { A30 "'nodeSelector': {}", NULL }, /* on purpose */
                { A30 "'labels': {'a': 'b'}", NULL },
                { A30 REQUIRED(IN("a", "'b'")), NULL },
                { A30 REQUIRED(IN("a", "'b'") ", " IN("a", "'c'")), NULL },
                { A30 "'affinity': {'nodeAffinity': {}}", "not pinned to nodes" },
                { A30 "'labels': {}", "not pinned to nodes" },
                { A30 "'acceleratorCount': 1", "not pinned to nodes" },
                { A30 PINNED "'replcas': 1, 'migconfiguration': {}",
                  "member \"migconfiguration\" is not known: is migConfiguration meant?" },
                { A30 PINNED "'machineType': 'a3', 'zones': []", NULL },
                { A30 PINNED "'capabilities': {'memoryPerGPU': '40Gi'}",
                  "member \"capabilities.memoryPerGPU\" is not known: is memoryPerGpu meant?" },
                { A30 PINNED "'sharing': {'strategy': 'TimeSlicing', 'replicas': 2, "
                             "'renamebyDefault': true}",
                  "member \"sharing.renamebyDefault\" is not known: is renameByDefault meant?" },
                { A30 PINNED "'podDefaults': {'cpuPerunit': '3'}",
                  "member \"podDefaults.cpuPerunit\" is not known: is cpuPerUnit meant?" },
                { A30 PINNED "'sharing': {'strategy': 'MPS', 'replicas': 2, "
                             "'renameByDefault': true}, 'podDefaults': {'env': [], 'args': [], "
                             "'priorityClassName': 'p', 'runtimeClassName': 'r', 'cpuPerUnit': 1, "
                             "'memoryPerUnit': 1, 'securityContext': {}, 'resources': {}, "
                             "'imagePullSecrets': [], 'serviceAccountName': 'a', "
                             "'hostIPC': false, 'baseRefs': []}",
                  NULL },
                { A30 PINNED "'capabilities': {'memoryPerGpu': '48'}",
                  "memoryPerGpu is 48 bytes, less than 1Gi: is 48Gi meant?" },
                { A30 PINNED "'gpu': {'memory': '80M'}",
                  "memoryPerGpu is 80000000 bytes, less than 1Gi" },
                { A30 PINNED "'capabilities': {'interconnect': 'nv-link'}",
                  "interconnect \"nv-link\" only equals itself: is nvlink meant?" },
                { A30 PINNED "'capabilities': {'interconnect': 'PCIE5'}",
                  "interconnect \"PCIE5\" only equals itself: is pcie meant?" },
                { A30 PINNED "'capabilities': {'interconnect': 'NVLink'}", NULL },
                { A30 PINNED "'capabilities': {'interconnect': 'xgmi'}", NULL },
                { A30 PINNED "'capabilities': {'interconnect': 'pcie-gen5'}",
                  "interconnect \"pcie-gen5\" only equals itself: is pcie meant?" },
                { A30 PINNED "'capabilities': {'interconnect': 'NVSwitch-3rd-gen'}",
                  "interconnect \"NVSwitch-3rd-gen\" only equals itself: is nvswitch meant?" },
                { A30 PINNED "'capabilities': {'precisionSupport': ['bfloat16']}",
                  "precision \"bfloat16\" only equals itself: is bf16 meant?" },
                { A30 PINNED "'capabilities': {'precisionSupport': ['fp8_e4m3']}",
                  "precision \"fp8_e4m3\" only equals itself: is fp8 meant?" },
                { A30 PINNED "'capabilities': {'precisionSupport': ['float16']}",
                  "precision \"float16\" only equals itself: is fp16 meant?" },
                { A30 PINNED "'capabilities': {'precisionSupport': ['bf16', 'FP8']}", NULL },
                { A30 PINNED "'capabilities': {'precisionSupport': ['bf16', 'fp-16']}",
                  "precision \"fp-16\" only equals itself: is fp16 meant?" },
                { A30 PINNED "'nodeCount': 0", "has 0 nodes forever" },
                { A30 PINNED "'maxNodeCount': 0", "has 0 nodes forever" },
                { A30 PINNED "'nodeCount': 0, 'maxNodeCount': 0", "has 0 nodes forever" },
                { A30 PINNED "'nodeCount': 0, 'maxNodeCount': 4", NULL },
                { A30_SLICES PINNED "'nodeCount': 0, 'maxNodeCount': 4",
                  "scales from zero nodes with a nvidia.com/mig-* resource" },
                { A30_SLICES PINNED "'nodeCount': 1, 'maxNodeCount': 4", NULL },
                { A30 PINNED "'nodeCount': 0, 'maxNodeCount': 1, "
                             "'migConfiguration': {'profile': '4g.24gb', 'strategy': 'single'}",
                  NULL },
                { A30 PINNED "'nodeCount': 0, 'maxNodeCount': 1, "
                             "'resourceName': 'nvidia.com/mig-3g.40gb'",
                  "scales from zero nodes" },
                { A30_SLICES PINNED "'nodeCount': 0, 'maxNodeCount': 1, 'allocation': 'DRA'",
                  "scales from zero nodes with devices that are claimed (DRA)" },
                { A30 PINNED "'allocation': 'DRA', "
                             "'migConfiguration': {'profile': '4g.24gb', 'strategy': 'single'}",
                  "migConfiguration.strategy is a device plugin's" },
                { "'acceleratorType': 'mi300x', 'allocation': 'DRA', 'nodeSelector': {}",
                  "allocation DRA claims devices of NVIDIA's driver" },
        };

        (void)state;
        check_rows(rows, sizeof(rows) / sizeof(rows[0]), "");
}

static void test_accelerator(void **state) {
        static const struct row rows[] = {
                { PINNED "'acceleratorType': 'p4d.24xlarge', 'acceleratorCount': 16",
                  "a p4d.24xlarge has 8 GPUs, but acceleratorCount is 16" },
                { PINNED "'acceleratorType': 'p4d.24xlarge', 'acceleratorCount': 8", NULL },
                { PINNED "'acceleratorType': 'gpua30.small', 'acceleratorCount': 3", NULL },
                { PINNED "'acceleratorType': 'Standard_ND96isr_MI300X_v5', "
                         "'acceleratorCount': 64, 'resourceName': 'amd.com/cpx_nps4'",
                  NULL },
                { PINNED "'acceleratorType': 'NVIDIA-A30-MIG-1g.6gb'",
                  "acceleratorType ends in -MIG-1g.6gb, but whole GPUs are declared" },
                { PINNED "'acceleratorType': 'NVIDIA-A30-MIG-1g.6gb', "
                         "'migConfiguration': {'profile': '4g.24gb'}",
                  "acceleratorType ends in -MIG-1g.6gb, but 4g.24gb is declared" },
                { PINNED "'acceleratorType': 'NVIDIA-A30-MIG-4g.24gb', "
                         "'migConfiguration': {'profile': '4g.24gb'}",
                  NULL },
                { PINNED "'acceleratorType': 'NVIDIA-A30-SHARED'",
                  "acceleratorType ends in -SHARED, but no sharing is declared" },
                { PINNED "'acceleratorType': 'NVIDIA-A30-SHARED', " SHARED(2), NULL },
                { PINNED A30 "'sharing': {'strategy': 'MPS', 'replicas': 48}", NULL },
                { PINNED A30 "'sharing': {'strategy': 'MPS', 'replicas': 49}",
                  "MPS takes at most 48 clients on such a GPU (60 from CUDA 13.1 on), but "
                  "sharing.replicas is 49" },
                { PINNED "'acceleratorType': 'P100', 'sharing': {'strategy': 'MPS', "
                         "'replicas': 17}",
                  "MPS takes at most 16 clients on such a GPU, but sharing.replicas is 17" },
                { PINNED A30 SHARED(100), NULL },
                { PINNED "'acceleratorType': 'mi300x', 'sharing': {'strategy': 'MPS', "
                         "'replicas': 2}",
                  "MPS is NVIDIA's" },
        };

        (void)state;
        check_rows(rows, sizeof(rows) / sizeof(rows[0]), "");
}

#define SLICES "the nodeSelector selects nodes whose GPUs are slices of "
#define ON(labels) "'nodeSelector': {" labels "}"
#define PRODUCT(value) "'nvidia.com/gpu.product': '" value "'"
#define CONFIG(value) "'nvidia.com/mig.config': '" value "'"

static void test_labels(void **state) {
        static const struct row rows[] = {
                { A30 ON(PRODUCT("NVIDIA-A30")), NULL },
                { A30 ON(PRODUCT("NVIDIA-SOMETHING-NEW")), NULL },
                { A30 ON(PRODUCT("NVIDIA-A100-SXM4-40GB")),
                  "selects nodes with nvidia.com/gpu.product NVIDIA-A100-SXM4-40GB, which is "
                  "another GPU than acceleratorType nvidia-a30" },
                { A30 REQUIRED(IN("nvidia.com/gpu.product", "'NVIDIA-L4', 'NVIDIA-A10G'")),
                  "selects nodes with nvidia.com/gpu.product NVIDIA-A10G, which is another GPU" },
                { A30 REQUIRED(IN("nvidia.com/gpu.product", "'NVIDIA-L4', 'NVIDIA-A30'")), NULL },
                { A30 ON("'cloud.google.com/gke-accelerator': 'nvidia-l4'"),
                  "selects nodes with cloud.google.com/gke-accelerator nvidia-l4" },
                { A30 ON("'karpenter.k8s.aws/instance-gpu-name': 'a10g'"),
                  "selects nodes with karpenter.k8s.aws/instance-gpu-name a10g" },
                { A30 ON("'node.kubernetes.io/instance-type': 'gpua30.large'"), NULL },
                { A30
                  "'acceleratorCount': 8, " ON("'node.kubernetes.io/instance-type': 'p5.48xlarge'"),
                  "selects nodes with node.kubernetes.io/instance-type p5.48xlarge, which is "
                  "another GPU" },
                { "'acceleratorType': 'nvidia-tesla-a100', 'acceleratorCount': 4, " ON(
                          "'node.kubernetes.io/instance-type': 'a2-highgpu-8g'"),
                  "selects nodes of type a2-highgpu-8g, which have 8 GPUs, but acceleratorCount "
                  "is 4" },
                { A30 ON("'nvidia.com/gpu.count': '2'"),
                  "selects nodes with nvidia.com/gpu.count 2, but acceleratorCount is 1" },
                { A30 ON("'karpenter.k8s.aws/instance-gpu-count': '4'"),
                  "selects nodes with karpenter.k8s.aws/instance-gpu-count 4" },
                { "'acceleratorType': 'unknown-gpu', 'capabilities': {'memoryPerGpu': '8Gi'}, " ON(
                          PRODUCT("NVIDIA-A30")),
                  NULL },
                /* sharing */
                { A30 ON(PRODUCT("NVIDIA-A30-SHARED")), "selects nodes whose GPUs are shared" },
                { A30 SHARED(2) ", " ON(PRODUCT("NVIDIA-A30-SHARED")), NULL },
                { A30 SHARED(2) ", " ON(PRODUCT("NVIDIA-A30")),
                  "selects nodes whose GPUs are not shared" },
                { A30 "'sharing': {'strategy': 'TimeSlicing', 'replicas': 2, 'renameByDefault': "
                      "true}, " ON(PRODUCT("NVIDIA-A30")),
                  NULL },
                { A30 ON("'nvidia.com/gpu.replicas': '4'"),
                  "selects nodes with nvidia.com/gpu.replicas 4, but sharing.replicas is 1" },
                { A30 SHARED(4) ", " ON("'nvidia.com/gpu.replicas': '4'"), NULL },
                { A30 SHARED(2) ", " ON("'cloud.google.com/gke-max-shared-clients-per-gpu': '3'"),
                  "selects nodes with cloud.google.com/gke-max-shared-clients-per-gpu 3, but "
                  "sharing.replicas is 2" },
                { A30 SHARED(2) ", " ON("'cloud.google.com/gke-gpu-sharing-strategy': 'mps'"),
                  "selects nodes with cloud.google.com/gke-gpu-sharing-strategy mps, but "
                  "sharing.strategy is "
                  "TimeSlicing" },
                /* slices */
                { A30 ON("'nvidia.com/mig-config': 'all-disabled'"),
                  "the selector has nvidia.com/mig-config" },
                { A30_SLICES ON(CONFIG("all-4g.24gb")), NULL },
                { A30_SLICES ON(CONFIG("all-1g.6gb")), SLICES "1g.6gb, but 4g.24gb is declared" },
                { A30_SLICES REQUIRED(IN("nvidia.com/mig.config", "'all-1g.6gb'")),
                  SLICES "1g.6gb, but 4g.24gb is declared" },
                { A30 ON(CONFIG("all-1g.6gb")), SLICES "1g.6gb, but whole GPUs are declared" },
                { A30_SLICES ON(CONFIG("all-disabled")),
                  "selects nodes with nvidia.com/mig.config all-disabled, which divides GPUs "
                  "otherwise than declared" },
                { A30 ON(CONFIG("all-disabled")), NULL },
                { A30_SLICES ON(CONFIG("all-balanced")),
                  "selects nodes with nvidia.com/mig.config all-balanced, which divides" },
                { A30 ON(CONFIG("all-balanced")), "selects nodes with nvidia.com/mig.config" },
                { A30_SLICES ON(CONFIG("all-enabled")),
                  "selects nodes with nvidia.com/mig.config" },
                { A30_SLICES ON(CONFIG("our-own")), NULL },
                { A30_SLICES ON("'nvidia.com/mig.config.state': 'failed'"),
                  "selects nodes with nvidia.com/mig.config.state failed" },
                { A30_SLICES ON("'nvidia.com/mig.config.state': 'success'"), NULL },
                { A30_SLICES ON("'nvidia.com/mig.capable': 'false'"),
                  "selects nodes with nvidia.com/mig.capable false, which have GPUs without MIG" },
                { A30 ON("'nvidia.com/mig.capable': 'false'"), NULL },
                { A30 ON("'nvidia.com/gpu.present': 'false'"),
                  "selects nodes with nvidia.com/gpu.present false, which have no GPU" },
                { A30 ON("'nvidia.com/gpu.deploy.device-plugin': 'false'"),
                  "selects nodes with nvidia.com/gpu.deploy.device-plugin false, which have no" },
                { A30 ON("'nvidia.com/gpu.memory': '24576'"), NULL },
                { A30 ON("'nvidia.com/gpu.memory': '23034'"), NULL },
                { A30 ON("'nvidia.com/gpu.memory': '40960'"),
                  "selects nodes with nvidia.com/gpu.memory 40960, but a GPU of A30-24GB has "
                  "24Gi" },
                { A30 ON("'karpenter.k8s.aws/instance-gpu-memory': '16384'"),
                  "selects nodes with karpenter.k8s.aws/instance-gpu-memory 16384, but" },
                { A30 ON("'gpu.nvidia.com/count': '2'"),
                  "selects nodes with gpu.nvidia.com/count 2, but acceleratorCount is 1" },
                { A30 ON("'gpu.nvidia.com/model': 'L40S'"),
                  "selects nodes with gpu.nvidia.com/model L40S, which is another GPU" },
                { A30_SLICES ON("'nvidia.com/mig-4g.24gb.count': '1'"), NULL },
                { A30_SLICES ON("'nvidia.com/mig-4g.24gb.count': '2'"),
                  "selects nodes with nvidia.com/mig-4g.24gb.count 2, but 1 of a node" },
                { A30_SLICES ON("'nvidia.com/mig-1g.6gb.count': '4'"),
                  "selects nodes with nvidia.com/mig-1g.6gb.count 4, but 0 of a node" },
                { A30 SHARED(2) ", " ON("'nvidia.com/gpu.sharing-strategy': 'mps'"),
                  "selects nodes with nvidia.com/gpu.sharing-strategy mps, but sharing.strategy is "
                  "TimeSlicing" },
                { A30 ON("'nvidia.com/gpu.sharing-strategy': 'none'"), NULL },
                { A30 "'sharing': {'strategy': 'MPS', 'replicas': 2}, " ON(
                          "'cloud.google.com/gke-gpu-sharing-strategy': 'mps'"),
                  "shares its GPUs by MPS on GKE, where" },
                { A30 "'sharing': {'strategy': 'MPS', 'replicas': 2}, "
                      "'podDefaults': {'hostIPC': true}, " ON(
                              "'cloud.google.com/gke-gpu-sharing-strategy': 'mps'"),
                  NULL },
                { A30_SLICES ON(PRODUCT("NVIDIA-A30-MIG-4g.24gb")), NULL },
                { A30_SLICES ON(PRODUCT("NVIDIA-A30-MIG-1g.6gb")),
                  SLICES "1g.6gb, but 4g.24gb is declared" },
                { A30_SLICES ON(PRODUCT("NVIDIA-A30-MIG-INVALID")),
                  "selects nodes with nvidia.com/gpu.product ending in -MIG-INVALID" },
                { A30_SLICES ON("'nvidia.com/mig.strategy': 'none'"),
                  "selects nodes with nvidia.com/mig.strategy none" },
                { A30 ON("'nvidia.com/mig.strategy': 'none'"), NULL },
                { A30 "'migConfiguration': {'profile': '4g.24gb', 'strategy': 'single'}, " ON(
                          "'nvidia.com/mig.strategy': 'mixed'"),
                  "migConfiguration.strategy is single, but" },
                { A30 "'migConfiguration': {'profile': '4g.24gb', 'strategy': 'mixed'}, " ON(
                          "'cloud.google.com/gke-gpu-partition-size': '4g.24gb'"),
                  "migConfiguration.strategy is mixed, but" },
                /* GKE */
                { A30_SLICES ON("'cloud.google.com/gke-nodepool': 'x'"),
                  "slices are declared on GKE, but the label "
                  "cloud.google.com/gke-gpu-partition-size is not selected" },
                { A30_SLICES ON("'cloud.google.com/gke-gpu-partition-size': '4g.24gb'"), NULL },
                { A30_SLICES ON("'cloud.google.com/gke-gpu-partition-size': '1g.6gb'"),
                  SLICES "1g.6gb, but 4g.24gb is declared" },
                { A30 ON("'cloud.google.com/gke-gpu-partition-size': '1g.6gb'"),
                  SLICES "1g.6gb, but whole GPUs are declared" },
                { A30 ON("'cloud.google.com/gke-nodepool': 'x'"), NULL },
        };

        (void)state;
        check_rows(rows, sizeof(rows) / sizeof(rows[0]), "");
}

static void test_gke(void **state) {
        static const struct row rows[] = {
                { A30_SLICES "'nodeSelector': {'a': 'b'}", "slices are declared on GKE" },
                { A30 "'nodeSelector': {'a': 'b'}", NULL },
        };

        (void)state;
        check_rows(rows, sizeof(rows) / sizeof(rows[0]), "'cluster': {'source': 'GKE'}, ");
        assert_int_equal(selection_used_strategy(&environment.pools[0]), STRATEGY_SINGLE);
}

/* A balanced layout is what all-balanced makes; a former name is told of. */
static void test_with_what_is_told_of_memory(void **state) {
        static const char *const members[] = {
                "'acceleratorType': 'nvidia-h100-80gb', 'acceleratorCount': 8, 'migConfiguration': "
                "{'layout': {'1g.10gb': 2, '2g.20gb': 1, '3g.40gb': 1}}, " ON(
                        CONFIG("all-balanced")),
                "'acceleratorType': 'NVIDIA-A100-80GB-PCIe', 'migConfiguration': {'profile': "
                "'7g.79gb'}, 'nodeSelector': {'a': 'b', " CONFIG("x") "}",
        };

        (void)state;
        read_pools("", members, 2);
        assert_false(is_told(&environment.pools[0], "divides"));
        assert_true(is_told(&environment.pools[1], "7g.79gb is what older drivers say for "
                                                   "7g.80gb"));
}

/* Affinity counts as the selector does. */
static void test_selection(void **state) {
        static const struct {
                const char *a, *b;
                bool excludes, equal;
        } rows[] = {
                { "'nodeSelector': {'p': 'a'}", REQUIRED(IN("p", "'a'")), false, true },
                { "'nodeSelector': {'p': 'a'}", REQUIRED(IN("p", "'b'")), true, false },
                { "'nodeSelector': {'p': 'a'}", REQUIRED(IN("p", "'b', 'a'")), false, false },
                { REQUIRED(IN("p", "'a', 'b'")), REQUIRED(IN("p", "'b', 'a', 'b'")), false, true },
                { REQUIRED(IN("p", "'a', 'b'")), REQUIRED(IN("p", "'c', 'd'")), true, false },
                { "'nodeSelector': {'p': 'a'}, " REQUIRED(IN("q", "'x'")),
                  "'nodeSelector': {'p': 'a', 'q': 'x'}", false, true },
                { "'nodeSelector': {'p': 'a'}, " REQUIRED(IN("p", "'a', 'b'")),
                  "'nodeSelector': {'p': 'a'}", false, true },
                { REQUIRED(IN("p", "'a'") ", " IN("p", "'b'")), REQUIRED(IN("p", "'c'")), false,
                  false },
                { REQUIRED(IN("p", "'a'") ", " IN("p", "'b'")),
                  REQUIRED(IN("p", "'a'") ", " IN("p", "'b'")), false, true },
                { REQUIRED("{'matchExpressions': [{'key': 'p', 'operator': 'Exists'}]}"),
                  "'nodeSelector': {}", false, false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const char *const members[] = { rows[i].a, rows[i].b };
                struct selection a, b;

                read_pools("", members, 2);
                assert_int_equal(selection_read(&environment.pools[0], &arena, &a), 0);
                assert_int_equal(selection_read(&environment.pools[1], &arena, &b), 0);
                assert_int_equal(selection_excludes(&a, &b), rows[i].excludes);
                assert_int_equal(selection_excludes(&b, &a), rows[i].excludes);
                assert_int_equal(selection_equal(&a, &b, &arena), rows[i].equal);
                assert_int_equal(is_told(&environment.pools[0], "overlaps"), !rows[i].excludes);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_declaration, pools_begin),
                cmocka_unit_test_setup(test_accelerator, pools_begin),
                cmocka_unit_test_setup(test_labels, pools_begin),
                cmocka_unit_test_setup(test_gke, pools_begin),
                cmocka_unit_test_setup(test_with_what_is_told_of_memory, pools_begin),
                cmocka_unit_test_setup(test_selection, pools_begin),
        };

        return cmocka_run_group_tests_name("pool_warnings", tests, memory_set_up, memory_tear_down);
}
