/* SPDX-License-Identifier: Apache-2.0 */
#include "server/call_memory.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/support/alloc.h>
#include <string.h>

enum {
        ARENA_KEEP_BYTES = 8 * 1024 * 1024,
        /* A smaller part of an answer is cheaper to copy than to refer to. */
        REFER_MIN_BYTES = 4 * 1024,
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

struct text call_memory_request(struct call_memory *lease) {
        grpc_slice_buffer *slices = &lease->message->data.raw.slice_buffer;
        grpc_byte_buffer_reader reader;

        if (slices->count == 1) {
                lease->request = grpc_slice_ref(slices->slices[0]);
        } else if (grpc_byte_buffer_reader_init(&reader, lease->message)) {
                lease->request = grpc_byte_buffer_reader_readall(&reader);
                grpc_byte_buffer_reader_destroy(&reader);
        }
        return (struct text) { .data = (const char *)GRPC_SLICE_START_PTR(lease->request),
                               .len = GRPC_SLICE_LENGTH(lease->request) };
}

static void slice_done(void *lease) {
        call_memory_drop(lease);
}

static grpc_slice refer(struct call_memory *lease, struct text part) {
        /* Core only reads it. */
        union {
                const char *in;
                void *out;
        } bytes = { .in = part.data };

        atomic_fetch_add(&lease->n_holders, 1);
        return grpc_slice_new_with_user_data(bytes.out, part.len, slice_done, lease);
}

/* A run of small parts as one slice; *i moves past it. */
static grpc_slice gather(const struct payload *payload, size_t *i) {
        size_t len = 0, end = *i;
        unsigned char *next;
        grpc_slice slice;

        for (; end < payload->n_parts && payload->parts[end].len < REFER_MIN_BYTES; end++)
                len += payload->parts[end].len;
        slice = grpc_slice_malloc(len);
        next = GRPC_SLICE_START_PTR(slice);
        for (; *i < end; (*i)++) {
                if (payload->parts[*i].len > 0)
                        memcpy(next, payload->parts[*i].data, payload->parts[*i].len);
                next += payload->parts[*i].len;
        }
        return slice;
}

grpc_byte_buffer *call_memory_answer(struct call_memory *lease, const struct payload *payload) {
        grpc_slice *slices = gpr_malloc((payload->n_parts + 1) * sizeof(*slices));
        grpc_byte_buffer *buffer;
        size_t n = 0, i = 0;

        while (i < payload->n_parts) {
                if (payload->parts[i].len >= REFER_MIN_BYTES)
                        slices[n++] = refer(lease, payload->parts[i++]);
                else
                        slices[n++] = gather(payload, &i);
        }
        buffer = grpc_raw_byte_buffer_create(slices, n);
        for (i = 0; i < n; i++)
                grpc_slice_unref(slices[i]);
        gpr_free(slices);
        return buffer;
}
