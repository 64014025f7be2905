/* SPDX-License-Identifier: Apache-2.0 */
#include "server/units.h"

#include "base/arena.h"
#include "server/prometheus.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 253 };

struct seen_pool {
        struct text pool;
        struct text mig_profile;
        int64_t total, used, free_units;
};

/* One block of memory, its texts at the end of it. Does not change once it is made. */
struct seen_environment {
        size_t n_holders;
        int64_t at_seconds;
        struct text name;
        size_t n_pools;
        struct seen_pool pools[];
};

void units_init(struct units *u) {
        memset(u, 0, sizeof(*u));
        pthread_mutex_init(&u->lock, NULL);
}

/* The lock is held, here and in all that follows but where it is said. */
static void drop(struct seen_environment *e) {
        if (--e->n_holders == 0)
                free(e);
}

static void remove_at(struct units *u, size_t i) {
        u->n_pools -= u->environments[i]->n_pools;
        drop(u->environments[i]);
        u->environments[i] = u->environments[--u->n];
}

void units_release(struct units *u) {
        while (u->n > 0)
                remove_at(u, u->n - 1);
        pthread_mutex_destroy(&u->lock);
}

/* ---- seeing ---------------------------------------------------------------------------------- */

static bool is_usable(const struct usage *used) {
        return used->pool.len > 0 && used->pool.len <= NAME_MAX_BYTES &&
               used->mig_profile.len <= NAME_MAX_BYTES;
}

static struct text put(char **next, struct text t) {
        struct text copy = { .data = *next, .len = t.len };

        if (t.len > 0)
                memcpy(*next, t.data, t.len);
        *next += t.len;
        return copy;
}

static struct seen_pool *find_pool(struct seen_environment *e, const struct usage *used) {
        for (size_t i = 0; i < e->n_pools; i++) {
                if (text_equal(e->pools[i].pool, used->pool) &&
                    text_equal(e->pools[i].mig_profile, used->mig_profile))
                        return &e->pools[i];
        }
        return NULL;
}

/* Without the lock. NULL: no memory, or nothing to tell. */
static struct seen_environment *make(struct text name, const struct usage_list *used,
                                     int64_t now_seconds) {
        size_t n = used->n < UNITS_MAX_POOLS_EACH ? used->n : UNITS_MAX_POOLS_EACH;
        size_t text_bytes = name.len;
        struct seen_environment *e;
        char *next;

        if (name.len == 0 || name.len > NAME_MAX_BYTES)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                if (is_usable(&used->items[i]))
                        text_bytes += used->items[i].pool.len + used->items[i].mig_profile.len;
        }
        e = calloc(1, sizeof(*e) + n * sizeof(e->pools[0]) + text_bytes);
        if (!e)
                return NULL;
        next = (char *)&e->pools[n];
        e->n_holders = 1;
        e->at_seconds = now_seconds;
        e->name = put(&next, name);
        for (size_t i = 0; i < n; i++) {
                const struct usage *from = &used->items[i];
                struct seen_pool *pool = find_pool(e, from);

                if (!is_usable(from))
                        continue;
                if (!pool) {
                        pool = &e->pools[e->n_pools++];
                        pool->pool = put(&next, from->pool);
                        pool->mig_profile = put(&next, from->mig_profile);
                }
                pool->total += from->total;
                pool->used += from->used;
                pool->free_units += from->free_units;
        }
        return e;
}

static void remove_environment(struct units *u, struct text name) {
        for (size_t i = 0; i < u->n; i++) {
                if (text_equal(u->environments[i]->name, name)) {
                        remove_at(u, i);
                        return;
                }
        }
}

static void remove_oldest(struct units *u) {
        size_t oldest = 0;

        for (size_t i = 1; i < u->n; i++) {
                if (u->environments[i]->at_seconds < u->environments[oldest]->at_seconds)
                        oldest = i;
        }
        remove_at(u, oldest);
}

void units_see(struct units *u, struct text name, const struct usage_list *used,
               int64_t now_seconds) {
        struct seen_environment *e = make(name, used, now_seconds);

        if (!e)
                return;
        pthread_mutex_lock(&u->lock);
        remove_environment(u, name);
        while (u->n == UNITS_MAX_ENVIRONMENTS ||
               (u->n > 0 && u->n_pools + e->n_pools > UNITS_MAX_POOLS))
                remove_oldest(u);
        u->environments[u->n++] = e;
        u->n_pools += e->n_pools;
        pthread_mutex_unlock(&u->lock);
}

/* ---- telling --------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
        const struct seen_environment *const *left = a, *const *right = b;

        return text_compare((*left)->name, (*right)->name);
}

/* Without the lock: takes it to drop what is stale and to hold what is left. */
static size_t hold_all(struct units *u, int64_t now_seconds, struct seen_environment **ret) {
        size_t n;

        pthread_mutex_lock(&u->lock);
        for (size_t i = u->n; i-- > 0;) {
                if (now_seconds - u->environments[i]->at_seconds > UNITS_STALE_SECONDS)
                        remove_at(u, i);
        }
        n = u->n;
        for (size_t i = 0; i < n; i++) {
                ret[i] = u->environments[i];
                ret[i]->n_holders++;
        }
        pthread_mutex_unlock(&u->lock);
        qsort(ret, n, sizeof(ret[0]), compare_names);
        return n;
}

static void drop_all(struct units *u, struct seen_environment **held, size_t n) {
        pthread_mutex_lock(&u->lock);
        for (size_t i = 0; i < n; i++)
                drop(held[i]);
        pthread_mutex_unlock(&u->lock);
}

static int64_t total_of(const struct seen_pool *p) {
        return p->total;
}

static int64_t used_of(const struct seen_pool *p) {
        return p->used;
}

static int64_t free_of(const struct seen_pool *p) {
        return p->free_units;
}

static const struct {
        const char *name;
        const char *help;
        int64_t (*value)(const struct seen_pool *p);
} gauges[] = {
        { "function_gpu_placement_pool_units",
          "GPU units (GPUs, MIG slices or shares) that a pool declares.", total_of },
        { "function_gpu_placement_pool_units_used",
          "Units of a pool that are reserved for deployments.", used_of },
        { "function_gpu_placement_pool_units_free", "Units of a pool that are not reserved.",
          free_of },
};

static void write_gauge(struct builder *out, size_t gauge, struct seen_environment *const *all,
                        size_t n) {
        prometheus_head(out, gauges[gauge].name, "gauge", gauges[gauge].help);
        for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < all[i]->n_pools; k++) {
                        const struct seen_pool *p = &all[i]->pools[k];
                        const struct label labels[] = { { "environment", all[i]->name },
                                                        { "pool", p->pool },
                                                        { "mig_profile", p->mig_profile } };
                        const struct series series = { gauges[gauge].name, labels, 3 };

                        prometheus_number(out, &series, gauges[gauge].value(p));
                }
        }
}

static void write_seen(struct builder *out, struct seen_environment *const *all, size_t n) {
        const char *name = "function_gpu_placement_environment_seen_timestamp_seconds";

        prometheus_head(out, name, "gauge",
                        "When the units of an environment were last counted here.");
        for (size_t i = 0; i < n; i++) {
                const struct label label = { "environment", all[i]->name };
                const struct series series = { name, &label, 1 };

                prometheus_number(out, &series, all[i]->at_seconds);
        }
}

void units_write(struct units *u, int64_t now_seconds, struct builder *out) {
        struct seen_environment **held =
                ARENA_ARRAY(out->arena, UNITS_MAX_ENVIRONMENTS, struct seen_environment *);
        size_t n;

        if (!held)
                return;
        n = hold_all(u, now_seconds, held);
        for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
                write_gauge(out, i, held, n);
        write_seen(out, held, n);
        drop_all(u, held, n);
}
