/* SPDX-License-Identifier: Apache-2.0 */
#include "place/place_internal.h"

#include "base/arena.h"
#include "place/object.h"
#include "place/observe.h"

const struct resource *place_service(const struct placing *placing, const struct assignment *a) {
        return request_resource(placing->observed,
                                names_key(KEY_SERVING, a->suffix, placing->arena));
}

/* A reservation that is there under the hashed name says that the plain one was taken. */
static bool was_taken(const struct placing *placing, const struct assignment *a,
                      struct name_of of) {
        struct text key = names_key(KEY_RESERVATION, a->suffix, placing->arena);
        const struct resource *r = request_resource(placing->observed, key);
        struct text found;

        if (!r)
                return false;
        found = value_text(value_at(r->object, "metadata.name"));
        if (!names_ends_like_a_hash(found) || text_equal(found, names_service(&of, placing->arena)))
                return false;
        of.shared = true;
        return text_equal(found, names_service(&of, placing->arena));
}

struct name_of place_name_of(const struct placing *placing, const struct assignment *a) {
        struct name_of of = {
                .namespace_ = placing->namespace_,
                .deployment = placing->name,
                .environment = a->planned.environment,
                .suffix = a->suffix,
        };

        of.shared = a->name_taken || !text_is_empty(placing->settings->remote_namespace) ||
                    was_taken(placing, a, of);
        return of;
}

struct identity place_identity(const struct placing *placing, const struct resource *observed,
                               struct text name, bool wrapped) {
        struct text elsewhere = placing->settings->remote_namespace;
        struct value there = { 0 };

        if (observed)
                there = value_get(observe_declared(observed->object), TEXT("metadata"));
        if (!text_is_empty(value_text(value_get(there, TEXT("name")))))
                return (struct identity) {
                        .name = value_text(value_get(there, TEXT("name"))),
                        .namespace_ = value_text(value_get(there, TEXT("namespace"))),
                };
        return (struct identity) {
                .name = name,
                .namespace_ =
                        wrapped && !text_is_empty(elsewhere) ? elsewhere : placing->namespace_,
        };
}

bool place_wants_object(const struct placing *placing, const struct assignment *a) {
        const struct resource *service = place_service(placing, a);

        if (service)
                return observe_is_object(service->object);
        if (placing->settings->target == TARGET_AUTO)
                return a->workload.remote;
        return placing->settings->target == TARGET_OBJECT;
}

struct node *place_metadata(struct identity identity, const struct assignment *a,
                            struct arena *arena) {
        struct node *metadata = node_map(arena);

        node_set_string(metadata, "name", identity.name);
        if (!text_is_empty(identity.namespace_))
                node_set_string(metadata, "namespace", identity.namespace_);
        node_set(metadata, TEXT("labels"), llmisvc_labels(a, arena));
        return metadata;
}

struct node *place_wrap(const struct placing *placing, const struct assignment *a,
                        struct node *manifest, struct text name, struct node *annotations) {
        struct identity own = { .name = name, .namespace_ = placing->namespace_ };
        struct node *metadata = place_metadata(own, a, placing->arena);

        node_set(metadata, TEXT("annotations"), annotations);
        return object_wrap(manifest, metadata, a->workload.provider_config, placing->arena);
}

/* Does any placement, also a dropped one, account for this suffix? */
static bool is_planned(const struct plan *plan, struct text suffix) {
        for (size_t i = 0; i < plan->n_assignments; i++) {
                if (text_equal(suffix, plan->assignments[i].suffix))
                        return true;
        }
        return false;
}

bool place_is_unexplained(const struct placing *placing, const struct resource *r) {
        struct text suffix;

        return names_suffix(r->name, &suffix) && !is_planned(placing->plan, suffix) &&
               observe_is_unexplained(placing->observed, r, placing->arena);
}
