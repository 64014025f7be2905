/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

/* The last colon: those of an IPv6 host come before it. */
static size_t host_len(const char *text) {
        return (size_t)(strrchr(text, ':') - text);
}

bool address_is_valid(const char *text) {
        const char *colon = strrchr(text, ':');
        uint64_t port;

        return colon && text_to_u64(text_from(colon + 1), &port) && port <= 65535 &&
               (colon == text || colon[-1] != ':') && !strpbrk(text, " /");
}

struct address address_split(const char *text) {
        const char *port = text + host_len(text) + 1;
        struct address ret;
        size_t len = host_len(text);

        if (len >= 2 && text[0] == '[') {
                text++;
                len -= 2;
        }
        snprintf(ret.host, sizeof(ret.host), "%.*s", (int)len, text);
        if (strcmp(ret.host, "0.0.0.0") == 0)
                ret.host[0] = '\0';
        snprintf(ret.port, sizeof(ret.port), "%s", port);
        return ret;
}

void address_with_port(const char *text, int port, char *ret, size_t size) {
        snprintf(ret, size, "%.*s:%d", (int)host_len(text), text, port);
}

/* 0 or the errno of socket() or bind(). SO_REUSEADDR, as servers set it: only a live one is in the
 * way. */
static int try_to_bind(const struct addrinfo *address) {
        int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int yes = 1, r = 0;

        if (fd < 0)
                return errno;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        if (bind(fd, address->ai_addr, address->ai_addrlen) < 0)
                r = errno;
        close(fd);
        return r;
}

const char *address_why_not(const char *text) {
        const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
        const struct address at = address_split(text);
        struct addrinfo *found;
        int r = getaddrinfo(at.host[0] ? at.host : NULL, at.port, &hints, &found);

        if (r != 0)
                return r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r);
        r = 0;
        for (const struct addrinfo *each = found; each && r == 0; each = each->ai_next)
                r = try_to_bind(each);
        freeaddrinfo(found);
        return r != 0 ? strerror(r) : "it was taken a moment ago and is free now: try again";
}
