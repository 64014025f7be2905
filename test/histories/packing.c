/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/packing.h"

#include <stdbool.h>
#include <stdlib.h>

enum { STEPS_MAX = 20000 };

void packing_add(struct packing *p, int64_t nodes, int64_t units, int64_t replicas) {
        for (int64_t i = 0; i < replicas; i++) {
                if (p->n_items == PACKING_ITEMS)
                        p->n_more++;
                else
                        p->items[p->n_items++] = (struct packing_item) { nodes, units };
        }
}

/* What is hard to seat first: all of a replica's units, then those on one node. */
static int compare_items(const void *a, const void *b) {
        const struct packing_item *x = a, *y = b;
        int64_t left = y->nodes * y->units, right = x->nodes * x->units;

        if (left == right) {
                left = y->units;
                right = x->units;
        }
        return (left > right) - (left < right);
}

struct search {
        const struct packing *packing;
        int64_t free[PACKING_NODES];
        int64_t steps;
};

/* Seats part `part` of item `at` on node `from` or a later one, and all that follows. */
static bool seat(struct search *s, int64_t at, int64_t part, int64_t from) {
        const struct packing_item *item;

        if (at == s->packing->n_items)
                return true;
        item = &s->packing->items[at];
        if (part == item->nodes)
                return seat(s, at + 1, 0, 0);
        for (int64_t node = from; node < s->packing->nodes && s->steps < STEPS_MAX; node++) {
                bool seated, tried = false;

                /* A node that is as free as an earlier one leads nowhere else. */
                for (int64_t k = from; k < node; k++)
                        tried |= s->free[k] == s->free[node];
                if (tried || s->free[node] < item->units)
                        continue;
                s->steps++;
                s->free[node] -= item->units;
                seated = seat(s, at, part + 1, node + 1);
                s->free[node] += item->units;
                if (seated)
                        return true;
        }
        return false;
}

enum packs packing_try(struct packing *p) {
        struct search s = { .packing = p };
        int64_t wanted = 0;

        for (int64_t i = 0; i < p->n_items; i++) {
                wanted += p->items[i].nodes * p->items[i].units;
                if (p->items[i].nodes > p->nodes || p->items[i].units > p->units_per_node)
                        return PACKS_NOT;
        }
        if (wanted + p->n_more > p->nodes * p->units_per_node)
                return PACKS_NOT;
        if (p->n_more > 0 || p->nodes > PACKING_NODES)
                return PACKS_UNKNOWN;
        qsort(p->items, (size_t)p->n_items, sizeof(p->items[0]), compare_items);
        for (int64_t i = 0; i < p->nodes; i++)
                s.free[i] = p->units_per_node;
        if (seat(&s, 0, 0, 0))
                return PACKS;
        return s.steps < STEPS_MAX ? PACKS_NOT : PACKS_UNKNOWN;
}
