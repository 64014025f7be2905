/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/pieces.h"

#include <stdlib.h>

static void *need(void *block) {
        if (!block)
                abort();
        return block;
}

struct rope pieces_cut(struct text bytes, size_t size, struct arena *arena) {
        size_t n = (bytes.len + size - 1) / size;
        struct text *pieces = need(arena_array(arena, n, sizeof(*pieces)));

        for (size_t i = 0; i < n; i++)
                pieces[i] = text_slice(bytes, i * size, (i + 1) * size);
        return (struct rope) { .pieces = pieces, .n_pieces = n, .len = bytes.len };
}

struct text pieces_find(const struct rope *rope, const char *buffer, struct text part,
                        struct arena *arena) {
        uintptr_t offset = (uintptr_t)part.data - (uintptr_t)buffer;
        struct rope_cursor c = { .rope = rope };
        char *copy;

        if (part.len == 0 || offset >= rope->len)
                return part;
        copy = need(arena_alloc(arena, part.len));
        rope_seek(&c, offset);
        rope_copy(&c, part.len, copy);
        return (struct text) { .data = copy, .len = part.len };
}
