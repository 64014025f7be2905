/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle.h"

#include "base/arena.h"
#include "lib/shape.h"

static uint64_t next_random(uint64_t *seed) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return *seed >> 33;
}

static void add_varint(struct builder *b, uint64_t number) {
        while (number >= 0x80) {
                builder_char(b, (char)(number | 0x80));
                number >>= 7;
        }
        builder_char(b, (char)number);
}

static struct text shuffle(struct text message, enum shape kind, uint64_t *seed,
                           struct arena *arena);

static struct text shuffled_field(const struct field *field, enum shape kind, uint64_t *seed,
                                  struct arena *arena) {
        enum shape child = shape_below(kind, field);
        struct builder b;
        struct text bytes;

        if (child == SHAPE_OPAQUE)
                return field->record;
        bytes = shuffle(field->bytes, child, seed, arena);
        builder_init(&b, arena);
        add_varint(&b, (uint64_t)field->number << 3 | WIRE_BYTES);
        add_varint(&b, bytes.len);
        builder_text(&b, bytes);
        return builder_done(&b);
}

static struct text shuffle(struct text message, enum shape kind, uint64_t *seed,
                           struct arena *arena) {
        struct text rest = message;
        struct field field;
        struct text *records;
        size_t n = 0;

        while (field_next(&rest, &field))
                n++;
        records = ARENA_ARRAY(arena, n, struct text);
        if (!records)
                return message;
        rest = message;
        for (size_t i = 0; field_next(&rest, &field); i++)
                records[i] = shuffled_field(&field, kind, seed, arena);
        for (size_t i = n; kind != SHAPE_LIST && i > 1; i--) {
                size_t other = next_random(seed) % i;
                struct text kept = records[i - 1];

                records[i - 1] = records[other];
                records[other] = kept;
        }
        return text_join(arena, records, n);
}

struct text shuffle_request(struct text request, uint64_t seed, struct arena *arena) {
        return shuffle(request, SHAPE_REQUEST, &seed, arena);
}
