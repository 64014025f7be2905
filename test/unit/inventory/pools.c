/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GPUPool stays within its schema, whatever the reservations say
 */
#include "inventory/pools.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"

enum { HOLDERS = 1500 };

/* One pool whose units nobody has; the spec of its GPUPool. */
static struct value spec_of(struct usage *used) {
        static struct environment environment = { .name = TEXT_INIT("eu") };
        static struct pool pool = { .environment = &environment, .name = TEXT_INIT("p") };
        static struct sub_pool sub_pool = {
                .environment = &environment, .pool = &pool, .nodes = 1, .memory_bytes = 1
        };
        struct usage_list list = { .items = used, .n = 1 };
        struct response response;

        used->sub_pool = &sub_pool;
        used->pool = pool.name;
        response_init(&response, &arena);
        pools_desire(&environment, &list, &response);
        assert_int_equal(response.n_desired, 1);
        return value_get(json_encoded(&arena, response.desired[0].object), TEXT("spec"));
}

static struct value last_unseated(struct reservation *reservations, size_t n, size_t *ret_n) {
        struct unseated *unseated = ARENA_ARRAY(&arena, n, struct unseated);
        struct usage used = { .unseated = unseated, .n_unseated = n };
        struct value_iter it;
        struct value last = { 0 };

        for (size_t i = 0; i < n; i++)
                unseated[i] = (struct unseated) { &reservations[i], 1, false };
        it = value_iterate(value_get(spec_of(&used), TEXT("unseated")));
        for (*ret_n = 0; value_next(&it, NULL, &last);)
                ++*ret_n;
        return last;
}

/* As many as the schema takes are named; how many more there are is the last line. */
static void test_unseated(void **state) {
        static struct reservation reservations[HOLDERS];
        size_t n;

        (void)state;
        for (size_t i = 0; i < HOLDERS; i++)
                reservations[i] =
                        (struct reservation) { .namespace_ = TEXT("team"),
                                               .name = text_format(&arena, "r-%04zu", i) };
        assert_text(value_text(last_unseated(reservations, 3, &n)), "team/r-0002");
        assert_int_equal(n, 3);
        assert_text(value_text(last_unseated(reservations, 1000, &n)), "team/r-0999");
        assert_int_equal(n, 1000);
        assert_text(value_text(last_unseated(reservations, 1001, &n)), "and 2 more");
        assert_int_equal(n, 1000);
        assert_text(value_text(last_unseated(reservations, HOLDERS, &n)), "and 501 more");
        assert_int_equal(n, 1000);
        /* Each is named once, whether it is the used or the unused replicas that have no seat. */
        reservations[1] = reservations[0];
        assert_text(value_text(last_unseated(reservations, 1001, &n)), "team/r-1000");
        assert_int_equal(n, 1000);
}

/* More than the schema has a number for is the most that it has. */
static void test_counts(void **state) {
        struct usage used = { .total = 8, .used = INT64_MAX, .largest_gap = INT64_MAX };

        (void)state;
        assert_int_equal(value_get(spec_of(&used), TEXT("used")).number, 1000000000);
        assert_int_equal(value_get(spec_of(&used), TEXT("largestGap")).number, 1000000000);
        assert_int_equal(value_get(spec_of(&used), TEXT("total")).number, 8);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_unseated),
                                            cmocka_unit_test(test_counts) };

        return cmocka_run_group_tests_name("pools", tests, memory_set_up, memory_tear_down);
}
