/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle.h"

#include "base/arena.h"
#include "wire/field.h"

enum message {
        OPAQUE,
        REQUEST,
        STATE,
        RESOURCES,
        RESOURCE,
        NAMED_RESOURCE, /* an entry of State.resources */
        NAMED_RESOURCES,
        STRUCT,
        NAMED_VALUE,
        VALUE,
        LIST,
        N_MESSAGES,
};

enum { FIELDS_MAX = 10 };

/* Which message lies in which field. */
static const enum message below[N_MESSAGES][FIELDS_MAX] = {
        [REQUEST] = { [2] = STATE,
                      [3] = STATE,
                      [4] = STRUCT,
                      [5] = STRUCT,
                      [6] = NAMED_RESOURCES,
                      [8] = NAMED_RESOURCES },
        [STATE] = { [1] = RESOURCE, [2] = NAMED_RESOURCE },
        [RESOURCES] = { [1] = RESOURCE },
        [RESOURCE] = { [1] = STRUCT },
        [NAMED_RESOURCE] = { [2] = RESOURCE },
        [NAMED_RESOURCES] = { [2] = RESOURCES },
        [STRUCT] = { [1] = NAMED_VALUE },
        [NAMED_VALUE] = { [2] = VALUE },
        [VALUE] = { [5] = STRUCT, [6] = LIST },
        [LIST] = { [1] = VALUE },
};

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

static struct text shuffle(struct text message, enum message kind, uint64_t *seed,
                           struct arena *arena);

static struct text shuffled_field(const struct field *field, enum message kind, uint64_t *seed,
                                  struct arena *arena) {
        enum message child = OPAQUE;
        struct builder b;
        struct text bytes;

        if (field->type == WIRE_BYTES && field->number < FIELDS_MAX)
                child = below[kind][field->number];
        if (child == OPAQUE)
                return field->record;
        bytes = shuffle(field->bytes, child, seed, arena);
        builder_init(&b, arena);
        add_varint(&b, (uint64_t)field->number << 3 | WIRE_BYTES);
        add_varint(&b, bytes.len);
        builder_text(&b, bytes);
        return builder_done(&b);
}

static struct text shuffle(struct text message, enum message kind, uint64_t *seed,
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
        for (size_t i = n; kind != LIST && i > 1; i--) {
                size_t other = next_random(seed) % i;
                struct text kept = records[i - 1];

                records[i - 1] = records[other];
                records[other] = kept;
        }
        return text_join(arena, records, n);
}

struct text shuffle_request(struct text request, uint64_t seed, struct arena *arena) {
        return shuffle(request, REQUEST, &seed, arena);
}
