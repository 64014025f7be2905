/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "fleet/model.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "lib/sweep.h"

#define ENGINE(args, more) "'serving': [{'name': 'a', 'engine': {'args': [" args "]}" more "}]"
#define TOPOLOGY(members) ", 'replicaTopology': {" members "}"
#define ONE_OF_TWO TOPOLOGY("'gpusPerNode': 2, 'parallelism': {'tensor': 1, 'pipeline': 2}")
#define OVER_NODES                                                                                 \
        TOPOLOGY("'nodes': 2, 'gpusPerNode': 4, 'parallelism': {'tensor': 4, 'pipeline': 2}")
#define PARALLELISM "spec.serving[0].replicaTopology.parallelism"
#define SPLIT(members, parallelism)                                                                \
        "'serving': [{'name': 'a'" TOPOLOGY(members ", 'parallelism': {" parallelism "}") "}]"
#define NOT_TENSOR " is not the tensor parallelism of replicaTopology, "
#define NO_SHOWN_NAME                                                                              \
        " is not a name: it has at most 63 characters, none of them a control character"
#define NO_MODEL " is not a name of a model, such as google/gemma-3-27b-it"
#define NO_REPO " is not a repository, such as google/gemma-3-27b-it"
#define EIGHT "{}, {}, {}, {}, {}, {}, {}, {}"
#define URI(uri) "'model': {'name': 'm'}, 'uri': " uri
#define NO_SCHEME " has none of the schemes hf, s3, pvc, oci, oci+native"
#define HUB(members) "'model': {'name': 'm'}, 'huggingFace': {" members "}"

/* Members beside a good model and repository; the one sentence that they give. */
static const struct {
        const char *members;
        const char *mistake;
} beside[] = {
        { "'source': 'S3'", "spec.source: must be one of HuggingFace, URI, not \"S3\"" },
        { "'resources': {'cpu': 'many'}",
          "spec.resources.cpu: not a quantity such as 40Gi: \"many\"" },
        { "'resources': {'memory': '64GiB'}",
          "spec.resources.memory: not a quantity such as 40Gi: \"64GiB\"" },
        { "'resources': {'vram': '0'}", "spec.resources.vram: \"0\" is not above 0" },
        { "'resources': {'vram': -1}", "spec.resources.vram: -1 is not above 0" },
        { "'resources': []", "spec.resources: must be a map, but is a list" },
        { "'serving': {}", "spec.serving: must be a list, but is a map" },
        { "'serving': [7]", "spec.serving[0]: must be a map, but is a number" },
        { "'serving': [null]", "spec.serving[0]: must be a map, but is null" },
        { "'serving': [{}]", "spec.serving[0].name: is required" },
        { "'serving': [{'name': 'a'}, {'name': 'b'}, {'name': 'a'}]",
          "spec.serving[2].name: two serving profiles are called \"a\"" },
        { "'serving': [" EIGHT "," EIGHT "," EIGHT "," EIGHT ", {}]",
          "spec.serving: has 33 serving profiles, and at most 32 are read" },
        { "'serving': [{'name': 'a', 'poolSelector': {'matchLabels': {'x': 1}}}]",
          "spec.serving[0].poolSelector.matchLabels[x]: must be a string, but is the number 1: put "
          "it "
          "in quotes" },
        { "'serving': [{'name': 'a', 'engine': {'name': 'TGI'}}]",
          "spec.serving[0].engine.name: \"TGI\" is not an engine that can be served: vLLM is" },
        { "'serving': [{'name': 'a', 'engine': {'image': 'vllm:latest '}}]",
          "spec.serving[0].engine.image: \"vllm:latest \" is not an image" },
        { "'serving': [{'name': 'a', 'engine': {'args': ['--a', 7]}}]",
          "spec.serving[0].engine.args[1]: must be a string, but is a number" },
        { "'serving': [{'name': 'a', 'engine': {'env': [{'name': 'CUDA_VISIBLE_DEVICES'}]}}]",
          "spec.serving[0].engine.env[0].name: CUDA_VISIBLE_DEVICES is set by the device plugin" },
        { "'serving': [{'name': 'a', 'engine': {'env': [" EIGHT "," EIGHT "," EIGHT "," EIGHT
          "," EIGHT "," EIGHT "," EIGHT "," EIGHT ",{}]}}]",
          "spec.serving[0].engine.env: has 65 variables, and at most 64 are read" },
        { "'serving': [{'name': 'a', 'engine': {'baseRefs': [{}]}}]",
          "spec.serving[0].engine.baseRefs[0].name: is required" },
        { "'serving': [{'name': 'a', 'engine': {'args': ['--x={{.Name}}']}}]",
          "spec.serving[0].engine.args[0]: \"--x={{.Name}}\" holds \"{{\", which does not reach "
          "the engine" },
        { "'serving': [{'name': 'a', 'engine': {'args': ['--x=$HOME']}}]",
          "spec.serving[0].engine.args[0]: \"--x=$HOME\" holds \"$\", which does not reach the "
          "engine" },
        { "'serving': [{'name': 'a', 'engine': {'args': ['`id`']}}]",
          "spec.serving[0].engine.args[0]: \"`id`\" holds a backquote, which does not reach the "
          "engine" },
        { "'serving': [{'name': 'a', 'replicaTopology': {'nodes': 0}}]",
          "spec.serving[0].replicaTopology.nodes: 0 is not within 1 and 1024" },
        { "'serving': [{'name': 'a', 'replicaTopology': {'gpusPerNode': 1.5}}]",
          "spec.serving[0].replicaTopology.gpusPerNode: 1.5 is not a whole number" },
        { "'serving': [{'name': 'a', 'replicaTopology': {'gpusPerNode': 2, "
          "'parallelism': {'tensor': 4}}}]",
          "spec.serving[0].replicaTopology.parallelism: tensor 4 needs more than the 2 units of a "
          "replica" },
        { SPLIT("'gpusPerNode': 8", "'tensor': 3"),
          PARALLELISM ": tensor 3 does not divide the 8 units of a replica" },
        { SPLIT("'gpusPerNode': 8", "'data': 3"),
          PARALLELISM ": tensor 1 x data 3 does not divide the 8 units of a replica" },
        { SPLIT("'gpusPerNode': 8", "'tensor': 4, 'data': 4"),
          PARALLELISM ": tensor 4 x data 4 needs more than the 8 units of a replica" },
        { SPLIT("'gpusPerNode': 8", "'tensor': 2, 'data': 2, 'pipeline': 3"),
          PARALLELISM ": tensor 2 x data 2 x pipeline 3 needs more than the 8 units of a replica" },
        { SPLIT("'gpusPerNode': 8", "'data': 0"), PARALLELISM ".data: 0 is not within 1 and 1024" },
        { SPLIT("'gpusPerNode': 8", "'data': '2'"),
          PARALLELISM ".data: must be a number, but is the string \"2\": leave out the quotes" },
        { SPLIT("'gpusPerNode': 8", "'expert': 'true'"), PARALLELISM
          ".expert: must be a boolean, but is the string \"true\": leave out the quotes" },
        { SPLIT("'nodes': 2, 'gpusPerNode': 8", "'data': 16"),
          PARALLELISM ".data: 16 needs a replica on one node, and this one has 2: KServe takes a "
                      "pipeline or data parallelism, not both" },
        { SPLIT("'nodes': 2, 'gpusPerNode': 8", "'tensor': 16, 'pipeline': 2"),
          PARALLELISM ": tensor 16 needs more than the 8 units of a replica on each of its nodes" },
        { SPLIT("'nodes': 2, 'gpusPerNode': 8", "'tensor': 4, 'pipeline': 4"),
          PARALLELISM ".pipeline: 4 is not the number of nodes, 2: KServe starts one pod for each "
                      "stage" },
        { ENGINE("'-dp', '3'", TOPOLOGY("'gpusPerNode': 8")),
          "spec.serving[0].engine.args[1]: tensor 1 x data 3 does not divide the 8 units of a "
          "replica" },
        { ENGINE("'--data-parallel-size=8'", TOPOLOGY("'gpusPerNode': 4")),
          "spec.serving[0].engine.args[0]: tensor 1 x data 8 needs more than the 4 units of a "
          "replica" },
        { ENGINE("'--data_parallel_size=2'", ""),
          "spec.serving[0].engine.args[0]: tensor 1 x data 2 needs more than the 1 units of a "
          "replica" },
        { ENGINE("'--data-parallel-size=x'", TOPOLOGY("")),
          "spec.serving[0].engine.args[0]: \"--data-parallel-size=x\" is not within 1 and 1024" },
        { ENGINE("'-dp'", TOPOLOGY("")),
          "spec.serving[0].engine.args[0]: --data-parallel-size has no value" },
        { ENGINE("'-dp=4'", TOPOLOGY("'nodes': 2, 'gpusPerNode': 4")),
          "spec.serving[0].engine.args[0]: 4 needs a replica on one node, and this one has 2: "
          "KServe takes a pipeline or data parallelism, not both" },
        { ENGINE("'-dp=4'", TOPOLOGY("'gpusPerNode': 4, 'parallelism': {'data': 2}")),
          "spec.serving[0].engine.args[0]: \"-dp=4\" is not the data parallelism of "
          "replicaTopology, 2" },
        { ENGINE("'-dp=4', '-tp=2'", TOPOLOGY("'gpusPerNode': 4")),
          "spec.serving[0].engine.args[1]: \"-tp=2\"" NOT_TENSOR "1" },
        { ENGINE("'-dp=2'", "") ", 'resources': {'vram': '40Gi'}",
          "spec.serving[0].engine.args[0]: data parallelism needs replicaTopology: "
          "resources.vram says how many units one tensor takes" },
        { ENGINE("'-ep'", TOPOLOGY("'parallelism': {'expert': false}")),
          "spec.serving[0].engine.args[0]: --enable-expert-parallel is not the "
          "parallelism.expert of replicaTopology, false" },
        { ENGINE("'--no-enable-expert-parallel'", TOPOLOGY("'parallelism': {'expert': true}")),
          "spec.serving[0].engine.args[0]: --no-enable-expert-parallel is not the "
          "parallelism.expert of replicaTopology, true" },
        { "'serving': [{'name': 'a', 'replicaTopology': {'requires': {'memoryPerGpu': '40GiB'}}}]",
          "spec.serving[0].replicaTopology.requires.memoryPerGpu: not a quantity such as 40Gi: "
          "\"40GiB\"" },
        { "'serving': [{'name': 'a', 'replicaTopology': {'requires': {'precisionSupport': "
          "'fp8'}}}]",
          "spec.serving[0].replicaTopology.requires.precisionSupport: must be a list, but is "
          "a string" },
        { "'serving': [{'name': 'a', 'replicaTopology': {'requires': {'precisionSupport': [8]}}}]",
          "spec.serving[0].replicaTopology.requires.precisionSupport[0]: must be a string, but is "
          "a number" },
        { ENGINE("'--tensor-parallel-size=4'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[0]: \"--tensor-parallel-size=4\"" NOT_TENSOR "2" },
        { ENGINE("'--tensor_parallel_size=1'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[0]: \"--tensor_parallel_size=1\"" NOT_TENSOR "2" },
        { ENGINE("'--tensor-parallel-size', '4'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[1]: \"4\"" NOT_TENSOR "2" },
        { ENGINE("'-tp', '4'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[1]: \"4\"" NOT_TENSOR "2" },
        { ENGINE("'--a', '-tp=x'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[1]: \"-tp=x\"" NOT_TENSOR "2" },
        { ENGINE("'-tp=2', '-tp=1'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[1]: \"-tp=1\"" NOT_TENSOR "2" },
        { ENGINE("'-tp=2'", ONE_OF_TWO),
          "spec.serving[0].engine.args[0]: \"-tp=2\"" NOT_TENSOR "1" },
        { ENGINE("'--tensor=4'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[0]: \"--tensor=4\"" NOT_TENSOR "2" },
        { ENGINE("'--a', '-tp'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[1]: --tensor-parallel-size has no value" },
        { ENGINE("'--pipeline-parallel-size=2'", TOPOLOGY("'gpusPerNode': 2")),
          "spec.serving[0].engine.args[0]: \"--pipeline-parallel-size=2\" is not the pipeline "
          "parallelism of replicaTopology, 1" },
        { ENGINE("'--max-model-len 4096'", TOPOLOGY("")),
          "spec.serving[0].engine.args[0]: \"--max-model-len 4096\" would reach the engine as one "
          "argument: write --flag=value, or two items" },
        { ENGINE("'-tp=2'", ""), "spec.serving[0].engine.args[0]: \"-tp=2\"" NOT_TENSOR "1" },
        { ENGINE("'-tp'", ""),
          "spec.serving[0].engine.args[0]: --tensor-parallel-size has no value" },
        { "'serving': [{'name': 'a\\nb'}]", "spec.serving[0].name: \"a\\u000ab\"" NO_SHOWN_NAME },
        { "'serving': [{'name': 'a', 'engine': {'image': 'x$(id)'}}]",
          "spec.serving[0].engine.image: \"x$(id)\" is not an image" },
};

static void test_mistakes(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
                char json[1024];
                struct model m = { .vram_bytes = 4711 };
                struct mistakes mistakes = { 0 };

                snprintf(json, sizeof(json),
                         "{'spec': {'model': {'name': 'm'}, 'huggingFace': {'repo': 'o/m'}, %s}}",
                         beside[i].members);
                print_message("%s\n", beside[i].members);
                assert_int_equal(model_read(json_value(&arena, json), &arena, &m, &mistakes),
                                 -EINVAL);
                assert_int_equal(mistakes.n, 1);
                print_message("  %.*s\n", TEXT_ARG(mistakes.items[0]));
                assert_true(text_equal(mistakes.items[0], text_from(beside[i].mistake)));
                assert_int_equal(m.vram_bytes, 4711);
        }
}

static void test_every_mistake_is_named(void **state) {
        static const char *const want[] = {
                "spec.model: is required",
                "spec.huggingFace.repo: \"hf://o/m\" is not a repository: write spec.source: URI "
                "and spec.uri: hf://o/m",
                "spec.huggingFace.revision: \"a:b\" is not a revision",
                "spec.huggingFace.secretRef.name: is required",
                "spec.resources.cpu: not a quantity such as 40Gi: \"x\"",
                "spec.serving[0].name: is required",
                "spec.serving[1].name: must not be empty",
        };
        struct value object = json_value(
                &arena, "{'spec': {'huggingFace': {'repo': 'hf://o/m', 'revision': 'a:b', "
                        "'secretRef': {}}, 'resources': {'cpu': 'x'},"
                        "'serving': [{}, {'name': ''}, {'name': 'c'}]}}");
        struct mistakes mistakes = { 0 };
        struct model m;

        (void)state;
        assert_int_equal(model_read(object, &arena, &m, &mistakes), -EINVAL);
        for (size_t i = 0; i < mistakes.n; i++)
                print_message("%.*s\n", TEXT_ARG(mistakes.items[i]));
        assert_int_equal(mistakes.n, sizeof(want) / sizeof(want[0]));
        for (size_t i = 0; i < mistakes.n; i++)
                assert_true(text_equal(mistakes.items[i], text_from(want[i])));
}

static void test_without_spec(void **state) {
        struct mistakes mistakes = { 0 };
        struct model m;

        (void)state;
        assert_int_equal(model_read(json_value(&arena, "{'kind': 'Model'}"), &arena, &m, &mistakes),
                         -EINVAL);
        assert_int_equal(mistakes.n, 1);
        assert_true(text_equal(mistakes.items[0], TEXT("spec: is required")));
}

/* Where a model comes from, beside nothing else; the one sentence that it gives. */
static void test_many_mistakes(void **state) {
        struct mistakes mistakes = { 0 };
        struct builder json;
        struct model m;

        (void)state;
        builder_init(&json, &arena);
        builder_string(&json, "{'spec': {'model': {'name': 'm'}, 'huggingFace': {'repo': 'o/m'}, "
                              "'serving': [{'name': 'a', 'poolSelector': {'zz': 1");
        for (int i = 10; i < 69; i++)
                builder_text(&json, text_format(&arena, ", 'z%d': 1", i));
        builder_text(&json, TEXT("}}]}}\0"));
        assert_int_equal(
                model_read(json_value(&arena, builder_done(&json).data), &arena, &m, &mistakes),
                -EINVAL);
        assert_int_equal(mistakes.n, MISTAKES_MAX);
        assert_int_equal(mistakes.n_more, 60 - MISTAKES_MAX);
        assert_true(text_equal(mistakes.items[0],
                               TEXT("spec.serving[0].poolSelector.z10: unknown member, not one of "
                                    "matchLabels")));
}

static void test_mistakes_of_the_source(void **state) {
        static const struct {
                const char *spec;
                const char *mistake;
        } rows[] = {
                { "'model': {'name': 'x$(id)'}, 'huggingFace': {'repo': 'o/m'}",
                  "spec.model.name: \"x$(id)\"" NO_MODEL },
                { HUB("'repo': 'o/../m'"), "spec.huggingFace.repo: \"o/../m\"" NO_REPO },
                { HUB("'repo': ''"), "spec.huggingFace.repo: must not be empty" },
                { HUB("'repo': 'o/m', 'revision': 'a..b'"),
                  "spec.huggingFace.revision: \"a..b\" is not a revision" },
                /* It may be a token. */
                { HUB("'repo': 'o/m', 'secretRef': 'hf_x'"),
                  "spec.huggingFace.secretRef: must be a map, but is a string" },
                { HUB("'repo': 'o/m', 'secretRef': {'name': ''}"),
                  "spec.huggingFace.secretRef.name: must not be empty" },
                { HUB("'repo': 'o/m', 'secretRef': {'name': 'A b'}"),
                  "spec.huggingFace.secretRef.name: \"A b\" is not a name for an object" },
                { HUB("'repo': 'o/m', 'secretRef': {'name': 's', 'key': 'a/b'}"),
                  "spec.huggingFace.secretRef.key: \"a/b\" is not a key of a Secret or ConfigMap" },
                { URI("'gs://b/m'"), "spec.uri: \"gs://b/m\"" NO_SCHEME },
                { URI("'/mnt/models'"), "spec.uri: \"/mnt/models\"" NO_SCHEME },
                { URI("'HF://o/m'"), "spec.uri: \"HF://o/m\"" NO_SCHEME },
                { URI("'pvc:/a/b'"), "spec.uri: \"pvc:/a/b\"" NO_SCHEME },
                { URI("''"), "spec.uri: must not be empty" },
                { URI("7"), "spec.uri: must be a string, but is a number" },
                { URI("'hf://o/m/n'"), "spec.uri: \"hf://o/m/n\" is not where hf:// has weights" },
                { URI("'hf://o/m:a..b'"),
                  "spec.uri: \"hf://o/m:a..b\" is not where hf:// has weights" },
                { URI("'pvc://A/b'"), "spec.uri: \"pvc://A/b\" is not where pvc:// has weights" },
                { URI("'pvc://a/../b'"),
                  "spec.uri: \"pvc://a/../b\" is not where pvc:// has weights" },
                { URI("'s3:///b'"), "spec.uri: \"s3:///b\" is not where s3:// has weights" },
                { URI("'s3://b/$(id)'"),
                  "spec.uri: \"s3://b/$(id)\" is not where s3:// has weights" },
                { URI("'oci://'"), "spec.uri: \"oci://\" is not where oci:// has weights" },
                { URI("'oci+native://a b'"),
                  "spec.uri: \"oci+native://a b\" is not where oci+native:// has weights" },
                { "'model': {'name': 'm'}, 'source': 'URI'", "spec.uri: is required" },
                { "'model': {'name': 'm'}", "spec.huggingFace.repo: is required" },
                { "'model': {'name': 'm'}, 'source': 'HuggingFace', 'uri': 'pvc://a'",
                  "spec.huggingFace.repo: is required" },
                { HUB("'repo': 'o/m'") ", 'uri': 'pvc://a'",
                  "spec.source: is required: huggingFace and uri are both written" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[512];
                struct mistakes mistakes = { 0 };
                struct model m;

                snprintf(json, sizeof(json), "{'spec': {%s}}", rows[i].spec);
                print_message("%s\n", json);
                assert_int_equal(model_read(json_value(&arena, json), &arena, &m, &mistakes),
                                 -EINVAL);
                assert_int_equal(mistakes.n, 1);
                print_message("  %.*s\n", TEXT_ARG(mistakes.items[0]));
                assert_true(text_equal(mistakes.items[0], text_from(rows[i].mistake)));
        }
}

static void read_good(const char *json, struct model *ret) {
        struct mistakes mistakes = { 0 };
        int r = model_read(json_value(&arena, json), &arena, ret, &mistakes);

        for (size_t i = 0; i < mistakes.n; i++)
                print_message("%.*s\n", TEXT_ARG(mistakes.items[i]));
        assert_int_equal(r, 0);
}

/* Where the weights are, whether a token is read for them, and what is not read. */
static void test_sources(void **state) {
        static const char path[] = "spec.huggingFace.secretRef is not read: its token is for "
                                   "hf:// alone";
        static const struct {
                const char *spec, *uri, *secret, *unread;
        } rows[] = {
                { HUB("'repo': 'o/m', 'revision': 'v1'"), "hf://o/m:v1", "", "" },
                { URI("'hf://o/m'"), "hf://o/m", "", "" },
                { URI("'hf://o/m:refs/pr/1'") ", 'source': 'URI'", "hf://o/m:refs/pr/1", "", "" },
                { URI("'s3://models.eu/llama/8b'"), "s3://models.eu/llama/8b", "", "" },
                { URI("'pvc://weights'"), "pvc://weights", "", "" },
                { URI("'pvc://weights'") ", 'source': 'HuggingFace', 'huggingFace': {'repo': "
                                         "'o/m'}",
                  "hf://o/m", "", "spec.uri is not read: spec.source is HuggingFace" },
                { URI("'oci://ghcr.io/o/m:v1'"), "oci://ghcr.io/o/m:v1", "", "" },
                { URI("'oci+native://ghcr.io/o/m@sha256:12'"), "oci+native://ghcr.io/o/m@sha256:12",
                  "", "" },
                { HUB("'repo': 'o/m'") ", 'uri': 'pvc://a', 'source': 'URI'", "pvc://a", "",
                  "spec.huggingFace is not read: spec.source is URI" },
                { HUB("'secretRef': {'name': 's'}") ", 'uri': 'hf://o/m'", "hf://o/m", "s", "" },
                { HUB("'secretRef': {'name': 's'}") ", 'uri': 'pvc://a'", "pvc://a", "", path },
                { HUB("'secretRef': {'name': 's'}") ", 'uri': 's3://a/b'", "s3://a/b", "", path },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct model m;
                char json[512];

                snprintf(json, sizeof(json), "{'spec': {%s}}", rows[i].spec);
                print_message("%s\n", json);
                read_good(json, &m);
                assert_true(text_equal(m.uri, text_from(rows[i].uri)));
                assert_true(text_equal(m.secret_name, text_from(rows[i].secret)));
                assert_true(text_equal(m.unread, text_from(rows[i].unread)));
        }
}

static void test_one_implicit_profile(void **state) {
        struct model m;

        (void)state;
        read_good("{'kind': 'Model', 'metadata': {'name': 'gemma'},"
                  " 'spec': {'model': {'name': 'g'}, 'huggingFace': {'repo': 'google/gemma'}}}",
                  &m);
        assert_true(text_equal(m.uri, TEXT("hf://google/gemma")));
        assert_true(text_is_empty(m.secret_name));
        assert_int_equal(m.n_profiles, 1);
        assert_true(text_equal(m.profiles[0].name, TEXT("default")));
        assert_int_equal(m.profiles[0].nodes, 1);
        assert_int_equal(m.profiles[0].gpus_per_node, 1);
        assert_int_equal(m.profiles[0].tensor, 1);
        assert_int_equal(m.profiles[0].pipeline, 1);
}

/* How many units a vram takes depends on the pool, so that the number is left open. */
static void test_vram_leaves_units_open(void **state) {
        struct model m;

        (void)state;
        read_good("{'spec': {'model': {'name': 'g'}, 'huggingFace': {'repo': 'g'},"
                  "'resources': {'vram': '40Gi'}, 'serving': [{'name': 'a'},"
                  "{'name': 'b', 'replicaTopology': {'gpusPerNode': 2}}]}}",
                  &m);
        assert_true(m.vram_bytes == INT64_C(40) << 30);
        assert_int_equal(m.profiles[0].gpus_per_node, 0);
        assert_int_equal(m.profiles[1].gpus_per_node, 2);
        assert_int_equal(m.profiles[1].tensor, 2);
}

/* Arguments that say again what the topology says, or where nothing can be said of it. */
static void test_agreeing_tensor(void **state) {
        static const struct {
                const char *members;
                int64_t tensor;
        } rows[] = {
                { ENGINE("'--tensor-parallel-size=2', '-tp', '2'", TOPOLOGY("'gpusPerNode': 2")),
                  2 },
                { ENGINE("'--tensor_parallel_size', '4'", OVER_NODES), 4 },
                { ENGINE("'-tp=1'", TOPOLOGY("")), 1 },
                { ENGINE("'-tp=4', '-tp=1'", TOPOLOGY("")), 1 }, /* the last one counts */
                { ENGINE("'--pipeline-parallel-size=1', '-tpx=4', '--tens=4', '--tensor-parallel-"
                         "sizes=4'",
                         TOPOLOGY("")),
                  1 },
                { ENGINE("'-tp=4'", ""), 0 }, /* by vram, on a pool that is not known yet */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char json[512];
                struct model m;

                snprintf(json, sizeof(json),
                         "{'spec': {'model': {'name': 'm'}, 'huggingFace': {'repo': 'm'}, "
                         "'resources': {'vram': '1Gi'}, %s}}",
                         rows[i].members);
                print_message("%s\n", rows[i].members);
                read_good(json, &m);
                assert_int_equal(m.profiles[0].tensor, rows[i].tensor);
        }
}

/* What a replica of 8 units on one node is divided into. */
static void test_parallelism(void **state) {
        static const struct {
                const char *args, *parallelism;
                int64_t tensor, pipeline, data, used;
                bool expert;
        } rows[] = {
                { "", "", 8, 1, 1, 8, false },
                { "", "'data': 4", 2, 1, 4, 8, false },
                { "", "'data': 4, 'expert': true", 2, 1, 4, 8, true },
                { "", "'tensor': 2, 'data': 2, 'pipeline': 2", 2, 2, 2, 8, false },
                { "", "'tensor': 1", 1, 1, 1, 1, false },
                { "'--data-parallel-size=4'", "", 2, 1, 4, 8, false },
                { "'-dp', '8', '--enable-expert-parallel'", "", 1, 1, 8, 8, true },
                { "'--data_parallel_size', '8', '-tp=1'", "", 1, 1, 8, 8, false },
                { "'-dp=2', '-dp=4'", "", 2, 1, 4, 8, false },
                { "'-dp=4'", "'data': 4, 'tensor': 1", 1, 1, 4, 4, false },
                { "'--data-parallel-size-local=4', '--data-parallel-rank=1'", "", 8, 1, 1, 8,
                  false },
                { "'--enable-prefix-caching', '--enable-eplb'", "", 8, 1, 1, 8, false },
                { "'-ep'", "'expert': true", 8, 1, 1, 8, true },
                { "'--no-enable-expert-parallel'", "'expert': false", 8, 1, 1, 8, false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct serving_profile *p;
                struct model m;
                char json[512];

                snprintf(json, sizeof(json),
                         "{'spec': {'model': {'name': 'm'}, 'huggingFace': {'repo': 'm'}, "
                         "'serving': [{'name': 'a', 'engine': {'args': [%s]}, 'replicaTopology': "
                         "{'gpusPerNode': 8, 'parallelism': {%s}}}]}}",
                         rows[i].args, rows[i].parallelism);
                print_message("%s\n", json);
                read_good(json, &m);
                p = &m.profiles[0];
                assert_int_equal(p->tensor, rows[i].tensor);
                assert_int_equal(p->pipeline, rows[i].pipeline);
                assert_int_equal(p->data, rows[i].data);
                assert_int_equal(p->expert, rows[i].expert);
                assert_int_equal(model_units_used(p), rows[i].used);
        }
}

static const char everything[] =
        "{'kind': 'ClusterModel', 'metadata': {'name': 'gemma'}, 'spec': {"
        " 'model': {'name': 'google/gemma-3-27b-it'}, 'source': 'HuggingFace',"
        " 'huggingFace': {'repo': 'google/gemma-3-27b-it', 'revision': 'main',"
        "                 'secretRef': {'name': 'hf-token', 'key': 'TOKEN'}},"
        " 'resources': {'cpu': '8', 'memory': '64Gi', 'vram': '40Gi'},"
        " 'serving': [{'name': 'fp8', 'environmentSelector': {'matchLabels': {'tier': 'prod'}},"
        "   'poolSelector': {'matchLabels': {'disk': 'fast'}},"
        "   'engine': {'name': 'vLLM', 'image': 'vllm/vllm-openai:v0.20.1',"
        "              'args': ['--max-model-len=16384', '--x={\\'a\\': 1}'],"
        "              'env': [{'name': 'A', 'value': 'b'}], 'baseRefs': [{'name': 'c'}]},"
        "   'replicaTopology': {'nodes': 2, 'gpusPerNode': 4,"
        "      'parallelism': {'tensor': 4, 'pipeline': 2, 'data': 1, 'expert': true},"
        "      'requires': {'memoryPerGpu': '40Gi', 'precisionSupport': ['fp8'],"
        "                   'interconnect': 'nvlink', 'interNodeBandwidth': 'ib-400g',"
        "                   'multiNodeCapable': true, 'nvlinkDomainSize': 4,"
        "                   'zebra': 1, 'colour': 'red'}}}]}}";

static void test_everything(void **state) {
        const struct serving_profile *p;
        struct model m;

        (void)state;
        read_good(everything, &m);
        assert_true(text_equal(m.model_name, TEXT("google/gemma-3-27b-it")));
        assert_true(text_equal(m.uri, TEXT("hf://google/gemma-3-27b-it:main")));
        assert_true(text_equal(m.secret_name, TEXT("hf-token")));
        assert_true(text_equal(m.secret_key, TEXT("TOKEN")));
        assert_true(text_equal(m.cpu, TEXT("8")));
        assert_true(text_equal(m.memory, TEXT("64Gi")));
        assert_int_equal(m.n_profiles, 1);
        p = &m.profiles[0];
        assert_true(text_equal(p->name, TEXT("fp8")));
        assert_true(text_equal(p->path, TEXT("spec.serving[0]")));
        assert_true(text_equal(value_text(value_get(p->environment_selector, TEXT("tier"))),
                               TEXT("prod")));
        assert_true(
                text_equal(value_text(value_get(p->pool_selector, TEXT("disk"))), TEXT("fast")));
        assert_true(text_equal(p->image, TEXT("vllm/vllm-openai:v0.20.1")));
        assert_int_equal(value_count(p->args), 2);
        assert_int_equal(value_count(p->env), 1);
        assert_int_equal(value_count(p->base_refs), 1);
        assert_int_equal(p->nodes, 2);
        assert_int_equal(p->gpus_per_node, 4);
        assert_int_equal(p->tensor, 4);
        assert_int_equal(p->pipeline, 2);
        assert_int_equal(p->data, 1);
        assert_true(p->expert);
        assert_true(p->needs.memory_bytes == INT64_C(40) << 30);
        assert_int_equal(value_count(p->needs.precisions), 1);
        assert_true(text_equal(p->needs.interconnect, TEXT("nvlink")));
        assert_true(text_equal(p->needs.bandwidth, TEXT("ib-400g")));
        assert_true(p->needs.multi_node.boolean);
        assert_int_equal(p->needs.nvlink_domain, 4);
        assert_true(text_equal(p->needs.unknown, TEXT("colour"))); /* the first by name */
}

/* What places it is kept and met by no pool; who checks it says what was meant. */
static void test_unknown_needs(void **state) {
        struct mistakes mistakes = { 0 };
        struct model model;

        (void)state;
        assert_int_equal(model_check(json_value(&arena, everything), &arena, &model, &mistakes),
                         -EINVAL);
        assert_int_equal(mistakes.n, 2);
        assert_text(mistakes.items[0],
                    "spec.serving[0].replicaTopology.requires.colour: unknown member, not one of "
                    "memoryPerGpu, precisionSupport, interconnect, interNodeBandwidth, "
                    "multiNodeCapable, nvlinkDomainSize");
        assert_text(mistakes.items[1], "spec.serving[0].replicaTopology.requires.zebra: unknown "
                                       "member, not one of memoryPerGpu, precisionSupport, "
                                       "interconnect, interNodeBandwidth, multiNodeCapable, "
                                       "nvlinkDomainSize");
}

static void test_without_memory(void **state) {
        struct value object = json_value(&input_arena, everything);

        (void)state;
        for (uint64_t n = 1;; n++) {
                struct mistakes mistakes = { 0 };
                struct model m;

                sweep_arm(&arena, n);
                if (sweep_is_over(&arena, n, model_read(object, &arena, &m, &mistakes)))
                        break;
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_many_mistakes),
                cmocka_unit_test(test_mistakes_of_the_source),
                cmocka_unit_test(test_agreeing_tensor),
                cmocka_unit_test(test_parallelism),
                cmocka_unit_test(test_sources),
                cmocka_unit_test(test_every_mistake_is_named),
                cmocka_unit_test(test_without_spec),
                cmocka_unit_test(test_one_implicit_profile),
                cmocka_unit_test(test_vram_leaves_units_open),
                cmocka_unit_test(test_everything),
                cmocka_unit_test(test_unknown_needs),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests_name("model", tests, memory_set_up, memory_tear_down);
}
