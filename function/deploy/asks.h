/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asks - which others a deployment has to hear of
 *
 * Once it is decided, only what can change the decision shall wake the deployment; the table in
 * requirements.h has the keys.
 */
#ifndef DEPLOY_ASKS_H
#define DEPLOY_ASKS_H

#include "deploy/deploy.h"

/* Sorts of keys, as bits. */
enum ask {
        ASK_ALWAYS = 1 << 0, /* the model, one's own environments, and so on */
        ASK_RIVALS = 1 << 1, /* the reservations of environments in which one is not settled */
        ASK_ENVIRONMENTS = 1 << 2,
        ASK_LEDGER = 1 << 3, /* the reservations of all environments */
        ASK_QUOTAS = 1 << 4,
        ASK_POOLS = 1 << 5, /* the GPUPools of environments with something that would fit */
};

struct asked {
        unsigned int what;               /* of enum ask */
        const struct text *environments; /* one's own, beside those held; sorted, each once */
        size_t n_environments;
        const struct text *rivals; /* likewise */
        size_t n_rivals;
        struct text pools_of; /* the only environment whose GPUPools; empty: of all */
};

/*
 * asks_add_rivals() - read the reservations of the environments in which something may be open
 * @decision: of an earlier attempt; its plan may be empty
 *
 * In a sub-pool that is settled nothing is open, and a conflict can come from nowhere else. Where
 * those held are not all settled, those of each are read: that pods are to change, and want a
 * surge, is only known once the model and the environments have been read too.
 */
void asks_add_rivals(struct asked *asked, const struct order *order, const struct assignment *held,
                     size_t n_held, const struct decision *decision, struct arena *arena);

/* asks_of_decision() - what shall wake the deployment from now on. */
struct asked asks_of_decision(const struct decision *decision, struct arena *arena);

#endif
