/* SPDX-License-Identifier: Apache-2.0 */
#include "server/call_memory.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice_buffer.h>
#include <grpc/support/alloc.h>
#include <string.h>

enum {
        ARENA_KEEP_BYTES = 8 * 1024 * 1024,
        /* A smaller part of an answer is cheaper to copy than to refer to. */
        REFER_MIN_BYTES = 4 * 1024,
        /* On average; a peer that sends smaller ones is not to make us look for bytes in them. */
        PIECE_MIN_BYTES = 1024,
};

void call_memory_init(struct call_memories *l, size_t budget_bytes, unsigned int keep) {
        *l = (struct call_memories) { .budget_bytes = budget_bytes, .keep = keep };
        pthread_mutex_init(&l->lock, NULL);
}

static void lease_free(struct call_memory *lease) {
        arena_release(&lease->arena);
        gpr_free(lease);
}

void call_memory_release(struct call_memories *l) {
        while (l->free) {
                struct call_memory *lease = l->free;

                l->free = lease->next;
                lease_free(lease);
        }
        pthread_mutex_destroy(&l->lock);
}

struct call_memory *call_memory_take(struct call_memories *l, grpc_byte_buffer *message) {
        struct call_memory *lease;

        pthread_mutex_lock(&l->lock);
        lease = l->free;
        if (lease) {
                l->free = lease->next;
                l->n_free--;
        }
        pthread_mutex_unlock(&l->lock);
        if (!lease) {
                lease = gpr_zalloc(sizeof(*lease));
                lease->owner = l;
                arena_init(&lease->arena, l->budget_bytes);
        }
        atomic_init(&lease->n_holders, 1);
        lease->message = message;
        lease->rope = (struct rope) { 0 };
        lease->request = grpc_empty_slice();
        return lease;
}

void call_memory_drop(struct call_memory *lease) {
        struct call_memories *l;

        if (atomic_fetch_sub(&lease->n_holders, 1) != 1)
                return;
        l = lease->owner; /* only now: before, nothing orders this after call_memory_take() */
        grpc_slice_unref(lease->request);
        grpc_byte_buffer_destroy(lease->message);
        arena_reset(&lease->arena, ARENA_KEEP_BYTES);

        pthread_mutex_lock(&l->lock);
        if (l->n_free < l->keep) {
                lease->next = l->free;
                l->free = lease;
                l->n_free++;
                lease = NULL;
        }
        pthread_mutex_unlock(&l->lock);
        if (lease)
                lease_free(lease);
}

/* Returns whether they are worth it; else the message is copied whole. */
static bool find_pieces(struct call_memory *lease, const grpc_slice_buffer *slices) {
        struct text *pieces;

        if (slices->length / PIECE_MIN_BYTES < slices->count)
                return false;
        pieces = ARENA_ARRAY(&lease->arena, slices->count, struct text);
        if (!pieces)
                return false;
        for (size_t i = 0; i < slices->count; i++)
                pieces[i] = (struct text) {
                        .data = (const char *)GRPC_SLICE_START_PTR(slices->slices[i]),
                        .len = GRPC_SLICE_LENGTH(slices->slices[i]),
                };
        lease->rope = (struct rope) { .pieces = pieces,
                                      .n_pieces = slices->count,
                                      .len = slices->length };
        return true;
}

struct text call_memory_request(struct call_memory *lease, bool (*reads)(struct text name)) {
        const grpc_slice_buffer *slices = &lease->message->data.raw.slice_buffer;
        grpc_byte_buffer_reader reader;

        if (slices->count == 1) {
                lease->request = grpc_slice_ref(slices->slices[0]);
        } else if (find_pieces(lease, slices)) {
                lease->request = grpc_slice_malloc(slices->length);
                rope_read(&lease->rope, reads, (char *)GRPC_SLICE_START_PTR(lease->request));
        } else if (grpc_byte_buffer_reader_init(&reader, lease->message)) {
                lease->request = grpc_byte_buffer_reader_readall(&reader);
                grpc_byte_buffer_reader_destroy(&reader);
        }
        return (struct text) { .data = (const char *)GRPC_SLICE_START_PTR(lease->request),
                               .len = GRPC_SLICE_LENGTH(lease->request) };
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void slice_done(void *lease) {
        call_memory_drop(lease);
}

/* A part in this memory. */
static grpc_slice refer(struct call_memory *lease, struct text part) {
        /* Core only reads it. */
        union {
                const char *in;
                void *out;
        } bytes = { .in = part.data };

        atomic_fetch_add(&lease->n_holders, 1);
        return grpc_slice_new_with_user_data(bytes.out, part.len, slice_done, lease);
}

struct writing {
        struct call_memory *lease;
        const struct payload *payload;
        grpc_slice_buffer *out;
        struct rope_cursor at; /* in the rope: parts of it mostly follow each other */
};

/* Whether a part is of a request in pieces; *ret is where. */
static bool is_of_rope(const struct writing *w, struct text part, size_t *ret) {
        const char *request = (const char *)GRPC_SLICE_START_PTR(w->lease->request);
        uintptr_t offset = (uintptr_t)part.data - (uintptr_t)request;

        *ret = offset;
        return w->lease->rope.n_pieces > 0 && offset < w->lease->rope.len;
}

static void refer_to_pieces(struct writing *w, size_t offset, size_t len) {
        const grpc_slice *slices = w->lease->message->data.raw.slice_buffer.slices;
        struct text taken;

        rope_seek(&w->at, offset);
        for (; len > 0; len -= taken.len) {
                taken = rope_take(&w->at, len);
                if (taken.len == 0)
                        BUG("a part beyond the end of its request");
                grpc_slice_buffer_add(w->out,
                                      grpc_slice_sub(slices[w->at.piece],
                                                     w->at.in_piece - taken.len, w->at.in_piece));
        }
}

/* Nothing was left out of a part that is smaller than what may be. */
static void copy_part(struct writing *w, struct text part, char *ret) {
        size_t offset;

        if (part.len >= ROPE_GAP_MIN && is_of_rope(w, part, &offset)) {
                rope_seek(&w->at, offset);
                rope_copy(&w->at, part.len, ret);
        } else if (part.len > 0) {
                memcpy(ret, part.data, part.len);
        }
}

/* A run of small parts as one slice; *i moves past it. */
static grpc_slice gather(struct writing *w, size_t *i) {
        const struct payload *payload = w->payload;
        size_t len = 0, end = *i;
        grpc_slice slice;
        char *next;

        for (; end < payload->n_parts && payload->parts[end].len < REFER_MIN_BYTES; end++)
                len += payload->parts[end].len;
        slice = grpc_slice_malloc(len);
        next = (char *)GRPC_SLICE_START_PTR(slice);
        for (; *i < end; (*i)++) {
                copy_part(w, payload->parts[*i], next);
                next += payload->parts[*i].len;
        }
        return slice;
}

grpc_byte_buffer *call_memory_answer(struct call_memory *lease, const struct payload *payload) {
        grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(NULL, 0);
        struct writing w = { .lease = lease,
                             .payload = payload,
                             .out = &buffer->data.raw.slice_buffer,
                             .at.rope = &lease->rope };
        size_t i = 0, offset;

        while (i < payload->n_parts) {
                const struct text part = payload->parts[i];

                if (part.len < REFER_MIN_BYTES) {
                        grpc_slice_buffer_add(w.out, gather(&w, &i));
                        continue;
                }
                if (is_of_rope(&w, part, &offset))
                        refer_to_pieces(&w, offset, part.len);
                else
                        grpc_slice_buffer_add(w.out, refer(lease, part));
                i++;
        }
        return buffer;
}
