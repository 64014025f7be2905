/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "server/address.h"
#include "server/log.h"
#include "server/poller.h"
#include "server/queue.h"
#include "server/runner.h"
#include "server/services.h"
#include "server/tls.h"
#include "server/unary.h"

#include <errno.h>
#include <grpc/compression.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/*
 * The order of the end is core's law; it aborts on any other. Shutdown, wait for
 * its tag and for every call of our own (a worker may still hold one when the tag
 * comes), shut the queues down, join, destroy.
 */

struct server {
        grpc_server *grpc;
        grpc_completion_queue *run_queue;
        grpc_completion_queue *generic_queue;
        struct poller *poller;
        struct services *services;
        struct runner *runner;
        struct generic *generic;
        struct counters *stats;
        int port;
        unsigned int n_threads;
        pthread_t threads[]; /* the first handles generic_queue */
};

enum {
        MIN_ARENA_BYTES = 64 * 1024 * 1024,
        POLL_MS = 20,
        LEAVE_MS = 500,   /* for clients to hang up once their calls are over */
        UPLOAD_MS = 3000, /* for the next of those that upload, when no others are left */
        /* Calls beyond these wait inside core, which drops them when a drain begins. */
        N_POSTED = 64,
        N_POSTED_LAST = 1024, /* against that, for what waits then */
        HOLD_MS = 1000,
        QUIET_MS = 60,
        MIN_STREAMS = 16, /* of one connection: what it can make us hold is this many messages */
};

static grpc_arg integer(const char *key, int value) {
        /* Core's header wants a pointer that it could write to; it only copies. */
        union {
                const char *in;
                char *out;
        } name = { .in = key };

        return (grpc_arg) { .type = GRPC_ARG_INTEGER, .key = name.out, .value.integer = value };
}

/* In milliseconds, as core counts them. */
static int core_ms(int64_t ms) {
        return ms < INT_MAX ? (int)ms : INT_MAX;
}

static grpc_server *create_server(const struct server_config *config) {
        int n_streams = (int)(2 * config->n_workers);
        int64_t age_ms = config->max_connection_age_ms ? config->max_connection_age_ms : INT_MAX;
        grpc_arg arguments[] = {
                integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)config->max_recv_bytes),
                /* Core expands gzip before it looks at the size: identity only. */
                integer(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
                integer(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                        n_streams > MIN_STREAMS ? n_streams : MIN_STREAMS),
                /* A second instance must fail to bind, not share the port. */
                integer(GRPC_ARG_ALLOW_REUSEPORT, 0),
                integer(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * 1000),
                /* A silent peer is asked after a minute and closed 20 s later. */
                integer(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * 1000),
                integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000),
                integer(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
                integer(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
                integer(GRPC_ARG_HTTP2_MIN_SENT_PING_INTERVAL_WITHOUT_DATA_MS, 30 * 1000),
                /* Pings of a minute are welcome; half of it leaves room for jitter. */
                integer(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 30 * 1000),
                /* Clients keep a connection: this spreads them over added replicas,
                   and bounds how long a replaced CA is trusted. */
                integer(GRPC_ARG_MAX_CONNECTION_AGE_MS, core_ms(age_ms)),
                integer(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                        core_ms(config->max_connection_age_grace_ms)),
        };
        grpc_channel_args list = { .num_args = sizeof(arguments) / sizeof(arguments[0]),
                                   .args = arguments };

        return grpc_server_create(&list, NULL);
}

/* ---- listening ------------------------------------------------------------------------------- */

static int listen_on(struct server *s, const struct server_config *config, struct fault *fault) {
        grpc_server_credentials *credentials = config->tls
                                                       ? tls_credentials(config->tls)
                                                       : grpc_insecure_server_credentials_create();
        const struct address at = address_split(config->address);
        char any[64];

        log_quiet_grpc(true);     /* of a failure we say one sentence */
        if (at.host[0] == '\0') { /* every address, IPv6 too */
                snprintf(any, sizeof(any), "[::]:%s", at.port);
                s->port = grpc_server_add_http2_port(s->grpc, any, credentials);
                snprintf(any, sizeof(any), "0.0.0.0:%s", at.port);
                if (s->port == 0) /* a kernel without IPv6 */
                        s->port = grpc_server_add_http2_port(s->grpc, any, credentials);
        } else {
                s->port = grpc_server_add_http2_port(s->grpc, config->address, credentials);
        }
        log_quiet_grpc(false);
        grpc_server_credentials_release(credentials);
        if (s->port != 0)
                return 0;
        fault_set(fault, "cannot listen on %s (--address): %s", config->address,
                  address_why_not(config->address));
        return -EADDRNOTAVAIL;
}

/* ---- start ----------------------------------------------------------------------------------- */

static void *handle_queue(void *queue) {
        queue_handle(queue);
        return NULL;
}

static int start_threads(struct server *s, unsigned int n_workers, struct fault *fault) {
        int r = poller_start(s->poller);

        for (unsigned int i = 0; r == 0 && i < n_workers + 1; i++) {
                r = queue_thread(handle_queue, i == 0 ? s->generic_queue : s->run_queue,
                                 i == 0 ? "generic" : "worker", &s->threads[i]);
                if (r == 0)
                        s->n_threads++;
        }
        if (r < 0)
                fault_set(fault, "cannot start a thread: %s", strerror(-r));
        return r;
}

/* A queue whose thread sleeps until something is there for it: others read from the network. */
static grpc_completion_queue *create_sleeping_queue(void) {
        const grpc_completion_queue_attributes attributes = {
                .version = GRPC_CQ_CURRENT_VERSION,
                .cq_completion_type = GRPC_CQ_NEXT,
                .cq_polling_type = GRPC_CQ_NON_POLLING,
        };

        return grpc_completion_queue_create(grpc_completion_queue_factory_lookup(&attributes),
                                            &attributes, NULL);
}

static void create_queues(struct server *s, unsigned int n_workers) {
        s->run_queue = grpc_completion_queue_create_for_next(NULL);
        s->generic_queue = create_sleeping_queue();
        grpc_server_register_completion_queue(s->grpc, s->run_queue, NULL);
        grpc_server_register_completion_queue(s->grpc, s->generic_queue, NULL);
        s->poller = poller_new(s->grpc, n_workers);
}

int server_start(const struct server_config *config, struct counters *stats, struct server **ret,
                 struct fault *fault) {
        size_t arena_bytes = 2 * (size_t)config->max_recv_bytes;
        struct server *s;
        int r;

        grpc_init();
        s = gpr_zalloc(sizeof(*s) + (config->n_workers + 1) * sizeof(s->threads[0]));
        s->stats = stats;
        s->grpc = create_server(config);
        create_queues(s, config->n_workers);
        s->services = services_new();
        s->generic = unary_service_new(s->grpc, s->generic_queue, services_list(s->services),
                                       N_GENERIC_SERVICES);
        s->runner = runner_new(&(struct runner_config) {
                .server = s->grpc,
                .queue = s->run_queue,
                .poller = s->poller,
                .budget_bytes = arena_bytes > MIN_ARENA_BYTES ? arena_bytes : MIN_ARENA_BYTES,
                .keep_arenas = config->n_workers,
                .stats = stats,
        });
        r = listen_on(s, config, fault);
        if (r == 0)
                r = start_threads(s, config->n_workers, fault);
        if (r < 0) {
                server_stop(s, 0);
                return r;
        }
        grpc_server_start(s->grpc);
        unary_service_accept(s->generic);
        runner_accept(s->runner, N_POSTED);
        *ret = s;
        return 0;
}

int server_port(const struct server *s) {
        return s->port;
}

/* ---- stop ------------------------------------------------------------------------------------ */

static bool wait_for_shutdown(grpc_completion_queue *queue, int64_t ms) {
        gpr_timespec deadline =
                gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ms, GPR_TIMESPAN));

        return grpc_completion_queue_next(queue, deadline, NULL).type == GRPC_OP_COMPLETE;
}

static bool is_idle(struct server *s) {
        return runner_idle(s->runner) && unary_service_idle(s->generic) &&
               services_idle(s->services);
}

/*
 * Returns whether every call came to its end in time; sets ret_shut_down when core
 * says so too. It does not while a peer keeps its connection, which a dead one
 * does without end: without calls there is not much to wait for, nor for clients that
 * have stopped half way through their messages.
 */
static bool drain(struct server *s, grpc_completion_queue *end, int64_t grace_ms,
                  bool *ret_shut_down) {
        int64_t idle_ms = 0, stuck_ms = 0, ms = 0;
        size_t n_uploads = 0;

        while (ms < grace_ms && idle_ms < LEAVE_MS && stuck_ms < UPLOAD_MS) {
                size_t before = n_uploads;

                *ret_shut_down = wait_for_shutdown(end, POLL_MS);
                if (*ret_shut_down)
                        return true;
                ms += POLL_MS;
                idle_ms = is_idle(s) ? idle_ms + POLL_MS : 0;
                n_uploads = runner_last_uploads(s->runner);
                stuck_ms = n_uploads > 0 && n_uploads == before ? stuck_ms + POLL_MS : 0;
        }
        return is_idle(s);
}

static void sleep_ms(int64_t ms) {
        gpr_sleep_until(
                gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ms, GPR_TIMESPAN)));
}

/*
 * Core drops a call that arrives between its shutdown and the client's notice of
 * it, as CANCELLED, which is not retried. So the shutdown waits for a moment in
 * which none arrives; answers wait too, because a client that gets one may send
 * the next call at once.
 */
static void quiesce(struct server *s, int64_t grace_ms) {
        int64_t max_ms = grace_ms / 2 < HOLD_MS ? grace_ms / 2 : HOLD_MS;
        uint64_t n_arrived = runner_n_arrived(s->runner);
        int64_t quiet_ms = 0;

        runner_hold(s->runner);
        runner_accept(s->runner, N_POSTED_LAST);
        for (int64_t ms = 0; ms < max_ms && quiet_ms < QUIET_MS; ms += POLL_MS) {
                uint64_t before = n_arrived;

                sleep_ms(POLL_MS);
                n_arrived = runner_n_arrived(s->runner);
                quiet_ms = n_arrived == before ? quiet_ms + POLL_MS : 0;
        }
}

bool server_stop(struct server *s, int64_t grace_ms) {
        grpc_completion_queue *end = grpc_completion_queue_create_for_next(NULL);
        bool in_time, shut_down = false;

        atomic_store(&s->stats->draining, true);
        services_end(s->services);
        if (grace_ms > 0)
                quiesce(s, grace_ms);
        grpc_server_shutdown_and_notify(s->grpc, end, end);
        runner_release(s->runner);
        in_time = drain(s, end, grace_ms, &shut_down);
        if (!shut_down)
                grpc_server_cancel_all_calls(s->grpc);
        while (!shut_down)
                shut_down = wait_for_shutdown(end, POLL_MS);
        while (!is_idle(s))
                sleep_ms(1);
        grpc_completion_queue_shutdown(s->run_queue);
        grpc_completion_queue_shutdown(s->generic_queue);
        grpc_completion_queue_shutdown(end);
        /* The threads empty theirs; what follows is also for a start that failed. */
        for (unsigned int i = 0; i < s->n_threads; i++)
                pthread_join(s->threads[i], NULL);
        poller_stop(s->poller);
        grpc_server_destroy(s->grpc);
        queue_destroy(s->run_queue);
        queue_destroy(s->generic_queue);
        queue_destroy(end);
        poller_free(s->poller);
        grpc_shutdown_blocking();
        runner_free(s->runner);
        unary_service_free(s->generic);
        services_free(s->services);
        gpr_free(s);
        return in_time;
}
