/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the assignments that were made before can stay.
 */
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

/* Why an assignment cannot stay as it is; empty when it can. Finds its sub-pool and profile. */
static struct text reason_to_leave(struct deciding *d, struct assignment *a) {
        const struct deploy_request *request = d->request;
        const struct reservation *r = &a->planned;
        const struct environment *environment =
                environment_find(request->environments, request->n_environments, r->environment);
        struct candidate c = { .order = &request->order };
        struct verdict v;

        if (!serves_model(r, request->order.deployment))
                return TEXT("the deployment names another model");
        if (!environment)
                return TEXT("the environment is gone");
        if (!text_is_empty(environment->invalid))
                return text_format(d->arena, "the environment cannot be read: %.*s",
                                   TEXT_ARG(environment->invalid));
        a->sub_pool = find_sub_pool(environment, r);
        if (!a->sub_pool)
                return TEXT("the pool, or its MIG profile, is gone");
        a->profile = find_profile(request->order.model, r->serving_profile);
        if (!a->profile)
                return TEXT("the model has no such serving profile any more");
        if (a->sub_pool->pool->schedulable == SCHEDULABLE_DRAIN)
                return TEXT("the pool is being drained");
        c.sub_pool = a->sub_pool;
        c.profile = a->profile;
        v = match(&c, true);
        if (v.reason != REASON_FITS) {
                struct rejection rejection = { .sub_pool = a->sub_pool,
                                               .profile = a->profile,
                                               .verdict = v };

                return explain_rejection(&rejection, d->arena);
        }
        return (struct text) { 0 };
}

/* Is there room for each replica with that many units? */
static int larger_fits(struct deciding *d, const struct assignment *a, int64_t units, bool *ret) {
        struct reservation larger = a->planned;
        struct chooser chooser = deploy_chooser(d, a);
        struct seating seating = { 0 };
        struct share share;
        int r;

        larger.units_per_node = units;
        larger.leaving = false;
        r = choose_share(&chooser, a->sub_pool, &larger, &share);
        if (r == 0)
                r = choose_new_room(&chooser, a->sub_pool, &larger, &seating);
        if (r < 0)
                return r;
        *ret = seating.unseated == 0 && !seating.over_committed &&
               (!share.limited || reservation_units(&larger) <= share.left);
        return 0;
}

/* A profile that now wants other units per replica is followed in place, where there is room. */
static int follow_demand(struct deciding *d, struct assignment *a, struct text *ret_why) {
        struct candidate c = { .order = &d->request->order,
                               .profile = a->profile,
                               .sub_pool = a->sub_pool };
        struct demand demand = match_demand(&c);
        struct reservation *r = &a->planned;
        bool fits = true;

        if (demand.nodes != r->nodes) {
                *ret_why = TEXT("a replica spans another number of nodes now");
                return 0;
        }
        if (demand.units_per_node > r->units_per_node) {
                int err;

                if (!d->request->whole_fleet) {
                        *ret_why = TEXT("a replica wants more units now");
                        return 0;
                }
                err = larger_fits(d, a, demand.units_per_node, &fits);
                if (err < 0)
                        return err;
        }
        if (fits)
                r->units_per_node = demand.units_per_node;
        else
                *ret_why = TEXT("a replica wants more units now, and there is no room");
        return 0;
}

static void let_leave(struct assignment *a, struct text why) {
        a->fate = FATE_LEAVES;
        a->why = why;
        a->planned.units_per_node = a->observed.units_per_node;
        a->leaves_now = !a->observed.leaving;
        a->planned.leaving = true;
}

/* What left for another assignment of its environment does not come back beside it. */
static bool is_replaced(const struct deciding *d, const struct assignment *a) {
        for (size_t i = 0; i < d->n && a->observed.leaving; i++) {
                const struct assignment *other = &d->assignments[i];

                if (!other->observed.leaving && other->fate == FATE_STAYS &&
                    text_equal(other->planned.environment, a->planned.environment))
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
                if (text_is_empty(why)) {
                        int r = follow_demand(d, a, &why);

                        if (r < 0)
                                return r;
                }
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
