/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base32.h"

enum { PARTS_MAX = 4 };

struct row {
        const char *parts[PARTS_MAX];
        size_t n;
        const char *want;
        const char *reason;
};

/* clang-format off */
static const struct row rows[] = {
        { { "team-a", "gemma-3-27b-production-chat", "mig-cluster", "" }, 4, "2s2xbuhngprinudf",
          "6:team-a27:gemma-3-27b-production-chat11:mig-cluster0:" },
        { { "" }, 0, "4oymiquy7qobjgx3", "the hash of no bytes" },
        { { "" }, 1, "xj3iwmy73bwozab3", "one part without bytes is not none" },
        { { "a", "bc" }, 2, "kmiklb4ipanlexk2", "where one part ends counts" },
        { { "ab", "c" }, 2, "imh3dnfmimyw5sub", "" },
        { { "1:a" }, 1, "jm24ofctcgfxwox2", "what looks like a length is none" },
        { { "a" }, 1, "ifrp3xjzupscexuo", "" },
};
/* clang-format on */

static void test_digits(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text parts[PARTS_MAX];
                char got[BASE32_DIGITS + 1] = { 0 };

                print_message("%s %s\n", rows[i].want, rows[i].reason);
                for (size_t k = 0; k < rows[i].n; k++)
                        parts[k] = text_from(rows[i].parts[k]);
                base32_16(parts, rows[i].n, got);
                assert_string_equal(got, rows[i].want);
                assert_true(base32_is_16(text_from(got)));
        }
}

static void test_is_16(void **state) {
        (void)state;
        assert_true(base32_is_16(TEXT("internationalize")));
        assert_true(base32_is_16(TEXT("2345672345672345")));
        assert_false(base32_is_16(TEXT("2s2xbuhngprinud")));
        assert_false(base32_is_16(TEXT("2s2xbuhngprinudff")));
        assert_false(base32_is_16(TEXT("2s2xbuhngprinud1")));
        assert_false(base32_is_16(TEXT("2s2xbuhngprinud8")));
        assert_false(base32_is_16(TEXT("2S2xbuhngprinudf")));
        assert_false(base32_is_16(TEXT("2s2xbuhng-rinudf")));
        assert_false(base32_is_16(TEXT("")));
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_digits),
                                            cmocka_unit_test(test_is_16) };

        return cmocka_run_group_tests_name("base32", tests, NULL, NULL);
}
