/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place - stage two: a plan becomes composed resources
 */
#ifndef PLACE_PLACE_H
#define PLACE_PLACE_H

#include "deploy/plan.h"

/*
 * place() - desire the service and the reservation of every placement
 * @namespace_, name: of the deployment
 * @observed:         for what is ready, and for what stays as it was
 *
 * A frozen plan keeps all of ours (place_freeze()). A service that no placement
 * knows and that tells nothing of its assignment is kept as well.
 */
void place(const struct plan *plan, struct text namespace_, struct text name,
           const struct settings *settings, const struct state *observed,
           struct response *response);

/*
 * place_freeze() - desire everything of ours as it was observed
 *
 * apiVersion, kind, name, namespace, labels and annotations whose keys are ours,
 * and spec or data; ready as observed, a ConfigMap ready when desired. Nothing
 * that runs is dropped because an input is missing.
 *
 * Returns how many resources that were.
 */
size_t place_freeze(const struct state *observed, const struct settings *settings,
                    struct response *response);

/* place_frozen_object() - the object that keeps an observed one as it is, in the sense above. */
struct node *place_frozen_object(struct value object, struct arena *arena);

/* place_anything_observed() - is there something of ours to protect? */
bool place_anything_observed(const struct state *observed);

#endif
