/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue - what a completion queue gives back, and who handles it
 *
 * Every tag on our queues is a struct op, embedded in what it belongs to. gRPC's
 * core aborts when it is misused; it returns no errors. So do these functions.
 */
#ifndef SERVER_QUEUE_H
#define SERVER_QUEUE_H

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct op {
        /* Called once, on a thread of the queue, when what was started is over. */
        void (*done)(struct op *op, bool ok);
};

#define OP_OWNER(op, type, member) ((type *)(void *)((char *)(op)-offsetof(type, member)))

/*
 * op_start() - start a batch on a call
 *
 * Must be the last touch of the call and of what owns it, unless a lock is held
 * that op->done() takes: another thread may be done with both at once.
 */
void op_start(struct op *op, grpc_call *call, const grpc_op *ops, size_t n_ops);

/* op_hand_over() - tells the thread sanitizer that op goes to another thread. */
void op_hand_over(struct op *op);

/*
 * queue_handle() - handle what comes back on a queue until that is shut down
 *
 * What an op starts and core completes at once, this thread handles next: no other
 * thread is woken for it. So op->done() must not compute after it has started
 * something.
 */
void queue_handle(grpc_completion_queue *queue);

/*
 * queue_thread() - start a thread of the size and with the name of ours
 *
 * Errors: -errno of pthread_create()
 */
int queue_thread(void *(*run)(void *argument), void *argument, const char *name,
                 pthread_t *ret_thread);

/* queue_destroy() - of one that is shut down; what is still on it is left unhandled. */
void queue_destroy(grpc_completion_queue *queue);

#endif
