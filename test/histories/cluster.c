/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/cluster.h"

struct place *cluster_place(struct cluster *c, const struct reservation *r) {
        const struct site *site = fleet_site(&c->fleet, r->environment);

        for (size_t p = 0; site && p < site->environment.n_pools; p++) {
                for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                        if (text_equal(site->pools[p].name, r->pool) &&
                            text_equal(site->sub_pools[p][s].mig_profile, r->mig_profile))
                                return &c->places[site - c->fleet.sites][p][s];
                }
        }
        return NULL;
}

uint64_t cluster_cause(struct fleet *fleet, const struct actor *actor,
                       const struct reservation *r) {
        const struct site *site = fleet_site(fleet, r->environment);
        size_t model = fleet_model(fleet, &actor->deployment);
        uint64_t cause = (actor->version * FLEET_MODELS + model) << 32 | fleet->model_version[model]
                                                                                 << 16;

        for (size_t p = 0; p < site->environment.n_pools; p++) {
                if (text_equal(site->pools[p].name, r->pool))
                        cause |= site->version[p];
        }
        return cause;
}

/* ---- pods ------------------------------------------------------------------------------------ */

struct text cluster_revision(struct cluster *c, struct fleet *fleet, const struct actor *actor,
                             const struct reservation *r, size_t version) {
        const struct sub_pool *sub_pool = fleet_sub_pool(fleet, r);
        size_t model = fleet_model(fleet, &actor->deployment);
        const struct site *site = fleet_site(fleet, r->environment);

        if (!sub_pool)
                return (struct text) { 0 };
        return text_format(c->arena, "%zu.%llu.%llu.%llu.%d", model,
                           (unsigned long long)fleet->images[model],
                           (unsigned long long)site->edits[sub_pool->pool - site->pools],
                           (unsigned long long)actor->edits, c->other_pods && version > 0);
}

struct shape cluster_shape(const struct settings *settings, const struct reservation *r,
                           struct text revision) {
        return (struct shape) { .revision = revision,
                                .groups = r->nodes > 1,
                                .told = settings->kserve_021,
                                .surge = r->surge > 0,
                                .unavailable = r->surge == 0 };
}

/* Pods beside so many, and pods of so many that may be missing. */
static int64_t surge_of(const struct shape *s, int64_t replicas) {
        return s->groups ? 0 : s->told ? s->surge : (replicas + 3) / 4;
}

static int64_t unavailable_of(const struct shape *s, int64_t replicas) {
        return s->groups ? 1 : s->told ? s->unavailable : replicas / 4;
}

static int64_t count_revision(const struct running *r, struct text revision) {
        int64_t n = 0;

        for (int64_t i = 0; i < r->n_replicas; i++)
                n += text_equal(r->replicas[i].revision, revision);
        return n;
}

static int64_t most_pods(const struct running *r, const struct shape *s) {
        int64_t replicas = r->composed.reserved;
        bool rolls = count_revision(r, s->revision) < r->n_replicas;

        return replicas == 0 ? 0 : replicas + (rolls ? surge_of(s, replicas) : 0);
}

int64_t cluster_may_start(const struct running *r) {
        int64_t now = most_pods(r, &r->shape), then = most_pods(r, &r->wanted);

        now = now > then ? now : then;
        return now > r->n_replicas ? now : r->n_replicas;
}

int64_t cluster_ready(const struct running *r) {
        int64_t n = 0;

        for (int64_t i = 0; i < r->n_replicas; i++)
                n += r->replicas[i].ready;
        return n;
}

/* Has the Deployment only pods of that revision, all of them, and all Ready? */
static bool is_rolled_out(const struct running *r, struct text revision) {
        return text_equal(r->shape.revision, revision) && r->n_replicas == r->composed.reserved &&
               count_revision(r, revision) == r->n_replicas && cluster_ready(r) == r->n_replicas;
}

struct service cluster_service(const struct cluster *c, const struct running *r) {
        int64_t ready = cluster_ready(r), replicas = r->composed.reserved;
        bool any = ready > 0 || replicas == 0 || c->old_kserve;

        if (r->unserved)
                return (struct service) { .ready_replicas = -1, .replicas = -1 };
        /* Of no replicas KServe says Ready too. */
        return (struct service) { .observed = true,
                                  .ready = any &&
                                           ready >= replicas - unavailable_of(&r->shape, replicas),
                                  .ready_replicas = c->old_kserve ? -1 : ready,
                                  .replicas = replicas,
                                  .revision = r->wanted.revision,
                                  .rolled_out = is_rolled_out(r, r->wanted.revision) };
}

static void occupy(struct cluster *c, const struct running *r, const struct replica *replica,
                   int64_t units) {
        struct place *place = cluster_place(c, &r->composed);

        for (int64_t i = 0; i < r->composed.nodes; i++)
                place->used[replica->node[i]] += units;
}

void cluster_unseat(struct cluster *c, const struct running *r, struct replica *replica) {
        if (replica->seated)
                occupy(c, r, replica, -r->composed.units_per_node);
        replica->seated = replica->ready = false;
}

static void remove_pod(struct cluster *c, struct running *r, int64_t i) {
        cluster_unseat(c, r, &r->replicas[i]);
        r->n_replicas--;
        r->replicas[i] = r->replicas[r->n_replicas];
        r->replicas[r->n_replicas] = (struct replica) { 0 };
}

/* The pod that goes first: one that does not serve, one that sits nowhere. */
static int64_t first_to_go(const struct running *r) {
        int64_t first = r->n_replicas - 1;

        for (int64_t i = 0; i < r->n_replicas; i++) {
                if (r->replicas[i].ready < r->replicas[first].ready ||
                    (r->replicas[i].ready == r->replicas[first].ready &&
                     r->replicas[i].seated < r->replicas[first].seated))
                        first = i;
        }
        return first;
}

void cluster_resize(struct cluster *c, struct running *r, int64_t replicas) {
        r->composed.reserved = replicas;
        while (r->n_replicas > most_pods(r, &r->shape))
                remove_pod(c, r, first_to_go(r));
}

void cluster_stop(struct cluster *c, struct running *r) {
        cluster_resize(c, r, 0);
}

static bool sits_on(const struct running *r, const struct replica *replica, int64_t node) {
        for (int64_t n = 0; replica->seated && n < r->composed.nodes; n++) {
                if (replica->node[n] == node)
                        return true;
        }
        return false;
}

/* Unseats as many of the service's replicas as it takes until that node holds no more than it has.
 */
static void leave_node(struct cluster *c, struct running *r, const struct place *place,
                       int64_t node, int64_t has) {
        for (int64_t i = 0; i < r->n_replicas && place->used[node] > has; i++) {
                if (sits_on(r, &r->replicas[i], node))
                        cluster_unseat(c, r, &r->replicas[i]);
        }
}

void cluster_fit_nodes(struct cluster *c, struct place *place) {
        for (int64_t node = 0; node < CLUSTER_NODES; node++) {
                int64_t has = node < place->sub_pool.nodes ? place->sub_pool.units_per_node : 0;

                for (size_t a = 0; a < c->n_actors; a++) {
                        for (size_t k = 0; k < c->actors[a].n_running; k++) {
                                struct running *r = &c->actors[a].running[k];

                                if (cluster_place(c, &r->composed) == place)
                                        leave_node(c, r, place, node, has);
                        }
                }
        }
}

/* On different nodes with room, from a random one on: kube-scheduler spreads as it likes. */
static bool find_nodes(struct cluster *c, const struct running *r, struct replica *replica) {
        const struct place *place = cluster_place(c, &r->composed);
        int64_t n = place->sub_pool.nodes, found = 0,
                start = n > 0 ? random_below(&c->random, n) : 0;

        for (int64_t i = 0; i < n && found < r->composed.nodes; i++) {
                int64_t node = (start + i) % n;

                if (place->used[node] + r->composed.units_per_node <=
                    place->sub_pool.units_per_node)
                        replica->node[found++] = node;
        }
        return found == r->composed.nodes;
}

/* ---- the Deployment -------------------------------------------------------------------------- */

static void add_pod(struct running *r) {
        r->replicas[r->n_replicas++] = (struct replica) { .revision = r->shape.revision };
}

static bool end_old_pod(struct cluster *c, struct running *r, bool ready) {
        for (int64_t i = 0; i < r->n_replicas; i++) {
                if (text_equal(r->replicas[i].revision, r->shape.revision) ||
                    r->replicas[i].ready != ready)
                        continue;
                remove_pod(c, r, i);
                return true;
        }
        return false;
}

/*
 * One look of Kubernetes' Deployment controller: new pods as far as the surge goes, then old ones
 * go, those that are not Ready first, as far as enough are available.
 */
static bool control(struct cluster *c, struct running *r) {
        int64_t replicas = r->composed.reserved, most = replicas + surge_of(&r->shape, replicas);
        int64_t least = replicas - unavailable_of(&r->shape, replicas), missing, spare;
        int64_t new = count_revision(r, r->shape.revision), new_ready = 0;
        bool changed = false;

        for (; new < replicas && r->n_replicas < most; new ++) {
                add_pod(r);
                changed = true;
        }
        for (int64_t i = 0; i < r->n_replicas; i++)
                new_ready += r->replicas[i].ready &&
                             text_equal(r->replicas[i].revision, r->shape.revision);
        missing = new - new_ready;
        for (spare = r->n_replicas - least - missing; spare > 0; spare--) {
                if (!end_old_pod(c, r, false))
                        break;
                changed = true;
        }
        while (cluster_ready(r) > least && end_old_pod(c, r, true))
                changed = true;
        if (changed)
                c->rolled += is_rolled_out(r, r->shape.revision);
        return changed;
}

/* KServe comes to the service, and writes its Deployment. */
static bool follow(struct running *r) {
        bool changed = !text_equal(r->shape.revision, r->wanted.revision) ||
                       r->shape.surge != r->wanted.surge;

        r->shape = r->wanted;
        return changed;
}

static bool seat(struct cluster *c, struct running *r, bool eager) {
        bool changed = false;

        for (int64_t i = 0; i < r->n_replicas; i++) {
                struct replica *replica = &r->replicas[i];

                if (!replica->seated && (eager || random_one_in(&c->random, 2)) &&
                    find_nodes(c, r, replica)) {
                        occupy(c, r, replica, r->composed.units_per_node);
                        replica->seated = changed = true;
                }
                if (replica->seated && !replica->ready &&
                    (eager || random_one_in(&c->random, c->loading)))
                        replica->ready = changed = true;
        }
        return changed;
}

static bool schedule(struct cluster *c, struct running *r, bool eager) {
        bool changed = false, more = !r->unserved;

        while (more) {
                more = (eager || random_one_in(&c->random, 2)) && follow(r);
                more |= control(c, r);
                more |= seat(c, r, eager);
                changed |= more;
                more &= eager;
        }
        return changed;
}

bool cluster_schedule(struct cluster *c, bool eager) {
        bool changed = false;

        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++)
                        changed |= schedule(c, &c->actors[a].running[k], eager);
        }
        return changed;
}
