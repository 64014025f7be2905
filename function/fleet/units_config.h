/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units_config - pools that are divided as a mig-parted file says
 */
#ifndef FLEET_UNITS_CONFIG_H
#define FLEET_UNITS_CONFIG_H

#include "fleet/pool.h"

/*
 * units_config_read() - the mig-parted file that the input names, if it names one
 * @settings:   mig_parted is set; a file that cannot be read, or is not there, is a
 *              value that says so
 * @config_map: the one that holds it; absent when there is none, or it is inline
 *
 * Errors: -ENOMEM
 */
int units_config_read(struct settings *settings, struct value config_map, struct arena *arena);

/*
 * units_config_find() - the sub-pools of migConfiguration.config
 *
 * The GPUs of a node may differ: each is divided by the last entry of the
 * configuration that covers it. Those without MIG are a sub-pool of whole GPUs,
 * the last one. A file, an entry or a layout that cannot be is the pool's
 * `invalid`.
 *
 * Errors: -ENOMEM
 */
int units_config_find(struct pool *pool, const struct settings *settings, struct arena *arena);

#endif
