/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unary - every call that is not RunFunction
 *
 * They have a queue and a thread of their own. It answers at once what the
 * workers would keep waiting. What is not served here is UNIMPLEMENTED: without
 * that answer such a call would hang until its deadline.
 */
#ifndef SERVER_UNARY_H
#define SERVER_UNARY_H

#include "base/text.h"
#include "server/queue.h"

#include <grpc/status.h>

struct generic;

/* A call with one request and one answer, from its arrival to its end. */
struct unary;

/*
 * struct unary_method - one method that is served here
 * @answer: given the request's bytes (they live until it returns) and its service's
 *          context, calls exactly one of unary_answer() and unary_refuse(), or takes
 *          the call with unary_take()
 */
struct unary_method {
        const char *path;
        void (*answer)(struct unary *call, struct text request, void *context);
};

/* Methods that share a context. */
struct unary_service {
        const struct unary_method *methods;
        size_t n_methods;
        void *context;
};

/* unary_answer() - status OK and a message, which is copied. */
void unary_answer(struct unary *call, struct text message);

/* unary_refuse() - another status and a sentence, which is copied. */
void unary_refuse(struct unary *call, grpc_status_code status, const char *sentence);

/*
 * unary_take() - the gRPC call, for an answer that streams
 *
 * Nothing has been sent on it, its message has been read. The caller unrefs it.
 */
grpc_call *unary_take(struct unary *call);

/* unary_service_new() - nothing is asked for yet. The services outlive it. */
struct generic *unary_service_new(grpc_server *server, grpc_completion_queue *queue,
                                  const struct unary_service *services, size_t n_services);

/* unary_service_accept() - ask for calls; the server has started. */
void unary_service_accept(struct generic *g);

/* unary_service_idle() - as runner_idle(). Streams that were taken count for the caller that took
 * them. */
bool unary_service_idle(struct generic *g);

void unary_service_free(struct generic *g);

#endif
