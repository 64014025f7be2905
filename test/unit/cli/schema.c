/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/schema.h"
#include "fleet/deployment.h"
#include "fleet/environment.h"
#include "fleet/model.h"
#include "lib/json.h"
#include "wire/node.h"
#include "yaml/read.h"

enum { BUDGET = 64 * 1024 * 1024, RULES_MAX = 64 };

/* ---- every keyword of the schemas is one that is looked at ----------------------------------- */

static const char *const keywords[] = {
        "additionalProperties",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
};

/* The messages of the CEL rules, each once. */
struct rules {
        struct text items[RULES_MAX];
        size_t n;
};

static void add_rule(struct rules *rules, struct value rule) {
        struct text key = value_text(value_get(rule, TEXT("rule")));

        for (size_t i = 0; i < rules->n; i++) {
                if (text_equal(rules->items[i], key))
                        return;
        }
        assert_true(rules->n < RULES_MAX);
        rules->items[rules->n++] = key;
}

static void walk(struct value schema, struct rules *rules) {
        struct value_iter it = value_iterate(schema), list;
        struct value member, below;
        struct text key;

        if (schema.kind != VALUE_MAP)
                return;
        while (value_next(&it, &key, &member)) {
                bool known = false;

                for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
                        known |= text_equal(key, text_from(keywords[i]));
                if (!known)
                        fail_msg("a schema has %.*s, which schema.c does not know", TEXT_ARG(key));
        }
        list = value_iterate(value_get(schema, TEXT("properties")));
        while (value_next(&list, NULL, &below))
                walk(below, rules);
        list = value_iterate(value_get(schema, TEXT("x-kubernetes-validations")));
        while (value_next(&list, NULL, &below))
                add_rule(rules, below);
        walk(value_get(schema, TEXT("items")), rules);
        walk(value_get(schema, TEXT("additionalProperties")), rules);
}

/* ---- every CEL rule has a manifest that breaks it -------------------------------------------- */

#define POOL(more) "InferenceEnvironment", "{nodePools: [{name: p, nodeSelector: {}, " more "}]}"
#define PROFILE(more)                                                                              \
        "ClusterModel",                                                                            \
                "{model: {name: m}, huggingFace: {repo: a/m}, serving: [{name: s, " more "}]}"
#define TOLERATIONS(more) POOL("tolerations: [{" more "}]")
#define MIG(more) POOL("acceleratorType: h100-80gb, migConfiguration: {" more "}")

static const struct rule_row {
        const char *rule; /* a part of it that no other has */
        const char *kind, *spec;
        const char *want; /* the front of the reader's sentence */
} rule_rows[] = {
        { "self.maxNodeCount >= self.nodeCount", POOL("nodeCount: 2, maxNodeCount: 1"),
          "spec.nodePools[0].maxNodeCount: 1 is below nodeCount" },
        { "self.sharing.strategy != 'MPS'",
          POOL("sharing: {strategy: MPS, replicas: 2}, migConfiguration: {profile: 3g.40gb}"),
          "spec.nodePools[0].sharing: MPS does not share MIG slices" },
        { "isQuantity(self)", POOL("capabilities: {memoryPerGpu: 40GB}"),
          "spec.nodePools[0].capabilities.memoryPerGpu: not a quantity" },
        { ".filter(x, x).size() <= 1", MIG("profile: 3g.40gb, config: a"),
          "spec.nodePools[0].migConfiguration: more than one of profile" },
        { "has(self.profile) || has(self.layout) || has(self.config)", MIG("enabled: true"),
          "spec.nodePools[0].migConfiguration: enabled, but none" },
        { "!has(self.slicesPerGpu) || has(self.profile)", MIG("config: a, slicesPerGpu: 2"),
          "spec.nodePools[0].migConfiguration.slicesPerGpu: belongs to a profile" },
        { "has(self.key) && self.key != ''", TOLERATIONS("effect: NoSchedule"),
          "spec.nodePools[0].tolerations[0]: a toleration without a key" },
        { "self.value == ''", TOLERATIONS("key: a, operator: Exists, value: b"),
          "spec.nodePools[0].tolerations[0].value: the operator Exists takes no value" },
        { "!has(self.tolerationSeconds)", TOLERATIONS("key: a, tolerationSeconds: 2"),
          "spec.nodePools[0].tolerations[0].tolerationSeconds: needs the effect" },
        { "self.matches('^([0-9]+[.]?[0-9]*|[.][0-9]+)$')", POOL("costPerUnitHour: '1e3'"),
          "spec.nodePools[0].costPerUnitHour: " },
        { "!has(self.value) || !has(self.valueFrom)",
          POOL("podDefaults: {env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: "
               "metadata.name}}}]}"),
          "spec.nodePools[0].podDefaults.env[0]" },
        { "'CUDA_VISIBLE_DEVICES'", POOL("podDefaults: {env: [{name: CUDA_VISIBLE_DEVICES}]}"),
          "spec.nodePools[0].podDefaults.env[0].name: " },
        { "self.contains('{{')", POOL("podDefaults: {args: ['$A']}"),
          "spec.nodePools[0].podDefaults.args[0]: \"$A\" holds" },
        { "self.signal != 'Concurrency'", "ModelDeployment",
          "{modelRef: {name: m}, scaling: {signal: Concurrency}}",
          "spec.scaling.concurrency: is required" },
        { "self.maxReplicas >=", "ModelDeployment",
          "{modelRef: {name: m}, scaling: {signal: Concurrency, concurrency: {minReplicas: 3, "
          "maxReplicas: 2}}}",
          "spec.scaling.concurrency.maxReplicas: 2 is below" },
        { "self.lowerAscii() == 'vllm'", PROFILE("engine: {name: x}"),
          "spec.serving[0].engine.name: \"x\" is not an engine" },
        { "self.parallelism.data == 1",
          PROFILE("replicaTopology: {nodes: 2, gpusPerNode: 4, parallelism: {data: 2}}"),
          "spec.serving[0].replicaTopology.parallelism.data: 2 needs a replica on one node" },
        { "self.parallelism.pipeline == self.nodes",
          PROFILE("replicaTopology: {nodes: 2, parallelism: {pipeline: 3}}"),
          "spec.serving[0].replicaTopology.parallelism.pipeline: 3 is not the number of nodes" },
        { "self.parallelism.tensor : 1",
          PROFILE("replicaTopology: {gpusPerNode: 2, parallelism: {tensor: 4}}"),
          "spec.serving[0].replicaTopology.parallelism" },
        { "has(self.huggingFace) && has(self.huggingFace.repo)", "ClusterModel",
          "{model: {name: m}, source: HuggingFace, serving: [{name: s}]}",
          "spec.huggingFace.repo: is required" },
        { "self.source != 'URI' || has(self.uri)", "ClusterModel",
          "{model: {name: m}, source: URI, serving: [{name: s}]}", "spec.uri: is required" },
        { "!has(self.huggingFace) || !has(self.huggingFace.repo)", "ClusterModel",
          "{model: {name: m}, uri: 's3://b/m', huggingFace: {repo: a/m}, serving: [{name: s}]}",
          "spec.source: is required" },
        { "has(self.source) || !has(self.existing)", "InferenceEnvironment",
          "{cluster: {existing: {}}}", "spec.cluster.source: is required: is Existing meant" },
        { "self.source != 'InCluster'", "InferenceEnvironment",
          "{cluster: {source: InCluster, existing: {}}}", "spec.cluster.source: is InCluster" },
        { "self.source != 'Existing'", "InferenceEnvironment", "{cluster: {source: Existing}}",
          "spec.cluster.existing: is required" },
};

static struct value object_of(const struct rule_row *row, struct arena *arena) {
        struct text yaml = text_format(arena, "{kind: %s, metadata: {name: o}, spec: %s}",
                                       row->kind, row->spec);
        struct objects objects;
        struct fault fault;

        if (yaml_read(yaml, "row", arena, &objects, &fault) != 0)
                fail_msg("%s", fault.message);
        return objects.items[0];
}

static void read_row(const struct rule_row *row, struct arena *arena, struct mistakes *mistakes) {
        struct value object = object_of(row, arena);
        struct deployment deployment;
        struct environment environment;
        struct settings settings;
        struct fault fault;
        struct model model;

        assert_int_equal(settings_read((struct value) { 0 }, arena, &settings, &fault), 0);
        if (strcmp(row->kind, "InferenceEnvironment") == 0)
                environment_read_mistakes(object, &settings, arena, mistakes, &environment);
        else if (strcmp(row->kind, "ModelDeployment") == 0)
                deployment_read_mistakes(object, arena, &deployment, mistakes);
        else
                model_read(object, arena, &model, mistakes);
}

static void test_rules(void **state) {
        struct arena arena;
        struct schemas schemas;
        struct rules rules = { 0 };

        (void)state;
        arena_init(&arena, BUDGET);
        assert_int_equal(schema_load(&arena, &schemas), 0);
        for (size_t i = 0; i < N_SCHEMAS; i++)
                walk(schemas.items[i].root, &rules);
        for (size_t i = 0; i < rules.n; i++) {
                const struct rule_row *row = NULL;
                struct mistakes *mistakes = ARENA_NEW(&arena, struct mistakes);

                for (size_t k = 0; k < sizeof(rule_rows) / sizeof(rule_rows[0]); k++) {
                        if (text_contains(rules.items[i], text_from(rule_rows[k].rule)))
                                row = &rule_rows[k];
                }
                if (!row)
                        fail_msg("no manifest here breaks the rule %.*s", TEXT_ARG(rules.items[i]));
                read_row(row, &arena, mistakes);
                if (mistakes->n != 1 || !text_starts_with(mistakes->items[0], text_from(row->want)))
                        fail_msg("%s: %zu mistakes, the first \"%.*s\"", row->rule, mistakes->n,
                                 TEXT_ARG(mistakes->items[0]));
        }
        arena_release(&arena);
}

/* ---- what a schema refuses ------------------------------------------------------------------- */

#define FOUR_UMLAUTS "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6"
#define SIXTEEN_UMLAUTS FOUR_UMLAUTS FOUR_UMLAUTS FOUR_UMLAUTS FOUR_UMLAUTS
#define SIXTY_FOUR_UMLAUTS SIXTEEN_UMLAUTS SIXTEEN_UMLAUTS SIXTEEN_UMLAUTS SIXTEEN_UMLAUTS

static const struct row {
        const char *name, *kind, *spec;
        const char *want; /* the sentences, a line each */
} rows[] = {
        { "types", POOL("acceleratorCount: '1', precisionSupport: 1, capabilities: []"),
          "spec.nodePools[0].acceleratorCount: must be a number, but is the string \"1\": leave "
          "out "
          "the quotes\n"
          "spec.nodePools[0].capabilities: must be a map, but is a list\n"
          "spec.nodePools[0].precisionSupport: unknown member: is "
          "capabilities.precisionSupport meant?\n" },
        { "below spec", "InferenceEnvironment",
          "{cluster: {existing: {secretRef: {key: a}}}, crossplane: {}}",
          "spec.cluster.existing.secretRef.name: is required\n" },
        { "ranges and words",
          POOL("acceleratorCount: 0, nodeCount: 1.5, schedulable: Never, allocation: ''"),
          "spec.nodePools[0].acceleratorCount: 0 is not within 1 and 1024\n"
          "spec.nodePools[0].allocation: must be one of DevicePlugin, DRA, not \"\"\n"
          "spec.nodePools[0].nodeCount: 1.5 is not a whole number\n"
          "spec.nodePools[0].schedulable: must be one of Always, NoNew, Drain, not \"Never\"\n" },
        { "lengths",
          POOL("capabilities: {precisionSupport: ['']}, resourceName: a, interconnect: a, "
               "costPerUnitHour: '123456789012345678901234567890123'"),
          "spec.nodePools[0].capabilities.precisionSupport[0]: must not be empty\n"
          "spec.nodePools[0].costPerUnitHour: has 33 characters, and may have at most 32\n"
          "spec.nodePools[0].interconnect: unknown member: is "
          "capabilities.interconnect meant?\n" },
        { "a pattern, and a length in characters",
          POOL("labels: {a: 'b c', d: '" SIXTY_FOUR_UMLAUTS "'}"),
          "spec.nodePools[0].labels[a]: \"b c\" does not match "
          "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$\n"
          "spec.nodePools[0].labels[d]: has 64 characters, and may have at most 63\n" },
        { "integer or string", POOL("costPerUnitHour: 1.5, capabilities: {memoryPerGpu: true}"),
          "spec.nodePools[0].capabilities.memoryPerGpu: must be a whole number or a "
          "string, but is "
          "true\n"
          "spec.nodePools[0].costPerUnitHour: must be a whole number or a string, but is "
          "the "
          "number 1.5: put it in quotes\n" },
        { "a list that is a map", "InferenceEnvironment",
          "{nodePools: [{name: a}, null, {name: a}, {}, {}]}",
          "spec.nodePools[1]: is null\n"
          "spec.nodePools[2]: is in the list twice: its name is that of element 0\n"
          "spec.nodePools[3].name: is required\n"
          "spec.nodePools[4].name: is required\n" },
        { "how many members",
          POOL("podDefaults: {env: [{name: A, valueFrom: {}}]}, sharing: {replicas: 1}"),
          "spec.nodePools[0].podDefaults.env[0].valueFrom: has 0 members, and at least 1 "
          "are "
          "needed\n"
          "spec.nodePools[0].sharing.strategy: is required\n" },
        { "anything", PROFILE("replicaTopology: {requires: {anything: 1}}"), "" },
        { "null is nothing", "ModelDeployment", "{modelRef: {name: m, kind: null}}", "" },
};

static struct text sentences(const struct row *row, const struct schemas *schemas,
                             struct arena *arena) {
        const struct rule_row as = { .kind = row->kind, .spec = row->spec };
        struct member root = member_root(object_of(&as, arena), (struct text) { 0 });
        struct mistakes *mistakes = ARENA_NEW(arena, struct mistakes);
        struct reader rd = { .arena = arena, .all = mistakes };
        struct builder b;

        schema_check(schema_find(schemas, text_from(row->kind)), &root, &rd);
        builder_init(&b, arena);
        for (size_t i = 0; i < mistakes->n; i++) {
                builder_text(&b, mistakes->items[i]);
                builder_char(&b, '\n');
        }
        builder_char(&b, '\0');
        return builder_done(&b);
}

static void test_rows(void **state) {
        struct arena arena;
        struct schemas schemas;

        (void)state;
        arena_init(&arena, BUDGET);
        assert_int_equal(schema_load(&arena, &schemas), 0);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                print_message("%s\n", rows[i].name);
                assert_string_equal(sentences(&rows[i], &schemas, &arena).data, rows[i].want);
        }
        arena_release(&arena);
}

static void test_too_many(void **state) {
        struct arena arena;
        struct schemas schemas;
        struct builder b;
        struct row row = { "too many", "InferenceEnvironment", NULL, NULL };

        (void)state;
        arena_init(&arena, BUDGET);
        assert_int_equal(schema_load(&arena, &schemas), 0);
        builder_init(&b, &arena);
        builder_string(&b, "{nodePools: [");
        for (int i = 0; i < 300; i++) {
                builder_string(&b, "{name: p");
                builder_i64(&b, i);
                builder_string(&b, "}, ");
        }
        builder_string(&b, "]}");
        builder_char(&b, '\0');
        row.spec = builder_done(&b).data;
        assert_string_equal(sentences(&row, &schemas, &arena).data,
                            "spec.nodePools: has 300 elements, and may have at most 128\n");
        arena_release(&arena);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static void test_patterns(void **state) {
        static const struct {
                const char *pattern, *text;
                bool want;
        } patterns[] = {
                { "^([A-Za-z0-9[][A-Za-z0-9._/:@+[\\]-]*)?$", "[::1]:5000/a-b", true },
                { "^([A-Za-z0-9[][A-Za-z0-9._/:@+[\\]-]*)?$", "a\\b", false },
                { "^([A-Za-z0-9[][A-Za-z0-9._/:@+[\\]-]*)?$", "a b", false },
                { "^([A-Za-z0-9[][A-Za-z0-9._/:@+[\\]-]*)?$", "", true },
                { "^a\\.b$", "a.b", true },
                { "^a\\.b$", "axb", false },
                { "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-", false },
        };
        struct arena arena;

        (void)state;
        arena_init(&arena, BUDGET);
        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
                assert_int_equal(schema_matches(text_from(patterns[i].pattern),
                                                text_from(patterns[i].text), &arena),
                                 patterns[i].want);
        arena_release(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_too_many),
                cmocka_unit_test(test_patterns),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
