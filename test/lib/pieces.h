/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces - a request as a network brings it
 */
#ifndef TEST_LIB_PIECES_H
#define TEST_LIB_PIECES_H

#include "base/arena.h"
#include "wire/rope.h"

/* pieces_cut() - bytes in pieces of that size, the last one smaller; by reference. */
struct rope pieces_cut(struct text bytes, size_t size, struct arena *arena);

/* pieces_find() - a part of what was read into buffer as it stands in the pieces; a copy. Others as
 * they are. */
struct text pieces_find(const struct rope *rope, const char *buffer, struct text part,
                        struct arena *arena);

#endif
