/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/field.h"

bool field_varint(const char **p, const char *end, size_t max_len, uint64_t *ret) {
        const char *at = *p;
        uint64_t number = 0;

        for (size_t i = 0; i < max_len && at < end; i++) {
                uint64_t byte = (unsigned char)*at++;

                if (i == 9 && byte > 1)
                        return false;
                number |= (byte & 0x7f) << (7 * i);
                if (byte < 0x80) {
                        *p = at;
                        *ret = number;
                        return true;
                }
        }
        return false;
}

/* Little endian, whatever this machine is. */
static bool read_fixed(const char **p, const char *end, size_t size, uint64_t *ret) {
        uint64_t number = 0;

        if ((size_t)(end - *p) < size)
                return false;
        for (size_t i = 0; i < size; i++)
                number |= (uint64_t)(unsigned char)(*p)[i] << (8 * i);
        *p += size;
        *ret = number;
        return true;
}

static bool read_payload(const char **p, const char *end, struct field *ret) {
        uint64_t len;

        switch (ret->type) {
        case WIRE_VARINT:
                return field_varint(p, end, 10, &ret->scalar);
        case WIRE_FIXED64:
                return read_fixed(p, end, 8, &ret->scalar);
        case WIRE_FIXED32:
                return read_fixed(p, end, 4, &ret->scalar);
        case WIRE_BYTES:
                if (!field_varint(p, end, 5, &len) || len > (uint64_t)(end - *p))
                        return false;
                ret->bytes = (struct text) { .data = *p, .len = (size_t)len };
                *p += len;
                return true;
        }
        return false; /* groups, and what protobuf does not have */
}

bool field_next(struct text *rest, struct field *ret) {
        const char *start = rest->data, *p = start, *end;
        uint64_t tag;

        if (rest->len == 0)
                return false;
        end = start + rest->len;
        if (!field_varint(&p, end, 5, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
                return false;
        *ret = (struct field) { .number = (uint32_t)(tag >> 3), .type = (enum wire_type)(tag & 7) };
        if (!read_payload(&p, end, ret))
                return false;
        ret->record = (struct text) { .data = start, .len = (size_t)(p - start) };
        *rest = (struct text) { .data = p, .len = (size_t)(end - p) };
        return true;
}

bool field_last(struct text message, uint32_t number, struct text *ret) {
        struct field field;
        bool found = false;

        while (field_next(&message, &field)) {
                if (!field_is(&field, number))
                        continue;
                *ret = field.bytes;
                found = true;
        }
        return found;
}

size_t field_count(struct text message, uint32_t number) {
        struct field field;
        size_t n = 0;

        while (field_next(&message, &field))
                n += field_is(&field, number);
        return n;
}
