/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/match.h"

#include "fleet/precision.h"

static const char *const reason_names[N_REASONS] = {
        [REASON_FITS] = "Fits",
        [REASON_INVALID_POOL] = "InvalidPool",
        [REASON_AMBIGUOUS_POOL] = "AmbiguousPool",
        [REASON_ENVIRONMENT_NOT_READY] = "EnvironmentNotReady",
        [REASON_POOL_CORDONED] = "PoolCordoned",
        [REASON_SELECTOR_MISMATCH] = "SelectorMismatch",
        [REASON_UNKNOWN_REQUIREMENT] = "UnknownRequirement",
        [REASON_INSUFFICIENT_MEMORY] = "InsufficientMemory",
        [REASON_PRECISION_UNSUPPORTED] = "PrecisionUnsupported",
        [REASON_INTERCONNECT_TOO_WEAK] = "InterconnectTooWeak",
        [REASON_BANDWIDTH_TOO_LOW] = "BandwidthTooLow",
        [REASON_NOT_MULTI_NODE] = "NotMultiNode",
        [REASON_MULTI_NODE_UNSUPPORTED] = "MultiNodeUnsupported",
        [REASON_NOT_ENOUGH_NODES] = "NotEnoughNodes",
        [REASON_NODE_TOO_SMALL] = "NodeTooSmall",
        [REASON_SLICES_CANNOT_GANG] = "SlicesCannotGang",
        [REASON_SHARED_CANNOT_GANG] = "SharedCannotGang",
        [REASON_NVLINK_DOMAIN_TOO_SMALL] = "NvlinkDomainTooSmall",
        [REASON_QUOTA_EXCEEDED] = "QuotaExceeded",
        [REASON_NO_CAPACITY] = "NoCapacity",
};

const char *reason_name(enum reason reason) {
        return reason_names[reason];
}

bool selector_matches(struct value selector, struct value labels,
                      struct selector_entry *ret_entry) {
        struct value_iter it = value_iterate(selector);
        bool matches = true;
        struct text key;
        struct value wanted;

        while ((matches || ret_entry) && value_next(&it, &key, &wanted)) {
                struct value have;

                if (!matches && text_compare(key, ret_entry->key) > 0)
                        continue;
                have = value_get(labels, key);
                if (have.kind == VALUE_STRING && text_equal(value_bytes(have), value_text(wanted)))
                        continue;
                matches = false;
                if (ret_entry)
                        *ret_entry = (struct selector_entry) { key, value_text(wanted) };
        }
        return matches;
}

enum interconnect match_interconnect_rank(struct text word) {
        static const struct {
                struct text word;
                enum interconnect rank;
        } words[] = {
                { TEXT_INIT("none"), INTERCONNECT_NONE },
                { TEXT_INIT("pcie"), INTERCONNECT_PCIE },
                { TEXT_INIT("nvlink"), INTERCONNECT_NVLINK },
                { TEXT_INIT("nvswitch"), INTERCONNECT_NVSWITCH },
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (text_equal_fold(word, words[i].word))
                        return words[i].rank;
        }
        return INTERCONNECT_UNKNOWN;
}

static bool interconnect_satisfies(struct text offered, struct text required) {
        enum interconnect have = match_interconnect_rank(offered),
                          want = match_interconnect_rank(required);

        if (have == INTERCONNECT_UNKNOWN || want == INTERCONNECT_UNKNOWN)
                return !text_is_empty(offered) && text_equal_fold(offered, required);
        return have >= want;
}

struct bandwidth {
        struct text kind; /* may be empty */
        uint64_t gbps;
        bool or_better;
};

static bool strip_fold(struct text *t, struct text suffix) {
        if (t->len < suffix.len ||
            !text_equal_fold(text_slice(*t, t->len - suffix.len, t->len), suffix))
                return false;
        *t = text_slice(*t, 0, t->len - suffix.len);
        return true;
}

static bool bandwidth_parse(struct text t, struct bandwidth *ret) {
        struct bandwidth b = { .or_better = strip_fold(&t, TEXT("-or-better")) };
        size_t dash = t.len;

        if (!strip_fold(&t, TEXT("gbps")) && !strip_fold(&t, TEXT("g")))
                return false;
        for (size_t i = 0; i < t.len; i++) {
                if (t.data[i] == '-')
                        dash = i;
        }
        if (dash < t.len) {
                b.kind = text_slice(t, 0, dash);
                t = text_slice(t, dash + 1, t.len);
                if (text_is_empty(b.kind))
                        return false;
        }
        if (!text_to_u64(t, &b.gbps))
                return false;
        *ret = b;
        return true;
}

bool match_bandwidth(struct text offered, struct text required) {
        struct bandwidth have, want;

        if (!bandwidth_parse(offered, &have) || !bandwidth_parse(required, &want) || have.or_better)
                return text_equal(offered, required);
        if (have.gbps < want.gbps)
                return false;
        return want.or_better || text_is_empty(have.kind) || text_is_empty(want.kind) ||
               text_equal_fold(have.kind, want.kind);
}

/* The first required precision that is not offered; empty when all are. */
static struct text missing_precision(const struct pool *pool, struct value required) {
        struct value_iter it = value_iterate(required);
        struct value want;

        while (value_next(&it, NULL, &want)) {
                if (!precision_offered(pool, value_text(want)))
                        return value_text(want);
        }
        return (struct text) { 0 };
}

static bool is_whole_gpu(const struct sub_pool *s) {
        return text_is_empty(s->mig_profile) && s->pool->sharing == SHARING_NONE;
}

struct demand match_demand(const struct candidate *c) {
        const struct serving_profile *profile = c->profile;
        int64_t unit = c->sub_pool->memory_bytes, vram = c->order->model->vram_bytes;

        if (profile->gpus_per_node > 0)
                return (struct demand) { profile->nodes, profile->gpus_per_node };
        if (vram > 0 && unit > 0 && is_whole_gpu(c->sub_pool))
                return (struct demand) { 1, vram / unit + (vram % unit > 0) };
        return (struct demand) { 1, 1 };
}

int64_t match_memory(const struct candidate *c) {
        int64_t units;

        if (c->profile->gpus_per_node > 0 || c->order->model->vram_bytes == 0)
                return c->profile->needs.memory_bytes;
        units = match_demand(c).units_per_node;
        return c->order->model->vram_bytes / units + (c->order->model->vram_bytes % units > 0);
}

static struct verdict verdict(enum reason reason) {
        return (struct verdict) { .reason = reason };
}

static struct verdict verdict_text(enum reason reason, struct text detail) {
        return (struct verdict) { .reason = reason, .detail = detail };
}

static struct verdict verdict_numbers(enum reason reason, int64_t wanted, int64_t offered) {
        return (struct verdict) { .reason = reason, .wanted = wanted, .offered = offered };
}

/* One selector against the labels that it is for. */
static struct verdict match_selector(enum selector whose, struct value selector,
                                     struct value labels) {
        struct selector_entry missing;

        if (selector_matches(selector, labels, &missing))
                return verdict(REASON_FITS);
        return (struct verdict) { .reason = REASON_SELECTOR_MISMATCH,
                                  .selector = whose,
                                  .detail = missing.key,
                                  .value = missing.value };
}

static struct verdict match_environment(const struct candidate *c) {
        struct value labels = c->sub_pool->environment->labels;
        struct verdict v;

        if (c->selected && c->selected->asked)
                return c->selected->verdict;
        v = match_selector(SELECTOR_DEPLOYMENT, c->order->deployment->environment_selector, labels);
        if (v.reason == REASON_FITS)
                v = match_selector(SELECTOR_ENVIRONMENT, c->profile->environment_selector, labels);
        if (c->selected)
                *c->selected = (struct selected_environment) { .asked = true, .verdict = v };
        return v;
}

/* Row 4: the deployment's and the profile's environment selector, the profile's pool selector. */
static struct verdict match_selectors(const struct candidate *c) {
        struct verdict v = match_environment(c);

        if (v.reason != REASON_FITS)
                return v;
        return match_selector(SELECTOR_POOL, c->profile->pool_selector, c->sub_pool->pool->labels);
}

/* Rows 5 to 9: what `requires` asks of the pool's capabilities. */
static struct verdict match_needs(const struct candidate *c) {
        const struct needs *needs = &c->profile->needs;
        const struct pool *pool = c->sub_pool->pool;
        int64_t memory = match_memory(c);
        struct text precision;

        if (!text_is_empty(needs->unknown))
                return verdict_text(REASON_UNKNOWN_REQUIREMENT, needs->unknown);
        if (memory > 0 && c->sub_pool->memory_bytes < memory)
                return verdict_numbers(REASON_INSUFFICIENT_MEMORY, memory,
                                       c->sub_pool->memory_bytes);
        precision = missing_precision(pool, needs->precisions);
        if (!text_is_empty(precision))
                return verdict_text(REASON_PRECISION_UNSUPPORTED, precision);
        if (!text_is_empty(needs->interconnect) &&
            !interconnect_satisfies(pool->interconnect, needs->interconnect))
                return verdict(REASON_INTERCONNECT_TOO_WEAK);
        if (!text_is_empty(needs->bandwidth) && !match_bandwidth(pool->bandwidth, needs->bandwidth))
                return verdict(REASON_BANDWIDTH_TOO_LOW);
        return verdict(REASON_FITS);
}

/* Rows 10 to 13: the shape of one replica. */
static struct verdict match_shape(const struct candidate *c) {
        const struct needs *needs = &c->profile->needs;
        const struct sub_pool *s = c->sub_pool;
        struct demand demand = match_demand(c);
        bool multi_node_needed = demand.nodes > 1 || value_is_true(needs->multi_node);

        if (multi_node_needed && !value_is_true(s->pool->multi_node))
                return verdict_numbers(REASON_NOT_MULTI_NODE, demand.nodes, 1);
        if (demand.nodes > 1 && !c->order->settings->multi_node)
                return verdict_numbers(REASON_MULTI_NODE_UNSUPPORTED, demand.nodes, 1);
        /* A pool that has no nodes at all has no room; what is there stays. */
        if (s->nodes > 0 && s->nodes < demand.nodes)
                return verdict_numbers(REASON_NOT_ENOUGH_NODES, demand.nodes, s->nodes);
        if (s->units_per_node < demand.units_per_node)
                return verdict_numbers(REASON_NODE_TOO_SMALL, demand.units_per_node,
                                       s->units_per_node);
        if (demand.units_per_node > 1 && !text_is_empty(s->mig_profile) &&
            !c->order->settings->multi_slice)
                return verdict_numbers(REASON_SLICES_CANNOT_GANG, demand.units_per_node, 1);
        if (demand.units_per_node > 1 && s->pool->sharing != SHARING_NONE)
                return verdict_numbers(REASON_SHARED_CANNOT_GANG, demand.units_per_node, 1);
        return verdict(REASON_FITS);
}

/* Row 14: units of one node that one replica couples by NVLink. */
static struct verdict match_nvlink(const struct candidate *c) {
        const struct needs *needs = &c->profile->needs;
        int64_t domain = c->sub_pool->pool->nvlink_domain, wanted = needs->nvlink_domain;
        int64_t gang = match_demand(c).units_per_node;

        if (match_interconnect_rank(needs->interconnect) >= INTERCONNECT_NVLINK && gang > wanted)
                wanted = gang;
        if (wanted > domain && (wanted > 1 || needs->nvlink_domain > 0))
                return verdict_numbers(REASON_NVLINK_DOMAIN_TOO_SMALL, wanted, domain);
        return verdict(REASON_FITS);
}

struct verdict match(const struct candidate *c, bool staying) {
        const struct sub_pool *s = c->sub_pool;
        struct verdict v;

        if (!text_is_empty(s->invalid))
                return verdict_text(REASON_INVALID_POOL, s->invalid);
        if (!text_is_empty(s->ambiguous))
                return verdict_text(REASON_AMBIGUOUS_POOL, s->ambiguous);
        if (!staying && s->environment->not_ready)
                return verdict(REASON_ENVIRONMENT_NOT_READY);
        if (!staying && s->pool->schedulable != SCHEDULABLE_ALWAYS)
                return verdict(REASON_POOL_CORDONED);
        v = match_selectors(c);
        if (v.reason == REASON_FITS)
                v = match_needs(c);
        if (v.reason == REASON_FITS)
                v = match_shape(c);
        if (v.reason == REASON_FITS)
                v = match_nvlink(c);
        return v;
}
