/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The theory of Deploy
 *
 * A deployment wants W environments with R replicas in each; parked, R is 0. What it has are
 * its assignments: at most one that stays in each environment, each with a reservation. Of
 * what is reserved, some is used: these replicas may run. A decision turns the assignments
 * that were observed into those that are to be, in phases:
 *
 *   review  each assignment stays or leaves. It leaves when its environment or sub-pool is
 *           gone or drained, when it no longer fits the model, or when a replica has another
 *           size. Better pools, cordons and unready environments move nothing. A mistake in
 *           a declaration moves nothing either: what is there stays, frozen.
 *   trim    what stays is cut to R, and gives back what is reserved, unused and without a
 *           seat, and the surge of a rollout that has ended. What has nothing left is given up.
 *   leave   when more stay than W, those go first that never served, then those that are not
 *           Ready, then the last made. Of those that leave, as many are kept as are wanted
 *           less the Ready ones that stay: Ready ones first, then the last made. What never
 *           served goes at once.
 *   use     what is reserved is used once the list of reservations shows it, with a seat
 *           behind everybody else's.
 *   wake    what is parked takes R again where it is, if all of it fits.
 *   grow    each reservation that stays grows towards R as far as there is room.
 *   roll    where pods change, a surge is reserved, or the change waits (rollout.c).
 *   fill    the shortfall is made up from the best environments that have none that stays;
 *           all replicas or none, under keys that nothing has had.
 *   doze    what did not wake and was not placed elsewhere takes what fits where it is.
 *
 * `fill` and `doze` are for a call that has read all reservations. Giving back, `use`, `wake` and
 * `grow` stay within one sub-pool: the reservations of its environment do for them. A call that
 * has read none goes no further than `leave`.
 *
 * Invariants, whatever the input:
 *   - by our doing the number of Ready assignments never falls below the smaller of what it
 *     was and what is wanted: nothing that is Ready goes but by the count in `leave`;
 *   - what is used is never taken back, but when fewer are wanted;
 *   - two deployments never both use a unit that only one can have. Each uses only what all
 *     can see, and only where all that the others reserved fits beside it. Who reserves later
 *     sees what was reserved earlier, because one watch delivers one kind in the order in
 *     which it was written: no clock is asked, and no order between used ones;
 *   - what two reserved at once is given back by the one order that both know (seating.h);
 *   - nothing new is granted in a sub-pool while one there is without a seat;
 *   - nothing changes its sub-pool or the size of its replicas in place;
 *   - a decision that is observed and made again is the same decision, once the list shows it.
 *
 * Where a service is composed along with its reservation, because nothing is used yet, it may
 * be Ready before the list shows it. It counts as used then, and may be one too many.
 *
 * What Deploy refuses: to move what serves for a better fit, to split one environment's
 * replicas over pools, to give a part of a first placement, to believe a clock.
 */
#include "deploy/deploy_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

/* Does it have just what is wanted, in use, and was it Ready once? A parked one has nothing. */
static bool is_settled(const struct reservation *r, const struct deployment *deployment) {
        return !r->leaving && r->reserved == deployment->replicas && r->used == r->reserved &&
               r->surge == 0 && (r->served || deployment->replicas == 0);
}

bool deploy_is_settled(const struct deployment *deployment, const struct assignment *held,
                       size_t n) {
        /* Parked, nothing is placed that was not. */
        if (deployment->replicas == 0 ? (int64_t)n > deployment->environments
                                      : (int64_t)n != deployment->environments)
                return false;
        for (size_t i = 0; i < n; i++) {
                if (held[i].rebuilt || !held[i].service.observed ||
                    !is_settled(&held[i].observed, deployment))
                        return false;
        }
        return true;
}

bool deploy_sees_rivals(const struct deciding *d) {
        return d->request->whole_fleet || d->request->own_ledger;
}

bool deploy_stays_in(const struct deciding *d, const struct environment *environment) {
        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];

                if (a->fate == FATE_STAYS && !deploy_is_asleep(d, a) &&
                    text_equal(a->planned.environment, environment->name))
                        return true;
        }
        return false;
}

size_t deploy_count(const struct deciding *d, enum fate fate) {
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++)
                n += d->assignments[i].fate == fate;
        return n;
}

/*
 * Everything but room that a later phase asks choose.c; the assignment `without` does not
 * count. One that Crossplane does not observe cannot be let go: it counts as it says.
 */
struct chooser deploy_chooser(struct deciding *d, const struct assignment *without) {
        size_t n = d->n_stray;

        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];

                if (a->fate != FATE_DROPPED && a != without)
                        d->mine[n++] = &a->planned;
                else if (a->fate == FATE_DROPPED && a->recovered)
                        d->mine[n++] = &a->observed;
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

/* ---- the decision ---------------------------------------------------------------------------- */

static int compare_made(const void *a, const void *b) {
        const struct reservation *x = &((const struct assignment *)a)->planned;
        const struct reservation *y = &((const struct assignment *)b)->planned;
        int order = (x->order > y->order) - (x->order < y->order);

        if (order == 0)
                order = text_compare(x->environment, y->environment);
        return order != 0 ? order
                          : text_compare(((const struct assignment *)a)->suffix,
                                         ((const struct assignment *)b)->suffix);
}

/* Reservations of this very deployment, not of an earlier one of its name. */
static bool is_own(const struct deciding *d, const struct reservation *r) {
        const struct deployment *own = d->request->order.deployment;

        return reservation_is_owned(r, own->namespace_, own->name, own->uid);
}

static void begin_assignment(struct deciding *d, const struct assignment *observed) {
        const struct deployment *own = d->request->order.deployment;
        struct assignment *a = &d->assignments[d->n++];

        *a = *observed;
        a->planned = a->observed;
        a->planned.namespace_ = own->namespace_;
        a->planned.deployment = own->name;
        a->planned.uid = own->uid;
        assignment_settle_counts(a);
        if (a->planned.order >= d->next_order && a->planned.order < INT64_MAX)
                d->next_order = a->planned.order + 1;
}

/* Is it among what is observed? */
static bool is_observed(const struct deciding *d, const struct reservation *r) {
        for (size_t i = 0; i < d->request->n_held; i++) {
                if (text_equal(d->request->held[i].observed.name, r->name))
                        return true;
        }
        return false;
}

static bool has_suffix(const struct deciding *d, struct text suffix) {
        for (size_t i = 0; i < d->n; i++) {
                if (text_equal(d->assignments[i].suffix, suffix))
                        return true;
        }
        return false;
}

/*
 * One of ours that Crossplane no longer observes is composed again under its key. One that
 * reserves nothing, is being deleted, or whose key another has, only counts until it is gone.
 */
static void recover(struct deciding *d, const struct reservation *r) {
        struct text suffix = reservation_suffix(r);

        if (text_is_empty(suffix))
                suffix = r->environment;
        if (r->reserved == 0 || r->deleting || has_suffix(d, suffix)) {
                d->mine[d->n_stray++] = r;
                return;
        }
        begin_assignment(
                d, &(struct assignment) { .suffix = suffix,
                                          .observed = *r,
                                          .recovered = true,
                                          .service = { .ready_replicas = -1, .replicas = -1 } });
}

static int list_assignments(struct deciding *d) {
        const struct deploy_request *request = d->request;
        size_t most = request->n_held + (size_t)request->order.deployment->environments;

        for (size_t i = 0; i < request->n_reservations; i++)
                most += is_own(d, &request->reservations[i]);
        d->assignments = ARENA_ARRAY(d->arena, most, struct assignment);
        d->mine = ARENA_ARRAY(d->arena, most, const struct reservation *);
        if (!d->assignments || !d->mine)
                return -ENOMEM;
        for (size_t i = 0; i < request->n_held; i++)
                begin_assignment(d, &request->held[i]);
        for (size_t i = 0; i < request->n_reservations; i++) {
                const struct reservation *r = &request->reservations[i];

                if (is_own(d, r) && !is_observed(d, r))
                        recover(d, r);
        }
        if (d->n > 1)
                qsort(d->assignments, d->n, sizeof(*d->assignments), compare_made);
        return 0;
}

static int begin(struct deciding *d) {
        const struct deploy_request *request = d->request;
        int r = list_assignments(d);

        if (r == 0)
                r = ledger_build(request->reservations, request->n_reservations,
                                 request->order.deployment, d->arena, &d->ledger);
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
        struct text name = text_join(d->arena, parts, sizeof(parts) / sizeof(parts[0]));

        for (size_t i = 0; i < d->request->n_reservations; i++) {
                const struct reservation *r = &d->request->reservations[i];

                if (text_equal(r->name, name) && !text_equal(r->deployment, own->name) &&
                    text_equal(r->namespace_, own->namespace_))
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
        if (a->fate != FATE_STAYS || a->frozen)
                return;
        if (text_is_empty(r->model_name)) {
                r->model_kind = deployment->model_kind;
                r->model_name = deployment->model_name;
        }
        a->name_taken = is_name_taken(d, a);
        plan_equip(&d->request->order, a);
}

/*
 * What Crossplane does not observe it cannot delete: it is composed once more, so that the
 * next answer can let it go.
 */
static void take_hold(struct assignment *a) {
        if (!a->recovered || a->fate != FATE_DROPPED)
                return;
        a->fate = FATE_LEAVES;
        a->planned.leaving = true;
        a->planned.reserved = a->observed.reserved;
}

/*
 * Their order is kept for as long as the schema has a number for the next one. After that many
 * moves, or where one could not be read, what is left is counted from 0 again.
 */
static void renumber(struct deciding *d) {
        int64_t highest = 0, next = 0;

        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];

                if (a->fate != FATE_DROPPED && a->planned.order > highest)
                        highest = a->planned.order;
        }
        for (size_t i = 0; highest > RESERVATION_ORDER_MAX && i < d->n; i++) {
                if (d->assignments[i].fate != FATE_DROPPED)
                        d->assignments[i].planned.order = next++;
        }
}

static int finish(struct deciding *d, struct decision *ret) {
        const struct deployment *deployment = d->request->order.deployment;
        struct decision decision = { .rejections = d->rejections,
                                     .quota = d->tightest,
                                     .closed = d->closed,
                                     .rolling = d->rolling != NULL,
                                     .parked = deployment->replicas == 0,
                                     .wanted = deployment->environments };
        struct text url_of = { 0 };
        bool settled = true;

        decision.plan.assignments = ARENA_ARRAY(d->arena, d->n, struct assignment);
        if (!decision.plan.assignments)
                return -ENOMEM;
        if (d->n > 1)
                qsort(d->assignments, d->n, sizeof(*d->assignments), compare_made);
        for (size_t i = 0; i < d->n; i++)
                take_hold(&d->assignments[i]);
        renumber(d);
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                struct reservation *r = &a->planned;

                renew(d, a);
                settled &= a->fate == FATE_DROPPED ||
                           (is_settled(r, deployment) && a->rollout == ROLLOUT_NONE);
                a->settled = is_settled(r, deployment) && a->rollout == ROLLOUT_NONE &&
                             !a->rebuilt && !a->recovered && a->service.observed;
                if (a->fate == FATE_STAYS && !deploy_is_asleep(d, a)) {
                        decision.placed++;
                        decision.ready += assignment_is_ready(a);
                        /* More: where it is frozen. */
                        if (assignment_lasting(a) < deployment->replicas)
                                decision.short_replicas +=
                                        deployment->replicas - assignment_lasting(a);
                }
                if (a->fate != FATE_DROPPED && assignment_is_ready(a) &&
                    !text_is_empty(a->service.url) &&
                    (text_is_empty(url_of) || text_compare(r->environment, url_of) < 0)) {
                        url_of = r->environment;
                        decision.url = a->service.url;
                }
                decision.plan.assignments[decision.plan.n_assignments++] = *a;
        }
        decision.settled = settled && (decision.placed == decision.wanted || decision.parked);
        decision.wanting = decision.placed < decision.wanted && !decision.parked;
        if (!decision.settled) {
                int r = deploy_fits(d, &decision.fits);

                if (r < 0)
                        return r;
        }
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

/* What is decided only from the reservations of others. */
static int decide_by_ledger(struct deciding *d) {
        bool whole_fleet = d->request->whole_fleet;
        int r = deploy_use(d);

        if (r == 0)
                r = deploy_wake(d);
        if (r == 0)
                r = deploy_grow(d);
        if (r == 0)
                r = deploy_roll(d);
        if (r == 0 && d->request->weighing)
                r = weigh_all(d);
        if (r == 0 && whole_fleet)
                r = deploy_fill(d);
        return r == 0 && whole_fleet ? deploy_doze(d) : r;
}

int deploy(const struct deploy_request *request, struct arena *arena, struct decision *ret) {
        struct deciding d = { .request = request, .arena = arena };
        int r = begin(&d);

        if (r == 0)
                r = deploy_review(&d);
        if (r == 0)
                r = deploy_trim(&d);
        if (r < 0)
                return r;
        deploy_leave(&d);
        if (deploy_sees_rivals(&d))
                r = decide_by_ledger(&d);
        else
                r = deploy_roll(&d);
        if (r == 0 && !request->whole_fleet && request->weighing)
                r = weigh_all(&d);
        return r < 0 ? r : finish(&d, ret);
}
