/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How libFuzzer changes a request: mostly inside one field, with the lengths
 * around it put right, so that what is wrong is what the message says. Blind
 * changes would nearly all end at the guard.
 */
#include <string.h>

#include "fuzz.h"
#include "lib/shape.h"
#include "wire/encode.h"

/* libFuzzer's own; changes the bytes where they are and returns how many there are now. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

enum { STRING_MAX = 256, DESCENDS = 9, BLIND = 16 };

struct mutation {
        struct arena *arena;
        uint64_t random;
};

static unsigned int below(struct mutation *m, size_t n) {
        m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned int)((m->random >> 33) % n);
}

static struct text field_of(struct mutation *m, uint32_t number, struct text body) {
        struct parts parts;

        parts_init(&parts, m->arena);
        parts_bytes(&parts, number, body);
        return parts_joined(&parts);
}

static struct text joined(struct mutation *m, struct text a, struct text b) {
        return text_join(m->arena, (struct text[]) { a, b }, 2);
}

/* What users write, and what they should not. */
static struct text some_string(struct mutation *m) {
        static const struct text words[] = {
                TEXT_INIT(""),         TEXT_INIT("a"),         TEXT_INIT("40Gi"),
                TEXT_INIT("3g.40gb"),  TEXT_INIT("1g.10gb"),   TEXT_INIT("nvidia-h100-80gb"),
                TEXT_INIT("name"),     TEXT_INIT("namespace"), TEXT_INIT("spec"),
                TEXT_INIT("metadata"), TEXT_INIT("status"),    TEXT_INIT("nodePools"),
                TEXT_INIT("True"),     TEXT_INIT("Drain"),     TEXT_INIT("environments"),
                TEXT_INIT("model"),    TEXT_INIT("-1"),        TEXT_INIT("9223372036854775807"),
                TEXT_INIT("{{ x }}"),  TEXT_INIT("ConfigMap"), TEXT_INIT("ClusterModel"),
        };

        return words[below(m, sizeof(words) / sizeof(words[0]))];
}

/* The body of a Value. */
static struct text some_value(struct mutation *m) {
        struct parts parts;

        parts_init(&parts, m->arena);
        switch (below(m, 6)) {
        case 0:
                parts_varint(&parts, 1, 0);
                break;
        case 1:
                parts_varint(&parts, 4, below(m, 2));
                break;
        case 2:
                parts_bytes(&parts, 5, (struct text) { 0 });
                break;
        case 3:
                parts_bytes(&parts, 6, (struct text) { 0 });
                break;
        case 4: {
                char *number = arena_alloc(m->arena, 9), *end = encode_tag(number, 2, WIRE_FIXED64);

                end = encode_double(end, below(m, 4) ? below(m, 12) : below(m, 1u << 30) * 1e9);
                parts_raw(&parts, (struct text) { .data = number, .len = (size_t)(end - number) });
                break;
        }
        default:
                parts_bytes(&parts, 3, some_string(m));
        }
        return parts_joined(&parts);
}

static struct text changed_string(struct mutation *m, struct text old) {
        uint8_t *copy = arena_alloc(m->arena, STRING_MAX);
        size_t len = old.len < STRING_MAX ? old.len : STRING_MAX;

        if (below(m, 2))
                return some_string(m);
        if (len > 0)
                memcpy(copy, old.data, len);
        len = LLVMFuzzerMutate(copy, len, STRING_MAX);
        for (size_t i = 0; i < len; i++)
                copy[i] = copy[i] < 0x20 || copy[i] > 0x7e ? '.' : copy[i];
        return (struct text) { .data = (const char *)copy, .len = len };
}

static struct text changed(struct mutation *m, enum shape shape, struct text message);

/* The one field that is changed; its record as it is now. */
static struct text changed_field(struct mutation *m, enum shape shape, const struct field *field) {
        enum shape child = shape_below(shape, field);
        unsigned int how = below(m, DESCENDS + 4);

        if (child != SHAPE_OPAQUE && how < DESCENDS)
                return field_of(m, field->number, changed(m, child, field->bytes));
        switch (how % 4) {
        case 0:
                return (struct text) { 0 };
        case 1:
                return joined(m, field->record, field->record);
        default:
                if (child == SHAPE_VALUE)
                        return field_of(m, field->number, some_value(m));
                if (child == SHAPE_OPAQUE && field->type == WIRE_BYTES)
                        return field_of(m, field->number, changed_string(m, field->bytes));
                return field->record;
        }
}

static struct text changed(struct mutation *m, enum shape shape, struct text message) {
        struct text rest = message, records[3] = { { 0 } };
        struct field field;
        size_t n = 0, chosen;

        while (field_next(&rest, &field))
                n++;
        if (n == 0)
                return shape == SHAPE_VALUE ? some_value(m) : message;
        chosen = below(m, n);
        rest = message;
        for (size_t i = 0; i <= chosen; i++)
                field_next(&rest, &field);
        records[0] = text_slice(message, 0, (size_t)(field.record.data - message.data));
        records[1] = changed_field(m, shape, &field);
        records[2] = rest;
        return text_join(m->arena, records, 3);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
        struct mutation m = { .random = seed };
        struct arena arena;
        struct text bytes;

        if (below(&m, BLIND) == 0)
                return LLVMFuzzerMutate(data, size, max_size);
        arena_init(&arena, SIZE_MAX);
        m.arena = &arena;
        bytes = changed(&m, SHAPE_REQUEST, fuzz_text(data, size));
        if (bytes.len > 0 && bytes.len <= max_size) {
                memmove(data, bytes.data, bytes.len);
                size = bytes.len;
        }
        arena_release(&arena);
        return size;
}
