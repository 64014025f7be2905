/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a change of its pods reaches what runs: each rule of deploy/rollout.c, in numbers
 */
#include "lib/assertions.h"
#include "lib/memory.h"
#include "unit/deploy/world.h"

static struct world w;

/* One row: what is observed of one assignment whose pods change, and the whole decision. */
struct row {
        const char *name;
        bool kserve_021;
        enum rollout_policy policy;
        int64_t wanted;                /* replicas */
        int64_t replicas;              /* that the service is composed with */
        int64_t reserved, used, surge; /* as observed; the surge stands in the annotation */
        int64_t units;                 /* of the pool */
        int64_t others;                /* that another deployment uses there */
        bool unserved, same, rolled_out;
        const char *want;
        int64_t waits; /* units that it waits for there; 0: more would not help */
};

static const struct row rows[] = {
        { "reserves", .wanted = 1, .replicas = 1, .reserved = 1, .used = 1, .units = 2,
          .want = "stays a/p fp8 1x1x2 used 1 asks" },
        { "rolls", .wanted = 1, .replicas = 1, .reserved = 2, .used = 1, .units = 2,
          .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "runs", .wanted = 1, .replicas = 1, .reserved = 2, .used = 2, .surge = 1, .units = 2,
          .same = true, .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "ended", .wanted = 1, .replicas = 1, .reserved = 2, .used = 2, .surge = 1, .units = 2,
          .same = true, .rolled_out = true, .want = "stays a/p fp8 1x1x1 used 1" },
        { "growth hidden by its surge", true, .wanted = 5, .replicas = 4, .reserved = 5, .used = 5,
          .surge = 1, .units = 5, .same = true, .want = "stays a/p fp8 1x1x5 used 5 surge 1 rolls",
          .waits = 1 },
        { "newer", .wanted = 1, .replicas = 1, .reserved = 2, .used = 2, .surge = 1, .units = 2,
          .rolled_out = true, .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "reverted", .wanted = 1, .replicas = 1, .reserved = 2, .used = 1, .units = 2,
          .same = true, .want = "stays a/p fp8 1x1x1 used 1" },
        { "waits", .wanted = 1, .replicas = 1, .reserved = 1, .used = 1, .units = 2, .others = 1,
          .want = "stays a/p fp8 1x1x1 used 1 waits", .waits = 1 },
        { "in turn", true, .wanted = 1, .replicas = 1, .reserved = 1, .used = 1, .units = 2,
          .others = 1, .want = "stays a/p fp8 1x1x1 used 1" },
        { "in turn only", true, ROLLOUT_IN_TURN, .wanted = 1, .replicas = 1, .reserved = 1,
          .used = 1, .units = 2, .want = "stays a/p fp8 1x1x1 used 1" },
        { "in turn, too old", false, ROLLOUT_IN_TURN, .wanted = 1, .replicas = 1, .reserved = 1,
          .used = 1, .units = 2, .want = "stays a/p fp8 1x1x1 used 1 waits" },
        { "surge only", true, ROLLOUT_SURGE, .wanted = 1, .replicas = 1, .reserved = 1, .used = 1,
          .units = 2, .others = 1, .want = "stays a/p fp8 1x1x1 used 1 waits", .waits = 1 },
        { "a quarter", .wanted = 5, .replicas = 5, .reserved = 5, .used = 5, .units = 7,
          .want = "stays a/p fp8 1x1x7 used 5 asks" },
        { "no part of it", .wanted = 5, .replicas = 5, .reserved = 5, .used = 5, .units = 6,
          .want = "stays a/p fp8 1x1x5 used 5 waits", .waits = 2 },
        { "one of 0.21", true, .wanted = 5, .replicas = 5, .reserved = 5, .used = 5, .units = 6,
          .want = "stays a/p fp8 1x1x6 used 5 asks" },
        { "grows first", .wanted = 3, .replicas = 2, .reserved = 2, .used = 2, .units = 8,
          .want = "stays a/p fp8 1x1x3 used 2 asks" },
        { "rolls first", .wanted = 5, .replicas = 4, .reserved = 4, .used = 4, .units = 8,
          .want = "stays a/p fp8 1x1x5 used 4 asks" },
        { "grows no further", .wanted = 8, .replicas = 3, .reserved = 4, .used = 4, .surge = 1,
          .units = 9, .same = true, .want = "stays a/p fp8 1x1x5 used 4 surge 1 rolls" },
        { "grows while it rolls", true, .wanted = 8, .replicas = 3, .reserved = 4, .used = 4,
          .surge = 1, .units = 9, .same = true,
          .want = "stays a/p fp8 1x1x9 used 4 surge 1 rolls" },
        { "fewer", .wanted = 1, .replicas = 2, .reserved = 2, .used = 2, .units = 2,
          .want = "stays a/p fp8 1x1x2 used 1 asks" },
        { "fewer, asking", .wanted = 1, .replicas = 2, .reserved = 3, .used = 2, .units = 3,
          .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "fewer, rolling", .wanted = 1, .replicas = 2, .reserved = 3, .used = 3, .surge = 1,
          .units = 3, .same = true, .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "parked", .wanted = 0, .replicas = 1, .reserved = 2, .used = 2, .surge = 1, .units = 2,
          .same = true, .want = "stays a/p fp8 1x1x1 used 1 surge 1 rolls" },
        { "parked, ended", .wanted = 0, .replicas = 0, .reserved = 1, .used = 1, .surge = 1,
          .units = 2, .same = true, .rolled_out = true, .want = "stays a/p fp8 1x1x0 used 0" },
        { "half applied", .wanted = 1, .replicas = 1, .reserved = 2, .used = 1, .surge = 1,
          .units = 2, .same = true, .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "half applied, the units are gone", .wanted = 1, .replicas = 1, .reserved = 2, .used = 1,
          .surge = 1, .units = 2, .others = 1, .same = true,
          .want = "stays a/p fp8 1x1x2 used 2 surge 1 rolls" },
        { "never served", .wanted = 1, .replicas = 1, .reserved = 1, .used = 1, .units = 2,
          .others = 1, .unserved = true,
          .want = "drops a/p fp8 1x1x1 used 1: it never served, and its pods are to be others; "
                  "stays a/p fp8 1x1x1 used 0 fresh" },
};

static struct assignment *hold(const struct row *row) {
        struct sub_pool *pool;
        struct assignment *held;

        world_environment(&w, "a");
        pool = world_pool(&w, "p", "", row->units, 1, 80);
        w.settings.kserve_021 = row->kserve_021;
        w.deployment.rollout = row->policy;
        w.deployment.replicas = row->wanted;
        if (row->others > 0)
                world_other(&w, "other", pool, 1, row->others, row->others);
        held = world_hold(&w, pool, row->reserved, row->used);
        held->observed.surge = row->surge;
        held->observed.served = held->service.ready = !row->unserved;
        held->service.replicas = held->service.ready_replicas = row->replicas;
        held->service.rolled_out = row->rolled_out;
        held->revision = TEXT("new");
        held->service.revision = row->same ? TEXT("new") : TEXT("old");
        return held;
}

/* The list of reservations shows it as it is observed. */
static struct reservation *list(const struct assignment *held) {
        struct reservation *r = &w.others[w.n_others++];

        *r = held->observed;
        r->deployment = w.deployment.name;
        r->uid = w.deployment.uid;
        return r;
}

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct decision decision;

                world_init(&w);
                list(hold(&rows[i]));
                decision = world_decide(&w, &arena);
                print_message("%s\n", rows[i].name);
                assert_text(world_print(&decision, true, &arena), rows[i].want);
                assert_int_equal(decision.fits.n, rows[i].waits > 0);
                if (rows[i].waits > 0)
                        assert_int_equal(decision.fits.items[0].units, rows[i].waits);
                assert_int_equal(decision.settled,
                                 decision.plan.assignments[0].rollout == ROLLOUT_NONE &&
                                         decision.plan.n_assignments == 1);
        }
}

/* Of two that are asked for only one has a seat behind the others': neither is used. */
static void test_part_of_a_surge(void **state) {
        const struct row five = {
                .wanted = 5, .replicas = 5, .reserved = 7, .used = 5, .units = 7
        };
        struct decision decision;
        struct assignment *held;

        (void)state;
        w.deployment.priority = 5;
        held = hold(&five);
        held->observed.priority = 5;
        list(held);
        world_other(&w, "other", &w.sub_pools[0][0], 1, 1, 0);
        decision = world_decide(&w, &arena);
        assert_text(world_print(&decision, true, &arena), "stays a/p fp8 1x1x7 used 5 asks");
}

static int begin(void **state) {
        (void)state;
        arena_reset(&arena, SIZE_MAX);
        world_init(&w);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_rows, begin),
                cmocka_unit_test_setup(test_part_of_a_surge, begin),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
