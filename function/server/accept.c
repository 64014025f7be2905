/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept - a listener that outlives a lack of files
 *
 * When accept4() fails for a reason that it does not know, gRPC's listener gives
 * up for good, and a lack of files is such a reason. It is told to try again
 * instead, which it does at the next connection; those that wait are taken then.
 * The program is linked with --wrap=accept4, which calls this wherever gRPC says
 * accept4(). Where gRPC is a shared library it has no effect.
 */
#include "server/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { SAY_AGAIN_SECONDS = 10 };

/* NOLINTBEGIN(bugprone-reserved-identifier): the names that ld --wrap asks for */
int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
/* NOLINTEND(bugprone-reserved-identifier) */

/* The log's own files are open already. */
static void complain(int error) {
        static atomic_llong next_seconds;
        struct timespec now;
        long long next = atomic_load(&next_seconds);

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= next &&
            atomic_compare_exchange_strong(&next_seconds, &next, now.tv_sec + SAY_AGAIN_SECONDS))
                LOG(LOG_ERROR, "cannot accept a connection", LOG_STRING("error", strerror(error)));
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags) {
        int r = __real_accept4(fd, address, len, flags);

        if (r >= 0 || (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM))
                return r;
        complain(errno);
        errno = EAGAIN;
        return -1;
}
