/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scaling - how many replicas run, and who says so
 *
 * The scale subresource of a ModelDeployment (kubectl scale, an HPA, KEDA) reads two
 * members of its status. Its number is of one environment, because spec's is.
 */
#ifndef DEPLOY_SCALING_H
#define DEPLOY_SCALING_H

#include "deploy/plan.h"

/*
 * scaling_status() - status.replicas, and status.selector of the pods that KServe makes
 *
 * The least ready replicas of an environment, where there are any. Without a service there is no
 * selector: an HPA refuses an empty one, and would count the pods of others with any other.
 */
void scaling_status(const struct plan *plan, struct node *status, struct arena *arena);

/*
 * scaling_note() - what the signal Concurrency comes to here; empty for the signal Fixed
 *
 * Known where Place runs: the autoscaler is its input's.
 */
struct text scaling_note(const struct plan *plan, const struct settings *settings,
                         struct arena *arena);

#endif
