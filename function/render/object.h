/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object - an object of the cluster, as a manifest has it
 */
#ifndef RENDER_OBJECT_H
#define RENDER_OBJECT_H

#include "wire/value.h"

/* text_at() - the string at "metadata.name"; empty where there is none. */
static inline struct text text_at(struct value object, const char *path) {
        return value_text(value_at(object, path));
}

#endif
