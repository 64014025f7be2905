/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packing - can replicas be seated on the nodes of a sub-pool at all?
 *
 * By search, in no particular order and sharing nothing with deploy/ledger.c,
 * whose answers are judged by it.
 */
#ifndef TEST_HISTORIES_PACKING_H
#define TEST_HISTORIES_PACKING_H

#include <stdint.h>

enum { PACKING_NODES = 8, PACKING_ITEMS = 128 };

/* One replica: so many units on each of so many different nodes. */
struct packing_item {
        int64_t nodes;
        int64_t units;
};

struct packing {
        int64_t nodes;
        int64_t units_per_node;
        struct packing_item items[PACKING_ITEMS];
        int64_t n_items;
        int64_t n_more; /* that did not go into items */
};

enum packs { PACKS_NOT, PACKS, PACKS_UNKNOWN };

void packing_add(struct packing *p, int64_t nodes, int64_t units, int64_t replicas);

/* packing_try() - PACKS_UNKNOWN when the search takes too long. */
enum packs packing_try(struct packing *p);

#endif
