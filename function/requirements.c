/* SPDX-License-Identifier: Apache-2.0 */
#include "requirements.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "deploy/match.h"
#include "fleet/units_config.h"
#include "place/names.h"
#include "pods.h"

/*
 * Nothing has this name, which is longer than any that is composed. Asking for it keeps
 * core's watch on a kind alive: the next to ask for the kind is not handed every object.
 */
#define ANCHOR_NAME "gpuplacement-watch-anchor-which-nobody-uses"

/* What is asked for twice, as by two assignments of one environment, is sent once. */
static bool ask(const struct request *request, struct response *response,
                struct requirement requirement) {
        response_require(response, requirement);
        return request_required(request, requirement.key) != NULL;
}

/* Some callers mind the name or the labels that were asked for, and not the namespace. */
static bool is_in(struct value object, struct text namespace_) {
        return text_is_empty(namespace_) ||
               text_equal(value_text(value_at(object, "metadata.namespace")), namespace_);
}

/* The first object of an answer that is in the namespace; absent when none is. */
static struct value first_in(const struct answer_set *answer, struct text namespace_) {
        for (size_t i = 0; i < answer->n_items; i++) {
                if (is_in(answer->items[i].object, namespace_))
                        return answer->items[i].object;
        }
        return (struct value) { 0 };
}

/* A ClusterModel has none. */
static struct text model_namespace(const struct deployment *d) {
        return text_equal(d->model_kind, TEXT("Model")) ? d->namespace_ : (struct text) { 0 };
}

/* In a remote cluster other quotas hold, which are unknown here. */
static bool wants_quotas(const struct requirements_of *of) {
        return of->reach != REACH_OWN && of->order->settings->quotas &&
               of->order->settings->target != TARGET_OBJECT;
}

bool requirements_ask(const struct requirements_of *of, struct response *response) {
        const struct deployment *d = of->order->deployment;
        const struct request *request = of->request;
        struct text api = of->order->settings->api;
        struct requirement environment = { .api_version = api,
                                           .kind = TEXT("InferenceEnvironment") };
        bool resolved;

        resolved = ask(request, response,
                       (struct requirement) {
                               .key = TEXT(REQUIRE_MODEL),
                               .api_version = api,
                               .kind = d->model_kind,
                               .match_name = d->model_name,
                               .namespace_ = model_namespace(d),
                       });
        resolved &= ask(request, response,
                        (struct requirement) {
                                .key = TEXT(REQUIRE_ANCHOR),
                                .api_version = TEXT(RESERVATION_API_VERSION),
                                .kind = TEXT(RESERVATION_KIND),
                                .match_name = TEXT(ANCHOR_NAME),
                                .namespace_ = d->namespace_,
                        });
        resolved &= ask(request, response,
                        (struct requirement) {
                                .key = TEXT(REQUIRE_ANCHOR_POOLS),
                                .api_version = TEXT(RESERVATION_API_VERSION),
                                .kind = TEXT(RESERVATION_POOL_KIND),
                                .match_name = TEXT(ANCHOR_NAME),
                        });
        for (size_t i = 0; i < of->n_held; i++) {
                environment.match_name = of->held[i].observed.environment;
                environment.key =
                        names_key(REQUIRE_ENVIRONMENT, environment.match_name, response->arena);
                resolved &= ask(request, response, environment);
        }
        resolved &= requirements_has_mig_parted(of->order->settings);
        resolved &= pods_ask(request, of->held, of->n_held, d->namespace_, response);
        if (of->reach == REACH_OWN)
                return resolved;
        environment.match_name = (struct text) { 0 };
        environment.key = TEXT(REQUIRE_ENVIRONMENTS);
        resolved &= ask(request, response, environment);
        resolved &= ask(request, response,
                        (struct requirement) {
                                .key = TEXT(REQUIRE_RESERVATIONS),
                                .api_version = TEXT(RESERVATION_API_VERSION),
                                .kind = TEXT(RESERVATION_KIND),
                        });
        if (wants_quotas(of))
                resolved &= ask(request, response,
                                (struct requirement) {
                                        .key = TEXT(REQUIRE_QUOTAS),
                                        .api_version = TEXT("v1"),
                                        .kind = TEXT("ResourceQuota"),
                                        .namespace_ = d->namespace_,
                                });
        return resolved;
}

int requirements_mig_parted(struct settings *settings, const struct request *request,
                            struct response *response, struct fault *fault) {
        const struct answer_set *answer = NULL;
        struct value config_map = { 0 };
        int r;

        if (!text_is_empty(settings->mig_parted_name)) {
                response_require(response, (struct requirement) {
                                                   .key = TEXT(REQUIRE_MIG_PARTED),
                                                   .api_version = TEXT("v1"),
                                                   .kind = TEXT("ConfigMap"),
                                                   .match_name = settings->mig_parted_name,
                                                   .namespace_ = settings->mig_parted_namespace,
                                           });
                answer = request_required(request, TEXT(REQUIRE_MIG_PARTED));
        }
        if (!answer && text_is_empty(settings->mig_parted_inline))
                return 0;
        r = request_open(answer, fault);
        if (r < 0)
                return r;
        if (answer)
                config_map = first_in(answer, settings->mig_parted_namespace);
        return units_config_read(settings, config_map, response->arena);
}

bool requirements_has_mig_parted(const struct settings *settings) {
        return text_is_empty(settings->mig_parted_name) || settings->mig_parted;
}

int requirements_model(const struct requirements_of *of, struct model *ret,
                       struct mistakes *mistakes, struct fault *fault) {
        const struct answer_set *answer = request_required(of->request, TEXT(REQUIRE_MODEL));
        struct value object;
        int r = request_open(answer, fault);

        if (r < 0)
                return r;
        object = first_in(answer, model_namespace(of->order->deployment));
        if (object.kind == VALUE_ABSENT)
                return -ENOENT;
        return model_read(object, of->arena, ret, mistakes);
}

/* The keys whose answers are environments: one, or one for each environment that is held. */
static int environment_keys(const struct requirements_of *of, struct text **ret, size_t *ret_n) {
        bool whole_fleet = of->reach != REACH_OWN;
        size_t n = whole_fleet ? 1 : of->n_held, n_unique = 0;
        struct text *keys = ARENA_ARRAY(of->arena, n, struct text);

        if (!keys)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                keys[i] = whole_fleet ? TEXT(REQUIRE_ENVIRONMENTS)
                                      : names_key(REQUIRE_ENVIRONMENT,
                                                  of->held[i].observed.environment, of->arena);
        if (arena_failed(of->arena))
                return -ENOMEM;
        if (n > 1)
                qsort(keys, n, sizeof(*keys), text_order);
        for (size_t i = 0; i < n; i++) {
                if (n_unique == 0 || !text_equal(keys[i], keys[n_unique - 1]))
                        keys[n_unique++] = keys[i];
        }
        *ret = keys;
        *ret_n = n_unique;
        return 0;
}

/* One's own count whatever the selector says: an assignment may have to leave. */
static bool is_within_reach(const struct requirements_of *of,
                            const struct answer_item *environment) {
        if (of->reach != REACH_SELECTED ||
            selector_matches(of->order->deployment->environment_selector, environment->labels,
                             NULL))
                return true;
        for (size_t i = 0; i < of->n_held; i++) {
                if (text_equal(of->held[i].observed.environment, environment->name))
                        return true;
        }
        return false;
}

/* The items of the keys' answers that are within reach, in their order. */
static int list_within_reach(const struct requirements_of *of, struct answer_item ***ret,
                             size_t *ret_n) {
        size_t n_keys, most = 0, n = 0;
        struct answer_item **list;
        struct text *keys;
        int r = environment_keys(of, &keys, &n_keys);

        if (r < 0)
                return r;
        for (size_t i = 0; i < n_keys; i++)
                most += request_required(of->request, keys[i])->n_items;
        list = ARENA_ARRAY(of->arena, most, struct answer_item *);
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n_keys; i++) {
                const struct answer_set *answer = request_required(of->request, keys[i]);

                for (size_t k = 0; k < answer->n_items; k++) {
                        if (is_within_reach(of, &answer->items[k]))
                                list[n++] = &answer->items[k];
                }
        }
        *ret = list;
        *ret_n = n;
        return 0;
}

/* Pools point to their environment, so that none is moved once it is read: keys and items are
 * sorted. */
int requirements_environments(const struct requirements_of *of, struct environment **ret,
                              size_t *ret_n, struct fault *fault) {
        struct environment *list;
        struct answer_item **items;
        size_t n;
        int r = list_within_reach(of, &items, &n);

        if (r < 0)
                return r;
        list = ARENA_ARRAY(of->arena, n, struct environment);
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                r = request_open_item(items[i], fault);
                if (r == 0)
                        r = environment_read_quietly(items[i]->object, of->order->settings,
                                                     of->arena, &list[i]);
                if (r < 0)
                        return r;
        }
        *ret = list;
        *ret_n = n;
        return 0;
}

int requirements_quotas(const struct requirements_of *of, struct quota **ret, size_t *ret_n,
                        struct fault *fault) {
        const struct answer_set *answer =
                wants_quotas(of) ? request_required(of->request, TEXT(REQUIRE_QUOTAS)) : NULL;
        size_t n_items = answer ? answer->n_items : 0, n = 0;
        struct quota *list = ARENA_ARRAY(of->arena, n_items, struct quota);
        int r = request_open(answer, fault);

        if (r < 0)
                return r;
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n_items; i++) {
                if (is_in(answer->items[i].object, of->order->deployment->namespace_))
                        list[n++] = quota_read(answer->items[i].object);
        }
        *ret = list;
        *ret_n = n;
        return 0;
}

/* Others matter where they hold units of these environments, or names of one's own namespace. */
static bool matters(const struct requirements_of *of, const struct environment *environments,
                    size_t n_environments, const struct answer_item *reservation) {
        struct value object = request_peek(reservation);

        return of->reach == REACH_ALL ||
               environment_find(environments, n_environments,
                                value_text(value_at(object, "spec.environment"))) ||
               text_equal(reservation->namespace_, of->order->deployment->namespace_);
}

int requirements_reservations(const struct requirements_of *of, struct value xr,
                              const struct environment *environments, size_t n_environments,
                              struct reservation **ret, size_t *ret_n, struct fault *fault) {
        const struct answer_set *answer =
                of->reach != REACH_OWN ? request_required(of->request, TEXT(REQUIRE_RESERVATIONS))
                                       : NULL;
        struct text kind = value_text(value_get(xr, TEXT("kind")));
        struct text version = value_text(value_get(xr, TEXT("apiVersion")));
        struct text group = text_slice(version, 0, text_index(version, '/'));
        struct reservation *list;
        size_t n = 0;

        list = ARENA_ARRAY(of->arena, answer ? answer->n_items : 0, struct reservation);
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; answer && i < answer->n_items; i++) {
                struct answer_item *item = &answer->items[i];
                int r;

                if (!matters(of, environments, n_environments, item))
                        continue;
                r = request_open_item(item, fault);
                if (r < 0)
                        return r;
                if (reservation_read(item->object, kind, group, &list[n]) &&
                    names_agree(item->labels, list[n].environment, of->arena))
                        n++;
        }
        *ret = list;
        *ret_n = n;
        return 0;
}
