/* SPDX-License-Identifier: Apache-2.0 */
#include "server/door.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
        EVENTS_MAX = 64,
        ACCEPTS_MAX = 64,      /* in one round, so that those who have entered get on */
        DEFER_SECONDS = 1,     /* the kernel keeps who says nothing for that long */
        NO_FILES_PAUSE_MS = 20 /* before the next try */
};

/* What an event is about, beside the index of a visitor. */
enum { LISTENER = DOOR_VISITORS, HOST, STOP };

struct visitor {
        int fd; /* -1: free */
        bool has_entered;
        struct in6_addr address;
        uint64_t order; /* of their coming */
        int64_t deadline_ms;
};

struct door {
        struct door_host host;
        int epoll, listener, stop;
        uint64_t next_order;
        bool is_stopped;
        char head[DOOR_HEAD_MAX];
        struct visitor visitors[DOOR_VISITORS];
};

static int64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int watch(struct door *d, int fd, uint32_t events, uint32_t what) {
        struct epoll_event event = { .events = events, .data.u32 = what };

        return epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* ---- leaving --------------------------------------------------------------------------------- */

/* The host finds the end of one that has entered, and closes it. */
static void show_out(struct visitor *v) {
        if (v->has_entered)
                shutdown(v->fd, SHUT_RDWR);
        else
                close(v->fd);
        v->fd = -1;
}

void door_left(struct door *d, int fd) {
        for (size_t i = 0; i < DOOR_VISITORS; i++) {
                struct visitor *v = &d->visitors[i];

                if (v->fd == fd && v->has_entered)
                        v->fd = -1;
        }
}

static bool is_of(const struct visitor *v, const struct in6_addr *address) {
        return memcmp(&v->address, address, sizeof(*address)) == 0;
}

/* Whose turn it is to leave: who has not entered before who has, then the oldest. */
static bool goes_before(const struct visitor *a, const struct visitor *b) {
        if (a->has_entered != b->has_entered)
                return b->has_entered;
        return a->order < b->order;
}

/* Ends the one whose turn it is; false when no connection is there. */
static bool end_first(struct door *d) {
        struct visitor *first = NULL;

        for (size_t i = 0; i < DOOR_VISITORS; i++) {
                struct visitor *v = &d->visitors[i];

                if (v->fd >= 0 && (!first || goes_before(v, first)))
                        first = v;
        }
        if (first)
                show_out(first);
        return first != NULL;
}

/* Makes room for one more of that address, and for one more. Returns where. */
static struct visitor *make_room(struct door *d, const struct in6_addr *address) {
        struct visitor *free_one = NULL, *first = NULL, *first_of_address = NULL;
        size_t n_of_address = 0;

        for (size_t i = 0; i < DOOR_VISITORS; i++) {
                struct visitor *v = &d->visitors[i];

                if (v->fd < 0) {
                        free_one = v;
                        continue;
                }
                if (!first || goes_before(v, first))
                        first = v;
                if (!is_of(v, address))
                        continue;
                n_of_address++;
                if (!first_of_address || goes_before(v, first_of_address))
                        first_of_address = v;
        }
        if (n_of_address >= DOOR_PER_ADDRESS)
                free_one = first_of_address;
        else if (!free_one)
                free_one = first;
        if (free_one->fd >= 0)
                show_out(free_one);
        return free_one;
}

/* How long until the first of them is late; -1: no connection is there. */
static int end_late_ones(struct door *d) {
        int64_t now = now_ms(), next = -1;

        for (size_t i = 0; i < DOOR_VISITORS; i++) {
                struct visitor *v = &d->visitors[i];

                if (v->fd >= 0 && v->deadline_ms <= now)
                        show_out(v);
                if (v->fd >= 0 && (next < 0 || v->deadline_ms - now < next))
                        next = v->deadline_ms - now;
        }
        return (int)next;
}

/* ---- coming ---------------------------------------------------------------------------------- */

static struct in6_addr address_of(const struct sockaddr_storage *from) {
        struct in6_addr address = IN6ADDR_ANY_INIT;
        union {
                const struct sockaddr_storage *any;
                const struct sockaddr_in *v4;
                const struct sockaddr_in6 *v6;
        } of = { .any = from };

        if (from->ss_family == AF_INET6)
                return of.v6->sin6_addr;
        if (from->ss_family == AF_INET)
                memcpy(&address.s6_addr[12], &of.v4->sin_addr, 4);
        return address;
}

static void enter(struct door *d, struct visitor *v) {
        struct sockaddr_storage from = { 0 };
        socklen_t len = sizeof(from);
        int fd = v->fd;

        epoll_ctl(d->epoll, EPOLL_CTL_DEL, fd, NULL);
        v->has_entered = true;
        getpeername(fd, (struct sockaddr *)&from, &len);
        if (!d->host.enter(d->host.ctx, fd, (const struct sockaddr *)&from, len))
                v->fd = -1;
}

/* What has come of its request is only looked at: the host reads it. */
static void look_at(struct door *d, struct visitor *v) {
        ssize_t n;

        if (v->fd < 0 || v->has_entered)
                return;
        n = recv(v->fd, d->head, sizeof(d->head), MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0)
                show_out(v);
        else if (n == DOOR_HEAD_MAX || memmem(d->head, (size_t)n, "\r\n\r\n", 4))
                enter(d, v);
}

/* Returns false when no other client waits. */
static bool accept_one(struct door *d) {
        struct sockaddr_storage from = { 0 };
        socklen_t len = sizeof(from);
        struct in6_addr address;
        struct visitor *v;
        /* Not accept4(), which is gRPC's: accept.c. */
        int fd = accept(d->listener, (struct sockaddr *)&from, &len);

        if (fd < 0) {
                if ((errno == EMFILE || errno == ENFILE) && !end_first(d))
                        poll(NULL, 0, NO_FILES_PAUSE_MS);
                return errno == ECONNABORTED || errno == EINTR;
        }
        address = address_of(&from);
        v = make_room(d, &address);
        *v = (struct visitor) { .fd = fd,
                                .address = address,
                                .order = d->next_order++,
                                .deadline_ms = now_ms() + DOOR_DEADLINE_MS };
        if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
            watch(d, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, (uint32_t)(v - d->visitors)) < 0)
                show_out(v);
        else
                look_at(d, v);
        return true;
}

bool door_wait(struct door *d, bool is_busy) {
        struct epoll_event events[EVENTS_MAX];
        int wait_ms = end_late_ones(d);
        int n = epoll_wait(d->epoll, events, EVENTS_MAX, is_busy ? 0 : wait_ms);

        for (int i = 0; i < n; i++) {
                uint32_t what = events[i].data.u32;

                if (what == STOP) {
                        d->is_stopped = true;
                } else if (what == LISTENER) {
                        for (int k = 0; k < ACCEPTS_MAX && accept_one(d);)
                                k++;
                } else if (what < DOOR_VISITORS) {
                        look_at(d, &d->visitors[what]);
                }
        }
        return !d->is_stopped;
}

/* ---- the door -------------------------------------------------------------------------------- */

static int listen_on(const struct addrinfo *address) {
        const int yes = 1, no = 0, defer = DEFER_SECONDS;
        int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        if (address->ai_family == AF_INET6) /* both, where it is every address */
                setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, sizeof(defer));
        if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
                int error = errno;

                close(fd);
                return -error;
        }
        return fd;
}

static void close_file(int fd) {
        if (fd >= 0)
                close(fd);
}

int door_open(const struct addrinfo *address, struct door_host host, struct door **ret) {
        struct door *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        for (size_t i = 0; i < DOOR_VISITORS; i++)
                d->visitors[i].fd = -1;
        d->host = host;
        d->listener = listen_on(address);
        d->epoll = epoll_create1(EPOLL_CLOEXEC);
        d->stop = eventfd(0, EFD_CLOEXEC);
        if (d->listener < 0)
                r = d->listener;
        else if (d->epoll < 0 || d->stop < 0)
                r = -errno;
        else
                r = watch(d, d->listener, EPOLLIN, LISTENER);
        if (r == 0)
                r = watch(d, d->stop, EPOLLIN, STOP);
        if (r < 0) {
                door_close(d);
                return r;
        }
        *ret = d;
        return 0;
}

int door_port(const struct door *d) {
        struct sockaddr_storage bound = { 0 };
        socklen_t len = sizeof(bound);
        union {
                const struct sockaddr_storage *any;
                const struct sockaddr_in *v4;
                const struct sockaddr_in6 *v6;
        } of = { .any = &bound };

        getsockname(d->listener, (struct sockaddr *)&bound, &len);
        return ntohs(bound.ss_family == AF_INET6 ? of.v6->sin6_port : of.v4->sin_port);
}

int door_watch(struct door *d, int fd) {
        return watch(d, fd, EPOLLIN, HOST);
}

void door_stop(struct door *d) {
        const uint64_t one = 1;
        ssize_t n = write(d->stop, &one, sizeof(one));

        (void)n; /* it cannot fail: the counter is far from full */
}

void door_close(struct door *d) {
        for (size_t i = 0; i < DOOR_VISITORS; i++) {
                if (d->visitors[i].fd >= 0 && !d->visitors[i].has_entered)
                        close(d->visitors[i].fd);
        }
        close_file(d->listener);
        close_file(d->epoll);
        close_file(d->stop);
        free(d);
}
