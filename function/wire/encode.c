/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/encode.h"

#include <string.h>

size_t encode_varint_size(uint64_t number) {
        size_t size = 1;

        for (; number >= 0x80; number >>= 7)
                size++;
        return size;
}

char *encode_varint(char *p, uint64_t number) {
        for (; number >= 0x80; number >>= 7)
                *p++ = (char)(unsigned char)(number | 0x80);
        *p++ = (char)number;
        return p;
}

char *encode_tag(char *p, uint32_t number, enum wire_type type) {
        return encode_varint(p, (uint64_t)number << 3 | type);
}

char *encode_double(char *p, double number) {
        uint64_t bits;

        memcpy(&bits, &number, sizeof(bits));
        for (unsigned int i = 0; i < 8; i++)
                *p++ = (char)(unsigned char)(bits >> (8 * i));
        return p;
}

size_t encode_bytes_size(size_t len) {
        return 1 + encode_varint_size(len) + len;
}

void parts_init(struct parts *parts, struct arena *arena) {
        parts->arena = arena; /* and what few holds does not matter */
        parts->parts = parts->few;
        parts->n = parts->len = 0;
        parts->cap = PARTS_FEW;
}

/* Bytes that lie behind those of the last part make it longer. */
static bool extend_last(struct parts *parts, struct text bytes) {
        struct text *last = parts->n > 0 ? &parts->parts[parts->n - 1] : NULL;

        if (!last || last->data + last->len != bytes.data)
                return false;
        last->len += bytes.len;
        parts->len += bytes.len;
        return true;
}

/* Room for one more. */
static bool grow(struct parts *parts) {
        const size_t size = parts->cap * sizeof(struct text);
        struct text *grown;

        if (parts->parts != parts->few) {
                grown = arena_grow(parts->arena, parts->parts, size, 2 * size);
        } else {
                grown = arena_alloc(parts->arena, 2 * size);
                if (grown)
                        memcpy(grown, parts->few, size);
        }
        if (!grown)
                return false;
        parts->parts = grown;
        parts->cap *= 2;
        return true;
}

void parts_raw(struct parts *parts, struct text bytes) {
        if (bytes.len == 0 || extend_last(parts, bytes))
                return;
        if (parts->n == parts->cap && !grow(parts))
                return;
        parts->parts[parts->n++] = bytes;
        parts->len += bytes.len;
}

/* A tag and a length or value are at most 5 + 10 bytes. */
static void add_head(struct parts *parts, uint32_t number, enum wire_type type, uint64_t value) {
        char *start = arena_alloc(parts->arena, 16), *p;

        if (!start)
                return;
        p = encode_varint(encode_tag(start, number, type), value);
        parts_raw(parts, (struct text) { .data = start, .len = (size_t)(p - start) });
}

void parts_varint(struct parts *parts, uint32_t number, uint64_t value) {
        add_head(parts, number, WIRE_VARINT, value);
}

void parts_bytes(struct parts *parts, uint32_t number, struct text bytes) {
        add_head(parts, number, WIRE_BYTES, bytes.len);
        parts_raw(parts, bytes);
}

void parts_text(struct parts *parts, uint32_t number, struct text text) {
        if (text.len > 0)
                parts_bytes(parts, number, text);
}

void parts_message(struct parts *parts, uint32_t number, const struct parts *child) {
        add_head(parts, number, WIRE_BYTES, child->len);
        for (size_t i = 0; i < child->n; i++)
                parts_raw(parts, child->parts[i]);
}

struct text *parts_keep(const struct parts *parts) {
        struct text *kept = parts->parts;

        if (kept != parts->few)
                return kept;
        kept = ARENA_ARRAY(parts->arena, parts->n, struct text);
        if (kept)
                memcpy(kept, parts->few, parts->n * sizeof(*kept));
        return kept;
}

struct text parts_joined(const struct parts *parts) {
        return text_join(parts->arena, parts->parts, parts->n);
}
