/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/scaling.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"

struct row {
        const char *name;
        enum fate fate;
        bool fresh, ready;
        int64_t ready_replicas; /* -1: KServe does not tell */
};

/* clang-format off */
static const struct {
        struct row assignments[3];
        const char *want;
} rows[] = {
        { { { NULL } }, "{}" },
        { { { "a-eu", FATE_STAYS, true, false, -1 } },
          "{'selector':'app.kubernetes.io/name in (a-eu),kserve.io/component=workload'}" },
        { { { "a-eu", FATE_STAYS, false, true, -1 } },
          "{'replicas':3,'selector':'app.kubernetes.io/name in (a-eu),kserve.io/component=workload'}" },
        { { { "a-eu", FATE_STAYS, false, true, 2 } },
          "{'replicas':2,'selector':'app.kubernetes.io/name in (a-eu),kserve.io/component=workload'}" },
        { { { "a-eu", FATE_STAYS, false, false, 1 }, { "a-us", FATE_STAYS, false, true, 3 } },
          "{'replicas':1,'selector':'app.kubernetes.io/name in (a-eu,a-us),kserve.io/component=workload'}" },
        { { { "a-eu", FATE_LEAVES, false, true, 3 }, { "a-us", FATE_STAYS, false, false, 0 } },
          "{'selector':'app.kubernetes.io/name in (a-us),kserve.io/component=workload'}" },
        { { { "a-eu", FATE_DROPPED, false, true, 3 } }, "{}" },
};
/* clang-format on */

static void test_status(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct assignment assignments[3] = { 0 };
                struct plan plan = { .assignments = assignments };
                struct node *status = node_map(&arena);

                for (const struct row *r = rows[i].assignments; r->name; r++)
                        assignments[plan.n_assignments++] = (struct assignment) {
                                .fate = r->fate,
                                .fresh = r->fresh,
                                .planned = { .reserved = 3, .used = 3 },
                                .service = { .observed = true,
                                             .ready = r->ready,
                                             .ready_replicas = r->ready_replicas,
                                             .name = text_from(r->name) },
                        };
                print_message("%s\n", rows[i].want);
                scaling_status(&plan, status, &arena);
                assert_json(json_encoded(&arena, status), rows[i].want);
        }
}

static void test_note(void **state) {
        struct assignment assignments[] = {
                { .fate = FATE_LEAVES, .workload = { .concurrency = true } },
                { .fate = FATE_STAYS,
                  .planned = { .reserved = 4, .used = 4 },
                  .workload = { .concurrency = true, .min_replicas = 1 } },
        };
        struct plan plan = { .assignments = assignments, .n_assignments = 2 };
        struct settings settings = { 0 };

        (void)state;
        assert_true(text_equal(scaling_note(&plan, &settings, &arena),
                               TEXT("scaled by nothing: kserve.autoscaler is None, so all 4 "
                                    "replicas run")));
        settings.autoscaler = AUTOSCALER_WVA;
        assert_true(text_equal(scaling_note(&plan, &settings, &arena),
                               TEXT("scaled between 1 and 4 replicas by kserve.autoscaler WVA")));
        settings.autoscaler = AUTOSCALER_KEDA;
        assert_true(text_equal(scaling_note(&plan, &settings, &arena),
                               TEXT("scaled between 1 and 4 replicas by kserve.autoscaler KEDA")));
        assignments[1].workload.concurrency = false;
        assert_true(text_is_empty(scaling_note(&plan, &settings, &arena)));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_status),
                cmocka_unit_test(test_note),
        };

        return cmocka_run_group_tests_name("scaling", tests, memory_set_up, memory_tear_down);
}
