/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selection - which nodes a pool's pods may run on
 *
 * What a pool selects is its nodeSelector and the required node affinity together, since
 * Kubernetes wants both. Of an affinity with one term each `In` counts, with its set of
 * values. From other operators, and from several terms, of which one is enough, nothing is
 * concluded but that the pool is pinned.
 */
#ifndef FLEET_SELECTION_H
#define FLEET_SELECTION_H

#include "fleet/pool.h"

/* Nodes have one of the values under the key. None: no node has. */
struct selection_label {
        struct text key;
        struct text *values; /* sorted, each once */
        size_t n_values;
};

struct selection {
        struct selection_label *labels; /* sorted by key, each once */
        size_t n_labels;
        struct value rest; /* the required affinity, if it says more than labels show; or absent */
        bool is_pinned;    /* not every node is selected */
};

/* selection_read() - Errors: -ENOMEM */
int selection_read(const struct pool *pool, struct arena *arena, struct selection *ret);

/* selection_find() - the label of that key, or NULL. */
const struct selection_label *selection_find(const struct selection *selection, struct text key);

/* selection_only() - the one value that nodes have under the key; empty: there may be several. */
struct text selection_only(const struct selection *selection, struct text key);

/* selection_excludes() - can no node be selected by both? A key is common, and no value of it. */
bool selection_excludes(const struct selection *a, const struct selection *b);

/* selection_equal() - do both select the same nodes, as far as that can be seen? */
bool selection_equal(const struct selection *a, const struct selection *b, struct arena *arena);

/* selection_strategy() - what the selected labels say of the device plugin's strategy, and where
 * they are silent the cluster: mig.strategy, a product label with "-MIG-", then any sign of GKE. */
enum strategy selection_strategy(const struct pool *pool);

#endif
