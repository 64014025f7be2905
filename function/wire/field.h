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
bool field_long_varint(const char **p, const char *end, size_t max_len, uint64_t *ret);

static inline bool field_varint(const char **p, const char *end, size_t max_len, uint64_t *ret) {
        const unsigned char *at = (const unsigned char *)*p;

        if (*p < end && at[0] < 0x80) {
                *ret = at[0];
                *p += 1;
                return true;
        }
        if (end - *p > 1 && at[1] < 0x80) { /* a length below 16 kB */
                *ret = (uint64_t)at[1] << 7 | (at[0] & 0x7f);
                *p += 2;
                return true;
        }
        return field_long_varint(p, end, max_len, ret);
}

/*
 * field_take() - the field of bytes at *p, when its tag is just this byte
 *
 * Returns false where it is not, or is cut; *p may have moved then.
 */
static inline bool field_take(const char **p, const char *end, char tag, struct text *ret) {
        uint64_t len;

        if (*p == end || *(*p)++ != tag || !field_varint(p, end, 5, &len) ||
            len > (uint64_t)(end - *p))
                return false;
        *ret = (struct text) { .data = *p, .len = (size_t)len };
        *p += len;
        return true;
}

/* FIELD_TAG() - the tag of a field of bytes with a number up to 15. */
#define FIELD_TAG(number) ((number) << 3 | WIRE_BYTES)

/* A field up to where its bytes begin, if it has any. */
struct field_head {
        uint32_t number;
        enum wire_type type;
        uint64_t scalar; /* WIRE_BYTES: the length, which does not reach beyond the end */
};

/* field_scalar() - what follows the tag of any other type than WIRE_BYTES. */
bool field_scalar(const char **p, const char *end, enum wire_type type, uint64_t *ret);

/*
 * field_head() - the head of the field at *p
 *
 * Returns false where there is no field, or one that reaches beyond end.
 */
static inline bool field_head(const char **p, const char *end, struct field_head *ret) {
        uint64_t tag;

        if (!field_varint(p, end, 5, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
                return false;
        ret->number = (uint32_t)(tag >> 3);
        ret->type = (enum wire_type)(tag & 7);
        if (ret->type != WIRE_BYTES)
                return field_scalar(p, end, ret->type, &ret->scalar);
        return field_varint(p, end, 5, &ret->scalar) && ret->scalar <= (uint64_t)(end - *p);
}

/*
 * field_next() - the next field of the message whose rest is *rest
 *
 * Returns false at the end and where the bytes are no field: *rest is empty
 * only at the end.
 */
static inline bool field_next(struct text *rest, struct field *ret) {
        const char *p = rest->data, *end;
        struct field_head head;

        if (rest->len == 0) /* whatever the pointer is, NULL too */
                return false;
        end = p + rest->len;
        if (!field_head(&p, end, &head))
                return false;
        *ret = (struct field) { .number = head.number, .type = head.type };
        if (head.type == WIRE_BYTES) {
                ret->bytes = (struct text) { .data = p, .len = (size_t)head.scalar };
                p += head.scalar;
        } else {
                ret->scalar = head.scalar;
        }
        ret->record = (struct text) { .data = rest->data, .len = (size_t)(p - rest->data) };
        *rest = (struct text) { .data = p, .len = (size_t)(end - p) };
        return true;
}

/* field_is() - is this a field of bytes with that number? */
static inline bool field_is(const struct field *field, uint32_t number) {
        return field->number == number && field->type == WIRE_BYTES;
}

/* field_last() - the bytes of the last field with that number; false when there is none. */
bool field_last(struct text message, uint32_t number, struct text *ret);

/* Of the entries of every map. */
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };

/* field_entry_key() - the key of a map's entry, the last if there are several; empty without one.
 */
struct text field_entry_key(struct text entry);

/* field_count() - how many fields of bytes have that number. */
size_t field_count(struct text message, uint32_t number);

#endif
