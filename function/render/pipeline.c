/* SPDX-License-Identifier: Apache-2.0 */
#include "render/pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "function.h"
#include "render/fetch.h"
#include "render/identity.h"
#include "render/object.h"

struct run {
        const struct pipeline_input *in;
        const struct cli_transport *transport;
        const char *target;
        struct arena *arena;
        struct fault *fault;
        struct call_request request; /* of the next call */
        struct pipeline_output *out;
};

static int call_in_process(void *ctx, const char *target, struct text request, struct arena *arena,
                           struct text *ret, struct fault *fault) {
        struct call_summary summary;
        struct payload payload;
        int r;

        (void)target;
        r = function_explain(request, arena, &payload, &summary, ctx, fault);
        if (r < 0)
                return r;
        *ret = text_join(arena, payload.parts, payload.n_parts);
        return arena_failed(arena) ? -ENOMEM : 0;
}

const struct cli_transport pipeline_in_process = { .call = call_in_process };

struct cli_transport pipeline_explaining(struct explanation *ret) {
        return (struct cli_transport) { .call = call_in_process, .ctx = ret };
}

/* "xpkg.example.org/team/function-gpu-placement:v1" and the like. */
static bool is_our_package(struct text package) {
        size_t end, start = 0;

        for (size_t i = 0; i < package.len; i++) {
                if (package.data[i] == '/')
                        start = i + 1;
        }
        package = text_slice(package, start, package.len);
        end = text_index(package, '@');
        package = text_slice(package, 0, end);
        return text_equal(text_slice(package, 0, text_index(package, ':')),
                          TEXT(PIPELINE_FUNCTION));
}

static bool is_ours(const struct pipeline_input *in, struct text function) {
        if (!in->has_functions || text_equal(function, TEXT(PIPELINE_FUNCTION)))
                return true;
        for (size_t i = 0; i < in->functions.n; i++) {
                struct value f = in->functions.items[i];

                if (text_equal(text_at(f, "kind"), TEXT("Function")) &&
                    text_equal(text_at(f, "metadata.name"), function))
                        return is_our_package(text_at(f, "spec.package"));
        }
        return false;
}

static int check_composition(struct run *run) {
        struct value composite = run->in->composite, composition = run->in->composition;
        struct text api_version = text_at(composition, "spec.compositeTypeRef.apiVersion");
        struct text kind = text_at(composition, "spec.compositeTypeRef.kind");

        if (!text_equal(text_at(composition, "kind"), TEXT("Composition"))) {
                fault_at(run->fault, "kind", "not a Composition");
                return -EINVAL;
        }
        if (value_at(composition, "spec.pipeline").kind != VALUE_LIST) {
                fault_at(run->fault, "spec.pipeline", "the Composition has no steps");
                return -EINVAL;
        }
        if (!text_equal(api_version, text_at(composite, "apiVersion")) ||
            !text_equal(kind, text_at(composite, "kind"))) {
                fault_at(run->fault, "spec.compositeTypeRef",
                         "the Composition is for %.*s %.*s, the composite is %.*s %.*s",
                         TEXT_ARG(api_version), TEXT_ARG(kind),
                         TEXT_ARG(text_at(composite, "apiVersion")),
                         TEXT_ARG(text_at(composite, "kind")));
                return -EINVAL;
        }
        if (text_at(composite, "metadata.name").len == 0) {
                fault_at(run->fault, "metadata.name", "the composite has no name");
                return -EINVAL;
        }
        return 0;
}

static int observe(struct run *run) {
        const struct objects *observed = &run->in->observed;
        struct call_object *resources = ARENA_ARRAY(run->arena, observed->n, struct call_object);

        if (!resources)
                return -ENOMEM;
        for (size_t i = 0; i < observed->n; i++) {
                struct value object = observed->items[i];
                struct value annotations = value_at(object, "metadata.annotations");

                resources[i].name = value_get_text(annotations, IDENTITY_RESOURCE_NAME);
                resources[i].object = node_value(run->arena, object);
                if (resources[i].name.len)
                        continue;
                fault_set(run->fault,
                          "observed %.*s \"%.*s\" has no annotation " IDENTITY_RESOURCE_NAME,
                          TEXT_ARG(text_at(object, "kind")),
                          TEXT_ARG(text_at(object, "metadata.name")));
                return -EINVAL;
        }
        run->request.composite.object = identity_composite(run->in->composite, run->arena);
        run->request.resources = resources;
        run->request.n_resources = observed->n;
        run->request.has_capabilities = true;
        return 0;
}

/* The same in each call of a step, as Crossplane's is. */
static int set_tag(struct run *run) {
        struct text bytes;
        struct builder b;
        int r;

        run->request.tag = (struct text) { 0 };
        r = call_encode(&run->request, run->arena, &bytes);
        if (r < 0)
                return r;
        builder_init(&b, run->arena);
        builder_hex(&b, text_hash(TEXT_HASH_SEED, bytes), 16);
        run->request.tag = builder_done(&b);
        return 0;
}

static int call_once(struct run *run, struct call_response *ret) {
        struct text request, answer;
        int r;

        r = call_encode(&run->request, run->arena, &request);
        if (r < 0)
                return r;
        r = run->transport->call(run->transport->ctx, run->target, request, run->arena, &answer,
                                 run->fault);
        if (r < 0)
                return r;
        r = call_read(answer, run->arena, ret, run->fault);
        return r < 0 && r != -ENOMEM ? -EPROTO : r;
}

static const struct result *fatal_result(const struct call_response *response) {
        for (size_t i = 0; i < response->n_results; i++) {
                if (response->results[i].severity == SEVERITY_FATAL)
                        return &response->results[i];
        }
        return NULL;
}

static bool asks_the_same(const struct call_response *a, const struct call_response *b) {
        return fetch_same(a->requirements, a->n_requirements, b->requirements, b->n_requirements) &&
               fetch_same(a->extra, a->n_extra, b->extra, b->n_extra);
}

static int fetch_all(struct run *run, const struct call_response *response) {
        struct call_answer *required, *extra;
        int r;

        r = fetch_answers(&run->in->required, response->requirements, response->n_requirements,
                          run->arena, &required);
        if (r < 0)
                return r;
        r = fetch_answers(&run->in->required, response->extra, response->n_extra, run->arena,
                          &extra);
        if (r < 0)
                return r;
        run->request.required = required;
        run->request.n_required = response->n_requirements;
        run->request.extra = extra;
        run->request.n_extra = response->n_extra;
        return 0;
}

static int call_until_settled(struct run *run, struct pipeline_step *step) {
        struct call_response previous = { 0 };

        run->request.n_required = run->request.n_extra = 0;
        while (step->n_calls < PIPELINE_CALLS_MAX) {
                int r = call_once(run, &step->response);

                if (r < 0)
                        return r;
                step->n_calls++;
                if (fatal_result(&step->response) || asks_the_same(&step->response, &previous))
                        return 0;
                r = fetch_all(run, &step->response);
                if (r < 0)
                        return r;
                run->request.context = value_bytes(step->response.context);
                previous = step->response;
        }
        fault_set(run->fault,
                  "requirements didn't stabilize after the maximum number of calls (%d)",
                  PIPELINE_CALLS_MAX);
        return -EPROTO;
}

static int run_step(struct run *run, struct value step) {
        struct value input = value_get(step, TEXT("input"));
        struct pipeline_step *done = &run->out->steps[run->out->n_steps];
        const struct result *fatal;
        int r;

        *done = (struct pipeline_step) { .name = text_at(step, "step") };
        run->request.input = input.kind == VALUE_MAP ? node_value(run->arena, input) : NULL;
        r = set_tag(run);
        if (r == 0)
                r = call_until_settled(run, done);
        if (r < 0) {
                fault_under(run->fault, "pipeline step \"%.*s\"", TEXT_ARG(done->name));
                return r;
        }
        run->out->n_steps++;
        run->request.desired = done->response.desired.raw;
        run->request.context = value_bytes(done->response.context);
        fatal = fatal_result(&done->response);
        if (fatal)
                run->out->fatal = text_format(
                        run->arena, "pipeline step \"%.*s\" returned a fatal result: %.*s",
                        TEXT_ARG(done->name), TEXT_ARG(fatal->message));
        return arena_failed(run->arena) ? -ENOMEM : 0;
}

static int run_steps(struct run *run, struct value pipeline) {
        struct value_iter it = value_iterate(pipeline);
        struct value step;

        while (run->out->fatal.len == 0 && value_next(&it, NULL, &step)) {
                struct text function = text_at(step, "functionRef.name");

                if (is_ours(run->in, function)) {
                        int r = run_step(run, step);

                        if (r < 0)
                                return r;
                        continue;
                }
                run->out->skipped[run->out->n_skipped++] = text_format(
                        run->arena, "step \"%.*s\" is skipped: it calls another function, %.*s",
                        TEXT_ARG(text_at(step, "step")), TEXT_ARG(function));
        }
        return 0;
}

int pipeline_run(const struct pipeline_input *in, const struct cli_transport *transport,
                 const char *target, struct arena *arena, struct pipeline_output *ret,
                 struct fault *fault) {
        struct value pipeline = value_at(in->composition, "spec.pipeline");
        struct pipeline_output out = { 0 };
        struct run run = { .in = in,
                           .transport = transport,
                           .target = target,
                           .arena = arena,
                           .fault = fault,
                           .out = &out };
        int r;

        out.steps = ARENA_ARRAY(arena, value_count(pipeline), struct pipeline_step);
        out.skipped = ARENA_ARRAY(arena, value_count(pipeline), struct text);
        if (!out.steps || !out.skipped)
                return -ENOMEM;
        r = check_composition(&run);
        if (r == 0)
                r = observe(&run);
        if (r == 0)
                r = run_steps(&run, pipeline);
        if (r < 0)
                return r;
        *ret = out;
        return 0;
}
