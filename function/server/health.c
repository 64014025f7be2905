/* SPDX-License-Identifier: Apache-2.0 */
#include "server/health.h"

#include "wire/field.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <string.h>

enum serving { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

/* The empty name is the server as a whole. */
static const struct text services[] = {
        TEXT_INIT(""),
        TEXT_INIT("apiextensions.fn.proto.v1.FunctionRunnerService"),
        TEXT_INIT("apiextensions.fn.proto.v1beta1.FunctionRunnerService"),
};

enum { N_SERVED = sizeof(services) / sizeof(services[0]) };

/*
 * One Watch. At most one batch that sends is under way, and one that learns of
 * the call's end; who finds the other one over frees the watcher.
 */
struct watcher {
        struct op sent;
        struct op closed;
        struct health *health;
        struct watcher *next, **link;
        grpc_call *call;
        grpc_byte_buffer *message; /* being sent */
        int cancelled;
        bool is_known;
        int told; /* the last status sent; 0: none */
        bool is_sending;
        bool is_ended; /* its status is sent, or being sent */
        bool is_closed;
};

struct health {
        pthread_mutex_t lock;
        enum serving serving;
        struct watcher *watchers;
};

/* ---- messages -------------------------------------------------------------------------------- */

/* HealthCheckRequest { string service = 1; } */
static bool read_service(struct text message, struct text *ret) {
        struct field field;

        *ret = TEXT("");
        while (field_next(&message, &field)) {
                if (field_is(&field, 1))
                        *ret = field.bytes;
        }
        return message.len == 0;
}

/* HealthCheckResponse { ServingStatus status = 1; } */
enum { RESPONSE_LEN = 2 };

static struct text write_response(char buffer[RESPONSE_LEN], enum serving serving) {
        buffer[0] = 0x08;
        buffer[1] = (char)serving;
        return (struct text) { .data = buffer, .len = RESPONSE_LEN };
}

/* HealthListResponse { map<string, HealthCheckResponse> statuses = 1; } with names below 100 bytes
 */
static struct text write_list(char buffer[N_SERVED * 128], enum serving serving) {
        size_t len = 0;

        for (size_t i = 0; i < N_SERVED; i++) {
                size_t name_len = services[i].len;

                buffer[len++] = 0x0a;
                buffer[len++] = (char)(2 + name_len + 2 + RESPONSE_LEN);
                buffer[len++] = 0x0a;
                buffer[len++] = (char)name_len;
                memcpy(buffer + len, services[i].data, name_len);
                len += name_len;
                buffer[len++] = 0x12;
                buffer[len++] = RESPONSE_LEN;
                write_response(buffer + len, serving);
                len += RESPONSE_LEN;
        }
        return (struct text) { .data = buffer, .len = len };
}

static bool is_known(struct text service) {
        for (size_t i = 0; i < N_SERVED; i++) {
                if (text_equal(services[i], service))
                        return true;
        }
        return false;
}

static enum serving serving_now(struct health *h) {
        enum serving serving;

        pthread_mutex_lock(&h->lock);
        serving = h->serving;
        pthread_mutex_unlock(&h->lock);
        return serving;
}

/* ---- Check and List -------------------------------------------------------------------------- */

static void check(struct unary *call, struct text request, void *context) {
        struct health *h = context;
        char buffer[RESPONSE_LEN];
        struct text service;

        if (!read_service(request, &service))
                unary_refuse(call, GRPC_STATUS_INVALID_ARGUMENT, "not a HealthCheckRequest");
        else if (!is_known(service))
                unary_refuse(call, GRPC_STATUS_NOT_FOUND, "unknown service");
        else
                unary_answer(call, write_response(buffer, serving_now(h)));
}

static void list(struct unary *call, struct text request, void *context) {
        char buffer[N_SERVED * 128];

        (void)request;
        unary_answer(call, write_list(buffer, serving_now(context)));
}

/* ---- Watch ----------------------------------------------------------------------------------- */

static void watcher_free(struct watcher *w) {
        *w->link = w->next;
        if (w->next)
                w->next->link = w->link;
        grpc_byte_buffer_destroy(w->message);
        grpc_call_unref(w->call);
        gpr_free(w);
}

/* Sends what is due, if anything. The lock is held, so that no batch ends meanwhile. */
static void watcher_send(struct watcher *w) {
        enum serving serving = w->is_known ? w->health->serving : SERVICE_UNKNOWN;
        grpc_op ops[2] = { 0 };
        size_t n = 0;

        if (w->is_sending || w->is_ended || w->is_closed)
                return;
        if (w->told == 0)
                ops[n++].op = GRPC_OP_SEND_INITIAL_METADATA;
        if (w->told != (int)serving) {
                char buffer[RESPONSE_LEN];
                struct text response = write_response(buffer, serving);
                grpc_slice slice = grpc_slice_from_copied_buffer(response.data, response.len);

                w->message = grpc_raw_byte_buffer_create(&slice, 1);
                grpc_slice_unref(slice);
                w->told = (int)serving;
                ops[n].op = GRPC_OP_SEND_MESSAGE;
                ops[n++].data.send_message.send_message = w->message;
        } else if (w->health->serving == NOT_SERVING) {
                w->is_ended = true;
                ops[n].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
                ops[n++].data.send_status_from_server.status = GRPC_STATUS_OK;
        } else {
                return;
        }
        w->is_sending = true;
        op_start(&w->sent, w->call, ops, n);
}

static void watcher_sent(struct op *op, bool ok) {
        struct watcher *w = OP_OWNER(op, struct watcher, sent);
        struct health *h = w->health;

        (void)ok; /* then the call's end is on its way */
        pthread_mutex_lock(&h->lock);
        w->is_sending = false;
        grpc_byte_buffer_destroy(w->message);
        w->message = NULL;
        if (w->is_closed)
                watcher_free(w);
        else
                watcher_send(w);
        pthread_mutex_unlock(&h->lock);
}

static void watcher_closed(struct op *op, bool ok) {
        struct watcher *w = OP_OWNER(op, struct watcher, closed);
        struct health *h = w->health;

        (void)ok;
        pthread_mutex_lock(&h->lock);
        w->is_closed = true;
        if (!w->is_sending)
                watcher_free(w);
        pthread_mutex_unlock(&h->lock);
}

static void watch(struct unary *call, struct text request, void *context) {
        struct health *h = context;
        grpc_op close = { .op = GRPC_OP_RECV_CLOSE_ON_SERVER };
        struct text service;
        struct watcher *w;

        if (!read_service(request, &service)) {
                unary_refuse(call, GRPC_STATUS_INVALID_ARGUMENT, "not a HealthCheckRequest");
                return;
        }
        w = gpr_zalloc(sizeof(*w));
        w->sent.done = watcher_sent;
        w->closed.done = watcher_closed;
        w->health = h;
        w->is_known = is_known(service);

        pthread_mutex_lock(&h->lock);
        w->call = unary_take(call);
        w->next = h->watchers;
        w->link = &h->watchers;
        if (w->next)
                w->next->link = &w->next;
        h->watchers = w;
        close.data.recv_close_on_server.cancelled = &w->cancelled;
        op_start(&w->closed, w->call, &close, 1);
        watcher_send(w);
        pthread_mutex_unlock(&h->lock);
}

static const struct unary_method methods[] = {
        { "/grpc.health.v1.Health/Check", check },
        { "/grpc.health.v1.Health/List", list },
        { "/grpc.health.v1.Health/Watch", watch },
};

struct unary_service health_service(struct health *h) {
        return (struct unary_service) { .methods = methods,
                                        .n_methods = sizeof(methods) / sizeof(methods[0]),
                                        .context = h };
}

/* ---- the whole ------------------------------------------------------------------------------- */

struct health *health_new(void) {
        struct health *h = gpr_zalloc(sizeof(*h));

        pthread_mutex_init(&h->lock, NULL);
        h->serving = SERVING;
        return h;
}

void health_end(struct health *h) {
        pthread_mutex_lock(&h->lock);
        h->serving = NOT_SERVING;
        for (struct watcher *w = h->watchers; w; w = w->next)
                watcher_send(w);
        pthread_mutex_unlock(&h->lock);
}

bool health_idle(struct health *h) {
        bool idle;

        pthread_mutex_lock(&h->lock);
        idle = h->watchers == NULL;
        pthread_mutex_unlock(&h->lock);
        return idle;
}

void health_free(struct health *h) {
        pthread_mutex_destroy(&h->lock);
        gpr_free(h);
}
