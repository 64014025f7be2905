/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/field.h"

bool field_long_varint(const char **p, const char *end, size_t max_len, uint64_t *ret) {
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

bool field_scalar(const char **p, const char *end, enum wire_type type, uint64_t *ret) {
        switch (type) {
        case WIRE_VARINT:
                return field_varint(p, end, 10, ret);
        case WIRE_FIXED64:
                return read_fixed(p, end, 8, ret);
        case WIRE_FIXED32:
                return read_fixed(p, end, 4, ret);
        case WIRE_BYTES:
                break;
        }
        return false; /* groups, and what protobuf does not have */
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

struct text field_entry_key(struct text entry) {
        const char *p = entry.data, *end = p + entry.len;
        struct text key = { 0 }, value;

        /* As everybody writes it: one key, one value, and nothing else. */
        if (field_take(&p, end, FIELD_TAG(ENTRY_KEY), &key) &&
            field_take(&p, end, FIELD_TAG(ENTRY_VALUE), &value) && p == end)
                return key;
        key = (struct text) { 0 };
        field_last(entry, ENTRY_KEY, &key);
        return key;
}

size_t field_count(struct text message, uint32_t number) {
        struct field field;
        size_t n = 0;

        while (field_next(&message, &field))
                n += field_is(&field, number);
        return n;
}
