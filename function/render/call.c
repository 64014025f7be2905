/* SPDX-License-Identifier: Apache-2.0 */
#include "render/call.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "wire/encode.h"
#include "wire/guard.h"
#include "wire/requirement.h"
#include "wire/sort.h"

/* Field numbers of proto/v1/run_function.proto */
enum { META = 1, OBSERVED = 2, DESIRED = 3, INPUT = 4, CONTEXT = 5, EXTRA = 6, REQUIRED = 8 };
enum { META_TAG = 1, META_CAPABILITIES = 2, LAST_CAPABILITY = 5 };
enum { STATE_COMPOSITE = 1, STATE_RESOURCES = 2 };
enum { RESOURCES_ITEMS = 1 };
enum { RESOURCE_OBJECT = 1, RESOURCE_READY = 3 };

/* ---- a request made -------------------------------------------------------------------------- */

static int encode_object(const struct call_object *object, struct arena *arena,
                         struct parts *ret_resource) {
        struct text body;

        parts_init(ret_resource, arena);
        if (object->object) {
                if (node_encode(object->object, arena, &body) < 0)
                        return -ENOMEM;
                parts_bytes(ret_resource, RESOURCE_OBJECT, body);
        }
        if (object->ready)
                parts_varint(ret_resource, RESOURCE_READY, object->ready);
        return 0;
}

static void add_entry(struct parts *message, uint32_t number, struct text key,
                      const struct parts *value) {
        struct parts entry;

        parts_init(&entry, message->arena);
        parts_bytes(&entry, ENTRY_KEY, key);
        parts_message(&entry, ENTRY_VALUE, value);
        parts_message(message, number, &entry);
}

static int compare_objects(const void *a, const void *b) {
        const struct call_object *left = a, *right = b;

        return text_compare(left->name, right->name);
}

static int compare_answers(const void *a, const void *b) {
        const struct call_answer *left = a, *right = b;

        return text_compare(left->key, right->key);
}

/* A sorted copy of an array. */
static void *sorted_copy(const void *elements, size_t n, size_t size,
                         int (*compare)(const void *, const void *), struct arena *arena) {
        void *copy = arena_array(arena, n, size);

        if (!copy)
                return NULL;
        if (n > 0)
                memcpy(copy, elements, n * size);
        return sort_stable(copy, n, size, compare, arena) < 0 ? NULL : copy;
}

static int encode_observed(const struct call_request *call, struct arena *arena,
                           struct parts *request) {
        struct call_object *sorted = sorted_copy(call->resources, call->n_resources,
                                                 sizeof(*sorted), compare_objects, arena);
        struct parts state, resource;

        if (!sorted)
                return -ENOMEM;
        parts_init(&state, arena);
        if (call->composite.object || call->composite.ready) {
                if (encode_object(&call->composite, arena, &resource) < 0)
                        return -ENOMEM;
                parts_message(&state, STATE_COMPOSITE, &resource);
        }
        for (size_t i = 0; i < call->n_resources; i++) {
                if (encode_object(&sorted[i], arena, &resource) < 0)
                        return -ENOMEM;
                add_entry(&state, STATE_RESOURCES, sorted[i].name, &resource);
        }
        parts_message(request, OBSERVED, &state);
        return 0;
}

static int encode_answers(const struct call_answer *answers, size_t n, uint32_t number,
                          struct arena *arena, struct parts *request) {
        struct call_answer *sorted =
                sorted_copy(answers, n, sizeof(*sorted), compare_answers, arena);
        struct parts items, resource;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                parts_init(&items, arena);
                for (size_t k = 0; k < sorted[i].n_items; k++) {
                        if (encode_object(&sorted[i].items[k], arena, &resource) < 0)
                                return -ENOMEM;
                        parts_message(&items, RESOURCES_ITEMS, &resource);
                }
                add_entry(request, number, sorted[i].key, &items);
        }
        return 0;
}

static void encode_meta(const struct call_request *call, struct parts *request) {
        static const char capabilities[LAST_CAPABILITY] = { 1, 2, 3, 4, 5 };
        struct parts meta;

        parts_init(&meta, request->arena);
        parts_text(&meta, META_TAG, call->tag);
        if (call->has_capabilities)
                parts_bytes(&meta, META_CAPABILITIES,
                            (struct text) { .data = capabilities, .len = LAST_CAPABILITY });
        parts_message(request, META, &meta);
}

int call_encode(const struct call_request *call, struct arena *arena, struct text *ret) {
        struct parts request;
        struct text input, joined;

        if (arena_failed(arena))
                return -ENOMEM;
        parts_init(&request, arena);
        encode_meta(call, &request);
        if (encode_observed(call, arena, &request) < 0)
                return -ENOMEM;
        parts_text(&request, DESIRED, call->desired);
        if (call->input) {
                if (node_encode(call->input, arena, &input) < 0)
                        return -ENOMEM;
                parts_bytes(&request, INPUT, input);
        }
        parts_text(&request, CONTEXT, call->context);
        if (encode_answers(call->extra, call->n_extra, EXTRA, arena, &request) < 0 ||
            encode_answers(call->required, call->n_required, REQUIRED, arena, &request) < 0)
                return -ENOMEM;
        joined = parts_joined(&request);
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = joined;
        return 0;
}

/* ---- a response read ------------------------------------------------------------------------- */

enum { ANSWER_DESIRED = 2, RESULTS = 3, ANSWER_CONTEXT = 4, REQUIREMENTS = 5, CONDITIONS = 6 };
enum { META_TTL = 2, DURATION_SECONDS = 1 };
enum { RESULT_SEVERITY = 1, RESULT_MESSAGE = 2, RESULT_REASON = 3 };
enum { CONDITION_TYPE = 1, CONDITION_STATUS = 2, CONDITION_REASON = 3, CONDITION_MESSAGE = 4 };

static void read_meta(struct text meta, struct call_response *ret) {
        struct text ttl = { 0 };
        struct field field;

        field_last(meta, META_TAG, &ret->tag);
        field_last(meta, META_TTL, &ttl);
        while (field_next(&ttl, &field)) {
                if (field.number == DURATION_SECONDS)
                        ret->ttl_seconds = (int64_t)field.scalar;
        }
}

static struct result read_result(struct text message) {
        struct result result = { 0 };
        struct field field;

        while (field_next(&message, &field)) {
                if (field.number == RESULT_SEVERITY)
                        result.severity = (enum severity)field.scalar;
                else if (field.number == RESULT_MESSAGE)
                        result.message = field.bytes;
                else if (field.number == RESULT_REASON)
                        result.reason = field.bytes;
        }
        return result;
}

static struct condition read_condition(struct text message) {
        struct condition condition = { 0 };
        struct field field;

        while (field_next(&message, &field)) {
                if (field.number == CONDITION_TYPE)
                        condition.type = field.bytes;
                else if (field.number == CONDITION_STATUS)
                        condition.status = (enum condition_status)field.scalar;
                else if (field.number == CONDITION_REASON)
                        condition.reason = field.bytes;
                else if (field.number == CONDITION_MESSAGE)
                        condition.message = field.bytes;
        }
        return condition;
}

static int read_requirements(struct text message, struct arena *arena, struct call_response *ret) {
        int r = requirement_read(message, REQUIREMENTS_RESOURCES, arena, &ret->requirements,
                                 &ret->n_requirements);

        if (r < 0)
                return r;
        return requirement_read(message, REQUIREMENTS_EXTRA, arena, &ret->extra, &ret->n_extra);
}

static int read_response(struct text bytes, struct arena *arena, struct call_response *ret) {
        struct field field;
        int r = 0;

        ret->results = ARENA_ARRAY(arena, field_count(bytes, RESULTS), struct result);
        ret->conditions = ARENA_ARRAY(arena, field_count(bytes, CONDITIONS), struct condition);
        if (!ret->results || !ret->conditions)
                return -ENOMEM;
        while (r == 0 && field_next(&bytes, &field)) {
                if (field_is(&field, META))
                        read_meta(field.bytes, ret);
                else if (field_is(&field, ANSWER_DESIRED))
                        r = request_desired(field.bytes, arena, &ret->desired);
                else if (field_is(&field, RESULTS))
                        ret->results[ret->n_results++] = read_result(field.bytes);
                else if (field_is(&field, ANSWER_CONTEXT))
                        ret->context = value_of_struct(field.bytes);
                else if (field_is(&field, REQUIREMENTS))
                        r = read_requirements(field.bytes, arena, ret);
                else if (field_is(&field, CONDITIONS))
                        ret->conditions[ret->n_conditions++] = read_condition(field.bytes);
        }
        return r;
}

int call_read(struct text bytes, struct arena *arena, struct call_response *ret,
              struct fault *fault) {
        struct call_response response = { 0 };
        int r = guard_response(bytes, fault);

        if (r < 0)
                return r;
        r = read_response(bytes, arena, &response);
        if (r < 0) {
                fault_set(fault, r == -ENOMEM ? "the response needs more memory than it may have"
                                              : "not a RunFunctionResponse");
                return r;
        }
        *ret = response;
        return 0;
}
