/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/doubts.h"
#include "lib/json.h"
#include "lib/memory.h"

#define PORT(number) "--port " number " is not where KServe probes and sends requests: that is 8000"
#define UTILIZATION(part, n)                                                                       \
        "--gpu-memory-utilization " part " is more than the share of each of the " n               \
        " pods on a GPU: the next one finds no memory"

static const struct {
        const char *pool_args, *engine_args;
        int64_t units, used, share_replicas;
        const char *want;
} rows[] = {
        { "", "", 8, 8, 1, "" },
        { "", "", 0, 0, 1, "" },
        { "", "", 8, 1, 1, "7 of the 8 units of a pod are idle: its parallelism uses 1" },
        { "", "['--port', '8080']", 1, 1, 1, PORT("8080") },
        { "", "['--port=8000']", 1, 1, 1, "" },
        { "", "['--port=8080', '--port=8000']", 1, 1, 1, "" },
        { "['--port=9000']", "", 1, 1, 1, PORT("9000") },
        { "['--port=9000']", "['--port=8000']", 1, 1, 1, "" },
        { "", "['--gpu-memory-utilization=0.9']", 1, 1, 1, "" },
        { "", "['--gpu-memory-utilization=0.5']", 1, 1, 2, "" },
        { "", "['--gpu-memory-utilization=0.51']", 1, 1, 2, UTILIZATION("0.51", "2") },
        { "", "['--gpu_memory_utilization', '0.8']", 1, 1, 2, UTILIZATION("0.8", "2") },
        { "['--gpu-memory-utilization=0.8']", "", 1, 1, 4, UTILIZATION("0.8", "4") },
        { "['--gpu-memory-utilization=0.8']", "['--gpu-memory-utilization=.2']", 1, 1, 4, "" },
        { "", "['--gpu-memory-utilization=most']", 1, 1, 2, "" },
        { "", "['--port=1', '--gpu-memory-utilization=1']", 2, 1, 2,
          "1 of the 2 units of a pod are idle: its parallelism uses 1; " PORT("1") "; " UTILIZATION(
                  "1", "2") },
};

static struct value args_of(const char *json) {
        return *json ? json_value(&arena, json) : (struct value) { 0 };
}

static void test_doubts(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct doubts_of of = {
                        .pool_args = args_of(rows[i].pool_args),
                        .engine_args = args_of(rows[i].engine_args),
                        .units = rows[i].units,
                        .used = rows[i].used,
                        .share_replicas = rows[i].share_replicas,
                };
                struct text got = doubts_about(&of, &arena);

                if (!text_equal(got, text_from(rows[i].want)))
                        fail_msg("row %zu: %.*s", i, TEXT_ARG(got));
        }
}

static void test_doubts_of_a_model(void **state) {
        struct mistakes mistakes = { 0 };
        struct model m;
        struct text got;

        (void)state;
        assert_int_equal(
                model_read(json_value(&arena,
                                      "{'spec': {'model': {'name': 'm'}, 'huggingFace': {'repo': "
                                      "'m'}, 'resources': {'vram': '1Gi'}, 'serving': ["
                                      "{'name': 'a', 'engine': {'args': ['--port=8080']}},"
                                      "{'name': 'b'},"
                                      "{'name': 'c', 'replicaTopology': {'gpusPerNode': 8, "
                                      "'parallelism': {'tensor': 4}}}]}}"),
                           &arena, &m, &mistakes),
                0);
        got = doubts_of_model(&m, &arena);
        print_message("%.*s\n", TEXT_ARG(got));
        assert_true(text_equal(
                got, TEXT("spec.serving[0]: " PORT(
                             "8080") "; spec.serving[2]: 4 of "
                                     "the 8 units of a pod are idle: its parallelism uses "
                                     "4")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_doubts),
                cmocka_unit_test(test_doubts_of_a_model),
        };

        return cmocka_run_group_tests_name("doubts", tests, memory_set_up, memory_tear_down);
}
