/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections grow old: the server says goodbye to them, clients make new ones,
 * and no call fails, unless it outlasts the grace.
 */
#include "rig.h"
#include "server/server.h"

#include <arpa/inet.h>
#include <grpc/byte_buffer.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_CLIENTS = 4, AGE_MS = 200, MIN_AGE_MS = 100, SECONDS = 3, CALL_TIMEOUT_MS = 20000 };

struct aged {
        struct counters stats;
        struct server *server;
        char address[32];
};

static void start(struct aged *a, int64_t age_grace_ms) {
        const struct server_config config = {
                .address = "127.0.0.1:0",
                .max_recv_bytes = 1024 * 1024,
                .n_workers = 2,
                .max_connection_age_ms = AGE_MS,
                .max_connection_age_grace_ms = age_grace_ms,
        };
        struct fault fault;

        counters_init(&a->stats);
        assert_int_equal(server_start(&config, &a->stats, &a->server, &fault), 0);
        snprintf(a->address, sizeof(a->address), "127.0.0.1:%d", server_port(a->server));
}

static void stop(struct aged *a) {
        assert_true(server_stop(a->server, 5000));
        counters_release(&a->stats);
}

static long elapsed_ms(const struct timespec *begin) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
}

/* ---- goodbye --------------------------------------------------------------------------------- */

struct caller {
        pthread_t thread;
        struct client client;
        unsigned int n_calls, n_failed;
};

static void *call_on(void *argument) {
        const struct timespec pause = { .tv_nsec = 2000000 };
        struct caller *c = argument;
        time_t end = time(NULL) + SECONDS;

        while (time(NULL) < end) {
                c->n_failed += client_whole_call(&c->client, RUN_V1, SMALL_REQUEST,
                                                 CALL_TIMEOUT_MS) != GRPC_STATUS_OK;
                c->n_calls++;
                nanosleep(&pause, NULL);
        }
        return NULL;
}

static void read_exactly(int fd, unsigned char *ret, size_t n) {
        for (size_t at = 0; at < n;) {
                ssize_t got = read(fd, ret + at, n - at);

                assert_true(got > 0);
                at += (size_t)got;
        }
}

/* Milliseconds until a connection that greets, and no more, gets a GOAWAY. */
static long goodbye_ms(int port) {
        enum { HEAD_BYTES = 9, GOAWAY = 7, FRAME_MAX_BYTES = 16384 };
        static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        unsigned char head[HEAD_BYTES] = { 0 }, payload[FRAME_MAX_BYTES];
        const struct timeval patience = { .tv_sec = 20 };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct timespec begin;

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        clock_gettime(CLOCK_MONOTONIC, &begin);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        assert_int_equal(write(fd, hello, sizeof(hello) - 1), sizeof(hello) - 1);
        while (head[3] != GOAWAY) {
                read_exactly(fd, head, sizeof(head));
                assert_int_equal(head[0], 0);
                read_exactly(fd, payload, (size_t)head[1] << 8 | head[2]);
        }
        close(fd);
        return elapsed_ms(&begin);
}

/* Each call is answered, and none is computed twice on the way. */
static void test_age(void **state) {
        struct caller callers[N_CLIENTS] = { 0 };
        unsigned int n_calls = 0, n_failed = 0;
        static struct aged aged;
        uint64_t n_computed;
        long ms;

        (void)state;
        start(&aged, 60 * 1000);
        for (size_t i = 0; i < N_CLIENTS; i++) {
                client_open(&callers[i].client, aged.address, NULL);
                assert_int_equal(pthread_create(&callers[i].thread, NULL, call_on, &callers[i]), 0);
        }
        ms = goodbye_ms(server_port(aged.server));
        for (size_t i = 0; i < N_CLIENTS; i++) {
                pthread_join(callers[i].thread, NULL);
                n_calls += callers[i].n_calls;
                n_failed += callers[i].n_failed;
        }
        for (size_t i = 0; i < N_CLIENTS; i++)
                client_close(&callers[i].client);
        n_computed = atomic_load(&aged.stats.calls[SERVICE_V1][GRPC_STATUS_OK]);
        stop(&aged);
        print_message("goodbye after %ld ms; %u calls, %u failed\n", ms, n_calls, n_failed);
        assert_true(ms >= MIN_AGE_MS);
        assert_true(n_calls > N_CLIENTS);
        assert_int_equal(n_failed, 0);
        assert_int_equal(n_computed, n_calls);
}

/* ---- grace ----------------------------------------------------------------------------------- */

static void wait_ms(long ms) {
        const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

        nanosleep(&pause, NULL);
}

/* What was under way when the age was reached is answered, for as long as the grace lasts. */
static void test_within_grace(void **state) {
        static struct aged aged;
        struct client c;

        (void)state;
        start(&aged, 60 * 1000);
        client_open(&c, aged.address, NULL);
        client_begin(&c, RUN_V1, CALL_TIMEOUT_MS);
        wait_ms(3 * AGE_MS);
        client_write(&c, SMALL_REQUEST);
        client_close_writes(&c);
        grpc_byte_buffer_destroy(client_read(&c));
        assert_int_equal(client_finish(&c), GRPC_STATUS_OK);
        client_close(&c);
        stop(&aged);
}

/* A stream that would never end: without a grace it could keep its connection for ever. */
static void test_grace_ends(void **state) {
        enum { AGE_GRACE_MS = 500 };
        static struct aged aged;
        struct timespec begin;
        grpc_status_code status;
        struct client c;
        long ms;

        (void)state;
        start(&aged, AGE_GRACE_MS);
        clock_gettime(CLOCK_MONOTONIC, &begin);
        client_open(&c, aged.address, NULL);
        client_send(&c, "/grpc.health.v1.Health/Watch", TEXT(""), CALL_TIMEOUT_MS);
        grpc_byte_buffer_destroy(client_read(&c));
        status = client_finish(&c);
        ms = elapsed_ms(&begin);
        client_close(&c);
        stop(&aged);
        print_message("a Watch ended after %ld ms\n", ms);
        assert_int_equal(status, GRPC_STATUS_UNAVAILABLE);
        assert_in_range(ms, MIN_AGE_MS + AGE_GRACE_MS, CALL_TIMEOUT_MS / 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_age),
                cmocka_unit_test(test_within_grace),
                cmocka_unit_test(test_grace_ends),
        };
        int failed;

        grpc_init();
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        grpc_shutdown_blocking();
        return failed;
}
