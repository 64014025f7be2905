/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base32.h"

#include "base/sha256.h"

enum { BITS = 5, LENGTH_MAX = 20 };

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* A decimal number and a colon, at the end of a buffer. */
static struct text write_length(size_t length, char buffer[LENGTH_MAX + 1]) {
        size_t at = LENGTH_MAX;

        buffer[at] = ':';
        do {
                buffer[--at] = (char)('0' + length % 10);
                length /= 10;
        } while (length > 0);
        return (struct text) { .data = buffer + at, .len = LENGTH_MAX + 1 - at };
}

void base32_16(const struct text *parts, size_t n, char ret[BASE32_DIGITS]) {
        unsigned char digest[SHA256_BYTES];
        char length[LENGTH_MAX + 1];
        unsigned int bits = 0, n_bits = 0;
        struct sha256 hash;
        size_t at = 0;

        sha256_init(&hash);
        for (size_t i = 0; i < n; i++) {
                sha256_add(&hash, write_length(parts[i].len, length));
                sha256_add(&hash, parts[i]);
        }
        sha256_done(&hash, digest);
        for (size_t i = 0; i < BASE32_DIGITS; i++) {
                if (n_bits < BITS) {
                        bits = bits << 8 | digest[at++];
                        n_bits += 8;
                }
                n_bits -= BITS;
                ret[i] = digits[bits >> n_bits & 31];
        }
}

bool base32_is_16(struct text t) {
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!(c >= 'a' && c <= 'z') && !(c >= '2' && c <= '7'))
                        return false;
        }
        return t.len == BASE32_DIGITS;
}
