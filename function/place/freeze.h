/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeze - what is ours stays desired as it was observed
 *
 * apiVersion, kind, name, namespace, labels and annotations whose keys are ours,
 * and spec or data; ready as observed, a stored object ready when desired.
 * Nothing that runs is dropped because an input is missing.
 */
#ifndef PLACE_FREEZE_H
#define PLACE_FREEZE_H

#include "fleet/settings.h"
#include "wire/response.h"

/* freeze_object() - the object that keeps an observed one as it is, in the sense above. */
struct node *freeze_object(struct value object, struct arena *arena);

/*
 * freeze_resource()    - desire one observed resource as it is
 * freeze_unexplained() - the same of one that names no assignment of ours, unless an
 *                        earlier step of the pipeline desires something under its name
 */
void freeze_resource(const struct resource *r, const struct settings *settings,
                     struct response *response);
void freeze_unexplained(const struct resource *r, const struct settings *settings,
                        struct response *response);

/* freeze_all() - desire everything of ours as it is; returns how many resources that were. */
size_t freeze_all(const struct state *observed, const struct settings *settings,
                  struct response *response);

/* freeze_protects_anything() - is something of ours observed? */
bool freeze_protects_anything(const struct state *observed);

#endif
