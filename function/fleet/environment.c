/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/environment.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "fleet/broken.h"
#include "fleet/check.h"
#include "fleet/observed.h"
#include "fleet/pool_warnings.h"
#include "fleet/resource.h"
#include "fleet/units.h"

enum spec_member { NODE_POOLS, CLUSTER, OBSERVE, N_SPEC_MEMBERS };

static const struct text spec_names[N_SPEC_MEMBERS] = {
        [NODE_POOLS] = TEXT_INIT("nodePools"),
        [CLUSTER] = TEXT_INIT("cluster"),
        [OBSERVE] = TEXT_INIT("observe"),
};

enum cluster_member { SOURCE, EXISTING, GKE, N_CLUSTER_MEMBERS };

static const struct text cluster_names[N_CLUSTER_MEMBERS] = {
        [SOURCE] = TEXT_INIT("source"),
        [EXISTING] = TEXT_INIT("existing"),
        [GKE] = TEXT_INIT("gke"),
};

/* Guessing where a cluster is would place a model for another one here. */
static void check_source(struct reader *rd, const struct member *members,
                         enum cluster_source source) {
        bool is_existing = !member_is_absent(&members[EXISTING]);
        bool is_gke = !member_is_absent(&members[GKE]);

        if (member_is_absent(&members[SOURCE]) && (is_existing || is_gke))
                reader_refuse(rd, &members[SOURCE],
                              "is required: is %s meant, as cluster.%s is there?",
                              is_existing ? "Existing" : "GKE", is_existing ? "existing" : "gke");
        else if (source == CLUSTER_IN_CLUSTER && (is_existing || is_gke))
                reader_refuse(rd, &members[SOURCE], "is InCluster, but cluster.%s is there",
                              is_existing ? "existing" : "gke");
        else if (source == CLUSTER_EXISTING && !is_existing)
                reader_refuse(rd, &members[EXISTING], "is required by the source Existing");
}

static void read_cluster(struct reader *rd, const struct member *members,
                         const struct settings *settings, struct environment *ret) {
        static const struct text sources[] = { TEXT_INIT("InCluster"), TEXT_INIT("Existing"),
                                               TEXT_INIT("GKE") };
        struct member secret = member_get(&members[EXISTING], "secretRef");
        unsigned int source;
        size_t n_before = rd->n_mistakes;

        if (reader_word(rd, &members[SOURCE], sources, COUNT_OF(sources), &source))
                ret->source = (enum cluster_source)source;
        if (rd->n_mistakes == n_before)
                check_source(rd, members, ret->source);
        if (!reader_map(rd, &members[EXISTING]) || !reader_map(rd, &secret))
                return;
        ret->secret_namespace = settings->system_namespace;
        ret->secret_key = TEXT("kubeconfig");
        check_object_name(rd, MEMBER_OF(member_get(&secret, "name")), &ret->secret_name);
        check_namespace(rd, MEMBER_OF(member_get(&secret, "namespace")), &ret->secret_namespace);
        check_data_key(rd, MEMBER_OF(member_get(&secret, "key")), &ret->secret_key);
}

static void read_observe(struct reader *rd, const struct member *f, struct environment *ret) {
        static const struct text words[] = { TEXT_INIT("None"), TEXT_INIT("Nodes") };
        unsigned int word = 0;

        if (reader_word(rd, f, words, COUNT_OF(words), &word))
                ret->observing = word == 0                           ? OBSERVING_NONE
                                 : ret->source == CLUSTER_IN_CLUSTER ? OBSERVING_NODES
                                                                     : OBSERVING_ELSEWHERE;
}

/* The Ready condition when it is not True; else absent. */
static struct value untrue_ready(struct value conditions) {
        struct value_iter it = value_iterate(conditions);
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                if (text_equal(value_get_text(condition, "type"), TEXT("Ready")))
                        return text_equal(value_get_text(condition, "status"), TEXT("True"))
                                       ? (struct value) { 0 }
                                       : condition;
        }
        return (struct value) { 0 };
}

/* The three places where pools are accepted, in the order of their union. */
enum { N_POOL_LISTS = 3 };

static int read_pools(const struct member *lists, const struct settings *settings,
                      struct arena *arena, struct environment *ret) {
        const struct pool_owner owner = { .environment = ret,
                                          .is_quiet = ret->is_quiet,
                                          .on_gke = ret->source == CLUSTER_GKE,
                                          .observing = ret->observing,
                                          .mistakes = ret->mistakes };
        size_t n = 0;

        for (size_t i = 0; i < N_POOL_LISTS; i++)
                n += value_count(lists[i].value);
        ret->pools = arena_alloc(arena, n * sizeof(*ret->pools)); /* pool_read() sets all of each */
        if (!ret->pools && n > 0)
                return -ENOMEM;
        for (size_t i = 0; i < N_POOL_LISTS; i++) {
                struct value_iter it = value_iterate(lists[i].value);
                struct value item;

                for (size_t j = 0; value_next(&it, NULL, &item); j++) {
                        struct member entry = member_element(&lists[i], j, item);
                        int r = pool_read(&entry, owner, settings, arena,
                                          &ret->pools[ret->n_pools++]);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int by_name(const void *a, const void *b) {
        const struct pool *const *left = a, *const *right = b;

        return text_compare((*left)->name, (*right)->name);
}

/* Which of two is meant is unknown, so neither is used. */
static int refuse_equal_names(struct environment *environment, struct arena *arena) {
        struct pool **sorted = ARENA_ARRAY(arena, environment->n_pools, struct pool *);

        if (!sorted)
                return environment->n_pools > 0 ? -ENOMEM : 0;
        for (size_t i = 0; i < environment->n_pools; i++)
                sorted[i] = &environment->pools[i];
        qsort(sorted, environment->n_pools, sizeof(struct pool *), by_name);
        for (size_t i = 1; i < environment->n_pools; i++) {
                struct text name = sorted[i]->name;
                struct text sentence;

                if (text_is_empty(name) || !text_equal(name, sorted[i - 1]->name))
                        continue;
                sentence = text_format(arena, "two pools are called \"%.*s\"", TEXT_ARG(name));
                sorted[i - 1]->invalid = sentence;
                sorted[i]->invalid = sentence;
        }
        return arena_failed(arena) ? -ENOMEM : 0;
}

static int count_units(struct environment *environment, const struct settings *settings,
                       struct arena *arena) {
        for (size_t i = 0; i < environment->n_pools; i++) {
                struct pool *pool = &environment->pools[i];
                int r = units_count(pool, settings, arena);

                if (r < 0)
                        return r;
                for (size_t j = 0; j < pool->n_sub_pools; j++)
                        pool->sub_pools[j].order = (int32_t)environment->n_sub_pools++;
        }
        return 0;
}

/* Each map is walked once. */
static void read_object(struct value object, struct arena *arena, struct environment *ret,
                        struct value *ret_spec) {
        static const struct text of_object[] = { TEXT_INIT("metadata"), TEXT_INIT("status"),
                                                 TEXT_INIT("spec") };
        static const struct text of_metadata[] = { TEXT_INIT("name"), TEXT_INIT("labels") };
        static const struct text of_status[] = { TEXT_INIT("conditions"),
                                                 TEXT_INIT("providerConfigRef") };
        struct value members[COUNT_OF(of_object)], metadata[COUNT_OF(of_metadata)],
                status[COUNT_OF(of_status)];

        value_pick(object, of_object, COUNT_OF(of_object), members);
        value_pick(members[0], of_metadata, COUNT_OF(of_metadata), metadata);
        value_pick(members[1], of_status, COUNT_OF(of_status), status);
        *ret_spec = members[2];
        ret->name = value_text(metadata[0]);
        ret->labels = metadata[1];
        ret->ready = untrue_ready(status[0]);
        ret->not_ready = ret->ready.kind != VALUE_ABSENT;
        ret->provider_config = value_get_text(status[1], "name");
        if (text_is_empty(ret->provider_config))
                ret->provider_config =
                        text_join(arena, (struct text[]) { ret->name, TEXT("-cluster") }, 2);
}

/* What is read of it beside its own name, which the API server holds to a grammar. */
static bool is_broken(struct reader *rd, struct value object) {
        return broken_refuse(rd, object, "spec") || broken_refuse(rd, object, "metadata.labels") ||
               broken_refuse(rd, object, "status.providerConfigRef.name");
}

/* As long as a reservation of package/crds.yaml can say it; no API server has a longer one. */
static void check_name(struct reader *rd, struct text name) {
        enum { NAME_MAX_BYTES = 253 };
        struct member f = member_root((struct value) { 0 }, TEXT("metadata.name"));

        if (name.len > NAME_MAX_BYTES)
                reader_refuse(rd, &f, "has %zu bytes, and a name has at most %d", name.len,
                              NAME_MAX_BYTES);
}

/* ret->is_quiet and ret->mistakes say how; the rest is written. */
static int read_environment(struct value object, const struct settings *settings,
                            struct arena *arena, struct environment *ret) {
        struct fault fault;
        struct reader rd = { .arena = arena, .first = &fault, .all = ret->mistakes };
        struct member spec, in_spec[N_SPEC_MEMBERS], in_cluster[N_CLUSTER_MEMBERS],
                lists[N_POOL_LISTS];
        struct value written;
        int r;

        ret->written = object;
        read_object(object, arena, ret, &written);
        if (is_broken(&rd, object)) {
                ret->invalid = fault_text(&fault, arena);
                return arena_failed(arena) ? -ENOMEM : 0;
        }
        check_name(&rd, ret->name);
        spec = member_root(written, TEXT("spec"));
        member_pick(&spec, spec_names, N_SPEC_MEMBERS, in_spec);
        member_pick(&in_spec[CLUSTER], cluster_names, N_CLUSTER_MEMBERS, in_cluster);
        lists[0] = in_spec[NODE_POOLS];
        lists[1] = member_get(&in_cluster[EXISTING], "nodePools");
        lists[2] = member_get(&in_cluster[GKE], "nodePools");
        reader_map(&rd, &spec);
        if (reader_map(&rd, &in_spec[CLUSTER]))
                read_cluster(&rd, in_cluster, settings, ret);
        reader_map(&rd, &in_cluster[GKE]);
        read_observe(&rd, &in_spec[OBSERVE], ret);
        for (size_t i = 0; i < N_POOL_LISTS; i++) {
                if (!reader_list(&rd, &lists[i]))
                        lists[i].value = (struct value) { 0 };
        }
        if (rd.n_mistakes > 0) {
                ret->invalid = fault_text(&fault, arena);
                if (!ret->mistakes)
                        return arena_failed(arena) ? -ENOMEM : 0;
        }
        r = read_pools(lists, settings, arena, ret);
        if (r < 0)
                return r;
        r = refuse_equal_names(ret, arena);
        if (r < 0)
                return r;
        r = count_units(ret, settings, arena);
        if (r < 0)
                return r;
        if (ret->observing == OBSERVING_NODES && settings->capacity == CAPACITY_OBSERVED)
                observed_read(ret->pools, ret->n_pools, value_at(object, "status.capacity.pools"));
        r = resource_resolve(ret->pools, ret->n_pools, arena);
        if (r == 0 && !ret->is_quiet)
                r = pool_warnings(ret->pools, ret->n_pools, arena);
        if (r < 0)
                return r;
        return arena_failed(arena) ? -ENOMEM : 0;
}

int environment_read(struct value object, const struct settings *settings, struct arena *arena,
                     struct environment *ret) {
        *ret = (struct environment) { 0 };
        return read_environment(object, settings, arena, ret);
}

int environment_read_quietly(struct value object, const struct settings *settings,
                             struct arena *arena, struct environment *ret) {
        *ret = (struct environment) { .is_quiet = true };
        return read_environment(object, settings, arena, ret);
}

int environment_read_mistakes(struct value object, const struct settings *settings,
                              struct arena *arena, struct mistakes *mistakes,
                              struct environment *ret) {
        *ret = (struct environment) { .mistakes = mistakes };
        return read_environment(object, settings, arena, ret);
}

static int compare_name(const void *name, const void *environment) {
        const struct environment *e = environment;

        return text_compare(*(const struct text *)name, e->name);
}

const struct environment *environment_find(const struct environment *environments, size_t n,
                                           struct text name) {
        return n ? bsearch(&name, environments, n, sizeof(*environments), compare_name) : NULL;
}
