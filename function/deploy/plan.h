/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - what Deploy decided and Place composes
 *
 * A plan carries all that Place needs, so that a step of its own with only the
 * Place stage asks Crossplane for nothing: it travels in the pipeline context.
 */
#ifndef DEPLOY_PLAN_H
#define DEPLOY_PLAN_H

#include "deploy/assignment.h"
#include "deploy/match.h"
#include "wire/response.h"

/* The key of the plan in the pipeline context. */
#define PLAN_CONTEXT_KEY "gpuplacement.fn.crossplane.io/plan"

/* Of one plan: the most assignments that are decided on, and what is put in their place. */
enum { PLAN_ASSIGNMENTS_MAX = 512 };

struct plan {
        bool frozen;         /* nothing was decided: everything of ours stays as observed */
        int64_t ttl_seconds; /* of the answer that carries it; 0: none */
        struct value
                input; /* of the step with Deploy: what of it is Place's goes into the context */
        struct condition scheduled;
        struct condition serving;
        struct assignment *assignments; /* in the order in which they were made */
        size_t n_assignments;
};

/*
 * plan_suffix() - the tail of the keys of an assignment: "<environment>[-m<n>]"
 * @n: from 1; which assignment of that environment it is, as one can be leaving while its
 *     replacement starts. Of the first it is not written
 *
 * An environment whose own name ends so has an n of 1 written too: no two pairs of
 * environment and n have the same tail.
 */
struct text plan_suffix(struct text environment, int64_t n, struct arena *arena);

/* plan_suffix_can_be_of() - could t be plan_suffix() that environment, with whatever n? */
bool plan_suffix_can_be_of(struct text t, struct text environment);

/*
 * plan_equip() - resource name and workload of an assignment whose profile and sub-pool are known
 *
 * What its pods are made of, whatever becomes of it.
 */
void plan_equip(const struct order *order, struct assignment *a);

/* plan_encode() - the plan for the context; dropped placements are left out. */
struct node *plan_encode(const struct plan *plan, struct arena *arena);

/*
 * plan_decode() - the plan from the context
 * @value: what plan_encode() made
 *
 * The services are left empty: Place observes for itself.
 *
 * Errors: -EINVAL  no plan: it does not say what to compose, or
 *                  it has more than PLAN_ASSIGNMENTS_MAX placements
 *         -ENOMEM
 */
int plan_decode(struct value value, struct arena *arena, struct plan *ret);

#endif
