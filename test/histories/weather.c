/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/weather.h"

#include <string.h>

#include "base/arena.h"
#include "lib/json.h"

static const char *const site_names[] = { "a", "b", "c", "d" };
static const char *const pool_names[] = { "p", "q", "r" };
static const char *const model_names[] = { "gemma", "llama", "qwen" };

static int64_t below(struct cluster *c, int64_t n) {
        return random_below(&c->random, n);
}

static bool one_in(struct cluster *c, int64_t n) {
        return random_one_in(&c->random, n);
}

/* Small sizes are the most usual ones. */
static int64_t size(struct cluster *c) {
        return 1 + below(c, one_in(c, 3) ? 8 : 3);
}

/* ---- the cluster at first -------------------------------------------------------------------- */

static void make_model(struct cluster *c, size_t at) {
        struct model *m = &c->fleet.models[at];

        *m = (struct model) { .model_name = text_from(model_names[at]),
                              .profiles = c->fleet.profiles[at],
                              .n_profiles = 1 + (size_t)below(c, 2) };
        for (size_t i = 0; i < 2; i++) {
                c->fleet.profiles[at][i] = (struct serving_profile) {
                        .name = i == 0 ? TEXT("first") : TEXT("second"),
                        .nodes = one_in(c, 5) ? 2 + below(c, CLUSTER_GROUP - 1) : 1,
                        .gpus_per_node = size(c),
                        .tensor = 1,
                        .pipeline = 1,
                        .needs = { .memory_bytes = below(c, 3) * 20 * GIB },
                };
        }
}

static void make_pool(struct cluster *c, struct site *site, size_t at) {
        static const char *const layouts[][FLEET_SUB_POOLS] = { { "", NULL },
                                                                { "3g.40gb", NULL },
                                                                { "3g.40gb", "1g.10gb" } };
        static const int64_t memory_gib[] = { 10, 20, 40, 80 };
        const char *const *layout = layouts[below(c, 3)];
        struct pool *pool = &site->pools[at];

        *pool = (struct pool) { .environment = &site->environment,
                                .name = text_from(pool_names[at]),
                                .nodes = 1 + below(c, CLUSTER_NODES - 1),
                                .share_replicas = 1,
                                .mig = *layout[0] != '\0',
                                .sub_pools = site->sub_pools[at] };
        if (!one_in(c, 3))
                pool->multi_node = json_value(c->arena, "true");
        for (size_t s = 0; s < FLEET_SUB_POOLS && layout[s]; s++) {
                struct sub_pool *sub_pool = &site->sub_pools[at][s];

                *sub_pool = (struct sub_pool) { .environment = &site->environment,
                                                .pool = pool,
                                                .mig_profile = text_from(layout[s]),
                                                .units_per_node = size(c) + below(c, 5),
                                                .nodes = pool->nodes,
                                                .memory_bytes = memory_gib[below(c, 4)] * GIB,
                                                .order = (int32_t)site->environment.n_sub_pools++,
                                                .resource_name = TEXT("nvidia.com/gpu") };
                sub_pool->counted_per_node = sub_pool->units_per_node;
                sub_pool->units = sub_pool->units_per_node * sub_pool->nodes;
                c->places[site - c->fleet.sites][at][s].sub_pool = *sub_pool;
                pool->n_sub_pools++;
        }
}

static void make_site(struct cluster *c) {
        struct site *site = &c->fleet.sites[c->fleet.n_sites];
        size_t n_pools = 1 + (size_t)below(c, FLEET_POOLS);

        site->environment = (struct environment) { .name = text_from(site_names[c->fleet.n_sites]),
                                                   .pools = site->pools };
        site->environment.labels =
                json_value(c->arena, one_in(c, 2) ? "{'tier':'gold'}" : "{'tier':'tin'}");
        for (size_t i = 0; i < n_pools; i++)
                make_pool(c, site, i);
        site->environment.n_pools = n_pools;
        c->fleet.n_sites++;
}

static void make_actor(struct cluster *c, struct actor *actor) {
        static char names[CLUSTER_DEPLOYMENTS][4];
        size_t at = (size_t)(actor - c->actors);

        memcpy(names[at], (const char[]) { 'd', (char)('0' + at / 10), (char)('0' + at % 10) }, 3);
        *actor =
                (struct actor) { .present = true, .version = actor->version + 1, .uid = ++c->uids };
        actor->deployment = (struct deployment) {
                .uid = text_format(c->arena, "%llu", (unsigned long long)actor->uid),
                .namespace_ = one_in(c, 4) ? TEXT("lab") : TEXT("team"),
                .name = text_from(names[at]),
                .model_kind = TEXT("ClusterModel"),
                .model_name = c->fleet.models[below(c, FLEET_MODELS)].model_name,
                .environments = one_in(c, 3) ? 1 + below(c, 3) : 1,
                .replicas = 1 + below(c, c->large ? 9 : 3),
                .priority = one_in(c, 4) ? below(c, 3) - 1 : 0,
                .rollout = one_in(c, 2) ? ROLLOUT_AUTO : (enum rollout_policy)below(c, 3),
        };
}

void weather_begin(struct cluster *c, struct arena *arena, uint64_t seed) {
        int64_t n;

        memset(c, 0, sizeof(*c));
        c->arena = arena;
        c->random.state = seed;
        n = below(c, 2);
        for (size_t i = 0; i < CLUSTER_VERSIONS; i++)
                c->settings[i].multi_node = c->settings[i].multi_slice = true;
        /* The program of before the upgrade takes no groups of slices. */
        c->settings[1].multi_slice = !one_in(c, 4);
        for (size_t i = 0; i < CLUSTER_VERSIONS; i++)
                c->settings[i].kserve_021 = n == 0;
        c->old_kserve = n > 0 && one_in(c, 8);
        c->other_pods = one_in(c, 4);
        c->large = one_in(c, 6);
        c->loading = one_in(c, 2) ? 2 : 4 + below(c, 30);
        for (n = 1 + below(c, FLEET_ENVIRONMENTS); n > 0; n--)
                make_site(c);
        for (size_t i = 0; i < FLEET_MODELS; i++)
                make_model(c, i);
        /* Most races are between few; many show what adds up. */
        n = one_in(c, 40) ? 2 + below(c, CLUSTER_DEPLOYMENTS - 1) : 2 + below(c, 5);
        for (c->n_actors = 0; c->n_actors < (size_t)n; c->n_actors++)
                make_actor(c, &c->actors[c->n_actors]);
}

unsigned int weather_allow(struct cluster *c) {
        unsigned int allowed = 0;

        for (int i = 0; i < N_WEATHER; i++)
                allowed |= (unsigned int)one_in(c, 3) << i;
        return allowed;
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void excuse_everything(struct cluster *c) {
        for (size_t e = 0; e < c->fleet.n_sites; e++) {
                for (size_t p = 0; p < FLEET_POOLS; p++) {
                        for (size_t s = 0; s < FLEET_SUB_POOLS; s++)
                                c->places[e][p][s].excused = true;
                }
        }
}

/* As many more or fewer nodes, or units on each; the declaration follows the nodes at once. */
static void resize(struct cluster *c, struct site *site, size_t p, int64_t nodes, int64_t units) {
        struct pool *pool = &site->pools[p];

        if (pool->nodes + nodes < 0 || pool->nodes + nodes > CLUSTER_NODES)
                return;
        pool->nodes += nodes;
        for (size_t s = 0; s < pool->n_sub_pools; s++) {
                struct sub_pool *sub_pool = &site->sub_pools[p][s];
                struct place *place = &c->places[site - c->fleet.sites][p][s];

                sub_pool->nodes = pool->nodes;
                if (sub_pool->units_per_node + units > 0)
                        sub_pool->units_per_node += units;
                sub_pool->counted_per_node = sub_pool->units_per_node;
                sub_pool->units = sub_pool->nodes * sub_pool->units_per_node;
                place->sub_pool = *sub_pool;
                if (nodes < 0 || units < 0)
                        place->excused = true;
                cluster_fit_nodes(c, place);
        }
        site->version[p]++;
}

static void scale(struct cluster *c, struct actor *actor) {
        struct deployment *d = &actor->deployment;
        bool rolls = false;

        for (size_t k = 0; k < actor->n_running; k++)
                rolls |= actor->running[k].composed.surge > 0;
        /* In the middle of a rollout most often. */
        if (rolls && one_in(c, 2))
                d->replicas = below(c, 10);
        else if (one_in(c, 2) || d->replicas == 0)
                d->replicas = one_in(c, 4) ? 0 : 1 + below(c, one_in(c, 3) ? 9 : 4);
        else
                d->environments = 1 + below(c, 3);
}

static void change_demand(struct cluster *c) {
        size_t m = (size_t)below(c, FLEET_MODELS), i = (size_t)below(c, 2);
        struct serving_profile *profile = &c->fleet.profiles[m][i];

        if (one_in(c, 4))
                profile->nodes = 1 + below(c, CLUSTER_GROUP);
        else if (one_in(c, 4))
                profile->needs.memory_bytes = below(c, 3) * 20 * GIB;
        else
                profile->gpus_per_node = size(c);
        c->fleet.model_version[m]++;
}

/* What the pods are made of: an image, what a pool or the deployment adds. */
static void change_pods(struct cluster *c, struct actor *actor) {
        struct site *site = &c->fleet.sites[below(c, (int64_t)c->fleet.n_sites)];

        switch (below(c, 3)) {
        case 0:
                c->fleet.images[below(c, FLEET_MODELS)]++;
                break;
        case 1:
                site->edits[below(c, (int64_t)site->environment.n_pools)]++;
                break;
        default:
                actor->edits++;
        }
}

/* A mistake is no cause for anything to leave. */
static void change_broken(struct cluster *c, struct site *site, size_t p) {
        struct text invalid = one_in(c, 2) ? TEXT("broken") : (struct text) { 0 };

        for (size_t s = 0; s < site->pools[p].n_sub_pools; s++)
                site->sub_pools[p][s].invalid = invalid;
}

static void go(struct site *site, bool gone) {
        site->gone = gone;
        for (size_t p = 0; p < FLEET_POOLS; p++)
                site->version[p]++;
}

static void vanish(struct cluster *c, struct site *site) {
        go(site, one_in(c, 2));
}

static void change_life(struct cluster *c, struct actor *actor) {
        if (!actor->present) {
                if (!actor->ghost)
                        make_actor(c, actor);
                return;
        }
        actor->deleting = actor->deleting || one_in(c, 3);
        if (!actor->deleting || one_in(c, 2))
                return;
        for (size_t k = 0; k < actor->n_running; k++)
                cluster_stop(c, &actor->running[k]);
        actor->n_running = 0;
        actor->present = false;
}

static void lose(struct cluster *c, struct actor *actor) {
        if (actor->n_running == 0)
                return;
        actor->running[below(c, (int64_t)actor->n_running)].lost = true;
        excuse_everything(c); /* nobody knows of its units until it is rebuilt */
}

/* Who may write reservations wrote into one what is not so; its deployment writes it again. */
static void edit(struct cluster *c, struct actor *actor) {
        struct running *running;
        struct reservation *r;

        if (actor->n_running == 0)
                return;
        running = &actor->running[below(c, (int64_t)actor->n_running)];
        running->edited = true;
        r = &running->reservation;
        switch (below(c, 6)) {
        case 0:
                r->reserved = below(c, CLUSTER_REPLICAS);
                break;
        case 1:
                r->served = !r->served;
                break;
        case 2:
                r->leaving = !r->leaving;
                break;
        case 3:
                r->order = one_in(c, 2) ? RESERVATION_ORDER_MAX : INT64_MAX; /* unreadable */
                break;
        case 4:
                r->priority = below(c, 3) - 1;
                break;
        default:
                r->used = below(c, r->reserved + 1);
        }
        if (r->used > r->reserved)
                r->used = r->reserved;
        r->generation = ++c->generations;
        excuse_everything(c);
}

static void crash(struct cluster *c, struct actor *actor) {
        for (size_t k = 0; k < actor->n_running; k++) {
                for (int64_t i = 0; i < actor->running[k].n_replicas; i++) {
                        if (one_in(c, 2))
                                actor->running[k].replicas[i].ready = false;
                }
        }
}

/* The objects of the old one are there until somebody collects them. */
static void recreate(struct cluster *c, struct actor *actor) {
        struct actor *again = &c->actors[c->n_actors];

        if (!actor->present || actor->ghost || c->n_actors == CLUSTER_DEPLOYMENTS)
                return;
        c->n_actors++;
        *again = (struct actor) { .present = true,
                                  .uid = ++c->uids,
                                  .version = actor->version,
                                  .deployment = actor->deployment };
        again->deployment.uid = text_format(c->arena, "%llu", (unsigned long long)again->uid);
        actor->ghost = actor->deleting = true;
}

static void unserve(struct cluster *c, struct actor *actor) {
        struct running *r;

        if (actor->n_running == 0)
                return;
        r = &actor->running[below(c, (int64_t)actor->n_running)];
        cluster_stop(c, r);
        r->unserved = true;
}

static void relabel_site(struct cluster *c, struct site *site) {
        site->environment.labels =
                json_value(c->arena, one_in(c, 2) ? "{'tier':'gold'}" : "{'tier':'tin'}");
        for (size_t p = 0; p < FLEET_POOLS; p++)
                site->version[p]++;
}

/* Pods of everything that is Ready, and not being replaced, stop being so. */
static void crash_originals(struct actor *actor) {
        for (size_t k = 0; k < actor->n_running; k++) {
                for (int64_t i = 0; i < CLUSTER_REPLICAS && !actor->running[k].reservation.leaving;
                     i++)
                        actor->running[k].replicas[i].ready = false;
        }
}

/* What was made last, and is not Ready yet, has its place taken away; or another one crashes. */
static void chase(struct cluster *c, struct actor *actor) {
        const struct running *last = NULL;
        struct site *site;
        size_t p = 0;

        for (size_t k = 0; k < actor->n_running; k++) {
                const struct running *r = &actor->running[k];

                if (!r->reservation.leaving && !r->lost &&
                    (!last || r->reservation.order > last->reservation.order))
                        last = r;
        }
        if (!last)
                return;
        site = fleet_site(&c->fleet, last->reservation.environment);
        while (p + 1 < site->environment.n_pools &&
               !text_equal(site->pools[p].name, last->reservation.pool))
                p++;
        switch (below(c, 8)) {
        case 0:
                go(site, true);
                break;
        case 1:
                resize(c, site, p, -1, 0);
                break;
        case 2:
                relabel_site(c, site);
                break;
        case 3:
                change_demand(c);
                break;
        case 4:
                crash_originals(actor);
                break;
        default:
                site->pools[p].schedulable = SCHEDULABLE_DRAIN;
                site->version[p]++;
        }
}

static void strike_actor(struct cluster *c, int kind, struct actor *actor) {
        switch (kind) {
        case WEATHER_SCALE:
                scale(c, actor);
                break;
        case WEATHER_RENAME:
                actor->deployment.model_name = c->fleet.models[below(c, FLEET_MODELS)].model_name;
                actor->version++;
                break;
        case WEATHER_RELABEL:
                actor->deployment.environment_selector =
                        json_value(c->arena, one_in(c, 2) ? "{'tier':'gold'}" : "{}");
                actor->version++;
                break;
        case WEATHER_DELETE:
                change_life(c, actor);
                break;
        case WEATHER_PAUSE:
                actor->paused = one_in(c, 2);
                break;
        case WEATHER_LOSE:
                lose(c, actor);
                break;
        case WEATHER_EDIT:
                edit(c, actor);
                break;
        case WEATHER_CRASH:
                crash(c, actor);
                break;
        case WEATHER_PRIORITY:
                actor->deployment.priority = below(c, 3) - 1;
                break;
        case WEATHER_UNSERVE:
                unserve(c, actor);
                break;
        case WEATHER_RECREATE:
                recreate(c, actor);
                break;
        case WEATHER_PARK:
                actor->deployment.replicas = actor->deployment.replicas == 0 ? 1 + below(c, 4) : 0;
                break;
        case WEATHER_HIDE:
                if (actor->n_running > 0)
                        actor->running[below(c, (int64_t)actor->n_running)].hidden = true;
                break;
        case WEATHER_PODS:
                change_pods(c, actor);
                break;
        case WEATHER_ROLLOUT:
                actor->deployment.rollout = (enum rollout_policy)below(c, 3);
                break;
        case WEATHER_CHASE:
                chase(c, actor);
                break;
        default:
                break;
        }
}

void weather_strike(struct cluster *c, unsigned int allowed) {
        int kind = (int)below(c, N_WEATHER);
        struct site *site = &c->fleet.sites[below(c, (int64_t)c->fleet.n_sites)];
        size_t p = (size_t)below(c, (int64_t)site->environment.n_pools);

        if (!(allowed & 1U << kind))
                return;
        switch (kind) {
        case WEATHER_GROW:
                resize(c, site, p, 1, 0);
                break;
        case WEATHER_SHRINK:
                resize(c, site, p, -below(c, 2), -below(c, 2));
                break;
        case WEATHER_DRAIN:
                site->pools[p].schedulable = (enum schedulable)below(c, 3);
                site->version[p]++;
                break;
        case WEATHER_READY:
                site->environment.not_ready = one_in(c, 2);
                break;
        case WEATHER_DEMAND:
                change_demand(c);
                break;
        case WEATHER_BREAK:
                change_broken(c, site, p);
                break;
        case WEATHER_VANISH:
                vanish(c, site);
                break;
        case WEATHER_LABEL:
                relabel_site(c, site);
                break;
        default:
                strike_actor(c, kind, &c->actors[below(c, (int64_t)c->n_actors)]);
        }
}

void weather_lift(struct cluster *c) {
        struct site *site = &c->fleet.sites[below(c, (int64_t)c->fleet.n_sites)];

        go(site, false);
        site->environment.not_ready = false;
        for (size_t p = 0; p < site->environment.n_pools; p++)
                site->pools[p].schedulable = SCHEDULABLE_ALWAYS;
}

void weather_clear(struct cluster *c) {
        bool any = false;

        for (size_t i = 0; i < c->n_actors; i++) {
                struct actor *actor = &c->actors[i];

                actor->paused = false;
                if (!actor->deleting)
                        continue;
                for (size_t k = 0; k < actor->n_running; k++)
                        cluster_stop(c, &actor->running[k]);
                actor->n_running = 0;
                actor->present = actor->deleting = false;
        }
        for (size_t i = 0; i < c->fleet.n_sites; i++)
                any |= !c->fleet.sites[i].gone;
        if (!any)
                vanish(c, &c->fleet.sites[0]), c->fleet.sites[0].gone = false;
}
