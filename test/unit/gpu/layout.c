/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu/layout.h"

struct row {
        const char *product;
        const char *layout; /* "profile:count profile:count" */
        const char *why;    /* NULL: fits; else the sentence */
        const char *reason;
};

#define NO_ROOM(n, of) "it takes " #n " memory slices, but the GPU has " #of
#define OVERLAP "no arrangement keeps the slices from overlapping"

/*
 * Layouts of mig-parted's default configuration and of SageMaker HyperPod's, and
 * the edges of the published placements.
 */
/* clang-format off */
static const struct row rows[] = {
        { "H100-80GB", "1g.10gb:2 2g.20gb:1 3g.40gb:1",  NULL, "all-balanced" },
        { "H100-80GB", "1g.10gb:7",                      NULL, "all-1g.10gb" },
        { "H100-80GB", "1g.10gb+me:1",                   NULL, "all-1g.10gb.me" },
        { "H100-80GB", "1g.20gb:4",                      NULL, "all-1g.20gb" },
        { "H100-80GB", "2g.20gb:3",                      NULL, "all-2g.20gb" },
        { "H100-80GB", "3g.40gb:2",                      NULL, "all-3g.40gb" },
        { "H100-80GB", "4g.40gb:1",                      NULL, "all-4g.40gb" },
        { "H100-80GB", "7g.80gb:1",                      NULL, "all-7g.80gb" },
        { "H100-80GB", "3g.40gb:1 4g.40gb:1",            NULL, "4g must take the lower half" },
        { "H100-80GB", "1g.10gb:3 4g.40gb:1",            NULL, "" },
        { "H100-80GB", "1g.10gb:4 3g.40gb:1",            NULL, "3g must take the upper half" },
        { "H100-80GB", "1g.10gb:3 3g.40gb:1",            NULL, "" },
        { "H100-80GB", "1g.10gb:1 2g.20gb:1 3g.40gb:1",  NULL, "" },
        { "H100-80GB", "1g.20gb:3 1g.10gb:1",            NULL, "1g in the seventh slice" },
        { "H100-80GB", "1g.20gb:3 1g.10gb:2",            NULL, "the last pair goes to the top" },
        { "H100-80GB", "3g.40gb:1 1g.20gb:2",            NULL, "" },
        { "H100-80GB", "2g.20gb:3 1g.10gb:2",            OVERLAP, "the eighth slice starts nothing" },
        { "H100-80GB", "4g.40gb:1 2g.20gb:2",            OVERLAP, "8 of 8, and 2g starts at 0, 2, 4" },
        { "H100-80GB", "4g.40gb:2",                      "2 x 4g.40gb, but one GPU holds 1", "" },
        { "H100-80GB", "1g.10gb:8",                      "8 x 1g.10gb, but one GPU holds 7", "" },
        { "H100-80GB", "4g.40gb:1 3g.40gb:1 1g.10gb:1",  NO_ROOM(9, 8), "" },
        { "H100-80GB", "3g.40gb:2 1g.10gb:1",            NO_ROOM(9, 8), "6 of 7 compute slices" },
        { "A100-40GB", "1g.5gb:7",                       NULL, "all-1g.5gb" },
        { "A100-40GB", "1g.10gb:4",                      NULL, "all-1g.10gb" },
        { "A100-40GB", "1g.5gb:3 4g.20gb:1",             NULL, "" },
        { "A100-40GB", "2g.10gb:2 3g.20gb:1",            NULL, "" },
        { "A100-40GB", "1g.5gb:2 2g.10gb:1 3g.20gb:1",   NULL, "" },
        { "A100-40GB", "1g.5gb:1 2g.10gb:3",             NULL, "" },
        { "A100-40GB", "1g.5gb:3 2g.10gb:2",             NULL, "" },
        { "A100-40GB", "1g.5gb:5 2g.10gb:1",             NULL, "" },
        { "A100-40GB", "3g.20gb:1 1g.10gb:2",            NULL, "" },
        { "A100-40GB", "3g.20gb:2 1g.5gb:1",             NO_ROOM(9, 8), "" },
        { "A100-40GB", "4g.20gb:1 2g.10gb:2",            OVERLAP, "" },
        { "A100-40GB", "1g.5gb+me:2 1g.5gb:1",           "2 x 1g.5gb+me, but one GPU holds 1", "" },
        { "A100-40GB", "1g.10gb:7",                      "7 x 1g.10gb, but one GPU holds 4",
          "the double-memory profile on a 40 GB part" },
        { "A100-80GB", "1g.10gb+me:1 1g.10gb:6",         NULL, "" },
        { "A100-80GB", "4g.40gb:1 2g.20gb:1 1g.10gb:1",  NULL, "" },
        { "A100-80GB", "1g.20gb:4 1g.10gb:1",            NO_ROOM(9, 8), "" },
        { "A100-80GB", "7g.80gb:1 1g.10gb:1",            NO_ROOM(9, 8), "" },
        { "H200-141GB", "1g.18gb:1 2g.35gb:1 4g.71gb:1", NULL, "" },
        { "H200-141GB", "1g.18gb:2 2g.35gb:1 3g.71gb:1", NULL, "" },
        { "H200-141GB", "2g.35gb:3 1g.18gb:2",           OVERLAP, "" },
        { "H200-141GB", "7g.141gb:1 1g.18gb:1",          NO_ROOM(9, 8), "" },
        { "A30-24GB",  "1g.6gb:2 2g.12gb:1",             NULL, "all-balanced" },
        { "A30-24GB",  "1g.6gb:4",                       NULL, "" },
        { "A30-24GB",  "4g.24gb:1",                      NULL, "" },
        { "A30-24GB",  "2g.12gb+me:1 2g.12gb:1",         NULL, "" },
        { "A30-24GB",  "1g.6gb:5",                       "5 x 1g.6gb, but one GPU holds 4", "" },
        { "A30-24GB",  "2g.12gb:1 1g.6gb:3",             NO_ROOM(5, 4), "" },
        { "A30-24GB",  "1g.6gb+me:1 2g.12gb+me:1",
          "2 slices want the media engines, which one slice owns", "" },
};
/* clang-format on */

static void read_layout(const struct gpu_product *product, const char *layout, int64_t *counts) {
        struct text rest = text_from(layout);

        while (!text_is_empty(rest)) {
                size_t end = text_index(rest, ' '), colon = text_index(rest, ':');
                const struct gpu_profile *profile =
                        catalog_profile(product, text_slice(rest, 0, colon));
                uint64_t count;

                assert_non_null(profile);
                assert_true(text_to_u64(text_slice(rest, colon + 1, end), &count));
                counts[profile - product->profiles] = (int64_t)count;
                rest = text_slice(rest, end + 1, rest.len);
        }
}

/* What was found is an arrangement: every slice in a place of its own, and all of them there. */
static void check_arrangement(const struct gpu_product *product, const int64_t *counts,
                              const struct layout *layout) {
        uint32_t taken = 0;
        int64_t seen[32] = { 0 };

        for (size_t i = 0; i < layout->n_slices; i++) {
                const struct layout_slice *slice = &layout->slices[i];
                bool allowed = false;

                for (size_t j = 0; j < slice->profile->n_placements; j++)
                        allowed |= slice->profile->placements[j] == slice->start;
                assert_true(allowed);
                for (int bit = slice->start; bit < slice->start + slice->profile->memory_slices;
                     bit++) {
                        assert_true(bit < product->memory_slices);
                        assert_false(taken & (UINT32_C(1) << bit));
                        taken |= UINT32_C(1) << bit;
                }
                seen[slice->profile - product->profiles]++;
        }
        for (size_t i = 0; i < product->n_profiles; i++)
                assert_true(seen[i] == counts[i]);
}

static void test_place(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct gpu_product *product;
                int64_t counts[32] = { 0 };
                struct layout layout;
                struct fault fault;
                int r;

                print_message("%s %s: %s\n", rows[i].product, rows[i].layout, rows[i].reason);
                assert_int_equal(catalog_find(text_from(rows[i].product), &product, 1), 1);
                read_layout(product, rows[i].layout, counts);
                r = layout_place(product, counts, &layout, &fault);
                if (rows[i].why) {
                        assert_int_equal(r, -EINVAL);
                        assert_string_equal(fault.message, rows[i].why);
                } else {
                        assert_int_equal(r, 0);
                        check_arrangement(product, counts, &layout);
                }
        }
}

/* As many of one profile as the catalogue promises do fit, and one more never does. */
static void test_maximum_of_each(void **state) {
        size_t n_products;
        const struct gpu_product *products = catalog_products(&n_products);

        (void)state;
        for (size_t i = 0; i < n_products; i++) {
                for (size_t j = 0; j < products[i].n_profiles; j++) {
                        int64_t counts[32] = { 0 };
                        struct layout layout;
                        struct fault fault;

                        counts[j] = products[i].profiles[j].max_instances;
                        assert_int_equal(layout_place(&products[i], counts, &layout, &fault), 0);
                        check_arrangement(&products[i], counts, &layout);
                        counts[j]++;
                        assert_int_equal(layout_place(&products[i], counts, &layout, &fault),
                                         -EINVAL);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_place),
                cmocka_unit_test(test_maximum_of_each),
        };

        return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
