/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/memory.h"

struct arena arena, input_arena;

int memory_set_up(void **state) {
        (void)state;
        arena_init(&arena, SIZE_MAX);
        arena_init(&input_arena, SIZE_MAX);
        return 0;
}

int memory_tear_down(void **state) {
        (void)state;
        arena_release(&arena);
        arena_release(&input_arena);
        return 0;
}
