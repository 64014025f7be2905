/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assertions - cmocka's, for texts and values
 *
 * One that fails prints both sides, and ends the case at the caller's line.
 */
#ifndef TEST_LIB_ASSERTIONS_H
#define TEST_LIB_ASSERTIONS_H

#include "wire/value.h"

/* assert_text() - the same bytes as a C string? */
#define assert_text(got, want) assert_same_text(got, text_from(want))

/* assert_same_text() - the same bytes? */
#define assert_same_text(got, want) assertions_same(got, want, __FILE__, __LINE__)

/* assert_json() - is the value what a literal of lib/json.h says, members in any order? */
#define assert_json(got, want) assertions_json(got, want, __FILE__, __LINE__)

void assertions_same(struct text got, struct text want, const char *file, int line);
void assertions_json(struct value got, const char *want, const char *file, int line);

#endif
