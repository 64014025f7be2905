/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/compose.h"

#include <stdlib.h>

#include "base/arena.h"
#include "place/freeze.h"
#include "place/names.h"
#include "place/observe.h"

#define KEY_CAPACITY "capacity"
#define KEY_PROVIDER_CONFIG "provider-config"
#define KEY_IN_USE "in-use"

#define LABEL_LEDGER "gpuplacement.fn.crossplane.io/ledger"
#define LEDGER_CAPACITY "capacity"

static const struct text keys[] = { TEXT_INIT(KEY_CAPACITY), TEXT_INIT(KEY_PROVIDER_CONFIG),
                                    TEXT_INIT(KEY_IN_USE) };

/* Of the three only a ClusterUsage tells whether it is ready. */
static enum ready ready_as_observed(const struct resource *r) {
        struct value condition;

        if (!text_equal(r->name, TEXT(KEY_IN_USE)))
                return READY_TRUE;
        condition = observe_condition(r->object, TEXT("Ready"));
        return ready_when(
                text_equal(value_text(value_get(condition, TEXT("status"))), TEXT("True")));
}

/* ---- frozen ---------------------------------------------------------------------------------- */

static void freeze(const struct resource *r, struct response *response) {
        response_desire(response, (struct desired) {
                                          .name = r->name,
                                          .object = freeze_object(r->object, response->arena),
                                          .ready = ready_as_observed(r),
                                  });
}

bool compose_freeze(const struct state *observed, struct response *response) {
        bool any = false;

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                const struct resource *r = request_resource(observed, keys[i]);

                if (!r)
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
        return false;
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

/* A line of the ConfigMap: whose units, under which key. */
struct line {
        struct text key;
        const struct usage *used;
};

/* A key of a ConfigMap may hold what a label's value may. */
static struct text data_key(const struct usage *u, struct arena *arena) {
        struct text parts[] = { names_label_value(u->pool, arena), TEXT("."),
                                names_label_value(u->mig_profile, arena) };

        return text_join(arena, parts, text_is_empty(u->mig_profile) ? 1 : 3);
}

/* The key with 8 digits of a hash of whose it is, where it is another's already. */
static struct text key_apart(const struct line *line, struct arena *arena) {
        uint64_t hash = text_hash(TEXT_HASH_SEED, line->used->pool);
        struct builder b;

        hash = text_hash(text_hash(hash, TEXT("/")), line->used->mig_profile);
        builder_init(&b, arena);
        builder_text(&b, line->key);
        builder_char(&b, '-');
        builder_hex(&b, hash ^ (hash >> 32), 8);
        return builder_done(&b);
}

static int compare_lines(const void *a, const void *b) {
        const struct line *left = a, *right = b;
        int order = text_compare(left->key, right->key);

        if (order == 0)
                order = text_compare(left->used->pool, right->used->pool);
        if (order == 0)
                order = text_compare(left->used->mig_profile, right->used->mig_profile);
        /* Of two pools of one name the first counts. */
        return order != 0 ? order : (left->used > right->used) - (left->used < right->used);
}

static bool is_same_sub_pool(const struct usage *a, const struct usage *b) {
        return text_equal(a->pool, b->pool) && text_equal(a->mig_profile, b->mig_profile);
}

static struct text data_value(const struct usage *u, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, "total ");
        builder_i64(&b, u->total);
        builder_string(&b, " used ");
        builder_i64(&b, u->used);
        builder_string(&b, " free ");
        builder_i64(&b, u->free_units);
        return builder_done(&b);
}

/* One line for each sub-pool; of those that share a key all but one have a hash behind it. */
static void add_lines(struct node *data, const struct usage_list *used, struct arena *arena) {
        struct line *lines = ARENA_ARRAY(arena, used->n, struct line);
        size_t n = 0;

        for (size_t i = 0; lines && i < used->n; i++) {
                const struct usage *u = &used->items[i];

                if (!text_is_empty(u->pool))
                        lines[n++] = (struct line) { data_key(u, arena), u };
        }
        if (n > 1)
                qsort(lines, n, sizeof(*lines), compare_lines);
        for (size_t i = 0; i < n; i++) {
                const struct usage *u = lines[i].used;
                bool shared = i > 0 && text_equal(lines[i].key, lines[i - 1].key);

                if (shared && is_same_sub_pool(u, lines[i - 1].used))
                        continue;
                node_set(data, shared ? key_apart(&lines[i], arena) : lines[i].key,
                         node_string(arena, data_value(u, arena)));
        }
}

static void desire_capacity(const struct environment *environment, const struct usage_list *used,
                            const struct settings *settings, struct response *response) {
        struct arena *arena = response->arena;
        struct node *metadata, *object;

        object = new_object("v1", "ConfigMap", name_with(environment->name, "-gpu-capacity", arena),
                            arena, &metadata);
        node_set_string(metadata, "namespace", settings->system_namespace);
        node_set_string(node_add_map(metadata, "labels"), LABEL_LEDGER, TEXT(LEDGER_CAPACITY));
        add_lines(node_add_map(object, "data"), used, arena);
        response_desire(response, (struct desired) { .name = TEXT(KEY_CAPACITY),
                                                     .object = object,
                                                     .ready = READY_TRUE });
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
                          const struct resource *observed, struct response *response) {
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
        response_desire(response,
                        (struct desired) {
                                .name = TEXT(KEY_IN_USE),
                                .object = object,
                                .ready = observed ? ready_as_observed(observed) : READY_FALSE,
                        });
}

void compose_inventory(const struct environment *environment, const struct usage_list *used,
                       const struct settings *settings, struct value composite,
                       const struct state *observed, struct response *response) {
        const struct resource *config = request_resource(observed, TEXT(KEY_PROVIDER_CONFIG));
        const struct resource *in_use = request_resource(observed, TEXT(KEY_IN_USE));
        bool existing = environment->source == CLUSTER_EXISTING;

        desire_capacity(environment, used, settings, response);
        if (existing && !text_is_empty(environment->secret_name))
                desire_provider_config(environment, config, response);
        else if (config && (existing || used->any))
                freeze(config, response);
        if (used->any && (environment->source != CLUSTER_IN_CLUSTER || config))
                desire_in_use(environment, composite, in_use, response);
}
