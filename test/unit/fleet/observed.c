/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/observed.h"

#include <stdio.h>

#include "fleet/reader.h"
#include "fleet/resource.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "unit/fleet/pools.h"

/* ---- nodes ----------------------------------------------------------------------------------- */

/* A node that the pool's selector finds, with what it allocates. */
#define NODE(allocatable) NODE_LIKE("", "True", allocatable)
#define NODE_LIKE(spec, ready, allocatable)                                                        \
        "{'metadata': {'name': 'n', 'labels': {'a': 'b', 'c': 'd'}}, 'spec': {" spec "},"          \
        " 'status': {'allocatable': " allocatable ","                                              \
        "  'conditions': [{'type': 'Ready', 'status': '" ready "'}]}}"
#define OTHER "{'metadata': {'labels': {'a': 'c'}}, 'status': {'allocatable': " GPUS("8") "}}"
#define GPUS(n) "{'cpu': '4', 'nvidia.com/gpu': '" n "'}"
#define SLICES(n) "{'nvidia.com/gpu': '0', 'nvidia.com/mig-1g.10gb': '" n "'}"
#define CORDON "'unschedulable': true"

static void read_hosts(const char *nodes, struct hosts *ret) {
        struct value list = value_get(json_value(&arena, nodes), TEXT("items"));
        struct value_iter it = value_iterate(list);
        struct value node;

        *ret = (struct hosts) { .items = ARENA_ARRAY(&arena, value_count(list), struct host) };
        while (value_next(&it, NULL, &node))
                assert_int_equal(host_read(node, &arena, &ret->items[ret->n++]), 0);
        host_sort(ret);
}

static void read_pool(const char *members, struct pool *ret) {
        pools_count(members, ret);
        assert_int_equal(resource_resolve(ret, 1, &arena), 0);
}

/* ---- counts ---------------------------------------------------------------------------------- */

#define WHOLE H100 "'acceleratorCount': 8, 'nodeCount': 2"
#define CUT H100 "'acceleratorCount': 8, 'maxNodeCount': 2, " MIG("1g.10gb")

struct row {
        const char *name, *pool, *nodes;
        struct observed want;
        const char *drift; /* NULL: none */
};

/* clang-format off */
static const struct row rows[] = {
        { "as declared", WHOLE, NODE(GPUS("8")) "," NODE(GPUS("8")),
          { .nodes = 2, .ready = 2, .offering = 2, .units = 16, .per_node = 8 } },
        { "the least counts", CUT, NODE(SLICES("56")) "," NODE(SLICES("55")),
          { .nodes = 2, .ready = 2, .offering = 2, .units = 111, .per_node = 55 },
          "declares 56 nvidia.com/mig-1g.10gb a node, but a node allocates 55" },
        { "more than declared", WHOLE, NODE(GPUS("16")),
          { .nodes = 1, .ready = 1, .offering = 1, .units = 16, .per_node = 16 },
          "declares 8 nvidia.com/gpu a node, but a node allocates 16" },
        { "cut otherwise", CUT, NODE(GPUS("8")),
          { .nodes = 1, .ready = 1, .per_node = OBSERVED_NONE },
          "the node that it selects does not offer nvidia.com/mig-1g.10gb" },
        { "cut otherwise, two", CUT, NODE(GPUS("8")) "," NODE(SLICES("0")),
          { .nodes = 2, .ready = 2, .per_node = OBSERVED_NONE },
          "none of the 2 nodes that it selects offers nvidia.com/mig-1g.10gb" },
        { "a plugin that starts", WHOLE, NODE(GPUS("8")) "," NODE(GPUS("0")),
          { .nodes = 2, .ready = 2, .offering = 1, .units = 8, .per_node = 8 } },
        { "not ready", WHOLE, NODE(GPUS("8")) "," NODE_LIKE("", "Unknown", GPUS("7")),
          { .nodes = 2, .ready = 1, .offering = 2, .units = 15, .per_node = 8 } },
        { "cordoned", WHOLE, NODE(GPUS("8")) "," NODE_LIKE(CORDON, "True", GPUS("7")),
          { .nodes = 2, .ready = 1, .offering = 2, .units = 15, .per_node = 8 } },
        { "all of them", WHOLE, NODE_LIKE(CORDON, "True", GPUS("7")),
          { .nodes = 1, .offering = 1, .units = 7, .per_node = OBSERVED_NONE } },
        { "no nodes", WHOLE, OTHER, { .per_node = OBSERVED_NONE }, "its selector finds no node" },
        { "no nodes, one by default", H100 "'acceleratorCount': 8", "",
          { .per_node = OBSERVED_NONE }, "its selector finds no node" },
        { "no nodes yet", H100 "'acceleratorCount': 8, 'nodeCount': 0, 'maxNodeCount': 2", "",
          { .per_node = OBSERVED_NONE } },
        { "more nodes", WHOLE, NODE(GPUS("8")) "," NODE(GPUS("8")) "," NODE(GPUS("8")),
          { .nodes = 3, .ready = 3, .offering = 3, .units = 24, .per_node = 8 },
          "its selector finds 3 nodes, but at most 2 are declared" },
        { "units before nodes", H100 "'acceleratorCount': 8", NODE(GPUS("8")) "," NODE(GPUS("7")),
          { .nodes = 2, .ready = 2, .offering = 2, .units = 15, .per_node = 7 },
          "declares 8 nvidia.com/gpu a node, but a node allocates 7" },
        { "as many as may come", H100 "'acceleratorCount': 8, 'nodeCount': 1, 'maxNodeCount': 2",
          NODE(GPUS("8")) "," NODE(GPUS("8")),
          { .nodes = 2, .ready = 2, .offering = 2, .units = 16, .per_node = 8 } },
        { "another vendor's", "'resourceName': 'example.com/npu', 'acceleratorCount': 8",
          NODE("{'example.com/npu': '8', 'nvidia.com/gpu': '4'}"),
          { .nodes = 1, .ready = 1, .offering = 1, .units = 8, .per_node = 8 } },
        { "devices of DRA", H100 "'acceleratorCount': 8, 'allocation': 'DRA'", NODE("{}"),
          { .nodes = 1, .ready = 1, .per_node = OBSERVED_NONE } },
        { "DRA, more nodes", H100 "'allocation': 'DRA'", NODE("{}") "," NODE("{}"),
          { .nodes = 2, .ready = 2, .per_node = OBSERVED_NONE },
          "its selector finds 2 nodes, but at most 1 are declared" },
        { "a number", WHOLE, NODE("{'nvidia.com/gpu': 8}"),
          { .nodes = 1, .ready = 1, .offering = 1, .units = 8, .per_node = 8 } },
        { "no number", WHOLE, NODE(GPUS("eight")) "," NODE(GPUS("-8")) "," NODE("['a']"),
          { .nodes = 3, .ready = 3, .per_node = OBSERVED_NONE },
          "none of the 3 nodes that it selects offers nvidia.com/gpu" },
        { "huge", WHOLE, NODE(GPUS("9223372036854775807")) "," NODE(GPUS("8")),
          { .nodes = 2, .ready = 2, .offering = 2, .units = INT64_MAX, .per_node = 8 } },
        { "labels that are none", WHOLE, "{'metadata': {'labels': ['a']}}, {}, {'metadata': 'n'}",
          { .per_node = OBSERVED_NONE }, "its selector finds no node" },
};
/* clang-format on */

static void test_counts(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];
                char json[2048];
                struct observed got;
                struct hosts hosts;
                struct text drift;
                struct pool pool;

                print_message("%s\n", row->name);
                read_pool(row->pool, &pool);
                snprintf(json, sizeof(json), "{'items': [%s]}", row->nodes);
                read_hosts(json, &hosts);
                got = observed_count(&pool.sub_pools[0], &hosts);
                assert_int_equal(got.nodes, row->want.nodes);
                assert_int_equal(got.ready, row->want.ready);
                assert_int_equal(got.offering, row->want.offering);
                assert_int_equal(got.units, row->want.units);
                assert_int_equal(got.per_node, row->want.per_node);
                drift = observed_drift(&pool.sub_pools[0], &got, &arena);
                assert_true(text_equal(drift, text_from(row->drift)));
        }
}

/* A string in which a NUL stands is no number, and equals no label. */
static void test_nul(void **state) {
        struct value_member labels[] = { { TEXT("a"), json_value(&arena, "{'a': 'b'}") } };
        struct host host = { .name = TEXT("n"), .labels = labels, .n_labels = 1, .is_ready = true };
        struct hosts hosts = { &host, 1 };
        struct node *allocatable = node_map(&arena);
        struct observed got;
        struct pool pool;

        (void)state;
        read_pool(WHOLE, &pool);
        node_set_string(allocatable, "nvidia.com/gpu", (struct text) { "8\0", 2 });
        host.allocatable = json_encoded(&arena, allocatable);
        labels[0].value = value_get(labels[0].value, TEXT("a"));
        got = observed_count(&pool.sub_pools[0], &hosts);
        assert_int_equal(got.nodes, 1);
        assert_int_equal(got.offering, 0);
        labels[0].value = (struct value) { .kind = VALUE_STRING, .data = "b\0", .len = 2 };
        got = observed_count(&pool.sub_pools[0], &hosts);
        assert_int_equal(got.nodes, 0);
}

/* ---- labels ---------------------------------------------------------------------------------- */

#define AFFINITY(terms)                                                                            \
        "'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution':"          \
        " {'nodeSelectorTerms': [" terms "]}}}"
#define IN(key, values)                                                                            \
        "{'matchExpressions': [{'key': '" key "', 'operator': 'In', 'values': [" values "]}]}"

static void test_labels(void **state) {
        static const struct {
                const char *members, *want;
        } cases[] = {
                { "'nodeSelector': {'b': '2', 'a': '1'}", "a=1,b=2," },
                { "'labels': {'a': '1'}", "a=1," },
                { "'labels': {'a': '1'}, 'nodeSelector': {}", "" },
                { "'nodeSelector': {}", "" },
                { AFFINITY(IN("z", "'x'")), "z=x," },
                { AFFINITY(IN("z", "'x', 'y'")), "" },
                { AFFINITY(IN("z", "'x'") "," IN("y", "'x'")), "" },
                { "'nodeSelector': {'a': '1'}, " AFFINITY(IN("z", "'x'")), "a=1," },
                { "'nodeSelector': {'a': '1'}, " AFFINITY(IN("a", "'2'")), "a=1," },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct member entry;
                struct text *keys, *values;
                struct builder b;
                char json[512];
                struct pool pool;
                size_t n;

                snprintf(json, sizeof(json), "{'name': 'p', %s}", cases[i].members);
                entry = member_root(json_value(&arena, json), TEXT("p"));
                assert_int_equal(
                        pool_read(&entry, (struct pool_owner) { 0 }, &settings, &arena, &pool), 0);
                assert_int_equal(observed_labels(&pool, &arena, &keys, &values, &n), 0);
                builder_init(&b, &arena);
                for (size_t k = 0; k < n; k++) {
                        builder_text(&b, keys[k]);
                        builder_char(&b, '=');
                        builder_text(&b, values[k]);
                        builder_char(&b, ',');
                }
                if (!text_equal(builder_done(&b), text_from(cases[i].want)))
                        fail_msg("%s", cases[i].members);
        }
}

/* ---- capacity: Observed ---------------------------------------------------------------------- */

static void test_caps(void **state) {
        static const struct {
                const char *entry;
                int64_t want; /* of 8 declared, on two nodes */
        } cases[] = {
                { "{'name': 'a', 'observedUnitsPerNode': 7}", 7 },
                { "{'name': 'a', 'observedUnitsPerNode': 0}", 0 },
                { "{'name': 'a', 'observedUnitsPerNode': 9}", 8 },
                { "{'name': 'a'}", 8 },
                { "{'name': 'b', 'observedUnitsPerNode': 7}", 8 },
                { "{'name': 'a', 'migProfile': '1g.10gb', 'observedUnitsPerNode': 7}", 8 },
                { "{'name': 'a', 'observedUnitsPerNode': -1}", 8 },
                { "{'name': 'a', 'observedUnitsPerNode': 6.5}", 8 },
                { "{'name': 'a', 'observedUnitsPerNode': '7'}", 8 },
                { "7", 8 },
                { "{'name': 'z', 'observedUnitsPerNode': 1},"
                  "{'name': 'a', 'observedUnitsPerNode': 5}",
                  5 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct pool pool;
                char json[512];

                read_pool(WHOLE, &pool);
                snprintf(json, sizeof(json), "{'pools': [%s]}", cases[i].entry);
                observed_read(&pool, 1, value_get(json_value(&arena, json), TEXT("pools")));
                assert_int_equal(pool.sub_pools[0].counted_per_node, cases[i].want);
                assert_int_equal(pool.sub_pools[0].units, cases[i].want * 2);
                assert_int_equal(pool.sub_pools[0].units_per_node, 8);
                observed_cap(&pool.sub_pools[0], OBSERVED_NONE);
                assert_int_equal(pool.sub_pools[0].units, 16);
        }
}

/* A status whose entries are many times those of the environment. */
static void test_many_entries(void **state) {
        struct node *list = node_list(&arena), *map = node_map(&arena);
        struct pool pool;

        (void)state;
        read_pool(WHOLE, &pool);
        for (int i = 0; i < 10000; i++)
                node_set_integer(node_append_map(list), "observedUnitsPerNode", 1);
        node_set(map, TEXT("pools"), list);
        observed_read(&pool, 1, value_get(json_encoded(&arena, map), TEXT("pools")));
        assert_int_equal(pool.sub_pools[0].units, 16);
}

static int set_up(void **state) {
        memory_set_up(state);
        return pools_begin(state);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_counts),       cmocka_unit_test(test_nul),
                cmocka_unit_test(test_labels),       cmocka_unit_test(test_caps),
                cmocka_unit_test(test_many_entries),
        };

        return cmocka_run_group_tests_name("observed", tests, set_up, memory_tear_down);
}
