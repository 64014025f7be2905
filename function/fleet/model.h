/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model - a ClusterModel or Model: what is served, and what it needs
 */
#ifndef FLEET_MODEL_H
#define FLEET_MODEL_H

#include "base/quantity.h"
#include "fleet/reader.h"

/* replicaTopology.requires; an absent member requires nothing. */
struct needs {
        int64_t memory_bytes;    /* 0: none */
        struct value precisions; /* list of strings, or absent */
        struct text interconnect;
        struct text bandwidth;
        struct value multi_node; /* bool, or absent */
        int64_t nvlink_domain;   /* 0: none */
        struct text unknown;     /* a key that we do not know; empty: none */
};

/* The keys of requires, as a message about another one lists them. */
enum { N_NEEDS = 6 };
extern const struct text needs_known[N_NEEDS];

struct serving_profile {
        struct text name;
        struct text path;                  /* "spec.serving[0]" */
        struct value environment_selector; /* the matchLabels map, or absent */
        struct value pool_selector;
        struct text image;      /* empty: the preset's */
        struct value args;      /* list of strings, or absent */
        struct value env;       /* list of EnvVars, or absent */
        struct value base_refs; /* list of {name}, or absent */
        int64_t nodes;          /* of one replica, 1.. */
        int64_t gpus_per_node;  /* units per node, 1..; 0: by vram, see model.vram_bytes */
        int64_t tensor;         /* parallelism; defaults and what args say applied; 0: by vram */
        int64_t pipeline;
        int64_t data; /* 1 on several nodes */
        bool expert;
        struct needs needs;
};

struct model {
        struct text model_name; /* spec.model.name */
        struct text uri;        /* spec.uri, or "hf://<repo>[:<revision>]" */
        struct text secret_name,
                secret_key; /* of the Hugging Face token; empty: not gated, not hf */
        struct text
                unread; /* a sentence about what is written and not read; empty: there is none */
        struct text cpu, memory;          /* resources, quantities as written; may be empty */
        int64_t vram_bytes;               /* 0: not written */
        struct serving_profile *profiles; /* in order of preference; 1 to 32 */
        size_t n_profiles;
};

/*
 * model_read() - the object as Crossplane sent it
 * @mistakes: every field mistake is added, with its path and value
 *
 * Errors: -EINVAL  there is at least one mistake; *ret is not to be used
 *         -ENOMEM
 */
int model_read(struct value object, struct arena *arena, struct model *ret,
               struct mistakes *mistakes);

/* model_units_used() - how many of a node's units the parallelism of a profile uses. */
int64_t model_units_used(const struct serving_profile *profile);

/*
 * model_check() - is it written as it can be placed?
 *
 * A member of `requires` that is not known is a mistake too. To place the model it is
 * none: that is a requirement which no pool meets, and the sentence of each says so.
 *
 * Errors: as model_read()
 */
int model_check(struct value object, struct arena *arena, struct model *ret,
                struct mistakes *mistakes);

#endif
