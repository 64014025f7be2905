/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease - the memory of one call: its request's bytes, and the arena it is worked in
 *
 * An answer refers to bytes of both, and core may hold on to such bytes longer than
 * the call lives. So the call and every slice of its answer share a lease; the last
 * of them gives it back.
 */
#ifndef SERVER_LEASE_H
#define SERVER_LEASE_H

#include "base/arena.h"
#include "base/text.h"
#include "wire/response.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <pthread.h>
#include <stdatomic.h>

struct lease {
        struct leases *owner;
        struct lease *next; /* among the free ones */
        atomic_size_t n_holders;
        struct arena arena;
        grpc_byte_buffer *message;
        grpc_slice request; /* the message's bytes in one piece */
};

/* Those whose arenas are kept warm between calls. */
struct leases {
        size_t budget_bytes;
        unsigned int keep;

        pthread_mutex_t lock; /* of what follows */
        struct lease *free;
        unsigned int n_free;
};

/*
 * leases_init() - none is taken yet
 * @budget_bytes: what one arena may take
 * @keep:         so many are kept when they come back
 */
void leases_init(struct leases *l, size_t budget_bytes, unsigned int keep);

/* leases_release() - all have come back. */
void leases_release(struct leases *l);

/* lease_take() - for one holder, the call; takes the message too. From any thread. */
struct lease *lease_take(struct leases *l, grpc_byte_buffer *message);

/*
 * lease_request() - the message's bytes in one piece, once
 *
 * Where they lie if core received them so, else a copy; they live as long as the lease.
 */
struct text lease_request(struct lease *lease);

/*
 * lease_answer() - a payload as a message; the caller destroys it
 *
 * Large parts are referred to, so that the lease is held until core is done with
 * them; smaller ones are copied.
 */
grpc_byte_buffer *lease_answer(struct lease *lease, const struct payload *payload);

/* lease_drop() - by one holder. From any thread. */
void lease_drop(struct lease *lease);

#endif
