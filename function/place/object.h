/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object - the provider-kubernetes Object around a manifest for another cluster
 */
#ifndef PLACE_OBJECT_H
#define PLACE_OBJECT_H

#include "deploy/plan.h"

/*
 * object_wrap() - an Object with the manifest in it, of the same name
 * @namespace_: of the Object: the deployment's
 * @route:      the service is Ready only with an address (status.url)
 *
 * Its readiness is a CEL query that is false, and not an error, of a service
 * without a status.
 * Source: provider-kubernetes v1.4.1, kubernetes.m.crossplane.io/v1alpha1
 */
struct node *object_wrap(struct node *manifest, const struct placement *placement, struct text name,
                         struct text namespace_, bool route, struct arena *arena);

#endif
