/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a small fleet, one deployment in it, and what it decides
 *
 * Built by hand, so that a test of decisions depends on no reader. A decision is
 * printed as one line, so that a test says at once what it expects.
 */
#ifndef TEST_DEPLOY_WORLD_H
#define TEST_DEPLOY_WORLD_H

#include "base/arena.h"
#include "deploy/deploy.h"

#define GIB (INT64_C(1) << 30)

enum { WORLD_ENVIRONMENTS = 4, WORLD_POOLS = 4, WORLD_PROFILES = 2, WORLD_OTHERS = 24 };
enum { WORLD_HELD = 12, WORLD_QUOTAS = 3 };

struct world {
        struct settings settings;
        struct deployment deployment;
        struct serving_profile profiles[WORLD_PROFILES];
        struct model model;
        struct environment environments[WORLD_ENVIRONMENTS];
        struct pool pools[WORLD_ENVIRONMENTS][WORLD_POOLS];
        struct sub_pool sub_pools[WORLD_ENVIRONMENTS][WORLD_POOLS];
        size_t n_environments;
        struct reservation others[WORLD_OTHERS];
        size_t n_others;
        struct quota quotas[WORLD_QUOTAS];
        size_t n_quotas;
        struct assignment held[WORLD_HELD];
        size_t n_held;
        bool partly; /* only one's own environments and reservations were asked for */
};

/*
 * world_init() - no environments yet
 *
 * team/chat wants one environment with one replica of ClusterModel
 * gemma: one unit with 40Gi, by serving profile "fp8".
 */
void world_init(struct world *w);

/* world_environment() - one more; in the order of their names. Returns its index. */
size_t world_environment(struct world *w, const char *name);

/*
 * world_pool() - one more in the environment last added
 * @mig_profile: "" of whole GPUs
 */
struct sub_pool *world_pool(struct world *w, const char *name, const char *mig_profile,
                            int64_t units_per_node, int64_t nodes, int64_t memory_gib);

/* world_other() - somebody else's single-node reservation. */
struct reservation *world_other(struct world *w, const char *deployment,
                                const struct sub_pool *sub_pool, int64_t units_per_node,
                                int64_t replicas, int64_t admitted);

/* world_reservation() - what sub_pool is to the deployment: one unit, one replica. */
struct reservation world_reservation(const struct world *w, const struct sub_pool *sub_pool,
                                     int64_t replicas, int64_t admitted);

/*
 * world_hold() - an assignment of the deployment that was made before
 *
 * Its service is Ready, with as many replicas, when admitted is not 0; then it served.
 */
struct assignment *world_hold(struct world *w, const struct sub_pool *sub_pool, int64_t replicas,
                              int64_t admitted);

/* world_serve() - the service of that held becomes Ready with all its replicas. */
void world_serve(struct assignment *held);

/* world_decide() - asserts that there is memory. */
struct decision world_decide(const struct world *w, struct arena *arena);

/* world_observe() - what was decided is now held; new services are not Ready yet. */
void world_observe(struct world *w, const struct decision *decision);

/*
 * world_print() - "stays eu-1/slices fp8 1x1x2 used 0 fresh; leaves ...: why"
 *
 * nodes x units per node x replicas. Without news (fresh, dropped, why) it is what is held.
 */
struct text world_print(const struct decision *decision, bool news, struct arena *arena);

#endif
