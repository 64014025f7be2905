/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
        struct arena_chunk *older;
        size_t size; /* with this header */
        _Alignas(ALIGNMENT) char data[];
};

void arena_init(struct arena *a, size_t budget_bytes) {
        *a = (struct arena) { .budget_bytes = budget_bytes };
}

static void free_chunks(struct arena_chunk *chunk) {
        while (chunk) {
                struct arena_chunk *older = chunk->older;

                free(chunk);
                chunk = older;
        }
}

void arena_release(struct arena *a) {
        free_chunks(a->chunks);
        arena_init(a, a->budget_bytes);
}

void arena_reset(struct arena *a, size_t keep_bytes) {
        struct arena_chunk *kept = a->chunks;
        size_t budget = a->budget_bytes, peak = a->peak_bytes;

        if (kept) {
                free_chunks(kept->older);
                kept->older = NULL;
        }
        if (kept && kept->size > keep_bytes) {
                free(kept);
                kept = NULL;
        }
        *a = (struct arena) { .budget_bytes = budget, .peak_bytes = peak, .chunks = kept };
        if (kept) {
                a->next = kept->data;
                a->end = (char *)kept + kept->size;
                a->taken_bytes = kept->size;
        }
}

/* A chunk with room for size bytes; each is twice as large as the one before it. */
static bool add_chunk(struct arena *a, size_t size) {
        size_t total = a->chunks ? a->chunks->size * 2 : CHUNK_BYTES;
        struct arena_chunk *chunk;

        while (total < size + sizeof(*chunk)) {
                if (__builtin_mul_overflow(total, (size_t)2, &total))
                        return false;
        }
        chunk = malloc(total);
        if (!chunk)
                return false;
        chunk->older = a->chunks;
        chunk->size = total;
        a->chunks = chunk;
        a->next = chunk->data;
        a->end = (char *)chunk + total;
        a->taken_bytes += total;
        return true;
}

static void *fail(struct arena *a) {
        a->failed = true;
        return NULL;
}

/* Every block is as long as that, so that the next one is aligned. */
static size_t align(size_t size) {
        return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *arena_alloc(struct arena *a, size_t size) {
        size_t aligned;
        void *block;

        if (a->countdown > 0 && --a->countdown == 0)
                return fail(a);
        if (__builtin_add_overflow(size, (size_t)(ALIGNMENT - 1), &aligned))
                return fail(a);
        aligned &= ~(size_t)(ALIGNMENT - 1);
        if (aligned == 0)
                aligned = ALIGNMENT;
        if (aligned > a->budget_bytes || a->used_bytes > a->budget_bytes - aligned)
                return fail(a);
        if ((size_t)(a->end - a->next) < aligned && !add_chunk(a, aligned))
                return fail(a);
        block = a->next;
        a->next += aligned;
        a->used_bytes += aligned;
        if (a->used_bytes > a->peak_bytes)
                a->peak_bytes = a->used_bytes;
        return block;
}

void *arena_zalloc(struct arena *a, size_t size) {
        void *block = arena_alloc(a, size);

        return block ? memset(block, 0, size) : NULL;
}

void *arena_array(struct arena *a, size_t n, size_t size) {
        size_t total;

        if (__builtin_mul_overflow(n, size, &total))
                return fail(a);
        return arena_zalloc(a, total);
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size) {
        size_t old_aligned = align(old_size);
        char *start = old;
        void *block;

        if (old && new_size > old_size && start + old_aligned == a->next &&
            (size_t)(a->end - start) >= new_size + ALIGNMENT && a->countdown == 0) {
                size_t more = align(new_size) - old_aligned;

                if (more <= a->budget_bytes - a->used_bytes) {
                        a->next += more;
                        a->used_bytes += more;
                        if (a->used_bytes > a->peak_bytes)
                                a->peak_bytes = a->used_bytes;
                        return old;
                }
        }
        block = arena_alloc(a, new_size);
        if (block && old)
                memcpy(block, old, old_size < new_size ? old_size : new_size);
        return block;
}

struct arena_mark arena_mark(const struct arena *a) {
        return (struct arena_mark) { .chunk = a->chunks,
                                     .next = a->next,
                                     .used_bytes = a->used_bytes };
}

void arena_rewind(struct arena *a, struct arena_mark mark) {
        while (a->chunks != mark.chunk) {
                struct arena_chunk *newest = a->chunks;

                a->chunks = newest->older;
                a->taken_bytes -= newest->size;
                free(newest);
        }
        a->next = mark.next;
        a->end = mark.chunk ? (char *)mark.chunk + mark.chunk->size : NULL;
        a->used_bytes = mark.used_bytes;
}

void *arena_keep(struct arena *a, struct arena_mark mark, void *block, size_t size) {
        if (!block || a->chunks != mark.chunk)
                return block;
        memmove(mark.next, block, size);
        a->next = mark.next + align(size);
        a->used_bytes = mark.used_bytes + align(size);
        return mark.next;
}

bool arena_failed(const struct arena *a) {
        return a->failed;
}
