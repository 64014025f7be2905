/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked for in each state, row by row of the table in requirements.h, and how a
 * decision is carried from one call to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "carried.h"
#include "function.h"
#include "lib/assertions.h"
#include "lib/json.h"
#include "render/call.h"
#include "wire/guard.h"

#define XR                                                                                         \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment',"                      \
        " 'metadata': {'name': 'gemma', 'namespace': 'team-a', 'uid': 'u-1'},"                     \
        " 'spec': {'modelRef': {'kind': 'ClusterModel', 'name': 'g'}%s}, 'status': {%s}}"

#define SERVICE                                                                                    \
        "{'apiVersion': 'serving.kserve.io/v1alpha2', 'kind': 'LLMInferenceService',"              \
        " 'metadata': {'name': 'gemma-a', 'namespace': 'team-a'}, 'spec': {'replicas': 1},"        \
        " 'status': {'url': 'http://a', 'conditions': [{'type': 'Ready', 'status': '%s'}]}}"

#define RESERVATION(name, owner, spec)                                                             \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUReservation',"       \
        " 'metadata': {'name': '" name "', 'namespace': 'team-a', 'ownerReferences':"              \
        "  [{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'ModelDeployment', 'name': '" owner   \
        "', 'controller': true, 'uid': '" owner "'}]},"                                            \
        " 'spec': {'environment': 'a', 'pool': 'p', 'nodes': 1, 'order': 0,"                       \
        "  'model': {'kind': 'ClusterModel', 'name': 'g'}, 'servingProfile': 'default', " spec     \
        "}}"

#define ENVIRONMENT(name, memory)                                                                  \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': '" name "'}, 'spec': {'nodePools': [{'name': 'p',"                  \
        "  'acceleratorType': 'nvidia-h100-80gb', 'nodeSelector': {'x': 'y'},"                     \
        "  'capabilities': {'memoryPerGpu': '" memory "'}}]}}"

#define MODEL                                                                                      \
        "{'kind': 'ClusterModel', 'metadata': {'name': '%s'}, 'spec': {'model': {'name': 'g'},"    \
        " 'huggingFace': {'repo': 'g/g'}, 'serving': [{'name': 'default', 'replicaTopology':"      \
        "  {'requires': {'memoryPerGpu': '40Gi'}}}]}}"

#define GPU_POOL                                                                                   \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'GPUPool',"              \
        " 'metadata': {'name': 'a-p'}, 'spec': {'environment': 'a', 'pool': 'p', 'total': 1,"      \
        "  'used': %d, 'free': %d, 'largestGap': %d}}"

#define INPUT_OF_QUOTAS                                                                            \
        "{'apiVersion': 'gpuplacement.fn.crossplane.io/v1alpha1', 'kind': 'Input',"                \
        " 'quotas': 'Respect'}"

#define OWN "model watch-anchor watch-anchor-pools "
#define ANCHORS "watch-anchor watch-anchor-pools "

/* What there is, beside the model g: environment a, whose one unit may be taken, and b. */
enum {
        TAKEN = 1 << 0,
        SMALL = 1 << 1,
        NO_MODEL = 1 << 2,
        OTHER_MODEL = 1 << 3,
        DEEP = 1 << 4,
        TWO = 1 << 5
};
enum held { HELD_NOTHING, HELD_STARTING, HELD_SERVING };

struct world {
        struct arena arena;
        struct call_object objects[16];
        struct call_answer answers[16];
        struct call_object resources[2];
        struct call_request call;
        struct call_response response;
        struct call_summary summary;
        struct text bytes;
        size_t n_objects;
};

static struct call_object *add(struct world *w, const char *json) {
        struct call_object *object = &w->objects[w->n_objects++];

        object->object = json_node(&w->arena, json);
        return object;
}

/* Nested beyond what is read of any object: who reads it fails. */
static void deepen(struct call_object *object) {
        struct node *inner = object->object;

        for (int i = 0; i < GUARD_DEPTH_MAX; i++)
                inner = node_add_map(inner, "deep");
}

static struct call_object *object_of(struct world *w, struct text key, unsigned int what) {
        struct call_object *object = NULL;

        if (text_equal(key, TEXT("model")) && !(what & NO_MODEL))
                return add(w, text_format(&w->arena, MODEL, what & OTHER_MODEL ? "h" : "g").data);
        if (text_starts_with(key, TEXT("environment")))
                return add(w, what & SMALL ? ENVIRONMENT("a", "10Gi") : ENVIRONMENT("a", "80Gi"));
        if (text_starts_with(key, TEXT("reservations")) && (what & TAKEN))
                object = add(w, RESERVATION("other-a", "other",
                                            "'unitsPerNode': 1, 'reserved': 1,"
                                            " 'used': 1, 'served': true"));
        if (object && (what & DEEP))
                deepen(object);
        return object;
}

/* The answers to these keys, each followed by a space. */
static void answer(struct world *w, const char *keys, unsigned int what) {
        struct text rest = text_from(keys);

        w->n_objects = w->call.n_required = 0;
        while (rest.len > 0) {
                size_t end = text_index(rest, ' ');
                struct call_answer *a = &w->answers[w->call.n_required++];

                *a = (struct call_answer) { .key = text_slice(rest, 0, end) };
                a->items = object_of(w, a->key, what);
                a->n_items = a->items != NULL;
                if (what & TWO && text_equal(a->key, TEXT("environments"))) {
                        add(w, ENVIRONMENT("b", "80Gi"));
                        a->n_items++;
                }
                rest = text_slice(rest, end + 1, rest.len);
        }
        w->call.required = w->answers;
}

static void begin(struct world *w, enum held held, const char *spec, const char *status) {
        *w = (struct world) { .call = { .has_capabilities = true } };
        arena_init(&w->arena, 16 * 1024 * 1024);
        w->call.composite.object =
                json_node(&w->arena, text_format(&w->arena, XR, spec, status).data);
        if (held == HELD_NOTHING)
                return;
        w->resources[0] = (struct call_object) {
                .name = TEXT("reservation-a"),
                .object = json_node(&w->arena,
                                    held == HELD_SERVING
                                            ? RESERVATION("gemma-a", "u-1",
                                                          "'unitsPerNode': 1, 'reserved': 1,"
                                                          " 'used': 1, 'served': true")
                                            : RESERVATION("gemma-a", "u-1",
                                                          "'unitsPerNode': 1, 'reserved': 1,"
                                                          " 'used': 0, 'served': false")),
        };
        w->resources[1] = (struct call_object) {
                .name = TEXT("serving-a"),
                .object = json_node(&w->arena, text_format(&w->arena, SERVICE,
                                                           held == HELD_SERVING ? "True" : "False")
                                                       .data),
        };
        w->call.resources = w->resources;
        w->call.n_resources = 2;
}

static void run(struct world *w) {
        struct payload payload;
        struct text bytes;
        struct fault fault;

        assert_int_equal(call_encode(&w->call, &w->arena, &bytes), 0);
        assert_int_equal(function_run(bytes, &w->arena, &payload, &w->summary, &fault), 0);
        w->bytes = text_join(&w->arena, payload.parts, payload.n_parts);
        assert_int_equal(call_read(w->bytes, &w->arena, &w->response, &fault), 0);
}

static struct text reason(const struct world *w) {
        for (size_t i = 0; i < w->response.n_conditions; i++) {
                if (text_equal(w->response.conditions[i].type, TEXT("Scheduled")))
                        return w->response.conditions[i].reason;
        }
        return (struct text) { 0 };
}

static struct text keys(struct world *w) {
        struct builder b;

        builder_init(&b, &w->arena);
        for (size_t i = 0; i < w->response.n_requirements; i++) {
                builder_text(&b, w->response.requirements[i].key);
                builder_char(&b, ' ');
        }
        return builder_done(&b);
}

/* clang-format off */
static const struct row {
        const char *what;
        enum held held;
        const char *spec;
        const char *answered;
        unsigned int world;
        const char *asks, *reason;
        bool quotas; /* the input's quotas is Respect */
} rows[] = {
        { "SETTLED reads and hears of its own", HELD_SERVING, "", "environment-a " OWN, 0,
          "environment-a " OWN, "AllScheduled" },
        { "SETTLED: what it is seeded with and did not ask for is not read", HELD_SERVING, "",
          "environment-a environments " OWN "reservations reservations-a ", TAKEN | DEEP,
          "environment-a " OWN, "AllScheduled" },
        { "STARTING reads its environment's reservations", HELD_STARTING, "", "environment-a " OWN, 0,
          "environment-a model reservations-a " ANCHORS, "WaitingForInputs" },
        { "STARTING hears of them until it is settled", HELD_STARTING, "", "environment-a model reservations-a " ANCHORS, 0,
          "environment-a model reservations-a " ANCHORS, "AllScheduled" },
        { "STARTING: a replica more is looked for where the others are", HELD_SERVING, ", 'scaling': {'fixed': {'replicas': 2}}",
          "environment-a " OWN, 0, "environment-a model reservations-a " ANCHORS, "WaitingForInputs" },
        { "growth that does not fit waits for its own pool", HELD_SERVING, ", 'scaling': {'fixed': {'replicas': 2}}",
          "environment-a model reservations-a " ANCHORS, 0,
          "environment-a environments model pools-a reservations-a " ANCHORS, "PartiallyScheduled" },
        { "LOOKING asks for fleet and reservations at once", HELD_NOTHING, "", "", 0,
          "environments model reservations " ANCHORS, "WaitingForInputs" },
        { "LOOKING ends as STARTING, with keys that it never read", HELD_NOTHING, "", "environments model reservations " ANCHORS, 0,
          "environment-a model reservations-a " ANCHORS, "AllScheduled" },
        { "LOOKING ends as WAITING", HELD_NOTHING, "", "environments model reservations " ANCHORS, TAKEN,
          "environments model pools-a " ANCHORS, "InsufficientCapacity" },
        { "LOOKING does not read the reservations where nothing matches", HELD_NOTHING, "", "environments model " ANCHORS, SMALL,
          "environments model " ANCHORS, "NoMatchingPool" },
        { "LOOKING reads them where something does", HELD_NOTHING, "", "environments model " ANCHORS, 0,
          "environments model reservations " ANCHORS, "WaitingForInputs" },
        { "FROZEN without a model, which may have an older name", HELD_NOTHING, "", "environments model reservations " ANCHORS, NO_MODEL,
          "environments model " ANCHORS, "ModelNotFound" },
        { "the answer to an older name is none", HELD_SERVING, "", "environment-a " OWN, OTHER_MODEL,
          "environment-a " OWN, "WaitingForInputs" },
        { "a quota counts the whole namespace: nothing is used by what one environment says", HELD_STARTING, "",
          "environment-a environments model quotas reservations-a " ANCHORS, 0,
          "environment-a environments model quotas reservations reservations-a " ANCHORS, "WaitingForInputs", true },
};
/* clang-format on */

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct world w;

                print_message("%s\n", rows[i].what);
                begin(&w, rows[i].held, rows[i].spec, "");
                answer(&w, rows[i].answered, rows[i].world);
                if (rows[i].quotas)
                        w.call.input = json_node(&w.arena, INPUT_OF_QUOTAS);
                run(&w);
                assert_text(reason(&w), rows[i].reason);
                assert_text(keys(&w), rows[i].asks);
                arena_release(&w.arena);
        }
}

/* The table itself: what wakes is read, or was; nobody hears of the whole ledger. */
static void test_table(void **state) {
        (void)state;
        for (int i = 0; i < N_REQUIREMENTS_STATES; i++) {
                assert_true(requirements_rows[i].read & ASK_ALWAYS);
                assert_true(requirements_rows[i].wake & ASK_ALWAYS);
                assert_false(requirements_rows[i].wake & ASK_LEDGER);
        }
}

/* A decision to wait, made in the second call of a reconcile. */
static void decide_to_wait(struct world *w) {
        begin(w, HELD_NOTHING, "", "");
        answer(w, "", 0);
        run(w);
        assert_text(reason(w), "WaitingForInputs");
        w->call.context = w->response.context.bytes;
        answer(w, "environments model reservations " ANCHORS, TAKEN);
        run(w);
        assert_text(reason(w), "InsufficientCapacity");
}

/* Whatever the next call is shown, its answer is the same to the byte. */
static void test_repeats(void **state) {
        struct text decided;
        struct world w;

        (void)state;
        decide_to_wait(&w);
        decided = w.bytes;
        w.call.context = w.response.context.bytes;
        answer(&w, "environments model reservations " ANCHORS, 0);
        run(&w);
        assert_true(text_equal(w.bytes, decided));
        assert_false(w.summary.decided);
        answer(&w, "", 0);
        run(&w);
        assert_true(text_equal(w.bytes, decided));
        arena_release(&w.arena);
}

/* clang-format off */
static const struct {
        const char *what, *path; /* of the plan, the member that is changed */
        const char *value;
        bool repeated;
} plans[] = {
        { "it is repeated as it is", "other", "'x'", true },
        { "another's", "uid", "'u-2'", false },
        { "nobody's", "uid", "null", false },
        { "undecided", "decided", "false", false },
        { "decided by a word", "decided", "'true'", false },
        { "without an answer", "answer", "null", false },
        { "an answer of another kind", "answer", "['x']", false },
        { "an answer without status", "answer", "{'wake': {'what': 1}}", false },
        { "an answer that asks for nothing", "answer", "{'status': {}}", false },
        { "keys that are no text", "answer", "{'status': {}, 'wake': {'what': 1, 'reservations': [1]}}", false },
        { "keys that are none", "answer", "{'status': {}, 'wake': {'what': -1}}", false },
        { "events that are none", "answer", "{'status': {}, 'wake': {'what': 1}, 'results': [{'severity': 1}]}", false },
        { "without placements", "placements", "null", false },
        { "a NUL in what is said of a service", "scheduled", "{'status': 3, 'reason': 'InsufficientCapacity', 'message': 'a\\u0000b'}", true },
};
/* clang-format on */

static void test_foreign_plans(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
                struct world w;
                struct value plan, member, changed;
                struct value_iter it;
                struct text key;
                struct node *context, *copy;

                print_message("%s\n", plans[i].what);
                decide_to_wait(&w);
                plan = value_get(w.response.context, TEXT(PLAN_CONTEXT_KEY));
                context = node_map(&w.arena);
                copy = node_map(&w.arena);
                for (it = value_iterate(plan); value_next(&it, &key, &member);)
                        node_set(copy, key, node_value(&w.arena, member));
                changed = json_value(&w.arena,
                                     text_format(&w.arena, "{'v': %s}", plans[i].value).data);
                node_set(copy, text_from(plans[i].path),
                         node_value(&w.arena, value_get(changed, TEXT("v"))));
                node_set(context, TEXT(PLAN_CONTEXT_KEY), copy);
                assert_int_equal(node_encode(context, &w.arena, &w.call.context), 0);
                answer(&w, "", 0);
                run(&w);
                assert_text(reason(&w),
                            plans[i].repeated ? "InsufficientCapacity" : "WaitingForInputs");
                arena_release(&w.arena);
        }
}

/* What Crossplane made of the answer is what the next reconcile observes. */
static void observe_answer(struct world *w, const char *reason_of) {
        struct node *xr = json_node(&w->arena, text_format(&w->arena, XR, "", "").data);
        struct node *status = node_map(&w->arena);
        struct value member,
                written = value_get(w->response.desired.composite.object, TEXT("status"));
        struct value_iter it;
        struct text key;

        for (it = value_iterate(written); value_next(&it, &key, &member);)
                node_set(status, key, node_value(&w->arena, member));
        node_set(status, TEXT("conditions"),
                 node_value(
                         &w->arena,
                         value_get(json_value(&w->arena,
                                              text_format(&w->arena,
                                                          "{'c': [{'type': 'Scheduled', 'status': "
                                                          "'False', 'reason': '%s', 'message': "
                                                          "'as it was'}]}",
                                                          reason_of)
                                                      .data),
                                   TEXT("c"))));
        node_set(xr, TEXT("status"), status);
        w->call.composite.object = xr;
        w->call.context = (struct text) { 0 };
}

static void answer_pool(struct world *w, int free_units) {
        answer(w, "environments model pools-a " ANCHORS, TAKEN);
        for (size_t i = 0; i < w->call.n_required; i++) {
                if (!text_equal(w->answers[i].key, TEXT("pools-a")))
                        continue;
                w->answers[i].items = add(
                        w, text_format(&w->arena, GPU_POOL, 1 - free_units, free_units, free_units)
                                   .data);
                w->answers[i].n_items = 1;
        }
}

/* One call while there is no reason to look again; the reservations once there is. */
static void test_waits(void **state) {
        static const char reads[] = "environments model pools-a reservations " ANCHORS;
        static const char waits[] = "environments model pools-a " ANCHORS;
        struct text decided_by, after;
        struct world w;

        (void)state;
        decide_to_wait(&w);
        decided_by = value_text(value_at(w.response.desired.composite.object, "status.decidedBy"));
        assert_int_equal(decided_by.len, 16);
        observe_answer(&w, "InsufficientCapacity");
        answer_pool(&w, 0);
        run(&w);
        assert_text(keys(&w), waits);
        assert_text(reason(&w), "InsufficientCapacity");
        assert_text(w.response.conditions[0].message, "as it was");
        after = value_text(value_at(w.response.desired.composite.object, "status.decidedBy"));
        assert_true(text_equal(after, decided_by));
        assert_int_equal(
                value_count(value_at(w.response.desired.composite.object, "status.rejections")), 1);
        assert_int_equal(w.response.n_results, 0);
        assert_int_equal(w.response.ttl_seconds, 60);

        answer_pool(&w, 1);
        run(&w);
        assert_text(keys(&w), reads);

        /* No GPUPool says anything. */
        answer(&w, waits, TAKEN);
        run(&w);
        assert_text(keys(&w), reads);

        /* What was said since is not a decision to wait. */
        observe_answer(&w, "ModelNotFound");
        answer_pool(&w, 0);
        run(&w);
        assert_text(keys(&w), "environments model reservations " ANCHORS);
        arena_release(&w.arena);
}

/* The next call of the same reconcile, with these answers. */
static void go_on(struct world *w, const char *answered, unsigned int what) {
        w->call.context = w->response.context.bytes;
        answer(w, answered, what);
        run(w);
}

/*
 * At most five calls, whatever moves between them: the ledger is asked for once, and is read by
 * who did not begin to wait in the first call, or would look at other GPUPools than it asked for.
 */
static void test_moving(void **state) {
        struct world w;

        (void)state;
        print_message("the ledger was asked for, and other GPUPools would fit now\n");
        decide_to_wait(&w);
        observe_answer(&w, "InsufficientCapacity");
        answer_pool(&w, 1);
        run(&w);
        assert_text(keys(&w), "environments model pools-a reservations " ANCHORS);
        go_on(&w, "environments model reservations " ANCHORS, TAKEN);
        assert_text(reason(&w), "InsufficientCapacity");
        arena_release(&w.arena);

        print_message("GPUPools were asked for, and others would fit now\n");
        decide_to_wait(&w);
        observe_answer(&w, "InsufficientCapacity");
        answer(&w, "environments model " ANCHORS, 0);
        run(&w);
        assert_text(keys(&w), "environments model pools-a " ANCHORS);
        go_on(&w, "environments model " ANCHORS, 0);
        assert_text(keys(&w), "environments model pools-a " ANCHORS);
        go_on(&w, "environments model pools-a " ANCHORS, TWO);
        assert_text(keys(&w), "environments model pools reservations " ANCHORS);
        arena_release(&w.arena);

        print_message("it was settled in the first call, as far as that could see\n");
        begin(&w, HELD_SERVING, "",
              "'decidedBy': 'x', 'conditions': [{'type': 'Scheduled', 'status': 'False',"
              " 'reason': 'PartiallyScheduled', 'message': 'm'}]");
        answer(&w, "", 0);
        run(&w);
        assert_text(keys(&w), "environment-a " OWN);
        go_on(&w, "environment-a " OWN, SMALL);
        assert_text(keys(&w),
                    "environment-a environments model reservations reservations-a " ANCHORS);
        arena_release(&w.arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),    cmocka_unit_test(test_table),
                cmocka_unit_test(test_repeats), cmocka_unit_test(test_foreign_plans),
                cmocka_unit_test(test_waits),   cmocka_unit_test(test_moving),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
