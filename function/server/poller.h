/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poller - a thread that reads from the network while every worker computes
 *
 * A worker that waits for calls reads from the network for everything that the
 * server serves. While none does, this thread has to: what it reads of health, of
 * reflection and of new calls is handed over by core. At other times it sleeps,
 * because a thread that only reads has to wake another for each call.
 */
#ifndef SERVER_POLLER_H
#define SERVER_POLLER_H

#include <grpc/grpc.h>

struct poller;

/* poller_new() - for a server that has not started and has this number of workers */
struct poller *poller_new(grpc_server *server, unsigned int n_workers);

/*
 * poller_start() - start the thread
 *
 * Errors: -errno of pthread_create()
 */
int poller_start(struct poller *p);

/* poller_begin() - a worker does not read from now on. From any worker, as poller_end(). */
void poller_begin(struct poller *p);

/* poller_end() - it may read again. */
void poller_end(struct poller *p);

/* poller_stop() - no worker is left; ends the thread, if there is one. */
void poller_stop(struct poller *p);

/* poller_free() - after poller_stop(), and after the end of the server. */
void poller_free(struct poller *p);

#endif
