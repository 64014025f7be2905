/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/status.h"

#include "base/arena.h"
#include "base/printable.h"
#include "deploy/scaling.h"
#include "fleet/doubts.h"

static const char *const our_members[] = { "assignments", "endpoint",   "model",
                                           "placements",  "rejections", "rejectionsOmitted",
                                           "replicas",    "selector" };

/* "ClusterModel/gemma-3-27b" */
static void set_model(struct node *map, struct text model) {
        size_t slash = text_index(model, '/');

        node_set_string(map, "kind", text_slice(model, 0, slash));
        node_set_string(map, "name", text_slice(model, slash + 1, model.len));
}

static struct node *assignment(const struct placement *p, struct arena *arena) {
        const struct reservation *r = &p->reservation;
        struct node *map = node_map(arena);

        if (!text_is_empty(r->model))
                set_model(node_add_map(map, "model"), r->model);
        node_set_string(map, "environment", r->environment);
        node_set_string(map, "pool", r->pool);
        if (!text_is_empty(r->mig_profile))
                node_set_string(map, "migProfile", r->mig_profile);
        node_set_string(map, "servingProfile", r->serving_profile);
        node_set_string(map, "resourceName", r->resource_name);
        node_set_integer(map, "nodes", r->nodes);
        node_set_integer(map, "unitsPerNode", r->units_per_node);
        node_set_integer(map, "replicas", r->replicas);
        node_set_integer(map, "admitted", r->admitted);
        node_set_integer(map, "units", reservation_units(r));
        node_set_bool(map, "ready", p->service.ready && !p->fresh);
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

struct node *status_of(const struct decision *decision, const struct model *model,
                       struct arena *arena) {
        struct node *status = node_map(arena), *list;
        const struct rejections *rejections = &decision->rejections;

        node_set_string(node_add_map(status, "model"), "name", model->model_name);
        list = node_add_map(status, "placements");
        node_set_integer(list, "total", decision->placed);
        node_set_integer(list, "ready", decision->ready);
        if (!text_is_empty(decision->url))
                node_set_string(node_add_map(status, "endpoint"), "url", decision->url);
        scaling_status(&decision->plan, status, arena);
        list = node_add_list(status, "assignments");
        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                if (decision->plan.placements[i].fate != FATE_DROPPED)
                        node_append(list, assignment(&decision->plan.placements[i], arena));
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

struct node *status_keep(struct value observed_status, struct arena *arena) {
        struct node *status = node_map(arena);

        for (size_t i = 0; i < sizeof(our_members) / sizeof(our_members[0]); i++) {
                struct text key = text_from(our_members[i]);

                node_set(status, key, node_value(arena, value_get(observed_status, key)));
        }
        return status;
}

/* "eu-1/small-models-mig" */
static void append_place(struct builder *b, const struct placement *p) {
        builder_text(b, p->reservation.environment);
        builder_char(b, '/');
        builder_text(b, p->reservation.pool);
}

static void append_placed(struct builder *b, const struct decision *decision) {
        const char *separator = ": ";

        builder_i64(b, decision->placed);
        builder_string(b, " of ");
        builder_i64(b, decision->wanted);
        builder_string(b, decision->wanted == 1 ? " environment placed" : " environments placed");
        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                const struct placement *p = &decision->plan.placements[i];

                if (p->fate != FATE_STAYS)
                        continue;
                builder_string(b, separator);
                append_place(b, p);
                builder_string(b, " (");
                builder_text(b, p->reservation.resource_name);
                builder_string(b, " x ");
                builder_i64(b, reservation_units(&p->reservation));
                builder_char(b, ')');
                separator = ", ";
        }
}

/* "; eu-1/whole: 7 of the 8 units of a pod are idle: ..." */
static void append_doubts(struct builder *b, const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                const struct placement *p = &decision->plan.placements[i];
                const struct workload *w = &p->workload;
                struct doubts_of of = {
                        .pool_args = w->pool_args,
                        .engine_args = w->engine_args,
                        .units = p->reservation.units_per_node,
                        .used = w->tensor * w->data * (p->reservation.nodes > 1 ? 1 : w->pipeline),
                        .share_replicas = w->share_replicas,
                };
                struct text doubts =
                        p->fate == FATE_STAYS ? doubts_about(&of, b->arena) : (struct text) { 0 };

                if (text_is_empty(doubts))
                        continue;
                builder_string(b, "; ");
                append_place(b, p);
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

/* "; 2 of 5 replicas have no room", or what else keeps them back. */
static void append_short(struct builder *b, const struct decision *decision, int64_t wanted) {
        builder_string(b, "; ");
        builder_i64(b, decision->short_replicas);
        builder_string(b, " of ");
        builder_i64(b, wanted);
        if (!decision->quota.limited && !decision->closed) {
                builder_string(b, " replicas have no room");
                return;
        }
        builder_string(b, " replicas are not granted");
        if (decision->quota.limited)
                append_quota(b, &decision->quota);
        else
                append_closed(b, decision->closed);
}

static void append_leaving(struct builder *b, const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                const struct placement *p = &decision->plan.placements[i];

                if (p->fate != FATE_LEAVES)
                        continue;
                builder_string(b, "; ");
                append_place(b, p);
                builder_string(b, " is leaving: ");
                builder_text(b, p->why);
        }
}

static bool anything_leaves(const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                if (decision->plan.placements[i].fate == FATE_LEAVES)
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
        if (all) {
                c.status = CONDITION_TRUE;
                c.reason = TEXT("AllScheduled");
        } else if (decision->placed > 0 || anything_leaves(decision)) {
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
        append_leaving(&b, decision);
        append_doubts(&b, decision);
        c.message = builder_done(&b);
        return c;
}

/* "eu-1: the service is being created", or what keeps it from being Ready. */
static struct text starting_sentence(const struct placement *p, struct arena *arena) {
        struct text sentence = !p->service.observed ? TEXT("the service is being created")
                               : text_is_empty(p->service.sentence)
                                       ? TEXT("the service is not Ready yet")
                                       : p->service.sentence;

        return text_join(arena,
                         (struct text[]) { p->reservation.environment, TEXT(": "), sentence }, 3);
}

struct condition status_serving(const struct decision *decision, struct arena *arena) {
        struct condition c = { .type = TEXT("Serving"), .status = CONDITION_FALSE };
        const struct placement *starting = NULL;
        int64_t serving = 0, composed = 0;

        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                const struct placement *p = &decision->plan.placements[i];

                if (p->fate == FATE_DROPPED)
                        continue;
                composed++;
                if (p->service.ready)
                        serving++;
                else if (!starting)
                        starting = p;
        }
        if (serving >= decision->wanted) {
                c.status = CONDITION_TRUE;
                c.reason = TEXT("Serving");
        } else if (composed == 0) {
                c.reason = TEXT("NotScheduled");
        } else {
                c.reason = TEXT("Starting");
                c.message = starting ? starting_sentence(starting, arena)
                                     : text_format(arena, "%lld of %lld environments serving",
                                                   (long long)serving, (long long)decision->wanted);
        }
        return c;
}

static void add_event(struct response *response, enum severity severity, struct text reason,
                      const char *verb, const struct placement *p) {
        struct builder b;

        builder_init(&b, response->arena);
        builder_string(&b, verb);
        builder_char(&b, ' ');
        append_place(&b, p);
        if (!text_is_empty(p->why)) {
                builder_string(&b, ": ");
                builder_text(&b, p->why);
        }
        response_result(response, (struct result) { .severity = severity,
                                                    .reason = reason,
                                                    .message = builder_done(&b) });
}

static bool says(struct value assignment, const char *key, struct text word) {
        return text_equal(value_text(value_get(assignment, text_from(key))), word);
}

/*
 * Does the observed status have this assignment already, leaving or not? A decision is
 * made again as long as nobody carries it out.
 */
static bool is_known(struct value status, const struct placement *p) {
        const struct reservation *r = &p->reservation;
        struct value_iter it = value_iterate(value_get(status, TEXT("assignments")));
        struct value assignment;

        while (value_next(&it, NULL, &assignment)) {
                struct value leaving = value_get(assignment, TEXT("leaving"));
                int64_t nodes;

                if (says(assignment, "environment", r->environment) &&
                    says(assignment, "pool", r->pool) &&
                    says(assignment, "migProfile", r->mig_profile) &&
                    says(assignment, "servingProfile", r->serving_profile) &&
                    value_is_integer(value_get(assignment, TEXT("nodes")), &nodes) &&
                    nodes == r->nodes && value_is_true(leaving) == r->leaving)
                        return true;
        }
        return false;
}

void status_events(const struct decision *decision, struct value observed_status,
                   struct response *response) {
        for (size_t i = 0; i < decision->plan.n_placements; i++) {
                const struct placement *p = &decision->plan.placements[i];

                if (p->fate != FATE_DROPPED && is_known(observed_status, p))
                        continue;
                if (p->fresh)
                        add_event(response, SEVERITY_NORMAL, TEXT("Placed"), "Placed on", p);
                else if (p->fate == FATE_LEAVES && p->leaves_now)
                        add_event(response, SEVERITY_WARNING, TEXT("Leaving"), "Leaving", p);
                else if (p->fate == FATE_DROPPED)
                        add_event(response, SEVERITY_NORMAL, TEXT("Released"), "Released", p);
        }
}
