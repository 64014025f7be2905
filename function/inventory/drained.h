/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drained - whether the pools that are drained still hold units, and whose
 *
 * Maintenance can wait for it: kubectl wait --for=condition=Drained.
 */
#ifndef INVENTORY_DRAINED_H
#define INVENTORY_DRAINED_H

#include "inventory/usage.h"
#include "wire/response.h"

/*
 * drained_condition() - Drained: True once every draining pool is empty
 *
 * False Draining names who holds units of them; False NotDraining when no pool is drained.
 */
struct condition drained_condition(const struct environment *environment,
                                   const struct usage_list *used, struct arena *arena);

/*
 * drained_keep() - the same for an answer that counts nothing
 * @observed: the condition as it was, or absent
 *
 * What was True then is Unknown: nothing is promised that was not counted.
 */
struct condition drained_keep(struct value observed);

#endif
