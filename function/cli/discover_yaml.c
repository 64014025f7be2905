/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/discover_yaml.h"

#include <errno.h>

#include "base/arena.h"
#include "base/quantity.h"
#include "fleet/selector.h"
#include "render/object.h"
#include "yaml/scalar.h"

struct writer {
        struct builder *b;
        struct arena *arena;
};

/* ---- lines -------------------------------------------------------------------------------------
 */

static void put_scalar(struct writer *w, struct text t) {
        if (scalar_is_plain(t))
                builder_text(w->b, t);
        else
                builder_json(w->b, t);
}

static void put_key(struct writer *w, int indent, struct text key) {
        for (int i = 0; i < indent; i++)
                builder_char(w->b, ' ');
        put_scalar(w, key);
        builder_char(w->b, ':');
}

static void put_end(struct writer *w, const char *comment) {
        if (comment) {
                builder_string(w->b, "  # ");
                builder_string(w->b, comment);
        }
        builder_char(w->b, '\n');
}

static void put_text(struct writer *w, int indent, const char *key, struct text value,
                     const char *comment) {
        put_key(w, indent, text_from(key));
        builder_char(w->b, ' ');
        put_scalar(w, value);
        put_end(w, comment);
}

static void put_number(struct writer *w, int indent, const char *key, int64_t value,
                       const char *comment) {
        put_key(w, indent, text_from(key));
        builder_char(w->b, ' ');
        builder_i64(w->b, value);
        put_end(w, comment);
}

static void put_map(struct writer *w, int indent, const char *key) {
        put_key(w, indent, text_from(key));
        builder_char(w->b, '\n');
}

static void put_comment(struct writer *w, int indent, struct text sentence) {
        for (int i = 0; i < indent; i++)
                builder_char(w->b, ' ');
        builder_string(w->b, "# ");
        builder_text(w->b, sentence);
        builder_char(w->b, '\n');
}

/* ---- a pool ------------------------------------------------------------------------------------
 */

enum { IN_POOL = 4, IN_MEMBER = 6 };

static void put_selector(struct writer *w, const struct group *group) {
        put_key(w, IN_POOL, TEXT("nodeSelector"));
        if (group->n_selected == 0) {
                builder_string(w->b, " {}  # the nodes have no label in common\n");
                return;
        }
        builder_char(w->b, '\n');
        for (size_t i = 0; i < group->n_selected; i++) {
                put_key(w, IN_MEMBER, group->selector[i].key);
                builder_char(w->b, ' ');
                put_scalar(w, group->selector[i].value);
                builder_char(w->b, '\n');
        }
}

static void put_capabilities(struct writer *w, const struct declared *d) {
        bool needs_memory = d->memory_bytes > 0;
        bool has_links = text_is_empty(d->profile) && d->n_layout == 0 && d->as.replicas == 1 &&
                         d->gpus > 1 && !d->as.foreign;

        if (!needs_memory && !has_links)
                return;
        put_map(w, IN_POOL, "capabilities");
        if (needs_memory)
                put_text(w, IN_MEMBER, "memoryPerGpu",
                         quantity_format_bytes(d->memory_bytes, w->arena),
                         d->guesses_memory ? "nodes do not say: write what a unit has" : NULL);
        if (has_links)
                put_text(w, IN_MEMBER, "interconnect", TEXT("pcie"),
                         "nodes do not say: nvlink or nvswitch, where the GPUs have it");
}

static void put_mig(struct writer *w, const struct declared *d) {
        if (text_is_empty(d->profile) && d->n_layout == 0)
                return;
        put_map(w, IN_POOL, "migConfiguration");
        if (d->n_layout == 0)
                put_text(w, IN_MEMBER, "profile", d->profile, NULL);
        else
                put_map(w, IN_MEMBER, "layout");
        for (size_t i = 0; i < d->n_layout; i++) {
                put_key(w, IN_MEMBER + 2, d->layout[i].profile);
                builder_char(w->b, ' ');
                builder_i64(w->b, d->layout[i].per_gpu);
                builder_char(w->b, '\n');
        }
        if (d->slices_per_gpu > 0)
                put_number(w, IN_MEMBER, "slicesPerGpu", d->slices_per_gpu, NULL);
        if (!d->group->least.by_dra)
                put_text(w, IN_MEMBER, "strategy", d->as.single ? TEXT("single") : TEXT("mixed"),
                         NULL);
}

static void put_sharing(struct writer *w, const struct declared *d) {
        if (d->as.replicas == 1)
                return;
        put_map(w, IN_POOL, "sharing");
        put_text(w, IN_MEMBER, "strategy", d->as.mps ? TEXT("MPS") : TEXT("TimeSlicing"), NULL);
        put_number(w, IN_MEMBER, "replicas", d->as.replicas, NULL);
        if (d->as.renamed) {
                put_key(w, IN_MEMBER, TEXT("renameByDefault"));
                builder_string(w->b, " true\n");
        }
}

/* On GKE the MPS daemon is reached through the node's IPC. */
static void put_host_ipc(struct writer *w, const struct declared *d) {
        if (d->as.replicas == 1 || !d->as.mps ||
            text_is_empty(
                    host_label(&d->group->least, "cloud.google.com/gke-gpu-sharing-strategy")))
                return;
        put_map(w, IN_POOL, "podDefaults");
        put_key(w, IN_MEMBER, TEXT("hostIPC"));
        builder_string(w->b, " true\n");
}

/* What no rule of a pool's other members gives, and where one node is several pools or not all of
 * its GPUs count. */
static void put_resource(struct writer *w, const struct declared *d) {
        const struct group *group = d->group;
        bool is_odd = d->as.foreign || (d->as.renamed && d->as.replicas == 1);
        bool is_part = group->least.n_resources > 1 ||
                       (group->offering.gpus > 0 && group->offering.gpus != d->gpus);

        if (group->least.by_dra)
                put_text(w, IN_POOL, "allocation", TEXT("DRA"), NULL);
        else if (d->n_layout == 0 && (is_odd || is_part))
                put_text(w, IN_POOL, "resourceName", d->as.resource, NULL);
}

static void put_toleration(struct writer *w, struct value taint) {
        struct text value = text_at(taint, "value");

        builder_string(w->b, "    - {key: ");
        put_scalar(w, text_at(taint, "key"));
        if (text_is_empty(value)) {
                builder_string(w->b, ", operator: Exists");
        } else {
                builder_string(w->b, ", value: ");
                put_scalar(w, value);
        }
        builder_string(w->b, ", effect: ");
        put_scalar(w, text_at(taint, "effect"));
        builder_string(w->b, "}\n");
}

static void put_tolerations(struct writer *w, const struct group *group) {
        struct value_iter it = value_iterate(group->least.taints);
        struct value taint;
        bool any = false;

        while (value_next(&it, NULL, &taint)) {
                if (!selector_taint_counts(&group->least, taint))
                        continue;
                if (!any)
                        put_map(w, IN_POOL, "tolerations");
                any = true;
                put_toleration(w, taint);
        }
}

static void put_notes(struct writer *w, const struct declared *d) {
        size_t n_away = 0;

        for (size_t i = 0; i < d->group->n; i++)
                n_away += !d->group->hosts[i]->is_ready || d->group->hosts[i]->is_cordoned;
        if (!text_is_empty(d->group->note))
                put_comment(w, IN_POOL, d->group->note);
        if (d->note)
                put_comment(w, IN_POOL, text_from(d->note));
        if (n_away > 0)
                put_comment(w, IN_POOL,
                            text_format(w->arena,
                                        "not ready or cordoned, but counted: %zu of its nodes",
                                        n_away));
        if (text_is_empty(d->group->offering.accelerator))
                put_comment(w, IN_POOL, TEXT("acceleratorType: no label names the GPU"));
}

static void put_pool(struct writer *w, const struct declared *d) {
        const struct group *group = d->group;

        builder_string(w->b, "  - name: ");
        put_scalar(w, d->name);
        builder_char(w->b, '\n');
        put_notes(w, d);
        put_selector(w, group);
        if (!text_is_empty(group->offering.accelerator))
                put_text(w, IN_POOL, "acceleratorType", group->offering.accelerator, NULL);
        put_number(w, IN_POOL, "acceleratorCount", d->gpus, NULL);
        put_number(w, IN_POOL, "nodeCount", (int64_t)group->n,
                   "maxNodeCount too, where an autoscaler adds nodes");
        put_capabilities(w, d);
        put_mig(w, d);
        put_sharing(w, d);
        put_resource(w, d);
        put_tolerations(w, group);
        put_host_ipc(w, d);
}

/* ---- what is left out
 * ---------------------------------------------------------------------------- */

static void put_apart(struct writer *w, const struct groups *groups) {
        for (size_t i = 0; i < groups->n; i++) {
                const struct group *group = &groups->items[i];

                if (!text_is_empty(group->apart))
                        put_comment(w, 0,
                                    text_format(w->arena,
                                                "Left out: %.*s%s offers something else, and "
                                                "%.*s.",
                                                TEXT_ARG(group->hosts[0]->name),
                                                group->n > 1 ? " and others" : "",
                                                TEXT_ARG(group->apart)));
        }
}

static void put_silent(struct writer *w, const struct hosts *hosts) {
        for (size_t i = 0; i < hosts->n; i++) {
                const struct host *m = &hosts->items[i];
                struct text product = host_label(m, "nvidia.com/gpu.product");

                if (m->n_resources == 0 && !text_is_empty(product))
                        put_comment(w, 0,
                                    text_format(w->arena,
                                                "Left out: %.*s has %.*s and offers none: %s",
                                                TEXT_ARG(m->name), TEXT_ARG(product),
                                                text_contains(product, TEXT("-MIG-INVALID"))
                                                        ? "its slices are not alike, as the single "
                                                          "strategy wants them."
                                                        : "does its device plugin run?"));
        }
}

int discover_yaml(const struct discovery *d, struct arena *arena, struct builder *b) {
        struct writer w = { b, arena };
        size_t n = 0;

        for (size_t i = 0; i < d->groups->n; i++)
                n += text_is_empty(d->groups->items[i].apart) ? d->groups->items[i].n : 0;
        put_comment(
                &w, 0,
                text_format(arena, "Made of %zu nodes, %zu of which offer GPUs.", d->hosts->n, n));
        put_apart(&w, d->groups);
        put_silent(&w, d->hosts);
        builder_string(b, "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnvironment\n"
                          "metadata:\n");
        put_text(&w, 2, "name", d->name, NULL);
        builder_string(b, "spec:\n  nodePools:\n");
        for (size_t i = 0; i < d->n_pools; i++)
                put_pool(&w, &d->pools[i]);
        return arena_failed(arena) ? -ENOMEM : 0;
}
