/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When accept4() fails for a reason that it does not know, gRPC's listener gives
 * up for good, and a lack of files is such a reason. It is made to try again
 * instead, which it does at the next connection; those that wait are taken then.
 * The program is linked with --wrap=accept4, which calls this wherever gRPC says
 * accept4(). Where gRPC is a shared library it has no effect.
 */
#include "server/accept.h"

#include "server/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAY_AGAIN_SECONDS = 10, GREET_MS = 100 };

static atomic_bool is_starved; /* a connection may wait that gRPC will not look for */

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

/* Weak: a test has one of its own. */
__attribute__((weak)) int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len,
                                         int flags) {
        int r = __real_accept4(fd, address, len, flags);

        if (r >= 0 || (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM))
                return r;
        complain(errno);
        atomic_store(&is_starved, true);
        errno = EAGAIN;
        return -1;
}

static int put_aside(void) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* The greeting has a file put aside for it, or it would take the one that a client waits for. */
void accept_tend(const struct self_check *ourselves) {
        static int spare = -1;

        if (spare < 0)
                spare = put_aside();
        if (!atomic_exchange(&is_starved, false))
                return;
        if (spare >= 0)
                close(spare);
        if (!self_check_run(ourselves, GREET_MS))
                atomic_store(&is_starved, true);
        spare = put_aside();
}
