/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod - the PodSpec of a service: where it may run, and what it asks for
 */
#ifndef PLACE_POD_H
#define PLACE_POD_H

#include "deploy/plan.h"

/*
 * pod_template() - the PodSpec of one pod of the placement; a fresh tree each time
 * @claim_template: of the pod's devices, where a claim asks for them
 * @revision:       what main says of its pods (place/revision.h); empty: nothing
 */
struct node *pod_template(const struct assignment *assignment, struct text claim_template,
                          struct text revision, struct arena *arena);

/*
 * pod_argument() - an argument as KServe's start script must get it
 *
 * The presets evaluate arguments in a shell. What a shell would change is put
 * in single quotes, so that the engine receives exactly what was written.
 */
struct text pod_argument(struct text argument, struct arena *arena);

#endif
