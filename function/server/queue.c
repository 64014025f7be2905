/* SPDX-License-Identifier: Apache-2.0 */
#include "server/queue.h"

#include "base/fault.h"

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

/* What a request may use is bounded; so is what it may use of the stack. */
enum { THREAD_STACK_BYTES = 2 * 1024 * 1024 };

void op_hand_over(struct op *op) {
#if defined(__SANITIZE_THREAD__)
        /* Core is not instrumented, so the hand-over inside it is invisible. */
        __tsan_release(op);
#else
        (void)op;
#endif
}

static void take_over(struct op *op) {
#if defined(__SANITIZE_THREAD__)
        __tsan_acquire(op);
#else
        (void)op;
#endif
}

void op_start(struct op *op, grpc_call *call, const grpc_op *ops, size_t n_ops) {
        op_hand_over(op);
        if (grpc_call_start_batch(call, ops, n_ops, op, NULL) != GRPC_CALL_OK)
                BUG("a batch that gRPC does not allow");
}

/* An op, and then what it has completed in core on this very thread. */
static void handle(grpc_completion_queue *queue, void *tag, int ok) {
        do {
                struct op *op = tag;

                take_over(op);
                grpc_completion_queue_thread_local_cache_init(queue);
                op->done(op, ok != 0);
        } while (grpc_completion_queue_thread_local_cache_flush(queue, &tag, &ok));
}

void queue_handle(grpc_completion_queue *queue) {
        for (;;) {
                grpc_event event =
                        grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);

                if (event.type == GRPC_QUEUE_SHUTDOWN)
                        return;
                handle(queue, event.tag, event.success);
        }
}

int queue_thread(void *(*run)(void *argument), void *argument, const char *name,
                 pthread_t *ret_thread) {
        pthread_attr_t attributes;
        int r;

        r = pthread_attr_init(&attributes);
        if (r != 0)
                return -r;
        r = pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
        if (r == 0)
                r = pthread_create(ret_thread, &attributes, run, argument);
        pthread_attr_destroy(&attributes);
        if (r != 0)
                return -r;
        pthread_setname_np(*ret_thread, name);
        return 0;
}

void queue_destroy(grpc_completion_queue *queue) {
        while (grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL).type !=
               GRPC_QUEUE_SHUTDOWN)
                continue;
        grpc_completion_queue_destroy(queue);
}
