/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity - what Crossplane adds to objects so that they know each other
 */
#ifndef RENDER_IDENTITY_H
#define RENDER_IDENTITY_H

#include "wire/node.h"

#define IDENTITY_RESOURCE_NAME "crossplane.io/composition-resource-name"
#define IDENTITY_COMPOSITE "crossplane.io/composite"

/*
 * identity_uid() - the uid that the composite has, or the one that crossplane render gives it
 *
 * Made of its apiVersion, kind, namespace and name. Empty when the arena is spent.
 *
 * Source: crossplane v2.4.0, internal render; test/unit/render/identity.c has one of its uids.
 */
struct text identity_uid(struct value composite, struct arena *arena);

/* identity_members() - a new map of the members of v; empty when v is no map. */
struct node *identity_members(struct value v, struct arena *arena);

/* identity_composite() - the composite as a function observes it: with uid and label. */
struct node *identity_composite(struct value composite, struct arena *arena);

/*
 * identity_composed() - a desired resource as Crossplane would apply it
 * @name:     its key in desired state
 * @object:   what the function wants
 * @observed: the same resource as it is, or absent; its name wins
 */
struct node *identity_composed(struct value composite, struct text name, struct value object,
                               struct value observed, struct arena *arena);

#endif
