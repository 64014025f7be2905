/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections grow old: the server says goodbye to them, clients make new ones,
 * and no call fails. In process, because the program's own five minutes are too
 * long for a test.
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

struct caller {
        pthread_t thread;
        struct client client;
        unsigned int n_calls, n_refused, n_failed;
};

static void *call_on(void *argument) {
        const struct timespec pause = { .tv_nsec = 2000000 };
        struct caller *c = argument;
        time_t end = time(NULL) + SECONDS;
        int code;

        while (time(NULL) < end) {
                client_send(&c->client, RUN_V1, SMALL_REQUEST, CALL_TIMEOUT_MS);
                grpc_byte_buffer_destroy(client_read(&c->client));
                code = client_finish(&c->client);
                c->n_refused += code == GRPC_STATUS_UNAVAILABLE;
                c->n_failed += code != GRPC_STATUS_OK && code != GRPC_STATUS_UNAVAILABLE;
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
        struct timespec begin, end;

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        clock_gettime(CLOCK_MONOTONIC, &begin);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        assert_int_equal(write(fd, hello, sizeof(hello) - 1), sizeof(hello) - 1);
        while (head[3] != GOAWAY) {
                read_exactly(fd, head, sizeof(head));
                assert_int_equal(head[0], 0);
                read_exactly(fd, payload, (size_t)head[1] << 8 | head[2]);
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        close(fd);
        return (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
}

static void test_age(void **state) {
        const struct server_config config = {
                .address = "127.0.0.1:0",
                .max_recv_bytes = 1024 * 1024,
                .n_workers = 2,
                .connection_age_ms = AGE_MS,
        };
        struct caller callers[N_CLIENTS] = { 0 };
        unsigned int n_calls = 0, n_refused = 0, n_failed = 0;
        static struct stats stats;
        struct server *server;
        struct fault fault;
        char address[32];
        long ms;

        (void)state;
        stats_init(&stats);
        assert_int_equal(server_start(&config, &stats, &server, &fault), 0);
        snprintf(address, sizeof(address), "127.0.0.1:%d", server_port(server));
        for (size_t i = 0; i < N_CLIENTS; i++) {
                client_open(&callers[i].client, address, NULL);
                assert_int_equal(pthread_create(&callers[i].thread, NULL, call_on, &callers[i]), 0);
        }
        ms = goodbye_ms(server_port(server));
        for (size_t i = 0; i < N_CLIENTS; i++) {
                pthread_join(callers[i].thread, NULL);
                n_calls += callers[i].n_calls;
                n_refused += callers[i].n_refused;
                n_failed += callers[i].n_failed;
        }
        for (size_t i = 0; i < N_CLIENTS; i++)
                client_close(&callers[i].client);
        assert_true(server_stop(server, 5000));
        stats_release(&stats);
        print_message("goodbye after %ld ms; %u calls, %u refused, %u failed\n", ms, n_calls,
                      n_refused, n_failed);
        assert_true(ms >= MIN_AGE_MS);
        assert_true(n_calls > N_CLIENTS);
        assert_int_equal(n_failed, 0);
        /* Now and then one meets the connection as it closes: not begun, and safe to send again. */
        assert_true(n_refused <= n_calls / 200);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_age) };
        int failed;

        grpc_init();
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        grpc_shutdown_blocking();
        return failed;
}
