/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/generation.h"

#include "base/count.h"

/* clang-format off */

/*
 * Source: NVIDIA, TensorRT support matrix (hardware and precision) and its edition for
 * RTX; Transformer Engine, datatype and hardware support matrix (FP8 from Ada on,
 * MXFP8 on Blackwell of data centres, NVFP4 on all of Blackwell). int4 is what
 * TensorRT multiplies with weights of four bits.
 */
static const struct text gp100_precisions[] = { TEXT_INIT("fp32"), TEXT_INIT("fp16") };
static const struct text pascal_precisions[] = { TEXT_INIT("fp32"), TEXT_INIT("int8") };
static const struct text volta_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("fp16"), TEXT_INIT("int8"),
};
static const struct text turing_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("fp16"), TEXT_INIT("int8"), TEXT_INIT("int4"),
};
static const struct text ampere_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("tf32"), TEXT_INIT("bf16"), TEXT_INIT("fp16"),
        TEXT_INIT("int8"), TEXT_INIT("int4"),
};
static const struct text ada_precisions[] = { /* and Hopper's */
        TEXT_INIT("fp32"), TEXT_INIT("tf32"), TEXT_INIT("bf16"), TEXT_INIT("fp16"),
        TEXT_INIT("fp8"),  TEXT_INIT("int8"), TEXT_INIT("int4"),
};
static const struct text blackwell_precisions[] = {
        TEXT_INIT("fp32"),  TEXT_INIT("tf32"),  TEXT_INIT("bf16"), TEXT_INIT("fp16"),
        TEXT_INIT("fp8"),   TEXT_INIT("mxfp8"), TEXT_INIT("fp6"),  TEXT_INIT("fp4"),
        TEXT_INIT("nvfp4"), TEXT_INIT("mxfp4"), TEXT_INIT("int8"), TEXT_INIT("int4"),
};
static const struct text blackwell_rtx_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("tf32"), TEXT_INIT("bf16"),  TEXT_INIT("fp16"),
        TEXT_INIT("fp8"),  TEXT_INIT("fp6"),  TEXT_INIT("fp4"),   TEXT_INIT("nvfp4"),
        TEXT_INIT("mxfp4"), TEXT_INIT("int8"), TEXT_INIT("int4"),
};

/*
 * Source: AMD, ROCm documentation, Data types and precision support, and the white
 * papers of CDNA 3 and CDNA 4. The fp8 of CDNA 3 is the variant without infinities.
 */
static const struct text cdna2_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("bf16"), TEXT_INIT("fp16"), TEXT_INIT("int8"),
};
static const struct text cdna3_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("tf32"), TEXT_INIT("bf16"), TEXT_INIT("fp16"),
        TEXT_INIT("fp8"),  TEXT_INIT("int8"),
};
static const struct text cdna4_precisions[] = {
        TEXT_INIT("fp32"),  TEXT_INIT("bf16"), TEXT_INIT("fp16"), TEXT_INIT("fp8"),
        TEXT_INIT("mxfp8"), TEXT_INIT("fp6"),  TEXT_INIT("fp4"),  TEXT_INIT("mxfp4"),
        TEXT_INIT("int8"),
};

/* Source: Intel, Gaudi documentation, Gaudi Architecture (Gaudi 2 and Gaudi 3). */
static const struct text gaudi_precisions[] = {
        TEXT_INIT("fp32"), TEXT_INIT("tf32"), TEXT_INIT("bf16"), TEXT_INIT("fp16"),
        TEXT_INIT("fp8"),
};

/*
 * Source: NVIDIA, Multi-Process Service, Limitations: 16 clients before Volta, 48 from
 * Volta on (60 where the driver is of CUDA 13.1 or later).
 */
enum { CLIENTS_BEFORE_VOLTA = 16, CLIENTS = 48 };

#define LIST(name) name##_precisions, COUNT_OF(name##_precisions)
#define NVIDIA     TEXT_INIT("NVIDIA"), TEXT_INIT("nvidia.com/gpu")
#define AMD        TEXT_INIT("AMD"), TEXT_INIT("amd.com/gpu")
#define INTEL      TEXT_INIT("Intel"), TEXT_INIT("habana.ai/gaudi")

const struct gpu_generation
        generation_pascal_gp100  = { NVIDIA, LIST(gp100), CLIENTS_BEFORE_VOLTA },
        generation_pascal        = { NVIDIA, LIST(pascal), CLIENTS_BEFORE_VOLTA },
        generation_volta         = { NVIDIA, LIST(volta), CLIENTS },
        generation_turing        = { NVIDIA, LIST(turing), CLIENTS },
        generation_ampere        = { NVIDIA, LIST(ampere), CLIENTS },
        generation_ada           = { NVIDIA, LIST(ada), CLIENTS },
        generation_hopper        = { NVIDIA, LIST(ada), CLIENTS },
        generation_blackwell     = { NVIDIA, LIST(blackwell), CLIENTS },
        generation_blackwell_rtx = { NVIDIA, LIST(blackwell_rtx), CLIENTS },
        generation_cdna2         = { AMD, LIST(cdna2), 0 },
        generation_cdna3         = { AMD, LIST(cdna3), 0 },
        generation_cdna4         = { AMD, LIST(cdna4), 0 },
        generation_gaudi         = { INTEL, LIST(gaudi), 0 };

/* clang-format on */
