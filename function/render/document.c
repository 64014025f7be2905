/* SPDX-License-Identifier: Apache-2.0 */
#include "render/document.h"

#include <errno.h>

#include "render/conditions.h"
#include "render/identity.h"
#include "yaml/write.h"

#define RENDER_API_VERSION "render.crossplane.io/v1beta1"

struct writer {
        const struct pipeline_input *in;
        const struct pipeline_output *out;
        struct builder *b;
        struct arena *arena;
        int rc; /* the first failure; later documents are not written */
};

static void write_document(struct writer *w, const struct node *node) {
        struct text bytes;

        if (w->rc == 0)
                w->rc = node_encode(node, w->arena, &bytes);
        if (w->rc != 0)
                return;
        builder_string(w->b, "---\n");
        w->rc = yaml_write(value_of_struct(bytes), w->b, w->arena);
}

static const struct call_response *last_response(const struct pipeline_output *out) {
        return out->n_steps ? &out->steps[out->n_steps - 1].response : NULL;
}

/* Members of over replace those of base; maps in maps are merged. As deep as the values. */
static struct node *merged(struct value base, struct value over, struct arena *arena) {
        struct node *map = identity_members(base, arena);
        struct value_iter it = value_iterate(over);
        struct value member;
        struct text key;

        while (value_next(&it, &key, &member)) {
                struct value below = value_get(base, key);

                if (below.kind == VALUE_MAP && member.kind == VALUE_MAP)
                        node_set(map, key, merged(below, member, arena));
                else
                        node_set(map, key, node_value(arena, member));
        }
        return map;
}

static void write_composite(struct writer *w, bool full) {
        struct value composite = w->in->composite;
        const struct call_response *last = last_response(w->out);
        struct value base = { 0 }, desired = { 0 };
        struct node *object, *status;

        if (last)
                desired = value_get(last->desired.composite.object, TEXT("status"));
        if (full) {
                base = value_get(composite, TEXT("status"));
                object = identity_members(composite, w->arena);
        } else {
                struct node *metadata;

                object = node_map(w->arena);
                node_set_value(object, "apiVersion", value_get(composite, TEXT("apiVersion")));
                node_set_value(object, "kind", value_get(composite, TEXT("kind")));
                metadata = node_add_map(object, "metadata");
                node_set_value(metadata, "name", value_at(composite, "metadata.name"));
                node_set_value(metadata, "namespace", value_at(composite, "metadata.namespace"));
        }
        status = merged(base, desired, w->arena);
        node_set(status, TEXT("conditions"), conditions_list(w->in, w->out, w->arena));
        node_set(object, TEXT("status"), status);
        write_document(w, object);
}

static struct value observed_resource(const struct objects *observed, struct text name) {
        for (size_t i = 0; i < observed->n; i++) {
                struct value annotations = value_at(observed->items[i], "metadata.annotations");

                if (text_equal(value_get_text(annotations, IDENTITY_RESOURCE_NAME), name))
                        return observed->items[i];
        }
        return (struct value) { 0 };
}

static void write_composed(struct writer *w) {
        const struct call_response *last = last_response(w->out);

        for (size_t i = 0; last && i < last->desired.n_resources; i++) {
                const struct resource *r = &last->desired.resources[i];

                write_document(w, identity_composed(w->in->composite, r->name, r->object,
                                                    observed_resource(&w->in->observed, r->name),
                                                    w->arena));
        }
}

static struct node *new_document(struct writer *w, const char *kind) {
        struct node *node = node_map(w->arena);

        node_set_string(node, "apiVersion", TEXT(RENDER_API_VERSION));
        node_set_string(node, "kind", text_from(kind));
        return node;
}

static struct text severity_text(enum severity severity) {
        switch (severity) {
        case SEVERITY_FATAL:
                return TEXT("Fatal");
        case SEVERITY_NORMAL:
                return TEXT("Normal");
        case SEVERITY_WARNING:
                break;
        }
        return TEXT("Warning");
}

static void write_result(struct writer *w, struct text step, const struct result *result) {
        struct node *node = new_document(w, "Result");

        node_set_string(node, "severity", severity_text(result->severity));
        node_set_string(node, "reason",
                        result->reason.len ? result->reason : TEXT("ComposeResources"));
        node_set_string(node, "message",
                        text_format(w->arena, "Pipeline step \"%.*s\": %.*s", TEXT_ARG(step),
                                    TEXT_ARG(result->message)));
        write_document(w, node);
}

static void write_results(struct writer *w) {
        for (size_t i = 0; i < w->out->n_steps; i++) {
                const struct pipeline_step *step = &w->out->steps[i];

                for (size_t j = 0; j < step->response.n_results; j++)
                        write_result(w, step->name, &step->response.results[j]);
        }
}

static void write_context(struct writer *w) {
        const struct call_response *last = last_response(w->out);
        struct value context = last ? last->context : (struct value) { 0 };
        struct node *node = new_document(w, "Context");

        /* Crossplane prints an empty one too. */
        node_set(node, TEXT("fields"), identity_members(context, w->arena));
        write_document(w, node);
}

static struct text ready_text(enum ready ready) {
        switch (ready) {
        case READY_TRUE:
                return TEXT("True");
        case READY_FALSE:
                return TEXT("False");
        case READY_UNSPECIFIED:
                break;
        }
        return TEXT("Unspecified");
}

static struct node *requirement_node(const struct requirement *r, struct arena *arena) {
        struct node *node = node_map(arena);

        node_set_string(node, "apiVersion", r->api_version);
        node_set_string(node, "kind", r->kind);
        if (r->namespace_.len)
                node_set_string(node, "namespace", r->namespace_);
        if (r->match_name.len) {
                node_set_string(node, "matchName", r->match_name);
        } else {
                struct node *labels = node_add_map(node, "matchLabels");

                for (size_t i = 0; i < r->n_labels; i++)
                        node_set(labels, r->label_keys[i], node_string(arena, r->label_values[i]));
        }
        return node;
}

static void set_requirements(struct node *node, const char *field, const struct requirement *all,
                             size_t n, struct arena *arena) {
        struct node *map;

        if (n == 0)
                return;
        map = node_add_map(node, field);
        for (size_t i = 0; i < n; i++)
                node_set(map, all[i].key, requirement_node(&all[i], arena));
}

static void write_answer(struct writer *w, const struct pipeline_step *step) {
        const struct call_response *r = &step->response;
        struct node *answer = new_document(w, "Answer");
        struct node *requirements = new_document(w, "Requirements");
        struct node *ready = node_add_map(answer, "ready");

        node_set_string(answer, "step", step->name);
        node_set_string(answer, "ttl", text_format(w->arena, "%llds", (long long)r->ttl_seconds));
        node_set_integer(answer, "calls", (int64_t)step->n_calls);
        node_set_string(ready, "composite", ready_text(r->desired.composite.ready));
        if (r->desired.n_resources) {
                struct node *resources = node_add_map(ready, "resources");

                for (size_t i = 0; i < r->desired.n_resources; i++)
                        node_set(resources, r->desired.resources[i].name,
                                 node_string(w->arena, ready_text(r->desired.resources[i].ready)));
        }
        write_document(w, answer);
        if (r->n_requirements + r->n_extra == 0)
                return;
        node_set_string(requirements, "step", step->name);
        set_requirements(requirements, "resources", r->requirements, r->n_requirements, w->arena);
        set_requirements(requirements, "extraResources", r->extra, r->n_extra, w->arena);
        write_document(w, requirements);
}

static void write_answers(struct writer *w) {
        for (size_t i = 0; i < w->out->n_steps; i++)
                write_answer(w, &w->out->steps[i]);
}

int document_write(const struct pipeline_input *in, const struct pipeline_output *out,
                   struct document_options options, struct builder *b, struct arena *arena) {
        struct writer w = { .in = in, .out = out, .b = b, .arena = arena };

        write_composite(&w, options.full_composite);
        write_composed(&w);
        if (options.results)
                write_results(&w);
        if (options.context)
                write_context(&w);
        if (options.answers)
                write_answers(&w);
        return w.rc;
}
