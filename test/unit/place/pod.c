/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "place/pod.h"

/* ---- arguments ------------------------------------------------------------------------------- */

struct argument_row {
        const char *in, *want;
        const char *reason;
};

/* clang-format off */
static const struct argument_row arguments[] = {
        { "--max-model-len=16384",    "--max-model-len=16384",     "nothing to quote" },
        { "--model=google/gemma-3@main", "--model=google/gemma-3@main", "" },
        { "a,b:c+d%e_f.g",            "a,b:c+d%e_f.g",             "" },
        { "--x={\"a\": 1}",           "'--x={\"a\": 1}'",          "JSON arrives whole" },
        { "",                         "''",                        "an empty argument is one" },
        { "two words",                "'two words'",               "" },
        { "it's",                     "'it'\\''s'",                "a quote in quotes" },
        { "'",                        "''\\'''",                   "" },
        { "a\\b",                     "'a\\b'",                    "" },
        { "*?[a]",                    "'*?[a]'",                   "no file names" },
        { "~",                        "'~'",                       "no home" },
        { "a;b|c&d>e<f",              "'a;b|c&d>e<f'",             "one command" },
        { "(a)",                      "'(a)'",                     "" },
        { "{a,b}",                    "'{a,b}'",                   "no braces in bash" },
        { "#comment",                 "'#comment'",                "" },
        { "!history",                 "'!history'",                "" },
        { "a\tb",                     "'a\tb'",                    "" },
        { "d\xc3\xa9j\xc3\xa0",       "'d\xc3\xa9j\xc3\xa0'",      "beyond ASCII" },
};
/* clang-format on */

static void test_arguments(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
                struct text got = pod_argument(text_from(arguments[i].in), &arena);

                if (!text_equal(got, text_from(arguments[i].want)))
                        fail_msg("%s (%s): %.*s", arguments[i].in, arguments[i].reason,
                                 TEXT_ARG(got));
        }
}

/* What a shell makes of the arguments, as KServe's start script evaluates them. */
static struct text evaluate(const char *shell, const struct text *args, size_t n) {
        static char output[4096];
        char path[] = "/tmp/pod-arguments-XXXXXX";
        const char *argv[32] = { shell, "-c", "eval \"printf '%s\\n' $@\"", "--" };
        int file = mkstemp(path);
        size_t len = 0;
        FILE *stream;
        pid_t child;

        assert_true(file >= 0 && n < 27);
        for (size_t i = 0; i < n; i++)
                argv[4 + i] = text_format(&arena, "%.*s%c", TEXT_ARG(args[i]), '\0').data;
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                union {
                        const char **in;
                        char **out;
                } as = { .in = argv };

                dup2(file, STDOUT_FILENO);
                execv(shell, as.out);
                _exit(127);
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        stream = fdopen(file, "r");
        rewind(stream);
        len = fread(output, 1, sizeof(output), stream);
        fclose(stream);
        unlink(path);
        return (struct text) { .data = output, .len = len };
}

static void test_shell_gives_them_back(void **state) {
        static const char *const shells[] = { "/bin/sh", "/bin/bash" };
        enum { N = sizeof(arguments) / sizeof(arguments[0]) };
        struct text quoted[N];
        struct builder want;

        (void)state;
        builder_init(&want, &arena);
        for (size_t i = 0; i < N; i++) {
                quoted[i] = pod_argument(text_from(arguments[i].in), &arena);
                builder_string(&want, arguments[i].in);
                builder_char(&want, '\n');
        }
        for (size_t i = 0; i < 2; i++) {
                struct text got;

                if (access(shells[i], X_OK) < 0)
                        continue;
                got = evaluate(shells[i], quoted, N);
                if (!text_equal(got, builder_done(&want)))
                        fail_msg("%s: %.*s", shells[i], TEXT_ARG(got));
        }
}

struct flags_row {
        const char *name;
        const char *pool_args, *engine_args;
        int64_t tensor, share_replicas;
        const char *want; /* "" : no args */
};

/* clang-format off */
static const struct flags_row flags[] = {
        { "none", "", "", 1, 1, "" },
        { "the pool's, then the engine's, then ours", "['--a']", "['--b=1','c d']", 2, 2,
          "['--a','--b=1',\"'c d'\",'--tensor-parallel-size=2','--gpu-memory-utilization=0.45']" },
        { "tensor set", "", "['--tensor-parallel-size=4']", 2, 1, "['--tensor-parallel-size=4']" },
        { "tensor set apart", "", "['--tensor-parallel-size','4']", 2, 1,
          "['--tensor-parallel-size','4']" },
        { "tensor set with underscores", "", "['--tensor_parallel_size=4']", 2, 1,
          "['--tensor_parallel_size=4']" },
        { "tensor set in short", "", "['-tp=4']", 2, 1, "['-tp=4']" },
        { "tensor set by the pool", "['--tensor-parallel-size=4']", "", 2, 1,
          "['--tensor-parallel-size=4','--tensor-parallel-size=2']" },
        { "a longer flag", "", "['--tensor-parallel-size-x=4']", 2, 1,
          "['--tensor-parallel-size-x=4','--tensor-parallel-size=2']" },
        { "an empty argument", "", "['']", 1, 2, "[\"''\",'--gpu-memory-utilization=0.45']" },
        { "three shares", "", "", 1, 3, "['--gpu-memory-utilization=0.30']" },
        { "four shares", "", "", 1, 4, "['--gpu-memory-utilization=0.22']" },
        { "ninety shares", "", "", 1, 90, "['--gpu-memory-utilization=0.01']" },
        { "a thousand shares", "", "", 1, 1000, "['--gpu-memory-utilization=0.01']" },
        { "utilization set", "", "['--gpu-memory-utilization=0.2']", 1, 4,
          "['--gpu-memory-utilization=0.2']" },
        { "utilization set by the pool", "['--gpu_memory_utilization','0.2']", "", 1, 4,
          "['--gpu_memory_utilization','0.2']" },
};
/* clang-format on */

static struct assignment usual(void) {
        return (struct assignment) {
                .planned = { .environment = TEXT("eu-1"),
                             .pool = TEXT("slices"),
                             .resource_name = TEXT("nvidia.com/mig-3g.40gb"),
                             .nodes = 1,
                             .units_per_node = 1,
                             .reserved = 1 },
                .workload = { .tensor = 1, .pipeline = 1, .share_replicas = 1 },
        };
}

static struct value template_of(const struct assignment *p) {
        return json_encoded(&arena,
                            pod_template(p, (struct text) { 0 }, (struct text) { 0 }, &arena));
}

static struct value main_container(const struct assignment *p) {
        struct value_iter it = value_iterate(value_get(template_of(p), TEXT("containers")));
        struct value container;

        assert_true(value_next(&it, NULL, &container));
        return container;
}

/* Beside a tensor of 1: what is written in the arguments is not said again. */
static void test_data_and_expert(void **state) {
        static const struct {
                const char *engine_args;
                int64_t data;
                bool expert;
                const char *want;
        } rows[] = {
                { "", 1, false, "" },
                { "", 4, false, "['--data-parallel-size=4']" },
                { "", 4, true, "['--data-parallel-size=4','--enable-expert-parallel']" },
                { "['-dp','4','-ep']", 4, true, "['-dp','4','-ep']" },
                { "['--enable-eplb']", 1, true, "['--enable-eplb','--enable-expert-parallel']" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct assignment p = usual();

                p.workload.engine_args = json_value(&arena, rows[i].engine_args);
                p.workload.tensor = 1;
                p.workload.data = rows[i].data;
                p.workload.expert = rows[i].expert;
                assert_json(value_get(main_container(&p), TEXT("args")), rows[i].want);
        }
}

static void test_flags(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                const struct flags_row *row = &flags[i];
                struct assignment p = usual();

                p.workload.pool_args = json_value(&arena, row->pool_args);
                p.workload.engine_args = json_value(&arena, row->engine_args);
                p.workload.tensor = row->tensor;
                p.workload.share_replicas = row->share_replicas;
                print_message("%s\n", row->name);
                assert_json(value_get(main_container(&p), TEXT("args")), row->want);
        }
}

/* ---- resources ------------------------------------------------------------------------------- */

struct resources_row {
        const char *name;
        const char *cpu, *memory, *cpu_per_unit, *memory_per_unit;
        int64_t units;
        const char *want;
};

/* clang-format off */
static const struct resources_row resources[] = {
        { "none", "", "", "", "", 1, "{'limits':{'nvidia.com/mig-3g.40gb':'1'}}" },
        { "the model's", "8", "64Gi", "", "", 2,
          "{'limits':{'nvidia.com/mig-3g.40gb':'2'},'requests':{'cpu':'8','memory':'64Gi'}}" },
        { "the pool's, per unit", "8", "64Gi", "3", "24Gi", 4,
          "{'limits':{'nvidia.com/mig-3g.40gb':'4'},'requests':{'cpu':'12','memory':'96Gi'}}" },
        { "one unit, as written", "8", "64Gi", "3000m", "24576Mi", 1,
          "{'limits':{'nvidia.com/mig-3g.40gb':'1'},'requests':{'cpu':'3000m','memory':'24576Mi'}}" },
        { "parts of a core", "", "", "1500m", "", 3,
          "{'limits':{'nvidia.com/mig-3g.40gb':'3'},'requests':{'cpu':'4500m'}}" },
        { "parts that make a whole", "", "", "0.5", "1500M", 2,
          "{'limits':{'nvidia.com/mig-3g.40gb':'2'},'requests':{'cpu':'1','memory':'3000000000'}}" },
        { "memory that is no round number", "", "", "", "1536Mi", 3,
          "{'limits':{'nvidia.com/mig-3g.40gb':'3'},'requests':{'memory':'4.5Gi'}}" },
};
/* clang-format on */

static void test_resources(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
                const struct resources_row *row = &resources[i];
                struct assignment p = usual();

                p.planned.units_per_node = row->units;
                p.workload.cpu = text_from(row->cpu);
                p.workload.memory = text_from(row->memory);
                p.workload.cpu_per_unit = text_from(row->cpu_per_unit);
                p.workload.memory_per_unit = text_from(row->memory_per_unit);
                print_message("%s\n", row->name);
                assert_json(value_get(main_container(&p), TEXT("resources")), row->want);
        }
}

/* ---- the whole template ---------------------------------------------------------------------- */

static void test_bare(void **state) {
        struct assignment p = usual();

        (void)state;
        assert_json(template_of(&p),
                    "{'containers':[{'name':'main','resources':{'limits':"
                    "{'nvidia.com/mig-3g.40gb':'1'}}}],"
                    "'tolerations':[{'key':'nvidia.com/gpu','operator':'Exists',"
                    "'effect':'NoSchedule'},{'key':'nvidia.com/mig-3g.40gb','operator':'Exists',"
                    "'effect':'NoSchedule'}]}");
        p.planned.resource_name = TEXT("nvidia.com/gpu");
        assert_json(value_get(template_of(&p), TEXT("tolerations")),
                    "[{'key':'nvidia.com/gpu','operator':'Exists','effect':'NoSchedule'}]");
}

static void test_whole(void **state) {
        struct assignment p = usual();

        (void)state;
        p.workload = (struct workload) {
                .uri = TEXT("hf://o/m"),
                .secret_name = TEXT("hf-token"),
                .secret_key = TEXT("TOKEN"),
                .cpu = TEXT("8"),
                .image = TEXT("vllm/vllm-openai:v0.20.1"),
                .engine_args = json_value(&arena, "['--max-model-len=16384']"),
                .env = json_value(&arena, "[{'name':'A','value':'$(B)'}]"),
                .node_selector = json_value(&arena, "{'pool':'slices'}"),
                .pool_tolerations = json_value(&arena, "[{'key':'p','operator':'Exists'}]"),
                .deployment_tolerations = json_value(&arena, "[{'key':'d','value':'v'}]"),
                .affinity = json_value(&arena, "{'nodeAffinity':{'x':[1,2]}}"),
                .priority_class = TEXT("high"),
                .runtime_class = TEXT("nvidia"),
                .tensor = 1,
                .pipeline = 1,
                .share_replicas = 1,
        };
        assert_json(template_of(&p),
                    "{'affinity':{'nodeAffinity':{'x':[1,2]}},"
                    "'containers':[{'name':'main','image':'vllm/vllm-openai:v0.20.1',"
                    "'args':['--max-model-len=16384'],'env':[{'name':'A','value':'$(B)'}],"
                    "'resources':{'limits':{'nvidia.com/mig-3g.40gb':'1'},'requests':{'cpu':'8'}},"
                    "'securityContext':{'runAsNonRoot':false,'runAsUser':0}}],"
                    "'initContainers':[{'name':'storage-initializer','env':[{'name':'HF_TOKEN',"
                    "'valueFrom':{'secretKeyRef':{'name':'hf-token','key':'TOKEN'}}},"
                    "{'name':'A','value':'$(B)'}]}],"
                    "'nodeSelector':{'pool':'slices'},"
                    "'priorityClassName':'high','runtimeClassName':'nvidia',"
                    "'tolerations':[{'key':'nvidia.com/gpu','operator':'Exists',"
                    "'effect':'NoSchedule'},{'key':'nvidia.com/mig-3g.40gb','operator':'Exists',"
                    "'effect':'NoSchedule'},{'key':'p','operator':'Exists'},"
                    "{'key':'d','value':'v'}]}");

        /* The pool's takes the place of ours, and a preset's image knows its user. */
        p.workload.security_context = json_value(&arena, "{'runAsUser':1000}");
        assert_json(value_get(main_container(&p), TEXT("securityContext")), "{'runAsUser':1000}");
        p.workload.security_context = (struct value) { 0 };
        p.workload.image = (struct text) { 0 };
        assert_json(value_get(main_container(&p), TEXT("securityContext")), "");
}

/* Where KServe downloads, its init container gets the token and the pool's variables. */
static void test_downloader(void **state) {
        static const char token[] = "{'name':'HF_TOKEN','valueFrom':{'secretKeyRef':{'name':'s',"
                                    "'key':'k'}}}";
        static const struct {
                const char *uri, *secret, *env, *want;
        } rows[] = {
                { "hf://o/m", "", "", "" },
                { "hf://o/m", "s", "", "[%s]" },
                { "hf://o/m", "", "[{'name':'P','value':'1'}]", "[{'name':'P','value':'1'}]" },
                { "hf://o/m", "s", "[{'name':'HF_TOKEN','value':'x'},{'name':'P','value':'1'}]",
                  "[%s,{'name':'P','value':'1'}]" },
                { "hf://o/m", "", "[{'name':'HF_TOKEN','value':'x'}]",
                  "[{'name':'HF_TOKEN','value':'x'}]" },
                { "s3://b/m", "", "[{'name':'P','value':'1'}]", "[{'name':'P','value':'1'}]" },
                { "pvc://c/m", "", "[{'name':'P','value':'1'}]", "" },
                { "oci://r/m", "", "[{'name':'P','value':'1'}]", "" },
                { "oci+native://r/m", "", "[{'name':'P','value':'1'}]", "" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct assignment p = usual();
                struct value containers, container = { 0 };
                struct value_iter it;
                char want[512];

                p.workload.uri = text_from(rows[i].uri);
                p.workload.secret_name = text_from(rows[i].secret);
                p.workload.secret_key = TEXT("k");
                p.workload.env = json_value(&arena, rows[i].env);
                /* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): of the table above */
                snprintf(want, sizeof(want), rows[i].want, token);
                print_message("%s %s\n", rows[i].uri, rows[i].env);
                containers = value_get(template_of(&p), TEXT("initContainers"));
                it = value_iterate(containers);
                value_next(&it, NULL, &container);
                assert_json(value_get(container, TEXT("env")), want);
        }
}

static void test_pool_and_engine_env(void **state) {
        struct assignment p = usual();

        (void)state;
        p.workload.env = json_value(&arena, "[{'name':'A','value':'1'},{'name':'B','value':'2'}]");
        p.workload.engine_env =
                json_value(&arena, "[{'name':'B','value':'3'},{'name':'C','value':'4'}]");
        assert_json(value_get(main_container(&p), TEXT("env")),
                    "[{'name':'A','value':'1'},{'name':'B','value':'3'},{'name':'C','value':'4'}]");
}

static void test_of_the_node(void **state) {
        struct assignment p = usual();

        (void)state;
        p.workload.extended = json_value(&arena, "{'rdma/ib':'1','vpc.amazonaws.com/efa':4}");
        p.workload.image_pull_secrets = json_value(&arena, "[{'name':'registry'}]");
        p.workload.service_account = TEXT("models");
        p.workload.host_ipc = true;
        assert_json(value_get(main_container(&p), TEXT("resources")),
                    "{'limits':{'nvidia.com/mig-3g.40gb':'1','rdma/ib':'1',"
                    "'vpc.amazonaws.com/efa':'4'}}");
        assert_json(value_get(template_of(&p), TEXT("imagePullSecrets")), "[{'name':'registry'}]");
        assert_json(value_get(template_of(&p), TEXT("serviceAccountName")), "'models'");
        assert_json(value_get(template_of(&p), TEXT("hostIPC")), "true");
        /* A claim has the GPUs, and the rest stays where it was. */
        p.workload.device_class = TEXT("gpu.nvidia.com");
        assert_json(value_get(main_container(&p), TEXT("resources")),
                    "{'claims':[{'name':'gpu'}],'limits':{'rdma/ib':'1',"
                    "'vpc.amazonaws.com/efa':'4'}}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_arguments),
                cmocka_unit_test(test_shell_gives_them_back),
                cmocka_unit_test(test_flags),
                cmocka_unit_test(test_data_and_expert),
                cmocka_unit_test(test_resources),
                cmocka_unit_test(test_bare),
                cmocka_unit_test(test_whole),
                cmocka_unit_test(test_downloader),
                cmocka_unit_test(test_pool_and_engine_env),
                cmocka_unit_test(test_of_the_node),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
