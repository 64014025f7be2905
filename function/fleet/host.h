/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host - a real Node, as a pool's pods meet it: its labels, taints and GPUs
 *
 * Called a host, because a node of wire/node.h is a value.
 */
#ifndef FLEET_HOST_H
#define FLEET_HOST_H

#include "wire/value.h"

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
        struct value allocatable;        /* as it is written */
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

/*
 * host_read() - a Node
 * @object: its labels and what it allocates are borrowed
 *
 * Never fails on what is written: a count that cannot be read is none, one that is too
 * large counts as the largest.
 *
 * Errors: -ENOMEM
 */
int host_read(struct value object, struct arena *arena, struct host *ret);

/* host_add() - a resource more, or more of it; host_sort() is for afterwards. */
void host_add(struct host *host, struct text name, int64_t count, struct arena *arena);

/* host_sort() - by name: the nodes, and the resources of each. */
void host_sort(struct hosts *hosts);

/* host_find() - the node of that name among sorted ones, or NULL. */
struct host *host_find(const struct hosts *hosts, struct text name);

/* host_number() - a quantity as Kubernetes writes it, or a number, in whole; 0 where it is neither.
 */
int64_t host_number(struct value written);

/* host_is_usable() - is it Ready, and not cordoned? */
bool host_is_usable(const struct host *host);

/* host_label() - the value of a label; empty: there is none. */
struct text host_label(const struct host *host, const char *key);

/* host_label_of() - the label, or NULL. */
const struct value_member *host_label_of(const struct host *host, struct text key);

/* host_count() - a label that is a whole number; 0 where it is not. */
int64_t host_count(const struct host *host, const char *key);

#endif
