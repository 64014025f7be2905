/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - objects of tests, written as literals
 *
 * JSON in which strings may stand in single quotes, so that a literal reads
 * without backslashes: "{'spec': {'nodePools': [{'name': 'a'}]}}".
 */
#ifndef TEST_LIB_JSON_H
#define TEST_LIB_JSON_H

#include "wire/node.h"

/* json_node() - the tree of a literal; aborts on a mistake. NULL when the arena is spent. */
struct node *json_node(struct arena *arena, const char *json);

/* json_value() - the same as a view over its encoded bytes; absent for the literal "". */
struct value json_value(struct arena *arena, const char *json);

/* json_encoded() - a view over the encoded bytes of a map; aborts when the arena is spent. */
struct value json_encoded(struct arena *arena, struct node *map);

/* json_print() - canonical JSON: sorted members, no blanks. */
struct text json_print(struct arena *arena, struct value v);

#endif
