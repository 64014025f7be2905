/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object - the provider-kubernetes Object around a manifest for another cluster
 */
#ifndef PLACE_OBJECT_H
#define PLACE_OBJECT_H

#include "wire/node.h"

/*
 * object_wrap() - an Object with the manifest in it
 * @metadata:        of the Object; taken over
 * @provider_config: the ClusterProviderConfig of the other cluster
 *
 * Ready as soon as the manifest is applied, unless object_ready_when_serving()
 * says otherwise.
 * Source: provider-kubernetes v1.3.1, kubernetes.m.crossplane.io/v1alpha1
 */
struct node *object_wrap(struct node *manifest, struct node *metadata, struct text provider_config,
                         struct arena *arena);

/*
 * object_ready_when_serving() - the Object of a service is Ready when that serves
 * @route: only with an address (status.url)
 *
 * A CEL query that is false, and not an error, of a service without a status.
 */
void object_ready_when_serving(struct node *object, bool route, struct arena *arena);

#endif
