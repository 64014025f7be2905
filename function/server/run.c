/* SPDX-License-Identifier: Apache-2.0 */
#include "server/run.h"

#include "function.h"
#include "server/log.h"

#include <errno.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>
#include <grpc/status.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/*
 * One call goes: posted (nobody has called yet) -> requested -> read (work, answer)
 * -> sent (gone). Core would read the message before it hands the call over, but
 * then it drops what is being uploaded when a drain begins.
 *
 * An answer refers to bytes of its request and of its arena. Core may hold such
 * bytes longer than the call itself, so both belong to a lease that the call and
 * every slice of the answer share; the last one gives it back.
 */

static const char *const methods[N_SERVICES] = {
        [SERVICE_V1] = "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction",
        [SERVICE_V1BETA1] = "/apiextensions.fn.proto.v1beta1.FunctionRunnerService/RunFunction",
};

enum {
        ARENA_KEEP_BYTES = 8 * 1024 * 1024,
        /* A smaller part of an answer is cheaper to copy than to refer to. */
        REFER_MIN_BYTES = 4 * 1024,
};

struct lease {
        struct runner *runner;
        struct lease *next; /* among the free ones */
        atomic_size_t n_holders;
        struct arena arena;
        grpc_byte_buffer *message;
        grpc_slice request; /* the message's bytes in one piece */
};

struct runner {
        grpc_server *server;
        grpc_completion_queue *queue;
        void *registered[N_SERVICES];
        size_t budget_bytes;
        struct stats *stats;
        atomic_size_t n_calls;   /* posted ones too */
        atomic_size_t n_uploads; /* of them, those whose message has not come whole */

        pthread_mutex_t lock; /* of what follows */
        struct lease *free_leases;
        unsigned int n_free_leases;
        unsigned int keep_arenas;
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
        gpr_timespec deadline;
        grpc_metadata_array metadata;
        grpc_byte_buffer *message;

        struct lease *lease;
        grpc_byte_buffer *answer; /* NULL unless the status is OK */
        grpc_status_code status;
        grpc_slice details;
        bool has_message;
        int cancelled;
};

/* ---- leases ---------------------------------------------------------------------------------- */

static struct lease *lease_take(struct runner *r, grpc_byte_buffer *message) {
        struct lease *lease;

        pthread_mutex_lock(&r->lock);
        lease = r->free_leases;
        if (lease) {
                r->free_leases = lease->next;
                r->n_free_leases--;
        }
        pthread_mutex_unlock(&r->lock);
        if (!lease) {
                lease = gpr_zalloc(sizeof(*lease));
                lease->runner = r;
                arena_init(&lease->arena, r->budget_bytes);
        }
        atomic_init(&lease->n_holders, 1);
        lease->message = message;
        lease->request = grpc_empty_slice();
        return lease;
}

static void lease_free(struct lease *lease) {
        arena_release(&lease->arena);
        gpr_free(lease);
}

static void lease_drop(void *argument) {
        struct lease *lease = argument;
        struct runner *r;

        if (atomic_fetch_sub(&lease->n_holders, 1) != 1)
                return;
        r = lease->runner; /* only now: before, nothing orders this after lease_take() */
        grpc_slice_unref(lease->request);
        grpc_byte_buffer_destroy(lease->message);
        arena_reset(&lease->arena, ARENA_KEEP_BYTES);

        pthread_mutex_lock(&r->lock);
        if (r->n_free_leases < r->keep_arenas) {
                lease->next = r->free_leases;
                r->free_leases = lease;
                r->n_free_leases++;
                lease = NULL;
        }
        pthread_mutex_unlock(&r->lock);
        if (lease)
                lease_free(lease);
}

/* The request's bytes in one piece: where they lie if core received them so, else a copy. */
static struct text lease_request(struct lease *lease) {
        grpc_slice_buffer *slices = &lease->message->data.raw.slice_buffer;
        grpc_byte_buffer_reader reader;

        if (slices->count == 1) {
                lease->request = grpc_slice_ref(slices->slices[0]);
        } else if (grpc_byte_buffer_reader_init(&reader, lease->message)) {
                lease->request = grpc_byte_buffer_reader_readall(&reader);
                grpc_byte_buffer_reader_destroy(&reader);
        }
        return (struct text) { .data = (const char *)GRPC_SLICE_START_PTR(lease->request),
                               .len = GRPC_SLICE_LENGTH(lease->request) };
}

/* ---- the answer ------------------------------------------------------------------------------ */

static grpc_slice refer(struct lease *lease, struct text part) {
        /* Core only reads it. */
        union {
                const char *in;
                void *out;
        } bytes = { .in = part.data };

        atomic_fetch_add(&lease->n_holders, 1);
        return grpc_slice_new_with_user_data(bytes.out, part.len, lease_drop, lease);
}

/* A run of small parts as one slice; *i moves past it. */
static grpc_slice gather(const struct payload *payload, size_t *i) {
        size_t len = 0, end = *i;
        unsigned char *next;
        grpc_slice slice;

        for (; end < payload->n_parts && payload->parts[end].len < REFER_MIN_BYTES; end++)
                len += payload->parts[end].len;
        slice = grpc_slice_malloc(len);
        next = GRPC_SLICE_START_PTR(slice);
        for (; *i < end; (*i)++) {
                if (payload->parts[*i].len > 0)
                        memcpy(next, payload->parts[*i].data, payload->parts[*i].len);
                next += payload->parts[*i].len;
        }
        return slice;
}

static grpc_byte_buffer *answer_buffer(struct lease *lease, const struct payload *payload) {
        grpc_slice *slices = gpr_malloc((payload->n_parts + 1) * sizeof(*slices));
        grpc_byte_buffer *buffer;
        size_t n = 0, i = 0;

        while (i < payload->n_parts) {
                if (payload->parts[i].len >= REFER_MIN_BYTES)
                        slices[n++] = refer(lease, payload->parts[i++]);
                else
                        slices[n++] = gather(payload, &i);
        }
        buffer = grpc_raw_byte_buffer_create(slices, n);
        for (i = 0; i < n; i++)
                grpc_slice_unref(slices[i]);
        gpr_free(slices);
        return buffer;
}

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

/* Crossplane has given up on it: whatever is computed now is computed for nobody. */
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
        c->lease = lease_take(c->runner, c->message);
        c->message = NULL;
        r = function_run(lease_request(c->lease), &c->lease->arena, &payload, ret_summary, &fault);
        if (r < 0)
                refuse_fault(c, r, &fault);
        else
                c->answer = answer_buffer(c->lease, &payload);
}

static void log_call(const struct run_call *c, const struct call_summary *summary,
                     uint64_t nanoseconds) {
        struct text details = { .data = (const char *)GRPC_SLICE_START_PTR(c->details),
                                .len = GRPC_SLICE_LENGTH(c->details) };

        LOG(c->status == GRPC_STATUS_OK ? LOG_INFO : LOG_WARN, "RunFunction",
            LOG_TEXT("tag", summary->tag), LOG_TEXT("kind", summary->kind),
            LOG_TEXT("namespace", summary->namespace_), LOG_TEXT("name", summary->name),
            LOG_TEXT("decision", summary->decision),
            LOG_STRING("fatal", summary->fatal ? "true" : NULL), LOG_NUMBER("code", c->status),
            LOG_TEXT("error", details), LOG_NUMBER("duration_ms", (double)nanoseconds / 1e6));
}

static void count(struct run_call *c, const struct call_summary *summary, uint64_t nanoseconds) {
        const struct handled handled = {
                .service = c->service,
                .status = (unsigned int)c->status,
                .nanoseconds = nanoseconds,
                .request_bytes = c->lease ? GRPC_SLICE_LENGTH(c->lease->request) : 0,
                .response_bytes = c->answer ? grpc_byte_buffer_length(c->answer) : 0,
                .arena_bytes = c->lease ? c->lease->arena.used_bytes : 0,
                .summary = summary,
        };

        stats_handled(c->runner->stats, &handled);
}

static void work(struct run_call *c) {
        gpr_timespec begin = gpr_now(GPR_CLOCK_MONOTONIC);
        struct call_summary summary = { 0 };
        gpr_timespec taken;
        uint64_t nanoseconds;

        compute(c, &summary);

        taken = gpr_time_sub(gpr_now(GPR_CLOCK_MONOTONIC), begin);
        nanoseconds = (uint64_t)taken.tv_sec * 1000000000 + (uint64_t)taken.tv_nsec;
        count(c, &summary, nanoseconds);
        log_call(c, &summary, nanoseconds);
}

/* ---- the call -------------------------------------------------------------------------------- */

static void call_free(struct run_call *c) {
        struct runner *r = c->runner;

        if (c->lease)
                lease_drop(c->lease);
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

                count(c, &nothing, 0);
                log_call(c, &nothing, 0);
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
        atomic_fetch_add_explicit(&c->runner->stats->in_flight, 1, memory_order_relaxed);
        c->status = GRPC_STATUS_OK;
        c->details = grpc_empty_slice();
        c->has_message = ok && c->message;
        if (c->has_message)
                work(c);
        else /* call_sent() knows whether anybody hears it */
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
        /* First of all somebody must be there for the next call. */
        post(c->runner, c->service);
        atomic_fetch_add_explicit(&c->runner->n_arrived, 1, memory_order_relaxed);
        atomic_fetch_add(&c->runner->n_uploads, 1);
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

struct runner *runner_new(grpc_server *server, grpc_completion_queue *queue, size_t budget_bytes,
                          unsigned int keep_arenas, struct stats *stats) {
        struct runner *r = gpr_zalloc(sizeof(*r));

        r->server = server;
        r->queue = queue;
        r->budget_bytes = budget_bytes;
        r->keep_arenas = keep_arenas;
        r->stats = stats;
        pthread_mutex_init(&r->lock, NULL);
        for (size_t i = 0; i < N_SERVICES; i++) {
                r->registered[i] = grpc_server_register_method(server, methods[i], NULL,
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
        while (r->free_leases) {
                struct lease *lease = r->free_leases;

                r->free_leases = lease->next;
                lease_free(lease);
        }
        pthread_mutex_destroy(&r->lock);
        gpr_free(r);
}
