/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "deploy/candidates.h"
#include "lib/memory.h"
#include "unit/deploy/world.h"

enum { FLEETS = 3000 };

static uint64_t state_of_random;

static int64_t below(int64_t n) {
        state_of_random = state_of_random * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (int64_t)((state_of_random >> 33) % (uint64_t)n);
}

/* ---- by which key ---------------------------------------------------------------------------- */

/* Two choices, which differ in what the row names only. */
struct row {
        const char *name;
        size_t profile;
        int64_t left_over, free_after;
        const char *cost;
        size_t environment, pool;
        const char *mig_profile;
        int order; /* of it against the first */
        enum choice_key key;
};

#define GIBS(n) ((n)*GIB)

/* clang-format off */
static const struct row rows[] = {
        { "equal",             0, GIBS(10), 4, "2", 0, 0, "1g.10gb",  0, N_CHOICE_KEYS },
        { "later profile",     1, 0,        0, "1", 0, 0, "1g.10gb",  1, CHOICE_PROFILE },
        { "leaves more",       0, GIBS(11), 0, "1", 0, 0, "1g.10gb",  1, CHOICE_LEFT_OVER },
        { "leaves less",       0, 0,        9, "3", 0, 1, "1g.10gb", -1, CHOICE_LEFT_OVER },
        { "unknown memory",    0, INT64_MAX, 0, "1", 0, 0, "1g.10gb", 1, CHOICE_LEFT_OVER },
        { "costs more",        0, GIBS(10), 0, "2.01", 0, 1, "1g.10gb",  1, CHOICE_COST },
        { "costs less",        0, GIBS(10), 9, "1.99", 0, 1, "1g.10gb", -1, CHOICE_COST },
        { "no cost",           0, GIBS(10), 0, "",  0, 1, "1g.10gb",  1, CHOICE_COST },
        { "less full",         0, GIBS(10), 5, "2", 0, 1, "1g.10gb",  1, CHOICE_FREE },
        { "fuller",            0, GIBS(10), 3, "2", 0, 1, "1g.10gb", -1, CHOICE_FREE },
        { "declared later",    0, GIBS(10), 4, "2", 0, 1, "0g",       1, CHOICE_ORDER },
        { "profile's name",    0, GIBS(10), 4, "2", 0, 0, "3g.40gb",  1, CHOICE_MIG_PROFILE },
        { "elsewhere, later",  0, GIBS(10), 4, "2", 1, 1, "1g.10gb",  1, CHOICE_ENVIRONMENT },
        { "elsewhere by name", 0, GIBS(10), 4, "2", 1, 0, "0g",      -1, CHOICE_MIG_PROFILE },
};
/* clang-format on */

static int sign(int order) {
        return (order > 0) - (order < 0);
}

static void choices_differ_by_the_first_key(void **state) {
        static struct environment environments[2] = { { .name = TEXT_INIT("a") },
                                                      { .name = TEXT_INIT("b") } };
        static struct pool pools[2][2];

        (void)state;
        environments[0].pools = pools[0];
        environments[1].pools = pools[1];
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *r = &rows[i];
                struct sub_pool first = { .environment = &environments[0],
                                          .pool = &pools[0][0],
                                          .mig_profile = TEXT("1g.10gb") },
                                other = { .environment = &environments[r->environment],
                                          .pool = &pools[r->environment][r->pool],
                                          .mig_profile = text_from(r->mig_profile) };
                struct choice a = { .sub_pool = &first, .left_over = GIBS(10), .free_after = 4 },
                              b = { .sub_pool = &other,
                                    .profile_index = r->profile,
                                    .left_over = r->left_over,
                                    .free_after = r->free_after };
                enum choice_key key = N_CHOICE_KEYS, back = N_CHOICE_KEYS;
                struct pool *cheap = &pools[0][0], *priced = &pools[r->environment][r->pool];

                cheap->cost = TEXT("2");
                assert_int_equal(quantity_parse(cheap->cost, &cheap->cost_value, NULL), 0);
                if (priced != cheap) {
                        priced->cost = text_from(r->cost);
                        if (r->cost[0])
                                assert_int_equal(
                                        quantity_parse(priced->cost, &priced->cost_value, NULL), 0);
                }
                if (sign(choice_compare(&b, &a, &key)) != r->order ||
                    sign(choice_compare(&a, &b, &back)) != -r->order || key != r->key ||
                    back != key)
                        fail_msg("%s: key %d", r->name, (int)key);
        }
}

/* ---- weighing tells what deciding does ------------------------------------------------------- */

static void make_fleet(struct world *w) {
        static const char *const names[] = { "a", "b", "c" }, *const pools[] = { "p", "q", "r" };
        static const char *const slices[] = { "", "1g.10gb", "3g.40gb" };
        static const char *const costs[] = { "", "1", "2" };
        int64_t n = 1 + below(3);

        world_init(w);
        w->model.n_profiles = 1 + (size_t)below(2);
        w->profiles[0].gpus_per_node = 1 + below(2);
        w->profiles[0].needs.memory_bytes = below(3) * 20 * GIB;
        w->profiles[1].gpus_per_node = 1;
        w->deployment.environments = 1 + below(2);
        w->deployment.replicas = 1 + below(3);
        for (int64_t e = 0; e < n; e++) {
                world_environment(w, names[e]);
                for (int64_t p = 1 + below(3); p > 0; p--) {
                        struct sub_pool *s = world_pool(w, pools[p - 1], slices[below(3)],
                                                        1 + below(4), 1 + below(2), 20 * below(5));
                        struct pool *pool = &w->pools[e][s->pool - w->pools[e]];

                        pool->cost = text_from(costs[below(3)]);
                        if (!text_is_empty(pool->cost))
                                quantity_parse(pool->cost, &pool->cost_value, NULL);
                        if (below(3) == 0)
                                world_other(w, "bot", s, 1, 1 + below(3), below(2));
                        if (w->n_held == 0 && below(12) == 0)
                                world_hold(w, s, w->deployment.replicas, below(2));
                }
        }
}

static struct decision decide(const struct world *w, struct weighing *ret) {
        const struct deploy_request request = { .order = { .deployment = &w->deployment,
                                                           .model = &w->model,
                                                           .settings = &w->settings },
                                                .environments = w->environments,
                                                .n_environments = w->n_environments,
                                                .reservations = w->others,
                                                .n_reservations = w->n_others,
                                                .held = w->held,
                                                .n_held = w->n_held,
                                                .whole_fleet = true,
                                                .weighing = ret };
        struct decision decision;

        assert_int_equal(deploy(&request, &arena, &decision), 0);
        return decision;
}

static const struct assignment *stays_in(const struct decision *d, struct text environment) {
        for (size_t i = 0; i < d->plan.n_assignments; i++) {
                const struct assignment *p = &d->plan.assignments[i];

                if (p->fate == FATE_STAYS && text_equal(p->planned.environment, environment))
                        return p;
        }
        return NULL;
}

static bool is_of(const struct weighed *w, const struct reservation *r) {
        return text_equal(w->sub_pool->environment->name, r->environment) &&
               text_equal(w->sub_pool->pool->name, r->pool) &&
               text_equal(w->sub_pool->mig_profile, r->mig_profile) &&
               text_equal(w->profile->name, r->serving_profile);
}

/* Is what was taken there among the candidates, and is none of them better? */
static void check_taken(const struct weighing *weighing, const struct assignment *p) {
        const struct weighed *taken = NULL;

        for (size_t i = 0; i < weighing->n; i++) {
                if (is_of(&weighing->items[i], &p->planned))
                        taken = &weighing->items[i];
        }
        assert_non_null(taken);
        assert_int_equal(taken->verdict.reason, REASON_FITS);
        for (size_t i = 0; i < weighing->n; i++) {
                const struct weighed *w = &weighing->items[i];

                if (w->verdict.reason == REASON_FITS &&
                    w->sub_pool->environment == taken->sub_pool->environment)
                        assert_true(choice_compare(&taken->choice, &w->choice, NULL) <= 0);
        }
}

static void weighing_agrees_with_the_decision(void **state) {
        size_t n_taken = 0, n_refused = 0;

        (void)state;
        for (uint64_t seed = 1; seed <= FLEETS; seed++) {
                struct weighing weighing;
                struct decision plain, d;
                struct world w;

                state_of_random = seed;
                arena_reset(&arena, SIZE_MAX);
                make_fleet(&w);
                d = decide(&w, &weighing);
                plain = world_decide(&w, &arena);
                assert_true(text_equal(world_print(&plain, true, &arena),
                                       world_print(&d, true, &arena)));
                assert_true(weighing.whole_fleet);
                for (size_t i = 0; i < d.plan.n_assignments; i++) {
                        if (d.plan.assignments[i].fresh) {
                                check_taken(&weighing, &d.plan.assignments[i]);
                                n_taken++;
                        }
                }
                for (size_t i = 0; i < weighing.n && d.placed < d.wanted; i++) {
                        const struct weighed *item = &weighing.items[i];

                        if (item->verdict.reason == REASON_FITS)
                                assert_non_null(stays_in(&d, item->sub_pool->environment->name));
                        else
                                n_refused++;
                }
        }
        assert_true(n_taken > FLEETS / 4 && n_refused > FLEETS / 4);
}

static void used_and_free_are_the_ledgers(void **state) {
        struct weighing weighing;
        struct sub_pool *s, *over;
        struct world w;

        (void)state;
        arena_reset(&arena, SIZE_MAX);
        world_init(&w);
        world_environment(&w, "a");
        s = world_pool(&w, "p", "", 4, 2, 40);
        over = world_pool(&w, "q", "", 1, 1, 40);
        world_other(&w, "bot", s, 2, 2, 0);
        world_other(&w, "cat", over, 1, 3, 3);
        world_hold(&w, s, 1, 1);
        decide(&w, &weighing);
        assert_int_equal(weighing.n, 2);
        assert_int_equal(weighing.items[0].used, 5); /* 4 of bot, 1 of its own */
        assert_int_equal(weighing.items[0].free_units, 3);
        assert_int_equal(weighing.items[1].used, 3);
        assert_int_equal(weighing.items[1].free_units, 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(choices_differ_by_the_first_key),
                cmocka_unit_test(weighing_agrees_with_the_decision),
                cmocka_unit_test(used_and_free_are_the_ledgers),
        };

        return cmocka_run_group_tests_name("weigh", tests, memory_set_up, memory_tear_down);
}
