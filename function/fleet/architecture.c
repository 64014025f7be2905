/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/architecture.h"

#include <errno.h>

#include "base/count.h"
#include "base/quantity.h"

/* How an architecture differs from Llama. */
enum trait {
        QKV_BIAS = 1 << 0,
        OUT_BIAS = 1 << 1,
        QK_NORM = 1 << 2,      /* of one head's size */
        QK_NORM_WIDE = 1 << 3, /* of all heads' size */
        FOUR_NORMS = 1 << 4,
        ONE_NORM = 1 << 5,
        TIED = 1 << 6,       /* unless the config says otherwise */
        LAYER_NORM = 1 << 7, /* norms have a bias */
        PLAIN_MLP = 1 << 8,  /* up and down, without a gate */
        MLP_BIAS = 1 << 9,
        HEAD_BIAS = 1 << 10,
        SHARED_GATE = 1 << 11,
        ROUTER_SHIFT = 1 << 12, /* a correction for each expert */
        GATED_QUERY = 1 << 13,
        GPT_OSS = 1 << 14, /* sinks, and biases in experts and router */
        ENCODER = 1 << 15,
        NO_OUT_BIAS = 1 << 16, /* attention_bias is about query, key and value */
        LLAMA4 = 1 << 17,
};

static const struct {
        struct text type;
        unsigned int traits;
} known[] = {
        { TEXT_INIT("llama"), 0 },
        { TEXT_INIT("mistral"), 0 },
        { TEXT_INIT("ministral3"), 0 },
        { TEXT_INIT("mixtral"), 0 },
        { TEXT_INIT("granite"), TIED },
        { TEXT_INIT("smollm3"), TIED },
        { TEXT_INIT("qwen2"), QKV_BIAS },
        { TEXT_INIT("qwen2_vl"), QKV_BIAS },
        { TEXT_INIT("qwen2_5_vl"), QKV_BIAS },
        { TEXT_INIT("qwen2_moe"), QKV_BIAS | SHARED_GATE },
        { TEXT_INIT("qwen3"), QK_NORM },
        { TEXT_INIT("qwen3_moe"), QK_NORM },
        { TEXT_INIT("qwen3_vl"), QK_NORM },
        { TEXT_INIT("qwen3_vl_moe"), QK_NORM },
        { TEXT_INIT("qwen3_next"), QK_NORM | SHARED_GATE | GATED_QUERY },
        { TEXT_INIT("gemma"), TIED },
        { TEXT_INIT("gemma2"), TIED | FOUR_NORMS },
        { TEXT_INIT("gemma3"), TIED | FOUR_NORMS | QK_NORM },
        { TEXT_INIT("phi"),
          LAYER_NORM | ONE_NORM | PLAIN_MLP | MLP_BIAS | QKV_BIAS | OUT_BIAS | HEAD_BIAS },
        { TEXT_INIT("phi3"), 0 },
        { TEXT_INIT("phimoe"), LAYER_NORM | HEAD_BIAS },
        { TEXT_INIT("deepseek_v2"), 0 },
        { TEXT_INIT("deepseek_v3"), ROUTER_SHIFT },
        { TEXT_INIT("kimi_k2"), ROUTER_SHIFT },
        { TEXT_INIT("glm4_moe"), ROUTER_SHIFT | NO_OUT_BIAS },
        { TEXT_INIT("minimax_m2"), ROUTER_SHIFT | QK_NORM_WIDE },
        { TEXT_INIT("gpt_oss"), GPT_OSS },
        { TEXT_INIT("llama4"), LLAMA4 },
        { TEXT_INIT("olmo2"), QK_NORM_WIDE },
        { TEXT_INIT("olmo3"), QK_NORM_WIDE },
        { TEXT_INIT("starcoder2"), TIED | LAYER_NORM | PLAIN_MLP | MLP_BIAS | QKV_BIAS | OUT_BIAS },
        { TEXT_INIT("nemotron"), LAYER_NORM | PLAIN_MLP },
        { TEXT_INIT("nemotron_h"), PLAIN_MLP | ONE_NORM | ROUTER_SHIFT },
        { TEXT_INIT("jamba"), 0 },
        { TEXT_INIT("mamba"), TIED | ONE_NORM },
        { TEXT_INIT("falcon_mamba"), TIED | ONE_NORM },
        { TEXT_INIT("mamba2"), ONE_NORM },
        { TEXT_INIT("bert"), ENCODER },
        { TEXT_INIT("roberta"), ENCODER },
        { TEXT_INIT("xlm-roberta"), ENCODER },
};

/* Larger numbers are a mistake, and products of them stay within 64 bits. */
enum {
        WIDTH_MAX = 1 << 18,
        HEADS_MAX = 1 << 12, /* and the numbers of one head */
        LAYERS_MAX = 1 << 12,
        EXPERTS_MAX = 1 << 12,
        VOCAB_MAX = 1 << 26
};

struct counting {
        struct value config; /* of the text part */
        unsigned int traits;
        struct architecture *a;
        struct fault *fault;
        bool is_bad;
};

/* ---- members --------------------------------------------------------------------------------- */

/* A whole number within 0 and max; absent or null: otherwise. */
static int64_t number(struct counting *c, const char *key, int64_t max, int64_t otherwise) {
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

/* The first of several names that is written. */
static int64_t first_of(struct counting *c, const char *const *keys, int64_t max,
                        int64_t otherwise) {
        for (; *keys; keys++) {
                int64_t n = number(c, *keys, max, -1);

                if (n >= 0)
                        return n;
        }
        return otherwise;
}

static int64_t needed(struct counting *c, const char *const *keys, int64_t max) {
        int64_t n = first_of(c, keys, max, 0);

        if (n < 1 && !c->is_bad) {
                fault_at(c->fault, keys[0], "is required");
                c->is_bad = true;
        }
        return n < 1 ? 1 : n;
}

static bool flag(const struct counting *c, const char *key, bool otherwise) {
        struct value v = value_get(c->config, text_from(key));

        return v.kind == VALUE_BOOL ? v.boolean : otherwise;
}

static bool has(const struct counting *c, unsigned int trait) {
        return (c->traits & trait) != 0;
}

#define KEYS(...) ((const char *const[]) { __VA_ARGS__, NULL })

/* ---- layers ---------------------------------------------------------------------------------- */

static int64_t norm(const struct counting *c, int64_t width) {
        return has(c, LAYER_NORM) ? 2 * width : width;
}

/* Multi-head latent attention: keys and values are made of one short vector. */
static void count_latent(struct counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t h = a->hidden, rank = number(c, "kv_lora_rank", WIDTH_MAX, 0);
        int64_t query_rank = number(c, "q_lora_rank", WIDTH_MAX, 0);
        int64_t rope = number(c, "qk_rope_head_dim", HEADS_MAX, 64);
        int64_t head = number(c, "qk_nope_head_dim", HEADS_MAX, 128) + rope;
        int64_t value = number(c, "v_head_dim", HEADS_MAX, 128);

        if (query_rank > 0) {
                p->attention += h * query_rank + query_rank * a->heads * head;
                p->other += query_rank;
        } else {
                p->attention += h * a->heads * head;
        }
        p->attention += h * (rank + rope) + rank * a->heads * (head - rope + value);
        p->attention += a->heads * value * h;
        p->other += rank;
        a->cached_per_token = rank + rope;
        a->is_latent = true;
}

static void count_attention(struct counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t h = a->hidden, q = a->heads * a->head_dim, kv = a->kv_heads * a->head_dim;
        bool bias = flag(c, "attention_bias", has(c, GPT_OSS));

        if (number(c, "kv_lora_rank", WIDTH_MAX, 0) > 0) {
                count_latent(c);
                return;
        }
        p->attention += h * q * (has(c, GATED_QUERY) ? 2 : 1) + 2 * h * kv + q * h;
        p->other += has(c, QKV_BIAS) || bias ? q + 2 * kv : 0;
        p->other += has(c, OUT_BIAS) || (bias && !has(c, NO_OUT_BIAS)) ? h : 0;
        p->other += has(c, QK_NORM) || (flag(c, "use_qk_norm", false) && !has(c, LLAMA4) &&
                                        !has(c, QK_NORM_WIDE))
                            ? 2 * a->head_dim
                            : 0;
        p->other += has(c, QK_NORM_WIDE) ? q + kv : 0;
        p->other += has(c, GPT_OSS) ? a->heads : 0;
        a->cached_per_token = 2 * kv;
}

static int64_t mlp(const struct counting *c, int64_t width) {
        return (has(c, PLAIN_MLP) ? 2 : 3) * c->a->hidden * width;
}

static void count_dense(struct counting *c, int64_t width) {
        c->a->parameters.dense += mlp(c, width);
        if (has(c, MLP_BIAS) || flag(c, "mlp_bias", false))
                c->a->parameters.other += c->a->hidden + width * (has(c, PLAIN_MLP) ? 1 : 2);
        if (width > c->a->intermediate)
                c->a->intermediate = width;
}

static int64_t experts_of(struct counting *c) {
        return first_of(c, KEYS("num_local_experts", "num_experts", "n_routed_experts"),
                        EXPERTS_MAX, 0);
}

static void count_shared(struct counting *c, int64_t width) {
        int64_t shared = first_of(
                c, KEYS("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"),
                WIDTH_MAX, -1);

        if (has(c, LLAMA4))
                shared = width;
        else if (shared < 0)
                shared = number(c, "n_shared_experts", EXPERTS_MAX, 0) * width;
        if (shared > 0)
                c->a->parameters.dense += mlp(c, shared);
        if (shared > 0 && has(c, SHARED_GATE))
                c->a->parameters.other += c->a->hidden;
}

static void count_experts(struct counting *c) {
        struct architecture_parameters *p = &c->a->parameters;
        int64_t n = experts_of(c), h = c->a->hidden;
        int64_t width =
                first_of(c, KEYS("moe_intermediate_size", "intermediate_size"), WIDTH_MAX, 0);
        int64_t active =
                first_of(c, KEYS("num_experts_per_tok", "num_experts_per_token"), EXPERTS_MAX, 1);

        p->experts += n * mlp(c, width);
        p->other += n * h;
        if (has(c, ROUTER_SHIFT))
                p->other += n;
        if (has(c, GPT_OSS))
                p->other += n + n * (2 * width + h);
        count_shared(c, width);
        if (active * width > c->a->intermediate)
                c->a->intermediate = active * width;
}

/* ---- layers with a state --------------------------------------------------------------------- */

static void count_mamba2(struct counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t heads = first_of(c, KEYS("mamba_num_heads", "num_heads"), HEADS_MAX, 1);
        int64_t head = first_of(c, KEYS("mamba_head_dim", "head_dim"), HEADS_MAX, 64);
        int64_t state = first_of(c, KEYS("ssm_state_size", "state_size"), HEADS_MAX, 128);
        int64_t groups = first_of(c, KEYS("n_groups", "mamba_n_groups"), HEADS_MAX, 1);
        int64_t kernel = first_of(c, KEYS("conv_kernel", "mamba_d_conv"), HEADS_MAX, 4);
        int64_t inner = heads * head, conv = inner + 2 * groups * state;
        bool bias = flag(c, "use_bias", false) || flag(c, "mamba_proj_bias", false);

        p->attention += a->hidden * (inner + conv + heads) + inner * a->hidden;
        p->other += conv * kernel + (flag(c, "use_conv_bias", true) ? conv : 0);
        p->other += 3 * heads + inner;
        p->other += bias ? inner + conv + heads + a->hidden : 0;
        a->state_numbers = inner * state;
        a->conv_numbers = conv * (kernel - 1);
}

static void count_mamba1(struct counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        bool is_jamba = text_equal(a->type, TEXT("jamba"));
        int64_t expand = first_of(c, KEYS("mamba_expand", "expand"), 64, 2);
        int64_t inner = is_jamba ? expand * a->hidden
                                 : number(c, "intermediate_size", WIDTH_MAX, expand * a->hidden);
        int64_t state = first_of(c, KEYS("mamba_d_state", "state_size"), WIDTH_MAX, 16);
        int64_t kernel = first_of(c, KEYS("mamba_d_conv", "conv_kernel"), WIDTH_MAX, 4);
        int64_t rank = first_of(c, KEYS("mamba_dt_rank", "time_step_rank"), WIDTH_MAX,
                                (a->hidden + 15) / 16);
        bool conv_bias = flag(c, "mamba_conv_bias", flag(c, "use_conv_bias", true));
        bool bias = flag(c, "mamba_proj_bias", flag(c, "use_bias", false));

        p->attention += a->hidden * 2 * inner + inner * (rank + 2 * state) + rank * inner +
                        inner * a->hidden;
        p->other += inner * kernel + (conv_bias ? inner : 0) + inner; /* dt_proj has a bias */
        p->other += inner * state + inner;
        p->other += bias ? 2 * inner + a->hidden : 0;
        p->other += is_jamba ? rank + 2 * state : 0;
        a->state_numbers = inner * state;
        a->conv_numbers = inner * (kernel - 1);
}

/* Gated DeltaNet, as Qwen3-Next has it. */
static void count_delta(struct counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t key_heads = number(c, "linear_num_key_heads", HEADS_MAX, 16);
        int64_t value_heads = number(c, "linear_num_value_heads", HEADS_MAX, 32);
        int64_t key_head = number(c, "linear_key_head_dim", HEADS_MAX, 128);
        int64_t value_head = number(c, "linear_value_head_dim", HEADS_MAX, 128);
        int64_t kernel = number(c, "linear_conv_kernel_dim", HEADS_MAX, 4);
        int64_t keys = key_heads * key_head, values = value_heads * value_head;

        p->attention += a->hidden * (2 * keys + 2 * values + 2 * value_heads) + values * a->hidden;
        p->other += (2 * keys + values) * kernel + 2 * value_heads + value_head;
        a->state_numbers = value_heads * key_head * value_head;
        a->conv_numbers = (2 * keys + values) * (kernel - 1);
}

/* ---- which layer is what --------------------------------------------------------------------- */

enum mixer { MIX_FULL, MIX_SLIDING, MIX_MAMBA1, MIX_MAMBA2, MIX_DELTA, MIX_NONE };
enum feed { FEED_DENSE, FEED_EXPERTS, FEED_NONE };

static struct value element(struct value list, int64_t index) {
        struct value_iter it = value_iterate(list);
        struct value each = { 0 };

        while (value_next(&it, NULL, &each)) {
                if (index-- == 0)
                        return each;
        }
        return (struct value) { 0 };
}

static bool lists(struct value list, int64_t number_wanted) {
        struct value_iter it = value_iterate(list);
        struct value each;
        int64_t n;

        while (value_next(&it, NULL, &each)) {
                if (value_is_integer(each, &n) && n == number_wanted)
                        return true;
        }
        return false;
}

/* Whether a layer slides is written layer by layer, or as a pattern, or goes by the model's kind.
 */
static bool is_sliding(struct counting *c, int64_t layer) {
        struct text type = c->a->type, word;
        int64_t pattern = number(c, "sliding_window_pattern", LAYERS_MAX, 6);

        word = value_text(element(value_get(c->config, TEXT("layer_types")), layer));
        if (word.len)
                return text_equal(word, TEXT("sliding_attention")) ||
                       text_equal(word, TEXT("chunked_attention"));
        if (c->a->window == 0)
                return false;
        if (text_equal(type, TEXT("gemma3")))
                return pattern > 0 && (layer + 1) % pattern != 0;
        if (text_equal(type, TEXT("gemma2")) || has(c, GPT_OSS))
                return layer % 2 == 0;
        if (has(c, LLAMA4))
                return (layer + 1) % 4 != 0;
        if (text_starts_with(type, TEXT("qwen")))
                return flag(c, "use_sliding_window", false) &&
                       layer >= number(c, "max_window_layers", LAYERS_MAX, 0);
        return true;
}

static enum mixer mixer_of(struct counting *c, int64_t layer) {
        struct text type = c->a->type, word;
        struct text pattern = value_text(value_get(c->config, TEXT("hybrid_override_pattern")));
        int64_t period;

        if (text_equal(type, TEXT("mamba")) || text_equal(type, TEXT("falcon_mamba")))
                return MIX_MAMBA1;
        if (text_equal(type, TEXT("mamba2")))
                return MIX_MAMBA2;
        if (pattern.len > 0 && layer < (int64_t)pattern.len)
                return pattern.data[layer] == 'M'   ? MIX_MAMBA2
                       : pattern.data[layer] == '*' ? MIX_FULL
                                                    : MIX_NONE;
        if (text_equal(type, TEXT("jamba"))) {
                period = number(c, "attn_layer_period", LAYERS_MAX, 8);
                return period > 0 && layer % period == number(c, "attn_layer_offset", LAYERS_MAX, 4)
                               ? MIX_FULL
                               : MIX_MAMBA1;
        }
        if (text_equal(type, TEXT("qwen3_next"))) {
                word = value_text(element(value_get(c->config, TEXT("layer_types")), layer));
                period = number(c, "full_attention_interval", LAYERS_MAX, 4);
                if (word.len ? text_equal(word, TEXT("linear_attention"))
                             : period > 0 && (layer + 1) % period != 0)
                        return MIX_DELTA;
        }
        return is_sliding(c, layer) ? MIX_SLIDING : MIX_FULL;
}

static enum feed feed_of(struct counting *c, int64_t layer) {
        struct text type = c->a->type;
        struct text pattern = value_text(value_get(c->config, TEXT("hybrid_override_pattern")));
        int64_t step;

        if (has(c, ONE_NORM) &&
            (text_starts_with(type, TEXT("mamba")) || text_equal(type, TEXT("falcon_mamba"))))
                return FEED_NONE;
        if (pattern.len > 0 && layer < (int64_t)pattern.len)
                return pattern.data[layer] == '-'   ? FEED_DENSE
                       : pattern.data[layer] == 'E' ? FEED_EXPERTS
                                                    : FEED_NONE;
        if (experts_of(c) < 1)
                return FEED_DENSE;
        if (text_equal(type, TEXT("jamba"))) {
                step = number(c, "expert_layer_period", LAYERS_MAX, 2);
                return experts_of(c) > 1 && step > 0 &&
                                       layer % step ==
                                               number(c, "expert_layer_offset", LAYERS_MAX, 1)
                               ? FEED_EXPERTS
                               : FEED_DENSE;
        }
        if (layer < number(c, "first_k_dense_replace", LAYERS_MAX, 0) ||
            lists(value_get(c->config, TEXT("mlp_only_layers")), layer))
                return FEED_DENSE;
        step = first_of(c, KEYS("decoder_sparse_step", "interleave_moe_layer_step"), LAYERS_MAX, 1);
        return step > 0 && (layer + 1) % step == 0 ? FEED_EXPERTS : FEED_DENSE;
}

static int64_t dense_width(struct counting *c) {
        return first_of(c,
                        KEYS(has(c, LLAMA4) ? "intermediate_size_mlp" : "intermediate_size",
                             "intermediate_size", "ffn_hidden_size"),
                        WIDTH_MAX, 0);
}

static void count_layer(struct counting *c, int64_t layer) {
        struct architecture *a = c->a;
        enum mixer mixer = mixer_of(c, layer);
        enum feed feed = feed_of(c, layer);

        switch (mixer) {
        case MIX_FULL:
        case MIX_SLIDING:
                count_attention(c);
                a->full_layers += mixer == MIX_FULL;
                a->sliding_layers += mixer == MIX_SLIDING;
                break;
        case MIX_MAMBA1:
                count_mamba1(c);
                a->state_layers++;
                break;
        case MIX_MAMBA2:
                count_mamba2(c);
                a->state_layers++;
                break;
        case MIX_DELTA:
                count_delta(c);
                a->state_layers++;
                break;
        case MIX_NONE:
                break;
        }
        if (feed == FEED_DENSE)
                count_dense(c, dense_width(c));
        else if (feed == FEED_EXPERTS)
                count_experts(c);
        a->parameters.other += (has(c, FOUR_NORMS) ? 4
                                : has(c, ONE_NORM) ? 1
                                                   : 2) *
                               norm(c, a->hidden);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void count_encoder(struct counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t h = a->hidden, width = dense_width(c);

        p->other += (a->vocab + a->positions + number(c, "type_vocab_size", WIDTH_MAX, 2) + 2) * h;
        p->attention += a->layers * 4 * h * h;
        p->dense += a->layers * 2 * h * width;
        p->other += a->layers * (4 * h + width + h + 4 * h);
        p->other += h * h + h; /* the pooler */
        a->intermediate = width;
}

static void count_decoder(struct counting *c) {
        struct architecture *a = c->a;
        bool is_tied = flag(c, "tie_word_embeddings", has(c, TIED));

        for (int64_t i = 0; i < a->layers && !c->is_bad; i++)
                count_layer(c, i);
        a->parameters.other += a->vocab * a->hidden * (is_tied ? 1 : 2) + norm(c, a->hidden);
        if (has(c, HEAD_BIAS) && flag(c, "lm_head_bias", true))
                a->parameters.other += a->vocab;
}

/* Patches, positions, layers with biases, two norms each: what most towers are. */
static void count_vision(struct value vision, struct architecture *a, struct fault *fault) {
        struct counting c = { .config = vision, .a = a, .fault = fault };
        int64_t h = first_of(&c, KEYS("hidden_size", "embed_dim"), WIDTH_MAX, 0);
        int64_t layers = first_of(&c, KEYS("num_hidden_layers", "depth"), LAYERS_MAX, 0);
        int64_t width = first_of(&c, KEYS("intermediate_size"), WIDTH_MAX, 4 * h);
        int64_t patch = number(&c, "patch_size", 256, 14),
                image = number(&c, "image_size", 1 << 14, 0);
        int64_t side = patch > 0 ? image / patch : 0;

        a->parameters.vision = layers * (4 * h * h + 4 * h + 2 * h * width + width + h + 4 * h) +
                               3 * patch * patch * h + h + side * side * h;
        a->parameters.vision += h * a->hidden + 2 * h; /* to the text's width, and a last norm */
        if (text_equal(a->type, TEXT("gemma3")))
                a->parameters.vision += h;
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

static void find_type(struct value config, struct counting *c) {
        struct text type = value_text(value_get(c->config, TEXT("model_type")));

        if (type.len == 0)
                type = value_text(value_get(config, TEXT("model_type")));
        if (text_ends_with(type, TEXT("_text")))
                type.len -= sizeof("_text") - 1;
        c->a->type = type;
        for (size_t i = 0; i < COUNT_OF(known); i++) {
                if (!text_equal(known[i].type, type))
                        continue;
                c->traits = known[i].traits;
                c->a->is_known = true;
        }
        c->a->is_encoder = has(c, ENCODER);
}

/* What Gemma 3's configs leave out is as transformers has it. */
static void read_shape(struct counting *c) {
        struct architecture *a = c->a;
        bool is_gemma3 = text_equal(a->type, TEXT("gemma3"));
        bool is_stateful = text_starts_with(a->type, TEXT("mamba")) ||
                           text_equal(a->type, TEXT("falcon_mamba"));

        a->hidden = needed(c, KEYS("hidden_size", "d_model", "n_embd"), WIDTH_MAX);
        a->layers = needed(c, KEYS("num_hidden_layers", "n_layer", "num_layers"), LAYERS_MAX);
        a->vocab = is_gemma3 ? number(c, "vocab_size", VOCAB_MAX, 262208)
                             : needed(c, KEYS("vocab_size"), VOCAB_MAX);
        a->heads = is_gemma3 || is_stateful
                           ? number(c, "num_attention_heads", HEADS_MAX, is_gemma3 ? 8 : 1)
                           : needed(c, KEYS("num_attention_heads", "n_head"), HEADS_MAX);
        a->kv_heads = number(c, "num_key_value_heads", HEADS_MAX, is_gemma3 ? 4 : a->heads);
        a->head_dim = first_of(c, KEYS("head_dim", "attention_head_dim"), HEADS_MAX,
                               is_gemma3 || text_equal(a->type, TEXT("gemma"))
                                       ? 256
                                       : a->hidden / (a->heads > 0 ? a->heads : 1));
        a->positions =
                number(c, "max_position_embeddings", INT64_C(1) << 40, is_gemma3 ? 131072 : 0);
        a->window =
                first_of(c, KEYS("sliding_window", "attention_chunk_size"), INT64_C(1) << 40, 0);
        if (a->heads < 1 || a->kv_heads < 1)
                c->is_bad = true;
}

int64_t architecture_total(const struct architecture *a) {
        const struct architecture_parameters *p = &a->parameters;

        return p->attention + p->dense + p->experts + p->other + p->vision;
}

static struct value either(struct value config, struct value part, struct text key) {
        struct value v = value_get(part, key);

        return v.kind == VALUE_ABSENT || v.kind == VALUE_NULL ? value_get(config, key) : v;
}

int architecture_read(struct value config, struct architecture *ret, struct fault *fault) {
        struct architecture a = { 0 };
        struct counting c = { .config = text_part(config), .a = &a, .fault = fault };
        struct value vision = value_get(config, TEXT("vision_config"));
        struct text state;

        fault_set(fault, "this is no config.json of a model");
        find_type(config, &c);
        read_shape(&c);
        if (c.is_bad)
                return -EINVAL;
        if (a.is_encoder)
                count_encoder(&c);
        else
                count_decoder(&c);
        if (c.is_bad)
                return -EINVAL;
        if (vision.kind == VALUE_MAP)
                count_vision(vision, &a, fault);
        a.name = value_text(value_get(config, TEXT("_name_or_path")));
        a.dtype = value_text(either(config, c.config, TEXT("dtype")));
        if (a.dtype.len == 0)
                a.dtype = value_text(either(config, c.config, TEXT("torch_dtype")));
        a.quantization = either(config, c.config, TEXT("quantization_config"));
        state = value_text(either(config, c.config, TEXT("mamba_ssm_dtype")));
        a.wide_state = text_equal(state, TEXT("float32"));
        *ret = a;
        return 0;
}
