/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a layout, on every product: an arrangement that is found is one. */
#include <errno.h>

#include "fuzz.h"
#include "gpu/layout.h"

static bool may_start(const struct layout_slice *slice) {
        for (size_t i = 0; i < slice->profile->n_placements; i++) {
                if (slice->profile->placements[i] == slice->start)
                        return true;
        }
        return false;
}

static void check_arrangement(const struct gpu_product *product, const int64_t *counts,
                              const struct layout *layout) {
        int64_t left[LAYOUT_KINDS_MAX];
        uint32_t taken = 0;

        MUST(layout->n_slices <= LAYOUT_SLICES_MAX);
        for (size_t i = 0; i < product->n_profiles; i++)
                left[i] = counts[i];
        for (size_t i = 0; i < layout->n_slices; i++) {
                const struct layout_slice *slice = &layout->slices[i];
                uint32_t covered = ((UINT32_C(1) << slice->profile->memory_slices) - 1)
                                   << slice->start;

                MUST(may_start(slice));
                MUST((taken & covered) == 0);
                MUST(slice->start + slice->profile->memory_slices <= product->memory_slices);
                taken |= covered;
                left[slice->profile - product->profiles]--;
        }
        for (size_t i = 0; i < product->n_profiles; i++)
                MUST(left[i] == 0);
}

static void place(const struct gpu_product *product, const struct layout_wish *wishes, size_t n) {
        int64_t counts[LAYOUT_KINDS_MAX];
        struct fault fault = { .message = "" };
        struct layout layout;
        int r;

        if (layout_count(product, wishes, n, counts))
                return;
        r = layout_place(product, counts, &layout, &fault);
        MUST(r == 0 || (r == -EINVAL && fault.message[0] != '\0' && fault.path[0] == '\0'));
        if (r == 0)
                check_arrangement(product, counts, &layout);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct layout_wish wishes[LAYOUT_KINDS_MAX];
        const struct gpu_product *product;
        struct fault fault = { .message = "" };
        size_t n = 0;
        int r = layout_read(fuzz_text(data, size), wishes, &n, &fault);

        if (r < 0) {
                MUST(r == -EINVAL && fault.message[0] != '\0' && fault.path[0] == '\0');
                return 0;
        }
        MUST(n >= 1 && n <= LAYOUT_KINDS_MAX);
        for (size_t i = 0; i < n; i++)
                MUST(wishes[i].count >= 1 && wishes[i].count <= LAYOUT_COUNT_MAX);
        for (size_t i = 0; (product = catalog_product(i)); i++)
                place(product, wishes, n);
        return 0;
}
