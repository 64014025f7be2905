/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory - stage three: what an environment's pools offer
 */
#ifndef INVENTORY_INVENTORY_H
#define INVENTORY_INVENTORY_H

#include "fleet/environment.h"
#include "wire/response.h"

/*
 * inventory_status() - status.capacity and status.providerConfigRef
 * @environment: its sub-pools' resource names are set
 *
 * Only what changes when the declaration does: every deployment placed here is
 * woken by it.
 */
struct node *inventory_status(const struct environment *environment, struct arena *arena);

/* inventory_condition() - CapacityValid: Valid, InvalidPool or OverDeclared. */
struct condition inventory_condition(const struct environment *environment, struct arena *arena);

/* inventory_usable() - is there a sub-pool that a model can be placed on? */
bool inventory_usable(const struct environment *environment);

#endif
