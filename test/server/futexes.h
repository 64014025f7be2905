/* SPDX-License-Identifier: Apache-2.0 */
/*
 * futexes - the system calls futex() that the program makes
 *
 * futexes.c is linked into a build of the program of its own. There the kernel
 * raises SIGSYS in a thread that calls futex(), whose handler counts the call and
 * makes it: no other process is woken, so that what is counted is what the
 * program does alone. It shares a struct futexes with the test: a memory file that
 * the program inherits.
 */
#ifndef TEST_SERVER_FUTEXES_H
#define TEST_SERVER_FUTEXES_H

#include <stdatomic.h>
#include <stdbool.h>

#define FUTEXES_VARIABLE "FUTEXES_FD" /* of the environment: the memory file's number */

/* Where futexes.c knows how a system call is made, and no sanitizer makes some of its own. */
#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__SANITIZE_ADDRESS__) &&             \
        !defined(__SANITIZE_THREAD__)
#define FUTEXES_ARE_COUNTED true
#else
#define FUTEXES_ARE_COUNTED false
#endif

struct futexes {
        atomic_bool is_counting; /* the kernel has taken the filter */
        atomic_ulong n;
};

#endif
