/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where more would be placed if there were room: a deployment that waits is woken by these.
 */
#include "deploy/deploy_internal.h"

#include <errno.h>

#include "base/arena.h"

/* A reservation of no replicas yet. */
static struct reservation nothing_in(const struct fit *fit) {
        struct reservation r = ledger_place(fit->sub_pool);

        r.nodes = fit->demand.nodes;
        r.units_per_node = fit->demand.units_per_node;
        return r;
}

/* Its room as it is after this answer; GPUPools will say the same. */
static int measure(struct deciding *d, struct fit *fit) {
        struct chooser chooser = deploy_chooser(d, NULL);
        struct reservation nothing = nothing_in(fit);
        struct seating seating;
        int r;

        r = choose_room(&chooser, fit->sub_pool, &nothing, &seating);
        if (r < 0)
                return r;
        fit->is_known = true;
        fit->free_units = seating.free_units;
        fit->largest_gap = seating.largest_gap;
        fit->is_crowded = seating.unseated > 0 || seating.over_committed;
        return 0;
}

/* Is it a quota that keeps it from there? Room would not help then. */
static int is_beyond_quota(struct deciding *d, const struct fit *fit, bool *ret) {
        struct chooser chooser = deploy_chooser(d, NULL);
        struct reservation nothing = nothing_in(fit);
        struct share share;
        int r = choose_share(&chooser, fit->sub_pool, &nothing, &share);

        if (r == 0)
                *ret = share.limited && share.left < fit->units;
        return r;
}

static int64_t units_of(struct demand demand, int64_t replicas) {
        const struct reservation r = { .nodes = demand.nodes,
                                       .units_per_node = demand.units_per_node,
                                       .reserved = replicas };

        return reservation_units(&r);
}

static int add_fit(struct deciding *d, struct fits *fits, const struct sub_pool *sub_pool,
                   struct demand demand, int64_t replicas) {
        struct fit *fit = &fits->items[fits->n];
        bool beyond = false;
        int r;

        *fit = (struct fit) { .sub_pool = sub_pool,
                              .demand = demand,
                              .units = units_of(demand, replicas) };
        if (!d->request->whole_fleet) {
                fits->n++;
                return 0;
        }
        r = is_beyond_quota(d, fit, &beyond);
        if (r < 0 || beyond)
                return r;
        fits->n++;
        return measure(d, fit);
}

/* Serving profiles of one demand are one candidate here. */
static bool is_listed(const struct fits *fits, const struct sub_pool *sub_pool,
                      struct demand demand) {
        for (size_t i = fits->n; i-- > 0 && fits->items[i].sub_pool == sub_pool;) {
                if (fits->items[i].demand.nodes == demand.nodes &&
                    fits->items[i].demand.units_per_node == demand.units_per_node)
                        return true;
        }
        return false;
}

static int add_sub_pool(struct deciding *d, const struct sub_pool *sub_pool, struct fits *fits) {
        const struct order *order = &d->request->order;

        for (size_t i = 0; i < order->model->n_profiles; i++) {
                const struct candidate c = { .order = order,
                                             .profile = &order->model->profiles[i],
                                             .sub_pool = sub_pool };
                struct demand demand;
                int r;

                if (match(&c, false).reason != REASON_FITS)
                        continue;
                demand = match_demand(&c);
                if (is_listed(fits, sub_pool, demand))
                        continue;
                r = add_fit(d, fits, sub_pool, demand, order->deployment->replicas);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_environment(struct deciding *d, const struct environment *environment,
                           struct fits *fits) {
        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        int r = add_sub_pool(d, &pool->sub_pools[s], fits);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* Where that stays, as many more replicas of its size would do. */
static int add_here(struct deciding *d, const struct assignment *a, int64_t replicas,
                    struct fits *fits) {
        return add_fit(d, fits, a->sub_pool,
                       (struct demand) { a->planned.nodes, a->planned.units_per_node }, replicas);
}

/*
 * What is placed and has fewer replicas than are wanted grows where it is, one by one; a surge
 * that it holds beside them is none of these. A rollout that waits does so for its whole surge.
 */
static int add_more(struct deciding *d, struct fits *fits) {
        int64_t wanted = d->request->order.deployment->replicas;

        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];
                int r = 0;

                if (a->fate != FATE_STAYS || a->frozen || !deploy_takes_more(a))
                        continue;
                if (assignment_lasting(a) < deploy_most_lasting(d, a, wanted))
                        r = add_here(d, a, 1, fits);
                else if (a->rollout == ROLLOUT_WAITS && a->missing > 0)
                        r = add_here(d, a, a->missing, fits);
                if (r < 0)
                        return r;
        }
        return 0;
}

int deploy_fits(struct deciding *d, struct fits *ret) {
        const struct deploy_request *request = d->request;
        const struct deployment *deployment = request->order.deployment;
        size_t most = deploy_count(d, FATE_STAYS), n = request->n_environments;
        int64_t placed = (int64_t)most;
        struct fits fits = { 0 };
        int r = 0;

        for (size_t i = 0; i < d->n; i++)
                placed -= deploy_is_asleep(d, &d->assignments[i]);
        if (deployment->replicas == 0 || placed >= deployment->environments)
                n = 0; /* as many as are wanted are placed */
        for (size_t i = 0; i < n; i++)
                most += request->environments[i].n_sub_pools * request->order.model->n_profiles;
        fits.items = ARENA_ARRAY(d->arena, most, struct fit);
        if (!fits.items)
                return -ENOMEM;
        for (size_t i = 0; i < n && r == 0; i++) {
                if (!deploy_stays_in(d, &request->environments[i]))
                        r = add_environment(d, &request->environments[i], &fits);
        }
        if (r == 0)
                r = add_more(d, &fits);
        *ret = fits;
        return r;
}
