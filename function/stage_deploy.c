/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_deploy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "carried.h"
#include "decided_by.h"
#include "deploy/status.h"
#include "place/observe.h"
#include "pods.h"
#include "requirements.h"

enum { TTL_SETTLED_SECONDS = 5 * 60 };

/* One attempt to decide; stays the same while more is read. */
struct attempt {
        enum requirements_state state;
        struct requirements_of of;
        struct order order;
        struct model model;
        struct deploy_request request;
        struct weighing weighing;
        struct decision decision;
        struct asked before;        /* what the call before asked for */
        bool is_moving;             /* it is not what would be asked for now */
        bool waits_on;              /* there is no reason to look again: */
        struct condition scheduled; /* Scheduled as it was observed */
        struct text decided_by;     /* what a decision to wait was made by */
};

/* Core's breaker drops events of an XR that is woken too often: poll it sooner. */
static bool is_responsive(const struct call *call) {
        struct value condition = observe_condition(call->xr, TEXT("Responsive"));

        return !text_equal(value_get_text(condition, "status"), TEXT("False"));
}

/* Scheduled as it was decided, and by what; or as it was observed, by one that waits on. */
static void answer_scheduled(struct call *call, const struct attempt *attempt) {
        const struct decision *decision = &attempt->decision;
        struct value observed = value_get(call->xr, TEXT("status"));

        if (attempt->waits_on) {
                call->plan.scheduled = attempt->scheduled;
                call->response.status =
                        status_repeat(decision, &attempt->model, observed, call->arena);
                return;
        }
        call->plan.scheduled = status_scheduled(decision, attempt->order.deployment, call->arena);
        call->response.status = status_of(decision, &attempt->model, call->arena);
        if (!text_is_empty(attempt->decided_by))
                status_add_decided_by(call->response.status, attempt->decided_by);
}

static void answer_decision(struct call *call, const struct attempt *attempt) {
        const struct decision *decision = &attempt->decision;
        struct response *response = &call->response;

        call->plan = decision->plan;
        call->plan.serving = status_serving(decision, call->arena);
        call->has_plan = true;
        answer_scheduled(call, attempt);
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

static void wait_for_inputs(struct call *call, const struct attempt *attempt) {
        call->asks = attempt->of.asked;
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

/* ---- what it is woken by --------------------------------------------------------------------- */

/* Are fewer environments held than are wanted, by what is observed alone? */
static bool is_short(const struct requirements_of *of) {
        const struct deployment *d = of->order->deployment;
        int64_t held = 0;

        for (size_t i = 0; i < of->n_held; i++)
                held += !of->held[i].observed.leaving;
        return d->replicas > 0 && held < d->environments;
}

/* It is decided for this reconcile: only what shall wake the deployment is asked for. */
static void let_go(struct call *call, struct attempt *attempt, struct asked wake) {
        wake.what &= requirements_rows[attempt->state].wake;
        call->is_decided = !attempt->of.is_first || !requirements_seems_absent(&attempt->of);
        call->wake = wake;
        attempt->of.asked = wake;
        requirements_let_go(&attempt->of, &call->response);
}

/* Nothing can be decided without a model, or an environment. */
static void let_go_frozen(struct call *call, struct attempt *attempt) {
        struct asked wake = attempt->of.asked;

        attempt->state = REQUIREMENTS_FROZEN;
        wake.what = ASK_ALWAYS | (wake.n_rivals > 0 ? ASK_RIVALS : 0U) |
                    (is_short(&attempt->of) ? ASK_ENVIRONMENTS : 0U);
        wake.n_environments = 0;
        let_go(call, attempt, wake);
}

static void answer(struct call *call, struct attempt *attempt) {
        answer_decision(call, attempt);
        let_go(call, attempt, asks_of_decision(&attempt->decision, call->arena));
        if (call->explanation)
                *call->explanation =
                        (struct explanation) { .decided = true,
                                               .settings = call->settings,
                                               .deployment = *attempt->order.deployment,
                                               .model = attempt->model,
                                               .weighing = attempt->weighing,
                                               .decision = attempt->decision };
}

/* ---- one attempt ----------------------------------------------------------------------------- */

static struct text decide_by(const struct call *call, const struct attempt *attempt) {
        const struct decided_by_of of = { .call = call,
                                          .answers = &attempt->of,
                                          .request = &attempt->request,
                                          .plan = &attempt->decision.plan,
                                          .fits = &attempt->decision.fits };

        return decided_by_digits(&of);
}

/*
 * How much of the fleet to read at first. Reading an environment is most of what a call costs,
 * and one that is not selected serves only to say why nothing fits.
 */
static enum reach widen(const struct call *call, const struct deployment *deployment) {
        bool selects = value_count(deployment->environment_selector) > 0;
        bool needs_all = call->explanation || call->settings.quotas; /* both look at every one */

        return selects && !needs_all ? REACH_SELECTED : REACH_ALL;
}

/* Puts more into what is asked for; nothing is taken out of it before it is decided. */
static void go_to(struct call *call, struct attempt *attempt, enum requirements_state state) {
        attempt->state = state;
        attempt->of.asked.what |= requirements_rows[state].read & ~(unsigned int)ASK_POOLS;
        asks_add_rivals(&attempt->of.asked, &attempt->order, attempt->of.held, attempt->of.n_held,
                        &attempt->decision, call->arena);
}

/* Would more of it be reserved or used than there is? */
static bool takes_more(const struct assignment *a) {
        return a->fate != FATE_DROPPED &&
               (a->planned.reserved > a->observed.reserved || a->planned.used > a->observed.used);
}

/*
 * A quota counts the whole namespace, in all environments: nothing more is reserved or used under
 * one, a rollout's surge included, by what one's own environments say. That pods are to
 * change, and want a surge, is only known once it was decided by these.
 */
static bool needs_quota(const struct call *call, const struct attempt *attempt) {
        const struct plan *plan = &attempt->decision.plan;

        if (!call->settings.quotas)
                return false;
        for (size_t i = 0; i < attempt->of.n_held; i++) {
                const struct reservation *r = &attempt->of.held[i].observed;

                if (r->used < r->reserved ||
                    r->reserved - r->surge < attempt->order.deployment->replicas)
                        return true;
        }
        for (size_t i = 0; i < plan->n_assignments; i++) {
                if (takes_more(&plan->assignments[i]))
                        return true;
        }
        return false;
}

/*
 * Does one of those held ask for more than its own environment can tell? What was not made as it
 * was composed may have the name of another's, from whatever environment.
 */
static bool needs_fleet(const struct call *call, const struct attempt *attempt) {
        for (size_t i = 0; i < attempt->of.n_held; i++) {
                const struct assignment *held = &attempt->of.held[i];

                if (held->rebuilt || !held->service.observed)
                        return true;
        }
        return needs_quota(call, attempt);
}

/* Can nothing be decided without the reservations of the fleet? Where no pool would do it can. */
static bool needs_ledger(const struct call *call, const struct attempt *attempt) {
        return attempt->decision.fits.n > 0 || needs_fleet(call, attempt);
}

/*
 * May it look at GPUPools before it reads the ledger? That takes a call more, so only one that
 * begins its reconcile so, or has begun it so.
 */
static bool may_wait(const struct attempt *attempt) {
        return attempt->state != REQUIREMENTS_WAITING &&
               (attempt->of.is_first || attempt->before.what & ASK_ENVIRONMENTS);
}

/*
 * Not settled: more is read. Who waits looks at GPUPools first; an explanation is of the whole
 * fleet. Once the ledger was asked for, it is there, and nothing less is asked for instead.
 */
static void go_on(struct call *call, struct attempt *attempt) {
        bool whole_fleet = call->explanation || needs_fleet(call, attempt) || attempt->is_moving ||
                           attempt->before.what & ASK_LEDGER;
        struct condition unused;

        if (!whole_fleet && !attempt->decision.wanting && !is_short(&attempt->of)) {
                go_to(call, attempt, REQUIREMENTS_STARTING);
                return;
        }
        if (!whole_fleet && may_wait(attempt) && !call->settings.quotas &&
            !text_is_empty(decided_by_observed(call)) && decided_by_scheduled(call, &unused)) {
                go_to(call, attempt, REQUIREMENTS_WAITING);
                attempt->of.reach = REACH_ALL;
                return;
        }
        go_to(call, attempt, REQUIREMENTS_LOOKING);
        if (attempt->of.reach == REACH_OWN)
                attempt->of.reach = widen(call, attempt->order.deployment);
}

/*
 * What is to be read depends on what was read: of what moves meanwhile it could be asked for
 * again and again. The whole ledger is read then, and after that it is decided: no reconcile
 * has over five calls.
 */
static bool has_moved(struct attempt *attempt) {
        const struct asked *before = &attempt->before, *now = &attempt->of.asked;

        if (attempt->state == REQUIREMENTS_LOOKING)
                return false;
        if (before->what & now->what & ASK_POOLS && !text_equal(before->pools_of, now->pools_of))
                attempt->is_moving = true;
        for (size_t i = 0; before->what & ASK_RIVALS && i < now->n_rivals; i++) {
                if (before->n_rivals == 0 ||
                    !bsearch(&now->rivals[i], before->rivals, before->n_rivals,
                             sizeof(now->rivals[i]), text_order))
                        attempt->is_moving = true;
        }
        return attempt->is_moving;
}

/* Of one that waits: has anything changed by which it was decided? */
static int look_at_pools(struct call *call, struct attempt *attempt, bool *ret_more) {
        struct requirements_of *of = &attempt->of;
        struct fits *fits = &attempt->decision.fits;
        struct text only = { 0 };
        struct fits_pool *pools;
        size_t n_pools;
        int r;

        if (fits->n > 0) {
                of->asked.what |= ASK_POOLS;
                if (fits_environments(fits, &only) == 1)
                        of->asked.pools_of = only;
        }
        if (requirements_ask(of, &call->response) != 0) {
                *ret_more = has_moved(attempt);
                if (!*ret_more)
                        wait_for_inputs(call, attempt);
                return 0;
        }
        r = requirements_pools(of, attempt->request.environments, attempt->request.n_environments,
                               &pools, &n_pools, call->fault);
        if (r < 0)
                return r;
        fits_show(fits, pools, n_pools);
        attempt->waits_on = fits_all_known(fits) &&
                            decided_by_scheduled(call, &attempt->scheduled) &&
                            text_equal(decide_by(call, attempt), decided_by_observed(call));
        *ret_more = !attempt->waits_on;
        return arena_failed(call->arena) ? -ENOMEM : 0;
}

/* A decision from what was read: is more needed than that? */
static int judge(struct call *call, struct attempt *attempt, bool *ret_more) {
        const struct decision *decision = &attempt->decision;

        switch (attempt->state) {
        case REQUIREMENTS_SETTLED:
                *ret_more = !decision->settled;
                break;
        case REQUIREMENTS_STARTING:
                *ret_more = decision->wanting || needs_quota(call, attempt);
                break;
        case REQUIREMENTS_WAITING:
                return decision->wanting ? look_at_pools(call, attempt, ret_more) : 0;
        case REQUIREMENTS_LOOKING:
        case REQUIREMENTS_FROZEN:
        case N_REQUIREMENTS_STATES:
                if (decision->wanting && attempt->of.reach == REACH_SELECTED) {
                        attempt->of.reach = REACH_ALL;
                        *ret_more = true;
                } else if (decision->wanting && !call->settings.quotas) {
                        attempt->decided_by = decide_by(call, attempt);
                }
        }
        return 0;
}

/*
 * Ask, read and decide as far as the attempt's state goes. *ret_more is set when that is not
 * enough; else the call has its answer.
 */
static int decide(struct call *call, struct attempt *attempt, bool *ret_more) {
        struct requirements_of *of = &attempt->of;
        struct deploy_request *request = &attempt->request;
        unsigned int missing = requirements_ask(of, &call->response);
        int r;

        *ret_more = false;
        /* All reservations are those of each environment too. */
        if (of->asked.what & ASK_LEDGER & ~missing)
                missing &= ~(unsigned int)ASK_RIVALS;
        if (missing & ~(unsigned int)(ASK_LEDGER | ASK_QUOTAS) ||
            (missing != 0 && needs_ledger(call, attempt))) {
                *ret_more = has_moved(attempt);
                if (!*ret_more)
                        wait_for_inputs(call, attempt);
                return 0;
        }
        r = read_model(call, of, &attempt->model);
        if (r == 0)
                let_go_frozen(call, attempt);
        if (r <= 0)
                return r;
        attempt->order.model = &attempt->model;
        *request = (struct deploy_request) {
                .order = attempt->order,
                .held = call->held,
                .n_held = call->n_held,
                .whole_fleet = attempt->state == REQUIREMENTS_LOOKING && missing == 0,
                .own_ledger = attempt->state != REQUIREMENTS_SETTLED,
                .weighing = call->explanation ? &attempt->weighing : NULL,
        };
        r = read_inputs(call, of, request);
        if (r != 0)
                return r;
        if (of->reach != REACH_OWN && request->n_environments == 0) {
                *ret_more = of->reach == REACH_SELECTED;
                of->reach = REACH_ALL;
                if (*ret_more)
                        return 0;
                call_freeze_and_report(call, TEXT("NoEnvironments"),
                                       TEXT("There is no InferenceEnvironment"));
                let_go_frozen(call, attempt);
                return 0;
        }
        r = pods_look(&call->request, request, call->held, call->arena, call->fault);
        if (r == 0)
                r = deploy(request, call->arena, &attempt->decision);
        if (r == 0 && missing != 0 && needs_ledger(call, attempt)) {
                wait_for_inputs(call, attempt);
                return 0;
        }
        if (r == 0 && missing != 0) {
                request->whole_fleet = true;
                r = deploy(request, call->arena, &attempt->decision);
        }
        if (r == 0)
                r = judge(call, attempt, ret_more);
        if (r == 0 && !*ret_more && !call->has_plan)
                answer(call, attempt);
        return r;
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

/* What an earlier call decided is final in its reconcile. Returns 1 when it is repeated. */
static int repeat(struct call *call, const struct order *order, bool *ret_first) {
        struct requirements_of of = { .order = order,
                                      .held = call->held,
                                      .n_held = call->n_held,
                                      .request = &call->request,
                                      .arena = call->arena };
        enum carried carried = carried_look(call);
        int r;

        *ret_first = carried == CARRIED_NOTHING;
        if (carried != CARRIED_DECIDED)
                return 0;
        r = carried_repeat(call, &of.asked);
        *ret_first = r == -EINVAL;
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        requirements_let_go(&of, &call->response);
        return 1;
}

static int look(struct call *call, const struct order *order, bool is_first) {
        struct attempt attempt = { .order = *order,
                                   .before = carried_asks(call),
                                   .of = { .held = call->held,
                                           .n_held = call->n_held,
                                           .is_first = is_first,
                                           .request = &call->request,
                                           .arena = call->arena } };
        bool more = true;
        int r = 0;

        attempt.of.order = &attempt.order;
        go_to(call, &attempt, REQUIREMENTS_SETTLED);
        if (!deploy_is_settled(order->deployment, call->held, call->n_held))
                go_on(call, &attempt);
        while (r == 0 && more) {
                r = decide(call, &attempt, &more);
                /* A larger reach is tried in the same state. */
                if (r == 0 && more && attempt.state != REQUIREMENTS_LOOKING)
                        go_on(call, &attempt);
        }
        return r;
}

int stage_deploy(struct call *call) {
        struct deployment deployment;
        struct order order = { .deployment = &deployment, .settings = &call->settings };
        struct fault fault;
        bool is_first;
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
        r = repeat(call, &order, &is_first);
        if (r != 0)
                return r < 0 ? r : 0;
        return look(call, &order, is_first);
}
