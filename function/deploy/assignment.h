/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment - a deployment's claim on one sub-pool
 *
 * One struct from the moment it is observed until it is composed: place/observe.c fills
 * in what was read, Deploy decides what is to be, and Place composes that. One that is
 * made in the answer has nothing observed.
 */
#ifndef DEPLOY_ASSIGNMENT_H
#define DEPLOY_ASSIGNMENT_H

#include "deploy/reservation.h"
#include "fleet/environment.h"
#include "fleet/model.h"

/* What runs for an assignment, as observed; read by place/observe.c. */
struct service {
        bool observed;
        bool ready;             /* observed, current and serving */
        int64_t ready_replicas; /* -1: KServe does not say */
        int64_t replicas;       /* that it is composed with, as observed; -1: not known */
        struct text name;
        struct text url;
        struct text sentence; /* why it is not ready, in KServe's words; may be empty */
        struct text revision; /* of the pods that it is composed with; empty: not known */
        bool rolled_out;      /* its Deployment was read, and has pods of that revision alone */
};

/* What one service is made of, beside its reservation. */
struct workload {
        bool remote; /* the environment's cluster is another one */
        struct text provider_config;
        struct text uri;
        struct text model_name;
        struct text secret_name, secret_key;
        struct text cpu, memory; /* of one pod, quantities; may be empty */
        struct text cpu_per_unit, memory_per_unit;
        struct text image;
        struct value engine_args;
        struct value pool_args;
        struct value env;        /* the pool's */
        struct value engine_env; /* wins over it */
        struct value pool_base_refs, engine_base_refs;
        struct value security_context;
        struct value extended; /* resources beside the GPUs */
        struct value image_pull_secrets;
        struct text service_account;
        bool host_ipc;
        struct value node_selector;
        struct value pool_tolerations;
        struct value deployment_tolerations;
        struct value affinity;
        struct text priority_class;
        struct text runtime_class;
        int64_t tensor, pipeline, data;
        bool expert;
        int64_t min_replicas;
        bool concurrency;
        int64_t share_replicas;   /* pods on one time-sliced GPU; 1: not shared */
        struct text device_class; /* of the pods' claims; empty: a device plugin allocates */
};

enum fate {
        FATE_STAYS,   /* composed from the workload; as observed when it is frozen */
        FATE_LEAVES,  /* composed as observed, until as many others are Ready as are wanted */
        FATE_DROPPED, /* not composed any more */
};

/* What becomes of a change of the pods; deploy/rollout.c decides. */
enum rollout {
        ROLLOUT_NONE,  /* there is none, or it takes no surge */
        ROLLOUT_WAITS, /* for the room of its surge; the service keeps its pods as they are */
        ROLLOUT_ASKS,  /* its surge is reserved and not used yet; likewise */
        ROLLOUT_RUNS,  /* with its surge, which is used until the Deployment has no other pods */
};

struct assignment {
        struct text suffix; /* of its keys: "<environment>[-m<n>]" */

        struct reservation observed; /* or what was rebuilt of it; a fresh one: all zero */
        bool rebuilt;                /* from the annotation: its reservation was lost */
        bool contradicted;           /* its service was made for another place or size */
        bool recovered;              /* from the ledger: Crossplane no longer observes it */
        struct service service;      /* of the same keys, as observed */
        struct text revision; /* of its pods as they would be composed now; empty: not known */

        enum fate fate;
        bool fresh;                 /* made in this answer */
        bool leaves_now;            /* its leaving was decided in this answer */
        bool frozen;                /* FATE_STAYS: a mistake there; `why` says which */
        bool gave_way;              /* it gave back what another one has the seats for */
        bool settled;               /* nothing of it is left to decide, nor to be observed */
        bool name_taken;            /* another deployment of the namespace bears the plain name */
        struct reservation planned; /* as it is to be */
        const struct sub_pool *sub_pool; /* NULL: gone, or the assignment was not decided on here */
        const struct serving_profile *profile;
        struct workload workload; /* FATE_STAYS only */
        struct text why;          /* FATE_LEAVES, FATE_DROPPED: a sentence */
        int64_t pending;          /* of what is reserved: a surge that is not used yet */
        enum rollout rollout;     /* FATE_STAYS only */
        struct text waits_for;    /* ROLLOUT_WAITS: a sentence */
        int64_t missing;          /* ROLLOUT_WAITS: replicas of a surge that there is no room for */
        bool beyond_quota;        /* ROLLOUT_WAITS: a quota leaves no unit for it */
};

/* assignment_is_ready() - Ready with replicas: KServe calls a service without any Ready too. */
bool assignment_is_ready(const struct assignment *a);

/*
 * assignment_settle_counts() - reserved, used and served of `planned`, as they count from now on
 *
 * A reservation that was lost reserves what its service is composed with, and uses it where one of
 * its replicas is Ready, or where it has a seat behind everybody else's (resize.c). For a
 * reservation and a service that were both let go look the same for a moment: two kinds are watched
 * apart, and the end of the service may be seen later. What was composed along with its reservation
 * and is Ready counts as used, whatever the reservation says: it must never be taken back. One that
 * only the ledger shows may have been let go since: nothing of it counts as used until its
 * service is observed as Ready, or it finds a seat. Where the service says that a surge is
 * used, it is: the two are not written at once.
 */
void assignment_settle_counts(struct assignment *a);

/*
 * assignment_keeps_pods() - is the service composed with its pods as they are observed?
 *
 * While a change of them waits for its surge.
 */
bool assignment_keeps_pods(const struct assignment *a);

/* assignment_lasting() - the replicas that are reserved, without those of a rollout. */
int64_t assignment_lasting(const struct assignment *a);

/*
 * assignment_replicas() - the replicas that the service is composed with
 *
 * What is used, without a surge; where nothing is yet, what is reserved, so that a model
 * starts at once.
 */
int64_t assignment_replicas(const struct assignment *a);

#endif
