/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server whose memory or sockets fail, each time at another place; afterwards it
 * must answer the next call as if nothing had been.
 *
 * denied PROGRAM CASE: the program with deny.c in it, a folder of test/golden/cases
 */
#include "deny.h"
#include "rig.h"

#include "golden/case.h"

#include <grpc/byte_buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ANSWER_MAX = 1 << 20, TIMEOUT_MS = 10000, ROUNDS_MAX = 100 * 1000 };

static const char *program, *folder;

static const char *const insecure[] = { "--insecure", NULL };

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
        rig_start(&scene.rig, program, insecure);
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
