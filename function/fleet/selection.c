/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/selection.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

/* The terms of the required node affinity; absent where there is none. */
static struct value required_terms(const struct pool *pool) {
        if (pool->affinity.kind != VALUE_MAP)
                return (struct value) { 0 };
        return value_at(pool->affinity,
                        "nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
                        "nodeSelectorTerms");
}

/* The expressions of the only term; absent where there are several terms, or none. */
static struct value only_expressions(struct value terms) {
        struct value_iter it = value_iterate(terms);
        struct value term;

        if (value_count(terms) != 1 || !value_next(&it, NULL, &term))
                return (struct value) { 0 };
        return value_get(term, TEXT("matchExpressions"));
}

static bool is_in(struct value expression) {
        return text_equal(value_get_text(expression, "operator"), TEXT("In"));
}

/* Does the affinity say more than the `In` of one term? */
static bool says_more(struct value terms) {
        struct value_iter it = value_iterate(terms);
        struct value term, expression;

        if (value_count(terms) > 1)
                return true;
        if (!value_next(&it, NULL, &term))
                return false;
        if (value_count(value_get(term, TEXT("matchFields"))) > 0)
                return true;
        it = value_iterate(value_get(term, TEXT("matchExpressions")));
        while (value_next(&it, NULL, &expression)) {
                if (!is_in(expression))
                        return true;
        }
        return false;
}

static int by_key(const void *a, const void *b) {
        const struct selection_label *x = a, *y = b;

        return text_compare(x->key, y->key);
}

static bool has_value(const struct selection_label *label, struct text value) {
        return label->n_values > 0 &&
               bsearch(&value, label->values, label->n_values, sizeof(*label->values), text_order);
}

static int add_label(struct selection *selection, struct text key, struct value values,
                     struct arena *arena) {
        struct selection_label *label = &selection->labels[selection->n_labels];
        size_t n = values.kind == VALUE_LIST ? value_count(values) : 1, kept = 0;
        struct value_iter it = value_iterate(values);
        struct value item = values;

        *label = (struct selection_label) { .key = key };
        label->values = ARENA_ARRAY(arena, n, struct text);
        if (!label->values && n > 0)
                return -ENOMEM;
        while (values.kind != VALUE_LIST || value_next(&it, NULL, &item)) {
                label->values[label->n_values++] = value_text(item);
                if (values.kind != VALUE_LIST)
                        break;
        }
        if (n > 1)
                qsort(label->values, n, sizeof(*label->values), text_order);
        for (size_t i = 0; i < n; i++) {
                if (kept == 0 || !text_equal(label->values[kept - 1], label->values[i]))
                        label->values[kept++] = label->values[i];
        }
        label->n_values = kept;
        selection->n_labels++;
        return 0;
}

/* A key that is there twice has the values that both have. */
static void join_equal_keys(struct selection *selection) {
        struct selection_label *labels = selection->labels;
        size_t n = 0;

        for (size_t i = 0; i < selection->n_labels; i++) {
                size_t kept = 0;

                if (n == 0 || !text_equal(labels[n - 1].key, labels[i].key)) {
                        labels[n++] = labels[i];
                        continue;
                }
                for (size_t k = 0; k < labels[n - 1].n_values; k++) {
                        if (has_value(&labels[i], labels[n - 1].values[k]))
                                labels[n - 1].values[kept++] = labels[n - 1].values[k];
                }
                labels[n - 1].n_values = kept;
        }
        selection->n_labels = n;
}

int selection_read(const struct pool *pool, struct arena *arena, struct selection *ret) {
        struct value selector = pool_selector(pool), terms = required_terms(pool);
        struct value expressions = only_expressions(terms), value;
        struct value_iter it = value_iterate(expressions);
        struct value_member *members;
        struct selection selection = { .is_pinned = value_count(selector) > 0 ||
                                                    value_count(terms) > 0 };
        size_t n;
        int r = value_members(selector, arena, &members, &n);

        if (r < 0)
                return r;
        selection.labels = ARENA_ARRAY(arena, n + value_count(expressions), struct selection_label);
        if (!selection.labels && n + value_count(expressions) > 0)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < n; i++)
                r = add_label(&selection, members[i].key, members[i].value, arena);
        while (r == 0 && value_next(&it, NULL, &value)) {
                if (is_in(value))
                        r = add_label(&selection, value_get_text(value, "key"),
                                      value_get(value, TEXT("values")), arena);
        }
        if (r < 0)
                return r;
        if (selection.n_labels > 1)
                qsort(selection.labels, selection.n_labels, sizeof(*selection.labels), by_key);
        join_equal_keys(&selection);
        if (says_more(terms))
                selection.rest = terms;
        *ret = selection;
        return 0;
}

const struct selection_label *selection_find(const struct selection *selection, struct text key) {
        for (size_t i = 0; i < selection->n_labels; i++) {
                if (text_equal(selection->labels[i].key, key))
                        return &selection->labels[i];
        }
        return NULL;
}

struct text selection_only(const struct selection *selection, struct text key) {
        const struct selection_label *label = selection_find(selection, key);

        return label && label->n_values == 1 ? label->values[0] : (struct text) { 0 };
}

/* Both are sorted: one walk, however many values a pool lists. */
static bool are_disjoint(const struct selection_label *a, const struct selection_label *b) {
        for (size_t i = 0, k = 0; i < a->n_values && k < b->n_values;) {
                int order = text_compare(a->values[i], b->values[k]);

                if (order == 0)
                        return false;
                i += order < 0;
                k += order > 0;
        }
        return true;
}

bool selection_excludes(const struct selection *a, const struct selection *b) {
        for (size_t i = 0, k = 0; i < a->n_labels && k < b->n_labels;) {
                int order = text_compare(a->labels[i].key, b->labels[k].key);

                if (order == 0 && are_disjoint(&a->labels[i], &b->labels[k]))
                        return true;
                i += order <= 0;
                k += order >= 0;
        }
        return false;
}

bool selection_equal(const struct selection *a, const struct selection *b, struct arena *arena) {
        if (a->n_labels != b->n_labels || !value_equal(a->rest, b->rest, arena))
                return false;
        for (size_t i = 0; i < a->n_labels; i++) {
                const struct selection_label *x = &a->labels[i], *y = &b->labels[i];

                if (!text_equal(x->key, y->key) || x->n_values != y->n_values)
                        return false;
                for (size_t k = 0; k < x->n_values; k++) {
                        if (!text_equal(x->values[k], y->values[k]))
                                return false;
                }
        }
        return true;
}

/* ---- the strategy ---------------------------------------------------------------------------- */

/* What labels say of it. Each pool in slices is asked, so that nothing is allocated. */
struct signs {
        enum strategy label; /* nvidia.com/mig.strategy */
        bool is_sliced;      /* a product label with "-MIG-" */
        bool is_gke;
};

static void read_sign(struct text key, struct text value, struct signs *signs) {
        if (text_starts_with(key, TEXT("cloud.google.com/")))
                signs->is_gke = true;
        else if (!text_starts_with(key, TEXT("nvidia.com/")))
                return;
        else if (text_equal(key, TEXT("nvidia.com/mig.strategy")))
                signs->label = text_equal(value, TEXT("single"))  ? STRATEGY_SINGLE
                               : text_equal(value, TEXT("mixed")) ? STRATEGY_MIXED
                                                                  : STRATEGY_INFERRED;
        else if (text_equal(key, TEXT("nvidia.com/gpu.product")))
                signs->is_sliced = text_contains(value, TEXT("-MIG-"));
}

/* The only value of an `In`; of several, each alone says too much. */
static struct text only_value(struct value values) {
        struct value_iter it = value_iterate(values);
        struct value value = { 0 };

        if (value_count(values) == 1)
                value_next(&it, NULL, &value);
        return value_text(value);
}

enum strategy selection_strategy(const struct pool *pool) {
        struct value_iter it = value_iterate(pool_selector(pool));
        struct signs signs = { .is_gke = pool->on_gke };
        struct value value;
        struct text key;

        while (value_next(&it, &key, &value))
                read_sign(key, value_text(value), &signs);
        it = value_iterate(only_expressions(required_terms(pool)));
        while (value_next(&it, NULL, &value)) {
                if (is_in(value))
                        read_sign(value_get_text(value, "key"),
                                  only_value(value_get(value, TEXT("values"))), &signs);
        }
        if (signs.label != STRATEGY_INFERRED)
                return signs.label;
        return signs.is_sliced || signs.is_gke ? STRATEGY_SINGLE : STRATEGY_INFERRED;
}

enum strategy selection_used_strategy(const struct pool *pool) {
        if (pool->allocation == ALLOCATION_DRA)
                return STRATEGY_MIXED; /* every profile can be asked for */
        if (pool->strategy != STRATEGY_INFERRED)
                return pool->strategy;
        return selection_strategy(pool) == STRATEGY_SINGLE ? STRATEGY_SINGLE : STRATEGY_MIXED;
}
