/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call, from bytes to bytes:
 *
 *      guard -> request -> settings -> stages -> response
 */
#include "function.h"

#include <errno.h>

#include "carried.h"
#include "inventory/compose.h"
#include "inventory/drained.h"
#include "place/freeze.h"
#include "place/names.h"
#include "place/observe.h"
#include "stage_check.h"
#include "stage_deploy.h"
#include "stage_inventory.h"
#include "stage_place.h"
#include "wire/guard.h"

/* ---- the call -------------------------------------------------------------------------------- */

/* What is done for an XR whose step names no stages. */
static unsigned int default_stages(struct text kind) {
        if (text_equal(kind, TEXT("ModelDeployment")))
                return STAGE_DEPLOY | STAGE_PLACE;
        if (text_equal(kind, TEXT("InferenceEnvironment")))
                return STAGE_INVENTORY;
        if (text_equal(kind, TEXT("ClusterModel")) || text_equal(kind, TEXT("Model")))
                return STAGE_CHECK;
        return 0;
}

/* The plan that goes into the context is for the next call as much as for a later step. */
static void answer_plan(struct call *call) {
        struct arena_mark mark;
        struct node *plan;

        call_answer_plan(call);
        /* What is repeated stays in the context as it is. */
        if (!(call->settings.stages & STAGE_DEPLOY) || call->repeats)
                return;
        call->plan.input = call->request.input;
        call->plan.ttl_seconds = call->response.ttl_seconds;
        mark = arena_mark(call->arena);
        plan = plan_encode(&call->plan, call->arena);
        carried_add(call, plan);
        call->response.context_key = TEXT(PLAN_CONTEXT_KEY);
        call->response.context_value = node_pack(plan, mark);
}

static int run_stages(struct call *call) {
        unsigned int stages = call->settings.stages;
        int r = 0;

        if (stages & STAGE_DEPLOY)
                r = stage_deploy(call);
        if (r == 0 && (stages & STAGE_PLACE))
                r = stage_place(call);
        if (r == 0 && (stages & (STAGE_DEPLOY | STAGE_PLACE)))
                answer_plan(call);
        if (r == 0 && (stages & STAGE_INVENTORY))
                r = stage_inventory(call);
        if (r == 0 && (stages & STAGE_CHECK))
                r = stage_check(call);
        return r;
}

/*
 * A mistake that leaves no stage to run; what was composed before stays. The
 * conditions are those of the XR's kind.
 */
static void refuse_call(struct call *call, struct text kind, const struct fault *fault) {
        unsigned int usual = default_stages(kind);
        struct condition condition = {
                .type = usual & STAGE_INVENTORY ? TEXT("CapacityValid") : TEXT("ModelValid"),
                .status = CONDITION_FALSE,
                .reason = TEXT("InvalidSpec"),
                .message = fault_text(fault, call->arena),
        };

        if (!(usual & (STAGE_INVENTORY | STAGE_CHECK))) {
                call_refuse(call, fault);
                freeze_all(&call->request.observed, &call->settings, &call->response);
                answer_plan(call);
                return;
        }
        response_condition(&call->response, condition);
        if (usual & STAGE_INVENTORY)
                response_condition(&call->response,
                                   drained_keep(observe_condition(call->xr, TEXT("Drained"))));
        if ((usual & STAGE_INVENTORY) && stage_inventory_freeze(call))
                call_report_transition(call, &condition);
        else
                call_add_fatal(call, condition.message);
}

/* A step of its own for Place goes by the input of the one with Deploy too. */
static int read_settings(struct call *call, struct fault *fault) {
        struct value plan = { 0 }, carried;
        int r = settings_read(call->request.input, call->arena, &call->settings, fault);

        if (r < 0 || call->settings.stages == STAGE_PLACE)
                plan = value_get(call->request.context, TEXT(PLAN_CONTEXT_KEY));
        if (plan.kind != VALUE_MAP)
                return r;
        carried = value_get(plan, TEXT("input"));
        carried.may_be_broken = call->request.context.may_be_broken;
        return settings_read_over(carried, call->request.input, call->arena, &call->settings,
                                  fault);
}

static int run(struct call *call) {
        struct text kind = value_get_text(call->xr, "kind");
        struct fault fault;
        int r;

        r = read_settings(call, &fault);
        if (r < 0 && r != -EINVAL)
                return r;
        if (r == 0) {
                call->response.ttl_seconds = call->settings.ttl_seconds;
                if (call->settings.stages == 0)
                        call->settings.stages = default_stages(kind);
        } else {
                call->settings = settings_default();
        }
        if (observe_held(&call->request.observed, &call->settings, call->arena, &call->held,
                         &call->n_held) < 0)
                return -ENOMEM;
        if (r == -EINVAL) {
                refuse_call(call, kind, &fault);
                return 0;
        }
        if (call->settings.stages == 0) {
                fault_at(&fault, "input.stages", "must be named for an XR of kind \"%.*s\"",
                         TEXT_ARG(kind));
                refuse_call(call, kind, &fault);
                return 0;
        }
        return run_stages(call);
}

/* What others composed is none of our business, and most of what is observed. */
bool function_reads(struct text key) {
        return names_is_ours(key) || compose_is_ours(key);
}

static void summarize(struct call *call) {
        struct call_summary *ret = call->summary;
        const struct response *response = &call->response;
        struct builder b;

        ret->tag = call->request.tag;
        ret->kind = value_get_text(call->xr, "kind");
        ret->namespace_ = call->namespace_;
        ret->name = call->name;
        builder_init(&b, call->arena);
        if (response->n_conditions > 0) {
                const struct condition *c = &response->conditions[0];

                /* Place repeats what Deploy decided in a step before, and a call what an earlier
                 * did. */
                ret->decided = call->settings.stages != STAGE_PLACE && !call->repeats;
                ret->condition = c->type;
                ret->reason = c->reason;
                ret->is_waiting = text_equal(c->reason, TEXT("WaitingForInputs"));
                ret->is_changed = !text_equal(
                        value_get_text(observe_condition(call->xr, c->type), "reason"), c->reason);
                builder_text(&b, c->type);
                builder_string(&b, c->status == CONDITION_TRUE    ? "=True "
                                   : c->status == CONDITION_FALSE ? "=False "
                                                                  : "=Unknown ");
                builder_text(&b, c->reason);
        }
        ret->decision = builder_done(&b);
        for (size_t i = 0; i < response->n_results; i++)
                ret->fatal |= response->results[i].severity == SEVERITY_FATAL;
}

/* Crossplane cannot receive it: say so in an answer that it can. */
static int encode_too_large(struct call *call, struct payload *ret) {
        struct response small;
        struct request empty = call->request;

        empty.desired = (struct state) { 0 };
        empty.context = (struct value) { 0 };
        response_init(&small, call->arena);
        for (size_t i = 0; i < call->response.n_conditions; i++)
                response_condition(&small, call->response.conditions[i]);
        response_result(&small,
                        (struct result) {
                                .severity = SEVERITY_FATAL,
                                .message = text_format(call->arena,
                                                       "the response has %zu bytes, more than the "
                                                       "%d that Crossplane can receive",
                                                       ret->len, (int)FUNCTION_RESPONSE_MAX),
                        });
        return response_encode(&small, &empty, ret);
}

int function_explain(struct text request, struct arena *arena, struct payload *ret,
                     struct call_summary *ret_summary, struct explanation *ret_explanation,
                     struct fault *fault) {
        struct call call = { .arena = arena,
                             .summary = ret_summary,
                             .explanation = ret_explanation,
                             .fault = fault };
        struct payload payload;
        int verdict, r;

        *ret_summary = (struct call_summary) { 0 };
        verdict = guard_request_only(request, function_reads, fault);
        r = verdict < 0 ? verdict
                        : request_read_only(request, function_reads, arena, &call.request, fault);
        if (r == 0) {
                if (verdict == GUARD_BROKEN)
                        request_suspect(&call.request);
                observe_leave_out_foreign(&call.request.observed);
                call.xr = call.request.observed.composite.object;
                call.namespace_ = deployment_namespace(call.xr);
                call.name = value_text(value_at(call.xr, "metadata.name"));
                response_init(&call.response, arena);
                call.response.ttl_seconds = settings_default().ttl_seconds;
                call.response.has_claim = value_at(call.xr, "spec.claimRef").kind == VALUE_MAP;
                call.response.extra_resources = !call.request.has_capabilities;
                r = run(&call);
        }
        if (r == 0) {
                summarize(&call);
                r = response_encode(&call.response, &call.request, &payload);
        }
        if (r == 0 && payload.len > FUNCTION_RESPONSE_MAX) {
                ret_summary->fatal = true;
                r = encode_too_large(&call, &payload);
        }
        if (r == -ENOMEM)
                fault_set(fault, "the request needs more than the %zu bytes of memory it may take",
                          arena->budget_bytes);
        if (r < 0)
                return r;
        *ret = payload;
        return 0;
}

int function_run(struct text request, struct arena *arena, struct payload *ret,
                 struct call_summary *ret_summary, struct fault *fault) {
        return function_explain(request, arena, ret, ret_summary, NULL, fault);
}
