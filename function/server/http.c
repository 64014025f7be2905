/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http.h"

#include "base/arena.h"
#include "server/address.h"
#include "server/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        ALIVE_TIMEOUT_MS = 1000,
        /* As many pools as units.h keeps, with names as long as they may be. */
        PAGE_MAX_BYTES = 64 * 1024 * 1024,
        PAGE_KEEP_BYTES = 64 * 1024,
        MAX_CONNECTIONS = 32,
        IDLE_SECONDS = 10
};

struct probe {
        struct MHD_Daemon *daemon;
        const struct self_check *alive;
        const struct metrics *metrics;
        struct arena arena; /* of one page; there is one thread */
};

struct page {
        unsigned int status;
        struct text body;
};

static struct page healthz(struct probe *p) {
        if (self_check_run(p->alive, ALIVE_TIMEOUT_MS))
                return (struct page) { MHD_HTTP_OK, TEXT("ok\n") };
        LOG(LOG_ERROR, "our own listener does not answer", LOG_STRING("port", p->alive->port));
        return (struct page) { MHD_HTTP_SERVICE_UNAVAILABLE,
                               TEXT("the listener does not answer\n") };
}

static struct page readyz(struct probe *p) {
        if (atomic_load(&p->metrics->stats->draining))
                return (struct page) { MHD_HTTP_SERVICE_UNAVAILABLE, TEXT("draining\n") };
        return (struct page) { MHD_HTTP_OK, TEXT("ok\n") };
}

static struct page metrics(struct probe *p) {
        struct builder out;
        struct text body;

        builder_init(&out, &p->arena);
        metrics_write(p->metrics, &out);
        body = builder_done(&out);
        if (text_is_empty(body))
                return (struct page) { MHD_HTTP_INTERNAL_SERVER_ERROR, TEXT("no memory\n") };
        return (struct page) { MHD_HTTP_OK, body };
}

static const struct {
        const char *path;
        struct page (*make)(struct probe *p);
} pages[] = {
        { "/healthz", healthz },
        { "/readyz", readyz },
        { "/metrics", metrics },
};

static struct page find_page(struct probe *p, const char *method, const char *path) {
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
                return (struct page) { MHD_HTTP_METHOD_NOT_ALLOWED, TEXT("only GET\n") };
        for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
                if (strcmp(path, pages[i].path) == 0)
                        return pages[i].make(p);
        }
        return (struct page) { MHD_HTTP_NOT_FOUND, TEXT("/healthz, /readyz or /metrics\n") };
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *http_version, const char *upload,
                              size_t *upload_len, void **state) {
        struct probe *p = context;
        struct MHD_Response *response;
        enum MHD_Result queued;
        struct page page;
        union {
                const char *in;
                void *out;
        } body;

        (void)http_version;
        (void)upload;
        (void)state;
        *upload_len = 0;
        page = find_page(p, method, path);
        body.in = page.body.data;
        response = MHD_create_response_from_buffer(page.body.len, body.out, MHD_RESPMEM_MUST_COPY);
        arena_reset(&p->arena, PAGE_KEEP_BYTES);
        if (!response)
                return MHD_NO;
        MHD_add_response_header(response, "Content-Type",
                                "text/plain; version=0.0.4; charset=utf-8");
        queued = MHD_queue_response(connection, page.status, response);
        MHD_destroy_response(response);
        return queued;
}

static struct MHD_Daemon *listen_on(struct probe *p, const struct addrinfo *address) {
        unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL;

        if (address->ai_family == AF_INET6)
                flags |= MHD_USE_DUAL_STACK;
        return MHD_start_daemon(flags, 0, NULL, NULL, answer, p, MHD_OPTION_SOCK_ADDR,
                                address->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
                                (unsigned int)MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                                (unsigned int)IDLE_SECONDS, MHD_OPTION_END);
}

static int start(struct probe *p, const char *address, struct fault *fault) {
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
        const int families[] = { AF_INET6, AF_INET };
        const struct address at = address_split(address);

        /* IPv6 first: for every address it serves both. */
        for (size_t i = 0; i < 2 && !p->daemon; i++) {
                struct addrinfo *found;

                hints.ai_family = families[i];
                if (getaddrinfo(at.host[0] ? at.host : NULL, at.port, &hints, &found) != 0)
                        continue;
                p->daemon = listen_on(p, found);
                freeaddrinfo(found);
        }
        if (p->daemon)
                return 0;
        fault_set(fault,
                  "cannot listen on %s for metrics and health: the port is taken, or the "
                  "address is not ours",
                  address);
        return -EADDRINUSE;
}

int http_start(const char *address, const struct self_check *alive, const struct metrics *from,
               struct probe **ret, struct fault *fault) {
        struct probe *p = calloc(1, sizeof(*p));
        int r;

        if (!p) {
                fault_set(fault, "no memory");
                return -ENOMEM;
        }
        p->alive = alive;
        p->metrics = from;
        arena_init(&p->arena, PAGE_MAX_BYTES);
        r = start(p, address, fault);
        if (r < 0) {
                free(p);
                return r;
        }
        *ret = p;
        return 0;
}

int http_port(const struct probe *p) {
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_BIND_PORT);

        return info ? info->port : 0;
}

void http_stop(struct probe *p) {
        MHD_stop_daemon(p->daemon);
        arena_release(&p->arena);
        free(p);
}
