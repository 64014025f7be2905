/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_schema - the parts of a pod that a pool or an engine may set, checked by tables of core/v1
 *
 * Beside fleet/check.h: a mistake is named with its path, and *ret is what may be
 * passed through.
 */
#ifndef FLEET_POD_SCHEMA_H
#define FLEET_POD_SCHEMA_H

#include "fleet/reader.h"

/*
 * check_env() - a list of core/v1 EnvVars, each name once
 *
 * The two that choose GPUs are the device plugin's. `{{` in a value would not
 * arrive; Kubernetes' own $(VAR) does.
 */
void check_env(struct reader *rd, const struct member *f, struct value *ret);

/* check_affinity(), check_security_context() - a core/v1 Affinity, a container's SecurityContext.
 */
void check_affinity(struct reader *rd, const struct member *f, struct value *ret);
void check_security_context(struct reader *rd, const struct member *f, struct value *ret);

/* check_references() - a list of {name: ...}, 32 at most: pull secrets, KServe's presets. */
void check_references(struct reader *rd, const struct member *f, struct value *ret);

/*
 * check_extended() - extended resources of a pod beside its GPUs, and whole numbers of them
 * @gpu: the pool's own resource; it and NVIDIA's are counted as units, and refused here
 * @ret: the map from name to number
 *
 * Written as a map, or as Kubernetes writes it, in `limits`.
 */
void check_extended(struct reader *rd, const struct member *f, struct text gpu, struct value *ret);

#endif
