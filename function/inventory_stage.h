/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory_stage - a whole call for an InferenceEnvironment: asks, decides or freezes, answers
 */
#ifndef INVENTORY_STAGE_H
#define INVENTORY_STAGE_H

#include "fleet/settings.h"
#include "inventory/used.h"
#include "wire/response.h"

/*
 * inventory_stage() - CapacityValid, the status and what is composed
 * @ret:      set on success: the condition; it is in the response already
 * @ret_used: set on success: the units as they were counted; NULL when they were not
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  the reservations cannot be read, as request_open()
 */
int inventory_stage(const struct request *request, const struct settings *settings,
                    struct response *response, struct condition *ret,
                    const struct used_list **ret_used, struct fault *fault);

/*
 * inventory_stage_freeze() - everything of ours stays as observed, the status and Ready too
 *
 * Returns whether anything was composed before.
 */
bool inventory_stage_freeze(const struct request *request, struct response *response);

#endif
