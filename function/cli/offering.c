/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/offering.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/count.h"
#include "fleet/resource.h"
#include "fleet/selector.h"
#include "gpu/machine.h"
#include "render/object.h"

#define MIG_RESOURCE "nvidia.com/mig-"
#define SHARED ".shared"

enum { MIB = 1024 * 1024 };

/* ---- which GPU ---------------------------------------------------------------------------------
 */

static size_t index_of(struct text t, struct text part) {
        for (size_t i = 0; i + part.len <= t.len; i++) {
                if (text_starts_with(text_slice(t, i, t.len), part))
                        return i;
        }
        return t.len;
}

/* The GPU that a product label begins with: what follows says how it is offered. */
static struct text card_of(struct text product) {
        product = text_slice(product, 0, index_of(product, TEXT("-MIG-")));
        if (text_ends_with(product, TEXT("-SHARED")))
                product.len -= sizeof("-SHARED") - 1;
        return product;
}

static bool is_known(struct text accelerator) {
        const struct gpu_product *products[1];

        return !text_is_empty(accelerator) && catalog_find(accelerator, products, 1) > 0;
}

/* Labels that name the GPU, the one that says most first. */
static const char *const naming[] = {
        "nvidia.com/gpu.product",
        "cloud.google.com/gke-accelerator",
        "node.kubernetes.io/instance-type",
        "beta.kubernetes.io/instance-type",
        "gpu.nvidia.com/model",
        "karpenter.k8s.aws/instance-gpu-name",
        "k8s.amazonaws.com/accelerator",
        "amd.com/gpu.product-name",
};

static bool is_machine_type(const char *key) {
        return text_ends_with(text_from(key), TEXT("/instance-type"));
}

static struct text name_accelerator(const struct host *host, bool *ret_by_machine) {
        struct text first = { 0 };

        if (host->by_dra)
                return host->dra_product;
        for (size_t i = 0; i < COUNT_OF(naming); i++) {
                struct text label = card_of(host_label(host, naming[i]));

                *ret_by_machine = is_machine_type(naming[i]);
                if (is_known(label))
                        return label;
                /* A machine type that is not known names no GPU. */
                if (text_is_empty(first) && !*ret_by_machine)
                        first = label;
        }
        *ret_by_machine = false;
        return first;
}

static struct text small_name(const struct gpu_product *product, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < product->name.len; i++) {
                char c = product->name.data[i];

                builder_char(&b, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
        }
        return builder_done(&b);
}

/* Of several the one with the memory of the label; the name of that one then. */
static void find_product(struct offering *o, struct arena *arena) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
        size_t n = text_is_empty(o->accelerator)
                           ? 0
                           : catalog_find(o->accelerator, products, CATALOG_CANDIDATES_MAX);

        if (n > CATALOG_CANDIDATES_MAX)
                n = CATALOG_CANDIDATES_MAX;
        if (n > 0)
                o->product = products[0];
        for (size_t i = 0; n > 1 && i < n; i++) {
                int64_t nominal = (int64_t)products[i]->memory_gib * 1024;

                /* What is reported is less than the name says, by a tenth at most. */
                if (o->card_mib == 0 || o->card_mib > nominal || o->card_mib < nominal / 10 * 9)
                        continue;
                o->product = products[i];
                o->accelerator = small_name(products[i], arena);
                return;
        }
}

static bool is_single(const struct host *host) {
        struct text product = host_label(host, "nvidia.com/gpu.product");

        return index_of(product, TEXT("-MIG-")) < product.len;
}

/* "1g.10gb" of "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb-SHARED", or the partition size. */
static struct text single_profile(const struct host *host) {
        struct text product = host_label(host, "nvidia.com/gpu.product");
        struct text partition = host_label(host, "cloud.google.com/gke-gpu-partition-size");
        size_t at = index_of(product, TEXT("-MIG-"));

        if (!text_is_empty(partition) || at == product.len)
                return partition;
        product = text_slice(product, at + sizeof("-MIG-") - 1, product.len);
        if (text_ends_with(product, TEXT("-SHARED")))
                product.len -= sizeof("-SHARED") - 1;
        return product;
}

/* Under the single strategy the count is that of slices. */
static int64_t physical_gpus(const struct host *host) {
        struct gpu_machine machine;
        static const char *const counting[] = {
                "karpenter.k8s.aws/instance-gpu-count",
                "cloud.google.com/gke-accelerator-count",
                "gpu.nvidia.com/count",
        };
        int64_t count = is_single(host) ? 0 : host_count(host, "nvidia.com/gpu.count");

        for (size_t i = 0; count == 0 && i < COUNT_OF(counting); i++)
                count = host_count(host, counting[i]);
        if (count == 0 &&
            machine_find(host_label(host, "node.kubernetes.io/instance-type"), &machine))
                count = machine.count;
        return count;
}

struct offering offering_of(const struct host *host, struct arena *arena) {
        bool by_machine = false;
        struct offering o = {
                .accelerator = name_accelerator(host, &by_machine),
                .gpus = physical_gpus(host),
                .profile = single_profile(host),
        };

        if (host->by_dra)
                o.card_mib = host->dra_bytes / MIB;
        else if (!is_single(host))
                o.card_mib = host_count(host, "nvidia.com/gpu.memory");
        find_product(&o, arena);
        /* A machine type says a number of GPUs too, which is not always what is offered. */
        if (by_machine && o.product)
                o.accelerator = small_name(o.product, arena);
        return o;
}

/* ---- a resource --------------------------------------------------------------------------------
 */

/* A resource has no "+": is this the profile's name in one? */
static bool is_profile(struct text profile, struct text in_resource) {
        if (profile.len != in_resource.len)
                return false;
        for (size_t i = 0; i < profile.len; i++) {
                char c = profile.data[i] == '+' ? '.' : profile.data[i];

                if (c != in_resource.data[i])
                        return false;
        }
        return true;
}

/* As NVIDIA writes it; of a GPU that is not known, what follows "gb." was a "+". */
static struct text spell_profile(const struct gpu_product *product, struct text in_resource,
                                 struct arena *arena) {
        size_t at = index_of(in_resource, TEXT("gb."));

        for (size_t i = 0; product && i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (is_profile(profile->name, in_resource))
                        return profile->name;
                if (is_profile(profile->former, in_resource))
                        return profile->former;
        }
        if (at == in_resource.len)
                return in_resource;
        return text_format(arena, "%.*sgb+%.*s", (int)at, in_resource.data,
                           TEXT_ARG(text_slice(in_resource, at + 3, in_resource.len)));
}

static int64_t replicas_of(const struct host *host, struct text resource) {
        char key[80];
        struct text shared = TEXT(SHARED);
        int64_t clients = host_count(host, "cloud.google.com/gke-max-shared-clients-per-gpu");
        const struct value_member *label;
        uint64_t replicas = 0;

        if (clients > 1)
                return clients;
        if (text_ends_with(resource, shared))
                resource.len -= shared.len;
        if (resource.len + sizeof(".replicas") > sizeof(key))
                return 1;
        memcpy(key, resource.data, resource.len);
        memcpy(key + resource.len, ".replicas", sizeof(".replicas"));
        label = host_label_of(host, text_from(key));
        if (!label || !text_to_u64(value_text(label->value), &replicas) || replicas > 1024)
                return 1;
        return replicas > 1 ? (int64_t)replicas : 1;
}

static bool by_mps(const struct host *host) {
        return text_equal(host_label(host, "nvidia.com/gpu.sharing-strategy"), TEXT("mps")) ||
               text_equal(host_label(host, "cloud.google.com/gke-gpu-sharing-strategy"),
                          TEXT("mps"));
}

/* Whole GPUs: more units than GPUs are shares, also where no label says so. */
static void guess_shares(struct offered *r, const struct offering *o) {
        if (r->count % r->replicas != 0) {
                r->replicas = 1;
                r->guess = "the replicas that the labels name do not divide what is offered";
        }
        if (r->replicas > 1 || o->gpus == 0 || r->count <= o->gpus || r->count % o->gpus != 0)
                return;
        r->replicas = r->count / o->gpus;
        r->guess = "more are offered than there are GPUs, and no label says how: counted as shares";
}

struct offered offering_take_apart(const struct host *host, const struct offering *offering,
                                   uint32_t i, struct arena *arena) {
        struct text name = host->resources[i].name, mig = TEXT(MIG_RESOURCE);
        struct offered r = { .count = host->resources[i].count, .replicas = 1, .resource = name };

        if (host->by_dra) {
                r.profile = name;
                return r;
        }
        r.renamed = text_ends_with(name, TEXT(SHARED));
        r.replicas = replicas_of(host, name);
        r.mps = by_mps(host);
        if (text_starts_with(name, mig)) {
                struct text profile = text_slice(name, mig.len, name.len);

                if (r.renamed)
                        profile.len -= sizeof(SHARED) - 1;
                r.profile = spell_profile(offering->product, profile, arena);
                r.mps = false;
                if (r.count % r.replicas != 0)
                        r.replicas = 1;
                return r;
        }
        r.foreign = !text_equal(name, TEXT(GPU_RESOURCE)) &&
                    !text_equal(name, TEXT(GPU_RESOURCE SHARED));
        if (!r.foreign && !text_is_empty(offering->profile)) {
                r.single = true;
                r.mps = false;
                r.profile = spell_profile(offering->product, offering->profile, arena);
                if (r.count % r.replicas != 0)
                        r.replicas = 1;
        } else if (!r.foreign) {
                guess_shares(&r, offering);
        }
        return r;
}

/* ---- signature ---------------------------------------------------------------------------------
 */

static void append_taints(struct builder *b, const struct host *host, struct arena *arena) {
        struct value_iter it = value_iterate(host->taints);
        struct text *all = ARENA_ARRAY(arena, value_count(host->taints) + 1, struct text);
        struct value taint;
        size_t n = 0;

        while (all && value_next(&it, NULL, &taint)) {
                if (selector_taint_counts(host, taint))
                        all[n++] = text_format(arena, "%.*s=%.*s:%.*s",
                                               TEXT_ARG(text_at(taint, "key")),
                                               TEXT_ARG(text_at(taint, "value")),
                                               TEXT_ARG(text_at(taint, "effect")));
        }
        if (n > 1)
                qsort(all, n, sizeof(*all), text_order);
        for (size_t i = 0; i < n; i++) {
                builder_char(b, '|');
                builder_text(b, all[i]);
        }
}

struct text offering_signature(const struct host *host, struct arena *arena) {
        struct offering o = offering_of(host, arena);
        struct builder b;

        builder_init(&b, arena);
        /* A known product by its name: boards of one product offer alike. */
        builder_text(&b, o.product ? o.product->name : o.accelerator);
        builder_text(&b, text_format(arena, "|%d|%.*s", host->by_dra, TEXT_ARG(o.accelerator)));
        for (uint32_t i = 0; i < host->n_resources; i++) {
                struct offered r = offering_take_apart(host, &o, i, arena);

                builder_text(&b, text_format(arena, "|%.*s=%lld/%lld%s", TEXT_ARG(r.resource),
                                             (long long)r.count, (long long)r.replicas,
                                             r.mps && r.replicas > 1 ? "mps" : ""));
                if (r.single)
                        builder_text(&b, r.profile);
        }
        append_taints(&b, host, arena);
        return builder_done(&b);
}
