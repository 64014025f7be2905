/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench - what the measuring programs share
 */
#ifndef TEST_BENCH_BENCH_H
#define TEST_BENCH_BENCH_H

#include "base/arena.h"
#include "base/text.h"

/* bench_die() - says what is wrong behind the program's name, and ends it with 1. */
_Noreturn void bench_die(const char *what);

/* bench_read_file() - all of a file that is not empty; lives in the arena. Dies otherwise. */
struct text bench_read_file(const char *path, struct arena *arena);

/* bench_cpu_ns() - nanoseconds of CPU that this thread has taken. */
int64_t bench_cpu_ns(void);

#endif
