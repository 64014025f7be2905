/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http.h"

#include "base/arena.h"
#include "server/address.h"
#include "server/door.h"
#include "server/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
        ALIVE_TIMEOUT_MS = 1000,
        /* As many pools as units.h keeps, with names as long as they may be. */
        PAGE_MAX_BYTES = 64 * 1024 * 1024,
        PAGE_KEEP_BYTES = 64 * 1024,
        HEALTH_KEEP_MS = 100 /* who asks more often hears the same: each time is a connection */
};

struct probe {
        struct door *door;
        struct MHD_Daemon *daemon;
        pthread_t thread;
        bool is_alive; /* at asked_ms */
        int64_t asked_ms;
        const struct self_check *alive;
        const struct metrics *metrics;
        struct arena arena; /* of one page; there is one thread */
};

struct page {
        unsigned int status;
        struct text body;
};

static int64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct page healthz(struct probe *p) {
        int64_t now = now_ms();

        /* A listener that is closed on purpose is no reason to kill what finishes its calls. */
        if (atomic_load(&p->metrics->stats->draining))
                return (struct page) { MHD_HTTP_OK, TEXT("draining\n") };
        if (p->asked_ms == 0 || now - p->asked_ms >= HEALTH_KEEP_MS) {
                p->is_alive = self_check_run(p->alive, ALIVE_TIMEOUT_MS);
                p->asked_ms = now;
        }
        if (p->is_alive)
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
        /* The next request passes the door again. */
        MHD_add_response_header(response, "Connection", "close");
        queued = MHD_queue_response(connection, page.status, response);
        MHD_destroy_response(response);
        return queued;
}

/* ---- one thread: the door, and the daemon behind it ------------------------------------------ */

static bool enter(void *ctx, int fd, const struct sockaddr *address, socklen_t len) {
        const struct probe *p = ctx;

        return MHD_add_connection(p->daemon, fd, address, len) == MHD_YES;
}

static void tell_door(void *ctx, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode code) {
        const struct probe *p = ctx;
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

        (void)socket_context;
        if (code == MHD_CONNECTION_NOTIFY_CLOSED && info)
                door_left(p->door, info->connect_fd);
}

static void *serve(void *ctx) {
        struct probe *p = ctx;
        MHD_UNSIGNED_LONG_LONG timeout_ms;
        bool is_busy = false;

        while (door_wait(p->door, is_busy)) {
                MHD_run(p->daemon);
                is_busy = MHD_get_timeout(p->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0;
        }
        return NULL;
}

static int start_daemon(struct probe *p) {
        const union MHD_DaemonInfo *info;

        p->daemon =
                MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, p,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned int)(2 * DOOR_VISITORS),
                                 MHD_OPTION_NOTIFY_CONNECTION, tell_door, p, MHD_OPTION_END);
        if (!p->daemon)
                return -ENOMEM;
        info = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        if (!info)
                return -ENOMEM;
        return door_watch(p->door, info->epoll_fd);
}

static int listen_on(struct probe *p, const char *address, struct fault *fault) {
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
        const struct door_host host = { .enter = enter, .ctx = p };
        const int families[] = { AF_INET6, AF_INET };
        const struct address at = address_split(address);
        int r = -EADDRINUSE;

        /* IPv6 first: for every address it serves both. */
        for (size_t i = 0; i < 2 && r < 0; i++) {
                struct addrinfo *found;

                hints.ai_family = families[i];
                if (getaddrinfo(at.host[0] ? at.host : NULL, at.port, &hints, &found) != 0)
                        continue;
                r = door_open(found, host, &p->door);
                freeaddrinfo(found);
        }
        if (r == 0)
                return 0;
        fault_set(fault, "cannot listen on %s (--metrics-address): %s", address,
                  address_why_not(address));
        return -EADDRINUSE;
}

static void release(struct probe *p) {
        if (p->daemon)
                MHD_stop_daemon(p->daemon);
        if (p->door)
                door_close(p->door);
        arena_release(&p->arena);
        free(p);
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
        r = listen_on(p, address, fault);
        if (r == 0) {
                r = start_daemon(p);
                if (r == 0)
                        r = -pthread_create(&p->thread, NULL, serve, p);
                if (r < 0)
                        fault_set(fault, "cannot serve metrics and health: %s", strerror(-r));
        }
        if (r < 0) {
                release(p);
                return r;
        }
        *ret = p;
        return 0;
}

int http_port(const struct probe *p) {
        return door_port(p->door);
}

void http_stop(struct probe *p) {
        door_stop(p->door);
        pthread_join(p->thread, NULL);
        release(p);
}
