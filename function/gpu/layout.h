/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - which slices fit one GPU together
 *
 * Every slice starts at one of its profile's places and covers that many memory
 * slices, and no two slices share one. Adding up memory slices is not enough:
 * 4g.40gb + 2 x 2g.20gb are eight of eight and still cannot be placed. On every
 * product the places see to it that compute slices suffice.
 */
#ifndef GPU_LAYOUT_H
#define GPU_LAYOUT_H

#include "base/fault.h"
#include "gpu/catalog.h"

/* No product has more memory slices, and every instance covers at least one. */
enum { LAYOUT_SLICES_MAX = 12 };

struct layout_slice {
        const struct gpu_profile *profile;
        uint8_t start; /* in memory slices */
};

struct layout {
        struct layout_slice slices[LAYOUT_SLICES_MAX];
        size_t n_slices; /* largest first, then by start */
};

/* The most profiles that a layout names, more than any product has, and slices of one of them. */
enum { LAYOUT_KINDS_MAX = 32, LAYOUT_COUNT_MAX = 1000 };

struct layout_wish {
        struct text profile; /* as it was written */
        int64_t count;
};

/*
 * layout_read() - profile[:count] joined by commas: "3g.40gb,1g.10gb:4"
 * @ret:   LAYOUT_KINDS_MAX of them; names borrow from text
 * @ret_n: set on success, at least 1
 * @fault: set on failure, without a path
 *
 * Whether a product has the profiles is not asked yet.
 *
 * Errors: -EINVAL  nothing there, a name that is no MIG profile's, a count that
 *                  is not within 1 and LAYOUT_COUNT_MAX, or too many
 */
int layout_read(struct text text, struct layout_wish *ret, size_t *ret_n, struct fault *fault);

/*
 * layout_word_end() - where the first word of a list joined by commas ends
 *
 * A comma before an attribute is the word's own, as in "1g.24gb+me,gfx": words begin
 * with a digit.
 */
size_t layout_word_end(struct text text);

/*
 * layout_count() - wishes as counts by the product's profiles
 * @ret_counts: LAYOUT_KINDS_MAX of them, all written; the same profile adds up
 *
 * Returns the first wish that the product lacks, or NULL.
 */
const struct layout_wish *layout_count(const struct gpu_product *product,
                                       const struct layout_wish *wishes, size_t n_wishes,
                                       int64_t *ret_counts);

/*
 * layout_place() - find a place for every slice
 * @counts: how many of each profile, as many numbers as the product has profiles
 * @ret:    set on success; the first arrangement, larger profiles and lower starts first
 * @fault:  set on failure, without a path
 *
 * Errors: -EINVAL  more slices of a profile than one GPU has, two owners of the
 *                  media engines, one that takes all of them beside another that
 *                  wants some, or no arrangement without overlap
 */
int layout_place(const struct gpu_product *product, const int64_t *counts, struct layout *ret,
                 struct fault *fault);

/*
 * layout_reach() - how far an impossible layout gets
 * @ret:        the part of it that fills the most memory slices; of those the one with the
 *              most slices, larger ones first
 * @ret_counts: LAYOUT_KINDS_MAX of them, all written: what of each profile is part of it
 */
void layout_reach(const struct gpu_product *product, const int64_t *counts, struct layout *ret,
                  int64_t *ret_counts);

#endif
