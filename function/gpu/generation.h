/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generation - what all GPUs of one architecture have in common
 *
 * Who makes them, which resource their device plugin offers, and which number
 * formats their matrix units compute in, as the maker documents it.
 */
#ifndef GPU_GENERATION_H
#define GPU_GENERATION_H

#include "base/text.h"

struct gpu_generation {
        struct text maker;             /* "NVIDIA" */
        struct text resource;          /* "nvidia.com/gpu": a whole GPU */
        const struct text *precisions; /* in small letters, widest first */
        size_t n_precisions;
        int32_t mps_clients; /* most clients of MPS on one GPU; 0: there is no MPS */
};

extern const struct gpu_generation generation_pascal_gp100, generation_pascal, generation_volta,
        generation_turing, generation_ampere, generation_ada, generation_hopper,
        generation_blackwell, generation_blackwell_rtx, generation_cdna2, generation_cdna3,
        generation_cdna4, generation_gaudi;

#endif
