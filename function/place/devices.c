/* SPDX-License-Identifier: Apache-2.0 */
#include "place/devices.h"

#include "base/arena.h"
#include "place/freeze.h"
#include "place/observe.h"

static struct claim_of claim_of(const struct assignment *assignment, bool wrapped) {
        return (struct claim_of) {
                .device_class = assignment->workload.device_class,
                .mig_profile = assignment->planned.mig_profile,
                .count = assignment->planned.units_per_node,
                .wrapped = wrapped,
        };
}

/* CEL: the slices of one MIG profile. The class holds slices only, and each has a profile. */
static struct text is_of_profile(struct text mig_profile, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, "device.attributes[\"gpu.nvidia.com\"].profile == ");
        builder_json(&b, mig_profile);
        return builder_done(&b);
}

/* One request for all devices of a pod, so that they are on one node. */
static struct node *manifest(const struct claim_of *claim, struct node *metadata,
                             struct arena *arena) {
        struct node *manifest = node_map(arena), *spec, *request, *exactly, *selector;

        node_set_string(manifest, "apiVersion", TEXT("resource.k8s.io/v1"));
        node_set_string(manifest, "kind", TEXT("ResourceClaimTemplate"));
        node_set(manifest, TEXT("metadata"), metadata);
        spec = node_add_map(node_add_map(manifest, "spec"), "spec");
        request = node_append_map(node_add_list(node_add_map(spec, "devices"), "requests"));
        node_set_string(request, "name", TEXT("gpu"));
        exactly = node_add_map(request, "exactly");
        node_set_string(exactly, "deviceClassName", claim->device_class);
        node_set_integer(exactly, "count", claim->count);
        if (!text_is_empty(claim->mig_profile)) {
                selector = node_append_map(node_add_list(exactly, "selectors"));
                node_set_string(node_add_map(selector, "cel"), "expression",
                                is_of_profile(claim->mig_profile, arena));
        }
        return manifest;
}

/* The template that the pods of a service name; empty: none. */
static struct text template_named_by(struct value service) {
        struct value_iter it = value_iterate(value_at(service, "spec.template.resourceClaims"));
        struct value claim;
        struct text name = { 0 };

        while (text_is_empty(name) && value_next(&it, NULL, &claim))
                name = value_get_text(claim, "resourceClaimTemplateName");
        return name;
}

/* Where a template is made: pods find only those of their own namespace. */
static struct text namespace_of(const struct placing *placing, const struct assignment *a,
                                struct text otherwise) {
        const struct resource *service = place_service(placing, a);
        struct value metadata = { 0 };
        struct text namespace_;

        if (service)
                metadata = value_get(observe_declared(service->object), TEXT("metadata"));
        namespace_ = value_get_text(metadata, "namespace");
        return text_is_empty(namespace_) ? otherwise : namespace_;
}

struct claim_template devices_template(const struct placing *placing, const struct assignment *a) {
        struct name_of of = place_name_of(placing, a);
        struct claim_template t = { 0 };

        if (text_is_empty(a->workload.device_class))
                return t;
        t.claim = claim_of(a, place_wants_object(placing, a));
        t.key = names_devices_key(of.environment, &t.claim, placing->arena);
        t.observed = request_resource(placing->observed, t.key);
        t.identity = place_identity(placing, t.observed,
                                    names_devices(&of, &t.claim, placing->arena), t.claim.wrapped);
        if (!t.observed)
                t.identity.namespace_ = namespace_of(placing, a, t.identity.namespace_);
        return t;
}

void devices_desire(const struct placing *placing, const struct assignment *a,
                    const struct claim_template *t) {
        struct arena *arena = placing->arena;
        struct node *object;

        if (text_is_empty(t->key))
                return;
        object = manifest(&t->claim, place_metadata(t->identity, a, arena), arena);
        if (t->claim.wrapped)
                object = place_wrap(placing, a, object, t->identity.name, NULL);
        response_desire(placing->response,
                        (struct desired) {
                                .name = t->key,
                                .object = object,
                                .ready = ready_when(
                                        !t->claim.wrapped ||
                                        (t->observed && observe_is_applied(t->observed->object))),
                        });
}

/* Is it served from the placement's own template by now, and from no older one? */
static bool serves_from_own(const struct placing *placing, const struct assignment *a) {
        const struct resource *service = place_service(placing, a);
        struct claim_template t = devices_template(placing, a);

        return service && observe_service(service->object, placing->settings->route).ready &&
               text_equal(template_named_by(observe_actual(service->object)), t.identity.name);
}

/* May pods of the environment still be made from the template under that key? */
static bool is_still_used(const struct placing *placing, struct text environment) {
        for (size_t i = 0; i < placing->plan->n_assignments; i++) {
                const struct assignment *a = &placing->plan->assignments[i];

                if (a->fate == FATE_DROPPED || !text_equal(a->planned.environment, environment))
                        continue;
                if (a->fate == FATE_LEAVES || a->frozen || a->rollout != ROLLOUT_NONE ||
                    !serves_from_own(placing, a))
                        return true;
        }
        return false;
}

/* Do the pods of a service that is kept without being understood name this template? */
static bool is_named(const struct placing *placing, const struct resource *template) {
        struct text name =
                value_text(value_at(observe_declared(template->object), "metadata.name"));

        for (size_t i = 0; i < placing->observed->n_resources; i++) {
                const struct resource *r = &placing->observed->resources[i];

                if (place_is_unexplained(placing, r) &&
                    text_equal(template_named_by(observe_declared(r->object)), name))
                        return true;
        }
        return false;
}

static bool is_composed(const struct placing *placing, struct text key) {
        for (size_t i = 0; i < placing->plan->n_assignments; i++) {
                const struct assignment *a = &placing->plan->assignments[i];

                if (a->fate == FATE_STAYS && !a->frozen && !assignment_keeps_pods(a) &&
                    text_equal(devices_template(placing, a).key, key))
                        return true;
        }
        return false;
}

void devices_keep(const struct placing *placing) {
        for (size_t i = 0; i < placing->observed->n_resources; i++) {
                const struct resource *r = &placing->observed->resources[i];
                struct text environment = names_devices_environment(r->name);

                if (text_is_empty(environment) || is_composed(placing, r->name))
                        continue;
                if (is_still_used(placing, environment) || is_named(placing, r))
                        freeze_resource(r, placing->settings, placing->response);
        }
}
