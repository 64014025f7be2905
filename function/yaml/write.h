/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write - values to YAML
 */
#ifndef YAML_WRITE_H
#define YAML_WRITE_H

#include "wire/value.h"

/*
 * yaml_write() - one document's YAML in block style, with a newline at its end
 * @arena: for sorting; what is built is b's own
 *
 * Keys are sorted, so equal values give equal text. Strings are quoted where a
 * reader could take them for something else; whole numbers have no exponent.
 *
 * Errors: -ENOMEM  an arena is spent
 */
int yaml_write(struct value value, struct builder *b, struct arena *arena);

#endif
