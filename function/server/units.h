/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units - the GPU units of each environment, as the last call for it counted them
 *
 * Crossplane calls for an environment every minute or so. One for which no call
 * has come for ten minutes is gone, or is called for elsewhere: it is dropped.
 */
#ifndef SERVER_UNITS_H
#define SERVER_UNITS_H

#include "inventory/usage.h"

#include <pthread.h>

enum {
        UNITS_MAX_ENVIRONMENTS = 2048,
        UNITS_MAX_POOLS = 8192,     /* of all environments */
        UNITS_MAX_POOLS_EACH = 512, /* of one; more are not counted */
        UNITS_STALE_SECONDS = 10 * 60,
};

struct seen_environment;

struct units {
        pthread_mutex_t lock; /* held for moments: nothing is formatted under it */
        struct seen_environment *environments[UNITS_MAX_ENVIRONMENTS];
        size_t n;
        size_t n_pools;
};

void units_init(struct units *u);
void units_release(struct units *u);

/*
 * units_see() - a call for this environment has counted its units
 * @name, @used: copied
 * @now_seconds: since the epoch
 *
 * When there is no room, those make room that were seen longest ago. Pools of one
 * name and MIG profile are summed up; names of more than 253 bytes are left out.
 */
void units_see(struct units *u, struct text name, const struct usage_list *used,
               int64_t now_seconds);

/* units_write() - three gauges a pool, and when each environment was seen. */
void units_write(struct units *u, int64_t now_seconds, struct builder *out);

#endif
