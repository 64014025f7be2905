/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server whose memory or sockets fail, each time at another place, or whose workers
 * do not come to an end; afterwards it must answer the next call as if nothing had been.
 *
 * denied PROGRAM CASE: the program with deny.c in it, a folder of test/golden/cases
 */
#include "deny.h"
#include "rig.h"

#include "golden/case.h"

#include <grpc/byte_buffer.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ANSWER_MAX = 1 << 20, TIMEOUT_MS = 10000, ROUNDS_MAX = 100 * 1000 };

static const char *program, *folder;

enum { N_WORKERS = 2 };

static const char *const flags[] = { "--insecure", "--workers=2", NULL };

/* The server, and the last request that the case led to with its answer. */
struct scene {
        struct rig rig;
        struct deny *deny;
        struct client client;
        struct arena arena;
        struct text request, answer;
        unsigned int n_failed;
};

/* ---- one call -------------------------------------------------------------------------------- */

static struct text copy_message(grpc_byte_buffer *message, struct arena *arena) {
        char *bytes = arena_alloc(arena, ANSWER_MAX);

        assert_non_null(bytes);
        return message_bytes(message, bytes, ANSWER_MAX);
}

/* On a connection that stays open. */
static grpc_status_code call(struct scene *s, struct text request, struct arena *arena,
                             struct text *ret) {
        grpc_byte_buffer *message;

        client_send(&s->client, RUN_V1, request, TIMEOUT_MS);
        message = client_read(&s->client);
        *ret = message ? copy_message(message, arena) : (struct text) { 0 };
        return client_finish(&s->client);
}

/* On a connection of its own. */
static void assert_answers(const struct scene *s, struct text request, struct text want) {
        grpc_byte_buffer *message;
        struct arena arena;

        arena_init(&arena, SIZE_MAX);
        assert_int_equal(client_once(s->rig.address, NULL, RUN_V1, request, &message),
                         GRPC_STATUS_OK);
        assert_true(text_equal(copy_message(message, &arena), want));
        arena_release(&arena);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* As a transport of the case: each of its requests once for every allocation that can fail. */
static int call_denied(void *ctx, const char *target, struct text request, struct arena *arena,
                       struct text *ret, struct fault *fault) {
        struct scene *s = ctx;

        (void)target;
        (void)fault;
        assert_int_equal(call(s, request, &s->arena, &s->answer), GRPC_STATUS_OK);
        for (uint64_t n = 1;; n++) {
                grpc_status_code status;
                struct arena scratch;
                bool is_same;

                assert_in_range(n, 1, ROUNDS_MAX);
                arena_init(&scratch, SIZE_MAX);
                s->deny->happened = false;
                s->deny->allocation = n;
                status = call(s, request, &scratch, ret);
                is_same = text_equal(*ret, s->answer);
                arena_release(&scratch);
                if (!s->deny->happened) {
                        assert_true(n > 1);
                        assert_int_equal(status, GRPC_STATUS_OK);
                        assert_true(is_same);
                        break;
                }
                assert_int_equal(status, GRPC_STATUS_RESOURCE_EXHAUSTED);
                s->n_failed++;
        }
        s->request = text_copy(&s->arena, request);
        *ret = text_copy(arena, s->answer);
        return 0;
}

static void test_memory(void **state) {
        struct scene *s = *state;
        struct cli_transport transport = { .call = call_denied, .ctx = s };
        struct fault fault = { 0 };
        struct golden golden;
        struct text answer;

        assert_int_equal(case_read(folder, &s->arena, &golden, &fault), 0);
        client_open(&s->client, s->rig.address, NULL);
        assert_int_equal(case_answer(&golden, &transport, &s->arena, &answer, &fault), 0);
        client_close(&s->client);
        assert_true(text_equal(answer, golden.want));
        print_message("%u allocations failed\n", s->n_failed);
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* A reset connection: no answer, or the right one when the client has tried again. */
static bool is_cut(struct scene *s, struct text request, struct text want, int64_t sent,
                   int64_t received) {
        grpc_byte_buffer *message;
        grpc_status_code status;
        struct arena arena;

        s->deny->happened = false;
        s->deny->sent = sent;
        s->deny->received = received;
        s->deny->next = true;
        status = client_once(s->rig.address, NULL, RUN_V1, request, &message);
        s->deny->sent = DENY_NOTHING;
        s->deny->received = DENY_NOTHING;
        if (status != GRPC_STATUS_OK) {
                assert_int_equal(status, GRPC_STATUS_UNAVAILABLE);
                assert_true(s->deny->happened);
                grpc_byte_buffer_destroy(message);
                return true;
        }
        arena_init(&arena, SIZE_MAX);
        assert_true(text_equal(copy_message(message, &arena), want));
        arena_release(&arena);
        return s->deny->happened;
}

static void cut_everywhere(struct scene *s, struct text request, struct text want, int64_t step) {
        for (int direction = 0; direction < 2; direction++) {
                int64_t at = 0;

                while (is_cut(s, request, want, direction == 0 ? at : DENY_NOTHING,
                              direction == 0 ? DENY_NOTHING : at)) {
                        assert_answers(s, request, want);
                        assert_in_range(at, 0, ROUNDS_MAX * step);
                        at += step;
                }
                assert_true(at > 0);
                print_message("cut after every %lld of %lld bytes %s\n", (long long)step,
                              (long long)at, direction == 0 ? "sent" : "received");
        }
}

static void test_small_call_is_cut(void **state) {
        struct scene *s = *state;
        grpc_byte_buffer *message;

        if (!SOCKETS_ARE_WRAPPED)
                skip();
        client_once(s->rig.address, NULL, RUN_V1, SMALL_REQUEST, &message);
        cut_everywhere(s, SMALL_REQUEST, copy_message(message, &s->arena), 1);
}

static void test_call_is_cut(void **state) {
        struct scene *s = *state;

        if (!SOCKETS_ARE_WRAPPED)
                skip();
        cut_everywhere(s, s->request, s->answer, 211);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void *call_once(void *argument) {
        const struct scene *s = argument;

        assert_answers(s, s->request, s->answer);
        return NULL;
}

static double now_ms(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* No worker goes on and more calls wait: health, and what nobody serves, are answered as ever. */
static void test_workers_busy(void **state) {
        enum { N_CALLS = 4 * N_WORKERS, N_CHECKS = 200, CHECK_TIMEOUT_MS = 2000 };
        static const struct {
                const char *method;
                grpc_status_code want;
        } rows[] = {
                { "/grpc.health.v1.Health/Check", GRPC_STATUS_OK },
                { "/nobody/serves", GRPC_STATUS_UNIMPLEMENTED },
        };
        const struct timespec period = { .tv_nsec = 1000000 };
        struct scene *s = *state;
        double took[N_CHECKS];
        int n_wrong = 0, n_waiting;
        pthread_t calls[N_CALLS];
        struct client c;

        s->deny->work_waits = true;
        for (size_t i = 0; i < N_CALLS; i++)
                assert_int_equal(pthread_create(&calls[i], NULL, call_once, s), 0);
        for (int ms = 0; s->deny->n_waiting < N_WORKERS && ms < TIMEOUT_MS / 2; ms++)
                nanosleep(&period, NULL);
        client_open(&c, s->rig.address, NULL);
        for (size_t i = 0; i < N_CHECKS; i++) {
                double begin = now_ms();

                n_wrong += client_whole_call(&c, rows[i % 2].method, TEXT(""), CHECK_TIMEOUT_MS) !=
                           rows[i % 2].want;
                took[i] = now_ms() - begin;
                if (n_wrong > 0)
                        break;
        }
        n_waiting = s->deny->n_waiting;
        s->deny->work_waits = false; /* before anything can fail, or the server never ends */
        for (size_t i = 0; i < N_CALLS; i++)
                pthread_join(calls[i], NULL);
        client_close(&c);
        assert_int_equal(n_wrong, 0);
        assert_int_equal(n_waiting, N_WORKERS);
        qsort(took, N_CHECKS, sizeof(took[0]), compare);
        print_message("beside busy workers: %.2f ms median, %.2f ms at most\n", took[N_CHECKS / 2],
                      took[N_CHECKS - 1]);
}

/* ---- the program ----------------------------------------------------------------------------- */

static int setup(void **state) {
        static struct scene scene;
        int fd = memfd_create("deny", 0);
        char number[16];

        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, sizeof(*scene.deny)), 0);
        scene.deny = mmap(NULL, sizeof(*scene.deny), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        assert_ptr_not_equal(scene.deny, MAP_FAILED);
        scene.deny->connection = -1;
        scene.deny->sent = DENY_NOTHING;
        scene.deny->received = DENY_NOTHING;
        snprintf(number, sizeof(number), "%d", fd);
        setenv(DENY_VARIABLE, number, 1);
        arena_init(&scene.arena, SIZE_MAX);
        rig_start(&scene.rig, program, flags);
        *state = &scene;
        return 0;
}

static int teardown(void **state) {
        struct scene *s = *state;

        rig_stop(&s->rig); /* which also says that nothing is leaked */
        arena_release(&s->arena);
        munmap(s->deny, sizeof(*s->deny));
        return 0;
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_memory), /* first: it leaves a request */
                cmocka_unit_test(test_workers_busy),
                cmocka_unit_test(test_small_call_is_cut),
                cmocka_unit_test(test_call_is_cut),
        };
        int failed;

        if (argc != 3)
                return 2;
        program = argv[1];
        folder = argv[2];
        grpc_init();
        failed = cmocka_run_group_tests(tests, setup, teardown);
        grpc_shutdown_blocking();
        return failed;
}
