/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deny - what a test takes away from the program while it runs
 *
 * deny.c is linked into a second build of the program, where the linker puts it in
 * front of what takes memory and time, and of gRPC's sockets. It shares a struct deny with
 * the test: a memory file that the program inherits.
 */
#ifndef TEST_SERVER_DENY_H
#define TEST_SERVER_DENY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DENY_VARIABLE "DENY_FD" /* of the environment: the memory file's number */

#define DENY_NOTHING INT64_MAX

struct deny {
        atomic_uint_fast64_t allocation; /* of the next call: the one that fails; 0 = none */
        atomic_bool next;                /* the bytes below are those of the next connection */
        atomic_int connection;           /* that connection */
        atomic_int_fast64_t sent;        /* it is reset when it has sent so many more bytes, */
        atomic_int_fast64_t received;    /* or received so many more */
        atomic_bool happened;            /* something was denied */
        atomic_bool work_waits;          /* who computes does not go on until this is over */
        atomic_int n_waiting;
};

#endif
