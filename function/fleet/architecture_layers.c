/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a model's text: attention, layers with a state, and what feeds forward. */
#include "base/quantity.h"
#include "fleet/architecture_internal.h"

int64_t architecture_norm(const struct architecture_counting *c, int64_t width) {
        if (architecture_has(c, NO_NORM))
                return 0;
        return architecture_has(c, LAYER_NORM) ? 2 * width : width;
}

/* ---- attention ------------------------------------------------------------------------------- */

/* Which tokens a sparse attention looks at is chosen by an indexer, which caches 8 bits a number.
 */
static void count_indexer(struct architecture_counting *c, int64_t query_rank) {
        struct architecture *a = c->a;
        int64_t heads = architecture_number(c, "index_n_heads", HEADS_MAX, 0);
        int64_t head = architecture_number(c, "index_head_dim", HEADS_MAX, 128);

        if (heads == 0)
                return;
        a->parameters.attention += query_rank * heads * head + a->hidden * (head + heads);
        a->parameters.other += 2 * head;
        a->cached_per_token += (head + 4) / 2;
}

/* Multi-head latent attention: keys and values are made of one short vector. */
static void count_latent(struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t h = a->hidden, rank = architecture_number(c, "kv_lora_rank", WIDTH_MAX, 0);
        int64_t query_rank = architecture_number(c, "q_lora_rank", WIDTH_MAX, 0);
        int64_t rope = architecture_number(c, "qk_rope_head_dim", HEADS_MAX, 64);
        int64_t head = architecture_number(c, "qk_nope_head_dim", HEADS_MAX, 128) + rope;
        int64_t value = architecture_number(c, "v_head_dim", HEADS_MAX, 128);

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
        count_indexer(c, query_rank);
}

/* Norms of queries and keys, each head's or all heads' together. */
static int64_t query_norms(const struct architecture_counting *c, int64_t q, int64_t kv) {
        const struct architecture *a = c->a;
        bool is_asked = architecture_flag(c, "use_qk_norm", false) && !architecture_has(c, LLAMA4);

        if (architecture_has(c, QK_NORM_WIDE))
                return q + kv;
        if (is_asked && text_equal(a->type, TEXT("cohere")))
                return q + kv;
        if (architecture_flag(c, "qk_layernorm", false) && text_equal(a->type, TEXT("stablelm")))
                return q + kv;
        return architecture_has(c, QK_NORM) || is_asked ? 2 * a->head_dim : 0;
}

static void count_attention(struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t h = a->hidden, q = a->heads * a->head_dim, kv = a->kv_heads * a->head_dim;
        bool bias = architecture_flag(
                c, "attention_bias",
                architecture_flag(c, "use_bias", architecture_flag(c, "bias", false)) ||
                        architecture_has(c, GPT_OSS));
        bool no_out = architecture_has(c, NO_OUT_BIAS) &&
                      !architecture_flag(c, "attention_out_bias", false);

        if (architecture_number(c, "kv_lora_rank", WIDTH_MAX, 0) > 0) {
                count_latent(c);
                return;
        }
        bias = bias || architecture_flag(c, "use_qkv_bias", false);
        no_out = no_out || architecture_flag(c, "use_qkv_bias", false);
        p->attention += h * q * (architecture_has(c, GATED_QUERY) ? 2 : 1) + 2 * h * kv + q * h;
        p->other += architecture_has(c, QKV_BIAS) || bias ? q + 2 * kv : 0;
        p->other += architecture_has(c, OUT_BIAS) || (bias && !no_out) ? h : 0;
        p->other += query_norms(c, q, kv);
        p->other += architecture_has(c, GPT_OSS) ? a->heads : 0;
        a->cached_per_token = 2 * kv;
}

/* ---- feed-forward layers --------------------------------------------------------------------- */

static int64_t mlp(const struct architecture_counting *c, int64_t width) {
        return (architecture_has(c, PLAIN_MLP) ? 2 : 3) * c->a->hidden * width;
}

static void count_dense(struct architecture_counting *c, int64_t width) {
        bool bias = architecture_has(c, MLP_BIAS) || architecture_flag(c, "mlp_bias", false) ||
                    (text_starts_with(c->a->type, TEXT("ernie")) &&
                     architecture_flag(c, "use_bias", false)) ||
                    (architecture_has(c, FALCON) && architecture_flag(c, "bias", false));

        c->a->parameters.dense += mlp(c, width);
        if (bias)
                c->a->parameters.other +=
                        c->a->hidden + width * (architecture_has(c, PLAIN_MLP) ? 1 : 2);
        if (width > c->a->intermediate)
                c->a->intermediate = width;
}

/* Falcon and GPT say nothing where it is four times the hidden size. */
int64_t architecture_dense_width(struct architecture_counting *c) {
        const char *const *keys =
                KEYS(architecture_has(c, LLAMA4) ? "intermediate_size_mlp" : "intermediate_size",
                     "intermediate_size", "ffn_hidden_size", "ffn_dim", "n_inner", "hidden_dim");
        bool is_four =
                architecture_has(c, FALCON | POSITIONS) || text_equal(c->a->type, TEXT("bloom"));
        int64_t width = architecture_first(c, keys, WIDTH_MAX, 0);

        if (width < 1 && c->is_nested)
                width = text_equal(c->a->type, TEXT("llama"))     ? 11008
                        : text_equal(c->a->type, TEXT("mistral")) ? 14336
                                                                  : 0;
        if (width < 1 && is_four)
                return 4 * c->a->hidden;
        if (width < 1)
                architecture_refuse(c, "intermediate_size", "is missing");
        return width;
}

/* LFM2's configs name a width that is cut to two thirds and rounded up. */
static int64_t conv_width(struct architecture_counting *c) {
        int64_t width = architecture_first(c, KEYS("block_ff_dim", "intermediate_size"), WIDTH_MAX,
                                           4 * c->a->hidden);
        int64_t of = architecture_number(c, "block_multiple_of", WIDTH_MAX, 256);

        if (!architecture_flag(c, "block_auto_adjust_ff_dim", true) || of < 1)
                return width;
        width = 2 * width / 3;
        return (width + of - 1) / of * of;
}

static int64_t experts_of(struct architecture_counting *c) {
        return architecture_first(
                c, KEYS("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"),
                EXPERTS_MAX, 0);
}

static void count_shared(struct architecture_counting *c, int64_t width) {
        int64_t shared = architecture_first(c,
                                            KEYS("shared_expert_intermediate_size",
                                                 "moe_shared_expert_intermediate_size",
                                                 "shared_intermediate_size"),
                                            WIDTH_MAX, -1);

        if (architecture_has(c, LLAMA4))
                shared = width;
        else if (shared < 0)
                shared = architecture_first(c,
                                            KEYS("n_shared_experts", "moe_num_shared_experts",
                                                 "num_shared_experts"),
                                            EXPERTS_MAX, 0) *
                         width;
        if (shared > 0)
                c->a->parameters.dense += mlp(c, shared);
        if (shared > 0 && architecture_has(c, SHARED_GATE))
                c->a->parameters.other += c->a->hidden;
}

static void count_experts(struct architecture_counting *c) {
        struct architecture_parameters *p = &c->a->parameters;
        int64_t n = experts_of(c), h = c->a->hidden;
        int64_t latent = architecture_number(c, "moe_latent_size", WIDTH_MAX, 0);
        int64_t width = architecture_needed(c, KEYS("moe_intermediate_size", "intermediate_size"),
                                            WIDTH_MAX);
        int64_t active = architecture_first(
                c, KEYS("num_experts_per_tok", "num_experts_per_token", "moe_k"), EXPERTS_MAX, 1);

        p->experts += latent > 0 ? n * mlp(c, width) / h * latent : n * mlp(c, width);
        p->dense += 2 * h * latent;
        p->other += n * h;
        if (architecture_has(c, ROUTER_SHIFT))
                p->other += n;
        if (architecture_has(c, GPT_OSS))
                p->other += n + n * (2 * width + h);
        count_shared(c, width);
        if (active * width > c->a->intermediate)
                c->a->intermediate = active * width;
}

/* ---- layers with a state --------------------------------------------------------------------- */

static void count_mamba2(struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t heads = architecture_first(c, KEYS("mamba_num_heads", "mamba_n_heads", "num_heads"),
                                           HEADS_MAX, 1);
        int64_t head = architecture_first(c, KEYS("mamba_head_dim", "mamba_d_head", "head_dim"),
                                          HEADS_MAX, 64);
        int64_t state = architecture_first(c, KEYS("ssm_state_size", "mamba_d_state", "state_size"),
                                           HEADS_MAX, 128);
        int64_t groups = architecture_first(c, KEYS("n_groups", "mamba_n_groups"), HEADS_MAX, 1);
        int64_t kernel = architecture_first(c, KEYS("conv_kernel", "mamba_d_conv"), HEADS_MAX, 4);
        int64_t inner = heads * head, conv = inner + 2 * groups * state;
        bool bias = architecture_flag(c, "use_bias", false) ||
                    architecture_flag(c, "mamba_proj_bias", false);

        p->attention += a->hidden * (inner + conv + heads) + inner * a->hidden;
        p->other += conv * kernel;
        p->other +=
                architecture_flag(c, "use_conv_bias", architecture_flag(c, "mamba_conv_bias", true))
                        ? conv
                        : 0;
        p->other += 3 * heads;
        p->other += architecture_flag(c, "mamba_rms_norm", true) ? inner : 0;
        p->other += bias ? inner + conv + heads + a->hidden : 0;
        a->state_numbers = inner * state;
        a->conv_numbers = conv * (kernel - 1);
}

static void count_mamba1(struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        bool is_jamba = text_equal(a->type, TEXT("jamba"));
        int64_t expand = architecture_first(c, KEYS("mamba_expand", "expand"), 64, 2);
        int64_t inner = is_jamba ? expand * a->hidden
                                 : architecture_number(c, "intermediate_size", WIDTH_MAX,
                                                       expand * a->hidden);
        int64_t state = architecture_first(c, KEYS("mamba_d_state", "state_size"), WIDTH_MAX, 16);
        int64_t kernel = architecture_first(c, KEYS("mamba_d_conv", "conv_kernel"), WIDTH_MAX, 4);
        int64_t rank = architecture_first(c, KEYS("mamba_dt_rank", "time_step_rank"), WIDTH_MAX,
                                          (a->hidden + 15) / 16);
        bool conv_bias = architecture_flag(c, "mamba_conv_bias",
                                           architecture_flag(c, "use_conv_bias", true));
        bool bias =
                architecture_flag(c, "mamba_proj_bias", architecture_flag(c, "use_bias", false));

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
static void count_delta(struct architecture_counting *c) {
        struct architecture *a = c->a;
        struct architecture_parameters *p = &a->parameters;
        int64_t key_heads = architecture_number(c, "linear_num_key_heads", HEADS_MAX, 16);
        int64_t value_heads = architecture_number(c, "linear_num_value_heads", HEADS_MAX, 32);
        int64_t key_head = architecture_number(c, "linear_key_head_dim", HEADS_MAX, 128);
        int64_t value_head = architecture_number(c, "linear_value_head_dim", HEADS_MAX, 128);
        int64_t kernel = architecture_number(c, "linear_conv_kernel_dim", HEADS_MAX, 4);
        int64_t keys = key_heads * key_head, values = value_heads * value_head;

        p->attention += a->hidden * (2 * keys + 2 * values + 2 * value_heads) + values * a->hidden;
        p->other += (2 * keys + values) * kernel + 2 * value_heads + value_head;
        a->state_numbers = value_heads * key_head * value_head;
        a->conv_numbers = (2 * keys + values) * (kernel - 1);
}

/* LFM2's short convolution: of a sequence it remembers a few tokens. */
static void count_conv(struct architecture_counting *c) {
        struct architecture *a = c->a;
        int64_t kernel = architecture_number(c, "conv_L_cache", HEADS_MAX, 3);
        bool bias = architecture_flag(c, "conv_bias", false);

        a->parameters.attention += 4 * a->hidden * a->hidden;
        a->parameters.other += a->hidden * kernel + (bias ? 5 * a->hidden : 0);
        a->conv_numbers = a->hidden * (kernel - 1);
}

/* ---- which layer is what --------------------------------------------------------------------- */

enum mixer { MIX_FULL, MIX_SLIDING, MIX_MAMBA1, MIX_MAMBA2, MIX_DELTA, MIX_CONV, MIX_NONE };
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

/* What the config says of one layer; empty: nothing. */
static struct text word_of(const struct architecture_counting *c, int64_t layer) {
        static const struct text keys[] = { TEXT_INIT("layers_block_type"),
                                            TEXT_INIT("layer_types") };
        struct text word = { 0 };

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && word.len == 0; i++)
                word = value_text(element(value_get(c->config, keys[i]), layer));
        return word;
}

/* A pattern, or what goes by the model's kind. */
static bool is_sliding(struct architecture_counting *c, int64_t layer) {
        struct text type = c->a->type;
        int64_t pattern = 0;

        if (c->a->window == 0 || !c->a->is_known ||
            !architecture_flag(c, "use_sliding_window", true))
                return false;
        if (text_equal(type, TEXT("gemma3")) || text_equal(type, TEXT("cohere2"))) {
                pattern = architecture_first(
                        c, KEYS("sliding_window_pattern", "_sliding_window_pattern"), LAYERS_MAX,
                        text_equal(type, TEXT("gemma3")) ? 6 : 4);
                return pattern > 0 && (layer + 1) % pattern != 0;
        }
        if (text_equal(type, TEXT("exaone4")) || text_equal(type, TEXT("olmo3")))
                return (layer + 1) % 4 != 0 && layer + 1 < c->a->layers;
        if (text_equal(type, TEXT("gemma2")) || architecture_has(c, GPT_OSS))
                return layer % 2 == 0;
        if (architecture_has(c, LLAMA4))
                return (layer + 1) % 4 != 0;
        if (text_starts_with(type, TEXT("qwen")))
                return architecture_flag(c, "use_sliding_window", false) &&
                       layer >= architecture_number(c, "max_window_layers", LAYERS_MAX, 0);
        return true;
}

/* Every word must be understood: what is passed over would be a wrong number. */
static enum mixer mixer_named(struct architecture_counting *c, struct text word) {
        static const struct {
                struct text word;
                unsigned int needs; /* a trait; 0: none */
                enum mixer mixer;
        } words[] = {
                { TEXT_INIT("full_attention"), 0, MIX_FULL },
                { TEXT_INIT("attention"), 0, MIX_FULL },
                { TEXT_INIT("indexed_attention"), 0, MIX_FULL },
                { TEXT_INIT("sliding_attention"), 0, MIX_SLIDING },
                { TEXT_INIT("chunked_attention"), 0, MIX_SLIDING },
                { TEXT_INIT("linear_attention"), DELTA, MIX_DELTA },
                { TEXT_INIT("linear_attention"), STATES, MIX_MAMBA2 },
                { TEXT_INIT("mamba"), STATES, MIX_MAMBA2 },
                { TEXT_INIT("conv"), SHORT_CONV, MIX_CONV },
                { TEXT_INIT("moe"), STATES, MIX_NONE },
                { TEXT_INIT("mlp"), STATES, MIX_NONE },
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (text_equal(words[i].word, word) &&
                    (words[i].needs == 0 || architecture_has(c, words[i].needs)))
                        return words[i].mixer;
        }
        if (!c->is_bad)
                fault_at(c->fault, "layer_types", "\"%.*s\" is not known of %.*s",
                         TEXT_ARG(text_shown(word, 40)), TEXT_ARG(text_shown(c->a->type, 40)));
        c->is_bad = true;
        return MIX_NONE;
}

static enum mixer mixer_of(struct architecture_counting *c, int64_t layer) {
        struct text type = c->a->type, word = word_of(c, layer);
        struct text pattern = value_get_text(c->config, "hybrid_override_pattern");
        struct value indices = value_get(c->config, TEXT("attn_layer_indices"));
        int64_t period;

        if (text_equal(type, TEXT("mamba")) || text_equal(type, TEXT("falcon_mamba")))
                return MIX_MAMBA1;
        if (text_equal(type, TEXT("mamba2")))
                return MIX_MAMBA2;
        if (pattern.len > 0 && layer < (int64_t)pattern.len)
                return pattern.data[layer] == 'M'   ? MIX_MAMBA2
                       : pattern.data[layer] == '*' ? MIX_FULL
                                                    : MIX_NONE;
        if (text_equal(type, TEXT("bamba")))
                return lists(indices, layer) ? MIX_FULL : MIX_MAMBA2;
        if (text_equal(type, TEXT("jamba"))) {
                period = architecture_number(c, "attn_layer_period", LAYERS_MAX, 8);
                return period > 0 && layer % period == architecture_number(c, "attn_layer_offset",
                                                                           LAYERS_MAX, 4)
                               ? MIX_FULL
                               : MIX_MAMBA1;
        }
        if (architecture_has(c, SHORT_CONV) && word.len == 0)
                return lists(value_get(c->config, TEXT("full_attn_idxs")), layer) ? MIX_FULL
                                                                                  : MIX_CONV;
        if (word.len > 0 && !architecture_has(c, BOTH))
                return mixer_named(c, word);
        if (architecture_has(c, DELTA)) {
                period = architecture_number(c, "full_attention_interval", LAYERS_MAX, 4);
                if (period > 0 && (layer + 1) % period != 0)
                        return MIX_DELTA;
        }
        return is_sliding(c, layer) ? MIX_SLIDING : MIX_FULL;
}

/* Which layers have experts where it is neither a pattern nor a word. */
static enum feed feed_by_number(struct architecture_counting *c, int64_t layer) {
        struct text word =
                value_text(element(value_get(c->config, TEXT("mlp_layer_types")), layer));
        struct value moe = value_get(c->config, TEXT("moe_layers"));
        int64_t step,
                first = architecture_first(
                        c, KEYS("first_k_dense_replace", "moe_layer_start_index"), LAYERS_MAX, 0);

        if (word.len > 0)
                return text_equal(word, TEXT("dense")) ? FEED_DENSE : FEED_EXPERTS;
        if (architecture_has(c, LLAMA4) && moe.kind == VALUE_LIST)
                return lists(moe, layer) ? FEED_EXPERTS : FEED_DENSE;
        if (layer < first || lists(value_get(c->config, TEXT("mlp_only_layers")), layer))
                return FEED_DENSE;
        if (text_equal(c->a->type, TEXT("jamba"))) {
                step = architecture_number(c, "expert_layer_period", LAYERS_MAX, 2);
                return step > 0 && layer % step == architecture_number(c, "expert_layer_offset",
                                                                       LAYERS_MAX, 1)
                               ? FEED_EXPERTS
                               : FEED_DENSE;
        }
        step = architecture_first(c,
                                  KEYS("decoder_sparse_step", "interleave_moe_layer_step",
                                       "moe_layer_interval", "moe_layer_freq"),
                                  LAYERS_MAX, 1);
        return step > 0 && (layer + 1) % step == 0 ? FEED_EXPERTS : FEED_DENSE;
}

static enum feed feed_of(struct architecture_counting *c, int64_t layer) {
        struct text type = c->a->type, word = word_of(c, layer);
        struct text pattern = value_get_text(c->config, "hybrid_override_pattern");

        if (text_starts_with(type, TEXT("mamba")) || text_equal(type, TEXT("falcon_mamba")))
                return FEED_NONE;
        if (pattern.len > 0 && layer < (int64_t)pattern.len)
                return pattern.data[layer] == '-'   ? FEED_DENSE
                       : pattern.data[layer] == 'E' ? FEED_EXPERTS
                                                    : FEED_NONE;
        if (text_equal(type, TEXT("nemotron_h")) && word.len > 0)
                return text_equal(word, TEXT("mlp"))   ? FEED_DENSE
                       : text_equal(word, TEXT("moe")) ? FEED_EXPERTS
                                                       : FEED_NONE;
        if (experts_of(c) < 1 || (text_equal(type, TEXT("jamba")) && experts_of(c) < 2))
                return FEED_DENSE;
        return feed_by_number(c, layer);
}

static void count_mixer(struct architecture_counting *c, enum mixer mixer) {
        struct architecture *a = c->a;

        switch (mixer) {
        case MIX_FULL:
        case MIX_SLIDING:
                count_attention(c);
                a->full_layers += mixer == MIX_FULL;
                a->sliding_layers += mixer == MIX_SLIDING;
                if (!architecture_has(c, BOTH))
                        return;
                count_mamba2(c);
                break;
        case MIX_MAMBA1:
                count_mamba1(c);
                break;
        case MIX_MAMBA2:
                count_mamba2(c);
                break;
        case MIX_DELTA:
                count_delta(c);
                break;
        case MIX_CONV:
                count_conv(c);
                break;
        case MIX_NONE:
                return;
        }
        a->state_layers++;
}

static int64_t norms_of(struct architecture_counting *c) {
        if (architecture_has(c, FALCON))
                return !architecture_flag(c, "parallel_attn", true) ||
                                       architecture_number(
                                               c, "num_ln_in_parallel_attn", 2,
                                               architecture_flag(c, "new_decoder_architecture",
                                                                 false)
                                                       ? 2
                                                       : 1) == 2
                               ? 2
                               : 1;
        if (text_equal(c->a->type, TEXT("stablelm")) &&
            architecture_flag(c, "use_parallel_residual", false))
                return 1;
        return architecture_has(c, FOUR_NORMS) ? 4 : architecture_has(c, ONE_NORM) ? 1 : 2;
}

void architecture_layer(struct architecture_counting *c, int64_t layer) {
        struct architecture *a = c->a;
        enum feed feed = feed_of(c, layer);

        count_mixer(c, mixer_of(c, layer));
        if (feed == FEED_DENSE && architecture_has(c, SHORT_CONV))
                count_dense(c, conv_width(c));
        else if (feed == FEED_DENSE && text_equal(a->type, TEXT("granitemoehybrid")))
                count_dense(c, architecture_needed(c, KEYS("shared_intermediate_size"), WIDTH_MAX));
        else if (feed == FEED_DENSE)
                count_dense(c, architecture_dense_width(c));
        else if (feed == FEED_EXPERTS)
                count_experts(c);
        a->parameters.other += norms_of(c) * architecture_norm(c, a->hidden);
}
