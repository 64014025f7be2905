/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices - the ResourceClaimTemplate of a placement, where DRA allocates its devices
 *
 * A template's spec is immutable, so what a pod asks for is part of its key and
 * its name: other devices are another template beside the old one.
 *
 * The claim asks for as many devices as the pod has units. Slices are chosen by
 * the true name of their MIG profile, and must exist: static MIG.
 * Source: Kubernetes v1.34, resource.k8s.io/v1; NVIDIA's DRA driver
 */
#ifndef PLACE_DEVICES_H
#define PLACE_DEVICES_H

#include "place/place_internal.h"

/* The template of a placement; all of it is empty where a device plugin allocates. */
struct claim_template {
        struct text key;
        struct claim_of claim;
        struct identity identity;
        const struct resource *observed; /* or NULL */
};

struct claim_template devices_template(const struct placing *placing, const struct assignment *p);

/* devices_desire() - desire the template, if there is one. */
void devices_desire(const struct placing *placing, const struct assignment *p,
                    const struct claim_template *t);

/*
 * devices_keep() - desire as they are the observed templates that pods may still be made from
 *
 * Those of an environment whose placement leaves, or does not yet serve from its
 * own template, and those of services that are not explained.
 */
void devices_keep(const struct placing *placing);

#endif
