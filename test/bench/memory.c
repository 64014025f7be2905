/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fails when a call takes more memory of its arena than it may.
 *
 *      memory REQUEST BYTES [REQUEST BYTES]...     BYTES 0: as much as the request has
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "function.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

static bool is_within(const char *path, size_t max) {
        struct call_summary summary;
        struct arena file, arena;
        struct payload payload;
        struct fault fault;
        struct text request;
        bool is_within;

        arena_init(&file, ARENA_BYTES);
        arena_init(&arena, ARENA_BYTES);
        request = bench_read_file(path, &file);
        if (function_run(request, &arena, &payload, &summary, &fault) < 0)
                bench_die(path);
        if (max == 0)
                max = request.len;
        is_within = arena.peak_bytes <= max;
        printf("%s: %zu bytes, %s %zu\n", path, arena.peak_bytes,
               is_within ? "at most" : "more than", max);
        arena_release(&arena);
        arena_release(&file);
        return is_within;
}

int main(int argc, char **argv) {
        bool are_within = argc >= 3;

        for (int i = 1; i + 1 < argc; i += 2)
                are_within &= is_within(argv[i], strtoul(argv[i + 1], NULL, 10));
        return are_within ? 0 : 1;
}
