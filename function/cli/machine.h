/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine - real Nodes, as kubectl prints them
 *
 * Called machines, because a node of wire/node.h is a value.
 */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include "yaml/read.h"

/* What a node allocates of GPUs: more than none. */
struct machine_resource {
        struct text name; /* "nvidia.com/gpu"; of DRA the MIG profile, empty for whole GPUs */
        int64_t count;
};

struct machine {
        struct text name;
        struct value_member *labels; /* sorted by key */
        size_t n_labels;
        struct value taints;
        bool is_ready;                      /* its Ready condition is True, or it has none */
        bool is_cordoned;                   /* spec.unschedulable */
        struct machine_resource *resources; /* sorted by name */
        uint32_t n_resources, cap_resources;
        bool by_dra;             /* they are devices of ResourceSlices */
        struct text dra_product; /* "NVIDIA H100 80GB HBM3" */
        int64_t dra_bytes;       /* memory of one whole GPU; 0: not known */
};

struct machines {
        struct machine *items; /* by name */
        size_t n;
};

/* machine_read_files() - the objects of files of Nodes, without what is never looked at. Errors: as
 * files_objects() */
int machine_read_file(const char *path, struct arena *arena, struct objects *objects,
                      struct fault *fault);

/*
 * machine_read() - the Nodes among objects, with the devices of NVIDIA's DRA driver
 * @ret: set on success; borrows from objects
 *
 * What a device plugin offers counts; ResourceSlices count for nodes without one.
 *
 * Errors: -ENOMEM
 */
int machine_read(const struct objects *objects, struct arena *arena, struct machines *ret);

/* machine_label() - the value of a label; empty: there is none. */
struct text machine_label(const struct machine *machine, const char *key);

/* machine_label_of() - the label, or NULL. */
const struct value_member *machine_label_of(const struct machine *machine, struct text key);

/* machine_count() - a label that is a whole number; 0 where it is not. */
int64_t machine_count(const struct machine *machine, const char *key);

/* machine_offers() - how many of a resource; 0: none. */
int64_t machine_offers(const struct machine *machine, struct text resource);

#endif
