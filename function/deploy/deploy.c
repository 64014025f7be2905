/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The theory of Deploy
 *
 * A deployment wants W environments with R replicas in each. What it has are its
 * assignments: one per environment, each with a grant of at most R replicas, of
 * which some are used (they have served). A decision turns the assignments
 * that were observed into those that are to be, in six phases:
 *
 *   review   each assignment stays or leaves. It leaves when its sub-pool is
 *            gone or drained, or no longer fits the model. Better pools, cordons
 *            and unready environments move nothing.
 *   reduce   when more stay than are wanted, those that never served go first,
 *            then the last made.
 *   trim     each grant that stays is cut to R and loses the unused replicas
 *            that have no seat. An empty grant is given up.
 *   retire   a leaving assignment goes when its replacement is Ready.
 *   grow     each grant that stays grows towards R as far as there is room.
 *   fill     the shortfall is made up from the best environments that have no
 *            assignment that stays; all replicas or none.
 *
 * Invariants, whatever the input:
 *   - a used replica is taken away only because the user asked for fewer,
 *     or after its replacement serves;
 *   - nothing new is granted in a sub-pool while anybody there is without a seat;
 *   - two deployments that decide from the same snapshot never both keep a unit
 *     that only one can have (ledger.h). Only what served before it was replaced in
 *     place, under the same keys, keeps its seat even so: it is still serving;
 *   - a decision that is observed and made again is the same decision. Only a
 *     replica that wants more units may find, a round later, what this one gave back.
 *
 * What it cannot know: who replaces whom, because no reservation says so. Of a
 * deployment that lacked an environment when another began to leave, the leaving one
 * stays until as many as wanted are placed: an environment too many for a while, not
 * one too few. And where KServe tells no ready replicas, what a grant grew by is never
 * known to have served: such a deployment goes on looking at the whole fleet.
 *
 * What Deploy refuses: to move what serves for a better fit, to split one
 * environment's replicas over pools, to give a part of a first placement.
 */
#include "deploy/deploy_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

bool deploy_is_settled(const struct deployment *deployment, const struct assignment *held,
                       size_t n) {
        if ((int64_t)n != deployment->environments)
                return false;
        for (size_t i = 0; i < n; i++) {
                const struct reservation *r = &held[i].observed;

                if (r->leaving || held[i].rebuilt || !held[i].service.observed ||
                    r->reserved != deployment->replicas || r->used != r->reserved)
                        return false;
        }
        return true;
}

size_t deploy_count(const struct deciding *d, enum fate fate) {
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++)
                n += d->assignments[i].fate == fate;
        return n;
}

/* Everything but room that a later phase asks choose.c; the holder `without` does not count. */
struct chooser deploy_chooser(struct deciding *d, const struct assignment *without) {
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++) {
                if (&d->assignments[i] != without && d->assignments[i].fate != FATE_DROPPED)
                        d->mine[n++] = &d->assignments[i].planned;
        }
        return (struct chooser) {
                .order = &d->request->order,
                .ledger = &d->ledger,
                .allowance = &d->allowance,
                .mine = d->mine,
                .n_mine = n,
                .next_order = d->next_order,
                .arena = d->arena,
        };
}

/* ---- reduce ---------------------------------------------------------------------------------- */

/* Those that never served go first, then the last made; holders are in the order they were made. */
static void reduce(struct deciding *d) {
        size_t wanted = (size_t)d->request->order.deployment->environments;
        size_t stay = deploy_count(d, FATE_STAYS);

        for (int served = 0; served <= 1; served++) {
                for (size_t i = d->n; i-- > 0 && stay > wanted;) {
                        struct assignment *a = &d->assignments[i];

                        if (a->fate != FATE_STAYS || (a->planned.used > 0) != served)
                                continue;
                        a->fate = FATE_DROPPED;
                        a->why = TEXT("fewer environments are wanted");
                        stay--;
                }
        }
}

/* ---- retire ---------------------------------------------------------------------------------- */

/*
 * After the trimming, because only what stays can replace, and before anything
 * grows, so that what is given back here can be used in the same answer.
 *
 * Nothing tells who replaces whom. Holders are in the order in which they were
 * made: of those that stay, the first `wanted - leaving` were there before, and the
 * others are replacements. These count up to the first that is not Ready, because
 * once something has gone they are all the same: a later one would count again.
 */
static void retire(struct deciding *d) {
        size_t wanted = (size_t)d->request->order.deployment->environments;
        size_t leaving = deploy_count(d, FATE_LEAVES), seen = 0, replaced = 0;
        size_t originals = wanted > leaving ? wanted - leaving : 0;

        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];

                if (a->fate != FATE_STAYS)
                        continue;
                if (a->service.ready && seen == originals + replaced)
                        replaced++;
                seen++;
        }
        if (replaced > 0 && leaving > wanted)
                replaced += leaving - wanted; /* fewer are wanted than there were */
        for (size_t i = 0; i < d->n && replaced > 0; i++) {
                struct assignment *a = &d->assignments[i];

                if (a->fate != FATE_LEAVES)
                        continue;
                a->fate = FATE_DROPPED;
                replaced--;
        }
}

/* ---- the decision ---------------------------------------------------------------------------- */

static int compare_holders(const void *a, const void *b) {
        const struct reservation *x = &((const struct assignment *)a)->planned;
        const struct reservation *y = &((const struct assignment *)b)->planned;
        int order = (x->order > y->order) - (x->order < y->order);

        if (order == 0)
                order = text_compare(x->environment, y->environment);
        if (order == 0)
                order = (x->nodes > y->nodes) - (x->nodes < y->nodes);
        if (order == 0) /* one is replaced in place by the other */
                order = (int)((const struct assignment *)a)->fresh -
                        (int)((const struct assignment *)b)->fresh;
        return order;
}

static int begin(struct deciding *d) {
        const struct deploy_request *request = d->request;
        size_t most = request->n_held + (size_t)request->order.deployment->environments;
        int r;

        d->assignments = ARENA_ARRAY(d->arena, most, struct assignment);
        d->mine = ARENA_ARRAY(d->arena, most, const struct reservation *);
        if (!d->assignments || !d->mine)
                return -ENOMEM;
        for (size_t i = 0; i < request->n_held; i++) {
                struct assignment *a = &d->assignments[d->n++];

                *a = request->held[i];
                a->planned = a->observed;
                a->planned.namespace_ = request->order.deployment->namespace_;
                a->planned.deployment = request->order.deployment->name;
                a->planned.uid = request->order.deployment->uid;
                a->planned.used = assignment_used(a);
                a->planned.served |= a->service.ready && a->planned.reserved > 0;
                if (a->planned.order >= d->next_order && a->planned.order < INT64_MAX)
                        d->next_order = a->planned.order + 1;
        }
        if (d->n > 1)
                qsort(d->assignments, d->n, sizeof(*d->assignments), compare_holders);
        r = ledger_build(request->reservations, request->n_reservations, request->order.deployment,
                         d->arena, &d->ledger);
        if (r < 0)
                return r;
        d->allowance = (struct quota_room) { .order = &request->order,
                                             .quotas = request->quotas,
                                             .n_quotas = request->n_quotas,
                                             .environments = request->environments,
                                             .n_environments = request->n_environments };
        return quota_room_build(&d->ledger, d->arena, &d->allowance);
}

/*
 * Does another deployment of the namespace have an assignment that is called the
 * same? "a-b" in "c" and "a" in "b-c" are. Asked also when the service is there: of
 * two that were made at once each may have got one of the two plain names.
 */
static bool is_name_taken(const struct deciding *d, const struct assignment *a) {
        const struct deployment *own = d->request->order.deployment;
        const struct text parts[] = { own->name, TEXT("-"), a->suffix };
        struct text name;

        name = text_join(d->arena, parts, sizeof(parts) / sizeof(parts[0]));
        for (size_t i = 0; i < d->request->n_reservations; i++) {
                const struct reservation *r = &d->request->reservations[i];
                size_t n = r->deployment.len;

                if (text_equal(r->deployment, own->name) ||
                    !text_starts_with(name, r->deployment) || n == name.len ||
                    name.data[n] != '-' || !text_equal(r->namespace_, own->namespace_))
                        continue;
                if (text_equal(text_slice(name, n + 1, name.len),
                               plan_suffix(r->environment, r->nodes, d->arena)))
                        return true;
        }
        return false;
}

/*
 * What the deployment says of itself now. Only at the end: others decide by what
 * the observed reservations say, and so must who yields to whom here.
 */
static void renew(struct deciding *d, struct assignment *a) {
        struct reservation *r = &a->planned;
        const struct deployment *deployment = d->request->order.deployment;

        r->priority = deployment->priority;
        if (a->fate != FATE_STAYS)
                return;
        if (text_is_empty(r->model_name)) {
                r->model_kind = deployment->model_kind;
                r->model_name = deployment->model_name;
        }
        r->resource_name = a->sub_pool->resource_name;
        a->name_taken = is_name_taken(d, a);
        a->workload = plan_workload(&d->request->order, a->profile, a->sub_pool);
        /* Without a topology the units follow from the memory, and the engine spans them all. */
        if (a->profile->gpus_per_node == 0)
                a->workload.tensor = r->units_per_node;
}

static int finish(struct deciding *d, struct decision *ret) {
        const struct deployment *deployment = d->request->order.deployment;
        struct decision decision = { .rejections = d->rejections,
                                     .quota = d->tightest,
                                     .closed = d->closed,
                                     .wanted = deployment->environments };
        struct text url_of = { 0 };
        int64_t used = 0;

        decision.plan.assignments = ARENA_ARRAY(d->arena, d->n, struct assignment);
        if (!decision.plan.assignments)
                return -ENOMEM;
        if (d->n > 1)
                qsort(d->assignments, d->n, sizeof(*d->assignments), compare_holders);
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                struct reservation *r = &a->planned;

                renew(d, a);
                if (a->fate == FATE_STAYS) {
                        decision.placed++;
                        decision.ready += a->service.ready && !a->fresh;
                        decision.short_replicas += deployment->replicas - r->reserved;
                        used += r->used;
                }
                if (a->fate != FATE_DROPPED && a->service.ready && !text_is_empty(a->service.url) &&
                    (text_is_empty(url_of) || text_compare(r->environment, url_of) < 0)) {
                        url_of = r->environment;
                        decision.url = a->service.url;
                }
                decision.plan.assignments[decision.plan.n_assignments++] = *a;
        }
        decision.settled = decision.placed == decision.wanted &&
                           deploy_count(d, FATE_LEAVES) == 0 &&
                           used == decision.wanted * deployment->replicas;
        if (arena_failed(d->arena))
                return -ENOMEM;
        *ret = decision;
        return 0;
}

static int weigh_all(struct deciding *d) {
        const struct deploy_request *request = d->request;
        struct chooser chooser = deploy_chooser(d, NULL);

        request->weighing->whole_fleet = request->whole_fleet;
        return candidates_weigh(&chooser, request->environments, request->n_environments,
                                request->weighing);
}

int deploy(const struct deploy_request *request, struct arena *arena, struct decision *ret) {
        struct deciding d = { .request = request, .arena = arena };
        int r;

        r = begin(&d);
        if (r < 0)
                return r;
        r = deploy_review(&d);
        if (r < 0)
                return r;
        reduce(&d);
        r = deploy_trim(&d);
        if (r < 0)
                return r;
        retire(&d);
        if (request->whole_fleet)
                r = deploy_grow(&d);
        if (r == 0 && request->weighing)
                r = weigh_all(&d);
        if (r == 0 && request->whole_fleet)
                r = deploy_fill(&d);
        return r < 0 ? r : finish(&d, ret);
}
