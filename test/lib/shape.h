/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape - which message lies in which field of a RunFunctionRequest
 *
 * For tests that change messages from the inside and leave the rest valid.
 */
#ifndef TEST_LIB_SHAPE_H
#define TEST_LIB_SHAPE_H

#include "wire/field.h"

enum shape {
        SHAPE_OPAQUE, /* a string, a number, or nothing that is looked into */
        SHAPE_REQUEST,
        SHAPE_STATE,
        SHAPE_RESOURCES,
        SHAPE_RESOURCE,
        SHAPE_NAMED_RESOURCE, /* an entry of State.resources */
        SHAPE_NAMED_RESOURCES,
        SHAPE_STRUCT,
        SHAPE_NAMED_VALUE,
        SHAPE_VALUE,
        SHAPE_LIST,
        N_SHAPES,
};

/* shape_below() - what the field of a message of that shape holds. */
enum shape shape_below(enum shape shape, const struct field *field);

#endif
