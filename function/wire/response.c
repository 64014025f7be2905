/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/printable.h"
#include "wire/encode.h"
#include "wire/requirement.h"
#include "wire/sort.h"

/* Field numbers of proto/v1/run_function.proto */
enum { META = 1, DESIRED = 2, RESULTS = 3, CONTEXT = 4, REQUIREMENTS = 5, CONDITIONS = 6 };
enum { META_TAG = 1, META_TTL = 2, DURATION_SECONDS = 1 };
enum { STATE_COMPOSITE = 1, STATE_RESOURCES = 2 };
enum { RESOURCE_OBJECT = 1, RESOURCE_READY = 3 };
enum { RESULT_SEVERITY = 1, RESULT_MESSAGE = 2, RESULT_REASON = 3, RESULT_TARGET = 4 };
enum { CONDITION_TYPE = 1, CONDITION_STATUS = 2, CONDITION_REASON = 3 };
enum { CONDITION_MESSAGE = 4, CONDITION_TARGET = 5 };
enum { TARGET_COMPOSITE = 1, TARGET_COMPOSITE_AND_CLAIM = 2 };
/* google/protobuf/struct.proto */
enum { STRUCT_FIELDS = 1, VALUE_OF_STRING = 3, VALUE_OF_STRUCT = 5 };

void response_init(struct response *r, struct arena *arena) {
        *r = (struct response) { .arena = arena };
}

/* Room for one more element; NULL when the arena is spent, which it remembers. */
static void *grow(struct response *r, void *array, size_t n, size_t *cap, size_t size) {
        size_t wanted = *cap > 0 ? *cap * 2 : 8;
        void *grown;

        if (n < *cap)
                return array;
        grown = arena_grow(r->arena, array, *cap * size, wanted * size);
        if (grown)
                *cap = wanted;
        return grown;
}

#define APPEND(r, list, element)                                                                   \
        do {                                                                                       \
                void *grown_ =                                                                     \
                        grow((r), (r)->list, (r)->n_##list, &(r)->cap_##list, sizeof(*(r)->list)); \
                if (grown_) {                                                                      \
                        (r)->list = grown_;                                                        \
                        (r)->list[(r)->n_##list++] = (element);                                    \
                }                                                                                  \
        } while (0)

void response_desire(struct response *r, struct desired desired) {
        APPEND(r, desired, desired);
}

void response_condition(struct response *r, struct condition condition) {
        condition.message = printable_text(condition.message, r->arena);
        APPEND(r, conditions, condition);
}

void response_result(struct response *r, struct result result) {
        result.message = printable_text(result.message, r->arena);
        APPEND(r, results, result);
}

void response_require(struct response *r, struct requirement requirement) {
        APPEND(r, requirements, requirement);
}

/* ---- Structs that are changed ---------------------------------------------------------------- */

/* An entry of a Struct: what Value holds under number. */
static void add_member(struct parts *body, struct text key, uint32_t number,
                       const struct parts *content) {
        struct parts value, entry;

        parts_init(&value, body->arena);
        parts_message(&value, number, content);
        parts_init(&entry, body->arena);
        parts_bytes(&entry, ENTRY_KEY, key);
        parts_message(&entry, ENTRY_VALUE, &value);
        parts_message(body, STRUCT_FIELDS, &entry);
}

/* Everything in the Struct old except members that new_members has; then those. */
static void merge_members(struct text old, struct text new_members, struct parts *ret) {
        struct value replaced = value_of_struct(new_members);
        struct field field;

        while (field_next(&old, &field)) {
                if (field_is(&field, STRUCT_FIELDS) &&
                    value_get(replaced, field_entry_key(field.bytes)).kind != VALUE_ABSENT)
                        continue;
                parts_raw(ret, field.record);
        }
        parts_raw(ret, new_members);
}

/* ---- the desired composite ------------------------------------------------------------------- */

static void add_identity(const char *key, struct value desired, struct value observed,
                         struct parts *object) {
        struct text identity = value_get_text(observed, key);
        struct parts content;

        if (value_get(desired, text_from(key)).kind != VALUE_ABSENT || identity.len == 0)
                return;
        parts_init(&content, object->arena);
        parts_raw(&content, identity);
        add_member(object, text_from(key), VALUE_OF_STRING, &content);
}

static int encode_object(const struct response *r, const struct request *request,
                         struct parts *object) {
        struct value old = request->desired.composite.object;
        struct text rest = value_bytes(old), status;
        struct parts merged;
        struct field field;

        while (field_next(&rest, &field)) {
                if (r->status && field_is(&field, STRUCT_FIELDS) &&
                    text_equal(field_entry_key(field.bytes), TEXT("status")))
                        continue;
                parts_raw(object, field.record);
        }
        add_identity("apiVersion", old, request->observed.composite.object, object);
        add_identity("kind", old, request->observed.composite.object, object);
        if (!r->status)
                return 0;
        if (node_encode(r->status, r->arena, &status) < 0)
                return -ENOMEM;
        old = value_get(old, TEXT("status"));
        parts_init(&merged, r->arena);
        merge_members(old.kind == VALUE_MAP ? value_bytes(old) : (struct text) { 0 }, status,
                      &merged);
        add_member(object, TEXT("status"), VALUE_OF_STRUCT, &merged);
        return 0;
}

/* The request's Resource with another object and, when we say so, another ready. */
static int encode_composite(const struct response *r, const struct request *request,
                            struct parts *state) {
        struct text rest = request->desired.composite.raw;
        struct parts resource, object;
        struct field field;

        parts_init(&object, r->arena);
        if (encode_object(r, request, &object) < 0)
                return -ENOMEM;
        parts_init(&resource, r->arena);
        parts_message(&resource, RESOURCE_OBJECT, &object);
        while (field_next(&rest, &field)) {
                bool is_ready = field.number == RESOURCE_READY && r->composite_ready;

                if (!field_is(&field, RESOURCE_OBJECT) && !is_ready)
                        parts_raw(&resource, field.record);
        }
        if (r->composite_ready)
                parts_varint(&resource, RESOURCE_READY, r->composite_ready);
        parts_message(state, STATE_COMPOSITE, &resource);
        return 0;
}

/* ---- desired state --------------------------------------------------------------------------- */

static int compare_desired(const void *a, const void *b) {
        const struct desired *left = a, *right = b;

        return text_compare(left->name, right->name);
}

/* Sorted by name; of equal names the last one, as in a map. */
static int sort_desired(const struct response *r, struct desired **ret, size_t *ret_n) {
        struct desired *sorted = ARENA_ARRAY(r->arena, r->n_desired, struct desired);
        size_t kept = 0;

        if (!sorted)
                return -ENOMEM;
        if (r->n_desired > 0)
                memcpy(sorted, r->desired, r->n_desired * sizeof(*sorted));
        if (sort_stable(sorted, r->n_desired, sizeof(*sorted), compare_desired, r->arena) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < r->n_desired; i++) {
                if (i + 1 < r->n_desired && text_equal(sorted[i].name, sorted[i + 1].name))
                        continue;
                sorted[kept++] = sorted[i];
        }
        *ret = sorted;
        *ret_n = kept;
        return 0;
}

static int compare_name(const void *name, const void *desired) {
        const struct desired *d = desired;

        return text_compare(*(const struct text *)name, d->name);
}

static struct desired *find_desired(struct desired *sorted, size_t n, struct text name) {
        return n ? bsearch(&name, sorted, n, sizeof(*sorted), compare_name) : NULL;
}

static bool holds_object(struct text entry) {
        struct text resource, object;

        return field_last(entry, ENTRY_VALUE, &resource) &&
               field_last(resource, RESOURCE_OBJECT, &object) && object.len > 0;
}

/* Whether ours takes the place of that entry of the request's; one that yields is left out then. */
static bool is_replaced(struct text entry, struct desired *sorted, size_t n) {
        struct desired *ours = find_desired(sorted, n, field_entry_key(entry));

        if (!ours || !ours->yields || !holds_object(entry))
                return ours != NULL;
        ours->object = NULL;
        return false;
}

static int encode_desired(const struct desired *desired, struct parts *state) {
        struct parts resource, entry;
        struct text object;

        parts_init(&resource, state->arena);
        if (node_encode(desired->object, state->arena, &object) < 0)
                return -ENOMEM;
        parts_bytes(&resource, RESOURCE_OBJECT, object);
        if (desired->ready)
                parts_varint(&resource, RESOURCE_READY, desired->ready);
        parts_init(&entry, state->arena);
        parts_bytes(&entry, ENTRY_KEY, desired->name);
        parts_message(&entry, ENTRY_VALUE, &resource);
        parts_message(state, STATE_RESOURCES, &entry);
        return 0;
}

static int encode_state(const struct response *r, const struct request *request,
                        struct parts *response) {
        bool sets_composite = r->status || r->composite_ready;
        struct text rest = request->desired.raw;
        struct desired *sorted;
        struct parts state;
        struct field field;
        size_t n;

        parts_init(&state, r->arena);
        if (sort_desired(r, &sorted, &n) < 0)
                return -ENOMEM;
        if (sets_composite && encode_composite(r, request, &state) < 0)
                return -ENOMEM;
        while (field_next(&rest, &field)) {
                if (sets_composite && field_is(&field, STATE_COMPOSITE))
                        continue;
                if (field_is(&field, STATE_RESOURCES) && is_replaced(field.bytes, sorted, n))
                        continue;
                parts_raw(&state, field.record);
        }
        for (size_t i = 0; i < n; i++) {
                if (sorted[i].object && encode_desired(&sorted[i], &state) < 0)
                        return -ENOMEM;
        }
        if (state.len > 0)
                parts_message(response, DESIRED, &state);
        return 0;
}

/* ---- the rest of the response ---------------------------------------------------------------- */

static void encode_meta(const struct response *r, struct text tag, struct parts *response) {
        struct parts meta, ttl;

        parts_init(&meta, r->arena);
        parts_text(&meta, META_TAG, tag);
        if (r->ttl_seconds > 0) {
                parts_init(&ttl, r->arena);
                parts_varint(&ttl, DURATION_SECONDS, (uint64_t)r->ttl_seconds);
                parts_message(&meta, META_TTL, &ttl);
        }
        parts_message(response, META, &meta);
}

static void encode_result(const struct result *result, struct parts *response) {
        struct parts message;

        parts_init(&message, response->arena);
        parts_varint(&message, RESULT_SEVERITY, result->severity);
        parts_text(&message, RESULT_MESSAGE, result->message);
        parts_text(&message, RESULT_REASON, result->reason);
        parts_varint(&message, RESULT_TARGET, TARGET_COMPOSITE);
        parts_message(response, RESULTS, &message);
}

static void encode_condition(const struct condition *condition, bool has_claim,
                             struct parts *response) {
        struct parts message;

        parts_init(&message, response->arena);
        parts_text(&message, CONDITION_TYPE, condition->type);
        parts_varint(&message, CONDITION_STATUS, condition->status);
        parts_text(&message, CONDITION_REASON, condition->reason);
        parts_text(&message, CONDITION_MESSAGE, condition->message);
        parts_varint(&message, CONDITION_TARGET,
                     has_claim ? TARGET_COMPOSITE_AND_CLAIM : TARGET_COMPOSITE);
        parts_message(response, CONDITIONS, &message);
}

/* The request's, but for the one member that is ours. */
static int encode_context(const struct response *r, struct value context, struct parts *response) {
        struct parts merged, content;
        struct text rest = value_bytes(context), ours;
        struct field field;

        if (!r->context_value) {
                if (context.kind == VALUE_MAP)
                        parts_bytes(response, CONTEXT, value_bytes(context));
                return 0;
        }
        if (node_encode(r->context_value, r->arena, &ours) < 0)
                return -ENOMEM;
        parts_init(&merged, r->arena);
        while (field_next(&rest, &field)) {
                if (!field_is(&field, STRUCT_FIELDS) ||
                    !text_equal(field_entry_key(field.bytes), r->context_key))
                        parts_raw(&merged, field.record);
        }
        parts_init(&content, r->arena);
        parts_raw(&content, ours);
        add_member(&merged, r->context_key, VALUE_OF_STRUCT, &content);
        parts_message(response, CONTEXT, &merged);
        return 0;
}

int response_encode(const struct response *r, const struct request *request, struct payload *ret) {
        struct parts response, requirements;
        struct text *kept;

        if (arena_failed(r->arena))
                return -ENOMEM;
        parts_init(&response, r->arena);
        encode_meta(r, request->tag, &response);
        if (encode_state(r, request, &response) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < r->n_results; i++)
                encode_result(&r->results[i], &response);
        if (encode_context(r, request->context, &response) < 0)
                return -ENOMEM;
        if (requirement_encode(r->requirements, r->n_requirements, r->extra_resources, r->arena,
                               &requirements) < 0)
                return -ENOMEM;
        if (r->n_requirements > 0)
                parts_message(&response, REQUIREMENTS, &requirements);
        for (size_t i = 0; i < r->n_conditions; i++)
                encode_condition(&r->conditions[i], r->has_claim, &response);
        kept = parts_keep(&response);
        if (arena_failed(r->arena))
                return -ENOMEM;
        *ret = (struct payload) { .parts = kept, .n_parts = response.n, .len = response.len };
        return 0;
}
