/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place_internal - what every placement of one answer is composed with; not for other folders
 */
#ifndef PLACE_PLACE_INTERNAL_H
#define PLACE_PLACE_INTERNAL_H

#include "deploy/plan.h"
#include "place/llmisvc.h"
#include "place/names.h"

struct placing {
        const struct plan *plan;
        struct text namespace_; /* of the deployment */
        struct text name;
        const struct settings *settings;
        const struct state *observed;
        struct response *response;
        struct arena *arena;
};

/* place_service() - the observed service of a placement, or NULL. */
const struct resource *place_service(const struct placing *placing, const struct assignment *p);

/* place_name_of() - whose the names of a placement are. */
struct name_of place_name_of(const struct placing *placing, const struct assignment *p);

/*
 * place_wants_object() - is it composed as an Object?
 *
 * An observed service keeps its kind: a key keeps one, or the old object
 * is never collected.
 */
bool place_wants_object(const struct placing *placing, const struct assignment *p);

/*
 * place_identity() - where a manifest called `name` is to be
 * @observed: the same, or the Object around it; or NULL
 *
 * What is there keeps its name and its namespace: under others it would be made
 * anew, and the old one lost.
 */
struct identity place_identity(const struct placing *placing, const struct resource *observed,
                               struct text name, bool wrapped);

/* place_metadata() - name, namespace and labels. */
struct node *place_metadata(struct identity identity, const struct assignment *p,
                            struct arena *arena);

/* place_wrap() - an Object of that name around a manifest; annotations may be NULL. */
struct node *place_wrap(const struct placing *placing, const struct assignment *p,
                        struct node *manifest, struct text name, struct node *annotations);

/*
 * place_is_unexplained() - a service or reservation that says nothing of its assignment
 *
 * What is not explained is not deleted.
 */
bool place_is_unexplained(const struct placing *placing, const struct resource *r);

#endif
