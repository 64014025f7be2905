/* SPDX-License-Identifier: Apache-2.0 */
#include "requirements.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/units_config.h"
#include "place/names.h"
#include "place/observe.h"
#include "pods.h"

/*
 * Nothing has this name, which is longer than any that is composed. Asking for it keeps
 * core's watch on a kind alive: the next to ask for the kind is not handed every object.
 */
#define ANCHOR_NAME "gpuplacement-watch-anchor-which-nobody-uses"

const struct requirements_row requirements_rows[N_REQUIREMENTS_STATES] = {
        [REQUIREMENTS_SETTLED] = { .read = ASK_ALWAYS, .wake = ASK_ALWAYS },
        [REQUIREMENTS_STARTING] = { .read = ASK_ALWAYS | ASK_RIVALS,
                                    .wake = ASK_ALWAYS | ASK_RIVALS | ASK_ENVIRONMENTS |
                                            ASK_POOLS },
        [REQUIREMENTS_WAITING] = { .read = ASK_ALWAYS | ASK_RIVALS | ASK_ENVIRONMENTS | ASK_POOLS,
                                   .wake = ASK_ALWAYS | ASK_RIVALS | ASK_ENVIRONMENTS | ASK_POOLS },
        [REQUIREMENTS_LOOKING] = { .read = ASK_ALWAYS | ASK_RIVALS | ASK_ENVIRONMENTS | ASK_LEDGER |
                                           ASK_QUOTAS,
                                   .wake = ASK_ALWAYS | ASK_RIVALS | ASK_ENVIRONMENTS | ASK_POOLS |
                                           ASK_QUOTAS },
        [REQUIREMENTS_FROZEN] = { .read = ASK_ALWAYS,
                                  .wake = ASK_ALWAYS | ASK_RIVALS | ASK_ENVIRONMENTS },
};

/* ---- what is asked for ----------------------------------------------------------------------- */

/* Some callers mind the name that was asked for, and not the namespace. */
static bool is_in(struct value object, struct text namespace_) {
        return text_is_empty(namespace_) ||
               text_equal(value_text(value_at(object, "metadata.namespace")), namespace_);
}

static bool is_of_kind(struct value object, struct text kind) {
        struct value found = value_get(object, TEXT("kind"));

        return found.kind == VALUE_ABSENT || text_equal(value_text(found), kind);
}

/* The first object of an answer that has that kind and name, in the namespace; or absent. */
static struct value find_asked(const struct answer_set *answer, const struct requirement *asked) {
        for (size_t i = 0; answer && i < answer->n_items; i++) {
                const struct answer_item *item = &answer->items[i];
                struct value object = request_peek(item);

                if (text_equal(item->name, asked->match_name) && is_in(object, asked->namespace_) &&
                    is_of_kind(object, asked->kind))
                        return object;
        }
        return (struct value) { 0 };
}

/* Is it the answer to this very requirement? One without items is, as far as it can say. */
static bool is_answered(const struct requirements_of *of, const struct requirement *asked) {
        const struct answer_set *answer = request_required(of->request, asked->key);

        if (!answer || text_is_empty(asked->match_name) || answer->n_items == 0 || !of->is_first)
                return answer != NULL;
        return find_asked(answer, asked).kind != VALUE_ABSENT;
}

struct asking {
        const struct requirements_of *of;
        struct response *response;
        unsigned int missing;
};

/* What is asked for twice, as by two assignments of one environment, is sent once. */
static void ask(struct asking *asking, enum ask sort, struct requirement requirement) {
        response_require(asking->response, requirement);
        if (!is_answered(asking->of, &requirement))
                asking->missing |= (unsigned int)sort;
}

/* A ClusterModel has none. */
static struct text model_namespace(const struct deployment *d) {
        return text_equal(d->model_kind, TEXT("Model")) ? d->namespace_ : (struct text) { 0 };
}

/* In a remote cluster other quotas hold, which are unknown here. */
static bool wants_quotas(const struct requirements_of *of) {
        return (of->asked.what & ASK_QUOTAS) && of->order->settings->quotas &&
               of->order->settings->target != TARGET_OBJECT;
}

static struct requirement model_of(const struct requirements_of *of) {
        const struct deployment *d = of->order->deployment;

        return (struct requirement) {
                .key = TEXT(REQUIRE_MODEL),
                .api_version = of->order->settings->api,
                .kind = d->model_kind,
                .match_name = d->model_name,
                .namespace_ = model_namespace(d),
        };
}

static void ask_anchors(struct asking *asking) {
        ask(asking, ASK_ALWAYS,
            (struct requirement) {
                    .key = TEXT(REQUIRE_ANCHOR),
                    .api_version = TEXT(RESERVATION_API_VERSION),
                    .kind = TEXT(RESERVATION_KIND),
                    .match_name = TEXT(ANCHOR_NAME),
                    .namespace_ = asking->of->order->deployment->namespace_,
            });
        ask(asking, ASK_ALWAYS,
            (struct requirement) {
                    .key = TEXT(REQUIRE_ANCHOR_POOLS),
                    .api_version = TEXT(RESERVATION_API_VERSION),
                    .kind = TEXT(RESERVATION_POOL_KIND),
                    .match_name = TEXT(ANCHOR_NAME),
            });
}

static void ask_environment(struct asking *asking, struct text name) {
        ask(asking, ASK_ALWAYS,
            (struct requirement) {
                    .key = names_key(REQUIRE_ENVIRONMENT, name, asking->response->arena),
                    .api_version = asking->of->order->settings->api,
                    .kind = TEXT("InferenceEnvironment"),
                    .match_name = name,
            });
}

/* Of one environment, by its label: prefix and its name; or of all, when name is empty. */
static void ask_labelled(struct asking *asking, enum ask sort, const char *key, struct text name,
                         const char *kind) {
        static const struct text keys[] = { TEXT_INIT(LABEL_ENVIRONMENT) };
        struct arena *arena = asking->response->arena;
        struct requirement requirement = { .key = text_from(key),
                                           .api_version = TEXT(RESERVATION_API_VERSION),
                                           .kind = text_from(kind) };
        struct text *values = ARENA_ARRAY(arena, 1, struct text);

        if (!text_is_empty(name) && values) {
                values[0] = names_label_value(name, arena);
                requirement.key = names_key(key, name, arena);
                requirement.label_keys = keys;
                requirement.label_values = values;
                requirement.n_labels = 1;
        }
        ask(asking, sort, requirement);
}

static void ask_fleet(struct asking *asking) {
        const struct requirements_of *of = asking->of;
        const struct text all = { 0 };

        if (of->asked.what & ASK_ENVIRONMENTS)
                ask(asking, ASK_ENVIRONMENTS,
                    (struct requirement) { .key = TEXT(REQUIRE_ENVIRONMENTS),
                                           .api_version = of->order->settings->api,
                                           .kind = TEXT("InferenceEnvironment") });
        if (of->asked.what & ASK_LEDGER)
                ask_labelled(asking, ASK_LEDGER, REQUIRE_RESERVATIONS, all, RESERVATION_KIND);
        if (wants_quotas(of))
                ask(asking, ASK_QUOTAS,
                    (struct requirement) { .key = TEXT(REQUIRE_QUOTAS),
                                           .api_version = TEXT("v1"),
                                           .kind = TEXT("ResourceQuota"),
                                           .namespace_ = of->order->deployment->namespace_ });
        if (of->asked.what & ASK_POOLS)
                ask_labelled(asking, ASK_POOLS,
                             text_is_empty(of->asked.pools_of) ? REQUIRE_POOLS : REQUIRE_POOLS_OF,
                             of->asked.pools_of, RESERVATION_POOL_KIND);
}

unsigned int requirements_ask(const struct requirements_of *of, struct response *response) {
        struct asking asking = { .of = of, .response = response };

        ask(&asking, ASK_ALWAYS, model_of(of));
        ask_anchors(&asking);
        for (size_t i = 0; i < of->n_held; i++)
                ask_environment(&asking, of->held[i].observed.environment);
        for (size_t i = 0; i < of->asked.n_environments; i++)
                ask_environment(&asking, of->asked.environments[i]);
        if (!requirements_has_mig_parted(of->order->settings))
                asking.missing |= ASK_ALWAYS;
        if (!pods_ask(of->request, of->held, of->n_held, of->order->deployment->namespace_,
                      response))
                asking.missing |= ASK_ALWAYS;
        for (size_t i = 0; (of->asked.what & ASK_RIVALS) && i < of->asked.n_rivals; i++)
                ask_labelled(&asking, ASK_RIVALS, REQUIRE_RESERVATIONS_OF, of->asked.rivals[i],
                             RESERVATION_KIND);
        ask_fleet(&asking);
        return asking.missing;
}

static struct requirement mig_parted_of(const struct settings *settings) {
        return (struct requirement) {
                .key = TEXT(REQUIRE_MIG_PARTED),
                .api_version = TEXT("v1"),
                .kind = TEXT("ConfigMap"),
                .match_name = settings->mig_parted_name,
                .namespace_ = settings->mig_parted_namespace,
        };
}

void requirements_let_go(const struct requirements_of *of, struct response *response) {
        response->n_requirements = 0;
        if (!text_is_empty(of->order->settings->mig_parted_name))
                response_require(response, mig_parted_of(of->order->settings));
        requirements_ask(of, response);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Answers of another name are to what the last reconcile asked for. */
static bool has_name(const struct answer_set *answer, struct text name) {
        for (size_t i = 0; i < answer->n_items; i++) {
                if (text_equal(answer->items[i].name, name))
                        return true;
        }
        return answer->n_items == 0;
}

int requirements_mig_parted(struct settings *settings, const struct request *request,
                            struct response *response, struct fault *fault) {
        const struct requirement asked = mig_parted_of(settings);
        const struct answer_set *answer = NULL;
        struct value config_map = { 0 };
        int r;

        if (!text_is_empty(asked.match_name)) {
                response_require(response, asked);
                answer = request_required(request, asked.key);
                if (answer && !has_name(answer, asked.match_name))
                        answer = NULL;
        }
        if (!answer && text_is_empty(settings->mig_parted_inline))
                return 0;
        r = request_open(answer, fault);
        if (r < 0)
                return r;
        if (answer)
                config_map = find_asked(answer, &asked);
        return units_config_read(settings, config_map, response->arena);
}

bool requirements_has_mig_parted(const struct settings *settings) {
        return text_is_empty(settings->mig_parted_name) || settings->mig_parted;
}

bool requirements_seems_absent(const struct requirements_of *of) {
        const struct settings *settings = of->order->settings;
        const struct requirement file = mig_parted_of(settings);

        return requirements_model_object(of).kind == VALUE_ABSENT ||
               (!text_is_empty(file.match_name) &&
                find_asked(request_required(of->request, file.key), &file).kind == VALUE_ABSENT);
}

uint64_t requirements_mig_parted_hash(const struct requirements_of *of) {
        const struct requirement asked = mig_parted_of(of->order->settings);

        return value_hash(value_get(find_asked(request_required(of->request, asked.key), &asked),
                                    TEXT("data")));
}

struct value requirements_model_object(const struct requirements_of *of) {
        const struct requirement asked = model_of(of);

        return find_asked(request_required(of->request, asked.key), &asked);
}

int requirements_model(const struct requirements_of *of, struct model *ret,
                       struct mistakes *mistakes, struct fault *fault) {
        struct value object;
        int r = request_open(request_required(of->request, TEXT(REQUIRE_MODEL)), fault);

        if (r < 0)
                return r;
        object = requirements_model_object(of);
        if (object.kind == VALUE_ABSENT)
                return -ENOENT;
        return model_read(object, of->arena, ret, mistakes);
}

/* The keys whose answers are environments: one, or one for each environment that is held. */
static int environment_keys(const struct requirements_of *of, struct text **ret, size_t *ret_n) {
        bool whole_fleet = of->reach != REACH_OWN;
        size_t n = whole_fleet ? 1 : of->n_held;
        struct text *keys = ARENA_ARRAY(of->arena, n, struct text);

        if (!keys)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                keys[i] = whole_fleet ? TEXT(REQUIRE_ENVIRONMENTS)
                                      : names_key(REQUIRE_ENVIRONMENT,
                                                  of->held[i].observed.environment, of->arena);
        if (arena_failed(of->arena))
                return -ENOMEM;
        *ret = keys;
        *ret_n = text_unique(keys, n);
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

        return of->reach != REACH_SELECTED ||
               environment_find(environments, n_environments,
                                value_text(value_at(object, "spec.environment"))) ||
               text_equal(reservation->namespace_, of->order->deployment->namespace_);
}

/* The answers that reservations come from: all of them, or those of each environment. */
static int ledger_answers(const struct requirements_of *of, const struct answer_set ***ret,
                          size_t *ret_n) {
        const struct answer_set **answers =
                ARENA_ARRAY(of->arena, of->asked.n_rivals + 1, const struct answer_set *);
        size_t n = 0;

        if (!answers)
                return -ENOMEM;
        if (of->asked.what & ASK_LEDGER)
                answers[n] = request_required(of->request, TEXT(REQUIRE_RESERVATIONS));
        n += answers[n] != NULL;
        for (size_t i = 0; n == 0 && (of->asked.what & ASK_RIVALS) && i < of->asked.n_rivals; i++) {
                struct text key =
                        names_key(REQUIRE_RESERVATIONS_OF, of->asked.rivals[i], of->arena);

                answers[i] = request_required(of->request, key);
        }
        *ret = answers;
        *ret_n = n > 0 ? n : of->asked.n_rivals;
        return 0;
}

int requirements_reservations(const struct requirements_of *of, struct value xr,
                              const struct environment *environments, size_t n_environments,
                              struct reservation **ret, size_t *ret_n, struct fault *fault) {
        struct text kind = value_get_text(xr, "kind");
        struct text version = value_get_text(xr, "apiVersion");
        struct text group = text_slice(version, 0, text_index(version, '/'));
        const struct answer_set **answers;
        struct reservation *list;
        size_t n_answers, most = 0, n = 0;
        int r = ledger_answers(of, &answers, &n_answers);

        if (r < 0)
                return r;
        for (size_t i = 0; i < n_answers; i++)
                most += answers[i] ? answers[i]->n_items : 0;
        list = ARENA_ARRAY(of->arena, most, struct reservation);
        if (!list)
                return -ENOMEM;
        for (size_t a = 0; a < n_answers; a++) {
                for (size_t i = 0; answers[a] && i < answers[a]->n_items; i++) {
                        struct answer_item *item = &answers[a]->items[i];

                        if (!matters(of, environments, n_environments, item))
                                continue;
                        r = request_open_item(item, fault);
                        if (r < 0)
                                return r;
                        n += reservation_read(item->object, kind, group, &list[n]) &&
                             names_agree(item->labels, list[n].environment, of->arena);
                }
        }
        *ret = list;
        *ret_n = n;
        return 0;
}

/*
 * What an environment composed is only up to date while Crossplane looks after it: one that is
 * paused, being deleted, or not applied says nothing of its room.
 */
static bool is_tended(const struct environment *environment) {
        struct value object = environment->written;
        struct value paused =
                value_get(value_at(object, "metadata.annotations"), TEXT("crossplane.io/paused"));
        struct value synced = observe_condition(object, TEXT("Synced"));

        return !text_equal(value_text(paused), TEXT("true")) &&
               value_at(object, "metadata.deletionTimestamp").kind == VALUE_ABSENT &&
               (synced.kind == VALUE_ABSENT ||
                text_equal(value_get_text(synced, "status"), TEXT("True")));
}

int requirements_pools(const struct requirements_of *of, const struct environment *environments,
                       size_t n_environments, struct fits_pool **ret, size_t *ret_n,
                       struct fault *fault) {
        struct text only = of->asked.pools_of;
        const struct answer_set *answer = request_required(
                of->request, text_is_empty(only) ? TEXT(REQUIRE_POOLS)
                                                 : names_key(REQUIRE_POOLS_OF, only, of->arena));
        size_t n_items = answer ? answer->n_items : 0, n = 0;
        struct fits_pool *list = ARENA_ARRAY(of->arena, n_items, struct fits_pool);
        int r = request_open(answer, fault);

        if (r < 0)
                return r;
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n_items; i++) {
                const struct environment *environment;

                if (!fits_pool_read(value_get(answer->items[i].object, TEXT("spec")), &list[n]))
                        continue;
                environment = environment_find(environments, n_environments, list[n].environment);
                n += environment && is_tended(environment);
        }
        *ret = list;
        *ret_n = n;
        return 0;
}
