/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink - lines on stderr, written by a thread of their own
 *
 * Whatever stderr is, a pipe that is not read, a stopped terminal or a file on a
 * server that does not answer, only that thread waits for it. Lines queue up
 * meanwhile, up to 64 KiB; what comes then is dropped and counted.
 */
#ifndef SERVER_SINK_H
#define SERVER_SINK_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum { SINK_LINE_MAX = PIPE_BUF }; /* a pipe takes so much in one piece */

/*
 * sink_open() - start the thread; signals that others wait for must be blocked before
 *
 * Without it, as in tests, the thread that has a line writes it.
 *
 * Errors: -EAGAIN, -ENOMEM  no thread to be had
 */
int sink_open(void);

/* sink_take_unreported() - return and reset the number of dropped lines that are not reported yet
 * does. */
uint64_t sink_take_unreported(void);

/*
 * sink_put() - one line, at most SINK_LINE_MAX bytes, its newline among them
 * @n_untold: dropped lines that it reports; when it is dropped itself, the next one has to
 */
void sink_put(const char *line, size_t len, uint64_t n_untold);

/* sink_n_dropped() - lines dropped since the start. */
uint64_t sink_n_dropped(void);

/* sink_close() - waits for what is queued, half a second at most, and ends the thread if it can. */
void sink_close(void);

#endif
