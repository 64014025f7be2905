/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pools - the GPUPools of an environment: what each sub-pool has, and what of it is reserved
 *
 *      pool-<pool>[-<MIG profile>]      GPUPool
 *
 * People, dashboards and deployments that wait for room read them; Deploy counts from the
 * reservations alone.
 */
#ifndef INVENTORY_POOLS_H
#define INVENTORY_POOLS_H

#include "inventory/usage.h"
#include "wire/response.h"

/* pools_desire() - one for each sub-pool that can be used. */
void pools_desire(const struct environment *environment, const struct usage_list *used,
                  struct response *response);

/* pools_is_ours() - has an observed resource the key of a GPUPool? It may be another's. */
bool pools_is_ours(struct text key);

/* pools_is_kind() - is it a GPUPool? */
bool pools_is_kind(struct value object);

#endif
