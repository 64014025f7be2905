/* SPDX-License-Identifier: Apache-2.0 */
#include "server/runner.h"

#include "function.h"
#include "server/call_memory.h"
#include "server/log.h"

#include <errno.h>
#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/status.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <stdatomic.h>
#include <stdio.h>

/*
 * One call goes: posted (no client has called yet) -> requested -> read (work, answer)
 * -> sent (gone). Core would read the message before it hands the call over, but
 * then it drops what is being uploaded when a drain begins.
 */

static const char *const methods[N_SERVICES] = {
        [SERVICE_V1] = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction",
        [SERVICE_V1BETA1] = "/apiextensions.fn.proto.v1beta1.FunctionRunnerService/RunFunction",
};

struct runner {
        grpc_server *server;
        grpc_completion_queue *queue;
        struct poller *poller;
        void *registered[N_SERVICES];
        struct call_memories leases;
        struct counters *stats;
        atomic_size_t n_calls;   /* posted ones too */
        atomic_size_t n_uploads; /* of them, those whose message has not come whole */

        pthread_mutex_t lock; /* of what follows */
        bool is_holding;
        struct run_call *held; /* computed, not answered yet */

        atomic_uint_fast64_t n_arrived;
};

struct run_call {
        struct op requested;
        struct op read;
        struct op sent;
        struct runner *runner;
        unsigned int service;
        struct run_call *next; /* among the held ones */

        grpc_call *call;
        gpr_timespec arrived; /* when a worker saw that there is a call */
        gpr_timespec deadline;
        grpc_metadata_array metadata;
        grpc_byte_buffer *message;

        struct call_memory *lease;
        grpc_byte_buffer *answer; /* NULL unless the status is OK */
        grpc_status_code status;
        grpc_slice details;
        bool has_message;
        int cancelled;
};

/* ---- the answer ------------------------------------------------------------------------------ */

static void refuse(struct run_call *c, grpc_status_code status, const char *sentence) {
        c->status = status;
        c->details = grpc_slice_from_copied_string(sentence);
}

static void refuse_fault(struct run_call *c, int error, const struct fault *fault) {
        char sentence[FAULT_PATH_MAX + FAULT_MESSAGE_MAX + 4];

        snprintf(sentence, sizeof(sentence), "%s%s%s", fault->path, fault->path[0] ? ": " : "",
                 fault->message);
        switch (error) {
        case -EBADMSG:
                refuse(c, GRPC_STATUS_INVALID_ARGUMENT, sentence);
                break;
        case -E2BIG:
        case -ENOMEM:
                refuse(c, GRPC_STATUS_RESOURCE_EXHAUSTED, sentence);
                break;
        default:
                refuse(c, GRPC_STATUS_INTERNAL, sentence);
        }
}

/* Crossplane has given up on it: whatever is computed now is not read. */
static bool is_expired(const struct run_call *c) {
        return gpr_time_cmp(c->deadline, gpr_now(c->deadline.clock_type)) <= 0;
}

static void compute(struct run_call *c, struct call_summary *ret_summary) {
        struct fault fault = { 0 };
        struct payload payload = { 0 };
        int r;

        if (is_expired(c)) {
                refuse(c, GRPC_STATUS_DEADLINE_EXCEEDED,
                       "the deadline passed before the work began");
                return;
        }
        c->lease = call_memory_take(&c->runner->leases, c->message);
        c->message = NULL;
        r = function_run(call_memory_request(c->lease), &c->lease->arena, &payload, ret_summary,
                         &fault);
        if (r < 0)
                refuse_fault(c, r, &fault);
        else
                c->answer = call_memory_answer(c->lease, &payload);
}

static uint64_t nanoseconds_since(gpr_timespec begin) {
        gpr_timespec taken = gpr_time_sub(gpr_now(GPR_CLOCK_MONOTONIC), begin);

        return (uint64_t)taken.tv_sec * 1000000000 + (uint64_t)taken.tv_nsec;
}

/* What was decided, or failed, is worth a line; not that a call waits, or repeats a decision. */
static enum log_level level_of(const struct run_call *c, const struct call_summary *summary) {
        if (c->status != GRPC_STATUS_OK)
                return LOG_WARN;
        return summary->fatal || (summary->decided && !summary->is_waiting) ? LOG_INFO : LOG_DEBUG;
}

static void log_call(const struct run_call *c, const struct call_summary *summary,
                     uint64_t nanoseconds) {
        struct text details = { .data = (const char *)GRPC_SLICE_START_PTR(c->details),
                                .len = GRPC_SLICE_LENGTH(c->details) };

        LOG(level_of(c, summary), "RunFunction", LOG_TEXT("tag", summary->tag),
            LOG_TEXT("kind", summary->kind), LOG_TEXT("namespace", summary->namespace_),
            LOG_TEXT("name", summary->name), LOG_TEXT("decision", summary->decision),
            LOG_STRING("changed", summary->decided && summary->is_changed ? "true" : NULL),
            LOG_STRING("fatal", summary->fatal ? "true" : NULL), LOG_NUMBER("code", c->status),
            LOG_TEXT("error", details), LOG_NUMBER("duration_ms", (double)nanoseconds / 1e6));
}

static void count(struct run_call *c, const struct call_summary *summary, uint64_t nanoseconds) {
        const struct handled handled = {
                .service = c->service,
                .status = (unsigned int)c->status,
                .nanoseconds = nanoseconds,
                .has_request = c->has_message,
                .has_response = c->answer != NULL,
                .request_bytes = c->lease ? GRPC_SLICE_LENGTH(c->lease->request) : 0,
                .response_bytes = c->answer ? grpc_byte_buffer_length(c->answer) : 0,
                .arena_bytes = c->lease ? c->lease->arena.peak_bytes : 0,
                .summary = summary,
        };

        counters_handled(c->runner->stats, &handled);
}

static void tell(struct run_call *c, const struct call_summary *summary) {
        uint64_t nanoseconds = nanoseconds_since(c->arrived);

        count(c, summary, nanoseconds);
        log_call(c, summary, nanoseconds);
}

static void work(struct run_call *c) {
        struct call_summary summary = { 0 };

        counters_started(c->runner->stats, c->service);
        poller_begin(c->runner->poller);
        compute(c, &summary);
        poller_end(c->runner->poller); /* before the answer, which is followed by the next call */
        tell(c, &summary);
}

/* ---- the call -------------------------------------------------------------------------------- */

static void call_free(struct run_call *c) {
        struct runner *r = c->runner;

        if (c->lease)
                call_memory_drop(c->lease);
        grpc_byte_buffer_destroy(c->message);
        grpc_metadata_array_destroy(&c->metadata);
        gpr_free(c);
        atomic_fetch_sub(&r->n_calls, 1);
}

static void call_sent(struct op *op, bool ok) {
        struct run_call *c = OP_OWNER(op, struct run_call, sent);

        (void)ok;                               /* the client is gone; that is its own affair */
        if (!c->has_message && !c->cancelled) { /* one that left, or sent too much, has none */
                const struct call_summary nothing = { 0 };

                counters_started(c->runner->stats, c->service);
                tell(c, &nothing);
        }
        grpc_byte_buffer_destroy(c->answer);
        grpc_slice_unref(c->details);
        grpc_call_unref(c->call);
        atomic_fetch_sub_explicit(&c->runner->stats->in_flight, 1, memory_order_relaxed);
        call_free(c);
}

static void send_answer(struct run_call *c) {
        grpc_op ops[4] = { 0 };
        size_t n = 0;

        ops[n++].op = GRPC_OP_SEND_INITIAL_METADATA;
        if (c->answer) {
                ops[n].op = GRPC_OP_SEND_MESSAGE;
                ops[n++].data.send_message.send_message = c->answer;
        }
        ops[n].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
        ops[n].data.send_status_from_server.status = c->status;
        ops[n++].data.send_status_from_server.status_details =
                c->status == GRPC_STATUS_OK ? NULL : &c->details;
        ops[n].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
        ops[n++].data.recv_close_on_server.cancelled = &c->cancelled;
        c->sent.done = call_sent;
        op_start(&c->sent, c->call, ops, n);
}

/* Whether the answer has to wait for runner_release(), which then sends it. */
static bool hold(struct run_call *c) {
        struct runner *r = c->runner;
        bool is_held;

        pthread_mutex_lock(&r->lock);
        is_held = r->is_holding;
        if (is_held) {
                c->next = r->held;
                r->held = c;
        }
        pthread_mutex_unlock(&r->lock);
        return is_held;
}

static void post(struct runner *r, unsigned int service);

static void call_read(struct op *op, bool ok) {
        struct run_call *c = OP_OWNER(op, struct run_call, read);
        atomic_fetch_sub(&c->runner->n_uploads, 1);
        c->status = GRPC_STATUS_OK;
        c->details = grpc_empty_slice();
        c->has_message = ok && c->message;
        if (c->has_message)
                work(c);
        else /* call_sent() knows whether the client hears it */
                refuse(c, GRPC_STATUS_INVALID_ARGUMENT, "the call has no message");
        if (!hold(c))
                send_answer(c);
}

static void call_requested(struct op *op, bool ok) {
        struct run_call *c = OP_OWNER(op, struct run_call, requested);
        grpc_op receive = { .op = GRPC_OP_RECV_MESSAGE };

        if (!ok) { /* the server shuts down */
                call_free(c);
                return;
        }
        /* First of all a call must be posted for the next client. */
        post(c->runner, c->service);
        atomic_fetch_add_explicit(&c->runner->n_arrived, 1, memory_order_relaxed);
        atomic_fetch_add(&c->runner->n_uploads, 1);
        atomic_fetch_add_explicit(&c->runner->stats->in_flight, 1, memory_order_relaxed);
        c->arrived = gpr_now(GPR_CLOCK_MONOTONIC);
        receive.data.recv_message.recv_message = &c->message;
        c->read.done = call_read;
        op_start(&c->read, c->call, &receive, 1);
}

static void post(struct runner *r, unsigned int service) {
        struct run_call *c = gpr_zalloc(sizeof(*c));

        c->requested.done = call_requested;
        c->runner = r;
        c->service = service;
        grpc_metadata_array_init(&c->metadata);
        atomic_fetch_add(&r->n_calls, 1);
        op_hand_over(&c->requested);
        if (grpc_server_request_registered_call(r->server, r->registered[service], &c->call,
                                                &c->deadline, &c->metadata, NULL, r->queue,
                                                r->queue, &c->requested) != GRPC_CALL_OK)
                BUG("a request that gRPC does not allow");
}

/* ---- the runner ------------------------------------------------------------------------------ */

struct runner *runner_new(const struct runner_config *config) {
        struct runner *r = gpr_zalloc(sizeof(*r));

        r->server = config->server;
        r->queue = config->queue;
        r->poller = config->poller;
        call_memory_init(&r->leases, config->budget_bytes, config->keep_arenas);
        r->stats = config->stats;
        pthread_mutex_init(&r->lock, NULL);
        for (size_t i = 0; i < N_SERVICES; i++) {
                r->registered[i] = grpc_server_register_method(r->server, methods[i], NULL,
                                                               GRPC_SRM_PAYLOAD_NONE, 0);
                if (!r->registered[i])
                        BUG("a method that cannot be registered");
        }
        return r;
}

void runner_accept(struct runner *r, unsigned int n) {
        for (unsigned int i = 0; i < n; i++) {
                post(r, SERVICE_V1);
                post(r, SERVICE_V1BETA1);
        }
}

void runner_hold(struct runner *r) {
        pthread_mutex_lock(&r->lock);
        r->is_holding = true;
        pthread_mutex_unlock(&r->lock);
}

void runner_release(struct runner *r) {
        struct run_call *held;

        pthread_mutex_lock(&r->lock);
        r->is_holding = false;
        held = r->held;
        r->held = NULL;
        pthread_mutex_unlock(&r->lock);
        while (held) {
                struct run_call *c = held;

                held = c->next;
                send_answer(c);
        }
}

uint64_t runner_n_arrived(struct runner *r) {
        return atomic_load(&r->n_arrived);
}

bool runner_idle(struct runner *r) {
        return atomic_load(&r->n_calls) == 0;
}

size_t runner_last_uploads(struct runner *r) {
        size_t n = atomic_load(&r->n_uploads);

        return atomic_load(&r->n_calls) == n ? n : 0;
}

void runner_free(struct runner *r) {
        call_memory_release(&r->leases);
        pthread_mutex_destroy(&r->lock);
        gpr_free(r);
}
