/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes - the real Nodes of an environment's pools, asked for, counted and let go
 *
 *      nodes-<pool>     Nodes with the labels of the pool's selector
 *
 * Each kubelet writes its Node every five minutes, and each such write would wake the
 * environment. So the answer that has counted them asks for no Node any more: the counts
 * stand in the pipeline's context, for the next call of the same reconcile.
 */
#ifndef INVENTORY_NODES_H
#define INVENTORY_NODES_H

#include "fleet/environment.h"
#include "wire/response.h"

#define NODES_CONTEXT_KEY "gpuplacement.fn.crossplane.io/nodes"

struct nodes_of {
        const struct request *request;
        struct environment *environment;
        const struct settings *settings;
        struct value xr;
        struct arena *arena;
};

/*
 * nodes_recall() - take over what an earlier call of this reconcile counted
 *
 * Returns whether it did: counts of another composite, or that cannot be read, are none.
 */
bool nodes_recall(const struct nodes_of *of);

/* nodes_ask() - require the Nodes of each pool. Errors: -ENOMEM */
int nodes_ask(const struct nodes_of *of, struct response *response);

/* nodes_are_there() - has each of these keys an answer? */
bool nodes_are_there(const struct nodes_of *of);

/*
 * nodes_count() - set `observed` and `drift` of the sub-pools, and with capacity: Observed cap
 * their units
 * @ret: the counts for nodes_recall()
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  an answer cannot be read, as request_open()
 */
int nodes_count(const struct nodes_of *of, struct node **ret, struct fault *fault);

#endif
