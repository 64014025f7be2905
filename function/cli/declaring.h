/* SPDX-License-Identifier: Apache-2.0 */
/*
 * declaring - the pools that a group of nodes is declared as
 *
 * One where one pool can say all that a node offers; one for each resource where its GPUs
 * are divided unlike.
 */
#ifndef CLI_DECLARING_H
#define CLI_DECLARING_H

#include "cli/grouping.h"

enum { DECLARED_SLICES_MAX = 16 };

struct declared {
        const struct group *group;
        struct text name;
        int64_t gpus; /* acceleratorCount */
        struct {
                struct text profile;
                int64_t per_gpu;
        } layout[DECLARED_SLICES_MAX]; /* migConfiguration.layout */
        size_t n_layout;
        struct text profile;    /* migConfiguration.profile; empty: none */
        int64_t slices_per_gpu; /* 0: as the catalogue says */
        int64_t memory_bytes;   /* memoryPerGpu; 0: as the catalogue or the profile says */
        bool guesses_memory;    /* nothing says how much a unit has: memory_bytes is little */
        struct offered as;      /* sharing, strategy, resource name; of a layout, of all */
        const char *note;       /* NULL: none */
};

/*
 * declaring_pools() - the pools of all groups that a label tells apart
 * @ret: set on success; names are unique
 *
 * Errors: -ENOMEM
 */
int declaring_pools(const struct groups *groups, struct arena *arena, struct declared **ret,
                    size_t *ret_n);

#endif
