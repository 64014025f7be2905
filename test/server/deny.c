/* SPDX-License-Identifier: Apache-2.0 */
#include "deny.h"

#include "function.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

static struct deny *deny;

__attribute__((constructor)) static void share(void) {
        const char *fd = getenv(DENY_VARIABLE);

        if (!fd)
                BUG("no " DENY_VARIABLE);
        deny = mmap(NULL, sizeof(*deny), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
        if (deny == MAP_FAILED)
                BUG(DENY_VARIABLE " is no memory file");
}

/* ---- memory ---------------------------------------------------------------------------------- */

int __real_function_run(struct text request, struct arena *arena, struct payload *ret,
                        struct call_summary *ret_summary, struct fault *fault);
int __wrap_function_run(struct text request, struct arena *arena, struct payload *ret,
                        struct call_summary *ret_summary, struct fault *fault);

int __wrap_function_run(struct text request, struct arena *arena, struct payload *ret,
                        struct call_summary *ret_summary, struct fault *fault) {
        const struct timespec period = { .tv_nsec = 1000000 };
        int r;

        atomic_fetch_add(&deny->n_waiting, 1);
        while (deny->work_waits)
                nanosleep(&period, NULL);
        atomic_fetch_sub(&deny->n_waiting, 1);
        arena->countdown = atomic_exchange(&deny->allocation, 0);
        r = __real_function_run(request, arena, ret, ret_summary, fault);
        if (arena_failed(arena))
                deny->happened = true;
        return r;
}

/* ---- sockets --------------------------------------------------------------------------------- */

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags) {
        int connection = __real_accept4(fd, address, len, flags);

        if (connection >= 0 && atomic_exchange(&deny->next, false))
                deny->connection = connection;
        else if (connection >= 0 && connection == deny->connection)
                deny->connection = -1; /* that one is closed, and its number used again */
        return connection;
}

static ssize_t reset(void) {
        deny->happened = true;
        errno = ECONNRESET;
        return -1;
}

/* Shortens a message to so many bytes; its elements are ours. */
static void cut(struct msghdr *message, int64_t left) {
        size_t n = 0;

        while (n < message->msg_iovlen && left > 0) {
                struct iovec *part = &message->msg_iov[n++];

                if ((int64_t)part->iov_len > left)
                        part->iov_len = (size_t)left;
                left -= (int64_t)part->iov_len;
        }
        message->msg_iovlen = n;
}

enum { PARTS_MAX = 1024 };

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags) {
        struct iovec parts[PARTS_MAX];
        struct msghdr copy = *message;
        ssize_t n;

        if (fd != deny->connection || deny->sent == DENY_NOTHING)
                return __real_sendmsg(fd, message, flags);
        if (deny->sent == 0)
                return reset();
        if (message->msg_iovlen > PARTS_MAX)
                BUG("more parts than gRPC sends");
        for (size_t i = 0; i < message->msg_iovlen; i++)
                parts[i] = message->msg_iov[i];
        copy.msg_iov = parts;
        cut(&copy, deny->sent);
        n = __real_sendmsg(fd, &copy, flags);
        if (n > 0)
                deny->sent -= n;
        return n;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags) {
        struct iovec parts[PARTS_MAX];
        struct msghdr copy = *message;
        ssize_t n;

        if (fd != deny->connection || deny->received == DENY_NOTHING)
                return __real_recvmsg(fd, message, flags);
        if (deny->received == 0)
                return reset();
        if (message->msg_iovlen > PARTS_MAX)
                BUG("more parts than gRPC receives");
        for (size_t i = 0; i < message->msg_iovlen; i++)
                parts[i] = message->msg_iov[i];
        copy.msg_iov = parts;
        cut(&copy, deny->received);
        n = __real_recvmsg(fd, &copy, flags);
        if (n > 0)
                deny->received -= n;
        message->msg_controllen = copy.msg_controllen;
        message->msg_flags = copy.msg_flags;
        return n;
}
