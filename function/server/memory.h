/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory - gives back what the allocator keeps
 *
 * glibc holds on to what large calls and crowds of connections have freed.
 */
#ifndef SERVER_MEMORY_H
#define SERVER_MEMORY_H

#include <stdint.h>

struct memory {
        int64_t kept_bytes; /* what could not be given back the last time */
};

/*
 * memory_prepare() - keep what calls free for the calls after them
 *
 * Before the first thread is started. Else the allocator gives each large block back
 * at once, and what the next call is received in is cleared and mapped page by page.
 */
void memory_prepare(void);

/*
 * memory_tidy() - give it back when there is much of it
 *
 * To be called every second or so, by one thread; m is all zero at first. Costs a
 * read of /proc as long as little is resident.
 */
void memory_tidy(struct memory *m);

#endif
