/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names - every name, key, label and annotation that we compose
 */
#ifndef PLACE_NAMES_H
#define PLACE_NAMES_H

#include "wire/value.h"

struct arena;

/* Keys in the desired state: these prefixes before an assignment's suffix say what is ours. */
#define KEY_SERVING "serving-"
#define KEY_RESERVATION "reservation-"
#define KEY_DEVICES "devices-"
#define KEY_ROLLOUT "rollout-" /* an Object that observes the Deployment in another cluster */
#define KEY_POOL "pool-"       /* of an environment */

#define LABEL_DEPLOYMENT "modelplane.ai/deployment"
#define LABEL_ENVIRONMENT "modelplane.ai/environment"
#define LABEL_POOL "modelplane.ai/pool"
#define LABEL_MIG_PROFILE "modelplane.ai/mig-profile"
#define LABEL_SERVING_PROFILE "modelplane.ai/serving-profile"
#define ANNOTATION_ASSIGNMENT "gpuplacement.fn.crossplane.io/assignment"

/* KServe's children keep readable names up to here. */
enum { NAME_MAX_LENGTH = 38 };

/* What KServe calls the Deployment of a service, and what we call the Object that observes it. */
#define NAME_DEPLOYMENT_TAIL "-kserve"
#define NAME_ROLLOUT_TAIL ".rollout" /* no service has a dot in its name */

/* Whose name it is. */
struct name_of {
        struct text namespace_; /* of the deployment */
        struct text deployment;
        struct text environment;
        struct text suffix; /* of the keys of the assignment: "<environment>[-m<n>]" */
        bool shared;        /* others may bear the plain name: always hashed */
};

/*
 * names_service() - "<deployment>-<environment>[-m<n>]", a DNS-1035 label; of its reservation too
 *
 * At most NAME_MAX_LENGTH characters. What had to be cut or changed, and what
 * looks as if it had been, ends in base32_16() of namespace, deployment, environment
 * and n. A tenant chooses the first two as he likes: with fewer bits, or another
 * hash, he can make his name that of another's service.
 *
 * No two assignments of one deployment have the same name. Those of two
 * deployments in one namespace can ("a-b" in "c", "a" in "b-c"): hyphens are too
 * common to hash every such name, so the second one is `shared`, and what
 * was made keeps the name under which it was made.
 */
struct text names_service(const struct name_of *of, struct arena *arena);

/*
 * names_pool() - "<environment>-<pool>[-<MIG profile>]" cut, and a hash of the three
 *
 * Of a GPUPool. Always hashed: no separator keeps the pools of two environments apart.
 */
struct text names_pool(struct text environment, struct text pool, struct text mig_profile,
                       struct arena *arena);

/* names_pool_key() - "pool-<pool>[-<MIG profile>]"; shared: hashed, as another pool has that key.
 */
struct text names_pool_key(struct text pool, struct text mig_profile, bool shared,
                           struct arena *arena);

/* What a pod's device claim asks for; its template's spec can never change. */
struct claim_of {
        struct text device_class;
        struct text mig_profile; /* empty: whole GPUs */
        int64_t count;
        bool wrapped; /* in an Object, for another cluster */
};

/*
 * names_devices() - "<deployment>-<environment>-gpu-<hash>", of a claim template
 *
 * The hash is of all of *claim and of whose it is, the n of -m<n> excepted:
 * pods that ask for the same can share a template. Cut as the others are.
 */
struct text names_devices(const struct name_of *of, const struct claim_of *claim,
                          struct arena *arena);

/* names_devices_key() - "devices-<environment>-<hash>", the hash of *claim. */
struct text names_devices_key(struct text environment, const struct claim_of *claim,
                              struct arena *arena);

/* names_devices_environment() - whose key of that form it is; empty for every other key. */
struct text names_devices_environment(struct text key);

/* names_ends_like_a_hash() - "-" and what base32_16() writes: a user may have chosen such a word.
 */
bool names_ends_like_a_hash(struct text t);

/* names_label_value() - as a label's value: `+` written `.`; what is none is cut and hashed. */
struct text names_label_value(struct text t, struct arena *arena);

/*
 * names_agree() - does the environment label say this environment, or nothing?
 *
 * Of a reservation whose label names another one, the environment of neither would know.
 */
bool names_agree(struct value labels, struct text environment, struct arena *arena);

/* names_key() - prefix and suffix joined. */
struct text names_key(const char *prefix, struct text suffix, struct arena *arena);

/* names_is_ours() - is this key of the observed or desired state composed by Place? */
bool names_is_ours(struct text key);

/* names_suffix() - of a key of a service or a reservation; false for every other key. */
bool names_suffix(struct text key, struct text *ret_suffix);

/* names_is_our_member() - is this label or annotation key one of ours? */
bool names_is_our_member(struct text key);

#endif
