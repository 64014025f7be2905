/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of every decision, tried on small random fleets
 *
 * Each history is a few rounds of: something changes, the deployment decides,
 * and what it decided is observed. A failure names the seed of its history.
 */
#include <string.h>

#include "lib/json.h"
#include "lib/memory.h"
#include "lib/random.h"
#include "unit/deploy/world.h"

enum { ROUNDS = 8 };

static uint64_t histories = 4000; /* or as many as the first argument says */

static uint64_t seed;
static struct random numbers;

/* 0..n-1 */
static int64_t below(int64_t n) {
        return random_below(&numbers, n);
}

static bool one_in(int64_t n) {
        return random_one_in(&numbers, n);
}

/* ---- random fleets --------------------------------------------------------------------------- */

static const char *const environment_names[] = { "a", "b", "c", "d" };
static const char *const pool_names[] = { "p", "q", "r" };
static const char *const others[] = { "bot", "code", "draw", "echo", "fast", "gate" };

static struct sub_pool *any_sub_pool(struct world *w) {
        int64_t e = below((int64_t)w->n_environments);

        return &w->sub_pools[e][below((int64_t)w->environments[e].n_pools)];
}

static struct pool *pool_of(struct world *w, const struct sub_pool *s) {
        return &w->pools[s->environment - w->environments][s->pool - s->environment->pools];
}

static void add_other(struct world *w) {
        struct reservation *r;
        int64_t replicas = 1 + below(3);

        if (w->n_others == WORLD_OTHERS)
                return;
        r = world_other(w, others[below(6)], any_sub_pool(w), 1 + below(3), replicas,
                        below(replicas + 1));
        r->order = (int64_t)w->n_others;
        r->priority = below(3) - 1;
        r->leaving = one_in(6);
        if (one_in(5))
                r->nodes = 2;
}

static void make_fleet(struct world *w) {
        static const int64_t memory_gib[] = { 10, 20, 40, 80 };
        static const char *const slices[] = { "", "1g.10gb", "3g.40gb" };
        int64_t n = 1 + below(4);

        world_init(w);
        w->settings.multi_node = true;
        w->settings.multi_slice = one_in(2);
        w->model.n_profiles = 1 + (size_t)below(2);
        w->profiles[0].gpus_per_node = 1 + below(3);
        w->profiles[0].nodes = one_in(4) ? 2 : 1;
        w->profiles[0].needs.memory_bytes = below(3) * 20 * GIB;
        w->profiles[1].gpus_per_node = 1 + below(2);
        w->deployment.environments = 1 + below(3);
        w->deployment.replicas = 1 + below(3);
        w->deployment.priority = below(3) - 1;
        for (int64_t e = 0; e < n; e++) {
                int64_t pools = 1 + below(3);

                world_environment(w, environment_names[e]);
                for (int64_t p = 0; p < pools; p++) {
                        struct sub_pool *s =
                                world_pool(w, pool_names[p], slices[below(3)], 1 + below(8),
                                           1 + below(3), memory_gib[below(4)]);

                        if (one_in(2))
                                pool_of(w, s)->multi_node = json_value(&arena, "true");
                }
        }
        for (int64_t k = below(8); k > 0; k--)
                add_other(w);
}

/* What users, platform engineers, other deployments and KServe do between two decisions. */
static void change(struct world *w) {
        struct sub_pool *s = any_sub_pool(w);

        switch (below(14)) {
        case 0:
                s->nodes += 1;
                s->units = s->nodes * s->units_per_node;
                break;
        case 1:
                s->nodes -= s->nodes > 0;
                s->units = s->nodes * s->units_per_node;
                break;
        case 2:
                pool_of(w, s)->schedulable = (enum schedulable)below(3);
                break;
        case 3:
                w->environments[below((int64_t)w->n_environments)].not_ready = one_in(2);
                break;
        case 4:
                w->deployment.replicas = 1 + below(4);
                break;
        case 5:
                w->deployment.environments = 1 + below(3);
                break;
        case 6:
                w->profiles[below(2)].gpus_per_node = 1 + below(3);
                break;
        case 7:
                w->profiles[0].nodes = 1 + below(2);
                break;
        case 8:
                w->deployment.model_name = one_in(2) ? TEXT("gemma") : TEXT("llama");
                break;
        case 9:
                s->invalid = one_in(2) ? TEXT("broken") : (struct text) { 0 };
                break;
        case 10:
                w->n_others -= w->n_others > 0;
                break;
        case 11:
                if (w->n_held > 0)
                        w->held[below((int64_t)w->n_held)].service.ready = false;
                break;
        default:
                add_other(w);
        }
        for (size_t i = 0; i < w->n_held; i++) {
                if (one_in(2))
                        world_serve(&w->held[i]);
        }
}

/* ---- properties ------------------------------------------------------------------------------ */

static void shuffle(void *items, size_t n, size_t size) {
        char spare[sizeof(struct assignment)], *bytes = items;

        assert_true(size <= sizeof(spare));
        for (size_t i = n; i > 1; i--) {
                size_t k = (size_t)below((int64_t)i);

                memcpy(spare, bytes + (i - 1) * size, size);
                memmove(bytes + (i - 1) * size, bytes + k * size, size);
                memcpy(bytes + k * size, spare, size);
        }
}

static struct text everything(const struct decision *decision) {
        struct builder b;

        builder_init(&b, &arena);
        builder_text(&b, world_print(decision, true, &arena));
        for (size_t i = 0; i < decision->rejections.n_items; i++) {
                const struct rejection *r = &decision->rejections.items[i];

                builder_string(&b, "\n");
                builder_text(&b, r->sub_pool->environment->name);
                builder_text(&b, r->sub_pool->pool->name);
                builder_text(&b, r->profile->name);
                builder_string(&b, reason_name(r->verdict.reason));
                builder_text(&b, explain_rejection(r, &arena));
        }
        return builder_done(&b);
}

static void assert_alike(struct text got, struct text want, const char *what) {
        if (!text_equal(got, want))
                fail_msg("seed %llu: %s:\n%.*s\nis not\n%.*s", (unsigned long long)seed, what,
                         TEXT_ARG(got), TEXT_ARG(want));
}

/* The order in which Crossplane sends things says nothing. */
static void check_shuffled(const struct world *w, const struct decision *decision) {
        struct world copy = *w;
        struct decision again;

        /* The copy's reservations are shuffled; its fleet is the same memory. */
        shuffle(copy.others, copy.n_others, sizeof(copy.others[0]));
        shuffle(copy.held, copy.n_held, sizeof(copy.held[0]));
        again = world_decide(&copy, &arena);
        assert_alike(everything(&again), everything(decision), "shuffled");
}

/* A decision that is observed and made again is the same. */
static void check_repeated(const struct world *w, const struct decision *decision) {
        struct world copy = *w;
        struct decision again;

        world_observe(&copy, decision);
        again = world_decide(&copy, &arena);
        assert_alike(world_print(&again, false, &arena), world_print(decision, false, &arena),
                     "decided again");
        for (size_t i = 0; i < again.plan.n_assignments; i++) {
                assert_false(again.plan.assignments[i].fresh);
                assert_int_not_equal(again.plan.assignments[i].fate, FATE_DROPPED);
        }
}

static const struct assignment *find(const struct decision *decision, struct text suffix) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                if (text_equal(decision->plan.assignments[i].suffix, suffix))
                        return &decision->plan.assignments[i];
        }
        return NULL;
}

/*
 * What is Ready is there afterwards, unless fewer are wanted or as many others are Ready;
 * what is used stays used, unless fewer replicas are wanted.
 */
static void check_nothing_lost(const struct world *w, const struct decision *decision) {
        int64_t before = 0, after = 0, wanted = w->deployment.environments;

        for (size_t i = 0; i < w->n_held; i++) {
                const struct assignment *held = &w->held[i];
                const struct assignment *p = find(decision, held->suffix);
                int64_t used = held->observed.used;

                assert_non_null(p);
                before += held->service.ready;
                after += held->service.ready && p->fate != FATE_DROPPED;
                if (p->fate == FATE_STAYS && used > w->deployment.replicas)
                        used = w->deployment.replicas;
                if (p->fate != FATE_DROPPED && p->planned.used < used)
                        fail_msg("seed %llu: used replicas are lost", (unsigned long long)seed);
        }
        if (after < before && after < wanted)
                fail_msg("seed %llu: %lld were Ready, and %lld are left", (unsigned long long)seed,
                         (long long)before, (long long)after);
}

/* One assignment per environment that stays, never more than wanted, never more than asked. */
static void check_within_bounds(const struct world *w, const struct decision *decision) {
        int64_t staying = 0;

        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];

                if (p->fate != FATE_STAYS)
                        continue;
                staying++;
                for (size_t k = 0; k < i; k++) {
                        const struct assignment *q = &decision->plan.assignments[k];

                        if (q->fate == FATE_STAYS &&
                            text_equal(p->planned.environment, q->planned.environment))
                                fail_msg("seed %llu: two in one environment",
                                         (unsigned long long)seed);
                }
                if (!p->frozen)
                        assert_in_range(p->planned.reserved, 1, w->deployment.replicas);
                assert_in_range(p->planned.used, 0, p->planned.reserved);
        }
        assert_int_equal(staying, decision->placed);
        assert_true(staying <= w->deployment.environments);
        if (staying == w->deployment.environments)
                assert_int_equal(decision->rejections.n, 0);
}

/* Units of a sub-pool that are reserved by all, once the decision is observed. */
static struct seating seating_after(const struct world *w, const struct decision *decision,
                                    const struct sub_pool *s) {
        const struct reservation *mine[WORLD_HELD];
        struct reservation copies[WORLD_HELD];
        struct ledger ledger;
        struct seating seating;
        size_t n = 0;

        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                if (decision->plan.assignments[i].fate == FATE_DROPPED)
                        continue;
                copies[n] = decision->plan.assignments[i].planned;
                mine[n] = &copies[n];
                n++;
        }
        assert_int_equal(ledger_build(w->others, w->n_others, &w->deployment, &arena, &ledger), 0);
        assert_int_equal(seating_find(&ledger, s, mine, n, NULL, &arena, &seating), 0);
        return seating;
}

/* Whoever was granted anything new has a seat, and so has everybody else there. */
static void check_new_grants_sit(const struct world *w, const struct decision *decision) {
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i];
                struct seating seating;

                if (!p->fresh)
                        continue;
                for (size_t e = 0; e < w->n_environments; e++) {
                        for (size_t k = 0; k < w->environments[e].n_pools; k++) {
                                const struct sub_pool *s =
                                        &w->environments[e].pools[k].sub_pools[0];

                                if (!text_equal(s->environment->name, p->planned.environment) ||
                                    !text_equal(s->pool->name, p->planned.pool))
                                        continue;
                                seating = seating_after(w, decision, s);
                                if (seating.unseated > 0 || seating.over_committed)
                                        fail_msg("seed %llu: a new grant without a seat: %.*s",
                                                 (unsigned long long)seed,
                                                 TEXT_ARG(world_print(decision, true, &arena)));
                        }
                }
        }
}

/* With a node more, what was held stays where it is, with no fewer replicas. */
static void check_grown_pool(struct world *w, const struct decision *decision) {
        struct sub_pool *s = any_sub_pool(w), before = *s;
        struct seating seating = seating_after(w, decision, s);
        struct decision grown;

        if (seating.unseated > 0 || seating.over_committed)
                return; /* who has no seat sits down first, on this node and on others */
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct reservation *r = &decision->plan.assignments[i].planned;

                if (r->leaving && text_equal(r->environment, s->environment->name))
                        return; /* what leaves it may come back, and is wanted no less */
        }
        s->nodes++;
        s->units = s->nodes * s->units_per_node;
        grown = world_decide(w, &arena);
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i], *q;

                if (p->fresh || p->fate != FATE_STAYS)
                        continue;
                q = find(&grown, p->suffix);
                if (!q || q->fate != FATE_STAYS || q->planned.reserved < p->planned.reserved ||
                    !text_equal(q->planned.pool, p->planned.pool))
                        fail_msg("seed %llu: a node more un-places", (unsigned long long)seed);
        }
        assert_true(grown.placed >= decision->placed);
        *s = before;
}

/* A pool more, however good, moves nothing that stays and takes nothing from it. */
static void check_added_pool(const struct world *w, const struct decision *decision) {
        static const int64_t memory_gib[] = { 10, 20, 40, 80 };
        struct world more = *w;
        struct environment *last = &more.environments[more.n_environments - 1];
        struct pool pools[WORLD_POOLS];
        struct decision again;

        if (last->n_pools == WORLD_POOLS)
                return;
        /* The copy's pools are copied too: the new one comes behind them. */
        memcpy(pools, last->pools, last->n_pools * sizeof(pools[0]));
        world_pool(&more, "z", "", 8, 4, memory_gib[below(4)]);
        pools[last->n_pools - 1] = more.pools[more.n_environments - 1][last->n_pools - 1];
        last->pools = pools;
        again = world_decide(&more, &arena);
        for (size_t i = 0; i < decision->plan.n_assignments; i++) {
                const struct assignment *p = &decision->plan.assignments[i], *q;

                if (p->fresh || p->fate != FATE_STAYS)
                        continue;
                q = find(&again, p->suffix);
                if (!q || q->fate != FATE_STAYS || q->planned.reserved < p->planned.reserved ||
                    !text_equal(q->planned.pool, p->planned.pool))
                        fail_msg("seed %llu: a pool more moves something",
                                 (unsigned long long)seed);
        }
        assert_true(again.placed >= decision->placed);
}

static void test_histories(void **state) {
        static struct world w;
        uint64_t placed = 0, settled = 0, left = 0, dropped = 0, rejected = 0;

        (void)state;
        for (seed = 1; seed <= histories; seed++) {
                numbers.state = seed;
                make_fleet(&w);
                for (int round = 0; round < ROUNDS; round++) {
                        struct decision decision = world_decide(&w, &arena);

                        check_shuffled(&w, &decision);
                        check_within_bounds(&w, &decision);
                        check_nothing_lost(&w, &decision);
                        check_new_grants_sit(&w, &decision);
                        check_repeated(&w, &decision);
                        check_grown_pool(&w, &decision);
                        check_added_pool(&w, &decision);
                        placed += decision.placed > 0;
                        settled += decision.settled;
                        rejected += decision.rejections.n > 0;
                        for (size_t i = 0; i < decision.plan.n_assignments; i++) {
                                left += decision.plan.assignments[i].fate == FATE_LEAVES;
                                dropped += decision.plan.assignments[i].fate == FATE_DROPPED;
                        }
                        world_observe(&w, &decision);
                        change(&w);
                }
                arena_reset(&arena, SIZE_MAX);
        }
        /* The histories go where it matters. */
        assert_true(placed > histories * 3);
        assert_true(settled > histories / 4);
        assert_true(left > histories / 4);
        assert_true(dropped > histories / 4);
        assert_true(rejected > histories);
}

/* ---- several deployments --------------------------------------------------------------------- */

enum { PLAYERS = 5 };

/* The deployment of player i decides, of what all reserved when the snapshot was taken. */
static struct decision decide_as(struct world *w, const struct assignment *held, size_t n,
                                 size_t i) {
        w->deployment.name = held[i].observed.deployment;
        w->deployment.priority = held[i].observed.priority;
        w->deployment.replicas = held[i].observed.reserved;
        w->profiles[0].gpus_per_node = held[i].observed.units_per_node;
        w->held[0] = held[i];
        w->n_held = 1;
        w->n_others = 0;
        for (size_t k = 0; k < n; k++) {
                if (k != i)
                        w->others[w->n_others++] = held[k].observed;
        }
        return world_decide(w, &arena);
}

/* From one snapshot exactly those replicas yield that have no seat, and none that has served. */
static void test_joint_snapshots(void **state) {
        static struct world w;
        uint64_t yielded = 0;

        (void)state;
        for (seed = 1; seed <= histories; seed++) {
                struct assignment held[PLAYERS];
                struct reservation all[PLAYERS];
                struct ledger ledger;
                struct seating before, after;
                struct sub_pool *s;
                int64_t removed = 0;

                numbers.state = seed;
                world_init(&w);
                w.settings.multi_slice = true;
                world_environment(&w, "a");
                s = world_pool(&w, "p", "3g.40gb", 2 + below(7), 1 + below(3), 40);
                for (size_t i = 0; i < PLAYERS; i++) {
                        int64_t replicas = 1 + below(3);
                        struct reservation *r = &held[i].observed;

                        w.n_held = 0;
                        held[i] = *world_hold(&w, s, replicas, below(replicas + 1));
                        r->deployment = r->name = text_from(others[i]);
                        r->priority = below(2);
                        r->units_per_node = 1 + below(2);
                        all[i] = *r;
                }
                assert_int_equal(ledger_build(all, PLAYERS, NULL, &arena, &ledger), 0);
                assert_int_equal(seating_find(&ledger, s, NULL, 0, NULL, &arena, &before), 0);
                for (size_t i = 0; i < PLAYERS; i++) {
                        struct decision decision = decide_as(&w, held, PLAYERS, i);
                        const struct assignment *p = &decision.plan.assignments[0];

                        assert_true(decision.plan.n_assignments == 1);
                        assert_int_equal(p->planned.used, held[i].observed.used);
                        assert_true(p->fate == FATE_STAYS || held[i].observed.used == 0);
                        removed += held[i].observed.reserved - p->planned.reserved;
                        all[i].reserved = p->planned.reserved;
                }
                if (removed != before.unseated)
                        fail_msg("seed %llu: %lld yield, not %lld", (unsigned long long)seed,
                                 (long long)removed, (long long)before.unseated);
                assert_int_equal(seating_find(&ledger, s, NULL, 0, NULL, &arena, &after), 0);
                assert_int_equal(after.unseated, 0);
                yielded += (uint64_t)removed;
                arena_reset(&arena, SIZE_MAX);
        }
        assert_true(yielded > histories);
}

/*
 * Several deployments start at once and decide in any order, some from a snapshot
 * of the round before: they come to rest, nothing that served is lost on the way,
 * and no unit is promised twice in the end.
 */
static void test_stale_snapshots(void **state) {
        static struct world w;
        uint64_t contested = 0;

        (void)state;
        for (seed = 1; seed <= histories / 4; seed++) {
                struct deployment deployments[PLAYERS];
                struct assignment now[PLAYERS], stale[PLAYERS];
                bool have_now[PLAYERS] = { false }, have_stale[PLAYERS] = { false };
                int64_t units[PLAYERS];
                int quiet = 0, round;

                numbers.state = seed;
                world_init(&w);
                w.settings.multi_slice = true;
                for (int64_t e = 1 + below(2), i = 0; i < e; i++) {
                        world_environment(&w, environment_names[i]);
                        world_pool(&w, "p", "3g.40gb", 2 + below(4), 1 + below(2), 40);
                        world_pool(&w, "q", "", 1 + below(4), 1, 80);
                }
                for (size_t i = 0; i < PLAYERS; i++) {
                        deployments[i] = w.deployment;
                        deployments[i].name = text_from(others[i]);
                        deployments[i].priority = below(2);
                        deployments[i].replicas = 1 + below(3);
                        units[i] = 1 + below(3);
                }
                for (round = 0; round < 60 && quiet < 3; round++) {
                        bool moved = false;

                        for (size_t i = 0; i < PLAYERS; i++) {
                                bool old = one_in(2) && round < 40;
                                struct decision decision;
                                bool has = false;

                                w.deployment = deployments[i];
                                w.profiles[0].gpus_per_node = units[i];
                                w.n_others = 0;
                                for (size_t k = 0; k < PLAYERS; k++) {
                                        if (k != i && (old ? have_stale[k] : have_now[k]))
                                                w.others[w.n_others++] =
                                                        old ? stale[k].observed : now[k].observed;
                                }
                                w.n_held = have_now[i];
                                w.held[0] = now[i];
                                if (have_now[i] && one_in(3)) {
                                        world_serve(&w.held[0]);
                                        moved |= now[i].observed.used < now[i].observed.reserved;
                                }
                                decision = world_decide(&w, &arena);
                                check_nothing_lost(&w, &decision);
                                for (size_t p = 0; p < decision.plan.n_assignments; p++) {
                                        contested +=
                                                decision.plan.assignments[p].fate == FATE_DROPPED;
                                        moved |= decision.plan.assignments[p].fresh ||
                                                 decision.plan.assignments[p].fate == FATE_DROPPED;
                                }
                                world_observe(&w, &decision);
                                assert_true(w.n_held <= 1);
                                has = w.n_held == 1;
                                moved |= has && have_now[i] &&
                                         now[i].observed.reserved != w.held[0].observed.reserved;
                                have_now[i] = has;
                                if (has)
                                        now[i] = w.held[0];
                        }
                        memcpy(stale, now, sizeof(now));
                        memcpy(have_stale, have_now, sizeof(have_now));
                        quiet = moved ? 0 : quiet + 1;
                }
                if (quiet < 3)
                        fail_msg("seed %llu: does not settle", (unsigned long long)seed);
                arena_reset(&arena, SIZE_MAX);
        }
        assert_true(contested > histories / 16);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_histories),
                cmocka_unit_test(test_joint_snapshots),
                cmocka_unit_test(test_stale_snapshots),
        };

        if (argc > 1 && !text_to_u64(text_from(argv[1]), &histories))
                return 2;
        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
