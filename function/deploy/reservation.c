/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reservation in the two forms in which it is kept: a ConfigMap's data, and
 * the assignment annotation of the service.
 */
#include "deploy/reservation.h"

#include "base/arena.h"
#include "wire/utf8.h"

int64_t reservation_units(const struct reservation *r) {
        int64_t units;

        if (__builtin_mul_overflow(r->nodes, r->units_per_node, &units) ||
            __builtin_mul_overflow(units, r->replicas, &units))
                return INT64_MAX;
        return units;
}

int reservation_compare_place(const struct reservation *a, const struct reservation *b) {
        int order = text_compare(a->environment, b->environment);

        if (order == 0)
                order = text_compare(a->pool, b->pool);
        if (order == 0)
                order = text_compare(a->mig_profile, b->mig_profile);
        return order;
}

/* Every member once: its key, where it is, whether it is a number, and in which forms it is kept.
 */
enum form { FORM_DATA = 1, FORM_ANNOTATION = 2, FORM_BOTH = 3 };

struct reservation_member {
        struct text key;
        enum form form;
        bool optional;        /* absent, a number counts the same and nobody need be told */
        size_t text_offset;   /* of a struct text, or */
        size_t number_offset; /* of an int64_t */
        int64_t unreadable;   /* what a number counts that cannot be read */
        int64_t least;
};

#define NONE ((size_t)-1)
#define STRING(key, field)                                                                         \
        { TEXT_INIT(key), FORM_BOTH, false, offsetof(struct reservation, field), NONE, 0, 0 }
#define NUMBER(key, form, field, unreadable, least, optional)                                      \
        {                                                                                          \
                TEXT_INIT(key), form, optional, NONE, offsetof(struct reservation, field),         \
                        unreadable, least                                                          \
        }

/* Sorted by key, as they are written. */
static const struct reservation_member members[] = {
        NUMBER("admitted", FORM_DATA, admitted, 0, 0, false),
        STRING("created", created),
        STRING("environment", environment),
        STRING("migProfile", mig_profile),
        STRING("model", model),
        NUMBER("nodes", FORM_BOTH, nodes, 1, 1, false),
        NUMBER("order", FORM_BOTH, order, 0, 0, true),
        STRING("pool", pool),
        NUMBER("priority", FORM_BOTH, priority, 0, INT64_MIN, true),
        NUMBER("replicas", FORM_BOTH, replicas, 1, 0, false),
        STRING("resourceName", resource_name),
        STRING("servingProfile", serving_profile),
        NUMBER("unitsPerNode", FORM_BOTH, units_per_node, 1, 1, false),
};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

static struct text *text_of(const struct reservation_member *m, struct reservation *r) {
        return (struct text *)(void *)((char *)r + m->text_offset);
}

static int64_t *number_of(const struct reservation_member *m, struct reservation *r) {
        return (int64_t *)(void *)((char *)r + m->number_offset);
}

static bool read_number(struct text t, int64_t *ret) {
        bool negative = t.len > 0 && t.data[0] == '-';
        uint64_t magnitude;

        if (!text_to_u64(text_slice(t, negative, t.len), &magnitude) || magnitude > INT64_MAX)
                return false;
        *ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
        return true;
}

static bool read_member_number(const struct reservation_member *m, struct text t, int64_t *ret) {
        return read_number(t, ret) && *ret >= m->least;
}

static void set_number(const struct reservation_member *m, struct reservation *r, struct text t) {
        int64_t number;

        *number_of(m, r) = read_member_number(m, t, &number) ? number : m->unreadable;
}

bool reservation_unreadable(struct value data, size_t *at, struct unreadable *ret) {
        while (*at < N_MEMBERS) {
                const struct reservation_member *m = &members[(*at)++];
                struct value written;
                int64_t number;

                if (m->number_offset == NONE)
                        continue;
                written = value_get(data, m->key);
                if ((written.kind == VALUE_ABSENT && m->optional) ||
                    read_member_number(m, value_text(written), &number))
                        continue;
                *ret = (struct unreadable) { m->key, written, m->unreadable };
                return true;
        }
        return false;
}

/* The controller among the owners: {kind, group} as given; its name, or empty. */
static struct text controller_name(struct value owners, struct text kind, struct text group) {
        enum { CONTROLLER, KIND, VERSION, NAME, N };
        static const struct text keys[N] = { TEXT_INIT("controller"), TEXT_INIT("kind"),
                                             TEXT_INIT("apiVersion"), TEXT_INIT("name") };
        struct value_iter it = value_iterate(owners);
        struct value owner, found[N];

        while (value_next(&it, NULL, &owner)) {
                struct text version;

                value_pick(owner, keys, N, found);
                version = value_text(found[VERSION]);
                if (value_is_true(found[CONTROLLER]) && text_equal(value_text(found[KIND]), kind) &&
                    text_equal(text_slice(version, 0, text_index(version, '/')), group))
                        return value_text(found[NAME]);
        }
        return (struct text) { 0 };
}

/* A name that is broken is no name: where it is the pool's, nothing is held there. */
static void clear_broken(struct reservation *r) {
        for (size_t i = 0; i < N_MEMBERS; i++) {
                if (members[i].number_offset != NONE)
                        continue;
                if (utf8_check(*text_of(&members[i], r)) != UTF8_GOOD)
                        *text_of(&members[i], r) = (struct text) { 0 };
        }
}

bool reservation_from_data(struct value data, struct reservation *ret) {
        enum { LEAVING = N_MEMBERS, N };
        struct text keys[N] = { [LEAVING] = TEXT("leaving") };
        struct reservation r = { 0 };
        struct value found[N];

        for (size_t i = 0; i < N_MEMBERS; i++)
                keys[i] = members[i].key;
        value_pick(data, keys, N, found);
        r.leaving = text_equal(value_text(found[LEAVING]), TEXT("true"));
        for (size_t i = 0; i < N_MEMBERS; i++) {
                if (members[i].number_offset != NONE)
                        set_number(&members[i], &r, value_text(found[i]));
                else
                        *text_of(&members[i], &r) = value_text(found[i]);
        }
        if (r.admitted > r.replicas)
                r.admitted = r.replicas;
        if (data.may_be_broken)
                clear_broken(&r);
        if (text_is_empty(r.environment) || text_is_empty(r.pool))
                return false;
        *ret = r;
        return true;
}

bool reservation_read(struct value config_map, struct text kind, struct text group,
                      struct reservation *ret) {
        static const struct text outer[] = { TEXT_INIT("metadata"), TEXT_INIT("data") };
        static const struct text inner[] = { TEXT_INIT("ownerReferences"), TEXT_INIT("namespace") };
        struct value object[2], metadata[2];
        struct text deployment;
        struct reservation r;

        value_pick(config_map, outer, 2, object);
        value_pick(object[0], inner, 2, metadata);
        object[1].may_be_broken = config_map.may_be_broken;
        deployment = controller_name(metadata[0], kind, group);
        if (text_is_empty(deployment) || !reservation_from_data(object[1], &r))
                return false;
        r.namespace_ = value_text(metadata[1]);
        r.deployment = deployment;
        *ret = r;
        return true;
}

struct node *reservation_data(const struct reservation *r, struct arena *arena) {
        struct reservation copy = *r;
        struct node *data = node_map(arena);

        for (size_t i = 0; i < N_MEMBERS; i++) {
                const struct reservation_member *m = &members[i];
                struct text t;

                if (m->number_offset != NONE) {
                        struct builder b;

                        builder_init(&b, arena);
                        builder_i64(&b, *number_of(m, &copy));
                        t = builder_done(&b);
                } else {
                        t = *text_of(m, &copy);
                }
                node_set(data, m->key, node_string(arena, t));
        }
        if (r->leaving)
                node_set_string(data, "leaving", TEXT("true"));
        return data;
}

struct text reservation_annotation(const struct reservation *r, struct arena *arena) {
        struct reservation copy = *r;
        struct builder b;
        const char *separator = "{";

        builder_init(&b, arena);
        for (size_t i = 0; i < N_MEMBERS; i++) {
                const struct reservation_member *m = &members[i];

                if (!(m->form & FORM_ANNOTATION))
                        continue;
                builder_string(&b, separator);
                builder_json(&b, m->key);
                builder_char(&b, ':');
                if (m->number_offset != NONE)
                        builder_i64(&b, *number_of(m, &copy));
                else
                        builder_json(&b, *text_of(m, &copy));
                separator = ",";
        }
        builder_char(&b, '}');
        return builder_done(&b);
}

/* What builder_json() writes behind a backslash, at *at: a quote, a backslash, or u00XX. */
static bool read_escape(struct text t, size_t *at, char *ret) {
        static const struct text digits = TEXT_INIT("0123456789abcdef");
        struct text escape = text_slice(t, *at + 1, *at + 6);
        size_t high, low;

        if (escape.len > 0 && (escape.data[0] == '"' || escape.data[0] == '\\')) {
                *ret = escape.data[0];
                *at += 1;
                return true;
        }
        if (escape.len < 5 || !text_starts_with(escape, TEXT("u00")))
                return false;
        high = text_index(digits, escape.data[3]);
        low = text_index(digits, escape.data[4]);
        if (high >= 2 || low == digits.len)
                return false;
        *ret = (char)(high * 16 + low);
        *at += 5;
        return true;
}

/* One string of the annotation, after its opening quote. */
static bool read_string(struct text *rest, struct arena *arena, struct text *ret) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < rest->len; i++) {
                char c = rest->data[i];

                if (c == '"') {
                        *rest = text_slice(*rest, i + 1, rest->len);
                        *ret = builder_done(&b);
                        return true;
                }
                if (c == '\\' && !read_escape(*rest, &i, &c))
                        return false;
                builder_char(&b, c);
        }
        return false;
}

static bool skip(struct text *rest, char c) {
        if (rest->len == 0 || rest->data[0] != c)
                return false;
        *rest = text_slice(*rest, 1, rest->len);
        return true;
}

/* A member's value: a string or a whole number; kept when the key is one of ours. */
static bool read_member(struct text *rest, struct arena *arena, struct reservation *r) {
        struct text key, t = { 0 };
        bool string;

        if (!skip(rest, '"') || !read_string(rest, arena, &key) || !skip(rest, ':'))
                return false;
        string = skip(rest, '"');
        if (string) {
                if (!read_string(rest, arena, &t))
                        return false;
        } else {
                size_t end = 0;

                while (end < rest->len && rest->data[end] != ',' && rest->data[end] != '}')
                        end++;
                t = text_slice(*rest, 0, end);
                *rest = text_slice(*rest, end, rest->len);
        }
        for (size_t i = 0; i < N_MEMBERS; i++) {
                const struct reservation_member *m = &members[i];

                if (!(m->form & FORM_ANNOTATION) || !text_equal(m->key, key))
                        continue;
                if (string != (m->number_offset == NONE))
                        return false;
                if (string)
                        *text_of(m, r) = t;
                else
                        set_number(m, r, t);
        }
        return true;
}

bool reservation_from_annotation(struct text json, struct arena *arena, struct reservation *ret) {
        struct reservation r = { .nodes = 1, .units_per_node = 1, .replicas = 1 };
        struct text rest = json;

        if (!skip(&rest, '{'))
                return false;
        do {
                if (!read_member(&rest, arena, &r))
                        return false;
        } while (skip(&rest, ','));
        if (!skip(&rest, '}') || rest.len > 0)
                return false;
        clear_broken(&r);
        if (text_is_empty(r.environment) || text_is_empty(r.pool))
                return false;
        r.admitted = r.replicas;
        *ret = r;
        return true;
}
