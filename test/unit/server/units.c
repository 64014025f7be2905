/* SPDX-License-Identifier: Apache-2.0 */
#include "server/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/promtext.h"

#define UNITS(environment, pool, profile)                                                          \
        "function_gpu_placement_pool_units{environment=\"" environment "\",pool=\"" pool           \
        "\",mig_profile=\"" profile "\"}"
#define USED(environment, pool, profile)                                                           \
        "function_gpu_placement_pool_units_used{environment=\"" environment "\",pool=\"" pool      \
        "\",mig_profile=\"" profile "\"}"
#define FREE(environment, pool, profile)                                                           \
        "function_gpu_placement_pool_units_free{environment=\"" environment "\",pool=\"" pool      \
        "\",mig_profile=\"" profile "\"}"
#define SEEN(environment)                                                                          \
        "function_gpu_placement_environment_seen_timestamp_seconds{environment=\"" environment "\"}"

struct world {
        struct units units;
        struct arena arena;
};

static int setup(void **state) {
        static struct world w;

        units_init(&w.units);
        arena_init(&w.arena, 64 << 20);
        *state = &w;
        return 0;
}

static int teardown(void **state) {
        struct world *w = *state;

        units_release(&w->units);
        arena_release(&w->arena);
        return 0;
}

static struct text page(struct world *w, int64_t now) {
        struct builder b;
        struct text text, complaint;

        arena_reset(&w->arena, 0);
        builder_init(&b, &w->arena);
        units_write(&w->units, now, &b);
        text = builder_done(&b);
        complaint = promtext_complaint(text, &w->arena);
        if (!text_is_empty(complaint))
                fail_msg("%.*s", TEXT_ARG(complaint));
        return text;
}

static void see(struct world *w, const char *name, int64_t now, struct usage *items, size_t n) {
        const struct usage_list list = { .items = items, .n = n };

        units_see(&w->units, text_from(name), &list, now);
}

static void last_seen_counts(void **state) {
        struct world *w = *state;
        struct usage first[] = { { .pool = TEXT("p"), .total = 8, .used = 1, .free_units = 7 },
                                 { .pool = TEXT("q"), .total = 4, .used = 0, .free_units = 4 } };
        struct usage then[] = { { .pool = TEXT("p"),
                                  .mig_profile = TEXT("1g.10gb+me"),
                                  .total = 56,
                                  .used = 57,
                                  .free_units = 0 } };
        struct text t;

        see(w, "eu-1", 1000, first, 2);
        t = page(w, 1000);
        assert_true(promtext_value(t, UNITS("eu-1", "p", "")) == 8);
        assert_true(promtext_value(t, USED("eu-1", "p", "")) == 1);
        assert_true(promtext_value(t, FREE("eu-1", "q", "")) == 4);
        see(w, "eu-1", 1060, then, 1);
        see(w, "us\"1", 1061, first, 1);
        t = page(w, 1061);
        assert_true(promtext_value(t, UNITS("eu-1", "p", "")) == -1);
        assert_true(promtext_value(t, USED("eu-1", "p", "1g.10gb+me")) == 57);
        assert_true(promtext_value(t, UNITS("us\\\"1", "p", "")) == 8);
        assert_true(promtext_value(t, SEEN("eu-1")) == 1060);
}

/* One series a pool, whatever was declared. */
static void pools_of_one_name_are_summed(void **state) {
        static char long_name[300];
        struct world *w = *state;
        struct usage items[] = {
                { .pool = TEXT("p"), .total = 8, .used = 1, .free_units = 7 },
                { .pool = TEXT("p"), .total = 4, .used = 1, .free_units = 3 },
                { .pool = TEXT(""), .total = 5 },
                { .pool = { long_name, 254 }, .total = 5 },
                { .pool = { long_name, 253 }, .total = 6 },
        };
        struct text t;

        memset(long_name, 'x', sizeof(long_name));
        see(w, "e", 1, items, 5);
        see(w, "", 1, items, 5);
        t = page(w, 1);
        assert_true(promtext_value(t, UNITS("e", "p", "")) == 12);
        assert_true(promtext_value(t, USED("e", "p", "")) == 2);
        assert_true(promtext_value(t, UNITS("e", "", "")) == -1);
        assert_int_equal(w->units.n, 1);
        assert_int_equal(w->units.n_pools, 2);
}

static void stale_ones_are_dropped(void **state) {
        struct world *w = *state;
        struct usage item = { .pool = TEXT("p"), .total = 8 };

        see(w, "old", 1000, &item, 1);
        see(w, "new", 1001, &item, 1);
        assert_true(promtext_value(page(w, 1600), SEEN("old")) == 1000);
        assert_true(promtext_value(page(w, 1601), SEEN("old")) == -1);
        assert_true(promtext_value(page(w, 1601), SEEN("new")) == 1001);
        assert_int_equal(w->units.n_pools, 1);
}

static void their_number_is_bounded(void **state) {
        static struct usage many[UNITS_MAX_POOLS_EACH + 1];
        static char names[UNITS_MAX_POOLS_EACH + 1][8];
        struct world *w = *state;
        char name[16];

        for (size_t i = 0; i < UNITS_MAX_POOLS_EACH + 1; i++) {
                snprintf(names[i], sizeof(names[i]), "p%zu", i);
                many[i] = (struct usage) { .pool = text_from(names[i]), .total = 1 };
        }
        for (int i = 0; i < UNITS_MAX_ENVIRONMENTS + 10; i++) {
                snprintf(name, sizeof(name), "e%d", i);
                see(w, name, 1000 + i, many, 1);
        }
        assert_int_equal(w->units.n, UNITS_MAX_ENVIRONMENTS);
        assert_true(promtext_value(page(w, 1500), SEEN("e9")) == -1);
        assert_true(promtext_value(page(w, 1500), SEEN("e10")) == 1010);

        for (int i = 0; i < 20; i++) {
                snprintf(name, sizeof(name), "big%d", i);
                see(w, name, 4000 + i, many, UNITS_MAX_POOLS_EACH + 1);
        }
        assert_in_range(w->units.n_pools, 0, UNITS_MAX_POOLS);
        assert_true(promtext_value(page(w, 4019), UNITS("big19", "p511", "")) == 1);
        assert_true(promtext_value(page(w, 4019), UNITS("big19", "p512", "")) == -1);
        assert_true(promtext_value(page(w, 4019), SEEN("big3")) == -1);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(last_seen_counts, setup, teardown),
                cmocka_unit_test_setup_teardown(pools_of_one_name_are_summed, setup, teardown),
                cmocka_unit_test_setup_teardown(stale_ones_are_dropped, setup, teardown),
                cmocka_unit_test_setup_teardown(their_number_is_bounded, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
