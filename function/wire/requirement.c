/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/requirement.h"

#include <errno.h>
#include <string.h>

#include "wire/sort.h"

/* Field numbers of proto/v1/run_function.proto */
enum { API_VERSION = 1, KIND = 2, MATCH_NAME = 3, MATCH_LABELS = 4, NAMESPACE = 5 };
enum { LABELS = 1 };

static int compare_requirements(const void *a, const void *b) {
        const struct requirement *left = a, *right = b;

        return text_compare(left->key, right->key);
}

/* Sorted by key, the last of equal ones kept. */
static int sort_requirements(struct requirement *requirements, size_t *n, struct arena *arena) {
        size_t kept = 0;

        if (sort_stable(requirements, *n, sizeof(*requirements), compare_requirements, arena) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < *n; i++) {
                if (i + 1 < *n && text_equal(requirements[i].key, requirements[i + 1].key))
                        continue;
                requirements[kept++] = requirements[i];
        }
        *n = kept;
        return 0;
}

static void encode_labels(const struct requirement *requirement, struct parts *selector) {
        struct parts labels, entry;

        parts_init(&labels, selector->arena);
        for (size_t i = 0; i < requirement->n_labels; i++) {
                parts_init(&entry, selector->arena);
                parts_bytes(&entry, ENTRY_KEY, requirement->label_keys[i]);
                parts_bytes(&entry, ENTRY_VALUE, requirement->label_values[i]);
                parts_message(&labels, LABELS, &entry);
        }
        /* Sent when empty too: without a match older Crossplanes refuse or find nothing. */
        parts_message(selector, MATCH_LABELS, &labels);
}

static void encode_requirement(const struct requirement *requirement, struct parts *ret_entry) {
        struct parts selector;

        parts_init(&selector, ret_entry->arena);
        parts_text(&selector, API_VERSION, requirement->api_version);
        parts_text(&selector, KIND, requirement->kind);
        if (requirement->match_name.len > 0)
                parts_bytes(&selector, MATCH_NAME, requirement->match_name);
        else
                encode_labels(requirement, &selector);
        parts_text(&selector, NAMESPACE, requirement->namespace_);
        parts_bytes(ret_entry, ENTRY_KEY, requirement->key);
        parts_message(ret_entry, ENTRY_VALUE, &selector);
}

static void encode_field(const struct requirement *requirements, size_t n,
                         enum requirement_field field, struct parts *ret) {
        struct parts entry;

        for (size_t i = 0; i < n; i++) {
                parts_init(&entry, ret->arena);
                encode_requirement(&requirements[i], &entry);
                parts_message(ret, field, &entry);
        }
}

int requirement_encode(const struct requirement *requirements, size_t n, bool in_extra,
                       struct arena *arena, struct parts *ret) {
        struct requirement *sorted = ARENA_ARRAY(arena, n, struct requirement);

        parts_init(ret, arena);
        if (!sorted)
                return -ENOMEM;
        if (n > 0)
                memcpy(sorted, requirements, n * sizeof(*sorted));
        if (sort_requirements(sorted, &n, arena) < 0)
                return -ENOMEM;
        if (in_extra)
                encode_field(sorted, n, REQUIREMENTS_EXTRA, ret);
        encode_field(sorted, n, REQUIREMENTS_RESOURCES, ret);
        return arena_failed(arena) ? -ENOMEM : 0;
}

struct label {
        struct text key, value;
};

static int compare_labels(const void *a, const void *b) {
        const struct label *left = a, *right = b;

        return text_compare(left->key, right->key);
}

static int read_labels(struct text message, struct arena *arena, struct requirement *ret) {
        size_t n = field_count(message, LABELS), i = 0;
        struct label *labels = ARENA_ARRAY(arena, n, struct label);
        struct text *keys = ARENA_ARRAY(arena, n, struct text);
        struct text *values = ARENA_ARRAY(arena, n, struct text);
        struct field field;

        if (!labels || !keys || !values)
                return -ENOMEM;
        while (field_next(&message, &field)) {
                if (!field_is(&field, LABELS))
                        continue;
                field_last(field.bytes, ENTRY_KEY, &labels[i].key);
                field_last(field.bytes, ENTRY_VALUE, &labels[i].value);
                i++;
        }
        if (sort_stable(labels, n, sizeof(*labels), compare_labels, arena) < 0)
                return -ENOMEM;
        for (i = 0; i < n; i++) {
                if (i + 1 < n && text_equal(labels[i].key, labels[i + 1].key))
                        continue;
                keys[ret->n_labels] = labels[i].key;
                values[ret->n_labels++] = labels[i].value;
        }
        ret->label_keys = keys;
        ret->label_values = values;
        return 0;
}

static int read_selector(struct text message, struct arena *arena, struct requirement *ret) {
        struct text labels = { 0 };
        struct field field;

        while (field_next(&message, &field)) {
                switch (field.number) {
                case API_VERSION:
                        ret->api_version = field.bytes;
                        break;
                case KIND:
                        ret->kind = field.bytes;
                        break;
                case MATCH_NAME: /* a oneof with MATCH_LABELS: the last one counts */
                        ret->match_name = field.bytes;
                        labels = (struct text) { 0 };
                        break;
                case MATCH_LABELS:
                        ret->match_name = (struct text) { 0 };
                        labels = field.bytes;
                        break;
                case NAMESPACE:
                        ret->namespace_ = field.bytes;
                        break;
                default:
                        break;
                }
        }
        return read_labels(labels, arena, ret);
}

int requirement_read(struct text bytes, enum requirement_field wanted, struct arena *arena,
                     struct requirement **ret, size_t *ret_n) {
        size_t n = field_count(bytes, wanted), i = 0;
        struct requirement *requirements = ARENA_ARRAY(arena, n, struct requirement);
        struct field field;
        struct text selector;

        if (!requirements)
                return -ENOMEM;
        while (field_next(&bytes, &field)) {
                if (!field_is(&field, wanted))
                        continue;
                selector = (struct text) { 0 };
                field_last(field.bytes, ENTRY_KEY, &requirements[i].key);
                field_last(field.bytes, ENTRY_VALUE, &selector);
                if (read_selector(selector, arena, &requirements[i]) < 0)
                        return -ENOMEM;
                i++;
        }
        if (sort_requirements(requirements, &n, arena) < 0)
                return -ENOMEM;
        *ret = requirements;
        *ret_n = n;
        return 0;
}
