/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item - one value of a YAML document while it is read
 *
 * A container keeps its items until the document ends, because a merge key ("<<")
 * may ask for them.
 */
#ifndef YAML_ITEM_H
#define YAML_ITEM_H

#include "base/arena.h"
#include "wire/node.h"

/* Where something stands; from 1. */
struct place {
        uint32_t line, column;
};

struct item {
        struct text key;  /* of a map's member */
        struct text text; /* of a string */
        struct node *node;
        struct item *items; /* of a map or a list */
        uint32_t n_items, cap_items;
        uint32_t weight; /* with everything below, aliases followed */
        uint16_t height; /* levels of containers */
        bool merges;     /* its key is "<<" */
        enum value_kind kind;
        struct place place; /* of the key, where there is one */
};

/* What is wrong with a container, and where. */
struct complaint {
        struct place place;
        const char *what;
        struct text about; /* may be empty */
};

/*
 * item_scalar() - a scalar that was resolved: null, a boolean, a number or a string
 * @written: its text in the file, which it weighs
 *
 * Its node is NULL when the arena is spent.
 */
struct item item_scalar(struct value scalar, struct text written, struct place at,
                        struct arena *arena);

/* item_container() - a map or a list that has no items yet. */
struct item item_container(enum value_kind kind, struct place at);

/*
 * item_extend() - one more element, not cleared, in an array that doubles
 * @array: the address of the pointer to the first element
 *
 * Returns NULL when the arena is spent.
 */
void *item_extend(struct arena *arena, void *array, uint32_t *n, uint32_t *cap, size_t size);

/*
 * item_close() - all items of a map or a list are there: make its node
 *
 * The members of a map are sorted, and those that a merge key names are added
 * where the map has none of its own.
 *
 * Errors: -EINVAL  two equal keys, or a merge key without a map; *ret is set
 *         -ENOMEM
 */
int item_close(struct item *container, struct arena *arena, struct complaint *ret);

/* item_member() - the member of a map, or NULL. */
const struct item *item_member(const struct item *map, struct text key);

#endif
