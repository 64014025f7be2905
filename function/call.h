/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call - what one call carries, and the answers that decide nothing
 *
 * Each stage is an int stage_X(struct call *): it reads the call's request and adds to
 * its response. A stage that must not decide, because an input is missing or wrong,
 * freezes: everything of ours stays desired as it was observed, and a condition says
 * why. Only a mistake in this XR or in the input, with nothing observed to protect, is
 * fatal.
 */
#ifndef CALL_H
#define CALL_H

#include "deploy/deploy.h"
#include "inventory/usage.h"
#include "requirements.h"
#include "wire/response.h"

/* What a log line and the metrics may say about a call; all of it lives as long as the arena. */
struct call_summary {
        struct text tag;
        struct text kind;
        struct text namespace_;
        struct text name;
        struct text decision; /* "Scheduled=True AllScheduled"; empty when it came to none */
        bool fatal;           /* the answer holds a fatal result */

        bool decided;          /* here, and not in an earlier step; then: */
        struct text condition; /* "Scheduled" */
        struct text reason;    /* "AllScheduled" */
        bool is_waiting;       /* the reason is that inputs are not there yet */
        bool is_changed;       /* the XR does not have this condition with this reason yet */

        size_t rejected[N_REASONS];    /* sub-pools that did not fit, by reason */
        const struct usage_list *used; /* units of the environment; NULL: not counted */
};

/* What Deploy saw and decided; lives in the arena of the call. */
struct explanation {
        bool decided; /* else nothing else is set */
        struct settings settings;
        struct deployment deployment;
        struct model model;
        struct weighing weighing;
        struct decision decision;
};

/* Everything that the stages of one call share. */
struct call {
        struct arena *arena;
        struct request request;
        struct response response;
        struct settings settings;
        struct value xr;
        struct text namespace_;
        struct text name;
        struct assignment *held;
        size_t n_held;
        int64_t wanted; /* environments; 0: not known */
        struct plan plan;
        bool has_plan;     /* made by Deploy in this call, or read from the context */
        bool is_decided;   /* by Deploy in this call, for the whole reconcile (carried.h) */
        bool repeats;      /* the plan is an earlier call's, and so is the answer */
        struct asked wake; /* of what is decided: what is asked for in the end */
        struct asked asks; /* of what is not decided: what the next call reads */
        struct call_summary *summary;
        struct explanation *explanation; /* when the caller wants one; may be NULL */
        struct fault *fault;             /* of a call that has no answer */
};

/*
 * call_freeze() - a plan that keeps everything, with Scheduled as given
 *
 * Place carries it out, in this step or in one of its own.
 */
void call_freeze(struct call *call, enum condition_status status, struct text reason,
                 struct text message);

/* call_freeze_and_report() - the same for an input that is missing or wrong, with an event when it
 * becomes so. */
void call_freeze_and_report(struct call *call, struct text reason, struct text message);

/* call_refuse() - the user's mistake in this XR or in the step's input: frozen, or else fatal. */
void call_refuse(struct call *call, const struct fault *fault);

/* call_add_fatal() - a fatal result: Crossplane keeps what is there and asks again later. */
void call_add_fatal(struct call *call, struct text message);

/* call_report_transition() - an event when the condition is False, and for another reason than the
 * one that was observed. */
void call_report_transition(struct call *call, const struct condition *condition);

/*
 * call_answer_plan() - the plan's conditions
 *
 * Deploy and Place give the same conditions, so that neither undoes the other's.
 */
void call_answer_plan(struct call *call);

#endif
