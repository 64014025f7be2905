/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migparted_default - the configurations that NVIDIA's own file has
 *
 *      all-disabled, all-enabled, all-balanced, all-<profile>
 *
 * Source: NVIDIA/mig-parted, deployments/systemd/config-default.yaml, and the
 *         configurations that GPU Operator 26.3 makes for each node
 */
#ifndef GPU_MIGPARTED_DEFAULT_H
#define GPU_MIGPARTED_DEFAULT_H

#include "gpu/migparted.h"

/*
 * migparted_default() - one of them, as it is for a product
 * @name: with a profile's "+" written ".", as a label needs it: "all-1g.10gb.me"
 * @ret:  lives in the arena; invalid where the product cannot be divided so
 *
 * Returns 0; -ENOENT: NVIDIA has none of that name; -ENOMEM.
 */
int migparted_default(struct text name, const struct gpu_product *product, struct arena *arena,
                      struct migparted_config *ret);

#endif
