/* SPDX-License-Identifier: Apache-2.0 */
#include "place/object.h"

#include "base/arena.h"
#include "place/llmisvc.h"

static const char is_ready_query[] =
        "has(object.status) && has(object.status.conditions)"
        " && (!has(object.status.observedGeneration)"
        " || object.status.observedGeneration == object.metadata.generation)"
        " && object.status.conditions.exists(c, c.type == \"Ready\" && c.status == \"True\")"
        " && !object.status.conditions.exists(c, c.type == \"PresetsCombined\""
        " && c.status == \"False\")";

static const char has_url_query[] = " && has(object.status.url) && object.status.url != \"\"";

struct node *object_wrap(struct node *manifest, const struct placement *placement, struct text name,
                         struct text namespace_, bool route, struct arena *arena) {
        struct node *object = node_map(arena), *child, *spec;
        const struct text query[] = { text_from(is_ready_query),
                                      route ? text_from(has_url_query) : (struct text) { 0 } };

        node_set_string(object, "apiVersion", TEXT("kubernetes.m.crossplane.io/v1alpha1"));
        node_set_string(object, "kind", TEXT("Object"));
        child = node_add_map(object, "metadata");
        node_set_string(child, "name", name);
        node_set_string(child, "namespace", namespace_);
        node_set(child, TEXT("labels"), llmisvc_labels(placement, arena));
        node_set(child, TEXT("annotations"), llmisvc_annotations(placement, arena));

        spec = node_add_map(object, "spec");
        child = node_add_map(spec, "providerConfigRef");
        node_set_string(child, "kind", TEXT("ClusterProviderConfig"));
        node_set_string(child, "name", placement->workload.provider_config);
        child = node_add_map(spec, "readiness");
        node_set_string(child, "policy", TEXT("DeriveFromCelQuery"));
        node_set_string(child, "celQuery", text_join(arena, query, 2));
        node_set(node_add_map(spec, "forProvider"), TEXT("manifest"), manifest);
        return object;
}
