/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "fleet/pool.h"
#include "fleet/reader.h"
#include "fleet/selection.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "unit/fleet/pools.h"

static void read_pool(const char *json, struct pool *ret) {
        struct member entry = member_root(json_value(&arena, json), TEXT("spec.nodePools[2]"));

        assert_int_equal(pool_read(&entry, (struct pool_owner) { 0 }, &settings, &arena, ret), 0);
}

#define NOT_QUOTED ": leave out the quotes"

/* What stands beside a pool's name, and the sentence that makes the pool unusable. */
#define TWO "{'name': 'a'}, {'name': 'a'}"
#define TEN TWO "," TWO "," TWO "," TWO "," TWO

static const struct {
        const char *members;
        const char *invalid; /* behind "spec.nodePools[2]" */
} bad[] = {
        { "'acceleratorCount': 1.5", ".acceleratorCount: 1.5 is not a whole number" },
        { "'acceleratorCount': 0", ".acceleratorCount: 0 is not within 1 and 1024" },
        { "'acceleratorCount': 1025", ".acceleratorCount: 1025 is not within 1 and 1024" },
        { "'acceleratorCount': '8'",
          ".acceleratorCount: must be a number, but is the string \"8\"" NOT_QUOTED },
        { "'acceleratorType': 7", ".acceleratorType: must be a string, but is a number" },
        { "'gpu': []", ".gpu: must be a map, but is a list" },
        { "'gpu': {'acceleratorCount': 0}", ".gpu.acceleratorCount: 0 is not within 1 and 1024" },
        { "'gpu': {'memory': '80GB'}", ".gpu.memory: not a quantity such as 40Gi: \"80GB\"" },
        { "'nodeCount': -1", ".nodeCount: -1 is not within 0 and 100000" },
        { "'maxNodeCount': 100001", ".maxNodeCount: 100001 is not within 0 and 100000" },
        { "'nodeCount': 4, 'maxNodeCount': 3", ".maxNodeCount: 3 is below nodeCount, 4" },
        { "'nodeSelector': {'a': 1}",
          ".nodeSelector[a]: must be a string, but is the number 1: put it in quotes" },
        { "'labels': ['a']", ".labels: must be a map, but is a list" },
        { "'capabilities': []", ".capabilities: must be a map, but is a list" },
        { "'capabilities': {'memoryPerGpu': '40GiB'}",
          ".capabilities.memoryPerGpu: not a quantity such as 40Gi: \"40GiB\"" },
        { "'capabilities': {'memoryPerGpu': '0'}",
          ".capabilities.memoryPerGpu: \"0\" is not above 0" },
        { "'capabilities': {'memoryPerGpu': 'Gi'}",
          ".capabilities.memoryPerGpu: \"Gi\" is not above 0" },
        { "'capabilities': {'memoryPerGpu': true}",
          ".capabilities.memoryPerGpu: must be a string, but is a boolean" },
        { "'capabilities': {'interconnect': 1}",
          ".capabilities.interconnect: must be a string, but is a number" },
        { "'capabilities': {'precisionSupport': 'fp8'}",
          ".capabilities.precisionSupport: must be a list, but is a string" },
        { "'capabilities': {'precisionSupport': ['fp8', null]}",
          ".capabilities.precisionSupport[1]: is required" },
        { "'capabilities': {'multiNodeCapable': 'no'}",
          ".capabilities.multiNodeCapable: must be a boolean, but is the string \"no\"" },
        { "'capabilities': {'nvlinkDomainSize': 0}",
          ".capabilities.nvlinkDomainSize: 0 is not within 1 and 1048576" },
        { "'migConfiguration': {'profile': '3g.40gb-and-a-half-of-something-x', 'slicesPerGpu': 2}",
          ".migConfiguration.profile: has 33 bytes, and at most 32 fit the ledger" },
        { "'migConfiguration': '3g.40gb'", ".migConfiguration: must be a map, but is a string" },
        { "'migConfiguration': {'enabled': true}",
          ".migConfiguration: enabled, but none of profile, layout and config is written" },
        { "'migConfiguration': {'profile': '3g.40gb', 'config': 'all-3g.40gb'}",
          ".migConfiguration: more than one of profile, layout and config is written" },
        { "'migConfiguration': {'layout': {'3g.40gb': 1.5}}",
          ".migConfiguration.layout[3g.40gb]: 1.5 is not a whole number" },
        { "'migConfiguration': {'layout': {'3g.40gb': 0}}",
          ".migConfiguration.layout[3g.40gb]: 0 is not within 1 and 1024" },
        { "'migConfiguration': {'layout': {'3g.40gb': null}}",
          ".migConfiguration.layout[3g.40gb]: is required" },
        { "'migConfiguration': {'profile': '3g.40gb', 'strategy': 'none'}",
          ".migConfiguration.strategy: must be one of mixed, single, not \"none\"" },
        { "'migConfiguration': {'profile': '3g.40gb', 'slicesPerGpu': 0}",
          ".migConfiguration.slicesPerGpu: 0 is not within 1 and 1024" },
        { "'migConfiguration': {'layout': {'3g.40gb': 1}, 'slicesPerGpu': 2}",
          ".migConfiguration.slicesPerGpu: belongs to a profile, and none is written" },
        { "'capabilities': {'migConfiguration': {'enabled': 1}}",
          ".capabilities.migConfiguration.enabled: must be a boolean, but is the number 1" },
        { "'capabilities': {'migConfiguration': {'profile': '3g.40gb'}},"
          "'migConfiguration': {'profile': '1g.10gb'}",
          ".capabilities.migConfiguration: is written in the pool too, and differs there" },
        { "'sharing': {}", ".sharing.strategy: is required" },
        { "'sharing': {'strategy': 'Time', 'replicas': 4}",
          ".sharing.strategy: must be one of TimeSlicing, MPS, not \"Time\"" },
        { "'sharing': {'strategy': 'MPS'}", ".sharing.replicas: is required" },
        { "'sharing': {'strategy': 'MPS', 'replicas': 0}",
          ".sharing.replicas: 0 is not within 1 and 1024" },
        { "'migConfiguration': {'profile': '3g.40gb'}, "
          "'sharing': {'strategy': 'MPS', 'replicas': 2}",
          ".sharing: MPS does not share MIG slices, but TimeSlicing does" },
        { "'allocation': 'DRA', 'resourceName': 'nvidia.com/gpu'",
          ".resourceName: is a device plugin's; with allocation DRA the device class follows from "
          "migConfiguration" },
        { "'allocation': 'DRA', 'sharing': {'strategy': 'TimeSlicing', 'replicas': 2}",
          ".sharing: is a device plugin's; with allocation DRA every pod claims devices of its "
          "own" },
        { "'podDefaults': {'args': ['--max-num-seqs=8', '--tensor-parallel-size=2']}",
          ".podDefaults.args: --tensor-parallel-size follows from the model's replicaTopology" },
        { "'podDefaults': {'args': ['-pp', '2']}",
          ".podDefaults.args: --pipeline-parallel-size follows from the model's replicaTopology" },
        { "'podDefaults': {'securityContext': {'runAsUser': '0'}}",
          ".podDefaults.securityContext.runAsUser: must be a number, but is the string "
          "\"0\"" NOT_QUOTED },
        { "'allocation': 'CDI'", ".allocation: must be one of DevicePlugin, DRA, not \"CDI\"" },
        { "'resourceName': 'gpu'",
          ".resourceName: \"gpu\" is not an extended resource, such as nvidia.com/gpu" },
        { "'tolerations': [{'operator': 'Any'}]",
          ".tolerations[0].operator: must be one of Equal, Exists, not \"Any\"" },
        { "'affinity': []", ".affinity: must be a map, but is a list" },
        { "'schedulable': 'Never'",
          ".schedulable: must be one of Always, NoNew, Drain, not \"Never\"" },
        { "'costPerUnitHour': '1,10'", ".costPerUnitHour: \"1,10\" is not a decimal number" },
        { "'costPerUnitHour': '-1'", ".costPerUnitHour: \"-1\" is not a decimal number" },
        { "'costPerUnitHour': '1k'", ".costPerUnitHour: \"1k\" is not a decimal number" },
        { "'costPerUnitHour': '.'", ".costPerUnitHour: \".\" is not a decimal number" },
        { "'podDefaults': {'env': [{'name': 'CUDA_VISIBLE_DEVICES'}]}",
          ".podDefaults.env[0].name: CUDA_VISIBLE_DEVICES is set by the device plugin" },
        { "'podDefaults': {'env': [{'name': 'A', 'valueFrom': {'secretKey': {}}}]}",
          ".podDefaults.env[0].valueFrom.secretKey: unknown member: is secretKeyRef meant?" },
        { "'podDefaults': {'env': [{'name': 'A'}, {'name': 'A'}]}",
          ".podDefaults.env[1].name: two variables are called \"A\"" },
        { "'podDefaults': {'runtimeClassName': 'a b'}",
          ".podDefaults.runtimeClassName: \"a b\" is not a name for an object" },
        { "'podDefaults': {'args': ['--x=`id`']}",
          ".podDefaults.args[0]: \"--x=`id`\" holds a backquote, which does not reach the "
          "engine" },
        { "'podDefaults': {'priorityClassName': 'Hi'}",
          ".podDefaults.priorityClassName: \"Hi\" is not a name for an object" },
        { "'podDefaults': {'cpuPerUnit': 'x'}",
          ".podDefaults.cpuPerUnit: not a quantity such as 40Gi: \"x\"" },
        { "'podDefaults': {'memoryPerUnit': '-1Gi'}",
          ".podDefaults.memoryPerUnit: \"-1Gi\" is not above 0" },
        { "'podDefaults': {'resources': {'rdma/ib': '0.5'}}",
          ".podDefaults.resources[rdma/ib]: must be a whole number above 0, but is the string "
          "\"0.5\"" },
        { "'podDefaults': {'resources': {'rdma/ib': 0}}",
          ".podDefaults.resources[rdma/ib]: must be a whole number above 0, but is the number 0" },
        { "'podDefaults': {'resources': {'limits': {'rdma/ib': '1k'}}}",
          ".podDefaults.resources.limits[rdma/ib]: must be a whole number above 0, but is the "
          "string \"1k\"" },
        { "'podDefaults': {'resources': {'cpu': '1'}}",
          ".podDefaults.resources[cpu]: the key is not an extended resource, such as rdma/ib" },
        { "'podDefaults': {'resources': {'nvidia.com/gpu': '1'}}",
          ".podDefaults.resources[nvidia.com/gpu]: is counted in units already" },
        { "'podDefaults': {'resources': {'limits': {'nvidia.com/mig-1g.10gb': '1'}}}",
          ".podDefaults.resources.limits[nvidia.com/mig-1g.10gb]: is counted in units already" },
        { "'resourceName': 'amd.com/gpu', 'podDefaults': {'resources': {'amd.com/gpu': '1'}}",
          ".podDefaults.resources[amd.com/gpu]: is counted in units already" },
        { "'podDefaults': {'resources': {'limits': {}, 'requests': {}}}",
          ".podDefaults.resources.requests: unknown member, not one of limits" },
        { "'podDefaults': {'resources': ['rdma/ib']}",
          ".podDefaults.resources: must be a map, but is a list" },
        { "'podDefaults': {'imagePullSecrets': ['registry']}",
          ".podDefaults.imagePullSecrets[0]: must be a map, but is a string" },
        { "'podDefaults': {'imagePullSecrets': [{'nmae': 'registry'}, null]}",
          ".podDefaults.imagePullSecrets[0].nmae: unknown member: is name meant?" },
        { "'podDefaults': {'baseRefs': [{'name': 'A b'}]}",
          ".podDefaults.baseRefs[0].name: \"A b\" is not a name for an object" },
        { "'podDefaults': {'baseRefs': [" TEN "," TEN "," TEN "," TEN "]}",
          ".podDefaults.baseRefs: has 40 elements, and at most 32 are read" },
        { "'podDefaults': {'serviceAccountName': 'a/b'}",
          ".podDefaults.serviceAccountName: \"a/b\" is not a name for an object" },
        { "'podDefaults': {'hostIPC': 'yes'}",
          ".podDefaults.hostIPC: must be a boolean, but is the string \"yes\"" },
        { "'podDefaults': {'args': ['-dp=2']}",
          ".podDefaults.args: --data-parallel-size follows from the model's replicaTopology" },
        { "'podDefaults': {'args': ['--enable-expert-parallel']}",
          ".podDefaults.args: --enable-expert-parallel follows from the model's replicaTopology" },
        { "'podDefaults': {'securityContext': []}",
          ".podDefaults.securityContext: must be a map, but is a list" },
};

static void test_invalid(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                char json[1024], want[512];
                struct pool pool;

                snprintf(json, sizeof(json), "{'name': 'a', %s}", bad[i].members);
                snprintf(want, sizeof(want), "spec.nodePools[2]%s", bad[i].invalid);
                read_pool(json, &pool);
                print_message("%s\n  %.*s\n", bad[i].members, TEXT_ARG(pool.invalid));
                assert_true(text_equal(pool.invalid, text_from(want)));
                assert_true(text_is_empty(pool.path));
        }
}

static void test_no_pool_at_all(void **state) {
        static const struct {
                const char *json, *invalid;
        } rows[] = {
                { "null", "spec.nodePools[2]: must be a map, but is null" },
                { "'a'", "spec.nodePools[2]: must be a map, but is a string" },
                { "{}", "spec.nodePools[2].name: is required" },
                { "{'name': ''}", "spec.nodePools[2].name: must not be empty" },
                { "{'name': 'a\\u001bb'}",
                  "spec.nodePools[2].name: \"a\\u001bb\" is not a name: it has at most 63 "
                  "characters, none of them a control character" },
                { "{'name': '0123456789012345678901234567890123456789012345678901234567890123'}",
                  "spec.nodePools[2].name: "
                  "\"01234567890123456789012345678901234567890123456789012345... is not a name: it "
                  "has at most 63 characters, none of them a control character" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct pool pool;

                read_pool(rows[i].json, &pool);
                print_message("%s\n  %.*s\n", rows[i].json, TEXT_ARG(pool.invalid));
                assert_true(text_equal(pool.invalid, text_from(rows[i].invalid)));
                assert_true(text_is_empty(pool.name));
                assert_true(text_equal(pool.path, TEXT("spec.nodePools[2]")));
        }
}

static void test_defaults(void **state) {
        struct pool p;

        (void)state;
        read_pool("{'name': 'a', 'acceleratorCount': null, 'capabilities': null, 'gpu': null}", &p);
        assert_true(text_is_empty(p.invalid));
        assert_int_equal(p.accelerator_count, 1);
        assert_int_equal(p.nodes, 1);
        assert_int_equal(p.memory_bytes, UNKNOWN_BYTES);
        assert_int_equal(p.nvlink_domain, 0);
        assert_false(p.mig);
        assert_int_equal(p.strategy, STRATEGY_INFERRED);
        assert_int_equal(p.sharing, SHARING_NONE);
        assert_int_equal(p.share_replicas, 1);
        assert_int_equal(p.allocation, ALLOCATION_DEVICE_PLUGIN);
        assert_int_equal(p.schedulable, SCHEDULABLE_ALWAYS);
        assert_int_equal(p.node_selector.kind, VALUE_ABSENT);
        assert_int_equal(p.multi_node.kind, VALUE_ABSENT);
        assert_false(p.over_declared);
}

static const char everything[] =
        "{'name': 'big', 'nodeSelector': {'pool': 'big'}, 'labels': {'team': 'a'},"
        " 'acceleratorType': 'nvidia-h100-80gb', 'acceleratorCount': 8, 'nodeCount': 2,"
        " 'maxNodeCount': 4,"
        " 'capabilities': {'memoryPerGpu': '79Gi', 'interconnect': 'NVLink',"
        "    'precisionSupport': ['fp16', 'fp8'], 'multiNodeCapable': false,"
        "    'interNodeBandwidth': 'ib-400g'},"
        " 'migConfiguration': {'enabled': false, 'profile': '3g.40gb'},"
        " 'sharing': {'strategy': 'TimeSlicing', 'replicas': 4, 'renameByDefault': true},"
        " 'resourceName': 'example.com/gpu', 'tolerations': [{'operator': 'Exists'}],"
        " 'affinity': {'nodeAffinity': {}}, 'schedulable': 'Drain', 'costPerUnitHour': '1.10',"
        " 'podDefaults': {'env': [{'name': 'A', 'value': 'b'}], 'args': ['--x'],"
        "    'priorityClassName': 'low', 'runtimeClassName': 'nvidia', 'cpuPerUnit': '3',"
        "    'memoryPerUnit': '24Gi', 'securityContext': {'runAsUser': 1000},"
        "    'resources': {'rdma/ib': '1', 'vpc.amazonaws.com/efa': 4},"
        "    'imagePullSecrets': [{'name': 'registry'}], 'serviceAccountName': 'models',"
        "    'hostIPC': true, 'baseRefs': [{'name': 'host-network'}]}}";

static void test_everything(void **state) {
        struct pool p;

        (void)state;
        read_pool(everything, &p);
        assert_true(text_is_empty(p.invalid));
        assert_true(text_equal(p.name, TEXT("big")));
        assert_true(
                text_equal(value_text(value_get(pool_selector(&p), TEXT("pool"))), TEXT("big")));
        assert_int_equal(p.accelerator_count, 8);
        assert_int_equal(p.nodes, 4);
        assert_true(p.memory_bytes == INT64_C(79) << 30);
        assert_true(text_equal(p.interconnect, TEXT("NVLink")));
        assert_int_equal(value_count(p.precisions), 2);
        assert_int_equal(p.multi_node.kind, VALUE_BOOL);
        assert_true(text_equal(p.bandwidth, TEXT("ib-400g")));
        assert_false(p.mig); /* enabled: false */
        assert_int_equal(p.sharing, SHARING_TIME_SLICING);
        assert_int_equal(p.share_replicas, 4);
        assert_true(p.share_renamed);
        assert_int_equal(p.nvlink_domain, 0); /* shares have none */
        assert_true(text_equal(p.resource_name, TEXT("example.com/gpu")));
        assert_int_equal(p.schedulable, SCHEDULABLE_DRAIN);
        assert_int_equal(value_count(p.tolerations), 1);
        assert_int_equal(p.affinity.kind, VALUE_MAP);
        assert_true(text_equal(p.cost, TEXT("1.10")));
        assert_true(p.cost_value.nano == 1100000000);
        assert_int_equal(value_count(p.env), 1);
        assert_int_equal(value_count(p.args), 1);
        assert_true(text_equal(p.priority_class, TEXT("low")));
        assert_true(text_equal(p.runtime_class, TEXT("nvidia")));
        assert_true(text_equal(p.cpu_per_unit, TEXT("3")));
        assert_true(text_equal(p.memory_per_unit, TEXT("24Gi")));
        assert_int_equal(p.security_context.kind, VALUE_MAP);
        assert_int_equal(value_count(p.extended), 2);
        assert_int_equal(value_count(p.image_pull_secrets), 1);
        assert_true(text_equal(p.service_account, TEXT("models")));
        assert_true(p.host_ipc);
        assert_int_equal(value_count(p.base_refs), 1);
}

static void test_two_shapes(void **state) {
        struct pool p;

        (void)state;
        read_pool("{'name': 'a', 'gpu': {'acceleratorType': 'nvidia-a30', 'acceleratorCount': 2,"
                  "'memory': '23Gi'}}",
                  &p);
        assert_true(text_is_empty(p.invalid));
        assert_int_equal(p.accelerator_count, 2);
        assert_true(p.memory_bytes == INT64_C(23) << 30);

        read_pool("{'name': 'a', 'gpu': {'acceleratorType': 'nvidia-a30', 'acceleratorCount': 2,"
                  "'memory': '23Gi'}, 'acceleratorType': 'nvidia-h200', 'acceleratorCount': 4,"
                  "'capabilities': {'memoryPerGpu': '140Gi'}}",
                  &p);
        assert_int_equal(p.accelerator_count, 4);
        assert_true(p.memory_bytes == INT64_C(140) << 30);

        /* The card's memory is not that of its slices. */
        read_pool("{'name': 'a', 'gpu': {'memory': '80Gi'},"
                  "'capabilities': {'migConfiguration': {'profile': '3g.40gb'}}}",
                  &p);
        assert_true(p.mig);
        assert_true(text_equal(p.mig_profile, TEXT("3g.40gb")));
        assert_int_equal(p.memory_bytes, UNKNOWN_BYTES);
}

static void test_nodes(void **state) {
        static const struct {
                const char *members;
                int64_t max, declared;
        } rows[] = {
                { "'name': 'a'", 1, 1 },
                { "'name': 'a', 'nodeCount': 0", 0, 0 },
                { "'name': 'a', 'nodeCount': 3", 3, 3 },
                { "'name': 'a', 'maxNodeCount': 4", 4, 1 },
                { "'name': 'a', 'nodeCount': 0, 'maxNodeCount': 4", 4, 0 },
                { "'name': 'a', 'nodeCount': 2, 'maxNodeCount': 2", 2, 2 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[256];
                struct pool p;

                snprintf(json, sizeof(json), "{%s}", rows[i].members);
                print_message("%s\n", json);
                settings.capacity = CAPACITY_MAX;
                read_pool(json, &p);
                assert_int_equal(p.nodes, rows[i].max);
                settings.capacity = CAPACITY_DECLARED;
                read_pool(json, &p);
                assert_int_equal(p.nodes, rows[i].declared);
        }
}

static void test_nvlink_domain(void **state) {
        static const struct {
                const char *members;
                int64_t domain;
                const char *reason;
        } rows[] = {
                { "'capabilities': {'interconnect': 'nvlink'}", 8, "as many as GPUs" },
                { "'capabilities': {'interconnect': 'NVSwitch'}", 8, "" },
                { "'capabilities': {'interconnect': 'nvlink', 'nvlinkDomainSize': 72}", 72, "" },
                { "'capabilities': {'interconnect': 'pcie'}", 0, "" },
                { "'capabilities': {}", 0, "" },
                { "'capabilities': {'interconnect': 'nvlink'}, "
                  "'migConfiguration': {'profile': '3g.40gb'}",
                  0, "slices have no NVLink" },
                { "'capabilities': {'interconnect': 'nvlink', 'nvlinkDomainSize': 1}, "
                  "'migConfiguration': {'profile': '3g.40gb'}",
                  1, "as declared" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[512];
                struct pool p;

                snprintf(json, sizeof(json), "{'name': 'a', 'acceleratorCount': 8, %s}",
                         rows[i].members);
                print_message("%s: %s\n", json, rows[i].reason);
                read_pool(json, &p);
                assert_int_equal(p.nvlink_domain, rows[i].domain);
        }
}

/* Required node affinity of one term and one expression. */
#define AFFINITY(key, operator, values)                                                            \
        "'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "         \
        "{'nodeSelectorTerms': [{'matchExpressions': [{'key': " key ", 'operator': '"              \
        operator"', 'values': [" values "]}]}]}}}"

static void test_strategy(void **state) {
        static const struct {
                const char *members;
                enum strategy strategy;
        } rows[] = {
                { "'labels': {}", STRATEGY_MIXED },
                { "'nodeSelector': {'cloud.google.com/gke-nodepool': 'halves'}", STRATEGY_SINGLE },
                { "'nodeSelector': {'cloud.google.com/compute-class': 'x', "
                  "'nvidia.com/mig.strategy': 'mixed'}",
                  STRATEGY_MIXED },
                { AFFINITY("'nvidia.com/mig.strategy'", "In", "'single'"), STRATEGY_SINGLE },
                { AFFINITY("'nvidia.com/mig.strategy'", "NotIn", "'single'"), STRATEGY_MIXED },
                { AFFINITY("'nvidia.com/mig.strategy'", "In", "'single', 'mixed'"),
                  STRATEGY_MIXED },
                { AFFINITY("'nvidia.com/gpu.product'", "In", "'NVIDIA-H100-MIG-3g.40gb'"),
                  STRATEGY_SINGLE },
                { AFFINITY("'cloud.google.com/gke-gpu-partition-size'", "In",
                           "'1g.5gb', '2g.10gb'"),
                  STRATEGY_SINGLE },
                { "'nodeSelector': {'nvidia.com/mig.strategy': 'mixed'}", STRATEGY_MIXED },
                { "'nodeSelector': {'nvidia.com/mig.strategy': 'single'}", STRATEGY_SINGLE },
                { "'labels': {'nvidia.com/mig.strategy': 'single'}", STRATEGY_SINGLE },
                { "'nodeSelector': {}, 'labels': {'nvidia.com/mig.strategy': 'single'}",
                  STRATEGY_MIXED },
                { "'nodeSelector': {'nvidia.com/gpu.product': 'NVIDIA-H100-MIG-3g.40gb'}",
                  STRATEGY_SINGLE },
                { "'nodeSelector': {'cloud.google.com/gke-gpu-partition-size': '3g.40gb'}",
                  STRATEGY_SINGLE },
                { "'nodeSelector': {'cloud.google.com/gke-gpu-partition-size': '3g.40gb'}, "
                  "'migConfiguration': {'profile': '3g.40gb', 'strategy': 'mixed'}",
                  STRATEGY_MIXED },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[512];
                struct pool p;

                snprintf(json, sizeof(json), "{'name': 'a', %s}", rows[i].members);
                print_message("%s\n", json);
                read_pool(json, &p);
                assert_int_equal(selection_used_strategy(&p), rows[i].strategy);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_invalid, pools_begin),
                cmocka_unit_test_setup(test_no_pool_at_all, pools_begin),
                cmocka_unit_test_setup(test_defaults, pools_begin),
                cmocka_unit_test_setup(test_everything, pools_begin),
                cmocka_unit_test_setup(test_two_shapes, pools_begin),
                cmocka_unit_test_setup(test_nodes, pools_begin),
                cmocka_unit_test_setup(test_nvlink_domain, pools_begin),
                cmocka_unit_test_setup(test_strategy, pools_begin),
        };

        return cmocka_run_group_tests_name("pool", tests, memory_set_up, memory_tear_down);
}
