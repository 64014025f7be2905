/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/selector.h"

#include "base/count.h"
#include "fleet/resource.h"

/* ---- node affinity -----------------------------------------------------------------------------
 */

static bool is_in(struct value values, struct text value) {
        struct value_iter it = value_iterate(values);
        struct value each;

        while (value_next(&it, NULL, &each)) {
                if (text_equal(value_text(each), value))
                        return true;
        }
        return false;
}

/* The label's number less that of the expression; 0 where either is none. */
static int difference(struct text label, struct value values) {
        struct value_iter it = value_iterate(values);
        struct value bound;
        uint64_t a, b;

        if (!value_next(&it, NULL, &bound) || !text_to_u64(label, &a) ||
            !text_to_u64(value_text(bound), &b))
                return 0;
        return a < b ? -1 : a > b;
}

static bool expression_holds(struct value expression, const struct host *host) {
        struct text operator_ = value_get_text(expression, "operator");
        struct value values = value_get(expression, TEXT("values"));
        const struct value_member *label = host_label_of(host, value_get_text(expression, "key"));
        struct text value = label ? value_text(label->value) : (struct text) { 0 };

        if (text_equal(operator_, TEXT("DoesNotExist")))
                return !label;
        if (text_equal(operator_, TEXT("NotIn")))
                return !label || !is_in(values, value);
        if (!label)
                return false;
        if (text_equal(operator_, TEXT("In")))
                return is_in(values, value);
        if (text_equal(operator_, TEXT("Gt")))
                return difference(value, values) > 0;
        if (text_equal(operator_, TEXT("Lt")))
                return difference(value, values) < 0;
        return true; /* Exists */
}

static bool all_hold(struct value expressions, const struct host *host) {
        struct value_iter it = value_iterate(expressions);
        struct value expression;

        while (value_next(&it, NULL, &expression)) {
                if (!expression_holds(expression, host))
                        return false;
        }
        return true;
}

/* One of the terms has to hold; matchFields, which name a single node, are not looked at. */
static bool affinity_holds(struct value affinity, const struct host *host) {
        struct value terms = value_at(affinity, "nodeAffinity.requiredDuringSchedulingIgnored"
                                                "DuringExecution.nodeSelectorTerms");
        struct value_iter it = value_iterate(terms);
        struct value term;

        if (terms.kind != VALUE_LIST)
                return true;
        while (value_next(&it, NULL, &term)) {
                if (all_hold(value_get(term, TEXT("matchExpressions")), host))
                        return true;
        }
        return false;
}

bool selector_finds(const struct pool *pool, const struct host *host) {
        struct value_iter it = value_iterate(pool_selector(pool));
        struct value wanted;
        struct text key;

        while (value_next(&it, &key, &wanted)) {
                const struct value_member *label = host_label_of(host, key);

                if (!label || !text_equal(value_text(label->value), value_text(wanted)))
                        return false;
        }
        return affinity_holds(pool->affinity, host);
}

/* ---- taints ------------------------------------------------------------------------------------
 */

/* Of nodes that come, go or are sick: no pod of ours should tolerate these. */
static bool is_of_kubernetes(struct text key) {
        static const struct text starts[] = {
                TEXT_INIT("node.kubernetes.io/"),
                TEXT_INIT("node.cloudprovider.kubernetes.io/"),
                TEXT_INIT("karpenter.sh/"),
                TEXT_INIT("ToBeDeletedByClusterAutoscaler"),
                TEXT_INIT("DeletionCandidateOfClusterAutoscaler"),
                TEXT_INIT("node.cilium.io/"),
                TEXT_INIT("nvidia.com/gpu-driver-upgrade"),
        };

        for (size_t i = 0; i < COUNT_OF(starts); i++) {
                if (text_starts_with(key, starts[i]))
                        return true;
        }
        return false;
}

bool selector_taint_counts(const struct host *host, struct value taint) {
        struct text key = value_get_text(taint, "key"), effect = value_get_text(taint, "effect");

        if (text_equal(effect, TEXT("PreferNoSchedule")) || is_of_kubernetes(key))
                return false;
        if (!text_equal(effect, TEXT("NoSchedule")))
                return true;
        return !text_equal(key, TEXT(GPU_RESOURCE)) &&
               !(host->n_resources == 1 && text_equal(key, host->resources[0].name));
}

static bool tolerates(struct value toleration, struct value taint) {
        struct text key = value_get_text(toleration, "key"),
                    effect = value_get_text(toleration, "effect");
        bool exists = text_equal(value_get_text(toleration, "operator"), TEXT("Exists"));

        if (!text_is_empty(effect) && !text_equal(effect, value_get_text(taint, "effect")))
                return false;
        if (!text_is_empty(key) && !text_equal(key, value_get_text(taint, "key")))
                return false;
        return exists ||
               text_equal(value_get_text(toleration, "value"), value_get_text(taint, "value"));
}

static bool is_tolerated(const struct pool *pool, struct value taint) {
        struct value_iter it = value_iterate(pool->tolerations);
        struct value toleration;

        while (value_next(&it, NULL, &toleration)) {
                if (tolerates(toleration, taint))
                        return true;
        }
        return false;
}

struct value selector_untolerated(const struct pool *pool, const struct host *host,
                                  struct text resource) {
        struct value_iter it = value_iterate(host->taints);
        struct value taint;

        while (value_next(&it, NULL, &taint)) {
                if (selector_taint_counts(host, taint) && !is_tolerated(pool, taint) &&
                    !(text_equal(value_get_text(taint, "key"), resource) &&
                      text_equal(value_get_text(taint, "effect"), TEXT("NoSchedule"))))
                        return taint;
        }
        return (struct value) { 0 };
}
