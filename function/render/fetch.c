/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fetch.h"

#include <errno.h>
#include <stdlib.h>

#include "render/object.h"

struct found {
        struct text namespace_;
        struct text name;
        size_t order; /* in the cluster's files */
        struct value object;
};

static bool has_labels(struct value object, const struct requirement *r) {
        struct value labels = value_at(object, "metadata.labels");

        for (size_t i = 0; i < r->n_labels; i++) {
                struct value label = value_get(labels, r->label_keys[i]);

                if (label.kind != VALUE_STRING ||
                    !text_equal(value_bytes(label), r->label_values[i]))
                        return false;
        }
        return true;
}

static bool matches(struct value object, const struct requirement *r) {
        struct text namespace_ = text_at(object, "metadata.namespace");

        if (!text_equal(text_at(object, "apiVersion"), r->api_version) ||
            !text_equal(text_at(object, "kind"), r->kind))
                return false;
        if (r->match_name.len)
                return text_equal(text_at(object, "metadata.name"), r->match_name) &&
                       text_equal(namespace_, r->namespace_);
        if (r->namespace_.len && !text_equal(namespace_, r->namespace_))
                return false;
        return has_labels(object, r);
}

static int by_identity(const void *a, const void *b) {
        const struct found *left = a, *right = b;
        int order = text_compare(left->namespace_, right->namespace_);

        if (order == 0)
                order = text_compare(left->name, right->name);
        if (order == 0)
                order = left->order < right->order ? -1 : 1;
        return order;
}

static bool same_identity(const struct found *a, const struct found *b) {
        return text_equal(a->namespace_, b->namespace_) && text_equal(a->name, b->name);
}

static int fetch(const struct objects *cluster, const struct requirement *r, struct arena *arena,
                 struct call_answer *ret) {
        struct found *found = ARENA_ARRAY(arena, cluster->n, struct found);
        struct call_object *items = ARENA_ARRAY(arena, cluster->n, struct call_object);
        size_t n_found = 0, n_items = 0;

        if (!found || !items)
                return -ENOMEM;
        for (size_t i = 0; i < cluster->n; i++) {
                struct value object = cluster->items[i];

                if (matches(object, r))
                        found[n_found++] = (struct found) {
                                .namespace_ = text_at(object, "metadata.namespace"),
                                .name = text_at(object, "metadata.name"),
                                .order = i,
                                .object = object,
                        };
        }
        if (n_found > 1)
                qsort(found, n_found, sizeof(*found), by_identity);
        for (size_t i = 0; i < n_found; i++) {
                if (i + 1 == n_found || !same_identity(&found[i], &found[i + 1]))
                        items[n_items++].object = node_value(arena, found[i].object);
        }
        *ret = (struct call_answer) { .key = r->key, .items = items, .n_items = n_items };
        return arena_failed(arena) ? -ENOMEM : 0;
}

int fetch_answers(const struct objects *cluster, const struct requirement *requirements, size_t n,
                  struct arena *arena, struct call_answer **ret) {
        struct call_answer *answers = ARENA_ARRAY(arena, n, struct call_answer);

        if (!answers)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int r = fetch(cluster, &requirements[i], arena, &answers[i]);

                if (r < 0)
                        return r;
        }
        *ret = answers;
        return 0;
}

static bool same_requirement(const struct requirement *a, const struct requirement *b) {
        if (!text_equal(a->key, b->key) || !text_equal(a->api_version, b->api_version) ||
            !text_equal(a->kind, b->kind) || !text_equal(a->match_name, b->match_name) ||
            !text_equal(a->namespace_, b->namespace_) || a->n_labels != b->n_labels)
                return false;
        for (size_t i = 0; i < a->n_labels; i++) {
                if (!text_equal(a->label_keys[i], b->label_keys[i]) ||
                    !text_equal(a->label_values[i], b->label_values[i]))
                        return false;
        }
        return true;
}

bool fetch_same(const struct requirement *a, size_t n_a, const struct requirement *b, size_t n_b) {
        if (n_a != n_b)
                return false;
        for (size_t i = 0; i < n_a; i++) {
                if (!same_requirement(&a[i], &b[i]))
                        return false;
        }
        return true;
}
