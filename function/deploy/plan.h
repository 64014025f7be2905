/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - what Deploy decided and Place composes
 *
 * A plan carries all that Place needs, so that a step of its own with only the
 * Place stage asks Crossplane for nothing: it travels in the pipeline context.
 */
#ifndef DEPLOY_PLAN_H
#define DEPLOY_PLAN_H

#include "deploy/ledger.h"
#include "fleet/deployment.h"
#include "fleet/model.h"
#include "wire/response.h"

/* The key of the plan in the pipeline context. */
#define PLAN_CONTEXT_KEY "gpuplacement.fn.crossplane.io/plan"

/* What runs for an assignment, as observed; read by place/observe.c. */
struct service {
        bool observed;
        bool ready;             /* observed, current and serving */
        int64_t ready_replicas; /* -1: KServe does not tell */
        int64_t replicas;       /* spec.replicas as observed; -1: none */
        struct text name;
        struct text url;
        struct text sentence; /* why it is not ready, in KServe's words; may be empty */
};

/* An assignment that was made before: the observed reservation, or what was rebuilt of it. */
struct held {
        struct reservation reservation;
        struct text suffix; /* of its keys: "<environment>[-g<size>]" */
        bool rebuilt;       /* from the annotation: its reservation was lost */
        struct service service;
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
        FATE_STAYS,   /* composed from the workload */
        FATE_LEAVES,  /* composed as observed, until its replacement serves */
        FATE_DROPPED, /* not composed any more */
};

struct placement {
        enum fate fate;
        bool fresh;      /* made in this answer */
        bool leaves_now; /* its leaving was decided in this answer */
        bool name_taken; /* another deployment of the namespace bears the plain name */
        struct text suffix;
        struct reservation reservation; /* as it is to be */
        struct service service;         /* of the same keys, as observed */
        struct workload workload;       /* FATE_STAYS only */
        struct text why;                /* FATE_LEAVES, FATE_DROPPED: a sentence */
};

/* Of one plan: the most assignments that are decided on, and what is put in their place. */
enum { PLAN_PLACEMENTS_MAX = 512 };

struct plan {
        bool frozen;         /* nothing was decided: everything of ours stays as observed */
        int64_t ttl_seconds; /* of the answer that carries it; 0: none */
        struct value
                input; /* of the step with Deploy: what of it is Place's goes into the context */
        struct condition scheduled;
        struct condition serving;
        struct placement *placements; /* in the order in which they were made */
        size_t n_placements;
};

/*
 * plan_suffix() - the tail of the keys of an assignment: "<environment>[-g<size>]"
 * @nodes: of one replica; the group size is part of the key because KServe's is immutable
 *
 * An environment whose own name ends so has a size of 1 written too: no two
 * pairs of environment and size have the same tail.
 */
struct text plan_suffix(struct text environment, int64_t nodes, struct arena *arena);

/* plan_workload() - what a service of profile on sub_pool is made of. */
struct workload plan_workload(const struct deployment *deployment, const struct model *model,
                              const struct serving_profile *profile,
                              const struct sub_pool *sub_pool);

/* plan_encode() - the plan for the context; dropped placements are left out. */
struct node *plan_encode(const struct plan *plan, struct arena *arena);

/*
 * plan_decode() - the plan from the context
 * @value: what plan_encode() made
 *
 * The services are left empty: Place observes for itself.
 *
 * Errors: -EINVAL  no plan: whoever made it, it does not say what to compose, or
 *                  it has more than PLAN_PLACEMENTS_MAX placements
 *         -ENOMEM
 */
int plan_decode(struct value value, struct arena *arena, struct plan *ret);

#endif
