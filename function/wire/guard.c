/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table, shapes.c, says of each message what its fields are; one loop walks the
 * bytes with a stack of the messages that are open. The stack has a fixed size
 * because only Struct and ListValue can hold themselves, and their depth is
 * bounded.
 */
#include "wire/guard.h"

#include <errno.h>

#include "wire/field.h"
#include "wire/schema_internal.h"
#include "wire/utf8.h"

/* Tags of google.protobuf.Value, of an entry of a Struct, and of the only field of Struct and
 * ListValue. */
enum {
        TAG_NULL = 1 << 3 | WIRE_VARINT,
        TAG_NUMBER = 2 << 3 | WIRE_FIXED64,
        TAG_STRING = FIELD_TAG(3),
        TAG_BOOL = 4 << 3 | WIRE_VARINT,
        TAG_STRUCT = FIELD_TAG(5),
        TAG_LIST = FIELD_TAG(6),
        TAG_KEY = FIELD_TAG(ENTRY_KEY),
        TAG_VALUE = FIELD_TAG(2),
        TAG_ITEM = FIELD_TAG(1),
};

/* The same of State and Resource. */
enum {
        TAG_RESOURCES = FIELD_TAG(2),
        TAG_OBJECT = FIELD_TAG(1),
        TAG_READY = 3 << 3 | WIRE_VARINT,
};

/* A level of JSON opens three messages at most: Value, Struct, entry. The rest is envelope. */
enum { OPEN_MAX = 3 * GUARD_DEPTH_MAX + 16 };

struct open {
        const char *end;
        enum message message;
        uint32_t seen; /* bits of the ONE and SEALED fields that have come */
        bool is_metadata;
};

struct walk {
        bool (*reads)(struct text name); /* of observed resources; NULL: all are read */
        const char *p;                   /* what follows, in the innermost message that is open */
        struct open *open;
        size_t n_levels;
        size_t n_elements;
        int verdict; /* 0 or GUARD_BROKEN */
        struct open stack[OPEN_MAX];
};

static int refuse(struct fault *fault, int error, const struct shape *shape,
                  const struct rule *rule, const char *why) {
        if (rule && rule->name)
                fault_set(fault, "%s.%s %s", shape->name, rule->name, why);
        else
                fault_set(fault, "%s %s", shape->name, why);
        return error;
}

static bool are_varints(const char *p, const char *end) {
        uint64_t number;

        while (p < end) {
                if (!field_varint(&p, end, 10, &number))
                        return false;
        }
        return true;
}

/* Keys and texts of JSON: the reader of that object refuses it. */
static void check_text(struct walk *walk, struct text text) {
        if (!utf8_is_plain(text) && utf8_check(text) != UTF8_GOOD)
                walk->verdict = GUARD_BROKEN;
}

/* Names, tags and keys of the envelope: what they name would be another's if they were cut. */
static int check_string(struct text text, const struct shape *shape, const struct rule *rule,
                        struct fault *fault) {
        if (utf8_is_plain(text))
                return 0;
        switch (utf8_check(text)) {
        case UTF8_GOOD:
                return 0;
        case UTF8_BROKEN:
                return refuse(fault, -EBADMSG, shape, rule, "is not UTF-8");
        case UTF8_HAS_NUL:
                break;
        }
        return refuse(fault, -EBADMSG, shape, rule, "holds a NUL byte");
}

static int open_message(struct walk *walk, enum message message, size_t len, struct fault *fault) {
        if (shapes[message].is_level && ++walk->n_levels > GUARD_DEPTH_MAX)
                return refuse(fault, -E2BIG, &shapes[message], NULL, "is nested too deeply");
        if (walk->open == walk->stack + OPEN_MAX - 1)
                BUG("messages nest deeper than their levels allow");
        *++walk->open = (struct open) { .end = walk->p + len, .message = message };
        return 0;
}

/*
 * What a repeated field opens. An observed resource that is not read is stepped
 * over as a desired one is; so is what was asked for, until request_open().
 */
static enum message element(const struct walk *walk, const struct rule *rule, size_t len) {
        struct text name;

        if (!walk->reads)
                return rule->child;
        if (walk->open->message == RESOURCES)
                return SEALED_RESOURCE;
        if (rule->child != STATE_ENTRY)
                return rule->child;
        name = field_entry_key((struct text) { .data = walk->p, .len = len });
        return walk->reads(name) ? STATE_ENTRY : DESIRED_ENTRY;
}

/* A field of bytes whose length has been read: opened when it is a message, else stepped over. */
static int check_bytes(struct walk *walk, const struct shape *shape, const struct rule *rule,
                       size_t len, struct fault *fault) {
        struct text bytes = { .data = walk->p, .len = len };

        switch (rule->what) {
        case STRING:
                walk->p += len;
                return check_string(bytes, shape, rule, fault);
        case TEXT_OF_JSON:
                check_text(walk, bytes);
                break;
        case ONE:
        case SEALED: {
                uint32_t bit = 1u << (rule - shape->fields);

                if (walk->open->seen & bit)
                        return refuse(fault, -EBADMSG, shape, rule, "comes twice");
                walk->open->seen |= bit;
                if (rule->what == ONE)
                        return open_message(walk, rule->child, len, fault);
                break;
        }
        case MANY:
                return open_message(walk, element(walk, rule, len), len, fault);
        case ENUMS:
                if (!are_varints(walk->p, walk->p + len))
                        return refuse(fault, -EBADMSG, shape, rule, "is cut or no protobuf");
                break;
        case VARINT:
        case DOUBLE:
                return refuse(fault, -EBADMSG, shape, rule, "has another wire type");
        case UNKNOWN:
        case BYTES:
                break;
        }
        walk->p += len;
        return 0;
}

static bool is_scalar_of(enum wire_type type, enum field_kind what) {
        switch (what) {
        case UNKNOWN:
                return true;
        case VARINT:
        case ENUMS:
                return type == WIRE_VARINT;
        case DOUBLE:
                return type == WIRE_FIXED64;
        case STRING:
        case TEXT_OF_JSON:
        case BYTES:
        case ONE:
        case MANY:
        case SEALED:
                break;
        }
        return false;
}

static int check_field(struct walk *walk, struct fault *fault) {
        static const struct rule unknown = { NULL, UNKNOWN, 0 };
        const struct shape *shape = &shapes[walk->open->message];
        const struct rule *rule;
        struct field_head head;

        if (!field_head(&walk->p, walk->open->end, &head))
                return refuse(fault, -EBADMSG, shape, NULL, "is cut or no protobuf");
        rule = head.number < FIELDS_MAX ? &shape->fields[head.number] : &unknown;
        if (rule->what == UNKNOWN || rule->what == MANY || rule->what == ENUMS) {
                if (++walk->n_elements > GUARD_ELEMENTS_MAX)
                        return refuse(fault, -E2BIG, shape, rule, "is one element too many");
        }
        if (head.type == WIRE_BYTES)
                return check_bytes(walk, shape, rule, (size_t)head.scalar, fault);
        if (!is_scalar_of(head.type, rule->what))
                return refuse(fault, -EBADMSG, shape, rule, "has another wire type");
        return 0;
}

/* ---- the usual members of a Struct and elements of a list, taken whole ----------------------- */

/* A Value of one scalar field, all of [p, end); *ret_text is set where it is a string. */
static bool is_plain_scalar(const char *p, const char *end, struct text *ret_text) {
        switch (*p) {
        case TAG_STRING:
                return field_take(&p, end, TAG_STRING, ret_text) && p == end;
        case TAG_NUMBER:
                return end - p == 9;
        case TAG_NULL:
        case TAG_BOOL:
                return end - p == 2 && (unsigned char)p[1] < 0x80;
        default:
                return false;
        }
}

/* A Value of one scalar field that takes all of its len bytes, which are below 128. */
static inline bool is_short_scalar(const unsigned char *value, size_t len) {
        switch (value[0]) {
        case TAG_STRING:
                return len == (size_t)value[1] + 2;
        case TAG_NUMBER:
                return len == 9;
        case TAG_NULL:
        case TAG_BOOL:
                return len == 2 && value[1] < 0x80;
        default:
                return false;
        }
}

static inline bool is_known_key(const struct walk *walk, struct text key) {
        return (walk->open->is_metadata && text_equal(key, TEXT("managedFields"))) ||
               (walk->n_levels == 1 && text_equal(key, TEXT("metadata")));
}

/* Opens a map or a list that is a member's value and takes all of its len bytes. */
static inline bool open_short(struct walk *walk, const unsigned char *value, size_t len,
                              struct text key) {
        bool is_struct = value[0] == TAG_STRUCT;

        if ((!is_struct && value[0] != TAG_LIST) || len != (size_t)value[1] + 2 ||
            walk->n_levels == GUARD_DEPTH_MAX || walk->open >= walk->stack + OPEN_MAX - 1 ||
            is_known_key(walk, key) || !utf8_is_plain(key))
                return false;
        walk->n_levels++;
        walk->p = (const char *)value + 2;
        *++walk->open = (struct open) { .end = (const char *)value + len,
                                        .message = is_struct ? STRUCT : LIST };
        return true;
}

/*
 * Steps over a scalar member that is encoded as most encoders do and shorter than
 * 128 bytes, or opens such a map or list. A key and a text are checked in one go
 * with the tag and the length between them, which are no NUL and below 0x80 too.
 */
static inline bool take_member(struct walk *walk) {
        const unsigned char *p = (const unsigned char *)walk->p, *value;
        size_t left = (size_t)(walk->open->end - walk->p), len, key_len, value_len;
        struct text key;

        if (left < 8 || p[0] != TAG_ITEM || p[2] != TAG_KEY)
                return false;
        len = p[1];
        key_len = p[3];
        if (len >= 0x80 || len > left - 2 || key_len + 6 > len || p[key_len + 4] != TAG_VALUE)
                return false;
        value_len = p[key_len + 5];
        if (key_len + value_len + 4 != len)
                return false;
        value = p + key_len + 6;
        key = (struct text) { .data = (const char *)p + 4, .len = key_len };
        if (!is_short_scalar(value, value_len))
                return open_short(walk, value, value_len, key);
        if (value[0] == TAG_STRING)
                key.len = len - 2;
        if (!utf8_is_plain(key))
                return false;
        walk->p += len + 2;
        return true;
}

/* The same for a string in a list. */
static inline bool step_over_string(struct walk *walk) {
        const unsigned char *p = (const unsigned char *)walk->p;
        size_t left = (size_t)(walk->open->end - walk->p), len;

        if (left < 4 || p[0] != TAG_ITEM || p[2] != TAG_STRING)
                return false;
        len = p[1];
        if (len >= 0x80 || len > left - 2 || len != (size_t)p[3] + 2 ||
            !utf8_is_plain((struct text) { .data = (const char *)p + 4, .len = len - 2 }))
                return false;
        walk->p += len + 2;
        return true;
}

/* As many short members or strings as there are one behind the other, in what is opened too. */
static void take_short(struct walk *walk) {
        while (walk->n_elements < GUARD_ELEMENTS_MAX &&
               (walk->open->message == LIST ? step_over_string(walk) : take_member(walk)))
                walk->n_elements++;
}

/*
 * The next member or element if it is encoded as most encoders do: each field
 * once, in order, and nothing else. Returns 1 when it was checked, or opened; 0
 * when it has to be taken field by field.
 */
static int check_plain(struct walk *walk, struct fault *fault) {
        const char *p = walk->p, *value;
        struct text item, inner, key = { 0 }, text = { 0 };
        bool is_struct;
        int r;

        if (walk->n_elements == GUARD_ELEMENTS_MAX ||
            !field_take(&p, walk->open->end, TAG_ITEM, &item))
                return 0;
        value = item.data;
        if (walk->open->message == STRUCT) {
                struct text whole;
                const char *part = value;

                if (!field_take(&part, p, TAG_KEY, &key) ||
                    !field_take(&part, p, TAG_VALUE, &whole) || part != p)
                        return 0;
                value = whole.data;
        }
        if (value == p)
                return 0;
        if (is_plain_scalar(value, p, &text)) {
                walk->n_elements++;
                walk->p = p;
                check_text(walk, key);
                check_text(walk, text);
                return 1;
        }
        is_struct = *value == TAG_STRUCT;
        if (!field_take(&value, p, is_struct ? TAG_STRUCT : TAG_LIST, &inner) || value != p)
                return 0;
        check_text(walk, key);
        walk->n_elements++;
        walk->p = p;
        /* Half of a stored object, and not read. */
        if (walk->open->is_metadata && text_equal(key, TEXT("managedFields")))
                return 1;
        walk->p = inner.data;
        r = open_message(walk, is_struct ? STRUCT : LIST, inner.len, fault);
        if (r < 0)
                return r;
        walk->open->is_metadata = walk->n_levels == 2 && text_equal(key, TEXT("metadata"));
        return 1;
}

/*
 * Steps over a composed resource that is passed through unread and encoded as most
 * encoders do: its key, its object, and how ready it is. Others go field by field.
 */
static bool step_over_resource(struct walk *walk) {
        const char *p = walk->p, *part;
        struct text entry, key, resource, object;

        if (walk->n_elements == GUARD_ELEMENTS_MAX ||
            !field_take(&p, walk->open->end, TAG_RESOURCES, &entry))
                return false;
        part = entry.data;
        if (!field_take(&part, p, TAG_KEY, &key) || !field_take(&part, p, TAG_VALUE, &resource) ||
            part != p || !utf8_is_plain(key))
                return false;
        if (walk->open->message == STATE && (!walk->reads || walk->reads(key)))
                return false;
        part = resource.data;
        if (!field_take(&part, p, TAG_OBJECT, &object))
                return false;
        if (p - part == 2 && part[0] == TAG_READY && (unsigned char)part[1] < 0x80)
                part = p;
        if (part != p)
                return false;
        walk->n_elements++;
        walk->p = p;
        return true;
}

static int check_next(struct walk *walk, struct fault *fault) {
        if ((walk->open->message == DESIRED || walk->open->message == STATE) &&
            step_over_resource(walk))
                return 0;
        if (shapes[walk->open->message].is_level) {
                int r;

                take_short(walk);
                if (walk->p == walk->open->end)
                        return 0;
                r = check_plain(walk, fault);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return check_field(walk, fault);
}

static int guard(struct text bytes, enum message message, bool (*reads)(struct text name),
                 struct fault *fault) {
        struct walk walk;
        int r = 0;

        if (bytes.len == 0)
                return 0;
        if (bytes.len > UINT32_MAX) /* protobuf has no messages of half of that */
                return refuse(fault, -E2BIG, &shapes[message], NULL, "is longer than 4 GiB");
        walk.reads = reads;
        walk.p = bytes.data;
        walk.n_elements = 0;
        walk.verdict = 0;
        walk.n_levels = shapes[message].is_level;
        walk.open = walk.stack;
        *walk.open = (struct open) { .end = bytes.data + bytes.len, .message = message };
        while (r == 0) {
                while (walk.p == walk.open->end) {
                        walk.n_levels -= shapes[walk.open->message].is_level;
                        if (walk.open == walk.stack)
                                return walk.verdict;
                        walk.open--;
                }
                r = check_next(&walk, fault);
        }
        return r;
}

int guard_request(struct text bytes, struct fault *fault) {
        return guard(bytes, REQUEST, NULL, fault);
}

int guard_request_only(struct text bytes, bool (*reads)(struct text name), struct fault *fault) {
        return guard(bytes, REQUEST, reads, fault);
}

int guard_struct(struct text bytes, struct fault *fault) {
        return guard(bytes, STRUCT, NULL, fault);
}

int guard_response(struct text bytes, struct fault *fault) {
        return guard(bytes, RESPONSE, NULL, fault);
}
