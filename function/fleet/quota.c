/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/quota.h"

#include "base/arena.h"
#include "base/quantity.h"

struct quota quota_read(struct value object) {
        return (struct quota) {
                .name = value_text(value_at(object, "metadata.name")),
                .hard = value_at(object, "spec.hard"),
                .scopes = value_at(object, "spec.scopes"),
                .expressions = value_at(object, "spec.scopeSelector.matchExpressions"),
        };
}

static bool is_among(struct value list, struct text word) {
        struct value_iter it = value_iterate(list);
        struct value item;

        while (value_next(&it, NULL, &item)) {
                if (text_equal(value_text(item), word))
                        return true;
        }
        return false;
}

/* What every serving pod is, whatever its PriorityClass. */
static bool covers_serving(struct text scope) {
        return !text_equal(scope, TEXT("Terminating")) && !text_equal(scope, TEXT("BestEffort")) &&
               !text_equal(scope, TEXT("CrossNamespacePodAffinity"));
}

/* As label selectors read them: NotIn and DoesNotExist hold where there is none. */
static bool covers_class(struct value expression, struct text priority_class) {
        struct text operator= value_get_text(expression, "operator");
        struct value values = value_get(expression, TEXT("values"));
        bool none = text_is_empty(priority_class);

        if (text_equal(operator, TEXT("In")))
                return !none && is_among(values, priority_class);
        if (text_equal(operator, TEXT("NotIn")))
                return none || !is_among(values, priority_class);
        if (text_equal(operator, TEXT("Exists")))
                return !none;
        if (text_equal(operator, TEXT("DoesNotExist")))
                return none;
        return true;
}

bool quota_covers(const struct quota *quota, struct text priority_class) {
        struct value_iter it = value_iterate(quota->scopes);
        struct value item;

        while (value_next(&it, NULL, &item)) {
                if (text_equal(value_text(item), TEXT("PriorityClass"))
                            ? text_is_empty(priority_class)
                            : !covers_serving(value_text(item)))
                        return false;
        }
        it = value_iterate(quota->expressions);
        while (value_next(&it, NULL, &item)) {
                struct text scope = value_get_text(item, "scopeName");

                if (text_equal(scope, TEXT("PriorityClass")) ? !covers_class(item, priority_class)
                                                             : !covers_serving(scope))
                        return false;
        }
        return true;
}

/* Source: Kubernetes v1.34, pkg/quota/v1/evaluator/core/resource_claims.go */
bool quota_covers_claims(const struct quota *quota) {
        return value_count(quota->scopes) == 0 && value_count(quota->expressions) == 0;
}

struct text quota_key(struct text resource, bool claims, struct arena *arena) {
        return text_format(arena,
                           claims ? "%.*s.deviceclass.resource.k8s.io/devices" : "requests.%.*s",
                           TEXT_ARG(resource));
}

static int64_t read_limit(struct value v) {
        struct quantity q;
        struct fault fault;
        int64_t n;

        if (value_is_integer(v, &n))
                return n > 0 ? n : 0;
        if (v.kind != VALUE_STRING || quantity_parse(value_text(v), &q, &fault) < 0 || q.nano < 0)
                return 0;
        return quantity_floor(q);
}

bool quota_limit(const struct quota *quota, struct text key, int64_t *ret) {
        struct value limit = value_get(quota->hard, key);

        if (limit.kind == VALUE_ABSENT)
                return false;
        *ret = read_limit(limit);
        return true;
}
