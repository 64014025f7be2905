/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/history.h"

#include <stdio.h>
#include <stdlib.h>
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

/* How much a deployment reads; each looks at what the one before it does too. */
enum look {
        LOOK_AT_OWN,    /* no reservations */
        LOOK_AT_RIVALS, /* those of its own environments, where it is not settled */
        LOOK_AT_POOLS,  /* GPUPools, to see whether there is a reason to read more */
        LOOK_AT_ALL,
};

/* The reservations of all, as somebody may have seen them. */
struct snapshot {
        struct reservation items[ALL];
        size_t n;
        int64_t round; /* at the start of which it was so */
};

struct history {
        struct cluster cluster;
        struct snapshot snapshots[SNAPSHOTS]; /* of the last rounds */
        struct snapshot now;
        struct snapshot before;         /* of the last round: GPUPools follow the reservations */
        const struct snapshot *counted; /* by GPUPools, as they are shown */
        bool forced;                    /* who waits reads all: is there a reason after all? */
        bool lags;                      /* what is let go may be seen for a while */
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
        ret->round = INT64_MAX;
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
                held[n] = (struct assignment) {
                        .observed = r->reservation,
                        .suffix = r->suffix,
                        .rebuilt = r->lost,
                        .service = r->late ? r->shown : cluster_service(c, r),
                        .revision =
                                cluster_revision(c, &h->shown, actor, &r->reservation, h->version)
                };
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

/* What is observed is no newer than the list: one watch delivers all of a kind. */
static const struct snapshot *as_observed(struct history *h, const struct actor *actor,
                                          const struct snapshot *others) {
        for (size_t k = 0; k < actor->n_running; k++) {
                if (!actor->running[k].late || others->round > actor->running[k].let_go)
                        continue;
                take_snapshot(&h->cluster, &h->now);
                return &h->now;
        }
        return others;
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
                                enum look look, struct environment *ret) {
        size_t n = 0;

        for (size_t i = 0; i < shown->n_sites; i++) {
                const struct environment *environment = &shown->sites[i].environment;

                if (!shown->sites[i].gone &&
                    (look >= LOOK_AT_POOLS || is_held(request, environment->name)))
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
        r->lost = r->hidden = r->late = false;
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

/*
 * Reservation and service are watched apart: of what was let go the service may be seen once more,
 * without a reservation. What was Ready counts as used then, whatever is so.
 */
static bool is_seen_again(struct history *h, struct running *r) {
        struct service shown = cluster_service(&h->cluster, r);

        if (!h->lags || r->late || !shown.observed || shown.ready || shown.ready_replicas > 0 ||
            r->composed.surge > 0 || !random_one_in(&h->cluster.random, 2))
                return false;
        r->shown = shown;
        r->late = r->lost = true;
        r->let_go = h->round;
        r->reservation.reserved = r->reservation.used = 0;
        return true;
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
                        bool again = is_seen_again(h, r);

                        cluster_stop(&h->cluster, r);
                        if (again)
                                actor->running[n++] = *r;
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
        tally->alone += !request->whole_fleet && !request->own_ledger;
        tally->near += request->own_ledger;
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
                tally->postponed += p->rollout == ROLLOUT_WAITS;
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
                if (p->rebuilt || (assignment_is_ready(p) && before == 0))
                        place->excused = true;
                seen = checks_place_used(&h->cluster, place);
        }
        return seen;
}

/* ---- what is read, and what wakes ------------------------------------------------------------ */

static void mix(uint64_t *hash, uint64_t number) {
        *hash = text_hash(*hash, (struct text) { (const char *)&number, sizeof(number) });
}

static void mix_reservation(uint64_t *hash, const struct reservation *r) {
        *hash = text_hash(text_hash(*hash, r->deployment), r->namespace_);
        *hash = text_hash(text_hash(*hash, r->name), r->uid);
        *hash = text_hash(text_hash(*hash, r->pool), r->mig_profile);
        mix(hash, (uint64_t)r->generation);
        mix(hash, (uint64_t)(r->reserved << 32 | r->used << 4 | r->served << 1 | r->leaving));
}

static void mix_site(uint64_t *hash, const struct site *site) {
        mix(hash, site->gone << 1 | site->environment.not_ready);
        mix(hash, value_hash(site->environment.labels));
        for (size_t p = 0; p < site->environment.n_pools; p++) {
                mix(hash, site->version[p]);
                mix(hash, site->edits[p]);
                mix(hash, (uint64_t)site->pools[p].schedulable);
                for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                        mix(hash, (uint64_t)site->sub_pools[p][s].units);
                        mix(hash, (uint64_t)site->sub_pools[p][s].units_per_node);
                        mix(hash, site->sub_pools[p][s].invalid.len);
                }
        }
}

static void mix_deployment(const struct history *h, uint64_t *hash, const struct actor *actor) {
        const struct deployment *d = &actor->deployment;

        mix(hash, actor->uid);
        mix(hash, actor->version);
        mix(hash, (uint64_t)(d->replicas << 32 | d->environments << 8 | (d->priority + 8)));
        mix(hash, value_hash(d->environment_selector));
        *hash = text_hash(*hash, d->model_name);
        mix(hash, h->shown.model_version[fleet_model(&h->shown, d)]);
        mix(hash, h->shown.images[fleet_model(&h->shown, d)]);
        mix(hash, actor->edits);
        mix(hash, (uint64_t)d->rollout);
}

static void mix_running(const struct cluster *c, uint64_t *hash, const struct actor *actor) {
        for (size_t k = 0; k < actor->n_running; k++) {
                const struct running *r = &actor->running[k];

                mix_reservation(hash, &r->reservation);
                mix(hash, (uint64_t)(cluster_ready(r) << 16 | r->composed.reserved));
                mix(hash, (uint64_t)(r->lost << 3 | r->unserved << 2 | r->hidden << 1 |
                                     cluster_service(c, r).ready));
                mix(hash, r->composed.surge > 0 && cluster_service(c, r).rolled_out);
        }
}

/* What Inventory says of a sub-pool that it counts from these reservations. */
static int count_pool(struct history *h, const struct sub_pool *sub_pool, struct fits_pool *ret) {
        struct arena *arena = h->cluster.arena;
        struct seating seating;
        struct ledger ledger;
        int r = ledger_build(h->counted->items, h->counted->n, NULL, arena, &ledger);

        if (r == 0)
                r = seating_find(&ledger, sub_pool, NULL, 0, NULL, arena, &seating);
        if (r < 0)
                return r;
        *ret = (struct fits_pool) { .environment = sub_pool->environment->name,
                                    .pool = sub_pool->pool->name,
                                    .mig_profile = sub_pool->mig_profile,
                                    .free_units = seating.free_units,
                                    .largest_gap = seating.largest_gap,
                                    .is_crowded = seating.unseated > 0 || seating.over_committed };
        return 0;
}

/* The GPUPools of an environment, but of those that cannot be read. */
static size_t count_pools(struct history *h, const struct site *site, struct fits_pool *ret) {
        size_t n = 0;

        for (size_t p = 0; !site->gone && p < site->environment.n_pools; p++) {
                for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                        if (text_is_empty(site->sub_pools[p][s].invalid) &&
                            count_pool(h, &site->sub_pools[p][s], &ret[n]) == 0)
                                n++;
                }
        }
        return n;
}

enum { SUB_POOLS = FLEET_POOLS * FLEET_SUB_POOLS };

/* All that a deployment is subscribed to, as it is shown now. */
static uint64_t view(struct history *h, const struct actor *actor, const struct snapshot *others) {
        const struct subscription *s = &actor->subscription;
        struct fits_pool pools[SUB_POOLS];
        uint64_t hash = TEXT_HASH_SEED;

        /* After an upgrade each is called again when its time to live has passed. */
        mix(&hash, h->version);
        mix_deployment(h, &hash, actor);
        mix_running(&h->cluster, &hash, actor);
        for (size_t e = 0; e < h->shown.n_sites; e++) {
                const struct site *site = &h->shown.sites[e];

                if (s->own[e] || (s->what & ASK_ENVIRONMENTS))
                        mix_site(&hash, site);
                for (size_t i = 0; s->rivals[e] && i < others->n; i++) {
                        if (text_equal(others->items[i].environment, site->environment.name))
                                mix_reservation(&hash, &others->items[i]);
                }
                for (size_t i = s->pools[e] ? count_pools(h, site, pools) : 0; i-- > 0;)
                        mix(&hash, (uint64_t)(pools[i].free_units << 32 |
                                              pools[i].largest_gap << 1 | pools[i].is_crowded));
        }
        return hash;
}

static bool is_among(const struct text *texts, size_t n, struct text text) {
        return n > 0 && bsearch(&text, texts, n, sizeof(text), text_order) != NULL;
}

/* It is decided: from now on only this is shown. */
static void subscribe(struct history *h, struct actor *actor, const struct asked *asked,
                      const struct deploy_request *request) {
        struct subscription *s = &actor->subscription;

        s->what = asked->what;
        for (size_t e = 0; e < h->shown.n_sites; e++) {
                struct text name = h->shown.sites[e].environment.name;

                s->own[e] = is_held(request, name) ||
                            is_among(asked->environments, asked->n_environments, name);
                s->rivals[e] = (asked->what & ASK_RIVALS) &&
                               is_among(asked->rivals, asked->n_rivals, name);
                s->pools[e] = (asked->what & ASK_POOLS) &&
                              (text_is_empty(asked->pools_of) || text_equal(asked->pools_of, name));
        }
}

/* As status.decidedBy. */
static uint64_t decided_by(struct history *h, const struct actor *actor,
                           const struct decision *decision) {
        struct fits fits = decision->fits;
        uint64_t hash = h->version;

        mix_deployment(h, &hash, actor);
        for (size_t e = 0; e < h->shown.n_sites; e++)
                mix_site(&hash, &h->shown.sites[e]);
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *a = &decision->plan.assignments[i];
                const struct reservation *r = &a->planned;

                if (a->fate == FATE_DROPPED)
                        continue;
                hash = text_hash(hash, a->suffix);
                mix(&hash, (uint64_t)(r->reserved << 32 | r->used << 8 | r->served << 3 |
                                      r->leaving << 2 | assignment_is_ready(a) << 1 | a->frozen));
        }
        return text_hash(hash, fits_token(&fits, h->cluster.arena)) | 1;
}

/* Of one that waits: do GPUPools, or what it decided by, give a reason to look again? */
static bool has_reason(struct history *h, const struct actor *actor, struct decision *decision) {
        struct fits_pool pools[FLEET_ENVIRONMENTS * SUB_POOLS];
        size_t n = 0;

        for (size_t e = 0; e < h->shown.n_sites; e++)
                n += count_pools(h, &h->shown.sites[e], &pools[n]);
        fits_show(&decision->fits, pools, n);
        return !fits_all_known(&decision->fits) ||
               decided_by(h, actor, decision) != actor->decided_by;
}

/* ---- one decision ---------------------------------------------------------------------------- */

/* What is not as it was composed may have another's name: all are asked. */
static bool is_incomplete(const struct deploy_request *request) {
        for (size_t i = 0; i < request->n_held; i++) {
                if (request->held[i].rebuilt || !request->held[i].service.observed)
                        return true;
        }
        return false;
}

static bool is_short(const struct deploy_request *request) {
        int64_t held = 0;

        for (size_t i = 0; i < request->n_held; i++)
                held += !request->held[i].observed.leaving;
        return request->order.deployment->replicas > 0 &&
               held < request->order.deployment->environments;
}

/* As stage_deploy.c goes on, when `look` was not enough. */
static enum look look_further(const struct history *h, const struct actor *actor,
                              const struct deploy_request *request, const struct decision *decision,
                              enum look look) {
        if (h->forced || is_incomplete(request))
                return LOOK_AT_ALL;
        if (!decision->wanting && !is_short(request))
                return LOOK_AT_RIVALS;
        return look < LOOK_AT_POOLS && actor->decided_by != 0 ? LOOK_AT_POOLS : LOOK_AT_ALL;
}

/* The reservations that it is shown. */
static size_t show(const struct deploy_request *request, const struct decision *earlier,
                   const struct snapshot *others, enum look look, struct arena *arena,
                   struct reservation *ret) {
        struct asked asked = { 0 };
        size_t n = 0;

        asks_add_rivals(&asked, &request->order, request->held, request->n_held, earlier, arena);
        for (size_t i = 0; i < others->n && look > LOOK_AT_OWN; i++) {
                if (look == LOOK_AT_ALL ||
                    is_among(asked.rivals, asked.n_rivals, others->items[i].environment))
                        ret[n++] = others->items[i];
        }
        return n;
}

static bool is_enough(struct history *h, const struct actor *actor, struct decision *decision,
                      enum look look) {
        if (look == LOOK_AT_OWN)
                return decision->settled;
        if (look == LOOK_AT_ALL || !decision->wanting)
                return true;
        return look == LOOK_AT_POOLS && !has_reason(h, actor, decision);
}

/* Reads more until it can decide. Returns false when it cannot: it is frozen. */
static bool find_decision(struct history *h, struct actor *actor, const struct snapshot *others,
                          struct deploy_request *request, struct decision *decision) {
        static struct reservation shown[ALL];
        static struct environment environments[FLEET_ENVIRONMENTS];
        struct cluster *c = &h->cluster;
        enum look look = LOOK_AT_OWN;

        request->environments = environments;
        request->reservations = shown;
        if (!deploy_is_settled(&actor->deployment, request->held, request->n_held))
                look = look_further(h, actor, request, decision, look);
        for (;;) {
                request->whole_fleet = look == LOOK_AT_ALL;
                request->own_ledger = look == LOOK_AT_RIVALS || look == LOOK_AT_POOLS;
                request->n_environments = list_environments(&h->shown, request, look, environments);
                if (look >= LOOK_AT_POOLS && request->n_environments == 0)
                        return false;
                request->n_reservations = show(request, decision, others, look, c->arena, shown);
                if (history_programs[h->version](request, c->arena, decision) < 0) {
                        h->seen = "no memory";
                        return false;
                }
                if (is_enough(h, actor, decision, look))
                        break;
                look = look_further(h, actor, request, decision, look);
        }
        if (look == LOOK_AT_ALL)
                actor->decided_by = decision->wanting ? decided_by(h, actor, decision) : 0;
        else if (!decision->wanting)
                actor->decided_by = 0;
        h->tally->waited += look == LOOK_AT_POOLS;
        actor->is_scattered = look == LOOK_AT_POOLS && fits_any_enough(&decision->fits);
        return true;
}

/* Returns whether anything changed; h->seen is set when something was seen. */
static bool decide(struct history *h, struct actor *actor, const struct snapshot *others) {
        struct cluster *c = &h->cluster;
        struct assignment held[CLUSTER_HELD];
        const struct model *model = &h->shown.models[fleet_model(&h->shown, &actor->deployment)];
        struct deploy_request request = { .order = { .deployment = &actor->deployment,
                                                     .model = model,
                                                     .settings = &c->settings[h->version] },
                                          .held = held };
        struct decided decided = { .cluster = c,
                                   .shown = &h->shown,
                                   .version = h->version,
                                   .actor = actor,
                                   .request = &request };
        struct decision decision = { 0 };
        struct asked asked;
        bool changed;

        if (!actor->present || actor->deleting || actor->paused)
                return false;
        forget(actor);
        others = as_observed(h, actor, others);
        request.n_held = observe(h, actor, held);
        if (!find_decision(h, actor, others, &request, &decision)) {
                actor->subscription.what = ASK_ALWAYS | ASK_ENVIRONMENTS;
                actor->subscription.seen = view(h, actor, others);
                actor->subscription.is_woken = false;
                return false;
        }
        decided.decision = &decision;
        count(h->tally, &request, &decision);
        if (h->tell)
                print(h, actor, &decision);
        h->seen = check_decision(&decided);
        asked = asks_of_decision(&decision, c->arena);
        subscribe(h, actor, &asked, &request);
        actor->subscription.seen = view(h, actor, others);
        changed = !h->seen && observe_decision(h, actor, &decision);
        /* What it composes wakes it too, whatever becomes of that meanwhile. */
        actor->subscription.is_woken = actor->subscription.seen != view(h, actor, others);
        if (!h->seen)
                h->seen = check_used(h, &decision);
        if (!h->seen)
                h->seen = check_pods(c);
        return changed;
}

/* The same when anything has changed of what its last answer asked for. */
static bool decide_when_woken(struct history *h, struct actor *actor,
                              const struct snapshot *others) {
        const struct subscription *s = &actor->subscription;

        if (s->what != 0 && !s->is_woken && s->seen == view(h, actor, others)) {
                h->tally->asleep++;
                return false;
        }
        return decide(h, actor, others);
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

/*
 * Fresh, or as old as a few rounds: caches lag, and not all alike. GPUPools are counted from
 * reservations that were there before: whoever sees a GPUPool sees these, or later ones.
 */
static const struct snapshot *look(struct history *h, int64_t oldest) {
        int64_t age = random_below(&h->cluster.random, oldest + 1);
        int64_t older = age + random_below(&h->cluster.random, oldest + 1 - age);

        h->counted = &h->snapshots[older > h->round ? 0 : (h->round - older) % SNAPSHOTS];
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
        h->snapshots[h->round % SNAPSHOTS].round = h->round;
        fleet_copy_sites(&c->fleet, &h->fleets[h->round % SNAPSHOTS]);
        fleet_copy_models(&c->fleet, &h->fleets[h->round % SNAPSHOTS]);
        for (int64_t k = random_below(&c->random, 3) + (int64_t)c->n_actors / 8; k > 0; k--)
                weather_strike(c, allowed);
        h->lags = true;
        for (size_t a = 0; a < c->n_actors && !h->seen; a++) {
                struct actor *actor = &c->actors[random_below(&c->random, (int64_t)c->n_actors)];

                look_at_fleet(h, oldest_fleet);
                h->version = (size_t)random_below(&c->random, CLUSTER_VERSIONS);
                decide(h, actor, look(h, oldest));
                if (random_one_in(&c->random, 4))
                        move_pods(h, false);
        }
        h->lags = false;
        move_pods(h, false);
        h->round++;
}

/* Who is to decide in a calm round. */
enum who {
        WHO_IS_WOKEN,
        WHO_WAITS, /* whether or not it was woken: there must be nothing to do */
        WHO_IS_ASKED_TO_READ_ALL,
};

/* Crossplane forgot one: only who reads all finds it again. */
static bool has_hidden(const struct actor *actor) {
        for (size_t k = 0; k < actor->n_running; k++) {
                if (actor->running[k].hidden)
                        return true;
        }
        return false;
}

static bool decide_calmly(struct history *h, struct actor *actor, enum who who,
                          const struct snapshot *others) {
        bool waits = actor->subscription.what & (ASK_ENVIRONMENTS | ASK_POOLS);

        if (who == WHO_IS_WOKEN)
                return decide_when_woken(h, actor, others);
        if (!waits ||
            (who == WHO_IS_ASKED_TO_READ_ALL && (has_hidden(actor) || actor->is_scattered)))
                return false;
        return decide(h, actor, others);
}

/* Each change is an event, also one that the next undoes. */
static void notice(struct history *h) {
        struct cluster *c = &h->cluster;

        h->before = h->snapshots[0];
        take_snapshot(c, &h->snapshots[0]);
        for (size_t i = 0; i < c->n_actors; i++) {
                struct subscription *s = &c->actors[i].subscription;

                if (s->what != 0 && c->actors[i].present)
                        s->is_woken |= s->seen != view(h, &c->actors[i], &h->snapshots[0]);
        }
}

/* Everybody once: one after the other, or all from what was there at the start of the round. */
static bool calm_round(struct history *h, enum who who, bool joint) {
        struct cluster *c = &h->cluster;
        size_t first = (size_t)random_below(&c->random, (int64_t)c->n_actors);
        bool changed = false;

        h->version = 0;
        look_at_fleet(h, 0);
        /* Once nothing changes any more GPUPools have been counted again. */
        h->counted = who == WHO_IS_WOKEN ? &h->before : &h->snapshots[0];
        notice(h);
        for (size_t i = 0; i < c->n_actors && !h->seen; i++) {
                struct actor *actor = &c->actors[(first + i) % c->n_actors];

                bool did = decide_calmly(h, actor, who, &h->snapshots[0]);

                changed |= did;
                if (did && !joint)
                        notice(h);
        }
        h->round++;
        return changed;
}

/*
 * Until nothing changes any more, woken by what was asked for alone; while pods are slow to
 * start, or with all that can be Ready.
 */
static void settle(struct history *h, bool always_joint, bool slow) {
        uint64_t rounds = 0, quiet = 0, rolled = h->cluster.rolled;

        while (quiet < 4 && !h->seen) {
                bool joint = always_joint || random_one_in(&h->cluster.random, 2);
                bool changed = calm_round(h, quiet < 3 ? WHO_IS_WOKEN : WHO_WAITS, joint);

                if (changed && quiet == 3 && !h->seen)
                        h->seen = "it was not woken";
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

/* Who waits is asked to read all that there is: he waits for nothing that he could have. */
static void check_waiting(struct history *h) {
        h->forced = true;
        if (calm_round(h, WHO_IS_ASKED_TO_READ_ALL, false) && !h->seen)
                h->seen = "it waits for what is there";
        h->forced = false;
}

static void come_to_rest(struct history *h) {
        bool joint = random_one_in(&h->cluster.random, 2);

        weather_clear(&h->cluster);
        /* What was seen late has events on their way. */
        for (size_t i = 0; i < h->cluster.n_actors; i++)
                h->cluster.actors[i].subscription.is_woken = true;
        if (random_one_in(&h->cluster.random, 2))
                settle(h, joint, true);
        if (!h->seen)
                settle(h, joint, false);
        if (h->seen || random_one_in(&h->cluster.random, 2))
                return;
        /* Who waits hears of an environment in which there was nothing for it. */
        weather_lift(&h->cluster);
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
        h.forced = false;
        h.counted = &h.snapshots[0];
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
        if (!h.seen)
                check_waiting(&h);
        arena_reset(arena, SIZE_MAX);
        return h.seen;
}
