/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage_inventory - a whole call for an InferenceEnvironment: asks, decides or freezes, answers
 */
#ifndef STAGE_INVENTORY_H
#define STAGE_INVENTORY_H

#include "fleet/settings.h"
#include "inventory/usage.h"
#include "wire/response.h"

/*
 * stage_inventory() - CapacityValid, the status and what is composed
 * @ret:      set on success: the condition; it is in the response already
 * @ret_used: set on success: the units as they were counted; NULL when they were not
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  the reservations cannot be read, as request_open()
 */
int stage_inventory(const struct request *request, const struct settings *settings,
                    struct response *response, struct condition *ret,
                    const struct usage_list **ret_used, struct fault *fault);

/*
 * stage_inventory_freeze() - everything of ours stays as observed, the status and Ready too
 *
 * Returns whether anything was composed before.
 */
bool stage_inventory_freeze(const struct request *request, struct response *response);

#endif
