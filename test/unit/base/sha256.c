/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sha256.h"

struct row {
        const char *message;
        size_t times; /* the message that often */
        const char *want;
        const char *reason;
};

/* Source: NIST, the examples of FIPS 180-4; those of other lengths are OpenSSL's. */
/* clang-format off */
static const struct row rows[] = {
        { "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "no bytes" },
        { "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "NIST" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "NIST, 448 bits" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", 1,
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1", "NIST, 896 bits" },
        { "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
          "NIST, a million" },
        { "a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
          "the length still fits the block" },
        { "a", 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
          "and no longer" },
        { "a", 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34", "" },
        { "a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
          "a whole block" },
        { "a", 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb", "" },
        { "a", 120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c", "" },
};
/* clang-format on */

static void assert_digest(struct sha256 *hash, const char *want) {
        unsigned char digest[SHA256_BYTES];
        char hex[2 * SHA256_BYTES + 1];

        sha256_done(hash, digest);
        for (size_t i = 0; i < SHA256_BYTES; i++) {
                hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
                hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
        }
        hex[sizeof(hex) - 1] = '\0';
        assert_string_equal(hex, want);
}

static void test_vectors(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct sha256 hash;

                print_message("%zu x \"%s\" %s\n", rows[i].times, rows[i].message, rows[i].reason);
                sha256_init(&hash);
                for (size_t k = 0; k < rows[i].times; k++)
                        sha256_add(&hash, text_from(rows[i].message));
                assert_digest(&hash, rows[i].want);
        }
}

/* In whatever pieces they come, the bytes are the same. */
static void test_pieces(void **state) {
        struct text whole = text_from(rows[3].message);

        (void)state;
        for (size_t size = 1; size <= whole.len; size++) {
                struct sha256 hash;

                sha256_init(&hash);
                for (size_t at = 0; at < whole.len; at += size)
                        sha256_add(&hash, text_slice(whole, at, at + size));
                assert_digest(&hash, rows[3].want);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors),
                                            cmocka_unit_test(test_pieces) };

        return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
