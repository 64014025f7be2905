/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call, from bytes to bytes:
 *
 *      guard -> request -> settings -> stages -> response
 *
 * A stage that must not decide, because an input is missing or wrong, freezes:
 * everything of ours stays desired as it was observed, and a condition says why.
 * Only a mistake in this XR or in the input, with nothing observed to protect,
 * is fatal.
 */
#include "function.h"

#include <errno.h>
#include <string.h>

#include "deploy/deploy.h"
#include "deploy/status.h"
#include "inventory/compose.h"
#include "inventory_stage.h"
#include "place/freeze.h"
#include "place/names.h"
#include "place/observe.h"
#include "place/place.h"
#include "requirements.h"
#include "wire/guard.h"

enum { TTL_DEFAULT_SECONDS = 60, TTL_SETTLED_SECONDS = 5 * 60 };

/* Everything that the stages of one call share. */
struct call {
        struct arena *arena;
        struct request request;
        struct response response;
        struct settings settings;
        struct value xr;
        struct text namespace_;
        struct text name;
        struct held *held;
        size_t n_held;
        int64_t wanted; /* environments; 0: not known */
        struct plan plan;
        bool has_plan; /* made by Deploy in this call, or read from the context */
        struct call_summary *summary;
        struct explanation *explanation; /* for who asked; or NULL */
        struct fault *fault;             /* of a call that has no answer */
};

/* ---- answers that decide nothing ------------------------------------------------------------- */

/* Serving, as the observed services alone say it. */
static struct condition serving_as_observed(struct call *call) {
        struct decision decision = { .wanted = call->wanted };

        if (decision.wanted == 0)
                decision.wanted = call->n_held > 0 ? (int64_t)call->n_held : 1;

        decision.plan.placements = ARENA_ARRAY(call->arena, call->n_held, struct placement);
        if (!decision.plan.placements)
                return (struct condition) { .type = TEXT("Serving") };
        for (size_t i = 0; i < call->n_held; i++) {
                decision.plan.placements[i] = (struct placement) {
                        .fate = FATE_LEAVES,
                        .reservation = call->held[i].reservation,
                        .service = call->held[i].service,
                };
        }
        decision.plan.n_placements = call->n_held;
        return status_serving(&decision, call->arena);
}

/* An event when the reason is another than the one that was observed, so on transitions only. */
static void tell_transition(struct call *call, const struct condition *condition) {
        struct value before = observe_condition(call->xr, condition->type);

        if (condition->status != CONDITION_FALSE ||
            text_equal(value_text(value_get(before, TEXT("reason"))), condition->reason))
                return;
        response_result(&call->response, (struct result) { .severity = SEVERITY_WARNING,
                                                           .reason = condition->reason,
                                                           .message = condition->message });
}

/* A plan that keeps everything; Place carries it out, in this step or in one of its own. */
static void freeze(struct call *call, enum condition_status status, struct text reason,
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

/* The same for an input that is missing or wrong, which is news when it becomes so. */
static void freeze_and_tell(struct call *call, struct text reason, struct text message) {
        freeze(call, CONDITION_FALSE, reason, message);
        tell_transition(call, &call->plan.scheduled);
}

static void add_fatal(struct call *call, struct text message) {
        response_result(&call->response, (struct result) { .severity = SEVERITY_FATAL,
                                                           .reason = TEXT("InvalidSpec"),
                                                           .message = message });
}

/* The user's mistake in this XR or in the step's input. */
static void refuse(struct call *call, const struct fault *fault) {
        struct text sentence = fault_text(fault, call->arena);

        if (freeze_protects_anything(&call->request.observed)) {
                freeze_and_tell(call, TEXT("InvalidSpec"), sentence);
                return;
        }
        freeze(call, CONDITION_FALSE, TEXT("InvalidSpec"), sentence);
        add_fatal(call, sentence);
}

/* ---- Deploy ---------------------------------------------------------------------------------- */

/* Core's breaker drops events of an XR that is woken too often: poll it sooner. */
static bool is_responsive(const struct call *call) {
        struct value condition = observe_condition(call->xr, TEXT("Responsive"));

        return !text_equal(value_text(value_get(condition, TEXT("status"))), TEXT("False"));
}

static void answer_decision(struct call *call, const struct deployment *deployment,
                            const struct model *model, const struct decision *decision) {
        struct response *response = &call->response;

        call->plan = decision->plan;
        call->plan.scheduled = status_scheduled(decision, deployment, call->arena);
        call->plan.serving = status_serving(decision, call->arena);
        call->has_plan = true;
        response->status = status_of(decision, model, call->arena);
        response->composite_ready =
                ready_when(decision->placed == decision->wanted &&
                           decision->ready == decision->wanted && decision->short_replicas == 0);
        if (decision->settled && is_responsive(call))
                response->ttl_seconds = TTL_SETTLED_SECONDS;
        status_events(decision, value_get(call->xr, TEXT("status")), response);
        memcpy(call->summary->rejected, decision->rejections.furthest,
               sizeof(call->summary->rejected));
        tell_transition(call, &call->plan.scheduled);
}

/* No model to place: a reason, with the model's name in the sentence, and where it was looked for.
 */
static void freeze_for_model(struct call *call, const struct deployment *deployment,
                             struct text reason, struct text why) {
        bool is_namespaced = text_equal(deployment->model_kind, TEXT("Model"));

        freeze_and_tell(call, reason,
                        text_format(call->arena, "%.*s %.*s%s%.*s%.*s",
                                    TEXT_ARG(deployment->model_kind),
                                    TEXT_ARG(is_namespaced ? deployment->namespace_ : TEXT("")),
                                    is_namespaced ? "/" : "", TEXT_ARG(deployment->model_name),
                                    TEXT_ARG(why)));
}

/*
 * One attempt within that reach. *ret_more is set when it is not enough to
 * decide, or to say why nothing fits.
 */
static int decide(struct call *call, const struct deployment *deployment, enum reach reach,
                  bool *ret_more) {
        struct requirements_of of = { .deployment = deployment,
                                      .settings = &call->settings,
                                      .held = call->held,
                                      .n_held = call->n_held,
                                      .reach = reach,
                                      .request = &call->request,
                                      .arena = call->arena };
        struct deploy_request request = { .deployment = deployment,
                                          .settings = &call->settings,
                                          .held = call->held,
                                          .n_held = call->n_held,
                                          .whole_fleet = reach != REACH_OWN };
        struct text *occupied;
        struct environment *environments;
        struct reservation *reservations;
        struct quota *quotas;
        struct mistakes mistakes = { 0 };
        struct weighing weighing;
        struct decision decision;
        struct model model;
        int err;

        *ret_more = false;
        if (!requirements_ask(&of, &call->response)) {
                freeze(call, CONDITION_UNKNOWN, TEXT("WaitingForInputs"),
                       TEXT("Waiting for Crossplane to send what was asked for"));
                call->response.ttl_seconds = 0;
                return 0;
        }
        err = requirements_model(&of, &model, &mistakes, call->fault);
        if (err == -ENOENT) {
                freeze_for_model(call, deployment, TEXT("ModelNotFound"), TEXT(" does not exist"));
                return 0;
        }
        if (err == -EINVAL) {
                const struct text why[] = { TEXT(": "), mistakes.items[0] };

                freeze_for_model(call, deployment, TEXT("ModelInvalid"),
                                 text_join(call->arena, why, 2));
                return 0;
        }
        if (err == 0)
                err = requirements_environments(&of, &environments, &request.n_environments,
                                                call->fault);
        if (err == 0)
                err = requirements_reservations(&of, call->xr, environments, request.n_environments,
                                                &reservations, &request.n_reservations,
                                                call->fault);
        if (err == 0)
                err = requirements_quotas(&of, &quotas, &request.n_quotas, call->fault);
        if (err == 0)
                err = observe_unexplained(&call->request.observed, call->arena, &occupied,
                                          &request.n_occupied);
        if (err < 0)
                return err;
        if (reach == REACH_SELECTED && request.n_environments == 0) {
                *ret_more = true;
                return 0;
        }
        if (reach == REACH_ALL && request.n_environments == 0) {
                freeze_and_tell(call, TEXT("NoEnvironments"),
                                TEXT("There is no InferenceEnvironment"));
                return 0;
        }
        request.occupied = occupied;
        request.model = &model;
        request.environments = environments;
        request.reservations = reservations;
        request.quotas = quotas;
        request.weighing = call->explanation ? &weighing : NULL;
        err = deploy(&request, call->arena, &decision);
        if (err < 0)
                return err;
        if ((reach == REACH_OWN && !decision.settled) ||
            (reach == REACH_SELECTED && decision.placed < decision.wanted)) {
                *ret_more = true;
                return 0;
        }
        answer_decision(call, deployment, &model, &decision);
        if (call->explanation)
                *call->explanation = (struct explanation) { .decided = true,
                                                            .deployment = *deployment,
                                                            .model = model,
                                                            .weighing = weighing,
                                                            .decision = decision };
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

static int run_deploy(struct call *call) {
        enum reach reach = REACH_OWN;
        struct deployment deployment;
        struct fault fault;
        bool more;
        int err;

        err = deployment_read(call->xr, call->arena, &deployment, &fault);
        if (err == -EINVAL) {
                refuse(call, &fault);
                return 0;
        }
        if (err < 0)
                return err;
        err = requirements_mig_parted(&call->settings, &call->request, &call->response,
                                      call->fault);
        if (err < 0)
                return err;
        call->wanted = deployment.environments;
        if (call->n_held > DEPLOY_HELD_MAX) {
                freeze_and_tell(call, TEXT("TooManyAssignments"),
                                text_format(call->arena,
                                            "%zu assignments are observed, and at most %d are "
                                            "decided on",
                                            call->n_held, DEPLOY_HELD_MAX));
                return 0;
        }
        if (!deploy_is_settled(&deployment, call->held, call->n_held))
                reach = widen(call, &deployment, reach);
        for (err = decide(call, &deployment, reach, &more); err == 0 && more;
             err = decide(call, &deployment, reach, &more))
                reach = widen(call, &deployment, reach);
        return err;
}

/* ---- Place ----------------------------------------------------------------------------------- */

static int run_place(struct call *call) {
        struct fault fault;

        if (!call->has_plan) {
                struct value plan = value_get(call->request.context, TEXT(PLAN_CONTEXT_KEY));
                int err = plan_decode(plan, call->arena, &call->plan);

                if (err == -ENOMEM)
                        return err;
                if (err < 0) {
                        fault_set(&fault, "stage Place found no plan in the pipeline context: run "
                                          "a step with stage Deploy before it");
                        refuse(call, &fault);
                } else {
                        /* The shortest TTL of all steps counts: this one must not shorten it. */
                        call->response.ttl_seconds = call->plan.ttl_seconds;
                }
        }
        place(&call->plan, call->namespace_, call->name, &call->settings, &call->request.observed,
              &call->response);
        return 0;
}

/* Deploy and Place give the same conditions, so that neither undoes the other's. */
static void answer_plan(struct call *call) {
        response_condition(&call->response, call->plan.scheduled);
        response_condition(&call->response, call->plan.serving);
        if (call->settings.stages & STAGE_DEPLOY) {
                call->plan.ttl_seconds = call->response.ttl_seconds;
                call->response.context_key = TEXT(PLAN_CONTEXT_KEY);
                call->response.context_value = plan_encode(&call->plan, call->arena);
        }
}

/* ---- Inventory and Check --------------------------------------------------------------------- */

static int run_inventory(struct call *call) {
        struct condition condition;
        int err = requirements_mig_parted(&call->settings, &call->request, &call->response,
                                          call->fault);

        if (err == 0)
                err = inventory_stage(&call->request, &call->settings, &call->response, &condition,
                                      &call->summary->used, call->fault);
        if (err == 0)
                tell_transition(call, &condition);
        return err;
}

static int run_check(struct call *call) {
        struct condition condition = { .type = TEXT("ModelValid"),
                                       .status = CONDITION_TRUE,
                                       .reason = TEXT("Valid") };
        struct mistakes mistakes = { 0 };
        struct model model;
        struct builder b;
        int err = model_read(call->xr, call->arena, &model, &mistakes);

        if (err < 0 && err != -EINVAL)
                return err;
        if (err == -EINVAL) {
                builder_init(&b, call->arena);
                for (size_t i = 0; i < mistakes.n; i++) {
                        if (i > 0)
                                builder_string(&b, "; ");
                        builder_text(&b, mistakes.items[i]);
                }
                condition.status = CONDITION_FALSE;
                condition.reason = TEXT("Invalid");
                condition.message = builder_done(&b);
        }
        response_condition(&call->response, condition);
        tell_transition(call, &condition);
        call->response.composite_ready = ready_when(err == 0);
        return 0;
}

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

static int run_stages(struct call *call) {
        unsigned int stages = call->settings.stages;
        int err = 0;

        if (stages & STAGE_DEPLOY)
                err = run_deploy(call);
        if (err == 0 && (stages & STAGE_PLACE))
                err = run_place(call);
        if (err == 0 && (stages & (STAGE_DEPLOY | STAGE_PLACE)))
                answer_plan(call);
        if (err == 0 && (stages & STAGE_INVENTORY))
                err = run_inventory(call);
        if (err == 0 && (stages & STAGE_CHECK))
                err = run_check(call);
        return err;
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
                refuse(call, fault);
                freeze_all(&call->request.observed, &call->settings, &call->response);
                answer_plan(call);
                return;
        }
        response_condition(&call->response, condition);
        if ((usual & STAGE_INVENTORY) && inventory_stage_freeze(&call->request, &call->response))
                tell_transition(call, &condition);
        else
                add_fatal(call, condition.message);
}

static int run(struct call *call) {
        struct text kind = value_text(value_get(call->xr, TEXT("kind")));
        struct fault fault;
        int err;

        err = settings_read(call->request.input, call->arena, &call->settings, &fault);
        if (err < 0 && err != -EINVAL)
                return err;
        if (err == 0) {
                call->response.ttl_seconds = call->settings.ttl_seconds;
                if (call->settings.stages == 0)
                        call->settings.stages = default_stages(kind);
        } else {
                call->settings = (struct settings) { .route = true };
        }
        if (observe_held(&call->request.observed, &call->settings, call->arena, &call->held,
                         &call->n_held) < 0)
                return -ENOMEM;
        if (err == -EINVAL) {
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
static bool is_ours(struct text key) {
        return names_is_ours(key) || compose_is_ours(key);
}

static void summarize(struct call *call) {
        struct call_summary *ret = call->summary;
        const struct response *response = &call->response;
        struct builder b;

        ret->tag = call->request.tag;
        ret->kind = value_text(value_get(call->xr, TEXT("kind")));
        ret->namespace_ = call->namespace_;
        ret->name = call->name;
        builder_init(&b, call->arena);
        if (response->n_conditions > 0) {
                const struct condition *c = &response->conditions[0];

                /* Place repeats what Deploy decided in a step before. */
                ret->decided = call->settings.stages != STAGE_PLACE;
                ret->condition = c->type;
                ret->reason = c->reason;
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
        int err;

        *ret_summary = (struct call_summary) { 0 };
        err = guard_request_only(request, is_ours, fault);
        if (err == 0)
                err = request_read_only(request, is_ours, arena, &call.request, fault);
        if (err == 0) {
                call.xr = call.request.observed.composite.object;
                call.namespace_ = value_text(value_at(call.xr, "metadata.namespace"));
                call.name = value_text(value_at(call.xr, "metadata.name"));
                response_init(&call.response, arena);
                call.response.ttl_seconds = TTL_DEFAULT_SECONDS;
                call.response.extra_resources = !call.request.has_capabilities;
                err = run(&call);
        }
        if (err == 0) {
                summarize(&call);
                err = response_encode(&call.response, &call.request, &payload);
        }
        if (err == 0 && payload.len > FUNCTION_RESPONSE_MAX)
                err = encode_too_large(&call, &payload);
        if (err == -ENOMEM)
                fault_set(fault, "the request needs more than the %zu bytes of memory it may take",
                          arena->budget_bytes);
        if (err < 0)
                return err;
        *ret = payload;
        return 0;
}

int function_run(struct text request, struct arena *arena, struct payload *ret,
                 struct call_summary *ret_summary, struct fault *fault) {
        return function_explain(request, arena, ret, ret_summary, NULL, fault);
}
