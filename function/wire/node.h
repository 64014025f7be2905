/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node - a JSON value under construction, and its protobuf bytes
 *
 * Nodes live in an arena. Every function accepts NULL where it takes a node and
 * returns NULL when the arena is spent, so that a manifest is built without a
 * check on every line: the builder's caller asks arena_failed() once.
 *
 * Keys are sorted and unique: the same calls in another order give equal bytes.
 */
#ifndef WIRE_NODE_H
#define WIRE_NODE_H

#include "base/arena.h"
#include "wire/value.h"

struct node;

struct node *node_map(struct arena *arena);
struct node *node_list(struct arena *arena);
struct node *node_null(struct arena *arena);
struct node *node_bool(struct arena *arena, bool boolean);

/* node_integer() - number within +-2^53. */
struct node *node_integer(struct arena *arena, int64_t number);

/* node_number() - as it is: the caller makes sure that it is finite. */
struct node *node_number(struct arena *arena, double number);

/* node_string() - text is kept by reference and must be UTF-8. */
struct node *node_string(struct arena *arena, struct text text);

/* node_value() - a value that was read elsewhere, by reference, its bytes unchanged; absent gives
 * NULL. */
struct node *node_value(struct arena *arena, struct value value);

/* node_set() - map[key] = child, instead of what was there; a NULL child changes nothing. */
void node_set(struct node *map, struct text key, struct node *child);

/* Shorthands for node_set() of a new node. */
void node_set_string(struct node *map, const char *key, struct text text);
void node_set_integer(struct node *map, const char *key, int64_t number);
void node_set_bool(struct node *map, const char *key, bool boolean);
void node_set_value(struct node *map, const char *key, struct value value);

/* node_add_map(), node_add_list() - a new empty child of map, which is returned. */
struct node *node_add_map(struct node *map, const char *key);
struct node *node_add_list(struct node *map, const char *key);

/* node_append() - child at the end of the list; a NULL child changes nothing. */
void node_append(struct node *list, struct node *child);
void node_append_string(struct node *list, struct text text);
struct node *node_append_map(struct node *list);

/* node_get() - the child of a map, or NULL; NULL too where the map came by node_value(). */
struct node *node_get(const struct node *map, struct text key);

/* node_is_empty() - NULL, or a map or list of nothing. */
bool node_is_empty(const struct node *node);

/*
 * node_pack() - a map that is finished, as its bytes
 * @mark: from before it was built; what was allocated since is gone, its nodes too
 *
 * Bytes take a third of the memory of nodes, and node_encode() does not copy them.
 */
struct node *node_pack(const struct node *map, struct arena_mark mark);

/*
 * node_encode() - the body of google.protobuf.Struct of a map
 * @ret: set on success; lives in the arena, or where the bytes of a map lie that was read
 *
 * Errors: -ENOMEM, also when any node of the tree could not be made
 */
int node_encode(const struct node *map, struct arena *arena, struct text *ret);

#endif
