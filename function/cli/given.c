/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/given.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/schema.h"
#include "fleet/pool.h"
#include "fleet/reader.h"
#include "render/object.h"

struct check {
        struct schemas schemas;
        struct text api_version; /* of the composite */
        struct text sentences[GIVEN_SENTENCES_MAX + 1];
        size_t n; /* also of those that had no room */
        bool pools;
        struct arena *arena;
};

/* Of an object of ours; the last schema is the input's, which is no object. */
static const struct schema *find_kind(const struct check *c, struct text name) {
        const struct schema *schema = schema_find(&c->schemas, name);

        return schema == &c->schemas.items[N_SCHEMAS - 1] ? NULL : schema;
}

static void tell(struct check *c, struct text sentence) {
        if (c->n < GIVEN_SENTENCES_MAX)
                c->sentences[c->n] = sentence;
        c->n++;
}

/* Kind "namespace/name" */
static struct text name_of(struct value object, struct arena *arena) {
        struct text space = text_at(object, "metadata.namespace");

        return text_format(arena, "%.*s \"%.*s%s%.*s\"", TEXT_ARG(text_at(object, "kind")),
                           TEXT_ARG(space), space.len ? "/" : "",
                           TEXT_ARG(text_at(object, "metadata.name")));
}

/* ---- members --------------------------------------------------------------------------------- */

static void check_members(struct check *c, struct value object, const struct schema *schema) {
        struct member root = member_root(object, (struct text) { 0 });
        struct mistakes *mistakes = ARENA_NEW(c->arena, struct mistakes);
        struct reader rd = { .arena = c->arena, .all = mistakes };

        if (!mistakes)
                return; /* the arena remembers */
        schema_check_names(&c->schemas, schema, &root, &rd);
        for (size_t i = 0; i < mistakes->n; i++)
                tell(c, text_format(c->arena, "%.*s: %.*s", TEXT_ARG(name_of(object, c->arena)),
                                    TEXT_ARG(mistakes->items[i])));
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void check_memory(struct check *c, struct value object, struct text path,
                         struct value written) {
        struct reader rd = { .arena = c->arena };
        struct text sentence;
        int64_t bytes;

        if (!reader_bytes(&rd, MEMBER_OF(member_root(written, path)), &bytes))
                return; /* the function refuses it */
        sentence = quantity_doubt(path, bytes, c->arena);
        if (!text_is_empty(sentence))
                tell(c, text_format(c->arena, "%.*s: %.*s", TEXT_ARG(name_of(object, c->arena)),
                                    TEXT_ARG(sentence)));
}

/* What each pool says of its members; of its memory it tells where it is shown. */
static void check_pools(struct check *c, struct value object) {
        static const char *const lists[] = { "spec.nodePools", "spec.cluster.existing.nodePools",
                                             "spec.cluster.gke.nodePools" };

        for (size_t i = 0; i < COUNT_OF(lists); i++) {
                struct value list = value_at(object, lists[i]), pool;
                struct value_iter it = value_iterate(list);

                for (size_t j = 0; list.kind == VALUE_LIST && value_next(&it, NULL, &pool); j++) {
                        struct text path = text_format(c->arena, "%s[%zu].", lists[i], j);
                        struct text sentence = pool_misspelt(pool, path, c->arena);

                        if (!text_is_empty(sentence))
                                tell(c, text_format(c->arena, "%.*s: %.*s",
                                                    TEXT_ARG(name_of(object, c->arena)),
                                                    TEXT_ARG(sentence)));
                }
        }
}

static void check_model(struct check *c, struct value object) {
        struct value_iter it = value_iterate(value_at(object, "spec.serving"));
        struct value serving;

        check_memory(c, object, TEXT("spec.resources.vram"),
                     value_at(object, "spec.resources.vram"));
        for (size_t i = 0; value_next(&it, NULL, &serving); i++) {
                struct text path = text_format(
                        c->arena, "spec.serving[%zu].replicaTopology.requires.memoryPerGpu", i);

                check_memory(c, object, path,
                             value_at(serving, "replicaTopology.requires.memoryPerGpu"));
        }
}

static void check_object(struct check *c, struct value object) {
        struct text name = text_at(object, "kind");
        const struct schema *schema = find_kind(c, name);

        if (!schema || !text_equal(text_at(object, "apiVersion"), c->api_version))
                return;
        check_members(c, object, schema);
        if (text_ends_with(name, TEXT("Model")))
                check_model(c, object);
        if (text_equal(name, TEXT("InferenceEnvironment")) && c->pools)
                check_pools(c, object);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static struct text group_of(struct text api_version) {
        return text_slice(api_version, 0, text_index(api_version, '/'));
}

/* Others may have a kind Model too. */
static bool is_only_ours(const struct schema *schema) {
        return !text_equal(schema->kind, TEXT("Model"));
}

static struct text meant_kind(struct check *c, struct text name) {
        struct text nearest = schema_nearest(&c->schemas, name);

        return text_is_empty(nearest) ? TEXT("it misspelt")
                                      : text_format(c->arena, "%.*s meant", TEXT_ARG(nearest));
}

static void check_kind(struct check *c, struct value object) {
        struct text api_version = text_at(object, "apiVersion");
        const struct schema *kind = find_kind(c, text_at(object, "kind"));
        bool is_of_group = text_equal(group_of(api_version), group_of(c->api_version));

        if (text_equal(api_version, c->api_version) ? kind != NULL
                                                    : !kind || !(is_of_group || is_only_ours(kind)))
                return;
        if (!kind)
                tell(c, text_format(c->arena, "%.*s: this kind is not known, and ignored: is %.*s?",
                                    TEXT_ARG(name_of(object, c->arena)),
                                    TEXT_ARG(meant_kind(c, text_at(object, "kind")))));
        else
                tell(c,
                     text_format(c->arena,
                                 "%.*s has apiVersion \"%.*s\", but \"%.*s\" is expected: ignored",
                                 TEXT_ARG(name_of(object, c->arena)), TEXT_ARG(api_version),
                                 TEXT_ARG(c->api_version)));
}

/* ---- twice ----------------------------------------------------------------------------------- */

static int by_identity(const void *a, const void *b) {
        static const char *const paths[] = { "apiVersion", "kind", "metadata.namespace",
                                             "metadata.name" };
        const struct value *x = a, *y = b;
        int order = 0;

        for (size_t i = 0; order == 0 && i < COUNT_OF(paths); i++)
                order = text_compare(text_at(*x, paths[i]), text_at(*y, paths[i]));
        return order;
}

static int check_twice(struct check *c, const struct objects *cluster) {
        struct value *sorted = ARENA_ARRAY(c->arena, cluster->n, struct value);

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < cluster->n; i++)
                sorted[i] = cluster->items[i];
        if (cluster->n > 1)
                qsort(sorted, cluster->n, sizeof(*sorted), by_identity);
        for (size_t i = 1; i < cluster->n; i++) {
                bool is_first = i < 2 || by_identity(&sorted[i - 2], &sorted[i]) != 0;

                if (is_first && by_identity(&sorted[i - 1], &sorted[i]) == 0)
                        tell(c, text_format(c->arena,
                                            "%.*s is given more than once: the last one counts",
                                            TEXT_ARG(name_of(sorted[i], c->arena))));
        }
        return 0;
}

int given_check(struct value composite, const struct objects *cluster, bool pools,
                struct arena *arena, struct text **ret, size_t *ret_n) {
        struct check *c = ARENA_NEW(arena, struct check);
        int r;

        if (!c)
                return -ENOMEM;
        c->api_version = text_at(composite, "apiVersion");
        c->pools = pools;
        c->arena = arena;
        r = schema_load(arena, &c->schemas);
        if (r < 0)
                return r;
        check_object(c, composite);
        for (size_t i = 0; i < cluster->n; i++) {
                check_object(c, cluster->items[i]);
                if (find_kind(c, text_at(composite, "kind")))
                        check_kind(c, cluster->items[i]);
        }
        r = check_twice(c, cluster);
        if (r < 0)
                return r;
        if (c->n > GIVEN_SENTENCES_MAX) {
                c->sentences[GIVEN_SENTENCES_MAX] =
                        text_format(arena, "and %zu more", c->n - GIVEN_SENTENCES_MAX);
                c->n = GIVEN_SENTENCES_MAX + 1;
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = c->sentences;
        *ret_n = c->n;
        return 0;
}
