/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "fleet/environment.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"
#include "unit/fleet/pools.h"

static void read_environment(const char *json, struct environment *ret) {
        assert_int_equal(environment_read(json_value(&arena, json), &settings, &arena, ret), 0);
}

static const char everything[] =
        "{'metadata': {'name': 'eu', 'labels': {'region': 'eu'}},"
        " 'spec': {'cluster': {'source': 'Existing', 'existing': {"
        "     'secretRef': {'namespace': 'keys', 'name': 'eu-kubeconfig', 'key': 'config'},"
        "     'nodePools': [{'name': 'two', 'acceleratorType': 'nvidia-h100-80gb',"
        "         'nodeSelector': {'pool': 'two'},"
        "         'migConfiguration': {'layout': {'3g.40gb': 1, '1g.10gb': 4}}}]},"
        "   'gke': {'nodePools': [{'name': 'three', 'acceleratorType': 'nvidia-l4',"
        "         'labels': {'pool': 'three'}}]}},"
        "  'nodePools': [{'name': 'one', 'acceleratorType': 'nvidia-h100-80gb',"
        "      'acceleratorCount': 8, 'nodeSelector': {'pool': 'one'},"
        "      'migConfiguration': {'profile': '3g.40gb'}},"
        "    {'name': 'bad', 'acceleratorCount': 0}]},"
        " 'status': {'providerConfigRef': {'name': 'my-config'},"
        "   'conditions': [{'type': 'Synced', 'status': 'False'},"
        "                  {'type': 'Ready', 'status': 'True'}]}}";

static void test_everything(void **state) {
        static const char *const names[] = { "one", "bad", "two", "three" };
        struct environment e;
        int32_t order = 0;

        (void)state;
        read_environment(everything, &e);
        assert_true(text_is_empty(e.invalid));
        assert_true(text_equal(e.name, TEXT("eu")));
        assert_true(text_equal(value_text(value_get(e.labels, TEXT("region"))), TEXT("eu")));
        assert_int_equal(e.source, CLUSTER_EXISTING);
        assert_true(text_equal(e.secret_namespace, TEXT("keys")));
        assert_true(text_equal(e.secret_name, TEXT("eu-kubeconfig")));
        assert_true(text_equal(e.secret_key, TEXT("config")));
        assert_true(text_equal(e.provider_config, TEXT("my-config")));
        assert_false(e.not_ready);
        assert_int_equal(e.n_pools, 4);
        assert_int_equal(e.n_sub_pools, 5);
        for (size_t i = 0; i < e.n_pools; i++) {
                assert_true(text_equal(e.pools[i].name, text_from(names[i])));
                assert_true(text_is_empty(e.pools[i].path));
                assert_ptr_equal(e.pools[i].environment, &e);
                for (size_t j = 0; j < e.pools[i].n_sub_pools; j++) {
                        assert_int_equal(e.pools[i].sub_pools[j].order, order++);
                        assert_ptr_equal(e.pools[i].sub_pools[j].environment, &e);
                        assert_ptr_equal(e.pools[i].sub_pools[j].pool, &e.pools[i]);
                }
        }
        /* One bad pool spoils no other. */
        assert_true(text_is_empty(e.pools[0].invalid));
        assert_int_equal(e.pools[0].sub_pools[0].units, 16);
        assert_true(
                text_equal(e.pools[1].invalid,
                           TEXT("spec.nodePools[1].acceleratorCount: 0 is not within 1 and 1024")));
        assert_int_equal(e.pools[2].n_sub_pools, 2);
}

static void test_pools_without_a_name(void **state) {
        static const char *const paths[] = {
                "spec.nodePools[0]",
                "spec.nodePools[1]",
                "spec.cluster.existing.nodePools[0]",
                "spec.cluster.gke.nodePools[0]",
        };
        struct environment e;

        (void)state;
        read_environment("{'metadata': {'name': 'eu'}, 'spec': {'nodePools': [{}, {}], 'cluster': {"
                         " 'source': 'Existing', 'existing': {'nodePools': [{}]}, 'gke': "
                         "{'nodePools': [{}]}}}}",
                         &e);
        assert_int_equal(e.n_pools, 4);
        for (size_t i = 0; i < e.n_pools; i++) {
                struct text parts[] = { text_from(paths[i]), TEXT(".name: is required") };

                assert_true(text_equal(e.pools[i].path, parts[0]));
                assert_true(text_equal(e.pools[i].invalid, text_join(&arena, parts, 2)));
        }
}

static void test_defaults(void **state) {
        struct environment e;

        (void)state;
        read_environment("{'metadata': {'name': 'eu'}}", &e);
        assert_true(text_is_empty(e.invalid));
        assert_int_equal(e.source, CLUSTER_IN_CLUSTER);
        assert_true(text_is_empty(e.secret_name));
        assert_true(text_equal(e.provider_config, TEXT("eu-cluster")));
        assert_false(e.not_ready);
        assert_int_equal(e.n_pools, 0);

        read_environment("{'metadata': {'name': 'eu'}, 'spec': {'cluster': {'source': 'Existing', "
                         "'existing': {'secretRef': {'name': 'k'}}}, 'nodePools': null}}",
                         &e);
        assert_true(text_is_empty(e.invalid));
        assert_true(text_equal(e.secret_namespace, TEXT("crossplane-system")));
        assert_true(text_equal(e.secret_key, TEXT("kubeconfig")));
}

static void test_invalid(void **state) {
        static const struct {
                const char *spec;
                const char *invalid;
        } rows[] = {
                { "[]", "spec: must be a map, but is a list" },
                { "{'nodePools': {}}", "spec.nodePools: must be a list, but is a map" },
                { "{'cluster': 'eu'}", "spec.cluster: must be a map, but is a string" },
                { "{'cluster': {'source': 'EKS'}}",
                  "spec.cluster.source: must be one of InCluster, Existing, GKE, not \"EKS\"" },
                { "{'cluster': {'source': 'GKE', 'gke': {'nodePools': 'all'}}}",
                  "spec.cluster.gke.nodePools: must be a list, but is a string" },
                { "{'cluster': {'existing': {}}}",
                  "spec.cluster.source: is required: is Existing meant, as cluster.existing is "
                  "there?" },
                { "{'cluster': {'gke': {'nodePools': []}}}",
                  "spec.cluster.source: is required: is GKE meant, as cluster.gke is there?" },
                { "{'cluster': {'source': 'InCluster', 'existing': {}}}",
                  "spec.cluster.source: is InCluster, but cluster.existing is there" },
                { "{'cluster': {'source': 'InCluster', 'gke': {}}}",
                  "spec.cluster.source: is InCluster, but cluster.gke is there" },
                { "{'cluster': {'source': 'Existing', 'gke': {}}}",
                  "spec.cluster.existing: is required by the source Existing" },
                { "{'cluster': {'source': 'Existing', 'existing': {'secretRef': {'name': 'A'}}}}",
                  "spec.cluster.existing.secretRef.name: \"A\" is not a name for an object" },
                { "{'cluster': {'source': 'Nope'}, 'nodePools': [{'name': 'a'}]}",
                  "spec.cluster.source: must be one of InCluster, Existing, GKE, not \"Nope\"" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[512];
                struct environment e;

                snprintf(json, sizeof(json), "{'metadata': {'name': 'eu'}, 'spec': %s}",
                         rows[i].spec);
                read_environment(json, &e);
                print_message("%s\n  %.*s\n", json, TEXT_ARG(e.invalid));
                assert_true(text_equal(e.invalid, text_from(rows[i].invalid)));
                assert_int_equal(e.n_pools, 0);
                assert_int_equal(e.n_sub_pools, 0);
        }
}

/* As many bytes as a reservation takes. */
static void test_long_name(void **state) {
        char json[512], name[255];
        struct environment e;

        (void)state;
        memset(name, 'e', sizeof(name) - 1);
        name[254] = '\0';
        snprintf(json, sizeof(json), "{'metadata': {'name': '%s'}, 'spec': {}}", name);
        read_environment(json, &e);
        assert_text(e.invalid, "metadata.name: has 254 bytes, and a name has at most 253");
        name[253] = '\0';
        snprintf(json, sizeof(json), "{'metadata': {'name': '%s'}, 'spec': {}}", name);
        read_environment(json, &e);
        assert_true(text_is_empty(e.invalid));
}

static void test_ready(void **state) {
        static const struct {
                const char *conditions;
                bool not_ready;
        } rows[] = {
                { "[]", false },
                { "[{'type': 'Ready', 'status': 'True'}]", false },
                { "[{'type': 'Ready', 'status': 'False'}]", true },
                { "[{'type': 'Ready', 'status': 'Unknown'}]", true },
                { "[{'type': 'Ready'}]", true },
                { "[{'type': 'Synced', 'status': 'False'}]", false },
                { "'none'", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[256];
                struct environment e;

                snprintf(json, sizeof(json), "{'status': {'conditions': %s}}", rows[i].conditions);
                read_environment(json, &e);
                assert_int_equal(e.not_ready, rows[i].not_ready);
        }
}

static void test_equal_names(void **state) {
        struct environment e;

        (void)state;
        read_environment("{'spec': {'nodePools': [{'name': 'x'}, {'name': 'y'}],"
                         " 'cluster': {'source': 'GKE', 'gke': {'nodePools': [{'name': 'x'}, "
                         "{'name': 'x'}]}}}}",
                         &e);
        assert_int_equal(e.n_pools, 4);
        for (size_t i = 0; i < 4; i++) {
                if (i == 1) {
                        assert_true(text_is_empty(e.pools[i].invalid));
                        continue;
                }
                assert_true(text_equal(e.pools[i].invalid, TEXT("two pools are called \"x\"")));
                assert_int_equal(e.pools[i].sub_pools[0].units, 0);
        }
        /* Pools without a name have a mistake of their own. */
        read_environment("{'spec': {'nodePools': [{}, {}]}}", &e);
        assert_true(text_equal(e.pools[1].invalid, TEXT("spec.nodePools[1].name: is required")));
}

/* One of which there is nothing to say. */
#define GPU ", 'acceleratorType': 'nvidia-a30'"

/* Selectors of pools a, b, c; what each is told of the others. */
static void test_overlaps(void **state) {
        static const struct {
                const char *selectors[3];
                const char *told[3];
        } rows[] = {
                { { "{'p': 'a'}", "{'p': 'b'}", "{'p': 'c'}" }, { NULL, NULL, NULL } },
                { { "{'p': 'a'}", "{'p': 'a'}", "{'p': 'c'}" },
                  { "overlaps pool \"b\": a node may match both",
                    "overlaps pool \"a\": a node may match both", NULL } },
                { { "{'p': 'a'}", "{'p': 'b'}", "{'p': 'a', 'q': 'x'}" },
                  { "overlaps pool \"c\": a node may match both", NULL,
                    "overlaps pool \"a\": a node may match both" } },
                { { "{'p': 'a'}", "{'q': 'b'}", "{'r': 'a'}" },
                  { "overlaps pool \"b\" and 1 more: a node may match all",
                    "overlaps pool \"a\" and 1 more: a node may match all",
                    "overlaps pool \"a\" and 1 more: a node may match all" } },
                { { "{'p': 'a', 'q': 'x'}", "{'q': 'y'}", "{'p': 'b'}" },
                  { NULL, "overlaps pool \"c\": a node may match both",
                    "overlaps pool \"b\": a node may match both" } },
                { { "{}", "{'p': 'b'}", "{'p': 'c'}" },
                  { "overlaps pool \"b\" and 1 more: a node may match all",
                    "overlaps pool \"a\": a node may match both",
                    "overlaps pool \"a\": a node may match both" } },
                { { "{'p': 'a'}", "{'p': 1}", "{'p': 'c'}" }, { NULL, NULL, NULL } },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[512];
                struct environment e;

                snprintf(json, sizeof(json),
                         "{'spec': {'nodePools': [{'name': 'a', 'nodeSelector': %s" GPU "},"
                         "{'name': 'b', 'nodeSelector': %s" GPU "},"
                         "{'name': 'c', 'nodeSelector': %s" GPU "}]}}",
                         rows[i].selectors[0], rows[i].selectors[1], rows[i].selectors[2]);
                print_message("%s\n", json);
                read_environment(json, &e);
                for (size_t j = 0; j < 3; j++) {
                        const struct pool *pool = &e.pools[j];

                        assert_int_equal(pool->n_messages, rows[i].told[j] ? 1 : 0);
                        if (rows[i].told[j])
                                assert_true(
                                        text_equal(pool->messages[0], text_from(rows[i].told[j])));
                }
        }
}

/* What a node offers under two names is two pools of one selector. */
static void test_unlike_resources(void **state) {
        static const struct {
                const char *a, *b;
                bool overlap;
        } rows[] = {
                { "", "", true },
                { "", "'migConfiguration': {'profile': '1g.5gb'}", false },
                { "'migConfiguration': {'profile': '3g.20gb'}",
                  "'migConfiguration': {'profile': '1g.5gb'}", false },
                { "'migConfiguration': {'profile': '1g.5gb'}",
                  "'migConfiguration': {'layout': {'1g.5gb': 1}}", true },
                { "", "'migConfiguration': {'profile': '1g.5gb', 'strategy': 'single'}", true },
                { "'resourceName': 'a.b/c'", "'resourceName': 'a.b/d'", false },
                { "'resourceName': 'a.b/c'", "'resourceName': 'a.b/c'", true },
                { "'resourceName': 'nvidia.com/gpu'", "", true },
                { "", "'resourceName': 'amd.com/gpu'", false },
                { "'allocation': 'DRA'",
                  "'allocation': 'DRA', 'migConfiguration': {'profile': '1g.5gb'}", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct environment e;
                char json[512];
                bool told = false;

                snprintf(json, sizeof(json),
                         "{'spec': {'nodePools': [{'name': 'a', 'nodeSelector': {'x': 'y'}, "
                         "'acceleratorType': 'nvidia-tesla-a100'%s%s}, {'name': 'b', "
                         "'nodeSelector': {'x': 'y'}, 'acceleratorType': "
                         "'nvidia-tesla-a100'%s%s}]}}",
                         *rows[i].a ? ", " : "", rows[i].a, *rows[i].b ? ", " : "", rows[i].b);
                read_environment(json, &e);
                for (size_t k = 0; k < e.pools[0].n_messages; k++)
                        told |= text_starts_with(e.pools[0].messages[k], TEXT("overlaps pool"));
                print_message("%s\n", json);
                assert_int_equal(told, rows[i].overlap);
        }
}

/* Messages are all that who decides goes without. */
static void test_quietly(void **state) {
        static const char *const pools[] = {
                "{'name': 'gap', 'acceleratorType': 'nvidia-tesla-a100', 'nodeSelector': {'x': "
                "'y'},"
                " 'migConfiguration': {'profile': '1g.5gb'}}",
                "{'name': 'overlap', 'acceleratorType': 'nvidia-tesla-a100', 'nodeSelector': "
                "{'x': 'y'}, 'migConfiguration': {'profile': '1g.5gb', 'strategy': 'single'}}",
                "{'name': 'large', 'acceleratorType': 'nvidia-h100-80gb', 'nodeSelector': {'x': "
                "'z'},"
                " 'capabilities': {'memoryPerGpu': '160Gi'}}",
                "{'name': 'typo', 'acceleratorType': 'nvidia-l4', 'nodeselector': {'x': 'z'}}",
        };

        (void)state;
        for (size_t i = 1; i < sizeof(pools) / sizeof(pools[0]); i++) {
                struct environment told, quiet;
                struct value object;
                char json[512];

                snprintf(json, sizeof(json), "{'spec': {'nodePools': [%s, %s]}}", pools[i],
                         pools[0]);
                object = json_value(&input_arena, json);
                assert_int_equal(environment_read(object, &settings, &arena, &told), 0);
                assert_int_equal(environment_read_quietly(object, &settings, &arena, &quiet), 0);
                print_message("%s\n", json);
                assert_true(told.pools[0].n_messages > 0);
                assert_int_equal(quiet.n_sub_pools, 2);
                for (size_t j = 0; j < 2; j++) {
                        const struct pool *a = &told.pools[j], *b = &quiet.pools[j];

                        assert_int_equal(b->n_messages, 0);
                        assert_int_equal(a->over_declared, b->over_declared);
                        assert_int_equal(a->sub_pools[0].units, b->sub_pools[0].units);
                        assert_int_equal(a->sub_pools[0].memory_bytes,
                                         b->sub_pools[0].memory_bytes);
                }
        }
}

/* More selectors than a footprint has bits: some look alike there and differ all the same. */
static void test_equal_footprints(void **state) {
        struct node *object = node_map(&input_arena);
        struct node *pools = node_add_list(node_add_map(object, "spec"), "nodePools");
        struct environment e;
        struct text bytes;

        (void)state;
        for (int i = 0; i < 200; i++) {
                struct text name = text_format(&input_arena, "pool-%d", i);
                struct node *pool = node_append_map(pools);

                node_set_string(pool, "name", name);
                node_set_string(pool, "acceleratorType", TEXT("nvidia-a30"));
                node_set_string(node_add_map(pool, "nodeSelector"), "pool", name);
        }
        assert_int_equal(node_encode(object, &input_arena, &bytes), 0);
        assert_int_equal(environment_read(value_of_struct(bytes), &settings, &arena, &e), 0);
        for (int i = 0; i < 200; i++)
                assert_int_equal(e.pools[i].n_messages, 0);
}

static void test_many_pools(void **state) {
        struct node *object = node_map(&input_arena);
        struct node *pools = node_add_list(node_add_map(object, "spec"), "nodePools");
        struct environment e;
        struct text bytes;

        (void)state;
        for (int i = 0; i < 2000; i++)
                node_set_string(node_append_map(pools), "name",
                                text_format(&input_arena, "pool-%d", i / 2));
        assert_int_equal(node_encode(object, &input_arena, &bytes), 0);
        assert_int_equal(environment_read(value_of_struct(bytes), &settings, &arena, &e), 0);
        assert_int_equal(e.n_pools, 2000);
        for (int i = 0; i < 2000; i++)
                assert_true(text_starts_with(e.pools[i].invalid, TEXT("two pools are called")));
}

static void test_without_memory(void **state) {
        static const char *const objects[] = {
                everything,
                "{'spec': {'nodePools': [{'name': 'a'}, {'name': 'a'}]}}",
                "{'spec': {'nodePools': 7}}",
                "{'spec': {'nodePools': [{'name': 'a', 'acceleratorType': 'nvidia-a100',"
                "'migConfiguration': {'profile': '1g.10gb', 'slicesPerGpu': 9},"
                "'capabilities': {'memoryPerGpu': '80Gi'}}, {'name': 'b'},"
                "{'name': 'c', 'acceleratorType': 'nvidia-a30', 'migConfiguration':"
                "{'layout': {'1g.6gb': 7}}}]}}",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
                struct value object = json_value(&input_arena, objects[i]);

                for (uint64_t n = 1;; n++) {
                        struct environment e;

                        sweep_arm(&arena, n);
                        if (sweep_is_over(&arena, n,
                                          environment_read(object, &settings, &arena, &e)))
                                break;
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_everything, pools_begin),
                cmocka_unit_test_setup(test_pools_without_a_name, pools_begin),
                cmocka_unit_test_setup(test_defaults, pools_begin),
                cmocka_unit_test_setup(test_invalid, pools_begin),
                cmocka_unit_test_setup(test_ready, pools_begin),
                cmocka_unit_test_setup(test_long_name, pools_begin),
                cmocka_unit_test_setup(test_equal_names, pools_begin),
                cmocka_unit_test_setup(test_overlaps, pools_begin),
                cmocka_unit_test_setup(test_unlike_resources, pools_begin),
                cmocka_unit_test_setup(test_quietly, pools_begin),
                cmocka_unit_test_setup(test_equal_footprints, pools_begin),
                cmocka_unit_test_setup(test_many_pools, pools_begin),
                cmocka_unit_test_setup(test_without_memory, pools_begin),
        };

        return cmocka_run_group_tests_name("environment", tests, memory_set_up, memory_tear_down);
}
