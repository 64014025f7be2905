/* SPDX-License-Identifier: Apache-2.0 */
#include "place/llmisvc.h"

#include "place/names.h"
#include "place/pod.h"

static void set_label(struct node *labels, const char *key, struct text value,
                      struct arena *arena) {
        if (!text_is_empty(value))
                node_set_string(labels, key, names_label_value(value, arena));
}

struct node *llmisvc_labels(const struct assignment *assignment, struct arena *arena) {
        const struct reservation *r = &assignment->planned;
        struct node *labels = node_map(arena);

        set_label(labels, LABEL_DEPLOYMENT, r->deployment, arena);
        set_label(labels, LABEL_ENVIRONMENT, r->environment, arena);
        set_label(labels, LABEL_POOL, r->pool, arena);
        set_label(labels, LABEL_MIG_PROFILE, r->mig_profile, arena);
        set_label(labels, LABEL_SERVING_PROFILE, r->serving_profile, arena);
        return labels;
}

struct node *llmisvc_annotations(const struct assignment *assignment, struct arena *arena) {
        struct node *annotations = node_map(arena);

        node_set_string(annotations, ANNOTATION_ASSIGNMENT,
                        reservation_annotation(&assignment->planned, arena));
        return annotations;
}

static void set_replicas(struct node *spec, const struct assignment *assignment,
                         const struct settings *settings) {
        const struct workload *w = &assignment->workload;
        int64_t grant = assignment_replicas(assignment), least;
        struct node *scaling;

        if (!w->concurrency || settings->autoscaler == AUTOSCALER_NONE) {
                node_set_integer(spec, "replicas", grant);
                return;
        }
        /* Only KEDA scales a service to zero. */
        least = settings->autoscaler == AUTOSCALER_KEDA ? 0 : 1;
        if (w->min_replicas > least)
                least = w->min_replicas;
        scaling = node_add_map(spec, "scaling");
        node_set_integer(scaling, "minReplicas", least < grant ? least : grant);
        node_set_integer(scaling, "maxReplicas", grant);
        if (settings->autoscaler == AUTOSCALER_KEDA)
                node_set_value(node_add_map(scaling, "keda"), "triggers", settings->keda_triggers);
        else
                node_add_map(node_add_map(scaling, "wva"), "hpa");
}

static bool has_reference(struct value list, struct value reference) {
        struct value_iter it = value_iterate(list);
        struct value other;

        while (value_next(&it, NULL, &other)) {
                if (text_equal(value_get_text(other, "name"), value_get_text(reference, "name")))
                        return true;
        }
        return false;
}

/* KServe merges these presets in this order; the pool's come first, each once. */
static void add_base_refs(struct node *spec, const struct workload *w, struct arena *arena) {
        struct value_iter pool = value_iterate(w->pool_base_refs);
        struct value_iter engine = value_iterate(w->engine_base_refs);
        struct node *list = node_list(arena);
        struct value reference;

        while (value_next(&pool, NULL, &reference))
                node_append(list, node_value(arena, reference));
        while (value_next(&engine, NULL, &reference)) {
                if (!has_reference(w->pool_base_refs, reference))
                        node_append(list, node_value(arena, reference));
        }
        if (!node_is_empty(list))
                node_set(spec, TEXT("baseRefs"), list);
}

struct node *llmisvc_pods(const struct assignment *assignment, struct text claim_template,
                          struct text revision, struct arena *arena) {
        const struct workload *w = &assignment->workload;
        struct node *spec = node_map(arena), *child;

        child = node_add_map(spec, "model");
        node_set_string(child, "uri", w->uri);
        node_set_string(child, "name", w->model_name);
        add_base_refs(spec, w, arena);
        node_set(spec, TEXT("template"), pod_template(assignment, claim_template, revision, arena));
        if (assignment->planned.nodes > 1) {
                child = node_add_map(spec, "parallelism");
                node_set_integer(child, "tensor", w->tensor);
                node_set_integer(child, "pipeline", w->pipeline);
                node_set(spec, TEXT("worker"),
                         pod_template(assignment, claim_template, revision, arena));
        }
        return spec;
}

/*
 * One pod more while a surge is used, else one after the other; groups roll in turn anyhow.
 * KServe 0.20 does not know the field.
 */
static void add_rollout_strategy(struct node *spec, const struct assignment *assignment,
                                 const struct settings *settings) {
        bool surges = assignment->planned.surge > 0;
        struct node *strategy;

        if (!settings->kserve_021 || assignment->planned.nodes > 1)
                return;
        strategy = node_add_map(spec, "rolloutStrategy");
        node_set_integer(strategy, "maxSurge", surges);
        node_set_integer(strategy, "maxUnavailable", !surges);
}

struct node *llmisvc_manifest(const struct assignment *assignment, const struct settings *settings,
                              struct identity identity, struct node *spec, struct arena *arena) {
        struct node *manifest = node_map(arena), *metadata, *child;

        node_set_string(manifest, "apiVersion", settings->kserve_api_version);
        node_set_string(manifest, "kind", TEXT("LLMInferenceService"));

        metadata = node_add_map(manifest, "metadata");
        node_set_string(metadata, "name", identity.name);
        if (!text_is_empty(identity.namespace_))
                node_set_string(metadata, "namespace", identity.namespace_);
        node_set(metadata, TEXT("labels"), llmisvc_labels(assignment, arena));
        node_set(metadata, TEXT("annotations"), llmisvc_annotations(assignment, arena));

        node_set(manifest, TEXT("spec"), spec);
        set_replicas(spec, assignment, settings);
        add_rollout_strategy(spec, assignment, settings);
        if (settings->route) {
                child = node_add_map(spec, "router");
                node_add_map(child, "gateway");
                node_add_map(child, "route");
        }
        return manifest;
}
