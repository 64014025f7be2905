/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/schema.h"

#include <errno.h>
#include <regex.h>

#include "base/arena.h"
#include "base/fault.h"
#include "render/object.h"
#include "wire/value_print.h"
#include "yaml/read.h"

/* ---- the files that are built in ------------------------------------------------------------- */

/* Made of the package's files by proto/embed.py. */
extern const unsigned char schema_environments[], schema_cluster_models[], schema_models[],
        schema_deployments[], schema_inputs[];
extern const size_t schema_environments_len, schema_cluster_models_len, schema_models_len,
        schema_deployments_len, schema_inputs_len;

static const struct file {
        const unsigned char *bytes;
        const size_t *len;
} files[N_SCHEMAS] = {
        { schema_environments, &schema_environments_len },
        { schema_cluster_models, &schema_cluster_models_len },
        { schema_models, &schema_models_len },
        { schema_deployments, &schema_deployments_len },
        { schema_inputs, &schema_inputs_len },
};

static int load(const struct file *file, struct arena *arena, struct schema *ret) {
        struct text bytes = { (const char *)file->bytes, *file->len };
        struct objects objects;
        struct value_iter it;
        struct value object, version;
        struct fault fault;
        int r = yaml_read(bytes, "schema", arena, &objects, &fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0 || objects.n != 1)
                BUG("a schema that is built in is no YAML");
        object = objects.items[0];
        it = value_iterate(value_at(object, "spec.versions"));
        if (!value_next(&it, NULL, &version))
                BUG("a schema that is built in has no version");
        ret->kind = text_at(object, "spec.names.kind");
        ret->api_version = text_format(arena, "%.*s/%.*s", TEXT_ARG(text_at(object, "spec.group")),
                                       TEXT_ARG(text_at(version, "name")));
        ret->is_namespaced = text_equal(text_at(object, "spec.scope"), TEXT("Namespaced"));
        ret->root = value_at(version, "schema.openAPIV3Schema");
        return 0;
}

int schema_load(struct arena *arena, struct schemas *ret) {
        for (size_t i = 0; i < N_SCHEMAS; i++) {
                int r = load(&files[i], arena, &ret->items[i]);

                if (r < 0)
                        return r;
        }
        return arena_failed(arena) ? -ENOMEM : 0;
}

const struct schema *schema_find(const struct schemas *schemas, struct text kind) {
        for (size_t i = 0; i < N_SCHEMAS; i++) {
                if (text_equal(schemas->items[i].kind, kind))
                        return &schemas->items[i];
        }
        return NULL;
}

struct text schema_nearest(const struct schemas *schemas, struct text kind) {
        struct text names[N_SCHEMAS];

        for (size_t i = 0; i < N_SCHEMAS; i++)
                names[i] = schemas->items[i].kind;
        return text_nearest(kind, names, N_SCHEMAS);
}

/* ---- unknown members --------------------------------------------------------------- */

static const struct text of_objects[] = { TEXT_INIT("apiVersion"), TEXT_INIT("kind"),
                                          TEXT_INIT("metadata"), TEXT_INIT("status") };

/* Crossplane's own, v2 and before. */
static const struct text of_crossplane[] = {
        TEXT_INIT("crossplane"),
        TEXT_INIT("claimRef"),
        TEXT_INIT("compositionRef"),
        TEXT_INIT("compositionRevisionRef"),
        TEXT_INIT("compositionRevisionSelector"),
        TEXT_INIT("compositionSelector"),
        TEXT_INIT("compositionUpdatePolicy"),
        TEXT_INIT("publishConnectionDetailsTo"),
        TEXT_INIT("resourceRefs"),
        TEXT_INIT("writeConnectionSecretToRef"),
};

static bool is_among(struct text key, const struct text *names, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text_equal(key, names[i]))
                        return true;
        }
        return false;
}

/* What is written at the top and in spec beside what the schema has. */
static bool is_passed_over(const struct member *map, struct text key) {
        if (!map->above)
                return is_among(key, of_objects, COUNT_OF(of_objects));
        return !map->above->above && text_equal(map->name, TEXT("spec")) &&
               is_among(key, of_crossplane, COUNT_OF(of_crossplane));
}

enum { DEPTH_MAX = 8 };

static struct value keyword(struct value schema, const char *name) {
        return value_get(schema, text_from(name));
}

/* The path of a member of that name depth levels below; empty: there is none. */
static struct text find_deep(struct value schema, struct text key, struct text path, int depth,
                             struct arena *arena) {
        struct value_iter it = value_iterate(keyword(schema, "properties"));
        struct value items = keyword(schema, "items"), member;
        struct text name, found;

        if (items.kind == VALUE_MAP)
                return find_deep(items, key, text_format(arena, "%.*s[]", TEXT_ARG(path)), depth,
                                 arena);
        while (value_next(&it, &name, &member)) {
                struct text below = text_format(arena, "%.*s%s%.*s", TEXT_ARG(path),
                                                path.len ? "." : "", TEXT_ARG(name));

                if (depth == 0) {
                        if (text_equal(name, key))
                                return below;
                        continue;
                }
                found = find_deep(member, key, below, depth - 1, arena);
                if (!text_is_empty(found))
                        return found;
        }
        return (struct text) { 0 };
}

/* Where a member of that name belongs, the shallowest first: "spec.nodePools". */
static struct text find_place(struct value schema, struct text key, struct arena *arena) {
        struct text found = { 0 };

        for (int depth = 1; depth < DEPTH_MAX && text_is_empty(found); depth++)
                found = find_deep(schema, key, (struct text) { 0 }, depth, arena);
        return found;
}

/* "spec.serving[].poolSelector of a ClusterModel": what is written in the wrong kind. */
static struct text find_elsewhere(const struct schemas *all, struct text key, struct arena *arena) {
        for (size_t i = 0; i < N_SCHEMAS; i++) {
                struct text kind = all->items[i].kind;
                struct text place = find_place(all->items[i].root, key, arena);

                if (!text_is_empty(place))
                        return text_format(arena, "%.*s of %s %.*s", TEXT_ARG(place),
                                           kind.data[0] == 'I' ? "an" : "a", TEXT_ARG(kind));
        }
        return (struct text) { 0 };
}

enum { NAMES_MAX = 64 };

static size_t names_of(struct value properties, const struct member *map, struct text *ret) {
        struct value_iter it = value_iterate(properties);
        struct text name;
        struct value ignored;
        size_t n = 0;

        while (n < NAMES_MAX && value_next(&it, &name, &ignored))
                ret[n++] = name;
        for (size_t i = 0; !map->above && i < COUNT_OF(of_objects) && n < NAMES_MAX; i++)
                ret[n++] = of_objects[i];
        return n;
}

struct walk {
        struct reader *rd;
        struct value root;         /* of the schema */
        const struct schemas *all; /* only unknown members are looked for; else NULL */
};

/* What belongs below the map is named as seen from there; else as seen from the top. */
static void refuse_member(struct walk *w, struct value schema, const struct member *map,
                          struct text key) {
        struct text names[NAMES_MAX];
        size_t n = names_of(keyword(schema, "properties"), map, names);
        struct member f = member_named(map, key, (struct value) { 0 });
        struct text nearest = text_nearest(key, names, n);

        if (text_is_empty(nearest))
                nearest = find_place(schema, key, w->rd->arena);
        if (text_is_empty(nearest))
                nearest = find_place(w->root, key, w->rd->arena);
        if (text_is_empty(nearest) && w->all)
                nearest = find_elsewhere(w->all, key, w->rd->arena);
        if (text_is_empty(nearest))
                reader_refuse(w->rd, &f, "unknown member");
        else
                reader_refuse(w->rd, &f, "unknown member: is %.*s meant?", TEXT_ARG(nearest));
}

/* ---- what is written ---------------------------------------------------------------------------
 */

static void check_value(struct walk *w, struct value schema, const struct member *f);

/* A number of the schema; fallback where it has none. */
static int64_t bound(struct value schema, const char *name, int64_t fallback) {
        int64_t number;

        return value_is_integer(keyword(schema, name), &number) ? number : fallback;
}

static void check_size(struct walk *w, const struct member *f, struct value schema,
                       const char *least, const char *most, const char *what) {
        int64_t n = (int64_t)value_count(f->value);
        int64_t min = bound(schema, least, 0), max = bound(schema, most, INT64_MAX);

        if (n < min)
                reader_refuse(w->rd, f, "has %lld %s, and at least %lld are needed", (long long)n,
                              what, (long long)min);
        if (n > max)
                reader_refuse(w->rd, f, "has %lld %s, and may have at most %lld", (long long)n,
                              what, (long long)max);
}

static void check_required(struct walk *w, struct value schema, const struct member *map) {
        struct value_iter it = value_iterate(keyword(schema, "required"));
        struct value name;

        while (value_next(&it, NULL, &name)) {
                struct member f = member_named(map, value_bytes(name),
                                               value_get(map->value, value_bytes(name)));

                if (member_is_absent(&f) &&
                    !(!map->above && is_passed_over(map, value_bytes(name))))
                        reader_refuse(w->rd, &f, "is required");
        }
}

static void check_members(struct walk *w, struct value schema, const struct member *map) {
        struct value properties = keyword(schema, "properties");
        struct value others = keyword(schema, "additionalProperties");
        bool any = value_is_true(keyword(schema, "x-kubernetes-preserve-unknown-fields"));
        struct value_member *members;
        size_t n;

        /* A map of which nothing is described may hold anything: metadata. */
        any |= properties.kind == VALUE_ABSENT && others.kind == VALUE_ABSENT;
        if (value_members(map->value, w->rd->arena, &members, &n) < 0)
                return;
        for (size_t i = 0; i < n; i++) {
                struct text key = members[i].key;
                struct value below = value_get(properties, key);
                struct member f = member_named(map, key, members[i].value);

                if (is_passed_over(map, key) || member_is_absent(&f))
                        continue;
                if (below.kind == VALUE_MAP) {
                        check_value(w, below, &f);
                } else if (others.kind == VALUE_MAP) {
                        f = member_key(map, key, members[i].value);
                        check_value(w, others, &f);
                } else if (!any) {
                        refuse_member(w, schema, map, key);
                }
        }
}

static void check_map(struct walk *w, struct value schema, const struct member *map) {
        check_size(w, map, schema, "minProperties", "maxProperties", "members");
        check_required(w, schema, map);
        check_members(w, schema, map);
}

/* Do two elements agree in all keys of a list that is a map, or as a whole in a set? */
static bool are_alike(struct value keys, struct value a, struct value b, struct arena *arena) {
        struct value_iter it = value_iterate(keys);
        struct value key;

        if (keys.kind != VALUE_LIST)
                return value_equal(a, b, arena);
        while (value_next(&it, NULL, &key)) {
                struct value of_a = value_get(a, value_bytes(key)),
                             of_b = value_get(b, value_bytes(key));

                if (of_a.kind == VALUE_ABSENT || !value_equal(of_a, of_b, arena))
                        return false;
        }
        return true;
}

static void check_twice(struct walk *w, struct value schema, const struct member *list, size_t at,
                        struct value element) {
        struct value keys = keyword(schema, "x-kubernetes-list-map-keys"), earlier;
        struct value_iter it = value_iterate(list->value);
        struct member f = member_element(list, at, element);

        for (size_t i = 0; i < at && value_next(&it, NULL, &earlier); i++) {
                if (!are_alike(keys, earlier, element, w->rd->arena))
                        continue;
                reader_refuse(w->rd, &f, "is in the list twice%s%.*s",
                              keys.kind ? ": its name is that of element " : "",
                              TEXT_ARG(keys.kind ? text_format(w->rd->arena, "%zu", i)
                                                 : (struct text) { 0 }));
                return;
        }
}

static void check_list(struct walk *w, struct value schema, const struct member *list) {
        struct value below = keyword(schema, "items"), element;
        struct value_iter it = value_iterate(list->value);
        struct text type = value_text(keyword(schema, "x-kubernetes-list-type"));
        bool is_unique = text_equal(type, TEXT("map")) || text_equal(type, TEXT("set"));
        int64_t most = bound(schema, "maxItems", INT64_MAX);

        check_size(w, list, schema, "minItems", "maxItems", "elements");
        for (size_t i = 0; value_next(&it, NULL, &element); i++) {
                struct member f = member_element(list, i, element);

                if (member_is_absent(&f)) {
                        reader_refuse(w->rd, &f, "is null");
                        continue;
                }
                check_value(w, below, &f);
                if (is_unique && (int64_t)i < most)
                        check_twice(w, schema, list, i, element);
        }
}

/* ---- scalars -----------------------------------------------------------------------------------
 */

/*
 * Schemas escape a bracket inside of brackets, and POSIX wants it to stand first there:
 * "[a[\]-]" is "[]a[-]".
 */
static struct text posix_pattern(struct text pattern, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < pattern.len; i++) {
                size_t end;

                builder_char(&b, pattern.data[i]);
                if (pattern.data[i] == '\\' && i + 1 < pattern.len)
                        builder_char(&b, pattern.data[++i]);
                else if (pattern.data[i] != '[')
                        continue;
                else {
                        struct text escaped = TEXT("\\]");

                        for (end = i + 1; end < pattern.len && pattern.data[end] != ']'; end++)
                                end += pattern.data[end] == '\\';
                        if (text_contains(text_slice(pattern, i, end), escaped))
                                builder_char(&b, ']');
                        for (i++; i < end; i++) {
                                if (text_starts_with(text_slice(pattern, i, end), escaped))
                                        i++;
                                else
                                        builder_char(&b, pattern.data[i]);
                        }
                        builder_char(&b, ']');
                }
        }
        builder_char(&b, '\0');
        return builder_done(&b);
}

bool schema_matches(struct text pattern, struct text t, struct arena *arena) {
        struct text expression = posix_pattern(pattern, arena);
        struct text subject = text_format(arena, "%.*s%c", TEXT_ARG(t), 0);
        regex_t compiled;
        bool matches;

        if (arena_failed(arena))
                return true; /* who asks finds out */
        if (regcomp(&compiled, expression.data, REG_EXTENDED | REG_NOSUB) != 0)
                BUG("a schema that is built in has an unreadable pattern");
        matches = regexec(&compiled, subject.data, 0, NULL, 0) == 0;
        regfree(&compiled);
        return matches;
}

static int64_t characters_of(struct text t) {
        int64_t n = 0;

        for (size_t i = 0; i < t.len; i++)
                n += ((unsigned char)t.data[i] & 0xc0) != 0x80;
        return n;
}

static void check_words(struct walk *w, struct value words, const struct member *f) {
        struct value_iter it = value_iterate(words);
        struct text all = { 0 };
        struct value word;
        size_t n = 0;

        while (value_next(&it, NULL, &word)) {
                if (text_equal(value_text(word), value_text(f->value)))
                        return;
                all = text_format(w->rd->arena, "%.*s%s%.*s", TEXT_ARG(all), n++ ? ", " : "",
                                  TEXT_ARG(value_text(word)));
        }
        reader_refuse(w->rd, f, "must be %s%.*s, not %.*s", n > 1 ? "one of " : "", TEXT_ARG(all),
                      TEXT_ARG(value_brief(f->value, w->rd->arena)));
}

static void check_string(struct walk *w, struct value schema, const struct member *f) {
        struct text pattern = value_text(keyword(schema, "pattern")), t = value_text(f->value);
        struct value words = keyword(schema, "enum");
        int64_t n = characters_of(t), most = bound(schema, "maxLength", INT64_MAX);

        if (n < bound(schema, "minLength", 0))
                reader_refuse(w->rd, f, "must not be empty");
        else if (n > most)
                reader_refuse(w->rd, f, "has %lld characters, and may have at most %lld",
                              (long long)n, (long long)most);
        else if (!text_is_empty(pattern) && !schema_matches(pattern, t, w->rd->arena))
                reader_refuse(w->rd, f, "%.*s does not match %.*s",
                              TEXT_ARG(value_brief(f->value, w->rd->arena)), TEXT_ARG(pattern));
        if (words.kind == VALUE_LIST)
                check_words(w, words, f);
}

static void check_integer(struct walk *w, struct value schema, const struct member *f) {
        int64_t ignored;

        reader_integer(w->rd, f, bound(schema, "minimum", INT64_MIN),
                       bound(schema, "maximum", INT64_MAX), &ignored);
}

static void check_integer_or_string(struct walk *w, struct value schema, const struct member *f) {
        if (f->value.kind == VALUE_STRING)
                check_string(w, schema, f);
        else if (f->value.kind != VALUE_NUMBER)
                reader_refuse(w->rd, f, "must be a whole number or a string, but is %.*s",
                              TEXT_ARG(reader_kind_and_value(f->value, w->rd->arena)));
        else if (!value_is_integer(f->value, NULL))
                reader_refuse(w->rd, f,
                              "must be a whole number or a string, but is %.*s: put it in quotes",
                              TEXT_ARG(reader_kind_and_value(f->value, w->rd->arena)));
}

/* Below these the function itself says what is unknown. */
static bool is_the_functions(const struct member *f) {
        static const struct text names[] = {
                TEXT_INIT("env"),      TEXT_INIT("environmentSelector"), TEXT_INIT("nodePools"),
                TEXT_INIT("requires"), TEXT_INIT("poolSelector"),        TEXT_INIT("tolerations"),
        };

        return f->kind == MEMBER_NAMED && is_among(f->name, names, COUNT_OF(names));
}

static void check_names(struct walk *w, struct value schema, const struct member *f) {
        struct value items = keyword(schema, "items"), element;
        struct value_iter it = value_iterate(f->value);

        if (is_the_functions(f))
                return;
        if (f->value.kind == VALUE_MAP && items.kind == VALUE_ABSENT)
                check_members(w, schema, f);
        for (size_t i = 0; f->value.kind == VALUE_LIST && value_next(&it, NULL, &element); i++) {
                struct member below = member_element(f, i, element);

                check_names(w, items, &below);
        }
}

/* As deep as the schema. */
static void check_value(struct walk *w, struct value schema, const struct member *f) {
        struct text type = value_text(keyword(schema, "type"));

        if (w->all) {
                check_names(w, schema, f);
                return;
        }
        if (value_is_true(keyword(schema, "x-kubernetes-int-or-string"))) {
                check_integer_or_string(w, schema, f);
        } else if (text_equal(type, TEXT("object"))) {
                if (reader_map(w->rd, f))
                        check_map(w, schema, f);
        } else if (text_equal(type, TEXT("array"))) {
                if (reader_list(w->rd, f))
                        check_list(w, schema, f);
        } else if (text_equal(type, TEXT("string"))) {
                if (reader_kind(w->rd, f, VALUE_STRING))
                        check_string(w, schema, f);
        } else if (text_equal(type, TEXT("integer"))) {
                check_integer(w, schema, f);
        } else if (text_equal(type, TEXT("boolean"))) {
                reader_kind(w->rd, f, VALUE_BOOL);
        } else {
                BUG("a schema that is built in has a type that is not known");
        }
}

void schema_check(const struct schema *schema, const struct member *object, struct reader *rd) {
        struct walk w = { .rd = rd, .root = schema->root };

        check_value(&w, schema->root, object);
}

void schema_check_names(const struct schemas *all, const struct schema *schema,
                        const struct member *object, struct reader *rd) {
        struct walk w = { .rd = rd, .root = schema->root, .all = all };

        check_value(&w, schema->root, object);
}
