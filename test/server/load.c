/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many clients at once: what becomes of their calls when the server is told to
 * stop, and of the memory when they are done.
 */
#include "rig.h"

#include <grpc/byte_buffer.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_CLIENTS = 16, N_STATUS = 17, CALL_TIMEOUT_MS = 20000 };

static const char *program;

static const char *const insecure[] = { "--insecure", NULL };

struct worker {
        pthread_t thread;
        struct client client;
        struct text request;
        unsigned int max_calls;
        unsigned int n[N_STATUS]; /* calls by how they ended */
};

/* The next call follows the last one at once, until one is refused. */
static void *call_in_a_loop(void *argument) {
        struct worker *w = argument;
        grpc_status_code status = GRPC_STATUS_OK;

        for (unsigned int i = 0; i < w->max_calls && status == GRPC_STATUS_OK; i++) {
                client_send(&w->client, RUN_V1, w->request, CALL_TIMEOUT_MS);
                grpc_byte_buffer_destroy(client_read(&w->client));
                status = client_finish(&w->client);
                w->n[status]++;
        }
        return NULL;
}

static void start_all(struct worker workers[N_CLIENTS], const struct rig *r, size_t n_connections,
                      struct text request, unsigned int max_calls) {
        for (size_t i = 0; i < N_CLIENTS; i++) {
                workers[i] = (struct worker) { .request = request, .max_calls = max_calls };
                if (i < n_connections)
                        client_open(&workers[i].client, r->address, NULL);
                else
                        client_share(&workers[i].client, &workers[i % n_connections].client);
        }
        for (size_t i = 0; i < N_CLIENTS; i++)
                assert_int_equal(
                        pthread_create(&workers[i].thread, NULL, call_in_a_loop, &workers[i]), 0);
}

static void end_all(struct worker workers[N_CLIENTS], unsigned int ret_n[N_STATUS]) {
        for (size_t i = 0; i < N_CLIENTS; i++)
                pthread_join(workers[i].thread, NULL);
        for (size_t i = N_CLIENTS; i-- > 0;) {
                client_close(&workers[i].client);
                for (size_t status = 0; status < N_STATUS; status++)
                        ret_n[status] += workers[i].n[status];
        }
}

static void sleep_ms(long ms) {
        const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

        nanosleep(&t, NULL);
}

static void test_stop(void **state) {
        static const struct {
                const char *name;
                size_t n_connections;
                size_t request_len;
        } rows[] = {
                { "one connection, small", 1, 8 },
                { "one connection, large", 1, 200 * 1024 },
                { "four connections, small", 4, 8 },
                { "sixteen connections, large", 16, 200 * 1024 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text request = rig_large_request(rows[i].request_len);
                struct worker workers[N_CLIENTS];
                unsigned int n[N_STATUS] = { 0 };
                struct rig r;

                rig_start(&r, program, insecure);
                start_all(workers, &r, rows[i].n_connections, request, 1000000);
                /* The log must be read, or lines are dropped. */
                for (size_t line = 0; line < 500; line++)
                        rig_wait(&r, "\"msg\":\"RunFunction\"");
                kill(r.pid, SIGTERM);
                rig_wait(&r, "\"msg\":\"stopped\"");
                assert_int_equal(rig_exit(&r), 0);
                end_all(workers, n);
                for (size_t status = 0; status < N_STATUS; status++) {
                        if (status != GRPC_STATUS_OK && status != GRPC_STATUS_UNAVAILABLE &&
                            n[status])
                                fail_msg("%s: %u calls ended with status %zu", rows[i].name,
                                         n[status], status);
                }
                assert_true(n[GRPC_STATUS_OK] > 500);
                free((void *)(uintptr_t)request.data);
        }
}

static void test_memory(void **state) {
        enum { MB = 1024, MAX_WAIT_MS = 10000 };
        struct text request = rig_large_request((RIG_MEMORY_TELLS ? 20 : 2) * MB * 1024);
        struct worker workers[N_CLIENTS];
        unsigned int n[N_STATUS] = { 0 };
        struct rig r;
        long before, peak, after;

        (void)state;
        rig_start(&r, program, insecure);
        before = rig_memory_kb(&r);
        start_all(workers, &r, N_CLIENTS, request, 2);
        end_all(workers, n);
        assert_int_equal(n[GRPC_STATUS_OK], 2 * N_CLIENTS);
        peak = after = rig_memory_kb(&r);
        for (long ms = 0; RIG_MEMORY_TELLS && ms < MAX_WAIT_MS && after > before + 100 * MB;
             ms += 100) {
                sleep_ms(100);
                after = rig_memory_kb(&r);
        }
        print_message("resident: %ld MB, then %ld, then %ld\n", before / MB, peak / MB, after / MB);
        if (RIG_MEMORY_TELLS)
                assert_in_range(after, 0, before + 100 * MB);
        rig_stop(&r);
        free((void *)(uintptr_t)request.data);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stop),
                cmocka_unit_test(test_memory),
        };
        int failed;

        if (argc != 2)
                return 2;
        program = argv[1];
        grpc_init();
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        grpc_shutdown_blocking();
        return failed;
}
