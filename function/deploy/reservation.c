/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reservation in the two forms in which it is kept: a GPUReservation's spec, and
 * the assignment annotation of the service.
 */
#include "deploy/reservation.h"

#include "base/arena.h"
#include "base/base32.h"
#include "base/count.h"
#include "wire/utf8.h"
#include "yaml/tree.h"

int64_t reservation_units(const struct reservation *r) {
        int64_t units;

        if (__builtin_mul_overflow(r->nodes, r->units_per_node, &units) ||
            __builtin_mul_overflow(units, r->reserved, &units))
                return INT64_MAX;
        return units;
}

struct text reservation_state(const struct reservation *r) {
        if (r->leaving)
                return TEXT("Leaving");
        if (r->reserved == 0)
                return TEXT("Parked");
        if (r->served)
                return TEXT("Serving");
        return r->used > 0 ? TEXT("Starting") : TEXT("Reserved");
}

int reservation_compare_place(const struct reservation *a, const struct reservation *b) {
        int order = text_compare(a->environment, b->environment);

        if (order == 0)
                order = text_compare(a->pool, b->pool);
        if (order == 0)
                order = text_compare(a->mig_profile, b->mig_profile);
        return order;
}

bool reservation_is_same(const struct reservation *a, const struct reservation *b) {
        return text_equal(a->name, b->name) &&
               reservation_is_owned(a, b->namespace_, b->deployment, b->uid);
}

struct text reservation_suffix(const struct reservation *r) {
        static const struct text key = TEXT_INIT("crossplane.io/composition-resource-name");
        static const struct text prefix = TEXT_INIT("reservation-");
        struct text composed = value_text(value_get(r->annotations, key));

        return text_starts_with(composed, prefix) ? text_slice(composed, prefix.len, composed.len)
                                                  : (struct text) { 0 };
}

bool reservation_is_owned(const struct reservation *r, struct text namespace_, struct text name,
                          struct text uid) {
        return text_equal(r->namespace_, namespace_) && text_equal(r->deployment, name) &&
               (text_is_empty(r->uid) || text_is_empty(uid) || text_equal(r->uid, uid));
}

/* ---- members --------------------------------------------------------------------------------- */

/* Texts of the spec, and of the annotation where they do not change at transitions. */
struct text_member {
        struct text key;
        bool annotated;
        bool is_place;
        size_t most;   /* characters, in the schema */
        size_t offset; /* of a struct text */
};

#define STRING(key, field, ...)                                                                    \
        { TEXT_INIT(key), __VA_ARGS__, offsetof(struct reservation, field) }

static const struct text_member texts[] = {
        STRING("environment", environment, true, true, 253),
        STRING("migProfile", mig_profile, true, true, 32),
        STRING("pool", pool, true, true, 63),
        STRING("resourceName", resource_name, true, false, 317),
        STRING("revision", revision, false, false, BASE32_DIGITS),
        STRING("servingProfile", serving_profile, true, false, 63),
};
enum { MODEL_KIND_MOST = 63, MODEL_NAME_MOST = 253 };

/* Numbers of both. What cannot be read counts as said here. */
struct number_member {
        struct text key;
        bool in_spec, annotated;
        bool optional; /* need not be there */
        int64_t least, most;
        int64_t unreadable;
        struct text counts; /* for sentences */
        size_t offset;      /* of an int64_t */
};

#define NUMBER(key, field, ...)                                                                    \
        { TEXT_INIT(key), __VA_ARGS__, offsetof(struct reservation, field) }
#define COUNT_MAX RESERVATION_COUNT_MAX

static const struct number_member numbers[] = {
        NUMBER("nodes", nodes, true, true, false, 1, COUNT_MAX, 1, TEXT_INIT("counts 1")),
        NUMBER("order", order, true, true, true, 0, RESERVATION_ORDER_MAX, INT64_MAX,
               TEXT_INIT("comes last")),
        NUMBER("priority", priority, true, false, true, INT32_MIN, INT32_MAX, 0,
               TEXT_INIT("counts 0")),
        NUMBER("reserved", reserved, true, false, false, 0, COUNT_MAX, 1, TEXT_INIT("counts 1")),
        NUMBER("surge", surge, false, true, true, 0, COUNT_MAX, 0, TEXT_INIT("counts 0")),
        NUMBER("unitsPerNode", units_per_node, true, true, false, 1, COUNT_MAX, 1,
               TEXT_INIT("counts 1")),
        NUMBER("used", used, true, false, false, 0, COUNT_MAX, INT64_MAX,
               TEXT_INIT("counts all that is reserved")),
};
enum { N_TEXTS = COUNT_OF(texts), N_NUMBERS = COUNT_OF(numbers) };

static struct text *text_of(const struct text_member *m, struct reservation *r) {
        return (struct text *)(void *)((char *)r + m->offset);
}

static int64_t *number_of(const struct number_member *m, struct reservation *r) {
        return (int64_t *)(void *)((char *)r + m->offset);
}

/* Has it no more characters than that? */
static bool is_within(struct text t, size_t most) {
        size_t characters = 0;

        for (size_t i = 0; t.len > most && i < t.len; i++)
                characters += ((unsigned char)t.data[i] & 0xC0) != 0x80;
        return characters <= most;
}

static bool read_number(const struct number_member *m, struct value v, int64_t *ret) {
        return value_is_integer(v, ret) && *ret >= m->least && *ret <= m->most;
}

bool reservation_unreadable(struct value spec, size_t *at, struct unreadable *ret) {
        while (*at < N_NUMBERS) {
                const struct number_member *m = &numbers[(*at)++];
                struct value written = value_get(spec, m->key);
                int64_t number;

                if (!m->in_spec || (written.kind == VALUE_ABSENT && m->optional) ||
                    read_number(m, written, &number))
                        continue;
                *ret = (struct unreadable) { m->key, written, m->counts };
                return true;
        }
        return false;
}

static bool has_place(const struct reservation *r) {
        return !text_is_empty(r->environment) && !text_is_empty(r->pool);
}

/* A tenant can write the annotation: a place that no pool can have is none. */
static bool has_possible_place(struct reservation *r) {
        for (size_t i = 0; i < N_TEXTS; i++) {
                if (texts[i].is_place && !is_within(*text_of(&texts[i], r), texts[i].most))
                        return false;
        }
        return has_place(r);
}

/* ---- the spec -------------------------------------------------------------------------------- */

/* What cannot be read of a reservation is used: it must not be given away. */
static void settle_used(struct reservation *r, struct value reserved) {
        int64_t ignored;

        if (r->used > r->reserved || !value_is_integer(reserved, &ignored) ||
            ignored != r->reserved)
                r->used = r->reserved;
}

/* A name that is broken is no name: where it is the pool's, nothing is held there. */
static void clear_broken(struct reservation *r) {
        struct text *of_model[] = { &r->model_kind, &r->model_name };

        for (size_t i = 0; i < N_TEXTS; i++) {
                if (utf8_check(*text_of(&texts[i], r)) != UTF8_GOOD)
                        *text_of(&texts[i], r) = (struct text) { 0 };
        }
        for (size_t i = 0; i < COUNT_OF(of_model); i++) {
                if (utf8_check(*of_model[i]) != UTF8_GOOD)
                        *of_model[i] = (struct text) { 0 };
        }
}

bool reservation_from_spec(struct value spec, struct reservation *ret) {
        enum { MODEL, SERVED, STATE, TEXTS, NUMBERS = TEXTS + N_TEXTS, N = NUMBERS + N_NUMBERS };
        struct text keys[N] = {
                [MODEL] = TEXT("model"), [SERVED] = TEXT("served"), [STATE] = TEXT("state")
        };
        struct reservation r = { 0 };
        struct value found[N], reserved = { 0 };

        for (size_t i = 0; i < N_TEXTS; i++)
                keys[TEXTS + i] = texts[i].key;
        for (size_t i = 0; i < N_NUMBERS; i++)
                keys[NUMBERS + i] = numbers[i].key;
        value_pick(spec, keys, N, found);
        for (size_t i = 0; i < N_TEXTS; i++)
                *text_of(&texts[i], &r) = value_text(found[TEXTS + i]);
        r.model_kind = value_get_text(found[MODEL], "kind");
        r.model_name = value_get_text(found[MODEL], "name");
        if (spec.may_be_broken)
                clear_broken(&r);
        if (!has_place(&r))
                return false;
        for (size_t i = 0; i < N_NUMBERS; i++) {
                int64_t *number = number_of(&numbers[i], &r);

                if (!numbers[i].in_spec)
                        continue;
                if (!read_number(&numbers[i], found[NUMBERS + i], number))
                        *number = numbers[i].unreadable;
                if (number == &r.reserved)
                        reserved = found[NUMBERS + i];
        }
        settle_used(&r, reserved);
        r.served = value_is_true(found[SERVED]);
        r.leaving = text_equal(value_text(found[STATE]), TEXT("Leaving"));
        *ret = r;
        return true;
}

/* The controller among the owners: of that group, and of that kind or a ModelDeployment. */
static bool find_controller(struct value owners, struct text kind, struct text group,
                            struct reservation *ret) {
        enum { CONTROLLER, KIND, VERSION, NAME, UID, N };
        static const struct text keys[N] = { TEXT_INIT("controller"), TEXT_INIT("kind"),
                                             TEXT_INIT("apiVersion"), TEXT_INIT("name"),
                                             TEXT_INIT("uid") };
        struct value_iter it = value_iterate(owners);
        struct value owner, found[N];

        while (value_next(&it, NULL, &owner)) {
                struct text version, its_kind;

                value_pick(owner, keys, N, found);
                version = value_text(found[VERSION]);
                its_kind = value_text(found[KIND]);
                if (!value_is_true(found[CONTROLLER]) || text_is_empty(value_text(found[NAME])) ||
                    !text_equal(text_slice(version, 0, text_index(version, '/')), group) ||
                    (!text_equal(its_kind, kind) && !text_equal(its_kind, TEXT("ModelDeployment"))))
                        continue;
                ret->deployment = value_text(found[NAME]);
                ret->uid = value_text(found[UID]);
                return true;
        }
        return false;
}

bool reservation_is_kind(struct value object) {
        return text_equal(value_get_text(object, "kind"), TEXT(RESERVATION_KIND)) &&
               text_equal(value_get_text(object, "apiVersion"), TEXT(RESERVATION_API_VERSION));
}

bool reservation_read(struct value object, struct text kind, struct text group,
                      struct reservation *ret) {
        enum { METADATA, SPEC, KIND, VERSION, N };
        static const struct text outer[N] = { TEXT_INIT("metadata"), TEXT_INIT("spec"),
                                              TEXT_INIT("kind"), TEXT_INIT("apiVersion") };
        enum { OWNERS, NAMESPACE, NAME, UID, GENERATION, ANNOTATIONS, DELETION, N_INNER };
        static const struct text inner[N_INNER] = { TEXT_INIT("ownerReferences"),
                                                    TEXT_INIT("namespace"),
                                                    TEXT_INIT("name"),
                                                    TEXT_INIT("uid"),
                                                    TEXT_INIT("generation"),
                                                    TEXT_INIT("annotations"),
                                                    TEXT_INIT("deletionTimestamp") };
        struct value found[N], metadata[N_INNER];
        struct reservation owner = { 0 }, r;

        value_pick(object, outer, N, found);
        if (!text_equal(value_text(found[KIND]), TEXT(RESERVATION_KIND)) ||
            !text_equal(value_text(found[VERSION]), TEXT(RESERVATION_API_VERSION)))
                return false;
        found[SPEC].may_be_broken = object.may_be_broken;
        value_pick(found[METADATA], inner, N_INNER, metadata);
        if (!find_controller(metadata[OWNERS], kind, group, &owner) ||
            !reservation_from_spec(found[SPEC], &r))
                return false;
        r.namespace_ = value_text(metadata[NAMESPACE]);
        r.name = value_text(metadata[NAME]);
        r.object_uid = value_text(metadata[UID]);
        value_is_integer(metadata[GENERATION], &r.generation);
        r.annotations = metadata[ANNOTATIONS];
        r.deleting = metadata[DELETION].kind != VALUE_ABSENT;
        r.deployment = owner.deployment;
        r.uid = owner.uid;
        *ret = r;
        return true;
}

static struct node *model_node(const struct reservation *r, struct arena *arena) {
        struct node *model = node_map(arena);

        node_set_string(model, "kind", r->model_kind);
        node_set_string(model, "name", r->model_name);
        return model;
}

/* Within the schema, whatever was observed. */
static int64_t bounded(int64_t number, int64_t most) {
        return number < most ? number : most;
}

/*
 * May it be composed? One text that the schema refuses, and the API server keeps all of the old
 * object. Some are of what a tenant can write: the annotation, the pods' own variable.
 */
static bool is_allowed(const struct text_member *m, struct text t) {
        if (m->offset == offsetof(struct reservation, revision))
                return base32_is_16(t);
        return !text_is_empty(t) && is_within(t, m->most);
}

struct node *reservation_spec(const struct reservation *r, struct arena *arena) {
        struct reservation copy = *r;
        struct node *spec = node_map(arena);

        if (!text_is_empty(r->model_name) && is_within(r->model_name, MODEL_NAME_MOST) &&
            is_within(r->model_kind, MODEL_KIND_MOST))
                node_set(spec, TEXT("model"), model_node(r, arena));
        for (size_t i = 0; i < N_TEXTS; i++) {
                struct text t = *text_of(&texts[i], &copy);

                if (is_allowed(&texts[i], t))
                        node_set(spec, texts[i].key, node_string(arena, t));
        }
        for (size_t i = 0; i < N_NUMBERS; i++) {
                if (numbers[i].in_spec)
                        node_set(spec, numbers[i].key,
                                 node_integer(arena, bounded(*number_of(&numbers[i], &copy),
                                                             numbers[i].most)));
        }
        node_set_bool(spec, "served", r->served);
        node_set_string(spec, "state", reservation_state(r));
        node_set_integer(spec, "units", bounded(reservation_units(r), RESERVATION_COUNT_MAX));
        return spec;
}

/* ---- the annotation -------------------------------------------------------------------------- */

static void append_string(struct builder *b, const char *separator, const char *key,
                          struct text value) {
        builder_string(b, separator);
        builder_json(b, text_from(key));
        builder_char(b, ':');
        builder_json(b, value);
}

struct text reservation_annotation(const struct reservation *r, struct arena *arena) {
        struct reservation copy = *r;
        const char *separator = "{";
        struct builder b;

        builder_init(&b, arena);
        if (!text_is_empty(r->model_name)) {
                append_string(&b, "{\"model\":{", "kind", r->model_kind);
                append_string(&b, ",", "name", r->model_name);
                builder_char(&b, '}');
                separator = ",";
        }
        for (size_t i = 0; i < N_TEXTS; i++) {
                struct text t = *text_of(&texts[i], &copy);

                if (!texts[i].annotated || text_is_empty(t))
                        continue;
                append_string(&b, separator, texts[i].key.data, t);
                separator = ",";
        }
        for (size_t i = 0; i < N_NUMBERS; i++) {
                if (!numbers[i].annotated)
                        continue;
                builder_string(&b, separator);
                builder_json(&b, numbers[i].key);
                builder_char(&b, ':');
                builder_i64(&b, bounded(*number_of(&numbers[i], &copy), numbers[i].most));
                separator = ",";
        }
        builder_char(&b, '}');
        return builder_done(&b);
}

/* Returns false where a member of ours is of another kind. */
static bool read_annotated(const struct tree *t, struct reservation *r) {
        struct text plain = tree_plain(t);
        uint64_t number;

        for (size_t i = 0; i < N_TEXTS; i++) {
                if (!texts[i].annotated || !text_equal(texts[i].key, t->key))
                        continue;
                *text_of(&texts[i], r) = t->text;
                return t->quoted;
        }
        for (size_t i = 0; i < N_NUMBERS; i++) {
                const struct number_member *m = &numbers[i];

                if (!m->annotated || !text_equal(m->key, t->key))
                        continue;
                if (text_to_u64(plain, &number) && number <= (uint64_t)m->most &&
                    (int64_t)number >= m->least)
                        *number_of(m, r) = (int64_t)number;
                else
                        *number_of(m, r) = m->unreadable;
                return plain.len > 0;
        }
        return true;
}

static void read_annotated_model(const struct tree *model, struct reservation *r) {
        for (const struct tree *each = model->first; each; each = each->next) {
                if (each->quoted && text_equal(each->key, TEXT("kind")))
                        r->model_kind = each->text;
                if (each->quoted && text_equal(each->key, TEXT("name")))
                        r->model_name = each->text;
        }
}

bool reservation_from_annotation(struct text json, struct arena *arena, struct reservation *ret) {
        struct reservation r = { .nodes = 1, .units_per_node = 1 };
        const struct tree *root;
        struct fault unused;

        if (tree_read(json, arena, &root, &unused) < 0 || !root || root->kind != TREE_MAP)
                return false;
        for (const struct tree *each = root->first; each; each = each->next) {
                if (text_equal(each->key, TEXT("model")))
                        read_annotated_model(each, &r);
                else if (!read_annotated(each, &r))
                        return false;
        }
        clear_broken(&r);
        if (!has_possible_place(&r))
                return false;
        *ret = r;
        return true;
}
