/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base32 - the digits at the end of a name that was cut or is shared
 */
#ifndef BASE_BASE32_H
#define BASE_BASE32_H

#include "base/text.h"

enum { BASE32_DIGITS = 16 };

/*
 * base32_16() - 16 digits, a-z and 2-7, for n texts
 *
 * The first 80 bits of SHA-256 over the parts, each written as its decimal length,
 * ":" and its bytes, so that no two lists of texts are hashed as the same bytes.
 * Never changes: running services are called by it.
 *
 * Source: RFC 4648, base32, in lower case and without padding
 */
void base32_16(const struct text *parts, size_t n, char ret[BASE32_DIGITS]);

/* base32_is_16() - could t have been written by base32_16()? */
bool base32_is_16(struct text t);

#endif
