/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call - what the stages of one call share, and the answers that decide nothing
 *
 * A stage that must not decide, because an input is missing or wrong, freezes:
 * everything of ours stays desired as it was observed, and a condition says why.
 * Only a mistake in this XR or in the input, with nothing observed to protect,
 * is fatal.
 */
#ifndef CALL_H
#define CALL_H

#include "deploy/plan.h"
#include "fleet/settings.h"
#include "function.h"
#include "wire/response.h"

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

/*
 * call_freeze() - a plan that keeps everything, with Scheduled as given
 *
 * Place carries it out, in this step or in one of its own.
 */
void call_freeze(struct call *call, enum condition_status status, struct text reason,
                 struct text message);

/* call_freeze_and_report() - the same for an input that is missing or wrong, which is news when it
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
 * stage_deploy() - chooses, or freezes: a plan and the status
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  what was asked for cannot be read, as request_open()
 */
int stage_deploy(struct call *call);

#endif
