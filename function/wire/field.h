/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field - the fields of one protobuf message, one after the other
 *
 * A cursor over bytes: nothing is copied, and no byte outside of the message is
 * looked at, whether or not a guard has seen it.
 */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "base/text.h"

enum wire_type {
        WIRE_VARINT = 0,
        WIRE_FIXED64 = 1,
        WIRE_BYTES = 2,
        WIRE_FIXED32 = 5,
};

struct field {
        uint32_t number;
        enum wire_type type;
        uint64_t scalar;    /* WIRE_VARINT, WIRE_FIXED64, WIRE_FIXED32 */
        struct text bytes;  /* WIRE_BYTES: what the length covers; its pointer is never NULL */
        struct text record; /* the whole field with its tag */
};

/*
 * field_varint() - a varint at *p, not beyond end
 * @max_len: bytes it may have: 5 for tags and lengths, 10 for values
 *
 * Returns false and leaves *p where the varint is cut, too long or above 64 bits.
 */
bool field_varint(const char **p, const char *end, size_t max_len, uint64_t *ret);

/*
 * field_next() - the next field of the message whose rest is *rest
 *
 * Returns false at the end and where the bytes are no field: *rest is empty
 * only at the end.
 */
bool field_next(struct text *rest, struct field *ret);

/* field_is() - is this a field of bytes with that number? */
static inline bool field_is(const struct field *field, uint32_t number) {
        return field->number == number && field->type == WIRE_BYTES;
}

/* field_last() - the bytes of the last field with that number; false when there is none. */
bool field_last(struct text message, uint32_t number, struct text *ret);

/* field_count() - how many fields of bytes have that number. */
size_t field_count(struct text message, uint32_t number);

#endif
