/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reflection answers to a question of any kind, and the streams that it is asked on.
 */
#include "server/reflection.h"

#include "rig.h"
#include "server/descriptors.h"
#include "wire/field.h"

#include <grpc/byte_buffer.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *program;

#define REFLECTION_V1 "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
#define REFLECTION_V1ALPHA "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

struct world {
        struct descriptors *descriptors;
        struct arena arena;
};

static int setup(void **state) {
        struct world *w = calloc(1, sizeof(*w));

        w->descriptors = descriptors_new();
        arena_init(&w->arena, 1 << 20);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        struct world *w = *state;

        arena_release(&w->arena);
        descriptors_free(w->descriptors);
        free(w);
        return 0;
}

/* A request with one string field. */
static struct text ask(struct arena *arena, char tag, struct text name) {
        const char head[] = { tag, (char)name.len };
        const struct text parts[] = { { head, 2 }, name };

        assert_true(name.len < 128);
        return text_join(arena, parts, 2);
}

/* An answer in short: "files a.proto b.proto", "services a b", "extensions of a", "error 5". */
static struct text sum_up(struct text answer, struct arena *arena) {
        struct field field, item = { 0 };
        struct builder b;

        builder_init(&b, arena);
        while (field_next(&answer, &field)) {
                struct text rest = field.bytes, name;

                if (field_is(&field, 4)) {
                        builder_string(&b, "files");
                        while (field_next(&rest, &item)) {
                                assert_true(field_last(item.bytes, 1, &name));
                                builder_char(&b, ' ');
                                builder_text(&b, name);
                        }
                } else if (field_is(&field, 5)) {
                        assert_true(field_last(rest, 1, &name));
                        builder_string(&b, "extensions of ");
                        builder_text(&b, name);
                } else if (field_is(&field, 6)) {
                        builder_string(&b, "services");
                        while (field_next(&rest, &item)) {
                                assert_true(field_last(item.bytes, 1, &name));
                                builder_char(&b, ' ');
                                builder_text(&b, name);
                        }
                } else if (field_is(&field, 7)) {
                        assert_true(field_next(&rest, &item) && item.number == 1);
                        builder_string(&b, "error ");
                        builder_u64(&b, item.scalar);
                }
        }
        assert_int_equal(answer.len, 0);
        return builder_done(&b);
}

enum { FILENAME = 0x1a, SYMBOL = 0x22, TYPE = 0x32 };

static void test_names(void **state) {
        static const struct {
                char tag;
                struct text name;
                const char *want;
        } rows[] = {
                { FILENAME, TEXT_INIT("google/protobuf/struct.proto"),
                  "files google/protobuf/struct.proto" },
                { FILENAME, TEXT_INIT("v1/run_function.proto"),
                  "files v1/run_function.proto google/protobuf/struct.proto "
                  "google/protobuf/duration.proto" },
                { FILENAME, TEXT_INIT("run_function.proto"), "error 5" },
                { FILENAME, TEXT_INIT(""), "error 5" },
                { SYMBOL, TEXT_INIT("grpc.health.v1.Health"), "files grpc/health/v1/health.proto" },
                { SYMBOL, TEXT_INIT("grpc.health.v1.Health.Watch"),
                  "files grpc/health/v1/health.proto" },
                { SYMBOL, TEXT_INIT("grpc.health.v1.Health.Watched"), "error 5" },
                { SYMBOL, TEXT_INIT("grpc.health.v1.HealthCheckResponse.ServingStatus"),
                  "files grpc/health/v1/health.proto" },
                { SYMBOL, TEXT_INIT("grpc.health.v1.HealthCheckResponse.SERVING"),
                  "files grpc/health/v1/health.proto" },
                { SYMBOL, TEXT_INIT("grpc.health.v1.HealthCheckRequest.service"),
                  "files grpc/health/v1/health.proto" },
                { SYMBOL, TEXT_INIT("google.protobuf.Duration"),
                  "files google/protobuf/duration.proto" },
                { SYMBOL, TEXT_INIT("apiextensions.fn.proto.v1beta1.RunFunctionRequest"),
                  "files v1beta1/run_function.proto google/protobuf/struct.proto "
                  "google/protobuf/duration.proto" },
                { SYMBOL, TEXT_INIT("google.protobuf"), "error 5" },
                { SYMBOL, TEXT_INIT("google.protobuf.Duration\0x"), "error 5" },
                { SYMBOL, TEXT_INIT(".google.protobuf.Duration"), "error 5" },
                { SYMBOL, TEXT_INIT("."), "error 5" },
                { SYMBOL, TEXT_INIT(""), "error 5" },
                { TYPE, TEXT_INIT("google.protobuf.Struct"),
                  "extensions of google.protobuf.Struct" },
                { TYPE, TEXT_INIT("google.protobuf.Nothing"), "error 5" },
        };
        struct world *w = *state;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text request = ask(&w->arena, rows[i].tag, rows[i].name);
                struct text got =
                        sum_up(reflection_answer(w->descriptors, request, &w->arena), &w->arena);

                if (!text_equal(got, text_from(rows[i].want)))
                        fail_msg("%02x %.*s: \"%.*s\", want \"%s\"", (unsigned int)rows[i].tag,
                                 TEXT_ARG(rows[i].name), TEXT_ARG(got), rows[i].want);
                arena_reset(&w->arena, 0);
        }
}

static void test_requests(void **state) {
        static const struct {
                const char *name;
                struct text request;
                const char *want;
        } rows[] = {
                { "nothing", TEXT_INIT(""), "error 3" },
                { "a host alone", TEXT_INIT("\x0a\x01h"), "error 3" },
                { "an unknown field", TEXT_INIT("\x50\x01"), "error 3" },
                { "garbage", TEXT_INIT("\xff\xff\xff"), "error 3" },
                { "a field beyond the end", TEXT_INIT("\x22\x05x"), "error 3" },
                { "a group", TEXT_INIT("\x0b\x0c"), "error 3" },
                { "a name that is not UTF-8", TEXT_INIT("\x22\x01\xff"), "error 3" },
                { "a host that is not UTF-8", TEXT_INIT("\x0a\x01\xff\x3a\x00"), "error 3" },
                { "what aborts Debian's upb",
                  TEXT_INIT("\x2a\x16\x0a\x09\x0a\x01\x61\xd2\x05\x01\x75\x12\x00\x0a\x09"
                            "\x0a\x01\x62\xd2\x05\x01\x75\x12\x00"),
                  "error 3" },
                { "an extension", TEXT_INIT("\x2a\x05\x0a\x01x\x10\x07"), "error 5" },
                { "an extension that is none", TEXT_INIT("\x2a\x02\x0a\x09"), "error 3" },
                { "the last one of two", TEXT_INIT("\x3a\x00\x22\x01x"), "error 5" },
                { "a member of the wrong type, then a good one", TEXT_INIT("\x20\x01\x3a\x00"),
                  "services apiextensions.fn.proto.v1.FunctionRunnerService "
                  "apiextensions.fn.proto.v1beta1.FunctionRunnerService grpc.health.v1.Health "
                  "grpc.reflection.v1.ServerReflection "
                  "grpc.reflection.v1alpha.ServerReflection" },
        };
        struct world *w = *state;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text answer = reflection_answer(w->descriptors, rows[i].request, &w->arena);
                struct text got = sum_up(answer, &w->arena);

                if (!text_equal(got, text_from(rows[i].want)))
                        fail_msg("%s: \"%.*s\", want \"%s\"", rows[i].name, TEXT_ARG(got),
                                 rows[i].want);
                arena_reset(&w->arena, 0);
        }
}

static void test_long(void **state) {
        struct world *w = *state;
        size_t len = 1 << 17;
        char *bytes = calloc(1, len);
        struct text answer;

        memcpy(bytes, "\x22\xfc\xff\x07", 4); /* a name of as many bytes as follow */
        answer = reflection_answer(w->descriptors, (struct text) { bytes, len }, &w->arena);
        assert_true(text_equal(sum_up(answer, &w->arena), TEXT("error 3")));
        assert_true(answer.len < 100);
        arena_reset(&w->arena, 0);
        free(bytes);
}

/* The request is repeated byte for byte, and so is the host. */
static void test_repeated(void **state) {
        struct world *w = *state;
        struct text request = TEXT("\x0a\x01h\x3a\x01*"), answer, got;

        answer = reflection_answer(w->descriptors, request, &w->arena);
        assert_true(field_last(answer, 1, &got));
        assert_true(text_equal(got, TEXT("h")));
        assert_true(field_last(answer, 2, &got));
        assert_true(text_equal(got, request));
        arena_reset(&w->arena, 0);
}

static void test_no_memory(void **state) {
        struct world *w = *state;
        bool spent = true;

        for (uint64_t n = 1; spent; n++) {
                struct text answer;

                w->arena.countdown = n;
                answer = reflection_answer(w->descriptors, TEXT("\x3a\x00"), &w->arena);
                spent = arena_failed(&w->arena);
                assert_int_equal(answer.len == 0, spent);
                arena_reset(&w->arena, 0);
        }
}

/* ---- streams --------------------------------------------------------------------------------- */

static const char *const insecure[] = { "--insecure", NULL };

static void expect(struct client *c, struct text question, const char *want) {
        static char buffer[65536];
        struct text answer;
        struct arena arena;

        arena_init(&arena, 1 << 16);
        client_write(c, question);
        answer = sum_up(message_bytes(client_read(c), buffer, sizeof(buffer)), &arena);
        if (!text_starts_with(answer, text_from(want)))
                fail_msg("\"%.*s\", want \"%s\"", TEXT_ARG(answer), want);
        arena_release(&arena);
}

static void test_stream(void **state) {
        static const char *const methods[] = { REFLECTION_V1, REFLECTION_V1ALPHA };
        struct client c;
        struct rig r;

        (void)state;
        rig_start(&r, program, insecure);
        client_open(&c, r.address, NULL);
        for (size_t i = 0; i < 2; i++) {
                client_begin(&c, methods[i], 10000);
                expect(&c, TEXT("\x3a\x00"), "services apiextensions.fn.proto.v1.Function");
                expect(&c, TEXT("\xff"), "error 3");
                expect(&c, TEXT("\x22\x15grpc.health.v1.Health"), "files grpc/health/v1");
                client_close_writes(&c);
                assert_null(client_read(&c));
                assert_int_equal(client_finish(&c), GRPC_STATUS_OK);
        }
        client_close(&c);
        rig_stop(&r);
}

/* Clients that vanish in the middle leave nothing behind that the stop would wait for. */
static void test_vanish(void **state) {
        struct rig r;

        (void)state;
        rig_start(&r, program, insecure);
        for (size_t i = 0; i < 50; i++) {
                struct client c;

                client_open(&c, r.address, NULL);
                client_begin(&c, REFLECTION_V1, 10000);
                client_write(&c, TEXT("\x3a\x00"));
                if (i % 2)
                        grpc_byte_buffer_destroy(client_read(&c));
                grpc_call_cancel(c.call, NULL);
                assert_int_equal(client_finish(&c), GRPC_STATUS_CANCELLED);
                client_close(&c);
        }
        rig_stop(&r);
}

static void test_drain(void **state) {
        static const char *const flags[] = { "--insecure", "--grace=30s", NULL };
        struct client c;
        struct rig r;

        (void)state;
        rig_start(&r, program, flags);
        client_open(&c, r.address, NULL);
        client_begin(&c, REFLECTION_V1, 20000);
        expect(&c, TEXT("\x3a\x00"), "services");
        kill(r.pid, SIGTERM);
        assert_null(client_read(&c));
        assert_int_equal(client_finish(&c), GRPC_STATUS_OK);
        assert_int_equal(rig_exit(&r), 0);
        client_close(&c);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),     cmocka_unit_test(test_requests),
                cmocka_unit_test(test_long),      cmocka_unit_test(test_repeated),
                cmocka_unit_test(test_no_memory), cmocka_unit_test(test_stream),
                cmocka_unit_test(test_vanish),    cmocka_unit_test(test_drain),
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
