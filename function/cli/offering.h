/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offering - what the labels and resources of a node say of its GPUs
 */
#ifndef CLI_OFFERING_H
#define CLI_OFFERING_H

#include "fleet/host.h"
#include "gpu/catalog.h"

struct offering {
        struct text accelerator;           /* as a pool declares it; empty: nothing says */
        const struct gpu_product *product; /* NULL: not in the catalogue */
        int64_t gpus;                      /* physical ones of the node; 0: nothing says */
        int64_t card_mib;                  /* memory of a GPU as a label has it; 0: none has */
        struct text profile; /* of slices that are offered as whole GPUs; else empty */
};

/* offering_of() - of a node that offers GPUs. */
struct offering offering_of(const struct host *host, struct arena *arena);

/* A resource of a node, taken apart. */
struct offered {
        struct text profile; /* MIG, as NVIDIA writes it; empty: whole GPUs */
        int64_t count;       /* units of one node */
        int64_t replicas;    /* shares of each GPU or slice; 1: none */
        bool mps;
        bool renamed; /* its name ends in .shared */
        bool single;  /* slices under the name of whole GPUs */
        bool foreign; /* of another vendor, or a name of its own */
        struct text resource;
        const char *guess; /* what nothing says for certain; NULL: nothing is guessed */
};

/* offering_take_apart() - the i-th resource of a node. */
struct offered offering_take_apart(const struct host *host, const struct offering *offering,
                                   uint32_t i, struct arena *arena);

/*
 * offering_signature() - a text that is equal for nodes that one pool can stand for
 *
 * What they offer, of which GPUs, and their taints.
 */
struct text offering_signature(const struct host *host, struct arena *arena);

#endif
