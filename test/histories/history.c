/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/history.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "histories/checks.h"
#include "histories/weather.h"
#include "lib/json.h"
#include "unit/deploy/world.h"

enum {
        ROUNDS_MAX = 40,
        ROUNDS_TO_REST = 30,
        ROUNDS_TO_ROLL = 6,
        SNAPSHOTS = 4,
        ALL = CLUSTER_DEPLOYMENTS * CLUSTER_HELD
};

/* The reservations of all, as somebody may have seen them. */
struct snapshot {
        struct reservation items[ALL];
        size_t n;
};

struct history {
        struct cluster cluster;
        struct snapshot snapshots[SNAPSHOTS]; /* of the last rounds */
        struct snapshot now;
        struct fleet fleets[SNAPSHOTS]; /* likewise */
        struct fleet shown;             /* to who decides */
        int64_t round;
        size_t version; /* of the program that answers next */
        bool tell;
        struct tally *tally;
        const char *seen;
};

static void take_snapshot(const struct cluster *c, struct snapshot *ret) {
        ret->n = 0;
        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++) {
                        if (c->actors[a].running[k].lost)
                                continue;
                        ret->items[ret->n] = c->actors[a].running[k].reservation;
                        ret->items[ret->n++].surge = 0; /* the object does not say it */
                }
        }
}

const history_program history_programs[CLUSTER_VERSIONS] = { deploy, deploy };

/* ---- one decision ---------------------------------------------------------------------------- */

/* Reservation and service were both deleted: nothing tells of it any more. */
static void forget(struct actor *actor) {
        size_t n = 0;

        for (size_t k = 0; k < actor->n_running; k++) {
                if (!actor->running[k].lost || !actor->running[k].unserved)
                        actor->running[n++] = actor->running[k];
        }
        actor->n_running = n;
}

/* What Place finds of a deployment: the reservation, or else the service's annotation. */
static size_t observe(struct history *h, const struct actor *actor, struct assignment *held) {
        struct cluster *c = &h->cluster;
        size_t n = 0;

        for (size_t k = 0; k < actor->n_running; k++) {
                const struct running *r = &actor->running[k];

                if (r->hidden)
                        continue;
                held[n] = (struct assignment) { .observed = r->reservation,
                                                .suffix = r->suffix,
                                                .rebuilt = r->lost,
                                                .service = cluster_service(c, r),
                                                .revision = cluster_revision(c, &h->shown, actor,
                                                                             &r->reservation,
                                                                             h->version) };
                if (r->lost) {
                        held[n].observed = r->composed;
                        held[n].observed.used = 0;
                        held[n].observed.served = held[n].observed.leaving = false;
                }
                /* A surge that is used stands in the service's annotation alone. */
                held[n].observed.surge = r->unserved ? 0 : r->composed.surge;
                n++;
        }
        return n;
}

static bool is_held(const struct deploy_request *request, struct text environment) {
        for (size_t i = 0; i < request->n_held; i++) {
                if (text_equal(request->held[i].observed.environment, environment))
                        return true;
        }
        return false;
}

/* The environments that there are: all, or those of the deployment's own assignments. */
static size_t list_environments(const struct fleet *shown, const struct deploy_request *request,
                                struct environment *ret) {
        size_t n = 0;

        for (size_t i = 0; i < shown->n_sites; i++) {
                const struct environment *environment = &shown->sites[i].environment;

                if (!shown->sites[i].gone &&
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
               a->used == b->used && a->served == b->served && a->priority == b->priority &&
               a->surge == b->surge && text_equal(a->revision, b->revision) &&
               a->order == b->order && a->leaving == b->leaving;
}

/* Of one sub-pool, with replicas of one size. */
static bool is_alike(struct cluster *c, const struct reservation *a, const struct reservation *b) {
        return cluster_place(c, a) == cluster_place(c, b) && a->nodes == b->nodes &&
               a->units_per_node == b->units_per_node;
}

/* The service is composed: of another number of replicas, but never elsewhere or of another size.
 */
static void compose(struct history *h, const struct actor *actor, struct running *r,
                    const struct assignment *p) {
        struct cluster *c = &h->cluster;
        const struct reservation *to = &p->planned;
        int64_t replicas;

        if (!is_alike(c, &r->composed, to))
                h->seen = "something moves in place";
        if (!assignment_keeps_pods(p) || r->unserved || p->recovered)
                r->wanted = cluster_shape(&c->settings[h->version], to,
                                          cluster_revision(c, &h->shown, actor, to, h->version));
        else
                r->wanted = cluster_shape(&c->settings[h->version], to, r->wanted.revision);
        /* What has no pods follows at once: KServe writes replicas and pods together. */
        if (r->composed.reserved == 0 || assignment_replicas(p) == 0)
                r->shape = r->wanted;
        replicas = r->composed.reserved;
        r->composed = *to;
        r->composed.reserved = replicas;
        cluster_resize(c, r, assignment_replicas(p));
        r->unserved = false;
}

static struct running *new_running(struct history *h, struct actor *actor,
                                   const struct assignment *p) {
        const struct text parts[] = { actor->deployment.name, TEXT("-"), p->suffix };
        struct running *r = &actor->running[actor->n_running++];

        *r = (struct running) { .suffix = p->suffix, .composed = p->planned };
        r->composed.reserved = 0;
        r->composed.name = text_join(h->cluster.arena, parts, 3);
        r->annotations = json_value(
                h->cluster.arena,
                text_format(h->cluster.arena,
                            "{'crossplane.io/composition-resource-name':'reservation-%.*s'}",
                            TEXT_ARG(p->suffix))
                        .data);
        return r;
}

/* Returns whether anything is other than it was. */
static bool carry_out(struct history *h, struct actor *actor, const struct assignment *p) {
        struct cluster *c = &h->cluster;
        struct running *r = find_running(actor, p->suffix);
        struct text name;
        bool changed;

        if (!r)
                r = new_running(h, actor, p);
        name = r->composed.name;
        if ((r->hidden && (p->fresh || !is_alike(c, &r->composed, &p->planned))) ||
            (p->recovered && !is_alike(c, &r->composed, &p->planned))) {
                /* It takes the place of what was forgotten. */
                cluster_stop(c, r);
                r->composed = p->planned;
                r->composed.reserved = 0;
        }
        changed = p->fresh || r->lost || r->hidden || !same(&r->reservation, &p->planned);
        r->lost = r->hidden = false;
        r->reservation = p->planned;
        r->reservation.name = name;
        r->reservation.annotations = r->annotations;
        r->frozen = p->frozen;
        r->blind |= p->recovered; /* from a list that may be old */
        r->waits = p->fate == FATE_STAYS && p->rollout == ROLLOUT_WAITS &&
                   actor->deployment.rollout != ROLLOUT_IN_TURN;
        if (changed)
                r->reservation.generation = ++c->generations;
        if (p->fate == FATE_STAYS && !p->frozen) {
                compose(h, actor, r, p);
                r->composed.name = name;
                r->cause = cluster_cause(&h->shown, actor, &p->planned) | h->version << 60;
        }
        return changed;
}

static bool observe_decision(struct history *h, struct actor *actor,
                             const struct decision *decision) {
        bool changed = false;
        size_t n = 0;

        for (size_t k = 0; k < actor->n_running; k++) {
                struct running *r = &actor->running[k];
                bool kept = r->hidden;

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
                const struct reservation *before = &p->observed, *r = &p->planned;

                tally->placed += p->fresh;
                tally->left += p->leaves_now;
                tally->gave_way += p->gave_way;
                tally->recovered += p->recovered && p->fate != FATE_DROPPED;
                tally->frozen += p->frozen;
                tally->let_go += p->fate == FATE_DROPPED && r->leaving && r->used > 0;
                tally->reduced += p->fate == FATE_DROPPED && !r->leaving && r->used > 0;
                tally->remade += p->fate == FATE_DROPPED && r->leaving && !r->served &&
                                 !text_is_empty(p->service.revision) &&
                                 !text_equal(p->revision, p->service.revision);
                if (p->fresh || p->fate != FATE_STAYS)
                        continue;
                tally->grown += before->reserved > 0 && r->reserved > before->reserved;
                tally->woken += before->reserved == 0 && r->reserved > 0;
                tally->parked += before->reserved > 0 && r->reserved == 0;
                tally->used += !assignment_is_ready(p) && r->used > before->used;
                tally->surged += r->surge > before->surge;
                tally->waited += p->rollout == ROLLOUT_WAITS;
                tally->in_turn += p->rollout == ROLLOUT_NONE && p->service.observed &&
                                  !text_is_empty(p->service.revision) &&
                                  !text_equal(p->revision, p->service.revision);
        }
}

/* Whether this answer made more of a sub-pool used than there is; Ready ones are used anyhow. */
static const char *check_used(struct history *h, const struct decision *decision) {
        const char *seen = NULL;

        for (size_t i = 0; i < decision->plan.n_assignments && !seen; i++) {
                const struct assignment *p = &decision->plan.assignments[i];
                int64_t before = p->rebuilt ? 0 : p->observed.used;
                struct place *place = cluster_place(&h->cluster, &p->planned);

                if (p->fate == FATE_DROPPED || p->planned.used <= before)
                        continue;
                if (p->rebuilt || (assignment_is_ready(p) && !p->observed.served))
                        place->excused = true;
                seen = checks_place_used(&h->cluster, place);
        }
        return seen;
}

/* Returns whether anything changed; h->seen is set when something was seen. */
static bool decide(struct history *h, struct actor *actor, const struct snapshot *others) {
        struct cluster *c = &h->cluster;
        struct assignment held[CLUSTER_HELD];
        struct environment environments[FLEET_ENVIRONMENTS];
        const struct model *model = &h->shown.models[fleet_model(&h->shown, &actor->deployment)];
        struct deploy_request request = { .order = { .deployment = &actor->deployment,
                                                     .model = model,
                                                     .settings = &c->settings[h->version] },
                                          .environments = environments,
                                          .held = held };
        struct decided decided = { .cluster = c,
                                   .shown = &h->shown,
                                   .version = h->version,
                                   .actor = actor,
                                   .request = &request };
        struct decision decision = { 0 };
        bool changed;

        if (!actor->present || actor->deleting || actor->paused)
                return false;
        forget(actor);
        request.n_held = observe(h, actor, held);
        request.whole_fleet = !deploy_is_settled(&actor->deployment, held, request.n_held);
        do {
                if (decision.wanted > 0)
                        request.whole_fleet = true;
                request.n_environments = list_environments(&h->shown, &request, environments);
                if (request.whole_fleet && request.n_environments == 0)
                        return false; /* frozen */
                request.reservations = others->items;
                request.n_reservations = request.whole_fleet ? others->n : 0;
                if (history_programs[h->version](&request, c->arena, &decision) < 0) {
                        h->seen = "no memory";
                        return false;
                }
        } while (!request.whole_fleet && !decision.settled);
        decided.decision = &decision;
        count(h->tally, &request, &decision);
        if (h->tell)
                print(h, actor, &decision);
        h->seen = check_decision(&decided);
        changed = !h->seen && observe_decision(h, actor, &decision);
        if (!h->seen)
                h->seen = check_used(h, &decision);
        if (!h->seen)
                h->seen = check_pods(c);
        return changed;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* Of each kind as it is, or was a few rounds ago. */
static void look_at_fleet(struct history *h, int64_t oldest) {
        const struct fleet *sites = &h->cluster.fleet, *models = sites;
        int64_t age = random_below(&h->cluster.random, oldest + 1);

        if (age > 0 && age <= h->round)
                sites = &h->fleets[(h->round - age) % SNAPSHOTS];
        age = random_below(&h->cluster.random, oldest + 1);
        if (age > 0 && age <= h->round)
                models = &h->fleets[(h->round - age) % SNAPSHOTS];
        fleet_copy_sites(sites, &h->shown);
        fleet_copy_models(models, &h->shown);
}

/* Fresh, or as old as a few rounds: caches lag, and not all alike. */
static const struct snapshot *look(struct history *h, int64_t oldest) {
        int64_t age = random_below(&h->cluster.random, oldest + 1);

        if (age > 0 && age <= h->round)
                return &h->snapshots[(h->round - age) % SNAPSHOTS];
        take_snapshot(&h->cluster, &h->now);
        return &h->now;
}

/* At no moment there are more than may be. */
static bool move_pods(struct history *h, bool eager) {
        bool changed = cluster_schedule(&h->cluster, eager);

        if (!h->seen)
                h->seen = check_pods(&h->cluster);
        return changed;
}

static void stormy_round(struct history *h, unsigned int allowed) {
        struct cluster *c = &h->cluster;
        int64_t oldest = random_below(&c->random, SNAPSHOTS);
        int64_t oldest_fleet = random_one_in(&c->random, 2) ? oldest : 0;

        take_snapshot(c, &h->snapshots[h->round % SNAPSHOTS]);
        fleet_copy_sites(&c->fleet, &h->fleets[h->round % SNAPSHOTS]);
        fleet_copy_models(&c->fleet, &h->fleets[h->round % SNAPSHOTS]);
        for (int64_t k = random_below(&c->random, 3) + (int64_t)c->n_actors / 8; k > 0; k--)
                weather_strike(c, allowed);
        for (size_t a = 0; a < c->n_actors && !h->seen; a++) {
                struct actor *actor = &c->actors[random_below(&c->random, (int64_t)c->n_actors)];

                look_at_fleet(h, oldest_fleet);
                h->version = (size_t)random_below(&c->random, CLUSTER_VERSIONS);
                decide(h, actor, look(h, oldest));
                if (random_one_in(&c->random, 4))
                        move_pods(h, false);
        }
        move_pods(h, false);
        h->round++;
}

/* Everybody once: one after the other, or all from what was there at the start of the round. */
static bool calm_round(struct history *h, bool joint) {
        struct cluster *c = &h->cluster;
        size_t first = (size_t)random_below(&c->random, (int64_t)c->n_actors);
        bool changed = false;

        h->version = 0;
        look_at_fleet(h, 0);
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
        uint64_t rounds = 0, quiet = 0, rolled = h->cluster.rolled;

        while (quiet < 2 && !h->seen) {
                bool joint = always_joint || random_one_in(&h->cluster.random, 2);
                bool changed = calm_round(h, joint);

                if (!slow)
                        changed |= move_pods(h, true);
                quiet = changed ? 0 : quiet + 1;
                /* One after the other rolls where one surge has room: each takes some. */
                if (++rounds > ROUNDS_TO_REST + ROUNDS_TO_ROLL * (h->cluster.rolled - rolled) &&
                    !h->seen)
                        h->seen = "no rest: an endless exchange";
                if (h->cluster.rolled - rolled > 2 * ALL && !h->seen)
                        h->seen = "no rest: it rolls and rolls";
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

static void print_fleet(const struct fleet *fleet) {
        for (size_t i = 0; i < fleet->n_sites; i++) {
                const struct site *site = &fleet->sites[i];

                for (size_t p = 0; p < site->environment.n_pools; p++) {
                        for (size_t s = 0; s < site->pools[p].n_sub_pools; s++)
                                printf("%.*s/%.*s %.*s: %lld nodes of %lld units\n",
                                       TEXT_ARG(site->environment.name),
                                       TEXT_ARG(site->pools[p].name),
                                       TEXT_ARG(site->sub_pools[p][s].mig_profile),
                                       (long long)site->sub_pools[p][s].nodes,
                                       (long long)site->sub_pools[p][s].units_per_node);
                }
        }
}

const char *history_run(uint64_t seed, bool tell, struct arena *arena, struct tally *tally) {
        static struct history h;
        unsigned int allowed;
        int64_t rounds;

        h.round = 0;
        h.version = 0;
        h.tell = tell;
        h.tally = tally;
        h.seen = NULL;
        weather_begin(&h.cluster, arena, seed);
        allowed = weather_allow(&h.cluster);
        if (tell)
                print_fleet(&h.cluster.fleet);
        rounds = 4 + random_below(&h.cluster.random, ROUNDS_MAX - 4);
        while (h.round < rounds && !h.seen)
                stormy_round(&h, allowed);
        if (!h.seen)
                come_to_rest(&h);
        if (!h.seen)
                h.seen = check_at_rest(&h.cluster);
        tally->rolled += h.cluster.rolled;
        arena_reset(arena, SIZE_MAX);
        return h.seen;
}
