/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/model.h"
#include "fleet/model.h"
#include "lib/command.h"
#include "yaml/read.h"

#define SMALL(more)                                                                                \
        "{\"model_type\": \"llama\", \"hidden_size\": 4096, \"num_hidden_layers\": 32, "           \
        "\"num_attention_heads\": 32, \"num_key_value_heads\": 8, \"intermediate_size\": 14336, "  \
        "\"vocab_size\": 128256, \"max_position_embeddings\": 131072, "                            \
        "\"torch_dtype\": \"bfloat16\"" more "}"

static const struct command_file files[] = {
        { "config.json", SMALL("") },
        { "model.safetensors.index.json", "{\"metadata\": {\"total_size\": 16060522496}, "
                                          "\"weight_map\": {\"lm_head.weight\": \"a\"}}" },
        { "sizeless.json", "{\"weight_map\": {}}" },
        { "named.json", SMALL(", \"_name_or_path\": \"meta-llama/Llama-3.1-8B\"") },
        { "other.json",
          "{\"model_type\": \"newest\", \"hidden_size\": 1024, \"num_hidden_layers\": 2, "
          "\"num_attention_heads\": 8, \"vocab_size\": 1000, \"intermediate_size\": 4096}" },
        { "awq.json",
          SMALL(", \"quantization_config\": {\"quant_method\": \"awq\", \"bits\": 4}") },
        { "group.json",
          SMALL(", \"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 4, "
                "\"group_size\": 32}") },
        { "three.json",
          SMALL(", \"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 3}") },
        { "huge.json",
          "{\"model_type\": \"llama\", \"hidden_size\": 200000, \"num_hidden_layers\": 4000, "
          "\"num_attention_heads\": 1, \"vocab_size\": 1000, \"intermediate_size\": 200000}" },
        { "incomplete.json", "{\"model_type\": \"llama\", \"hidden_size\": 4096}" },
        { "negative.json", SMALL(", \"head_dim\": -1") },
        { "list.json", "[]" },
        { "folder/config.json", SMALL("") },
        { "folder/tokenizer.json", "no config" },
};

/* clang-format off */
static const struct command_row rows[] = {
        { "the terms", "config.json --context 8192", 0,
          "llama: 8.03 billion parameters, bf16\n"
          "weights       15.0Gi\n"
          "KV cache      16.0Gi  16 sequences of 8192 tokens\n", NULL,
          "32 layers x 8 KV heads x 128 x 2 x 2 bytes are 128Ki a token" },
        { "json", "config.json --context 8192 --concurrency 1 -o json", 0,
          "\"kvCache\":1073741824,", NULL, "" },
        { "one unit", "config.json --context 8192 --concurrency 8 -o json", 0,
          "\"tensor\":[{\"generations\":[", NULL, "" },
        { "total_size", "config.json model.safetensors.index.json -o json", 0,
          "\"weights\":16060522496", NULL, "to the byte" },
        { "a folder", "folder", 0, "8.03 billion", NULL, "other files there are not read" },
        { "less precise", "config.json --precision fp8 -o json", 0, "\"precision\":\"fp8\"", NULL, "" },
        { "quantized", "awq.json", 0, "int4\nweights        5.3Gi\n", NULL, "" },
        { "not known", "other.json", 2, NULL, "model: model_type: \"newest\" is not known, so its weights cannot be counted: give its model.safetensors.index.json too, or say --like", "never a number that may be wrong" },
        { "the index says it", "other.json model.safetensors.index.json", 0,
          "newest: bf16\nthis model_type is not known: the weights are the index's, the cache is counted as a Llama's\nweights       15.0Gi  total_size\n", NULL, "" },
        { "no number of parameters", "other.json model.safetensors.index.json -o json", 0, "\"known\":false,", NULL, "" },
        { "not as stored", "other.json model.safetensors.index.json --precision fp8", 2, NULL, "is not known", "" },
        { "like a known one", "other.json --like llama", 0, "llama: 0.04 billion parameters, bf16\n", NULL, "" },
        { "like what", "other.json --like newer", 2, NULL, "--like: \"newer\" is not a known model_type", "" },
        { "small groups", "group.json", 0, "int4\nweights        5.7Gi\n", NULL, "a scale for 32 weights, not for 128" },
        { "three bits", "three.json", 2, NULL, "model: quantization_config: \"gptq\" is not known with 3 bits", "" },
        { "three bits by size", "three.json model.safetensors.index.json", 0, "15.0Gi", NULL, "" },
        { "the sampler", "config.json --concurrency 1024 --context 100 -o json", 0, "\"overhead\":5927337984,", NULL, "1024 x 128256 x 39 and 0.75 GiB" },
        { "too large for all", "huge.json", 1, "GENERATION", NULL, "" },
        { "too large to declare", "huge.json -o yaml", 1, NULL, "no GPU holds a unit of it", "" },
        { "incomplete", "incomplete.json", 2, NULL, "model: num_hidden_layers: is required\n", "" },
        { "negative", "negative.json", 2, NULL, "head_dim: is not a whole number within 0 and", "" },
        { "no size", "config.json sizeless.json", 2, NULL, "total_size is required", "" },
        { "two", "config.json named.json", 2, NULL, "second config.json", "" },
        { "no map", "list.json", 2, NULL, "list.json", "" },
        { "nothing", "", 2, NULL, "a config.json is needed", "" },
        { "index alone", "model.safetensors.index.json", 2, NULL, "a config.json is needed", "" },
        { "no number", "config.json --context many", 2, NULL, "--context: \"many\"", "" },
        { "no precision", "config.json --precision fp3", 2, NULL, "--precision: \"fp3\"", "" },
        { "fp8 is asked of vLLM", "named.json --precision fp8 -o yaml", 0, "      - --quantization=fp8\n", NULL, "" },
        { "the repository", "named.json -o yaml", 0, "    repo: meta-llama/Llama-3.1-8B\n", NULL, "" },
        { "its name", "named.json -o yaml", 0, "  name: llama-3-1-8b\n", NULL, "" },
        { "help", "--help", 0, "usage: function-gpu-placement model", NULL, "" },
};
/* clang-format on */

static void test_rows(void **state) {
        (void)state;
        command_check(cli_model, "model", rows, COMMAND_COUNT(rows));
}

/* What it writes is a model that the function takes. */
static void test_passes_check(void **state) {
        static const char *const calls[] = { "config.json -o yaml", "awq.json -o yaml",
                                             "named.json -o yaml --precision nvfp4",
                                             "other.json -o yaml --repo a/b.C_d --like llama" };
        static struct command_output out;

        (void)state;
        for (size_t i = 0; i < COMMAND_COUNT(calls); i++) {
                struct mistakes mistakes = { 0 };
                struct objects objects;
                struct model model;
                struct arena arena;
                struct fault fault;

                arena_init(&arena, 1 << 24);
                command_run(cli_model, "model", calls[i], &out);
                assert_int_equal(out.code, 0);
                assert_int_equal(yaml_read(text_from(out.out), "made", &arena, &objects, &fault),
                                 0);
                assert_int_equal(objects.n, 1);
                if (model_read(objects.items[0], &arena, &model, &mistakes) < 0)
                        fail_msg("%.*s", TEXT_ARG(mistakes.items[0]));
                assert_true(model.n_profiles > 0);
                assert_true(model.profiles[0].needs.memory_bytes > 0);
                arena_release(&arena);
        }
}

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_passes_check),
        };

        return cmocka_run_group_tests_name("model", tests, begin, command_end);
}
