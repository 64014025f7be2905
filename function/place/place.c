/* SPDX-License-Identifier: Apache-2.0 */
#include "place/place.h"

#include "base/arena.h"
#include "place/devices.h"
#include "place/freeze.h"
#include "place/object.h"
#include "place/observe.h"
#include "place/place_internal.h"
#include "place/revision.h"

struct text place_revision(const struct assignment *a, const struct settings *settings,
                           const struct state *observed, struct arena *arena) {
        struct placing placing = { .namespace_ = a->planned.namespace_,
                                   .name = a->planned.deployment,
                                   .settings = settings,
                                   .observed = observed,
                                   .arena = arena };
        const struct arena_mark mark = arena_mark(arena);
        struct claim_template claim = devices_template(&placing, a);

        return revision_of_node(llmisvc_pods(a, claim.identity.name, (struct text) { 0 }, arena),
                                mark, arena);
}

/*
 * What was composed before pods had a revision gets none as long as they are the same: that
 * alone would replace them.
 */
static bool is_unmarked(struct value spec, struct text revision, struct arena *arena) {
        struct value template = value_get(spec, TEXT("template"));

        return template.kind == VALUE_MAP && text_is_empty(revision_written(template)) &&
               text_equal(revision_of(spec, arena), revision);
}

/* The members that shape pods: as they are to be, or as they are while a change of them waits. */
static struct node *pods_of(const struct placing *placing, const struct assignment *a,
                            const struct resource *observed, struct text claim_template) {
        struct text revision = a->planned.revision;
        struct value spec = { 0 };
        struct node *kept;

        if (observed)
                spec = value_get(observe_declared(observed->object), TEXT("spec"));
        if (!assignment_keeps_pods(a) || !observed)
                return llmisvc_pods(a, claim_template,
                                    is_unmarked(spec, revision, placing->arena)
                                            ? (struct text) { 0 }
                                            : revision,
                                    placing->arena);
        kept = node_map(placing->arena);
        revision_keep_pods(kept, spec);
        return kept;
}

/* The Deployment in another cluster, which Crossplane cannot read by itself. */
static void desire_deployment(const struct placing *placing, const struct assignment *a,
                              struct identity service, struct text object_name) {
        struct arena *arena = placing->arena;
        struct node *manifest = node_map(arena), *metadata, *object, *spec, *policies;
        const struct text name[] = { service.name, TEXT(NAME_DEPLOYMENT_TAIL) };
        const struct text own_name[] = { object_name, TEXT(NAME_ROLLOUT_TAIL) };

        node_set_string(manifest, "apiVersion", TEXT("apps/v1"));
        node_set_string(manifest, "kind", TEXT("Deployment"));
        metadata = node_add_map(manifest, "metadata");
        node_set_string(metadata, "name", text_join(arena, name, 2));
        node_set_string(metadata, "namespace", service.namespace_);
        object = place_wrap(placing, a, manifest, text_join(arena, own_name, 2), NULL);
        spec = node_get(object, TEXT("spec"));
        policies = node_add_list(spec, "managementPolicies");
        node_append_string(policies, TEXT("Observe"));
        response_desire(placing->response, (struct desired) {
                                                   .name = names_key(KEY_ROLLOUT, a->suffix, arena),
                                                   .object = object,
                                                   .ready = READY_TRUE,
                                           });
}

/* The service, or the Object around it. */
static struct node *service_manifest(const struct placing *placing, const struct assignment *a,
                                     struct identity identity, struct node *pods, bool wrapped) {
        const struct settings *settings = placing->settings;
        struct arena *arena = placing->arena;
        struct node *object = llmisvc_manifest(a, settings, identity, pods, arena);

        if (!wrapped)
                return object;
        object = place_wrap(placing, a, object, identity.name, llmisvc_annotations(a, arena));
        object_ready_when_serving(object, settings->route, arena);
        return object;
}

static void desire_service(const struct placing *placing, const struct assignment *a) {
        const struct resource *observed = place_service(placing, a);
        struct arena *arena = placing->arena;
        struct name_of of = place_name_of(placing, a);
        bool wrapped = place_wants_object(placing, a);
        struct identity identity =
                place_identity(placing, observed, names_service(&of, arena), wrapped);
        struct claim_template claim = devices_template(placing, a);
        struct desired desired = { .name = names_key(KEY_SERVING, a->suffix, arena) };
        struct arena_mark mark;
        struct node *pods;

        if (!assignment_keeps_pods(a))
                devices_desire(placing, a, &claim);
        if (wrapped && a->planned.surge > 0)
                desire_deployment(placing, a, identity, identity.name);
        mark = arena_mark(arena);
        pods = pods_of(placing, a, observed, claim.identity.name);
        desired.object = node_pack(service_manifest(placing, a, identity, pods, wrapped), mark);
        desired.ready = ready_when(
                observed && observe_service(observed->object, placing->settings->route).ready);
        response_desire(placing->response, desired);
}

/* It bears the service's name. */
static void desire_reservation(const struct placing *placing, const struct assignment *a,
                               struct text name) {
        struct arena *arena = placing->arena;
        struct desired desired = { .name = names_key(KEY_RESERVATION, a->suffix, arena),
                                   .ready = READY_TRUE };
        const struct arena_mark mark = arena_mark(arena);
        struct identity identity = place_identity(
                placing, request_resource(placing->observed, desired.name), name, false);
        struct node *object = node_map(arena), *metadata, *labels;

        node_set_string(object, "apiVersion", TEXT(RESERVATION_API_VERSION));
        node_set_string(object, "kind", TEXT(RESERVATION_KIND));
        metadata = node_add_map(object, "metadata");
        node_set_string(metadata, "name", identity.name);
        node_set_string(metadata, "namespace", placing->namespace_);
        labels = node_add_map(metadata, "labels");
        node_set_string(labels, LABEL_DEPLOYMENT, names_label_value(placing->name, arena));
        node_set_string(labels, LABEL_ENVIRONMENT,
                        names_label_value(a->planned.environment, arena));
        node_set(object, TEXT("spec"), reservation_spec(&a->planned, arena));
        desired.object = node_pack(object, mark);
        response_desire(placing->response, desired);
}

/*
 * What runs stands in the ledger also while nothing can be decided: a reservation that was lost is
 * composed again as the service's annotation says, or others would be granted its units.
 */
static void rebuild_lost(const struct placing *placing) {
        struct assignment *held;
        size_t n;

        if (observe_held(placing->observed, placing->settings, placing->arena, &held, &n) < 0)
                return;
        for (size_t i = 0; i < n; i++) {
                struct text key = names_key(KEY_RESERVATION, held[i].suffix, placing->arena);

                if (!held[i].rebuilt || request_resource(placing->observed, key))
                        continue;
                held[i].planned = held[i].observed;
                desire_reservation(placing, &held[i], held[i].observed.name);
        }
}

static void keep_unexplained(const struct placing *placing) {
        for (size_t i = 0; i < placing->observed->n_resources; i++) {
                const struct resource *r = &placing->observed->resources[i];

                if (place_is_unexplained(placing, r))
                        freeze_unexplained(r, placing->settings, placing->response);
        }
}

void place(const struct plan *plan, struct text namespace_, struct text name,
           const struct settings *settings, const struct state *observed,
           struct response *response) {
        struct placing placing = {
                .plan = plan,
                .namespace_ = namespace_,
                .name = name,
                .settings = settings,
                .observed = observed,
                .response = response,
                .arena = response->arena,
        };

        if (plan->frozen) {
                freeze_all(observed, settings, response);
                rebuild_lost(&placing);
                return;
        }
        for (size_t i = 0; i < plan->n_assignments; i++) {
                struct assignment p = plan->assignments[i];
                const struct resource *service = place_service(&placing, &p);
                struct name_of of;

                if (p.fate == FATE_DROPPED)
                        continue;
                p.planned.namespace_ = namespace_;
                p.planned.deployment = name;
                if (p.fate == FATE_STAYS && !p.frozen && text_is_empty(p.planned.revision))
                        p.planned.revision =
                                place_revision(&p, settings, observed, response->arena);
                if (p.fate == FATE_STAYS && !p.frozen)
                        desire_service(&placing, &p);
                else if (service)
                        freeze_resource(service, settings, response);
                of = place_name_of(&placing, &p);
                desire_reservation(&placing, &p, names_service(&of, response->arena));
        }
        keep_unexplained(&placing);
        devices_keep(&placing);
}
