/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - an index of the reservations of all other deployments, by sub-pool
 */
#ifndef DEPLOY_LEDGER_H
#define DEPLOY_LEDGER_H

#include "deploy/reservation.h"
#include "fleet/deployment.h"
#include "fleet/environment.h"

/*
 * struct ledger - the reservations of everybody else, by sub-pool
 */
struct ledger {
        const struct reservation **entries; /* sorted by environment, pool, MIG profile */
        size_t n_entries;
};

/*
 * ledger_build() - index the n reservations, without one's own
 * @own: the deployment whose reservations are left out; NULL: none
 *
 * Errors: -ENOMEM
 */
int ledger_build(const struct reservation *reservations, size_t n, const struct deployment *own,
                 struct arena *arena, struct ledger *ret);

/* ledger_place() - the sub-pool as a reservation names it: nothing else is set. */
struct reservation ledger_place(const struct sub_pool *sub_pool);

/* ledger_entries() - the reservations in the place of that one; *ret_n of them. */
const struct reservation *const *ledger_entries(const struct ledger *ledger,
                                                const struct reservation *place, size_t *ret_n);

/* ledger_used() - the units that the ledger's reservations claim of a sub-pool, at most 2^63-1. */
int64_t ledger_used(const struct ledger *ledger, const struct sub_pool *sub_pool);

#endif
