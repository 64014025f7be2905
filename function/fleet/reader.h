/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader - members of what users write, read with their path
 *
 * A member knows the map or list it stands in, so that its path is put together
 * only for a mistake. Absent and null are the same here: the caller leaves
 * the caller's default alone. Reading goes on after a mistake; the caller asks
 * once, at the end, whether there was any.
 */
#ifndef FLEET_READER_H
#define FLEET_READER_H

#include "base/count.h"
#include "base/quantity.h"
#include "wire/value.h"

struct member {
        struct value value;
        const struct member *above; /* NULL at the root; must outlive this */
        enum { MEMBER_NAMED, MEMBER_KEY, MEMBER_ELEMENT } kind;
        union {
                struct text name; /* MEMBER_NAMED, MEMBER_KEY; the root's: its whole path */
                size_t index;     /* MEMBER_ELEMENT */
        };
};

/* As many, of 500 bytes at most each, are not too long for a condition. */
enum { MISTAKES_MAX = 50 };

/* The mistakes of an object, each "path: message". */
struct mistakes {
        struct text items[MISTAKES_MAX];
        size_t n;
        size_t n_more; /* that are not reported */
};

static inline bool mistakes_are_full(const struct mistakes *m) {
        return m->n == MISTAKES_MAX;
}

struct reader {
        struct arena *arena;
        struct fault *first;  /* the first mistake; may be NULL */
        struct mistakes *all; /* every mistake; may be NULL */
        bool is_strict;       /* what only a pool would reject is a mistake too */
        size_t n_mistakes;
};

/* MEMBER_OF() - what a function returns, for one that takes a pointer to a member. */
#define MEMBER_OF(made) ((const struct member[]) { made })

/* member_root() - a value that is written at path. */
struct member member_root(struct value value, struct text path);

/* member_get() - the map's member; absent where it is null or above is no map. */
struct member member_get(const struct member *above, const char *name);

/* member_named() - the same for a member that is read already. */
static inline struct member member_named(const struct member *above, struct text name,
                                         struct value value) {
        struct member member = { .value = value, .above = above, .name = name };

        if (value.kind == VALUE_NULL) /* how a manifest says that something is not there */
                member.value.kind = VALUE_ABSENT;
        return member;
}

/* member_pick() - several of the map's members in one walk over it; n names, no two equal. */
void member_pick(const struct member *above, const struct text *names, size_t n,
                 struct member *ret);

/* member_key() - a member whose name the user chose: written [name] in paths. */
struct member member_key(const struct member *above, struct text key, struct value value);

/* member_element() - element index of a list. */
struct member member_element(const struct member *above, size_t index, struct value value);

/* member_is_absent() - neither written nor null. */
static inline bool member_is_absent(const struct member *f) {
        return f->value.kind == VALUE_ABSENT;
}

/* member_path() - "spec.nodePools[2]", for sentences. */
struct text member_path(const struct member *f, struct arena *arena);

/* reader_refuse() - a mistake at f: a printf sentence without the path. */
void reader_refuse(struct reader *rd, const struct member *f, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* reader_kind_and_value() - for a sentence: "the string \"8\"", "the number 7", "true", "a map". */
struct text reader_kind_and_value(struct value v, struct arena *arena);

/*
 * read_*() - check what is written and set *ret
 *
 * Each returns true when something usable is written. Otherwise *ret is
 * unchanged: nothing is written, or a mistake was noted.
 */

/* reader_refuse_kind() - a mistake: what is written is of another kind. Returns false. */
bool reader_refuse_kind(struct reader *rd, const struct member *f, enum value_kind kind);

/* Most of what could be written is not: that is seen here, without a call. */
static inline bool reader_kind(struct reader *rd, const struct member *f, enum value_kind kind) {
        return f->value.kind == kind || (!member_is_absent(f) && reader_refuse_kind(rd, f, kind));
}

static inline bool reader_map(struct reader *rd, const struct member *f) {
        return reader_kind(rd, f, VALUE_MAP);
}

static inline bool reader_list(struct reader *rd, const struct member *f) {
        return reader_kind(rd, f, VALUE_LIST);
}

static inline bool reader_bool(struct reader *rd, const struct member *f, bool *ret) {
        if (!reader_kind(rd, f, VALUE_BOOL))
                return false;
        *ret = f->value.boolean;
        return true;
}

/* reader_text() - a string; an empty one counts as absent. */
static inline bool reader_text(struct reader *rd, const struct member *f, struct text *ret) {
        if (!reader_kind(rd, f, VALUE_STRING) || f->value.len == 0)
                return false;
        *ret = value_bytes(f->value);
        return true;
}

/* reader_bounded_text() - the same, and more than max bytes are a mistake. */
bool reader_bounded_text(struct reader *rd, const struct member *f, size_t max, struct text *ret);

/* reader_needed_text() - the same, and its absence is a mistake. */
bool reader_needed_text(struct reader *rd, const struct member *f, struct text *ret);

/* reader_check_range() - the same of a number. */
bool reader_check_range(struct reader *rd, const struct member *f, int64_t min, int64_t max,
                        int64_t *ret);

/* reader_integer() - a whole number within min and max. */
static inline bool reader_integer(struct reader *rd, const struct member *f, int64_t min,
                                  int64_t max, int64_t *ret) {
        return reader_kind(rd, f, VALUE_NUMBER) && reader_check_range(rd, f, min, max, ret);
}

/* reader_word() - one of n words; *ret is its index. */
bool reader_word(struct reader *rd, const struct member *f, const struct text *words, size_t n,
                 unsigned int *ret);

/* reader_quantity() - a quantity above 0; as written, a number as its decimal text. */
bool reader_quantity(struct reader *rd, const struct member *f, struct text *ret_text,
                     struct quantity *ret);

/* reader_bytes() - a quantity of memory in bytes, at least 1. */
bool reader_bytes(struct reader *rd, const struct member *f, int64_t *ret_bytes);

/* reader_texts() - a list of strings that are not empty; *ret is the list. */
bool reader_texts(struct reader *rd, const struct member *f, struct value *ret);

/*
 * reader_refuse_unknown() - every member of the map that is not among the n names is a mistake
 *
 * The sentence says which name is probably meant, or lists them when they are few.
 */
void reader_refuse_unknown(struct reader *rd, const struct member *map, const struct text *names,
                           size_t n);

#endif
