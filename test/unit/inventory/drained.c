/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/drained.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"

enum { HOLDERS = 12 };

/* One pool, and what deployments have of it. */
struct fixture {
        struct environment environment;
        struct pool pool;
        struct reservation reservations[HOLDERS];
        const struct reservation *entries[HOLDERS];
        struct usage_list used;
};

static void set_up(struct fixture *f, enum schedulable schedulable, size_t n) {
        static const char *const names[HOLDERS] = { "a", "b", "c", "d", "e", "f",
                                                    "g", "h", "i", "j", "k", "l" };

        *f = (struct fixture) { .pool = { .name = TEXT("p"), .schedulable = schedulable } };
        f->environment.pools = &f->pool;
        f->environment.n_pools = 1;
        for (size_t i = 0; i < n; i++) {
                /* The last comes first by name. */
                f->reservations[i] = (struct reservation) {
                        .namespace_ = TEXT("team"),
                        .deployment = text_from(names[n - 1 - i]),
                        .pool = TEXT("p"),
                        .nodes = 1,
                        .units_per_node = 2,
                        .reserved = 1,
                };
                f->entries[i] = &f->reservations[i];
        }
        f->used.ledger = (struct ledger) { .entries = f->entries, .n_entries = n };
}

static void assert_condition(const struct fixture *f, enum condition_status status,
                             const char *reason, const char *message) {
        struct condition c = drained_condition(&f->environment, &f->used, &arena);

        assert_text(c.type, "Drained");
        assert_int_equal(c.status, status);
        assert_text(c.reason, reason);
        assert_text(c.message, message);
}

static void test_drains(void **state) {
        struct fixture f;

        (void)state;
        set_up(&f, SCHEDULABLE_ALWAYS, 1);
        assert_condition(&f, CONDITION_FALSE, "NotDraining", "");
        set_up(&f, SCHEDULABLE_NO_NEW, 1);
        assert_condition(&f, CONDITION_FALSE, "NotDraining", "");
        set_up(&f, SCHEDULABLE_DRAIN, 0);
        assert_condition(&f, CONDITION_TRUE, "Drained", "");
        set_up(&f, SCHEDULABLE_DRAIN, 2);
        assert_condition(&f, CONDITION_FALSE, "Draining", "4 units held by team/a (2), team/b (2)");

        /* Elsewhere, or parked, it is in nobody's way. */
        f.reservations[0].pool = TEXT("q");
        f.reservations[1].reserved = 0;
        assert_condition(&f, CONDITION_TRUE, "Drained", "");
}

static void test_holders(void **state) {
        struct fixture f;

        (void)state;
        /* What one deployment has of two MIG profiles is one sum. */
        set_up(&f, SCHEDULABLE_DRAIN, 3);
        f.reservations[2].deployment = f.reservations[0].deployment;
        f.reservations[2].reserved = 3;
        assert_condition(&f, CONDITION_FALSE, "Draining",
                         "10 units held by team/b (2), team/c (8)");
        set_up(&f, SCHEDULABLE_DRAIN, 1);
        f.reservations[0].units_per_node = 1;
        assert_condition(&f, CONDITION_FALSE, "Draining", "1 unit held by team/a (1)");
        set_up(&f, SCHEDULABLE_DRAIN, HOLDERS);
        assert_condition(&f, CONDITION_FALSE, "Draining",
                         "24 units held by team/a (2), team/b (2), team/c (2), team/d (2), "
                         "team/e (2), team/f (2), team/g (2), team/h (2), team/i (2), "
                         "team/j (2) and 2 more");
}

static void test_keep(void **state) {
        static const struct {
                const char *observed;
                enum condition_status status;
                const char *reason;
                const char *why;
        } rows[] = {
                { "", CONDITION_FALSE, "NotDraining", "never said" },
                { "{'status':'False','reason':'NotDraining'}", CONDITION_FALSE, "NotDraining", "" },
                { "{'status':'False','reason':'Draining'}", CONDITION_FALSE, "Draining", "" },
                { "{'status':'True','reason':'Drained'}", CONDITION_UNKNOWN, "Drained",
                  "it may have filled since" },
                { "{'status':'True','reason':'Other'}", CONDITION_FALSE, "NotDraining",
                  "a reason that is not ours" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct condition c = drained_keep(json_value(&arena, rows[i].observed));

                print_message("%s (%s)\n", rows[i].observed, rows[i].why);
                assert_int_equal(c.status, rows[i].status);
                assert_text(c.reason, rows[i].reason);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_drains),
                cmocka_unit_test(test_holders),
                cmocka_unit_test(test_keep),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
