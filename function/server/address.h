/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address - HOST:PORT, where the server listens
 */
#ifndef SERVER_ADDRESS_H
#define SERVER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESS_HOST_MAX = 256, ADDRESS_PORT_MAX = 8, ADDRESS_MAX = 300 };

struct address {
        char host[ADDRESS_HOST_MAX]; /* without brackets; empty: every address of the machine */
        char port[ADDRESS_PORT_MAX];
};

/*
 * address_is_valid() - does a text have the form of HOST:PORT?
 *
 * Only the port is judged, from 0 to 65535; the host is for the resolver. IPv6
 * has brackets.
 */
bool address_is_valid(const char *text);

/*
 * address_split() - the host and the port of a valid address
 *
 * "0.0.0.0" means every address, as an empty host does.
 */
struct address address_split(const char *text);

/* address_with_port() - write the same address with another port, cut to `size` bytes. */
void address_with_port(const char *text, int port, char *ret, size_t size);

/*
 * address_why_not() - the reason why nothing can listen on a valid address
 *
 * Binds each address of the host without listening. To be called at the start only, after
 * listening has failed: the sentence is the system's, and lives until the next failure.
 */
const char *address_why_not(const char *text);

#endif
