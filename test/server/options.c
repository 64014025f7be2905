/* SPDX-License-Identifier: Apache-2.0 */
#include "server/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const variables[] = {
        "FUNCTION_ADDRESS",
        "TLS_SERVER_CERTS_DIR",
        "FUNCTION_INSECURE",
        "FUNCTION_MAX_RECV_MESSAGE_SIZE",
        "FUNCTION_METRICS_ADDRESS",
        "FUNCTION_WORKERS",
        "FUNCTION_GRACE",
        "FUNCTION_LOG_LEVEL",
        "FUNCTION_DEBUG",
        "FUNCTION_MAX_CONNECTION_AGE",
        "FUNCTION_MAX_CONNECTION_AGE_GRACE",
};

/* Reads words of a line, after variables of a line. */
static int read_line(const char *environment, const char *arguments, struct options *ret,
                     struct fault *fault) {
        static char words[512], settings[512];
        char *argv[32] = { words }, *rest, *word;
        int argc = 1;

        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
                unsetenv(variables[i]);
        strncpy(settings, environment, sizeof(settings) - 1);
        for (word = strtok_r(settings, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                char *equals = strchr(word, '=');

                *equals = '\0';
                setenv(word, equals + 1, 1);
        }
        strncpy(words, arguments, sizeof(words) - 1);
        for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
                argv[argc++] = word;
        return options_read(argc, argv, ret, fault);
}

static void test_refused(void **state) {
        static const struct {
                const char *environment;
                const char *arguments;
                const char *want; /* a part of the sentence */
        } rows[] = {
                { "", "", "--insecure" },
                { "FUNCTION_INSECURE=false", "", "no certificates" },
                { "", "--nope", "unknown flag --nope" },
                { "", "-x", "unknown flag -x" },
                { "", "-xd", "unknown flag -x;" },
                { "", "-d -dx", "unknown flag -x;" },
                { "", "--version=1", "--version=1: this flag has no value" },
                { "", "--insecur", "unknown flag --insecur" },
                { "", "-d --addres=:1", "unknown flag --addres=:1" },
                { "", "--grac 1s", "unknown flag --grac" },
                { "", "--address", "--address needs a value" },
                { "", "--insecure extra", "unexpected argument \"extra\"" },
                { "", "--insecure=maybe", "--insecure is \"maybe\"" },
                { "", "--insecure --address 9443", "--address is \"9443\"" },
                { "", "--insecure --address :99999", "--address is \":99999\"" },
                { "", "--insecure --address localhost:http", "--address is \"localhost:http\"" },
                { "", "--insecure --workers 0", "--workers is \"0\"" },
                { "", "--insecure --workers -1", "--workers is \"-1\"" },
                { "", "--insecure --workers 1e3", "--workers is \"1e3\"" },
                { "", "--insecure --workers 257", "--workers is \"257\"" },
                { "", "--insecure --max-recv-message-size 0",
                  "--max-recv-message-size is \"0\": expected a number of MiB from 1 to 1024" },
                { "", "--insecure --max-recv-message-size 4MB",
                  "--max-recv-message-size is \"4MB\"" },
                { "", "--insecure --max-recv-message-size 2048", "is \"2048\"" },
                { "", "--insecure --grace 10", "--grace is \"10\"" },
                { "", "--insecure --grace -1s", "--grace is \"-1s\"" },
                { "", "--insecure --max-connection-age 5", "--max-connection-age is \"5\"" },
                { "", "--insecure --max-connection-age-grace x",
                  "--max-connection-age-grace is \"x\"" },
                { "", "--insecure --metrics-address x", "--metrics-address is \"x\"" },
                { "FUNCTION_WORKERS=many", "--insecure", "FUNCTION_WORKERS is \"many\"" },
                { "", "--insecure --log-level loud",
                  "--log-level is \"loud\": expected debug, info, warn or error" },
                { "FUNCTION_LOG_LEVEL=2", "--insecure", "FUNCTION_LOG_LEVEL is \"2\"" },
                { "FUNCTION_DEBUG=2", "--insecure", "FUNCTION_DEBUG is \"2\"" },
                { "FUNCTION_GRACE=soon", "--insecure", "FUNCTION_GRACE is \"soon\"" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct options o;
                struct fault fault = { 0 };

                if (read_line(rows[i].environment, rows[i].arguments, &o, &fault) != -EINVAL)
                        fail_msg("accepted: %s %s", rows[i].environment, rows[i].arguments);
                if (!strstr(fault.message, rows[i].want))
                        fail_msg("%s %s: \"%s\" lacks \"%s\"", rows[i].environment,
                                 rows[i].arguments, fault.message, rows[i].want);
        }
}

static void test_defaults(void **state) {
        struct options o;
        struct fault fault;

        (void)state;
        assert_int_equal(read_line("TLS_SERVER_CERTS_DIR=/certs", "", &o, &fault), 0);
        assert_string_equal(o.address, "0.0.0.0:9443");
        assert_string_equal(o.certs_dir, "/certs");
        assert_string_equal(o.metrics_address, ":8080");
        assert_int_equal(o.max_recv_bytes, 32 * 1024 * 1024);
        assert_int_equal(o.grace_ms, 10000);
        assert_int_equal(o.max_connection_age_ms, 5 * 60 * 1000);
        assert_int_equal(o.max_connection_age_grace_ms, 2 * 60 * 1000);
        assert_true(o.workers >= 1);
        assert_false(o.insecure);
        assert_false(o.debug);
        assert_int_equal(o.log_level, LOG_INFO);
}

/* --debug has a level of its own, unless the other flag says one. */
static void test_log_level(void **state) {
        static const struct {
                const char *environment;
                const char *arguments;
                enum log_level want;
        } rows[] = {
                { "", "--log-level=debug", LOG_DEBUG },
                { "", "--log-level Warn", LOG_WARN },
                { "FUNCTION_LOG_LEVEL=error", "", LOG_ERROR },
                { "FUNCTION_LOG_LEVEL=error", "--log-level=info", LOG_INFO },
                { "", "--debug", LOG_DEBUG },
                { "", "--debug --log-level=warn", LOG_WARN },
                { "", "--log-level=warn --debug", LOG_WARN },
                { "FUNCTION_DEBUG=true FUNCTION_LOG_LEVEL=info", "", LOG_INFO },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char arguments[128];
                struct options o;
                struct fault fault;

                snprintf(arguments, sizeof(arguments), "--insecure %s", rows[i].arguments);
                assert_int_equal(read_line(rows[i].environment, arguments, &o, &fault), 0);
                if (o.log_level != rows[i].want)
                        fail_msg("%s %s: level %d", rows[i].environment, rows[i].arguments,
                                 (int)o.log_level);
        }
}

static void test_flag_and_twin(void **state) {
        struct options o;
        struct fault fault;

        (void)state;
        assert_int_equal(read_line("FUNCTION_ADDRESS=:1 FUNCTION_INSECURE=true FUNCTION_WORKERS=3 "
                                   "FUNCTION_MAX_RECV_MESSAGE_SIZE=4 FUNCTION_GRACE=1m30s "
                                   "FUNCTION_METRICS_ADDRESS=0 FUNCTION_DEBUG= "
                                   "FUNCTION_MAX_CONNECTION_AGE=1h "
                                   "FUNCTION_MAX_CONNECTION_AGE_GRACE=30s",
                                   "", &o, &fault),
                         0);
        assert_string_equal(o.address, ":1");
        assert_null(o.metrics_address);
        assert_int_equal(o.workers, 3);
        assert_int_equal(o.max_recv_bytes, 4 * 1024 * 1024);
        assert_int_equal(o.grace_ms, 90000);
        assert_int_equal(o.max_connection_age_ms, 3600 * 1000);
        assert_int_equal(o.max_connection_age_grace_ms, 30 * 1000);
        assert_true(o.insecure);
        assert_false(o.debug);

        assert_int_equal(
                read_line("FUNCTION_ADDRESS=:1 FUNCTION_INSECURE=true FUNCTION_GRACE=1s",
                          "--address [::1]:2 --grace=2s -d --insecure --max-connection-age 0", &o,
                          &fault),
                0);
        assert_string_equal(o.address, "[::1]:2");
        assert_int_equal(o.grace_ms, 2000);
        assert_int_equal(o.max_connection_age_ms, 0);
        assert_true(o.debug);
        assert_int_equal(read_line("", "--help", &o, &fault), 0);
        assert_true(o.help);
        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
                assert_non_null(strstr(options_help(), variables[i]));
}

static void test_duration(void **state) {
        static const struct {
                const char *text;
                int64_t want; /* below 0: refused */
        } rows[] = {
                { "0", 0 },         { "10s", 10000 },
                { "1m30s", 90000 }, { "1.5h", 5400000 },
                { "250ms", 250 },   { ".5s", 500 },
                { "1.s", 1000 },    { "1500us", 2 },
                { "+1s", 1000 },    { "24h", 86400000 },
                { "24h1ms", -1 },   { "10", -1 },
                { "", -1 },         { "s", -1 },
                { ".s", -1 },       { "1x", -1 },
                { "-1s", -1 },      { "1s ", -1 },
                { "1s2", -1 },      { "999999999999999999999999h", -1 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int64_t ms = -1;
                int r = options_duration(text_from(rows[i].text), &ms);

                if ((r == 0) != (rows[i].want >= 0) || ms != rows[i].want)
                        fail_msg("\"%s\": %d, %lld ms", rows[i].text, r, (long long)ms);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refused),   cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_log_level), cmocka_unit_test(test_flag_and_twin),
                cmocka_unit_test(test_duration),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
