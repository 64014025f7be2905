/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256 - the hash that names are made of
 *
 * A name that a tenant can choose freely must not be made to meet another's: that
 * takes a cryptographic hash. It works on the caller's stack; libcrypto's would
 * allocate for each, and layers below the server know no OpenSSL.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/text.h"

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64 };

struct sha256 {
        uint32_t state[8];
        uint64_t n_bytes;                  /* added so far */
        unsigned char block[SHA256_BLOCK]; /* the last n_bytes % SHA256_BLOCK of them */
};

/* sha256_init() - the hash of no bytes, to be added to. */
void sha256_init(struct sha256 *hash);

/* sha256_add() - the bytes of t behind those that were added before. */
void sha256_add(struct sha256 *hash, struct text t);

/*
 * sha256_done() - the digest of all that was added; *hash is spent
 *
 * Source: FIPS 180-4; rows in test/unit/base/sha256.c are NIST's
 */
void sha256_done(struct sha256 *hash, unsigned char ret[SHA256_BYTES]);

#endif
