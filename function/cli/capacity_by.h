/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_by - who holds the units of a fleet
 */
#ifndef CLI_CAPACITY_BY_H
#define CLI_CAPACITY_BY_H

#include "cli/capacity_report.h"

enum capacity_by {
        CAPACITY_BY_POOL,
        CAPACITY_BY_DEPLOYMENT,
        CAPACITY_BY_NAMESPACE,
        CAPACITY_BY_MODEL
};

/* Units of one sub-pool. */
struct capacity_held {
        struct text environment, pool, mig_profile;
        int64_t units;
};

struct capacity_holder {
        struct text
                name; /* "team-a/chat", "team-a"; a Model has its namespace, a ClusterModel none */
        int64_t units;
        struct capacity_held *pools; /* by environment, pool and MIG profile */
        size_t n_pools;
};

/* capacity_by_word() - the word after --by. Errors: -EINVAL  none of the three */
int capacity_by_word(const char *word, enum capacity_by *ret, struct fault *fault);

/*
 * capacity_by_read() - the holders, those of most units first
 * @ret: set on success; lives in the arena
 *
 * Errors: -ENOMEM
 */
int capacity_by_read(const struct capacity *fleet, size_t n, enum capacity_by by,
                     struct arena *arena, struct capacity_holder **ret, size_t *ret_n);

/* capacity_by_table() - append them as a table. Errors: -ENOMEM */
int capacity_by_table(const struct capacity_holder *holders, size_t n, enum capacity_by by,
                      size_t width, struct arena *arena, struct builder *b);

/* capacity_by_node() - [{deployment|namespace|model, units, pools: [{environment, pool, migProfile,
 * units}]}] */
struct node *capacity_by_node(const struct capacity_holder *holders, size_t n, enum capacity_by by,
                              struct arena *arena);

#endif
