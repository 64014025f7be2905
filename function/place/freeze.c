/* SPDX-License-Identifier: Apache-2.0 */
#include "place/freeze.h"

#include "place/names.h"
#include "place/observe.h"

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

struct node *freeze_object(struct value object, struct arena *arena) {
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

/* A stored object is there or not; whatever has a controller says itself how ready it is. */
static bool is_ready(const struct resource *r, const struct settings *settings) {
        if (text_starts_with(r->name, TEXT(KEY_SERVING)))
                return observe_service(r->object, settings->route).ready;
        return !observe_is_object(r->object) || observe_is_applied(r->object);
}

static void freeze(const struct resource *r, bool yields, const struct settings *settings,
                   struct response *response) {
        response_desire(response, (struct desired) {
                                          .name = r->name,
                                          .object = freeze_object(r->object, response->arena),
                                          .ready = ready_when(is_ready(r, settings)),
                                          .yields = yields,
                                  });
}

void freeze_resource(const struct resource *r, const struct settings *settings,
                     struct response *response) {
        freeze(r, false, settings, response);
}

void freeze_unexplained(const struct resource *r, const struct settings *settings,
                        struct response *response) {
        freeze(r, true, settings, response);
}

size_t freeze_all(const struct state *observed, const struct settings *settings,
                  struct response *response) {
        size_t n = 0;

        for (size_t i = 0; i < observed->n_resources; i++) {
                const struct resource *r = &observed->resources[i];

                if (!names_is_ours(r->name))
                        continue;
                freeze(r, observe_is_unexplained(observed, r, response->arena), settings, response);
                n++;
        }
        return n;
}

bool freeze_protects_anything(const struct state *observed) {
        for (size_t i = 0; i < observed->n_resources; i++) {
                if (names_is_ours(observed->resources[i].name))
                        return true;
        }
        return false;
}
