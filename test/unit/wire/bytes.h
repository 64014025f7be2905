/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes - protobuf messages of tests, put together by hand
 */
#ifndef TEST_UNIT_WIRE_BYTES_H
#define TEST_UNIT_WIRE_BYTES_H

#include "base/arena.h"
#include "lib/json.h"
#include "wire/encode.h"

/* bytes_field() - one field of bytes: tag, length, body. */
static inline struct text bytes_field(struct arena *arena, uint32_t number, struct text body) {
        struct parts parts;

        parts_init(&parts, arena);
        parts_bytes(&parts, number, body);
        return parts_joined(&parts);
}

/* bytes_join() - one after the other. */
static inline struct text bytes_join(struct arena *arena, struct text a, struct text b) {
        return text_join(arena, (struct text[]) { a, b }, 2);
}

/* bytes_entry() - an entry of a map in field number: key and the message value. */
static inline struct text bytes_entry(struct arena *arena, uint32_t number, struct text key,
                                      struct text value) {
        return bytes_field(
                arena, number,
                bytes_join(arena, bytes_field(arena, 1, key), bytes_field(arena, 2, value)));
}

/* bytes_json() - the body of a Struct. */
static inline struct text bytes_json(struct arena *arena, const char *json) {
        return json_value(arena, json).bytes;
}

/* bytes_resource() - the body of a Resource that holds only an object. */
static inline struct text bytes_resource(struct arena *arena, const char *json) {
        return bytes_field(arena, 1, bytes_json(arena, json));
}

#endif
