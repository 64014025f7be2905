/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/node.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "wire/encode.h"

/* One of a map's or a list's; a list's have no key. */
struct child {
        struct text key;
        struct node *node;
};

struct node {
        struct value value; /* a scalar, or a map or list that was read elsewhere */
        struct arena *arena;
        struct child *children; /* a map's are sorted by key */
        size_t body_size; /* of the Struct or ListValue message, set by measure() of its parent */
        uint32_t n;
        bool is_tree; /* a map or list of children, value.kind says which */
};

/* google/protobuf/struct.proto */
enum { CHILDREN = 1 };
enum { OF_NULL = 1, OF_NUMBER = 2, OF_STRING = 3, OF_BOOL = 4, OF_STRUCT = 5, OF_LIST = 6 };

static struct node *node_new(struct arena *arena, struct value value, bool is_tree) {
        struct node *node = ARENA_NEW(arena, struct node);

        if (node) {
                node->arena = arena;
                node->value = value;
                node->is_tree = is_tree;
        }
        return node;
}

struct node *node_map(struct arena *arena) {
        return node_new(arena, (struct value) { .kind = VALUE_MAP }, true);
}

struct node *node_list(struct arena *arena) {
        return node_new(arena, (struct value) { .kind = VALUE_LIST }, true);
}

struct node *node_null(struct arena *arena) {
        return node_new(arena, (struct value) { .kind = VALUE_NULL }, false);
}

struct node *node_bool(struct arena *arena, bool boolean) {
        return node_new(arena, (struct value) { .kind = VALUE_BOOL, .boolean = boolean }, false);
}

struct node *node_integer(struct arena *arena, int64_t number) {
        return node_number(arena, (double)number);
}

struct node *node_number(struct arena *arena, double number) {
        return node_new(arena, (struct value) { .kind = VALUE_NUMBER, .number = number }, false);
}

struct node *node_string(struct arena *arena, struct text text) {
        return node_new(arena, value_of_string(text), false);
}

struct node *node_value(struct arena *arena, struct value value) {
        return value.kind == VALUE_ABSENT ? NULL : node_new(arena, value, false);
}

/* Where key stands among a map's children, or would stand. */
static size_t find_place(const struct node *map, struct text key, bool *ret_found) {
        size_t low = 0, high = map->n;

        *ret_found = false;
        /* Most manifests are built in order: look behind the last one first. */
        if (high > 0 && text_compare(map->children[high - 1].key, key) < 0)
                return high;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = text_compare(map->children[middle].key, key);

                if (order == 0) {
                        *ret_found = true;
                        return middle;
                }
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* There is room for 4 children, or for the next power of two: without a word for it in each node.
 */
enum { ROOM_FIRST = 4 };

static bool is_full(const struct node *parent) {
        return parent->n == 0 || (parent->n >= ROOM_FIRST && (parent->n & (parent->n - 1)) == 0);
}

static void insert(struct node *parent, size_t at, struct child child) {
        if (is_full(parent)) {
                const size_t size = parent->n * sizeof(child);
                struct child *grown =
                        arena_grow(parent->arena, parent->children, size,
                                   parent->n > 0 ? 2 * size : ROOM_FIRST * sizeof(child));

                if (!grown)
                        return;
                parent->children = grown;
        }
        memmove(parent->children + at + 1, parent->children + at,
                (parent->n - at) * sizeof(*parent->children));
        parent->children[at] = child;
        parent->n++;
}

static bool is_tree_of(const struct node *node, enum value_kind kind) {
        return node && node->is_tree && node->value.kind == kind;
}

void node_set(struct node *map, struct text key, struct node *child) {
        bool found;
        size_t at;

        if (!is_tree_of(map, VALUE_MAP) || !child)
                return;
        at = find_place(map, key, &found);
        if (found)
                map->children[at].node = child;
        else
                insert(map, at, (struct child) { .key = key, .node = child });
}

void node_set_string(struct node *map, const char *key, struct text text) {
        if (map)
                node_set(map, text_from(key), node_string(map->arena, text));
}

void node_set_integer(struct node *map, const char *key, int64_t number) {
        if (map)
                node_set(map, text_from(key), node_integer(map->arena, number));
}

void node_set_bool(struct node *map, const char *key, bool boolean) {
        if (map)
                node_set(map, text_from(key), node_bool(map->arena, boolean));
}

void node_set_value(struct node *map, const char *key, struct value value) {
        if (map)
                node_set(map, text_from(key), node_value(map->arena, value));
}

struct node *node_add_map(struct node *map, const char *key) {
        struct node *child = map ? node_map(map->arena) : NULL;

        node_set(map, text_from(key), child);
        return child;
}

struct node *node_add_list(struct node *map, const char *key) {
        struct node *child = map ? node_list(map->arena) : NULL;

        node_set(map, text_from(key), child);
        return child;
}

void node_append(struct node *list, struct node *child) {
        if (is_tree_of(list, VALUE_LIST) && child)
                insert(list, list->n, (struct child) { .node = child });
}

void node_append_string(struct node *list, struct text text) {
        if (list)
                node_append(list, node_string(list->arena, text));
}

struct node *node_append_map(struct node *list) {
        struct node *child = list ? node_map(list->arena) : NULL;

        node_append(list, child);
        return child;
}

struct node *node_get(const struct node *map, struct text key) {
        bool found;
        size_t at;

        if (!is_tree_of(map, VALUE_MAP))
                return NULL;
        at = find_place(map, key, &found);
        return found ? map->children[at].node : NULL;
}

bool node_is_empty(const struct node *node) {
        if (!node)
                return true;
        if (node->is_tree)
                return node->n == 0;
        return (node->value.kind == VALUE_MAP || node->value.kind == VALUE_LIST) &&
               value_count(node->value) == 0;
}

/* ---- encoding: sizes from the leaves up, then bytes from the root down ----------------------- */

/* The body of the node's Value message, once measure() has seen it. */
static size_t value_size(const struct node *node) {
        switch (node->value.kind) {
        case VALUE_ABSENT:
                return 0;
        case VALUE_NULL:
        case VALUE_BOOL:
                return 2;
        case VALUE_NUMBER:
                return 9;
        case VALUE_STRING:
                return encode_bytes_size(node->value.bytes.len);
        case VALUE_LIST:
        case VALUE_MAP:
                return encode_bytes_size(node->body_size);
        }
        return 0;
}

/* The body of what CHILDREN holds: an entry of a map, or just the Value in a list. */
static size_t child_size(const struct node *parent, const struct child *child) {
        size_t size = value_size(child->node);

        if (parent->value.kind == VALUE_LIST)
                return size;
        return encode_bytes_size(child->key.len) + encode_bytes_size(size);
}

/* The size of a node's own body; remembers that of everything below it. */
static size_t measure(const struct node *node) {
        size_t size = 0;

        if (!node->is_tree)
                return node->value.bytes.len;
        for (size_t i = 0; i < node->n; i++) {
                struct child *child = &node->children[i];

                child->node->body_size = measure(child->node);
                size += encode_bytes_size(child_size(node, child));
        }
        return size;
}

static char *write_text(char *p, struct text t) {
        if (t.len > 0)
                memcpy(p, t.data, t.len);
        return p + t.len;
}

static char *write_head(char *p, uint32_t number, size_t len) {
        return encode_varint(encode_tag(p, number, WIRE_BYTES), len);
}

static char *write_body(char *p, const struct node *node);

static char *write_value(char *p, const struct node *node) {
        switch (node->value.kind) {
        case VALUE_ABSENT:
                return p;
        case VALUE_NULL:
                return encode_varint(encode_tag(p, OF_NULL, WIRE_VARINT), 0);
        case VALUE_BOOL:
                return encode_varint(encode_tag(p, OF_BOOL, WIRE_VARINT), node->value.boolean);
        case VALUE_NUMBER:
                return encode_double(encode_tag(p, OF_NUMBER, WIRE_FIXED64), node->value.number);
        case VALUE_STRING:
                return write_text(write_head(p, OF_STRING, node->value.bytes.len),
                                  node->value.bytes);
        case VALUE_LIST:
                return write_body(write_head(p, OF_LIST, node->body_size), node);
        case VALUE_MAP:
                return write_body(write_head(p, OF_STRUCT, node->body_size), node);
        }
        return p;
}

/* The body of a Struct or ListValue. */
static char *write_body(char *p, const struct node *node) {
        if (!node->is_tree)
                return write_text(p, node->value.bytes);
        for (size_t i = 0; i < node->n; i++) {
                const struct child *child = &node->children[i];

                p = write_head(p, CHILDREN, child_size(node, child));
                if (node->value.kind == VALUE_MAP) {
                        p = write_text(write_head(p, ENTRY_KEY, child->key.len), child->key);
                        p = write_head(p, ENTRY_VALUE, value_size(child->node));
                }
                p = write_value(p, child->node);
        }
        return p;
}

struct node *node_pack(const struct node *map, struct arena_mark mark) {
        struct arena *arena = map ? map->arena : NULL;
        struct text bytes;
        union {
                const char *in;
                void *out;
        } block;

        if (!map || node_encode(map, arena, &bytes) < 0)
                return NULL;
        block.in = bytes.data;
        bytes.data = arena_keep(arena, mark, block.out, bytes.len);
        return node_value(arena, value_of_struct(bytes));
}

int node_encode(const struct node *map, struct arena *arena, struct text *ret) {
        size_t size;
        char *data;

        if (!map || arena_failed(map->arena) || arena_failed(arena))
                return -ENOMEM;
        if (map->value.kind != VALUE_MAP)
                BUG("only a map can be encoded as a Struct");
        if (!map->is_tree) {
                *ret = map->value.bytes;
                return 0;
        }
        size = measure(map);
        data = arena_alloc(arena, size);
        if (!data)
                return -ENOMEM;
        write_body(data, map);
        *ret = (struct text) { .data = data, .len = size };
        return 0;
}
