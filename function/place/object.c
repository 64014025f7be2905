/* SPDX-License-Identifier: Apache-2.0 */
#include "place/object.h"

#include "base/arena.h"

static const char is_ready_query[] =
        "has(object.status) && has(object.status.conditions)"
        " && (!has(object.status.observedGeneration)"
        " || object.status.observedGeneration == object.metadata.generation)"
        " && object.status.conditions.exists(c, c.type == \"Ready\" && c.status == \"True\")"
        " && !object.status.conditions.exists(c, c.type == \"PresetsCombined\""
        " && c.status == \"False\")";

static const char has_url_query[] = " && has(object.status.url) && object.status.url != \"\"";

struct node *object_wrap(struct node *manifest, struct node *metadata, struct text provider_config,
                         struct arena *arena) {
        struct node *object = node_map(arena), *spec, *reference;

        node_set_string(object, "apiVersion", TEXT("kubernetes.m.crossplane.io/v1alpha1"));
        node_set_string(object, "kind", TEXT("Object"));
        node_set(object, TEXT("metadata"), metadata);
        spec = node_add_map(object, "spec");
        reference = node_add_map(spec, "providerConfigRef");
        node_set_string(reference, "kind", TEXT("ClusterProviderConfig"));
        node_set_string(reference, "name", provider_config);
        node_set_string(node_add_map(spec, "readiness"), "policy", TEXT("SuccessfulCreate"));
        node_set(node_add_map(spec, "forProvider"), TEXT("manifest"), manifest);
        return object;
}

void object_ready_when_serving(struct node *object, bool route, struct arena *arena) {
        struct node *spec = node_get(object, TEXT("spec"));
        struct node *readiness = node_add_map(spec, "readiness");
        const struct text query[] = { text_from(is_ready_query),
                                      route ? text_from(has_url_query) : (struct text) { 0 } };

        node_set_string(readiness, "policy", TEXT("DeriveFromCelQuery"));
        node_set_string(readiness, "celQuery", text_join(arena, query, 2));
}
