/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/layout.h"

struct row {
        const char *product;
        const char *layout; /* profile[:count], joined by commas */
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
static const struct row layouts[] = {
        { "H100-80GB", "1g.10gb:2,2g.20gb:1,3g.40gb:1",  NULL, "all-balanced" },
        { "H100-80GB", "1g.10gb:7",                      NULL, "all-1g.10gb" },
        { "H100-80GB", "1g.10gb+me:1",                   NULL, "all-1g.10gb.me" },
        { "H100-80GB", "1g.20gb:4",                      NULL, "all-1g.20gb" },
        { "H100-80GB", "2g.20gb:3",                      NULL, "all-2g.20gb" },
        { "H100-80GB", "3g.40gb:2",                      NULL, "all-3g.40gb" },
        { "H100-80GB", "4g.40gb:1",                      NULL, "all-4g.40gb" },
        { "H100-80GB", "7g.80gb:1",                      NULL, "all-7g.80gb" },
        { "H100-80GB", "3g.40gb:1,4g.40gb:1",            NULL, "4g must take the lower half" },
        { "H100-80GB", "1g.10gb:3,4g.40gb:1",            NULL, "" },
        { "H100-80GB", "1g.10gb:4,3g.40gb:1",            NULL, "3g must take the upper half" },
        { "H100-80GB", "1g.10gb:3,3g.40gb:1",            NULL, "" },
        { "H100-80GB", "1g.10gb:1,2g.20gb:1,3g.40gb:1",  NULL, "" },
        { "H100-80GB", "1g.20gb:3,1g.10gb:1",            NULL, "1g in the seventh slice" },
        { "H100-80GB", "1g.20gb:3,1g.10gb:2",            NULL, "the last pair goes to the top" },
        { "H100-80GB", "3g.40gb:1,1g.20gb:2",            NULL, "" },
        { "H100-80GB", "2g.20gb:3,1g.10gb:2",            OVERLAP, "the eighth slice starts nothing" },
        { "H100-80GB", "4g.40gb:1,2g.20gb:2",            OVERLAP, "8 of 8, and 2g starts at 0, 2, 4" },
        { "H100-80GB", "4g.40gb:2",                      "2 x 4g.40gb, but one GPU holds 1", "" },
        { "H100-80GB", "1g.10gb:8",                      "8 x 1g.10gb, but one GPU holds 7", "" },
        { "H100-80GB", "4g.40gb:1,3g.40gb:1,1g.10gb:1",  NO_ROOM(9, 8), "" },
        { "H100-80GB", "3g.40gb:2,1g.10gb:1",            NO_ROOM(9, 8), "6 of 7 compute slices" },
        { "A100-40GB", "1g.5gb:7",                       NULL, "all-1g.5gb" },
        { "A100-40GB", "1g.10gb:4",                      NULL, "all-1g.10gb" },
        { "A100-40GB", "1g.5gb:3,4g.20gb:1",             NULL, "" },
        { "A100-40GB", "2g.10gb:2,3g.20gb:1",            NULL, "" },
        { "A100-40GB", "1g.5gb:2,2g.10gb:1,3g.20gb:1",   NULL, "" },
        { "A100-40GB", "1g.5gb:1,2g.10gb:3",             NULL, "" },
        { "A100-40GB", "1g.5gb:3,2g.10gb:2",             NULL, "" },
        { "A100-40GB", "1g.5gb:5,2g.10gb:1",             NULL, "" },
        { "A100-40GB", "3g.20gb:1,1g.10gb:2",            NULL, "" },
        { "A100-40GB", "3g.20gb:2,1g.5gb:1",             NO_ROOM(9, 8), "" },
        { "A100-40GB", "4g.20gb:1,2g.10gb:2",            OVERLAP, "" },
        { "A100-40GB", "1g.5gb+me:2,1g.5gb:1",           "2 x 1g.5gb+me, but one GPU holds 1", "" },
        { "A100-40GB", "1g.10gb:7",                      "7 x 1g.10gb, but one GPU holds 4",
          "the double-memory profile on a 40 GB part" },
        { "A100-80GB", "1g.10gb+me:1,1g.10gb:6",         NULL, "" },
        { "A100-80GB", "4g.40gb:1,2g.20gb:1,1g.10gb:1",  NULL, "" },
        { "A100-80GB", "1g.20gb:4,1g.10gb:1",            NO_ROOM(9, 8), "" },
        { "A100-80GB", "7g.80gb:1,1g.10gb:1",            NO_ROOM(9, 8), "" },
        { "H200-141GB", "1g.18gb:1,2g.35gb:1,4g.71gb:1", NULL, "" },
        { "H200-141GB", "1g.18gb:2,2g.35gb:1,3g.71gb:1", NULL, "" },
        { "H200-141GB", "2g.35gb:3,1g.18gb:2",           OVERLAP, "" },
        { "H200-141GB", "7g.141gb:1,1g.18gb:1",          NO_ROOM(9, 8), "" },
        { "A30-24GB",  "1g.6gb:2,2g.12gb:1",             NULL, "all-balanced" },
        { "A30-24GB",  "1g.6gb:4",                       NULL, "" },
        { "A30-24GB",  "4g.24gb:1",                      NULL, "" },
        { "A30-24GB",  "2g.12gb+me:1,2g.12gb:1",         NULL, "" },
        { "A30-24GB",  "1g.6gb:5",                       "5 x 1g.6gb, but one GPU holds 4", "" },
        { "A30-24GB",  "2g.12gb:1,1g.6gb:3",             NO_ROOM(5, 4), "" },
        { "A30-24GB",  "1g.6gb+me:1,2g.12gb+me:1",
          "2 slices want the media engines, which one slice owns", "" },
        { "RTX-PRO-6000-96GB", "1g.24gb:4",              NULL, "" },
        { "RTX-PRO-6000-96GB", "1g.24gb+me,1g.24gb:3",   NULL, "one owner, three that share" },
        { "RTX-PRO-6000-96GB", "1g.24gb+me.all,1g.24gb-me:3", NULL, "one has all, three have none" },
        { "RTX-PRO-6000-96GB", "2g.48gb+me.all,2g.48gb-me",   NULL, "" },
        { "RTX-PRO-6000-96GB", "1g.24gb+me.all,1g.24gb",
          "1g.24gb+me.all takes all media engines, and 1g.24gb wants some: it must be -me", "" },
        { "RTX-PRO-6000-96GB", "1g.24gb+me.all,2g.48gb+gfx",
          "1g.24gb+me.all takes all media engines, and 2g.48gb+gfx wants some: it must be -me", "" },
        { "RTX-PRO-6000-96GB", "1g.24gb+me.all,2g.48gb+me.all",
          "2 slices want the media engines, which one slice owns", "" },
        { "THOR-IGPU", "2g.0gb+gfx,1g.0gb+me",           NULL, "one for each kind of work" },
        { "THOR-IGPU", "1g.0gb,1g.0gb+me",               OVERLAP, "both for compute" },
};
/* clang-format on */

static void read_layout(const struct gpu_product *product, const char *layout, int64_t *counts) {
        struct layout_wish wishes[LAYOUT_KINDS_MAX];
        struct fault fault;
        size_t n;

        assert_int_equal(layout_read(text_from(layout), wishes, &n, &fault), 0);
        assert_null(layout_count(product, wishes, n, counts));
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
        for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
                const struct gpu_product *product;
                int64_t counts[32] = { 0 };
                struct layout layout;
                struct fault fault;
                int r;

                print_message("%s %s: %s\n", layouts[i].product, layouts[i].layout,
                              layouts[i].reason);
                assert_int_equal(catalog_find(text_from(layouts[i].product), &product, 1), 1);
                read_layout(product, layouts[i].layout, counts);
                r = layout_place(product, counts, &layout, &fault);
                if (layouts[i].why) {
                        assert_int_equal(r, -EINVAL);
                        assert_string_equal(fault.message, layouts[i].why);
                } else {
                        assert_int_equal(r, 0);
                        check_arrangement(product, counts, &layout);
                }
        }
}

static void test_read(void **state) {
        static const struct {
                const char *layout;
                int n;
                const char *first;
                int64_t count;
        } rows[] = {
                { "3g.40gb", 1, "3g.40gb", 1 },
                { "3g.40gb,1g.10gb:4", 2, "3g.40gb", 1 },
                { "1g.10gb:7", 1, "1g.10gb", 7 },
                { "1g.10gb:1000", 1, "1g.10gb", 1000 },
                { "1g.24gb+gfx,me:2,2g.48gb", 2, "1g.24gb+gfx,me", 2 },
                { "1g.24gb-me:3", 1, "1g.24gb-me", 3 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct layout_wish wishes[LAYOUT_KINDS_MAX];
                struct fault fault;
                size_t n;

                print_message("\"%s\"\n", rows[i].layout);
                assert_int_equal(layout_read(text_from(rows[i].layout), wishes, &n, &fault), 0);
                assert_int_equal(n, rows[i].n);
                assert_true(text_equal(wishes[0].profile, text_from(rows[i].first)));
                assert_int_equal(wishes[0].count, rows[i].count);
        }
}

static void test_unreadable(void **state) {
        static const struct {
                const char *layout, *message;
        } rows[] = {
                { "", "\"\" is not profile[:count], such as 1g.10gb:7" },
                { "3g.40gb,", "\"\" is not profile[:count], such as 1g.10gb:7" },
                { "3g", "\"3g\" is not profile[:count], such as 1g.10gb:7" },
                { "3g.40gb, 1g.10gb",
                  "\"3g.40gb, 1g.10gb\" is not profile[:count], such as 1g.10gb:7" },
                { "all-balanced", "\"all-balanced\" is not profile[:count], such as 1g.10gb:7" },
                { "1g.10gb:0", "\"1g.10gb:0\": the count is not within 1 and 1000" },
                { "1g.10gb:", "\"1g.10gb:\": the count is not within 1 and 1000" },
                { "1g.10gb:-1", "\"1g.10gb:-1\": the count is not within 1 and 1000" },
                { "1g.10gb:1001", "\"1g.10gb:1001\": the count is not within 1 and 1000" },
                { "1g.10gb:2:3", "\"1g.10gb:2:3\": the count is not within 1 and 1000" },
        };
        char many[33 * 8 + 1] = "";
        struct layout_wish wishes[LAYOUT_KINDS_MAX];
        struct fault fault;
        size_t n = 42;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                print_message("\"%s\"\n", rows[i].layout);
                assert_int_equal(layout_read(text_from(rows[i].layout), wishes, &n, &fault),
                                 -EINVAL);
                assert_string_equal(fault.message, rows[i].message);
        }
        for (size_t i = 0; i < 33; i++)
                memcpy(many + i * 8, "1g.10gb,", 9);
        many[33 * 8 - 1] = '\0';
        assert_int_equal(layout_read(text_from(many), wishes, &n, &fault), -EINVAL);
        assert_string_equal(fault.message, "more than 32 profiles");
        assert_int_equal(n, 42);
}

/* Wishes for one profile add up, and the first that the GPU lacks is told. */
static void test_count(void **state) {
        const struct gpu_product *product;
        struct layout_wish wishes[LAYOUT_KINDS_MAX];
        int64_t counts[LAYOUT_KINDS_MAX];
        struct fault fault;
        size_t n;

        (void)state;
        assert_int_equal(catalog_find(TEXT("A100-80GB"), &product, 1), 1);
        assert_int_equal(layout_read(TEXT("1g.10gb:2,7g.79gb,1G.10gb"), wishes, &n, &fault), 0);
        assert_null(layout_count(product, wishes, n, counts));
        assert_int_equal(counts[0], 3);
        assert_int_equal(counts[product->n_profiles - 1], 1);
        assert_int_equal(layout_read(TEXT("1g.10gb,1g.5gb,1g.6gb"), wishes, &n, &fault), 0);
        assert_ptr_equal(layout_count(product, wishes, n, counts), &wishes[1]);
}

/* As many of one profile as the catalogue promises do fit, and one more never does. */
static void test_maximum_of_each(void **state) {
        const struct gpu_product *product;

        (void)state;
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                for (size_t j = 0; j < product->n_profiles; j++) {
                        int64_t counts[32] = { 0 };
                        struct layout layout;
                        struct fault fault;

                        counts[j] = product->profiles[j].max_instances;
                        assert_int_equal(layout_place(product, counts, &layout, &fault), 0);
                        check_arrangement(product, counts, &layout);
                        counts[j]++;
                        assert_int_equal(layout_place(product, counts, &layout, &fault), -EINVAL);
                }
        }
}

/* The fullest part: 4g.40gb with one of the 2g.20gb, not two of these alone. */
static void test_reach(void **state) {
        const struct gpu_product *product;
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 }, placed[LAYOUT_KINDS_MAX];
        struct layout layout;
        size_t half, quarter;

        (void)state;
        assert_int_equal(catalog_find(TEXT("H100-80GB"), &product, 1), 1);
        half = (size_t)(catalog_profile(product, TEXT("4g.40gb")) - product->profiles);
        quarter = (size_t)(catalog_profile(product, TEXT("2g.20gb")) - product->profiles);
        counts[half] = 1;
        counts[quarter] = 2;
        layout_reach(product, counts, &layout, placed);
        assert_int_equal(layout.n_slices, 2);
        assert_int_equal(placed[half], 1);
        assert_int_equal(placed[quarter], 1);
        counts[half] = 1000;
        layout_reach(product, counts, &layout, placed);
        assert_int_equal(placed[half], 1);
        check_arrangement(product, placed, &layout);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read),
                cmocka_unit_test(test_unreadable),
                cmocka_unit_test(test_count),
                cmocka_unit_test(test_place),
                cmocka_unit_test(test_maximum_of_each),
                cmocka_unit_test(test_reach),
        };

        return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
