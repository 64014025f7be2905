/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource - what a pod asks for of a sub-pool: a device plugin's resource, or a device class
 */
#ifndef FLEET_RESOURCE_H
#define FLEET_RESOURCE_H

#include "fleet/pool.h"

/* The resource of whole GPUs, and the taint that keeps other pods off their nodes. */
#define GPU_RESOURCE "nvidia.com/gpu"

/*
 * resource_resolve() - set resource_name and ambiguous of every sub-pool
 * @pools: those of one environment, counted (fleet/units.h); environment_read() does it
 *
 * The pool's override; else, cut into slices under the mixed strategy,
 * nvidia.com/mig-<profile> with every `+` written `.`; else what the plugin of the
 * GPU's maker offers: nvidia.com/gpu, amd.com/gpu or habana.ai/gaudi. The
 * suffix .shared where sharing renames. An unwritten strategy is single where the
 * nodeSelector shows that the cluster offers slices as nvidia.com/gpu: GKE's
 * partition size, the strategy label, or a product label with -MIG-.
 *
 * With allocation DRA the device class of NVIDIA's driver: mig.nvidia.com for
 * slices, gpu.nvidia.com for whole GPUs.
 *
 * Two sub-pools of an environment with one resource name (DRA: one class and MIG
 * profile) and one selector cannot be distinguished by the scheduler: both are
 * ambiguous.
 *
 * Errors: -ENOMEM
 * Source: NVIDIA k8s-device-plugin v0.20.0, internal/rm and internal/resource;
 *         GKE's GPU partitioning documentation; NVIDIA's DRA driver, deployments/helm
 */
int resource_resolve(struct pool *pools, size_t n_pools, struct arena *arena);

#endif
