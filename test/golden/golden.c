/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden CASES [NAME]...           whole answers, as each case's want.yaml has them
 * golden --sweep CASES [NAME]...   the same requests, with every allocation failing once
 *
 * Runs what render runs. UPDATE_GOLDEN=1 writes want.yaml instead of comparing:
 * read the difference before it is committed. Output is TAP; differences and
 * sentences go to the standard error.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "case.h"
#include "function.h"
#include "shuffle.h"

enum { BUDGET = 256 * 1024 * 1024, SHUFFLES = 3, REQUESTS_MAX = 16 };

/* A request with more allocations than this has some of them left out. */
enum { FAULTS_MAX = 4000 };

struct tap {
        unsigned int n, n_failed;
};

static void report(struct tap *tap, bool passed, const char *name, const char *what) {
        tap->n++;
        tap->n_failed += !passed;
        printf("%s %u - %s: %s\n", passed ? "ok" : "not ok", tap->n, name, what);
        fflush(stdout);
}

static void show_difference(const char *want_path, struct text got) {
        char command[4096];
        FILE *diff;

        snprintf(command, sizeof(command), "diff -uN --label want --label got '%s' - >&2",
                 want_path);
        diff = popen(command, "w");
        if (!diff)
                return;
        fwrite(got.data, 1, got.len, diff);
        pclose(diff);
}

static bool write_want(const char *path, struct text got) {
        FILE *file = fopen(path, "wbe");
        bool written;

        if (!file)
                return false;
        written = fwrite(got.data, 1, got.len, file) == got.len;
        return fclose(file) == 0 && written;
}

static void compare(struct tap *tap, const struct golden *golden, const char *name, struct text got,
                    struct arena *arena) {
        const char *path = case_path(golden->folder, "want.yaml", arena);
        bool same = text_equal(got, golden->want);

        if (!same && getenv("UPDATE_GOLDEN"))
                same = write_want(path, got);
        else if (!same)
                show_difference(path, got);
        report(tap, same, name, "answers as want.yaml says");
}

static int call_shuffled(void *ctx, const char *target, struct text request, struct arena *arena,
                         struct text *ret, struct fault *fault) {
        const uint64_t *seed = ctx;

        return pipeline_in_process.call(NULL, target, shuffle_request(request, *seed, arena), arena,
                                        ret, fault);
}

static void check_shuffled(struct tap *tap, const struct golden *golden, const char *name,
                           struct text want, struct arena *arena) {
        for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
                struct cli_transport transport = { .call = call_shuffled, .ctx = &seed };
                struct fault fault = { 0 };
                struct text got;
                int rc = case_answer(golden, &transport, arena, &got, &fault);

                if (rc == 0 && text_equal(got, want))
                        continue;
                if (rc < 0)
                        fprintf(stderr, "%s: %s\n", name, fault.message);
                else
                        show_difference(case_path(golden->folder, "want.yaml", arena), got);
                report(tap, false, name, "does not mind the order of maps");
                return;
        }
        report(tap, true, name, "does not mind the order of maps");
}

static void check_settles(struct tap *tap, const struct golden *golden, const char *name,
                          struct arena *arena) {
        struct fault fault = { 0 };
        struct text stream;
        size_t n_rounds = 0;
        int rc = again_settles(golden, arena, &n_rounds, &stream, &fault);

        if (rc < 0)
                fprintf(stderr, "%s: %.*s\n", name, TEXT_ARG(fault_text(&fault, arena)));
        else
                printf("# %s: settled after %zu reconciles\n", name, n_rounds);
        report(tap, rc == 0, name, "settles when its answer is observed");
}

static void check_case(struct tap *tap, const struct golden *golden, const char *name,
                       struct arena *arena) {
        struct fault fault = { 0 };
        struct text got;
        int rc = case_answer(golden, &pipeline_in_process, arena, &got, &fault);

        if (rc < 0) {
                fprintf(stderr, "%s: %.*s\n", name, TEXT_ARG(fault_text(&fault, arena)));
                report(tap, false, name, "is answered");
                return;
        }
        compare(tap, golden, name, got, arena);
        check_shuffled(tap, golden, name, got, arena);
        check_settles(tap, golden, name, arena);
}

/* The requests that a case leads to, with their answers. */
struct recorder {
        struct text requests[REQUESTS_MAX];
        struct text answers[REQUESTS_MAX];
        size_t n;
};

static int call_recorded(void *ctx, const char *target, struct text request, struct arena *arena,
                         struct text *ret, struct fault *fault) {
        struct recorder *recorder = ctx;
        int rc = pipeline_in_process.call(NULL, target, request, arena, ret, fault);

        if (rc == 0 && recorder->n < REQUESTS_MAX) {
                recorder->requests[recorder->n] = request;
                recorder->answers[recorder->n++] = *ret;
        }
        return rc;
}

/* One run whose countdown-th allocation fails; UINT64_MAX counts them. Returns what is left. */
static uint64_t run_with_fault(struct text request, uint64_t countdown, struct text want,
                               int *ret_rc, bool *ret_same) {
        struct call_summary summary;
        struct payload payload;
        struct fault fault = { 0 };
        struct arena arena;
        uint64_t left;

        arena_init(&arena, BUDGET);
        arena.countdown = countdown;
        *ret_rc = function_run(request, &arena, &payload, &summary, &fault);
        left = arena.countdown;
        arena.countdown = 0;
        *ret_same =
                *ret_rc == 0 && text_equal(text_join(&arena, payload.parts, payload.n_parts), want);
        arena_release(&arena);
        return left;
}

static bool sweep_request(const char *name, struct text request, struct text want,
                          uint64_t *n_faults) {
        bool same;
        int rc;
        uint64_t n = UINT64_MAX - run_with_fault(request, UINT64_MAX, want, &rc, &same);
        uint64_t step = 1 + n / FAULTS_MAX;

        if (rc < 0 || !same || n == 0) {
                fprintf(stderr, "%s: without a fault: %d after %llu allocations\n", name, rc,
                        (unsigned long long)n);
                return false;
        }
        for (uint64_t i = 1; i <= n; i += step) {
                run_with_fault(request, i, want, &rc, &same);
                ++*n_faults;
                if (rc == -ENOMEM)
                        continue;
                fprintf(stderr, "%s: allocation %llu of %llu fails: %d instead of -ENOMEM\n", name,
                        (unsigned long long)i, (unsigned long long)n, rc);
                return false;
        }
        return true;
}

static void sweep_case(struct tap *tap, const struct golden *golden, const char *name,
                       struct arena *arena) {
        struct recorder recorder = { .n = 0 };
        struct cli_transport transport = { .call = call_recorded, .ctx = &recorder };
        struct fault fault = { 0 };
        struct text answer;
        uint64_t n_faults = 0;
        bool passed = case_answer(golden, &transport, arena, &answer, &fault) == 0;

        if (!passed)
                fprintf(stderr, "%s: %s\n", name, fault.message);
        for (size_t i = 0; passed && i < recorder.n; i++)
                passed = sweep_request(name, recorder.requests[i], recorder.answers[i], &n_faults);
        printf("# %s: %zu requests, %llu allocations failed\n", name, recorder.n,
               (unsigned long long)n_faults);
        report(tap, passed, name, "survives each failing allocation");
}

static void run_case(struct tap *tap, const char *cases, const char *name, bool sweeps) {
        struct fault fault = { 0 };
        struct golden golden;
        struct arena arena;
        int rc;

        arena_init(&arena, BUDGET);
        rc = case_read(case_path(cases, name, &arena), &arena, &golden, &fault);
        if (rc < 0) {
                fprintf(stderr, "%s: %s\n", name, fault.message);
                report(tap, false, name, "is a complete case");
        } else if (sweeps) {
                sweep_case(tap, &golden, name, &arena);
        } else {
                check_case(tap, &golden, name, &arena);
        }
        arena_release(&arena);
}

static int is_case(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

static bool is_wanted(const char *name, char **names, int n_names) {
        for (int i = 0; i < n_names; i++) {
                if (strcmp(name, names[i]) == 0)
                        return true;
        }
        return n_names == 0;
}

int main(int argc, char **argv) {
        bool sweeps = argc > 1 && strcmp(argv[1], "--sweep") == 0;
        int first = sweeps ? 2 : 1;
        struct tap tap = { 0 };
        struct dirent **entries;
        int n;

        if (argc <= first) {
                fprintf(stderr, "usage: golden [--sweep] CASES [NAME]...\n");
                return 2;
        }
        n = scandir(argv[first], &entries, is_case, alphasort);
        if (n < 0) {
                perror(argv[first]);
                return 2;
        }
        for (int i = 0; i < n; i++) {
                const char *name = entries[i]->d_name;

                if (is_wanted(name, argv + first + 1, argc - first - 1))
                        run_case(&tap, argv[first], name, sweeps);
                free(entries[i]);
        }
        free(entries);
        printf("1..%u\n", tap.n);
        return tap.n == 0 || tap.n_failed > 0;
}
