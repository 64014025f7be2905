/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table says, for each message, what its fields are; one loop walks the
 * bytes with a stack of the messages that are open. The stack has a fixed size
 * because only Struct and ListValue can hold themselves, and their depth is
 * bounded.
 */
#include "wire/guard.h"

#include <errno.h>

#include "wire/field.h"
#include "wire/utf8.h"

enum what {
        UNKNOWN, /* stepped over */
        VARINT,
        DOUBLE,
        STRING,
        BYTES,
        ENUMS,  /* repeated: one by one, or packed */
        ONE,    /* a message, at most once */
        MANY,   /* a message, any number of times: lists and map entries */
        SEALED, /* a message, at most once, whose inside is not looked at */
};

enum message {
        REQUEST,
        REQUEST_META,
        STATE,
        STATE_ENTRY,
        RESOURCE,
        DESIRED, /* a State whose composed resources are handed on unread */
        DESIRED_ENTRY,
        SEALED_RESOURCE,
        DETAILS_ENTRY,
        RESOURCES_ENTRY,
        RESOURCES,
        RESPONSE,
        RESPONSE_META,
        DURATION,
        RESULT,
        CONDITION,
        REQUIREMENTS,
        SELECTOR_ENTRY,
        SELECTOR,
        MATCH_LABELS,
        LABEL_ENTRY,
        STRUCT,
        STRUCT_ENTRY,
        VALUE,
        LIST,
};

enum { FIELDS_MAX = 9 };

struct rule {
        const char *name;
        enum what what;
        enum message child; /* ONE, MANY */
};

struct shape {
        const char *name;
        bool is_level; /* of JSON */
        struct rule fields[FIELDS_MAX];
};

/* clang-format off */
static const struct shape shapes[] = {
        [REQUEST] = { "RunFunctionRequest", false, {
                [1] = { "meta", ONE, REQUEST_META },
                [2] = { "observed", ONE, STATE },
                [3] = { "desired", ONE, DESIRED },
                [4] = { "input", ONE, STRUCT },
                [5] = { "context", ONE, STRUCT },
                [6] = { "extra_resources", MANY, RESOURCES_ENTRY },
                [8] = { "required_resources", MANY, RESOURCES_ENTRY },
        } },
        [REQUEST_META] = { "RequestMeta", false, {
                [1] = { "tag", STRING },
                [2] = { "capabilities", ENUMS },
        } },
        [STATE] = { "State", false, {
                [1] = { "composite", ONE, RESOURCE },
                [2] = { "resources", MANY, STATE_ENTRY },
        } },
        [STATE_ENTRY] = { "State.resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, RESOURCE },
        } },
        [RESOURCE] = { "Resource", false, {
                [1] = { "resource", ONE, STRUCT },
                [2] = { "connection_details", MANY, DETAILS_ENTRY },
                [3] = { "ready", VARINT },
        } },
        [DESIRED] = { "State", false, {
                [1] = { "composite", ONE, RESOURCE },
                [2] = { "resources", MANY, DESIRED_ENTRY },
        } },
        [DESIRED_ENTRY] = { "State.resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, SEALED_RESOURCE },
        } },
        [SEALED_RESOURCE] = { "Resource", false, {
                [1] = { "resource", SEALED },
                [2] = { "connection_details", MANY, DETAILS_ENTRY },
                [3] = { "ready", VARINT },
        } },
        [DETAILS_ENTRY] = { "Resource.connection_details", false, {
                [1] = { "key", STRING },
                [2] = { "value", BYTES },
        } },
        [RESOURCES_ENTRY] = { "RunFunctionRequest.required_resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, RESOURCES },
        } },
        [RESOURCES] = { "Resources", false, {
                [1] = { "items", MANY, RESOURCE },
        } },
        [RESPONSE] = { "RunFunctionResponse", false, {
                [1] = { "meta", ONE, RESPONSE_META },
                [2] = { "desired", ONE, STATE },
                [3] = { "results", MANY, RESULT },
                [4] = { "context", ONE, STRUCT },
                [5] = { "requirements", ONE, REQUIREMENTS },
                [6] = { "conditions", MANY, CONDITION },
        } },
        [RESPONSE_META] = { "ResponseMeta", false, {
                [1] = { "tag", STRING },
                [2] = { "ttl", ONE, DURATION },
        } },
        [DURATION] = { "Duration", false, {
                [1] = { "seconds", VARINT },
                [2] = { "nanos", VARINT },
        } },
        [RESULT] = { "Result", false, {
                [1] = { "severity", VARINT },
                [2] = { "message", STRING },
                [3] = { "reason", STRING },
                [4] = { "target", VARINT },
        } },
        [CONDITION] = { "Condition", false, {
                [1] = { "type", STRING },
                [2] = { "status", VARINT },
                [3] = { "reason", STRING },
                [4] = { "message", STRING },
                [5] = { "target", VARINT },
        } },
        [REQUIREMENTS] = { "Requirements", false, {
                [1] = { "extra_resources", MANY, SELECTOR_ENTRY },
                [2] = { "resources", MANY, SELECTOR_ENTRY },
        } },
        [SELECTOR_ENTRY] = { "Requirements.resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, SELECTOR },
        } },
        [SELECTOR] = { "ResourceSelector", false, {
                [1] = { "api_version", STRING },
                [2] = { "kind", STRING },
                [3] = { "match_name", STRING },
                [4] = { "match_labels", ONE, MATCH_LABELS },
                [5] = { "namespace", STRING },
        } },
        [MATCH_LABELS] = { "MatchLabels", false, {
                [1] = { "labels", MANY, LABEL_ENTRY },
        } },
        [LABEL_ENTRY] = { "MatchLabels.labels", false, {
                [1] = { "key", STRING },
                [2] = { "value", STRING },
        } },
        [STRUCT] = { "Struct", true, {
                [1] = { "fields", MANY, STRUCT_ENTRY },
        } },
        [STRUCT_ENTRY] = { "Struct.fields", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, VALUE },
        } },
        [VALUE] = { "Value", false, {
                [1] = { "null_value", VARINT },
                [2] = { "number_value", DOUBLE },
                [3] = { "string_value", STRING },
                [4] = { "bool_value", VARINT },
                [5] = { "struct_value", ONE, STRUCT },
                [6] = { "list_value", ONE, LIST },
        } },
        [LIST] = { "ListValue", true, {
                [1] = { "values", MANY, VALUE },
        } },
};
/* clang-format on */

/* A level of JSON opens three messages at most: Value, Struct, entry. The rest is envelope. */
enum { OPEN_MAX = 3 * GUARD_DEPTH_MAX + 16 };

struct open {
        struct text rest;
        enum message message;
        uint32_t seen; /* bits of the ONE and SEALED fields that have come */
};

struct walk {
        struct open open[OPEN_MAX];
        size_t n_open;
        size_t n_levels;
        size_t n_elements;
};

static int refuse(struct fault *fault, int error, const struct shape *shape,
                  const struct rule *rule, const char *why) {
        if (rule && rule->name)
                fault_set(fault, "%s.%s %s", shape->name, rule->name, why);
        else
                fault_set(fault, "%s %s", shape->name, why);
        return error;
}

static enum wire_type type_of(enum what what) {
        switch (what) {
        case VARINT:
                return WIRE_VARINT;
        case DOUBLE:
                return WIRE_FIXED64;
        case UNKNOWN:
        case STRING:
        case BYTES:
        case ENUMS:
        case ONE:
        case MANY:
        case SEALED:
                break;
        }
        return WIRE_BYTES;
}

static bool are_varints(struct text packed) {
        const char *p = packed.data, *end = p + packed.len;
        uint64_t number;

        while (p < end) {
                if (!field_varint(&p, end, 10, &number))
                        return false;
        }
        return true;
}

static int open_message(struct walk *walk, enum message message, struct text bytes,
                        struct fault *fault) {
        if (shapes[message].is_level && ++walk->n_levels > GUARD_DEPTH_MAX)
                return refuse(fault, -E2BIG, &shapes[message], NULL, "is nested too deeply");
        if (walk->n_open == OPEN_MAX)
                BUG("messages nest deeper than their levels allow");
        walk->open[walk->n_open++] = (struct open) { .rest = bytes, .message = message };
        return 0;
}

static int check_string(struct text text, const struct shape *shape, const struct rule *rule,
                        struct fault *fault) {
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

/* One field of the innermost open message; a message in it is opened, not entered. */
static int check_field(struct walk *walk, const struct field *field, struct fault *fault) {
        struct open *open = &walk->open[walk->n_open - 1];
        const struct shape *shape = &shapes[open->message];
        const struct rule *rule = field->number < FIELDS_MAX ? &shape->fields[field->number] : NULL;
        enum what what = rule ? rule->what : UNKNOWN;

        if (what == UNKNOWN || what == MANY || what == ENUMS) {
                if (++walk->n_elements > GUARD_ELEMENTS_MAX)
                        return refuse(fault, -E2BIG, shape, rule, "is one element too many");
        }
        if (what == UNKNOWN || (what == ENUMS && field->type == WIRE_VARINT))
                return 0;
        if (field->type != type_of(what))
                return refuse(fault, -EBADMSG, shape, rule, "has another wire type");
        if (what == ONE || what == SEALED) {
                if (open->seen & 1u << field->number)
                        return refuse(fault, -EBADMSG, shape, rule, "comes twice");
                open->seen |= 1u << field->number;
        }
        if (what == STRING)
                return check_string(field->bytes, shape, rule, fault);
        if (what == ONE || what == MANY)
                return open_message(walk, rule->child, field->bytes, fault);
        if (what == ENUMS && !are_varints(field->bytes))
                return refuse(fault, -EBADMSG, shape, rule, "is cut or no protobuf");
        return 0;
}

static int guard(struct text bytes, enum message message, struct fault *fault) {
        struct walk walk;
        struct field field;
        int r;

        walk.n_open = walk.n_levels = walk.n_elements = 0;
        r = open_message(&walk, message, bytes, fault);
        while (r == 0 && walk.n_open > 0) {
                struct open *open = &walk.open[walk.n_open - 1];

                if (open->rest.len == 0) {
                        walk.n_levels -= shapes[open->message].is_level;
                        walk.n_open--;
                        continue;
                }
                if (!field_next(&open->rest, &field))
                        return refuse(fault, -EBADMSG, &shapes[open->message], NULL,
                                      "is cut or no protobuf");
                r = check_field(&walk, &field, fault);
        }
        return r;
}

int guard_request(struct text bytes, struct fault *fault) {
        return guard(bytes, REQUEST, fault);
}

int guard_struct(struct text bytes, struct fault *fault) {
        return guard(bytes, STRUCT, fault);
}

int guard_response(struct text bytes, struct fault *fault) {
        return guard(bytes, RESPONSE, fault);
}
