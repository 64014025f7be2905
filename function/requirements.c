/* SPDX-License-Identifier: Apache-2.0 */
#include "requirements.h"

#include "base/arena.h"
#include "place/names.h"

/* Nobody has a ConfigMap of this name: asking for it keeps core's watch on the kind alive. */
#define ANCHOR_NAME "gpu-placement-watch-anchor"

static const struct text ledger_key[] = { TEXT_INIT(LABEL_LEDGER) };
static const struct text ledger_value[] = { TEXT_INIT(LEDGER_RESERVATION) };

static bool ask(const struct request *request, struct response *response,
                struct requirement requirement) {
        for (size_t i = 0; i < response->n_requirements; i++) {
                if (text_equal(response->requirements[i].key, requirement.key))
                        return true; /* two assignments of one environment */
        }
        response_require(response, requirement);
        return request_required(request, requirement.key) != NULL;
}

bool requirements_ask(const struct requirements_of *of, const struct request *request,
                      struct response *response) {
        const struct deployment *d = of->deployment;
        struct text api = of->settings->api;
        struct requirement environment = { .api_version = api,
                                           .kind = TEXT("InferenceEnvironment") };
        bool resolved;

        resolved = ask(request, response,
                       (struct requirement) {
                               .key = TEXT(REQUIRE_MODEL),
                               .api_version = api,
                               .kind = d->model_kind,
                               .match_name = d->model_name,
                               .namespace_ = text_equal(d->model_kind, TEXT("Model"))
                                                     ? d->namespace_
                                                     : (struct text) { 0 },
                       });
        resolved &= ask(request, response,
                        (struct requirement) {
                                .key = TEXT(REQUIRE_ANCHOR),
                                .api_version = TEXT("v1"),
                                .kind = TEXT("ConfigMap"),
                                .match_name = TEXT(ANCHOR_NAME),
                                .namespace_ = d->namespace_,
                        });
        for (size_t i = 0; i < of->n_held; i++) {
                environment.match_name = of->held[i].reservation.environment;
                environment.key =
                        names_key(REQUIRE_ENVIRONMENT, environment.match_name, response->arena);
                resolved &= ask(request, response, environment);
        }
        if (!of->whole_fleet)
                return resolved;
        environment.match_name = (struct text) { 0 };
        environment.key = TEXT(REQUIRE_ENVIRONMENTS);
        resolved &= ask(request, response, environment);
        resolved &= ask(request, response,
                        (struct requirement) {
                                .key = TEXT(REQUIRE_RESERVATIONS),
                                .api_version = TEXT("v1"),
                                .kind = TEXT("ConfigMap"),
                                .label_keys = ledger_key,
                                .label_values = ledger_value,
                                .n_labels = 1,
                        });
        return resolved;
}
