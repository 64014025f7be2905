/* SPDX-License-Identifier: Apache-2.0 */
#include "server/serve.h"

#include "base/fault.h"
#include "server/accept.h"
#include "server/address.h"
#include "server/heap.h"
#include "server/http.h"
#include "server/log.h"
#include "server/options.h"
#include "server/self_check.h"
#include "server/server.h"
#include "server/sink.h"
#include "server/threads.h"
#include "server/tls.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_USAGE = 2 };

/* Beside the workers: one for each of health and reflection, the network, probes, certificates. */
enum { N_OTHER_THREADS = 4 };

static int fail(const struct fault *fault) {
        fprintf(stderr, "function-gpu-placement: %s%s%s\n", fault->path, fault->path[0] ? ": " : "",
                fault->message);
        return EXIT_USAGE;
}

/* While files have run out no client can connect: accept.c, and the probe of /healthz. */
static void raise_file_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                LOG(LOG_WARN, "cannot raise the limit of open files", { 0 });
}

/* Blocked in every thread, so that only sigtimedwait() sees them. */
static void block_signals(sigset_t *ret) {
        sigemptyset(ret);
        sigaddset(ret, SIGTERM);
        sigaddset(ret, SIGINT);
        sigaddset(ret, SIGHUP);
        pthread_sigmask(SIG_BLOCK, ret, NULL);
        signal(SIGPIPE, SIG_IGN);
        signal(SIGXFSZ, SIG_IGN); /* a log file that may not grow */
}

/* Where one of the standard files is closed, a socket would take its place, and get our log. */
static void open_standard_files(void) {
        int fd;

        do
                fd = open("/dev/null", O_RDWR);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0)
                close(fd);
}

static void log_serving(const struct options *o, int port, int probe_port_or_0) {
        char address[ADDRESS_MAX], metrics[ADDRESS_MAX] = "";

        address_with_port(o->address, port, address, sizeof(address));
        if (probe_port_or_0)
                address_with_port(o->metrics_address, probe_port_or_0, metrics, sizeof(metrics));
        LOG(LOG_INFO, "serving", LOG_STRING("address", address),
            LOG_STRING("metrics_address", metrics),
            LOG_STRING("security", o->insecure ? "none" : "mTLS"),
            LOG_NUMBER("workers", o->workers), LOG_STRING("version", VERSION));
}

static void drain(struct server *server, const struct options *o, int signal_number) {
        bool in_time;

        LOG(LOG_INFO, "draining", LOG_STRING("signal", strsignal(signal_number)),
            LOG_NUMBER("grace_ms", o->grace_ms));
        in_time = server_stop(server, o->grace_ms);
        LOG(in_time ? LOG_INFO : LOG_WARN, in_time ? "stopped" : "stopped; calls were cancelled",
            { 0 });
}

/* What daemons do on SIGHUP: ours reads all but the certificates only once. */
static void reload(struct tls *tls_or_null) {
        if (tls_or_null)
                tls_reload(tls_or_null);
        else
                LOG(LOG_INFO, "SIGHUP: without certificates there is nothing to read again", { 0 });
}

static int wait_for_signal(const sigset_t *signals, struct tls *tls,
                           const struct self_check *alive) {
        const struct timespec period = { .tv_sec = 1 };
        struct heap memory = { 0 };
        int signal_number;

        accept_tend(alive); /* before files can run out */
        while ((signal_number = sigtimedwait(signals, NULL, &period)) < 0 ||
               signal_number == SIGHUP) {
                if (signal_number == SIGHUP)
                        reload(tls);
                heap_tidy(&memory);
                accept_tend(alive);
        }
        return signal_number;
}

/* The server and, if it is wanted, the probe; an exit code. */
static int run(const struct options *o, const sigset_t *signals, struct metrics *metrics) {
        struct server_config config = {
                .address = o->address,
                .tls = metrics->tls,
                .max_recv_bytes = o->max_recv_bytes,
                .n_workers = o->workers,
                .max_connection_age_ms = o->max_connection_age_ms,
                .max_connection_age_grace_ms = o->max_connection_age_grace_ms,
        };
        struct fault fault = { 0 };
        struct probe *probe = NULL;
        struct server *server;
        struct self_check alive;

        if (server_start(&config, metrics->stats, &server, &fault) < 0)
                return fail(&fault);
        if (!self_check_init(&alive, o->address, server_port(server), metrics->tls != NULL))
                BUG("no greeting for our own port");
        if (o->metrics_address &&
            http_start(o->metrics_address, &alive, metrics, &probe, &fault) < 0) {
                server_stop(server, 0);
                return fail(&fault);
        }
        log_serving(o, server_port(server), probe ? http_port(probe) : 0);
        drain(server, o, wait_for_signal(signals, metrics->tls, &alive));
        if (probe) /* last: readyz tells the drain */
                http_stop(probe);
        return EXIT_DONE;
}

static int serve_until_signal(const struct options *o, const sigset_t *signals, struct tls *tls) {
        struct counters *stats = malloc(sizeof(*stats));
        struct metrics metrics = { .stats = stats, .tls = tls, .version = VERSION };
        int exit_code;

        if (!stats)
                BUG("no memory at the start");
        counters_init(stats);
        exit_code = run(o, signals, &metrics);
        counters_release(stats);
        free(stats);
        return exit_code;
}

static int serve_as(const struct options *o, const sigset_t *signals) {
        struct fault fault = { 0 };
        struct tls *tls = NULL;
        int exit_code;

        raise_file_limit();
        if (threads_check(o->workers + N_OTHER_THREADS, &fault) < 0)
                return fail(&fault);
        if (!o->insecure && tls_open(o->certs_dir, &tls, &fault) < 0)
                return fail(&fault);
        exit_code = serve_until_signal(o, signals, tls);
        if (tls)
                tls_close(tls);
        return exit_code;
}

int serve(int argc, char **argv) {
        struct fault fault = { 0 };
        struct options options;
        sigset_t signals;
        int exit_code, r;

        open_standard_files();
        if (options_read(argc, argv, &options, &fault) < 0)
                return fail(&fault);
        if (options.help || options.version) {
                fputs(options.help ? options_help() : "function-gpu-placement " VERSION "\n",
                      stdout);
                return EXIT_DONE;
        }
        heap_prepare();
        log_init(options.log_level, options.debug);
        block_signals(&signals);
        r = sink_open();
        if (r < 0) {
                fault_set(&fault, "cannot start a thread: %s", strerror(-r));
                return fail(&fault);
        }
        exit_code = serve_as(&options, &signals);
        sink_close();
        return exit_code;
}
