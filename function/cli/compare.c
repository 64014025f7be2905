/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare.h"

#include <errno.h>

#include "base/arena.h"
#include "cli/offering.h"
#include "fleet/observed.h"
#include "fleet/selector.h"
#include "render/object.h"

#define MIB ((int64_t)1024 * 1024)

struct comparison {
        const struct compare_report *report;
        struct arena *arena;
        const struct hosts *hosts;
        const struct environment *environment;
        bool *covered; /* of each host's resources, by a pool; hosts one after the other */
        size_t *first; /* where a host's begin there */
        size_t pool;   /* that is looked at; SIZE_MAX: none */
};

static void tell(struct comparison *c, bool is_error, struct text sentence) {
        c->report->tell(c->report->ctx, c->pool, is_error, sentence);
}

static const struct pool *pool_of(const struct comparison *c) {
        return &c->environment->pools[c->pool];
}

/* The index of what a unit of the sub-pool is on the host, or its number of resources. */
static uint32_t resource_on(const struct sub_pool *sub, const struct host *host) {
        bool by_dra = sub->pool->allocation == ALLOCATION_DRA;
        struct text wanted = by_dra ? sub->mig_profile : sub->resource_name;
        uint32_t i = 0;

        if (host->by_dra != by_dra)
                return host->n_resources;
        while (i < host->n_resources && !text_equal(host->resources[i].name, wanted))
                i++;
        return i;
}

static bool offers(const struct sub_pool *sub, const struct host *host) {
        return observed_offers(sub, host) > 0;
}

static bool pool_offers(const struct pool *pool, const struct host *host) {
        for (size_t s = 0; s < pool->n_sub_pools; s++) {
                if (text_is_empty(pool->sub_pools[s].invalid) && offers(&pool->sub_pools[s], host))
                        return true;
        }
        return false;
}

static struct text resource_text(const struct sub_pool *sub, struct arena *arena) {
        if (sub->pool->allocation != ALLOCATION_DRA)
                return sub->resource_name;
        return text_is_empty(sub->mig_profile)
                       ? TEXT("whole GPUs by DRA")
                       : text_format(arena, "slices of %.*s by DRA", TEXT_ARG(sub->mig_profile));
}

/* ---- units -------------------------------------------------------------------------------------
 */

/* "8 nvidia.com/gpu, 7 nvidia.com/mig-1g.10gb" */
static struct text offered_text(const struct host *host, struct arena *arena) {
        struct text all = { 0 };

        if (host->n_resources == 0)
                return TEXT("no GPUs");
        for (uint32_t i = 0; i < host->n_resources; i++) {
                struct text name = host->resources[i].name;

                all = text_format(arena, "%.*s%s%lld %.*s", TEXT_ARG(all), i ? ", " : "",
                                  (long long)host->resources[i].count,
                                  TEXT_ARG(text_is_empty(name) ? TEXT("GPUs") : name));
        }
        return all;
}

static void compare_units(struct comparison *c, const struct sub_pool *sub) {
        const struct observed o = observed_count(sub, c->hosts);

        if (o.nodes > 0 && o.offering == 0)
                tell(c, true,
                     text_format(c->arena,
                                 "none of the %lld nodes that it selects offers %.*s: %.*s offers "
                                 "%.*s",
                                 (long long)o.nodes, TEXT_ARG(resource_text(sub, c->arena)),
                                 TEXT_ARG(o.first->name),
                                 TEXT_ARG(offered_text(o.first, c->arena))));
        else if (o.least && o.per_node != sub->units_per_node)
                tell(c, o.per_node < sub->units_per_node,
                     text_format(c->arena, "declares %lld %.*s a node, but %.*s allocates %lld",
                                 (long long)sub->units_per_node,
                                 TEXT_ARG(resource_text(sub, c->arena)), TEXT_ARG(o.least->name),
                                 (long long)o.per_node));
}

/* ---- nodes -------------------------------------------------------------------------------------
 */

static void compare_count(struct comparison *c) {
        const struct pool *pool = pool_of(c);
        size_t n_found = 0, n_offering = 0;
        int64_t now = -1;

        for (size_t i = 0; i < c->hosts->n; i++) {
                const struct host *m = &c->hosts->items[i];

                if (!selector_finds(pool, m))
                        continue;
                n_found++;
                n_offering += pool_offers(pool, m);
        }
        value_is_integer(value_get(pool->written, TEXT("nodeCount")), &now);
        if (observed_finds_none(pool, (int64_t)n_found))
                tell(c, true,
                     text_format(c->arena, "its selector finds none of the %zu nodes",
                                 c->hosts->n));
        else if ((int64_t)n_offering > pool->nodes)
                tell(c, false,
                     text_format(c->arena,
                                 "%zu nodes that it selects offer GPUs, more than the %lld that "
                                 "count",
                                 n_offering, (long long)pool->nodes));
        else if (n_offering > 0 && now > (int64_t)n_offering)
                tell(c, false,
                     text_format(c->arena, "nodeCount is %lld, but %zu of its nodes offer GPUs",
                                 (long long)now, n_offering));
}

/* ---- which GPU, and its memory -----------------------------------------------------------------
 */

static bool may_be(struct text accelerator, const struct gpu_product *product) {
        const struct gpu_product *products[CATALOG_CANDIDATES_MAX];
        size_t n = catalog_find(accelerator, products, CATALOG_CANDIDATES_MAX);

        for (size_t i = 0; i < n && i < CATALOG_CANDIDATES_MAX; i++) {
                if (products[i] == product)
                        return true;
        }
        return n == 0;
}

/* Memory of one unit as a label has it; 0: none has. */
static int64_t real_bytes(const struct sub_pool *sub, const struct host *host,
                          const struct offering *o, struct arena *arena) {
        struct text resource = sub->resource_name;
        struct text key;

        if (text_is_empty(sub->mig_profile))
                return o->card_mib * MIB / sub->pool->share_replicas;
        if (text_ends_with(resource, TEXT(".shared")))
                resource.len -= sizeof(".shared") - 1;
        key = text_format(arena, "%.*s.memory%c", TEXT_ARG(resource), 0);
        /* Under the single strategy the label of whole GPUs is that of a slice. */
        if (host->by_dra || key.len == 0 ||
            (o->card_mib > 0 && o->gpus > 0 && text_equal(resource, TEXT("nvidia.com/gpu"))))
                return 0;
        return host_count(host, key.data) * MIB / sub->pool->share_replicas;
}

/* A name is rounded up: what a 1g.18gb really has is 16Gi. */
static bool is_far_below(int64_t real, int64_t declared) {
        return real > 0 && declared != UNKNOWN_BYTES && real < declared / 100 * 85;
}

static void compare_card(struct comparison *c, const struct sub_pool *sub) {
        const struct pool *pool = sub->pool;

        for (size_t i = 0; i < c->hosts->n; i++) {
                const struct host *m = &c->hosts->items[i];
                struct offering o;
                int64_t real;

                if (!offers(sub, m) || !selector_finds(pool, m))
                        continue;
                o = offering_of(m, c->arena);
                if (o.product && !text_is_empty(pool->accelerator_type) &&
                    !may_be(pool->accelerator_type, o.product)) {
                        tell(c, true,
                             text_format(c->arena, "declares %.*s, but %.*s has %.*s",
                                         TEXT_ARG(pool->accelerator_type), TEXT_ARG(m->name),
                                         TEXT_ARG(o.accelerator)));
                        return;
                }
                real = real_bytes(sub, m, &o, c->arena);
                if (!is_far_below(real, sub->memory_bytes))
                        continue;
                tell(c, true,
                     text_format(c->arena, "counts %.*s a unit, but one of %.*s has %.*s",
                                 TEXT_ARG(quantity_format_bytes(sub->memory_bytes, c->arena)),
                                 TEXT_ARG(m->name),
                                 TEXT_ARG(quantity_format_bytes(real, c->arena))));
                return;
        }
}

/* ---- taints ------------------------------------------------------------------------------------
 */

static void compare_taints(struct comparison *c, const struct sub_pool *sub) {
        const struct host *first = NULL;
        struct value taint = { 0 };
        size_t n = 0;

        for (size_t i = 0; i < c->hosts->n; i++) {
                const struct host *m = &c->hosts->items[i];
                struct value untolerated;

                if (!offers(sub, m) || !selector_finds(sub->pool, m))
                        continue;
                untolerated = selector_untolerated(sub->pool, m, sub->resource_name);
                if (untolerated.kind != VALUE_MAP)
                        continue;
                if (n++ == 0) {
                        first = m;
                        taint = untolerated;
                }
        }
        if (n > 0)
                tell(c, true,
                     text_format(c->arena, "nothing tolerates the taint %.*s=%.*s:%.*s of %.*s%s",
                                 TEXT_ARG(text_at(taint, "key")), TEXT_ARG(text_at(taint, "value")),
                                 TEXT_ARG(text_at(taint, "effect")), TEXT_ARG(first->name),
                                 n > 1 ? " and others" : ""));
}

/* ---- what belongs to whom ----------------------------------------------------------------------
 */

/* Do both ask nodes for the same? */
static const struct sub_pool *common_resource(const struct pool *a, const struct pool *b,
                                              const struct host *host) {
        for (size_t s = 0; s < a->n_sub_pools; s++) {
                uint32_t at = resource_on(&a->sub_pools[s], host);

                for (size_t t = 0; at < host->n_resources && t < b->n_sub_pools; t++) {
                        if (resource_on(&b->sub_pools[t], host) == at)
                                return &a->sub_pools[s];
                }
        }
        return NULL;
}

static void compare_others(struct comparison *c, const struct pool *other) {
        const struct pool *pool = pool_of(c);

        for (size_t i = 0; i < c->hosts->n; i++) {
                const struct host *m = &c->hosts->items[i];
                const struct sub_pool *sub;

                if (!selector_finds(pool, m) || !selector_finds(other, m))
                        continue;
                sub = common_resource(pool, other, m);
                if (!sub)
                        continue;
                tell(c, false,
                     text_format(c->arena,
                                 "its selector and that of pool %.*s both find %.*s, and both ask "
                                 "for %.*s",
                                 TEXT_ARG(other->name), TEXT_ARG(m->name),
                                 TEXT_ARG(resource_text(sub, c->arena))));
                return;
        }
}

static void cover(struct comparison *c) {
        const struct pool *pool = pool_of(c);

        for (size_t i = 0; i < c->hosts->n; i++) {
                const struct host *m = &c->hosts->items[i];

                if (m->n_resources == 0 || !selector_finds(pool, m))
                        continue;
                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        uint32_t at = resource_on(&pool->sub_pools[s], m);

                        if (at < m->n_resources)
                                c->covered[c->first[i] + at] = true;
                }
        }
}

/* Said once for each resource. */
static void tell_uncovered(struct comparison *c) {
        for (size_t i = 0; i < c->hosts->n; i++) {
                const struct host *m = &c->hosts->items[i];

                for (uint32_t k = 0; k < m->n_resources; k++) {
                        struct text name = m->resources[k].name;
                        size_t n = 0;

                        if (c->covered[c->first[i] + k])
                                continue;
                        for (size_t j = i; j < c->hosts->n; j++) {
                                const struct host *o = &c->hosts->items[j];

                                for (uint32_t l = 0; l < o->n_resources; l++) {
                                        bool *covered = &c->covered[c->first[j] + l];

                                        if (*covered || !text_equal(o->resources[l].name, name))
                                                continue;
                                        *covered = true; /* it is reported now */
                                        n++;
                                }
                        }
                        tell(c, false,
                             text_format(
                                     c->arena, "no pool covers the %lld %.*s of %.*s%s",
                                     (long long)m->resources[k].count,
                                     TEXT_ARG(text_is_empty(name) ? TEXT("GPUs") : name),
                                     TEXT_ARG(m->name),
                                     n > 1 ? text_format(c->arena, " and %zu more%c", n - 1, 0).data
                                           : ""));
                }
        }
}

/* ---- all ---------------------------------------------------------------------------------------
 */

static void compare_pool(struct comparison *c) {
        const struct pool *pool = pool_of(c);

        compare_count(c);
        for (size_t s = 0; s < pool->n_sub_pools; s++) {
                const struct sub_pool *sub = &pool->sub_pools[s];

                if (!text_is_empty(sub->invalid))
                        continue;
                compare_units(c, sub);
                compare_card(c, sub);
                compare_taints(c, sub);
        }
        for (size_t i = 0; i < c->pool; i++)
                compare_others(c, &c->environment->pools[i]);
        cover(c);
}

int compare_environment(const struct environment *environment, const struct hosts *hosts,
                        const struct compare_report *report, struct arena *arena) {
        struct comparison c = {
                .report = report,
                .arena = arena,
                .hosts = hosts,
                .environment = environment,
                .first = ARENA_ARRAY(arena, hosts->n + 1, size_t),
        };
        size_t n = 0;

        for (size_t i = 0; c.first && i < hosts->n; i++) {
                c.first[i] = n;
                n += hosts->items[i].n_resources;
        }
        c.covered = ARENA_ARRAY(arena, n + 1, bool);
        if (arena_failed(arena))
                return -ENOMEM;
        for (c.pool = 0; c.pool < environment->n_pools; c.pool++) {
                if (text_is_empty(environment->pools[c.pool].invalid))
                        compare_pool(&c);
        }
        c.pool = SIZE_MAX;
        tell_uncovered(&c);
        return arena_failed(arena) ? -ENOMEM : 0;
}

int64_t compare_running(const struct sub_pool *sub, const struct hosts *hosts) {
        int64_t n = 0;

        for (size_t i = 0; i < hosts->n; i++)
                n += offers(sub, &hosts->items[i]) && selector_finds(sub->pool, &hosts->items[i]);
        return n;
}

/* ---- findings ----------------------------------------------------------------------------------
 */

struct finder {
        struct inspection *in;
        const struct placed *object;
};

static void find(void *ctx, size_t pool, bool is_error, struct text sentence) {
        struct finder *f = ctx;
        struct text path = pool == SIZE_MAX
                                   ? TEXT("spec.nodePools")
                                   : inspect_pool_path(f->object->value, pool, f->in->arena);

        finding_add(f->in->found, f->object, is_error, path, sentence);
}

int compare_nodes(struct inspection *in, const struct hosts *hosts) {
        size_t n = 0;

        for (size_t i = 0; i < in->objects.n; i++)
                n += inspect_is_ours(in, &in->objects.items[i], TEXT("InferenceEnvironment"));
        for (size_t i = 0; i < in->objects.n; i++) {
                struct finder finder = { in, &in->objects.items[i] };
                const struct compare_report report = { &finder, find };
                struct environment *environment;
                int r;

                if (!inspect_is_ours(in, finder.object, TEXT("InferenceEnvironment")))
                        continue;
                environment = ARENA_NEW(in->arena, struct environment);
                r = environment ? inspect_environment(in, finder.object, NULL, environment)
                                : -ENOMEM;
                if (r == 0 && (n == 1 || environment->source == CLUSTER_IN_CLUSTER))
                        r = compare_environment(environment, hosts, &report, in->arena);
                if (r < 0)
                        return r;
        }
        return 0;
}
