/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_deploy.h"

#include <errno.h>
#include <string.h>

#include "deploy/deploy.h"
#include "deploy/status.h"
#include "place/observe.h"
#include "pods.h"
#include "requirements.h"

enum { TTL_SETTLED_SECONDS = 5 * 60 };

/* Core's breaker drops events of an XR that is woken too often: poll it sooner. */
static bool is_responsive(const struct call *call) {
        struct value condition = observe_condition(call->xr, TEXT("Responsive"));

        return !text_equal(value_text(value_get(condition, TEXT("status"))), TEXT("False"));
}

static void answer_decision(struct call *call, const struct order *order,
                            const struct decision *decision) {
        struct response *response = &call->response;

        call->plan = decision->plan;
        call->plan.scheduled = status_scheduled(decision, order->deployment, call->arena);
        call->plan.serving = status_serving(decision, call->arena);
        call->has_plan = true;
        response->status = status_of(decision, order->model, call->arena);
        response->composite_ready =
                ready_when(decision->parked ||
                           (decision->placed == decision->wanted &&
                            decision->ready == decision->wanted && decision->short_replicas == 0));
        if (decision->settled && is_responsive(call))
                response->ttl_seconds = TTL_SETTLED_SECONDS;
        status_events(decision, value_get(call->xr, TEXT("status")), response);
        memcpy(call->summary->rejected, decision->rejections.furthest,
               sizeof(call->summary->rejected));
        call_report_transition(call, &call->plan.scheduled);
}

/* No model to place: a reason, with the model's name in the sentence, and where it was looked for.
 */
static void freeze_for_model(struct call *call, const struct deployment *deployment,
                             struct text reason, struct text why) {
        bool is_namespaced = text_equal(deployment->model_kind, TEXT("Model"));

        call_freeze_and_report(
                call, reason,
                text_format(call->arena, "%.*s %.*s%s%.*s%.*s", TEXT_ARG(deployment->model_kind),
                            TEXT_ARG(is_namespaced ? deployment->namespace_ : TEXT("")),
                            is_namespaced ? "/" : "", TEXT_ARG(deployment->model_name),
                            TEXT_ARG(why)));
}

/* A Model of one's own namespace is easily named without its kind, which is ClusterModel then. */
static struct text not_found(const struct deployment *deployment, struct arena *arena) {
        if (text_equal(deployment->model_kind, TEXT("Model")))
                return TEXT(" does not exist");
        return text_format(arena,
                           " does not exist; a Model of namespace %.*s is meant with "
                           "spec.modelRef.kind: Model",
                           TEXT_ARG(deployment->namespace_));
}

/* What is decided on beside the model: what Crossplane answered, and keys that are taken. */
static int read_inputs(struct call *call, const struct requirements_of *of,
                       struct deploy_request *ret) {
        struct environment *environments;
        struct reservation *reservations;
        struct quota *quotas;
        struct text *occupied;
        int r;

        r = requirements_environments(of, &environments, &ret->n_environments, call->fault);
        if (r == 0)
                r = requirements_reservations(of, call->xr, environments, ret->n_environments,
                                              &reservations, &ret->n_reservations, call->fault);
        if (r == 0)
                r = requirements_quotas(of, &quotas, &ret->n_quotas, call->fault);
        if (r == 0)
                r = observe_unexplained(&call->request.observed, call->arena, &occupied,
                                        &ret->n_occupied);
        if (r != 0)
                return r;
        ret->environments = environments;
        ret->reservations = reservations;
        ret->quotas = quotas;
        ret->occupied = occupied;
        return 0;
}

static void wait_for_inputs(struct call *call) {
        call_freeze(call, CONDITION_UNKNOWN, TEXT("WaitingForInputs"),
                    TEXT("Waiting for Crossplane to send what was asked for"));
        call->response.ttl_seconds = 0;
}

/* Returns 1 when there is a model to place; 0 when the call is frozen for want of one. */
static int read_model(struct call *call, const struct requirements_of *of, struct model *ret) {
        const struct deployment *deployment = of->order->deployment;
        struct mistakes mistakes = { 0 };
        int r = requirements_model(of, ret, &mistakes, call->fault);

        if (r == -ENOENT) {
                freeze_for_model(call, deployment, TEXT("ModelNotFound"),
                                 not_found(deployment, call->arena));
                return 0;
        }
        if (r == -EINVAL) {
                const struct text why[] = { TEXT(": "), mistakes.items[0] };

                freeze_for_model(call, deployment, TEXT("ModelInvalid"),
                                 text_join(call->arena, why, 2));
                return 0;
        }
        return r < 0 ? r : 1;
}

/* One attempt to decide; stays the same while the reach grows. */
struct attempt {
        enum reach reach;
        struct model model;
        struct order order;
        struct weighing weighing;
        struct decision decision;
};

static void answer(struct call *call, const struct attempt *attempt) {
        answer_decision(call, &attempt->order, &attempt->decision);
        if (call->explanation)
                *call->explanation =
                        (struct explanation) { .decided = true,
                                               .settings = call->settings,
                                               .deployment = *attempt->order.deployment,
                                               .model = attempt->model,
                                               .weighing = attempt->weighing,
                                               .decision = attempt->decision };
}

/*
 * Ask, read and decide within the attempt's reach. *ret_more is set when that is not
 * enough to decide, or to say why nothing fits; else the call has its answer.
 */
static int decide(struct call *call, struct attempt *attempt, bool *ret_more) {
        enum reach reach = attempt->reach;
        struct requirements_of of = { .order = &attempt->order,
                                      .held = call->held,
                                      .n_held = call->n_held,
                                      .reach = reach,
                                      .request = &call->request,
                                      .arena = call->arena };
        struct deploy_request request = { .held = call->held,
                                          .n_held = call->n_held,
                                          .whole_fleet = reach != REACH_OWN,
                                          .weighing =
                                                  call->explanation ? &attempt->weighing : NULL };
        int r;

        *ret_more = false;
        if (!requirements_ask(&of, &call->response)) {
                wait_for_inputs(call);
                return 0;
        }
        r = read_model(call, &of, &attempt->model);
        if (r <= 0)
                return r;
        attempt->order.model = &attempt->model;
        request.order = attempt->order;
        r = read_inputs(call, &of, &request);
        if (r != 0)
                return r;
        if (reach != REACH_OWN && request.n_environments == 0) {
                *ret_more = reach == REACH_SELECTED;
                if (reach == REACH_ALL)
                        call_freeze_and_report(call, TEXT("NoEnvironments"),
                                               TEXT("There is no InferenceEnvironment"));
                return 0;
        }
        r = pods_look(&call->request, &request, call->held, call->arena, call->fault);
        if (r == 0)
                r = deploy(&request, call->arena, &attempt->decision);
        if (r < 0)
                return r;
        *ret_more =
                (reach == REACH_OWN && !attempt->decision.settled) ||
                (reach == REACH_SELECTED && attempt->decision.placed < attempt->decision.wanted);
        if (!*ret_more)
                answer(call, attempt);
        return 0;
}

/*
 * The next larger reach that can say more. Reading an environment is most of what
 * a call costs, and one that is not selected serves only to say why nothing fits.
 */
static enum reach widen(const struct call *call, const struct deployment *deployment,
                        enum reach reach) {
        bool selects = value_count(deployment->environment_selector) > 0;
        bool needs_all = call->explanation || call->settings.quotas; /* both look at every one */

        return reach == REACH_OWN && selects && !needs_all ? REACH_SELECTED : REACH_ALL;
}

/* Of the autoscalers only KEDA scales to zero. What Place alone knows is for Place to say. */
static bool can_scale(const struct call *call, const struct deployment *d, struct fault *fault) {
        enum autoscaler autoscaler = call->settings.autoscaler;

        if (!d->concurrency || d->min_replicas > 0 || d->replicas == 0 ||
            autoscaler == AUTOSCALER_KEDA ||
            (autoscaler == AUTOSCALER_NONE && !(call->settings.stages & STAGE_PLACE)))
                return true;
        fault_at(fault, "spec.scaling.concurrency.minReplicas",
                 "0 needs kserve.autoscaler KEDA, and KServe 0.21");
        return false;
}

int stage_deploy(struct call *call) {
        struct attempt attempt = { .reach = REACH_OWN };
        struct deployment deployment;
        struct fault fault;
        bool more;
        int r;

        r = deployment_read(call->xr, call->arena, &deployment, &fault);
        if (r == -EINVAL || (r == 0 && !can_scale(call, &deployment, &fault))) {
                call_refuse(call, &fault);
                return 0;
        }
        if (r < 0)
                return r;
        r = requirements_mig_parted(&call->settings, &call->request, &call->response, call->fault);
        if (r < 0)
                return r;
        call->wanted = deployment.environments;
        if (call->n_held > DEPLOY_HELD_MAX) {
                call_freeze_and_report(
                        call, TEXT("TooManyAssignments"),
                        text_format(call->arena,
                                    "%zu assignments are observed, and at most %d are "
                                    "decided on",
                                    call->n_held, DEPLOY_HELD_MAX));
                return 0;
        }
        attempt.order = (struct order) { .deployment = &deployment, .settings = &call->settings };
        if (!deploy_is_settled(&deployment, call->held, call->n_held))
                attempt.reach = widen(call, &deployment, attempt.reach);
        /* A settled call reads its own environments alone, so the fleet is read only when they say
         * that something is left to decide. */
        for (r = decide(call, &attempt, &more); r == 0 && more; r = decide(call, &attempt, &more))
                attempt.reach = widen(call, &deployment, attempt.reach);
        return r;
}
