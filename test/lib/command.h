/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command - a command of the program, called in a folder of its own
 *
 *      static int begin(void **state) {
 *              (void)state;
 *              return command_begin(files, COMMAND_COUNT(files));
 *      }
 *
 *      return cmocka_run_group_tests(tests, begin, command_end);
 *
 * What it prints is caught.
 */
#ifndef TEST_LIB_COMMAND_H
#define TEST_LIB_COMMAND_H

#include <stddef.h>

#define COMMAND_COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { COMMAND_OUTPUT_MAX = 256 * 1024 };

struct command_file {
        const char *path; /* at most one folder deep; that folder is made */
        const char *content;
};

struct command_row {
        const char *name;
        const char *args; /* separated by blanks */
        int code;
        const char *out, *err; /* parts of what is printed; NULL: nothing is */
        const char *reason;
};

struct command_output {
        int code;
        char out[COMMAND_OUTPUT_MAX], err[COMMAND_OUTPUT_MAX];
};

/* command_begin() - a new folder with the files, and into it. Returns 0, or -1. */
int command_begin(const struct command_file *files, size_t n);

/* command_end() - out of the folder, which goes with all that is in it. Returns 0, or -1. */
int command_end(void **state);

/* command_run() - call with the words of args; argv[0] is the name. */
void command_run(int (*call)(int argc, char **argv), const char *name, const char *args,
                 struct command_output *ret);

/* command_check() - run each row, and fail at the first that is not as wanted. */
void command_check(int (*call)(int argc, char **argv), const char *name,
                   const struct command_row *rows, size_t n);

#endif
