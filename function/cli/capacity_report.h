/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_report - the environments among objects, with their units
 */
#ifndef CLI_CAPACITY_REPORT_H
#define CLI_CAPACITY_REPORT_H

#include "cli/hosts.h"
#include "cli/input.h"
#include "inventory/usage.h"
#include "wire/response.h"

struct capacity_units {
        int64_t total, used, free_units;
};

/* A pod that runs for a reservation (capacity_pods.h). */
struct capacity_pod {
        struct text namespace_, service, node;
        const struct reservation *reservation;
};

struct capacity {
        struct environment environment;
        struct usage_list used;
        struct capacity_units sum;        /* of used */
        struct reservation *reservations; /* of this environment, that count */
        size_t n_reservations;
        struct capacity_pod *pods; /* NULL: none were given */
        size_t n_pods;
        int64_t *running;         /* nodes, of each of used: as declared, or real ones */
        struct text *differences; /* between pools and real nodes, each with its pool */
        uint32_t n_differences, cap_differences;
        struct condition condition; /* CapacityValid */
        const struct input *input;  /* that it is counted with; NULL: one without members */
};

/*
 * capacity_read() - the environments among objects, by name, with the reservations among them
 * @inputs: counts as the function does that has them; as one without when there is none
 * @ret:    set on success; lives in the arena and borrows from objects and inputs
 *
 * Errors: -EINVAL  two environments have one name, or nothing says which input counts
 *         -ENOMEM
 */
int capacity_read(const struct objects *objects, const struct inputs *inputs, struct arena *arena,
                  struct capacity **ret, size_t *ret_n, struct fault *fault);

/* capacity_sum() - the units of all environments, capped at 2^63-1. */
struct capacity_units capacity_sum(const struct capacity *fleet, size_t n);

/* capacity_has_resource() - can these units be asked for, by sub_pool->resource_name? */
static inline bool capacity_has_resource(const struct usage *used) {
        return used->sub_pool && text_is_empty(used->sub_pool->invalid);
}

/*
 * capacity_observe() - count the real nodes as running, and say where they differ
 *
 * Of several environments only those of the source InCluster. Errors: -ENOMEM
 */
int capacity_observe(struct capacity *fleet, size_t n, const struct hosts *hosts,
                     struct arena *arena);

#endif
