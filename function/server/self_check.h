/* SPDX-License-Identifier: Apache-2.0 */
/*
 * self_check - does our own listener still take connections?
 *
 * While it has no file for a connection, the kernel goes on completing connections
 * for it. So a connection alone proves nothing: the server must say something on it.
 */
#ifndef SERVER_SELF_CHECK_H
#define SERVER_SELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct self_check {
        char host[256]; /* where to connect */
        char port[8];
        unsigned char hello[2048]; /* what a client says first */
        size_t hello_len;
};

/*
 * self_check_init() - how to greet a listener
 * @address: as the server's flag has it, HOST:PORT or :PORT
 * @port:    the one that was bound
 *
 * Returns false when no greeting could be made.
 */
bool self_check_init(struct self_check *a, const char *address, int port, bool is_tls);

/* self_check_run() - greet it, and wait at most timeout_ms for the first byte. */
bool self_check_run(const struct self_check *a, int timeout_ms);

#endif
