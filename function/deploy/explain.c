/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/explain.h"

#include <stdlib.h>

#include "base/arena.h"
#include "fleet/precision.h"
#include "fleet/quota.h"
#include "wire/value_print.h"

static int compare_sub_pools(const struct sub_pool *a, const struct sub_pool *b) {
        int order = text_compare(a->environment->name, b->environment->name);

        if (order == 0)
                order = text_compare(a->pool->name, b->pool->name);
        if (order == 0)
                order = text_compare(a->mig_profile, b->mig_profile);
        /* Two invalid pools of one name differ by their position. */
        return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static int compare_rejections(const void *a, const void *b) {
        const struct rejection *x = a, *y = b;
        int order = compare_sub_pools(x->sub_pool, y->sub_pool);

        return order != 0 ? order : text_compare(x->profile->name, y->profile->name);
}

void rejections_sort(struct rejections *r) {
        if (r->n == 0)
                r->n_items = 0;
        if (r->n_items > 1)
                qsort(r->items, r->n_items, sizeof(*r->items), compare_rejections);
        if (r->n_items > REJECTIONS_MAX)
                r->n_items = REJECTIONS_MAX;
}

void rejections_add(struct rejections *r, struct rejection rejection) {
        if (r->n_items == sizeof(r->items) / sizeof(r->items[0])) {
                rejections_sort(r);
                r->last = r->items[REJECTIONS_MAX - 1];
        }
        if (r->n++ == 0 || closest_is_nearer(&rejection, &r->closest))
                r->closest = rejection;
        /* Most come after those that are kept: fleets are read in order. */
        if (r->last.sub_pool && compare_rejections(&rejection, &r->last) > 0)
                return;
        r->items[r->n_items++] = rejection;
}

void rejections_add_sub_pool(struct rejections *r, enum reason furthest) {
        r->furthest[furthest]++;
}

void rejections_set_aside(struct rejections *r, struct text why) {
        if (r->n_aside++ == 0)
                r->aside = why;
}

enum reason rejections_nearest(const struct rejections *r) {
        int reason = r->n > 0 ? N_REASONS - 1 : REASON_FITS;

        while (reason > REASON_FITS && r->furthest[reason] == 0)
                reason--;
        return (enum reason)reason;
}

/* "the pool has pcie" */
static struct text pool_has(struct text t, struct arena *arena) {
        return text_is_empty(t) ? TEXT("the pool declares none")
                                : text_format(arena, "the pool has %.*s", TEXT_ARG(t));
}

/* "1 unit", "2 units" */
static struct text units(int64_t n, struct arena *arena) {
        return text_format(arena, n == 1 ? "%lld unit" : "%lld units", (long long)n);
}

/* "1 node", "2 nodes" */
static struct text nodes(int64_t n, struct arena *arena) {
        return text_format(arena, n == 1 ? "%lld node" : "%lld nodes", (long long)n);
}

static struct text not_ready(const struct environment *environment, struct arena *arena) {
        struct text status = value_get_text(environment->ready, "status");
        struct text reason = value_get_text(environment->ready, "reason");

        if (text_is_empty(status))
                status = TEXT("not True");
        return text_format(arena, "the environment's Ready condition is %.*s%s%.*s",
                           TEXT_ARG(status), text_is_empty(reason) ? "" : ", ", TEXT_ARG(reason));
}

/* "the deployment's environmentSelector wants tier=gold, the environment has tier=lead" */
static struct text mismatch(const struct rejection *r, struct arena *arena) {
        static const char *const selectors[] = {
                [SELECTOR_DEPLOYMENT] = "the deployment's environmentSelector",
                [SELECTOR_ENVIRONMENT] = "the serving profile's environmentSelector",
                [SELECTOR_POOL] = "the serving profile's poolSelector",
        };
        const struct verdict *v = &r->verdict;
        bool of_pool = v->selector == SELECTOR_POOL;
        struct value labels =
                of_pool ? r->sub_pool->pool->labels : r->sub_pool->environment->labels;
        struct value have = value_get(labels, v->detail);
        bool has = have.kind == VALUE_STRING;

        return text_format(arena, "%s wants %.*s=%.*s, the %s has %s%.*s%s%.*s",
                           selectors[v->selector], TEXT_ARG(v->detail), TEXT_ARG(v->value),
                           of_pool ? "pool" : "environment", has ? "" : "no label ",
                           TEXT_ARG(v->detail), has ? "=" : "", TEXT_ARG(value_text(have)));
}

static struct text unknown_requirement(const struct serving_profile *profile, struct text key,
                                       struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_text(&b, profile->path);
        builder_string(&b, ".replicaTopology.requires.");
        builder_text(&b, key);
        builder_string(&b, " is not known: requires may have ");
        for (size_t i = 0; i < N_NEEDS; i++) {
                if (i > 0)
                        builder_string(&b, ", ");
                builder_text(&b, needs_known[i]);
        }
        return builder_done(&b);
}

/* "a replica on 2 nodes ", or nothing of one node */
static struct text on_nodes(int64_t n, struct arena *arena) {
        if (n < 2)
                return (struct text) { 0 };
        return text_format(arena, "a replica on %lld nodes ", (long long)n);
}

/* Whose reservation closes the sub-pool; nothing when none does. */
static struct text crowded(const struct verdict *v, struct arena *arena) {
        struct text who = text_is_empty(v->detail) ? TEXT("one of another namespace") : v->detail;

        if (!v->crowded)
                return (struct text) { 0 };
        return text_format(arena, "; nothing is granted there while %.*s %s", TEXT_ARG(who),
                           v->over_committed ? "uses more than fits on its nodes"
                                             : "has no seat for what it reserved");
}

static struct text too_little_memory(const struct verdict *v, struct arena *arena) {
        struct text wanted = quantity_spell_bytes(v->wanted, arena);

        if (v->offered < 0)
                return text_format(arena,
                                   "wants %.*s of memory per unit, this pool's memory is unknown: "
                                   "declare capabilities.memoryPerGpu",
                                   TEXT_ARG(wanted));
        return text_format(arena, "wants %.*s of memory per unit, a unit here has %.*s",
                           TEXT_ARG(wanted), TEXT_ARG(quantity_spell_bytes(v->offered, arena)));
}

static struct text unsupported_precision(const struct verdict *v, const struct pool *pool,
                                         struct arena *arena) {
        if (!precision_is_known(pool))
                return text_format(arena,
                                   "wants precision %.*s, the pool declares no precisionSupport: "
                                   "declare capabilities.precisionSupport",
                                   TEXT_ARG(v->detail));
        return text_format(arena, "wants precision %.*s, the pool supports %.*s",
                           TEXT_ARG(v->detail), TEXT_ARG(precision_list(pool, arena)));
}

struct text explain_rejection(const struct rejection *r, struct arena *arena) {
        const struct verdict *v = &r->verdict;
        const struct pool *pool = r->sub_pool->pool;
        const struct needs *needs = r->profile ? &r->profile->needs : NULL;
        long long wanted = v->wanted, offered = v->offered;
        struct text a, b;

        switch (v->reason) {
        case REASON_FITS:
                return TEXT("fits");
        case REASON_INVALID_POOL:
                return v->detail;
        case REASON_AMBIGUOUS_POOL:
                return text_format(arena,
                                   "pool %.*s has the same %s and the same "
                                   "selector: give each a selector of its own",
                                   TEXT_ARG(v->detail),
                                   pool->allocation == ALLOCATION_DRA ? "devices"
                                                                      : "resource name");
        case REASON_ENVIRONMENT_NOT_READY:
                return not_ready(r->sub_pool->environment, arena);
        case REASON_POOL_CORDONED:
                return text_format(arena, "the pool's schedulable is %s, not Always",
                                   pool->schedulable == SCHEDULABLE_DRAIN ? "Drain" : "NoNew");
        case REASON_SELECTOR_MISMATCH:
                return mismatch(r, arena);
        case REASON_UNKNOWN_REQUIREMENT:
                return unknown_requirement(r->profile, v->detail, arena);
        case REASON_INSUFFICIENT_MEMORY:
                return too_little_memory(v, arena);
        case REASON_PRECISION_UNSUPPORTED:
                return unsupported_precision(v, pool, arena);
        case REASON_INTERCONNECT_TOO_WEAK:
                a = pool_has(pool->interconnect, arena);
                return text_format(arena, "wants interconnect %.*s, %.*s",
                                   TEXT_ARG(needs->interconnect), TEXT_ARG(a));
        case REASON_BANDWIDTH_TOO_LOW:
                a = pool_has(pool->bandwidth, arena);
                return text_format(arena, "wants interNodeBandwidth %.*s, %.*s",
                                   TEXT_ARG(needs->bandwidth), TEXT_ARG(a));
        case REASON_NOT_MULTI_NODE:
                a = on_nodes(wanted, arena);
                return text_format(
                        arena, "%.*swants multiNodeCapable true, the pool %s", TEXT_ARG(a),
                        pool->multi_node.kind == VALUE_BOOL ? "has false" : "declares none");
        case REASON_MULTI_NODE_UNSUPPORTED:
                a = on_nodes(wanted, arena);
                return text_format(arena,
                                   "%.*swants kserve.multiNode: true in the function's input, and "
                                   "its preset installed",
                                   TEXT_ARG(a));
        case REASON_NOT_ENOUGH_NODES:
                a = nodes(wanted, arena);
                return text_format(arena, "wants %.*s, the pool has %lld", TEXT_ARG(a), offered);
        case REASON_NODE_TOO_SMALL:
                a = units(wanted, arena);
                return text_format(arena, "wants %.*s on one node, a node has %lld", TEXT_ARG(a),
                                   offered);
        case REASON_SLICES_CANNOT_GANG:
                return text_format(arena, "wants %lld MIG slices for one process, which can use 1",
                                   wanted);
        case REASON_SHARED_CANNOT_GANG:
                return text_format(arena,
                                   "wants %lld shares for one process, which can use 1: two may be "
                                   "one and the same GPU",
                                   wanted);
        case REASON_NVLINK_DOMAIN_TOO_SMALL:
                return text_format(arena, "wants nvlinkDomainSize %lld, the pool has %lld", wanted,
                                   offered);
        case REASON_QUOTA_EXCEEDED:
                a = units(wanted, arena);
                b = quota_key(r->sub_pool->resource_name,
                              r->sub_pool->pool->allocation == ALLOCATION_DRA, arena);
                return text_format(arena,
                                   "wants %.*s, ResourceQuota %.*s has %lld of %lld left of %.*s",
                                   TEXT_ARG(a), TEXT_ARG(v->detail), offered, (long long)v->total,
                                   TEXT_ARG(b));
        case REASON_NO_CAPACITY:
                a = units(wanted, arena);
                b = crowded(v, arena);
                return text_format(arena,
                                   "wants %.*s, %lld of %lld are free, at most %lld of them on one "
                                   "node%.*s",
                                   TEXT_ARG(a), offered, (long long)v->total, (long long)v->gap,
                                   TEXT_ARG(b));
        }
        BUG("a reason without a sentence");
}

static void count_sub_pools(const struct rejections *r, struct builder *b) {
        const char *separator = "";
        size_t n_sub_pools = 0;

        for (int reason = 0; reason < N_REASONS; reason++)
                n_sub_pools += r->furthest[reason];
        builder_string(b, "0/");
        builder_u64(b, n_sub_pools);
        builder_string(b, n_sub_pools == 1 ? " pool fits: " : " pools fit: ");
        for (int reason = 0; reason < N_REASONS; reason++) {
                if (r->furthest[reason] == 0)
                        continue;
                builder_string(b, separator);
                builder_u64(b, r->furthest[reason]);
                builder_char(b, ' ');
                builder_string(b, reason_name((enum reason)reason));
                separator = ", ";
        }
}

struct text explain_count(const struct rejections *r, struct arena *arena) {
        struct text closest;
        struct builder b;

        if (r->n == 0 && r->n_aside == 0)
                return TEXT("no environment is left to choose from");
        builder_init(&b, arena);
        if (r->n > 0)
                count_sub_pools(r, &b);
        closest = r->n > 0 ? closest_sentence(&r->closest, arena) : (struct text) { 0 };
        builder_string(&b, text_is_empty(closest) ? "" : "; ");
        builder_text(&b, closest);
        if (r->n > 0 && r->n_aside > 0)
                builder_string(&b, "; ");
        builder_text(&b, r->aside);
        if (r->n_aside > 1) {
                builder_string(&b, "; ");
                builder_u64(&b, r->n_aside - 1);
                builder_string(&b, r->n_aside == 2 ? " more environment offers nothing"
                                                   : " more environments offer nothing");
        }
        return builder_done(&b);
}
