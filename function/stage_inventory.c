/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_inventory.h"

#include <errno.h>

#include "base/arena.h"
#include "inventory/compose.h"
#include "inventory/inventory.h"
#include "place/names.h"
#include "place/observe.h"
#include "requirements.h"

/* Only its own: asking for all would wake it by every change of the fleet. */
static const struct answer_set *ask_reservations(const struct request *request, struct text name,
                                                 struct response *response) {
        static const struct text keys[] = { TEXT_INIT(LABEL_LEDGER), TEXT_INIT(LABEL_ENVIRONMENT) };
        struct text *values = ARENA_ARRAY(response->arena, 2, struct text);

        if (!values)
                return NULL;
        values[0] = TEXT(LEDGER_RESERVATION);
        values[1] = names_label_value(name, response->arena);
        response_require(response, (struct requirement) {
                                           .key = TEXT(REQUIRE_RESERVATIONS),
                                           .api_version = TEXT("v1"),
                                           .kind = TEXT("ConfigMap"),
                                           .label_keys = keys,
                                           .label_values = values,
                                           .n_labels = 2,
                                   });
        return request_required(request, TEXT(REQUIRE_RESERVATIONS));
}

bool stage_inventory_freeze(const struct request *request, struct response *response) {
        struct value xr = request->observed.composite.object;
        struct value ready = observe_condition(xr, TEXT("Ready"));

        response->status = inventory_status_keep(value_get(xr, TEXT("status")), response->arena);
        response->composite_ready =
                ready_when(text_equal(value_text(value_get(ready, TEXT("status"))), TEXT("True")));
        return compose_freeze(&request->observed, response);
}

/* The cluster can be reached, and something can be placed on it. */
static bool is_ready(const struct environment *environment, const struct state *observed) {
        return inventory_usable(environment) &&
               (environment->source != CLUSTER_EXISTING || compose_has_provider_config(observed));
}

static int answer(struct environment *environment, const struct answer_set *reservations,
                  const struct request *request, const struct settings *settings,
                  struct response *response, struct condition *ret,
                  const struct usage_list **ret_used) {
        struct value xr = request->observed.composite.object;
        struct usage_list *used = ARENA_NEW(response->arena, struct usage_list);
        int r = used ? usage_count(environment, reservations->items, reservations->n_items,
                                   settings->group, response->arena, used)
                     : -ENOMEM;

        if (r < 0)
                return r;
        *ret = inventory_condition(environment, used, response->arena);
        if (!text_is_empty(environment->invalid)) {
                stage_inventory_freeze(request, response);
        } else {
                response->status = inventory_status(environment, response->arena);
                compose_inventory(environment, used, settings, xr, &request->observed, response);
                *ret_used = used;
        }
        response->composite_ready = ready_when(is_ready(environment, &request->observed));
        return 0;
}

int stage_inventory(const struct request *request, const struct settings *settings,
                    struct response *response, struct condition *ret,
                    const struct usage_list **ret_used, struct fault *fault) {
        const struct answer_set *reservations;
        struct environment environment;
        int r = environment_read(request->observed.composite.object, settings, response->arena,
                                 &environment);

        *ret_used = NULL;
        if (r < 0)
                return r;
        reservations = ask_reservations(request, environment.name, response);
        r = request_open(reservations, fault);
        if (r < 0)
                return r;
        if (reservations && requirements_has_mig_parted(settings)) {
                r = answer(&environment, reservations, request, settings, response, ret, ret_used);
        } else {
                *ret = (struct condition) {
                        .type = TEXT("CapacityValid"),
                        .status = CONDITION_UNKNOWN,
                        .reason = TEXT("WaitingForInputs"),
                        .message = TEXT("Waiting for Crossplane to send what was asked for"),
                };
                stage_inventory_freeze(request, response);
                response->ttl_seconds = 0;
        }
        if (r == 0)
                response_condition(response, *ret);
        return r;
}
