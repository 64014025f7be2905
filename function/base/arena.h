/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - the memory of one request
 *
 * A request takes all its memory here and gives it back at once. There is a
 * budget that the client cannot exceed. An arena belongs to one thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
        struct arena_chunk *chunks; /* newest first */
        char *next;
        char *end;
        size_t taken_bytes;  /* by chunks, from the system */
        size_t used_bytes;   /* handed out since the last reset */
        size_t peak_bytes;   /* the most that was ever handed out between two resets */
        size_t budget_bytes; /* of used_bytes */
        uint64_t countdown;  /* test: the allocation that fails, counted down; 0 = none */
        bool failed;
};

/* arena_init() - an empty arena; takes no memory yet. */
void arena_init(struct arena *a, size_t budget_bytes);

/* arena_release() - gives everything back to the system; the arena is as after arena_init(). */
void arena_release(struct arena *a);

/*
 * arena_reset() - everything allocated is gone; one chunk is kept for the next request
 * @keep_bytes: a larger chunk is given back too
 *
 * The failure mark and the test countdown are cleared.
 */
void arena_reset(struct arena *a, size_t keep_bytes);

/*
 * arena_alloc() - size bytes, aligned for any type, not cleared
 *
 * Returns NULL when the budget or the system's memory is spent. The failure is
 * remembered: code that builds many small things may go on with NULL and ask
 * arena_failed() once at its end.
 */
void *arena_alloc(struct arena *a, size_t size);

/* arena_zalloc() - the same, cleared. */
void *arena_zalloc(struct arena *a, size_t size);

/* arena_array() - n cleared elements of size bytes; NULL also when n * size overflows. n may be 0.
 */
void *arena_array(struct arena *a, size_t n, size_t size);

/*
 * arena_grow() - a larger block that begins with the old one's bytes
 *
 * In place where old is the newest allocation and the chunk has room.
 */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size);

/* A moment in the life of an arena; it is over when the arena is reset or released. */
struct arena_mark {
        struct arena_chunk *chunk;
        char *next;
        size_t used_bytes;
};

/* arena_mark() - now, for arena_rewind(). */
struct arena_mark arena_mark(const struct arena *a);

/*
 * arena_rewind() - what was allocated since the mark is gone
 *
 * For scratch: memory that a step needs at each try and not afterwards.
 * Blocks from before the mark must not have grown since, and marks taken since
 * are over. Chunks taken since go back to the system. The peak, the failure mark
 * and the test countdown stay as they are.
 */
void arena_rewind(struct arena *a, struct arena_mark mark);

/*
 * arena_keep() - what was allocated since the mark is gone, but for one block
 * @block, @size: allocated since; may be NULL
 *
 * Returns where its bytes are now. As arena_rewind() otherwise, but where a chunk was
 * taken since, all stays as it is.
 */
void *arena_keep(struct arena *a, struct arena_mark mark, void *block, size_t size);

/* arena_failed() - has any allocation failed since the last reset? */
bool arena_failed(const struct arena *a);

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, n, type) ((type *)arena_array((arena), (n), sizeof(type)))

#endif
