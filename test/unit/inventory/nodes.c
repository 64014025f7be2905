/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each call of a reconcile asks for while the nodes are observed: read, then let go.
 */
#include "inventory/nodes.h"

#include "fleet/observed.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "stage_inventory.h"

#define COMPOSITE                                                                                  \
        "{'apiVersion': 'modelplane.ai/v1alpha1', 'kind': 'InferenceEnvironment',"                 \
        " 'metadata': {'name': 'eu-1', 'uid': 'u1'},"                                              \
        " 'spec': {'observe': 'Nodes', 'nodePools': ["                                             \
        "  {'name': 'whole', 'acceleratorType': 'nvidia-h100-80gb', 'acceleratorCount': 8,"        \
        "   'nodeSelector': {'a': 'b', 'c': 'd'}, 'nodeCount': 2},"                                \
        "  {'name': 'anywhere', 'acceleratorType': 'nvidia-h100-80gb', 'nodeSelector': {}},"       \
        "  {'name': 'bad', 'acceleratorCount': -1, 'nodeSelector': {'a': 'b'}}]}}"
#define NODE                                                                                       \
        "{'apiVersion': 'v1', 'kind': 'Node', 'metadata': {'name': 'n', 'labels':"                 \
        "  {'a': 'b', 'c': 'd'}}, 'status': {'allocatable': {'nvidia.com/gpu': '7'}}}"

struct fixture {
        struct answer_item item;
        struct answer_set answers[2]; /* sorted by key */
        struct call_summary summary;
        struct fault fault;
        struct call call;
};

static void prepare(struct fixture *c) {
        *c = (struct fixture) { .item = { .object = json_value(&arena, NODE) } };
        c->call = (struct call) { .arena = &arena, .summary = &c->summary, .fault = &c->fault };
        assert_int_equal(settings_read((struct value) { 0 }, &arena, &c->call.settings, &c->fault),
                         0);
        c->call.xr = json_value(&arena, COMPOSITE);
        c->call.request.observed.composite.object = c->call.xr;
        c->call.request.required = c->answers;
        response_init(&c->call.response, &arena);
}

static void answer(struct fixture *c, const char *key, struct answer_item *items, size_t n) {
        c->answers[c->call.request.n_required++] = (struct answer_set) { text_from(key), items, n };
}

/* "nodes-whole,reservations," */
static void assert_asks(const struct fixture *c, const char *want) {
        struct builder b;

        builder_init(&b, &arena);
        for (size_t i = 0; i < c->call.response.n_requirements; i++) {
                builder_text(&b, c->call.response.requirements[i].key);
                builder_char(&b, ',');
        }
        assert_true(text_equal(builder_done(&b), text_from(want)));
}

static void assert_reason(const struct fixture *c, const char *want) {
        assert_true(text_equal(c->call.response.conditions[0].reason, text_from(want)));
}

static void the_nodes_are_asked_for(void **state) {
        const struct requirement *r;
        struct fixture c;

        (void)state;
        prepare(&c);
        assert_int_equal(stage_inventory(&c.call), 0);
        assert_asks(&c, "reservations,nodes-whole,");
        r = &c.call.response.requirements[1];
        assert_true(text_equal(r->api_version, TEXT("v1")));
        assert_true(text_equal(r->kind, TEXT("Node")));
        assert_int_equal(r->n_labels, 2);
        assert_true(text_equal(r->label_keys[0], TEXT("a")));
        assert_true(text_equal(r->label_values[1], TEXT("d")));
        assert_reason(&c, "WaitingForInputs");
        assert_int_equal(c.call.response.ttl_seconds, 0);
        assert_null(c.call.response.context_value);
}

/* As long as anything is missing both are asked for: what is asked for only grows. */
static void one_answer_is_not_enough(void **state) {
        static const char *const keys[] = { "nodes-whole", "reservations" };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct fixture c;

                prepare(&c);
                answer(&c, keys[i], i == 0 ? &c.item : NULL, i == 0);
                assert_int_equal(stage_inventory(&c.call), 0);
                assert_asks(&c, "reservations,nodes-whole,");
                assert_reason(&c, "WaitingForInputs");
                assert_null(c.call.response.context_value);
        }
}

static void run_answered(struct fixture *c) {
        prepare(c);
        answer(c, "nodes-whole", &c->item, 1);
        answer(c, "reservations", NULL, 0);
        assert_int_equal(stage_inventory(&c->call), 0);
}

static struct value context_of(const struct fixture *c) {
        struct node *map = node_map(&arena);

        assert_true(text_equal(c->call.response.context_key, TEXT(NODES_CONTEXT_KEY)));
        node_set(map, TEXT(NODES_CONTEXT_KEY), c->call.response.context_value);
        return json_encoded(&arena, map);
}

static void they_are_let_go_once_counted(void **state) {
        struct fixture c, next;

        (void)state;
        run_answered(&c);
        assert_asks(&c, "reservations,");
        assert_reason(&c, "InvalidPool"); /* of the one that is bad */
        prepare(&next);
        next.call.request.context = context_of(&c);
        answer(&next, "reservations", NULL, 0);
        assert_int_equal(stage_inventory(&next.call), 0);
        assert_asks(&next, "reservations,");
        assert_true(value_equal(json_encoded(&arena, c.call.response.status),
                                json_encoded(&arena, next.call.response.status), &arena));
        assert_int_equal(next.call.response.n_desired, c.call.response.n_desired);
}

/* What cannot be this reconcile's begins again. */
static void what_is_carried_is_bound(void **state) {
        static const char *const carried[] = {
                "{}",
                "{'uid': 'u2', 'counts': [{}, {}, {}]}",
                "{'uid': 'u1', 'counts': [{}, {}]}",
                "{'uid': 'u1', 'counts': {}}",
                "{'counts': [{}, {}, {}]}",
                "['u1']",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
                struct node *map = node_map(&arena);
                struct fixture c;

                prepare(&c);
                node_set(map, TEXT(NODES_CONTEXT_KEY),
                         carried[i][0] == '[' ? node_string(&arena, TEXT("u1"))
                                              : json_node(&arena, carried[i]));
                c.call.request.context = json_encoded(&arena, map);
                answer(&c, "reservations", NULL, 0);
                assert_int_equal(stage_inventory(&c.call), 0);
                assert_asks(&c, "reservations,nodes-whole,");
                assert_reason(&c, "WaitingForInputs");
        }
}

/* A count that cannot be read is none: the pool counts as declared. */
static void a_count_that_cannot_be_read(void **state) {
        struct node *map = node_map(&arena);
        struct fixture c;

        (void)state;
        prepare(&c);
        node_set(map, TEXT(NODES_CONTEXT_KEY),
                 json_node(&arena, "{'uid': 'u1', 'counts': [{'nodes': -1, 'ready': 1,"
                                   " 'offering': 1, 'units': 7, 'perNode': 7}, {}, {}]}"));
        c.call.request.context = json_encoded(&arena, map);
        answer(&c, "reservations", NULL, 0);
        assert_int_equal(stage_inventory(&c.call), 0);
        assert_asks(&c, "reservations,");
        assert_null(node_get(c.call.response.status, TEXT("observedUnitsPerNode")));
}

/* 5,000 nodes of 60 labels: what is kept of them is their counts. */
static void many_nodes(void **state) {
        struct answer_item *items = ARENA_ARRAY(&input_arena, 5000, struct answer_item);
        struct node *node = json_node(&input_arena, NODE);
        struct node *labels = node_get(node_get(node, TEXT("metadata")), TEXT("labels"));
        struct value object;
        struct fixture c;

        (void)state;
        for (int i = 0; i < 60; i++)
                node_set(labels, text_format(&input_arena, "example.com/label-%d", i),
                         node_string(&input_arena, TEXT("value")));
        object = json_encoded(&input_arena, node);
        for (size_t i = 0; i < 5000; i++)
                items[i].object = object;
        prepare(&c);
        answer(&c, "nodes-whole", items, 5000);
        answer(&c, "reservations", NULL, 0);
        assert_int_equal(stage_inventory(&c.call), 0);
        assert_asks(&c, "reservations,");
        assert_int_equal(c.summary.used->items[0].sub_pool->observed->nodes, 5000);
        assert_int_equal(c.summary.used->items[0].sub_pool->observed->units, 35000);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_nodes_are_asked_for),
                cmocka_unit_test(one_answer_is_not_enough),
                cmocka_unit_test(they_are_let_go_once_counted),
                cmocka_unit_test(what_is_carried_is_bound),
                cmocka_unit_test(a_count_that_cannot_be_read),
                cmocka_unit_test(many_nodes),
        };

        return cmocka_run_group_tests_name("nodes", tests, memory_set_up, memory_tear_down);
}
