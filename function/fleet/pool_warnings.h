/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_warnings - what an environment's pools declare that can hardly be true
 *
 * One set of sentences, for status, `capacity`, `check` and `render --explain` alike:
 * selected labels that say otherwise than the declaration, pools that overlap or are not
 * pinned, words that are nearly known, numbers that the GPU cannot have. Nothing is
 * refused for it.
 */
#ifndef FLEET_POOL_WARNINGS_H
#define FLEET_POOL_WARNINGS_H

#include "fleet/pool.h"

/*
 * pool_warnings() - add the sentences to the messages of each pool
 * @pools: of one environment: read, and their units counted
 *
 * Errors: -ENOMEM
 */
int pool_warnings(struct pool *pools, size_t n, struct arena *arena);

#endif
