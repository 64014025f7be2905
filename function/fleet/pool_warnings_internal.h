/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_warnings_internal - what the sentences of pool_warnings.c and pool_labels.c are made of
 */
#ifndef FLEET_POOL_WARNINGS_INTERNAL_H
#define FLEET_POOL_WARNINGS_INTERNAL_H

#include "fleet/selection.h"

/* A pool that is looked at. */
struct pool_notes {
        struct pool *pool;
        const struct selection *selection;
        struct arena *arena;
};

/* pool_labels_contradict() - what the selected labels say otherwise than the pool declares. */
void pool_labels_contradict(const struct pool_notes *notes);

#endif
