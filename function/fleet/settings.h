/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - the function's input: what a Composition's step says
 */
#ifndef FLEET_SETTINGS_H
#define FLEET_SETTINGS_H

#include "base/fault.h"
#include "wire/value.h"

struct catalog_memo;
struct migparted;

enum stage {
        STAGE_DEPLOY = 1 << 0,
        STAGE_PLACE = 1 << 1,
        STAGE_INVENTORY = 1 << 2,
        STAGE_CHECK = 1 << 3,
};

enum autoscaler { AUTOSCALER_NONE, AUTOSCALER_WVA, AUTOSCALER_KEDA };

/* How a pool is counted: by its most nodes; by nodeCount; by its most nodes, and no more units of
 * each than Inventory saw nodes offer. */
enum capacity_rule { CAPACITY_MAX, CAPACITY_DECLARED, CAPACITY_OBSERVED };

enum target { TARGET_AUTO, TARGET_DIRECT, TARGET_OBJECT };

struct settings {
        unsigned int stages; /* of enum stage; 0: by the XR's kind */
        enum target target;
        struct text remote_namespace;
        struct text kserve_api_version; /* default "serving.kserve.io/v1alpha2" */
        bool route;                     /* kserve.router: Route; default true */
        bool kserve_021;                /* kserve.version: "0.21"; default "0.20" */
        enum autoscaler autoscaler;     /* kserve.autoscaler; default None */
        struct value keda_triggers;     /* kserve.keda.triggers: a list, with KEDA only */
        bool multi_node;                /* kserve.multiNode */
        enum capacity_rule capacity;
        bool memory_usable;          /* memory: Usable; default Declared */
        bool multi_slice;            /* multiSlice: Allow */
        bool quotas;                 /* quotas: Respect */
        struct text mig_parted_name; /* of the ConfigMap; empty: none */
        struct text mig_parted_namespace;
        struct text mig_parted_key; /* default "config.yaml" */
        struct text mig_parted_inline;
        const struct migparted *mig_parted; /* that file once it is read, or NULL */
        struct catalog_memo
                *memo; /* accelerator types looked up in this call; NULL: none is remembered */
        int64_t ttl_seconds;          /* default 60 */
        struct text system_namespace; /* default "crossplane-system" */
        struct text api;              /* default "modelplane.ai/v1alpha1" */
        struct text group;            /* of api: "modelplane.ai" */
};

/* settings_default() - the settings of a step without an input. */
struct settings settings_default(void);

/*
 * settings_read() - the input, checked
 * @input: a map, or absent: all defaults
 * @fault: set on failure; path is "input.<member>", the message has the value
 *
 * Errors: -EINVAL  unknown member, wrong type, value out of range, other kind
 *         -ENOMEM
 */
int settings_read(struct value input, struct arena *arena, struct settings *ret,
                  struct fault *fault);

/*
 * settings_read_over() - the input of a Place step of its own
 * @carried: what the Deploy step's input said, as settings_carried() made it; or absent
 *
 * What only one of both says counts; where they differ, this step's input does.
 */
int settings_read_over(struct value carried, struct value input, struct arena *arena,
                       struct settings *ret, struct fault *fault);

/* settings_carried() - what of an input is Place's: a map for the plan, or NULL for none of it. */
struct node *settings_carried(struct value input, struct arena *arena);

#endif
