/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carried - a decision on its way to the next call of the same reconcile
 *
 * Core calls a function until its requirements stand still, and hands the context of one call
 * to the next. The plan there says whose it is (`uid`) and whether anything was decided
 * (`decided`). What was decided is final in its reconcile: the next call repeats it, whatever
 * it is shown, because checking it against data that moves would keep some loops from
 * standing still. The context begins empty in each reconcile.
 *
 *      plan:
 *        uid, decided, frozen, placements ...     deploy/plan.h
 *        asks: {environments, reservations, pools, what}     where nothing was decided
 *        answer:                                  what else the answer holds
 *          ready, status, results
 *          wake: {environments, reservations, pools, what}
 */
#ifndef CARRIED_H
#define CARRIED_H

#include "call.h"

enum carried {
        CARRIED_NOTHING,   /* the first call of a reconcile, or what is there is not ours */
        CARRIED_UNDECIDED, /* an earlier call asked, and waits for the answers */
        CARRIED_DECIDED,
};

/* carried_look() - what an earlier call of this reconcile, or an earlier step, left of this XR. */
enum carried carried_look(const struct call *call);

/*
 * carried_asks() - what the call before asked for, because it could not decide without
 *
 * Nothing where it decided, or where there was none in this reconcile.
 */
struct asked carried_asks(const struct call *call);

/*
 * carried_repeat() - the answer that is carried, as the call's own
 * @ret_wake: what it asked for
 *
 * Sets the call's plan, and all of the response but what Place composes. Only where
 * carried_look() said CARRIED_DECIDED.
 *
 * Errors: -EINVAL  it cannot be read: nothing is set
 *         -ENOMEM
 */
int carried_repeat(struct call *call, struct asked *ret_wake);

/* carried_add() - what the next call needs beside the plan, of the call as it is answered. */
void carried_add(const struct call *call, struct node *plan);

#endif
