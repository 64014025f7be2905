/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deployment - a ModelDeployment: which model, how often, where
 */
#ifndef FLEET_DEPLOYMENT_H
#define FLEET_DEPLOYMENT_H

#include "fleet/settings.h"

struct mistakes;

/* How a change of its pods reaches those that run (spec.rollout). */
enum rollout_policy {
        ROLLOUT_AUTO,    /* a surge where there is room for one; else in turn, where KServe can */
        ROLLOUT_IN_TURN, /* never a surge */
        ROLLOUT_SURGE,   /* always a surge */
};

struct deployment {
        struct text namespace_; /* its own, or its claim's */
        struct text name;
        struct text uid;        /* may be empty */
        struct text model_kind; /* ClusterModel, Model */
        struct text model_name;
        int64_t environments;              /* how many are wanted, 1..10 */
        struct value environment_selector; /* the matchLabels map, or absent */
        bool concurrency;                  /* scaling.signal */
        int64_t replicas; /* reserved per environment: fixed.replicas or maxReplicas; 0: parked */
        int64_t min_replicas; /* with concurrency; else = replicas */
        int64_t priority;
        enum rollout_policy rollout;
        struct value tolerations; /* list, or absent */
        struct text priority_class;
};

/*
 * deployment_namespace() - where what is composed for an XR belongs; empty: nowhere
 *
 * A claim's XR is cluster scoped (Crossplane v1, and v2's LegacyCluster): the claim has the
 * namespace.
 */
struct text deployment_namespace(struct value object);

/*
 * deployment_read() - the observed composite
 * @fault: set on failure: "spec.environments", "11 is not within 1 and 10"
 *
 * Errors: -EINVAL, -ENOMEM
 */
int deployment_read(struct value object, struct arena *arena, struct deployment *ret,
                    struct fault *fault);

/* deployment_read_mistakes() - deployment_read() that adds every mistake. Errors: the same. */
int deployment_read_mistakes(struct value object, struct arena *arena, struct deployment *ret,
                             struct mistakes *mistakes);

#endif
