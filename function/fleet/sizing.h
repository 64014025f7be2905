/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sizing - the memory that serving a model takes, and what holds it
 *
 *      weights   = matrices x bits of the checkpoint + everything else x 16 bits
 *      KV cache  = sequences x (full layers x context + sliding layers x window)
 *                  x numbers of a token x bytes + sequences x states
 *      overhead  = what the engine has beside + the larger of the widest activations
 *                  of a batch and the sampler's rows
 *      a unit    = (weights / T + KV cache / T + overhead) / 0.9
 *
 * The terms are those that vLLM accounts for when it starts; docs/models.md says
 * where each comes from. In fleet/, because it reads what users write and knows
 * GPUs, and decides nothing.
 */
#ifndef FLEET_SIZING_H
#define FLEET_SIZING_H

#include "fleet/architecture.h"
#include "gpu/catalog.h"

enum sizing_precision {
        SIZING_AS_STORED, /* what quantization_config and dtype say */
        SIZING_FP32,
        SIZING_BF16,
        SIZING_FP16,
        SIZING_FP8,
        SIZING_INT8,
        SIZING_INT4, /* AWQ, GPTQ: groups of 128 */
        SIZING_NVFP4,
        SIZING_MXFP4,
};

struct sizing_task {
        const struct architecture *architecture;
        int64_t context;     /* tokens of a sequence; 0: the smaller of 32768 and the model's */
        int64_t concurrency; /* sequences at once; 0: 16 */
        enum sizing_precision precision;
        int64_t stored_bytes; /* total_size of the safetensors index; 0: unknown */
};

enum { SIZING_TENSORS = 5 };

struct sizing_unit {
        int64_t tensor;       /* parallelism: 1, 2, 4, 8, 16 */
        int64_t memory_bytes; /* of one unit */
};

struct sizing {
        int64_t context, concurrency;
        enum sizing_precision precision; /* never as stored */
        bool is_quantized;               /* the checkpoint is, so that nothing is to be said */
        int64_t weights, kv_cache, overhead;
        int64_t kv_cache_per_token; /* of one sequence while it is short; the layers that grow */
        struct sizing_unit units[SIZING_TENSORS];
        size_t n_units; /* only what divides the heads */
};

/* sizing_precision_from() - by its name: "fp8", "awq"; false: unknown. */
bool sizing_precision_from(struct text word, enum sizing_precision *ret);

/* sizing_precision_name() - "bf16"; what a pool's precisionSupport has to list for it. */
struct text sizing_precision_name(enum sizing_precision precision);

/*
 * sizing_check() - can the weights be counted as they are stored?
 *
 * Errors: -EINVAL  a quantization that is not known, and nothing else says how large they are
 */
int sizing_check(const struct sizing_task *task, const struct architecture *a, struct fault *fault);

/* sizing_compute() - all of it; of what sizing_check() has passed. */
struct sizing sizing_compute(const struct sizing_task *task);

/*
 * sizing_slice() - the slice of least memory that holds it, of one generation or of any
 * @ret: its product
 *
 * Counts what slices really have; one that was never seen in a listing with 96 % of
 * its name. Profiles with attributes are passed over. Returns NULL when there is none.
 */
const struct gpu_profile *sizing_slice(int64_t bytes, const struct gpu_generation *generation,
                                       const struct gpu_product **ret);

/* sizing_gpu() - the GPU of NVIDIA's, Ampere or newer, of least memory that holds it; or NULL. */
const struct gpu_product *sizing_gpu(int64_t bytes, const struct gpu_generation *generation);

#endif
