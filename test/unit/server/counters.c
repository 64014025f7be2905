/* SPDX-License-Identifier: Apache-2.0 */
#include "server/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/promtext.h"

static struct counters stats;
static struct arena arena;

static int setup(void **state) {
        (void)state;
        counters_init(&stats);
        arena_init(&arena, 64 << 20);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        counters_release(&stats);
        arena_release(&arena);
        return 0;
}

static double value(const char *series) {
        struct text page, complaint;
        struct builder b;

        arena_reset(&arena, 0);
        builder_init(&b, &arena);
        counters_write(&stats, &b);
        page = builder_done(&b);
        complaint = promtext_complaint(page, &arena);
        if (!text_is_empty(complaint))
                fail_msg("%.*s", TEXT_ARG(complaint));
        return promtext_value(page, series);
}

static void assert_value(const char *series, double want) {
        double got = value(series);

        if (got != want)
                fail_msg("%s is %g, want %g", series, got, want);
}

#define V1                                                                                         \
        "grpc_type=\"unary\",grpc_service=\"apiextensions.fn.proto.v1.FunctionRunnerService\","    \
        "grpc_method=\"RunFunction\""
#define V1BETA1                                                                                    \
        "grpc_type=\"unary\","                                                                     \
        "grpc_service=\"apiextensions.fn.proto.v1beta1.FunctionRunnerService\","                   \
        "grpc_method=\"RunFunction\""

static void calls(void **state) {
        const struct call_summary none = { 0 };
        struct handled call = { .nanoseconds = 50001,
                                .request_bytes = 1024,
                                .response_bytes = 1025,
                                .has_request = true,
                                .has_response = true,
                                .arena_bytes = 700,
                                .summary = &none };

        (void)state;
        assert_value("grpc_server_handled_total{" V1 ",grpc_code=\"OK\"}", 0);
        assert_value("grpc_server_handled_total{" V1 ",grpc_code=\"Unauthenticated\"}", 0);
        assert_value("grpc_server_started_total{" V1 "}", 0);
        counters_started(&stats, SERVICE_V1);
        counters_handled(&stats, &call);
        call.service = SERVICE_V1BETA1;
        call.status = 8;
        call.arena_bytes = 600;
        call.nanoseconds = 6000000000;
        counters_handled(&stats, &call);
        call.status = 99;
        call.has_response = false;
        counters_handled(&stats, &call);
        call.has_request = false;
        counters_handled(&stats, &call);

        assert_value("grpc_server_handled_total{" V1 ",grpc_code=\"OK\"}", 1);
        assert_value("grpc_server_handled_total{" V1BETA1 ",grpc_code=\"ResourceExhausted\"}", 1);
        assert_value("grpc_server_handled_total{" V1BETA1 ",grpc_code=\"Unknown\"}", 2);
        assert_value("grpc_server_started_total{" V1 "}", 1);
        assert_value("grpc_server_started_total{" V1BETA1 "}", 0);
        assert_value("grpc_server_msg_received_total{" V1 "}", 1);
        assert_value("grpc_server_msg_received_total{" V1BETA1 "}", 2);
        assert_value("grpc_server_msg_sent_total{" V1BETA1 "}", 1);
        assert_value("grpc_server_handling_seconds_bucket{" V1 ",le=\"0.00005\"}", 0);
        assert_value("grpc_server_handling_seconds_bucket{" V1 ",le=\"0.0001\"}", 1);
        assert_value("grpc_server_handling_seconds_bucket{" V1BETA1 ",le=\"5\"}", 0);
        assert_value("grpc_server_handling_seconds_count{" V1BETA1 "}", 3);
        assert_value("grpc_server_handling_seconds_sum{" V1BETA1 "}", 18);
        assert_value("function_gpu_placement_request_size_bytes_bucket{le=\"1024\"}", 4);
        assert_value("function_gpu_placement_response_size_bytes_bucket{le=\"1024\"}", 0);
        assert_value("function_gpu_placement_response_size_bytes_bucket{le=\"4096\"}", 4);
        assert_value("function_gpu_placement_response_size_bytes_sum", 4100);
        assert_value("function_gpu_placement_arena_peak_bytes", 700);
        assert_value("function_gpu_placement_decisions_total{condition=\"Other\",reason=\"Other\"}",
                     0);
}

static void decisions(void **state) {
        struct usage item = { .pool = TEXT("p"), .total = 8, .used = 2, .free_units = 6 };
        const struct usage_list used = { .items = &item, .n = 1 };
        struct call_summary summary = { .name = TEXT("eu-1"),
                                        .condition = TEXT("Scheduled"),
                                        .reason = TEXT("InsufficientCapacity"),
                                        .used = &used };
        const struct handled call = { .summary = &summary };
        static const char series[] = "function_gpu_placement_decisions_total"
                                     "{condition=\"Scheduled\",reason=\"InsufficientCapacity\"}";

        (void)state;
        counters_handled(&stats, &call); /* repeated by Place: not counted */
        assert_value(series, 0);
        summary.decided = true;
        summary.fatal = true;
        summary.rejected[REASON_NO_CAPACITY] = 3;
        counters_handled(&stats, &call);
        summary.reason = TEXT("SomethingNew");
        counters_handled(&stats, &call);
        assert_value(series, 1);
        assert_value("function_gpu_placement_decisions_total{condition=\"Other\",reason=\"Other\"}",
                     1);
        assert_value("function_gpu_placement_fatal_answers_total", 2);
        assert_value("function_gpu_placement_pool_rejections_total{reason=\"NoCapacity\"}", 6);
        assert_value("function_gpu_placement_pool_rejections_total{reason=\"InvalidPool\"}", 0);
        assert_value("function_gpu_placement_pool_units_free{environment=\"eu-1\",pool=\"p\","
                     "mig_profile=\"\"}",
                     6);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(calls, setup, teardown),
                cmocka_unit_test_setup_teardown(decisions, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
