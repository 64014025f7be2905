/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "base/arena.h"
#include "place/names.h"

/* ---- members, now and then broken ------------------------------------------------------------ */

#define WORD(w, ...) word((w)->choice, (const char *const[]) { __VA_ARGS__, NULL })

static struct text word(struct choice *c, const char *const *words) {
        unsigned int n = 0;

        while (words[n])
                n++;
        return text_from(words[choose(c, n)]);
}

static struct node *anything(struct world *w) {
        struct node *map;

        switch (choose(w->choice, 8)) {
        case 0:
                return node_null(w->arena);
        case 1:
                return node_bool(w->arena, true);
        case 2:
                return node_number(w->arena, choose(w->choice, 256) / 3.0 - 10);
        case 3:
                return node_number(w->arena, __builtin_inf());
        case 4:
                return node_list(w->arena);
        case 5:
                map = node_map(w->arena);
                node_set_string(map, "a", TEXT("b"));
                return map;
        case 6:
                return node_string(w->arena, TEXT(""));
        default:
                return node_string(w->arena,
                                   TEXT("{{ $x }} `\n\" + more than sixty characters of a "
                                        "string that nobody wants to see"));
        }
}

/* map[key] = child, or nothing, or something else. */
static void put(struct world *w, struct node *map, const char *key, struct node *child) {
        unsigned int how = choose(w->choice, 64);

        if (how == 63)
                child = anything(w);
        if (how != 62)
                node_set(map, text_from(key), child);
}

static void put_text(struct world *w, struct node *map, const char *key, struct text text) {
        put(w, map, key, node_string(w->arena, text));
}

static void put_number(struct world *w, struct node *map, const char *key, int64_t number) {
        put(w, map, key, node_integer(w->arena, number));
}

static struct node *put_map(struct world *w, struct node *map, const char *key) {
        struct node *child = node_map(w->arena);

        put(w, map, key, child);
        return child;
}

static struct node *put_list(struct world *w, struct node *map, const char *key) {
        struct node *child = node_list(w->arena);

        put(w, map, key, child);
        return child;
}

/* A number that the function has to count, and rarely one that it cannot. */
static void put_count(struct world *w, struct node *map, const char *key, unsigned int below) {
        if (!choose_rarely(w->choice, 16)) {
                put_number(w, map, key, choose(w->choice, below));
                return;
        }
        switch (choose(w->choice, 4)) {
        case 0:
                put_number(w, map, key, -1);
                break;
        case 1:
                put_number(w, map, key, INT64_C(9007199254740991));
                break;
        case 2:
                put_text(w, map, key, TEXT("3"));
                break;
        default:
                put(w, map, key, node_number(w->arena, 1.5));
        }
}

static struct text some_name(struct world *w) {
        return WORD(w, "a", "b", "c",
                    "a-rather-long-name-of-some-pool-or-cluster-that-has-to-be-cut", "A_b.c", "");
}

static struct text some_namespace(struct world *w) {
        return WORD(w, "team-a", "team-b");
}

static struct text some_profile(struct world *w) {
        return WORD(w, "3g.40gb", "1g.10gb", "7g.80gb", "2g.20gb", "1g.10gb+me", "4g.40gb",
                    "1g.5gb", "2g.10gb", "1c.3g.40gb", "1g.12gb", "1G.6GB", "2g.47gb+me.all", "9g");
}

static struct text some_quantity(struct world *w) {
        return WORD(w, "40Gi", "80Gi", "10Gi", "1", "1.5Ti", "100m", "1e3", "39.5Gi", "0", "-1Gi",
                    "9Ei", "40GiB");
}

static void put_labels(struct world *w, struct node *map, const char *key) {
        struct node *labels = put_map(w, map, key);

        for (unsigned int n = choose(w->choice, 3); n > 0; n--)
                node_set(labels,
                         WORD(w, "tier", "region", "cloud.google.com/gke-gpu-partition-size",
                              "nvidia.com/mig.strategy", "nvidia.com/gpu.product", "bad key"),
                         node_string(w->arena, WORD(w, "gold", "1g.10gb", "single", "mixed",
                                                    "NVIDIA-H100-MIG-1g.10gb", "")));
}

static void put_tolerations(struct world *w, struct node *map) {
        struct node *list = put_list(w, map, "tolerations");

        for (unsigned int n = choose(w->choice, 3); n > 0; n--) {
                struct node *toleration = node_append_map(list);

                put_text(w, toleration, "key", WORD(w, "nvidia.com/gpu", "dedicated"));
                put_text(w, toleration, "operator", WORD(w, "Exists", "Equal", "Near"));
                put_text(w, toleration, "effect", WORD(w, "NoSchedule", "NoExecute", "Never"));
        }
}

static struct node *object(struct world *w, const char *api, struct text kind, struct text name,
                           struct text namespace_) {
        struct node *root = node_map(w->arena);
        struct node *metadata;

        put_text(w, root, "apiVersion", text_from(api));
        put_text(w, root, "kind", kind);
        metadata = put_map(w, root, "metadata");
        put_text(w, metadata, "name", name);
        if (!text_is_empty(namespace_))
                put_text(w, metadata, "namespace", namespace_);
        put_text(w, metadata, "creationTimestamp",
                 WORD(w, "2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"));
        return root;
}

/* ---- what a cluster holds -------------------------------------------------------------------- */

static void put_mig(struct world *w, struct node *map) {
        struct node *mig = put_map(w, map, "migConfiguration");
        struct node *layout;

        switch (choose(w->choice, 4)) {
        case 0:
                put_text(w, mig, "profile", some_profile(w));
                break;
        case 1:
                layout = put_map(w, mig, "layout");
                for (unsigned int n = 1 + choose(w->choice, 3); n > 0; n--)
                        node_set(layout, some_profile(w),
                                 node_integer(w->arena, 1 + choose(w->choice, 4)));
                break;
        case 2:
                put_text(w, mig, "config", WORD(w, "half", "mixed", "nothing"));
                break;
        default:
                put(w, mig, "enabled", node_bool(w->arena, choose(w->choice, 2) == 0));
        }
        if (choose_rarely(w->choice, 4))
                put_text(w, mig, "strategy", WORD(w, "mixed", "single"));
        if (choose_rarely(w->choice, 8))
                put_number(w, mig, "slicesPerGpu", choose(w->choice, 9));
}

static void put_pod_defaults(struct world *w, struct node *pool) {
        struct node *defaults = put_map(w, pool, "podDefaults"), *env;

        env = node_append_map(put_list(w, defaults, "env"));
        put_text(w, env, "name", WORD(w, "NCCL_DEBUG", "CUDA_VISIBLE_DEVICES", "1x"));
        put_text(w, env, "value", WORD(w, "INFO", "$(HOST)", "{{x}}"));
        node_append_string(put_list(w, defaults, "args"),
                           WORD(w, "--max-model-len=1", "--enforce-eager", "--x='`y`'"));
        put_text(w, defaults, "priorityClassName", some_name(w));
        put_text(w, defaults, "cpuPerUnit", some_quantity(w));
        put_text(w, defaults, "memoryPerUnit", some_quantity(w));
}

static void put_rare(struct world *w, struct node *pool) {
        struct node *map;

        switch (choose(w->choice, 8)) {
        case 0:
                map = put_map(w, pool, "sharing");
                put_text(w, map, "strategy", WORD(w, "TimeSlicing", "MPS"));
                put_number(w, map, "replicas", 1 + choose(w->choice, 8));
                put(w, map, "renameByDefault", node_bool(w->arena, choose(w->choice, 2)));
                break;
        case 1:
                put_text(w, pool, "resourceName", WORD(w, "nvidia.com/gpu", "vendor/x", "x"));
                break;
        case 2:
                put_tolerations(w, pool);
                break;
        case 3:
                put_text(w, pool, "costPerUnitHour", WORD(w, "1.10", "2", "1e9", "."));
                break;
        case 4:
                put_pod_defaults(w, pool);
                break;
        case 5:
                put_text(w, pool, "schedulable", WORD(w, "Drain", "NoNew", "Always"));
                break;
        case 6:
                put_text(w, pool, "unheardOf", TEXT("x"));
                break;
        default:
                map = put_map(w, put_map(w, pool, "affinity"), "nodeAffinity");
                put_list(w, map, "preferredDuringSchedulingIgnoredDuringExecution");
        }
}

static void append_pool(struct world *w, struct node *pools) {
        struct node *pool = node_append_map(pools), *capabilities;

        put_text(w, pool, "name", some_name(w));
        put_labels(w, pool, choose(w->choice, 2) ? "labels" : "nodeSelector");
        put_text(w, pool, "acceleratorType",
                 WORD(w, "nvidia-h100-80gb", "nvidia-a100-40gb", "nvidia-a30", "nvidia-l4",
                      "nvidia-b200", "nvidia-rtx-pro-6000", "nvidia-h200", "p5.48xlarge", "none"));
        put_number(w, pool, "acceleratorCount", 1 + choose(w->choice, 8));
        put_number(w, pool, "nodeCount", choose(w->choice, 4));
        if (choose(w->choice, 2))
                put_number(w, pool, "maxNodeCount", choose(w->choice, 200) * 7);
        capabilities = put_map(w, pool, "capabilities");
        if (choose(w->choice, 2))
                put_text(w, capabilities, "memoryPerGpu", some_quantity(w));
        put_text(w, capabilities, "interconnect", WORD(w, "nvlink", "pcie", "nvswitch", "string"));
        node_append_string(put_list(w, capabilities, "precisionSupport"),
                           WORD(w, "fp8", "bf16", "fp16"));
        put(w, capabilities, "multiNodeCapable", node_bool(w->arena, choose(w->choice, 2)));
        if (choose(w->choice, 2))
                put_mig(w, choose_rarely(w->choice, 4) ? capabilities : pool);
        for (unsigned int n = choose(w->choice, 4); n > 0; n--)
                put_rare(w, pool);
}

static struct node *environment(struct world *w) {
        struct node *root = object(w, "modelplane.ai/v1alpha1", TEXT("InferenceEnvironment"),
                                   some_name(w), (struct text) { 0 });
        struct node *spec = put_map(w, root, "spec"), *cluster, *pools = NULL;

        if (choose_rarely(w->choice, 3)) {
                struct text source = WORD(w, "Existing", "GKE", "InCluster");

                cluster = put_map(w, spec, "cluster");
                put_text(w, cluster, "source", source);
                cluster = put_map(w, cluster, text_equal(source, TEXT("GKE")) ? "gke" : "existing");
                if (choose(w->choice, 2))
                        put_text(w, put_map(w, cluster, "secretRef"), "name", some_name(w));
                if (choose(w->choice, 2))
                        pools = put_list(w, cluster, "nodePools");
        }
        if (!pools)
                pools = put_list(w, spec, "nodePools");
        for (unsigned int n = 1 + choose(w->choice, 4); n > 0; n--)
                append_pool(w, pools);
        return root;
}

static void append_profile(struct world *w, struct node *serving) {
        struct node *profile = node_append_map(serving), *engine, *topology, *needs;

        put_text(w, profile, "name", some_name(w));
        if (choose_rarely(w->choice, 4))
                put_labels(w, put_map(w, profile, "poolSelector"), "matchLabels");
        engine = put_map(w, profile, "engine");
        put_text(w, engine, "name", WORD(w, "vLLM", "SGLang"));
        node_append_string(put_list(w, engine, "args"),
                           WORD(w, "--quantization=fp8", "--tensor-parallel-size=2", "--x=$y"));
        topology = put_map(w, profile, "replicaTopology");
        put_number(w, topology, "nodes", 1 + choose(w->choice, 3));
        put_number(w, topology, "gpusPerNode", 1 + choose(w->choice, 8));
        if (choose_rarely(w->choice, 4))
                put_number(w, put_map(w, topology, "parallelism"), "tensor", choose(w->choice, 9));
        needs = put_map(w, topology, "requires");
        if (choose(w->choice, 2))
                put_text(w, needs, "memoryPerGpu", some_quantity(w));
        if (choose_rarely(w->choice, 4))
                put_text(w, needs, "interconnect", WORD(w, "nvlink", "pcie"));
        if (choose_rarely(w->choice, 4))
                node_append_string(put_list(w, needs, "precisionSupport"), WORD(w, "fp8", "fp4"));
}

static struct node *model(struct world *w, const char *kind) {
        struct node *root = object(w, "modelplane.ai/v1alpha1", text_from(kind), TEXT("gemma"),
                                   (struct text) { 0 });
        struct node *spec = put_map(w, root, "spec"), *hub, *serving;

        put_text(w, put_map(w, spec, "model"), "name", WORD(w, "google/gemma-3", "x y"));
        hub = put_map(w, spec, "huggingFace");
        put_text(w, hub, "repo", WORD(w, "google/gemma-3-27b-it", "no-repo", "a/b;c"));
        if (choose_rarely(w->choice, 4))
                put_text(w, put_map(w, hub, "secretRef"), "name", some_name(w));
        if (choose_rarely(w->choice, 4))
                put_text(w, put_map(w, spec, "resources"), "vram", some_quantity(w));
        serving = put_list(w, spec, "serving");
        for (unsigned int n = choose(w->choice, 3); n > 0; n--)
                append_profile(w, serving);
        return root;
}

static struct node *reservation(struct world *w) {
        struct node *root =
                object(w, "gpuplacement.fn.crossplane.io/v1alpha1",
                       WORD(w, "GPUReservation", "GPUReservation", "GPUReservation", "ConfigMap"),
                       some_name(w), some_namespace(w));
        struct node *owner, *metadata = node_get(root, TEXT("metadata")), *spec, *model;

        owner = node_append_map(put_list(w, metadata, "ownerReferences"));
        put_text(w, owner, "apiVersion", WORD(w, "modelplane.ai/v1alpha1", "apps/v1"));
        put_text(w, owner, "kind", TEXT("ModelDeployment"));
        put_text(w, owner, "name", some_name(w));
        put(w, owner, "controller", node_bool(w->arena, true));
        if (choose(w->choice, 2))
                put_text(w, owner, "uid", WORD(w, "1", "2"));
        spec = put_map(w, root, "spec");
        model = put_map(w, spec, "model");
        put_text(w, model, "kind", WORD(w, "ClusterModel", "Model", ""));
        put_text(w, model, "name", some_name(w));
        put_text(w, spec, "environment", some_name(w));
        put_text(w, spec, "pool", some_name(w));
        put_text(w, spec, "migProfile", choose(w->choice, 2) ? some_profile(w) : TEXT(""));
        put_count(w, spec, "nodes", 3);
        put_count(w, spec, "unitsPerNode", 9);
        put_count(w, spec, "reserved", 200);
        put_count(w, spec, "used", 200);
        put_count(w, spec, "priority", 3);
        put_count(w, spec, "order", 3);
        put(w, spec, "served", node_bool(w->arena, choose(w->choice, 2) == 0));
        put_text(w, spec, "state",
                 choose_rarely(w->choice, 8) ? TEXT("Leaving") : WORD(w, "Serving", "Parked"));
        return root;
}

/* ---- who asks -------------------------------------------------------------------------------- */

static struct node *deployment(struct world *w) {
        struct node *root = object(w, "modelplane.ai/v1alpha1", TEXT("ModelDeployment"),
                                   TEXT("gemma"), TEXT("team-a"));
        struct node *spec = put_map(w, root, "spec"), *ref, *scaling;

        ref = put_map(w, spec, "modelRef");
        put_text(w, ref, "kind", WORD(w, "ClusterModel", "Model"));
        put_text(w, ref, "name", TEXT("gemma"));
        put_number(w, spec, "environments", 1 + choose(w->choice, 4));
        if (choose_rarely(w->choice, 4))
                put_number(w, spec, "priority", choose(w->choice, 5));
        if (choose_rarely(w->choice, 4))
                put_labels(w, put_map(w, spec, "environmentSelector"), "matchLabels");
        if (choose_rarely(w->choice, 4))
                put_tolerations(w, spec);
        if (choose_rarely(w->choice, 3)) {
                scaling = put_map(w, spec, "scaling");
                put_text(w, scaling, "signal", WORD(w, "Concurrency", "Fixed"));
                put_number(w, put_map(w, scaling, "fixed"), "replicas", choose(w->choice, 12));
                scaling = put_map(w, scaling, "concurrency");
                put_number(w, scaling, "minReplicas", choose(w->choice, 4));
                put_number(w, scaling, "maxReplicas", choose(w->choice, 12));
        }
        return root;
}

static const char mig_parted[] = "version: v1\n"
                                 "mig-configs:\n"
                                 "  half:\n"
                                 "  - devices: [0, 1]\n"
                                 "    mig-enabled: true\n"
                                 "    mig-devices: {\"1g.10gb\": 7}\n"
                                 "  - devices: [2, 3]\n"
                                 "    mig-enabled: false\n"
                                 "  mixed:\n"
                                 "  - device-filter: [\"0x233010DE\"]\n"
                                 "    devices: all\n"
                                 "    mig-enabled: true\n"
                                 "    mig-devices: {\"3g.40gb\": 1, \"1g.10gb\": 4}\n";

static struct node *input(struct world *w) {
        struct node *root = node_map(w->arena), *map;

        node_set_string(root, "apiVersion", TEXT("gpuplacement.fn.crossplane.io/v1alpha1"));
        node_set_string(root, "kind", TEXT("Input"));
        for (unsigned int n = choose(w->choice, 4); n > 0; n--) {
                switch (choose(w->choice, 8)) {
                case 0:
                        map = put_list(w, root, "stages");
                        node_append_string(map, WORD(w, "Deploy", "Place", "Inventory", "Check"));
                        if (choose(w->choice, 2))
                                node_append_string(map, WORD(w, "Place", "Deploy"));
                        break;
                case 1:
                        put_text(w, root, "target", WORD(w, "Object", "Direct", "Auto"));
                        put_text(w, root, "remoteNamespace", some_namespace(w));
                        break;
                case 2:
                        map = put_map(w, root, "kserve");
                        put_text(w, map, "router", WORD(w, "None", "Route"));
                        put_text(w, map, "autoscaler", WORD(w, "WVA", "None"));
                        break;
                case 3:
                        put_text(w, root, "capacity", WORD(w, "Declared", "Max"));
                        put_text(w, root, "memory", WORD(w, "Usable", "Declared"));
                        break;
                case 4:
                        put_text(w, root, "multiSlice", WORD(w, "Allow", "Forbid"));
                        break;
                case 5:
                        map = put_map(w, root, "migParted");
                        put_text(w, map, "inline", text_from(mig_parted));
                        break;
                case 6:
                        map = put_map(w, put_map(w, root, "migParted"), "configMapRef");
                        put_text(w, map, "name", TEXT("file"));
                        put_text(w, map, "namespace", TEXT("gpu-operator"));
                        break;
                default:
                        put_text(w, root, "ttl", WORD(w, "90s", "5m", "-1s", "x"));
                }
        }
        return root;
}

static struct node *file(struct world *w) {
        struct node *root = object(w, "v1", TEXT("ConfigMap"), TEXT("file"), TEXT("gpu-operator"));

        put_text(w, put_map(w, root, "data"), "config.yaml", text_from(mig_parted));
        return root;
}

static struct node *composite(struct world *w) {
        switch (choose(w->choice, 6)) {
        case 3:
                return environment(w);
        case 4:
                return model(w, "ClusterModel");
        case 5:
                return model(w, "Model");
        default:
                return deployment(w);
        }
}

/* ---- the request ----------------------------------------------------------------------------- */

static void answer(struct world *w, struct text key, const struct call_object *items, size_t n) {
        struct call_request *call = &w->call;

        if (call->n_required == WORLD_ANSWERS_MAX || choose_rarely(w->choice, 32))
                return;
        w->answers[call->n_required++] = (struct call_answer) {
                .key = key, .items = items, .n_items = choose_rarely(w->choice, 32) ? 0 : n
        };
}

void world_make(struct world *w, struct choice *choice, struct arena *arena) {
        unsigned int n_environments, n_reservations;

        *w = (struct world) { .arena = arena, .choice = choice };
        w->call = (struct call_request) {
                .tag = choose_rarely(choice, 4) ? TEXT("") : TEXT("a tag"),
                .has_capabilities = !choose_rarely(choice, 4),
                .composite.object = composite(w),
                .input = input(w),
                .required = w->answers,
                .resources = w->observed,
        };
        n_environments = 1 + choose(choice, 4);
        for (unsigned int i = 0; i < n_environments; i++)
                w->environments[i].object = environment(w);
        n_reservations = choose(choice, WORLD_ITEMS_MAX);
        for (unsigned int i = 0; i < n_reservations; i++)
                w->reservations[i].object = reservation(w);
        w->model.object = model(w, "ClusterModel");
        w->file.object = file(w);
        answer(w, TEXT("model"), &w->model, 1);
        answer(w, TEXT("environments"), w->environments, n_environments);
        answer(w, TEXT("reservations"), w->reservations, n_reservations);
        answer(w, TEXT("watch-anchor"), NULL, 0);
        answer(w, TEXT("watch-anchor-pools"), NULL, 0);
        answer(w, TEXT("mig-parted"), &w->file, 1);
        for (unsigned int i = 0; i < n_environments; i++) {
                struct text names[] = { TEXT("environment-a"), TEXT("environment-b"),
                                        TEXT("environment-c") };

                if (i < 3)
                        answer(w, names[i], &w->environments[i], 1);
        }
}

/* The object with what a controller adds. */
static struct node *existing(struct world *w, const struct resource *desired) {
        struct node *root = node_map(w->arena), *status, *condition;
        struct value_iter it = value_iterate(desired->object);
        struct text key;
        struct value member;

        while (value_next(&it, &key, &member))
                node_set(root, key, node_value(w->arena, member));
        if (!text_starts_with(desired->name, TEXT(KEY_SERVING)))
                return root;
        status = put_map(w, root, "status");
        put_text(w, status, "url", WORD(w, "http://a", ""));
        condition = node_append_map(put_list(w, status, "conditions"));
        put_text(w, condition, "type", TEXT("Ready"));
        put_text(w, condition, "status", WORD(w, "True", "False", "Unknown"));
        return root;
}

void world_observe(struct world *w, const struct call_response *response) {
        struct call_request *call = &w->call;
        struct value status = value_get(response->desired.composite.object, TEXT("status"));

        call->n_resources = 0;
        for (size_t i = 0; i < response->desired.n_resources; i++) {
                if (call->n_resources == WORLD_OBSERVED_MAX || choose_rarely(w->choice, 16))
                        continue; /* not created yet, or lost */
                w->observed[call->n_resources++] = (struct call_object) {
                        .name = response->desired.resources[i].name,
                        .object = existing(w, &response->desired.resources[i]),
                };
        }
        if (status.kind == VALUE_MAP)
                node_set(call->composite.object, TEXT("status"), node_value(w->arena, status));
        if (choose_rarely(w->choice, 4))
                call->desired = response->desired.raw; /* as the next step gets it */
        if (choose_rarely(w->choice, 4))
                call->context = value_bytes(response->context);
        if (choose_rarely(w->choice, 4))
                w->environments[0].object = environment(w);
        if (choose_rarely(w->choice, 4))
                w->model.object = model(w, "ClusterModel");
}
