/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { READ_BYTES = 64 * 1024 };

static int cannot_read(const char *path, int error, struct fault *fault) {
        fault_set(fault, "cannot read %s: %s", path, strerror(error));
        return -EINVAL;
}

/* What a file will take, so that it is not copied while it grows; a pipe does not say. */
static size_t expected_size(FILE *stream) {
        struct stat about;

        if (fstat(fileno(stream), &about) < 0 || !S_ISREG(about.st_mode) ||
            about.st_size > YAML_FILE_MAX)
                return 2 * READ_BYTES;
        return (size_t)about.st_size + 2 * READ_BYTES;
}

static int read_stream(FILE *stream, const char *path, struct arena *arena, struct text *ret,
                       struct fault *fault) {
        size_t len = 0, cap = 0;
        char *bytes = NULL;

        while (true) {
                size_t n;

                if (cap - len < READ_BYTES) {
                        size_t wider = cap ? cap * 2 : expected_size(stream);
                        char *grown = arena_grow(arena, bytes, cap, wider);

                        if (!grown)
                                return -ENOMEM;
                        bytes = grown;
                        cap = wider;
                }
                n = fread(bytes + len, 1, cap - len, stream);
                len += n;
                if (ferror(stream))
                        return cannot_read(path, errno, fault);
                if (len > YAML_FILE_MAX) {
                        fault_set(fault, "cannot read %s: larger than %d MiB", path,
                                  YAML_FILE_MAX / (1024 * 1024));
                        return -EINVAL;
                }
                if (n == 0)
                        break;
        }
        *ret = (struct text) { bytes, len };
        return 0;
}

static const char *name_of(const char *path) {
        return strcmp(path, "-") == 0 ? "standard input" : path;
}

int files_read(const char *path, struct arena *arena, struct text *ret, struct fault *fault) {
        FILE *stream;
        int r;

        if (strcmp(path, "-") == 0)
                return read_stream(stdin, name_of(path), arena, ret, fault);
        stream = fopen(path, "rbe");
        if (!stream)
                return cannot_read(path, errno, fault);
        r = read_stream(stream, path, arena, ret, fault);
        fclose(stream);
        return r;
}

struct skipped {
        const struct text *names;
        size_t n;
};

static int read_file(const char *path, struct skipped skipped, struct arena *arena,
                     struct objects *objects, struct fault *fault) {
        struct objects more = { 0 };
        struct value *all;
        struct text bytes;
        int r;

        r = files_read(path, arena, &bytes, fault);
        if (r == 0)
                r = yaml_read_without(bytes, name_of(path), skipped.names, skipped.n, arena, &more,
                                      fault);
        if (r < 0)
                return r;
        all = ARENA_ARRAY(arena, objects->n + more.n, struct value);
        if (!all)
                return -ENOMEM;
        if (objects->n)
                memcpy(all, objects->items, objects->n * sizeof(*all));
        if (more.n)
                memcpy(all + objects->n, more.items, more.n * sizeof(*all));
        *objects = (struct objects) { all, objects->n + more.n };
        return 0;
}

static int is_manifest(const struct dirent *entry) {
        static const struct text endings[] = { TEXT_INIT(".yaml"), TEXT_INIT(".yml"),
                                               TEXT_INIT(".json") };

        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
                if (text_ends_with(text_from(entry->d_name), endings[i]))
                        return 1;
        }
        return 0;
}

/* Byte order, which no locale changes. */
static int by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int folder_names(const char *path, struct arena *arena, const char ***ret, size_t *ret_n,
                        struct fault *fault) {
        struct dirent **entries;
        int n = scandir(path, &entries, is_manifest, by_name);
        const char **names;

        if (n < 0)
                return cannot_read(path, errno, fault);
        names = ARENA_ARRAY(arena, (size_t)n, const char *);
        for (int i = 0; i < n; i++) {
                if (names)
                        names[i] = text_format(arena, "%s/%s%c", path, entries[i]->d_name, 0).data;
                free(entries[i]);
        }
        free(entries);
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = names;
        *ret_n = (size_t)n;
        return 0;
}

int files_names(const char *path, struct arena *arena, const char ***ret, size_t *ret_n,
                struct fault *fault) {
        const char **one;

        if (files_is_folder(path))
                return folder_names(path, arena, ret, ret_n, fault);
        one = ARENA_NEW(arena, const char *);
        if (!one)
                return -ENOMEM;
        *one = path;
        *ret = one;
        *ret_n = 1;
        return 0;
}

bool files_is_folder(const char *path) {
        struct stat about;

        return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

int files_objects_without(const char *path, const struct text *names, size_t n_names,
                          struct arena *arena, struct objects *objects, struct fault *fault) {
        const struct skipped skipped = { names, n_names };
        struct objects read = *objects;
        const char **files = NULL;
        size_t n = 0;
        int r = files_names(path, arena, &files, &n, fault);

        for (size_t i = 0; r == 0 && i < n; i++)
                r = read_file(files[i], skipped, arena, &read, fault);
        if (r == 0)
                *objects = read;
        return r;
}

int files_objects(const char *path, struct arena *arena, struct objects *objects,
                  struct fault *fault) {
        return files_objects_without(path, NULL, 0, arena, objects, fault);
}

int files_object(const char *path, struct arena *arena, struct value *ret, struct fault *fault) {
        struct objects objects = { 0 };
        int r = files_objects(path, arena, &objects, fault);

        if (r < 0)
                return r;
        if (objects.n != 1) {
                fault_set(fault, "%s: one object is expected here, there are %zu", path, objects.n);
                return -EINVAL;
        }
        *ret = objects.items[0];
        return 0;
}
