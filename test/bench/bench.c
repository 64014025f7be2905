/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_die(const char *what) {
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
        exit(1);
}

struct text bench_read_file(const char *path, struct arena *arena) {
        FILE *f = fopen(path, "rbe");
        char *bytes;
        long len;

        if (!f || fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) <= 0)
                bench_die("the request cannot be read");
        rewind(f);
        bytes = arena_alloc(arena, (size_t)len);
        if (!bytes || fread(bytes, 1, (size_t)len, f) != (size_t)len)
                bench_die("the request cannot be read");
        fclose(f);
        return (struct text) { .data = bytes, .len = (size_t)len };
}

int64_t bench_cpu_ns(void) {
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
