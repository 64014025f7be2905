/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "fleet/check.h"
#include "fleet/deployment.h"
#include "fleet/grammar.h"
#include "fleet/model.h"
#include "fleet/offer.h"
#include "inventory/inventory.h"
#include "render/object.h"
#include "wire/value_print.h"

#define INPUT_GROUP "gpuplacement.fn.crossplane.io/"

/* Crossplane gives composites a label with their name in it. */
enum { COMPOSITE_NAME_MAX = 63 };

static struct text group_of(struct text api_version) {
        return text_slice(api_version, 0, text_index(api_version, '/'));
}

static bool is_input(struct value object) {
        return text_equal(text_at(object, "kind"), TEXT("Input")) &&
               text_starts_with(text_at(object, "apiVersion"), TEXT(INPUT_GROUP));
}

static bool is_composition(const struct placed *object) {
        return text_equal(placed_text(object, "kind"), TEXT("Composition"));
}

static bool is_api(const struct inspection *in, struct text api_version) {
        for (size_t i = 0; i < in->n_apis; i++) {
                if (text_equal(in->apis[i], api_version))
                        return true;
        }
        return false;
}

bool inspect_is_ours(const struct inspection *in, const struct placed *object, struct text kind) {
        return text_equal(placed_text(object, "kind"), kind) &&
               is_api(in, placed_text(object, "apiVersion"));
}

/* ---- what the objects are held against ------------------------------------------------------- */

static void add_api(struct inspection *in, struct value input) {
        struct text api = text_at(input, "api");

        if (!text_is_empty(api) && is_input(input) && !is_api(in, api))
                in->apis[in->n_apis++] = api;
}

static size_t steps_of(const struct placed *object) {
        return value_count(value_at(object->value, "spec.pipeline"));
}

/* Of the function itself, and as the inputs among the objects say. */
static int find_apis(struct inspection *in) {
        size_t n = 1;

        for (size_t i = 0; i < in->objects.n; i++)
                n += 1 + steps_of(&in->objects.items[i]);
        in->apis = ARENA_ARRAY(in->arena, n, struct text);
        if (!in->apis)
                return -ENOMEM;
        in->apis[in->n_apis++] = in->schemas.items[0].api_version;
        for (size_t i = 0; i < in->objects.n; i++) {
                const struct placed *object = &in->objects.items[i];
                struct value_iter it = value_iterate(value_at(object->value, "spec.pipeline"));
                struct value step;

                add_api(in, object->value);
                while (is_composition(object) && value_next(&it, NULL, &step))
                        add_api(in, value_get(step, TEXT("input")));
        }
        return 0;
}

int inspect_open(struct inspection *in) {
        struct fault fault;
        int r = schema_load(in->arena, &in->schemas);

        if (r == 0)
                r = settings_read((struct value) { 0 }, in->arena, &in->defaults, &fault);
        if (r == 0)
                r = find_apis(in);
        if (r < 0)
                return r;
        in->values.items = ARENA_ARRAY(in->arena, in->objects.n, struct value);
        if (!in->values.items)
                return -ENOMEM;
        for (size_t i = 0; i < in->objects.n; i++)
                in->values.items[in->values.n++] = in->objects.items[i].value;
        /* A mistake of an input is found where it stands; without it the defaults count. */
        r = input_find(&in->values, &in->values, in->arena, &in->inputs, &fault);
        return r == -EINVAL ? 0 : r;
}

/* ---- one object ------------------------------------------------------------------------------ */

static void add_mistakes(struct inspection *in, const struct placed *object,
                         const struct mistakes *mistakes) {
        for (size_t i = 0; i < mistakes->n; i++)
                finding_add_sentence(in->found, object, true, mistakes->items[i]);
        if (mistakes->n_more > 0)
                finding_add(in->found, object, true, (struct text) { 0 },
                            text_format(in->arena, "has %zu more mistakes", mistakes->n_more));
}

static void check_schema(struct inspection *in, const struct placed *object,
                         const struct schema *schema, const struct member *root) {
        struct mistakes *mistakes = ARENA_NEW(in->arena, struct mistakes);
        struct reader rd = { .arena = in->arena, .all = mistakes };

        if (!mistakes)
                return; /* the arena remembers */
        schema_check(schema, root, &rd);
        /* The function's own sentence about a member says more. */
        for (size_t i = 0; i < mistakes->n; i++) {
                if (in->hides_pools && !text_contains(mistakes->items[i], TEXT(": unknown member")))
                        continue;
                finding_add_unless_at(in->found, object, mistakes->items[i]);
        }
        if (mistakes->n_more > 0)
                finding_add(in->found, object, true, (struct text) { 0 },
                            text_format(in->arena, "the schema refuses %zu more members",
                                        mistakes->n_more));
}

static void check_name(struct reader *rd, const struct member *metadata) {
        struct member f = member_get(metadata, "name");
        struct member generated = member_get(metadata, "generateName");
        struct text name;

        if (!member_is_absent(&generated) && member_is_absent(&f))
                return;
        if (!reader_needed_text(rd, &f, &name))
                return;
        if (!grammar_dns_subdomain(name))
                reader_refuse(rd, &f,
                              "%.*s is not a name for an object: it has small letters, digits, "
                              "\"-\" and \".\", and begins and ends with a letter or a digit",
                              TEXT_ARG(value_brief(f.value, rd->arena)));
        else if (name.len > COMPOSITE_NAME_MAX)
                reader_refuse(rd, &f, "has %zu characters, and Crossplane takes at most %d",
                              name.len, COMPOSITE_NAME_MAX);
}

static void check_metadata(struct inspection *in, const struct placed *object) {
        struct mistakes *mistakes = ARENA_NEW(in->arena, struct mistakes);
        struct reader rd = { .arena = in->arena, .all = mistakes };
        struct member root = member_root(object->value, (struct text) { 0 });
        struct member metadata = member_get(&root, "metadata");
        struct text space;
        struct value ignored;

        if (!mistakes)
                return;
        reader_map(&rd, &metadata);
        check_name(&rd, &metadata);
        check_namespace(&rd, MEMBER_OF(member_get(&metadata, "namespace")), &space);
        check_labels(&rd, MEMBER_OF(member_get(&metadata, "labels")), &ignored);
        add_mistakes(in, object, mistakes);
}

static const struct settings *settings_of(const struct inspection *in, struct value environment) {
        const struct input *input = NULL;
        struct fault ignored;

        if (input_choose(&in->inputs, environment, &input, &ignored) < 0)
                input = &in->inputs.items[0];
        return input ? &input->settings : &in->defaults;
}

int inspect_environment(struct inspection *in, const struct placed *object,
                        struct mistakes *mistakes, struct environment *ret) {
        return environment_read_mistakes(object->value, settings_of(in, object->value), in->arena,
                                         mistakes, ret);
}

struct text inspect_pool_path(struct value environment, size_t pool, struct arena *arena) {
        static const char *const lists[] = { "spec.nodePools", "spec.cluster.existing.nodePools",
                                             "spec.cluster.gke.nodePools" };

        for (size_t i = 0; i < COUNT_OF(lists); i++) {
                size_t n = value_count(value_at(environment, lists[i]));

                if (pool < n)
                        return text_format(arena, "%s[%zu]", lists[i], pool);
                pool -= n;
        }
        return TEXT("spec");
}

/* What the reader of a pool says of its members is among the mistakes. */
static int tell_pool(struct inspection *in, const struct placed *object, const struct pool *pool,
                     struct text path) {
        struct text misspelt = pool_misspelt(pool->written, TEXT(""), in->arena);

        for (size_t s = 0; s < pool->n_sub_pools; s++) {
                const struct sub_pool *sub = &pool->sub_pools[s];
                struct text *messages;
                size_t n, n_errors = !text_is_empty(sub->invalid) + !text_is_empty(sub->ambiguous);
                int r = inventory_messages(sub, in->arena, &messages, &n);

                if (r < 0)
                        return r;
                for (size_t i = 0; i < n; i++) {
                        struct text message = messages[i];

                        if (text_starts_with(message, path) || text_equal(message, misspelt) ||
                            offer_is_fact(message))
                                continue;
                        finding_add(in->found, object, i < n_errors, path, message);
                }
        }
        return 0;
}

static int check_environment(struct inspection *in, const struct placed *object,
                             struct mistakes *mistakes) {
        struct environment *environment = ARENA_NEW(in->arena, struct environment);
        struct condition condition;
        struct usage_list used;
        int r;

        if (!environment)
                return -ENOMEM;
        r = inspect_environment(in, object, mistakes, environment);
        if (r == 0)
                r = usage_count(environment, NULL, 0, in->defaults.group, in->arena, &used);
        if (r < 0)
                return r;
        add_mistakes(in, object, mistakes);
        condition = inventory_condition(environment, &used, in->arena);
        if (condition.status == CONDITION_TRUE && !text_is_empty(condition.message))
                finding_add(in->found, object, false, TEXT("spec.cluster.existing"),
                            condition.message);
        for (size_t i = 0; i < environment->n_pools; i++) {
                r = tell_pool(in, object, &environment->pools[i],
                              inspect_pool_path(object->value, i, in->arena));
                if (r < 0)
                        return r;
        }
        return 0;
}

static void doubt_memory(struct inspection *in, const struct placed *object, struct text path,
                         struct value written) {
        struct reader rd = { .arena = in->arena };
        struct text sentence;
        int64_t bytes;

        if (!reader_bytes(&rd, MEMBER_OF(member_root(written, path)), &bytes))
                return; /* it is a mistake */
        sentence = quantity_doubt(TEXT("this"), bytes, in->arena);
        if (!text_is_empty(sentence))
                finding_add(in->found, object, false, path, sentence);
}

static int check_model(struct inspection *in, const struct placed *object,
                       struct mistakes *mistakes) {
        struct value_iter it = value_iterate(value_at(object->value, "spec.serving"));
        struct value serving;
        struct model model;

        if (model_read(object->value, in->arena, &model, mistakes) == -ENOMEM)
                return -ENOMEM;
        add_mistakes(in, object, mistakes);
        doubt_memory(in, object, TEXT("spec.resources.vram"),
                     value_at(object->value, "spec.resources.vram"));
        for (size_t i = 0; value_next(&it, NULL, &serving); i++)
                doubt_memory(in, object,
                             text_format(in->arena,
                                         "spec.serving[%zu].replicaTopology.requires.memoryPerGpu",
                                         i),
                             value_at(serving, "replicaTopology.requires.memoryPerGpu"));
        return 0;
}

static int check_deployment(struct inspection *in, const struct placed *object,
                            struct mistakes *mistakes) {
        struct deployment deployment;

        if (deployment_read_mistakes(object->value, in->arena, &deployment, mistakes) == -ENOMEM)
                return -ENOMEM;
        add_mistakes(in, object, mistakes);
        return 0;
}

static int check_ours(struct inspection *in, const struct placed *object,
                      const struct schema *schema) {
        struct mistakes *mistakes = ARENA_NEW(in->arena, struct mistakes);
        struct member root = member_root(object->value, (struct text) { 0 });
        int r;

        if (!mistakes)
                return -ENOMEM;
        in->n_ours++;
        check_metadata(in, object);
        if (in->hides_pools)
                r = 0;
        else if (text_equal(schema->kind, TEXT("InferenceEnvironment")))
                r = check_environment(in, object, mistakes);
        else if (text_equal(schema->kind, TEXT("ModelDeployment")))
                r = check_deployment(in, object, mistakes);
        else
                r = check_model(in, object, mistakes);
        check_schema(in, object, schema, &root);
        return r;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* @path: where the input stands; empty: it is an object of its own. */
static int check_input(struct inspection *in, const struct placed *object, struct value input,
                       struct text path) {
        struct member root = member_root(input, path);
        struct settings settings;
        struct fault fault;
        struct text where, inner;
        int r = settings_read(input, in->arena, &settings, &fault);

        in->n_ours++;
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                /* Its paths begin with "input". */
                inner = text_from(fault.path);
                inner = text_slice(inner, sizeof("input") - 1, inner.len);
                where = text_format(in->arena, "%.*s%.*s", TEXT_ARG(path), TEXT_ARG(inner));
                if (text_starts_with(where, TEXT(".")))
                        where = text_slice(where, 1, where.len);
                finding_add(in->found, object, true, where,
                            text_copy(in->arena, text_from(fault.message)));
        }
        check_schema(in, object, &in->schemas.items[N_SCHEMAS - 1], &root);
        return 0;
}

static int check_composition(struct inspection *in, const struct placed *object) {
        struct value_iter it = value_iterate(value_at(object->value, "spec.pipeline"));
        struct text mode = placed_text(object, "spec.mode");
        struct value step;
        bool is_ours = false;

        for (size_t i = 0; value_next(&it, NULL, &step); i++) {
                struct value input = value_get(step, TEXT("input"));
                int r;

                if (!is_input(input))
                        continue;
                is_ours = true;
                r = check_input(in, object, input,
                                text_format(in->arena, "spec.pipeline[%zu].input", i));
                if (r < 0)
                        return r;
        }
        if (is_ours && !text_equal(mode, TEXT("Pipeline")))
                finding_add(in->found, object, true, TEXT("spec.mode"),
                            text_is_empty(mode)
                                    ? TEXT("is required: Pipeline is the only mode with functions")
                                    : text_format(in->arena, "\"%.*s\" is not Pipeline",
                                                  TEXT_ARG(mode)));
        return 0;
}

/* ---- what an object is ------------------------------------------------------------------------
 */

static void tell_version(struct inspection *in, const struct placed *object) {
        struct text version = placed_text(object, "apiVersion");

        finding_add(in->found, object, true, TEXT("apiVersion"),
                    text_is_empty(version)
                            ? text_format(in->arena, "is required: is %.*s meant?",
                                          TEXT_ARG(in->apis[in->n_apis - 1]))
                            : text_format(in->arena, "\"%.*s\" is not %.*s", TEXT_ARG(version),
                                          TEXT_ARG(in->apis[in->n_apis - 1])));
}

static void tell_kind(struct inspection *in, const struct placed *object, struct text nearest) {
        struct text kind = placed_text(object, "kind");

        if (text_is_empty(kind))
                finding_add(in->found, object, true, TEXT("kind"), TEXT("is required"));
        else
                finding_add(in->found, object, true, TEXT("kind"),
                            text_format(in->arena, "\"%.*s\" is not known: is %.*s%s",
                                        TEXT_ARG(kind),
                                        TEXT_ARG(text_is_empty(nearest) ? TEXT("it misspelt")
                                                                        : nearest),
                                        text_is_empty(nearest) ? "?" : " meant?"));
}

/* Kinds of others are passed over; Model may be one of them. */
static int check_object(struct inspection *in, const struct placed *object) {
        struct text kind = placed_text(object, "kind");
        struct text version = placed_text(object, "apiVersion");
        const struct schema *schema = schema_find(&in->schemas, kind);
        struct text nearest = schema_nearest(&in->schemas, kind);
        bool near_api = text_is_empty(version) ||
                        !text_is_empty(text_nearest(version, in->apis, in->n_apis)) ||
                        text_equal(group_of(version), group_of(in->apis[0]));

        if (is_input(object->value))
                return check_input(in, object, object->value, (struct text) { 0 });
        if (is_composition(object))
                return check_composition(in, object);
        if (schema && text_equal(kind, TEXT("Input")))
                return 0;
        if (schema && !is_api(in, version)) {
                if (text_equal(kind, TEXT("Model")) && !near_api)
                        return 0;
                tell_version(in, object);
        }
        if (schema)
                return check_ours(in, object, schema);
        if (is_api(in, version) || (near_api && !text_is_empty(nearest)))
                tell_kind(in, object, nearest);
        else if (text_is_empty(kind) && text_is_empty(version) &&
                 value_get(object->value, TEXT("spec")).kind == VALUE_MAP) {
                tell_version(in, object);
                tell_kind(in, object, nearest);
        }
        return 0;
}

/* ---- twice ----------------------------------------------------------------------------------- */

static int by_identity(const void *a, const void *b) {
        static const char *const paths[] = { "apiVersion", "kind", "metadata.namespace",
                                             "metadata.name" };
        const struct placed *left = *(const struct placed *const *)a;
        const struct placed *right = *(const struct placed *const *)b;

        for (size_t i = 0; i < COUNT_OF(paths); i++) {
                int order = text_compare(placed_text(left, paths[i]), placed_text(right, paths[i]));

                if (order != 0)
                        return order;
        }
        return 0;
}

static int in_identity_order(const void *a, const void *b) {
        int order = by_identity(a, b);
        const struct placed *left = *(const struct placed *const *)a;
        const struct placed *right = *(const struct placed *const *)b;

        return order != 0 ? order : left < right ? -1 : left > right;
}

int inspect_twice(struct inspection *in) {
        const struct placed **sorted =
                ARENA_ARRAY(in->arena, in->objects.n + 1, const struct placed *);
        size_t n = 0, first = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < in->objects.n; i++) {
                const struct placed *object = &in->objects.items[i];

                if (schema_find(&in->schemas, placed_text(object, "kind")) &&
                    !text_is_empty(placed_text(object, "metadata.name")))
                        sorted[n++] = object;
        }
        if (n > 1)
                qsort(sorted, n, sizeof(const struct placed *), in_identity_order);
        for (size_t i = 1; i < n; i++) {
                if (by_identity(&sorted[first], &sorted[i]) != 0) {
                        first = i;
                        continue;
                }
                finding_add(in->found, sorted[i], true, TEXT("metadata.name"),
                            text_format(in->arena, "is given twice, first at %s:%u",
                                        sorted[first]->file,
                                        placed_line(sorted[first], TEXT("metadata.name"))));
        }
        return 0;
}

int inspect_all(struct inspection *in) {
        for (size_t i = 0; i < in->objects.n; i++) {
                int r = check_object(in, &in->objects.items[i]);

                if (r < 0)
                        return r;
        }
        return arena_failed(in->arena) ? -ENOMEM : inspect_twice(in);
}

int inspect_environments(struct inspection *in) {
        in->hides_pools = true;
        for (size_t i = 0; i < in->objects.n; i++) {
                const struct placed *object = &in->objects.items[i];
                struct text kind = placed_text(object, "kind");
                int r = 0;

                if (text_equal(kind, TEXT("InferenceEnvironment")) || text_is_empty(kind) ||
                    text_equal(schema_nearest(&in->schemas, kind), TEXT("InferenceEnvironment")))
                        r = check_object(in, object);
                if (r < 0)
                        return r;
        }
        return arena_failed(in->arena) ? -ENOMEM : 0;
}
