/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/selecting.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/count.h"
#include "cli/grouping.h"

const char *const selecting_pool_keys[] = {
        "cloud.google.com/gke-nodepool",
        "eks.amazonaws.com/nodegroup",
        "alpha.eksctl.io/nodegroup-name",
        "kubernetes.azure.com/agentpool",
        "agentpool",
        "karpenter.sh/nodepool",
        "karpenter.azure.com/nodepool",
        "node.exoscale.net/nodepool-name",
        "node.exoscale.net/nodepool-id",
        "oke.oraclecloud.com/pool.name",
        "compute.coreweave.com/node-pool",
        "doks.digitalocean.com/node-pool",
        "k8s.scaleway.com/pool-name",
        "machineconfiguration.openshift.io/role",
        NULL,
};

/* What says most of GPUs first: a person recognizes the pool by it. */
static const char *const telling[] = {
        "nvidia.com/gpu.product",
        "nvidia.com/mig.config",
        "cloud.google.com/gke-accelerator",
        "cloud.google.com/gke-gpu-partition-size",
        "cloud.google.com/gke-max-shared-clients-per-gpu",
        "node.kubernetes.io/instance-type",
        "amd.com/gpu.product-name",
};

/* What comes behind the labels of node pools. */
static const char *const counting[] = {
        "nvidia.com/gpu.replicas", "nvidia.com/gpu.sharing-strategy", "nvidia.com/gpu.count",
        "nvidia.com/mig.strategy", "nvidia.com/gpu.memory",
};

/* Labels of one node, or that change while it runs. */
static const char *const never[] = {
        "kubernetes.io/hostname", "nvidia.com/gfd.timestamp",      "nvidia.com/mig.config.state",
        "nvidia.com/gpu.deploy.", "nvidia.com/gpu-driver-upgrade", "node-role.kubernetes.io/",
};

/* That say where a node is, or what its CPU has: only where nothing else tells it apart. */
static const char *const weak[] = {
        "topology.",
        "failure-domain.",
        "feature.node.kubernetes.io/",
        "beta.kubernetes.io/",
        "kubernetes.io/",
        "nvidia.com/cuda",
        "nvidia.com/mig.capable",
        "nvidia.com/gpu.family",
        "nvidia.com/gpu.compute",
        "nvidia.com/gpu.machine",
        "csi.",
};

enum { RANK_POOL = 100, RANK_COUNTING = 200, RANK_OTHER = 300, RANK_WEAK = 400, RANK_NEVER = 500 };

static bool begins_with(struct text key, const char *const *starts, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text_starts_with(key, text_from(starts[i])))
                        return true;
        }
        return false;
}

static int rank_among(struct text key, const char *const *names, size_t n, int base) {
        for (size_t i = 0; i < n && names[i]; i++) {
                if (text_equal(key, text_from(names[i])))
                        return base + (int)i;
        }
        return 0;
}

static int rank_of(struct text key) {
        int rank = rank_among(key, telling, COUNT_OF(telling), 1);

        if (rank == 0)
                rank = rank_among(key, selecting_pool_keys, SIZE_MAX, RANK_POOL);
        if (rank == 0)
                rank = rank_among(key, counting, COUNT_OF(counting), RANK_COUNTING);
        if (rank == 0 && begins_with(key, never, COUNT_OF(never)))
                rank = RANK_NEVER;
        if (rank == 0 && begins_with(key, weak, COUNT_OF(weak)))
                rank = RANK_WEAK;
        return rank == 0 ? RANK_OTHER : rank;
}

/* ---- candidates --------------------------------------------------------------------------------
 */

struct candidate {
        struct selected label;
        int rank;
        uint64_t *keeps; /* which of the others have it too */
        bool is_taken;
};

struct search {
        struct candidate *items; /* the one that says most first */
        size_t n;
        size_t n_words; /* of keeps */
};

bool selecting_common(struct crowd crowd, struct text key, struct text value) {
        for (size_t i = 0; i < crowd.n; i++) {
                const struct value_member *label = host_label_of(crowd.hosts[i], key);

                if (!label || !text_equal(value_text(label->value), value))
                        return false;
        }
        return true;
}

static int by_rank(const void *a, const void *b) {
        const struct candidate *left = a, *right = b;

        if (left->rank != right->rank)
                return left->rank < right->rank ? -1 : 1;
        return text_compare(left->label.key, right->label.key);
}

static bool mark_others(struct candidate *c, struct crowd others, size_t n_words,
                        struct arena *arena) {
        c->keeps = ARENA_ARRAY(arena, n_words, uint64_t);
        if (!c->keeps)
                return false;
        for (size_t i = 0; i < others.n; i++) {
                const struct value_member *label = host_label_of(others.hosts[i], c->label.key);

                if (label && text_equal(value_text(label->value), c->label.value))
                        c->keeps[i / 64] |= UINT64_C(1) << (i % 64);
        }
        return true;
}

static int find_candidates(struct crowd crowd, struct crowd others, struct arena *arena,
                           struct search *ret) {
        const struct host *first = crowd.hosts[0];

        *ret = (struct search) { .items = ARENA_ARRAY(arena, first->n_labels + 1, struct candidate),
                                 .n_words = others.n / 64 + 1 };
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < first->n_labels; i++) {
                struct candidate *c = &ret->items[ret->n];

                *c = (struct candidate) {
                        .label = { first->labels[i].key, value_text(first->labels[i].value) },
                        .rank = rank_of(first->labels[i].key),
                };
                if (c->rank == RANK_NEVER || !selecting_common(crowd, c->label.key, c->label.value))
                        continue;
                if (!mark_others(c, others, ret->n_words, arena))
                        return -ENOMEM;
                ret->n++;
        }
        if (ret->n > 1)
                qsort(ret->items, ret->n, sizeof(*ret->items), by_rank);
        return 0;
}

/* ---- the fewest of them ------------------------------------------------------------------------
 */

static bool is_empty(const uint64_t *words, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (words[i])
                        return false;
        }
        return true;
}

static bool are_apart(const struct candidate *a, const struct candidate *b, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (a->keeps[i] & b->keeps[i])
                        return false;
        }
        return true;
}

static bool find_one(struct search *s, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (!is_empty(s->items[i].keeps, s->n_words))
                        continue;
                s->items[i].is_taken = true;
                return true;
        }
        return false;
}

static bool find_two(struct search *s, size_t n) {
        size_t first = 0, second = 0;

        for (size_t i = 0; i < n; i++) {
                for (size_t k = i + 1; k < n; k++) {
                        if ((second > 0 && i + k >= first + second) ||
                            !are_apart(&s->items[i], &s->items[k], s->n_words))
                                continue;
                        first = i;
                        second = k;
                }
        }
        if (second == 0)
                return false;
        s->items[first].is_taken = s->items[second].is_taken = true;
        return true;
}

static size_t count_bits(const uint64_t *a, const uint64_t *b, size_t n) {
        size_t count = 0;

        for (size_t i = 0; i < n; i++)
                count += (size_t)__builtin_popcountll(a[i] & b[i]);
        return count;
}

/* Always the one that excludes most of what is left. */
static bool find_many(struct search *s, size_t n, struct arena *arena) {
        uint64_t *left = ARENA_ARRAY(arena, s->n_words, uint64_t);

        if (!left)
                return false;
        for (size_t i = 0; i < s->n_words; i++)
                left[i] = UINT64_MAX;
        while (!is_empty(left, s->n_words)) {
                size_t best = SIZE_MAX, fewest = count_bits(left, left, s->n_words);

                for (size_t i = 0; i < n; i++) {
                        size_t count = count_bits(left, s->items[i].keeps, s->n_words);

                        if (!s->items[i].is_taken && count < fewest) {
                                best = i;
                                fewest = count;
                        }
                }
                if (best == SIZE_MAX)
                        return false;
                s->items[best].is_taken = true;
                for (size_t i = 0; i < s->n_words; i++)
                        left[i] &= s->items[best].keeps[i];
        }
        return true;
}

static size_t n_up_to(const struct search *s, int rank) {
        size_t n = 0;

        while (n < s->n && s->items[n].rank <= rank)
                n++;
        return n;
}

int selecting_find(struct crowd crowd, struct crowd others, size_t max, struct arena *arena,
                   struct selected *ret, size_t *ret_n) {
        static const int ranks[] = { RANK_OTHER, RANK_WEAK };
        struct search s;
        size_t n = 0;
        int r = find_candidates(crowd, others, arena, &s);

        if (r < 0)
                return r;
        for (size_t i = 0; i < COUNT_OF(ranks); i++) {
                size_t n_allowed = n_up_to(&s, ranks[i]);

                for (size_t k = 0; k < s.n; k++)
                        s.items[k].is_taken = false;
                if (!find_one(&s, n_allowed) && !find_two(&s, n_allowed) &&
                    !find_many(&s, n_allowed, arena))
                        continue;
                for (size_t k = 0; k < s.n; k++) {
                        if (s.items[k].is_taken && n < max)
                                ret[n] = s.items[k].label;
                        n += s.items[k].is_taken;
                }
                *ret_n = n;
                return n <= max ? 0 : -ENOENT;
        }
        return arena_failed(arena) ? -ENOMEM : -ENOENT;
}

bool selecting_between(struct crowd a, struct crowd b, struct selected *ret_a,
                       struct selected *ret_b) {
        const struct host *first = a.hosts[0];
        int best = RANK_WEAK;

        for (size_t i = 0; i < first->n_labels; i++) {
                struct text key = first->labels[i].key;
                const struct value_member *other = host_label_of(b.hosts[0], key);
                struct text of_a = value_text(first->labels[i].value);
                struct text of_b = other ? value_text(other->value) : of_a;
                int rank = rank_of(key);

                if (rank >= best || text_equal(of_a, of_b) || !selecting_common(a, key, of_a) ||
                    !selecting_common(b, key, of_b))
                        continue;
                best = rank;
                *ret_a = (struct selected) { key, of_a };
                *ret_b = (struct selected) { key, of_b };
        }
        return best < RANK_WEAK;
}

static struct text value_of(struct crowd crowd, struct text key) {
        const struct value_member *label = host_label_of(crowd.hosts[0], key);

        return label ? value_text(label->value) : (struct text) { 0 };
}

static bool is_one_key(const struct crowd *crowds, size_t n, struct crowd others, struct text key) {
        for (size_t i = 0; i < n; i++) {
                struct text value = value_of(crowds[i], key);

                if (text_is_empty(value) || !selecting_common(crowds[i], key, value))
                        return false;
                for (size_t k = 0; k < i; k++) {
                        if (text_equal(value_of(crowds[k], key), value))
                                return false;
                }
                for (size_t k = 0; k < others.n; k++) {
                        struct crowd one = { &others.hosts[k], 1 };

                        if (text_equal(value_of(one, key), value))
                                return false;
                }
        }
        return true;
}

bool selecting_one_key(const struct crowd *crowds, size_t n, struct crowd others,
                       struct text *ret) {
        const struct host *first = crowds[0].hosts[0];
        int best = RANK_WEAK;

        for (size_t i = 0; i < first->n_labels; i++) {
                int rank = rank_of(first->labels[i].key);

                if (rank >= best || !is_one_key(crowds, n, others, first->labels[i].key))
                        continue;
                best = rank;
                *ret = first->labels[i].key;
        }
        return best < RANK_WEAK;
}
