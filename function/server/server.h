/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - RunFunction over gRPC
 *
 * Workers share one queue for RunFunction, because Crossplane sends everything
 * over one connection; all else has a queue and a thread of its own.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/fault.h"
#include "server/counters.h"

#include <stdint.h>

struct tls;

struct server_config {
        const char *address; /* HOST:PORT; without a host, or 0.0.0.0: every address there is */
        struct tls *tls;     /* NULL: plain text; outlives the server */
        uint32_t max_recv_bytes;
        unsigned int n_workers;
        /* A client that keeps a connection longer is asked to make a new one; 0: never. */
        int64_t max_connection_age_ms;
        int64_t max_connection_age_grace_ms; /* what is under way on the old one then ends */
};

struct server;

/*
 * server_start() - listen, and answer from now on
 * @stats: counted in; outlives the server
 * @ret:   set on success; server_stop() ends it
 *
 * Signals that the caller waits for must be blocked before: the threads inherit that.
 *
 * Errors: -EADDRNOTAVAIL  cannot listen there
 *         -ENOMEM, -EAGAIN  no threads to be had
 */
int server_start(const struct server_config *config, struct counters *stats, struct server **ret,
                 struct fault *fault);

/* server_port() - the port that was bound; of interest when 0 was asked for. */
int server_port(const struct server *s);

/*
 * server_stop() - let what has begun come to its end, and free the server
 * @grace_ms: after this long, what is still under way is cancelled
 *
 * First, for a second or half the grace at most, calls are still taken until no
 * more arrive; then new ones are refused, and only then are answers sent. A computation is never
 * interrupted, so this may take longer than the grace by one of them.
 *
 * Returns whether everything ended within the grace.
 */
bool server_stop(struct server *s, int64_t grace_ms);

#endif
