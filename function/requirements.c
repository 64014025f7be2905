/* SPDX-License-Identifier: Apache-2.0 */
#include "requirements.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "place/names.h"
#include "place/resource.h"

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

bool requirements_ask(const struct requirements_of *of, struct response *response) {
        const struct deployment *d = of->deployment;
        const struct request *request = of->request;
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

int requirements_model(const struct requirements_of *of, struct model *ret,
                       struct mistakes *mistakes) {
        const struct answer_set *answer = request_required(of->request, TEXT(REQUIRE_MODEL));

        if (answer->n_items == 0)
                return -ENOENT;
        return model_read(answer->items[0].object, of->arena, ret, mistakes);
}

static int compare_environments(const void *a, const void *b) {
        return text_compare(((const struct environment *)a)->name,
                            ((const struct environment *)b)->name);
}

/* The items of one answer, behind the *n that are in the list already. */
static int read_environments(const struct requirements_of *of, struct text key,
                             struct environment *list, size_t *n) {
        const struct answer_set *answer = request_required(of->request, key);

        for (size_t i = 0; i < answer->n_items; i++) {
                struct environment *environment = &list[*n];
                int err = environment_read(answer->items[i].object, of->settings, of->arena,
                                           environment);

                if (err == 0)
                        err = resource_resolve(environment, of->arena);
                if (err < 0)
                        return err;
                (*n)++;
        }
        return 0;
}

/* Two of one's own assignments may be in one environment: the first stands for both. */
static bool is_first_of_environment(const struct requirements_of *of, size_t i) {
        for (size_t k = 0; k < i; k++) {
                if (text_equal(of->held[k].reservation.environment,
                               of->held[i].reservation.environment))
                        return false;
        }
        return true;
}

static size_t count_items(const struct requirements_of *of, struct text key) {
        return request_required(of->request, key)->n_items;
}

int requirements_environments(const struct requirements_of *of, struct environment **ret,
                              size_t *ret_n) {
        size_t n_keys = of->whole_fleet ? 1 : of->n_held, most = 0, n = 0;
        struct text *keys = ARENA_ARRAY(of->arena, n_keys, struct text);
        struct environment *list;

        if (!keys)
                return -ENOMEM;
        for (size_t i = 0; i < n_keys; i++) {
                if (of->whole_fleet)
                        keys[i] = TEXT(REQUIRE_ENVIRONMENTS);
                else if (is_first_of_environment(of, i))
                        keys[i] = names_key(REQUIRE_ENVIRONMENT,
                                            of->held[i].reservation.environment, of->arena);
                if (arena_failed(of->arena))
                        return -ENOMEM;
                if (!text_is_empty(keys[i]))
                        most += count_items(of, keys[i]);
        }
        list = ARENA_ARRAY(of->arena, most, struct environment);
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n_keys; i++) {
                int err = text_is_empty(keys[i]) ? 0 : read_environments(of, keys[i], list, &n);

                if (err < 0)
                        return err;
        }
        if (n > 1)
                qsort(list, n, sizeof(*list), compare_environments);
        *ret = list;
        *ret_n = n;
        return 0;
}

int requirements_reservations(const struct requirements_of *of, struct value xr,
                              struct reservation **ret, size_t *ret_n) {
        const struct answer_set *answer =
                of->whole_fleet ? request_required(of->request, TEXT(REQUIRE_RESERVATIONS)) : NULL;
        struct text kind = value_text(value_get(xr, TEXT("kind")));
        struct text version = value_text(value_get(xr, TEXT("apiVersion")));
        struct text group = text_slice(version, 0, text_index(version, '/'));
        struct reservation *list;
        size_t n = 0;

        list = ARENA_ARRAY(of->arena, answer ? answer->n_items : 0, struct reservation);
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; answer && i < answer->n_items; i++)
                n += reservation_read(answer->items[i].object, kind, group, &list[n]);
        *ret = list;
        *ret_n = n;
        return 0;
}
