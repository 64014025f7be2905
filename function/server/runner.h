/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner - calls of RunFunction
 *
 * They arrive on one queue that all workers share; each, once its message is there,
 * is answered by function_run() in an arena of its own.
 */
#ifndef SERVER_RUNNER_H
#define SERVER_RUNNER_H

#include "server/counters.h"
#include "server/poller.h"
#include "server/queue.h"

struct runner;

/* What a runner works with; all of it outlives the runner. */
struct runner_config {
        grpc_server *server;
        grpc_completion_queue *queue; /* the workers', registered with the server */
        struct poller *poller;
        size_t budget_bytes;      /* what one call may take */
        unsigned int keep_arenas; /* the number that is kept warm between calls */
        struct counters *stats;
};

/* runner_new() - registers RunFunction, v1 and v1beta1, on a server that has not started */
struct runner *runner_new(const struct runner_config *config);

/*
 * runner_accept() - ask for calls; the server has started
 * @n: calls of each version that are handed over before a worker must take one
 */
void runner_accept(struct runner *r, unsigned int n);

/*
 * runner_hold() - from now on calls are computed, but their answers wait
 *
 * Clients open at most this number of calls of one connection without an answer:
 * soon none arrives any more.
 */
void runner_hold(struct runner *r);

/* runner_release() - send the answers that wait, and later ones at once. */
void runner_release(struct runner *r);

/* runner_n_arrived() - calls that workers have taken so far. */
uint64_t runner_n_arrived(struct runner *r);

/*
 * runner_idle() - is nothing of this runner left on its queue?
 *
 * After the server's shutdown it becomes true, and stays so, as soon as the last
 * call is over. Only then may the queue be shut down.
 */
bool runner_idle(struct runner *r);

/*
 * runner_last_uploads() - how many calls are left, when each of them still waits for its message
 *
 * After the server's shutdown; 0 when there are others, or none.
 */
size_t runner_last_uploads(struct runner *r);

/* runner_free() - after grpc_shutdown(): core may hold on to an answer's bytes until then. */
void runner_free(struct runner *r);

#endif
