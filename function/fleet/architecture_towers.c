/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside a model's text, or before it: towers for images, Whisper's encoder of sound.
 */
#include "base/count.h"
#include "base/quantity.h"
#include "fleet/architecture_internal.h"

/* How the layers of a tower are made; all have four square matrices of attention. */
enum tower {
        TOWER_PLAIN,   /* CLIP, SigLIP: biases, two norms with a bias */
        TOWER_PIXTRAL, /* as Llama: a gate, no biases, norms without */
        TOWER_QWEN2,   /* as CLIP, without positions */
        TOWER_QWEN2_5, /* a gate with biases, norms without */
        TOWER_QWEN3,
};

/* How a tower is joined to the text. */
enum joint {
        JOINT_ONE,     /* one matrix to the text's width */
        JOINT_TWO,     /* and one of the text's width */
        JOINT_MERGE,   /* neighbours are merged first, then two */
        JOINT_SHUFFLE, /* neighbours become one long vector, then one matrix */
        JOINT_SHUFFLE_TWO,
        JOINT_QWEN,
        JOINT_LLAMA4,
};

static const struct {
        struct text type; /* of the whole */
        enum tower tower;
        enum joint joint;
} towers[] = {
        { TEXT_INIT("gemma3"), TOWER_PLAIN, JOINT_ONE },
        { TEXT_INIT("paligemma"), TOWER_PLAIN, JOINT_ONE },
        { TEXT_INIT("llava"), TOWER_PLAIN, JOINT_TWO },
        { TEXT_INIT("llava_next"), TOWER_PLAIN, JOINT_TWO },
        { TEXT_INIT("llava_onevision"), TOWER_PLAIN, JOINT_TWO },
        { TEXT_INIT("kimi_k25"), TOWER_PLAIN, JOINT_TWO },
        { TEXT_INIT("mistral3"), TOWER_PIXTRAL, JOINT_MERGE },
        { TEXT_INIT("idefics3"), TOWER_PLAIN, JOINT_SHUFFLE },
        { TEXT_INIT("smolvlm"), TOWER_PLAIN, JOINT_SHUFFLE },
        { TEXT_INIT("internvl"), TOWER_PLAIN, JOINT_SHUFFLE_TWO },
        { TEXT_INIT("internvl_chat"), TOWER_PLAIN, JOINT_SHUFFLE_TWO },
        { TEXT_INIT("llama4"), TOWER_PLAIN, JOINT_LLAMA4 },
        { TEXT_INIT("qwen2_vl"), TOWER_QWEN2, JOINT_QWEN },
        { TEXT_INIT("qwen2_5_vl"), TOWER_QWEN2_5, JOINT_QWEN },
        { TEXT_INIT("qwen3_vl"), TOWER_QWEN3, JOINT_QWEN },
        { TEXT_INIT("qwen3_vl_moe"), TOWER_QWEN3, JOINT_QWEN },
        { TEXT_INIT("qwen3_5"), TOWER_QWEN3, JOINT_QWEN },
        { TEXT_INIT("qwen3_5_moe"), TOWER_QWEN3, JOINT_QWEN },
};

/* ---- images ---------------------------------------------------------------------------------- */

static int64_t tower_layer(enum tower tower, int64_t h, int64_t width) {
        switch (tower) {
        case TOWER_PIXTRAL:
                return 4 * h * h + 3 * h * width + 2 * h;
        case TOWER_QWEN2_5:
                return 4 * h * h + 4 * h + 3 * h * width + 2 * width + h + 2 * h;
        case TOWER_PLAIN:
        case TOWER_QWEN2:
        case TOWER_QWEN3:
                break;
        }
        return 4 * h * h + 4 * h + 2 * h * width + width + h + 4 * h;
}

/* A number, or a list of one for each direction. */
static int64_t side_of(struct architecture_counting *c, const char *key, int64_t max,
                       int64_t otherwise) {
        struct value v = value_get(c->config, text_from(key)), first = { 0 };
        struct value_iter it = value_iterate(v);
        int64_t n;

        if (v.kind != VALUE_LIST)
                return architecture_number(c, key, max, otherwise);
        return value_next(&it, NULL, &first) && value_is_integer(first, &n) && n > 0 && n <= max
                       ? n
                       : otherwise;
}

/* Patches to vectors, and where each lies. */
static int64_t tower_ends(struct architecture_counting *c, enum tower tower, int64_t h) {
        struct text type = value_get_text(c->config, "model_type");
        int64_t patch = side_of(c, "patch_size", 256, 14);
        int64_t image = side_of(c, "image_size", 1 << 14,
                                text_starts_with(type, TEXT("siglip")) ? 224 : 336);
        int64_t side = patch > 0 ? image / patch : 0;
        int64_t pixels = 3 * patch * patch * h;

        switch (tower) {
        case TOWER_QWEN2:
        case TOWER_QWEN2_5:
                return 2 * pixels;
        case TOWER_QWEN3:
                return 2 * pixels + h +
                       architecture_number(c, "num_position_embeddings", VOCAB_MAX, 2304) * h;
        case TOWER_PIXTRAL:
                return pixels + h;
        case TOWER_PLAIN:
                break;
        }
        if (text_starts_with(type, TEXT("clip")) || text_starts_with(type, TEXT("llama4")))
                return pixels + (side * side + 2) * h + 4 * h;
        return pixels + h + side * side * h + 2 * h;
}

/* A norm, four neighbours to one vector, two matrices; Qwen3 has some more of these on the way. */
static int64_t join_qwen(struct architecture_counting *c, enum tower tower, int64_t h,
                         int64_t text) {
        struct value_iter it =
                value_iterate(value_get(c->config, TEXT("deepstack_visual_indexes")));
        int64_t merge = architecture_number(c, "spatial_merge_size", 64, 2), wide;
        int64_t one, more = 0;
        struct value each;

        wide = h * merge * merge;
        one = wide * wide + wide + wide * text + text;
        while (value_next(&it, NULL, &each))
                more++;
        return one + (tower == TOWER_QWEN2_5 ? h : 2 * h) + more * (one + 2 * wide);
}

static int64_t join(struct architecture_counting *c, struct value whole, enum joint joint,
                    enum tower tower, int64_t h) {
        struct architecture_counting outer = { .config = whole, .a = c->a, .fault = c->fault };
        int64_t text = c->a->hidden, merge, wide, out;
        struct text type = value_get_text(whole, "model_type");
        bool is_gemma = text_equal(type, TEXT("gemma3"));
        bool is_next = text_equal(type, TEXT("llava_next")); /* a vector between rows */

        switch (joint) {
        case JOINT_ONE:
                return h * text + (is_gemma ? h : text);
        case JOINT_TWO:
                return h * text + text * text + 2 * text + (is_next ? text : 0);
        case JOINT_MERGE:
                merge = architecture_number(&outer, "spatial_merge_size", 64, 2);
                return h + h * h * merge * merge + h * text + text * text;
        case JOINT_SHUFFLE:
                merge = architecture_number(&outer, "scale_factor", 64, 2);
                return h * merge * merge * text;
        case JOINT_SHUFFLE_TWO:
                wide = 4 * h;
                return 2 * wide + wide * text + text + text * text + text;
        case JOINT_QWEN:
                return join_qwen(c, tower, h, text);
        case JOINT_LLAMA4:
                wide = architecture_number(c, "intermediate_size", WIDTH_MAX, 5632);
                out = architecture_number(c, "projector_output_dim", WIDTH_MAX, 4096);
                return wide * architecture_number(c, "projector_input_dim", WIDTH_MAX, 4096) +
                       out * out +
                       architecture_number(c, "vision_output_dim", WIDTH_MAX, 4096) * text;
        }
        return 0;
}

/* Qwen2-VL's hidden_size is the text's: its own is embed_dim. */
static int64_t count_tower(struct architecture_counting *c, struct value whole, enum tower tower,
                           enum joint joint) {
        const char *const *own = KEYS(tower == TOWER_QWEN2 ? "embed_dim" : "hidden_size",
                                      "hidden_size", "vt_hidden_size", "embed_dim");
        bool is_siglip = text_starts_with(value_get_text(c->config, "model_type"), TEXT("siglip"));
        int64_t h = architecture_first(c, own, WIDTH_MAX, is_siglip ? 1152 : 0);
        int64_t layers = architecture_first(
                c, KEYS("num_hidden_layers", "depth", "vt_num_hidden_layers"), LAYERS_MAX,
                is_siglip                ? 27
                : tower == TOWER_QWEN2   ? 32
                : tower == TOWER_QWEN2_5 ? 32
                                         : 0);
        int64_t ratio = architecture_number(c, "mlp_ratio", 64, 4);
        int64_t width = architecture_first(c, KEYS("intermediate_size", "vt_intermediate_size"),
                                           WIDTH_MAX, ratio * h);

        if (h < 1 || layers < 1)
                architecture_refuse(c, "vision_config", "has no hidden_size or num_hidden_layers");
        return layers * tower_layer(tower, h, width) + tower_ends(c, tower, h) +
               join(c, whole, joint, tower, h);
}

bool architecture_vision(struct value whole, struct text type, struct architecture *a,
                         struct fault *fault) {
        struct architecture_counting c = { .config = value_get(whole, TEXT("vision_config")),
                                           .a = a,
                                           .fault = fault };
        struct text own = value_get_text(c.config, "model_type");

        for (size_t i = 0; i < COUNT_OF(towers); i++) {
                enum tower tower = towers[i].tower;

                if (!text_equal(towers[i].type, type))
                        continue;
                if (text_equal(own, TEXT("pixtral")))
                        tower = TOWER_PIXTRAL;
                a->parameters.vision = count_tower(&c, whole, tower, towers[i].joint);
                return !c.is_bad;
        }
        return false;
}

/* ---- sound ----------------------------------------------------------------------------------- */

/* Keys have no bias; a decoder's layer looks at the sound, too. */
static int64_t speech_layers(int64_t layers, int64_t h, int64_t width, int64_t looks) {
        return layers * (looks * (4 * h * h + 3 * h + 2 * h) + 2 * h * width + width + h + 2 * h);
}

void architecture_speech(struct architecture_counting *c) {
        struct architecture *a = c->a;
        int64_t encoder = architecture_needed(c, KEYS("encoder_layers"), LAYERS_MAX);
        int64_t mel = architecture_number(c, "num_mel_bins", WIDTH_MAX, 80);
        int64_t sound = architecture_number(c, "max_source_positions", WIDTH_MAX, 1500);
        int64_t h = architecture_needed(c, KEYS("d_model"), WIDTH_MAX);
        int64_t wide = architecture_number(c, "encoder_ffn_dim", WIDTH_MAX, 4 * h);

        a->hidden = h;
        a->layers = architecture_needed(c, KEYS("decoder_layers"), LAYERS_MAX);
        a->heads = architecture_needed(c, KEYS("decoder_attention_heads"), HEADS_MAX);
        a->vocab = architecture_needed(c, KEYS("vocab_size"), VOCAB_MAX);
        a->positions = architecture_number(c, "max_target_positions", WIDTH_MAX, 448);
        a->intermediate = architecture_number(c, "decoder_ffn_dim", WIDTH_MAX, 4 * h);
        a->kv_heads = a->heads;
        a->head_dim = h / a->heads;
        a->parameters.attention = speech_layers(encoder, h, wide, 1) +
                                  speech_layers(a->layers, h, a->intermediate, 2);
        a->parameters.other = 3 * h * (mel + h) + 2 * h + sound * h + 2 * h;
        a->parameters.other += (a->vocab + a->positions) * h + 2 * h;
        a->full_layers = a->layers;
        a->cached_per_token = 2 * h;
        /* Keys and values of the sound are made once and kept. */
        a->state_layers = a->layers;
        a->state_numbers = 2 * h * sound;
}
