/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match - does a serving profile fit a sub-pool, and if not, why
 *
 * Rows are tried in order and the first that fails is the reason, so that two
 * people asking about the same model get the same answer. Which row it is also
 * says how near the candidate came: explain.c reports the nearest one.
 */
#ifndef DEPLOY_MATCH_H
#define DEPLOY_MATCH_H

#include "fleet/deployment.h"
#include "fleet/environment.h"
#include "fleet/model.h"

/* In the order of the rows. */
enum reason {
        REASON_FITS,
        REASON_INVALID_POOL,
        REASON_AMBIGUOUS_POOL,
        REASON_ENVIRONMENT_NOT_READY,
        REASON_POOL_CORDONED,
        REASON_SELECTOR_MISMATCH,
        REASON_UNKNOWN_REQUIREMENT,
        REASON_INSUFFICIENT_MEMORY,
        REASON_PRECISION_UNSUPPORTED,
        REASON_INTERCONNECT_TOO_WEAK,
        REASON_BANDWIDTH_TOO_LOW,
        REASON_NOT_MULTI_NODE,
        REASON_MULTI_NODE_UNSUPPORTED,
        REASON_NOT_ENOUGH_NODES,
        REASON_NODE_TOO_SMALL,
        REASON_SLICES_CANNOT_GANG,
        REASON_SHARED_CANNOT_GANG,
        REASON_NVLINK_DOMAIN_TOO_SMALL,
        REASON_QUOTA_EXCEEDED,
        REASON_NO_CAPACITY,
};
enum { N_REASONS = REASON_NO_CAPACITY + 1 };

/* reason_name() - "InsufficientMemory", ... */
const char *reason_name(enum reason reason);

/* In the order in which they are tried. */
enum selector {
        SELECTOR_DEPLOYMENT,  /* the deployment's environmentSelector */
        SELECTOR_ENVIRONMENT, /* the serving profile's environmentSelector */
        SELECTOR_POOL,        /* the serving profile's poolSelector */
};

/*
 * struct verdict - the outcome for one candidate, with what its sentence needs
 *
 * Which of the members are set depends on the reason; explain.c knows.
 */
struct verdict {
        enum reason reason;
        int64_t wanted, offered; /* the two numbers that were compared */
        int64_t total,
                gap; /* units of the quota or sub-pool; NoCapacity: largest gap on one node */
        struct text detail;     /* the key, value, quota or sentence that failed; NoCapacity:
                                   the deployment without a seat, of one's own namespace */
        bool crowded;           /* NoCapacity: one is without a seat */
        bool over_committed;    /* NoCapacity: and may run all the same */
        enum selector selector; /* SelectorMismatch: whose; detail is the label's key */
        struct text value;      /* SelectorMismatch: the value that is wanted of the label */
};

/* What one replica takes from a sub-pool. */
struct demand {
        int64_t nodes;
        int64_t units_per_node;
};

/* What an environment's labels said to the selectors: the same for all of its sub-pools. */
struct selected_environment {
        bool asked;
        struct verdict verdict; /* of row 4, as far as the environment decides it */
};

/* What is to be placed, and how. */
struct order {
        const struct deployment *deployment;
        const struct model *model; /* NULL: not read yet */
        const struct settings *settings;
};

/* A candidate, and everything a row may look at. */
struct candidate {
        const struct order *order;
        const struct serving_profile *profile;
        const struct sub_pool *sub_pool;
        struct selected_environment *selected; /* kept from one sub-pool to the next; may be NULL */
};

/*
 * match_demand() - units of one replica
 *
 * By replicaTopology; without it, by vram: as many whole GPUs of one node as
 * together have it, or one slice or share; without either, one unit.
 */
struct demand match_demand(const struct candidate *c);

/*
 * match_memory() - bytes that one unit must have for this candidate; 0: any
 *
 * Of vram that several whole GPUs have together, each one's part.
 */
int64_t match_memory(const struct candidate *c);

/*
 * match() - rows 1 to 14: everything but quota and room
 * @staying: the candidate is an assignment already made: rows 2 and 3 are for new ones only
 */
struct verdict match(const struct candidate *c, bool staying);

/* One entry of a selector. */
struct selector_entry {
        struct text key, value;
};

/*
 * selector_matches() - every entry of the selector is in labels with that value
 * @selector:  a map of strings, or absent: matches everything
 * @ret_entry: set to the first by key that is not there, when false is returned; may be NULL
 */
bool selector_matches(struct value selector, struct value labels, struct selector_entry *ret_entry);

/* match_interconnect_rank() - none < pcie < nvlink < nvswitch, without case; unknown words are
 * unknown.
 */
enum interconnect match_interconnect_rank(struct text word);

/*
 * match_bandwidth() - interNodeBandwidth, "[<kind>-]<number>g[bps][-or-better]"
 *
 * Gbps at least as many; the same kind where both name one, which a required
 * `-or-better` waives. What cannot be parsed satisfies only equal text.
 */
bool match_bandwidth(struct text offered, struct text required);

#endif
