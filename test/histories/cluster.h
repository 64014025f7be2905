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

#include "deploy/asks.h"
#include "histories/fleet.h"
#include "lib/random.h"

#define GIB (INT64_C(1) << 30)

enum {
        CLUSTER_NODES = 5,
        CLUSTER_DEPLOYMENTS = 50,
        CLUSTER_HELD = 16,     /* by one deployment */
        CLUSTER_REPLICAS = 16, /* of one service, those of a rollout included */
        CLUSTER_GROUP = 3,     /* nodes of one replica */
        CLUSTER_VERSIONS = 2,  /* of the program */
};

/* A sub-pool, and the units taken on each of its nodes. */
struct place {
        struct sub_pool sub_pool;
        int64_t used[CLUSTER_NODES];
        bool excused; /* what is used may exceed it: it shrank, or what nobody used was Ready */
};

struct replica {
        struct text revision;
        bool seated;
        bool ready;
        int64_t node[CLUSTER_GROUP];
};

/*
 * How pods are made: what they are, and how a Deployment rolls
 *
 * KServe copies it to the Deployment when it comes to it.
 */
struct shape {
        struct text revision;
        bool groups; /* a LeaderWorkerSet, which rolls in turn */
        bool told;   /* else a quarter of the replicas may be there twice, or missing */
        int64_t surge, unavailable;
};

/* A reservation and the service beside it. */
struct running {
        struct text suffix;
        struct reservation reservation;
        bool lost;                   /* somebody deleted the reservation */
        bool unserved;               /* somebody deleted the service */
        bool late;                   /* both were let go, and the service is still shown: */
        struct service shown;        /* as it was */
        int64_t let_go;              /* in which round */
        struct value annotations;    /* of the reservation */
        bool frozen;                 /* it stays as it is: something is wrong in its pool */
        bool hidden;                 /* Crossplane does not observe it any more */
        struct reservation composed; /* the service: its annotation and its spec */
        struct shape wanted;         /* as the service was composed */
        struct shape shape;          /* as its Deployment has it by now */
        bool waits;                  /* for the room of a rollout */
        bool blind;                  /* composed over what nobody saw: it may roll unseen */
        bool edited; /* by hand: its pods are not counted until its reservation says as many again
                      */
        struct replica replicas[CLUSTER_REPLICAS]; /* its pods */
        int64_t n_replicas;
        uint64_t cause; /* of what it was last told to stay for */
};

/* What the last answer asked for, and what a deployment saw of it then. */
struct subscription {
        unsigned int what; /* of enum ask */
        bool own[FLEET_ENVIRONMENTS], rivals[FLEET_ENVIRONMENTS], pools[FLEET_ENVIRONMENTS];
        uint64_t seen;
        bool is_woken; /* something was other for a moment, whether or not it is now */
};

struct actor {
        struct deployment deployment;
        struct subscription subscription;
        uint64_t decided_by; /* while it waits; 0: it does not */
        bool is_scattered; /* there are enough free units, and they were found to do for no seat */
        bool present;
        bool deleting;
        bool paused;
        bool ghost;       /* another deployment has its name by now; it is only collected */
        uint64_t uid;     /* of the deployment: one that is made again has another */
        uint64_t version; /* of the model it names, and of its selector */
        uint64_t edits;   /* of what it says of its pods itself */
        struct running running[CLUSTER_HELD];
        size_t n_running;
};

struct cluster {
        struct arena *arena;
        struct random random;
        struct settings settings[CLUSTER_VERSIONS]; /* of programs that answer in turns */
        struct fleet fleet;
        struct place places[FLEET_ENVIRONMENTS][FLEET_POOLS][FLEET_SUB_POOLS];
        struct actor actors[CLUSTER_DEPLOYMENTS];
        size_t n_actors;
        uint64_t uids;       /* that were given */
        int64_t generations; /* likewise: every write of a reservation has a later one */
        int64_t loading;     /* rounds until a model is loaded, on average */
        bool old_kserve;     /* services tell no number of ready replicas */
        bool large;          /* many replicas are wanted of each */
        bool other_pods;     /* the second program composes other pods */
        uint64_t rolled;     /* rollouts that ended */
};

/* cluster_place() - the sub-pool that a reservation names, declared or not; NULL: there is none. */
struct place *cluster_place(struct cluster *c, const struct reservation *r);

/*
 * cluster_cause() - changes with everything declared that can make the assignment leave
 * @fleet: as the deployment was shown it
 */
uint64_t cluster_cause(struct fleet *fleet, const struct actor *actor, const struct reservation *r);

/* cluster_revision() - of the pods of that reservation, as that program composes them; empty: its
 * place is not declared. */
struct text cluster_revision(struct cluster *c, struct fleet *fleet, const struct actor *actor,
                             const struct reservation *r, size_t version);

/* cluster_shape() - how those pods are made. */
struct shape cluster_shape(const struct settings *settings, const struct reservation *r,
                           struct text revision);

/* cluster_may_start() - the most pods that there can be at once from now on. */
int64_t cluster_may_start(const struct running *r);

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
