/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "render/document.h"

#include "wire/value_print.h"
#include "yaml/write.h"

enum { BUDGET = 16 * 1024 * 1024 };

static const char composite[] =
        "apiVersion: modelplane.ai/v1alpha1\n"
        "kind: ModelDeployment\n"
        "metadata: {name: gemma, namespace: default, labels: {team: x}}\n"
        "spec: {environments: 1}\n"
        "status:\n"
        "  mine: 1\n"
        "  model: {old: true}\n"
        "  conditions:\n"
        "  - {type: Serving, status: 'True', reason: Serving, lastTransitionTime: '2025-01-01'}\n"
        "  - {type: Synced, status: 'True', reason: ReconcileSuccess}\n"
        "  - {type: Old, status: 'True', reason: R, lastTransitionTime: '2025-01-01'}\n";

static const char status[] = "status: {model: {name: google/gemma}}\n";

static const char service[] = "apiVersion: serving.kserve.io/v1alpha2\n"
                              "kind: LLMInferenceService\n"
                              "metadata: {name: gemma-a, labels: {pool: p}}\n"
                              "spec: {replicas: 2}\n";

static const char nameless[] = "apiVersion: v1\nkind: ConfigMap\ndata: {k: v}\n";

static const char observed[] = "apiVersion: v1\n"
                               "kind: ConfigMap\n"
                               "metadata:\n"
                               "  name: gemma-x1\n"
                               "  annotations: {crossplane.io/composition-resource-name: b-seen}\n";

#define OWNER                                                                                      \
        "  ownerReferences:\n"                                                                     \
        "  - apiVersion: modelplane.ai/v1alpha1\n"                                                 \
        "    blockOwnerDeletion: true\n"                                                           \
        "    controller: true\n"                                                                   \
        "    kind: ModelDeployment\n"                                                              \
        "    name: gemma\n"                                                                        \
        "    uid: 5238e982-3284-5d7f-bc1f-374d03e95cba\n"

#define CONDITION(type, status, reason, message)                                                   \
        "  - lastTransitionTime: \"2024-01-01T00:00:00Z\"\n" message "    reason: " reason         \
        "\n    status: \"" status "\"\n    type: " type "\n"

#define CONDITIONS                                                                                 \
        "  conditions:\n" CONDITION("Serving", "False", "Starting", "")                            \
                CONDITION("Old", "True", "R", "")                                                  \
                        CONDITION("Scheduled", "True", "AllScheduled", "    message: One\n")       \
                                CONDITION("Ready", "False", "Creating",                            \
                                          "    message: 'Unready resources: b-seen, c-new'\n")

/* As crossplane v2.5.0 with core v2.4.0 prints it, without what its reconciler adds. */
static const char brief[] = "---\n"
                            "apiVersion: modelplane.ai/v1alpha1\n"
                            "kind: ModelDeployment\n"
                            "metadata:\n"
                            "  name: gemma\n"
                            "  namespace: default\n"
                            "status:\n" CONDITIONS "  model:\n"
                            "    name: google/gemma\n"
                            "---\n"
                            "apiVersion: serving.kserve.io/v1alpha2\n"
                            "kind: LLMInferenceService\n"
                            "metadata:\n"
                            "  annotations:\n"
                            "    crossplane.io/composition-resource-name: a-named\n"
                            "  labels:\n"
                            "    crossplane.io/composite: gemma\n"
                            "    pool: p\n"
                            "  name: gemma-a\n"
                            "  namespace: default\n" OWNER "spec:\n"
                            "  replicas: 2\n"
                            "---\n"
                            "apiVersion: v1\n"
                            "data:\n"
                            "  k: v\n"
                            "kind: ConfigMap\n"
                            "metadata:\n"
                            "  annotations:\n"
                            "    crossplane.io/composition-resource-name: b-seen\n"
                            "  labels:\n"
                            "    crossplane.io/composite: gemma\n"
                            "  name: gemma-x1\n"
                            "  namespace: default\n" OWNER "---\n"
                            "apiVersion: v1\n"
                            "data:\n"
                            "  k: v\n"
                            "kind: ConfigMap\n"
                            "metadata:\n"
                            "  annotations:\n"
                            "    crossplane.io/composition-resource-name: c-new\n"
                            "  generateName: gemma-\n"
                            "  labels:\n"
                            "    crossplane.io/composite: gemma\n"
                            "  namespace: default\n" OWNER;

static const char full_composite[] = "---\n"
                                     "apiVersion: modelplane.ai/v1alpha1\n"
                                     "kind: ModelDeployment\n"
                                     "metadata:\n"
                                     "  labels:\n"
                                     "    team: x\n"
                                     "  name: gemma\n"
                                     "  namespace: default\n"
                                     "spec:\n"
                                     "  environments: 1\n"
                                     "status:\n" CONDITIONS "  mine: 1\n"
                                     "  model:\n"
                                     "    name: google/gemma\n"
                                     "    old: true\n"
                                     "---\n";

static const char extras[] = "---\n"
                             "apiVersion: render.crossplane.io/v1beta1\n"
                             "kind: Result\n"
                             "message: 'Pipeline step \"place\": Placed it'\n"
                             "reason: Placed\n"
                             "severity: Normal\n"
                             "---\n"
                             "apiVersion: render.crossplane.io/v1beta1\n"
                             "kind: Result\n"
                             "message: 'Pipeline step \"place\": Hm'\n"
                             "reason: ComposeResources\n"
                             "severity: Warning\n"
                             "---\n"
                             "apiVersion: render.crossplane.io/v1beta1\n"
                             "fields:\n"
                             "  k: 3\n"
                             "kind: Context\n"
                             "---\n"
                             "apiVersion: render.crossplane.io/v1beta1\n"
                             "calls: 2\n"
                             "kind: Answer\n"
                             "ready:\n"
                             "  composite: Unspecified\n"
                             "  resources:\n"
                             "    a-named: \"True\"\n"
                             "    b-seen: \"False\"\n"
                             "    c-new: Unspecified\n"
                             "step: place\n"
                             "ttl: 60s\n"
                             "---\n"
                             "apiVersion: render.crossplane.io/v1beta1\n"
                             "kind: Requirements\n"
                             "resources:\n"
                             "  all:\n"
                             "    apiVersion: v1\n"
                             "    kind: A\n"
                             "    matchLabels: {}\n"
                             "  one:\n"
                             "    apiVersion: v1\n"
                             "    kind: B\n"
                             "    matchName: b\n"
                             "    namespace: ns\n"
                             "step: place\n";

static struct objects read_objects(const char *yaml, struct arena *arena) {
        struct fault fault;
        struct objects objects;

        assert_int_equal(yaml_read(text_from(yaml), "y", arena, &objects, &fault), 0);
        return objects;
}

/* Readers of YAML see no difference between 'x' and "x" where nothing is escaped. */
static struct text same_quotes(struct text yaml, struct arena *arena) {
        struct objects objects;
        struct fault fault;
        struct builder b;

        assert_int_equal(yaml_read(yaml, "want", arena, &objects, &fault), 0);
        builder_init(&b, arena);
        for (size_t i = 0; i < objects.n; i++) {
                builder_string(&b, "---\n");
                assert_int_equal(yaml_write(objects.items[i], &b, arena), 0);
        }
        return builder_done(&b);
}

static struct condition conditions[] = {
        { TEXT_INIT("Scheduled"), CONDITION_TRUE, TEXT_INIT("AllScheduled"), TEXT_INIT("One") },
        { TEXT_INIT("Serving"), CONDITION_FALSE, TEXT_INIT("Starting"), { 0 } },
        { TEXT_INIT("Ready"), CONDITION_TRUE, TEXT_INIT("Reserved"), { 0 } },
};
static struct result results[] = {
        { SEVERITY_NORMAL, TEXT_INIT("Placed it"), TEXT_INIT("Placed") },
        { SEVERITY_WARNING, TEXT_INIT("Hm"), { 0 } },
};
static struct requirement requirements[] = {
        { .key = TEXT_INIT("all"), .api_version = TEXT_INIT("v1"), .kind = TEXT_INIT("A") },
        { .key = TEXT_INIT("one"),
          .api_version = TEXT_INIT("v1"),
          .kind = TEXT_INIT("B"),
          .match_name = TEXT_INIT("b"),
          .namespace_ = TEXT_INIT("ns") },
};

static struct pipeline_step answered(struct arena *arena) {
        struct resource *resources = ARENA_ARRAY(arena, 3, struct resource);

        resources[0] = (struct resource) { .name = TEXT("a-named"),
                                           .object = read_objects(service, arena).items[0],
                                           .ready = READY_TRUE };
        resources[1] = (struct resource) { .name = TEXT("b-seen"),
                                           .object = read_objects(nameless, arena).items[0],
                                           .ready = READY_FALSE };
        resources[2] = (struct resource) { .name = TEXT("c-new"),
                                           .object = read_objects(nameless, arena).items[0] };
        return (struct pipeline_step) {
                .name = TEXT("place"),
                .n_calls = 2,
                .response = { .ttl_seconds = 60,
                              .desired = { .composite.object = read_objects(status, arena).items[0],
                                           .resources = resources,
                                           .n_resources = 3 },
                              .context = read_objects("k: 3\n", arena).items[0],
                              .conditions = conditions,
                              .n_conditions = 3,
                              .results = results,
                              .n_results = 2,
                              .requirements = requirements,
                              .n_requirements = 2 },
        };
}

static struct text written(struct document_options options, struct arena *arena) {
        struct pipeline_input in = { .composite = read_objects(composite, arena).items[0],
                                     .observed = read_objects(observed, arena) };
        struct pipeline_step step = answered(arena);
        struct pipeline_output out = { .steps = &step, .n_steps = 1 };
        struct builder b;

        builder_init(&b, arena);
        assert_int_equal(document_write(&in, &out, options, &b, arena), 0);
        return builder_done(&b);
}

static void the_stream_is_crossplanes(void **state) {
        struct arena arena;
        struct text got, want;

        (void)state;
        arena_init(&arena, BUDGET);
        got = written((struct document_options) { 0 }, &arena);
        want = same_quotes(text_from(brief), &arena);
        if (!text_equal(got, want))
                fail_msg("got\n%.*s", TEXT_ARG(got));
        arena_release(&arena);
}

static void the_full_composite_keeps_what_it_had(void **state) {
        struct arena arena;
        struct text got, want;

        (void)state;
        arena_init(&arena, BUDGET);
        got = written((struct document_options) { .full_composite = true }, &arena);
        want = same_quotes(text_from(full_composite), &arena);
        if (!text_starts_with(got, want))
                fail_msg("got\n%.*s", TEXT_ARG(got));
        arena_release(&arena);
}

static void results_context_and_answers_come_last(void **state) {
        struct arena arena;
        struct text got, want;

        (void)state;
        arena_init(&arena, BUDGET);
        got = written(
                (struct document_options) { .results = true, .context = true, .answers = true },
                &arena);
        want = same_quotes(text_from(extras), &arena);
        if (!text_ends_with(got, want))
                fail_msg("got\n%.*s", TEXT_ARG(got));
        arena_release(&arena);
}

static const struct {
        const char *name;
        enum ready composite;
        size_t n_unready;
        const char *want;
} ready_rows[] = {
        { "everything is ready", READY_UNSPECIFIED, 0, "\"True\" Available " },
        { "one is not", READY_UNSPECIFIED, 1, "\"False\" Creating Unready resources: r0" },
        { "three are not", READY_UNSPECIFIED, 3,
          "\"False\" Creating Unready resources: r0, r1, and r2" },
        { "five are not", READY_UNSPECIFIED, 5,
          "\"False\" Creating Unready resources: r0, r1, r2, and 2 more" },
        { "the function says no", READY_FALSE, 0, "\"False\" Creating " },
        { "the function says yes", READY_TRUE, 5, "\"True\" Available " },
};

static void ready_is_what_crossplane_would_say(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(ready_rows) / sizeof(ready_rows[0]); i++) {
                struct resource resources[5] = { 0 };
                struct pipeline_step step = { 0 };
                struct pipeline_output out = { .steps = &step, .n_steps = 1 };
                struct pipeline_input in = { 0 };
                struct builder b, got;
                struct arena arena;
                struct value all, ready;
                struct value_iter it;

                arena_init(&arena, BUDGET);
                for (size_t j = 0; j < 5; j++) {
                        resources[j].name = text_format(&arena, "r%zu", j);
                        resources[j].ready = j < ready_rows[i].n_unready ? READY_FALSE : READY_TRUE;
                }
                step.response.desired.composite.ready = ready_rows[i].composite;
                step.response.desired.resources = resources;
                step.response.desired.n_resources = 5;
                in.composite = read_objects("{kind: A, metadata: {name: x}}", &arena).items[0];
                builder_init(&b, &arena);
                assert_int_equal(
                        document_write(&in, &out, (struct document_options) { 0 }, &b, &arena), 0);
                builder_char(&b, '\0');
                all = value_at(read_objects(builder_done(&b).data, &arena).items[0],
                               "status.conditions");
                it = value_iterate(all);
                assert_true(value_next(&it, NULL, &ready));
                builder_init(&got, &arena);
                value_print(value_get(ready, TEXT("status")), &got);
                builder_char(&got, ' ');
                builder_text(&got, value_text(value_get(ready, TEXT("reason"))));
                builder_char(&got, ' ');
                builder_text(&got, value_text(value_get(ready, TEXT("message"))));
                if (!text_equal(builder_done(&got), text_from(ready_rows[i].want)))
                        fail_msg("%s: %.*s", ready_rows[i].name, TEXT_ARG(builder_done(&got)));
                arena_release(&arena);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_stream_is_crossplanes),
                cmocka_unit_test(the_full_composite_keeps_what_it_had),
                cmocka_unit_test(results_context_and_answers_come_last),
                cmocka_unit_test(ready_is_what_crossplane_would_say),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
