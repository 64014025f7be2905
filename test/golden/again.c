/* SPDX-License-Identifier: Apache-2.0 */
#include "again.h"

#include <errno.h>

#include "render/document.h"
#include "render/identity.h"

static struct text resource_name(struct value object) {
        return value_text(
                value_get(value_at(object, "metadata.annotations"), TEXT(IDENTITY_RESOURCE_NAME)));
}

static struct value find(const struct objects *observed, struct text name) {
        for (size_t i = 0; i < observed->n; i++) {
                if (text_equal(resource_name(observed->items[i]), name))
                        return observed->items[i];
        }
        return (struct value) { 0 };
}

static void overlay(struct node *map, struct value over, struct arena *arena) {
        struct value_iter it = value_iterate(over);
        struct value member;
        struct text key;

        while (value_next(&it, &key, &member))
                node_set(map, key, node_value(arena, member));
}

/* What is composed now over what was there: its status, its generation. */
static int apply(struct value before, struct value composed, struct arena *arena,
                 struct value *ret) {
        struct node *object = identity_members(before, arena);
        struct node *metadata = identity_members(value_get(before, TEXT("metadata")), arena);
        struct text bytes;
        int r;

        overlay(object, composed, arena);
        overlay(metadata, value_get(composed, TEXT("metadata")), arena);
        node_set(object, TEXT("metadata"), metadata);
        r = node_encode(object, arena, &bytes);
        if (r == 0)
                *ret = value_of_struct(bytes);
        return r;
}

/* The cluster as the answer leaves it. */
static int observe(struct pipeline_input *in, struct text stream, struct arena *arena,
                   struct fault *fault) {
        struct objects answer, observed;
        int r = yaml_read(stream, "answer", arena, &answer, fault);

        if (r < 0)
                return r;
        observed.n = answer.n - 1;
        observed.items = ARENA_ARRAY(arena, observed.n, struct value);
        if (!observed.items)
                return -ENOMEM;
        for (size_t i = 0; i < observed.n; i++) {
                struct value composed = answer.items[i + 1];

                r = apply(find(&in->observed, resource_name(composed)), composed, arena,
                          &observed.items[i]);
                if (r < 0)
                        return r;
        }
        in->composite = answer.items[0];
        in->observed = observed;
        return 0;
}

/* What one reconcile says. */
struct again {
        struct text stream;
        struct text event; /* the first one; empty: none */
        bool fatal;
};

static struct text first_event(const struct pipeline_output *out) {
        for (size_t i = 0; i < out->n_steps; i++) {
                if (out->steps[i].response.n_results > 0)
                        return out->steps[i].response.results[0].message;
        }
        return (struct text) { 0 };
}

static int reconcile(const struct pipeline_input *in, struct arena *arena, struct again *ret,
                     struct fault *fault) {
        struct document_options options = { .full_composite = true };
        struct pipeline_output out;
        struct builder b;
        int r = pipeline_run(in, &pipeline_in_process, NULL, arena, &out, fault);

        if (r < 0)
                return r;
        builder_init(&b, arena);
        r = document_write(in, &out, options, &b, arena);
        if (r < 0)
                return r;
        *ret = (struct again) { .stream = builder_done(&b),
                                .event = first_event(&out),
                                .fatal = out.fatal.len > 0 };
        return 0;
}

int again_settles(const struct golden *golden, struct arena *arena, size_t *ret_rounds,
                  struct text *ret_stream, struct fault *fault) {
        struct pipeline_input in = golden->input;
        struct text before = { 0 };

        for (size_t round = 0; round <= AGAIN_ROUNDS_MAX; round++) {
                struct again again;
                int r = reconcile(&in, arena, &again, fault);

                if (r < 0)
                        return r;
                if (!again.fatal && text_equal(again.stream, before) &&
                    !text_is_empty(again.event)) {
                        fault_set(fault, "nothing changed, and it tells: %.*s",
                                  TEXT_ARG(again.event));
                        return -EEXIST;
                }
                if (again.fatal || text_equal(again.stream, before)) {
                        *ret_rounds = round;
                        *ret_stream = again.stream;
                        return 0;
                }
                r = observe(&in, again.stream, arena, fault);
                if (r < 0)
                        return r;
                before = again.stream;
        }
        fault_set(fault, "the answer still changes after %d reconciles", AGAIN_ROUNDS_MAX);
        return -ELOOP;
}

int again_observe(struct pipeline_input *in, struct arena *arena, struct fault *fault) {
        struct again again;
        int r = reconcile(in, arena, &again, fault);

        return r == 0 && !again.fatal ? observe(in, again.stream, arena, fault) : r;
}
