/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/request.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/count.h"
#include "envelope.pb-c.h"
#include "wire/field.h"
#include "wire/guard.h"
#include "wire/sort.h"

/* Field numbers of proto/v1/run_function.proto */
enum { META = 1, OBSERVED = 2, DESIRED = 3, INPUT = 4, CONTEXT = 5, EXTRA = 6, REQUIRED = 8 };
enum { META_TAG = 1, META_CAPABILITIES = 2 };
enum { STATE_COMPOSITE = 1, STATE_RESOURCES = 2 };
enum { RESOURCES_ITEMS = 1 };
enum { RESOURCE_OBJECT = 1, RESOURCE_READY = 3 };

enum { CACHE_LINE_BYTES = 64 };

enum ready ready_when(bool ready) {
        return ready ? READY_TRUE : READY_FALSE;
}

static int compare_resources(const void *a, const void *b) {
        const struct resource *left = a, *right = b;

        return text_compare(left->name, right->name);
}

static int compare_name(const void *name, const void *resource) {
        const struct resource *r = resource;

        return text_compare(*(const struct text *)name, r->name);
}

const struct resource *request_resource(const struct state *state, struct text name) {
        if (state->n_resources == 0)
                return NULL;
        return bsearch(&name, state->resources, state->n_resources, sizeof(*state->resources),
                       compare_name);
}

/* ---- what is observed: protobuf-c decodes the envelope --------------------------------------- */

static void *decoder_alloc(void *data, size_t size) {
        return arena_alloc(data, size);
}

static void decoder_free(void *data, void *block) {
        (void)data;
        (void)block;
}

static enum ready ready_of(int32_t number) {
        return number == READY_TRUE || number == READY_FALSE ? (enum ready)number
                                                             : READY_UNSPECIFIED;
}

static void take_resource(const Envelope__Resource *decoded, struct text name, struct text raw,
                          struct resource *ret) {
        *ret = (struct resource) { .name = name, .raw = raw };
        if (!decoded)
                return;
        ret->ready = ready_of(decoded->ready);
        if (decoded->object_case == ENVELOPE__RESOURCE__OBJECT_RESOURCE)
                ret->object = value_of_struct((struct text) {
                        .data = (const char *)decoded->resource.data,
                        .len = decoded->resource.len,
                });
}

static size_t keep_last_resources(struct resource *resources, size_t n) {
        size_t kept = 0;

        for (size_t i = 0; i < n; i++) {
                if (i + 1 < n && text_equal(resources[i].name, resources[i + 1].name))
                        continue;
                resources[kept++] = resources[i];
        }
        return kept;
}

static int sort_resources(size_t n, struct arena *arena, struct state *ret) {
        struct resource *resources = ret->resources;

        if (sort_stable(resources, n, sizeof(*resources), compare_resources, arena) < 0)
                return -ENOMEM;
        ret->n_resources = keep_last_resources(resources, n);
        return 0;
}

static int decode_state(struct text bytes, struct arena *arena, const Envelope__State **ret) {
        ProtobufCAllocator allocator = { .alloc = decoder_alloc,
                                         .free = decoder_free,
                                         .allocator_data = arena };

        *ret = envelope__state__unpack(&allocator, bytes.len, (const uint8_t *)bytes.data);
        if (*ret)
                return 0;
        return arena_failed(arena) ? -ENOMEM : -EBADMSG;
}

/* A field of a State alone is a State too: so each is decoded by itself. */
static int decode_field(struct text record, struct arena *arena, struct text raw,
                        struct resource *ret) {
        const Envelope__State *decoded;
        int r = decode_state(record, arena, &decoded);

        if (r < 0)
                return r;
        if (decoded->n_resources == 0) {
                take_resource(decoded->composite, (struct text) { 0 }, raw, ret);
                return 0;
        }
        take_resource(decoded->resources[0]->value,
                      (struct text) {
                              .data = (const char *)decoded->resources[0]->key.data,
                              .len = decoded->resources[0]->key.len,
                      },
                      raw, ret);
        return 0;
}

static bool is_read(const struct field *entry, bool (*reads)(struct text name)) {
        return field_is(entry, STATE_RESOURCES) && (!reads || reads(field_entry_key(entry->bytes)));
}

static int read_observed(struct text raw, bool (*reads)(struct text name), struct arena *arena,
                         struct state *ret) {
        struct text rest = raw, body;
        struct field field;
        size_t n = 0;
        int r = 0;

        while (field_next(&rest, &field))
                n += is_read(&field, reads);
        ret->raw = raw;
        ret->resources = ARENA_ARRAY(arena, n, struct resource);
        if (!ret->resources)
                return -ENOMEM;
        n = 0;
        for (rest = raw; r == 0 && field_next(&rest, &field);) {
                if (field_is(&field, STATE_COMPOSITE)) {
                        r = decode_field(field.record, arena, field.bytes, &ret->composite);
                } else if (is_read(&field, reads)) {
                        body = (struct text) { 0 };
                        field_last(field.bytes, ENTRY_VALUE, &body);
                        r = decode_field(field.record, arena, body, &ret->resources[n++]);
                }
        }
        if (r < 0)
                return r;
        return rest.len > 0 ? -EBADMSG : sort_resources(n, arena, ret);
}

/* ---- what others desire: stepped over by length, because protobuf-c would copy it ------------ */

static struct resource read_resource(struct text raw) {
        struct resource resource = { .raw = raw };
        struct field field;

        while (field_next(&raw, &field)) {
                if (field_is(&field, RESOURCE_OBJECT))
                        resource.object = value_of_struct(field.bytes);
                else if (field.number == RESOURCE_READY)
                        resource.ready = ready_of((int32_t)field.scalar);
        }
        return resource;
}

static struct resource read_entry(struct text entry) {
        struct text body = { 0 };
        struct resource resource;

        field_last(entry, ENTRY_VALUE, &body);
        resource = read_resource(body);
        resource.name = field_entry_key(entry);
        return resource;
}

/* The composite alone: what else is desired is passed through unread. */
static int read_desired_composite(struct text raw, struct arena *arena, struct state *ret) {
        struct text rest = raw;
        struct field field;
        int r = 0;

        *ret = (struct state) { .raw = raw };
        while (r == 0 && field_next(&rest, &field)) {
                if (field_is(&field, STATE_COMPOSITE))
                        r = decode_field(field.record, arena, field.bytes, &ret->composite);
        }
        return r < 0 ? r : rest.len > 0 ? -EBADMSG : 0;
}

int request_desired(struct text raw, struct arena *arena, struct state *ret) {
        size_t n = field_count(raw, STATE_RESOURCES), i = 0;
        struct resource *resources = ARENA_ARRAY(arena, n, struct resource);
        struct text rest = raw;
        struct field field;
        int r;

        if (!resources)
                return -ENOMEM;
        r = read_desired_composite(raw, arena, ret);
        if (r < 0)
                return r;
        ret->resources = resources;
        while (field_next(&rest, &field)) {
                if (field_is(&field, STATE_RESOURCES))
                        resources[i++] = read_entry(field.bytes);
        }
        return sort_resources(n, arena, ret);
}

/* ---- answers to requirements: read where they lie -------------------------------------------- */

/* By what it is sorted; small, because sorting moves it a dozen times. */
struct position {
        struct text namespace_, name;
        size_t index; /* in the order of the wire */
};

static int compare_positions(const void *a, const void *b) {
        const struct position *left = a, *right = b;
        int order = text_compare(left->namespace_, right->namespace_);

        return order != 0 ? order : text_compare(left->name, right->name);
}

static struct answer_item read_item(struct text raw, bool is_open) {
        static const struct text keys[] = { TEXT_INIT("namespace"), TEXT_INIT("name"),
                                            TEXT_INIT("labels") };
        struct value object = read_resource(raw).object, metadata[COUNT_OF(keys)];
        struct answer_item item;

        value_pick(value_get(object, TEXT("metadata")), keys, COUNT_OF(keys), metadata);
        item = (struct answer_item) {
                .namespace_ = value_text(metadata[0]),
                .name = value_text(metadata[1]),
                .labels = metadata[2],
        };
        if (is_open)
                item.object = object;
        else
                item.closed = object;
        return item;
}

/*
 * Of the next item, while this one is read: an item is too far behind the one before for the
 * processor to expect it. Beyond the end nothing is read.
 */
static inline void prefetch_head(struct text rest) {
        for (size_t at = 0; at < 4 * CACHE_LINE_BYTES; at += CACHE_LINE_BYTES)
                __builtin_prefetch(rest.data + at);
}

static int read_items(struct text body, bool are_open, struct arena *arena,
                      struct answer_set *ret) {
        size_t n = field_count(body, RESOURCES_ITEMS), i = 0;
        struct position *positions = ARENA_ARRAY(arena, n, struct position);
        struct answer_item *read = ARENA_ARRAY(arena, n, struct answer_item);
        struct answer_item *items = ARENA_ARRAY(arena, n, struct answer_item);
        struct field field;

        if (!positions || !read || !items)
                return -ENOMEM;
        while (field_next(&body, &field)) {
                if (!field_is(&field, RESOURCES_ITEMS))
                        continue;
                prefetch_head(body);
                read[i] = read_item(field.bytes, are_open);
                positions[i] = (struct position) { read[i].namespace_, read[i].name, i };
                i++;
        }
        if (sort_stable(positions, n, sizeof(*positions), compare_positions, arena) < 0)
                return -ENOMEM;
        for (i = 0; i < n; i++)
                items[i] = read[positions[i].index];
        ret->items = items;
        ret->n_items = n;
        return 0;
}

/* An entry of one of the two maps; required_resources stands behind the older field. */
struct answer {
        struct text key;
        struct text body;
        bool is_required;
};

static int compare_answers(const void *a, const void *b) {
        const struct answer *left = a, *right = b;
        int order = text_compare(left->key, right->key);

        return order != 0 ? order : left->is_required - right->is_required;
}

static struct answer read_answer(const struct field *field) {
        struct answer answer = { .key = field_entry_key(field->bytes),
                                 .is_required = field->number == REQUIRED };

        field_last(field->bytes, ENTRY_VALUE, &answer.body);
        return answer;
}

static int read_answers(struct text message, bool are_open, struct arena *arena,
                        struct request *ret) {
        size_t n = field_count(message, EXTRA) + field_count(message, REQUIRED), i = 0;
        struct answer *answers = ARENA_ARRAY(arena, n, struct answer);
        struct field field;
        int r;

        ret->required = ARENA_ARRAY(arena, n, struct answer_set);
        if (!answers || !ret->required)
                return -ENOMEM;
        while (field_next(&message, &field)) {
                if (field_is(&field, EXTRA) || field_is(&field, REQUIRED))
                        answers[i++] = read_answer(&field);
        }
        r = sort_stable(answers, n, sizeof(*answers), compare_answers, arena);
        for (i = 0; r == 0 && i < n; i++) {
                struct answer_set *set = &ret->required[ret->n_required];

                if (i + 1 < n && text_equal(answers[i].key, answers[i + 1].key))
                        continue;
                set->key = answers[i].key;
                r = read_items(answers[i].body, are_open, arena, set);
                ret->n_required++;
        }
        return r;
}

static int compare_key(const void *key, const void *answers) {
        const struct answer_set *a = answers;

        return text_compare(*(const struct text *)key, a->key);
}

const struct answer_set *request_required(const struct request *request, struct text key) {
        if (request->n_required == 0)
                return NULL;
        return bsearch(&key, request->required, request->n_required, sizeof(*request->required),
                       compare_key);
}

struct value request_peek(const struct answer_item *item) {
        return item->closed.kind == VALUE_ABSENT ? item->object : item->closed;
}

int request_open_item(struct answer_item *item, struct fault *fault) {
        int r;

        if (item->closed.kind == VALUE_ABSENT)
                return 0;
        r = guard_struct(value_bytes(item->closed), fault);
        if (r < 0)
                return r;
        item->object = item->closed;
        item->object.may_be_broken = r == GUARD_BROKEN;
        item->closed = (struct value) { 0 };
        return 0;
}

int request_open(const struct answer_set *answer, struct fault *fault) {
        int r = 0;

        for (size_t i = 0; answer && r == 0 && i < answer->n_items; i++)
                r = request_open_item(&answer->items[i], fault);
        return r;
}

static void suspect(struct value *object) {
        object->may_be_broken = object->kind != VALUE_ABSENT;
}

void request_suspect(struct request *request) {
        suspect(&request->input);
        suspect(&request->context);
        suspect(&request->observed.composite.object);
        for (size_t i = 0; i < request->observed.n_resources; i++)
                suspect(&request->observed.resources[i].object);
        for (size_t i = 0; i < request->n_required; i++) {
                for (size_t k = 0; k < request->required[i].n_items; k++)
                        suspect(&request->required[i].items[k].object);
        }
}

/* ---- the request ----------------------------------------------------------------------------- */

static void read_meta(struct text meta, struct request *ret) {
        const struct text none = TEXT_INIT("\x12\x00"); /* a packed list without elements */
        struct field field;

        while (field_next(&meta, &field)) {
                if (field_is(&field, META_TAG))
                        ret->tag = field.bytes;
                else if (field.number == META_CAPABILITIES && !text_equal(field.record, none))
                        ret->has_capabilities = true;
        }
}

static int read_fields(struct text rest, bool (*reads)(struct text name), struct arena *arena,
                       struct request *ret) {
        struct field field;
        int r = 0;

        while (r == 0 && field_next(&rest, &field)) {
                if (field_is(&field, META))
                        read_meta(field.bytes, ret);
                else if (field_is(&field, OBSERVED))
                        r = read_observed(field.bytes, reads, arena, &ret->observed);
                else if (field_is(&field, DESIRED))
                        r = reads ? read_desired_composite(field.bytes, arena, &ret->desired)
                                  : request_desired(field.bytes, arena, &ret->desired);
                else if (field_is(&field, INPUT))
                        ret->input = value_of_struct(field.bytes);
                else if (field_is(&field, CONTEXT))
                        ret->context = value_of_struct(field.bytes);
        }
        return r < 0 ? r : rest.len > 0 ? -EBADMSG : 0;
}

int request_read(struct text bytes, struct arena *arena, struct request *ret, struct fault *fault) {
        return request_read_only(bytes, NULL, arena, ret, fault);
}

int request_read_only(struct text bytes, bool (*reads)(struct text name), struct arena *arena,
                      struct request *ret, struct fault *fault) {
        struct request request = { 0 };
        int r = read_fields(bytes, reads, arena, &request);

        if (r == 0)
                r = read_answers(bytes, !reads, arena, &request);
        if (r < 0) {
                fault_set(fault, r == -ENOMEM ? "the request needs more memory than it may have"
                                              : "not a RunFunctionRequest");
                return r;
        }
        *ret = request;
        return 0;
}
