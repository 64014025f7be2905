/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_internal - what the fields of each message are, only for guard.c
 *
 * Source: proto/v1/run_function.proto; struct.proto and duration.proto of
 * google/protobuf.
 */
#ifndef WIRE_SCHEMA_INTERNAL_H
#define WIRE_SCHEMA_INTERNAL_H

#include <stdbool.h>

enum field_kind {
        UNKNOWN, /* stepped over */
        VARINT,
        DOUBLE,
        STRING,
        TEXT_OF_JSON, /* a string that may be broken */
        BYTES,
        ENUMS,  /* repeated: one by one, or packed */
        ONE,    /* a message, at most once */
        MANY,   /* a message, any number of times: lists and map entries */
        SEALED, /* a message, at most once, whose inside is not looked at */
};

enum message {
        REQUEST,
        REQUEST_META,
        STATE,
        STATE_ENTRY,
        RESOURCE,
        DESIRED, /* a State whose composed resources are passed through unread */
        DESIRED_ENTRY,
        SEALED_RESOURCE,
        DETAILS_ENTRY,
        RESOURCES_ENTRY,
        RESOURCES,
        RESPONSE,
        RESPONSE_META,
        DURATION,
        RESULT,
        CONDITION,
        REQUIREMENTS,
        SELECTOR_ENTRY,
        SELECTOR,
        MATCH_LABELS,
        LABEL_ENTRY,
        STRUCT,
        STRUCT_ENTRY,
        VALUE,
        LIST,
};

enum { FIELDS_MAX = 9 }; /* numbers are below it */

struct rule {
        const char *name;
        enum field_kind what;
        enum message child; /* ONE, MANY */
};

/* A field that has no rule is stepped over. */
struct shape {
        const char *name;
        bool is_level; /* of JSON */
        struct rule fields[FIELDS_MAX];
};

extern const struct shape shapes[]; /* by enum message */

#endif
