/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/ledger.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

static int compare_entries(const void *a, const void *b) {
        return reservation_compare_place(*(const struct reservation *const *)a,
                                         *(const struct reservation *const *)b);
}

int ledger_build(const struct reservation *reservations, size_t n, const struct deployment *own,
                 struct arena *arena, struct ledger *ret) {
        const struct reservation **entries = ARENA_ARRAY(arena, n, const struct reservation *);
        size_t n_entries = 0;

        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (own &&
                    reservation_is_owned(&reservations[i], own->namespace_, own->name, own->uid))
                        continue;
                entries[n_entries++] = &reservations[i];
        }
        if (n_entries > 1)
                qsort(entries, n_entries, sizeof(*entries), compare_entries);
        *ret = (struct ledger) { .entries = entries, .n_entries = n_entries };
        return 0;
}

struct reservation ledger_place(const struct sub_pool *sub_pool) {
        return (struct reservation) { .environment = sub_pool->environment->name,
                                      .pool = sub_pool->pool->name,
                                      .mig_profile = sub_pool->mig_profile };
}

const struct reservation *const *ledger_entries(const struct ledger *ledger,
                                                const struct reservation *place, size_t *ret_n) {
        size_t low = 0, high = ledger->n_entries, n = 0;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (reservation_compare_place(ledger->entries[middle], place) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        while (low + n < ledger->n_entries &&
               reservation_compare_place(ledger->entries[low + n], place) == 0)
                n++;
        *ret_n = n;
        return ledger->entries + low;
}

int64_t ledger_used(const struct ledger *ledger, const struct sub_pool *sub_pool) {
        const struct reservation place = ledger_place(sub_pool);
        const struct reservation *const *entries;
        int64_t used = 0;
        size_t n;

        entries = ledger_entries(ledger, &place, &n);
        for (size_t i = 0; i < n; i++) {
                if (__builtin_add_overflow(used, reservation_units(entries[i]), &used))
                        return INT64_MAX;
        }
        return used;
}
