/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "base/arena.h"
#include "deploy/scaling.h"
#include "deploy/status.h"
#include "place/freeze.h"
#include "place/observe.h"

/* Serving, as the observed services alone say it. */
static struct condition serving_as_observed(struct call *call) {
        struct decision decision = { .wanted = call->wanted };

        if (decision.wanted == 0)
                decision.wanted = call->n_held > 0 ? (int64_t)call->n_held : 1;

        decision.plan.assignments = ARENA_ARRAY(call->arena, call->n_held, struct assignment);
        if (!decision.plan.assignments)
                return (struct condition) { .type = TEXT("Serving") };
        for (size_t i = 0; i < call->n_held; i++) {
                decision.plan.assignments[i] = (struct assignment) {
                        .fate = FATE_LEAVES,
                        .planned = call->held[i].observed,
                        .service = call->held[i].service,
                };
        }
        decision.plan.n_assignments = call->n_held;
        return status_serving(&decision, call->arena);
}

void call_report_transition(struct call *call, const struct condition *condition) {
        struct value before = observe_condition(call->xr, condition->type);

        if (condition->status != CONDITION_FALSE ||
            text_equal(value_get_text(before, "reason"), condition->reason))
                return;
        response_result(&call->response, (struct result) { .severity = SEVERITY_WARNING,
                                                           .reason = condition->reason,
                                                           .message = condition->message });
}

void call_freeze(struct call *call, enum condition_status status, struct text reason,
                 struct text message) {
        call->plan = (struct plan) {
                .frozen = true,
                .scheduled = { .type = TEXT("Scheduled"),
                               .status = status,
                               .reason = reason,
                               .message = message },
                .serving = serving_as_observed(call),
        };
        call->has_plan = true;
        call->response.status = status_keep(value_get(call->xr, TEXT("status")), call->arena);
        call->response.composite_ready =
                ready_when(call->n_held > 0 && call->plan.serving.status == CONDITION_TRUE);
}

void call_freeze_and_report(struct call *call, struct text reason, struct text message) {
        call_freeze(call, CONDITION_FALSE, reason, message);
        call_report_transition(call, &call->plan.scheduled);
}

void call_add_fatal(struct call *call, struct text message) {
        response_result(&call->response, (struct result) { .severity = SEVERITY_FATAL,
                                                           .reason = TEXT("InvalidSpec"),
                                                           .message = message });
}

void call_refuse(struct call *call, const struct fault *fault) {
        struct text sentence = fault_text(fault, call->arena);

        if (freeze_protects_anything(&call->request.observed)) {
                call_freeze_and_report(call, TEXT("InvalidSpec"), sentence);
                return;
        }
        call_freeze(call, CONDITION_FALSE, TEXT("InvalidSpec"), sentence);
        call_add_fatal(call, sentence);
}

/* A sentence that is repeated as it was observed has its note already. */
static struct text add_note(struct text message, struct text note, struct arena *arena) {
        const struct text parts[] = { message, TEXT("; "), note };

        return text_is_empty(note) || text_ends_with(message, note) ? message
                                                                    : text_join(arena, parts, 3);
}

void call_answer_plan(struct call *call) {
        struct condition scheduled = call->plan.scheduled;

        /* Who scales is Place's to know; the plan leaves it out, and so nothing says it twice. */
        if (call->settings.stages & STAGE_PLACE)
                scheduled.message = add_note(
                        scheduled.message, scaling_note(&call->plan, &call->settings, call->arena),
                        call->arena);
        response_condition(&call->response, scheduled);
        response_condition(&call->response, call->plan.serving);
}
