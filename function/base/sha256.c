/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

/* FIPS 180-4, 4.2.2: of the cube roots of the first 64 primes. */
static const uint32_t constants[SHA256_BLOCK] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned int bits) {
        return word >> bits | word << (32 - bits);
}

static uint32_t reader_word(const unsigned char *bytes) {
        return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
               bytes[3];
}

static void write_word(unsigned char *bytes, uint32_t word) {
        for (unsigned int i = 0; i < 4; i++)
                bytes[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* FIPS 180-4, 6.2.2: one round, over v[0..7], the standard's a..h. */
static void mix(uint32_t v[8], uint32_t word) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t first =
                v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + choice + word;
        uint32_t second = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + majority;

        for (size_t i = 7; i > 0; i--)
                v[i] = v[i - 1];
        v[4] += first;
        v[0] = first + second;
}

static void add_block(struct sha256 *hash, const unsigned char *block) {
        uint32_t words[SHA256_BLOCK], v[8];

        for (size_t i = 0; i < 16; i++)
                words[i] = reader_word(block + 4 * i);
        for (size_t i = 16; i < SHA256_BLOCK; i++) {
                uint32_t near = words[i - 2], far = words[i - 15];

                words[i] = words[i - 16] + words[i - 7] +
                           (rotate(near, 17) ^ rotate(near, 19) ^ near >> 10) +
                           (rotate(far, 7) ^ rotate(far, 18) ^ far >> 3);
        }
        memcpy(v, hash->state, sizeof(v));
        for (size_t i = 0; i < SHA256_BLOCK; i++)
                mix(v, constants[i] + words[i]);
        for (size_t i = 0; i < 8; i++)
                hash->state[i] += v[i];
}

void sha256_init(struct sha256 *hash) {
        /* FIPS 180-4, 5.3.3: of the square roots of the first 8 primes. */
        *hash = (struct sha256) { .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void sha256_add(struct sha256 *hash, struct text t) {
        size_t held = hash->n_bytes % SHA256_BLOCK;

        hash->n_bytes += t.len;
        while (t.len > 0) {
                size_t n = t.len < SHA256_BLOCK - held ? t.len : SHA256_BLOCK - held;

                memcpy(hash->block + held, t.data, n);
                t = text_slice(t, n, t.len);
                held += n;
                if (held < SHA256_BLOCK)
                        return;
                add_block(hash, hash->block);
                held = 0;
        }
}

/* A bit of 1, zeros, and in the last 8 bytes of a block how many bits there were. */
void sha256_done(struct sha256 *hash, unsigned char ret[SHA256_BYTES]) {
        static const char padding[SHA256_BLOCK] = { (char)0x80 };
        uint64_t n_bits = hash->n_bytes * 8;
        size_t held = hash->n_bytes % SHA256_BLOCK;
        size_t end = held < SHA256_BLOCK - 8 ? SHA256_BLOCK : 2 * SHA256_BLOCK;

        sha256_add(hash, (struct text) { .data = padding, .len = end - 8 - held });
        write_word(hash->block + SHA256_BLOCK - 8, (uint32_t)(n_bits >> 32));
        write_word(hash->block + SHA256_BLOCK - 4, (uint32_t)n_bits);
        add_block(hash, hash->block);
        for (size_t i = 0; i < 8; i++)
                write_word(ret + 4 * i, hash->state[i]);
}
