/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the assignments that were made before can stay.
 */
#include "deploy/review.h"

#include "deploy/deploy_internal.h"

#include <errno.h>

#include "base/arena.h"

/* Of two pools with one name, which are both invalid, the first stands for both. */
static const struct sub_pool *find_sub_pool(const struct environment *environment,
                                            const struct reservation *r) {
        const struct sub_pool *invalid = NULL;

        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                if (!text_equal(pool->name, r->pool))
                        continue;
                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        const struct sub_pool *sub_pool = &pool->sub_pools[s];

                        if (text_equal(sub_pool->mig_profile, r->mig_profile))
                                return sub_pool;
                        if (!text_is_empty(sub_pool->invalid) && !invalid)
                                invalid = sub_pool;
                }
        }
        return invalid;
}

static const struct serving_profile *find_profile(const struct model *model, struct text name) {
        for (size_t i = 0; i < model->n_profiles; i++) {
                if (text_equal(model->profiles[i].name, name))
                        return &model->profiles[i];
        }
        return NULL;
}

static bool serves_model(const struct reservation *r, const struct deployment *deployment) {
        return text_is_empty(r->model_name) || (text_equal(r->model_kind, deployment->model_kind) &&
                                                text_equal(r->model_name, deployment->model_name));
}

/* Rows 4 to 14, and the size of a replica: nothing changes its size in place. */
static struct text mismatch(struct deciding *d, const struct assignment *a) {
        struct candidate c = { .order = &d->request->order,
                               .profile = a->profile,
                               .sub_pool = a->sub_pool };
        struct rejection rejection = { .sub_pool = a->sub_pool,
                                       .profile = a->profile,
                                       .verdict = match(&c, true) };
        struct demand demand;

        if (rejection.verdict.reason != REASON_FITS)
                return explain_rejection(&rejection, d->arena);
        demand = match_demand(&c);
        if (demand.nodes != a->planned.nodes)
                return TEXT("a replica spans another number of nodes now");
        if (demand.units_per_node > a->planned.units_per_node)
                return TEXT("a replica wants more units now");
        if (demand.units_per_node < a->planned.units_per_node)
                return TEXT("a replica wants fewer units now");
        return (struct text) { 0 };
}

/* What is wrong there that the owner of the environment has to mend; empty when nothing is. */
static struct text mistake(struct deciding *d, const struct environment *environment,
                           const struct sub_pool *sub_pool) {
        struct text why = environment->invalid;

        if (!text_is_empty(why))
                return text_format(d->arena, "the environment cannot be read: %.*s", TEXT_ARG(why));
        if (!sub_pool)
                return (struct text) { 0 };
        if (text_is_empty(sub_pool->invalid) && !text_is_empty(sub_pool->ambiguous)) {
                struct rejection rejection = { .sub_pool = sub_pool,
                                               .verdict = { .reason = REASON_AMBIGUOUS_POOL,
                                                            .detail = sub_pool->ambiguous } };

                return explain_rejection(&rejection, d->arena);
        }
        return sub_pool->invalid;
}

bool review_locate(const struct deploy_request *request, struct assignment *a) {
        const struct reservation *r = &a->observed;
        const struct environment *environment =
                environment_find(request->environments, request->n_environments, r->environment);

        if (!environment || !text_is_empty(environment->invalid) ||
            !serves_model(r, request->order.deployment))
                return false;
        a->profile = find_profile(request->order.model, r->serving_profile);
        a->sub_pool = find_sub_pool(environment, r);
        return a->profile && a->sub_pool && text_is_empty(a->sub_pool->invalid) &&
               text_is_empty(a->sub_pool->ambiguous);
}

/* A reservation into which another place was written by hand moves nothing that runs. */
static bool is_contradicted(struct deciding *d, struct assignment *a) {
        if (!a->contradicted)
                return false;
        a->frozen = true;
        a->why = text_format(d->arena,
                             "its service was made for another place or size than GPUReservation "
                             "%.*s says: delete that, and it is written again as the service is",
                             TEXT_ARG(a->observed.name));
        return true;
}

/*
 * Why an assignment cannot stay as it is; empty when it can. Finds its sub-pool and profile.
 * A mistake moves nothing that runs: it stays, frozen.
 */
static struct text reason_to_leave(struct deciding *d, struct assignment *a) {
        const struct deploy_request *request = d->request;
        const struct reservation *r = &a->planned;
        const struct environment *environment =
                environment_find(request->environments, request->n_environments, r->environment);
        struct text why;

        if (is_contradicted(d, a))
                return (struct text) { 0 };
        if (!serves_model(r, request->order.deployment))
                return TEXT("the deployment names another model");
        if (!environment)
                return TEXT("the environment is gone");
        a->profile = find_profile(request->order.model, r->serving_profile);
        if (!a->profile)
                return TEXT("the model has no such serving profile any more");
        a->sub_pool = find_sub_pool(environment, r);
        if (a->sub_pool && a->sub_pool->pool->schedulable == SCHEDULABLE_DRAIN)
                return TEXT("the pool is being drained");
        a->why = mistake(d, environment, a->sub_pool);
        a->frozen = !text_is_empty(a->why);
        if (a->frozen)
                return (struct text) { 0 };
        if (!a->sub_pool)
                return TEXT("the pool, or its MIG profile, is gone");
        why = mismatch(d, a);
        if (text_is_empty(why) && deploy_pods_change(a) && !a->planned.served &&
            !arena_failed(d->arena))
                return TEXT("it never served, and its pods are to be others");
        return why;
}

/* It gives back what it reserved and never used; the rest stays as it is. */
static void let_leave(struct assignment *a, struct text why) {
        a->fate = FATE_LEAVES;
        a->frozen = false;
        a->why = why;
        a->leaves_now = !a->observed.leaving;
        a->planned.leaving = true;
        a->planned.reserved = a->planned.used;
}

/* Two of one environment can stay when a drain was undone. */
static bool is_replaced(const struct deciding *d, const struct assignment *a) {
        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *other = &d->assignments[i];

                if (other != a && other->fate == FATE_STAYS &&
                    text_equal(other->planned.environment, a->planned.environment) &&
                    deploy_goes_first(a, other))
                        return true;
        }
        return false;
}

int deploy_review(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                struct text why = reason_to_leave(d, a);

                /* A sentence that found no memory is empty, and an empty one says: stay. */
                if (arena_failed(d->arena))
                        return -ENOMEM;
                a->planned.leaving = false;
                if (!text_is_empty(why))
                        let_leave(a, why);
        }
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];

                if (a->fate == FATE_STAYS && is_replaced(d, a))
                        let_leave(a, TEXT("it is being replaced in its environment"));
        }
        return 0;
}
