/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

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
