/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_place.h"

#include <errno.h>

#include "carried.h"
#include "place/place.h"

/* The plan of a step before this one. */
static int read_plan(struct call *call) {
        struct value value = value_get(call->request.context, TEXT(PLAN_CONTEXT_KEY));
        struct fault fault;
        int r = carried_look(call) == CARRIED_NOTHING
                        ? -EINVAL
                        : plan_decode(value, call->arena, &call->plan);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                fault_set(&fault, "stage Place found no plan in the pipeline context: run "
                                  "a step with stage Deploy before it");
                call_refuse(call, &fault);
                return 0;
        }
        /* The shortest TTL of all steps counts: this one must not shorten it. */
        call->response.ttl_seconds = call->plan.ttl_seconds;
        return 0;
}

int stage_place(struct call *call) {
        int r = call->has_plan ? 0 : read_plan(call);

        if (r < 0)
                return r;
        place(&call->plan, call->namespace_, call->name, &call->settings, &call->request.observed,
              &call->response);
        return 0;
}
