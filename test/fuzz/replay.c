/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay FOLDER: one target over its corpus
 *
 * Each file is given as it is, and cut short at a few places: what crashed once
 * is often cut off from something that would have.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { FILE_MAX = 4 * 1024 * 1024, CUTS = 4 };

/* A copy of its own for each run, so that a sanitizer sees the first byte behind it. */
static void run(const uint8_t *bytes, size_t size) {
        uint8_t *copy = malloc(size > 0 ? size : 1);

        if (!copy)
                abort();
        if (size > 0)
                memcpy(copy, bytes, size);
        LLVMFuzzerTestOneInput(copy, size);
        free(copy);
}

static int replay(const char *path) {
        static uint8_t bytes[FILE_MAX];
        FILE *file = fopen(path, "rbe");
        size_t size;

        if (!file) {
                perror(path);
                return -1;
        }
        size = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        run(bytes, size);
        for (size_t i = 1; i <= CUTS; i++)
                run(bytes, size * i / (CUTS + 1));
        return 0;
}

static int is_file(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

int main(int argc, char **argv) {
        struct dirent **entries;
        int n, n_failed = 0;

        if (argc != 2) {
                fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
                return 2;
        }
        n = scandir(argv[1], &entries, is_file, alphasort);
        if (n <= 0) {
                fprintf(stderr, "%s: no corpus\n", argv[1]);
                return 2;
        }
        for (int i = 0; i < n; i++) {
                char path[4096];

                snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
                fprintf(stderr, "%s\n",
                        entries[i]->d_name); /* the last one is the one that fails */
                n_failed += replay(path) < 0;
                free(entries[i]);
        }
        free(entries);
        printf("%d files, each whole and cut at %d places\n", n, CUTS);
        return n_failed > 0;
}
