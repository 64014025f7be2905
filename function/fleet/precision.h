/* SPDX-License-Identifier: Apache-2.0 */
/*
 * precision - the number formats of a pool: as declared, else what the catalogue has
 */
#ifndef FLEET_PRECISION_H
#define FLEET_PRECISION_H

#include "fleet/pool.h"

/* precision_is_known() - is a list declared, or the GPU in the catalogue? */
bool precision_is_known(const struct pool *pool);

/* precision_offered() - does the pool offer it? Without case. */
bool precision_offered(const struct pool *pool, struct text precision);

/* precision_list() - all of them for a sentence, as ["fp32","bf16"]; or that none is known. */
struct text precision_list(const struct pool *pool, struct arena *arena);

#endif
