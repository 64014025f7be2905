/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/checks.h"

#include "deploy/seating.h"
#include "histories/packing.h"

/* ---- one decision ---------------------------------------------------------------------------- */

static const struct assignment *find(const struct decision *decision, struct text suffix) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];

                if (text_equal(p->suffix, suffix))
                        return p;
        }
        return NULL;
}

static int64_t least(int64_t a, int64_t b) {
        return a < b ? a : b;
}

/* As many replicas as were used before the answer, by the reservation or by being Ready. */
static int64_t used_before(const struct assignment *held) {
        int64_t composed = held->service.replicas;

        if (held->rebuilt)
                return held->service.ready || held->service.ready_replicas > 0 ? composed : 0;
        if (held->service.ready && held->observed.used == 0)
                return least(held->observed.reserved, composed);
        /* What a rollout used beside them is given back when it has ended. */
        return held->observed.used - (held->service.rolled_out ? held->observed.surge : 0);
}

static const char *check_nothing_lost(const struct decided *d) {
        const struct deployment *deployment = d->request->order.deployment;
        int64_t reduced = 0, idle = 0, staying = 0;

        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                staying += p->fate == FATE_STAYS;
                idle += p->fate == FATE_STAYS && !p->fresh && !p->planned.served;
        }
        for (size_t i = 0; i < d->request->n_held; i++) {
                const struct assignment *held = &d->request->held[i];
                const struct assignment *p = find(d->decision, held->suffix);
                int64_t used = used_before(held);

                if (!p)
                        return "an assignment is forgotten";
                if (p->fate == FATE_STAYS && !p->frozen)
                        used = least(used, deployment->replicas);
                if (p->fate != FATE_DROPPED && p->planned.used < used)
                        return "used replicas are lost";
                reduced += p->fate == FATE_DROPPED && !p->planned.leaving && p->planned.served &&
                           used > 0;
        }
        if (reduced > 0 && staying < deployment->environments)
                return "fewer than wanted are left";
        if (reduced > 0 && idle > 0)
                return "what has served goes before what has not";
        return staying > deployment->environments ? "more stay than are wanted" : NULL;
}

/* Is the sub-pool of a reservation declared? */
static const struct sub_pool *declared(const struct decided *d, const struct reservation *r) {
        return fleet_sub_pool(d->shown, r);
}

static const char *check_bounds(const struct decided *d) {
        const struct decision *decision = d->decision;

        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];
                const struct reservation *r = &p->planned;

                if (p->fate == FATE_DROPPED)
                        continue;
                if (r->used < 0 || r->used > r->reserved)
                        return "used beyond what is reserved";
                if (r->used > 0 && assignment_replicas(p) + r->surge > r->used)
                        return "more is composed than is used";
                if (r->leaving ? r->used != r->reserved && !p->recovered
                               : !p->frozen && assignment_lasting(p) >
                                                       d->request->order.deployment->replicas)
                        return "a grant out of bounds";
                if (p->fate != FATE_STAYS)
                        continue;
                if (!p->frozen && !declared(d, r))
                        return "an assignment without a sub-pool";
                for (size_t k = 0; k < i; k++) {
                        const struct assignment *q = &decision->plan.assignments[k];

                        if (q->fate == FATE_STAYS &&
                            text_equal(r->environment, q->planned.environment))
                                return "two in one environment";
                }
        }
        return NULL;
}

/*
 * What is Ready before the answer, and what of it is there afterwards: by our doing never
 * fewer than are wanted. Parking wants none.
 */
static const char *check_serving(const struct decided *d) {
        const struct deployment *deployment = d->request->order.deployment;
        int64_t wanted = deployment->replicas > 0 ? deployment->environments : 0;
        int64_t before = 0, after = 0;

        for (size_t i = 0; i < d->request->n_held; i++) {
                const struct assignment *held = &d->request->held[i];

                if (!held->service.ready || held->service.replicas == 0)
                        continue;
                before++;
                after += find(d->decision, held->suffix)->fate != FATE_DROPPED;
        }
        return after < least(before, wanted) ? "what serves is dropped" : NULL;
}

/* Is it one of two in its environment, of which the other stays? */
static bool has_twin(const struct decided *d, const struct assignment *p) {
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *q = &d->decision->plan.assignments[i];

                if (q != p && q->fate == FATE_STAYS &&
                    text_equal(q->planned.environment, p->planned.environment))
                        return true;
        }
        return false;
}

/* A mistake, a cordon or a better place is no cause. */
static const char *check_kept(const struct decided *d) {
        for (size_t i = 0; i < d->actor->n_running; i++) {
                const struct running *r = &d->actor->running[i];
                const struct assignment *p = find(d->decision, r->suffix);

                if (p && !p->recovered && !r->lost && !r->reservation.leaving &&
                    p->fate == FATE_LEAVES && r->reservation.used > 0 && !has_twin(d, p) &&
                    r->cause ==
                            (cluster_cause(d->shown, d->actor, &r->reservation) | d->version << 60))
                        return "an assignment leaves without a cause";
        }
        return NULL;
}

/* With what is new in this decision, can everybody in its sub-pool sit? */
static enum packs everybody_sits(const struct decided *d, const struct reservation *granted) {
        const struct sub_pool *sub_pool = declared(d, granted);
        struct packing packing = { .nodes = sub_pool->nodes,
                                   .units_per_node = sub_pool->units_per_node };

        for (size_t i = 0; i < d->request->n_reservations; i++) {
                const struct reservation *r = &d->request->reservations[i];

                if (text_equal(r->deployment, granted->deployment) &&
                    text_equal(r->namespace_, granted->namespace_))
                        continue;
                if (declared(d, r) == sub_pool)
                        packing_add(&packing, r->nodes, r->units_per_node, r->reserved);
        }
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                if (p->fate != FATE_DROPPED && declared(d, &p->planned) == sub_pool)
                        packing_add(&packing, p->planned.nodes, p->planned.units_per_node,
                                    p->planned.reserved);
        }
        return packing_try(&packing);
}

/*
 * What is reserved without a new grant: what was, or what is Ready or rolls whatever was written.
 * The surge of a rollout stands in the service.
 */
static int64_t reserved_before(const struct assignment *p) {
        int64_t surge = p->observed.surge;
        int64_t runs = p->service.ready || surge > 0 ? p->service.replicas + surge : 0;

        return runs > p->observed.reserved ? runs : p->observed.reserved;
}

static const char *check_grants(const struct decided *d) {
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                const struct sub_pool *sub_pool;

                if (p->fate != FATE_STAYS || p->frozen || p->rebuilt ||
                    p->planned.reserved <= reserved_before(p))
                        continue;
                sub_pool = declared(d, &p->planned);
                if (sub_pool->environment->not_ready ||
                    sub_pool->pool->schedulable != SCHEDULABLE_ALWAYS)
                        return "a grant where the pool is closed";
                if (everybody_sits(d, &p->planned) == PACKS_NOT)
                        return "a grant where there is no room";
        }
        return NULL;
}

/*
 * A service without a reservation may have been let go, and its units be another's by now: nothing
 * of it is used beside what all others reserve, unless it is Ready.
 */
static const char *check_rebuilt(const struct decided *d) {
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                if (p->fate == FATE_STAYS && !p->frozen && p->rebuilt && p->planned.used > 0 &&
                    !p->service.ready && p->service.ready_replicas <= 0 && p->planned.surge == 0 &&
                    everybody_sits(d, &p->planned) == PACKS_NOT)
                        return "what was let go is used where there is no room";
        }
        return NULL;
}

/* Kubernetes would keep a pod that crashes, and leave the mended one without a place. */
static const char *check_remade(const struct decided *d) {
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                if (p->fate == FATE_STAYS && !p->frozen && !p->fresh && !p->planned.served &&
                    p->service.observed && p->service.replicas > 0 &&
                    !text_equal(p->service.revision, p->revision))
                        return "what never served is rolled";
        }
        return NULL;
}

const char *check_decision(const struct decided *d) {
        const char *seen = check_nothing_lost(d);

        if (!seen)
                seen = check_serving(d);
        if (!seen)
                seen = check_bounds(d);
        if (!seen)
                seen = check_kept(d);
        if (!seen)
                seen = check_remade(d);
        if (!seen)
                seen = check_rebuilt(d);
        return seen ? seen : check_grants(d);
}

/* ---- at rest --------------------------------------------------------------------------------- */

static void add_to_packing(struct packing *packing, const struct reservation *r, int64_t replicas) {
        packing_add(packing, r->nodes, r->units_per_node, replicas);
}

const char *checks_place_used(struct cluster *c, const struct place *place) {
        struct packing packing = { .nodes = place->sub_pool.nodes,
                                   .units_per_node = place->sub_pool.units_per_node };
        int64_t units = 0;

        for (size_t a = 0; a < c->n_actors && !place->excused; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        const struct reservation *r = &c->actors[a].running[k].reservation;

                        if (cluster_place(c, r) != place)
                                continue;
                        add_to_packing(&packing, r, r->used);
                        units += r->nodes * r->units_per_node * r->used;
                }
        }
        if (place->excused)
                return NULL;
        if (units > place->sub_pool.units)
                return "more is used than there is";
        return packing_try(&packing) == PACKS_NOT ? "what is used has no packing" : NULL;
}

/* Are all pods that there may be counted? */
static bool is_within(const struct running *r) {
        const struct reservation *has = &r->reservation;

        return cluster_may_start(r) <= (has->used > 0 ? has->used : has->reserved);
}

const char *check_pods(struct cluster *c) {
        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        struct running *r = &c->actors[a].running[k];
                        bool within = is_within(r);

                        /* An old list may say fewer than run, until they are seen again. */
                        r->blind &= !within || !cluster_service(c, r).rolled_out;
                        if (r->lost || r->hidden || r->blind)
                                continue;
                        if (within)
                                r->edited = false;
                        else if (!r->edited)
                                return "KServe may start more pods than are used";
                }
        }
        return NULL;
}

static bool is_broken(const struct cluster *c, size_t e, size_t p) {
        const struct sub_pool *sub_pool = &c->fleet.sites[e].sub_pools[p][0];

        return !text_is_empty(sub_pool->invalid) || !text_is_empty(sub_pool->ambiguous);
}

/*
 * Do those that are used not pack in the order of the seating? Another order may pack them, as the
 * one did in which they were granted: then nothing more is used there.
 */
static bool is_closed(struct cluster *c, const struct place *place) {
        static struct reservation all[CLUSTER_DEPLOYMENTS * CLUSTER_HELD];
        const struct sub_pool *sub_pool = NULL;
        struct seating seating;
        struct ledger ledger;
        size_t n = 0;

        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        const struct reservation *r = &c->actors[a].running[k].reservation;

                        if (cluster_place(c, r) != place)
                                continue;
                        sub_pool = fleet_sub_pool(&c->fleet, r);
                        all[n++] = *r;
                }
        }
        return !sub_pool || ledger_build(all, n, NULL, c->arena, &ledger) < 0 ||
               seating_find(&ledger, sub_pool, NULL, 0, NULL, c->arena, &seating) < 0 ||
               seating.over_committed;
}

static const char *check_place(struct cluster *c, const struct place *place) {
        int64_t reserved = 0, used = 0;

        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        const struct reservation *r = &c->actors[a].running[k].reservation;

                        /* What is hidden and not wanted any more is nobody's to give back. */
                        if (cluster_place(c, r) != place || c->actors[a].running[k].hidden)
                                continue;
                        reserved += r->nodes * r->units_per_node * r->reserved;
                        used += r->nodes * r->units_per_node * r->used;
                }
        }
        if (place->excused || (reserved > used && is_closed(c, place)))
                return NULL;
        if (reserved > place->sub_pool.units)
                return "a grant beyond the sub-pool is not given back";
        if (reserved > used)
                return "what is reserved is not used";
        return checks_place_used(c, place);
}

/* Units that are not reserved, where all are alike and no packing is hard; else 0. */
static int64_t plain_room(struct cluster *c, const struct place *place) {
        int64_t reserved = 0;

        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        const struct reservation *r = &c->actors[a].running[k].reservation;

                        if (cluster_place(c, r) != place)
                                continue;
                        if (r->nodes * r->units_per_node != 1)
                                return 0;
                        reserved += r->reserved;
                }
        }
        return place->sub_pool.units - reserved;
}

/* A rollout waits for nothing but room, and only where there is none. */
static const char *check_waiting(struct cluster *c, const struct running *r) {
        const struct sub_pool *sub_pool = fleet_sub_pool(&c->fleet, &r->reservation);
        int64_t surge = c->settings[0].kserve_021 ? 1 : (r->composed.reserved + 3) / 4;

        if (!r->waits || r->hidden || r->frozen || !sub_pool || sub_pool->environment->not_ready ||
            sub_pool->pool->schedulable != SCHEDULABLE_ALWAYS)
                return NULL;
        return plain_room(c, cluster_place(c, &r->reservation)) >= surge
                       ? "a rollout waits where there is room"
                       : NULL;
}

/* What leaves is kept only for want of a Ready one that stays. */
static const char *check_actor(struct cluster *c, const struct actor *actor) {
        int64_t wanted = actor->deployment.replicas > 0 ? actor->deployment.environments : 0;
        int64_t leaving = 0, ready = 0;

        for (size_t k = 0; k < actor->n_running; k++) {
                const struct running *r = &actor->running[k];

                if (!actor->present && !r->hidden)
                        return "something is left of a deployment that is gone";
                if (r->hidden)
                        continue;
                if (r->lost || (r->unserved && !r->frozen))
                        return "a reservation without a service";
                if (!r->frozen && !r->edited && cluster_service(c, r).rolled_out && !is_within(r))
                        return "more run than are counted";
                if (r->composed.surge > 0 && !r->reservation.leaving && !r->frozen &&
                    cluster_service(c, r).rolled_out)
                        return "a surge is not given back";
                if (check_waiting(c, r))
                        return check_waiting(c, r);
                leaving += r->reservation.leaving;
                ready += !r->reservation.leaving && r->composed.reserved > 0 &&
                         cluster_service(c, r).ready;
        }
        return leaving > 0 && leaving > wanted - ready ? "something leaves and is not let go"
                                                       : NULL;
}

const char *check_at_rest(struct cluster *c) {
        for (size_t a = 0; a < c->n_actors; a++) {
                const char *seen = check_actor(c, &c->actors[a]);

                if (seen)
                        return seen;
        }
        for (size_t e = 0; e < c->fleet.n_sites; e++) {
                const struct site *site = &c->fleet.sites[e];

                for (size_t p = 0; p < site->environment.n_pools; p++) {
                        for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                                /* What is in a broken pool stays as it is. */
                                const char *seen = is_broken(c, e, p)
                                                           ? NULL
                                                           : check_place(c, &c->places[e][p][s]);

                                if (seen)
                                        return seen;
                        }
                }
        }
        return NULL;
}
