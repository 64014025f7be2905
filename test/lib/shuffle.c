/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/shuffle.h"

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

struct shuffling {
        uint64_t seed;
        bool only_maps;
        struct arena *arena;
};

static struct text shuffle(struct text message, enum shape kind, struct shuffling *s);

static struct text shuffled_field(const struct field *field, enum shape kind, struct shuffling *s) {
        enum shape child = shape_below(kind, field);
        struct builder b;
        struct text bytes;

        if (child == SHAPE_OPAQUE)
                return field->record;
        bytes = shuffle(field->bytes, child, s);
        builder_init(&b, s->arena);
        add_varint(&b, (uint64_t)field->number << 3 | WIRE_BYTES);
        add_varint(&b, bytes.len);
        builder_text(&b, bytes);
        return builder_done(&b);
}

/* One field of a message, with the number by which fields of one map are known. */
struct record {
        struct text bytes;
        uint32_t number;
};

/* May these two change places? */
static bool may_swap(const struct record *a, const struct record *b, enum shape kind,
                     const struct shuffling *s) {
        if (kind == SHAPE_LIST)
                return false;
        if (!s->only_maps)
                return true;
        /* Fields of these that come more than once are maps. */
        return a->number == b->number &&
               (kind == SHAPE_STRUCT || kind == SHAPE_STATE || kind == SHAPE_REQUEST);
}

static struct text shuffle(struct text message, enum shape kind, struct shuffling *s) {
        struct text rest = message;
        struct record *records;
        struct builder b;
        struct field field;
        size_t n = 0;

        while (field_next(&rest, &field))
                n++;
        records = ARENA_ARRAY(s->arena, n, struct record);
        if (!records)
                return message;
        rest = message;
        for (size_t i = 0; field_next(&rest, &field); i++)
                records[i] = (struct record) { shuffled_field(&field, kind, s), field.number };
        for (size_t i = n; i > 1; i--) {
                size_t other = next_random(&s->seed) % i;
                struct record kept = records[i - 1];

                if (!may_swap(&kept, &records[other], kind, s))
                        continue;
                records[i - 1] = records[other];
                records[other] = kept;
        }
        builder_init(&b, s->arena);
        for (size_t i = 0; i < n; i++)
                builder_text(&b, records[i].bytes);
        return builder_done(&b);
}

struct text shuffle_request(struct text request, uint64_t seed, struct arena *arena) {
        struct shuffling s = { .seed = seed, .arena = arena };

        return shuffle(request, SHAPE_REQUEST, &s);
}

struct text shuffle_maps(struct text request, uint64_t seed, struct arena *arena) {
        struct shuffling s = { .seed = seed, .only_maps = true, .arena = arena };

        return shuffle(request, SHAPE_REQUEST, &s);
}
