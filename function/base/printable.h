/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printable - texts of others in what people read
 *
 * Names and values of a user's document stand in conditions, events and tables.
 * There a line break, a cursor movement or a change of direction could pass for
 * something that we said.
 */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include "base/text.h"

/* printable_first() - is the code point at the front of t, of *ret_len bytes, printable? */
bool printable_first(struct text t, size_t *ret_len);

/*
 * printable_text() - t with an escape such as \u202e for each code point that is not printable
 *
 * A byte that is none of UTF-8 is written \xff. t is given back as it is when there is
 * nothing to escape.
 */
struct text printable_text(struct text t, struct arena *arena);

#endif
