/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/closest.h"

#include "base/arena.h"
#include "base/quantity.h"
#include "fleet/precision.h"

/* What a row compares, as far as it has numbers. */
struct lack {
        int64_t have, want;
};

/* Of a sub-pool with enough units in sum it is a node that has too few. */
static struct lack lack_of_units(const struct rejection *r) {
        const struct verdict *v = &r->verdict;
        int64_t nodes = r->profile && r->profile->nodes > 1 ? r->profile->nodes : 1;

        if (v->offered < v->wanted)
                return (struct lack) { v->offered, v->wanted };
        return (struct lack) { v->gap, v->wanted / nodes };
}

static struct lack lack_of(const struct rejection *r) {
        const struct verdict *v = &r->verdict;

        switch (v->reason) {
        case REASON_NO_CAPACITY:
                return lack_of_units(r);
        case REASON_INSUFFICIENT_MEMORY:
        case REASON_NOT_ENOUGH_NODES:
        case REASON_NODE_TOO_SMALL:
        case REASON_NVLINK_DOMAIN_TOO_SMALL:
        case REASON_QUOTA_EXCEEDED:
                return (struct lack) { v->offered < 0 ? 0 : v->offered, v->wanted };
        case REASON_SLICES_CANNOT_GANG:
        case REASON_SHARED_CANNOT_GANG:
                return (struct lack) { 1, v->wanted };
        case REASON_FITS:
        case REASON_INVALID_POOL:
        case REASON_AMBIGUOUS_POOL:
        case REASON_ENVIRONMENT_NOT_READY:
        case REASON_POOL_CORDONED:
        case REASON_SELECTOR_MISMATCH:
        case REASON_UNKNOWN_REQUIREMENT:
        case REASON_PRECISION_UNSUPPORTED:
        case REASON_INTERCONNECT_TOO_WEAK:
        case REASON_BANDWIDTH_TOO_LOW:
        case REASON_NOT_MULTI_NODE:
        case REASON_MULTI_NODE_UNSUPPORTED:
                break;
        }
        return (struct lack) { 0, 1 };
}

bool closest_is_nearer(const struct rejection *a, const struct rejection *b) {
        struct lack x, y;
        double difference;
        int order;

        if (a->verdict.reason != b->verdict.reason)
                return a->verdict.reason > b->verdict.reason;
        x = lack_of(a);
        y = lack_of(b);
        difference = (double)x.have * (double)y.want - (double)y.have * (double)x.want;
        if (difference < 0 || difference > 0)
                return difference > 0;
        order = text_compare(a->sub_pool->environment->name, b->sub_pool->environment->name);
        if (order == 0)
                order = text_compare(a->sub_pool->pool->name, b->sub_pool->pool->name);
        if (order == 0)
                order = text_compare(a->sub_pool->mig_profile, b->sub_pool->mig_profile);
        return order < 0;
}

/* ---- sentences ------------------------------------------------------------------------------- */

/* "has 4 of 32 units free: needs 28 more units"; empty when it is not the number that is in the way
 */
static struct text say_number(struct lack lack, const char *noun, const char *where,
                              struct arena *arena) {
        long long missing = (long long)(lack.want - lack.have);

        if (missing <= 0)
                return (struct text) { 0 };
        return text_format(arena, "has %lld of %lld %s%s%s: needs %lld more %s%s",
                           (long long)lack.have, (long long)lack.want, noun,
                           lack.want == 1 ? "" : "s", where, missing, noun,
                           missing == 1 ? "" : "s");
}

static struct text say_memory(const struct verdict *v, struct arena *arena) {
        struct text want = quantity_spell_bytes(v->wanted, arena);

        if (v->offered < 0)
                return text_format(arena,
                                   "has an unknown amount of %.*s of memory per unit: declare "
                                   "capabilities.memoryPerGpu",
                                   TEXT_ARG(want));
        if (v->offered >= v->wanted)
                return (struct text) { 0 };
        return text_format(arena, "has %.*s of %.*s of memory per unit: needs %.*s more",
                           TEXT_ARG(quantity_spell_bytes(v->offered, arena)), TEXT_ARG(want),
                           TEXT_ARG(quantity_about_bytes(v->wanted - v->offered, arena)));
}

static struct text say_word(const char *member, struct text have, struct text want,
                            struct arena *arena) {
        if (text_is_empty(have))
                return text_format(arena, "declares no %s instead of %.*s", member, TEXT_ARG(want));
        return text_format(arena, "has %s %.*s instead of %.*s", member, TEXT_ARG(have),
                           TEXT_ARG(want));
}

/* A list that is written, and empty. */
static bool is_none(struct value list) {
        return list.kind == VALUE_LIST && value_count(list) == 0;
}

static struct text say(const struct rejection *r, struct arena *arena) {
        const struct verdict *v = &r->verdict;
        const struct pool *pool = r->sub_pool->pool;

        switch (v->reason) {
        case REASON_INSUFFICIENT_MEMORY:
                return say_memory(v, arena);
        case REASON_PRECISION_UNSUPPORTED:
                return say_word("precisionSupport",
                                precision_is_known(pool) && !is_none(pool->precisions)
                                        ? precision_list(pool, arena)
                                        : (struct text) { 0 },
                                v->detail, arena);
        case REASON_INTERCONNECT_TOO_WEAK:
                return say_word("interconnect", pool->interconnect, r->profile->needs.interconnect,
                                arena);
        case REASON_BANDWIDTH_TOO_LOW:
                return say_word("interNodeBandwidth", pool->bandwidth, r->profile->needs.bandwidth,
                                arena);
        case REASON_NOT_MULTI_NODE:
                return say_word("multiNodeCapable",
                                pool->multi_node.kind == VALUE_BOOL ? TEXT("false")
                                                                    : (struct text) { 0 },
                                TEXT("true"), arena);
        case REASON_NOT_ENOUGH_NODES:
                return say_number(lack_of(r), "node", "", arena);
        case REASON_NODE_TOO_SMALL:
                return say_number(lack_of(r), "unit", " on a node", arena);
        case REASON_NVLINK_DOMAIN_TOO_SMALL:
                return say_number(lack_of(r), "GPU", " in one NVLink domain", arena);
        case REASON_QUOTA_EXCEEDED:
                return say_number(lack_of(r), "unit", " left in the ResourceQuota", arena);
        case REASON_NO_CAPACITY:
                return say_number(lack_of(r), "unit",
                                  v->offered < v->wanted ? " free" : " free on one node", arena);
        case REASON_FITS:
        case REASON_INVALID_POOL:
        case REASON_AMBIGUOUS_POOL:
        case REASON_ENVIRONMENT_NOT_READY:
        case REASON_POOL_CORDONED:
        case REASON_SELECTOR_MISMATCH:
        case REASON_UNKNOWN_REQUIREMENT:
        case REASON_MULTI_NODE_UNSUPPORTED:
        case REASON_SLICES_CANNOT_GANG:
        case REASON_SHARED_CANNOT_GANG:
                break;
        }
        return (struct text) { 0 };
}

struct text closest_sentence(const struct rejection *r, struct arena *arena) {
        const struct sub_pool *s = r->sub_pool;
        struct text lacks = say(r, arena);

        if (text_is_empty(lacks))
                return lacks;
        return text_format(arena, "closest: %.*s/%.*s%s%.*s %.*s", TEXT_ARG(s->environment->name),
                           TEXT_ARG(s->pool->name), text_is_empty(s->mig_profile) ? "" : "/",
                           TEXT_ARG(s->mig_profile), TEXT_ARG(lacks));
}
