/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls without TLS against the program itself.
 */
#include "rig.h"

#include "base/arena.h"
#include "lib/promtext.h"
#include "server/client.h"
#include "wire/encode.h"

#include <errno.h>
#include <grpc/byte_buffer.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *program;

#define V1_LABELS                                                                                  \
        "grpc_type=\"unary\",grpc_service=\"apiextensions.fn.proto.v1.FunctionRunnerService\","    \
        "grpc_method=\"RunFunction\""

#define IN_FLIGHT "function_gpu_placement_calls_in_flight"

static const char *const insecure[] = { "--insecure", NULL };

static int setup(void **state) {
        struct rig *r = calloc(1, sizeof(*r));

        rig_start(r, program, insecure);
        *state = r;
        return 0;
}

static int teardown(void **state) {
        rig_stop(*state);
        free(*state);
        return 0;
}

static void sleep_ms(long ms) {
        const struct timespec t = { .tv_nsec = ms * 1000000 };

        nanosleep(&t, NULL);
}

static void lives(const struct rig *r) {
        assert_int_equal(client_once(r->address, NULL, RUN_V1, SMALL_REQUEST, NULL),
                         GRPC_STATUS_OK);
}

static void test_status(void **state) {
        static const struct {
                const char *name;
                const char *method;
                struct text request;
                grpc_status_code want;
        } rows[] = {
                { "v1 answers", RUN_V1, TEXT_INIT("\x0a\x03\x0a\x01t"), GRPC_STATUS_OK },
                { "v1beta1 answers", RUN_V1BETA1, TEXT_INIT("\x0a\x03\x0a\x01t"), GRPC_STATUS_OK },
                { "garbage", RUN_V1, TEXT_INIT("\xff\xff\xff\xff"), GRPC_STATUS_INVALID_ARGUMENT },
                { "a method of another version",
                  "/apiextensions.fn.proto.v2.FunctionRunnerService/RunFunction", TEXT_INIT(""),
                  GRPC_STATUS_UNIMPLEMENTED },
                { "another method of this service",
                  "/apiextensions.fn.proto.v1.FunctionRunnerService/Run", TEXT_INIT(""),
                  GRPC_STATUS_UNIMPLEMENTED },
                { "health of all", "/grpc.health.v1.Health/Check", TEXT_INIT(""), GRPC_STATUS_OK },
                { "health of a service", "/grpc.health.v1.Health/Check",
                  TEXT_INIT("\x0a\x2f"
                            "apiextensions.fn.proto.v1.FunctionRunnerService"),
                  GRPC_STATUS_OK },
                { "health of nothing we know", "/grpc.health.v1.Health/Check",
                  TEXT_INIT("\x0a\x01x"), GRPC_STATUS_NOT_FOUND },
                { "health of garbage", "/grpc.health.v1.Health/Check", TEXT_INIT("\x0a\x7fx"),
                  GRPC_STATUS_INVALID_ARGUMENT },
                { "health of every service", "/grpc.health.v1.Health/List", TEXT_INIT(""),
                  GRPC_STATUS_OK },
        };
        const struct rig *r = *state;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                grpc_status_code got =
                        client_once(r->address, NULL, rows[i].method, rows[i].request, NULL);

                if (got != rows[i].want)
                        fail_msg("%s: status %d, want %d", rows[i].name, (int)got,
                                 (int)rows[i].want);
        }
        lives(r);
}

static void test_serving(void **state) {
        const struct rig *r = *state;
        grpc_byte_buffer *answer;
        char buffer[16];

        assert_int_equal(
                client_once(r->address, NULL, "/grpc.health.v1.Health/Check", TEXT(""), &answer),
                GRPC_STATUS_OK);
        assert_true(text_equal(message_bytes(answer, buffer, sizeof(buffer)), TEXT("\x08\x01")));
}

static void test_own_client(void **state) {
        const struct rig *r = *state;
        struct fault fault = { 0 };
        struct arena arena;
        struct text answer;

        arena_init(&arena, 1 << 20);
        assert_int_equal(client_call(r->address, SMALL_REQUEST, 5000, &arena, &answer, &fault), 0);
        assert_true(text_contains(answer, TEXT("\x0a\x01t")));
        assert_int_equal(client_call(r->address, TEXT("\xff"), 5000, &arena, &answer, &fault),
                         -EBADMSG);
        assert_int_equal(client_call("127.0.0.1:1", SMALL_REQUEST, 5000, &arena, &answer, &fault),
                         -ECONNREFUSED);
        arena_release(&arena);
}

static void test_too_large(void **state) {
        const struct rig *r = *state;
        size_t len = 33 * 1024 * 1024;
        char *bytes = calloc(1, len);
        long before = rig_memory_kb(r), after = before;

        assert_int_equal(client_once(r->address, NULL, RUN_V1, (struct text) { bytes, len }, NULL),
                         GRPC_STATUS_RESOURCE_EXHAUSTED);
        lives(r);
        /* The message was never taken; what core buffered of it is given back in a second or so. */
        for (long ms = 0; RIG_MEMORY_TELLS && ms < 10000; ms += 100) {
                after = rig_memory_kb(r);
                if (after < before + 8 * 1024)
                        break;
                sleep_ms(100);
        }
        if (RIG_MEMORY_TELLS)
                assert_in_range(after, 0, before + 8 * 1024);
        free(bytes);
}

/* Desired state of others: n objects of bytes that differ everywhere. */
static struct text foreign_state(size_t n, size_t object_len, struct arena *arena) {
        struct parts state;
        uint64_t hash = TEXT_HASH_SEED;

        parts_init(&state, arena);
        for (size_t i = 0; i < n; i++) {
                char *object = arena_alloc(arena, object_len);
                struct parts resource, entry;

                for (size_t k = 0; k < object_len; k++) {
                        hash = hash * 6364136223846793005u + 1442695040888963407u;
                        object[k] = (char)(hash >> 56);
                }
                parts_init(&resource, arena);
                parts_bytes(&resource, 1, (struct text) { .data = object, .len = object_len });
                if (i % 2 == 0)
                        parts_varint(&resource, 3, 1);
                parts_init(&entry, arena);
                parts_bytes(&entry, 1, text_format(arena, "theirs-%zu", i));
                parts_message(&entry, 2, &resource);
                parts_message(&state, 2, &entry);
        }
        return parts_joined(&state);
}

/* What arrives in pieces and is passed through comes back as it was; the next call too. */
static void test_passed_through(void **state) {
        enum { ANSWER_MAX = 4 << 20, N_ROUNDS = 3 };
        static const struct {
                size_t n, object_len;
                size_t context_len; /* so that small ones come in pieces too */
        } rows[] = { { 1000, 3300, 10 }, { 10, 20000, 10 }, { 1, 1000, 100000 } };
        const struct rig *r = *state;
        struct client client;

        client_open(&client, r->address, NULL);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * N_ROUNDS; i++) {
                const size_t row = i % (sizeof(rows) / sizeof(rows[0]));
                struct text first = rig_large_request(rows[row].context_len), desired, answer, got;
                struct parts request;
                struct arena arena;
                char *buffer;

                arena_init(&arena, SIZE_MAX);
                buffer = arena_alloc(&arena, ANSWER_MAX);
                desired = foreign_state(rows[row].n, rows[row].object_len, &arena);
                parts_init(&request, &arena);
                parts_raw(&request, first);
                parts_bytes(&request, 3, desired);
                client_send(&client, RUN_V1, parts_joined(&request), 10000);
                answer = message_bytes(client_read(&client), buffer, ANSWER_MAX);
                assert_int_equal(client_finish(&client), GRPC_STATUS_OK);
                assert_true(field_last(answer, 2, &got));
                assert_true(text_ends_with(got, desired)); /* behind the composite */
                arena_release(&arena);
                free((void *)(uintptr_t)first.data);
        }
        client_close(&client);
}

static void test_drain(void **state) {
        struct text request = rig_large_request(3 * 1024 * 1024);
        struct rig r;
        struct client run, watch;
        grpc_byte_buffer *answer;
        char buffer[16];

        (void)state;
        rig_start(&r, program, insecure);
        client_open(&watch, r.address, NULL);
        client_send(&watch, "/grpc.health.v1.Health/Watch", TEXT(""), 10000);
        assert_true(text_equal(message_bytes(client_read(&watch), buffer, sizeof(buffer)),
                               TEXT("\x08\x01")));
        client_open(&run, r.address, NULL);
        client_send(&run, RUN_V1, request, 10000);
        rig_wait(&r, "\"msg\":\"RunFunction\"");

        kill(r.pid, SIGTERM);
        rig_wait(&r, "\"msg\":\"draining\"");
        assert_true(text_equal(message_bytes(client_read(&watch), buffer, sizeof(buffer)),
                               TEXT("\x08\x02")));
        assert_null(client_read(&watch));
        assert_int_equal(client_finish(&watch), GRPC_STATUS_OK);
        assert_int_equal(rig_get(&r, "/readyz", r.line, sizeof(r.line)), 503);
        /* The listener is closed on purpose: nothing to restart, and nothing to log. */
        assert_int_equal(rig_get(&r, "/healthz", r.line, sizeof(r.line)), 200);

        /* Only now does the client read what was computed for it. */
        answer = client_read(&run);
        assert_non_null(answer);
        assert_true(grpc_byte_buffer_length(answer) >= 3 * 1024 * 1024);
        grpc_byte_buffer_destroy(answer);
        assert_int_equal(client_finish(&run), GRPC_STATUS_OK);
        assert_int_equal(rig_exit(&r), 0);
        client_close(&run);
        client_close(&watch);
        free((void *)(uintptr_t)request.data);
}

/* A call that has begun is a call, though its message is still on the way. */
static void test_drain_of_upload(void **state) {
        struct text request = rig_large_request(200 * 1024);
        struct client run;
        struct rig r;

        (void)state;
        rig_start(&r, program, insecure);
        client_open(&run, r.address, NULL);
        client_begin(&run, RUN_V1, 10000);
        lives(&r); /* and so it has come */
        kill(r.pid, SIGTERM);
        rig_wait(&r, "\"msg\":\"draining\"");
        sleep_ms(300);
        client_write(&run, request);
        client_close_writes(&run);
        grpc_byte_buffer_destroy(client_read(&run));
        assert_int_equal(client_finish(&run), GRPC_STATUS_OK);
        rig_wait(&r, "\"msg\":\"stopped\"");
        assert_int_equal(rig_exit(&r), 0);
        client_close(&run);
        free((void *)(uintptr_t)request.data);
}

/* The one is told that it sent nothing; of one that left there is nothing to tell. */
static void test_no_message(void **state) {
        struct client left, silent;
        struct rig r;

        (void)state;
        rig_start(&r, program, insecure);
        client_open(&left, r.address, NULL);
        client_begin(&left, RUN_V1, 10000);
        lives(&r);
        rig_wait(&r, "\"code\":0");
        grpc_call_cancel(left.call, NULL);
        assert_int_equal(client_finish(&left), GRPC_STATUS_CANCELLED);
        client_close(&left);

        client_open(&silent, r.address, NULL);
        client_begin(&silent, RUN_V1, 10000);
        client_close_writes(&silent);
        assert_null(client_read(&silent));
        assert_int_equal(client_finish(&silent), GRPC_STATUS_INVALID_ARGUMENT);
        client_close(&silent);
        rig_wait(&r, "\"msg\":\"RunFunction\"");
        assert_non_null(strstr(r.line, "\"error\":\"the call has no message\""));
        kill(r.pid, SIGTERM);
        rig_wait(&r, "\"msg\":");
        assert_non_null(strstr(r.line, "draining"));
        assert_int_equal(rig_exit(&r), 0);
}

static void test_grace_ends(void **state) {
        static const char *const flags[] = { "--insecure", "--grace=200ms", NULL };
        struct text request = rig_large_request(3 * 1024 * 1024);
        struct client run;
        struct rig r;

        (void)state;
        rig_start(&r, program, flags);
        client_open(&run, r.address, NULL);
        client_send(&run, RUN_V1, request, 2000);
        rig_wait(&r, "\"msg\":\"RunFunction\"");
        kill(r.pid, SIGTERM);
        assert_int_equal(rig_exit(&r), 0);
        assert_int_not_equal(client_finish(&run), GRPC_STATUS_OK);
        client_close(&run);
        free((void *)(uintptr_t)request.data);
}

static void test_expired(void **state) {
        const struct rig *r = *state;
        struct client c;

        client_open(&c, r->address, NULL);
        client_send(&c, RUN_V1, SMALL_REQUEST, 0);
        assert_int_equal(client_finish(&c), GRPC_STATUS_DEADLINE_EXCEEDED);
        client_close(&c);
}

static void test_pages(void **state) {
        const struct rig *r = *state;
        char page[16384];

        client_once(r->address, NULL, RUN_V1, TEXT("\xff"), NULL);
        assert_int_equal(rig_get(r, "/healthz", page, sizeof(page)), 200);
        assert_int_equal(rig_get(r, "/readyz", page, sizeof(page)), 200);
        assert_int_equal(rig_get(r, "/", page, sizeof(page)), 404);
        assert_int_equal(rig_get(r, "/metrics/", page, sizeof(page)), 404);
}

/* A call is over for the server a moment after its client has the answer. */
static struct text metrics_at_rest(const struct rig *r, struct arena *arena) {
        struct text page = rig_metrics(r, arena);

        for (int ms = 0; promtext_value(page, IN_FLIGHT) > 0 && ms < 1000; ms += 10) {
                sleep_ms(10);
                page = rig_metrics(r, arena);
        }
        return page;
}

/* The page from a server that has done something, as Prometheus would read it. */
static void test_metrics(void **state) {
        static const struct {
                const char *series;
                double min, max;
        } rows[] = {
                { "grpc_server_handled_total{" V1_LABELS ",grpc_code=\"OK\"}", 1, 1e6 },
                { "grpc_server_handled_total{" V1_LABELS ",grpc_code=\"InvalidArgument\"}", 1,
                  1e6 },
                { "grpc_server_handling_seconds_count{" V1_LABELS "}", 2, 1e6 },
                { "grpc_server_started_total{" V1_LABELS "}", 2, 1e6 },
                { "grpc_server_msg_received_total{" V1_LABELS "}", 2, 1e6 },
                { "grpc_server_msg_sent_total{" V1_LABELS "}", 1, 1e6 },
                { "function_gpu_placement_fatal_answers_total", 1, 1e6 },
                { IN_FLIGHT, 0, 0 },
                { "function_gpu_placement_arena_peak_bytes", 100, 64e6 },
                { "function_gpu_placement_request_size_bytes_sum", 9, 1e9 },
                { "function_gpu_placement_log_lines_dropped_total", 0, 1e6 },
                { "function_gpu_placement_decisions_total{condition=\"Other\",reason=\"Other\"}", 0,
                  0 },
                { "process_resident_memory_bytes", 1e6, 1e9 },
                { "process_open_fds", 5, 1000 },
                { "process_max_fds", 256, 1e9 },
                { "process_cpu_seconds_total", 1e-6, 1000 },
                { "process_start_time_seconds", 1.7e9, 1e11 },
                /* without certificates nothing is said of them */
                { "function_gpu_placement_certificate_reloads_total", -1, -1 },
        };
        const struct rig *r = *state;
        struct arena arena;
        struct text page;

        arena_init(&arena, SIZE_MAX);
        lives(r);
        client_once(r->address, NULL, RUN_V1, TEXT("\xff"), NULL);
        page = metrics_at_rest(r, &arena);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                double value = promtext_value(page, rows[i].series);

                if (value < rows[i].min || value > rows[i].max)
                        fail_msg("%s is %g", rows[i].series, value);
        }
        assert_true(text_contains(page, TEXT("\nfunction_gpu_placement_build_info{version=\"")));
        arena_release(&arena);
}

static void test_taken(void **state) {
        const struct rig *first = *state;
        char address[80], metrics[80];
        const struct {
                const char *name;
                const char *flags[4];
                const char *reason;
        } rows[] = {
                { "gRPC",
                  { "--insecure", address, "--metrics-address=0", NULL },
                  "(--address): Address already in use" },
                { "metrics",
                  { "--insecure", "--address=127.0.0.1:0", metrics, NULL },
                  "(--metrics-address): Address already in use" },
        };

        snprintf(address, sizeof(address), "--address=%s", first->address);
        snprintf(metrics, sizeof(metrics), "--metrics-address=127.0.0.1:%s", first->metrics);
        for (size_t i = 0; i < 2; i++) {
                struct rig r;

                rig_spawn(&r, program, rows[i].flags);
                rig_wait(&r, rows[i].reason);
                assert_int_equal(rig_exit(&r), 2);
        }
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_status),         cmocka_unit_test(test_serving),
                cmocka_unit_test(test_own_client),     cmocka_unit_test(test_too_large),
                cmocka_unit_test(test_passed_through), cmocka_unit_test(test_drain),
                cmocka_unit_test(test_grace_ends),     cmocka_unit_test(test_drain_of_upload),
                cmocka_unit_test(test_no_message),     cmocka_unit_test(test_expired),
                cmocka_unit_test(test_pages),          cmocka_unit_test(test_taken),
                cmocka_unit_test(test_metrics),
        };
        int failed;

        if (argc != 2)
                return 2;
        program = argv[1];
        grpc_init();
        failed = cmocka_run_group_tests(tests, setup, teardown);
        grpc_shutdown_blocking();
        return failed;
}
