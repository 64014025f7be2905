/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/count.h"
#include "base/quantity.h"
#include "fleet/architecture_internal.h"

/* Biases everywhere, two matrices a feed-forward layer, and norms with a bias: as GPT-2. */
enum { GPT = LAYER_NORM | PLAIN_MLP | MLP_BIAS | QKV_BIAS | OUT_BIAS };

static const struct {
        struct text type;
        unsigned int traits;
} known[] = {
        { TEXT_INIT("llama"), 0 },
        { TEXT_INIT("apertus"), QK_NORM | PLAIN_MLP },
        { TEXT_INIT("arcee"), PLAIN_MLP },
        { TEXT_INIT("baichuan"), 0 },
        { TEXT_INIT("bamba"), STATES },
        { TEXT_INIT("bloom"), TIED | GPT },
        { TEXT_INIT("cohere"), TIED | ONE_NORM },
        { TEXT_INIT("cohere2"), TIED | ONE_NORM },
        { TEXT_INIT("cwm"), 0 },
        { TEXT_INIT("mistral"), 0 },
        { TEXT_INIT("ministral3"), 0 },
        { TEXT_INIT("mixtral"), 0 },
        { TEXT_INIT("granite"), TIED },
        { TEXT_INIT("granitemoe"), TIED },
        { TEXT_INIT("granitemoeshared"), TIED },
        { TEXT_INIT("granitemoehybrid"), TIED | STATES },
        { TEXT_INIT("helium"), 0 },
        { TEXT_INIT("internlm2"), 0 },
        { TEXT_INIT("internlm3"), 0 },
        { TEXT_INIT("smollm3"), TIED },
        { TEXT_INIT("qwen2"), QKV_BIAS },
        { TEXT_INIT("qwen2_vl"), QKV_BIAS },
        { TEXT_INIT("qwen2_5_vl"), QKV_BIAS },
        { TEXT_INIT("qwen2_moe"), QKV_BIAS | SHARED_GATE },
        { TEXT_INIT("qwen3"), QK_NORM },
        { TEXT_INIT("qwen3_moe"), QK_NORM },
        { TEXT_INIT("qwen3_vl"), QK_NORM },
        { TEXT_INIT("qwen3_vl_moe"), QK_NORM },
        { TEXT_INIT("qwen3_next"), QK_NORM | SHARED_GATE | GATED_QUERY | DELTA },
        { TEXT_INIT("qwen3_5"), QK_NORM | GATED_QUERY | DELTA },
        { TEXT_INIT("qwen3_5_moe"), QK_NORM | SHARED_GATE | GATED_QUERY | DELTA },
        { TEXT_INIT("gemma"), TIED },
        { TEXT_INIT("gemma2"), TIED | FOUR_NORMS },
        { TEXT_INIT("gemma3"), TIED | FOUR_NORMS | QK_NORM },
        { TEXT_INIT("phi"), GPT | ONE_NORM | HEAD_BIAS },
        { TEXT_INIT("phi3"), 0 },
        { TEXT_INIT("phimoe"), LAYER_NORM | HEAD_BIAS },
        { TEXT_INIT("deepseek_v2"), 0 },
        { TEXT_INIT("deepseek_v3"), ROUTER_SHIFT },
        { TEXT_INIT("deepseek_v32"), ROUTER_SHIFT },
        { TEXT_INIT("dots1"), ROUTER_SHIFT | QK_NORM },
        { TEXT_INIT("kimi_k2"), ROUTER_SHIFT },
        { TEXT_INIT("ernie4_5"), TIED },
        { TEXT_INIT("ernie4_5_moe"), TIED | ROUTER_SHIFT },
        { TEXT_INIT("exaone"), 0 },
        { TEXT_INIT("exaone4"), QK_NORM },
        { TEXT_INIT("falcon"), TIED | PLAIN_MLP | LAYER_NORM | FALCON },
        { TEXT_INIT("falcon_h1"), BOTH },
        { TEXT_INIT("glm"), NO_OUT_BIAS },
        { TEXT_INIT("glm4"), NO_OUT_BIAS | FOUR_NORMS },
        { TEXT_INIT("glm4_moe"), ROUTER_SHIFT | NO_OUT_BIAS },
        { TEXT_INIT("glm4_moe_lite"), ROUTER_SHIFT },
        { TEXT_INIT("glm_moe_dsa"), ROUTER_SHIFT },
        { TEXT_INIT("gpt2"), TIED | GPT | POSITIONS },
        { TEXT_INIT("gpt_bigcode"), TIED | GPT | POSITIONS },
        { TEXT_INIT("gpt_neox"), GPT },
        { TEXT_INIT("lfm2"), TIED | QK_NORM | SHORT_CONV },
        { TEXT_INIT("minicpm3"), 0 },
        { TEXT_INIT("minimax_m2"), ROUTER_SHIFT | QK_NORM_WIDE },
        { TEXT_INIT("gpt_oss"), GPT_OSS },
        { TEXT_INIT("llama4"), LLAMA4 },
        { TEXT_INIT("olmo"), NO_NORM },
        { TEXT_INIT("olmo2"), QK_NORM_WIDE },
        { TEXT_INIT("olmo3"), QK_NORM_WIDE },
        { TEXT_INIT("olmoe"), QK_NORM_WIDE },
        { TEXT_INIT("opt"), TIED | GPT | POSITIONS },
        { TEXT_INIT("seed_oss"), NO_OUT_BIAS },
        { TEXT_INIT("stablelm"), LAYER_NORM },
        { TEXT_INIT("starcoder2"), TIED | GPT },
        { TEXT_INIT("nemotron"), LAYER_NORM | PLAIN_MLP },
        { TEXT_INIT("nemotron_h"), PLAIN_MLP | ONE_NORM | ROUTER_SHIFT | STATES },
        { TEXT_INIT("jamba"), 0 },
        { TEXT_INIT("mamba"), TIED | ONE_NORM },
        { TEXT_INIT("falcon_mamba"), TIED | ONE_NORM },
        { TEXT_INIT("mamba2"), ONE_NORM },
        { TEXT_INIT("bert"), ENCODER },
        { TEXT_INIT("roberta"), ENCODER },
        { TEXT_INIT("camembert"), ENCODER },
        { TEXT_INIT("xlm-roberta"), ENCODER },
        { TEXT_INIT("distilbert"), ENCODER | NO_POOLER },
        { TEXT_INIT("modernbert"), ENCODER | GLU_ENCODER },
        { TEXT_INIT("whisper"), WHISPER },
};

/* ---- members --------------------------------------------------------------------------------- */

void architecture_refuse(struct architecture_counting *c, const char *path, const char *why) {
        if (!c->is_bad)
                fault_at(c->fault, path, "%s", why);
        c->is_bad = true;
}

int64_t architecture_number(struct architecture_counting *c, const char *key, int64_t max,
                            int64_t otherwise) {
        struct value v = value_get(c->config, text_from(key));
        int64_t n;

        if (v.kind == VALUE_ABSENT || v.kind == VALUE_NULL)
                return otherwise;
        if (value_is_integer(v, &n) && n >= 0 && n <= max)
                return n;
        if (!c->is_bad)
                fault_at(c->fault, key, "is not a whole number within 0 and %lld", (long long)max);
        c->is_bad = true;
        return otherwise;
}

int64_t architecture_first(struct architecture_counting *c, const char *const *keys, int64_t max,
                           int64_t otherwise) {
        for (; *keys; keys++) {
                int64_t n = architecture_number(c, *keys, max, -1);

                if (n >= 0)
                        return n;
        }
        return otherwise;
}

int64_t architecture_needed(struct architecture_counting *c, const char *const *keys, int64_t max) {
        int64_t n = architecture_first(c, keys, max, 0);

        if (n < 1 && !c->is_bad) {
                fault_at(c->fault, keys[0], "is required");
                c->is_bad = true;
        }
        return n < 1 ? 1 : n;
}

bool architecture_flag(const struct architecture_counting *c, const char *key, bool otherwise) {
        struct value v = value_get(c->config, text_from(key));

        return v.kind == VALUE_BOOL ? v.boolean : otherwise;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool is_type(const struct architecture_counting *c, const char *type) {
        return text_equal(c->a->type, text_from(type));
}

/* Encoders with a gate have no biases, no positions and no kinds of tokens. */
static void count_encoder(struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t h = a->hidden, width = architecture_dense_width(c);
        int64_t kinds = is_type(c, "distilbert")
                                ? 0
                                : architecture_number(c, "type_vocab_size", WIDTH_MAX, 2);

        a->intermediate = width;
        p->attention += a->layers * 4 * h * h;
        if (architecture_has(c, GLU_ENCODER)) {
                p->dense += a->layers * 3 * h * width;
                p->other +=
                        (a->vocab + 1) * h + 2 * a->layers * h; /* the first has one norm less */
                return;
        }
        p->other += (a->vocab + a->positions + kinds + 2) * h;
        p->dense += a->layers * 2 * h * width;
        p->other += a->layers * (4 * h + width + h + 4 * h);
        p->other += architecture_has(c, NO_POOLER) ? 0 : h * h + h;
}

/* "MistralModel" of an embedding model: the head is not there. */
static bool is_headless(struct value config) {
        struct value_iter it = value_iterate(value_get(config, TEXT("architectures")));
        struct value first = { 0 };

        return value_next(&it, NULL, &first) && text_ends_with(value_text(first), TEXT("Model"));
}

static void count_decoder(struct value config, struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        bool is_tied =
                architecture_flag(c, "tie_word_embeddings",
                                  value_is_true(value_get(config, TEXT("tie_word_embeddings"))) ||
                                          architecture_has(c, TIED));
        int64_t positions = architecture_has(c, POSITIONS) ? a->positions : 0;

        if (is_headless(config))
                is_tied = true;
        for (int64_t i = 0; i < a->layers && !c->is_bad; i++)
                architecture_layer(c, i);
        p->other += a->vocab * a->hidden * (is_tied ? 1 : 2) + architecture_norm(c, a->hidden);
        if (architecture_has(c, HEAD_BIAS) && architecture_flag(c, "lm_head_bias", true))
                p->other += a->vocab;
        if (is_type(c, "opt"))
                positions += 2;
        if (is_type(c, "bloom"))
                p->other += 2 * a->hidden;
        p->other += positions * a->hidden;
}

static struct value text_part(struct value config) {
        static const struct text nested[] = { TEXT_INIT("text_config"), TEXT_INIT("llm_config"),
                                              TEXT_INIT("language_config") };

        for (size_t i = 0; i < COUNT_OF(nested); i++) {
                struct value part = value_get(config, nested[i]);

                if (part.kind == VALUE_MAP)
                        return part;
        }
        return config;
}

static struct text without(struct text type, struct text end) {
        if (text_ends_with(type, end))
                type.len -= end.len;
        return type;
}

static void find_type(struct value config, struct text like, struct architecture_counting *c) {
        struct text type = value_get_text(c->config, "model_type");

        if (type.len == 0)
                type = value_get_text(config, "model_type");
        c->a->type = without(type, TEXT("_text"));
        type = like.len > 0 ? like : c->a->type;
        for (size_t i = 0; i < COUNT_OF(known); i++) {
                if (!text_equal(known[i].type, type))
                        continue;
                c->traits = known[i].traits;
                c->a->type = known[i].type;
                c->a->is_known = true;
        }
        c->a->is_encoder = architecture_has(c, ENCODER);
}

/* Falcon's three ways to say it, and what the nested configs of Llama and Mistral leave out. */
static int64_t kv_heads_of(struct architecture_counting *c) {
        int64_t otherwise = c->a->heads;

        if (is_type(c, "gemma3"))
                otherwise = 4;
        else if (is_type(c, "mistral") && c->is_nested)
                otherwise = 8;
        if (architecture_flag(c, "multi_query", false) &&
            !architecture_flag(c, "new_decoder_architecture", false))
                return 1;
        return architecture_first(
                c,
                KEYS("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"),
                HEADS_MAX, otherwise);
}

static int64_t head_dim_of(struct architecture_counting *c) {
        struct architecture *a = c->a;
        bool is_wide = is_type(c, "gemma3") || is_type(c, "gemma") || is_type(c, "gemma2") ||
                       architecture_has(c, DELTA);

        if (is_type(c, "mamba2"))
                return 64;
        return architecture_first(c, KEYS("head_dim", "attention_head_dim", "kv_channels"),
                                  HEADS_MAX,
                                  is_wide ? 256 : a->hidden / (a->heads > 0 ? a->heads : 1));
}

/* A list of layers says how many there are, too. */
static int64_t layers_of(struct architecture_counting *c) {
        struct value_iter it = value_iterate(value_get(c->config, TEXT("layers_block_type")));
        const char *const *keys = KEYS("num_hidden_layers", "n_layer", "num_layers", "n_layers");
        int64_t n = 0;

        while (n < LAYERS_MAX && value_next(&it, NULL, &(struct value) { 0 }))
                n++;
        if (n > 0)
                return n;
        if (c->is_nested && (is_type(c, "llama") || is_type(c, "mistral")))
                return architecture_first(c, keys, LAYERS_MAX, 32);
        return architecture_needed(c, keys, LAYERS_MAX);
}

/* What Gemma 3's configs leave out is as transformers has it. */
static void read_shape(struct architecture_counting *c) {
        struct architecture *a = c->a;
        bool is_gemma3 = is_type(c, "gemma3");
        bool is_stateful = text_starts_with(a->type, TEXT("mamba")) || is_type(c, "falcon_mamba");
        bool is_left_out = c->is_nested && (is_type(c, "llama") || is_type(c, "mistral"));
        const char *const *heads = KEYS("num_attention_heads", "n_head", "n_heads");
        const char *const *hidden = KEYS("hidden_size", "d_model", "n_embd", "n_embed", "dim");

        a->hidden = is_left_out ? architecture_first(c, hidden, WIDTH_MAX, 4096)
                                : architecture_needed(c, hidden, WIDTH_MAX);
        a->layers = layers_of(c);
        a->vocab = is_gemma3 ? architecture_number(c, "vocab_size", VOCAB_MAX, 262208)
                             : architecture_needed(c, KEYS("vocab_size"), VOCAB_MAX);
        if (is_gemma3 || is_stateful || is_left_out)
                a->heads = architecture_first(c, heads, HEADS_MAX,
                                              is_gemma3     ? 8
                                              : is_left_out ? 32
                                                            : 1);
        else
                a->heads = architecture_needed(c, heads, HEADS_MAX);
        a->kv_heads = kv_heads_of(c);
        a->head_dim = head_dim_of(c);
        a->positions = architecture_first(c, KEYS("max_position_embeddings", "n_positions"),
                                          INT64_C(1) << 32, is_gemma3 ? 131072 : 0);
        a->window = architecture_first(c, KEYS("sliding_window", "attention_chunk_size"),
                                       INT64_C(1) << 40, 0);
        if (a->heads < 1 || a->kv_heads < 1 || a->hidden < 1)
                architecture_refuse(c, "num_attention_heads", "is 0");
}

int64_t architecture_total(const struct architecture *a) {
        const struct architecture_parameters *p = &a->parameters;

        return p->attention + p->dense + p->experts + p->other + p->vision;
}

static struct value either(struct value config, struct value part, struct text key) {
        struct value v = value_get(part, key);

        return v.kind == VALUE_ABSENT || v.kind == VALUE_NULL ? value_get(config, key) : v;
}

static void read_storage(struct value config, struct value part, struct architecture *a) {
        struct text state = value_text(either(config, part, TEXT("mamba_ssm_dtype")));

        a->name = value_get_text(config, "_name_or_path");
        a->dtype = value_text(either(config, part, TEXT("dtype")));
        if (a->dtype.len == 0)
                a->dtype = value_text(either(config, part, TEXT("torch_dtype")));
        a->quantization = either(config, part, TEXT("quantization_config"));
        if (a->quantization.kind == VALUE_ABSENT)
                a->quantization = value_get(config, TEXT("compression_config"));
        a->wide_state = text_equal(state, TEXT("float32"));
}

/* Towers beside the text: where one is not known, the sentence names its member. */
static void count_towers(struct value config, struct text like, struct architecture *a,
                         struct fault *fault) {
        static const struct text others[] = { TEXT_INIT("audio_config"), TEXT_INIT("speech_config"),
                                              TEXT_INIT("thinker_config"),
                                              TEXT_INIT("encoder_config") };
        struct text type = value_get_text(config, "model_type");

        if (!a->is_known)
                a->unknown = TEXT("model_type");
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                if (value_get(config, others[i]).kind == VALUE_MAP)
                        a->unknown = others[i];
        }
        if (value_get(config, TEXT("vision_config")).kind == VALUE_MAP &&
            !architecture_vision(config, type, a, fault) && like.len == 0)
                a->unknown = TEXT("vision_config");
}

int architecture_read(struct value config, struct text like, struct architecture *ret,
                      struct fault *fault) {
        struct architecture a = { 0 };
        struct architecture_counting c = { .config = text_part(config), .a = &a, .fault = fault };

        fault_set(fault, "this is no config.json of a model");
        c.is_nested = value_get(config, TEXT("model_type")).kind != VALUE_ABSENT &&
                      !text_equal(value_get_text(config, "model_type"),
                                  value_get_text(c.config, "model_type"));
        find_type(config, like, &c);
        if (like.len > 0 && !a.is_known) {
                fault_set(fault, "--like: \"%.*s\" is not a known model_type",
                          TEXT_ARG(text_shown(like, 60)));
                return -EINVAL;
        }
        if (architecture_has(&c, WHISPER)) {
                architecture_speech(&c);
        } else {
                read_shape(&c);
                if (!c.is_bad && a.is_encoder)
                        count_encoder(&c);
                else if (!c.is_bad)
                        count_decoder(config, &c);
        }
        if (c.is_bad && !a.is_known && a.type.len > 0) {
                struct fault why = *fault;

                fault_at(fault, "model_type", "\"%.*s\" is not known, and %.60s %.120s",
                         TEXT_ARG(text_shown(a.type, 60)), why.path, why.message);
        }
        if (c.is_bad)
                return -EINVAL;
        count_towers(config, like, &a, fault);
        read_storage(config, c.config, &a);
        *ret = a;
        return 0;
}
