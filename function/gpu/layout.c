/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/layout.h"

#include <errno.h>

static bool owns_media(const struct gpu_profile *profile) {
        return text_contains(profile->name, TEXT("+me"));
}

/* What can be said without looking for places: it makes for the better sentence. */
static int check_totals(const struct gpu_product *product, const int64_t *counts,
                        struct fault *fault) {
        int64_t n_memory = 0, n_media = 0;

        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (counts[i] > profile->max_instances) {
                        fault_set(fault, "%lld x %.*s, but one GPU holds %d", (long long)counts[i],
                                  TEXT_ARG(profile->name), profile->max_instances);
                        return -EINVAL;
                }
                n_memory += counts[i] * profile->memory_slices;
                n_media += owns_media(profile) ? counts[i] : 0;
        }
        if (n_media > 1) {
                fault_set(fault, "%lld slices want the media engines, which one slice owns",
                          (long long)n_media);
                return -EINVAL;
        }
        if (n_memory > product->memory_slices) {
                fault_set(fault, "it takes %lld memory slices, but the GPU has %d",
                          (long long)n_memory, product->memory_slices);
                return -EINVAL;
        }
        return 0;
}

/* Slices in the order in which they are tried: many memory slices first, they have few places. */
static void list_slices(const struct gpu_product *product, const int64_t *counts,
                        struct layout *ret) {
        ret->n_slices = 0;
        for (int size = product->memory_slices; size > 0; size--) {
                for (size_t i = product->n_profiles; i-- > 0;) {
                        if (product->profiles[i].memory_slices != size)
                                continue;
                        for (int64_t n = 0; n < counts[i]; n++)
                                ret->slices[ret->n_slices++].profile = &product->profiles[i];
                }
        }
}

/* Equal slices are placed in ascending order, so that no arrangement is tried twice. */
static bool place_from(struct layout *layout, size_t at, uint32_t taken) {
        struct layout_slice *slice = &layout->slices[at];
        const struct gpu_profile *profile;
        int lowest = 0;

        if (at == layout->n_slices)
                return true;
        profile = slice->profile;
        if (at > 0 && slice[-1].profile == profile)
                lowest = slice[-1].start + 1;
        for (size_t i = 0; i < profile->n_placements; i++) {
                uint8_t start = profile->placements[i];
                uint32_t covered = ((UINT32_C(1) << profile->memory_slices) - 1) << start;

                if (start < lowest || (taken & covered))
                        continue;
                slice->start = start;
                if (place_from(layout, at + 1, taken | covered))
                        return true;
        }
        return false;
}

int layout_place(const struct gpu_product *product, const int64_t *counts, struct layout *ret,
                 struct fault *fault) {
        struct layout layout;
        int r = check_totals(product, counts, fault);

        if (r < 0)
                return r;
        list_slices(product, counts, &layout);
        if (!place_from(&layout, 0, 0)) {
                fault_set(fault, "no arrangement keeps the slices from overlapping");
                return -EINVAL;
        }
        *ret = layout;
        return 0;
}
