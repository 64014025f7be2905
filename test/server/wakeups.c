/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often threads wake each other for the call of a settled deployment.
 *
 * wakeups PROGRAM REQUEST: the program with futexes.c in it, a file
 */
#include "futexes.h"
#include "rig.h"

#include <grpc/byte_buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SKIPPED = 77 }; /* to meson */

/* The lines of a round fit into the pipe of the log. */
enum { N_ROUNDS = 15, N_CALLS = 100, TIMEOUT_MS = 10000, REQUEST_MAX = 1 << 20 };

/* Of DESIGN 13: two threads take turns, each sleeps once and is woken once. */
static const double max_a_call = 4;

static const char *program, *path;
static struct futexes *futexes;

static const char *const flags[] = { "--insecure", "--workers=2", NULL };

static struct text read_request(char *buffer, size_t size) {
        FILE *f = fopen(path, "rbe");
        size_t len;

        assert_non_null(f);
        len = fread(buffer, 1, size, f);
        assert_in_range(len, 1, size - 1);
        fclose(f);
        return (struct text) { .data = buffer, .len = len };
}

/* Calls one after the other; how many futex() there were in each. */
static double count_round(struct rig *r, struct client *c, struct text request) {
        unsigned long before = futexes->n;

        for (size_t i = 0; i < N_CALLS; i++) {
                client_send(c, RUN_V1, request, TIMEOUT_MS);
                grpc_byte_buffer_destroy(client_read(c));
                assert_int_equal(client_finish(c), GRPC_STATUS_OK);
        }
        for (size_t i = 0; i < N_CALLS; i++)
                rig_wait(r, "\"msg\":\"RunFunction\"");
        return (double)(futexes->n - before) / N_CALLS;
}

/* The least of some rounds: where others use the machine too, threads meet more often. */
static void test_settled(void **state) {
        static char buffer[REQUEST_MAX];
        struct text request = read_request(buffer, sizeof(buffer));
        double least = 0;
        struct client c;
        struct rig r;

        (void)state;
        rig_start(&r, program, flags);
        client_open(&c, r.address, NULL);
        count_round(&r, &c, request); /* what is only at the start */
        for (size_t i = 0; i < N_ROUNDS; i++) {
                double each = count_round(&r, &c, request);

                if (i == 0 || each < least)
                        least = each;
        }
        client_close(&c);
        rig_stop(&r);
        print_message("futex calls of a settled call: %.2f\n", least);
        assert_true(futexes->n > 0);
        assert_true(least <= max_a_call);
}

static void share(void) {
        int fd = memfd_create("futexes", 0);
        char number[16];

        if (fd < 0 || ftruncate(fd, sizeof(*futexes)) < 0)
                abort();
        futexes = mmap(NULL, sizeof(*futexes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (futexes == MAP_FAILED)
                abort();
        snprintf(number, sizeof(number), "%d", fd);
        setenv(FUTEXES_VARIABLE, number, 1);
}

/* A kernel or a container may have no filters. */
static bool is_counted(void) {
        static const char *const version[] = { "--version", NULL };
        struct rig r;

        rig_spawn(&r, program, version);
        return rig_exit(&r) == 0 && futexes->is_counting;
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_settled) };
        int failed;

        if (argc != 3)
                return 2;
        program = argv[1];
        path = argv[2];
        share();
        if (!FUTEXES_ARE_COUNTED || !is_counted()) {
                print_message("skipped: futex() cannot be counted here\n");
                return SKIPPED;
        }
        grpc_init();
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        grpc_shutdown_blocking();
        return failed;
}
