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

int64_t cluster_ready(const struct running *r) {
        int64_t n = 0;

        for (int64_t i = 0; i < r->composed.reserved; i++)
                n += r->replicas[i].ready;
        return n;
}

struct service cluster_service(const struct cluster *c, const struct running *r) {
        int64_t ready = cluster_ready(r);

        if (r->unserved)
                return (struct service) { .ready_replicas = -1, .replicas = -1 };
        /* Of no replicas KServe says Ready too. */
        return (struct service) { .observed = true,
                                  .ready = ready == r->composed.reserved,
                                  .ready_replicas = c->old_kserve ? -1 : ready,
                                  .replicas = r->composed.reserved };
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

void cluster_resize(struct cluster *c, struct running *r, int64_t replicas) {
        int64_t n = r->composed.reserved;

        while (n > replicas) {
                int64_t last = n - 1;

                for (int64_t i = 0; i < n; i++) {
                        if (r->replicas[i].ready < r->replicas[last].ready ||
                            (r->replicas[i].ready == r->replicas[last].ready &&
                             r->replicas[i].seated < r->replicas[last].seated))
                                last = i;
                }
                cluster_unseat(c, r, &r->replicas[last]);
                n--;
                r->replicas[last] = r->replicas[n];
                r->replicas[n] = (struct replica) { 0 };
        }
        r->composed.reserved = replicas;
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
        for (int64_t i = 0; i < r->composed.reserved && place->used[node] > has; i++) {
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

static bool schedule(struct cluster *c, struct running *r, bool eager) {
        bool changed = false;

        for (int64_t i = 0; i < r->composed.reserved; i++) {
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

bool cluster_schedule(struct cluster *c, bool eager) {
        bool changed = false;

        for (size_t a = 0; a < c->n_actors; a++) {
                for (size_t k = 0; k < c->actors[a].n_running; k++)
                        changed |= schedule(c, &c->actors[a].running[k], eager);
        }
        return changed;
}
