/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - one entry of an InferenceEnvironment's nodePools
 *
 * A pool that cannot be used is a value, not an error: `invalid` says why in
 * one sentence, and its neighbours are read all the same.
 */
#ifndef FLEET_POOL_H
#define FLEET_POOL_H

#include "base/quantity.h"
#include "fleet/settings.h"
#include "gpu/catalog.h"

struct environment;
struct member;
struct mistakes;
struct observed;

enum interconnect {
        INTERCONNECT_UNKNOWN = -1,
        INTERCONNECT_NONE,
        INTERCONNECT_PCIE,
        INTERCONNECT_NVLINK,
        INTERCONNECT_NVSWITCH
};
enum schedulable { SCHEDULABLE_ALWAYS, SCHEDULABLE_NO_NEW, SCHEDULABLE_DRAIN };
/* Are the real nodes counted too? Those of another cluster cannot be seen from here. */
enum observing { OBSERVING_NONE, OBSERVING_NODES, OBSERVING_ELSEWHERE };
enum allocation { ALLOCATION_DEVICE_PLUGIN, ALLOCATION_DRA };
enum sharing { SHARING_NONE, SHARING_TIME_SLICING, SHARING_MPS };
enum strategy { STRATEGY_INFERRED, STRATEGY_MIXED, STRATEGY_SINGLE };

/* Unknown amounts of memory, and numbers that are not declared. */
#define UNKNOWN_BYTES INT64_C(-1)

struct pool {
        const struct environment *environment;
        bool is_quiet; /* messages are not collected */
        bool on_gke;   /* the source of its environment is GKE */
        enum observing observing;
        struct text name;
        struct text path;     /* "spec.nodePools[2]", for sentences; empty where it has a name */
        struct text invalid;  /* why the pool cannot be used; empty when it can */
        struct value written; /* the entry itself */

        struct value node_selector; /* absent: not written; the labels select */
        struct value labels;
        struct text accelerator_type;
        const struct gpu_product *product; /* by units_count(); NULL: not in the catalogue */
        int64_t accelerator_count;         /* GPUs per node, 1..1024 */
        int64_t nodes; /* that count: maxNodeCount, else nodeCount, else 1; input.capacity */

        int64_t memory_bytes;     /* declared, of one unit; or UNKNOWN_BYTES */
        struct text interconnect; /* empty: not declared */
        struct value precisions;  /* list of strings, or absent */
        struct value multi_node;  /* bool, or absent */
        struct text bandwidth;
        int64_t nvlink_domain; /* 0: not declared and not implied */

        bool mig;                /* the GPUs are partitioned */
        struct text mig_profile; /* migConfiguration.profile, as written */
        struct value mig_layout; /* migConfiguration.layout */
        struct text mig_config;  /* migConfiguration.config */
        int64_t slices_per_gpu;  /* 0: not written */
        enum strategy strategy;  /* as written */

        enum sharing sharing;
        int64_t share_replicas;    /* 1 without sharing */
        bool share_renamed;        /* sharing.renameByDefault */
        struct text resource_name; /* override; empty: by rule */
        enum allocation allocation;
        enum schedulable schedulable;
        struct value tolerations; /* list, or absent */
        struct value affinity;    /* map, or absent */
        struct text cost;         /* costPerUnitHour, a decimal; empty: none */
        struct quantity cost_value;

        struct value env; /* podDefaults.*; absent when not written */
        struct value args;
        struct text priority_class;
        struct text runtime_class;
        struct text cpu_per_unit;
        struct text memory_per_unit;
        struct value security_context;
        struct value extended;                      /* map from resource to number */
        struct value image_pull_secrets, base_refs; /* lists of {name} */
        struct text service_account;
        bool host_ipc;

        struct sub_pool *
                sub_pools; /* one on a whole-GPU or uniform pool; one with `invalid` on a bad one */
        size_t n_sub_pools;
        struct text *messages; /* warnings */
        size_t n_messages, cap_messages;
        bool over_declared; /* a message says that memory or slices are declared too large */
};

/*
 * struct sub_pool - what deployments are placed on: (environment, pool, MIG profile)
 */
struct sub_pool {
        const struct environment *environment;
        const struct pool *pool;
        struct text mig_profile;  /* the catalogue's spelling; empty on whole GPUs */
        struct text invalid;      /* the pool's or its own; empty when usable */
        int64_t units_per_node;   /* as declared */
        int64_t counted_per_node; /* of these, what is granted: fewer where nodes offer fewer */
        int64_t nodes;
        int64_t units;        /* counted_per_node * nodes */
        int64_t memory_bytes; /* of one unit, as matching counts it; or UNKNOWN_BYTES */
        int32_t order;        /* position in the environment: declared order, then in the pool */
        struct text resource_name; /* by fleet/resource.h */
        struct text
                ambiguous; /* set with it: the other sub-pool with equal resource and selector */
        const struct observed *observed; /* by Inventory; NULL: the nodes are not counted */
        struct text drift;               /* what they offer otherwise than is declared; or empty */
};

/* Where a pool is declared. */
struct pool_owner {
        const struct environment *environment; /* may be NULL */
        bool is_quiet;                         /* its pools collect no messages */
        bool on_gke;                           /* its source is GKE */
        enum observing observing;
        struct mistakes
                *mistakes; /* each field mistake is added; NULL: only the first is reported */
};

/* pool_read() - an entry of a list of pools; never fails on what a user wrote. Errors: -ENOMEM */
int pool_read(const struct member *entry, struct pool_owner owner, const struct settings *settings,
              struct arena *arena, struct pool *ret);

/* pool_collects_warnings() - are the pool's messages wanted? Else one that costs is not
 * made. */
bool pool_collects_warnings(const struct pool *pool);

/* pool_warn() - adds a message if the pool collects them; the text must live as long as the pool.
 */
void pool_warn(struct pool *pool, struct arena *arena, struct text message);

/*
 * pool_misspelt() - a sentence about a member that is not known, also one of capabilities,
 * migConfiguration, sharing or podDefaults; empty: there is none. Also of a pool that collects
 * none.
 * @written: the pool
 * @path:    stands before the member's name in the sentence, as "spec.nodePools[0]."; or empty
 */
struct text pool_misspelt(struct value written, struct text path, struct arena *arena);

/* pool_doubt() - a sentence about memoryPerGpu too small to be meant; empty: there is none.
 * Collected or not. */
struct text pool_doubt(const struct pool *pool, struct arena *arena);

/* pool_selector() - nodeSelector, or the labels where it is not written. */
struct value pool_selector(const struct pool *pool);

#endif
