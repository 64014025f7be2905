/* SPDX-License-Identifier: Apache-2.0 */
#include "steady.h"

#include <errno.h>

#include "again.h"
#include "lib/json.h"
#include "render/identity.h"

/* More than any case takes until it serves. */
enum { SETTLING_RECONCILES = 6 };

/* ---- what servers write ---------------------------------------------------------------------- */

#define READY                                                                                      \
        "'conditions': [{'type': 'Synced', 'status': 'True'}, {'type': 'Ready', 'status': "        \
        "'True'}]"

static const char served[] =
        "{'observedGeneration': 1, 'url': 'http://model.example.com', " READY "}";
static const char applied[] = "{" READY "}";
static const char managed_fields[] =
        "[{'manager': 'server', 'operation': 'Update', 'fieldsV1': {'f:status': {}}}]";

static struct node *with_status(struct value object, const char *status, struct arena *arena) {
        struct node *map = identity_members(object, arena);

        node_set(map, TEXT("status"), json_node(arena, status));
        return map;
}

/* A member that a webhook adds to the pods of a service. */
static void add_default(struct node *service, struct value object, struct arena *arena) {
        struct value spec = value_get(object, TEXT("spec"));
        struct node *changed = identity_members(spec, arena);
        struct node *template = identity_members(value_get(spec, TEXT("template")), arena);

        node_set_string(template, "dnsPolicy", TEXT("ClusterFirst"));
        node_set(changed, TEXT("template"), template);
        node_set(service, TEXT("spec"), changed);
}

static struct node *write_service(struct value object, struct arena *arena) {
        struct node *service = with_status(object, served, arena);

        add_default(service, object, arena);
        return service;
}

/* The provider tells of the manifest as the other cluster has it. */
static struct node *write_wrapper(struct value object, struct arena *arena) {
        struct value manifest = value_at(object, "spec.forProvider.manifest");
        struct node *wrapper = identity_members(object, arena);
        struct node *status = json_node(arena, applied);

        node_set(node_add_map(status, "atProvider"), TEXT("manifest"),
                 with_status(manifest, served, arena));
        node_set(wrapper, TEXT("status"), status);
        return wrapper;
}

static int write_object(struct value object, struct arena *arena, struct value *ret) {
        struct text kind = value_text(value_get(object, TEXT("kind")));
        struct node *metadata = identity_members(value_get(object, TEXT("metadata")), arena);
        struct node *written;
        struct text bytes;
        int r;

        if (text_equal(kind, TEXT("LLMInferenceService")))
                written = write_service(object, arena);
        else if (text_equal(kind, TEXT("Object")))
                written = write_wrapper(object, arena);
        else
                written = identity_members(object, arena);
        node_set_integer(metadata, "generation", 1);
        node_set_string(metadata, "resourceVersion", TEXT("17"));
        node_set(metadata, TEXT("managedFields"), json_node(arena, managed_fields));
        node_set(written, TEXT("metadata"), metadata);
        r = node_encode(written, arena, &bytes);
        if (r == 0)
                *ret = value_of_struct(bytes);
        return r;
}

/* The observed objects after their servers were at them. */
static int write_all(struct objects *objects, struct arena *arena) {
        struct objects written = { .n = objects->n };

        written.items = ARENA_ARRAY(arena, objects->n, struct value);
        if (!written.items)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++) {
                int r = write_object(objects->items[i], arena, &written.items[i]);

                if (r < 0)
                        return r;
        }
        *objects = written;
        return 0;
}

/* ---- a hundred reconciles -------------------------------------------------------------------- */

static int call_taped(void *ctx, const char *target, struct text request, struct arena *arena,
                      struct text *ret, struct fault *fault) {
        struct builder *tape = ctx;
        int r = pipeline_in_process.call(NULL, target, request, arena, ret, fault);

        if (r == 0)
                builder_text(tape, *ret);
        return r;
}

/* The bytes of all answers of one reconcile. */
static int tape_reconcile(const struct pipeline_input *in, struct arena *arena, struct text *ret,
                          struct fault *fault) {
        struct pipeline_output out;
        struct builder tape;
        struct cli_transport transport = { .call = call_taped, .ctx = &tape };
        int r;

        builder_init(&tape, arena);
        r = pipeline_run(in, &transport, NULL, arena, &out, fault);
        for (size_t i = 0; r == 0 && i < out.n_steps; i++) {
                if (out.steps[i].response.n_results == 0 || out.fatal.len > 0)
                        continue;
                fault_set(fault, "nothing changed, and it tells: %.*s",
                          TEXT_ARG(out.steps[i].response.results[0].message));
                r = -EEXIST;
        }
        if (r == 0)
                *ret = builder_done(&tape);
        return r;
}

/* One reconcile, after which every server wrote what is its own. */
static int live_on(struct pipeline_input *in, struct arena *arena, struct fault *fault) {
        int r = again_observe(in, arena, fault);

        return r == 0 ? write_all(&in->observed, arena) : r;
}

int steady_answers(const struct golden *golden, struct arena *arena, struct fault *fault) {
        struct pipeline_input in = golden->input;
        struct text first, again;
        int r = 0;

        for (size_t i = 0; r == 0 && i < SETTLING_RECONCILES; i++)
                r = live_on(&in, arena, fault);
        if (r == 0)
                r = tape_reconcile(&in, arena, &first, fault);
        for (size_t i = 1; r == 0 && i < STEADY_RECONCILES; i++) {
                r = live_on(&in, arena, fault);
                if (r == 0)
                        r = tape_reconcile(&in, arena, &again, fault);
                if (r == 0 && !text_equal(first, again)) {
                        fault_set(fault, "reconcile %zu of an unchanged world differs", i + 1);
                        r = -ELOOP;
                }
        }
        return r;
}
