/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/plan.h"

#include <errno.h>

#include "base/arena.h"

/* Where the digits at the end of "...-m2" begin; t.len when t does not end so. */
static size_t number_at(struct text t) {
        size_t at = t.len;

        while (at > 0 && t.data[at - 1] >= '0' && t.data[at - 1] <= '9')
                at--;
        return text_ends_with(text_slice(t, 0, at), TEXT("-m")) ? at : t.len;
}

struct text plan_suffix(struct text environment, int64_t n, struct arena *arena) {
        if (n <= 1 && number_at(environment) == environment.len)
                return environment;
        return text_format(arena, "%.*s-m%lld", TEXT_ARG(environment), (long long)n);
}

bool plan_suffix_can_be_of(struct text t, struct text environment) {
        size_t at = number_at(t);

        if (text_equal(t, environment))
                return number_at(environment) == environment.len;
        return at < t.len && text_equal(text_slice(t, 0, at - 2), environment);
}

static struct workload workload_of(const struct order *order, const struct serving_profile *profile,
                                   const struct sub_pool *sub_pool) {
        const struct deployment *deployment = order->deployment;
        const struct model *model = order->model;
        const struct pool *pool = sub_pool->pool;
        const struct environment *environment = sub_pool->environment;

        return (struct workload) {
                .remote = environment->source != CLUSTER_IN_CLUSTER,
                .provider_config = environment->provider_config,
                .uri = model->uri,
                .model_name = model->model_name,
                .secret_name = model->secret_name,
                .secret_key = model->secret_key,
                .cpu = model->cpu,
                .memory = model->memory,
                .cpu_per_unit = pool->cpu_per_unit,
                .memory_per_unit = pool->memory_per_unit,
                .image = profile->image,
                .engine_args = profile->args,
                .pool_args = pool->args,
                .env = pool->env,
                .engine_env = profile->env,
                .pool_base_refs = pool->base_refs,
                .engine_base_refs = profile->base_refs,
                .security_context = pool->security_context,
                .extended = pool->extended,
                .image_pull_secrets = pool->image_pull_secrets,
                .service_account = pool->service_account,
                .host_ipc = pool->host_ipc,
                .node_selector = pool_selector(pool),
                .pool_tolerations = pool->tolerations,
                .deployment_tolerations = deployment->tolerations,
                .affinity = pool->affinity,
                .priority_class = text_is_empty(deployment->priority_class)
                                          ? pool->priority_class
                                          : deployment->priority_class,
                .runtime_class = pool->runtime_class,
                .tensor = profile->tensor,
                .pipeline = profile->pipeline,
                .data = profile->data,
                .expert = profile->expert,
                .min_replicas = deployment->min_replicas,
                .concurrency = deployment->concurrency,
                .share_replicas = pool->sharing == SHARING_TIME_SLICING ? pool->share_replicas : 1,
                .device_class = pool->allocation == ALLOCATION_DRA ? sub_pool->resource_name
                                                                   : (struct text) { 0 },
        };
}

void plan_equip(const struct order *order, struct assignment *a) {
        a->planned.resource_name = a->sub_pool->resource_name;
        a->workload = workload_of(order, a->profile, a->sub_pool);
        /* Without a topology the units follow from the memory, and the engine spans them all. */
        if (a->profile->gpus_per_node == 0)
                a->workload.tensor = a->planned.units_per_node;
}

/* Every member of a workload once, for both directions. */
enum member_kind {
        MEMBER_TEXT,
        MEMBER_VALUE,
        MEMBER_NUMBER,
        MEMBER_COUNT, /* a number that is left out where it is 1 */
        MEMBER_BOOL,
        MEMBER_FLAG, /* a bool that is left out where it is false */
};

struct workload_member {
        struct text key;
        enum member_kind kind;
        size_t offset;
};

#define MEMBER(kind, key, field)                                                                   \
        { TEXT_INIT(key), kind, offsetof(struct workload, field) }

static const struct workload_member members[] = {
        MEMBER(MEMBER_VALUE, "affinity", affinity),
        MEMBER(MEMBER_BOOL, "concurrency", concurrency),
        MEMBER(MEMBER_TEXT, "cpu", cpu),
        MEMBER(MEMBER_TEXT, "cpuPerUnit", cpu_per_unit),
        MEMBER(MEMBER_COUNT, "data", data),
        MEMBER(MEMBER_VALUE, "deploymentTolerations", deployment_tolerations),
        MEMBER(MEMBER_TEXT, "deviceClass", device_class),
        MEMBER(MEMBER_VALUE, "engineArgs", engine_args),
        MEMBER(MEMBER_VALUE, "engineBaseRefs", engine_base_refs),
        MEMBER(MEMBER_VALUE, "engineEnv", engine_env),
        MEMBER(MEMBER_VALUE, "env", env),
        MEMBER(MEMBER_FLAG, "expert", expert),
        MEMBER(MEMBER_VALUE, "extended", extended),
        MEMBER(MEMBER_FLAG, "hostIPC", host_ipc),
        MEMBER(MEMBER_TEXT, "image", image),
        MEMBER(MEMBER_VALUE, "imagePullSecrets", image_pull_secrets),
        MEMBER(MEMBER_TEXT, "memory", memory),
        MEMBER(MEMBER_TEXT, "memoryPerUnit", memory_per_unit),
        MEMBER(MEMBER_NUMBER, "minReplicas", min_replicas),
        MEMBER(MEMBER_TEXT, "modelName", model_name),
        MEMBER(MEMBER_VALUE, "nodeSelector", node_selector),
        MEMBER(MEMBER_NUMBER, "pipeline", pipeline),
        MEMBER(MEMBER_VALUE, "poolArgs", pool_args),
        MEMBER(MEMBER_VALUE, "poolBaseRefs", pool_base_refs),
        MEMBER(MEMBER_VALUE, "poolTolerations", pool_tolerations),
        MEMBER(MEMBER_TEXT, "priorityClassName", priority_class),
        MEMBER(MEMBER_TEXT, "providerConfig", provider_config),
        MEMBER(MEMBER_BOOL, "remote", remote),
        MEMBER(MEMBER_TEXT, "runtimeClassName", runtime_class),
        MEMBER(MEMBER_TEXT, "secretKey", secret_key),
        MEMBER(MEMBER_TEXT, "secretName", secret_name),
        MEMBER(MEMBER_VALUE, "securityContext", security_context),
        MEMBER(MEMBER_TEXT, "serviceAccountName", service_account),
        MEMBER(MEMBER_NUMBER, "shareReplicas", share_replicas),
        MEMBER(MEMBER_NUMBER, "tensor", tensor),
        MEMBER(MEMBER_TEXT, "uri", uri),
};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

static struct node *encode_workload(const struct workload *w, struct arena *arena) {
        struct node *map = node_map(arena);

        for (size_t i = 0; i < N_MEMBERS; i++) {
                const void *field = (const char *)w + members[i].offset;
                struct node *child = NULL;

                switch (members[i].kind) {
                case MEMBER_TEXT:
                        if (!text_is_empty(*(const struct text *)field))
                                child = node_string(arena, *(const struct text *)field);
                        break;
                case MEMBER_VALUE:
                        child = node_value(arena, *(const struct value *)field);
                        break;
                case MEMBER_NUMBER:
                        child = node_integer(arena, *(const int64_t *)field);
                        break;
                case MEMBER_COUNT:
                        if (*(const int64_t *)field != 1)
                                child = node_integer(arena, *(const int64_t *)field);
                        break;
                case MEMBER_BOOL:
                        child = node_bool(arena, *(const bool *)field);
                        break;
                case MEMBER_FLAG:
                        if (*(const bool *)field)
                                child = node_bool(arena, true);
                        break;
                }
                node_set(map, members[i].key, child);
        }
        return map;
}

static void decode_workload(struct value map, struct workload *ret) {
        struct workload w = { 0 };
        struct text keys[N_MEMBERS];
        struct value found[N_MEMBERS];

        for (size_t i = 0; i < N_MEMBERS; i++)
                keys[i] = members[i].key;
        value_pick(map, keys, N_MEMBERS, found);
        for (size_t i = 0; i < N_MEMBERS; i++) {
                void *field = (char *)&w + members[i].offset;

                switch (members[i].kind) {
                case MEMBER_TEXT:
                        *(struct text *)field = value_text(found[i]);
                        break;
                case MEMBER_VALUE:
                        *(struct value *)field = found[i];
                        break;
                case MEMBER_NUMBER:
                        value_is_integer(found[i], field);
                        break;
                case MEMBER_COUNT:
                        if (!value_is_integer(found[i], field))
                                *(int64_t *)field = 1;
                        break;
                case MEMBER_BOOL:
                case MEMBER_FLAG:
                        *(bool *)field = value_is_true(found[i]);
                        break;
                }
        }
        *ret = w;
}

static struct node *encode_condition(const struct condition *c, struct arena *arena) {
        struct node *map = node_map(arena);

        node_set_integer(map, "status", (int64_t)c->status);
        node_set_string(map, "reason", c->reason);
        node_set_string(map, "message", c->message);
        return map;
}

static struct condition decode_condition(struct value map, struct text type) {
        int64_t status = CONDITION_UNKNOWN;

        value_is_integer(value_get(map, TEXT("status")), &status);
        return (struct condition) {
                .type = type,
                .status = status >= CONDITION_UNKNOWN && status <= CONDITION_FALSE
                                  ? (enum condition_status)status
                                  : CONDITION_UNKNOWN,
                .reason = value_get_text(map, "reason"),
                .message = value_get_text(map, "message"),
        };
}

struct node *plan_encode(const struct plan *plan, struct arena *arena) {
        struct node *map = node_map(arena), *list;

        node_set_integer(map, "ttlSeconds", plan->ttl_seconds);
        node_set(map, TEXT("input"), settings_carried(plan->input, arena));
        node_set(map, TEXT("scheduled"), encode_condition(&plan->scheduled, arena));
        node_set(map, TEXT("serving"), encode_condition(&plan->serving, arena));
        if (plan->frozen) {
                node_set_bool(map, "frozen", true);
                node_set_string(map, "reason", plan->scheduled.reason);
                node_set_string(map, "message", plan->scheduled.message);
                return map;
        }
        list = node_add_list(map, "placements");
        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];
                struct node *entry;

                if (a->fate == FATE_DROPPED)
                        continue;
                entry = node_append_map(list);
                node_set_string(entry, "key", a->suffix);
                if (a->name_taken)
                        node_set_bool(entry, "nameTaken", true);
                node_set(entry, TEXT("reservation"), reservation_spec(&a->planned, arena));
                if (a->planned.surge > 0)
                        node_set_integer(entry, "surge", a->planned.surge);
                if (a->pending > 0)
                        node_set_integer(entry, "pending", a->pending);
                if (assignment_keeps_pods(a))
                        node_set_bool(entry, "keepsPods", true);
                if (a->fate == FATE_STAYS && !a->frozen)
                        node_set(entry, TEXT("workload"), encode_workload(&a->workload, arena));
        }
        return map;
}

int plan_decode(struct value value, struct arena *arena, struct plan *ret) {
        struct plan plan = {
                .frozen = value_is_true(value_get(value, TEXT("frozen"))),
                .scheduled =
                        decode_condition(value_get(value, TEXT("scheduled")), TEXT("Scheduled")),
                .serving = decode_condition(value_get(value, TEXT("serving")), TEXT("Serving")),
        };
        struct value placements = value_get(value, TEXT("placements")), entry;
        struct value_iter it = value_iterate(placements);

        if (value_count(placements) > PLAN_ASSIGNMENTS_MAX)
                return -EINVAL;
        if (text_is_empty(plan.scheduled.reason) || (!plan.frozen && placements.kind != VALUE_LIST))
                return -EINVAL;
        value_is_integer(value_get(value, TEXT("ttlSeconds")), &plan.ttl_seconds);
        plan.assignments = ARENA_ARRAY(arena, value_count(placements), struct assignment);
        if (!plan.assignments)
                return -ENOMEM;
        while (value_next(&it, NULL, &entry)) {
                struct value workload = value_get(entry, TEXT("workload"));
                struct assignment *a = &plan.assignments[plan.n_assignments];

                a->suffix = value_get_text(entry, "key");
                a->name_taken = value_is_true(value_get(entry, TEXT("nameTaken")));
                if (!reservation_from_spec(value_get(entry, TEXT("reservation")), &a->planned) ||
                    text_is_empty(a->suffix))
                        return -EINVAL;
                value_is_integer(value_get(entry, TEXT("surge")), &a->planned.surge);
                value_is_integer(value_get(entry, TEXT("pending")), &a->pending);
                a->rollout = value_is_true(value_get(entry, TEXT("keepsPods"))) ? ROLLOUT_WAITS
                             : a->planned.surge > 0                             ? ROLLOUT_RUNS
                                                                                : ROLLOUT_NONE;
                a->fate = workload.kind == VALUE_MAP ? FATE_STAYS : FATE_LEAVES;
                decode_workload(workload, &a->workload);
                plan.n_assignments++;
        }
        *ret = plan;
        return 0;
}
