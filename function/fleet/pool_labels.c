/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels are those of GPU feature discovery, MIG manager, GKE, Karpenter, EKS, CoreWeave
 * and AMD's node labeller, and Kubernetes' instance type.
 * Source: NVIDIA/k8s-device-plugin, docs/gpu-feature-discovery; NVIDIA/mig-parted; GKE, GPU
 *         sharing and multi-instance GPUs; Karpenter, well-known labels; AMD k8s-device-plugin
 */
#include "fleet/pool_warnings_internal.h"

#include <errno.h>

#include "base/arena.h"
#include "base/count.h"
#include "fleet/migparted_default.h"
#include "fleet/selection.h"
#include "gpu/machine.h"
#include "gpu/names.h"

#define PRODUCT "nvidia.com/gpu.product"
#define MIG_CONFIG "nvidia.com/mig.config"
#define PARTITION "cloud.google.com/gke-gpu-partition-size"

static struct text only(const struct pool_notes *n, const char *key) {
        return selection_only(n->selection, text_from(key));
}

/* ---- which GPU, and how many ----------------------------------------------------------------- */

static bool means_declared(const struct pool_notes *n, struct text value) {
        const struct gpu_product *declared[CATALOG_CANDIDATES_MAX], *said[CATALOG_CANDIDATES_MAX];
        size_t n_declared =
                catalog_find(n->pool->accelerator_type, declared, CATALOG_CANDIDATES_MAX);
        size_t n_said = catalog_find(value, said, CATALOG_CANDIDATES_MAX);

        for (size_t i = 0; i < n_declared && i < CATALOG_CANDIDATES_MAX; i++) {
                for (size_t k = 0; k < n_said && k < CATALOG_CANDIDATES_MAX; k++) {
                        if (declared[i] == said[k])
                                return true;
                }
        }
        return n_declared == 0 || n_said == 0; /* who knows */
}

/* Every value that may be selected is of another GPU. */
static void note_other_gpu(const struct pool_notes *n, const char *key) {
        const struct selection_label *label = selection_find(n->selection, text_from(key));

        if (!label || label->n_values == 0)
                return;
        for (size_t i = 0; i < label->n_values; i++) {
                if (means_declared(n, label->values[i]))
                        return;
        }
        pool_warn(n->pool, n->arena,
                  text_format(n->arena,
                              "selects nodes with %s %.*s, which is another GPU than "
                              "acceleratorType %.*s",
                              key, TEXT_ARG(label->values[0]),
                              TEXT_ARG(n->pool->accelerator_type)));
}

static void note_gpus(const struct pool_notes *n) {
        static const char *const keys[] = { PRODUCT,
                                            "cloud.google.com/gke-accelerator",
                                            "node.kubernetes.io/instance-type",
                                            "beta.kubernetes.io/instance-type",
                                            "karpenter.k8s.aws/instance-family",
                                            "karpenter.k8s.aws/instance-gpu-name",
                                            "k8s.amazonaws.com/accelerator",
                                            "gpu.nvidia.com/model",
                                            "gpu.nvidia.com/class",
                                            "amd.com/gpu.product-name",
                                            "beta.amd.com/gpu.product-name" };

        for (size_t i = 0; i < COUNT_OF(keys); i++)
                note_other_gpu(n, keys[i]);
}

static void note_number(const struct pool_notes *n, const char *key, int64_t declared,
                        const char *field) {
        struct text value = only(n, key);
        uint64_t number;

        if (text_to_u64(value, &number) && number != (uint64_t)declared)
                pool_warn(n->pool, n->arena,
                          text_format(n->arena, "selects nodes with %s %.*s, but %s is %lld", key,
                                      TEXT_ARG(value), field, (long long)declared));
}

static void note_counts(const struct pool_notes *n) {
        static const char *const types[] = { "node.kubernetes.io/instance-type",
                                             "beta.kubernetes.io/instance-type" };

        /* Another resource may count parts of a GPU. */
        if (!text_is_empty(n->pool->resource_name))
                return;
        note_number(n, "cloud.google.com/gke-accelerator-count", n->pool->accelerator_count,
                    "acceleratorCount");
        note_number(n, "karpenter.k8s.aws/instance-gpu-count", n->pool->accelerator_count,
                    "acceleratorCount");
        note_number(n, "gpu.nvidia.com/count", n->pool->accelerator_count, "acceleratorCount");
        if (!n->pool->mig || selection_used_strategy(n->pool) == STRATEGY_MIXED)
                note_number(n, "nvidia.com/gpu.count", n->pool->accelerator_count,
                            "acceleratorCount");
        for (size_t i = 0; i < COUNT_OF(types); i++) {
                struct text type = only(n, types[i]);
                struct gpu_machine machine;

                if (!machine_find(type, &machine) || machine.count == 0 ||
                    machine.count == n->pool->accelerator_count ||
                    text_equal_fold(type, n->pool->accelerator_type))
                        continue;
                pool_warn(n->pool, n->arena,
                          text_format(n->arena,
                                      "selects nodes of type %.*s, which have %d GPUs, but "
                                      "acceleratorCount is %lld",
                                      TEXT_ARG(type), machine.count,
                                      (long long)n->pool->accelerator_count));
        }
}

/* What is reported is less than the name says, by a tenth at most. */
static void note_memory(const struct pool_notes *n, const char *key) {
        const struct gpu_product *product = n->pool->product;
        struct text value = only(n, key);
        uint64_t mib, nominal;

        if (!product || product->memory_gib == 0 || !text_to_u64(value, &mib))
                return;
        nominal = (uint64_t)product->memory_gib * 1024;
        if (mib <= nominal && mib >= nominal / 10 * 9)
                return;
        pool_warn(n->pool, n->arena,
                  text_format(n->arena, "selects nodes with %s %.*s, but a GPU of %.*s has %dGi",
                              key, TEXT_ARG(value), TEXT_ARG(product->name), product->memory_gib));
}

/* Under the single strategy the label of GPU feature discovery is that of a slice. */
static void note_memories(const struct pool_notes *n) {
        if (!n->pool->mig || selection_used_strategy(n->pool) == STRATEGY_MIXED)
                note_memory(n, "nvidia.com/gpu.memory");
        note_memory(n, "karpenter.k8s.aws/instance-gpu-memory");
}

/* Labels that are true where there is something to allocate. */
static void note_absent(const struct pool_notes *n) {
        static const struct {
                const char *key, *what;
                bool of_slices;
        } rows[] = {
                { "nvidia.com/gpu.present", "have no GPU", false },
                { "nvidia.com/gpu.deploy.device-plugin", "have no device plugin", false },
                { "nvidia.com/mig.capable", "have GPUs without MIG", true },
        };

        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                if (rows[i].of_slices && !n->pool->mig)
                        continue;
                if (text_equal(only(n, rows[i].key), TEXT("false")))
                        pool_warn(n->pool, n->arena,
                                  text_format(n->arena, "selects nodes with %s false, which %s",
                                              rows[i].key, rows[i].what));
        }
}

/* ---- sharing --------------------------------------------------------------------------------- */

static bool is_gke(const struct pool_notes *n) {
        bool is_gke = n->pool->on_gke;

        for (size_t i = 0; i < n->selection->n_labels; i++)
                is_gke |= text_starts_with(n->selection->labels[i].key, TEXT("cloud.google.com/"));
        return is_gke;
}

static void note_how(const struct pool_notes *n, const char *key) {
        static const char *const written[] = { [SHARING_NONE] = "not written",
                                               [SHARING_TIME_SLICING] = "TimeSlicing",
                                               [SHARING_MPS] = "MPS" };
        static const struct {
                const char *word;
                enum sharing means;
        } words[] = { { "mps", SHARING_MPS },
                      { "time-sharing", SHARING_TIME_SLICING },
                      { "time-slicing", SHARING_TIME_SLICING },
                      { "none", SHARING_NONE } };
        struct text how = only(n, key);

        for (size_t i = 0; i < COUNT_OF(words); i++) {
                if (text_equal(how, text_from(words[i].word)) && n->pool->sharing != words[i].means)
                        pool_warn(n->pool, n->arena,
                                  text_format(n->arena,
                                              "selects nodes with %s %.*s, but sharing.strategy "
                                              "is %s",
                                              key, TEXT_ARG(how), written[n->pool->sharing]));
        }
}

static void note_sharing(const struct pool_notes *n) {
        const struct pool *pool = n->pool;
        struct text product = only(n, PRODUCT);
        bool is_shared = pool->sharing != SHARING_NONE && pool->share_replicas > 1;

        if (names_is_shared(product) && pool->sharing == SHARING_NONE)
                pool_warn(n->pool, n->arena,
                          TEXT("selects nodes whose GPUs are shared (" PRODUCT
                               " ends in -SHARED), but no sharing is declared"));
        else if (!text_is_empty(product) && !names_is_shared(product) && is_shared &&
                 !pool->share_renamed)
                pool_warn(n->pool, n->arena,
                          TEXT("selects nodes whose GPUs are not shared (" PRODUCT
                               " does not end in -SHARED), but sharing is declared"));
        note_number(n, "nvidia.com/gpu.replicas", pool->share_replicas, "sharing.replicas");
        note_number(n, "cloud.google.com/gke-max-shared-clients-per-gpu", pool->share_replicas,
                    "sharing.replicas");
        note_how(n, "cloud.google.com/gke-gpu-sharing-strategy");
        note_how(n, "nvidia.com/gpu.sharing-strategy");
        if (pool->sharing == SHARING_MPS && !pool->host_ipc && is_gke(n))
                pool_warn(n->pool, n->arena,
                          TEXT("shares its GPUs by MPS on GKE, where a pod reaches the MPS daemon "
                               "through the node's IPC: set podDefaults.hostIPC"));
}

/* ---- slices ---------------------------------------------------------------------------------- */

/* "1g.10gb.me" and "1g.10gb+me" */
static bool is_profile(struct text profile, struct text label) {
        if (profile.len != label.len)
                return false;
        for (size_t i = 0; i < profile.len; i++) {
                struct text a = text_slice(profile, i, i + 1), b = text_slice(label, i, i + 1);

                if (!text_equal_fold(a, b) && !(a.data[0] == '+' && b.data[0] == '.'))
                        return false;
        }
        return true;
}

/* The only slices that the selected nodes have; empty where the labels are silent. */
static struct text selected_slices(const struct pool_notes *n) {
        struct text size = only(n, PARTITION), config = only(n, MIG_CONFIG), all = TEXT("all-");

        if (text_is_empty(size))
                size = names_slices(only(n, PRODUCT));
        if (!text_is_empty(size) || !text_starts_with(config, all))
                return size;
        size = text_slice(config, all.len, config.len);
        return size.len > 0 && size.data[0] >= '0' && size.data[0] <= '9' ? size
                                                                          : (struct text) { 0 };
}

static void note_other_slices(const struct pool_notes *n) {
        struct text selected = selected_slices(n);

        if (text_is_empty(selected))
                return;
        if (text_equal_fold(selected, TEXT("INVALID"))) {
                pool_warn(n->pool, n->arena,
                          TEXT("selects nodes with " PRODUCT
                               " ending in -MIG-INVALID: their slices differ, so that the device "
                               "plugin offers nothing there"));
                return;
        }
        for (size_t i = 0; i < n->pool->n_sub_pools; i++) {
                const struct sub_pool *s = &n->pool->sub_pools[i];

                if (!text_is_empty(s->invalid) || is_profile(s->mig_profile, selected))
                        continue;
                pool_warn(n->pool, n->arena,
                          text_format(n->arena,
                                      "the nodeSelector selects nodes whose GPUs are slices of "
                                      "%.*s, but %.*s declared",
                                      TEXT_ARG(selected),
                                      TEXT_ARG(text_is_empty(s->mig_profile)
                                                       ? TEXT("whole GPUs are")
                                                       : text_format(n->arena, "%.*s is",
                                                                     TEXT_ARG(s->mig_profile)))));
                return;
        }
}

/* Does the pool offer what NVIDIA's configuration makes of each of its GPUs, and nothing else? */
static bool offers(const struct pool *pool, const struct migparted_entry *entry) {
        size_t n_slices = entry->mig_enabled ? entry->n_slices : 1;

        if (pool->n_sub_pools != n_slices)
                return false;
        for (size_t i = 0; i < n_slices; i++) {
                struct text profile =
                        entry->mig_enabled ? entry->slices[i].profile : (struct text) { 0 };
                int64_t each = entry->mig_enabled ? entry->slices[i].count : 1;
                bool found = false;

                for (size_t k = 0; k < pool->n_sub_pools; k++)
                        found |= text_equal(pool->sub_pools[k].mig_profile, profile) &&
                                 pool->sub_pools[k].units_per_node ==
                                         each * pool->accelerator_count * pool->share_replicas;
                if (!found)
                        return false;
        }
        return true;
}

/* "nvidia.com/mig-1g.10gb.count": of a node under the mixed strategy. */
static void note_slice_counts(const struct pool_notes *n) {
        struct text start = TEXT("nvidia.com/mig-"), end = TEXT(".count");

        for (size_t i = 0; i < n->selection->n_labels; i++) {
                struct text key = n->selection->labels[i].key, profile;
                uint64_t count;
                int64_t declared = 0;

                if (!text_starts_with(key, start) || !text_ends_with(key, end) ||
                    !text_to_u64(selection_only(n->selection, key), &count))
                        continue;
                profile = text_slice(key, start.len, key.len - end.len);
                for (size_t s = 0; s < n->pool->n_sub_pools; s++) {
                        if (is_profile(n->pool->sub_pools[s].mig_profile, profile))
                                declared = n->pool->sub_pools[s].units_per_node /
                                           n->pool->share_replicas;
                }
                if ((uint64_t)declared != count)
                        pool_warn(n->pool, n->arena,
                                  text_format(n->arena,
                                              "selects nodes with %.*s %llu, but %lld of a node "
                                              "are declared",
                                              TEXT_ARG(key), (unsigned long long)count,
                                              (long long)declared));
        }
}

static void note_config(const struct pool_notes *n) {
        struct text config = only(n, MIG_CONFIG), state = only(n, MIG_CONFIG ".state");
        struct migparted_config known;

        if (selection_find(n->selection, TEXT("nvidia.com/mig-config")))
                pool_warn(n->pool, n->arena,
                          TEXT("the selector has nvidia.com/mig-config: the label that the GPU "
                               "operator reads is " MIG_CONFIG));
        if (!text_is_empty(state) && !text_equal(state, TEXT("success")))
                pool_warn(n->pool, n->arena,
                          text_format(n->arena,
                                      "selects nodes with " MIG_CONFIG
                                      ".state %.*s: their GPUs are "
                                      "not divided as declared",
                                      TEXT_ARG(state)));
        if (text_is_empty(config) || !n->pool->product)
                return;
        if (!text_is_empty(n->pool->mig_config)) {
                if (!text_equal(n->pool->mig_config, config))
                        pool_warn(n->pool, n->arena,
                                  text_format(n->arena,
                                              "selects nodes with " MIG_CONFIG
                                              " %.*s, but config %.*s is declared",
                                              TEXT_ARG(config), TEXT_ARG(n->pool->mig_config)));
                return;
        }
        /* Those of one profile are reported as slices. */
        if (!text_is_empty(selected_slices(n)) ||
            migparted_default(config, n->pool->product, n->arena, &known) < 0 ||
            !text_is_empty(known.invalid) || offers(n->pool, &known.entries[0]))
                return;
        pool_warn(n->pool, n->arena,
                  text_format(n->arena,
                              "selects nodes with " MIG_CONFIG " %.*s, which divides GPUs "
                              "otherwise than declared",
                              TEXT_ARG(config)));
}

static void note_strategy(const struct pool_notes *n) {
        const struct pool *pool = n->pool;
        enum strategy selected;

        if (!pool->mig || pool->allocation == ALLOCATION_DRA)
                return;
        if (text_equal(only(n, "nvidia.com/mig.strategy"), TEXT("none")))
                pool_warn(n->pool, n->arena,
                          TEXT("selects nodes with nvidia.com/mig.strategy none: their device "
                               "plugin offers no slices"));
        if (pool->strategy == STRATEGY_INFERRED)
                return;
        selected = selection_strategy(pool);
        if (selected == STRATEGY_INFERRED || selected == pool->strategy)
                return;
        pool_warn(n->pool, n->arena,
                  pool->strategy == STRATEGY_SINGLE
                          ? TEXT("migConfiguration.strategy is single, but the nodeSelector "
                                 "selects nodes of the mixed strategy")
                          : TEXT("migConfiguration.strategy is mixed, but the nodeSelector "
                                 "selects nodes that offer slices as nvidia.com/gpu"));
}

/* On GKE all nodes of a node pool are divided alike, and the label says how. */
static void note_partition(const struct pool_notes *n) {
        if (is_gke(n) && n->pool->mig && !selection_find(n->selection, TEXT(PARTITION)))
                pool_warn(n->pool, n->arena,
                          TEXT("slices are declared on GKE, but the label " PARTITION
                               " is not selected, which says how nodes are divided"));
}

void pool_warnings_contradict(const struct pool_notes *notes) {
        note_gpus(notes);
        note_counts(notes);
        note_memories(notes);
        note_absent(notes);
        note_slice_counts(notes);
        note_sharing(notes);
        note_config(notes);
        note_strategy(notes);
        note_partition(notes);
        note_other_slices(notes);
}
