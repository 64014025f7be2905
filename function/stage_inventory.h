/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage_inventory - asks for an environment's reservations, and counts or freezes
 */
#ifndef STAGE_INVENTORY_H
#define STAGE_INVENTORY_H

#include "call.h"

/*
 * stage_inventory() - CapacityValid, the status and what is composed
 *
 * Sets call->summary->used to the units as they were counted, when they were.
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  the reservations cannot be read, as request_open()
 */
int stage_inventory(struct call *call);

/*
 * stage_inventory_freeze() - everything of ours stays as observed, the status and Ready too
 *
 * Returns whether anything was composed before.
 */
bool stage_inventory_freeze(struct call *call);

#endif
