/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sort.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

struct order {
        size_t size;
        int (*compare)(const void *, const void *);
};

static bool is_sorted(const char *elements, size_t n, const struct order *order) {
        for (size_t i = 1; i < n; i++) {
                const char *here = elements + i * order->size;

                if (order->compare(here - order->size, here) > 0)
                        return false;
        }
        return true;
}

/* Two sorted runs, left and right up to end, into one at to. */
static void merge(const char *left, const char *right, const char *end, char *to,
                  const struct order *order) {
        const char *left_end = right;

        while (left < left_end && right < end) {
                const char **from = order->compare(left, right) <= 0 ? &left : &right;

                memcpy(to, *from, order->size);
                to += order->size;
                *from += order->size;
        }
        memcpy(to, left, (size_t)(left_end - left));
        to += left_end - left;
        memcpy(to, right, (size_t)(end - right));
}

int sort_stable(void *elements, size_t n, size_t size, int (*compare)(const void *, const void *),
                struct arena *arena) {
        struct order order = { .size = size, .compare = compare };
        char *from = elements, *to;

        if (is_sorted(from, n, &order))
                return 0;
        to = arena_array(arena, n, size);
        if (!to)
                return -ENOMEM;
        for (size_t run = 1; run < n; run *= 2) {
                char *other = from;

                for (size_t i = 0; i < n; i += 2 * run) {
                        size_t middle = i + run < n ? i + run : n;
                        size_t end = i + 2 * run < n ? i + 2 * run : n;

                        merge(from + i * size, from + middle * size, from + end * size,
                              to + i * size, &order);
                }
                from = to;
                to = other;
        }
        if (from != elements)
                memcpy(elements, from, n * size);
        return 0;
}
