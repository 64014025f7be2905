/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct text text_from(const char *string) {
        return (struct text) { .data = string, .len = string ? strlen(string) : 0 };
}

static unsigned char lower(char c) {
        return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool text_equal_fold(struct text a, struct text b) {
        if (a.len != b.len)
                return false;
        for (size_t i = 0; i < a.len; i++) {
                if (lower(a.data[i]) != lower(b.data[i]))
                        return false;
        }
        return true;
}

int text_compare(struct text a, struct text b) {
        size_t shared = a.len < b.len ? a.len : b.len;
        int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;

        if (order != 0)
                return order;
        return (a.len > b.len) - (a.len < b.len);
}

int text_order(const void *a, const void *b) {
        return text_compare(*(const struct text *)a, *(const struct text *)b);
}

size_t text_unique(struct text *texts, size_t n) {
        size_t kept = 0;

        if (n > 1)
                qsort(texts, n, sizeof(*texts), text_order);
        for (size_t i = 0; i < n; i++) {
                if (kept == 0 || !text_equal(texts[i], texts[kept - 1]))
                        texts[kept++] = texts[i];
        }
        return kept;
}

bool text_starts_with(struct text t, struct text prefix) {
        return t.len >= prefix.len && text_equal(text_slice(t, 0, prefix.len), prefix);
}

bool text_ends_with(struct text t, struct text suffix) {
        return t.len >= suffix.len && text_equal(text_slice(t, t.len - suffix.len, t.len), suffix);
}

bool text_contains(struct text t, struct text needle) {
        for (size_t at = 0; at + needle.len <= t.len; at++) {
                if (text_equal(text_slice(t, at, at + needle.len), needle))
                        return true;
        }
        return false;
}

enum { NEAREST_MAX_LEN = 64 };

static size_t least(size_t a, size_t b) {
        return a < b ? a : b;
}

/* Damerau's and Levenshtein's, each letter moved once at most; both have at most that length. */
static size_t distance(struct text a, struct text b) {
        size_t rows[3][NEAREST_MAX_LEN + 1];
        size_t *before = rows[0], *above = rows[1], *row = rows[2];

        for (size_t j = 0; j <= b.len; j++)
                above[j] = j;
        for (size_t i = 1; i <= a.len; i++) {
                size_t *spare = before;

                row[0] = i;
                for (size_t j = 1; j <= b.len; j++) {
                        bool differs = a.data[i - 1] != b.data[j - 1];

                        row[j] = least(above[j - 1] + differs, least(above[j], row[j - 1]) + 1);
                        if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                            a.data[i - 2] == b.data[j - 1])
                                row[j] = least(row[j], before[j - 2] + 1);
                }
                before = above;
                above = row;
                row = spare;
        }
        return above[b.len];
}

/* The only name that begins with the word. */
static struct text completed(struct text word, const struct text *names, size_t n) {
        struct text whole = { 0 };

        for (size_t i = 0; word.len >= 3 && i < n; i++) {
                if (!text_starts_with(names[i], word))
                        continue;
                if (!text_is_empty(whole))
                        return (struct text) { 0 };
                whole = names[i];
        }
        return whole;
}

struct text text_nearest(struct text word, const struct text *names, size_t n) {
        size_t limit = word.len / 6 + 1; /* and what comes next has to be nearer */
        struct text nearest = { 0 };

        if (word.len > NEAREST_MAX_LEN)
                return nearest;
        for (size_t i = 0; i < n; i++) {
                size_t d;

                if (names[i].len > least(word.len + limit, NEAREST_MAX_LEN) ||
                    names[i].len + limit < word.len)
                        continue;
                d = distance(word, names[i]);
                if (d > limit || (d == limit && !text_is_empty(nearest)))
                        continue;
                nearest = names[i];
                limit = d;
        }
        return text_is_empty(nearest) ? completed(word, names, n) : nearest;
}

size_t text_index(struct text t, char c) {
        const char *found = t.len > 0 ? memchr(t.data, c, t.len) : NULL;

        return found ? (size_t)(found - t.data) : t.len;
}

struct text text_shown(struct text t, size_t max) {
        size_t len = max;

        if (t.len <= max)
                return t;
        while (len > 0 && ((unsigned char)t.data[len] & 0xc0) == 0x80)
                len--;
        return text_slice(t, 0, len);
}

bool text_to_u64(struct text t, uint64_t *ret) {
        uint64_t number = 0;

        if (t.len == 0)
                return false;
        for (size_t i = 0; i < t.len; i++) {
                if (t.data[i] < '0' || t.data[i] > '9')
                        return false;
                if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
                    __builtin_add_overflow(number, (uint64_t)(t.data[i] - '0'), &number))
                        return false;
        }
        *ret = number;
        return true;
}

/* Source: Fowler, Noll, Vo: FNV-1a, 64 bits. */
uint64_t text_hash(uint64_t seed, struct text t) {
        for (size_t i = 0; i < t.len; i++) {
                seed ^= (unsigned char)t.data[i];
                seed *= UINT64_C(0x100000001b3);
        }
        return seed;
}

void builder_init(struct builder *b, struct arena *arena) {
        *b = (struct builder) { .arena = arena };
}

bool builder_grow(struct builder *b, size_t size) {
        size_t cap = b->cap > 0 ? b->cap : 64;
        char *grown;

        if (b->failed)
                return false;
        while (cap - b->len < size) {
                if (__builtin_mul_overflow(cap, (size_t)2, &cap)) {
                        b->failed = true;
                        return false;
                }
        }
        grown = arena_grow(b->arena, b->data, b->cap, cap);
        if (!grown) {
                b->failed = true;
                return false;
        }
        b->data = grown;
        b->cap = cap;
        return true;
}

void builder_string(struct builder *b, const char *string) {
        builder_text(b, text_from(string));
}

void builder_u64(struct builder *b, uint64_t number) {
        char digits[20];
        size_t at = sizeof(digits);

        do {
                digits[--at] = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        builder_text(b, (struct text) { .data = digits + at, .len = sizeof(digits) - at });
}

void builder_i64(struct builder *b, int64_t number) {
        if (number < 0)
                builder_char(b, '-');
        builder_u64(b, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void builder_hex(struct builder *b, uint64_t number, unsigned int digits) {
        for (unsigned int i = digits; i > 0; i--)
                builder_char(b, "0123456789abcdef"[(number >> ((i - 1) * 4)) & 15]);
}

static bool is_escaped(char c) {
        return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

static void put_escape(struct builder *b, char c) {
        builder_char(b, '\\');
        if ((unsigned char)c < 0x20) {
                builder_string(b, "u00");
                builder_hex(b, (unsigned char)c, 2);
        } else {
                builder_char(b, c);
        }
}

void builder_json(struct builder *b, struct text t) {
        size_t from = 0;

        builder_char(b, '"');
        for (size_t i = 0; i < t.len; i++) {
                if (!is_escaped(t.data[i]))
                        continue;
                builder_text(b, text_slice(t, from, i));
                put_escape(b, t.data[i]);
                from = i + 1;
        }
        builder_text(b, text_slice(t, from, t.len));
        builder_char(b, '"');
}

struct text builder_done(struct builder *b) {
        if (b->failed)
                return (struct text) { 0 };
        return (struct text) { .data = b->data, .len = b->len };
}

struct text text_copy(struct arena *arena, struct text t) {
        return text_join(arena, &t, 1);
}

struct text text_join(struct arena *arena, const struct text *parts, size_t n) {
        size_t len = 0, at = 0;
        char *data;

        for (size_t i = 0; i < n; i++)
                len += parts[i].len;
        if (len == 0)
                return (struct text) { 0 };
        data = arena_alloc(arena, len);
        if (!data)
                return (struct text) { 0 };
        for (size_t i = 0; i < n; i++) {
                if (parts[i].len > 0)
                        memcpy(data + at, parts[i].data, parts[i].len);
                at += parts[i].len;
        }
        return (struct text) { .data = data, .len = len };
}

struct text text_format(struct arena *arena, const char *format, ...) {
        va_list args;
        int len;
        char *data;

        va_start(args, format);
        len = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (len <= 0)
                return (struct text) { 0 };
        data = arena_alloc(arena, (size_t)len + 1);
        if (!data)
                return (struct text) { 0 };
        va_start(args, format);
        vsnprintf(data, (size_t)len + 1, format, args);
        va_end(args);
        return (struct text) { .data = data, .len = (size_t)len };
}
