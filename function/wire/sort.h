/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sort - a stable sort with memory from the arena
 *
 * qsort() is not stable and takes its memory from malloc(); what comes in map
 * order from the wire is mostly sorted already, which costs one pass here.
 */
#ifndef WIRE_SORT_H
#define WIRE_SORT_H

#include <stddef.h>

struct arena;

/*
 * sort_stable() - n elements of size bytes, ascending; equal ones keep their order
 *
 * Errors: -ENOMEM  arena spent; the elements are as they were
 */
int sort_stable(void *elements, size_t n, size_t size, int (*compare)(const void *, const void *),
                struct arena *arena);

#endif
