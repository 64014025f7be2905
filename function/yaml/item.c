/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/item.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fault.h"

/* What a value counts beside the length of its strings. */
enum { VALUE_WEIGHT = 16 };

static struct node *node_of(struct value scalar, struct arena *arena) {
        switch (scalar.kind) {
        case VALUE_NULL:
                return node_null(arena);
        case VALUE_BOOL:
                return node_bool(arena, scalar.boolean);
        case VALUE_NUMBER:
                return node_number(arena, scalar.number);
        case VALUE_STRING:
                return node_string(arena, value_bytes(scalar));
        case VALUE_ABSENT:
        case VALUE_LIST:
        case VALUE_MAP:
                break;
        }
        BUG("a scalar is neither a list nor a map");
}

struct item item_scalar(struct value scalar, struct text written, struct place at,
                        struct arena *arena) {
        return (struct item) {
                .text = value_text(scalar),
                .node = node_of(scalar, arena),
                .weight = VALUE_WEIGHT + (uint32_t)written.len,
                .kind = scalar.kind,
                .place = at,
        };
}

struct item item_container(enum value_kind kind, struct place at) {
        return (struct item) { .kind = kind, .weight = VALUE_WEIGHT, .height = 1, .place = at };
}

void *item_extend(struct arena *arena, void *array, uint32_t *n, uint32_t *cap, size_t size) {
        void **elements = array;

        if (*n == *cap) {
                uint32_t wider = *cap ? *cap * 2 : 4;
                void *grown = arena_grow(arena, *elements, *cap * size, wider * size);

                if (!grown)
                        return NULL;
                *elements = grown;
                *cap = wider;
        }
        return (char *)*elements + (*n)++ * size;
}

static int by_key(const void *a, const void *b) {
        const struct item *left = a, *right = b;
        int order = text_compare(left->key, right->key);

        if (order != 0)
                return order;
        if (left->place.line != right->place.line)
                return left->place.line < right->place.line ? -1 : 1;
        return left->place.column < right->place.column ? -1 : 1;
}

static int complain(struct complaint *ret, struct place place, const char *what,
                    struct text about) {
        *ret = (struct complaint) { place, what, about };
        return -EINVAL;
}

static int add_member(struct item *map, struct arena *arena, const struct item *member) {
        struct item *copy =
                item_extend(arena, &map->items, &map->n_items, &map->cap_items, sizeof(*copy));

        if (!copy)
                return -ENOMEM;
        *copy = *member;
        node_set(map->node, copy->key, copy->node);
        return 0;
}

/* Of several sources that have a key the first one wins, and what the map says itself before all.
 */
static int merge_map(struct item *map, const struct item *source, struct arena *arena,
                     struct complaint *ret) {
        if (source->kind != VALUE_MAP)
                return complain(ret, source->place,
                                "a merge key (<<) takes a map or a list of maps", TEXT(""));
        for (size_t i = 0; i < source->n_items; i++) {
                const struct item *member = &source->items[i];

                if (member->merges || node_get(map->node, member->key))
                        continue;
                if (add_member(map, arena, member) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int merge(struct item *map, const struct item *sources, struct arena *arena,
                 struct complaint *ret) {
        int r = 0;

        if (sources->kind != VALUE_LIST)
                return merge_map(map, sources, arena, ret);
        for (size_t i = 0; r == 0 && i < sources->n_items; i++)
                r = merge_map(map, &sources->items[i], arena, ret);
        return r;
}

static int close_map(struct item *map, struct arena *arena, struct complaint *ret) {
        struct item sources = { 0 };

        map->node = node_map(arena);
        if (!map->node)
                return -ENOMEM;
        if (map->n_items > 1)
                qsort(map->items, map->n_items, sizeof(*map->items), by_key);
        for (size_t i = 0; i < map->n_items; i++) {
                const struct item *member = &map->items[i];

                if (i > 0 && text_equal(map->items[i - 1].key, member->key))
                        return complain(ret, member->place, "duplicate key", member->key);
                if (member->merges)
                        sources = *member;
                else
                        node_set(map->node, member->key, member->node);
        }
        return sources.merges ? merge(map, &sources, arena, ret) : 0;
}

static int close_list(struct item *list, struct arena *arena) {
        list->node = node_list(arena);
        for (size_t i = 0; i < list->n_items; i++)
                node_append(list->node, list->items[i].node);
        return list->node ? 0 : -ENOMEM;
}

int item_close(struct item *container, struct arena *arena, struct complaint *ret) {
        return container->kind == VALUE_MAP ? close_map(container, arena, ret)
                                            : close_list(container, arena);
}

const struct item *item_member(const struct item *map, struct text key) {
        for (size_t i = 0; i < map->n_items; i++) {
                if (text_equal(map->items[i].key, key))
                        return &map->items[i];
        }
        return NULL;
}
