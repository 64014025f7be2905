/* SPDX-License-Identifier: Apache-2.0 */
#include "server/unary.h"

#include "base/fault.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <stdatomic.h>

/* Calls that can be handed over before the thread has asked for more. */
enum { N_POSTED = 4 };

struct generic {
        grpc_server *server;
        grpc_completion_queue *queue;
        const struct unary_service *services;
        size_t n_services;
        atomic_size_t n_calls; /* posted ones too */
};

struct unary {
        struct op requested;
        struct op received;
        struct op sent;
        struct generic *generic;
        const struct unary_method *method;
        void *context;

        grpc_call *call; /* NULL once taken */
        grpc_call_details details;
        grpc_metadata_array metadata;
        grpc_byte_buffer *message;
        grpc_byte_buffer *answer;
        grpc_slice sentence;
        int cancelled;
};

static void unary_free(struct unary *u) {
        struct generic *g = u->generic;

        if (u->call)
                grpc_call_unref(u->call);
        grpc_byte_buffer_destroy(u->message);
        grpc_byte_buffer_destroy(u->answer);
        grpc_slice_unref(u->sentence);
        grpc_call_details_destroy(&u->details);
        grpc_metadata_array_destroy(&u->metadata);
        gpr_free(u);
        atomic_fetch_sub(&g->n_calls, 1);
}

static void unary_sent(struct op *op, bool ok) {
        (void)ok;
        unary_free(OP_OWNER(op, struct unary, sent));
}

static void unary_finish(struct unary *u, grpc_status_code status) {
        grpc_op ops[4] = { 0 };
        size_t n = 0;

        ops[n++].op = GRPC_OP_SEND_INITIAL_METADATA;
        if (u->answer) {
                ops[n].op = GRPC_OP_SEND_MESSAGE;
                ops[n++].data.send_message.send_message = u->answer;
        }
        ops[n].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
        ops[n].data.send_status_from_server.status = status;
        ops[n++].data.send_status_from_server.status_details =
                status == GRPC_STATUS_OK ? NULL : &u->sentence;
        ops[n].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
        ops[n++].data.recv_close_on_server.cancelled = &u->cancelled;
        u->sent.done = unary_sent;
        op_start(&u->sent, u->call, ops, n);
}

void unary_answer(struct unary *u, struct text message) {
        grpc_slice slice = grpc_slice_from_copied_buffer(message.data, message.len);

        u->answer = grpc_raw_byte_buffer_create(&slice, 1);
        grpc_slice_unref(slice);
        unary_finish(u, GRPC_STATUS_OK);
}

void unary_refuse(struct unary *u, grpc_status_code status, const char *sentence) {
        u->sentence = grpc_slice_from_copied_string(sentence);
        unary_finish(u, status);
}

grpc_call *unary_take(struct unary *u) {
        grpc_call *call = u->call;

        u->call = NULL;
        unary_free(u);
        return call;
}

static void unary_received(struct op *op, bool ok) {
        struct unary *u = OP_OWNER(op, struct unary, received);
        grpc_byte_buffer_reader reader;
        grpc_slice bytes;

        if (!ok || !u->message || !grpc_byte_buffer_reader_init(&reader, u->message)) {
                unary_refuse(u, GRPC_STATUS_INVALID_ARGUMENT, "the call has no message");
                return;
        }
        bytes = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
        u->method->answer(u,
                          (struct text) { .data = (const char *)GRPC_SLICE_START_PTR(bytes),
                                          .len = GRPC_SLICE_LENGTH(bytes) },
                          u->context);
        grpc_slice_unref(bytes);
}

/* Sets the method that was called, and leaves it NULL when it is not served here. */
static void find_method(struct unary *u) {
        const struct generic *g = u->generic;

        for (size_t i = 0; i < g->n_services; i++) {
                const struct unary_service *service = &g->services[i];

                for (size_t k = 0; k < service->n_methods; k++) {
                        if (grpc_slice_str_cmp(u->details.method, service->methods[k].path) != 0)
                                continue;
                        u->method = &service->methods[k];
                        u->context = service->context;
                        return;
                }
        }
}

static void post(struct generic *g);

static void unary_requested(struct op *op, bool ok) {
        struct unary *u = OP_OWNER(op, struct unary, requested);
        grpc_op receive = { .op = GRPC_OP_RECV_MESSAGE };

        if (!ok) { /* the server shuts down */
                unary_free(u);
                return;
        }
        post(u->generic);
        find_method(u);
        if (!u->method) {
                unary_refuse(u, GRPC_STATUS_UNIMPLEMENTED, "no such method");
                return;
        }
        receive.data.recv_message.recv_message = &u->message;
        u->received.done = unary_received;
        op_start(&u->received, u->call, &receive, 1);
}

static void post(struct generic *g) {
        struct unary *u = gpr_zalloc(sizeof(*u));

        u->requested.done = unary_requested;
        u->generic = g;
        u->sentence = grpc_empty_slice();
        grpc_call_details_init(&u->details);
        grpc_metadata_array_init(&u->metadata);
        atomic_fetch_add(&g->n_calls, 1);
        op_hand_over(&u->requested);
        if (grpc_server_request_call(g->server, &u->call, &u->details, &u->metadata, g->queue,
                                     g->queue, &u->requested) != GRPC_CALL_OK)
                BUG("a request that gRPC does not allow");
}

struct generic *unary_service_new(grpc_server *server, grpc_completion_queue *queue,
                                  const struct unary_service *services, size_t n_services) {
        struct generic *g = gpr_zalloc(sizeof(*g));

        g->server = server;
        g->queue = queue;
        g->services = services;
        g->n_services = n_services;
        return g;
}

void unary_service_accept(struct generic *g) {
        for (size_t i = 0; i < N_POSTED; i++)
                post(g);
}

bool unary_service_idle(struct generic *g) {
        return atomic_load(&g->n_calls) == 0;
}

void unary_service_free(struct generic *g) {
        gpr_free(g);
}
