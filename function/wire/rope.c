/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rope.h"

#include <string.h>

#include "wire/field.h"
#include "wire/utf8.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

/* Tags of proto/v1/run_function.proto, each of one byte. */
enum { TAG_OBSERVED = FIELD_TAG(2), TAG_DESIRED = FIELD_TAG(3) };
enum { TAG_COMPOSITE = FIELD_TAG(1), TAG_RESOURCES = FIELD_TAG(2) };
enum { TAG_KEY = FIELD_TAG(ENTRY_KEY), TAG_VALUE = FIELD_TAG(ENTRY_VALUE) };
enum { TAG_OBJECT = FIELD_TAG(1), TAG_READY = 3 << 3 | WIRE_VARINT };

/* ---- a place --------------------------------------------------------------------------------- */

/* Past the end of pieces that are read, and of empty ones. */
static void settle(struct rope_cursor *c) {
        while (c->piece < c->rope->n_pieces && c->in_piece == c->rope->pieces[c->piece].len) {
                c->piece_begin += c->in_piece;
                c->piece++;
                c->in_piece = 0;
        }
}

struct text rope_take(struct rope_cursor *c, size_t max) {
        struct text taken = { 0 };

        settle(c);
        if (c->piece == c->rope->n_pieces)
                return taken;
        taken = text_slice(c->rope->pieces[c->piece], c->in_piece, c->in_piece + max);
        c->in_piece += taken.len;
        return taken;
}

void rope_seek(struct rope_cursor *c, size_t offset) {
        if (offset < rope_offset(c))
                *c = (struct rope_cursor) { .rope = c->rope };
        while (rope_offset(c) < offset && rope_take(c, offset - rope_offset(c)).len > 0)
                continue;
        settle(c);
}

void rope_copy(struct rope_cursor *c, size_t len, char *ret) {
        while (len > 0) {
                struct text taken = rope_take(c, len);

                if (taken.len == 0)
                        return;
                memcpy(ret, taken.data, taken.len);
                ret += taken.len;
                len -= taken.len;
        }
}

/* ---- what is read ---------------------------------------------------------------------------- */

struct reading {
        struct rope_cursor at;
        bool (*reads)(struct text name);
        char *ret;
        size_t n_left_out;
};

/* Up to an offset that the rope has. */
static void copy_to(struct reading *r, size_t end) {
        const size_t begin = rope_offset(&r->at);

        if (end > begin)
                rope_copy(&r->at, end - begin, r->ret + begin);
}

static bool next_byte(struct reading *r, size_t end, unsigned char *ret) {
        struct rope_cursor *c = &r->at;

        const size_t offset = rope_offset(c);

        if (offset >= end)
                return false;
        settle(c);
        *ret = (unsigned char)c->rope->pieces[c->piece].data[c->in_piece++];
        r->ret[offset] = (char)*ret;
        return true;
}

/* A length of five bytes at most, whose bytes do not reach beyond end; *ret_end is where they end.
 */
static bool next_length(struct reading *r, size_t end, size_t *ret_end) {
        uint64_t len = 0;
        unsigned char byte;

        for (unsigned int shift = 0; shift < 35; shift += 7) {
                if (!next_byte(r, end, &byte))
                        return false;
                len |= (uint64_t)(byte & 0x7f) << shift;
                if (byte >= 0x80)
                        continue;
                *ret_end = rope_offset(&r->at) + (size_t)len;
                return len <= end - rope_offset(&r->at);
        }
        return false;
}

static bool next_field(struct reading *r, size_t end, unsigned char tag, size_t *ret_end) {
        unsigned char byte;

        return next_byte(r, end, &byte) && byte == tag && next_length(r, end, ret_end);
}

/* Whether what follows the object is how ready it is, or nothing. */
static bool ends_resource(const struct reading *r, size_t object_end, size_t end) {
        struct rope_cursor c = r->at;
        char ready[2];

        if (object_end == end)
                return true;
        if (end - object_end != sizeof(ready))
                return false;
        rope_seek(&c, object_end);
        rope_copy(&c, sizeof(ready), ready);
        return ready[0] == TAG_READY && (unsigned char)ready[1] < 0x80;
}

/* A bug that reads what is not there is seen where the address sanitizer looks. */
static void leave_out(struct reading *r, size_t end) {
        const size_t begin = rope_offset(&r->at), len = end - begin;

#if defined(__SANITIZE_ADDRESS__)
        __asan_poison_memory_region(r->ret + begin, len);
#endif
        rope_seek(&r->at, end);
        r->n_left_out += len;
}

/*
 * An entry of a State's resources. Its object is left out where the entry is one that
 * step_over_resource() of the guard steps over: key, object, how ready it is, and nothing else.
 */
static void read_entry(struct reading *r, size_t end, bool is_desired) {
        size_t key_begin, key_end, value_end, object_end;
        struct text key;

        if (next_field(r, end, TAG_KEY, &key_end)) {
                key_begin = rope_offset(&r->at);
                copy_to(r, key_end);
                key = (struct text) { .data = r->ret + key_begin, .len = key_end - key_begin };
                if (next_field(r, end, TAG_VALUE, &value_end) && value_end == end &&
                    next_field(r, end, TAG_OBJECT, &object_end) &&
                    object_end - rope_offset(&r->at) >= ROPE_GAP_MIN && utf8_is_plain(key) &&
                    (is_desired || !r->reads(key)) && ends_resource(r, object_end, end))
                        leave_out(r, object_end);
        }
        copy_to(r, end);
}

/* Returns whether it was what encoders write. */
static bool read_state(struct reading *r, size_t end, bool is_desired) {
        unsigned char tag;
        size_t field_end;

        while (next_byte(r, end, &tag)) {
                if ((tag != TAG_RESOURCES && tag != TAG_COMPOSITE) ||
                    !next_length(r, end, &field_end))
                        return false;
                if (tag == TAG_RESOURCES)
                        read_entry(r, field_end, is_desired);
                else
                        copy_to(r, field_end);
        }
        return true;
}

static bool read_request(struct reading *r, size_t end) {
        unsigned char tag;
        size_t field_end;

        while (next_byte(r, end, &tag)) {
                if (tag >= 0x80 || (tag & 7) != WIRE_BYTES || !next_length(r, end, &field_end))
                        return false;
                if (tag != TAG_OBSERVED && tag != TAG_DESIRED)
                        copy_to(r, field_end);
                else if (!read_state(r, field_end, tag == TAG_DESIRED))
                        return false;
        }
        return true;
}

size_t rope_read(const struct rope *rope, bool (*reads)(struct text name), char *ret) {
        struct reading r = { .at.rope = rope, .reads = reads, .ret = ret };

        if (!read_request(&r, rope->len))
                copy_to(&r, rope->len);
        return rope->len - r.n_left_out;
}
