/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory - stage three: what an environment's pools offer
 */
#ifndef INVENTORY_INVENTORY_H
#define INVENTORY_INVENTORY_H

#include "inventory/usage.h"
#include "wire/response.h"

/*
 * inventory_status() - status.capacity and status.providerConfigRef
 *
 * Only what changes when the declaration or the real nodes do: every deployment placed here is
 * woken by it.
 */
struct node *inventory_status(const struct environment *environment, struct arena *arena);

/* inventory_status_keep() - the same two as they were observed. */
struct node *inventory_status_keep(struct value observed_status, struct arena *arena);

/*
 * inventory_messages() - what is wrong with a sub-pool, and its warnings
 * @ret: set on success, the worst first; *ret_n may be 0
 *
 * Errors: -ENOMEM
 */
int inventory_messages(const struct sub_pool *sub_pool, struct arena *arena, struct text **ret,
                       size_t *ret_n);

/*
 * inventory_condition() - CapacityValid: Valid, InvalidPool, OverCommitted, Drift or OverDeclared
 *
 * The first of these that is not Valid, in the order InvalidPool, OverCommitted, Drift,
 * OverDeclared. The message names one pool and counts the others. It holds no
 * used or free units, which move while nothing is decided.
 */
struct condition inventory_condition(const struct environment *environment,
                                     const struct usage_list *used, struct arena *arena);

/* inventory_usable() - is there a sub-pool that a model can be placed on? */
bool inventory_usable(const struct environment *environment);

#endif
