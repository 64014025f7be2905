/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/sizing.h"

#include <errno.h>

#include "base/count.h"
#include "base/quantity.h"
#include "gpu/profile.h"

#define GIB (INT64_C(1) << 30)
#define MIB (INT64_C(1) << 20)

enum { CONTEXT_DEFAULT = 32768, CONCURRENCY_DEFAULT = 16 };

/* Source: vLLM, EngineArgs.get_batch_defaults(): tokens that one step may hold. */
enum { BATCH_TOKENS = 8192 };

/*
 * Bytes of the sampler for each word of the vocabulary and each sequence: logits, their sorted
 * copy with indices, probabilities, masks. Source: the peak of vLLM's profiling run over
 * max_num_seqs x vocabulary, 38.4 to 38.9 in seven logs (docs/models.md).
 */
enum { SAMPLER_BYTES = 39 };

/* Source: vLLM, gpu_memory_utilization: the part of a GPU that is used. */
enum { USED_PERCENT = 90 };

/* The engine's own buffers, NCCL's and captured graphs: up to 1.4 GiB in logs, 0.6 in most. */
#define ENGINE_BYTES (768 * MIB)

/* Per million weights: bits with the scales of their groups, times 1000. */
static const struct {
        struct text name;
        int64_t millibits;
} precisions[] = {
        [SIZING_AS_STORED] = { TEXT_INIT(""), 16000 }, [SIZING_FP32] = { TEXT_INIT("fp32"), 32000 },
        [SIZING_BF16] = { TEXT_INIT("bf16"), 16000 },  [SIZING_FP16] = { TEXT_INIT("fp16"), 16000 },
        [SIZING_FP8] = { TEXT_INIT("fp8"), 8002 },     /* 32 bits for 128 x 128 */
        [SIZING_INT8] = { TEXT_INIT("int8"), 8004 },   /* 16 bits a row */
        [SIZING_INT4] = { TEXT_INIT("int4"), 4156 },   /* 16 + 4 bits for 128 */
        [SIZING_NVFP4] = { TEXT_INIT("nvfp4"), 4500 }, /* 8 bits for 16 */
        [SIZING_MXFP4] = { TEXT_INIT("mxfp4"), 4250 }, /* 8 bits for 32 */
};

bool sizing_precision_from(struct text word, enum sizing_precision *ret) {
        static const struct {
                struct text word;
                enum sizing_precision precision;
        } others[] = {
                { TEXT_INIT("bfloat16"), SIZING_BF16 }, { TEXT_INIT("float16"), SIZING_FP16 },
                { TEXT_INIT("float32"), SIZING_FP32 },  { TEXT_INIT("awq"), SIZING_INT4 },
                { TEXT_INIT("gptq"), SIZING_INT4 },
        };

        for (size_t i = SIZING_FP32; i < COUNT_OF(precisions); i++) {
                if (text_equal_fold(word, precisions[i].name)) {
                        *ret = (enum sizing_precision)i;
                        return true;
                }
        }
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                if (text_equal_fold(word, others[i].word)) {
                        *ret = others[i].precision;
                        return true;
                }
        }
        return false;
}

struct text sizing_precision_name(enum sizing_precision precision) {
        return precisions[precision].name;
}

/* ---- how the checkpoint is stored ------------------------------------------------------------ */

/* The first number called key, at any depth: formats nest it differently. */
static int64_t find_number(struct value v, struct text key, int depth) {
        struct value_iter it = value_iterate(v);
        struct value each;
        struct text name;
        int64_t n;

        while (depth > 0 && value_next(&it, &name, &each)) {
                if (text_equal(name, key) && value_is_integer(each, &n))
                        return n;
                n = find_number(each, key, depth - 1);
                if (n > 0)
                        return n;
        }
        return 0;
}

static bool mentions(struct value v, struct text word, int depth) {
        struct value_iter it = value_iterate(v);
        struct value each;

        if (v.kind == VALUE_STRING)
                return text_contains(value_bytes(v), word);
        while (depth > 0 && value_next(&it, NULL, &each)) {
                if (mentions(each, word, depth - 1))
                        return true;
        }
        return false;
}

enum { NESTED = 5 };

/* Bits that no kernel of vLLM's has are not known: 2 and 3 are packed in ways of their own. */
static bool by_bits(struct value q, enum sizing_precision *ret) {
        int64_t bits = find_number(q, TEXT("bits"), NESTED);
        bool is_float = mentions(value_get(q, TEXT("config_groups")), TEXT("float"), NESTED);

        if (bits == 0)
                bits = find_number(q, TEXT("num_bits"), NESTED);
        if (bits == 0)
                bits = find_number(q, TEXT("w_bit"), NESTED);
        if (bits != 4 && bits != 8)
                return false;
        if (bits == 4)
                *ret = is_float ? SIZING_NVFP4 : SIZING_INT4;
        else
                *ret = is_float ? SIZING_FP8 : SIZING_INT8;
        return true;
}

/* By the method's name alone; false: it does not say. */
static bool by_method(struct value q, enum sizing_precision *ret) {
        struct text method = value_get_text(q, "quant_method");
        struct text algorithm = value_get_text(q, "quant_algo");

        if (text_equal(method, TEXT("mxfp4")))
                *ret = SIZING_MXFP4;
        else if (text_equal(algorithm, TEXT("NVFP4")) ||
                 mentions(value_get(q, TEXT("format")), TEXT("nvfp4"), NESTED))
                *ret = SIZING_NVFP4;
        else if (text_contains(method, TEXT("fp8")) || text_equal(algorithm, TEXT("FP8")))
                *ret = SIZING_FP8;
        else if (text_contains(method, TEXT("bitsandbytes")))
                *ret = value_is_true(value_get(q, TEXT("load_in_4bit"))) ? SIZING_INT4
                                                                         : SIZING_INT8;
        else
                return false;
        return true;
}

/* false: the checkpoint is quantized in a way that is not known. */
static bool stored_as(const struct architecture *a, enum sizing_precision *ret) {
        struct value q = a->quantization;
        bool has_bits = find_number(q, TEXT("bits"), NESTED) > 0 ||
                        find_number(q, TEXT("num_bits"), NESTED) > 0;

        *ret = SIZING_BF16;
        sizing_precision_from(a->dtype, ret);
        if (*ret == SIZING_FP32) /* vLLM loads it in 16 bits */
                *ret = SIZING_BF16;
        if (q.kind != VALUE_MAP || by_method(q, ret) || by_bits(q, ret))
                return true;
        if (has_bits)
                return false;
        *ret = SIZING_INT4;
        return mentions(value_get(q, TEXT("quant_method")), TEXT("awq"), 1) ||
               mentions(value_get(q, TEXT("quant_method")), TEXT("gptq"), 1);
}

/* Which modules the quantizer passed over: all that a word names, not those of one layer. */
static bool passes_over(const struct architecture *a, struct text word) {
        static const struct text keys[] = { TEXT_INIT("modules_to_not_convert"),
                                            TEXT_INIT("ignore"), TEXT_INIT("ignored_layers"),
                                            TEXT_INIT("exclude_modules") };

        for (size_t i = 0; i < COUNT_OF(keys); i++) {
                struct value_iter it = value_iterate(value_get(a->quantization, keys[i]));
                struct value each;
                int64_t n = 0;

                while (value_next(&it, NULL, &each)) {
                        struct text name = value_text(each);

                        if (!text_contains(name, word))
                                continue;
                        if (text_contains(name, TEXT("*")) || !text_contains(name, TEXT(".0."))) {
                                /* A name of one layer has its number in it. */
                                bool has_digit = false;

                                for (size_t k = 0; k < name.len; k++)
                                        has_digit |= name.data[k] >= '0' && name.data[k] <= '9';
                                if (!has_digit)
                                        return true;
                        }
                        n++;
                }
                if (n >= a->layers)
                        return true;
        }
        return false;
}

/* ---- terms ----------------------------------------------------------------------------------- */

static int64_t bytes_of(int64_t weights, enum sizing_precision precision) {
        return (int64_t)((int128)weights * precisions[precision].millibits / 8000);
}

/* Weights of 4 bits have a scale and a zero for each group, which the checkpoint names. */
static int64_t bytes_stored(const struct architecture *a, int64_t weights,
                            enum sizing_precision precision) {
        int64_t group = find_number(a->quantization, TEXT("group_size"), NESTED);

        if (precision != SIZING_INT4 || group < 1 || group > 4096)
                return bytes_of(weights, precision);
        return (int64_t)((int128)weights * (4000 + 20000 / group) / 8000);
}

static int64_t weights_of(const struct sizing_task *task, enum sizing_precision precision,
                          bool is_stored) {
        const struct architecture *a = task->architecture;
        const struct architecture_parameters *p = &a->parameters;
        enum sizing_precision rest = precision == SIZING_FP32 ? SIZING_FP32 : SIZING_BF16;
        bool only_experts = precision == SIZING_MXFP4 && p->experts > 0;
        enum sizing_precision attention = precision, dense = precision;

        if (is_stored && task->stored_bytes > 0)
                return task->stored_bytes;
        if (only_experts ||
            (is_stored && (passes_over(a, TEXT("self_attn")) || passes_over(a, TEXT("mixer")))))
                attention = rest;
        if (only_experts || (is_stored && passes_over(a, TEXT("shared_expert"))))
                dense = rest;
        if (is_stored)
                return bytes_stored(a, p->attention, attention) + bytes_stored(a, p->dense, dense) +
                       bytes_stored(a, p->experts, precision) +
                       bytes_of(p->other + p->vision, rest);
        return bytes_of(p->attention, attention) + bytes_of(p->dense, dense) +
               bytes_of(p->experts, precision) + bytes_of(p->other + p->vision, rest);
}

static int64_t cache_bytes(const struct architecture *a) {
        struct value q = a->quantization;
        struct value scheme = value_get(q, TEXT("kv_cache_scheme"));

        if (scheme.kind == VALUE_MAP ||
            mentions(value_get(q, TEXT("kv_cache_quant_algo")), TEXT("FP8"), NESTED))
                return 1;
        return 2;
}

static int64_t cache_of(const struct architecture *a, int64_t context, int64_t sequences) {
        int64_t window = a->window > 0 && a->window < context ? a->window : context;
        int128 tokens = (int128)a->full_layers * context + (int128)a->sliding_layers * window;
        int128 states = (int128)a->state_layers *
                        (a->state_numbers * (a->wide_state ? 4 : 2) + a->conv_numbers * 2);
        int128 bytes = sequences * (tokens * a->cached_per_token * cache_bytes(a) + states);

        return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

/* A step computes layers, then samples: its peak is the larger of the two. */
static int64_t overhead_of(const struct architecture *a, int64_t sequences) {
        int64_t activations = BATCH_TOKENS * (4 * a->hidden + 2 * a->intermediate) * 2;
        int64_t sampler = a->is_encoder ? 0 : sequences * a->vocab * SAMPLER_BYTES;

        return ENGINE_BYTES + (sampler > activations ? sampler : activations);
}

/* Keys and values are shared out by heads: where there are fewer, some units have the same. */
static int64_t cache_share(const struct architecture *a, int64_t cache, int64_t tensor) {
        int64_t parts = tensor;

        if (a->is_latent)
                return cache;
        if (a->full_layers + a->sliding_layers > 0 && a->kv_heads < tensor)
                parts = a->kv_heads;
        return cache / parts + (cache % parts > 0);
}

static void find_units(const struct architecture *a, struct sizing *s) {
        for (int64_t tensor = 1; tensor <= 1 << (SIZING_TENSORS - 1); tensor *= 2) {
                int128 bytes = (int128)s->weights / tensor + cache_share(a, s->kv_cache, tensor) +
                               s->overhead;

                if (a->heads % tensor != 0 && tensor > 1)
                        break;
                bytes = bytes * 100 / USED_PERCENT;
                bytes = (bytes + MIB - 1) / MIB * MIB;
                s->units[s->n_units++] = (struct sizing_unit) {
                        .tensor = tensor,
                        .memory_bytes = bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes,
                };
        }
}

int sizing_check(const struct sizing_task *task, const struct architecture *a,
                 struct fault *fault) {
        struct text method = value_get_text(a->quantization, "quant_method");
        enum sizing_precision stored;

        if (stored_as(a, &stored) || task->precision != SIZING_AS_STORED || task->stored_bytes > 0)
                return 0;
        fault_at(fault, "quantization_config",
                 "\"%.*s\" is not known with %lld bits: give the model.safetensors.index.json too, "
                 "or --precision",
                 TEXT_ARG(text_shown(method, 60)),
                 (long long)find_number(a->quantization, TEXT("bits"), NESTED));
        return -EINVAL;
}

struct sizing sizing_compute(const struct sizing_task *task) {
        const struct architecture *a = task->architecture;
        struct sizing s = { .context = task->context, .concurrency = task->concurrency };
        enum sizing_precision stored;

        stored_as(a, &stored);
        if (s.context == 0)
                s.context = a->positions > 0 && a->positions < CONTEXT_DEFAULT ? a->positions
                                                                               : CONTEXT_DEFAULT;
        if (s.concurrency == 0)
                s.concurrency = CONCURRENCY_DEFAULT;
        s.precision = task->precision == SIZING_AS_STORED ? stored : task->precision;
        s.is_quantized = s.precision == stored;
        s.weights = weights_of(task, s.precision, s.is_quantized);
        s.kv_cache = cache_of(a, s.context, s.concurrency);
        s.kv_cache_per_token =
                (a->full_layers + a->sliding_layers) * a->cached_per_token * cache_bytes(a);
        s.overhead = overhead_of(a, s.concurrency);
        find_units(a, &s);
        return s;
}

/* ---- what holds it --------------------------------------------------------------------------- */

/* Of any generation: one that an engine of today runs on, which computes in bf16. */
static bool is_of(const struct gpu_product *product, const struct gpu_generation *generation) {
        const struct gpu_generation *own = product->generation;
        bool is_new = false;

        if (!text_equal(own->maker, TEXT("NVIDIA")) || (generation && own != generation))
                return false;
        for (size_t i = 0; i < own->n_precisions; i++)
                is_new |= text_equal(own->precisions[i], TEXT("bf16"));
        return is_new;
}

const struct gpu_profile *sizing_slice(int64_t bytes, const struct gpu_generation *generation,
                                       const struct gpu_product **ret) {
        const struct gpu_profile *least = NULL;
        const struct gpu_product *product;
        int64_t least_bytes = INT64_MAX;

        for (size_t i = 0; (product = catalog_product(i)); i++) {
                for (size_t k = 0; k < product->n_profiles && is_of(product, generation); k++) {
                        const struct gpu_profile *profile = &product->profiles[k];
                        struct profile_name name;
                        int64_t real = profile->memory_mib * MIB;

                        if (!profile_parse(profile->name, &name) ||
                            !text_is_empty(name.attributes) ||
                            profile->compute_slices == product->compute_slices)
                                continue;
                        if (real == 0)
                                real = name.memory_gib * GIB / 100 * 96;
                        if (real < bytes || real >= least_bytes)
                                continue;
                        least = profile;
                        least_bytes = real;
                        *ret = product;
                }
        }
        return least;
}

const struct gpu_product *sizing_gpu(int64_t bytes, const struct gpu_generation *generation) {
        const struct gpu_product *product, *least = NULL;
        int64_t least_bytes = INT64_MAX;

        for (size_t i = 0; (product = catalog_product(i)); i++) {
                int64_t real = product->reported_mib > 0 ? product->reported_mib * MIB
                                                         : product->memory_gib * GIB;

                if (!is_of(product, generation) || real < bytes || real >= least_bytes)
                        continue;
                least = product;
                least_bytes = real;
        }
        return least;
}
