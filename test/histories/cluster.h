/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster - what a small cluster holds: fleet, models, deployments, what runs
 *
 * Declarations are as users write them, reservations and services as Crossplane
 * composed them, and replicas sit on nodes as a scheduler put them there: what is
 * Ready has really found its units.
 */
#ifndef TEST_HISTORIES_CLUSTER_H
#define TEST_HISTORIES_CLUSTER_H

#include "deploy/deploy.h"
#include "lib/random.h"

#define GIB (INT64_C(1) << 30)

enum {
        CLUSTER_ENVIRONMENTS = 4,
        CLUSTER_POOLS = 3,
        CLUSTER_SUB_POOLS = 2, /* of one pool */
        CLUSTER_NODES = 5,
        CLUSTER_MODELS = 3,
        CLUSTER_DEPLOYMENTS = 50,
        CLUSTER_HELD = 16, /* by one deployment */
        CLUSTER_REPLICAS = 6,
        CLUSTER_GROUP = 3, /* nodes of one replica */
};

/* A sub-pool, and the units taken on each of its nodes. */
struct place {
        struct sub_pool sub_pool;
        int64_t used[CLUSTER_NODES];
        bool excused; /* what served may exceed it: it shrank, or a replacement was rolled in */
};

struct site {
        struct environment environment;
        struct pool pools[CLUSTER_POOLS];
        struct sub_pool sub_pools[CLUSTER_POOLS][CLUSTER_SUB_POOLS]; /* as declared */
        struct place places[CLUSTER_POOLS][CLUSTER_SUB_POOLS];
        uint64_t version[CLUSTER_POOLS]; /* of what can make an assignment leave */
        bool gone;                       /* its object was deleted; its nodes go on */
};

struct replica {
        bool seated;
        bool ready;
        int64_t node[CLUSTER_GROUP];
};

/* A reservation and the service beside it. */
struct running {
        struct text suffix;
        struct reservation reservation; /* the ConfigMap */
        bool lost;                      /* somebody deleted the ConfigMap */
        struct reservation composed;    /* the service: its annotation and its spec */
        struct replica replicas[CLUSTER_REPLICAS];
        uint64_t cause; /* of what it was last told to stay for */
};

struct actor {
        struct deployment deployment;
        bool present;
        bool deleting;
        bool paused;
        uint64_t version; /* of the model it names, and of its selector */
        struct running running[CLUSTER_HELD];
        size_t n_running;
};

struct cluster {
        struct arena *arena;
        struct random random;
        struct settings settings;
        struct site sites[CLUSTER_ENVIRONMENTS];
        size_t n_sites;
        struct model models[CLUSTER_MODELS];
        struct serving_profile profiles[CLUSTER_MODELS][2];
        uint64_t model_version[CLUSTER_MODELS];
        struct actor actors[CLUSTER_DEPLOYMENTS];
        size_t n_actors;
        bool old_kserve; /* services tell no number of ready replicas */
};

/* cluster_place() - the sub-pool that a reservation names, declared or not; NULL: there is none. */
struct place *cluster_place(struct cluster *c, const struct reservation *r);

/* cluster_site() - the environment of that name. */
struct site *cluster_site(struct cluster *c, struct text name);

/* cluster_model() - the index of the model of that deployment. */
size_t cluster_model(const struct cluster *c, const struct deployment *deployment);

/* cluster_cause() - changes with everything declared that can make the assignment leave. */
uint64_t cluster_cause(struct cluster *c, const struct actor *actor, const struct reservation *r);

/* cluster_service() - the service as KServe tells of it. */
struct service cluster_service(const struct cluster *c, const struct running *r);

/* cluster_ready() - replicas that serve. */
int64_t cluster_ready(const struct running *r);

/* cluster_unseat() - a replica's pod goes. */
void cluster_unseat(struct cluster *c, const struct running *r, struct replica *replica);

/* cluster_resize() - so many replicas are to run: those go first that do not serve. */
void cluster_resize(struct cluster *c, struct running *r, int64_t replicas);

/* cluster_stop() - the service goes, with all its pods. */
void cluster_stop(struct cluster *c, struct running *r);

/* cluster_fit_nodes() - pods go from nodes that are gone, or have fewer units than are used. */
void cluster_fit_nodes(struct cluster *c, struct place *place);

/*
 * cluster_schedule() - pods find nodes, and become Ready
 * @eager: all that can; else some, on nodes as they come
 *
 * Returns whether anything changed.
 */
bool cluster_schedule(struct cluster *c, bool eager);

#endif
