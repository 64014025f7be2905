/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call leaves in the log, what it does not, and that no log can hold a call up.
 */
#include "rig.h"

#include "base/arena.h"
#include "lib/json.h"
#include "lib/promtext.h"
#include "render/call.h"

#include <fcntl.h>
#include <grpc/byte_buffer.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SKIPPED = 77 }; /* to meson */

static const char *program;

static const char *const insecure[] = { "--insecure", NULL };
static const char *const every_call[] = { "--insecure", "--log-level=debug", NULL };

/* A ModelDeployment with a tag, in which U+202E changes the direction, and text in places that no
 * log repeats. */
static struct text deployment(struct arena *arena) {
        struct call_object secret = {
                .name = TEXT("secret"),
                .object = json_node(arena, "{'apiVersion': 'v1', 'kind': 'Secret',"
                                           " 'metadata': {'name': 's'},"
                                           " 'data': {'password': 'hunter2'}}"),
        };
        const struct call_request request = {
                .tag = TEXT("tag-1\n\xe2\x80\xae"),
                .has_capabilities = true,
                .composite.object = json_node(
                        arena, "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"
                               " 'metadata': {'name': 'gemma', 'namespace': 'team-a',"
                               "  'annotations': {'note': 'hunter2'}},"
                               " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'm'}}}"),
                .resources = &secret,
                .n_resources = 1,
        };
        /* credentials: {c: {credentialData: {data: {k: hunter2}}}} */
        const struct text credentials = TEXT("\x3a\x17\x0a\x01"
                                             "c\x12\x12\x0a\x10\x0a\x0e\x0a\x01k\x12\x09hunter2!!");
        struct text bytes, parts[2];

        assert_int_equal(call_encode(&request, arena, &bytes), 0);
        parts[0] = bytes;
        parts[1] = credentials;
        return text_join(arena, parts, 2);
}

static void test_line(void **state) {
        static const char *const wants[] = {
                "{\"level\":\"debug\",\"ts\":\"20",
                "\"msg\":\"RunFunction\"",
                "\"tag\":\"tag-1\\u000a\\ufffd\"",
                "\"kind\":\"ModelDeployment\"",
                "\"namespace\":\"team-a\"",
                "\"name\":\"gemma\"",
                "\"code\":0",
                "\"duration_ms\":",
                "\"decision\":\"Scheduled=Unknown WaitingForInputs\"",
        };
        struct arena arena;
        struct rig r;

        (void)state;
        arena_init(&arena, 1 << 20);
        rig_start(&r, program, every_call);
        assert_int_equal(client_once(r.address, NULL, RUN_V1, deployment(&arena), NULL),
                         GRPC_STATUS_OK);
        rig_wait(&r, "\"msg\":\"RunFunction\"");
        for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
                if (!strstr(r.line, wants[i]))
                        fail_msg("%s lacks %s", r.line, wants[i]);
        }
        assert_null(strstr(r.line, "hunter2"));
        rig_stop(&r);
        arena_release(&arena);
}

/* Nor does --debug say more of a payload; it is there to be read by a person. */
static void test_debug(void **state) {
        static const char *const flags[] = { "--insecure", "--debug", "--address=127.0.0.1:0",
                                             "--metrics-address=0", NULL };
        struct arena arena;
        struct rig r;
        char *address;

        (void)state;
        arena_init(&arena, 1 << 20);
        rig_spawn(&r, program, flags);
        rig_wait(&r, " info serving ");
        address = strstr(r.line, "address=\"") + strlen("address=\"");
        snprintf(r.address, sizeof(r.address), "%.*s", (int)strcspn(address, "\""), address);
        assert_int_equal(client_once(r.address, NULL, RUN_V1, deployment(&arena), NULL),
                         GRPC_STATUS_OK);
        rig_wait(&r, " debug RunFunction tag=\"tag-1\\u000a\\ufffd\" kind=\"ModelDeployment\"");
        assert_null(strstr(r.line, "hunter2"));
        assert_null(strchr(r.line, '{'));
        rig_stop(&r);
        arena_release(&arena);
}

/* A model that is decided on at once, and has the condition already when the reason is given. */
static struct text model(struct arena *arena, const char *reason) {
        static const char form[] =
                "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ClusterModel',"
                " 'metadata': {'name': 'gemma'},"
                " 'spec': {'model': {'name': 'google/gemma-3-27b-it'}},"
                " 'status': {'conditions': [{'type': 'ModelValid', 'reason': '%s'}]}}";
        char xr[512];
        struct text bytes;

        snprintf(xr, sizeof(xr), form, reason);
        assert_int_equal(
                call_encode(&(struct call_request) { .tag = TEXT("model"),
                                                     .has_capabilities = true,
                                                     .composite.object = json_node(arena, xr) },
                            arena, &bytes),
                0);
        return bytes;
}

static int64_t now_ms(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void call_often(const char *address, size_t n) {
        struct client c;

        client_open(&c, address, NULL);
        for (size_t i = 0; i < n; i++) {
                client_send(&c, RUN_V1, SMALL_REQUEST, 5000);
                grpc_byte_buffer_destroy(client_read(&c));
                assert_int_equal(client_finish(&c), GRPC_STATUS_OK);
        }
        client_close(&c);
}

static double dropped(const struct rig *r) {
        struct arena arena;
        double n;

        arena_init(&arena, 16 << 20);
        n = promtext_value(rig_metrics(r, &arena),
                           "function_gpu_placement_log_lines_dropped_total");
        arena_release(&arena);
        return n;
}

/* Lines are written a little later than they are said. */
static void wait_until_written(const struct rig *r) {
        const struct timespec period = { .tv_nsec = 100000000 };
        double before, now = dropped(r);

        do {
                before = now;
                nanosleep(&period, NULL);
                now = dropped(r);
        } while (now > before);
}

/* A pipe holds 64 KiB and our queue as much, a thousand lines; then nobody reads it. */
static void test_reader_stands_still(void **state) {
        enum { N_CALLS = 2000 };
        struct rig r;
        int64_t begin;

        (void)state;
        rig_start(&r, program, insecure);
        begin = now_ms();
        call_often(r.address, N_CALLS);
        assert_in_range(now_ms() - begin, 0, 20000);
        assert_true(dropped(&r) > 0);

        /* It reads again: what is said next says how much was not. */
        for (size_t n = 0; n < N_CALLS / 4; n++)
                rig_wait(&r, "\"msg\":\"RunFunction\"");
        call_often(r.address, 1);
        rig_wait(&r, "\"dropped_lines\":");
        assert_int_equal(r.line[0], '{');
        assert_int_equal(r.line[strlen(r.line) - 1], '}');
        rig_stop(&r);
}

static unsigned int free_port(void) {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(a);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
        close(fd);
        return ntohs(a.sin_port);
}

static void wait_until_serving(const struct rig *r) {
        const struct timespec period = { .tv_nsec = 20000000 };

        for (size_t i = 0; i < 250; i++) {
                if (client_once(r->address, NULL, RUN_V1, SMALL_REQUEST, NULL) == GRPC_STATUS_OK)
                        return;
                nanosleep(&period, NULL);
        }
        kill(r->pid, SIGKILL);
        fail_msg("it never served");
}

/* And not a connection that happened to be opened as the second file. */
static void assert_log_is_null(const struct rig *r) {
        char path[64], target[64] = "";

        snprintf(path, sizeof(path), "/proc/%d/fd/2", (int)r->pid);
        assert_true(readlink(path, target, sizeof(target) - 1) > 0);
        assert_string_equal(target, "/dev/null");
}

/* Logs that take nothing, or are not there at all. */
static void test_no_log(void **state) {
        static const char *const targets[] = { "2>/dev/full", "2>&-", "0<&- 1>&- 2>&-" };

        (void)state;
        for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
                char command[256];
                const char *flags[] = { "-c", command, program, NULL };
                struct rig r;
                unsigned int port = free_port(), metrics = free_port();

                snprintf(command, sizeof(command),
                         "exec \"$0\" --insecure --address=127.0.0.1:%u "
                         "--metrics-address=127.0.0.1:%u %s",
                         port, metrics, targets[i]);
                rig_spawn(&r, "/bin/sh", flags);
                snprintf(r.address, sizeof(r.address), "127.0.0.1:%u", port);
                snprintf(r.metrics, sizeof(r.metrics), "%u", metrics);
                wait_until_serving(&r);
                call_often(r.address, 100);
                if (i == 0) {
                        wait_until_written(&r);
                        assert_true(dropped(&r) >= 100);
                } else {
                        assert_log_is_null(&r);
                }
                rig_stop(&r);
        }
}

/* The program as a shell starts it, with its log in a file. */
static void start_with_log(struct rig *r, const char *before, const char *log) {
        char command[256];
        const char *flags[] = { "-c", command, program, log, NULL };
        unsigned int port = free_port(), metrics = free_port();

        snprintf(command, sizeof(command),
                 "%s exec \"$0\" --insecure --address=127.0.0.1:%u "
                 "--metrics-address=127.0.0.1:%u 2>\"$1\"",
                 before, port, metrics);
        rig_spawn(r, "/bin/sh", flags);
        snprintf(r->address, sizeof(r->address), "127.0.0.1:%u", port);
        snprintf(r->metrics, sizeof(r->metrics), "%u", metrics);
        wait_until_serving(r);
}

/* Lines that hold what; with NULL those that are no whole JSON object. */
static size_t count_lines(const char *path, const char *what) {
        FILE *file = fopen(path, "re");
        char line[8192];
        size_t n = 0;

        assert_non_null(file);
        while (fgets(line, sizeof(line), file))
                n += what ? strstr(line, what) != NULL : line[0] != '{' || !strstr(line, "}\n");
        fclose(file);
        return n;
}

/* A file that may not grow, as on a full disk: the line that hits its end is cut. */
static void test_full_file(void **state) {
        const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
        char log[] = "/tmp/server-logs-XXXXXX";
        struct rig r;

        (void)state;
        close(mkstemp(log));
        start_with_log(&r, "ulimit -S -f 8;", log);
        call_often(r.address, 100);
        wait_until_written(&r);
        assert_true(dropped(&r) > 0);

        /* There is room again. */
        assert_int_equal(prlimit(r.pid, RLIMIT_FSIZE, &unlimited, NULL), 0);
        call_often(r.address, 1);
        rig_stop(&r);
        assert_int_equal(count_lines(log, NULL), 1);
        assert_int_equal(count_lines(log, "\"dropped_lines\":"), 1);
        unlink(log);
}

/* Of calls that wait, repeat, decide anew, are fatal and fail: those that a level shows. */
static void test_levels(void **state) {
        static const char *const lines[] = {
                "\"level\":\"debug\",",
                "Scheduled=Unknown WaitingForInputs\"",
                "ModelValid=False Invalid\",\"code\":0",
                "ModelValid=False Invalid\",\"changed\":\"true\",\"code\":0",
                "\"fatal\":\"true\"",
                "\"msg\":\"draining\"",
                "\"code\":3",
        };
        static const struct {
                const char *variable;
                const char *there; /* x: that line is in the log */
        } rows[] = {
                { "FUNCTION_LOG_LEVEL=debug", "xxxxxxx" }, { "FUNCTION_LOG_LEVEL=INFO", "  xxxxx" },
                { "FUNCTION_LOG_LEVEL=", "  xxxxx" },      { "FUNCTION_LOG_LEVEL=warn", "      x" },
                { "FUNCTION_LOG_LEVEL=error", "       " },
        };
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct text requests[] = { deployment(&arena), model(&arena, "Valid"),
                                                 model(&arena, "Invalid"), SMALL_REQUEST,
                                                 TEXT("\xff") };
                char log[] = "/tmp/server-logs-XXXXXX";
                struct rig r;

                close(mkstemp(log));
                start_with_log(&r, rows[i].variable, log);
                for (size_t n = 0; n < sizeof(requests) / sizeof(requests[0]); n++)
                        client_once(r.address, NULL, RUN_V1, requests[n], NULL);
                rig_stop(&r);
                for (size_t n = 0; n < sizeof(lines) / sizeof(lines[0]); n++) {
                        if ((count_lines(log, lines[n]) > 0) != (rows[i].there[n] == 'x'))
                                fail_msg("%s: %s", rows[i].variable, lines[n]);
                }
                unlink(log);
        }
        arena_release(&arena);
}

/*
 * A terminal that nobody reads: it is called writable while it has room for a byte,
 * and who then writes a line waits. A file on a server that is gone does the same.
 */
static void test_write_hangs(void **state) {
        enum { N_CALLS = 2000 };
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        char name[64];
        struct rig r;
        int64_t begin;

        (void)state;
        assert_true(terminal >= 0); /* main() has seen that there are some */
        assert_int_equal(grantpt(terminal), 0);
        assert_int_equal(unlockpt(terminal), 0);
        assert_int_equal(ptsname_r(terminal, name, sizeof(name)), 0);
        start_with_log(&r, "", name);
        begin = now_ms();
        call_often(r.address, N_CALLS);
        assert_in_range(now_ms() - begin, 0, 20000);
        assert_true(dropped(&r) > 0);

        /* Somebody reads again. */
        close(r.log);
        r.log = terminal;
        for (size_t n = 0; n < 100; n++)
                rig_wait(&r, "\"msg\":\"RunFunction\"");
        call_often(r.address, 1);
        rig_wait(&r, "\"dropped_lines\":");

        /* And again not: the end waits half a second for the log, not for ever. */
        call_often(r.address, N_CALLS);
        begin = now_ms();
        rig_stop(&r);
        assert_in_range(now_ms() - begin, 0, 10000);
}

/* A chroot in which /dev/pts is not mounted has no terminals. */
static bool has_terminals(void) {
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        char name[64];
        bool there = terminal >= 0 && ptsname_r(terminal, name, sizeof(name)) == 0 &&
                     access(name, F_OK) == 0;

        if (terminal >= 0)
                close(terminal);
        return there;
}

static int run_with_terminal(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_write_hangs) };

        if (!has_terminals()) {
                print_message("skipped: no pseudo terminal can be opened; mount devpts at "
                              "/dev/pts\n");
                return SKIPPED;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* logs PROGRAM [terminal] */
int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_line),
                cmocka_unit_test(test_debug),
                cmocka_unit_test(test_reader_stands_still),
                cmocka_unit_test(test_no_log),
                cmocka_unit_test(test_full_file),
                cmocka_unit_test(test_levels),
        };
        int failed;

        if (argc < 2)
                return 2;
        program = argv[1];
        grpc_init();
        failed = argc > 2 ? run_with_terminal() : cmocka_run_group_tests(tests, NULL, NULL);
        grpc_shutdown_blocking();
        return failed;
}
