/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program as it is started by hand: what it says and how it ends.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *program;

/* Runs "VARIABLES program ARGUMENTS"; its exit code, and what it wrote to both outputs. */
static int run(const char *variables, const char *arguments, const char *redirect, char *ret,
               size_t size) {
        char command[1024];
        FILE *pipe;
        size_t n;
        int status;

        snprintf(command, sizeof(command), "env %s '%s' %s %s", variables, program, arguments,
                 redirect);
        pipe = popen(command, "r");
        assert_non_null(pipe);
        n = fread(ret, 1, size - 1, pipe);
        ret[n] = '\0';
        status = pclose(pipe);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One sentence on stderr, nothing on stdout, exit 2. test/server/options.c has every flag. */
static void test_configuration_error(void **state) {
        static const struct {
                const char *variables;
                const char *arguments;
                const char *want;
        } rows[] = {
                { "", "", "no certificates" },
                { "", "--nope", "unknown flag --nope" },
                { "", "serve --nope", "unknown flag --nope" },
                { "", "--insecure x", "unexpected argument \"x\"" },
                { "", "sevre", "unknown command \"sevre\"" },
                { "", "--insecure --workers=0", "--workers is \"0\"" },
                { "FUNCTION_WORKERS=many", "--insecure", "FUNCTION_WORKERS is \"many\"" },
                { "FUNCTION_ADDRESS=9443", "--insecure", "FUNCTION_ADDRESS is \"9443\"" },
                { "TLS_SERVER_CERTS_DIR=/nonexistent", "", "/nonexistent/tls.crt" },
                { "", "--insecure --address=192.0.2.1:1",
                  "cannot listen on 192.0.2.1:1 (--address): Cannot assign requested address" },
                { "", "--insecure --address=127.0.0.1:0 --metrics-address=192.0.2.1:1",
                  "cannot listen on 192.0.2.1:1 (--metrics-address): Cannot assign" },
                { "", "--insecure --address=nowhere.invalid:1",
                  "cannot listen on nowhere.invalid:1 (--address): " },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char said[4096];
                int code = run(rows[i].variables, rows[i].arguments, "2>&1 >/dev/null", said,
                               sizeof(said));
                char *end = strchr(said, '\n');

                if (code != 2)
                        fail_msg("%s %s: exit %d", rows[i].variables, rows[i].arguments, code);
                if (strncmp(said, "function-gpu-placement: ", 24) != 0 || !end || end[1] != '\0' ||
                    !strstr(said, rows[i].want))
                        fail_msg("%s %s: \"%s\"", rows[i].variables, rows[i].arguments, said);
                run(rows[i].variables, rows[i].arguments, "2>/dev/null", said, sizeof(said));
                assert_string_equal(said, "");
        }
}

static void test_asked_for(void **state) {
        static const struct {
                const char *arguments;
                const char *want; /* the beginning */
        } rows[] = {
                { "--version", "function-gpu-placement " },
                { "--help", "Usage: function-gpu-placement" },
                { "-h", "Usage: function-gpu-placement" },
                { "serve --help", "Usage: function-gpu-placement" },
                { "help", "Usage: function-gpu-placement" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char said[8192];

                assert_int_equal(run("", rows[i].arguments, "2>/dev/null", said, sizeof(said)), 0);
                if (strncmp(said, rows[i].want, strlen(rows[i].want)) != 0)
                        fail_msg("%s: \"%s\"", rows[i].arguments, said);
        }
}

/* The twins alone are enough: no argument at all. */
static void test_environment(void **state) {
        static const char *const none[] = { NULL };
        static const char *const twins[][2] = {
                { "FUNCTION_INSECURE", "true" },           { "FUNCTION_ADDRESS", "127.0.0.1:0" },
                { "FUNCTION_METRICS_ADDRESS", "0" },       { "FUNCTION_WORKERS", "3" },
                { "FUNCTION_MAX_RECV_MESSAGE_SIZE", "5" },
        };
        struct rig r;

        (void)state;
        for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
                setenv(twins[i][0], twins[i][1], 1);
        rig_spawn(&r, program, none);
        rig_wait(&r, "\"msg\":\"serving\"");
        assert_non_null(strstr(r.line, "\"address\":\"127.0.0.1:"));
        assert_non_null(strstr(r.line, "\"security\":\"none\",\"workers\":3,"));
        assert_null(strstr(r.line, "metrics_address"));
        rig_stop(&r);
        for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
                unsetenv(twins[i][0]);
}

/* Shells and container runtimes hand down a soft limit that is lower than need be. */
static void test_file_limit(void **state) {
        static const char script[] = "ulimit -S -n 64; exec \"$0\" --insecure "
                                     "--address=127.0.0.1:0 --metrics-address=0";
        const char *const flags[] = { "-c", script, program, NULL };
        struct rlimit own, limit;
        struct rig r;

        (void)state;
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &own), 0);
        assert_true(own.rlim_max > 64);
        rig_spawn(&r, "/bin/sh", flags);
        rig_wait(&r, "\"msg\":\"serving\"");
        assert_int_equal(prlimit(r.pid, RLIMIT_NOFILE, NULL, &limit), 0);
        assert_int_equal(limit.rlim_cur, own.rlim_max);
        rig_stop(&r);
}

/* gRPC would neither start nor end: as a user of no other process, who may have six. */
static void test_thread_limit(void **state) {
        static const char as_nobody[] = "ASAN_OPTIONS=detect_leaks=0 setpriv --reuid=54321 "
                                        "--clear-groups";
        char variables[256], said[4096];

        (void)state;
        if (run(as_nobody, "--version", "2>/dev/null", said, sizeof(said)) != 0)
                skip(); /* not root, or a folder that is not everybody's */
        snprintf(variables, sizeof(variables), "%s prlimit --nproc=6:6", as_nobody);
        assert_int_equal(
                run(variables, "--insecure --address=127.0.0.1:0", "2>&1", said, sizeof(said)), 2);
        assert_non_null(strstr(said, "cannot start "));
        assert_non_null(strstr(said, "Resource temporarily unavailable"));
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_configuration_error), cmocka_unit_test(test_asked_for),
                cmocka_unit_test(test_environment),         cmocka_unit_test(test_file_limit),
                cmocka_unit_test(test_thread_limit),
        };

        if (argc != 2)
                return 2;
        program = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
