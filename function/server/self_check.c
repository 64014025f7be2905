/* SPDX-License-Identifier: Apache-2.0 */
#include "server/self_check.h"
#include "server/address.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The client's preface of HTTP/2, and SETTINGS without a setting. */
static const char plain_hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

/* The first message of a handshake that goes no further: the server's answer is enough. */
static size_t make_tls_hello(unsigned char *ret, size_t size) {
        static const unsigned char h2[] = { 2, 'h', '2' };
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        SSL *ssl = context ? SSL_new(context) : NULL;
        BIO *out = BIO_new(BIO_s_mem());
        int len = 0;

        if (ssl && out) {
                BIO_up_ref(out);
                SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
                SSL_set_alpn_protos(ssl, h2, sizeof(h2));
                SSL_set_connect_state(ssl);
                SSL_do_handshake(ssl);
                len = BIO_read(out, ret, (int)size);
        }
        BIO_free(out);
        SSL_free(ssl);
        SSL_CTX_free(context);
        return len > 0 ? (size_t)len : 0;
}

bool self_check_init(struct self_check *a, const char *address, int port, bool is_tls) {
        const struct address at = address_split(address);

        /* Every address: the loopback is one of them. */
        snprintf(a->host, sizeof(a->host), "%s",
                 at.host[0] && strcmp(at.host, "::") != 0 ? at.host : "127.0.0.1");
        snprintf(a->port, sizeof(a->port), "%d", port);
        if (is_tls) {
                a->hello_len = make_tls_hello(a->hello, sizeof(a->hello));
        } else {
                a->hello_len = sizeof(plain_hello) - 1;
                memcpy(a->hello, plain_hello, a->hello_len);
        }
        return a->hello_len > 0;
}

static bool wait_for(int fd, short events, int timeout_ms) {
        struct pollfd p = { .fd = fd, .events = events };

        return poll(&p, 1, timeout_ms) == 1 && (p.revents & events);
}

static bool greet(const struct self_check *a, const struct addrinfo *to, int timeout_ms) {
        int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        char byte;
        bool answered = false;

        if (fd < 0)
                return false;
        if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS)
                answered =
                        wait_for(fd, POLLOUT, timeout_ms) &&
                        send(fd, a->hello, a->hello_len, MSG_NOSIGNAL) == (ssize_t)a->hello_len &&
                        wait_for(fd, POLLIN, timeout_ms) && recv(fd, &byte, 1, 0) == 1;
        close(fd);
        return answered;
}

bool self_check_run(const struct self_check *a, int timeout_ms) {
        const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
        struct addrinfo *addresses;
        bool answered = false;

        if (getaddrinfo(a->host, a->port, &hints, &addresses) != 0)
                return false;
        for (struct addrinfo *to = addresses; to && !answered; to = to->ai_next)
                answered = greet(a, to, timeout_ms);
        freeaddrinfo(addresses);
        return answered;
}
