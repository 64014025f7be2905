/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_page - a fleet as a page: one file of HTML, without scripts or requests
 *
 * A row a pool, a box a node, a strip a GPU, its slices where they lie on its memory.
 * Which slice is whose follows the seats that the function gives, one node after the
 * other; the scheduler may have chosen otherwise, and the page says so.
 */
#ifndef CLI_CAPACITY_PAGE_H
#define CLI_CAPACITY_PAGE_H

#include "cli/capacity_by.h"

/* Nodes that are drawn; others are counted only. */
enum { CAPACITY_PAGE_NODES_MAX = 4000 };

/*
 * capacity_page() - append the page
 * @holders: by deployment
 *
 * Errors: -ENOMEM
 */
int capacity_page(const struct capacity *fleet, size_t n, const struct capacity_holder *holders,
                  size_t n_holders, struct arena *arena, struct builder *b);

#endif
