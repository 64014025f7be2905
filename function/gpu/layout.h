/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - which slices fit one GPU together
 *
 * Every slice starts at one of its profile's places and covers that many memory
 * slices, and no two slices share one. Adding up memory slices is not enough:
 * 4g.40gb + 2 x 2g.20gb are eight of eight and still cannot be placed.
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

/*
 * layout_place() - find a place for every slice
 * @counts: how many of each profile, as many numbers as the product has profiles
 * @ret:    set on success; the first arrangement, larger profiles and lower starts first
 * @fault:  set on failure, without a path
 *
 * Errors: -EINVAL  more slices of a profile than one GPU has, two owners of the
 *                  media engines, or no arrangement without overlap
 */
int layout_place(const struct gpu_product *product, const int64_t *counts, struct layout *ret,
                 struct fault *fault);

#endif
