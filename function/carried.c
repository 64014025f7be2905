/* SPDX-License-Identifier: Apache-2.0 */
#include "carried.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/broken.h"

/* Far more than are ever asked for. */
enum { TEXTS_MAX = 2 * PLAN_ASSIGNMENTS_MAX, RESULTS_MAX = 4 * PLAN_ASSIGNMENTS_MAX };

static struct value plan_of(const struct call *call) {
        struct value plan = value_get(call->request.context, TEXT(PLAN_CONTEXT_KEY));

        plan.may_be_broken = call->request.context.may_be_broken;
        return plan;
}

/* Absent is as good as any: command lines give a composite none. */
static struct text uid_of(const struct call *call) {
        return value_text(value_at(call->xr, "metadata.uid"));
}

/* What is composed of it must be text. What was only read of a service, and is said, need not be.
 */
static bool is_broken(const struct call *call, struct value plan) {
        struct reader rd = { .arena = call->arena };
        struct value placements = value_get(plan, TEXT("placements"));

        placements.may_be_broken = plan.may_be_broken;
        return broken_refuse_whole(&rd, placements, PLAN_CONTEXT_KEY);
}

enum carried carried_look(const struct call *call) {
        struct value plan = plan_of(call);

        if (plan.kind != VALUE_MAP || is_broken(call, plan) ||
            !text_equal(value_get_text(plan, "uid"), uid_of(call)))
                return CARRIED_NOTHING;
        return value_is_true(value_get(plan, TEXT("decided"))) ? CARRIED_DECIDED
                                                               : CARRIED_UNDECIDED;
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static void add_texts(struct node *map, const char *key, const struct text *texts, size_t n) {
        struct node *list = n > 0 ? node_add_list(map, key) : NULL;

        for (size_t i = 0; i < n; i++)
                node_append_string(list, texts[i]);
}

static struct node *encode_asked(const struct asked *asked, struct arena *arena) {
        struct node *map = node_map(arena);

        node_set_integer(map, "what", asked->what);
        add_texts(map, "environments", asked->environments, asked->n_environments);
        add_texts(map, "reservations", asked->rivals, asked->n_rivals);
        if (!text_is_empty(asked->pools_of))
                node_set_string(map, "pools", asked->pools_of);
        return map;
}

static int read_texts(struct value list, struct arena *arena, const struct text **ret,
                      size_t *ret_n) {
        struct value_iter it = value_iterate(list);
        size_t n = value_count(list), at = 0;
        struct value element;
        struct text *texts;

        if (n > TEXTS_MAX)
                return -EINVAL;
        texts = ARENA_ARRAY(arena, n, struct text);
        if (!texts)
                return -ENOMEM;
        while (value_next(&it, NULL, &element)) {
                texts[at] = value_text(element);
                if (text_is_empty(texts[at++]))
                        return -EINVAL;
        }
        *ret = texts;
        *ret_n = n;
        return 0;
}

static int decode_asked(struct value map, struct arena *arena, struct asked *ret) {
        struct asked asked = { .pools_of = value_get_text(map, "pools") };
        int64_t what;
        int r;

        if (!value_is_integer(value_get(map, TEXT("what")), &what) || what < 0 || what > UINT8_MAX)
                return -EINVAL;
        asked.what = (unsigned int)what;
        r = read_texts(value_get(map, TEXT("environments")), arena, &asked.environments,
                       &asked.n_environments);
        if (r == 0)
                r = read_texts(value_get(map, TEXT("reservations")), arena, &asked.rivals,
                               &asked.n_rivals);
        if (r == 0)
                *ret = asked;
        return r;
}

struct asked carried_asks(const struct call *call) {
        struct value asks = value_get(plan_of(call), TEXT("asks"));
        struct asked asked = { 0 };

        if (carried_look(call) != CARRIED_UNDECIDED || decode_asked(asks, call->arena, &asked) < 0)
                return (struct asked) { 0 };
        return asked;
}

/* ---- the answer ------------------------------------------------------------------------------ */

void carried_add(const struct call *call, struct node *plan) {
        const struct response *response = &call->response;
        struct node *answer, *results;

        node_set_string(plan, "uid", uid_of(call));
        if (!call->is_decided) {
                if (call->asks.what != 0)
                        node_set(plan, TEXT("asks"), encode_asked(&call->asks, call->arena));
                return;
        }
        node_set_bool(plan, "decided", true);
        answer = node_add_map(plan, "answer");
        node_set_bool(answer, "ready", response->composite_ready == READY_TRUE);
        node_set(answer, TEXT("status"), response->status);
        node_set(answer, TEXT("wake"), encode_asked(&call->wake, call->arena));
        results = response->n_results > 0 ? node_add_list(answer, "results") : NULL;
        for (size_t i = 0; i < response->n_results; i++) {
                struct node *result = node_append_map(results);

                node_set_integer(result, "severity", (int64_t)response->results[i].severity);
                node_set_string(result, "reason", response->results[i].reason);
                node_set_string(result, "message", response->results[i].message);
        }
}

static bool read_result(struct value map, struct result *ret) {
        int64_t severity;

        *ret = (struct result) { .reason = value_get_text(map, "reason"),
                                 .message = value_get_text(map, "message") };
        if (!value_is_integer(value_get(map, TEXT("severity")), &severity) ||
            severity <= SEVERITY_FATAL || severity > SEVERITY_NORMAL)
                return false;
        ret->severity = (enum severity)severity;
        return true;
}

static bool are_results(struct value list) {
        struct value_iter it = value_iterate(list);
        struct value element;
        struct result result;

        if (value_count(list) > RESULTS_MAX)
                return false;
        while (value_next(&it, NULL, &element)) {
                if (!read_result(element, &result))
                        return false;
        }
        return true;
}

int carried_repeat(struct call *call, struct asked *ret_wake) {
        struct value plan = plan_of(call), answer = value_get(plan, TEXT("answer"));
        struct value status = value_get(answer, TEXT("status"));
        struct value results = value_get(answer, TEXT("results")), element;
        struct value_iter it = value_iterate(results);
        struct plan decided;
        struct result result;
        int r = decode_asked(value_get(answer, TEXT("wake")), call->arena, ret_wake);

        if (r == 0 && (status.kind != VALUE_MAP || !are_results(results)))
                r = -EINVAL;
        if (r == 0)
                r = plan_decode(plan, call->arena, &decided);
        if (r < 0)
                return r;
        call->plan = decided;
        call->has_plan = call->repeats = true;
        call->response.ttl_seconds = decided.ttl_seconds;
        call->response.status = node_value(call->arena, status);
        call->response.composite_ready =
                ready_when(value_is_true(value_get(answer, TEXT("ready"))));
        while (value_next(&it, NULL, &element)) {
                read_result(element, &result);
                response_result(&call->response, result);
        }
        return 0;
}
