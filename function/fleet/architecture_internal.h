/* SPDX-License-Identifier: Apache-2.0 */
/*
 * architecture_internal - what the parts that count a model share
 */
#ifndef FLEET_ARCHITECTURE_INTERNAL_H
#define FLEET_ARCHITECTURE_INTERNAL_H

#include "fleet/architecture.h"

/* How an architecture differs from Llama. */
enum architecture_trait {
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
        STATES = 1 << 18, /* "linear_attention" in layer_types is Mamba-2 */
        DELTA = 1 << 19,  /* and here Gated DeltaNet */
        BOTH = 1 << 20,   /* attention and Mamba-2 side by side in each layer */
        SHORT_CONV = 1 << 21,
        POSITIONS = 1 << 22, /* a table of them is learned */
        NO_NORM = 1 << 23,   /* norms without weights */
        FALCON = 1 << 24,
        WHISPER = 1 << 25,
        GLU_ENCODER = 1 << 26, /* gated, and no biases */
        NO_POOLER = 1 << 27,
};

/* Larger numbers are a mistake, and products of them stay within 64 bits. */
enum {
        WIDTH_MAX = 1 << 18,
        HEADS_MAX = 1 << 12, /* and the numbers of one head */
        LAYERS_MAX = 1 << 12,
        EXPERTS_MAX = 1 << 12,
        VOCAB_MAX = 1 << 26
};

struct architecture_counting {
        struct value config; /* of the part that is counted */
        unsigned int traits;
        struct architecture *a;
        struct fault *fault;
        bool is_bad;    /* fault says why */
        bool is_nested; /* text_config: what it leaves out is as transformers has it */
};

#define KEYS(...) ((const char *const[]) { __VA_ARGS__, NULL })

/* architecture_refuse() - the first mistake counts. */
void architecture_refuse(struct architecture_counting *c, const char *path, const char *why);

/* architecture_number() - a whole number within 0 and max; absent or null: otherwise. */
int64_t architecture_number(struct architecture_counting *c, const char *key, int64_t max,
                            int64_t otherwise);

/* architecture_first() - the first of several names that is written. */
int64_t architecture_first(struct architecture_counting *c, const char *const *keys, int64_t max,
                           int64_t otherwise);

/* architecture_needed() - the same; refused where there is none. */
int64_t architecture_needed(struct architecture_counting *c, const char *const *keys, int64_t max);

/* architecture_flag() - a member that is true or false. */
bool architecture_flag(const struct architecture_counting *c, const char *key, bool otherwise);

static inline bool architecture_has(const struct architecture_counting *c, unsigned int trait) {
        return (c->traits & trait) != 0;
}

/* architecture_norm() - the weights of one norm. */
int64_t architecture_norm(const struct architecture_counting *c, int64_t width);

/* architecture_dense_width() - of a feed-forward layer without experts. */
int64_t architecture_dense_width(struct architecture_counting *c);

/* architecture_layer() - all of one layer: what it mixes tokens by, and what feeds forward. */
void architecture_layer(struct architecture_counting *c, int64_t layer);

/* architecture_speech() - Whisper: an encoder of sound and a decoder that looks at it. */
void architecture_speech(struct architecture_counting *c);

/*
 * architecture_vision() - the tower of a model, and what joins it to the text
 * @whole: the config around text_config
 * @type:  of the whole
 *
 * Returns false where this type's tower is not known.
 */
bool architecture_vision(struct value whole, struct text type, struct architecture *a,
                         struct fault *fault);

#endif
