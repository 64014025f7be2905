/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value - JSON values in google.protobuf.Struct bytes, read where they lie
 *
 * A struct value is a read-only view: a kind and, for text, maps and lists, the
 * bytes of the protobuf message. Nothing is decoded before it is asked for and
 * nothing is copied. A view lives as long as the request's bytes.
 *
 * The bytes must have passed guard_request() (wire/guard.h): readers rely on its
 * lengths and depth and make no checks of their own. Strings are UTF-8 without NUL
 * where the object is not `may_be_broken`; else its reader asks fleet/broken.h.
 *
 * Duplicate keys: the last one wins, as everywhere in protobuf. A Value without
 * a kind is null.
 */
#ifndef WIRE_VALUE_H
#define WIRE_VALUE_H

#include <string.h>

#include "base/text.h"

struct arena;

enum value_kind {
        VALUE_ABSENT, /* there is no such member; the zero value of struct value */
        VALUE_NULL,
        VALUE_BOOL,
        VALUE_NUMBER,
        VALUE_STRING,
        VALUE_LIST,
        VALUE_MAP,
};

/* 16 bytes, so that one is passed and returned in two registers and never waits for a store. */
struct value {
        union {                   /* read only after kind was looked at, or by an accessor below */
                bool boolean;     /* VALUE_BOOL */
                double number;    /* VALUE_NUMBER; may be NaN or infinite: readers refuse those */
                const char *data; /* STRING, LIST, MAP: see value_bytes() */
        };
        uint32_t len; /* STRING, LIST, MAP: of data; else 0 */
        enum value_kind kind : 8;
        bool may_be_broken; /* of a whole object: some string of it has a NUL or is not UTF-8 */
};

_Static_assert(sizeof(struct value) == 16, "two registers");

/* value_bytes() - STRING: the text; LIST, MAP: the body of ListValue, Struct; ABSENT: empty. */
static inline struct text value_bytes(struct value v) {
        return (struct text) { .data = v.data, .len = v.len };
}

/*
 * value_of_struct() - the map whose google.protobuf.Struct body is bytes
 *
 * Here and below bytes may be 4 GiB at most; a guard lets no more through.
 */
struct value value_of_struct(struct text bytes);

/* value_of_value() - the value whose google.protobuf.Value body is bytes. */
struct value value_of_value(struct text bytes);

/* value_of_string() - a string value that is not on the wire. */
struct value value_of_string(struct text text);

/* value_kind_name() - "a map", "a number", ... for sentences. */
const char *value_kind_name(enum value_kind kind);

/* value_get() - the member called key; absent when there is none, or v is no map. */
struct value value_get(struct value v, struct text key);

/*
 * value_at() - value_get() along a dotted path: "spec.cluster.source"
 *
 * Keys that hold a dot themselves cannot be reached this way.
 */
struct value value_at(struct value v, const char *path);

/*
 * value_pick() - several members in one walk over the map
 * @keys: n of them, in any order, no two equal
 * @ret:  n values; absent where the map has no such member, or v is no map
 *
 * Returns how many entries have another key.
 */
size_t value_pick(struct value v, const struct text *keys, size_t n, struct value *ret);

/* value_pick_apart() - the same into values that lie stride bytes apart, each in a larger struct.
 */
size_t value_pick_apart(struct value v, const struct text *keys, size_t n, struct value *ret,
                        size_t stride);

/* value_count() - elements of a list, entries of a map (duplicates counted), else 0. */
size_t value_count(struct value v);

/*
 * struct value_iter - the elements of a list, or the entries of a map in wire order
 *
 *      struct value_iter it = value_iterate(v);
 *      while (value_next(&it, &key, &member)) ...
 *
 * key may be NULL; for lists it is set empty. Of anything but a list or a map
 * there is nothing to iterate. Duplicate keys come as often as they are there.
 */
struct value_iter {
        enum value_kind kind;
        struct text rest;
};

static inline struct value_iter value_iterate(struct value v) {
        if (v.kind != VALUE_MAP && v.kind != VALUE_LIST)
                return (struct value_iter) { 0 };
        return (struct value_iter) { .kind = v.kind, .rest = value_bytes(v) };
}

bool value_next(struct value_iter *it, struct text *ret_key, struct value *ret_member);

struct value_member {
        struct text key;
        struct value value;
};

/*
 * value_members() - the entries of a map, sorted by key, the last of equal keys kept
 * @ret, ret_n: set on success; n may be 0
 *
 * Errors: -ENOMEM
 */
int value_members(struct value v, struct arena *arena, struct value_member **ret, size_t *ret_n);

/* value_text() - a string's text; empty for every other kind. */
static inline struct text value_text(struct value v) {
        return v.kind == VALUE_STRING ? value_bytes(v) : (struct text) { 0 };
}

/* value_get_text() - the string under a map's key; empty where there is none. */
static inline struct text value_get_text(struct value map, const char *key) {
        return value_text(value_get(map, (struct text) { key, strlen(key) }));
}

/* value_is_true() - the boolean true; false for every other kind. */
static inline bool value_is_true(struct value v) {
        return v.kind == VALUE_BOOL && v.boolean;
}

/* value_is_integer() - a number that is whole and within +-2^53; ret may be NULL. */
bool value_is_integer(struct value v, int64_t *ret);

/*
 * value_hash() - equal values have equal ones: the order of entries does not count
 *
 * To notice a change by, never for names. The value has passed its guard: it is as deep as that
 * allows.
 */
uint64_t value_hash(struct value v);

/* value_hash_without() - the same of a map without the entries of these n keys. */
uint64_t value_hash_without(struct value map, const struct text *keys, size_t n);

/* value_equal() - the same JSON value: order and duplicates of entries do not count. */
bool value_equal(struct value a, struct value b, struct arena *arena);

#endif
