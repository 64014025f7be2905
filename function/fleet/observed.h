/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observed - what the real nodes of a pool offer, beside what is declared
 *
 * Inventory counts them where an environment says `observe: Nodes`; `check --nodes` counts
 * the same way. With `capacity: Observed` what nodes offer caps what is granted: it never
 * makes an assignment leave.
 */
#ifndef FLEET_OBSERVED_H
#define FLEET_OBSERVED_H

#include "fleet/host.h"
#include "fleet/pool.h"

#define OBSERVED_NONE INT64_C(-1)

/* Of one sub-pool. */
struct observed {
        int64_t nodes;    /* that the pool's selector finds */
        int64_t ready;    /* of these, Ready and not cordoned */
        int64_t offering; /* of the nodes, those that have the resource at all */
        int64_t units;    /* that the nodes allocate together */
        int64_t per_node; /* the least of one that is ready and has it; OBSERVED_NONE: none is */
        const struct host *least; /* that node, or NULL; the first by name of several */
        const struct host *first; /* of the nodes, or NULL */
};

/* observed_offers() - units of the sub-pool that a node allocates; 0: it has no such resource. */
int64_t observed_offers(const struct sub_pool *sub, const struct host *host);

/* observed_count() - over all nodes, sorted by name. */
struct observed observed_count(const struct sub_pool *sub, const struct hosts *hosts);

/*
 * observed_finds_none() - does the selector find no node although there should be one?
 *
 * A pool whose nodeCount is 0 waits for an autoscaler.
 */
bool observed_finds_none(const struct pool *pool, int64_t nodes);

/*
 * observed_drift() - what the nodes offer otherwise than is declared, in one sentence
 *
 * Empty: nothing. It names no node, so that it stands still while the numbers do. Devices of
 * DRA are not in Nodes: of those only the nodes are compared.
 */
struct text observed_drift(const struct sub_pool *sub, const struct observed *observed,
                           struct arena *arena);

/*
 * observed_labels() - the labels by which a pool's nodes can be asked for
 * @ret_keys, @ret_values: sorted by key
 *
 * Its selector's; where that is empty, those to which its affinity leaves one value. None:
 * every node of the cluster would have to be read.
 *
 * Errors: -ENOMEM
 */
int observed_labels(const struct pool *pool, struct arena *arena, struct text **ret_keys,
                    struct text **ret_values, size_t *ret_n);

/* observed_cap() - count at most what a node was observed to offer; OBSERVED_NONE: as declared. */
void observed_cap(struct sub_pool *sub, int64_t per_node);

/*
 * observed_read() - observed_cap() by an environment's status.capacity
 * @pools:  n of the environment, with their units counted
 * @status: status.capacity.pools, as Inventory wrote it; what cannot be read counts as declared
 */
void observed_read(struct pool *pools, size_t n, struct value status);

#endif
