/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_memory - the memory of one call: its request's bytes, and the arena it is worked in
 *
 * An answer refers to bytes of both, and core may hold on to such bytes longer than
 * the call lives. So the call and every slice of its answer that lies in this memory
 * share a lease; the last of them gives it back. What is passed through of a request that
 * came in pieces lies in core's memory: slices of the answer refer to those of the request.
 */
#ifndef SERVER_CALL_MEMORY_H
#define SERVER_CALL_MEMORY_H

#include "base/arena.h"
#include "base/text.h"
#include "wire/response.h"
#include "wire/rope.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <pthread.h>
#include <stdatomic.h>

struct call_memory {
        struct call_memories *owner;
        struct call_memory *next; /* among the free ones */
        atomic_size_t n_holders;
        struct arena arena;
        grpc_byte_buffer *message;
        struct rope rope;   /* the message's bytes, where it came in pieces */
        grpc_slice request; /* the same in one piece, but for what is not looked at */
};

/* Those whose arenas are kept warm between calls. */
struct call_memories {
        size_t budget_bytes;
        unsigned int keep;

        pthread_mutex_t lock; /* of what follows */
        struct call_memory *free;
        unsigned int n_free;
};

/*
 * call_memory_init() - none is taken yet
 * @budget_bytes: what one arena may take
 * @keep:         the number that is kept when they come back
 */
void call_memory_init(struct call_memories *l, size_t budget_bytes, unsigned int keep);

/* call_memory_release() - all have come back. */
void call_memory_release(struct call_memories *l);

/* call_memory_take() - for one holder, the call; takes the message too. From any thread. */
struct call_memory *call_memory_take(struct call_memories *l, grpc_byte_buffer *message);

/*
 * call_memory_request() - the message's bytes in one piece, once
 * @reads: whether the observed resource of that name is looked into
 *
 * Where they lie if core received them so, else a copy of what is looked at (wire/rope.h);
 * they live as long as the lease.
 */
struct text call_memory_request(struct call_memory *lease, bool (*reads)(struct text name));

/*
 * call_memory_answer() - a payload as a message; the caller destroys it
 *
 * Large parts are referred to, so that the lease is held until core is done with
 * them; smaller ones are copied.
 */
grpc_byte_buffer *call_memory_answer(struct call_memory *lease, const struct payload *payload);

/* call_memory_drop() - by one holder. From any thread. */
void call_memory_drop(struct call_memory *lease);

#endif
