/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource - the device plugin's resource name of a sub-pool
 */
#ifndef PLACE_RESOURCE_H
#define PLACE_RESOURCE_H

#include "fleet/environment.h"

/*
 * resource_resolve() - set resource_name and ambiguous of every sub-pool
 *
 * The pool's override; else, cut into slices under the mixed strategy,
 * nvidia.com/mig-<profile> with every `+` written `.`; else nvidia.com/gpu. The
 * suffix .shared where sharing renames. An unwritten strategy is single where the
 * nodeSelector shows that the cluster offers slices as nvidia.com/gpu: GKE's
 * partition size, the strategy label, or a product label with -MIG-.
 *
 * Two sub-pools of an environment with one resource name and one selector
 * cannot be told apart by the scheduler: both are ambiguous.
 *
 * Errors: -ENOMEM
 * Source: NVIDIA k8s-device-plugin v0.20.0, internal/rm and internal/resource;
 *         GKE's GPU partitioning documentation
 */
int resource_resolve(struct environment *environment, struct arena *arena);

#endif
