/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/value.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "wire/field.h"
#include "wire/sort.h"

/* google/protobuf/struct.proto */
enum { STRUCT_FIELDS = 1, LIST_VALUES = 1 };
enum { OF_NULL = 1, OF_NUMBER = 2, OF_STRING = 3, OF_BOOL = 4, OF_STRUCT = 5, OF_LIST = 6 };

static inline struct value value_with(enum value_kind kind, struct text bytes) {
        return (struct value) { .data = bytes.data, .len = (uint32_t)bytes.len, .kind = kind };
}

struct value value_of_struct(struct text bytes) {
        /* protobuf-c has no pointer to an empty body, and a cursor must begin somewhere. */
        return value_with(VALUE_MAP, bytes.data ? bytes : TEXT(""));
}

struct value value_of_string(struct text text) {
        if (text.len > UINT32_MAX)
                BUG("a text of more than 4 GiB");
        return value_with(VALUE_STRING, text);
}

static double number_of(const char *bits) {
        double number;

        memcpy(&number, bits, sizeof(number));
        return number;
}

/* The members of a oneof: the last on the wire is the one that is set. */
static struct value last_of_oneof(struct text bytes) {
        struct value value = { .kind = VALUE_NULL };
        struct field field;

        while (field_next(&bytes, &field)) {
                switch (field.number) {
                case OF_NULL:
                        value = (struct value) { .kind = VALUE_NULL };
                        break;
                case OF_NUMBER:
                        value = (struct value) { .kind = VALUE_NUMBER,
                                                 .number = number_of((char *)&field.scalar) };
                        break;
                case OF_STRING:
                        value = value_with(VALUE_STRING, field.bytes);
                        break;
                case OF_BOOL:
                        value = (struct value) { .kind = VALUE_BOOL, .boolean = field.scalar != 0 };
                        break;
                case OF_STRUCT:
                        value = value_with(VALUE_MAP, field.bytes);
                        break;
                case OF_LIST:
                        value = value_with(VALUE_LIST, field.bytes);
                        break;
                default:
                        break;
                }
        }
        return value;
}

/* The field of bytes with that tag, if it is all there is. */
static inline bool take_all(struct text message, char tag, struct text *ret) {
        const char *p = message.data, *end = p + message.len;

        return field_take(&p, end, tag, ret) && p == end;
}

/* A Value has one field, nearly always: its first byte says which. */
static inline struct value value_of(struct text bytes) {
        char tag = bytes.len > 1 ? bytes.data[0] : 0;
        struct text whole;

        if (tag == FIELD_TAG(OF_STRING) && take_all(bytes, tag, &whole))
                return value_with(VALUE_STRING, whole);
        if (tag == FIELD_TAG(OF_STRUCT) && take_all(bytes, tag, &whole))
                return value_with(VALUE_MAP, whole);
        if (tag == FIELD_TAG(OF_LIST) && take_all(bytes, tag, &whole))
                return value_with(VALUE_LIST, whole);
        if (tag == (OF_NUMBER << 3 | WIRE_FIXED64) && bytes.len == 9)
                return (struct value) { .kind = VALUE_NUMBER, .number = number_of(bytes.data + 1) };
        return last_of_oneof(bytes);
}

struct value value_of_value(struct text bytes) {
        return value_of(bytes);
}

const char *value_kind_name(enum value_kind kind) {
        switch (kind) {
        case VALUE_ABSENT:
                return "nothing";
        case VALUE_NULL:
                return "null";
        case VALUE_BOOL:
                return "a boolean";
        case VALUE_NUMBER:
                return "a number";
        case VALUE_STRING:
                return "a string";
        case VALUE_LIST:
                return "a list";
        case VALUE_MAP:
                return "a map";
        }
        return "nothing";
}

/*
 * The usual entry, its key, its value and nothing else, when that is shorter than
 * 128 bytes: every length is one byte, and it is enough that they add up.
 */
static inline bool next_short_entry(struct text *rest, struct text *ret_key,
                                    struct text *ret_value) {
        const unsigned char *p = (const unsigned char *)rest->data;
        size_t len, key_len, value_len;

        if (rest->len < 6 || p[0] != FIELD_TAG(STRUCT_FIELDS) || p[2] != FIELD_TAG(ENTRY_KEY))
                return false;
        len = p[1];
        key_len = p[3];
        if (len >= 0x80 || len > rest->len - 2 || key_len + 4 > len ||
            p[key_len + 4] != FIELD_TAG(ENTRY_VALUE))
                return false;
        value_len = p[key_len + 5];
        if (key_len + value_len + 4 != len)
                return false;
        *ret_key = (struct text) { .data = rest->data + 4, .len = key_len };
        *ret_value = (struct text) { .data = rest->data + key_len + 6, .len = value_len };
        *rest = (struct text) { .data = rest->data + len + 2, .len = rest->len - len - 2 };
        return true;
}

/* The same of any length. */
static bool next_plain_entry(struct text *rest, struct text *ret_key, struct text *ret_value) {
        const char *p = rest->data, *end = p + rest->len, *part;
        struct text entry;

        if (!field_take(&p, end, FIELD_TAG(STRUCT_FIELDS), &entry))
                return false;
        part = entry.data;
        if (!field_take(&part, p, FIELD_TAG(ENTRY_KEY), ret_key) ||
            !field_take(&part, p, FIELD_TAG(ENTRY_VALUE), ret_value) || part != p)
                return false;
        *rest = (struct text) { .data = p, .len = (size_t)(end - p) };
        return true;
}

static bool next_long_entry(struct text *rest, struct text *ret_key, struct text *ret_value) {
        struct field entry, part;

        if (next_plain_entry(rest, ret_key, ret_value))
                return true;
        do {
                if (!field_next(rest, &entry))
                        return false;
        } while (!field_is(&entry, STRUCT_FIELDS));
        *ret_key = *ret_value = (struct text) { .data = "", .len = 0 };
        while (field_next(&entry.bytes, &part)) {
                if (field_is(&part, ENTRY_KEY))
                        *ret_key = part.bytes;
                else if (field_is(&part, ENTRY_VALUE))
                        *ret_value = part.bytes;
        }
        return true;
}

/* An entry of a map with its Value not yet looked at. */
static inline bool next_entry(struct text *rest, struct text *ret_key, struct text *ret_value) {
        return next_short_entry(rest, ret_key, ret_value) ||
               (rest->len > 0 && next_long_entry(rest, ret_key, ret_value));
}

/* An element of a list, alike. */
static inline bool next_element(struct text *rest, struct text *ret_value) {
        const char *p = rest->data, *end;
        struct field field;

        if (rest->len == 0)
                return false;
        end = p + rest->len;
        if (field_take(&p, end, FIELD_TAG(LIST_VALUES), ret_value)) {
                *rest = (struct text) { .data = p, .len = (size_t)(end - p) };
                return true;
        }
        do {
                if (!field_next(rest, &field))
                        return false;
        } while (!field_is(&field, LIST_VALUES));
        *ret_value = field.bytes;
        return true;
}

struct value value_get(struct value v, struct text key) {
        struct text rest = value_bytes(v), found = { 0 }, entry_key, entry_value;
        bool is_found = false;

        if (v.kind != VALUE_MAP)
                return (struct value) { 0 };
        while (next_entry(&rest, &entry_key, &entry_value)) {
                if (!text_equal(entry_key, key))
                        continue;
                found = entry_value;
                is_found = true;
        }
        return is_found ? value_of(found) : (struct value) { 0 };
}

struct value value_at(struct value v, const char *path) {
        struct text rest = text_from(path);

        for (;;) {
                size_t dot = text_index(rest, '.');

                v = value_get(v, text_slice(rest, 0, dot));
                if (dot == rest.len)
                        return v;
                rest = text_slice(rest, dot + 1, rest.len);
        }
}

/* Where key stands among n others, or n. */
static inline size_t find_key(struct text key, const struct text *keys, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text_equal(keys[i], key))
                        return i;
        }
        return n;
}

static inline struct value *value_apart(struct value *first, size_t stride, size_t i) {
        return (struct value *)(void *)((char *)first + i * stride);
}

static inline size_t pick(struct value v, const struct text *keys, size_t n, struct value *ret,
                          size_t stride) {
        struct text rest = value_bytes(v), entry_key, entry_value;
        size_t n_others = 0;

        for (size_t i = 0; i < n; i++)
                *value_apart(ret, stride, i) = (struct value) { 0 };
        if (v.kind != VALUE_MAP)
                return 0;
        while (next_entry(&rest, &entry_key, &entry_value)) {
                size_t i = find_key(entry_key, keys, n);

                if (i < n)
                        *value_apart(ret, stride, i) = value_of(entry_value);
                else
                        n_others++;
        }
        return n_others;
}

size_t value_pick(struct value v, const struct text *keys, size_t n, struct value *ret) {
        return pick(v, keys, n, ret, sizeof(*ret));
}

size_t value_pick_apart(struct value v, const struct text *keys, size_t n, struct value *ret,
                        size_t stride) {
        return pick(v, keys, n, ret, stride);
}

size_t value_count(struct value v) {
        struct text rest = value_bytes(v), ignored;
        size_t n = 0;

        if (v.kind != VALUE_MAP && v.kind != VALUE_LIST)
                return 0;
        while (next_element(&rest, &ignored)) /* an entry has the same number */
                n++;
        return n;
}

bool value_next(struct value_iter *it, struct text *ret_key, struct value *ret_member) {
        struct text key = { 0 }, value;

        if (it->kind == VALUE_MAP ? !next_entry(&it->rest, &key, &value)
                                  : !next_element(&it->rest, &value))
                return false;
        if (ret_key)
                *ret_key = key;
        *ret_member = value_of(value);
        return true;
}

static int compare_members(const void *a, const void *b) {
        const struct value_member *left = a, *right = b;

        return text_compare(left->key, right->key);
}

int value_members(struct value v, struct arena *arena, struct value_member **ret, size_t *ret_n) {
        size_t n = v.kind == VALUE_MAP ? value_count(v) : 0, kept = 0;
        struct value_iter it = value_iterate(v);
        struct value_member *members = ARENA_ARRAY(arena, n, struct value_member);

        if (!members)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                value_next(&it, &members[i].key, &members[i].value);
        if (sort_stable(members, n, sizeof(*members), compare_members, arena) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (i + 1 < n && text_equal(members[i].key, members[i + 1].key))
                        continue;
                members[kept++] = members[i];
        }
        *ret = members;
        *ret_n = kept;
        return 0;
}

bool value_is_integer(struct value v, int64_t *ret) {
        const double limit = 9007199254740992.0; /* 2^53 */

        /* Written so that NaN fails. */
        if (v.kind != VALUE_NUMBER || !(v.number >= -limit && v.number <= limit))
                return false;
        if ((double)(int64_t)v.number != v.number)
                return false;
        if (ret)
                *ret = (int64_t)v.number;
        return true;
}

static bool lists_equal(struct value a, struct value b, struct arena *arena) {
        struct value_iter left = value_iterate(a), right = value_iterate(b);
        struct value x, y;

        while (value_next(&left, NULL, &x)) {
                if (!value_next(&right, NULL, &y) || !value_equal(x, y, arena))
                        return false;
        }
        return !value_next(&right, NULL, &y);
}

static bool maps_equal(struct value a, struct value b, struct arena *arena) {
        struct value_member *left, *right;
        size_t n_left, n_right;

        if (value_members(a, arena, &left, &n_left) < 0 ||
            value_members(b, arena, &right, &n_right) < 0 || n_left != n_right)
                return false;
        for (size_t i = 0; i < n_left; i++) {
                if (!text_equal(left[i].key, right[i].key) ||
                    !value_equal(left[i].value, right[i].value, arena))
                        return false;
        }
        return true;
}

bool value_equal(struct value a, struct value b, struct arena *arena) {
        if (a.kind != b.kind)
                return false;
        switch (a.kind) {
        case VALUE_ABSENT:
        case VALUE_NULL:
                return true;
        case VALUE_BOOL:
                return a.boolean == b.boolean;
        case VALUE_NUMBER:
                return a.number == b.number;
        case VALUE_STRING:
                return text_equal(value_bytes(a), value_bytes(b));
        case VALUE_LIST:
                return lists_equal(a, b, arena);
        case VALUE_MAP:
                return text_equal(value_bytes(a), value_bytes(b)) || maps_equal(a, b, arena);
        }
        return false;
}

static uint64_t hash_number(uint64_t seed, uint64_t number) {
        return text_hash(seed, (struct text) { (const char *)&number, sizeof(number) });
}

static bool is_one_of(struct text key, const struct text *keys, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text_equal(key, keys[i]))
                        return true;
        }
        return false;
}

uint64_t value_hash_without(struct value map, const struct text *keys, size_t n) {
        struct value_iter it = value_iterate(map);
        uint64_t sum = 0;
        struct value member;
        struct text key;

        /* A sum: Go writes the entries of a map in another order each time. */
        while (value_next(&it, &key, &member)) {
                if (!is_one_of(key, keys, n))
                        sum += hash_number(text_hash(TEXT_HASH_SEED, key), value_hash(member));
        }
        return hash_number(VALUE_MAP, sum);
}

uint64_t value_hash(struct value v) {
        struct value_iter it;
        struct value member;
        uint64_t hash = TEXT_HASH_SEED + (uint64_t)v.kind, bits;

        switch (v.kind) {
        case VALUE_ABSENT:
        case VALUE_NULL:
                return hash;
        case VALUE_BOOL:
                return hash_number(hash, v.boolean);
        case VALUE_NUMBER:
                memcpy(&bits, &v.number, sizeof(bits));
                return hash_number(hash, bits);
        case VALUE_STRING:
                return text_hash(hash, value_bytes(v));
        case VALUE_MAP:
                return value_hash_without(v, NULL, 0);
        case VALUE_LIST:
                break;
        }
        for (it = value_iterate(v); value_next(&it, NULL, &member);)
                hash = hash_number(hash, value_hash(member));
        return hash;
}
