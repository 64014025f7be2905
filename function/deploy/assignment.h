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
        int64_t ready_replicas; /* -1: KServe does not tell */
        int64_t replicas;       /* spec.replicas as observed; -1: none */
        struct text url;
        struct text sentence; /* why it is not ready, in KServe's words; may be empty */
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
        struct value env;
        struct value security_context;
        struct value node_selector;
        struct value pool_tolerations;
        struct value deployment_tolerations;
        struct value affinity;
        struct text priority_class;
        struct text runtime_class;
        int64_t tensor, pipeline;
        int64_t min_replicas;
        bool concurrency;
        int64_t share_replicas;   /* pods on one time-sliced GPU; 1: not shared */
        struct text device_class; /* of the pods' claims; empty: a device plugin allocates */
};

enum fate {
        FATE_STAYS,   /* composed from the workload */
        FATE_LEAVES,  /* composed as observed, until its replacement serves */
        FATE_DROPPED, /* not composed any more */
};

struct assignment {
        struct text suffix; /* of its keys: "<environment>[-g<size>]" */

        struct reservation observed; /* or what was rebuilt of it; a fresh one: all zero */
        bool rebuilt;                /* from the annotation: its reservation was lost */
        struct service service;      /* of the same keys, as observed */

        enum fate fate;
        bool fresh;                 /* made in this answer */
        bool leaves_now;            /* its leaving was decided in this answer */
        bool name_taken;            /* another deployment of the namespace bears the plain name */
        struct reservation planned; /* as it is to be */
        const struct sub_pool *sub_pool; /* NULL: gone, or the assignment was not decided on here */
        const struct serving_profile *profile;
        struct workload workload; /* FATE_STAYS only */
        struct text why;          /* FATE_LEAVES, FATE_DROPPED: a sentence */
};

/*
 * assignment_used() - the most replicas that were ever Ready, and what is used already
 *
 * What KServe reports; else, of a Ready service, the grant before its last growth.
 */
int64_t assignment_used(const struct assignment *a);

#endif
