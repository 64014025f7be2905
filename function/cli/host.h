/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host - real Nodes, as kubectl prints them
 *
 * Called hosts, because a node of wire/node.h is a value.
 */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "yaml/read.h"

/* What a node allocates of GPUs: more than none. */
struct host_resource {
        struct text name; /* "nvidia.com/gpu"; of DRA the MIG profile, empty for whole GPUs */
        int64_t count;
};

struct host {
        struct text name;
        struct value_member *labels; /* sorted by key */
        size_t n_labels;
        struct value taints;
        bool is_ready;                   /* its Ready condition is True, or it has none */
        bool is_cordoned;                /* spec.unschedulable */
        struct host_resource *resources; /* sorted by name */
        uint32_t n_resources, cap_resources;
        bool by_dra;             /* they are devices of ResourceSlices */
        struct text dra_product; /* "NVIDIA H100 80GB HBM3" */
        int64_t dra_bytes;       /* memory of one whole GPU; 0: not known */
};

struct hosts {
        struct host *items; /* by name */
        size_t n;
};

/* host_read_file() - the objects of files of Nodes, without what is never looked at. Errors: as
 * files_objects() */
int host_read_file(const char *path, struct arena *arena, struct objects *objects,
                   struct fault *fault);

/*
 * host_read() - the Nodes among objects, with the devices of NVIDIA's DRA driver
 * @ret: set on success; borrows from objects
 *
 * What a device plugin offers counts; ResourceSlices count for nodes without one.
 *
 * Errors: -ENOMEM
 */
int host_read(const struct objects *objects, struct arena *arena, struct hosts *ret);

/* host_read_nodes() - those of the file of --nodes. Errors: as both above; -EINVAL: it has none */
int host_read_nodes(const char *path, struct arena *arena, struct hosts *ret, struct fault *fault);

/* host_label() - the value of a label; empty: there is none. */
struct text host_label(const struct host *host, const char *key);

/* host_label_of() - the label, or NULL. */
const struct value_member *host_label_of(const struct host *host, struct text key);

/* host_count() - a label that is a whole number; 0 where it is not. */
int64_t host_count(const struct host *host, const char *key);

/* host_offers() - how many of a resource; 0: none. */
int64_t host_offers(const struct host *host, struct text resource);

#endif
