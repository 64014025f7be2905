/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "wire/value_print.h"

enum { FEW = 6 }; /* names that a sentence lists at most */

/* Null is how a manifest says that something is not there. */
static struct value unless_null(struct value v) {
        return v.kind == VALUE_NULL ? (struct value) { 0 } : v;
}

struct member member_root(struct value value, struct text path) {
        return (struct member) { .value = unless_null(value), .name = path };
}

struct member member_get(const struct member *above, const char *name) {
        struct text key = text_from(name);

        return member_named(above, key, value_get(above->value, key));
}

void member_pick(const struct member *above, const struct text *names, size_t n,
                 struct member *ret) {
        value_pick_apart(above->value, names, n, &ret->value, sizeof(*ret));
        for (size_t i = 0; i < n; i++) {
                ret[i].above = above;
                ret[i].kind = MEMBER_NAMED;
                ret[i].name = names[i];
                if (ret[i].value.kind == VALUE_NULL)
                        ret[i].value.kind = VALUE_ABSENT;
        }
}

struct member member_key(const struct member *above, struct text key, struct value value) {
        return (struct member) {
                .value = unless_null(value), .above = above, .name = key, .kind = MEMBER_KEY
        };
}

struct member member_element(const struct member *above, size_t index, struct value value) {
        return (struct member) {
                .value = unless_null(value), .above = above, .index = index, .kind = MEMBER_ELEMENT
        };
}

/* Our own nesting bounds the recursion, not the user's. */
static void put_path(const struct member *f, struct fault *fault) {
        size_t len;

        if (f->above)
                put_path(f->above, fault);
        len = strlen(fault->path);
        switch (f->kind) {
        case MEMBER_NAMED:
                snprintf(fault->path + len, sizeof(fault->path) - len, "%s%.*s", len > 0 ? "." : "",
                         TEXT_ARG(f->name));
                break;
        case MEMBER_KEY:
                snprintf(fault->path + len, sizeof(fault->path) - len, "[%.*s]", TEXT_ARG(f->name));
                break;
        case MEMBER_ELEMENT:
                snprintf(fault->path + len, sizeof(fault->path) - len, "[%zu]", f->index);
                break;
        }
}

struct text member_path(const struct member *f, struct arena *arena) {
        struct fault fault = { 0 };

        put_path(f, &fault);
        return text_copy(arena, text_from(fault.path));
}

/* A fault; NULL: one that is only counted, as is what has no room. */
static void mistakes_add(struct mistakes *m, struct arena *arena, const struct fault *fault) {
        if (fault && !mistakes_are_full(m))
                m->items[m->n++] = fault_text(fault, arena);
        else
                m->n_more++;
}

/* Is there room for one more mistake, or is it only counted? */
static bool reader_hears(const struct reader *rd) {
        return (rd->first && rd->n_mistakes == 0) || (rd->all && !mistakes_are_full(rd->all));
}

void reader_refuse(struct reader *rd, const struct member *f, const char *format, ...) {
        char message[FAULT_MESSAGE_MAX];
        struct fault fault = { 0 }, placed;
        bool is_heard = reader_hears(rd);
        va_list args;

        if (is_heard) {
                va_start(args, format);
                vsnprintf(message, sizeof(message), format, args);
                va_end(args);
                put_path(f, &fault);
                fault_at(&placed, fault.path, "%s", message);
        }
        if (rd->n_mistakes++ == 0 && rd->first)
                *rd->first = placed;
        if (rd->all)
                mistakes_add(rd->all, rd->arena, is_heard ? &placed : NULL);
}

struct text reader_kind_and_value(struct value v, struct arena *arena) {
        if (v.kind == VALUE_BOOL)
                return value_brief(v, arena);
        if (v.kind != VALUE_STRING && v.kind != VALUE_NUMBER)
                return text_from(value_kind_name(v.kind));
        return text_format(arena, "the %s %.*s", v.kind == VALUE_STRING ? "string" : "number",
                           TEXT_ARG(value_brief(v, arena)));
}

/* "8" where 8 is wanted. */
static bool is_only_quoted(struct value v, enum value_kind kind) {
        struct text t = value_text(v);
        uint64_t ignored;

        if (kind == VALUE_BOOL)
                return text_equal(t, TEXT("true")) || text_equal(t, TEXT("false"));
        return text_to_u64(t, &ignored);
}

bool reader_refuse_kind(struct reader *rd, const struct member *f, enum value_kind kind) {
        /* Elsewhere it may be a token, written where the name of its Secret belongs. */
        if (kind == VALUE_NUMBER || kind == VALUE_BOOL)
                reader_refuse(rd, f, "must be %s, but is %.*s%s", value_kind_name(kind),
                              TEXT_ARG(reader_kind_and_value(f->value, rd->arena)),
                              is_only_quoted(f->value, kind) ? ": leave out the quotes" : "");
        else
                reader_refuse(rd, f, "must be %s, but is %s", value_kind_name(kind),
                              value_kind_name(f->value.kind));
        return false;
}

bool reader_needed_text(struct reader *rd, const struct member *f, struct text *ret) {
        if (member_is_absent(f)) {
                reader_refuse(rd, f, "is required");
                return false;
        }
        if (f->value.kind == VALUE_STRING && f->value.len == 0) {
                reader_refuse(rd, f, "must not be empty");
                return false;
        }
        return reader_text(rd, f, ret);
}

bool reader_check_range(struct reader *rd, const struct member *f, int64_t min, int64_t max,
                        int64_t *ret) {
        int64_t number;

        if (!value_is_integer(f->value, &number)) {
                reader_refuse(rd, f, "%.*s is not a whole number",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
                return false;
        }
        if (number < min || number > max) {
                reader_refuse(rd, f, "%lld is not within %lld and %lld", (long long)number,
                              (long long)min, (long long)max);
                return false;
        }
        *ret = number;
        return true;
}

static struct text list_words(struct arena *arena, const struct text *words, size_t n) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        builder_string(&b, ", ");
                builder_text(&b, words[i]);
        }
        return builder_done(&b);
}

bool reader_bounded_text(struct reader *rd, const struct member *f, size_t max, struct text *ret) {
        struct text t;

        if (!reader_text(rd, f, &t))
                return false;
        if (t.len > max) {
                reader_refuse(rd, f, "has %zu bytes, and at most %zu fit the ledger", t.len, max);
                return false;
        }
        *ret = t;
        return true;
}

bool reader_word(struct reader *rd, const struct member *f, const struct text *words, size_t n,
                 unsigned int *ret) {
        struct text word;

        if (!reader_text(rd, f, &word))
                return false;
        for (size_t i = 0; i < n; i++) {
                if (text_equal(word, words[i])) {
                        *ret = (unsigned int)i;
                        return true;
                }
        }
        reader_refuse(rd, f, "must be %s%.*s, not %.*s", n > 1 ? "one of " : "",
                      TEXT_ARG(list_words(rd->arena, words, n)),
                      TEXT_ARG(value_brief(f->value, rd->arena)));
        return false;
}

bool reader_quantity(struct reader *rd, const struct member *f, struct text *ret_text,
                     struct quantity *ret) {
        struct text written;
        struct quantity quantity;
        struct fault fault;

        if (f->value.kind == VALUE_NUMBER)
                written = value_brief(f->value, rd->arena);
        else if (!reader_text(rd, f, &written))
                return false;
        if (quantity_parse(written, &quantity, &fault) < 0) {
                reader_refuse(rd, f, "%s", fault.message);
                return false;
        }
        if (quantity.nano <= 0) {
                reader_refuse(rd, f, "%.*s is not above 0",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
                return false;
        }
        *ret_text = written;
        *ret = quantity;
        return true;
}

bool reader_bytes(struct reader *rd, const struct member *f, int64_t *ret_bytes) {
        struct quantity quantity;
        struct text written;

        if (!reader_quantity(rd, f, &written, &quantity))
                return false;
        *ret_bytes = quantity_whole(quantity);
        return true;
}

/* What nearly all lists are, and then where an item stands is not needed. */
static bool are_texts(struct value list) {
        struct value_iter it = value_iterate(list);
        struct value item;

        while (value_next(&it, NULL, &item)) {
                if (item.kind != VALUE_STRING || item.len == 0)
                        return false;
        }
        return true;
}

bool reader_texts(struct reader *rd, const struct member *f, struct value *ret) {
        struct value_iter it = value_iterate(f->value);
        struct value item;
        size_t n_before = rd->n_mistakes;

        if (!reader_list(rd, f))
                return false;
        if (are_texts(f->value)) {
                *ret = f->value;
                return true;
        }
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct text ignored;

                reader_needed_text(rd, MEMBER_OF(member_element(f, i, item)), &ignored);
        }
        if (rd->n_mistakes > n_before)
                return false;
        *ret = f->value;
        return true;
}

static void refuse_member(struct reader *rd, const struct member *map, struct text key,
                          const struct text *names, size_t n) {
        struct member f = member_named(map, key, (struct value) { 0 });
        struct text nearest = { 0 };

        if (reader_hears(rd))
                nearest = text_nearest(key, names, n);
        if (!text_is_empty(nearest))
                reader_refuse(rd, &f, "unknown member: is %.*s meant?", TEXT_ARG(nearest));
        else if (n <= FEW && reader_hears(rd))
                reader_refuse(rd, &f, "unknown member, not one of %.*s",
                              TEXT_ARG(list_words(rd->arena, names, n)));
        else
                reader_refuse(rd, &f, "unknown member");
}

void reader_refuse_unknown(struct reader *rd, const struct member *map, const struct text *names,
                           size_t n) {
        struct value_member *members;
        size_t n_members;

        /* In the order of their names, so that the first mistake is always the same one. */
        if (value_members(map->value, rd->arena, &members, &n_members) < 0)
                return;
        for (size_t i = 0; i < n_members; i++) {
                bool known = false;

                for (size_t j = 0; j < n && !known; j++)
                        known = text_equal(members[i].key, names[j]);
                if (!known)
                        refuse_member(rd, map, members[i].key, names, n);
        }
}
