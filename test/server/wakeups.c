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
enum { MIN_ROUNDS = 5, MAX_ROUNDS = 150, N_CALLS = 50, TIMEOUT_MS = 10000, REQUEST_MAX = 1 << 20 };

/* Of DESIGN 13: two threads take turns, each sleeps once and is woken once. */
static const double max_a_call = 4;

/* What an op completes in core its own thread handles, and kicks no other; beside others it may. */
static const double max_kicks_a_call = 1;

static const char *program, *path;
static struct futexes *futexes;
static bool is_crowded;

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

struct wakeups {
        double futexes, kicks; /* of a call */
};

/* Calls one after the other. */
static struct wakeups count_round(struct rig *r, struct client *c, struct text request) {
        unsigned long n = futexes->n, n_kicks = futexes->n_kicks;

        for (size_t i = 0; i < N_CALLS; i++) {
                client_send(c, RUN_V1, request, TIMEOUT_MS);
                grpc_byte_buffer_destroy(client_read(c));
                assert_int_equal(client_finish(c), GRPC_STATUS_OK);
        }
        for (size_t i = 0; i < N_CALLS; i++)
                rig_wait(r, "\"msg\":\"RunFunction\"");
        return (struct wakeups) { .futexes = (double)(futexes->n - n) / N_CALLS,
                                  .kicks = (double)(futexes->n_kicks - n_kicks) / N_CALLS };
}

static bool are_few(struct wakeups least) {
        return least.futexes <= max_a_call && least.kicks <= max_kicks_a_call;
}

/* Do far more threads want to run than there are processors? Then all that is counted is theirs. */
static bool is_machine_busy(void) {
        double load;

        return getloadavg(&load, 1) == 1 && load > 2 * (double)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The least of some rounds: where others use the machine too, threads meet more often. */
static void test_settled(void **state) {
        static char buffer[REQUEST_MAX];
        struct text request = read_request(buffer, sizeof(buffer));
        struct wakeups least;
        struct client c;
        struct rig r;

        (void)state;
        rig_start(&r, program, flags);
        client_open(&c, r.address, NULL);
        least = count_round(&r, &c, request);
        for (size_t i = 0; i < MAX_ROUNDS && (i < MIN_ROUNDS || !are_few(least)); i++) {
                struct wakeups each = count_round(&r, &c, request);

                least.futexes = each.futexes < least.futexes ? each.futexes : least.futexes;
                least.kicks = each.kicks < least.kicks ? each.kicks : least.kicks;
        }
        client_close(&c);
        rig_stop(&r);
        print_message("of a settled call: futex %.2f, kicks %.2f\n", least.futexes, least.kicks);
        assert_true(futexes->n > 0);
        is_crowded = !are_few(least) && is_machine_busy();
        assert_true(are_few(least) || is_crowded);
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
        if (failed == 0 && is_crowded) {
                print_message("skipped: the machine is too busy to count\n");
                return SKIPPED;
        }
        return failed;
}
