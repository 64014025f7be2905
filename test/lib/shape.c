/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/shape.h"

enum { FIELDS_MAX = 10 };

static const enum shape below[N_SHAPES][FIELDS_MAX] = {
        [SHAPE_REQUEST] = { [2] = SHAPE_STATE,
                            [3] = SHAPE_STATE,
                            [4] = SHAPE_STRUCT,
                            [5] = SHAPE_STRUCT,
                            [6] = SHAPE_NAMED_RESOURCES,
                            [8] = SHAPE_NAMED_RESOURCES },
        [SHAPE_STATE] = { [1] = SHAPE_RESOURCE, [2] = SHAPE_NAMED_RESOURCE },
        [SHAPE_RESOURCES] = { [1] = SHAPE_RESOURCE },
        [SHAPE_RESOURCE] = { [1] = SHAPE_STRUCT },
        [SHAPE_NAMED_RESOURCE] = { [2] = SHAPE_RESOURCE },
        [SHAPE_NAMED_RESOURCES] = { [2] = SHAPE_RESOURCES },
        [SHAPE_STRUCT] = { [1] = SHAPE_NAMED_VALUE },
        [SHAPE_NAMED_VALUE] = { [2] = SHAPE_VALUE },
        [SHAPE_VALUE] = { [5] = SHAPE_STRUCT, [6] = SHAPE_LIST },
        [SHAPE_LIST] = { [1] = SHAPE_VALUE },
};

enum shape shape_below(enum shape shape, const struct field *field) {
        if (field->type != WIRE_BYTES || field->number >= FIELDS_MAX)
                return SHAPE_OPAQUE;
        return below[shape][field->number];
}
