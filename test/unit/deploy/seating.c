/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "deploy/seating.h"
#include "lib/sweep.h"

#define HUGE (INT64_C(1) << 62)

enum { ENTRIES_MAX = 8, OURS = 1 };

struct entry {
        const char *deployment;
        int64_t nodes, units, replicas, admitted;
        int64_t priority;
        int ours; /* one of mine; OURS: it is the one that asks */
};

struct row {
        const char *name;
        const char *reason;
        int64_t nodes, units_per_node;
        struct entry entries[ENTRIES_MAX];
        struct seating want; /* free, largest gap, without, own_unseated, over-committed */
};

/* clang-format off */
static const struct row rows[] = {
        { "empty", "nobody is there", 2, 8, { { 0 } }, { 16, 8, 0, 0, false } },
        { "no node", "an empty sub-pool has no gap", 0, 8, { { 0 } }, { 0, 0, 0, 0, false } },
        { "no node, one asks", "and no seat", 0, 8,
          { { "a", 1, 1, 1, 0, 0, OURS } }, { 0, 0, 1, 1, false } },
        { "one replica", "the lowest node is taken first", 2, 8,
          { { "a", 1, 3, 1, 1, 0, 0 } }, { 13, 8, 0, 0, false } },
        { "untouched node", "a node that nobody reaches is a gap of its own", 3, 4,
          { { "a", 1, 4, 2, 2, 0, 0 } }, { 4, 4, 0, 0, false } },
        { "full", "the last unit", 2, 8,
          { { "a", 1, 1, 15, 15, 0, 0 }, { "b", 1, 1, 1, 0, 0, OURS } },
          { 0, 0, 0, 0, false } },
        { "one too many", "who asks is without", 2, 8,
          { { "a", 1, 1, 16, 16, 0, 0 }, { "b", 1, 1, 1, 0, 0, OURS } },
          { 0, 0, 1, 1, false } },
        { "two take the last unit, the other comes first", "by name", 1, 1,
          { { "a", 1, 1, 1, 0, 0, 0 }, { "b", 1, 1, 1, 0, 0, OURS } },
          { 0, 0, 1, 1, false } },
        { "two take the last unit, we come first", "by name", 1, 1,
          { { "b", 1, 1, 1, 0, 0, 0 }, { "a", 1, 1, 1, 0, 0, OURS } },
          { 0, 0, 1, 0, false } },
        { "priority", "goes before the name", 1, 1,
          { { "b", 1, 1, 1, 0, 0, 0 },
            { "c", 1, 1, 1, 0, 5, OURS } },
          { 0, 0, 1, 0, false } },
        { "negative priority", "goes last", 1, 1,
          { { "b", 1, 1, 1, 0, 0, 0 }, { "a", 1, 1, 1, 0, -1, OURS } },
          { 0, 0, 1, 1, false } },
        { "admitted", "never yields, whoever comes with what priority", 1, 1,
          { { "b", 1, 1, 1, 1, 0, 0 }, { "a", 1, 1, 1, 0, 99, OURS } },
          { 0, 0, 1, 1, false } },
        { "admitted part", "the admitted replica sits, the other yields", 1, 2,
          { { "b", 1, 1, 1, 0, 9, 0 }, { "a", 1, 1, 2, 1, 0, OURS } },
          { 0, 0, 1, 1, false } },
        { "over-committed", "admitted alone exceed a sub-pool that shrank", 1, 2,
          { { "a", 1, 1, 2, 2, 0, 0 }, { "b", 1, 1, 1, 1, 0, OURS } },
          { 0, 0, 0, 0, true } },
        { "over-committed leaves room", "one that does not pack takes none from others", 1, 4,
          { { "a", 1, 8, 1, 1, 0, 0 }, { "b", 1, 2, 1, 1, 0, 0 },
            { "c", 1, 2, 1, 0, 0, OURS } },
          { 0, 0, 0, 0, true } },
        { "standing, within the units", "two nodes of three are full of groups, and one group more is somewhere", 3, 4,
          { { "a", 2, 1, 5, 5, 0, 0 }, { "b", 1, 2, 1, 0, 0, OURS } },
          { 0, 2, 0, 0, true } },
        { "standing, beyond the units", "it has a seat all the same, but nothing new has", 3, 4,
          { { "a", 2, 1, 5, 5, 0, 0 }, { "b", 1, 3, 1, 0, 0, OURS } },
          { 0, 1, 0, 0, true } },
        { "standing, two ask for the rest", "both sit on the third node", 3, 4,
          { { "a", 2, 1, 5, 5, 0, 0 }, { "b", 1, 1, 2, 0, 0, 0 },
            { "c", 1, 1, 1, 0, 0, OURS } },
          { 0, 1, 0, 0, true } },
        { "admitted {3,3,2,2,2}", "seats found in decreasing order", 2, 8,
          { { "a", 1, 3, 1, 1, 0, 0 }, { "b", 1, 3, 1, 1, 0, 0 },
            { "c", 1, 2, 1, 1, 0, 0 }, { "d", 1, 2, 1, 1, 0, 0 },
            { "e", 1, 2, 1, 1, 0, 0 } },
          { 4, 4, 0, 0, false } },
        { "{3,3,2,2,2} and 4", "where the 2s are served before the 4 it is as in the next reconcile", 2, 8,
          { { "a", 1, 3, 1, 1, 0, 0 }, { "b", 1, 3, 1, 1, 0, 0 },
            { "c", 1, 2, 1, 1, 0, 0 }, { "d", 1, 2, 1, 1, 0, 0 },
            { "e", 1, 2, 1, 1, 0, 0 }, { "f", 1, 4, 1, 0, 0, OURS } },
          { 0, 0, 0, 0, false } },
        { "{3,3,2,2,2} and 4, the 4 served", "admitting it throws nobody out", 2, 8,
          { { "a", 1, 3, 1, 1, 0, 0 }, { "b", 1, 3, 1, 1, 0, 0 },
            { "c", 1, 2, 1, 0, 0, 0 }, { "d", 1, 2, 1, 0, 0, 0 },
            { "e", 1, 2, 1, 0, 0, 0 }, { "f", 1, 4, 1, 0, 0, OURS } },
          { 0, 0, 0, 0, false } },
        { "{3,2,3,2,2} and 4", "held in the order in which they came, the 4 finds no gap", 2, 8,
          { { "a", 1, 3, 1, 0, 0, 0 }, { "b", 1, 2, 1, 0, 0, 0 },
            { "c", 1, 2, 1, 0, 0, 0 }, { "d", 1, 3, 1, 0, 0, 0 },
            { "e", 1, 2, 1, 0, 0, 0 }, { "f", 1, 4, 1, 0, 0, OURS } },
          { 0, 3, 1, 1, false } },
        { "fragments", "units are free, but not on one node", 2, 8,
          { { "a", 1, 5, 2, 2, 0, 0 }, { "b", 1, 4, 1, 0, 0, OURS } },
          { 2, 3, 1, 1, false } },
        { "two nodes each", "takes one of each node", 2, 8,
          { { "a", 2, 8, 1, 0, 0, OURS } }, { 0, 0, 0, 0, false } },
        { "two nodes, second replica", "distinct nodes only", 3, 8,
          { { "a", 2, 8, 2, 0, 0, OURS } }, { 0, 8, 1, 1, false } },
        { "two nodes on one", "never both on one node", 1, 8,
          { { "a", 2, 4, 1, 0, 0, OURS } }, { 0, 8, 1, 1, false } },
        { "two nodes, shared", "a node holds parts of two replicas", 2, 8,
          { { "a", 2, 4, 2, 0, 0, OURS } }, { 0, 0, 0, 0, false } },
        { "several nodes first", "among the admitted, before larger ones", 2, 8,
          { { "a", 1, 8, 1, 1, 0, 0 }, { "b", 2, 4, 1, 1, 0, 0 } },
          { 0, 4, 0, 0, true } },
        { "uneven rounds", "the lowest nodes change while replicas are seated", 3, 8,
          { { "a", 1, 6, 1, 1, 0, 0 }, { "b", 2, 1, 8, 0, 0, OURS } },
          { 2, 2, 0, 0, false } },
        { "someone else is without", "own seat all the same", 1, 2,
          { { "b", 1, 3, 1, 0, 0, 0 }, { "a", 1, 1, 1, 0, 0, OURS } },
          { 0, 1, 1, 0, false } },
        { "grant of none", "asks for nothing", 1, 2,
          { { "a", 1, 1, 0, 0, 0, OURS } }, { 2, 2, 0, 0, false } },
        { "2^62 replicas", "counted, not looped over", 100000, 8,
          { { "a", 1, 1, HUGE, 0, 0, 0 }, { "b", 1, 1, 1, 0, 0, OURS } },
          { 0, 0, HUGE - 800000 + 1, 1, false } },
        { "2^62 replicas of 2^62 nodes", "no seat, and no overflow", 100000, 8,
          { { "a", HUGE, HUGE, HUGE, HUGE, 0, 0 }, { "b", HUGE, 1, HUGE, 0, 0, 0 },
            { "c", HUGE, 1, HUGE, 0, 0, 0 }, { "d", 1, 1, 1, 0, 0, OURS } },
          { 0, 8, INT64_MAX, 0, true } },
        { "2^62 replicas on vast nodes", "nothing is left beside what stands", 1000, INT64_C(1) << 30,
          { { "a", 3, 7, HUGE, HUGE, 0, 0 }, { "b", 1, 1, HUGE, 0, 0, OURS } },
          { 0, 0, HUGE - (INT64_C(1) << 30) - 999, HUGE - (INT64_C(1) << 30) - 999, true } },
};
/* clang-format on */

static const struct environment environment = { .name = TEXT_INIT("eu-1") };
static const struct pool pool = { .environment = &environment, .name = TEXT_INIT("slices") };

static struct sub_pool sub_pool_of(int64_t nodes, int64_t units_per_node) {
        return (struct sub_pool) { .environment = &environment,
                                   .pool = &pool,
                                   .mig_profile = TEXT("3g.40gb"),
                                   .nodes = nodes,
                                   .units_per_node = units_per_node,
                                   .counted_per_node = units_per_node,
                                   .units = nodes * units_per_node };
}

static struct reservation reservation_of(const struct entry *e) {
        return (struct reservation) { .namespace_ = TEXT("team"),
                                      .deployment = text_from(e->deployment),
                                      .environment = TEXT("eu-1"),
                                      .pool = TEXT("slices"),
                                      .mig_profile = TEXT("3g.40gb"),
                                      .nodes = e->nodes,
                                      .units_per_node = e->units,
                                      .reserved = e->replicas,
                                      .used = e->admitted,
                                      .priority = e->priority };
}

/* Seats the row with its entries from `first` on, round about. */
static struct seating seat(const struct row *row, size_t first, struct arena *arena) {
        struct reservation all[ENTRIES_MAX];
        const struct reservation *mine[ENTRIES_MAX], *asking = NULL;
        struct sub_pool sub_pool = sub_pool_of(row->nodes, row->units_per_node);
        struct deployment own = { .namespace_ = TEXT("team") };
        struct ledger ledger;
        struct seating seating;
        size_t n = 0, n_all = 0, n_mine = 0;

        while (n < ENTRIES_MAX && row->entries[n].deployment)
                n++;
        for (size_t i = 0; i < n; i++) {
                const struct entry *e = &row->entries[(first + i) % n];

                all[n_all] = reservation_of(e);
                if (e->ours == OURS) {
                        own.name = all[n_all].deployment;
                        asking = mine[n_mine++] = &all[n_all];
                }
                n_all++;
        }
        assert_int_equal(ledger_build(all, n_all, &own, arena, &ledger), 0);
        assert_int_equal(ledger.n_entries, n_all - n_mine);
        assert_int_equal(seating_find(&ledger, &sub_pool, mine, n_mine, asking, arena, &seating),
                         0);
        return seating;
}

static void test_seats(void **state) {
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];

                for (size_t first = 0; first < ENTRIES_MAX; first++) {
                        struct seating got = seat(row, first, &arena);

                        if (got.free_units != row->want.free_units ||
                            got.largest_gap != row->want.largest_gap ||
                            got.unseated != row->want.unseated ||
                            got.own_unseated != row->want.own_unseated ||
                            got.over_committed != row->want.over_committed)
                                fail_msg("%s (%s): free %lld, gap %lld, without %lld, own %lld, "
                                         "over-committed %d",
                                         row->name, row->reason, (long long)got.free_units,
                                         (long long)got.largest_gap, (long long)got.unseated,
                                         (long long)got.own_unseated, got.over_committed);
                        arena_reset(&arena, SIZE_MAX);
                }
        }
        arena_release(&arena);
}

/* What claims 2^62 must not cost more than what is there: seconds of CPU are a hang here. */
static void test_claims_cost_no_time(void **state) {
        struct row row = { .nodes = 100000, .units_per_node = INT64_C(1) << 30 };
        clock_t begin = clock();
        struct arena arena;

        (void)state;
        for (size_t i = 0; i < ENTRIES_MAX; i++)
                row.entries[i] = (struct entry) { "abcdefgh" + i,
                                                  (int64_t)(i % 2) + 1,
                                                  (int64_t)(i * 5) + 1,
                                                  HUGE,
                                                  HUGE / 2,
                                                  0,
                                                  0 };
        arena_init(&arena, SIZE_MAX);
        for (size_t i = 0; i < 20; i++) {
                seat(&row, i, &arena);
                arena_reset(&arena, SIZE_MAX);
        }
        arena_release(&arena);
        assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

/* Replica by replica on the lowest nodes with room, as the design says it; the rounds must agree.
 */
static int64_t seat_plainly(const struct entry *entries, size_t n, int64_t *free, size_t n_nodes) {
        int64_t without = 0;

        for (size_t i = 0; i < n; i++) {
                for (int64_t k = 0; k < entries[i].replicas; k++) {
                        int64_t found = 0;

                        for (size_t at = 0; at < n_nodes; at++)
                                found += free[at] >= entries[i].units;
                        if (found < entries[i].nodes) {
                                without++;
                                continue;
                        }
                        found = 0;
                        for (size_t at = 0; at < n_nodes && found < entries[i].nodes; at++) {
                                if (free[at] < entries[i].units)
                                        continue;
                                free[at] -= entries[i].units;
                                found++;
                        }
                }
        }
        return without;
}

static void test_rounds_are_replicas(void **state) {
        static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
        struct arena arena;

        (void)state;
        srand(20250101);
        arena_init(&arena, SIZE_MAX);
        for (int i = 0; i < 20000; i++) {
                struct row row = { .nodes = rand() % 6, .units_per_node = rand() % 20 };
                int64_t free[6], sum = 0, gap = 0, without;
                size_t n = (size_t)(rand() % (ENTRIES_MAX + 1));
                struct seating got;

                for (size_t k = 0; k < n; k++)
                        row.entries[k] = (struct entry) {
                                names[k], rand() % 3 + 1, rand() % 18 + 1, rand() % 5, 0, 0, 0
                        };
                for (size_t k = 0; k < 6; k++)
                        free[k] = row.units_per_node;
                without = seat_plainly(row.entries, n, free, (size_t)row.nodes);
                for (int64_t k = 0; k < row.nodes; k++) {
                        sum += free[k];
                        gap = free[k] > gap ? free[k] : gap;
                }
                got = seat(&row, (size_t)rand() % ENTRIES_MAX, &arena);
                assert_int_equal(got.unseated, without);
                if (without == 0)
                        assert_int_equal(got.free_units, sum);
                assert_int_equal(got.largest_gap, gap);
                arena_reset(&arena, SIZE_MAX);
        }
        arena_release(&arena);
}

/* A name apart is a place apart: nobody else's units count here. */
static void test_places_are_apart(void **state) {
        const struct entry e = { "a", 1, 1, 2, 2, 0, 0 };
        struct reservation all[5], *own = &all[4];
        const struct reservation *mine[] = { own };
        struct sub_pool sub_pool = sub_pool_of(1, 8);
        const struct deployment ours = { .namespace_ = TEXT("team"), .name = TEXT("own") };
        const struct deployment namesake = { .namespace_ = TEXT("other"), .name = TEXT("a") };
        const struct deployment renewed = { .namespace_ = TEXT("team"),
                                            .name = TEXT("own"),
                                            .uid = TEXT("2") };
        struct ledger ledger;
        struct seating seating;
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        for (size_t i = 0; i < 5; i++)
                all[i] = reservation_of(&e);
        all[1].environment = TEXT("eu-2");
        all[2].pool = TEXT("other");
        all[3].mig_profile = TEXT("1g.10gb");
        own->deployment = TEXT("own");
        own->mig_profile = (struct text) { 0 };
        assert_int_equal(ledger_build(all, 5, &ours, &arena, &ledger), 0);
        assert_int_equal(ledger.n_entries, 4);
        assert_int_equal(seating_find(&ledger, &sub_pool, mine, 1, own, &arena, &seating), 0);
        assert_int_equal(seating.free_units, 6);

        /* The same name in another namespace is somebody else. */
        assert_int_equal(ledger_build(all, 5, &namesake, &arena, &ledger), 0);
        assert_int_equal(ledger.n_entries, 5);

        /* So is an earlier deployment of our name, until its reservation is collected. */
        own->uid = TEXT("1");
        assert_int_equal(ledger_build(all, 5, &renewed, &arena, &ledger), 0);
        assert_int_equal(ledger.n_entries, 5);
        own->uid = TEXT("2");
        assert_int_equal(ledger_build(all, 5, &renewed, &arena, &ledger), 0);
        assert_int_equal(ledger.n_entries, 4);
        arena_release(&arena);
}

static void test_units(void **state) {
        struct reservation r = { .nodes = 2, .units_per_node = 4, .reserved = 3 };

        (void)state;
        assert_int_equal(reservation_units(&r), 24);
        r.reserved = 0;
        assert_int_equal(reservation_units(&r), 0);
        r = (struct reservation) { .nodes = HUGE, .units_per_node = 2, .reserved = 1 };
        assert_int_equal(reservation_units(&r), INT64_MAX);
        r = (struct reservation) { .nodes = HUGE, .units_per_node = 1, .reserved = 3 };
        assert_int_equal(reservation_units(&r), INT64_MAX);
}

static void test_sweep(void **state) {
        const struct entry entries[] = { { "a", 1, 1, 2, 2, 0, 0 }, { "b", 1, 1, 2, 0, 0, 0 } };
        const struct reservation all[] = { reservation_of(&entries[0]),
                                           reservation_of(&entries[1]) };
        const struct sub_pool sub_pool = sub_pool_of(2, 8);
        struct ledger ledger;
        struct seating seating;
        struct arena arena;

        (void)state;
        arena_init(&arena, SIZE_MAX);
        for (uint64_t n = 1;; n++) {
                int r;

                sweep_arm(&arena, n);
                r = ledger_build(all, 2, NULL, &arena, &ledger);
                if (r == 0)
                        r = seating_find(&ledger, &sub_pool, NULL, 0, NULL, &arena, &seating);
                if (sweep_is_over(&arena, n, r))
                        break;
        }
        assert_int_equal(seating.free_units, 12);
        arena_release(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_seats),
                cmocka_unit_test(test_claims_cost_no_time),
                cmocka_unit_test(test_rounds_are_replicas),
                cmocka_unit_test(test_places_are_apart),
                cmocka_unit_test(test_units),
                cmocka_unit_test(test_sweep),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
