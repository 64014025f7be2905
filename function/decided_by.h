/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decided_by - status.decidedBy: whether there is a reason to look again
 *
 * A deployment that waits for room writes what it decided by, as 16 digits. While they would be
 * the same it repeats what it said, without the reservations of the fleet.
 */
#ifndef DECIDED_BY_H
#define DECIDED_BY_H

#include "call.h"

struct decided_by_of {
        const struct call *call;
        const struct requirements_of *answers;
        const struct deploy_request *request;
        const struct plan *plan;
        const struct fits *fits;
};

/*
 * decided_by_digits() - of the spec and labels of the deployment, its model and the environments,
 * whether these are Ready, the input, what is placed, and which sub-pools are large enough
 *
 * Empty when the arena is spent.
 */
struct text decided_by_digits(const struct decided_by_of *of);

/* decided_by_observed() - those in the observed status; empty: it did not wait. */
struct text decided_by_observed(const struct call *call);

/*
 * decided_by_scheduled() - Scheduled as a decision to wait left it
 *
 * False when it says something else: what froze the deployment since is no such decision.
 */
bool decided_by_scheduled(const struct call *call, struct condition *ret);

#endif
