/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "render/pipeline.h"
#include "wire/field.h"
#include "wire/guard.h"

enum { BUDGET = 64 * 1024 * 1024, CALLS_KEPT = 16 };

/* A function that is told what to answer, and remembers what it was asked. */
struct fake {
        void (*answer)(struct fake *fake, const struct request *request, struct response *r);
        struct request requests[CALLS_KEPT];
        struct text bytes[CALLS_KEPT];
        size_t n_calls;
        const char *target;
};

static int call_fake(void *ctx, const char *target, struct text bytes, struct arena *arena,
                     struct text *ret, struct fault *fault) {
        struct fake *fake = ctx;
        struct request *request = &fake->requests[fake->n_calls];
        struct response response;
        struct payload payload;

        assert_true(fake->n_calls < CALLS_KEPT);
        fake->target = target;
        assert_int_equal(guard_request(bytes, fault), 0);
        assert_int_equal(request_read(bytes, arena, request, fault), 0);
        fake->bytes[fake->n_calls++] = bytes;
        response_init(&response, arena);
        fake->answer(fake, request, &response);
        assert_int_equal(response_encode(&response, request, &payload), 0);
        *ret = text_join(arena, payload.parts, payload.n_parts);
        return 0;
}

static const char composite[] = "apiVersion: example.org/v1\n"
                                "kind: Thing\n"
                                "metadata: {name: gemma, namespace: default}\n";

static const char cluster[] = "apiVersion: example.org/v1\n"
                              "kind: Env\n"
                              "metadata: {name: b}\n"
                              "---\n"
                              "apiVersion: example.org/v1\n"
                              "kind: Env\n"
                              "metadata: {name: a}\n";

#define COMPOSITION(steps)                                                                         \
        "apiVersion: apiextensions.crossplane.io/v1\n"                                             \
        "kind: Composition\n"                                                                      \
        "spec:\n"                                                                                  \
        "  compositeTypeRef: {apiVersion: example.org/v1, kind: Thing}\n"                          \
        "  pipeline: [" steps "]\n"
#define STEP(name, function) "{step: " name ", functionRef: {name: " function "}}"

static struct objects read_objects(const char *yaml, struct arena *arena) {
        struct fault fault;
        struct objects objects;

        assert_int_equal(yaml_read(text_from(yaml), "y", arena, &objects, &fault), 0);
        return objects;
}

static struct pipeline_input input(const char *composition, struct arena *arena) {
        return (struct pipeline_input) {
                .composite = read_objects(composite, arena).items[0],
                .composition = read_objects(composition, arena).items[0],
                .required = read_objects(cluster, arena),
        };
}

static int run(struct fake *fake, const struct pipeline_input *in, struct arena *arena,
               struct pipeline_output *out, struct fault *fault) {
        struct cli_transport transport = { .call = call_fake, .ctx = fake };

        return pipeline_run(in, &transport, "there:9443", arena, out, fault);
}

static void require_name(struct response *r, const char *key, const char *name) {
        response_require(r, (struct requirement) { .key = text_from(key),
                                                   .api_version = TEXT("example.org/v1"),
                                                   .kind = TEXT("Env"),
                                                   .match_name = text_from(name) });
}

static void ask_nothing(struct fake *fake, const struct request *request, struct response *r) {
        (void)fake;
        (void)request;
        (void)r;
}

static void ask_once(struct fake *fake, const struct request *request, struct response *r) {
        (void)fake;
        (void)request;
        require_name(r, "env", "a");
}

/* What it asks for next follows from what it got. */
static void ask_more_later(struct fake *fake, const struct request *request, struct response *r) {
        (void)fake;
        require_name(r, "env", "a");
        if (request_required(request, TEXT("env")))
                require_name(r, "second", "b");
}

static void ask_elsewhere_later(struct fake *fake, const struct request *request,
                                struct response *r) {
        (void)request;
        require_name(r, "env", fake->n_calls < 3 ? "a" : "b");
}

static void ask_for_ever(struct fake *fake, const struct request *request, struct response *r) {
        (void)request;
        require_name(r, "env", fake->n_calls % 2 ? "a" : "b");
}

static void ask_and_fail(struct fake *fake, const struct request *request, struct response *r) {
        (void)fake;
        (void)request;
        require_name(r, "env", "a");
        response_result(
                r, (struct result) { .severity = SEVERITY_FATAL, .message = TEXT("spec.x: bad") });
}

static void ask_then_warn(struct fake *fake, const struct request *request, struct response *r) {
        (void)request;
        require_name(r, "env", "a");
        response_result(r, (struct result) { .severity = SEVERITY_WARNING, .message = TEXT("hm") });
        (void)fake;
}

/* clang-format off */
static const struct {
        const char *name, *reason;
        void (*answer)(struct fake *, const struct request *, struct response *);
        size_t calls;
        int rc;
        const char *fatal;
} loops[] = {
        { "nothing asked",  "one call is enough",              ask_nothing,         1, 0,       "" },
        { "the same asked", "once unresolved, once resolved",  ask_once,            2, 0,       "" },
        { "more asked",     "and once to see that it was all", ask_more_later,      3, 0,       "" },
        { "another asked",  "a, a is settled",                 ask_elsewhere_later, 2, 0,       "" },
        { "never settled",  "Crossplane gives up too",         ask_for_ever,        6, -EPROTO, "" },
        { "fatal",          "ends the loop at once",           ask_and_fail,        1, 0,
          "pipeline step \"one\" returned a fatal result: spec.x: bad" },
        { "warning",        "ends nothing",                    ask_then_warn,       2, 0,       "" },
};
/* clang-format on */

static void requirements_are_asked_until_they_settle(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
                struct arena arena;
                struct fault fault = { 0 };
                struct fake fake = { .answer = loops[i].answer };
                struct pipeline_output out = { 0 };
                struct pipeline_input in;
                int r;

                arena_init(&arena, BUDGET);
                in = input(COMPOSITION(STEP("one", "ours")), &arena);
                r = run(&fake, &in, &arena, &out, &fault);
                if (r != loops[i].rc || fake.n_calls != loops[i].calls)
                        fail_msg("%s (%s): %zu calls, returns %d: %s", loops[i].name,
                                 loops[i].reason, fake.n_calls, r, fault.message);
                if (!text_equal(out.fatal, text_from(loops[i].fatal)))
                        fail_msg("%s: %.*s", loops[i].name, TEXT_ARG(out.fatal));
                assert_string_equal(fake.target, "there:9443");
                arena_release(&arena);
        }
}

static void ask_the_old_way_too(struct fake *fake, const struct request *request,
                                struct response *r) {
        ask_once(fake, request, r);
        r->extra_resources = true;
}

static void answers_come_in_the_field_that_was_asked_in(void **state) {
        struct arena arena;
        struct fault fault = { 0 };
        struct fake fake = { .answer = ask_the_old_way_too };
        struct pipeline_output out;
        struct pipeline_input in;
        const struct answer_set *answer;
        struct text field;

        (void)state;
        arena_init(&arena, BUDGET);
        in = input(COMPOSITION(STEP("one", "ours")), &arena);
        assert_int_equal(run(&fake, &in, &arena, &out, &fault), 0);
        assert_int_equal(fake.n_calls, 2);
        assert_int_equal(out.steps[0].response.n_requirements, 1);
        assert_int_equal(out.steps[0].response.n_extra, 1);
        assert_null(request_required(&fake.requests[0], TEXT("env")));
        /* extra_resources is field 6, required_resources field 8. */
        assert_false(field_last(fake.bytes[0], 6, &field));
        assert_true(field_last(fake.bytes[1], 6, &field));
        assert_true(field_last(fake.bytes[1], 8, &field));
        answer = request_required(&fake.requests[1], TEXT("env"));
        assert_non_null(answer);
        assert_int_equal(answer->n_items, 1);
        assert_true(text_equal(value_text(value_at(answer->items[0].object, "metadata.name")),
                               TEXT("a")));
        arena_release(&arena);
}

/* Desires a resource and a context member, both named after the number of the call. */
static void leave_traces(struct fake *fake, const struct request *request, struct response *r) {
        struct node *object = node_map(r->arena);
        struct text name = text_format(r->arena, "call-%zu", fake->n_calls);

        (void)request;
        require_name(r, "env", "a");
        node_set_string(object, "kind", TEXT("A"));
        response_desire(r, (struct desired) { .name = name, .object = object });
        r->context_key = name;
        r->context_value = node_map(r->arena);
}

static void state_flows_from_call_to_call(void **state) {
        struct arena arena;
        struct fault fault = { 0 };
        struct fake fake = { .answer = leave_traces };
        const struct request *q = fake.requests;
        struct pipeline_output out;
        struct pipeline_input in;

        (void)state;
        arena_init(&arena, BUDGET);
        in = input(COMPOSITION(STEP("one", "ours") ", " STEP("two", "ours")), &arena);
        assert_int_equal(run(&fake, &in, &arena, &out, &fault), 0);
        assert_int_equal(fake.n_calls, 4);
        assert_int_equal(out.n_steps, 2);

        /* Of a step's calls only the last one's desired state counts, but every context does. */
        assert_int_equal(q[1].desired.n_resources, 0);
        assert_int_equal(q[2].desired.n_resources, 1);
        assert_true(text_equal(q[2].desired.resources[0].name, TEXT("call-2")));
        assert_int_equal(value_count(q[0].context), 0);
        assert_int_equal(value_count(q[1].context), 1);
        assert_int_equal(value_count(q[2].context), 2);
        assert_int_equal(value_count(q[3].context), 3);
        assert_int_equal(out.steps[1].response.desired.n_resources, 2);
        assert_int_equal(value_count(out.steps[1].response.context), 4);

        /* A step begins without answers, and its calls share a tag. */
        assert_int_equal(q[2].n_required, 0);
        assert_int_equal(q[3].n_required, 1);
        assert_true(q[0].tag.len > 0 && text_equal(q[0].tag, q[1].tag));
        assert_true(text_equal(q[2].tag, q[3].tag) && !text_equal(q[1].tag, q[2].tag));
        assert_true(q[0].has_capabilities);
        arena_release(&arena);
}

static void the_composite_is_observed_with_its_identity(void **state) {
        struct arena arena;
        struct fault fault = { 0 };
        struct fake fake = { .answer = ask_nothing };
        struct pipeline_output out;
        struct pipeline_input in;
        struct value metadata, labels;

        (void)state;
        arena_init(&arena, BUDGET);
        in = input(COMPOSITION(STEP("one", "ours")), &arena);
        in.composite = read_objects("apiVersion: modelplane.ai/v1alpha1\nkind: ModelDeployment\n"
                                    "metadata: {name: gemma, namespace: default, labels: {a: b}}\n",
                                    &arena)
                               .items[0];
        in.composition = read_objects("kind: Composition\nspec: {compositeTypeRef: {apiVersion: "
                                      "modelplane.ai/v1alpha1, kind: ModelDeployment}, pipeline: "
                                      "[{step: one, functionRef: {name: ours}}]}\n",
                                      &arena)
                                 .items[0];
        in.observed = read_objects("{kind: A, metadata: {name: x, annotations: "
                                   "{crossplane.io/composition-resource-name: key}}}",
                                   &arena);
        assert_int_equal(run(&fake, &in, &arena, &out, &fault), 0);
        metadata = value_at(fake.requests[0].observed.composite.object, "metadata");
        labels = value_get(metadata, TEXT("labels"));
        /* As crossplane v2.5.0 with core v2.4.0 gives it to the same composite. */
        assert_true(text_equal(value_text(value_get(metadata, TEXT("uid"))),
                               TEXT("5238e982-3284-5d7f-bc1f-374d03e95cba")));
        assert_true(text_equal(value_text(value_get(labels, TEXT("crossplane.io/composite"))),
                               TEXT("gemma")));
        assert_int_equal(value_count(labels), 2);
        assert_int_equal(fake.requests[0].observed.n_resources, 1);
        assert_non_null(request_resource(&fake.requests[0].observed, TEXT("key")));
        arena_release(&arena);
}

static const char functions[] = "kind: Function\nmetadata: {name: placing}\n"
                                "spec: {package: example.org/x/function-gpu-placement:v1}\n---\n"
                                "kind: Function\nmetadata: {name: digested}\n"
                                "spec: {package: function-gpu-placement@sha256:00}\n---\n"
                                "kind: Function\nmetadata: {name: other}\n"
                                "spec: {package: example.org/not-function-gpu-placement:v1}\n";

static void steps_of_other_functions_are_skipped(void **state) {
        struct arena arena;
        struct fault fault = { 0 };
        struct fake fake = { .answer = ask_nothing };
        struct pipeline_output out;
        struct pipeline_input in;

        (void)state;
        arena_init(&arena, BUDGET);
        in = input(
                COMPOSITION(STEP("a", "placing") "," STEP("b", "other") "," STEP(
                        "c", "function-gpu-placement") "," STEP("d", "digested") "," STEP("e",
                                                                                          "ready")),
                &arena);
        in.has_functions = true;
        in.functions = read_objects(functions, &arena);
        assert_int_equal(run(&fake, &in, &arena, &out, &fault), 0);
        assert_int_equal(out.n_steps, 3);
        assert_true(text_equal(out.steps[1].name, TEXT("c")));
        assert_int_equal(out.n_skipped, 2);
        assert_true(text_contains(out.skipped[0], TEXT("\"b\"")));
        assert_true(text_contains(out.skipped[0], TEXT("other")));
        assert_true(text_contains(out.skipped[1], TEXT("\"e\"")));
        arena_release(&arena);
}

/* clang-format off */
static const struct {
        const char *name, *composition, *observed, *path, *message;
} mistakes[] = {
        {"not a composition",                "{kind: Pod}", "",                              "kind",                         "not a Composition"},
        {                      "no steps",
         "{kind: Composition, spec: {compositeTypeRef: {apiVersion: example.org/v1, kind: "
         "Thing}}}",                                    "",                 "spec.pipeline", "the Composition has no steps"                  },
        {     "for another kind",
         "{kind: Composition, spec: {compositeTypeRef: {apiVersion: example.org/v1, kind: Car}, "
          "pipeline: []}}",                      "", "spec.compositeTypeRef",
         "the Composition is for example.org/v1 Car, the composite is example.org/v1 Thing"                       },
        { "observed without a name", COMPOSITION(STEP("one",            "ours")),
         "{kind: Pod, metadata: {name: p}}",                                  "",
         "observed Pod \"p\" has no annotation crossplane.io/composition-resource-name" },
};
/* clang-format on */

static void mistakes_are_told(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
                struct arena arena;
                struct fault fault = { 0 };
                struct fake fake = { .answer = ask_nothing };
                struct pipeline_output out;
                struct pipeline_input in;

                arena_init(&arena, BUDGET);
                in = input(mistakes[i].composition, &arena);
                in.observed = read_objects(mistakes[i].observed, &arena);
                assert_int_equal(run(&fake, &in, &arena, &out, &fault), -EINVAL);
                assert_string_equal(fault.path, mistakes[i].path);
                assert_string_equal(fault.message, mistakes[i].message);
                arena_release(&arena);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(requirements_are_asked_until_they_settle),
                cmocka_unit_test(answers_come_in_the_field_that_was_asked_in),
                cmocka_unit_test(state_flows_from_call_to_call),
                cmocka_unit_test(the_composite_is_observed_with_its_identity),
                cmocka_unit_test(steps_of_other_functions_are_skipped),
                cmocka_unit_test(mistakes_are_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
