/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_print - a value as compact JSON, for messages and tests
 */
#ifndef WIRE_VALUE_PRINT_H
#define WIRE_VALUE_PRINT_H

#include "wire/value.h"

/* value_print() - compact JSON with sorted keys; integers without exponent. */
void value_print(struct value v, struct builder *b);

/* value_brief() - value_print() cut to at most 60 bytes with "..." at the end, for sentences. */
struct text value_brief(struct value v, struct arena *arena);

#endif
