/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_scattered - what cannot be had although it is free in sum
 */
#ifndef CLI_CAPACITY_SCATTERED_H
#define CLI_CAPACITY_SCATTERED_H

#include "cli/capacity_report.h"

/*
 * capacity_scattered() - append a sentence for each pool with free slices that are all smaller
 * than another profile of the GPU, although together they have its memory
 *
 * It says how many GPUs could be without any reserved slice, and so be cut anew: advice,
 * by the numbers reserved; where pods really run is not asked.
 *
 * Errors: -ENOMEM
 */
int capacity_scattered(const struct capacity *fleet, size_t n, struct arena *arena,
                       struct builder *b);

#endif
