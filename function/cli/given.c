/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/given.h"

#include <errno.h>
#include <stdlib.h>

#include "fleet/pool.h"
#include "fleet/reader.h"
#include "render/object.h"

/*
 * Every member of the XRDs, which test/gates/xrds.py holds this to. What is below a member
 * that has no other below it here is not looked at: the function refuses a misspelt one
 * there by itself, or anything may stand there.
 */
static const struct text of_all[] = {
        TEXT_INIT("apiVersion"),
        TEXT_INIT("kind"),
        TEXT_INIT("metadata"),
        TEXT_INIT("status"),
        /* Crossplane's own, v2 and before. */
        TEXT_INIT("spec.crossplane"),
        TEXT_INIT("spec.claimRef"),
        TEXT_INIT("spec.compositionRef"),
        TEXT_INIT("spec.compositionRevisionRef"),
        TEXT_INIT("spec.compositionRevisionSelector"),
        TEXT_INIT("spec.compositionSelector"),
        TEXT_INIT("spec.compositionUpdatePolicy"),
        TEXT_INIT("spec.publishConnectionDetailsTo"),
        TEXT_INIT("spec.resourceRefs"),
        TEXT_INIT("spec.writeConnectionSecretToRef"),
};

static const struct text of_deployment[] = {
        TEXT_INIT("spec.modelRef.kind"),
        TEXT_INIT("spec.modelRef.name"),
        TEXT_INIT("spec.environments"),
        TEXT_INIT("spec.environmentSelector"),
        TEXT_INIT("spec.scaling.signal"),
        TEXT_INIT("spec.scaling.fixed.replicas"),
        TEXT_INIT("spec.scaling.concurrency.minReplicas"),
        TEXT_INIT("spec.scaling.concurrency.maxReplicas"),
        TEXT_INIT("spec.scaling.concurrency.target"),
        TEXT_INIT("spec.scaling.concurrency.utilization"),
        TEXT_INIT("spec.scaling.concurrency.scaleDownDelay"),
        TEXT_INIT("spec.priority"),
        TEXT_INIT("spec.tolerations"),
        TEXT_INIT("spec.priorityClassName"),
        TEXT_INIT("spec.rollout"),
};

static const struct text of_model[] = {
        TEXT_INIT("spec.model.name"),
        TEXT_INIT("spec.source"),
        TEXT_INIT("spec.uri"),
        TEXT_INIT("spec.huggingFace.repo"),
        TEXT_INIT("spec.huggingFace.revision"),
        TEXT_INIT("spec.huggingFace.secretRef.name"),
        TEXT_INIT("spec.huggingFace.secretRef.key"),
        TEXT_INIT("spec.resources.cpu"),
        TEXT_INIT("spec.resources.memory"),
        TEXT_INIT("spec.resources.vram"),
        TEXT_INIT("spec.serving[].name"),
        TEXT_INIT("spec.serving[].environmentSelector"),
        TEXT_INIT("spec.serving[].poolSelector"),
        TEXT_INIT("spec.serving[].engine.name"),
        TEXT_INIT("spec.serving[].engine.image"),
        TEXT_INIT("spec.serving[].engine.args"),
        TEXT_INIT("spec.serving[].engine.env"),
        TEXT_INIT("spec.serving[].engine.baseRefs"),
        TEXT_INIT("spec.serving[].replicaTopology.nodes"),
        TEXT_INIT("spec.serving[].replicaTopology.gpusPerNode"),
        TEXT_INIT("spec.serving[].replicaTopology.parallelism.tensor"),
        TEXT_INIT("spec.serving[].replicaTopology.parallelism.pipeline"),
        TEXT_INIT("spec.serving[].replicaTopology.parallelism.data"),
        TEXT_INIT("spec.serving[].replicaTopology.parallelism.expert"),
        TEXT_INIT("spec.serving[].replicaTopology.requires"),
};

static const struct text of_environment[] = {
        /* First, because a list of pools without a place most likely belongs here. */
        TEXT_INIT("spec.nodePools"),
        TEXT_INIT("spec.observe"),
        TEXT_INIT("spec.cluster.source"),
        TEXT_INIT("spec.cluster.existing.secretRef.name"),
        TEXT_INIT("spec.cluster.existing.secretRef.namespace"),
        TEXT_INIT("spec.cluster.existing.secretRef.key"),
        TEXT_INIT("spec.cluster.existing.nodePools"),
        TEXT_INIT("spec.cluster.gke.nodePools"),
};

static const struct kind {
        struct text name;
        const struct text *members;
        size_t n_members;
} kinds[] = {
        { TEXT_INIT("ModelDeployment"), of_deployment, COUNT_OF(of_deployment) },
        { TEXT_INIT("ClusterModel"), of_model, COUNT_OF(of_model) },
        { TEXT_INIT("Model"), of_model, COUNT_OF(of_model) },
        { TEXT_INIT("InferenceEnvironment"), of_environment, COUNT_OF(of_environment) },
};

struct check {
        struct text api_version; /* of the composite */
        struct text sentences[GIVEN_SENTENCES_MAX + 1];
        size_t n; /* also of those that had no room */
        bool pools;
        struct arena *arena;
};

static const struct kind *find_kind(struct text name) {
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                if (text_equal(kinds[i].name, name))
                        return &kinds[i];
        }
        return NULL;
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

enum reach { UNKNOWN, WHOLE, HAS_MORE_BELOW };

static enum reach reach_among(struct text path, const struct text *members, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (!text_starts_with(members[i], path))
                        continue;
                if (members[i].len == path.len)
                        return WHOLE;
                if (members[i].data[path.len] == '.' || members[i].data[path.len] == '[')
                        return HAS_MORE_BELOW;
        }
        return UNKNOWN;
}

static enum reach reach_of(struct text path, const struct kind *kind) {
        enum reach reach = reach_among(path, kind->members, kind->n_members);

        return reach == UNKNOWN ? reach_among(path, of_all, COUNT_OF(of_all)) : reach;
}

enum { SIBLINGS_MAX = 32 };

/* Adds what stands in the tables right below path to names. */
static size_t add_siblings(struct text path, const struct text *members, size_t n,
                           struct text *names, size_t n_names) {
        for (size_t i = 0; i < n && n_names < SIBLINGS_MAX; i++) {
                struct text below = members[i];

                if (path.len > 0) {
                        if (!text_starts_with(below, path) || below.len == path.len ||
                            below.data[path.len] != '.')
                                continue;
                        below = text_slice(below, path.len + 1, below.len);
                }
                below = text_slice(below, 0, text_index(below, '.'));
                names[n_names++] = text_slice(below, 0, text_index(below, '['));
        }
        return n_names;
}

/* How the question after a name that is not known ends. */
static struct text meant(struct check *c, struct text nearest) {
        return text_is_empty(nearest) ? TEXT("it misspelt")
                                      : text_format(c->arena, "%.*s meant", TEXT_ARG(nearest));
}

/* Where a member of that very name belongs, if anywhere: the place that is nearest to the top. */
static struct text place_of(struct check *c, const struct kind *kind, struct text key) {
        struct text ending = text_format(c->arena, ".%.*s", TEXT_ARG(key)), place = { 0 };

        for (size_t i = 0; i < kind->n_members; i++) {
                if (text_ends_with(kind->members[i], ending) &&
                    (text_is_empty(place) || kind->members[i].len < place.len))
                        place = kind->members[i];
        }
        return place;
}

/* "spec.serving[].poolSelector of a ClusterModel": what is written in the wrong kind. */
static struct text place_elsewhere(struct check *c, struct text key) {
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct text place = place_of(c, &kinds[i], key);

                if (!text_is_empty(place))
                        return text_format(c->arena, "%.*s of %s %.*s", TEXT_ARG(place),
                                           kinds[i].name.data[0] == 'I' ? "an" : "a",
                                           TEXT_ARG(kinds[i].name));
        }
        return (struct text) { 0 };
}

static struct text meant_member(struct check *c, const struct kind *kind, struct text path,
                                struct text key) {
        struct text names[SIBLINGS_MAX], nearest;
        size_t n = add_siblings(path, kind->members, kind->n_members, names, 0);

        n = add_siblings(path, of_all, COUNT_OF(of_all), names, n);
        nearest = text_nearest(key, names, n);
        if (text_is_empty(nearest))
                nearest = place_of(c, kind, key);
        return meant(c, text_is_empty(nearest) ? place_elsewhere(c, key) : nearest);
}

/*
 * @path:  as in the tables, "[]" behind a list
 * @shown: the same with the number of the element
 *
 * As deep as a table's longest path.
 */
static void check_members(struct check *c, struct value object, const struct kind *kind,
                          struct value v, struct text path, struct text shown) {
        struct value_iter it = value_iterate(v);
        struct value member;
        struct text key;

        for (size_t i = 0; value_next(&it, &key, &member); i++) {
                const char *dot = path.len ? "." : "";
                struct text below, below_shown;
                enum reach reach;

                if (v.kind == VALUE_LIST) {
                        below = text_format(c->arena, "%.*s[]", TEXT_ARG(path));
                        below_shown = text_format(c->arena, "%.*s[%zu]", TEXT_ARG(shown), i);
                } else {
                        below = text_format(c->arena, "%.*s%s%.*s", TEXT_ARG(path), dot,
                                            TEXT_ARG(key));
                        below_shown = text_format(c->arena, "%.*s%s%.*s", TEXT_ARG(shown), dot,
                                                  TEXT_ARG(key));
                }
                reach = reach_of(below, kind);
                if (reach == HAS_MORE_BELOW)
                        check_members(c, object, kind, member, below, below_shown);
                else if (reach == UNKNOWN && v.kind == VALUE_MAP)
                        tell(c,
                             text_format(c->arena, "%.*s: member \"%.*s\" is not known: is %.*s?",
                                         TEXT_ARG(name_of(object, c->arena)), TEXT_ARG(below_shown),
                                         TEXT_ARG(meant_member(c, kind, path, key))));
        }
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
        const struct kind *kind = find_kind(text_at(object, "kind"));

        if (!kind || !text_equal(text_at(object, "apiVersion"), c->api_version))
                return;
        check_members(c, object, kind, object, (struct text) { 0 }, (struct text) { 0 });
        if (kind->members == of_model)
                check_model(c, object);
        if (kind->members == of_environment && c->pools)
                check_pools(c, object);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static struct text group_of(struct text api_version) {
        return text_slice(api_version, 0, text_index(api_version, '/'));
}

/* Others may have a kind Model too. */
static bool is_only_ours(const struct kind *kind) {
        return !text_equal(kind->name, TEXT("Model"));
}

static struct text meant_kind(struct check *c, struct text name) {
        struct text names[COUNT_OF(kinds)];

        for (size_t i = 0; i < COUNT_OF(kinds); i++)
                names[i] = kinds[i].name;
        return meant(c, text_nearest(name, names, COUNT_OF(kinds)));
}

static void check_kind(struct check *c, struct value object) {
        struct text api_version = text_at(object, "apiVersion");
        const struct kind *kind = find_kind(text_at(object, "kind"));
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
        *c = (struct check) { .api_version = text_at(composite, "apiVersion"),
                              .pools = pools,
                              .arena = arena };
        check_object(c, composite);
        for (size_t i = 0; i < cluster->n; i++) {
                check_object(c, cluster->items[i]);
                if (find_kind(text_at(composite, "kind")))
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
