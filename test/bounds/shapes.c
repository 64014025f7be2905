/* SPDX-License-Identifier: Apache-2.0 */
#include "shapes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "wire/encode.h"
#include "wire/node.h"

/* ---- JSON that repeats ----------------------------------------------------------------------- */

/* A literal n times with a comma between, every "#" replaced by the number. */
static void repeat(struct builder *b, size_t n, const char *literal) {
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        builder_char(b, ',');
                for (const char *at = literal; *at; at++) {
                        if (*at == '#')
                                builder_u64(b, i);
                        else
                                builder_char(b, *at);
                }
        }
}

/* before, the repeated literal, after: as a tree. */
static struct node *tree(struct arena *arena, const char *before, size_t n, const char *literal,
                         const char *after) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, before);
        repeat(&b, n, literal);
        builder_string(&b, after);
        builder_char(&b, '\0');
        return json_node(arena, builder_done(&b).data);
}

#define XR                                                                                         \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"                      \
        " 'metadata': {'name': 'gemma', 'namespace': 'team-a'},"                                   \
        " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'm'}, 'environments': 10"
#define MODEL                                                                                      \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ClusterModel',"                         \
        " 'metadata': {'name': 'm'}, 'spec': {'model': {'name': 'g'},"                             \
        " 'huggingFace': {'repo': 'g/g'}"
#define ENVIRONMENT(name)                                                                          \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': '" name "', 'labels': {'a': 'b'}}, 'spec': {'nodePools': ["
#define POOL(name)                                                                                 \
        "{'name': '" name "', 'nodeSelector': {'p': '" name "'},"                                  \
        " 'acceleratorType': 'nvidia-h100-80gb', 'acceleratorCount': 8, 'nodeCount': 100000}"
#define LEDGER "'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUReservation', "
#define RESERVATION(environment, pool, units)                                                      \
        "{" LEDGER "'metadata': {'name': 'r#', 'namespace': 't', 'ownerReferences': ["             \
        "{'controller': true,"                                                                     \
        " 'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment', 'name': 'd#'}]},"     \
        " 'spec': {'environment': '" environment "', 'pool': '" pool "',"                          \
        " 'nodes': 1, 'unitsPerNode': " units ", 'reserved': 1000, 'used': 1}}"

/* ---- a request ------------------------------------------------------------------------------- */

struct sketch {
        struct arena *arena;
        struct node *composite;
        struct node *model;
        struct node *input;
        const struct call_object *environments, *reservations, *observed;
        size_t n_environments, n_reservations, n_observed;
        size_t n_answered; /* environments that are answered by name too */
        struct text desired;
};

/* One object of each element of a list; the key is "<prefix><number>". */
static const struct call_object *objects(struct arena *arena, const char *prefix, size_t n,
                                         const char *literal) {
        struct call_object *list = ARENA_ARRAY(arena, n, struct call_object);

        for (size_t i = 0; i < n; i++) {
                struct builder b;

                builder_init(&b, arena);
                for (const char *at = literal; *at; at++) {
                        if (*at == '#')
                                builder_u64(&b, i);
                        else
                                builder_char(&b, *at);
                }
                builder_char(&b, '\0');
                list[i].object = json_node(arena, builder_done(&b).data);
                list[i].name = text_format(arena, "%s%zu", prefix, i);
        }
        return list;
}

static struct text request(const struct sketch *s) {
        struct call_object model = { .object = s->model ? s->model
                                                        : json_node(s->arena, MODEL "}}") };
        struct call_answer *answers = ARENA_ARRAY(s->arena, 5 + s->n_answered, struct call_answer);
        struct call_request call = {
                .has_capabilities = true,
                .composite.object = s->composite ? s->composite : json_node(s->arena, XR "}}"),
                .input = s->input,
                .resources = s->observed,
                .n_resources = s->n_observed,
                .desired = s->desired,
                .required = answers,
        };
        struct text bytes = { 0 };

        answers[call.n_required++] = (struct call_answer) { TEXT("model"), &model, 1 };
        answers[call.n_required++] = (struct call_answer) { .key = TEXT("watch-anchor") };
        answers[call.n_required++] = (struct call_answer) { .key = TEXT("watch-anchor-pools") };
        answers[call.n_required++] =
                (struct call_answer) { TEXT("environments"), s->environments, s->n_environments };
        answers[call.n_required++] =
                (struct call_answer) { TEXT("reservations"), s->reservations, s->n_reservations };
        for (size_t i = 0; i < s->n_answered; i++)
                answers[call.n_required++] =
                        (struct call_answer) { text_format(s->arena, "environment-e%zu", i),
                                               &s->environments[i], 1 };
        call_encode(&call, s->arena, &bytes);
        return bytes;
}

static struct text of_composite(struct node *composite, struct arena *arena) {
        return request(&(struct sketch) { .arena = arena, .composite = composite });
}

/* ---- the composite --------------------------------------------------------------------------- */

static struct text make_members(size_t n, struct arena *arena) {
        return of_composite(tree(arena, XR ", 'x': {", n, "'#': 0", "}}}"), arena);
}

static struct text make_status(size_t n, struct arena *arena) {
        return of_composite(tree(arena, XR "}, 'status': {", n, "'#': 0", "}}"), arena);
}

static struct text make_conditions(size_t n, struct arena *arena) {
        return of_composite(
                tree(arena, XR "}, 'status': {'conditions': [", n, "{'type': '#'}", "]}}"), arena);
}

static struct text make_deep(size_t n, struct arena *arena) {
        char deep[512] = "'#': ";

        for (size_t i = 0; i < 90; i++)
                memcpy(deep + strlen(deep), "[", 2);
        for (size_t i = 0; i < 90; i++)
                memcpy(deep + strlen(deep), "]", 2);
        return of_composite(tree(arena, XR ", 'x': {", n, deep, "}}}"), arena);
}

static struct text make_long_keys(size_t n, struct arena *arena) {
        char key[1200] = "'";

        memset(key + 1, 'k', 1000);
        memcpy(key + 1001, "#': 0", sizeof("#': 0"));
        return of_composite(tree(arena, XR ", 'x': {", n, key, "}}}"), arena);
}

static struct text make_repeated_keys(size_t n, struct arena *arena) {
        struct text entry, body;
        struct builder b;

        builder_init(&b, arena);
        if (node_encode(json_node(arena, "{'kind': 'ModelDeployment'}"), arena, &entry) < 0)
                return (struct text) { 0 };
        for (size_t i = 0; i < n; i++)
                builder_text(&b, entry);
        body = builder_done(&b);
        for (uint32_t number = 1; number <= 3; number++) {
                struct parts parts;

                parts_init(&parts, arena);
                parts_bytes(&parts, number == 3 ? 2 : 1, body);
                body = parts_joined(&parts);
        }
        return body;
}

static struct text make_tolerations(size_t n, struct arena *arena) {
        return of_composite(
                tree(arena, XR ", 'tolerations': [", n, "{'operator': 'Exists'}", "]}}"), arena);
}

/* ---- what it has composed -------------------------------------------------------------------- */

static struct text make_foreign(size_t n, struct arena *arena) {
        return request(&(struct sketch) { .arena = arena,
                                          .observed = objects(arena, "foreign-", n, "{'a': 0}"),
                                          .n_observed = n });
}

static struct text make_unexplained(size_t n, struct arena *arena) {
        return request(&(struct sketch) {
                .arena = arena,
                .observed = objects(arena, "serving-", n,
                                    "{'apiVersion': 'v1', 'kind': 'x', 'metadata': {'name': 'a'}}"),
                .n_observed = n });
}

static struct text make_held(size_t n, struct arena *arena) {
        return request(&(struct sketch) {
                .arena = arena,
                .observed = objects(arena, "reservation-e", n,
                                    "{" LEDGER "'spec': {'environment': 'e#', 'pool': 'p'}}"),
                .n_observed = n,
                .environments = objects(arena, "", n, ENVIRONMENT("e#") POOL("p") "]}}"),
                .n_environments = n,
                .n_answered = n });
}

/* In each environment there is room, and each key is taken. */
static struct text make_occupied(size_t n, struct arena *arena) {
        return request(&(struct sketch) {
                .arena = arena,
                .observed = objects(arena, "serving-e", n, "{'metadata': {'name': 'a'}}"),
                .n_observed = n,
                .environments = objects(arena, "", n, ENVIRONMENT("e#") POOL("p") "]}}"),
                .n_environments = n });
}

static struct text make_desired(size_t n, struct arena *arena) {
        struct parts state, entry, name;

        parts_init(&state, arena);
        for (size_t i = 0; i < n; i++) {
                parts_init(&entry, arena);
                parts_bytes(&entry, 1, text_format(arena, "foreign-%zu", i));
                parts_init(&name, arena);
                parts_message(&entry, 2, &name);
                parts_message(&state, 2, &entry);
        }
        return request(&(struct sketch) { .arena = arena, .desired = parts_joined(&state) });
}

/* ---- the fleet ------------------------------------------------------------------------------- */

static struct text make_environments(size_t n, struct arena *arena) {
        return request(&(struct sketch) {
                .arena = arena,
                .environments = objects(arena, "", n, ENVIRONMENT("e#") POOL("p") "]}}"),
                .n_environments = n });
}

static struct text of_pools(struct arena *arena, struct node *environment,
                            const struct call_object *reservations, size_t n) {
        struct call_object *one = ARENA_NEW(arena, struct call_object);

        one->object = environment;
        return request(&(struct sketch) { .arena = arena,
                                          .environments = one,
                                          .n_environments = 1,
                                          .reservations = reservations,
                                          .n_reservations = n });
}

static struct text make_pools(size_t n, struct arena *arena) {
        return of_pools(arena, tree(arena, ENVIRONMENT("e"), n, POOL("p#"), "]}}"), NULL, 0);
}

static struct text make_equal_pools(size_t n, struct arena *arena) {
        return of_pools(arena, tree(arena, ENVIRONMENT("e"), n, POOL("p"), "]}}"), NULL, 0);
}

static struct text make_layouts(size_t n, struct arena *arena) {
        return of_pools(arena,
                        tree(arena, ENVIRONMENT("e"), n,
                             "{'name': 'p#', 'nodeSelector': {'a': '#'},"
                             " 'acceleratorType': 'nvidia-h100-80gb', 'migConfiguration':"
                             " {'layout': {'2g.20gb': 3, '1g.10gb': 1, '1g.10gb+me': 1}}}",
                             "]}}"),
                        NULL, 0);
}

static struct text make_wide_selectors(size_t n, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, ENVIRONMENT("e"));
        for (size_t i = 0; i < 250; i++) {
                if (i > 0)
                        builder_char(&b, ',');
                builder_string(&b, "{'name': 'p");
                builder_u64(&b, i);
                builder_string(&b, "', 'acceleratorType': 'nvidia-l4', 'nodeSelector': {");
                repeat(&b, n, "'k#': 'v'");
                builder_string(&b, "}}");
        }
        builder_string(&b, "]}}");
        builder_char(&b, '\0');
        return of_pools(arena, json_node(arena, builder_done(&b).data), NULL, 0);
}

/* As many as are read: 64 labels asked for, of an environment with any number. */
static struct text make_environment_selector(size_t n, struct arena *arena) {
        struct call_object *one = ARENA_NEW(arena, struct call_object);
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b,
                       "{'kind': 'InferenceEnvironment', 'metadata': {'name': 'e', 'labels': {");
        repeat(&b, n, "'k#': 'v'");
        builder_string(&b, "}}, 'spec': {'nodePools': [");
        repeat(&b, n, POOL("p#"));
        builder_string(&b, "]}}");
        builder_char(&b, '\0');
        one->object = json_node(arena, builder_done(&b).data);
        return request(&(struct sketch) {
                .arena = arena,
                .composite = tree(arena, XR ", 'environmentSelector': {'matchLabels': {", 64,
                                  "'k#': 'v'", "}}}}"),
                .environments = one,
                .n_environments = 1 });
}

/* As many serving profiles as are read, of which none fits any pool. */
static struct text make_profiles(size_t n, struct arena *arena) {
        struct call_object *one = ARENA_NEW(arena, struct call_object);

        one->object = tree(arena, ENVIRONMENT("e"), n, POOL("p#"), "]}}");
        return request(&(struct sketch) {
                .arena = arena,
                .model = tree(arena, MODEL ", 'serving': [", 32,
                              "{'name': 's#', 'engine': {'name': 'vLLM'}, 'replicaTopology':"
                              " {'nodes': 1, 'gpusPerNode': 9}}",
                              "]}}"),
                .environments = one,
                .n_environments = 1 });
}

static struct text make_arguments(size_t n, struct arena *arena) {
        struct call_object *one = ARENA_NEW(arena, struct call_object);

        one->object = json_node(arena, ENVIRONMENT("e") POOL("p") "]}}");
        return request(&(struct sketch) {
                .arena = arena,
                .model = tree(arena,
                              MODEL ", 'serving': [{'name': 's', 'engine': {'name': 'vLLM',"
                                    " 'args': [",
                              n, "'--a=#'", "]}}]}}"),
                .environments = one,
                .n_environments = 1 });
}

static struct text make_variables(size_t n, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, ENVIRONMENT("e") "{'name': 'p', 'nodeSelector': {'a': 'b'},"
                                            " 'acceleratorType': 'nvidia-l4', 'podDefaults':"
                                            " {'env': [");
        repeat(&b, n, "{'name': 'V#', 'value': 'x'}");
        builder_string(&b, "]}}]}}");
        builder_char(&b, '\0');
        return of_pools(arena, json_node(arena, builder_done(&b).data), NULL, 0);
}

/* ---- reservations ---------------------------------------------------------------------------- */

static struct text make_reservations(size_t n, struct arena *arena) {
        return of_pools(arena, json_node(arena, ENVIRONMENT("e") POOL("p") "]}}"),
                        objects(arena, "", n, RESERVATION("e", "p", "1")), n);
}

/* Each of another size, so that none begins where the last one ended. */
static struct text make_sizes(size_t n, struct arena *arena) {
        return of_pools(
                arena,
                json_node(arena,
                          ENVIRONMENT("e") "{'name': 'p', 'nodeSelector': {'a': 'b'},"
                                           " 'acceleratorType': 'nvidia-l4', 'nodeCount': 100000,"
                                           " 'acceleratorCount': 1024, 'sharing':"
                                           " {'strategy': 'TimeSlicing', 'replicas': 1024}}]}}"),
                objects(arena, "", n, RESERVATION("e", "p", "99#")), n);
}

static struct text make_other_pools(size_t n, struct arena *arena) {
        return of_pools(arena, json_node(arena, ENVIRONMENT("e") POOL("p") "]}}"),
                        objects(arena, "", n, RESERVATION("e", "p#", "1")), n);
}

static struct text make_inventory(size_t n, struct arena *arena) {
        struct sketch s = { .arena = arena,
                            .composite = tree(arena, ENVIRONMENT("e"), n, POOL("p#"), "]}}"),
                            .reservations = objects(arena, "", n, RESERVATION("e", "q#", "'x'")),
                            .n_reservations = n };

        return request(&s);
}

static struct text make_unreadable(size_t n, struct arena *arena) {
        struct sketch s = { .arena = arena,
                            .composite = tree(arena, ENVIRONMENT("e"), n, POOL("p#"), "]}}"),
                            .reservations = objects(arena, "", n, RESERVATION("e", "p#", "'x'")),
                            .n_reservations = n };

        return request(&s);
}

/* ---- a mig-parted file ----------------------------------------------------------------------- */

static struct text of_file(struct arena *arena, struct text file, size_t n_pools,
                           const char *pool) {
        struct node *input = json_node(arena, "{'apiVersion':"
                                              " 'gpuplacement.fn.crossplane.io/v1alpha1',"
                                              " 'kind': 'Input', 'migParted': {}}");
        struct call_object *one = ARENA_NEW(arena, struct call_object);

        node_set_string(node_get(input, TEXT("migParted")), "inline", file);
        one->object = tree(arena, ENVIRONMENT("e"), n_pools, pool, "]}}");
        return request(&(struct sketch) {
                .arena = arena, .input = input, .environments = one, .n_environments = 1 });
}

static struct text make_configs(size_t n, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, "version: v1\nmig-configs:\n");
        for (size_t i = 0; i < n; i++) {
                builder_string(&b, " ");
                builder_u64(&b, i);
                builder_string(&b, ":\n");
        }
        return of_file(arena, builder_done(&b), 1, POOL("p#"));
}

/* Every pool applies all entries that one configuration can have to all GPUs a node can have. */
static struct text make_entries(size_t n, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, "version: v1\nmig-configs:\n a:\n");
        for (size_t i = 0; i < 128; i++)
                builder_string(&b, " - {devices: all, mig-enabled: true,"
                                   " mig-devices: {1g.10gb: 7}}\n");
        return of_file(arena, builder_done(&b), n,
                       "{'name': 'p#', 'nodeSelector': {'a': '#'}, 'acceleratorCount': 1024,"
                       " 'acceleratorType': 'nvidia-h100-80gb', 'migConfiguration':"
                       " {'config': 'a'}}");
}

const struct shape_of_request shapes_of_requests[] = {
        { "members", "a map with many tiny members", make_members, 8000 },
        { "status", "a status that others filled", make_status, 8000 },
        { "conditions", "many conditions", make_conditions, 4000 },
        { "deep", "as deep as the guard lets pass", make_deep, 200 },
        { "long-keys", "keys that differ at their end", make_long_keys, 100 },
        { "repeated-keys", "one key many times", make_repeated_keys, 4000 },
        { "tolerations", "many tolerations", make_tolerations, 4000 },
        { "foreign", "many observed resources of others", make_foreign, 4000 },
        { "unexplained", "services that nobody can explain", make_unexplained, 1500 },
        { "held", "assignments in as many environments", make_held, 300 },
        { "occupied", "environments whose keys somebody else has", make_occupied, 300 },
        { "desired", "many desired resources of others", make_desired, 4000 },
        { "environments", "many environments", make_environments, 400 },
        { "pools", "many pools in one environment", make_pools, 700 },
        { "equal-pools", "pools of one name and selector", make_equal_pools, 700 },
        { "layouts", "layouts that have no place", make_layouts, 500 },
        { "wide-selectors", "pools that select by many equal labels", make_wide_selectors, 32 },
        { "environment-selector", "many labels of which many are asked for",
          make_environment_selector, 600 },
        { "profiles", "every serving profile on every pool", make_profiles, 400 },
        { "arguments", "many arguments", make_arguments, 8000 },
        { "variables", "many environment variables", make_variables, 2500 },
        { "reservations", "reservations of one sub-pool", make_reservations, 300 },
        { "sizes", "each of another size", make_sizes, 2400 },
        { "other-pools", "reservations of pools that are not there", make_other_pools, 300 },
        { "inventory", "the same, as an environment counts them", make_inventory, 250 },
        { "unreadable", "numbers that nobody can read", make_unreadable, 250 },
        { "configs", "a mig-parted file of many configurations", make_configs, 12000 },
        { "entries", "pools with a long configuration", make_entries, 500 },
};
const size_t n_shapes_of_requests = sizeof(shapes_of_requests) / sizeof(shapes_of_requests[0]);
