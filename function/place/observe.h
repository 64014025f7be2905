/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe - what the observed resources say: who serves, and what was assigned
 */
#ifndef PLACE_OBSERVE_H
#define PLACE_OBSERVE_H

#include "deploy/plan.h"

/*
 * observe_leave_out_foreign() - forget what bears a key of ours and is no kind that we compose
 * there
 *
 * A service is an LLMInferenceService or an Object, a reservation a GPUReservation, devices a
 * ResourceClaimTemplate or an Object. A deployment can adopt an object of another kind that its
 * tenant made under such a key: it must not say anything of units, nor stand for what is lost.
 */
void observe_leave_out_foreign(struct state *observed);

/* observe_find() - the observed resource under "<prefix><suffix>"; absent when there is none. */
struct value observe_find(const struct state *observed, const char *prefix, struct text suffix,
                          struct arena *arena);

/*
 * observe_service() - the facts about a composed service
 * @object: an LLMInferenceService, or the Object around one; absent: not observed
 * @route:  a route was asked for: without an address KServe says Ready and serves no client
 *
 * Ready: condition Ready True, observedGeneration current where there is one, no
 * False PresetsCombined, and the address; and a Ready replica, where KServe tells how many are,
 * because where one may be missing one of one may. An Object must be Ready itself too.
 */
struct service observe_service(struct value object, bool route);

/*
 * observe_held() - one's own assignments: the observed reservations, with their services
 * @ret: set on success; sorted by suffix
 *
 * A service whose reservation was lost is rebuilt from its annotation. One that
 * tells nothing is left out: it stays frozen.
 *
 * Errors: -ENOMEM
 */
int observe_held(const struct state *observed, const struct settings *settings, struct arena *arena,
                 struct assignment **ret, size_t *ret_n);

/*
 * observe_explains() - does a reservation or an annotation say what this suffix is for?
 *
 * What is observed and explained by neither is kept as it is, and nothing else is
 * composed under its keys.
 */
bool observe_explains(const struct state *observed, struct text suffix, struct arena *arena);

/* observe_is_unexplained() - an observed service or reservation whose suffix is not explained. */
bool observe_is_unexplained(const struct state *observed, const struct resource *r,
                            struct arena *arena);

/*
 * observe_unexplained() - the suffixes of observed keys that nothing explains, sorted
 *
 * Errors: -ENOMEM
 */
int observe_unexplained(const struct state *observed, struct arena *arena, struct text **ret,
                        size_t *ret_n);

/* observe_is_object() - a provider-kubernetes Object, not the manifest itself. */
bool observe_is_object(struct value object);

/* observe_is_applied() - an Object that says of itself that it is Ready. */
bool observe_is_applied(struct value object);

/*
 * observe_declared() - the manifest in an Object, as it was asked for; else the object itself
 * observe_actual()   - the same as the other cluster has it: absent until it is there
 */
struct value observe_declared(struct value object);
struct value observe_actual(struct value object);

/* observe_condition() - the condition of that type in an object's status, or absent. */
struct value observe_condition(struct value object, struct text type);

#endif
