/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/in_pieces.h"

#include "function.h"
#include "lib/pieces.h"

#include <stdlib.h>
#include <string.h>

enum { NOT_READ = 0xa5 };

static void *need(void *block) {
        if (!block)
                abort();
        return block;
}

int in_pieces_run(struct text request, size_t size, struct arena *arena, struct text *ret) {
        struct rope rope = pieces_cut(request, size, arena);
        char *buffer = need(malloc(request.len + 1));
        struct call_summary summary;
        struct payload payload;
        struct fault fault;
        struct text *parts;
        int r;

        memset(buffer, NOT_READ, request.len + 1);
        rope_read(&rope, function_reads, buffer);
        r = function_run((struct text) { .data = buffer, .len = request.len }, arena, &payload,
                         &summary, &fault);
        *ret = (struct text) { 0 };
        if (r == 0) {
                parts = need(arena_array(arena, payload.n_parts, sizeof(*parts)));
                for (size_t i = 0; i < payload.n_parts; i++)
                        parts[i] = pieces_find(&rope, buffer, payload.parts[i], arena);
                *ret = text_join(arena, parts, payload.n_parts);
        }
        free(buffer);
        return r;
}
