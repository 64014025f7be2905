/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink - lines on stderr, formatted and written by a thread of their own
 *
 * Whatever stderr is, a pipe that is not read, a stopped terminal or a file on a
 * server that does not answer, only that thread waits for it. What it has to write
 * queues up meanwhile, up to 64 KiB; what comes then is dropped and counted.
 */
#ifndef SERVER_SINK_H
#define SERVER_SINK_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum { SINK_LINE_MAX = PIPE_BUF }; /* a pipe takes so much in one piece */

struct sink_line {
        char data[SINK_LINE_MAX];
        size_t len;
};

/*
 * struct sink_record - what a line is made of
 * @bytes:  copied; what they mean is between who puts them there and format()
 * @len:    at most SINK_LINE_MAX
 * @format: makes the line, its newline with it; @n_dropped lines were dropped before it
 *          and not reported yet
 */
struct sink_record {
        const char *bytes;
        size_t len;
        void (*format)(const char *bytes, size_t len, uint64_t n_dropped, struct sink_line *ret);
};

/*
 * sink_open() - start the thread; signals that others wait for must be blocked before
 *
 * Without it, as in tests, the thread that has a line writes it.
 *
 * Errors: -EAGAIN, -ENOMEM  no thread to be had
 */
int sink_open(void);

/* sink_put() - one line. From any thread. */
void sink_put(const struct sink_record *record);

/* sink_n_dropped() - lines dropped since the start. */
uint64_t sink_n_dropped(void);

/* sink_close() - waits for what is queued, half a second at most, and ends the thread if it can. */
void sink_close(void);

#endif
