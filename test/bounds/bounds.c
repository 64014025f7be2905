/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds [SHAPE [TIMES]]
 *
 * Each shape of shapes.c in two sizes, the second twice as large: the operations
 * of a call may a little more than double, and neither they nor its memory may
 * exceed what is promised for each byte of the request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "function.h"
#include "fuzz/promises.h"
#include "shapes.h"

/* Sorting has a factor that grows, so a little more than 2. */
static const double growth_max = 2.6;

/* Basic blocks for each byte of the request, in the worst shape. */
enum { OPERATIONS_PER_BYTE = 1500, OPERATIONS_AT_LEAST = 1000 * 1000 };

/* ---- counting -------------------------------------------------------------------------------- */

static uint64_t n_operations;

/* What the compiler calls at the begin of each basic block. */
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) {
        n_operations++;
}

/* What libc does at once costs by its length. */
enum { BYTES_AT_ONCE = 16 };

/* The linker sends calls of `name` to __wrap_name, and __real_name is libc's. */
#define WRAP(result, name, first, second)                                                          \
        result __real_##name(first a, second b, size_t n);                                         \
        result __wrap_##name(first a, second b, size_t n);                                         \
        result __wrap_##name(first a, second b, size_t n) {                                        \
                n_operations += 1 + n / BYTES_AT_ONCE;                                             \
                return __real_##name(a, b, n);                                                     \
        }

WRAP(int, memcmp, const void *, const void *)
WRAP(void *, memcpy, void *, const void *)
WRAP(void *, memmove, void *, const void *)
WRAP(void *, memset, void *, int)

/* ---- one call -------------------------------------------------------------------------------- */

struct cost {
        size_t request_bytes;
        size_t memory_bytes;
        uint64_t operations;
        bool answered;
};

static struct cost measure(const struct shape_of_request *shape, size_t n) {
        struct call_summary summary;
        struct payload payload = { 0 };
        struct cost cost = { 0 };
        struct arena making, arena;
        struct fault fault;
        struct text request;

        arena_init(&making, SIZE_MAX);
        arena_init(&arena, SIZE_MAX);
        request = shape->make(n, &making);
        cost.request_bytes = request.len;
        n_operations = 0;
        cost.answered = function_run(request, &arena, &payload, &summary, &fault) == 0 &&
                        payload.len <= FUNCTION_RESPONSE_MAX;
        cost.operations = n_operations;
        cost.memory_bytes = arena.peak_bytes;
        arena_release(&arena);
        arena_release(&making);
        return cost;
}

static bool holds(const struct cost *cost) {
        size_t bytes = cost->request_bytes;

        return cost->answered &&
               cost->memory_bytes <= PROMISED_AT_LEAST + PROMISED_PER_BYTE * bytes &&
               cost->operations <= OPERATIONS_AT_LEAST + OPERATIONS_PER_BYTE * bytes;
}

static bool check(const struct shape_of_request *shape, size_t n) {
        struct cost one = measure(shape, n), two = measure(shape, 2 * n);
        double growth = (double)two.operations / (double)one.operations;
        bool passed = holds(&one) && holds(&two) && growth < growth_max;

        printf("%s %-22s %8zu bytes %6.1f operations and %5.1f bytes each, x %.2f: %s\n",
               passed ? "ok    " : "not ok", shape->name, two.request_bytes,
               (double)two.operations / (double)two.request_bytes,
               (double)two.memory_bytes / (double)two.request_bytes, growth, shape->why);
        fflush(stdout);
        return passed;
}

int main(int argc, char **argv) {
        size_t times = argc > 2 ? strtoul(argv[2], NULL, 10) : 1, n_failed = 0, n = 0;

        for (size_t i = 0; i < n_shapes_of_requests; i++) {
                const struct shape_of_request *shape = &shapes_of_requests[i];

                if (argc > 1 && strcmp(argv[1], shape->name) != 0)
                        continue;
                n_failed += !check(shape, shape->n * times);
                n++;
        }
        printf("%zu shapes, %zu out of bounds\n", n, n_failed);
        return n == 0 || n_failed > 0;
}
