/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose - what an environment composes
 *
 *      pool-...         a GPUPool for each sub-pool (inventory/pools.h)
 *      provider-config  ClusterProviderConfig of provider-kubernetes, for Existing clusters
 *      in-use           ClusterUsage: a remote environment in use is not deleted
 */
#ifndef INVENTORY_COMPOSE_H
#define INVENTORY_COMPOSE_H

#include "inventory/usage.h"
#include "wire/response.h"

/*
 * compose_inventory() - desire them
 * @composite: the environment as observed, for whom the ClusterUsage protects
 * @observed:  a ClusterProviderConfig that is there stays as it is while units are used or its
 *             secret is no longer named
 */
void compose_inventory(const struct environment *environment, const struct usage_list *used,
                       struct value composite, const struct state *observed,
                       struct response *response);

/*
 * compose_freeze() - desire whatever of them was observed, as it was
 *
 * Returns whether there was any.
 */
bool compose_freeze(const struct state *observed, struct response *response);

/* compose_is_ours() - has an observed resource of that name the key of one of them? */
bool compose_is_ours(struct text name);

/* compose_has_provider_config() - is the ClusterProviderConfig there? It never tells more. */
bool compose_has_provider_config(const struct state *observed);

#endif
