/* SPDX-License-Identifier: Apache-2.0 */
/*
 * train CASES
 *
 * Answers each request of the golden cases many times, on one thread: what a
 * compiler that optimizes by a profile (package/compile) is to optimize. Cases are
 * read from YAML once, so that reading them hardly counts.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "function.h"
#include "golden/case.h"

enum { BUDGET = 256 * 1024 * 1024, N_TIMES = 100 };

static int call_often(void *ctx, const char *target, struct text request, struct arena *arena,
                      struct text *ret, struct fault *fault) {
        struct call_summary summary;
        struct payload payload;
        struct arena scratch;

        (void)ctx;
        arena_init(&scratch, BUDGET);
        for (int i = 0; i < N_TIMES; i++) {
                function_run(request, &scratch, &payload, &summary, fault);
                arena_reset(&scratch, BUDGET);
        }
        arena_release(&scratch);
        return pipeline_in_process.call(NULL, target, request, arena, ret, fault);
}

static bool train(const char *folder) {
        const struct cli_transport transport = { .call = call_often };
        struct fault fault = { 0 };
        struct golden golden;
        struct arena arena;
        struct text answer;
        int r;

        arena_init(&arena, BUDGET);
        r = case_read(folder, &arena, &golden, &fault);
        if (r == 0)
                r = case_answer(&golden, &transport, &arena, &answer, &fault);
        if (r < 0)
                fprintf(stderr, "train: %s: %s\n", folder, fault.message);
        arena_release(&arena);
        return r == 0;
}

int main(int argc, char **argv) {
        bool passed = true;
        char pattern[4096];
        glob_t folders;

        if (argc != 2) {
                fprintf(stderr, "usage: train CASES\n");
                return 2;
        }
        snprintf(pattern, sizeof(pattern), "%s/*/*", argv[1]);
        if (glob(pattern, GLOB_ONLYDIR, NULL, &folders) != 0) {
                fprintf(stderr, "train: %s: no folders of cases\n", argv[1]);
                return 2;
        }
        for (size_t i = 0; i < folders.gl_pathc; i++)
                passed &= train(folders.gl_pathv[i]);
        globfree(&folders);
        return passed ? 0 : 1;
}
