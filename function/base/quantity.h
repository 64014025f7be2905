/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quantity - Kubernetes quantities such as "40Gi", "500m", "1e3"
 */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include "base/fault.h"

__extension__ typedef __int128 int128;

struct quantity {
        int128 nano; /* units of 10^-9 */
};

/*
 * quantity_parse() - read a quantity
 * @ret:   set on success; parts below 10^-9 are rounded away from zero
 * @fault: set on failure; its path is left empty
 *
 * Beyond +-(2^63-1) the value is capped there. Upstream does so with binary
 * suffixes only and keeps larger decimal numbers; nothing here is that large.
 * Whatever upstream reads is read, "Gi" and "+" as 0 too: callers that need an
 * amount ask for one above 0.
 *
 * Errors: -EINVAL  not in the grammar; *ret is unchanged
 * Source: k8s.io/apimachinery v0.34, pkg/api/resource/quantity.go, ParseQuantity
 */
int quantity_parse(struct text t, struct quantity *ret, struct fault *fault);

/* quantity_compare() - below, at or above 0. */
int quantity_compare(struct quantity a, struct quantity b);

/* quantity_whole() - the value in whole units (bytes, cores), rounded up; capped at 2^63-1. */
int64_t quantity_whole(struct quantity q);

/* quantity_floor() - the same, rounded down: what of the value can be had in whole units. */
int64_t quantity_floor(struct quantity q);

/*
 * quantity_format_bytes() - bytes as a person writes them: the largest binary suffix that takes at
 * most one decimal
 *
 * "40Gi", "39.5Gi" for 40448Mi, "40320Mi" (it would be 39.375Gi), "1023" for less than 1Ki.
 */
struct text quantity_format_bytes(int64_t bytes, struct arena *arena);

/*
 * quantity_about_bytes() - about as many, for sums and differences, which are seldom round
 *
 * quantity_format_bytes() where that needs no suffix below Mi; else rounded up to one decimal of
 * the largest suffix: "17.3Gi" for 18090980Ki.
 */
struct text quantity_about_bytes(int64_t bytes, struct arena *arena);

/*
 * quantity_spell_bytes() - the same for sentences: "40Gi", "48 bytes", below 0 "an unknown amount";
 * "40G" where that is shorter
 *
 * Who wrote 48 sees that a unit is missing.
 */
struct text quantity_spell_bytes(int64_t bytes, struct arena *arena);

/* quantity_doubt() - a sentence about the memory written as `what` (bytes > 0): it is less than
 * 1Gi, so its unit is missing or wrong; below 1000, Gi is probably meant. Empty: there is nothing
 * to doubt. */
struct text quantity_doubt(struct text what, int64_t bytes, struct arena *arena);

#endif
