/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/whole.h"

#include <stdlib.h>

#include "base/arena.h"
#include "v1/whole.pb-c.h"
#include "wire/encode.h"
#include "wire/node.h"

typedef Google__Protobuf__Struct struct_tree;
typedef Google__Protobuf__Value value_tree;
typedef Apiextensions__Fn__Proto__V1__Resource resource_tree;
typedef Apiextensions__Fn__Proto__V1__State state_tree;
typedef Apiextensions__Fn__Proto__V1__Resources resources_tree;
typedef Apiextensions__Fn__Proto__V1__RunFunctionRequest request_tree;

/* ---- a Struct -------------------------------------------------------------------------------- */

static struct node *node_of_struct(const struct_tree *tree, struct arena *arena);

static struct text copy(const char *string, struct arena *arena) {
        return text_copy(arena, text_from(string));
}

static struct node *node_of_list(const Google__Protobuf__ListValue *tree, struct arena *arena);

static struct node *node_of_value(const value_tree *value, struct arena *arena) {
        if (!value)
                return node_null(arena);
        switch (value->kind_case) {
        case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
                return node_number(arena, value->number_value);
        case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
                return node_string(arena, copy(value->string_value, arena));
        case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
                return node_bool(arena, value->bool_value);
        case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
                return node_of_struct(value->struct_value, arena);
        case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
                return node_of_list(value->list_value, arena);
        case GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE:
        case GOOGLE__PROTOBUF__VALUE__KIND__NOT_SET:
        case _GOOGLE__PROTOBUF__VALUE__KIND__CASE_IS_INT_SIZE:
                break;
        }
        return node_null(arena);
}

static struct node *node_of_list(const Google__Protobuf__ListValue *tree, struct arena *arena) {
        struct node *list = node_list(arena);

        for (size_t i = 0; i < tree->n_values; i++)
                node_append(list, node_of_value(tree->values[i], arena));
        return list;
}

static struct node *node_of_struct(const struct_tree *tree, struct arena *arena) {
        struct node *map = node_map(arena);

        for (size_t i = 0; i < tree->n_fields; i++)
                node_set(map, copy(tree->fields[i]->key, arena),
                         node_of_value(tree->fields[i]->value, arena));
        return map;
}

static struct text print(struct value v, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        value_print(v, &b);
        return builder_done(&b);
}

static struct text print_struct(const struct_tree *tree, struct arena *arena) {
        struct text encoded;

        if (!tree || node_encode(node_of_struct(tree, arena), arena, &encoded) < 0)
                return TEXT("-");
        return print(value_of_struct(encoded), arena);
}

bool whole_agrees(struct text bytes, struct arena *arena, struct text *ret_ours,
                  struct text *ret_theirs) {
        struct_tree *tree =
                google__protobuf__struct__unpack(NULL, bytes.len, (const uint8_t *)bytes.data);

        *ret_ours = print(value_of_struct(bytes), arena);
        *ret_theirs = tree ? print_struct(tree, arena) : TEXT("no Struct");
        if (tree)
                google__protobuf__struct__free_unpacked(tree, NULL);
        return text_equal(*ret_ours, *ret_theirs);
}

/* ---- a request, one line for each thing in it -------------------------------------------------
 */

/* Lines that are sorted before they are compared: maps have no order, and answers have ours. */
struct lines {
        struct arena *arena;
        struct text *items;
        size_t n, cap;
};

static void add(struct lines *lines, struct text line) {
        if (lines->n == lines->cap) {
                size_t cap = lines->cap == 0 ? 16 : lines->cap * 2;
                struct text *items = ARENA_ARRAY(lines->arena, cap, struct text);

                for (size_t i = 0; items && i < lines->n; i++)
                        items[i] = lines->items[i];
                lines->items = items;
                lines->cap = cap;
        }
        if (lines->items)
                lines->items[lines->n++] = line;
}

static void add_resource(struct lines *lines, const char *where, struct text key, int ready,
                         struct text object) {
        add(lines, text_format(lines->arena, "%s \"%.*s\" %d %.*s\n", where, TEXT_ARG(key), ready,
                               TEXT_ARG(object)));
}

static int by_bytes(const void *a, const void *b) {
        return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static struct text joined(struct lines *lines) {
        if (lines->n > 0)
                qsort(lines->items, lines->n, sizeof(*lines->items), by_bytes);
        return text_join(lines->arena, lines->items, lines->n);
}

static struct text print_object(struct value object, struct arena *arena) {
        return object.kind == VALUE_ABSENT ? TEXT("-") : print(object, arena);
}

static void add_our_state(struct lines *lines, const char *where, const struct state *state,
                          bool objects) {
        add_resource(lines, where, TEXT("composite"), (int)state->composite.ready,
                     print_object(state->composite.object, lines->arena));
        for (size_t i = 0; i < state->n_resources; i++) {
                const struct resource *r = &state->resources[i];

                add_resource(lines, where, r->name, (int)r->ready,
                             objects ? print_object(r->object, lines->arena) : TEXT("sealed"));
        }
}

static struct text our_request(const struct request *request, struct arena *arena) {
        struct lines lines = { .arena = arena };

        add_resource(&lines, "tag", request->tag, request->has_capabilities, TEXT(""));
        add_our_state(&lines, "observed", &request->observed, true);
        add_our_state(&lines, "desired", &request->desired, false);
        add_resource(&lines, "input", TEXT(""), 0, print_object(request->input, arena));
        add_resource(&lines, "context", TEXT(""), 0, print_object(request->context, arena));
        for (size_t i = 0; i < request->n_required; i++) {
                const struct answer_set *set = &request->required[i];

                add_resource(&lines, "answer", set->key, (int)set->n_items, TEXT(""));
                for (size_t k = 0; k < set->n_items; k++)
                        add_resource(&lines, "item", set->key, 0,
                                     print_object(set->items[k].object, arena));
        }
        return joined(&lines);
}

static int ready_of(const resource_tree *r) {
        return r && (r->ready == 1 || r->ready == 2) ? (int)r->ready : 0;
}

static void add_their_resource(struct lines *lines, const char *where, const char *key,
                               const resource_tree *r, bool objects) {
        struct text object = TEXT("sealed");

        if (objects)
                object = print_struct(r ? r->resource : NULL, lines->arena);
        add_resource(lines, where, copy(key, lines->arena), ready_of(r), object);
}

/* protobuf-c keeps every entry of a map; the last of a key counts. */
#define IS_LAST(entries, n, i) is_last((const void *const *)(entries), (n), (i))

struct any_entry {
        ProtobufCMessage base;
        char *key; /* as in every entry that protobuf-c makes of a map with strings as keys */
};

static bool is_last(const void *const *entries, size_t n, size_t i) {
        const struct any_entry *entry = entries[i];

        for (size_t k = i + 1; k < n; k++) {
                const struct any_entry *later = entries[k];

                if (text_equal(text_from(later->key), text_from(entry->key)))
                        return false;
        }
        return true;
}

static void add_their_state(struct lines *lines, const char *where, const state_tree *state,
                            bool objects) {
        add_their_resource(lines, where, "composite", state ? state->composite : NULL, true);
        for (size_t i = 0; state && i < state->n_resources; i++) {
                if (IS_LAST(state->resources, state->n_resources, i))
                        add_their_resource(lines, where, state->resources[i]->key,
                                           state->resources[i]->value, objects);
        }
}

static void add_their_answer(struct lines *lines, const char *key, const resources_tree *found) {
        size_t n = found ? found->n_items : 0;

        add_resource(lines, "answer", copy(key, lines->arena), (int)n, TEXT(""));
        /* Nothing asks whether an item of an answer is ready. */
        for (size_t i = 0; i < n; i++)
                add_resource(lines, "item", copy(key, lines->arena), 0,
                             print_struct(found->items[i] ? found->items[i]->resource : NULL,
                                          lines->arena));
}

static bool is_required(const request_tree *tree, const char *key) {
        for (size_t i = 0; i < tree->n_required_resources; i++) {
                if (text_equal(text_from(tree->required_resources[i]->key), text_from(key)))
                        return true;
        }
        return false;
}

static struct text their_request(const request_tree *tree, struct arena *arena) {
        struct lines lines = { .arena = arena };

        add_resource(&lines, "tag", tree->meta ? copy(tree->meta->tag, arena) : TEXT(""),
                     tree->meta && tree->meta->n_capabilities > 0, TEXT(""));
        add_their_state(&lines, "observed", tree->observed, true);
        add_their_state(&lines, "desired", tree->desired, false);
        add_resource(&lines, "input", TEXT(""), 0, print_struct(tree->input, arena));
        add_resource(&lines, "context", TEXT(""), 0, print_struct(tree->context, arena));
        for (size_t i = 0; i < tree->n_required_resources; i++) {
                if (IS_LAST(tree->required_resources, tree->n_required_resources, i))
                        add_their_answer(&lines, tree->required_resources[i]->key,
                                         tree->required_resources[i]->value);
        }
        for (size_t i = 0; i < tree->n_extra_resources; i++) {
                const char *key = tree->extra_resources[i]->key;

                if (IS_LAST(tree->extra_resources, tree->n_extra_resources, i) &&
                    !is_required(tree, key))
                        add_their_answer(&lines, key, tree->extra_resources[i]->value);
        }
        return joined(&lines);
}

/* ---- what nobody reads ------------------------------------------------------------------------
 */

/* Field numbers of proto/v1/run_function.proto, in the order of the messages. */
enum { DESIRED = 3, CREDENTIALS = 7, SCHEMAS = 9 };
enum { STATE_RESOURCES = 2, RESOURCE_OBJECT = 1 };

enum level { REQUEST, STATE, ENTRY, RESOURCE };

/*
 * The message without what is stepped over unread: protobuf-c refuses a request
 * for a mistake there, and the guard does not.
 */
static struct text without_unread(struct text message, enum level level, struct arena *arena) {
        static const uint32_t opened[] = { DESIRED, STATE_RESOURCES, ENTRY_VALUE, 0 };
        struct parts parts;
        struct field field;

        parts_init(&parts, arena);
        while (field_next(&message, &field)) {
                if (level == REQUEST && (field.number == CREDENTIALS || field.number == SCHEMAS))
                        continue;
                if (level == RESOURCE && field_is(&field, RESOURCE_OBJECT))
                        continue;
                if (field_is(&field, opened[level]))
                        parts_bytes(&parts, field.number,
                                    without_unread(field.bytes, level + 1, arena));
                else
                        parts_raw(&parts, field.record);
        }
        return parts_joined(&parts);
}

bool whole_agrees_on_request(struct text bytes, const struct request *request, struct arena *arena,
                             struct text *ret_ours, struct text *ret_theirs) {
        struct text read = without_unread(bytes, REQUEST, arena);
        request_tree *tree = apiextensions__fn__proto__v1__run_function_request__unpack(
                NULL, read.len, (const uint8_t *)read.data);

        *ret_ours = our_request(request, arena);
        *ret_theirs = tree ? their_request(tree, arena) : TEXT("no RunFunctionRequest");
        if (tree)
                apiextensions__fn__proto__v1__run_function_request__free_unpacked(tree, NULL);
        return text_equal(*ret_ours, *ret_theirs);
}
