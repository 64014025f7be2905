/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door - which clients are served on a port that authenticates none
 *
 * A connection enters once the head of its request has come whole; until then it
 * costs a file and some bytes. The connections of one address are bounded, and those
 * of all; one too many ends the oldest, those that have not entered first. From its
 * first byte to its last a request has a deadline. So slow clients end each other, and
 * one whose request comes whole at once, as a probe's does, waits for none of them.
 *
 * For one thread: door_stop() alone is for others.
 */
#ifndef SERVER_DOOR_H
#define SERVER_DOOR_H

#include <stdbool.h>
#include <sys/socket.h>

struct addrinfo;
struct door;

enum {
        DOOR_PER_ADDRESS = 8,
        DOOR_VISITORS = 256,
        DOOR_DEADLINE_MS = 5000,
        DOOR_HEAD_MAX = 16 * 1024, /* one that is longer enters, to be answered so */
};

/* What becomes of a connection that enters; the file is theirs, to be closed by them. */
struct door_host {
        bool (*enter)(void *ctx, int fd, const struct sockaddr *address, socklen_t len);
        void *ctx;
};

/*
 * door_open() - listen
 * @host: takes those who enter; copied
 *
 * Errors: negative errno of socket(), bind(), listen(), epoll_ctl() ...
 */
int door_open(const struct addrinfo *address, struct door_host host, struct door **ret);

/* door_port() - the port that was bound. */
int door_port(const struct door *d);

/* door_watch() - return from door_wait() when that file, the host's, has something to read. */
int door_watch(struct door *d, int fd);

/*
 * door_wait() - accept the clients that may enter, and end those that are late
 * @is_busy: the host has more to do: look, and do not wait
 *
 * Returns false after door_stop().
 */
bool door_wait(struct door *d, bool is_busy);

/* door_left() - one that entered is going to be closed by the host. */
void door_left(struct door *d, int fd);

/* door_stop() - end door_wait(), from any thread. */
void door_stop(struct door *d);

/* door_close() - close all but those that entered, and free it. */
void door_close(struct door *d);

#endif
