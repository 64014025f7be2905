/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_tree.h"

#include <string.h>

#include "base/arena.h"
#include "base/printable.h"
#include "base/quantity.h"
#include "cli/table.h"
#include "place/names.h"
#include "render/object.h"

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

struct tree {
        const struct state *desired;
        bool colours;
        struct arena *arena;
        struct builder *b;
};

/* Names can be long: a line goes on below its own beginning. */
static void line(struct tree *t, const char *indent, const char *colour, struct text words) {
        static const char blanks[] = "            ";
        size_t at = sizeof(blanks) - 1 - strlen(indent) - 2;

        if (t->colours && colour)
                builder_string(t->b, colour);
        table_wrapped(indent, blanks + at, printable_text(words, t->arena), t->b);
        if (t->colours && colour)
                builder_string(t->b, PLAIN);
}

/* Of another cluster the service is inside of an Object. */
static struct value service_of(struct value object) {
        struct value manifest = value_at(object, "spec.forProvider.manifest");

        return manifest.kind == VALUE_MAP ? manifest : object;
}

static bool is_label(struct tree *t, struct value labels, const char *label, struct text word) {
        return text_equal(value_text(value_get(labels, text_from(label))),
                          text_is_empty(word) ? word : names_label_value(word, t->arena));
}

static bool is_service_of(struct tree *t, const struct resource *r, struct value assignment) {
        struct value labels = value_at(service_of(r->object), "metadata.labels");

        return text_starts_with(r->name, TEXT(KEY_SERVING)) &&
               is_label(t, labels, LABEL_ENVIRONMENT, text_at(assignment, "environment")) &&
               is_label(t, labels, LABEL_POOL, text_at(assignment, "pool")) &&
               is_label(t, labels, LABEL_MIG_PROFILE, text_at(assignment, "migProfile")) &&
               is_label(t, labels, LABEL_SERVING_PROFILE, text_at(assignment, "servingProfile"));
}

static void append_services(struct tree *t, struct value assignment) {
        for (size_t i = 0; i < t->desired->n_resources; i++) {
                const struct resource *r = &t->desired->resources[i];
                struct value service = service_of(r->object);

                if (!is_service_of(t, r, assignment))
                        continue;
                line(t, "      `- ", r->ready == READY_TRUE ? GREEN : YELLOW,
                     text_format(t->arena, "%.*s %.*s: %s", TEXT_ARG(text_at(service, "kind")),
                                 TEXT_ARG(text_at(service, "metadata.name")),
                                 r->ready == READY_TRUE ? "ready" : "not ready"));
        }
}

static int64_t number(struct value map, const char *key) {
        int64_t n = 0;

        value_is_integer(value_get(map, text_from(key)), &n);
        return n;
}

static void append_assignment(struct tree *t, struct value a) {
        struct text profile = text_at(a, "migProfile");
        int64_t replicas = number(a, "replicas"), units = number(a, "units");

        line(t, "   `- ", NULL,
             text_format(t->arena, "%.*s%s%.*s: %lld replica%s, %lld unit%s%s",
                         TEXT_ARG(text_at(a, "pool")), profile.len ? " " : "", TEXT_ARG(profile),
                         (long long)replicas, replicas == 1 ? "" : "s", (long long)units,
                         units == 1 ? "" : "s",
                         value_is_true(value_get(a, TEXT("leaving"))) ? ", leaving" : ""));
        append_services(t, a);
}

void explain_tree(const struct pipeline_output *out, struct text name, bool colours,
                  struct builder *b) {
        const struct state *desired =
                out->n_steps ? &out->steps[out->n_steps - 1].response.desired : NULL;
        struct tree t = { .desired = desired, .colours = colours, .arena = b->arena, .b = b };
        struct text last = { 0 };
        struct value_iter it;
        struct value a;

        if (!desired)
                return;
        it = value_iterate(value_at(desired->composite.object, "status.assignments"));
        while (value_next(&it, NULL, &a)) {
                struct text environment = text_at(a, "environment");

                if (text_is_empty(last))
                        builder_char(b, '\n');
                if (text_is_empty(last))
                        line(&t, "", desired->composite.ready == READY_TRUE ? GREEN : YELLOW, name);
                if (!text_equal(last, environment))
                        line(&t, "`- ", NULL, environment);
                last = environment;
                append_assignment(&t, a);
        }
}
