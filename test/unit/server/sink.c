/* SPDX-License-Identifier: Apache-2.0 */
/* A sink opens once in a process, so each test has one of its own. */
#include "server/sink.h"

#include <string.h>
#include <sys/wait.h>
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

static void end_at_once(void) {
        if (sink_open() < 0)
                _exit(1);
        sink_put("first\n", 6, 0);
        sink_put("last\n", 5, 0);
        sink_close();
}

/* A program that fails at the start may end before the thread has run at all. */
static void test_end_at_once(void **state) {
        char written[64];

        (void)state;
        for (int i = 0; i < 50; i++) {
                assert_int_equal(written_by(end_at_once, written, sizeof(written)), 11);
                assert_memory_equal(written, "first\nlast\n", 11);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_end_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
