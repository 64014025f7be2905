/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user writes as an argument reaches the engine as it is written, or is
 * refused. Asked of a real shell, which is given the arguments as the start
 * script of KServe's presets is.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet/check.h"
#include "lib/memory.h"
#include "place/pod.h"
#include "wire/node.h"

enum { N_RANDOM = 2000, LENGTH_MAX = 12, ARGUMENTS_MAX = N_RANDOM + 64, OUTPUT_MAX = 1 << 20 };

/* ---- the shell ------------------------------------------------------------------------------- */

/* Source: KServe v0.20, config/llmisvcconfig/config-llm-template.yaml: eval "vllm serve ... $@" */
static char script[] = "vllm() { shift; for a; do printf '%s\\000' \"$a\"; done; }; "
                       "eval \"vllm serve $@\"";

/* What the engine gets, each argument with a NUL behind it. Returns the number of bytes. */
static size_t run_shell(char *shell, char **arguments, size_t n, char *output) {
        static char option[] = "-c", end_of_options[] = "--";
        static char *argv[ARGUMENTS_MAX + 8];
        int ends[2], status;
        size_t len = 0;
        pid_t child;
        ssize_t got;

        argv[0] = shell;
        argv[1] = option;
        argv[2] = script;
        argv[3] = end_of_options;
        memcpy(&argv[4], arguments, n * sizeof(*argv));
        argv[4 + n] = NULL;
        assert_int_equal(pipe(ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                dup2(ends[1], STDOUT_FILENO);
                close(ends[0]);
                execvp(shell, argv);
                _exit(127);
        }
        close(ends[1]);
        while ((got = read(ends[0], output + len, OUTPUT_MAX - len)) > 0)
                len += (size_t)got;
        close(ends[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        return len;
}

/* ---- what is asked of it --------------------------------------------------------------------- */

/* Is it taken as the one argument of an engine? */
static bool is_taken(struct text argument) {
        struct fault fault;
        struct reader rd = { .arena = &arena, .first = &fault };
        struct node *map = node_map(&arena);
        struct value args = { 0 };
        struct text bytes;

        node_append_string(node_add_list(map, "args"), argument);
        assert_int_equal(node_encode(map, &arena, &bytes), 0);
        check_args(
                &rd,
                MEMBER_OF(member_root(value_get(value_of_struct(bytes), TEXT("args")), TEXT("f"))),
                &args);
        assert_true((rd.n_mistakes == 0) == (args.kind == VALUE_LIST));
        return rd.n_mistakes == 0;
}

static char *terminated(struct text t) {
        char *copy = arena_alloc(&arena, t.len + 1);

        assert_non_null(copy);
        memcpy(copy, t.data, t.len);
        copy[t.len] = '\0';
        return copy;
}

/* All that are taken, through one shell at once: nothing may change its neighbours either. */
static void check_arrive(char *shell, const struct text *arguments, size_t n) {
        static char *quoted[ARGUMENTS_MAX], output[OUTPUT_MAX];
        size_t at = 0, len;

        for (size_t i = 0; i < n; i++) {
                struct text t = pod_argument(arguments[i], &arena);

                assert_false(text_contains(t, TEXT("{{"))); /* a template sees nothing in it */
                quoted[i] = terminated(t);
        }
        len = run_shell(shell, quoted, n, output);
        for (size_t i = 0; i < n; i++) {
                struct text got = { .data = output + at, .len = strnlen(output + at, len - at) };

                if (!text_equal(got, arguments[i]))
                        fail_msg("%s: \"%.*s\" arrives as \"%.*s\"", shell, TEXT_ARG(arguments[i]),
                                 TEXT_ARG(got));
                at += got.len + 1;
        }
        assert_int_equal(at, len);
}

static void check_all(const struct text *all, size_t n, size_t least) {
        static char sh[] = "/bin/sh", bash[] = "/bin/bash";
        static struct text taken[ARGUMENTS_MAX];
        size_t n_taken = 0;

        for (size_t i = 0; i < n; i++) {
                if (is_taken(all[i]))
                        taken[n_taken++] = all[i];
        }
        print_message("%zu of %zu are taken\n", n_taken, n);
        assert_true(n_taken >= least && n_taken < n);
        check_arrive(sh, taken, n_taken);
        if (access(bash, X_OK) == 0)
                check_arrive(bash, taken, n_taken);
}

static void test_chosen(void **state) {
        static const char *const chosen[] = {
                "--max-model-len=16384",
                "--hf-overrides={\"rope_scaling\": {\"factor\": 4}}",
                "--chat-template=a b",
                "it's",
                "''",
                "\"",
                "\\",
                "\\'",
                "a\\nb",
                "a;touch /tmp/x",
                "a&b|c<d>e",
                "(a)",
                "#a",
                "~",
                "*",
                "[a-z]?",
                "{a,b}",
                "!x",
                "a=b",
                "\t a \t",
                "-",
                "--",
                "}}",
                "{ {",
                "\x01\x7f",
                "\xc3\xa4\xe2\x82\xac\xf0\x9f\xa6\x99",
                "${x}",
                "$(id)",
                "`id`",
                "a\nb",
                "{{ .x }}",
        };
        struct text all[sizeof(chosen) / sizeof(chosen[0]) + 1];
        size_t n = sizeof(chosen) / sizeof(chosen[0]);
        static char long_one[10 * 1024];

        (void)state;
        for (size_t i = 0; i < n; i++)
                all[i] = text_from(chosen[i]);
        memset(long_one, '\'', sizeof(long_one));
        all[n++] = (struct text) { .data = long_one, .len = sizeof(long_one) };
        check_all(all, n, n - 5); /* the last five of the list are refused */
}

static void test_random(void **state) {
        static const char characters[] = "aZ0 -='\"\\`${}()<>|&;*?[]!#~^%,:/\t\n\r\x01\x7f";
        static struct text all[N_RANDOM];
        uint32_t seed = 1;

        (void)state;
        for (size_t i = 0; i < N_RANDOM; i++) {
                char *made = arena_alloc(&arena, LENGTH_MAX);
                size_t len;

                assert_non_null(made);
                seed = seed * 1664525 + 1013904223;
                len = 1 + (seed >> 8) % LENGTH_MAX;
                for (size_t k = 0; k < len; k++) {
                        seed = seed * 1664525 + 1013904223;
                        made[k] = characters[(seed >> 8) % (sizeof(characters) - 1)];
                }
                all[i] = (struct text) { .data = made, .len = len };
        }
        check_all(all, N_RANDOM, N_RANDOM / 4);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_chosen),
                cmocka_unit_test(test_random),
        };

        return cmocka_run_group_tests_name("arguments", tests, memory_set_up, memory_tear_down);
}
