/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls a server in a closed loop with bytes that were made before, and says
 * what it cost the server.
 *
 *      load ADDRESS PID FILE[,FILE]... CLIENTS SECONDS MIN_CALLS [ANSWER]
 *
 * Several files are sent in turn; a whole number of turns is measured where there is one client.
 * One connection, as Crossplane has. Messages are neither encoded nor decoded
 * here, so that the client takes less of the machine than what it measures. The
 * last answer is written to the file ANSWER. Prints one line:
 *
 *      calls seconds server_cpu_seconds p50_ms p99_ms
 *
 *      load --first 127.0.0.1:PORT FILE PROGRAM [ARGUMENT]...
 *
 * starts the server itself, once all is ready for the call, and prints the
 * milliseconds until it has answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/status.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define METHOD "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"

enum { MAX_FILES = 64 };
enum { MAX_CLIENTS = 256, MAX_MESSAGE_BYTES = 64 * 1024 * 1024, TIMEOUT_SECONDS = 120 };

struct client {
        grpc_call *call;
        grpc_metadata_array initial, trailing;
        grpc_byte_buffer *message, *answer;
        grpc_status_code status;
        grpc_slice details;
        double begin;
};

static grpc_channel *channel;
static grpc_completion_queue *queue;
static grpc_slice requests[MAX_FILES];
static size_t n_requests, next_request;

static void die(const char *what) {
        fprintf(stderr, "load: %s\n", what);
        exit(1);
}

static double seconds(clockid_t clock) {
        struct timespec t;

        if (clock_gettime(clock, &t) != 0)
                die("no such process");
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(struct client *c) {
        grpc_op ops[6] = { 0 };

        grpc_metadata_array_init(&c->initial);
        grpc_metadata_array_init(&c->trailing);
        /* Sending empties it. */
        c->message = grpc_raw_byte_buffer_create(&requests[next_request++ % n_requests], 1);
        c->begin = seconds(CLOCK_MONOTONIC);
        c->call = grpc_channel_create_call(
                channel, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
                grpc_slice_from_static_string(METHOD), NULL,
                gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                             gpr_time_from_seconds(TIMEOUT_SECONDS, GPR_TIMESPAN)),
                NULL);
        ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
        ops[0].flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY; /* it may just have been started */
        ops[1].op = GRPC_OP_SEND_MESSAGE;
        ops[1].data.send_message.send_message = c->message;
        ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
        ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
        ops[3].data.recv_initial_metadata.recv_initial_metadata = &c->initial;
        ops[4].op = GRPC_OP_RECV_MESSAGE;
        ops[4].data.recv_message.recv_message = &c->answer;
        ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
        ops[5].data.recv_status_on_client.trailing_metadata = &c->trailing;
        ops[5].data.recv_status_on_client.status = &c->status;
        ops[5].data.recv_status_on_client.status_details = &c->details;
        if (grpc_call_start_batch(c->call, ops, 6, c, NULL) != GRPC_CALL_OK)
                die("a batch that gRPC does not allow");
}

static void save(const char *path, grpc_byte_buffer *answer) {
        grpc_byte_buffer_reader reader;
        FILE *f = fopen(path, "wbe");
        grpc_slice bytes;

        if (!f || !grpc_byte_buffer_reader_init(&reader, answer))
                die("the answer cannot be written");
        bytes = grpc_byte_buffer_reader_readall(&reader);
        fwrite(GRPC_SLICE_START_PTR(bytes), 1, GRPC_SLICE_LENGTH(bytes), f);
        if (fclose(f) != 0)
                die("the answer cannot be written");
        grpc_slice_unref(bytes);
        grpc_byte_buffer_reader_destroy(&reader);
}

/* The next call to end; its answer goes to the file if there is one. */
static struct client *finish(const char *answer_path) {
        grpc_event event =
                grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
        struct client *c = event.tag;

        if (c->status != GRPC_STATUS_OK) {
                char *details = grpc_slice_to_c_string(c->details);

                fprintf(stderr, "load: status %d: %s\n", (int)c->status, details);
                exit(1);
        }
        if (answer_path)
                save(answer_path, c->answer);
        grpc_byte_buffer_destroy(c->message);
        grpc_byte_buffer_destroy(c->answer);
        grpc_metadata_array_destroy(&c->initial);
        grpc_metadata_array_destroy(&c->trailing);
        grpc_slice_unref(c->details);
        grpc_call_unref(c->call);
        return c;
}

static int compare(const void *a, const void *b) {
        double left = *(const double *)a, right = *(const double *)b;

        return left < right ? -1 : left > right;
}

static void read_request(const char *path) {
        FILE *f = fopen(path, "rbe");
        char *bytes;
        long len;

        if (!f || fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) < 0)
                die("the request cannot be read");
        rewind(f);
        bytes = gpr_malloc((size_t)len + 1);
        if (fread(bytes, 1, (size_t)len, f) != (size_t)len)
                die("the request cannot be read");
        fclose(f);
        requests[n_requests++] = grpc_slice_from_static_buffer(bytes, (size_t)len);
}

static void read_requests(char *paths) {
        for (char *path = strtok(paths, ","); path; path = strtok(NULL, ",")) {
                if (n_requests == MAX_FILES)
                        die("too many files");
                read_request(path);
        }
        if (n_requests == 0)
                die("no file is named");
}

static void connect_to(const char *address) {
        static char max_receive[] = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH;
        grpc_arg limit = { .type = GRPC_ARG_INTEGER,
                           .key = max_receive,
                           .value.integer = MAX_MESSAGE_BYTES };
        grpc_channel_args arguments = { .num_args = 1, .args = &limit };
        grpc_channel_credentials *credentials = grpc_insecure_credentials_create();

        queue = grpc_completion_queue_create_for_next(NULL);
        channel = grpc_channel_create(address, credentials, &arguments);
        grpc_channel_credentials_release(credentials);
}

/* Core would wait a second before it tries again; so it is called only when somebody listens. */
static void wait_for_listener(const char *address) {
        const struct timespec pause = { .tv_nsec = 200 * 1000 };
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        const char *colon = strrchr(address, ':');
        double begin = seconds(CLOCK_MONOTONIC);

        to.sin_port = htons((uint16_t)strtoul(colon ? colon + 1 : "", NULL, 10));
        while (seconds(CLOCK_MONOTONIC) - begin < TIMEOUT_SECONDS) {
                int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                int r = connect(fd, (const struct sockaddr *)&to, sizeof(to));

                close(fd);
                if (r == 0)
                        return;
                nanosleep(&pause, NULL);
        }
        die("the server does not listen");
}

static int measure_first(const char *address, const char *path, char **command) {
        double begin, taken;
        pid_t server;

        grpc_init();
        read_request(path);
        connect_to(address);
        begin = seconds(CLOCK_MONOTONIC);
        if (posix_spawn(&server, command[0], NULL, NULL, command, environ) != 0)
                die("the server cannot be started");
        wait_for_listener(address);
        start(&(struct client) { 0 });
        finish(NULL);
        taken = seconds(CLOCK_MONOTONIC) - begin;
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        printf("%.3f\n", taken * 1e3);
        return 0;
}

int main(int argc, char **argv) {
        static struct client clients[MAX_CLIENTS];
        double *latencies, begin, end, cpu, limit;
        size_t n_clients, n_calls = 0, n_open = 0, min_calls, cap = 1 << 20;
        clockid_t clock;

        if (argc > 4 && strcmp(argv[1], "--first") == 0)
                return measure_first(argv[2], argv[3], argv + 4);
        if (argc != 7 && argc != 8)
                die("usage: load ADDRESS PID FILE[,FILE]... CLIENTS SECONDS MIN_CALLS [ANSWER]");
        n_clients = strtoul(argv[4], NULL, 10);
        limit = strtod(argv[5], NULL);
        min_calls = strtoul(argv[6], NULL, 10);
        if (n_clients < 1 || n_clients > MAX_CLIENTS)
                die("CLIENTS is out of range");
        if (clock_getcpuclockid((pid_t)strtol(argv[2], NULL, 10), &clock) != 0)
                die("no such process");
        latencies = malloc(cap * sizeof(*latencies));
        if (!latencies)
                die("no memory");
        grpc_init();
        connect_to(argv[1]);
        read_requests(argv[3]);

        start(&clients[0]); /* with the first file; warms up, and waits until the server is there */
        finish(argc == 8 ? argv[7] : NULL);
        next_request = 0;

        cpu = seconds(clock);
        begin = end = seconds(CLOCK_MONOTONIC);
        for (; n_open < n_clients; n_open++)
                start(&clients[n_open]);
        while (n_open > 0) {
                struct client *c = finish(NULL);

                end = seconds(CLOCK_MONOTONIC);
                if (n_calls < cap)
                        latencies[n_calls++] = end - c->begin;
                if (end - begin < limit || n_calls + n_open - 1 < min_calls ||
                    (n_clients == 1 && n_calls % n_requests != 0))
                        start(c);
                else
                        n_open--;
        }
        cpu = seconds(clock) - cpu;
        qsort(latencies, n_calls, sizeof(*latencies), compare);
        printf("%zu %.6f %.6f %.4f %.4f\n", n_calls, end - begin, cpu, latencies[n_calls / 2] * 1e3,
               latencies[n_calls * 99 / 100] * 1e3);
        return 0;
}
