/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/status.h"

#include "base/arena.h"
#include "base/printable.h"
#include "deploy/scaling.h"
#include "fleet/doubts.h"

static const char *const our_members[] = { "assignments", "decidedBy",         "endpoint",
                                           "model",       "placements",        "rejections",
                                           "replicas",    "rejectionsOmitted", "selector" };

/* Those that say why more is not placed. */
static const char *const waiting_members[] = { "decidedBy", "rejections", "rejectionsOmitted" };

static struct node *assignment(const struct assignment *a, struct arena *arena) {
        const struct reservation *r = &a->planned;
        struct node *map = node_map(arena);

        if (!text_is_empty(r->model_name)) {
                struct node *model = node_add_map(map, "model");

                node_set_string(model, "kind", r->model_kind);
                node_set_string(model, "name", r->model_name);
        }
        node_set_string(map, "environment", r->environment);
        node_set_string(map, "pool", r->pool);
        if (!text_is_empty(r->mig_profile))
                node_set_string(map, "migProfile", r->mig_profile);
        node_set_string(map, "servingProfile", r->serving_profile);
        node_set_string(map, "resourceName", r->resource_name);
        node_set_integer(map, "nodes", r->nodes);
        node_set_integer(map, "unitsPerNode", r->units_per_node);
        node_set_integer(map, "replicas", assignment_lasting(a));
        node_set_integer(map, "surge", r->surge + a->pending);
        node_set_bool(map, "served", r->served);
        node_set_integer(map, "units", reservation_units(r));
        node_set_bool(map, "ready", assignment_is_ready(a));
        if (r->leaving)
                node_set_bool(map, "leaving", true);
        return map;
}

static struct node *rejection(const struct rejection *r, struct arena *arena) {
        struct node *map = node_map(arena);

        node_set_string(map, "environment", r->sub_pool->environment->name);
        node_set_string(map, "pool", r->sub_pool->pool->name);
        if (!text_is_empty(r->sub_pool->mig_profile))
                node_set_string(map, "migProfile", r->sub_pool->mig_profile);
        node_set_string(map, "servingProfile", r->profile->name);
        node_set_string(map, "reason", text_from(reason_name(r->verdict.reason)));
        node_set_string(map, "message", printable_text(explain_rejection(r, arena), arena));
        return map;
}

/* One that is parked counts as well, also while there is no room to wake it. */
static int64_t count_staying(const struct plan *plan) {
        int64_t n = 0;

        for (size_t i = 0; i < plan->n_assignments; i++)
                n += plan->assignments[i].fate == FATE_STAYS;
        return n;
}

struct node *status_of(const struct decision *decision, const struct model *model,
                       struct arena *arena) {
        struct node *status = node_map(arena), *list;
        const struct rejections *rejections = &decision->rejections;

        node_set_string(node_add_map(status, "model"), "name", model->model_name);
        list = node_add_map(status, "placements");
        node_set_integer(list, "total", count_staying(&decision->plan));
        node_set_integer(list, "ready", decision->ready);
        if (!text_is_empty(decision->url))
                node_set_string(node_add_map(status, "endpoint"), "url", decision->url);
        scaling_status(&decision->plan, status, arena);
        list = node_add_list(status, "assignments");
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                if (decision->plan.assignments[i].fate != FATE_DROPPED)
                        node_append(list, assignment(&decision->plan.assignments[i], arena));
        }
        if (rejections->n == 0)
                return status;
        list = node_add_list(status, "rejections");
        for (size_t i = 0; i < rejections->n && i < REJECTIONS_MAX; i++)
                node_append(list, rejection(&rejections->items[i], arena));
        if (rejections->n > REJECTIONS_MAX)
                node_set_integer(status, "rejectionsOmitted",
                                 (int64_t)(rejections->n - REJECTIONS_MAX));
        return status;
}

void status_add_decided_by(struct node *status, struct text digits) {
        node_set_string(status, "decidedBy", digits);
}

static void copy_members(struct node *status, struct value observed, const char *const *members,
                         size_t n, struct arena *arena) {
        for (size_t i = 0; i < n; i++) {
                struct text key = text_from(members[i]);

                node_set(status, key, node_value(arena, value_get(observed, key)));
        }
}

struct node *status_repeat(const struct decision *decision, const struct model *model,
                           struct value observed_status, struct arena *arena) {
        struct node *status = status_of(decision, model, arena);

        copy_members(status, observed_status, waiting_members,
                     sizeof(waiting_members) / sizeof(waiting_members[0]), arena);
        return status;
}

struct node *status_keep(struct value observed_status, struct arena *arena) {
        struct node *status = node_map(arena);

        copy_members(status, observed_status, our_members,
                     sizeof(our_members) / sizeof(our_members[0]), arena);
        return status;
}

/* "eu-1/small-models-mig" */
static void append_place(struct builder *b, const struct assignment *a) {
        builder_text(b, a->planned.environment);
        builder_char(b, '/');
        builder_text(b, a->planned.pool);
}

static void append_placed(struct builder *b, const struct decision *decision) {
        const char *separator = ": ";

        builder_i64(b, decision->placed);
        builder_string(b, " of ");
        builder_i64(b, decision->wanted);
        builder_string(b, decision->wanted == 1 ? " environment placed" : " environments placed");
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];

                if (a->fate != FATE_STAYS)
                        continue;
                builder_string(b, separator);
                append_place(b, a);
                builder_string(b, " (");
                builder_text(b, a->planned.resource_name);
                builder_string(b, " x ");
                builder_i64(b, reservation_units(&a->planned));
                builder_char(b, ')');
                separator = ", ";
        }
}

/* "; eu-1/whole: 7 of the 8 units of a pod are idle: ..." */
static void append_doubts(struct builder *b, const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];
                const struct workload *w = &a->workload;
                struct doubts_of of = {
                        .pool_args = w->pool_args,
                        .engine_args = w->engine_args,
                        .units = a->planned.units_per_node,
                        .used = w->tensor * w->data * (a->planned.nodes > 1 ? 1 : w->pipeline),
                        .share_replicas = w->share_replicas,
                };
                struct text doubts = a->fate == FATE_STAYS && !a->frozen
                                             ? doubts_about(&of, b->arena)
                                             : (struct text) { 0 };

                if (text_is_empty(doubts))
                        continue;
                builder_string(b, "; ");
                append_place(b, a);
                builder_string(b, ": ");
                builder_text(b, doubts);
        }
}

static void append_quota(struct builder *b, const struct share *share) {
        builder_string(b, ": ResourceQuota ");
        builder_text(b, share->quota);
        builder_string(b, " allows ");
        builder_i64(b, share->limit);
        builder_string(b, share->limit == 1 ? " unit" : " units");
}

static void append_closed(struct builder *b, const struct sub_pool *closed) {
        builder_string(b, ": ");
        builder_text(b, closed->environment->name);
        builder_char(b, '/');
        builder_text(b, closed->pool->name);
        builder_string(b,
                       closed->environment->not_ready
                               ? " takes none while the environment's Ready condition is not True"
                               : " takes none while the pool's schedulable is not Always");
}

/* A remark says of each of them why it is. */
static bool anything_is_frozen(const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                if (decision->plan.assignments[i].fate == FATE_STAYS &&
                    decision->plan.assignments[i].frozen)
                        return true;
        }
        return false;
}

/* "; 2 of 5 replicas have no room", or what else keeps them back. */
static void append_short(struct builder *b, const struct decision *decision, int64_t wanted) {
        builder_string(b, "; ");
        builder_i64(b, decision->short_replicas);
        builder_string(b, " of ");
        builder_i64(b, wanted);
        if (!decision->quota.limited && !decision->closed && !decision->rolling &&
            !anything_is_frozen(decision)) {
                builder_string(b, " replicas have no room");
                return;
        }
        builder_string(b, " replicas are not granted");
        if (decision->quota.limited)
                append_quota(b, &decision->quota);
        else if (decision->closed)
                append_closed(b, decision->closed);
        else if (decision->rolling)
                builder_string(b, ": they take a larger surge, and wait for the rollout");
}

/* What is worth a word of one assignment; NULL: nothing is. */
static const char *remark(const struct assignment *a) {
        if (a->fate == FATE_LEAVES)
                return " is leaving: ";
        if (a->fate == FATE_STAYS && a->frozen)
                return " stays as it is: ";
        return a->fate == FATE_STAYS && a->gave_way ? " " : NULL;
}

/* What one that leaves waits for, when as many as are wanted are placed. */
static void append_until(struct builder *b, const struct assignment *leaving,
                         const struct assignment *starting) {
        builder_string(b, ", until ");
        if (reservation_compare_place(&leaving->planned, &starting->planned) == 0)
                builder_string(b, "the other one there");
        else
                append_place(b, starting);
        builder_string(b, " is Ready");
}

static void append_remarks(struct builder *b, const struct decision *decision) {
        const struct assignment *starting = NULL, *leaving = NULL;

        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];
                const char *verb = remark(a);

                if (a->fate == FATE_LEAVES)
                        leaving = a;
                if (!starting && a->fate == FATE_STAYS && !assignment_is_ready(a))
                        starting = a;
                if (!verb)
                        continue;
                builder_string(b, b->len > 0 ? "; " : "");
                append_place(b, a);
                builder_string(b, verb);
                builder_text(b, a->why);
        }
        if (leaving && starting && decision->placed == decision->wanted)
                append_until(b, leaving, starting);
}

static bool anything_serves(const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];

                if (a->fate == FATE_LEAVES && assignment_is_ready(a))
                        return true;
        }
        return false;
}

struct condition status_scheduled(const struct decision *decision,
                                  const struct deployment *deployment, struct arena *arena) {
        struct condition c = { .type = TEXT("Scheduled"), .status = CONDITION_FALSE };
        bool all = decision->placed == decision->wanted && decision->short_replicas == 0;
        struct builder b;

        builder_init(&b, arena);
        if (decision->parked) {
                c.status = CONDITION_TRUE;
                c.reason = TEXT("Parked");
                builder_string(&b, "parked: no replicas are wanted");
                append_remarks(&b, decision);
                c.message = builder_done(&b);
                return c;
        }
        if (all) {
                c.status = CONDITION_TRUE;
                c.reason = TEXT("AllScheduled");
        } else if (decision->placed > 0 || anything_serves(decision)) {
                c.reason = TEXT("PartiallyScheduled");
        } else {
                c.reason = rejections_nearest(&decision->rejections) >= REASON_QUOTA_EXCEEDED
                                   ? TEXT("InsufficientCapacity")
                                   : TEXT("NoMatchingPool");
        }
        if (decision->placed > 0)
                append_placed(&b, decision);
        if (decision->short_replicas > 0)
                append_short(&b, decision, decision->placed * deployment->replicas);
        if (decision->placed < decision->wanted) {
                if (decision->placed > 0)
                        builder_string(&b, "; ");
                builder_text(&b, explain_count(&decision->rejections, arena));
        }
        append_remarks(&b, decision);
        append_doubts(&b, decision);
        c.message = builder_done(&b);
        return c;
}

/* "eu-1: the service is being created", or what keeps it from being Ready. */
static struct text starting_sentence(const struct assignment *a, struct arena *arena) {
        struct text sentence =
                !a->service.observed ? a->frozen ? TEXT("the service is gone, and is made again "
                                                        "when what is wrong there is mended")
                                                 : TEXT("the service is being created")
                : text_is_empty(a->service.sentence) ? TEXT("the service is not Ready yet")
                                                     : a->service.sentence;

        return text_join(arena, (struct text[]) { a->planned.environment, TEXT(": "), sentence },
                         3);
}

/* "; eu-1/small: its pods are to change, and ...", for each that waits. */
static void append_waiting(struct builder *b, const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];

                if (a->fate != FATE_STAYS || a->rollout != ROLLOUT_WAITS ||
                    text_is_empty(a->waits_for))
                        continue;
                builder_string(b, b->len > 0 ? "; " : "");
                append_place(b, a);
                builder_string(b, ": ");
                builder_text(b, a->waits_for);
        }
}

/* What waits with the pods that it has. Serving stays True while they serve. */
static void add_waiting(struct condition *c, const struct decision *decision, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_text(&b, c->message);
        append_waiting(&b, decision);
        if (b.len == c->message.len)
                return;
        if (c->status == CONDITION_TRUE)
                c->reason = TEXT("RolloutWaiting");
        c->message = builder_done(&b);
}

struct condition status_serving(const struct decision *decision, struct arena *arena) {
        struct condition c = { .type = TEXT("Serving"), .status = CONDITION_FALSE };
        const struct assignment *starting = NULL;
        int64_t serving = 0, composed = 0, reserved = 0;

        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];

                if (a->fate == FATE_DROPPED)
                        continue;
                composed++;
                reserved += a->planned.reserved > 0;
                if (assignment_is_ready(a))
                        serving++;
                else if (!starting)
                        starting = a;
        }
        if (decision->parked) {
                c.reason = TEXT("NotScheduled");
                c.message = TEXT("parked: no replicas are wanted");
        } else if (serving >= decision->wanted) {
                c.status = CONDITION_TRUE;
                c.reason = TEXT("Serving");
        } else if (composed == 0) {
                c.reason = TEXT("NotScheduled");
        } else if (reserved == 0) {
                c.reason = TEXT("NotScheduled");
                c.message = TEXT("parked: there is no room to wake it up");
        } else {
                c.reason = TEXT("Starting");
                c.message = starting ? starting_sentence(starting, arena)
                                     : text_format(arena, "%lld of %lld environments serving",
                                                   (long long)serving, (long long)decision->wanted);
        }
        add_waiting(&c, decision, arena);
        return c;
}

static void add_event(struct response *response, enum severity severity, struct text reason,
                      const char *verb, const struct assignment *a) {
        struct builder b;

        builder_init(&b, response->arena);
        builder_string(&b, verb);
        builder_char(&b, ' ');
        append_place(&b, a);
        if (!text_is_empty(a->why)) {
                builder_string(&b, ": ");
                builder_text(&b, a->why);
        }
        response_result(response, (struct result) { .severity = severity,
                                                    .reason = reason,
                                                    .message = builder_done(&b) });
}

static bool says(struct value assignment, const char *key, struct text word) {
        return text_equal(value_get_text(assignment, key), word);
}

/*
 * Does the observed status have this assignment already, leaving or not? A decision is
 * made again until it is carried out.
 */
static bool is_known(struct value status, const struct assignment *a) {
        const struct reservation *r = &a->planned;
        struct value_iter it = value_iterate(value_get(status, TEXT("assignments")));
        struct value assignment;

        while (value_next(&it, NULL, &assignment)) {
                struct value leaving = value_get(assignment, TEXT("leaving"));
                int64_t nodes, units;

                if (says(assignment, "environment", r->environment) &&
                    says(assignment, "pool", r->pool) &&
                    says(assignment, "migProfile", r->mig_profile) &&
                    says(assignment, "servingProfile", r->serving_profile) &&
                    value_is_integer(value_get(assignment, TEXT("nodes")), &nodes) &&
                    nodes == r->nodes &&
                    value_is_integer(value_get(assignment, TEXT("unitsPerNode")), &units) &&
                    units == r->units_per_node && value_is_true(leaving) == r->leaving)
                        return true;
        }
        return false;
}

void status_events(const struct decision *decision, struct value observed_status,
                   struct response *response) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];

                if (a->gave_way)
                        add_event(response, SEVERITY_NORMAL, TEXT("GaveWay"), "Gave way on", a);
                if (a->gave_way || (a->fate != FATE_DROPPED && is_known(observed_status, a)))
                        continue;
                if (a->fresh)
                        add_event(response, SEVERITY_NORMAL, TEXT("Placed"), "Placed on", a);
                else if (a->fate == FATE_LEAVES && a->leaves_now)
                        add_event(response, SEVERITY_WARNING, TEXT("Leaving"), "Leaving", a);
                else if (a->fate == FATE_DROPPED)
                        add_event(response, SEVERITY_NORMAL, TEXT("Released"), "Released", a);
        }
}
