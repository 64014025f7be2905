/* SPDX-License-Identifier: Apache-2.0 */
#include "place/place.h"

#include "base/arena.h"
#include "place/llmisvc.h"
#include "place/names.h"
#include "place/object.h"
#include "place/observe.h"

/* What every placement of one answer is composed with. */
struct placing {
        struct text namespace_; /* of the deployment */
        struct text name;
        const struct settings *settings;
        const struct state *observed;
        struct response *response;
        struct arena *arena;
};

/* ---- frozen: as observed --------------------------------------------------------------------- */

static struct node *our_members(struct value map, struct arena *arena) {
        struct value_iter it = value_iterate(map);
        struct node *kept = node_map(arena);
        struct value member;
        struct text key;

        while (value_next(&it, &key, &member)) {
                if (names_is_our_member(key))
                        node_set(kept, key, node_value(arena, member));
        }
        return kept;
}

static void set_unless_empty(struct node *map, const char *key, struct node *child) {
        if (!node_is_empty(child))
                node_set(map, text_from(key), child);
}

struct node *place_frozen_object(struct value object, struct arena *arena) {
        struct value metadata = value_get(object, TEXT("metadata"));
        struct node *frozen = node_map(arena), *kept = node_map(arena);

        node_set_value(frozen, "apiVersion", value_get(object, TEXT("apiVersion")));
        node_set_value(frozen, "kind", value_get(object, TEXT("kind")));
        node_set_value(kept, "name", value_get(metadata, TEXT("name")));
        node_set_value(kept, "namespace", value_get(metadata, TEXT("namespace")));
        set_unless_empty(kept, "labels", our_members(value_get(metadata, TEXT("labels")), arena));
        set_unless_empty(kept, "annotations",
                         our_members(value_get(metadata, TEXT("annotations")), arena));
        node_set(frozen, TEXT("metadata"), kept);
        node_set_value(frozen, "spec", value_get(object, TEXT("spec")));
        node_set_value(frozen, "data", value_get(object, TEXT("data")));
        return frozen;
}

static void freeze(const struct resource *r, const struct settings *settings,
                   struct response *response) {
        bool service = text_starts_with(r->name, TEXT(KEY_SERVING));

        response_desire(
                response,
                (struct desired) {
                        .name = r->name,
                        .object = place_frozen_object(r->object, response->arena),
                        .ready = ready_when(!service ||
                                            observe_service(r->object, settings->route).ready),
                });
}

size_t place_freeze(const struct state *observed, const struct settings *settings,
                    struct response *response) {
        size_t n = 0;

        for (size_t i = 0; i < observed->n_resources; i++) {
                if (!names_is_ours(observed->resources[i].name))
                        continue;
                freeze(&observed->resources[i], settings, response);
                n++;
        }
        return n;
}

bool place_anything_observed(const struct state *observed) {
        for (size_t i = 0; i < observed->n_resources; i++) {
                if (names_is_ours(observed->resources[i].name))
                        return true;
        }
        return false;
}

/* ---- placed ---------------------------------------------------------------------------------- */

static struct name_of name_of(const struct placing *placing, const struct placement *p) {
        return (struct name_of) {
                .namespace_ = placing->namespace_,
                .deployment = placing->name,
                .environment = p->reservation.environment,
                .nodes = p->reservation.nodes,
                .shared = !text_is_empty(placing->settings->remote_namespace),
        };
}

/* An observed service keeps its kind: a key has one for ever, or the old object is never collected.
 */
static bool wants_object(const struct placing *placing, const struct placement *p,
                         const struct resource *observed) {
        if (observed)
                return observe_is_object(observed->object);
        if (placing->settings->target == TARGET_AUTO)
                return p->workload.remote;
        return placing->settings->target == TARGET_OBJECT;
}

static void desire_service(const struct placing *placing, const struct placement *p,
                           const struct resource *observed) {
        const struct settings *settings = placing->settings;
        struct arena *arena = placing->arena;
        struct name_of of = name_of(placing, p);
        struct text name = names_service(&of, arena), namespace_ = placing->namespace_;
        bool remote = wants_object(placing, p, observed);
        struct node *object;

        if (remote && !text_is_empty(settings->remote_namespace))
                namespace_ = settings->remote_namespace;
        object = llmisvc_manifest(p, settings, name, namespace_, arena);
        if (remote)
                object = object_wrap(object, p, name, placing->namespace_, settings->route, arena);
        response_desire(placing->response,
                        (struct desired) {
                                .name = names_key(KEY_SERVING, p->suffix, arena),
                                .object = object,
                                .ready = ready_when(
                                        observed &&
                                        observe_service(observed->object, settings->route).ready),
                        });
}

static void desire_reservation(const struct placing *placing, const struct placement *p) {
        struct arena *arena = placing->arena;
        struct name_of of = name_of(placing, p);
        struct node *object = node_map(arena), *metadata, *labels;

        node_set_string(object, "apiVersion", TEXT("v1"));
        node_set_string(object, "kind", TEXT("ConfigMap"));
        metadata = node_add_map(object, "metadata");
        node_set_string(metadata, "name", names_reservation(&of, arena));
        node_set_string(metadata, "namespace", placing->namespace_);
        labels = node_add_map(metadata, "labels");
        node_set_string(labels, LABEL_LEDGER, TEXT(LEDGER_RESERVATION));
        node_set_string(labels, LABEL_ENVIRONMENT,
                        names_label_value(p->reservation.environment, arena));
        node_set(object, TEXT("data"), reservation_data(&p->reservation, arena));
        response_desire(placing->response,
                        (struct desired) {
                                .name = names_key(KEY_RESERVATION, p->suffix, arena),
                                .object = object,
                                .ready = READY_TRUE,
                        });
}

/* Does any placement, also a dropped one, account for this suffix? */
static bool is_planned(const struct plan *plan, struct text suffix) {
        for (size_t i = 0; i < plan->n_placements; i++) {
                if (text_equal(suffix, plan->placements[i].suffix))
                        return true;
        }
        return false;
}

/* A service or reservation that says nothing of its assignment: nobody may delete what nobody
 * understands. */
static void keep_unexplained(const struct placing *placing, const struct plan *plan) {
        for (size_t i = 0; i < placing->observed->n_resources; i++) {
                const struct resource *r = &placing->observed->resources[i];
                struct text suffix;

                if (names_suffix(r->name, &suffix) && !is_planned(plan, suffix) &&
                    !observe_explains(placing->observed, suffix, placing->arena))
                        freeze(r, placing->settings, placing->response);
        }
}

void place(const struct plan *plan, struct text namespace_, struct text name,
           const struct settings *settings, const struct state *observed,
           struct response *response) {
        struct placing placing = {
                .namespace_ = namespace_,
                .name = name,
                .settings = settings,
                .observed = observed,
                .response = response,
                .arena = response->arena,
        };

        if (plan->frozen) {
                place_freeze(observed, settings, response);
                return;
        }
        for (size_t i = 0; i < plan->n_placements; i++) {
                struct placement p = plan->placements[i];
                struct text key = names_key(KEY_SERVING, p.suffix, response->arena);
                const struct resource *service = state_resource(observed, key);

                if (p.fate == FATE_DROPPED)
                        continue;
                p.reservation.namespace_ = namespace_;
                p.reservation.deployment = name;
                if (p.fate == FATE_STAYS)
                        desire_service(&placing, &p, service);
                else if (service)
                        freeze(service, settings, response);
                desire_reservation(&placing, &p);
        }
        keep_unexplained(&placing, plan);
}
