/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment - an InferenceEnvironment: a cluster and its GPU node pools
 */
#ifndef FLEET_ENVIRONMENT_H
#define FLEET_ENVIRONMENT_H

#include "fleet/pool.h"

struct mistakes;

/* `source` has to say it where cluster.existing or cluster.gke is written. */
enum cluster_source { CLUSTER_IN_CLUSTER, CLUSTER_EXISTING, CLUSTER_GKE };

struct environment {
        struct mistakes *mistakes; /* each field mistake is added; NULL: a pool tells its first */
        struct text name;
        struct value written; /* the object itself */
        struct value labels;
        enum cluster_source source;
        struct text secret_namespace, secret_name,
                secret_key;          /* existing.secretRef; empty name: none */
        struct text provider_config; /* status.providerConfigRef.name, else "<name>-cluster" */
        enum observing observing;
        bool not_ready;      /* has a Ready condition that is not True */
        struct value ready;  /* that condition */
        struct text invalid; /* the spec as a whole cannot be read; it has no pools then */
        bool is_quiet;       /* messages of its pools are not made */
        struct pool *pools;  /* spec.nodePools, then those under spec.cluster.existing and .gke */
        size_t n_pools;
        size_t n_sub_pools; /* of all pools */
};

/*
 * environment_read() - the object as Crossplane sent it
 *
 * Never fails on what a user wrote: a bad pool is `invalid`; two pools of one
 * name are both. Sub-pools are counted (fleet/units.h) and their resources named
 * (fleet/resource.h).
 *
 * Errors: -ENOMEM
 */
int environment_read(struct value object, const struct settings *settings, struct arena *arena,
                     struct environment *ret);

/* environment_read_quietly() - the same without messages of pools, for a decision. */
int environment_read_quietly(struct value object, const struct settings *settings,
                             struct arena *arena, struct environment *ret);

/*
 * environment_read_mistakes() - environment_read() that adds every field mistake, of pools too, to
 * mistakes
 *
 * The pools are read also where the spec is `invalid`: only their mistakes are to be used then.
 */
int environment_read_mistakes(struct value object, const struct settings *settings,
                              struct arena *arena, struct mistakes *mistakes,
                              struct environment *ret);

/* environment_find() - the one of that name among n that are sorted by it, or NULL. */
const struct environment *environment_find(const struct environment *environments, size_t n,
                                           struct text name);

#endif
