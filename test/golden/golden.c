/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden CASES [NAME]...           whole answers, as each case's want.yaml has them
 * golden --steady CASES [NAME]...  a hundred reconciles of what becomes of the case, all alike
 * golden --sweep CASES [NAME]...   the same requests, with every allocation failing once
 * golden --save FOLDER CASES       writes the requests, for script/fuzz to begin with
 *
 * Runs what render runs. UPDATE_GOLDEN=1 writes want.yaml instead of comparing:
 * read the difference before it is committed. Output is TAP; differences and
 * sentences go to the standard error.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "case.h"
#include "function.h"
#include "lib/in_pieces.h"
#include "lib/shuffle.h"
#include "lib/whole.h"
#include "steady.h"

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

static bool write_file(const char *path, struct text got) {
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
                same = write_file(path, got);
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
                int r = case_answer(golden, &transport, arena, &got, &fault);

                if (r == 0 && text_equal(got, want))
                        continue;
                if (r < 0)
                        fprintf(stderr, "%s: %s\n", name, fault.message);
                else
                        show_difference(case_path(golden->folder, "want.yaml", arena), got);
                report(tap, false, name, "does not mind the order of maps");
                return;
        }
        report(tap, true, name, "does not mind the order of maps");
}

/* The same request as a network may bring it, and the same answer. */
static int call_in_pieces(void *ctx, const char *target, struct text request, struct arena *arena,
                          struct text *ret, struct fault *fault) {
        static const size_t sizes[] = { 1, 7, 16384 };
        int r = pipeline_in_process.call(NULL, target, request, arena, ret, fault);

        (void)ctx;
        for (size_t i = 0; r == 0 && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                struct text got;

                if (in_pieces_run(request, sizes[i], arena, &got) == 0 && text_equal(got, *ret))
                        continue;
                fault_set(fault, "in pieces of %zu it is answered otherwise", sizes[i]);
                r = -EPROTO;
        }
        return r;
}

static void check_in_pieces(struct tap *tap, const struct golden *golden, const char *name,
                            struct arena *arena) {
        const struct cli_transport transport = { .call = call_in_pieces };
        struct fault fault = { 0 };
        struct text answer;
        int r = case_answer(golden, &transport, arena, &answer, &fault);

        if (r < 0)
                fprintf(stderr, "%s: %.*s\n", name, TEXT_ARG(fault_text(&fault, arena)));
        report(tap, r == 0, name, "does not mind where it is cut");
}

static void check_settles(struct tap *tap, const struct golden *golden, const char *name,
                          struct arena *arena) {
        struct fault fault = { 0 };
        struct text stream;
        size_t n_rounds = 0;
        int r = again_settles(golden, arena, &n_rounds, &stream, &fault);

        if (r < 0)
                fprintf(stderr, "%s: %.*s\n", name, TEXT_ARG(fault_text(&fault, arena)));
        else
                printf("# %s: settled after %zu reconciles\n", name, n_rounds);
        report(tap, r == 0, name, "settles when its answer is observed");
}

static void check_case(struct tap *tap, const struct golden *golden, const char *name,
                       struct arena *arena) {
        struct fault fault = { 0 };
        struct text got;
        int r = case_answer(golden, &pipeline_in_process, arena, &got, &fault);

        if (r < 0) {
                fprintf(stderr, "%s: %.*s\n", name, TEXT_ARG(fault_text(&fault, arena)));
                report(tap, false, name, "is answered");
                return;
        }
        compare(tap, golden, name, got, arena);
        check_shuffled(tap, golden, name, got, arena);
        check_in_pieces(tap, golden, name, arena);
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
        int r = pipeline_in_process.call(NULL, target, request, arena, ret, fault);

        if (r == 0 && recorder->n < REQUESTS_MAX) {
                recorder->requests[recorder->n] = request;
                recorder->answers[recorder->n++] = *ret;
        }
        return r;
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
        int r;
        uint64_t n = UINT64_MAX - run_with_fault(request, UINT64_MAX, want, &r, &same);
        uint64_t step = 1 + n / FAULTS_MAX;

        if (r < 0 || !same || n == 0) {
                fprintf(stderr, "%s: without a fault: %d after %llu allocations\n", name, r,
                        (unsigned long long)n);
                return false;
        }
        for (uint64_t i = 1; i <= n; i += step) {
                run_with_fault(request, i, want, &r, &same);
                ++*n_faults;
                if (r == -ENOMEM)
                        continue;
                fprintf(stderr, "%s: allocation %llu of %llu fails: %d instead of -ENOMEM\n", name,
                        (unsigned long long)i, (unsigned long long)n, r);
                return false;
        }
        return true;
}

/* Does protobuf-c's whole tree of a request say what request_read() says? */
static bool reads_as_whole(const char *name, struct text bytes, struct arena *arena) {
        struct text ours = { 0 }, theirs = { 0 };
        struct request request;
        struct fault fault;

        if (request_read(bytes, arena, &request, &fault) == 0 &&
            whole_agrees_on_request(bytes, &request, arena, &ours, &theirs))
                return true;
        fprintf(stderr, "%s: ours\n%.*sprotobuf-c's\n%.*s", name, TEXT_ARG(ours), TEXT_ARG(theirs));
        return false;
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
        for (size_t i = 0; passed && i < recorder.n; i++)
                passed = reads_as_whole(name, recorder.requests[i], arena);
        report(tap, passed, name, "reads as protobuf-c reads it");
}

/* The requests of a case as files FOLDER/NAME-N, for fuzzers to begin with. */
static void save_case(struct tap *tap, const char *folder, const struct golden *golden,
                      const char *name, struct arena *arena) {
        struct recorder recorder = { .n = 0 };
        struct cli_transport transport = { .call = call_recorded, .ctx = &recorder };
        struct fault fault = { 0 };
        struct text answer;
        bool passed = case_answer(golden, &transport, arena, &answer, &fault) == 0;

        for (size_t i = 0; passed && i < recorder.n; i++) {
                struct text path = text_format(arena, "%s/%s-%zu%c", folder, name, i, 0);

                passed = path.len > 0 && write_file(path.data, recorder.requests[i]);
        }
        report(tap, passed, name, "is saved");
}

static const char *name_of(const char *folder) {
        const char *slash = strrchr(folder, '/');

        return slash ? slash + 1 : folder;
}

struct options {
        const char *cases;
        bool steady;
        bool sweeps;
        const char *save; /* a folder, or NULL */
};

/* @folder: CASES/GROUP/NAME */
static void run_case(struct tap *tap, const struct options *options, const char *folder) {
        const char *name = name_of(folder);
        struct fault fault = { 0 };
        struct golden golden;
        struct arena arena;
        int r;

        arena_init(&arena, BUDGET);
        r = case_read(folder, &arena, &golden, &fault);
        if (r < 0) {
                fprintf(stderr, "%s: %s\n", name, fault.message);
                report(tap, false, name, "is a complete case");
        } else if (options->save) {
                save_case(tap, options->save, &golden, name, &arena);
        } else if (options->steady) {
                r = steady_answers(&golden, &arena, &fault);
                if (r < 0)
                        fprintf(stderr, "%s: %.*s\n", name, TEXT_ARG(fault_text(&fault, &arena)));
                report(tap, r == 0, name, "answers a hundred reconciles alike");
        } else if (options->sweeps) {
                sweep_case(tap, &golden, name, &arena);
        } else {
                check_case(tap, &golden, name, &arena);
        }
        arena_release(&arena);
}

static bool is_wanted(const char *name, char **names, int n_names) {
        for (int i = 0; i < n_names; i++) {
                if (strcmp(name, names[i]) == 0)
                        return true;
        }
        return n_names == 0;
}

/* Else a case that is renamed would silently be asked nothing any more. */
static void report_missing(struct tap *tap, const glob_t *folders, char **names, int n_names) {
        for (int i = 0; i < n_names; i++) {
                bool found = false;

                for (size_t k = 0; k < folders->gl_pathc && !found; k++)
                        found = strcmp(name_of(folders->gl_pathv[k]), names[i]) == 0;
                if (!found)
                        report(tap, false, names[i], "is a case");
        }
}

int main(int argc, char **argv) {
        struct options options = { 0 };
        struct tap tap = { 0 };
        char pattern[4096];
        glob_t folders;
        int at = 1;

        if (argc > at && strcmp(argv[at], "--sweep") == 0) {
                options.sweeps = true;
                at++;
        } else if (argc > at && strcmp(argv[at], "--steady") == 0) {
                options.steady = true;
                at++;
        } else if (argc > at + 1 && strcmp(argv[at], "--save") == 0) {
                options.save = argv[at + 1];
                at += 2;
        }
        if (argc <= at) {
                fprintf(stderr,
                        "usage: golden [--sweep | --steady | --save FOLDER] CASES [NAME]...\n");
                return 2;
        }
        options.cases = argv[at++];
        snprintf(pattern, sizeof pattern, "%s/*/*", options.cases);
        if (glob(pattern, GLOB_ONLYDIR, NULL, &folders) != 0) {
                fprintf(stderr, "%s: no folders of cases\n", options.cases);
                return 2;
        }
        report_missing(&tap, &folders, argv + at, argc - at);
        for (size_t i = 0; i < folders.gl_pathc; i++) {
                if (is_wanted(name_of(folders.gl_pathv[i]), argv + at, argc - at))
                        run_case(&tap, &options, folders.gl_pathv[i]);
        }
        globfree(&folders);
        printf("1..%u\n", tap.n);
        return tap.n == 0 || tap.n_failed > 0;
}
