/* SPDX-License-Identifier: Apache-2.0 */
#include "server/poller.h"

#include "server/queue.h"

#include <grpc/support/alloc.h>
#include <grpc/support/time.h>

/*
 * Nothing can end a wait for the network early. A worker that has become free is
 * no reason to either: it will compute again soon where all of them did.
 */
enum { POLL_MS = 5 };

struct poller {
        grpc_completion_queue *queue; /* only its pollers count: no tag is ever put there */
        unsigned int n_workers;
        pthread_t thread;
        bool has_thread;

        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t changed;
        unsigned int n_computing;
        bool is_asleep; /* the thread */
        bool is_ending;
};

static void poll_network(struct poller *p) {
        gpr_timespec until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                          gpr_time_from_millis(POLL_MS, GPR_TIMESPAN));

        grpc_completion_queue_next(p->queue, until, NULL);
}

static void *run(void *argument) {
        struct poller *p = argument;

        pthread_mutex_lock(&p->lock);
        while (!p->is_ending) {
                if (p->n_computing < p->n_workers) {
                        p->is_asleep = true;
                        pthread_cond_wait(&p->changed, &p->lock);
                        p->is_asleep = false;
                        continue;
                }
                pthread_mutex_unlock(&p->lock);
                poll_network(p);
                pthread_mutex_lock(&p->lock);
        }
        pthread_mutex_unlock(&p->lock);
        return NULL;
}

struct poller *poller_new(grpc_server *server, unsigned int n_workers) {
        struct poller *p = gpr_zalloc(sizeof(*p));

        p->n_workers = n_workers;
        pthread_mutex_init(&p->lock, NULL);
        pthread_cond_init(&p->changed, NULL);
        p->queue = grpc_completion_queue_create_for_next(NULL);
        grpc_server_register_completion_queue(server, p->queue, NULL);
        return p;
}

int poller_start(struct poller *p) {
        int r = queue_thread(run, p, "poller", &p->thread);

        p->has_thread = r == 0;
        return r;
}

void poller_begin(struct poller *p) {
        bool wakes;

        pthread_mutex_lock(&p->lock);
        p->n_computing++;
        wakes = p->n_computing == p->n_workers && p->is_asleep;
        pthread_mutex_unlock(&p->lock);
        if (wakes)
                pthread_cond_signal(&p->changed);
}

void poller_end(struct poller *p) {
        pthread_mutex_lock(&p->lock);
        p->n_computing--;
        pthread_mutex_unlock(&p->lock);
}

void poller_stop(struct poller *p) {
        pthread_mutex_lock(&p->lock);
        p->is_ending = true;
        pthread_cond_signal(&p->changed);
        pthread_mutex_unlock(&p->lock);
        if (p->has_thread)
                pthread_join(p->thread, NULL);
        grpc_completion_queue_shutdown(p->queue);
}

void poller_free(struct poller *p) {
        queue_destroy(p->queue);
        pthread_cond_destroy(&p->changed);
        pthread_mutex_destroy(&p->lock);
        gpr_free(p);
}
