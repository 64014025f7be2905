/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota_room - what ResourceQuotas leave to a namespace
 *
 * A quota has no nodes and knows no pools: it is one sum over all that the
 * deployments of a namespace hold of a resource in this cluster. Who yields when
 * two took the last of it is settled by the ledger's own order.
 */
#ifndef DEPLOY_QUOTA_ROOM_H
#define DEPLOY_QUOTA_ROOM_H

#include "deploy/ledger.h"
#include "deploy/match.h"
#include "fleet/quota.h"

/*
 * Everything that quotas are held against; all zero: they are ignored.
 *
 * What an environment that is gone holds counts: whether it was remote is unknown.
 */
struct quota_room {
        const struct order *order;
        const struct quota *quotas; /* of the deployment's namespace */
        size_t n_quotas;
        const struct environment *environments; /* sorted by name */
        size_t n_environments;
        const struct reservation **others; /* of that namespace, in this cluster */
        size_t n_others;
};

/*
 * quota_room_build() - the reservations of others that the quotas count
 * @allowance: all but others is set
 *
 * Errors: -ENOMEM
 */
int quota_room_build(const struct ledger *ledger, struct arena *arena,
                     struct quota_room *allowance);

/* What a quota leaves to one reservation. */
struct share {
        bool limited;      /* else nothing below is set */
        struct text quota; /* the one with the smallest limit */
        int64_t limit;     /* units */
        int64_t left;      /* units beside all that others and one's other reservations hold */
        int64_t unseated;  /* unused replicas that have to yield, by the ledger's order */
};

/*
 * quota_room_share() - what is left for `asking` on sub_pool
 * @mine, n_mine: one's own reservations as they are to be; `asking` among them or not
 *
 * Errors: -ENOMEM
 */
int quota_room_share(const struct quota_room *allowance, const struct sub_pool *sub_pool,
                     const struct reservation *const *mine, size_t n_mine,
                     const struct reservation *asking, struct arena *arena, struct share *ret);

#endif
