/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/command.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGS_MAX = 16, WORDS_MAX = 512, OPEN_FOLDERS_MAX = 8 };

static char folder[32];

static int write_file(const struct command_file *f) {
        const char *slash = strchr(f->path, '/');
        char parent[64];
        FILE *file;

        if (slash) {
                snprintf(parent, sizeof(parent), "%.*s", (int)(slash - f->path), f->path);
                mkdir(parent, 0700); /* or it is there */
        }
        file = fopen(f->path, "w");
        return file && fputs(f->content, file) >= 0 && fclose(file) == 0 ? 0 : -1;
}

int command_begin(const struct command_file *files, size_t n) {
        strcpy(folder, "/tmp/command-XXXXXX");
        if (!mkdtemp(folder) || chdir(folder) < 0)
                return -1;
        for (size_t i = 0; i < n; i++) {
                if (write_file(&files[i]) < 0)
                        return -1;
        }
        return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
        (void)about;
        (void)kind;
        (void)where;
        return remove(path);
}

int command_end(void **state) {
        (void)state;
        return chdir("/") < 0 ? -1
                              : nftw(folder, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}

/* From here on what is printed to fd goes into a file; returns what fd was. */
static int redirect(int fd, const char *path) {
        int kept = dup(fd), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_true(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
        close(file);
        return kept;
}

static void restore(int fd, int kept) {
        dup2(kept, fd);
        close(kept);
}

static void read_back(const char *path, char *buffer) {
        FILE *file = fopen(path, "r");
        size_t n;

        assert_non_null(file);
        n = fread(buffer, 1, COMMAND_OUTPUT_MAX - 1, file);
        buffer[n] = '\0';
        fclose(file);
}

void command_run(int (*call)(int argc, char **argv), const char *name, const char *args,
                 struct command_output *ret) {
        char words[WORDS_MAX], *argv[ARGS_MAX + 1] = { 0 }, *rest = words;
        int argc = 0, kept_out, kept_err;

        snprintf(words, sizeof(words), args[0] ? "%s %s" : "%s", name, args);
        while (argc < ARGS_MAX && (argv[argc] = strsep(&rest, " ")))
                argc++;
        fflush(NULL);
        kept_out = redirect(STDOUT_FILENO, "out");
        kept_err = redirect(STDERR_FILENO, "err");
        ret->code = call(argc, argv);
        fflush(NULL);
        restore(STDOUT_FILENO, kept_out);
        restore(STDERR_FILENO, kept_err);
        read_back("out", ret->out);
        read_back("err", ret->err);
}

static bool has(const char *got, const char *want) {
        return want ? strstr(got, want) != NULL : got[0] == '\0';
}

void command_check(int (*call)(int argc, char **argv), const char *name,
                   const struct command_row *rows, size_t n) {
        static struct command_output output;

        for (size_t i = 0; i < n; i++) {
                command_run(call, name, rows[i].args, &output);
                if (output.code != rows[i].code || !has(output.out, rows[i].out) ||
                    !has(output.err, rows[i].err))
                        fail_msg("%s (%s): exit %d\n--- out\n%s--- err\n%s", rows[i].name,
                                 rows[i].reason, output.code, output.out, output.err);
                assert_null(strchr(output.out, '\033')); /* no terminal, no colour */
        }
}
