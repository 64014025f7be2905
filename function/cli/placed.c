/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/placed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "render/object.h"

/* Takes ":line:column: " from the front of a sentence about a file without a name. */
static uint32_t take_line(struct fault *fault) {
        struct fault all = *fault;
        char *end;
        unsigned long line;

        if (all.message[0] != ':')
                return 1;
        line = strtoul(all.message + 1, &end, 10);
        if (*end == ':')
                (void)strtoul(end + 1, &end, 10);
        fault_set(fault, "%s", strncmp(end, ": ", 2) == 0 ? end + 2 : all.message);
        return (uint32_t)line;
}

static int append(struct placed_list *list, const char *file, const struct objects *objects,
                  const struct item *places, struct arena *arena) {
        struct placed *grown = arena_grow(arena, list->items, list->n * sizeof(*grown),
                                          (list->n + objects->n) * sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++)
                grown[list->n + i] =
                        (struct placed) { file, objects->items[i], &places[i], list->n_files - 1 };
        list->items = grown;
        list->n += objects->n;
        return 0;
}

int placed_read(const char *file, struct arena *arena, struct placed_list *list, uint32_t *ret_line,
                struct fault *fault) {
        const struct item *places = NULL;
        struct objects objects = { 0 };
        struct text bytes;
        int r = files_read(file, arena, &bytes, fault);

        *ret_line = 0;
        list->n_files++;
        if (r < 0)
                return r;
        r = yaml_read_placed(bytes, "", arena, &objects, &places, fault);
        if (r == -EINVAL)
                *ret_line = take_line(fault);
        if (r < 0 || objects.n == 0)
                return r;
        return append(list, file, &objects, places, arena);
}

/* The next step of a path: a name, or what stands in brackets. */
static struct text take_step(struct text *path, bool *ret_in_brackets) {
        struct text step, rest = *path;
        size_t end;

        *ret_in_brackets = rest.len > 0 && rest.data[0] == '[';
        if (*ret_in_brackets) {
                end = text_index(rest, ']');
                step = text_slice(rest, 1, end);
                rest = text_slice(rest, end + 1, rest.len);
        } else {
                size_t dot = text_index(rest, '.'), bracket = text_index(rest, '[');

                end = dot < bracket ? dot : bracket;
                step = text_slice(rest, 0, end);
                rest = text_slice(rest, end, rest.len);
        }
        if (rest.len > 0 && rest.data[0] == '.')
                rest = text_slice(rest, 1, rest.len);
        *path = rest;
        return step;
}

static const struct item *step_down(const struct item *at, struct text step, bool in_brackets) {
        uint64_t index;

        if (at->kind == VALUE_MAP)
                return item_member(at, step);
        if (at->kind != VALUE_LIST || !in_brackets || !text_to_u64(step, &index) ||
            index >= at->n_items)
                return NULL;
        return &at->items[index];
}

uint32_t placed_line(const struct placed *object, struct text path) {
        const struct item *at = object->item;

        while (path.len > 0) {
                bool in_brackets;
                struct text step = take_step(&path, &in_brackets);
                const struct item *below = step_down(at, step, in_brackets);

                if (!below)
                        break;
                at = below;
        }
        return at->place.line;
}

struct text placed_text(const struct placed *object, const char *path) {
        return text_at(object->value, path);
}
