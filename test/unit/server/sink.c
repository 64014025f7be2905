/* SPDX-License-Identifier: Apache-2.0 */
/* A sink opens once in a process, so each test has one of its own. */
#include "server/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What body() writes to stderr. */
static size_t written_by(void (*body)(void), char *ret, size_t size) {
        int ends[2], status;
        size_t len = 0;
        ssize_t n;
        pid_t pid;

        assert_int_equal(pipe(ends), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                dup2(ends[1], STDERR_FILENO);
                body();
                _exit(0);
        }
        close(ends[1]);
        while ((n = read(ends[0], ret + len, size - len)) > 0)
                len += (size_t)n;
        close(ends[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        return len;
}

/* The bytes and a newline, behind the number of lines that were dropped. */
static void format(const char *bytes, size_t len, uint64_t n_dropped, struct sink_line *ret) {
        ret->len = (size_t)snprintf(ret->data, sizeof(ret->data), "%llu %.*s\n",
                                    (unsigned long long)n_dropped, (int)len, bytes);
}

static void put(const char *bytes, size_t len) {
        sink_put(&(struct sink_record) { .bytes = bytes, .len = len, .format = format });
}

static void end_at_once(void) {
        if (sink_open() < 0)
                _exit(1);
        put("first", 5);
        put("last", 4);
        sink_close();
}

/* A program that fails at the start may end before the thread has run at all. */
static void test_end_at_once(void **state) {
        char written[64];

        (void)state;
        for (int i = 0; i < 50; i++) {
                assert_int_equal(written_by(end_at_once, written, sizeof(written)), 15);
                assert_memory_equal(written, "0 first\n0 last\n", 15);
        }
}

static void put_without_a_thread(void) {
        put("line", 4);
}

static void test_no_thread(void **state) {
        char written[64];

        (void)state;
        assert_int_equal(written_by(put_without_a_thread, written, sizeof(written)), 7);
        assert_memory_equal(written, "0 line\n", 7);
}

enum { LINE_LEN = 3000, LINES_MAX = 1000 };

/* Lines until one is dropped; when there is room again, one with their number. */
static void put_too_much(void) {
        const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
        char line[LINE_LEN];
        int n = 0, len;

        memset(line, 'x', sizeof(line));
        if (sink_open() < 0)
                _exit(1);
        for (; sink_n_dropped() == 0 && n < LINES_MAX; n++)
                put(line, sizeof(line));
        nanosleep(&pause, NULL);
        len = snprintf(line, sizeof(line), "%d", n);
        put(line, (size_t)len);
        sink_close();
}

/* What is dropped is counted, and the next line reports it, once. */
static void test_dropped(void **state) {
        static char written[LINES_MAX * (LINE_LEN + 8)];
        size_t len = written_by(put_too_much, written, sizeof(written) - 1);
        unsigned long n_lines = 0, n_dropped = 0, n_put = 0;

        (void)state;
        written[len] = '\0';
        for (const char *line = written; *line; line = strchr(line, '\n') + 1, n_lines++) {
                n_dropped += strtoul(line, NULL, 10);
                n_put = strtoul(strchr(line, ' '), NULL, 10);
        }
        assert_true(n_dropped > 0);
        assert_int_equal(n_lines + n_dropped, n_put + 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_end_at_once),
                cmocka_unit_test(test_no_thread),
                cmocka_unit_test(test_dropped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
