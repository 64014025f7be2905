/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/checks.h"

#include "histories/packing.h"

/* ---- one decision ---------------------------------------------------------------------------- */

static const struct assignment *find(const struct decision *decision, struct text suffix,
                                     bool fresh) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];

                if (text_equal(p->suffix, suffix) && p->fresh == fresh)
                        return p;
        }
        return NULL;
}

static int64_t least(int64_t a, int64_t b) {
        return a < b ? a : b;
}

/* What becomes of everything that was held, added up. */
struct outcome {
        int64_t staying, ready, fresh;
        int64_t leaving; /* that did so before */
        int64_t retired; /* of those */
        int64_t reduced; /* admitted ones that went though they were not leaving */
        int64_t idle;    /* that stay and have not served */
};

static const char *check_held(const struct decided *d, const struct assignment *held,
                              struct outcome *outcome) {
        const struct assignment *p = find(d->decision, held->suffix, false);
        const struct assignment *in_place = find(d->decision, held->suffix, true);
        int64_t admitted = assignment_used(held), wanted = d->request->order.deployment->replicas;

        if (!p)
                return "an assignment is forgotten";
        outcome->leaving += p->planned.leaving;
        if (p->fate == FATE_DROPPED) {
                if (in_place && in_place->planned.used >= least(admitted, wanted))
                        return NULL;
                outcome->retired += p->planned.leaving;
                outcome->reduced += !p->planned.leaving && admitted > 0;
                return NULL;
        }
        if (p->fate == FATE_STAYS)
                admitted = least(admitted, wanted);
        return p->planned.used < admitted || p->planned.reserved < admitted
                       ? "admitted replicas are lost"
                       : NULL;
}

static const char *check_nothing_lost(const struct decided *d) {
        int64_t wanted = d->request->order.deployment->environments, surplus;
        struct outcome o = { 0 };

        for (size_t i = 0; i < d->request->n_held; i++) {
                const char *seen = check_held(d, &d->request->held[i], &o);

                if (seen)
                        return seen;
        }
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                o.staying += p->fate == FATE_STAYS;
                o.idle += p->fate == FATE_STAYS && !p->fresh && p->planned.used == 0;
                o.ready += p->fate == FATE_STAYS && p->service.ready && !p->fresh;
        }
        surplus = o.leaving > wanted ? o.leaving - wanted : 0;
        if (o.retired > 0 && o.ready < wanted && o.retired > o.ready + surplus)
                return "more go than have a Ready replacement";
        if (o.reduced > 0 && o.idle > 0)
                return "what has served goes before what has not";
        if (o.reduced > 0 && o.staying < wanted)
                return "fewer than wanted are left";
        return o.staying > wanted ? "more stay than are wanted" : NULL;
}

/* Is the sub-pool of a reservation declared? */
static const struct sub_pool *declared(const struct decided *d, const struct reservation *r) {
        const struct site *site = cluster_site(d->cluster, r->environment);

        for (size_t p = 0; site && !site->gone && p < site->environment.n_pools; p++) {
                for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                        const struct sub_pool *sub_pool = &site->sub_pools[p][s];

                        if (text_equal(sub_pool->pool->name, r->pool) &&
                            text_equal(sub_pool->mig_profile, r->mig_profile))
                                return sub_pool;
                }
        }
        return NULL;
}

static const char *check_bounds(const struct decided *d) {
        const struct decision *decision = d->decision;

        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];
                const struct reservation *r = &p->planned;

                if (p->fate != FATE_STAYS)
                        continue;
                if (!declared(d, r))
                        return "an assignment without a sub-pool";
                if (r->reserved < 1 || r->reserved > d->request->order.deployment->replicas ||
                    r->used < 0 || r->used > r->reserved)
                        return "a grant out of bounds";
                for (size_t k = 0; k < i; k++) {
                        const struct assignment *q = &decision->plan.assignments[k];

                        if (q->fate == FATE_STAYS &&
                            text_equal(r->environment, q->planned.environment))
                                return "two in one environment";
                }
        }
        return NULL;
}

static bool was_told_to_stay(const struct running *r) {
        return !r->lost && !r->reservation.leaving;
}

/* An assignment that served leaves or is replaced only after something was declared anew. */
static const char *check_kept(const struct decided *d) {
        for (size_t i = 0; i < d->actor->n_running; i++) {
                const struct running *r = &d->actor->running[i];
                const struct assignment *p = find(d->decision, r->suffix, false);
                bool replaced = find(d->decision, r->suffix, true) != NULL;

                if (was_told_to_stay(r) && (p->fate == FATE_LEAVES || replaced) &&
                    assignment_used(&d->request->held[i]) > 0 &&
                    r->cause == cluster_cause(d->cluster, d->actor, &r->reservation))
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

static bool has_grown(const struct decided *d, const struct assignment *p) {
        for (size_t i = 0; i < d->request->n_held; i++) {
                const struct reservation *r = &d->request->held[i].observed;

                if (text_equal(d->request->held[i].suffix, p->suffix))
                        return p->planned.reserved > r->reserved;
        }
        return false;
}

static const char *check_grants(const struct decided *d) {
        for (size_t i = 0; i < d->decision->plan.n_assignments; i++) {
                const struct assignment *p = &d->decision->plan.assignments[i];

                if (p->fate == FATE_STAYS && (p->fresh || has_grown(d, p)) &&
                    everybody_sits(d, &p->planned) == PACKS_NOT)
                        return "a grant where there is no room";
        }
        return NULL;
}

const char *check_decision(const struct decided *d) {
        const char *seen = check_nothing_lost(d);

        if (!seen)
                seen = check_bounds(d);
        if (!seen)
                seen = check_kept(d);
        return seen ? seen : check_grants(d);
}

/* ---- at rest --------------------------------------------------------------------------------- */

/* What fits no node of a sub-pool that shrank is nowhere; it leaves, and is in nobody's way. */
static bool could_sit(const struct place *place, const struct reservation *r) {
        return r->nodes <= place->sub_pool.nodes &&
               r->units_per_node <= place->sub_pool.units_per_node;
}

static const char *check_place(struct cluster *c, const struct place *place) {
        struct packing packing = { .nodes = place->sub_pool.nodes,
                                   .units_per_node = place->sub_pool.units_per_node };
        int64_t all = 0, admitted = 0, total = place->sub_pool.units;
        bool gangs = false;

        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        const struct reservation *r = &c->actors[a].running[k].reservation;
                        int64_t replicas = r->leaving ? r->used : r->reserved;

                        if (cluster_place(c, r) != place || !could_sit(place, r))
                                continue;
                        packing_add(&packing, r->nodes, r->units_per_node, replicas);
                        all += r->nodes * r->units_per_node * replicas;
                        admitted += r->nodes * r->units_per_node * r->used;
                        gangs |= r->nodes > 1;
                }
        }
        if (all > total && all > admitted)
                return "a grant beyond the sub-pool is not given up";
        if (place->excused)
                return NULL;
        if (all > total)
                return "what served exceeds the sub-pool";
        /* A scheduler that spreads groups of nodes can leave gaps that no ledger foresees. */
        if (!gangs && packing_try(&packing) == PACKS_NOT)
                return "what is granted has no packing";
        return NULL;
}

const char *check_at_rest(struct cluster *c) {
        for (size_t e = 0; e < c->n_sites; e++) {
                struct site *site = &c->sites[e];

                for (size_t p = 0; p < site->environment.n_pools; p++) {
                        for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                                const char *seen = check_place(c, &site->places[p][s]);

                                if (seen)
                                        return seen;
                        }
                }
        }
        return NULL;
}
