/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - strings as pointer and length
 *
 * Nothing here is NUL-terminated, because bytes from the wire are not. A text
 * with len 0 is empty whatever its pointer is. Texts are borrowed: the caller that made
 * the bytes (a request, an arena, a literal) says how long they live.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct text {
        const char *data;
        size_t len;
};

/* TEXT("literal"): a text of static lifetime. */
#define TEXT(literal) ((struct text) { .data = "" literal, .len = sizeof(literal) - 1 })

/* For static tables, where a compound literal is no constant. */
#define TEXT_INIT(literal)                                                                         \
        { .data = "" literal, .len = sizeof(literal) - 1 }

/* printf("%.*s", TEXT_ARG(t)) */
#define TEXT_ARG(t) ((int)(t).len), ((t).data ? (t).data : "")

/* text_from() - the bytes of a NUL-terminated string; NULL gives the empty text. */
struct text text_from(const char *string);

static inline bool text_is_empty(struct text t) {
        return t.len == 0;
}

/* Up to 16 bytes without a call: some are looked at twice so that there are 4, 8 or 16. */
static inline bool text_equal_bytes(const char *a, const char *b, size_t len) {
        uint64_t a_front, a_back, b_front, b_back;
        uint32_t a_first, a_last, b_first, b_last;

        if (len > 16)
                return memcmp(a, b, len) == 0;
        if (len >= 8) {
                memcpy(&a_front, a, 8);
                memcpy(&b_front, b, 8);
                memcpy(&a_back, a + len - 8, 8);
                memcpy(&b_back, b + len - 8, 8);
                return ((a_front ^ b_front) | (a_back ^ b_back)) == 0;
        }
        if (len >= 4) {
                memcpy(&a_first, a, 4);
                memcpy(&b_first, b, 4);
                memcpy(&a_last, a + len - 4, 4);
                memcpy(&b_last, b + len - 4, 4);
                return ((a_first ^ b_first) | (a_last ^ b_last)) == 0;
        }
        return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

static inline bool text_equal(struct text a, struct text b) {
        return a.len == b.len && text_equal_bytes(a.data, b.data, a.len);
}

/* text_equal_fold() - equal when ASCII letters are compared without case. */
bool text_equal_fold(struct text a, struct text b);

/* text_compare() - byte order; a prefix comes first. Below, at or above 0. */
int text_compare(struct text a, struct text b);

/* text_order() - text_compare(), for qsort() and bsearch() in an array of texts. */
int text_order(const void *a, const void *b);

/* text_unique() - sort n texts and leave each once; returns how many are left. */
size_t text_unique(struct text *texts, size_t n);

bool text_starts_with(struct text t, struct text prefix);
bool text_ends_with(struct text t, struct text suffix);
bool text_contains(struct text t, struct text needle);

/*
 * text_nearest() - which of n names was probably meant by a misspelt one
 *
 * One letter away for each six of the word and one more: left out, put in, another
 * one, or two swapped; the first of equally near ones. Else the only one that begins
 * with the word, of three letters at least. Empty when there is none.
 */
struct text text_nearest(struct text word, const struct text *names, size_t n);

/* text_index() - where c stands first in t, or t.len when it does not. */
size_t text_index(struct text t, char c);

/* text_slice() - bytes from..to of t; both are cut to t.len. */
static inline struct text text_slice(struct text t, size_t from, size_t to) {
        if (to > t.len)
                to = t.len;
        if (from > to)
                from = to;
        return (struct text) { .data = from > 0 ? t.data + from : t.data, .len = to - from };
}

/* text_shown() - the front of t for a sentence: at most max bytes, cut on a UTF-8 border. */
struct text text_shown(struct text t, size_t max);

/*
 * text_to_u64() - an unsigned decimal number, digits only, at most 2^64-1
 * @ret: set on success
 *
 * Returns false for anything else: empty, a sign, blanks, overflow.
 */
bool text_to_u64(struct text t, uint64_t *ret);

/* text_hash() - FNV-1a, 64 bits: for tables of one request, never for names (base32.h). */
uint64_t text_hash(uint64_t seed, struct text t);
#define TEXT_HASH_SEED UINT64_C(0xcbf29ce484222325)

/*
 * struct builder - a text that grows in an arena
 *
 * Appending never fails visibly: when the arena is spent the arena itself
 * remembers it (arena_failed()), and builder_done() gives the empty text.
 */
struct builder {
        struct arena *arena;
        char *data;
        size_t len;
        size_t cap;
        bool failed;
};

void builder_init(struct builder *b, struct arena *arena);

/* builder_grow() - room for size more bytes; false when the arena is spent. */
bool builder_grow(struct builder *b, size_t size);

static inline void builder_text(struct builder *b, struct text t) {
        if (t.len == 0 || (t.len > b->cap - b->len && !builder_grow(b, t.len)))
                return;
        memcpy(b->data + b->len, t.data, t.len);
        b->len += t.len;
}

static inline void builder_char(struct builder *b, char c) {
        if (b->len == b->cap && !builder_grow(b, 1))
                return;
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what has grown has bytes */
        b->data[b->len++] = c;
}

void builder_string(struct builder *b, const char *string);
void builder_i64(struct builder *b, int64_t number);
void builder_u64(struct builder *b, uint64_t number);

/* builder_hex() - the lowest 4 x digits bits of number, lower case, padded with 0. */
void builder_hex(struct builder *b, uint64_t number, unsigned int digits);

/* builder_json() - t as a JSON string with its quotes; t must be UTF-8. */
void builder_json(struct builder *b, struct text t);

/* builder_done() - what was built; lives as long as the arena. */
struct text builder_done(struct builder *b);

/* text_copy() - a copy of t in the arena; empty when the arena is spent. */
struct text text_copy(struct arena *arena, struct text t);

/* text_join() - the n texts of parts one after the other, in the arena. */
struct text text_join(struct arena *arena, const struct text *parts, size_t n);

/* text_format() - printf into the arena; for sentences, not for hot paths. */
struct text text_format(struct arena *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

#endif
