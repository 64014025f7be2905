/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode - protobuf bytes, in parts
 *
 * A message is built from the inside out: a child's parts are complete, and its
 * length known, before its parent takes them. Bytes that lie elsewhere (in the
 * request) become parts by reference and are not copied.
 */
#ifndef WIRE_ENCODE_H
#define WIRE_ENCODE_H

#include "base/arena.h"
#include "base/text.h"
#include "wire/field.h"

/* encode_varint_size() - bytes of a varint, 1..10. */
size_t encode_varint_size(uint64_t number);

/* Each writes at p, where there is room, and returns what follows. */
char *encode_varint(char *p, uint64_t number);
char *encode_tag(char *p, uint32_t number, enum wire_type type);
char *encode_double(char *p, double number);

/* encode_bytes_size() - bytes of a field of len bytes, for numbers up to 15. */
size_t encode_bytes_size(size_t len);

enum { PARTS_FEW = 16 };

/*
 * struct parts - a message that grows
 *
 * Most messages have few parts, and their parent soon has them too: these take no
 * memory of the arena. So a message stays where it was begun.
 *
 * When the arena is spent nothing more is added and the arena remembers it.
 */
struct parts {
        struct arena *arena;
        struct text *parts; /* few, or in the arena */
        size_t n, cap;
        size_t len; /* of all parts */
        struct text few[PARTS_FEW];
};

void parts_init(struct parts *parts, struct arena *arena);

/* parts_raw() - bytes as they are, by reference. */
void parts_raw(struct parts *parts, struct text bytes);

/* parts_varint() - a scalar field. */
void parts_varint(struct parts *parts, uint32_t number, uint64_t value);

/* parts_bytes() - a string or bytes field, or a message whose body is known; by reference. */
void parts_bytes(struct parts *parts, uint32_t number, struct text bytes);

/* parts_text() - a proto3 string without presence: nothing when it is empty. */
void parts_text(struct parts *parts, uint32_t number, struct text text);

/* parts_message() - a field whose body is child. */
void parts_message(struct parts *parts, uint32_t number, const struct parts *child);

/* parts_keep() - the parts in the arena, for longer than the message; NULL when that is spent. */
struct text *parts_keep(const struct parts *parts);

/* parts_joined() - all parts as one text in the arena; empty when the arena is spent. */
struct text parts_joined(const struct parts *parts);

#endif
