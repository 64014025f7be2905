/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/given.h"

enum { BUDGET = 16 * 1024 * 1024 };

#define OURS(kind, more) "{apiVersion: m.ai/v1, kind: " kind ", " more "}\n---\n"
#define DEPLOYMENT(spec) OURS("ModelDeployment", "metadata: {namespace: a, name: d}, spec: " spec)
#define XR DEPLOYMENT("{modelRef: {name: m}}")
#define UNKNOWN(path, name) path ": unknown member: is " name " meant?\n"
#define MEANT(name) " is not known: is " name " meant?\n"
#define UNITLESS " bytes, less than 1Gi: is the unit missing or wrong?\n"

/* clang-format off */
static const struct row {
        const char *name;
        const char *composite, *cluster;
        const char *want; /* the sentences, a line each */
} rows[] = {
        { "nothing wrong", XR, OURS("Model", "metadata: {name: m}, spec: {serving: [{name: a}]}"),
          "" },
        { "a member of the spec", DEPLOYMENT("{modelRef: {name: m}, replicas: 2}"), "",
          "ModelDeployment \"a/d\": " UNKNOWN("spec.replicas", "scaling.fixed.replicas") },
        { "one below", DEPLOYMENT("{scaling: {fixed: {replica: 2}}}"), "",
          "ModelDeployment \"a/d\": " UNKNOWN("spec.scaling.fixed.replica", "replicas") },
        { "a longer name, a shorter one", DEPLOYMENT("{environment: 1, prioritys: 1}"), "",
          "ModelDeployment \"a/d\": " UNKNOWN("spec.environment", "environments")
          "ModelDeployment \"a/d\": " UNKNOWN("spec.prioritys", "priority") },
        { "what belongs to the model", DEPLOYMENT("{poolSelector: {}}"), "",
          "ModelDeployment \"a/d\": " UNKNOWN("spec.poolSelector",
                                             "spec.serving[].poolSelector of a ClusterModel") },
        { "the pools, without a spec around them", XR,
          OURS("InferenceEnvironment", "metadata: {name: e}, nodePools: []"),
          "InferenceEnvironment \"e\": " UNKNOWN("nodePools", "spec.nodePools") },
        { "the spec itself",
          OURS("ModelDeployment", "metadata: {namespace: a, name: d}, specs: {}"), "",
          "ModelDeployment \"a/d\": " UNKNOWN("specs", "spec") },
        { "what stands nowhere", DEPLOYMENT("{colour: blue}"), "",
          "ModelDeployment \"a/d\": spec.colour: unknown member\n" },
        { "what the function refuses by itself, and what others put there",
          DEPLOYMENT("{tolerations: [{kee: x}], crossplane: {compositionRef: {name: c}}}"), "",
          "" },
        { "of a model, in a list", XR,
          OURS("ClusterModel",
               "metadata: {name: m}, spec: {serving: [{name: a}, {name: b, engin: {}}]}"),
          "ClusterModel \"m\": " UNKNOWN("spec.serving[1].engin", "engine") },
        { "a requirement is the function's", XR,
          OURS("ClusterModel", "metadata: {name: m}, spec: {serving: [{replicaTopology: "
                               "{requires: {memoryPerGPU: 1}}}]}"),
          "" },
        { "memory without a unit", XR,
          OURS("Model", "metadata: {name: m}, spec: {resources: {vram: 40M}, serving: ["
                        "{replicaTopology: {requires: {memoryPerGpu: 1Gi}}}, "
                        "{replicaTopology: {requires: {memoryPerGpu: 48}}}]}"),
          "Model \"m\": spec.resources.vram is 40000000" UNITLESS
          "Model \"m\": spec.serving[1].replicaTopology.requires.memoryPerGpu is "
          "48 bytes, less than 1Gi: is 48Gi meant?\n" },
        { "memory that is refused by the function", XR,
          OURS("ClusterModel", "metadata: {name: m}, spec: {resources: {vram: 40GB}, serving: ["
                               "{replicaTopology: {requires: {memoryPerGpu: -1}}}]}"),
          "" },
        { "of an environment and its pools", XR,
          OURS("InferenceEnvironment",
               "metadata: {name: e}, spec: {nodePool: [], nodePools: [{name: x}, {nam: "
               "x}], "
               "cluster: {gke: {nodePools: [{migConfiguration: {profil: 3g.40gb}}]}}}"),
          "InferenceEnvironment \"e\": " UNKNOWN("spec.nodePool", "nodePools")
          "InferenceEnvironment \"e\": member \"spec.nodePools[1].nam\"" MEANT("name")
          "InferenceEnvironment \"e\": member "
          "\"spec.cluster.gke.nodePools[0].migConfiguration.profil\"" MEANT("profile") },
        { "a kind", XR, OURS("InferenceEnviroment", "metadata: {name: e}"),
          "InferenceEnviroment \"e\": this kind is not known, and ignored: is InferenceEnvironment "
          "meant?\n" },
        { "a version", XR, "{apiVersion: m.ai/v2, kind: Model, metadata: {name: m}}\n",
          "Model \"m\" has apiVersion \"m.ai/v2\", but \"m.ai/v1\" is expected: ignored\n" },
        { "a group", XR, "{apiVersion: n.ai/v1, kind: ClusterModel, metadata: {name: m}}\n",
          "ClusterModel \"m\" has apiVersion \"n.ai/v1\", but \"m.ai/v1\" is expected: ignored\n" },
        { "others have a Model too", XR, "{apiVersion: n.ai/v1, kind: Model, spec: {x: 1}}\n", "" },
        { "a ConfigMap", XR, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n", "" },
        { "a composite of somebody else",
          "{apiVersion: m.ai/v1, kind: Thing, metadata: {name: t}, spec: {x: 1}}\n",
          OURS("Other", "metadata: {name: o}"), "" },
        { "twice", XR,
          OURS("Model", "metadata: {namespace: a, name: m}")
                  OURS("Model", "metadata: {namespace: b, name: m}")
                          OURS("Model", "metadata: {namespace: a, name: m}"),
          "Model \"a/m\" is given more than once: the last one counts\n" },
        { "three times, told once", XR,
          OURS("Model", "metadata: {name: m}") OURS("Model", "metadata: {name: m}")
                  OURS("Model", "metadata: {name: m}"),
          "Model \"m\" is given more than once: the last one counts\n" },
        { "one name of two kinds", XR,
          OURS("Model", "metadata: {name: m}") OURS("ClusterModel", "metadata: {name: m}"), "" },
};
/* clang-format on */

static struct objects read(const char *yaml, struct arena *arena) {
        struct objects objects;
        struct fault fault;

        assert_int_equal(yaml_read(text_from(yaml), "x", arena, &objects, &fault), 0);
        return objects;
}

static struct text check(const char *composite, const char *cluster, bool with_pools,
                         struct arena *arena) {
        struct objects xr = read(composite, arena), held = read(cluster, arena);
        struct text *sentences;
        struct builder b;
        size_t n;

        assert_int_equal(given_check(xr.items[0], &held, with_pools, arena, &sentences, &n), 0);
        builder_init(&b, arena);
        for (size_t i = 0; i < n; i++) {
                builder_text(&b, sentences[i]);
                builder_char(&b, '\n');
        }
        builder_char(&b, '\0');
        return builder_done(&b);
}

static void each_oddity_has_its_sentence(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct arena arena;

                arena_init(&arena, BUDGET);
                print_message("  %s\n", rows[i].name);
                assert_string_equal(check(rows[i].composite, rows[i].cluster, true, &arena).data,
                                    rows[i].want);
                arena_release(&arena);
        }
}

static void many_are_counted(void **state) {
        struct arena arena;
        struct builder b;
        struct text said;

        (void)state;
        arena_init(&arena, BUDGET);
        builder_init(&b, &arena);
        for (int i = 0; i < GIVEN_SENTENCES_MAX + 7; i++)
                builder_text(&b, text_format(&arena, OURS("Modl", "metadata: {name: m%d}"), i));
        builder_char(&b, '\0');
        said = check(XR, builder_done(&b).data, false, &arena);
        assert_true(text_ends_with(text_slice(said, 0, said.len - 1), TEXT("and 7 more\n")));
        arena_release(&arena);
}

static void pools_are_left_to_who_shows_them(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, BUDGET);
        assert_string_equal(check(XR,
                                  OURS("InferenceEnvironment",
                                       "metadata: {name: e}, spec: {nodePools: [{nam: x}]}"),
                                  false, &arena)
                                    .data,
                            "");
        arena_release(&arena);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_oddity_has_its_sentence),
                cmocka_unit_test(many_are_counted),
                cmocka_unit_test(pools_are_left_to_who_shows_them),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
