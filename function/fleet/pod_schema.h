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
void check_env(struct reader *rd, struct member f, struct value *ret);

/* check_affinity(), check_security_context() - a core/v1 Affinity, a container's SecurityContext.
 */
void check_affinity(struct reader *rd, struct member f, struct value *ret);
void check_security_context(struct reader *rd, struct member f, struct value *ret);

#endif
