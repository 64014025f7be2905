/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/quota_room.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "deploy/seating.h"

/* Services in a remote cluster are no pods of the namespace here. */
static bool is_direct(const struct settings *settings, const struct environment *environment) {
        if (settings->target == TARGET_AUTO)
                return environment->source == CLUSTER_IN_CLUSTER;
        return settings->target == TARGET_DIRECT;
}

/* An environment that is gone is unknown, so what it holds counts. */
static bool is_counted(const struct quota_room *allowance, const struct reservation *r) {
        const struct environment *environment = environment_find(
                allowance->environments, allowance->n_environments, r->environment);

        return !environment || is_direct(allowance->order->settings, environment);
}

int quota_room_build(const struct ledger *ledger, struct arena *arena,
                     struct quota_room *allowance) {
        allowance->n_others = 0;
        if (allowance->n_quotas == 0)
                return 0;
        allowance->others = ARENA_ARRAY(arena, ledger->n_entries, const struct reservation *);
        if (!allowance->others)
                return -ENOMEM;
        for (size_t i = 0; i < ledger->n_entries; i++) {
                const struct reservation *r = ledger->entries[i];

                if (text_equal(r->namespace_, allowance->order->deployment->namespace_) &&
                    is_counted(allowance, r))
                        allowance->others[allowance->n_others++] = r;
        }
        return 0;
}

static int find_limit(const struct quota_room *allowance, const struct sub_pool *sub_pool,
                      struct arena *arena, struct share *ret) {
        bool claims = sub_pool->pool->allocation == ALLOCATION_DRA;
        struct text key = quota_key(sub_pool->resource_name, claims, arena);
        struct text priority_class = allowance->order->deployment->priority_class;

        if (text_is_empty(key))
                return -ENOMEM;
        if (text_is_empty(priority_class))
                priority_class = sub_pool->pool->priority_class;
        for (size_t i = 0; i < allowance->n_quotas; i++) {
                const struct quota *quota = &allowance->quotas[i];
                bool covers =
                        claims ? quota_covers_claims(quota) : quota_covers(quota, priority_class);
                int64_t limit;

                if (!covers || !quota_limit(quota, key, &limit) ||
                    (ret->limited &&
                     (limit > ret->limit ||
                      (limit == ret->limit && text_compare(quota->name, ret->quota) > 0))))
                        continue;
                ret->limited = true;
                ret->limit = limit;
                ret->quota = quota->name;
        }
        return 0;
}

static int64_t add(int64_t a, int64_t b) {
        int64_t sum;

        return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t units_of(const struct reservation *r, int64_t replicas) {
        struct reservation part = *r;

        part.reserved = replicas;
        return reservation_units(&part);
}

static int compare(const void *a, const void *b) {
        return seating_compare(*(const struct reservation *const *)a,
                               *(const struct reservation *const *)b);
}

/* Used replicas never yield; of the others as many stay, in holding order, as there are units.
 */
static int64_t count_unseated(const struct reservation **all, size_t n, int64_t limit,
                              const struct reservation *asking) {
        int64_t taken = 0;

        for (size_t i = 0; i < n; i++)
                taken = add(taken, units_of(all[i], all[i]->used));
        if (n > 1)
                qsort(all, n, sizeof(*all), compare);
        for (size_t i = 0; i < n; i++) {
                int64_t each = units_of(all[i], 1), waiting = all[i]->reserved - all[i]->used;
                int64_t room = taken < limit ? (limit - taken) / each : 0;
                int64_t stay = room < waiting ? room : waiting;

                taken = add(taken, units_of(all[i], stay));
                if (all[i] == asking)
                        return waiting - stay;
        }
        return 0;
}

static int find_share(const struct quota_room *allowance, const struct sub_pool *sub_pool,
                      const struct reservation *const *mine, size_t n_mine,
                      const struct reservation *asking, struct arena *arena, struct share *ret) {
        struct text resource = sub_pool->resource_name;
        const struct reservation **all;
        int64_t held = 0;
        size_t n = 0;

        all = ARENA_ARRAY(arena, allowance->n_others + n_mine + 1, const struct reservation *);
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < allowance->n_others; i++) {
                if (text_equal(allowance->others[i]->resource_name, resource))
                        all[n++] = allowance->others[i];
        }
        for (size_t i = 0; i < n_mine; i++) {
                if (mine[i] != asking && text_equal(mine[i]->resource_name, resource) &&
                    is_counted(allowance, mine[i]))
                        all[n++] = mine[i];
        }
        for (size_t i = 0; i < n; i++)
                held = add(held, reservation_units(all[i]));
        all[n++] = asking;
        ret->left = held < ret->limit ? ret->limit - held : 0;
        ret->unseated = count_unseated(all, n, ret->limit, asking);
        return 0;
}

int quota_room_share(const struct quota_room *allowance, const struct sub_pool *sub_pool,
                     const struct reservation *const *mine, size_t n_mine,
                     const struct reservation *asking, struct arena *arena, struct share *ret) {
        struct arena_mark mark = arena_mark(arena);
        struct share share = { 0 };
        int r = 0;

        if (allowance->n_quotas > 0 && is_direct(allowance->order->settings, sub_pool->environment))
                r = find_limit(allowance, sub_pool, arena, &share);
        if (r == 0 && share.limited)
                r = find_share(allowance, sub_pool, mine, n_mine, asking, arena, &share);
        arena_rewind(arena, mark);
        if (r == 0)
                *ret = share;
        return r;
}
