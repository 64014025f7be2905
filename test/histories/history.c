/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/history.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "histories/checks.h"
#include "histories/weather.h"
#include "unit/deploy/world.h"

enum { ROUNDS = 12, SNAPSHOTS = 4, ALL = CLUSTER_DEPLOYMENTS * CLUSTER_HELD };

/* The reservations of all, as somebody may have seen them. */
struct snapshot {
        struct reservation items[ALL];
        size_t n;
};

struct history {
        struct cluster cluster;
        struct snapshot snapshots[SNAPSHOTS]; /* of the last rounds */
        struct snapshot now;
        int64_t round;
        bool tell;
        struct tally *tally;
        const char *seen;
};

static void take_snapshot(const struct cluster *c, struct snapshot *ret) {
        ret->n = 0;
        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        if (!c->actors[a].running[k].lost)
                                ret->items[ret->n++] = c->actors[a].running[k].reservation;
                }
        }
}

/* ---- one decision ---------------------------------------------------------------------------- */

/* What Place finds of a deployment: the ConfigMap, or else the service's annotation. */
static void observe(const struct cluster *c, const struct actor *actor, struct assignment *held) {
        for (size_t k = 0; k < actor->n_running; k++) {
                const struct running *r = &actor->running[k];

                held[k] = (struct assignment) { .observed = r->lost ? r->composed : r->reservation,
                                                .suffix = r->suffix,
                                                .rebuilt = r->lost,
                                                .service = cluster_service(c, r) };
                if (!r->lost)
                        continue;
                held[k].observed.used = held[k].observed.reserved;
                held[k].observed.leaving = false;
        }
}

static bool is_held(const struct deploy_request *request, struct text environment) {
        for (size_t i = 0; i < request->n_held; i++) {
                if (text_equal(request->held[i].observed.environment, environment))
                        return true;
        }
        return false;
}

/* The environments that there are: all, or those of the deployment's own assignments. */
static size_t list_environments(const struct cluster *c, const struct deploy_request *request,
                                struct environment *ret) {
        size_t n = 0;

        for (size_t i = 0; i < c->n_sites; i++) {
                const struct environment *environment = &c->sites[i].environment;

                if (!c->sites[i].gone &&
                    (request->whole_fleet || is_held(request, environment->name)))
                        ret[n++] = *environment;
        }
        return n;
}

static void print(const struct history *h, const struct actor *actor,
                  const struct decision *decision) {
        struct text line = world_print(decision, true, h->cluster.arena);

        printf("%lld %.*s/%.*s: %.*s\n", (long long)h->round,
               TEXT_ARG(actor->deployment.namespace_), TEXT_ARG(actor->deployment.name),
               TEXT_ARG(line));
}

static struct running *find_running(struct actor *actor, struct text suffix) {
        for (size_t k = 0; k < actor->n_running; k++) {
                if (text_equal(actor->running[k].suffix, suffix))
                        return &actor->running[k];
        }
        return NULL;
}

static bool same(const struct reservation *a, const struct reservation *b) {
        return text_equal(a->environment, b->environment) && text_equal(a->pool, b->pool) &&
               text_equal(a->mig_profile, b->mig_profile) &&
               text_equal(a->model_name, b->model_name) &&
               text_equal(a->serving_profile, b->serving_profile) && a->nodes == b->nodes &&
               a->units_per_node == b->units_per_node && a->reserved == b->reserved &&
               a->used == b->used && a->priority == b->priority && a->order == b->order &&
               a->leaving == b->leaving && a->served == b->served;
}

/* The same replicas on the same nodes, with fewer units each. */
static void take_fewer_units(struct history *h, struct running *r, int64_t units) {
        struct place *place = cluster_place(&h->cluster, &r->composed);

        for (int64_t i = 0; i < r->composed.reserved; i++) {
                for (int64_t n = 0; r->replicas[i].seated && n < r->composed.nodes; n++)
                        place->used[r->replicas[i].node[n]] -= r->composed.units_per_node - units;
        }
}

/* The service is composed anew: pods of another shape, or elsewhere, start again. */
static void compose(struct history *h, struct running *r, const struct assignment *p) {
        struct cluster *c = &h->cluster;
        const struct reservation *to = &p->planned;

        if (cluster_place(c, &r->composed) != cluster_place(c, to) ||
            r->composed.nodes != to->nodes || to->units_per_node > r->composed.units_per_node)
                cluster_stop(c, r);
        cluster_resize(c, r, to->reserved);
        if (to->units_per_node < r->composed.units_per_node)
                take_fewer_units(h, r, to->units_per_node);
        r->composed = *to;
}

/* Returns whether anything is other than it was. */
static bool carry_out(struct history *h, struct actor *actor, const struct assignment *p) {
        struct cluster *c = &h->cluster;
        struct running *r = find_running(actor, p->suffix);
        bool changed;

        if (!r) {
                r = &actor->running[actor->n_running++];
                *r = (struct running) { .suffix = p->suffix, .composed = p->planned };
                r->composed.reserved = 0;
        }
        changed = p->fresh || r->lost || !same(&r->reservation, &p->planned);
        if (p->planned.units_per_node > r->composed.units_per_node ||
            (p->fresh && p->planned.used > 0)) {
                cluster_place(c, &p->planned)->excused = true;
                h->tally->enlarged += !p->fresh;
        }
        r->lost = false;
        r->reservation = p->planned;
        if (p->fate == FATE_STAYS) {
                compose(h, r, p);
                r->cause = cluster_cause(c, actor, &p->planned);
        }
        return changed;
}

static bool observe_decision(struct history *h, struct actor *actor,
                             const struct decision *decision) {
        bool changed = false;
        size_t n = 0;

        for (size_t k = 0; k < actor->n_running; k++) {
                struct running *r = &actor->running[k];
                bool kept = false;

                for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                        const struct assignment *p = &decision->plan.assignments[i];

                        kept |= p->fate != FATE_DROPPED && text_equal(p->suffix, r->suffix);
                }
                if (kept) {
                        actor->running[n++] = *r;
                } else {
                        cluster_stop(&h->cluster, r);
                        changed = true;
                }
        }
        actor->n_running = n;
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                if (decision->plan.assignments[i].fate != FATE_DROPPED)
                        changed |= carry_out(h, actor, &decision->plan.assignments[i]);
        }
        return changed;
}

static void count(struct tally *tally, const struct deploy_request *request,
                  const struct decision *decision) {
        tally->decisions++;
        tally->alone += !request->whole_fleet;
        for (size_t i = 0; i < request->n_held; i++)
                tally->rebuilt += request->held[i].rebuilt;
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];
                bool in_place = text_equal(p->why, TEXT("replaced in place"));

                tally->placed += p->fresh;
                tally->left += p->leaves_now;
                tally->in_place += in_place;
                if (p->fate == FATE_DROPPED && !in_place) {
                        tally->retired += p->planned.leaving;
                        tally->reduced += !p->planned.leaving;
                }
                for (size_t k = 0; k < request->n_held && !p->fresh; k++) {
                        const struct reservation *r = &request->held[k].observed;

                        if (!text_equal(request->held[k].suffix, p->suffix))
                                continue;
                        tally->grown += p->planned.reserved > r->reserved;
                        tally->yielded += p->fate != FATE_LEAVES &&
                                          p->planned.reserved < r->reserved &&
                                          p->planned.reserved < request->order.deployment->replicas;
                }
        }
}

/* Returns whether anything changed; h->seen is set when something was seen. */
static bool decide(struct history *h, struct actor *actor, const struct snapshot *others) {
        struct cluster *c = &h->cluster;
        struct assignment held[CLUSTER_HELD];
        struct environment environments[CLUSTER_ENVIRONMENTS];
        struct deploy_request request = {
                .order = { .deployment = &actor->deployment,
                           .model = &c->models[cluster_model(c, &actor->deployment)],
                           .settings = &c->settings },
                .environments = environments,
                .held = held,
                .n_held = actor->n_running
        };
        struct decided decided = { .cluster = c, .actor = actor, .request = &request };
        struct decision decision = { 0 };

        if (!actor->present || actor->deleting || actor->paused)
                return false;
        observe(c, actor, held);
        request.whole_fleet = !deploy_is_settled(&actor->deployment, held, request.n_held);
        do {
                if (decision.wanted > 0)
                        request.whole_fleet = true;
                request.n_environments = list_environments(c, &request, environments);
                if (request.whole_fleet && request.n_environments == 0)
                        return false; /* frozen */
                request.reservations = others->items;
                request.n_reservations = request.whole_fleet ? others->n : 0;
                if (deploy(&request, c->arena, &decision) < 0) {
                        h->seen = "no memory";
                        return false;
                }
        } while (!request.whole_fleet && !decision.settled);
        decided.decision = &decision;
        count(h->tally, &request, &decision);
        if (h->tell)
                print(h, actor, &decision);
        h->seen = check_decision(&decided);
        return !h->seen && observe_decision(h, actor, &decision);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* Fresh, or as old as a few rounds: caches lag, and not all alike. */
static const struct snapshot *look(struct history *h, int64_t oldest) {
        int64_t age = random_below(&h->cluster.random, oldest + 1);

        if (age > 0 && age <= h->round)
                return &h->snapshots[(h->round - age) % SNAPSHOTS];
        take_snapshot(&h->cluster, &h->now);
        return &h->now;
}

static void stormy_round(struct history *h, unsigned int allowed) {
        struct cluster *c = &h->cluster;
        int64_t oldest = random_below(&c->random, SNAPSHOTS);

        take_snapshot(c, &h->snapshots[h->round % SNAPSHOTS]);
        for (int64_t k = random_below(&c->random, 3) + (int64_t)c->n_actors / 8; k > 0; k--)
                weather_strike(c, allowed);
        for (size_t a = 0; a < c->n_actors && !h->seen; a++) {
                struct actor *actor = &c->actors[random_below(&c->random, (int64_t)c->n_actors)];

                decide(h, actor, look(h, oldest));
                if (random_one_in(&c->random, 4))
                        cluster_schedule(c, false);
        }
        cluster_schedule(c, false);
        h->round++;
}

/* Everybody once: one after the other, or all from what was there at the start of the round. */
static bool calm_round(struct history *h, bool joint) {
        struct cluster *c = &h->cluster;
        size_t first = (size_t)random_below(&c->random, (int64_t)c->n_actors);
        bool changed = false;

        take_snapshot(c, &h->snapshots[0]);
        for (size_t i = 0; i < c->n_actors && !h->seen; i++) {
                struct actor *actor = &c->actors[(first + i) % c->n_actors];

                if (!joint)
                        take_snapshot(c, &h->snapshots[0]);
                changed |= decide(h, actor, &h->snapshots[0]);
        }
        h->round++;
        return changed;
}

/* Until nothing changes any more; while pods are slow to start, or with all that can be Ready. */
static void settle(struct history *h, bool always_joint, bool slow) {
        uint64_t limit = 40 + 4 * h->cluster.n_actors, rounds = 0, quiet = 0;

        while (quiet < 2 && !h->seen) {
                bool joint = always_joint || random_one_in(&h->cluster.random, 2);
                bool changed = calm_round(h, joint);

                if (!slow)
                        changed |= cluster_schedule(&h->cluster, true);
                quiet = changed ? 0 : quiet + 1;
                if (++rounds > limit && !h->seen)
                        h->seen = "no rest: an endless exchange";
        }
        h->tally->rounds_to_rest += rounds;
        if (rounds > h->tally->most_rounds_to_rest)
                h->tally->most_rounds_to_rest = rounds;
}

static void come_to_rest(struct history *h) {
        bool joint = random_one_in(&h->cluster.random, 2);

        weather_clear(&h->cluster);
        if (random_one_in(&h->cluster.random, 2))
                settle(h, joint, true);
        if (!h->seen)
                settle(h, joint, false);
}

const char *history_run(uint64_t seed, bool tell, struct arena *arena, struct tally *tally) {
        static struct history h;
        unsigned int allowed;

        h.round = 0;
        h.tell = tell;
        h.tally = tally;
        h.seen = NULL;
        weather_begin(&h.cluster, arena, seed);
        allowed = weather_allow(&h.cluster);
        while (h.round < ROUNDS && !h.seen)
                stormy_round(&h, allowed);
        if (!h.seen)
                come_to_rest(&h);
        if (!h.seen)
                h.seen = check_at_rest(&h.cluster);
        arena_reset(arena, SIZE_MAX);
        return h.seen;
}
