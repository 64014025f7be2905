/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/pool_warnings.h"

#include <errno.h>

#include "base/arena.h"
#include "base/count.h"
#include "fleet/observed.h"
#include "fleet/pool_warnings_internal.h"
#include "fleet/selection.h"
#include "gpu/machine.h"
#include "gpu/names.h"

/* With more pools overlaps are not looked for: every pair would be compared. */
enum { OVERLAP_POOLS_MAX = 256 };

/* ---- one pool -------------------------------------------------------------------------------- */

/* A resource that no node has yet is one that an autoscaler does not know how to make. */
static bool scales_from_unknown(const struct pool *pool) {
        if (pool->allocation == ALLOCATION_DRA)
                return true;
        if (!text_is_empty(pool->resource_name))
                return text_starts_with(pool->resource_name, TEXT("nvidia.com/mig-"));
        return pool->mig && selection_used_strategy(pool) == STRATEGY_MIXED;
}

static void note_nodes(const struct pool_notes *n) {
        struct value now = value_get(n->pool->written, TEXT("nodeCount"));
        struct value most = value_get(n->pool->written, TEXT("maxNodeCount"));
        int64_t now_count = 1, most_count = 0;

        if (!n->selection->is_pinned && n->pool->node_selector.kind == VALUE_ABSENT)
                pool_warn(n->pool, n->arena,
                          TEXT("not pinned to nodes: without nodeSelector, labels or required node "
                               "affinity its pods may run on nodes of other pools"));
        value_is_integer(now, &now_count);
        value_is_integer(most, &most_count);
        if (most_count == 0 && ((now.kind != VALUE_ABSENT && now_count == 0) ||
                                (most.kind != VALUE_ABSENT && most.kind != VALUE_NULL))) {
                pool_warn(n->pool, n->arena,
                          TEXT("has 0 nodes forever: maxNodeCount says how many there may be"));
                return;
        }
        if (now_count == 0 && scales_from_unknown(n->pool))
                pool_warn(n->pool, n->arena,
                          n->pool->allocation == ALLOCATION_DRA
                                  ? TEXT("scales from zero nodes with devices that are claimed "
                                         "(DRA), which an autoscaler does not expect of a new node")
                                  : TEXT("scales from zero nodes with a nvidia.com/mig-* resource, "
                                         "which an autoscaler does not expect of a new node"));
}

/* Core finds Nodes by equal labels alone. */
static void note_observing(const struct pool_notes *n) {
        struct text *keys, *values;
        size_t n_labels;

        if (n->pool->observing != OBSERVING_NODES ||
            observed_labels(n->pool, n->arena, &keys, &values, &n_labels) < 0)
                return;
        if (n_labels == 0)
                pool_warn(n->pool, n->arena,
                          TEXT("not observed: no label selects its nodes, and all nodes of the "
                               "cluster would have to be read"));
        else if (n->pool->allocation == ALLOCATION_DRA)
                pool_warn(n->pool, n->arena,
                          TEXT("observe counts its nodes only: a Node does not say which devices "
                               "DRA has there"));
}

/* "NVLink" and "nv-link" in small letters, for a comparison letter by letter. */
static struct text in_small_letters(struct text word, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < word.len; i++) {
                char c = word.data[i];

                builder_char(&b, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
        }
        return builder_done(&b);
}

/* What a word is called elsewhere: PyTorch's names of numbers, and a word with a version behind. */
static struct text other_name(struct text small, const struct text *known, size_t n_known) {
        static const struct {
                struct text name, word;
        } names[] = {
                { TEXT_INIT("bfloat16"), TEXT_INIT("bf16") },
                { TEXT_INIT("float16"), TEXT_INIT("fp16") },
                { TEXT_INIT("half"), TEXT_INIT("fp16") },
                { TEXT_INIT("float32"), TEXT_INIT("fp32") },
                { TEXT_INIT("float8"), TEXT_INIT("fp8") },
                { TEXT_INIT("e4m3"), TEXT_INIT("fp8") },
                { TEXT_INIT("pci-express"), TEXT_INIT("pcie") },
        };
        struct text found = { 0 };

        for (size_t i = 0; i < COUNT_OF(names); i++) {
                for (size_t k = 0; k < n_known; k++) {
                        if (text_starts_with(small, names[i].name) &&
                            text_equal(names[i].word, known[k]))
                                return known[k];
                }
        }
        for (size_t k = 0; k < n_known; k++) {
                if (text_starts_with(small, known[k]) && known[k].len > found.len)
                        found = known[k];
        }
        return found;
}

static void note_word(const struct pool_notes *n, const char *field, struct text word,
                      const struct text *known, size_t n_known) {
        struct text small, nearest;

        if (word.len == 0 || word.len > 63)
                return;
        small = in_small_letters(word, n->arena);
        for (size_t i = 0; i < n_known; i++) {
                if (text_equal(small, known[i]))
                        return;
        }
        nearest = text_nearest(small, known, n_known);
        if (text_is_empty(nearest))
                nearest = other_name(small, known, n_known);
        if (!text_is_empty(nearest))
                pool_warn(n->pool, n->arena,
                          text_format(n->arena, "%s \"%.*s\" only equals itself: is %.*s meant?",
                                      field, TEXT_ARG(word), TEXT_ARG(nearest)));
}

static void note_words(const struct pool_notes *n) {
        static const struct text interconnects[] = { TEXT_INIT("none"), TEXT_INIT("pcie"),
                                                     TEXT_INIT("nvlink"), TEXT_INIT("nvswitch") };
        static const struct text precisions[] = {
                TEXT_INIT("fp64"),  TEXT_INIT("fp32"),  TEXT_INIT("tf32"),  TEXT_INIT("bf16"),
                TEXT_INIT("fp16"),  TEXT_INIT("fp8"),   TEXT_INIT("fp6"),   TEXT_INIT("fp4"),
                TEXT_INIT("mxfp8"), TEXT_INIT("mxfp6"), TEXT_INIT("mxfp4"), TEXT_INIT("nvfp4"),
                TEXT_INIT("int8"),  TEXT_INIT("int4"),
        };
        struct value_iter it = value_iterate(n->pool->precisions);
        struct value word;

        note_word(n, "interconnect", n->pool->interconnect, interconnects, COUNT_OF(interconnects));
        while (value_next(&it, NULL, &word))
                note_word(n, "precision", value_text(word), precisions, COUNT_OF(precisions));
}

/* What the accelerator type says beside the GPU. */
static void note_accelerator(const struct pool_notes *n) {
        const struct pool *pool = n->pool;
        struct text type = pool->accelerator_type, slices = names_slices(type);
        struct gpu_machine machine;

        if (!text_is_empty(slices) && !pool->mig)
                pool_warn(n->pool, n->arena,
                          text_format(n->arena,
                                      "acceleratorType ends in -MIG-%.*s, but whole GPUs are "
                                      "declared: a profile belongs into migConfiguration",
                                      TEXT_ARG(slices)));
        else if (!text_is_empty(slices) && !text_is_empty(pool->mig_profile) &&
                 !text_equal_fold(slices, pool->mig_profile))
                pool_warn(n->pool, n->arena,
                          text_format(n->arena,
                                      "acceleratorType ends in -MIG-%.*s, but %.*s is declared",
                                      TEXT_ARG(slices), TEXT_ARG(pool->mig_profile)));
        if (names_is_shared(type) && pool->sharing == SHARING_NONE)
                pool_warn(n->pool, n->arena,
                          TEXT("acceleratorType ends in -SHARED, but no sharing is declared"));
        /* Another resource may count parts of a GPU. */
        if (machine_find(type, &machine) && machine.count > 0 &&
            machine.count != pool->accelerator_count && text_is_empty(pool->resource_name))
                pool_warn(n->pool, n->arena,
                          text_format(n->arena, "a %.*s has %d GPUs, but acceleratorCount is %lld",
                                      TEXT_ARG(type), machine.count,
                                      (long long)pool->accelerator_count));
}

static void note_clients(const struct pool_notes *n) {
        const struct pool *pool = n->pool;
        int64_t most;

        if (pool->sharing != SHARING_MPS)
                return;
        most = pool->product ? pool->product->generation->mps_clients
                             : generation_ampere.mps_clients;
        if (most == 0)
                pool_warn(n->pool, n->arena,
                          TEXT("MPS is NVIDIA's: this GPU is not shared with it"));
        else if (pool->share_replicas > most)
                pool_warn(n->pool, n->arena,
                          text_format(n->arena,
                                      "MPS takes at most %lld clients on such a GPU%s, but "
                                      "sharing.replicas is %lld",
                                      (long long)most, most > 16 ? " (60 from CUDA 13.1 on)" : "",
                                      (long long)pool->share_replicas));
}

static void note_former_names(const struct pool_notes *n) {
        for (size_t i = 0; n->pool->product && i < n->pool->n_sub_pools; i++) {
                struct text name = n->pool->sub_pools[i].mig_profile;
                const struct gpu_profile *profile = catalog_profile(n->pool->product, name);

                if (profile && !text_is_empty(name) && !text_equal(profile->name, name))
                        pool_warn(n->pool, n->arena,
                                  text_format(n->arena,
                                              "%.*s is what older drivers say for %.*s: nodes with "
                                              "today's driver offer no such slices",
                                              TEXT_ARG(name), TEXT_ARG(profile->name)));
        }
}

static void note_slips(const struct pool_notes *n) {
        struct text sentences[] = { pool_misspelt(n->pool->written, TEXT(""), n->arena),
                                    pool_doubt(n->pool, n->arena) };

        for (size_t i = 0; i < COUNT_OF(sentences); i++) {
                if (!text_is_empty(sentences[i]))
                        pool_warn(n->pool, n->arena, sentences[i]);
        }
}

/* What was meant is not what is counted: the first is reported of invalid pools too. */
static void note_pool(const struct pool_notes *n) {
        note_slips(n);
        if (!text_is_empty(n->pool->invalid))
                return;
        note_nodes(n);
        note_words(n);
        note_accelerator(n);
        note_clients(n);
        note_former_names(n);
        if (n->pool->allocation == ALLOCATION_DRA && n->pool->strategy != STRATEGY_INFERRED)
                pool_warn(n->pool, n->arena,
                          TEXT("migConfiguration.strategy is a device plugin's: with allocation "
                               "DRA it says nothing"));
        if (n->pool->allocation == ALLOCATION_DRA && n->pool->product &&
            !text_equal(n->pool->product->generation->maker, TEXT("NVIDIA")))
                pool_warn(
                        n->pool, n->arena,
                        TEXT("allocation DRA claims devices of NVIDIA's driver, which has none of "
                             "this GPU"));
        pool_warnings_contradict(n);
}

/* ---- several pools --------------------------------------------------------------------------- */

/* Slices of one profile, or whole GPUs: the other resource is no business of theirs. */
static bool offer_apart(const struct pool *a, const struct pool *b) {
        bool by_profile =
                a->allocation == b->allocation &&
                (a->allocation == ALLOCATION_DRA || (selection_used_strategy(a) == STRATEGY_MIXED &&
                                                     selection_used_strategy(b) == STRATEGY_MIXED));

        struct text named = text_is_empty(a->resource_name) ? b->resource_name : a->resource_name;

        if (!text_is_empty(a->resource_name) && !text_is_empty(b->resource_name))
                return !text_equal(a->resource_name, b->resource_name);
        /* By rule all names are NVIDIA's. */
        if (!text_is_empty(named))
                return !text_starts_with(named, TEXT("nvidia.com/"));
        if (!by_profile || (a->mig && text_is_empty(a->mig_profile)) ||
            (b->mig && text_is_empty(b->mig_profile)))
                return false;
        return a->mig != b->mig || !text_equal_fold(a->mig_profile, b->mig_profile);
}

static void note_overlap(struct pool *pools, size_t n, const struct selection *selections,
                         size_t at, struct arena *arena) {
        const struct pool *first = NULL;
        size_t n_others = 0;

        for (size_t i = 0; i < n; i++) {
                if (i == at || !text_is_empty(pools[i].invalid) ||
                    offer_apart(&pools[i], &pools[at]) ||
                    selection_excludes(&selections[i], &selections[at]))
                        continue;
                if (n_others++ == 0)
                        first = &pools[i];
        }
        if (n_others == 1)
                pool_warn(&pools[at], arena,
                          text_format(arena, "overlaps pool \"%.*s\": a node may match both",
                                      TEXT_ARG(first->name)));
        else if (n_others > 1)
                pool_warn(&pools[at], arena,
                          text_format(arena,
                                      "overlaps pool \"%.*s\" and %zu more: a node may match all",
                                      TEXT_ARG(first->name), n_others - 1));
}

int pool_warnings(struct pool *pools, size_t n, struct arena *arena) {
        struct selection *selections;

        if (n == 0)
                return 0;
        selections = ARENA_ARRAY(arena, n, struct selection);
        if (!selections)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (selection_read(&pools[i], arena, &selections[i]) < 0)
                        return -ENOMEM;
        }
        if (pools[0].observing == OBSERVING_ELSEWHERE)
                pool_warn(&pools[0], arena,
                          TEXT("observe is ignored: Nodes of another cluster cannot be seen from "
                               "here"));
        for (size_t i = 0; i < n; i++) {
                struct pool_notes notes = { &pools[i], &selections[i], arena };

                note_pool(&notes);
                if (text_is_empty(pools[i].invalid))
                        note_observing(&notes);
                if (n <= OVERLAP_POOLS_MAX && text_is_empty(pools[i].invalid))
                        note_overlap(pools, n, selections, i, arena);
        }
        return arena_failed(arena) ? -ENOMEM : 0;
}
