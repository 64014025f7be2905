/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/compose.h"

#include "base/arena.h"
#include "base/base32.h"
#include "inventory/pools.h"
#include "place/freeze.h"
#include "place/names.h"

#define KEY_PROVIDER_CONFIG "provider-config"
#define KEY_IN_USE "in-use"

static const struct text keys[] = { TEXT_INIT(KEY_PROVIDER_CONFIG), TEXT_INIT(KEY_IN_USE) };

/* ---- frozen ---------------------------------------------------------------------------------- */

static void freeze(const struct resource *r, struct response *response) {
        response_desire(response, (struct desired) {
                                          .name = r->name,
                                          .object = freeze_object(r->object, response->arena),
                                          .ready = READY_TRUE,
                                  });
}

bool compose_freeze(const struct state *observed, struct response *response) {
        bool any = false;

        for (size_t i = 0; i < observed->n_resources; i++) {
                const struct resource *r = &observed->resources[i];

                if (!compose_is_ours(r->name) ||
                    (pools_is_ours(r->name) && !pools_is_kind(r->object)))
                        continue;
                freeze(r, response);
                any = true;
        }
        return any;
}

bool compose_is_ours(struct text name) {
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                if (text_equal(name, keys[i]))
                        return true;
        }
        return pools_is_ours(name);
}

bool compose_has_provider_config(const struct state *observed) {
        return request_resource(observed, TEXT(KEY_PROVIDER_CONFIG)) != NULL;
}

/* ---- composed -------------------------------------------------------------------------------- */

static struct node *new_object(const char *api_version, const char *kind, struct text name,
                               struct arena *arena, struct node **ret_metadata) {
        struct node *object = node_map(arena);

        node_set_string(object, "apiVersion", text_from(api_version));
        node_set_string(object, "kind", text_from(kind));
        *ret_metadata = node_add_map(object, "metadata");
        node_set_string(*ret_metadata, "name", name);
        return object;
}

static struct text name_with(struct text environment, const char *tail, struct arena *arena) {
        return text_join(arena, (struct text[]) { environment, text_from(tail) }, 2);
}

static void desire_provider_config(const struct environment *environment,
                                   const struct resource *observed, struct response *response) {
        struct arena *arena = response->arena;
        struct node *metadata, *object, *credentials, *secret;

        object = new_object("kubernetes.m.crossplane.io/v1alpha1", "ClusterProviderConfig",
                            environment->provider_config, arena, &metadata);
        credentials = node_add_map(node_add_map(object, "spec"), "credentials");
        node_set_string(credentials, "source", TEXT("Secret"));
        secret = node_add_map(credentials, "secretRef");
        node_set_string(secret, "namespace", environment->secret_namespace);
        node_set_string(secret, "name", environment->secret_name);
        node_set_string(secret, "key", environment->secret_key);
        response_desire(response, (struct desired) { .name = TEXT(KEY_PROVIDER_CONFIG),
                                                     .object = object,
                                                     .ready = ready_when(observed != NULL) });
}

/* Deleting a remote environment in use would strand the Objects that reach its cluster. */
static void desire_in_use(const struct environment *environment, struct value composite,
                          struct response *response) {
        struct arena *arena = response->arena;
        struct node *metadata, *object, *spec, *of;

        object = new_object("protection.crossplane.io/v1beta1", "ClusterUsage",
                            name_with(environment->name, "-in-use", arena), arena, &metadata);
        spec = node_add_map(object, "spec");
        of = node_add_map(spec, "of");
        node_set_value(of, "apiVersion", value_get(composite, TEXT("apiVersion")));
        node_set_value(of, "kind", value_get(composite, TEXT("kind")));
        node_set_string(node_add_map(of, "resourceRef"), "name", environment->name);
        node_set_string(spec, "reason", TEXT("model deployments use GPU units of it"));
        response_desire(response, (struct desired) {
                                          .name = TEXT(KEY_IN_USE),
                                          .object = object,
                                          .ready = READY_TRUE,
                                  });
}

void compose_inventory(const struct environment *environment, const struct usage_list *used,
                       struct value composite, const struct state *observed,
                       struct response *response) {
        const struct resource *config = request_resource(observed, TEXT(KEY_PROVIDER_CONFIG));
        bool existing = environment->source == CLUSTER_EXISTING;

        pools_desire(environment, used, response);
        if (existing && !text_is_empty(environment->secret_name))
                desire_provider_config(environment, config, response);
        else if (config && (existing || used->any))
                freeze(config, response);
        if (used->any && (environment->source != CLUSTER_IN_CLUSTER || config))
                desire_in_use(environment, composite, response);
}
