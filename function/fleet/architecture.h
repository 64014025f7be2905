/* SPDX-License-Identifier: Apache-2.0 */
/*
 * architecture - what a model's config.json says about its weights and its cache
 *
 * Parameters are counted from the numbers of the config alone, layer by layer, as
 * Hugging Face's transformers and vLLM build the modules. The text part may be
 * nested (text_config), with a tower for images beside it.
 */
#ifndef FLEET_ARCHITECTURE_H
#define FLEET_ARCHITECTURE_H

#include "base/fault.h"
#include "wire/value.h"

/* Numbers of weights. */
struct architecture_parameters {
        int64_t attention; /* matrices of attention and of state-space layers */
        int64_t dense;     /* matrices of feed-forward layers, shared experts too */
        int64_t experts;   /* matrices of routed experts */
        int64_t other;     /* embeddings, head, norms, routers, biases */
        int64_t vision;
};

struct architecture {
        struct text type;    /* model_type, without "_text" */
        struct text name;    /* _name_or_path; may be empty */
        bool is_known;       /* counted exactly; else as a Llama with the config's numbers */
        struct text unknown; /* the member that keeps the weights from being counted; or empty */
        bool is_encoder;     /* embeddings: there is no cache */
        int64_t layers, hidden, heads, kv_heads, head_dim, vocab;
        int64_t intermediate; /* the widest feed-forward layer that a token passes */
        int64_t positions;    /* longest context; 0: not said */
        struct architecture_parameters parameters;

        int64_t full_layers;    /* attention to the whole context */
        int64_t sliding_layers; /* attention to the last `window` tokens */
        int64_t window;
        int64_t cached_per_token; /* numbers of one token in one attention layer */
        bool is_latent;           /* MLA: each unit has all of it */
        int64_t state_layers;     /* with a state of fixed size per sequence */
        int64_t state_numbers;    /* of one such layer: the state itself */
        int64_t conv_numbers;     /* and what its convolution remembers */
        bool wide_state;          /* the state is kept in 32 bits */

        struct text dtype;         /* "bfloat16" */
        struct value quantization; /* quantization_config; absent: none */
};

/*
 * architecture_read() - a config.json
 * @like:  the model_type that it is counted as; empty: its own
 * @fault: set on failure, with the member's name as path
 *
 * Errors: -EINVAL  a number that is needed is missing or cannot be, or a word is not understood
 */
int architecture_read(struct value config, struct text like, struct architecture *ret,
                      struct fault *fault);

/* architecture_total() - all weights. */
int64_t architecture_total(const struct architecture *a);

#endif
