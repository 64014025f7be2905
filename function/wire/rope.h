/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rope - a RunFunctionRequest in pieces, as a network brings it
 *
 * Nearly all of a large request is stepped over: objects that others desire, which
 * are passed through, and observed ones that others composed. Only what is read is
 * copied into a buffer, each byte to where it would lie in the whole, so that readers
 * need not know of pieces. What an answer passes through is found in the pieces.
 */
#ifndef WIRE_ROPE_H
#define WIRE_ROPE_H

#include "base/text.h"

struct rope {
        const struct text *pieces;
        size_t n_pieces;
        size_t len; /* of all pieces */
};

/* A smaller object is copied like the rest: that is cheaper than to step over it. */
enum { ROPE_GAP_MIN = 256 };

/*
 * rope_read() - copy the bytes of a request that function_run() looks at
 * @reads: whether it looks into the observed resource of that name
 * @ret:   rope->len bytes
 *
 * Left out, and as they were in @ret, are objects of ROPE_GAP_MIN bytes and more that
 * guard_request_only() steps over: of desired resources, and of observed ones that @reads
 * does not want. All else is copied, whatever it is.
 *
 * Returns the number of bytes that were copied.
 */
size_t rope_read(const struct rope *rope, bool (*reads)(struct text name), char *ret);

/* A place in a rope. */
struct rope_cursor {
        const struct rope *rope;
        size_t piece, in_piece;
        size_t piece_begin; /* where the piece lies in the whole */
};

/* rope_offset() - where that is in the whole */
static inline size_t rope_offset(const struct rope_cursor *c) {
        return c->piece_begin + c->in_piece;
}

/* rope_seek() - offset is at most rope->len; quick where it lies a little ahead. */
void rope_seek(struct rope_cursor *c, size_t offset);

/* rope_take() - the next bytes as far as they lie in one piece, at most max; empty at the end. */
struct text rope_take(struct rope_cursor *c, size_t max);

/* rope_copy() - the next len bytes, which the rope has. */
void rope_copy(struct rope_cursor *c, size_t len, char *ret);

#endif
