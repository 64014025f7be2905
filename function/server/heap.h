/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap - gives back what the allocator keeps
 *
 * glibc holds on to what large calls and crowds of connections have freed.
 */
#ifndef SERVER_HEAP_H
#define SERVER_HEAP_H

#include <stdint.h>

struct heap {
        int64_t kept_bytes; /* what could not be given back the last time */
};

/*
 * heap_prepare() - keep what calls free for the calls after them
 *
 * Before the first thread is started. Else the allocator gives each large block back
 * at once, and what the next call is received in is cleared and mapped page by page.
 */
void heap_prepare(void);

/*
 * heap_tidy() - give it back when there is much of it
 *
 * To be called every second or so, by one thread; m is all zero at first. Costs a
 * read of /proc as long as little is resident.
 */
void heap_tidy(struct heap *m);

#endif
