/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alive - does our own listener still take connections?
 *
 * While it has no file for a connection, the kernel goes on completing connections
 * for it. So a connection alone proves nothing: the server must say something on it.
 */
#ifndef SERVER_ALIVE_H
#define SERVER_ALIVE_H

#include <stdbool.h>
#include <stddef.h>

struct alive {
        char host[256]; /* where to connect */
        char port[8];
        unsigned char hello[2048]; /* what a client says first */
        size_t hello_len;
};

/*
 * alive_init() - how to greet a listener
 * @address: as the server was told, HOST:PORT or :PORT
 * @port:    the one that was bound
 *
 * Returns false when no greeting could be made.
 */
bool alive_init(struct alive *a, const char *address, int port, bool is_tls);

/* alive_check() - greet it, and wait at most timeout_ms for the first byte. */
bool alive_check(const struct alive *a, int timeout_ms);

#endif
