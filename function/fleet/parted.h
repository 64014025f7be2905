/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parted - pools that are divided as a mig-parted file says
 */
#ifndef FLEET_PARTED_H
#define FLEET_PARTED_H

#include "fleet/pool.h"

/*
 * parted_config() - the sub-pools of migConfiguration.config
 *
 * The GPUs of a node may differ: each is divided by the last entry of the
 * configuration that covers it. Those without MIG are a sub-pool of whole GPUs,
 * the last one. A file, an entry or a layout that cannot be is the pool's
 * `invalid`.
 *
 * Errors: -ENOMEM
 */
int parted_config(struct pool *pool, const struct settings *settings, struct arena *arena);

#endif
