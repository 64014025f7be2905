/* SPDX-License-Identifier: Apache-2.0 */
#include "place/pod.h"

#include "base/arena.h"
#include "fleet/engine.h"
#include "fleet/resource.h"
#include "place/revision.h"

/* What the claim is called within the pod. */
#define CLAIM "gpu"

/* What the Hugging Face hub's client reads a token from. */
#define TOKEN "HF_TOKEN"

/* ---- arguments ------------------------------------------------------------------------------- */

static bool is_shell_safe(struct text t) {
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];
                bool plain =
                        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

                if (!plain && text_index(TEXT("-_=./:,@%+"), c) == sizeof("-_=./:,@%+") - 1)
                        return false;
        }
        return t.len > 0;
}

struct text pod_argument(struct text argument, struct arena *arena) {
        struct builder b;

        if (is_shell_safe(argument))
                return argument;
        builder_init(&b, arena);
        builder_char(&b, '\'');
        for (size_t i = 0; i < argument.len; i++) {
                if (argument.data[i] == '\'')
                        builder_string(&b, "'\\''");
                else
                        builder_char(&b, argument.data[i]);
        }
        builder_char(&b, '\'');
        return builder_done(&b);
}

static void append_arguments(struct node *list, struct value args, struct arena *arena) {
        struct value_iter it = value_iterate(args);
        struct value arg;

        while (value_next(&it, NULL, &arg))
                node_append_string(list, pod_argument(value_text(arg), arena));
}

/* "--flag=number", where it is more than 1 and the engine's own arguments do not say it. */
static void append_parallelism(struct node *list, const struct engine_flag *flag, int64_t number,
                               struct value engine_args, struct arena *arena) {
        if (number > 1 && !engine_find(engine_args, flag, NULL))
                node_append_string(list, text_format(arena, "%.*s=%lld", TEXT_ARG(flag->name),
                                                     (long long)number));
}

/* The second engine on a card would find no memory: each takes its part of 0.9. */
static void append_utilization(struct node *list, const struct workload *w, struct arena *arena) {
        const struct engine_flag *flag = &engine_utilization;
        long long hundredths;

        if (w->share_replicas <= 1 || engine_find(w->engine_args, flag, NULL) ||
            engine_find(w->pool_args, flag, NULL))
                return;
        hundredths = w->share_replicas < 90 ? 90 / (long long)w->share_replicas : 1;
        node_append_string(list,
                           text_format(arena, "%.*s=0.%02lld", TEXT_ARG(flag->name), hundredths));
}

/* The pool's, the engine's, ours: later ones win in vLLM. */
static struct node *arguments(const struct workload *w, struct arena *arena) {
        struct node *list = node_list(arena);

        append_arguments(list, w->pool_args, arena);
        append_arguments(list, w->engine_args, arena);
        append_parallelism(list, &engine_tensor, w->tensor, w->engine_args, arena);
        append_parallelism(list, &engine_pipeline, w->pipeline, w->engine_args, arena);
        append_parallelism(list, &engine_data, w->data, w->engine_args, arena);
        if (w->expert && !engine_find(w->engine_args, &engine_expert, NULL))
                node_append_string(list, engine_expert.name);
        append_utilization(list, w, arena);
        return list;
}

/* ---- resources ------------------------------------------------------------------------------- */

/* units x a quantity per unit, with a binary suffix where it has one; else whole or in thousandths.
 */
static struct text times(struct text per_unit, int64_t units, struct arena *arena) {
        struct quantity q;
        struct fault unused;
        int64_t milli;

        if (units == 1 || quantity_parse(per_unit, &q, &unused) < 0)
                return per_unit;
        q.nano *= units;
        if (text_ends_with(per_unit, TEXT("i")))
                return quantity_format_bytes(quantity_whole(q), arena);
        if (q.nano % 1000000000 == 0)
                return text_format(arena, "%lld", (long long)quantity_whole(q));
        q.nano = q.nano * 1000;
        milli = quantity_whole(q);
        return text_format(arena, "%lldm", (long long)milli);
}

static struct node *count(int64_t number, struct arena *arena) {
        return node_string(arena, text_format(arena, "%lld", (long long)number));
}

/* Numbers as they are written, or as the numbers that they are. */
static void add_extended(struct node *limits, struct value extended, struct arena *arena) {
        struct value_iter it = value_iterate(extended);
        struct value value;
        struct text key;
        int64_t number;

        while (value_next(&it, &key, &value))
                node_set(limits, key,
                         value_is_integer(value, &number) ? count(number, arena)
                                                          : node_value(arena, value));
}

static struct node *resources(const struct assignment *a, struct arena *arena) {
        const struct reservation *r = &a->planned;
        const struct workload *w = &a->workload;
        struct node *map = node_map(arena), *requests = node_map(arena), *limits = node_map(arena);
        struct text cpu = w->cpu, memory = w->memory;

        if (!text_is_empty(w->cpu_per_unit))
                cpu = times(w->cpu_per_unit, r->units_per_node, arena);
        if (!text_is_empty(w->memory_per_unit))
                memory = times(w->memory_per_unit, r->units_per_node, arena);
        if (!text_is_empty(cpu))
                node_set_string(requests, "cpu", cpu);
        if (!text_is_empty(memory))
                node_set_string(requests, "memory", memory);
        add_extended(limits, w->extended, arena);
        if (text_is_empty(w->device_class))
                node_set(limits, r->resource_name, count(r->units_per_node, arena));
        else
                node_set_string(node_append_map(node_add_list(map, "claims")), "name", TEXT(CLAIM));
        if (!node_is_empty(limits))
                node_set(map, TEXT("limits"), limits);
        if (!node_is_empty(requests))
                node_set(map, TEXT("requests"), requests);
        return map;
}

/* ---- where it runs --------------------------------------------------------------------------- */

static void append_toleration(struct node *list, struct text key) {
        struct node *toleration = node_append_map(list);

        node_set_string(toleration, "key", key);
        node_set_string(toleration, "operator", TEXT("Exists"));
        node_set_string(toleration, "effect", TEXT("NoSchedule"));
}

static void append_all(struct node *list, struct value values, struct arena *arena) {
        struct value_iter it = value_iterate(values);
        struct value member;

        while (value_next(&it, NULL, &member))
                node_append(list, node_value(arena, member));
}

static struct node *tolerations(const struct assignment *a, struct arena *arena) {
        struct node *list = node_list(arena);

        append_toleration(list, TEXT(GPU_RESOURCE));
        if (!text_equal(a->planned.resource_name, TEXT(GPU_RESOURCE)) &&
            text_is_empty(a->workload.device_class))
                append_toleration(list, a->planned.resource_name);
        append_all(list, a->workload.pool_tolerations, arena);
        append_all(list, a->workload.deployment_tolerations, arena);
        return list;
}

/* ---- the pod --------------------------------------------------------------------------------- */

static bool has_variable(struct value env, struct text name) {
        struct value_iter it = value_iterate(env);
        struct value variable;

        while (value_next(&it, NULL, &variable)) {
                if (text_equal(value_get_text(variable, "name"), name))
                        return true;
        }
        return false;
}

/* A model or a pool cannot set our own variable. */
static bool is_ours(struct value variable) {
        return text_equal(value_get_text(variable, "name"), TEXT(REVISION_VARIABLE));
}

/* The pool's, but for those that the engine sets itself; then the engine's, and the revision. */
static struct node *environment(const struct workload *w, struct text revision,
                                struct arena *arena) {
        struct value_iter it = value_iterate(w->env);
        struct node *list = node_list(arena);
        struct value variable;

        while (value_next(&it, NULL, &variable)) {
                if (!is_ours(variable) &&
                    !has_variable(w->engine_env, value_get_text(variable, "name")))
                        node_append(list, node_value(arena, variable));
        }
        it = value_iterate(w->engine_env);
        while (value_next(&it, NULL, &variable)) {
                if (!is_ours(variable))
                        node_append(list, node_value(arena, variable));
        }
        if (!text_is_empty(revision)) {
                struct node *ours = node_append_map(list);

                node_set_string(ours, "name", TEXT(REVISION_VARIABLE));
                node_set_string(ours, "value", revision);
        }
        return list;
}

static void append_token(struct node *list, const struct workload *w) {
        struct node *variable = node_append_map(list), *reference;

        node_set_string(variable, "name", TEXT(TOKEN));
        reference = node_add_map(node_add_map(variable, "valueFrom"), "secretKeyRef");
        node_set_string(reference, "name", w->secret_name);
        node_set_string(reference, "key", w->secret_key);
}

/* KServe downloads from the hub and from buckets; elsewhere its init container has no image. */
static bool is_downloaded(const struct workload *w) {
        return text_starts_with(w->uri, TEXT("hf://")) || text_starts_with(w->uri, TEXT("s3://"));
}

/*
 * The token of a gated model, and the pool's proxies and mirrors. KServe's downloader is
 * an init container of this name and takes what is set here; env of main does not reach it.
 * It drops the container where a cache on the nodes has the weights.
 */
static void add_downloader(struct node *template, const struct workload *w, struct arena *arena) {
        struct value_iter it = value_iterate(w->env);
        bool has_token = !text_is_empty(w->secret_name);
        struct node *list = node_list(arena), *container;
        struct value variable;

        if (!is_downloaded(w))
                return;
        if (has_token)
                append_token(list, w);
        while (value_next(&it, NULL, &variable)) {
                if (!has_token || !text_equal(value_get_text(variable, "name"), TEXT(TOKEN)))
                        node_append(list, node_value(arena, variable));
        }
        if (node_is_empty(list))
                return;
        container = node_append_map(node_add_list(template, "initContainers"));
        node_set_string(container, "name", TEXT("storage-initializer"));
        node_set(container, TEXT("env"), list);
}

/* The devices of the pod, for its container to name. */
static void add_claim(struct node *template, struct text claim_template) {
        struct node *claim;

        if (text_is_empty(claim_template))
                return;
        claim = node_append_map(node_add_list(template, "resourceClaims"));
        node_set_string(claim, "name", TEXT(CLAIM));
        node_set_string(claim, "resourceClaimTemplateName", claim_template);
}

static struct node *security_context(const struct workload *w, struct arena *arena) {
        struct node *context;

        if (w->security_context.kind == VALUE_MAP)
                return node_value(arena, w->security_context);
        if (text_is_empty(w->image))
                return NULL;
        /* Stock vLLM images name no user, and KServe's presets insist on one that is not root. */
        context = node_map(arena);
        node_set_integer(context, "runAsUser", 0);
        node_set_bool(context, "runAsNonRoot", false);
        return context;
}

static void add_main_container(struct node *template, const struct assignment *a,
                               struct text revision, struct arena *arena) {
        const struct workload *w = &a->workload;
        struct node *container = node_append_map(node_add_list(template, "containers"));
        struct node *args = arguments(w, arena), *env = environment(w, revision, arena);

        node_set_string(container, "name", TEXT("main"));
        if (!text_is_empty(w->image))
                node_set_string(container, "image", w->image);
        if (!node_is_empty(args))
                node_set(container, TEXT("args"), args);
        if (!node_is_empty(env))
                node_set(container, TEXT("env"), env);
        node_set(container, TEXT("resources"), resources(a, arena));
        node_set(container, TEXT("securityContext"), security_context(w, arena));
}

struct node *pod_template(const struct assignment *assignment, struct text claim_template,
                          struct text revision, struct arena *arena) {
        const struct workload *w = &assignment->workload;
        struct node *template = node_map(arena);

        if (value_count(w->node_selector) > 0)
                node_set_value(template, "nodeSelector", w->node_selector);
        node_set(template, TEXT("tolerations"), tolerations(assignment, arena));
        if (value_count(w->affinity) > 0)
                node_set_value(template, "affinity", w->affinity);
        if (!text_is_empty(w->priority_class))
                node_set_string(template, "priorityClassName", w->priority_class);
        if (!text_is_empty(w->runtime_class))
                node_set_string(template, "runtimeClassName", w->runtime_class);
        if (!text_is_empty(w->service_account))
                node_set_string(template, "serviceAccountName", w->service_account);
        if (value_count(w->image_pull_secrets) > 0)
                node_set_value(template, "imagePullSecrets", w->image_pull_secrets);
        if (w->host_ipc)
                node_set_bool(template, "hostIPC", true);
        add_claim(template, claim_template);
        add_downloader(template, w, arena);
        add_main_container(template, assignment, revision, arena);
        return template;
}
