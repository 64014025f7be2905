/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_inventory.h"

#include <errno.h>

#include "base/arena.h"
#include "inventory/compose.h"
#include "inventory/drained.h"
#include "inventory/inventory.h"
#include "inventory/nodes.h"
#include "place/names.h"
#include "place/observe.h"
#include "requirements.h"

/* Only its own: asking for all would wake it by every change of the fleet. */
static const struct answer_set *ask_reservations(const struct request *request, struct text name,
                                                 struct response *response) {
        static const struct text keys[] = { TEXT_INIT(LABEL_ENVIRONMENT) };
        struct text *values = ARENA_ARRAY(response->arena, 1, struct text);

        if (!values)
                return NULL;
        values[0] = names_label_value(name, response->arena);
        response_require(response, (struct requirement) {
                                           .key = TEXT(REQUIRE_RESERVATIONS),
                                           .api_version = TEXT(RESERVATION_API_VERSION),
                                           .kind = TEXT(RESERVATION_KIND),
                                           .label_keys = keys,
                                           .label_values = values,
                                           .n_labels = 1,
                                   });
        return request_required(request, TEXT(REQUIRE_RESERVATIONS));
}

bool stage_inventory_freeze(struct call *call) {
        struct value ready = observe_condition(call->xr, TEXT("Ready"));

        call->response.status =
                inventory_status_keep(value_get(call->xr, TEXT("status")), call->arena);
        call->response.composite_ready =
                ready_when(text_equal(value_get_text(ready, "status"), TEXT("True")));
        return compose_freeze(&call->request.observed, &call->response);
}

/* The cluster can be reached, and something can be placed on it. */
static bool is_ready(const struct environment *environment, const struct state *observed) {
        return inventory_usable(environment) &&
               (environment->source != CLUSTER_EXISTING || compose_has_provider_config(observed));
}

/* The two conditions of an environment. */
struct conditions {
        struct condition capacity, drained;
};

static int answer(struct call *call, struct environment *environment,
                  const struct answer_set *reservations, struct conditions *ret) {
        const struct state *observed = &call->request.observed;
        struct response *response = &call->response;
        struct usage_list *used = ARENA_NEW(call->arena, struct usage_list);
        int r = used ? usage_count(environment, reservations->items, reservations->n_items,
                                   call->settings.group, call->arena, used)
                     : -ENOMEM;

        if (r < 0)
                return r;
        ret->capacity = inventory_condition(environment, used, call->arena);
        if (!text_is_empty(environment->invalid)) {
                ret->drained = drained_keep(observe_condition(call->xr, TEXT("Drained")));
                stage_inventory_freeze(call);
        } else {
                ret->drained = drained_condition(environment, used, call->arena);
                response->status = inventory_status(environment, call->arena);
                compose_inventory(environment, used, call->xr, observed, response);
                call->summary->used = used;
        }
        response->composite_ready = ready_when(is_ready(environment, observed));
        return 0;
}

static void wait_for_inputs(struct call *call, struct conditions *ret) {
        ret->drained = drained_keep(observe_condition(call->xr, TEXT("Drained")));
        ret->capacity = (struct condition) {
                .type = TEXT("CapacityValid"),
                .status = CONDITION_UNKNOWN,
                .reason = TEXT("WaitingForInputs"),
                .message = TEXT("Waiting for Crossplane to send what was asked for"),
        };
        stage_inventory_freeze(call);
        call->response.ttl_seconds = 0;
}

/*
 * Counts the real nodes where they are observed, or takes over what an earlier call of this
 * reconcile counted. Only once everything else is there too is no Node asked for any more.
 *
 * Returns 1 when they are counted, 0 when they are still to come.
 */
static int observe_nodes(struct call *call, struct environment *environment, bool rest_is_there) {
        const struct nodes_of of = { &call->request, environment, &call->settings, call->xr,
                                     call->arena };
        struct response *response = &call->response;
        struct node *counts;
        bool lets_go = rest_is_there && !response->context_value; /* else it is Deploy's */
        bool are_there;
        int r = 0;

        if (environment->observing != OBSERVING_NODES || !text_is_empty(environment->invalid))
                return 1;
        if (lets_go && nodes_recall(&of))
                return 1;
        are_there = nodes_are_there(&of);
        if (!lets_go || !are_there)
                r = nodes_ask(&of, response);
        if (r < 0 || !are_there)
                return r;
        r = nodes_count(&of, &counts, call->fault);
        if (r == 0 && lets_go) {
                response->context_key = TEXT(NODES_CONTEXT_KEY);
                response->context_value = counts;
        }
        return r < 0 ? r : 1;
}

int stage_inventory(struct call *call) {
        const struct answer_set *reservations;
        struct environment environment;
        struct conditions conditions;
        bool is_there;
        int r = requirements_mig_parted(&call->settings, &call->request, &call->response,
                                        call->fault);

        if (r == 0)
                r = environment_read(call->xr, &call->settings, call->arena, &environment);
        if (r < 0)
                return r;
        reservations = ask_reservations(&call->request, environment.name, &call->response);
        r = request_open(reservations, call->fault);
        if (r < 0)
                return r;
        is_there = reservations && requirements_has_mig_parted(&call->settings);
        r = observe_nodes(call, &environment, is_there);
        if (r < 0)
                return r;
        if (r > 0 && is_there)
                r = answer(call, &environment, reservations, &conditions);
        else
                wait_for_inputs(call, &conditions);
        if (r < 0)
                return r;
        response_condition(&call->response, conditions.capacity);
        response_condition(&call->response, conditions.drained);
        call_report_transition(call, &conditions.capacity);
        return 0;
}
