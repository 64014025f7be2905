/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a request in other orders: Go writes each map from a random entry on, so that no two
 * requests of a control plane have the same bytes.
 *
 *      orders N REQUEST     writes REQUEST.1 ... REQUEST.N
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "lib/shuffle.h"

enum { PATH_BYTES = 4096 };
#define ARENA_BYTES ((size_t)2048 * 1024 * 1024)

static void write_file(const char *path, struct text bytes) {
        FILE *f = fopen(path, "wbe");

        if (!f || fwrite(bytes.data, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
                bench_die("an order cannot be written");
}

int main(int argc, char **argv) {
        char path[PATH_BYTES];
        struct arena arena, scratch;
        struct text request;
        unsigned long n;

        if (argc != 3 || (n = strtoul(argv[1], NULL, 10)) == 0)
                bench_die("usage: orders N REQUEST");
        arena_init(&arena, ARENA_BYTES);
        arena_init(&scratch, ARENA_BYTES);
        request = bench_read_file(argv[2], &arena);
        for (unsigned long i = 1; i <= n; i++) {
                arena_reset(&scratch, ARENA_BYTES);
                snprintf(path, sizeof(path), "%s.%lu", argv[2], i);
                write_file(path, shuffle_maps(request, i, &scratch));
        }
        arena_release(&arena);
        arena_release(&scratch);
        return 0;
}
