/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_pieces - the function over a request as a network brings it
 */
#ifndef TEST_LIB_IN_PIECES_H
#define TEST_LIB_IN_PIECES_H

#include "base/arena.h"
#include "base/text.h"

/*
 * in_pieces_run() - function_run() over a request in pieces of that size
 * @ret: the answer's bytes, empty where there is none
 *
 * What the buffer lacks of the request are other bytes, which a reader would stumble over.
 * Returns what function_run() returns.
 */
int in_pieces_run(struct text request, size_t size, struct arena *arena, struct text *ret);

#endif
