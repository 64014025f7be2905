/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu/profile.h"

static void test_names(void **state) {
        static const struct {
                const char *name;
                int32_t compute, gpu, memory_gib;
                enum profile_media media;
                const char *attributes;
        } rows[] = {
                { "1g.10gb", 1, 1, 10, MEDIA_SHARED, "" },
                { "3g.40gb", 3, 3, 40, MEDIA_SHARED, "" },
                { "7g.141gb", 7, 7, 141, MEDIA_SHARED, "" },
                { "3G.40GB", 3, 3, 40, MEDIA_SHARED, "" },
                { "1c.3g.40gb", 1, 3, 40, MEDIA_SHARED, "" },
                { "3c.3g.40gb", 3, 3, 40, MEDIA_SHARED, "" },
                { "1g.10gb+me", 1, 1, 10, MEDIA_OWNER, "+me" },
                { "1g.10gb+ME", 1, 1, 10, MEDIA_OWNER, "+ME" },
                { "1g.24gb+me.all", 1, 1, 24, MEDIA_ALL, "+me.all" },
                { "1g.24gb-me", 1, 1, 24, MEDIA_NONE, "-me" },
                { "1g.24gb+gfx", 1, 1, 24, MEDIA_SHARED, "+gfx" },
                { "2g.48gb+gfx,me", 2, 2, 48, MEDIA_OWNER, "+gfx,me" },
                { "1g.24gb+gfx-me", 1, 1, 24, MEDIA_NONE, "+gfx-me" },
                { "2g.0gb", 2, 2, 0, MEDIA_SHARED, "" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct profile_name name;

                print_message("\"%s\"\n", rows[i].name);
                assert_true(profile_parse(text_from(rows[i].name), &name));
                assert_int_equal(name.compute_slices, rows[i].compute);
                assert_int_equal(name.gpu_slices, rows[i].gpu);
                assert_int_equal(name.memory_gib, rows[i].memory_gib);
                assert_int_equal(name.media, rows[i].media);
                assert_true(text_equal(name.attributes, text_from(rows[i].attributes)));
        }
}

static void test_no_names(void **state) {
        static const char *const rows[] = {
                "",           "3g",          "3g.40",        "3g.40gbx", "g.40gb",   "3g.gb",
                "3g.40gb+",   "3g.40gb-",    "3g.40gb+me,",  "3.40gb",   "+me",      "3g.99999gb",
                "0g.40gb",    "0c.3g.40gb",  "4c.3g.40gb",   " 3g.40gb", "3g.40gb ", "3g.40gb+m e",
                "3g.40gb+.m", "3g.40gb-me+", "3g.40gb-me-x", "-1g.10gb", "3g.40GiB", "all-balanced",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct profile_name name = { .gpu_slices = 42 };

                print_message("\"%s\"\n", rows[i]);
                assert_false(profile_parse(text_from(rows[i]), &name));
                assert_int_equal(name.gpu_slices, 42);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_no_names),
        };

        return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
