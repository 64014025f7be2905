/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "fleet/units_config.h"
#include "render/object.h"

#define INPUT_GROUP "gpuplacement.fn.crossplane.io/"

struct search {
        const struct objects *manifests;
        const struct objects *cluster;
        struct arena *arena;
        struct fault *fault;
        struct inputs found;
};

static bool is_kind(struct value object, const char *kind) {
        return text_equal(text_at(object, "kind"), text_from(kind));
}

static bool is_input(struct value object) {
        struct text version = text_at(object, "apiVersion");

        return is_kind(object, "Input") && version.len > sizeof(INPUT_GROUP) - 1 &&
               text_equal(text_slice(version, 0, sizeof(INPUT_GROUP) - 1), TEXT(INPUT_GROUP));
}

/* The ConfigMap of the mig-parted file; absent where it is not among the objects. */
static struct value find_config_map(const struct objects *cluster, const struct settings *s) {
        for (size_t i = cluster->n; i > 0; i--) {
                struct value object = cluster->items[i - 1];

                if (is_kind(object, "ConfigMap") &&
                    text_equal(text_at(object, "metadata.name"), s->mig_parted_name) &&
                    text_equal(text_at(object, "metadata.namespace"), s->mig_parted_namespace))
                        return object;
        }
        return (struct value) { 0 };
}

static int add(struct search *s, struct value object, struct text composition, struct text step) {
        struct input *input = &s->found.items[s->found.n];
        int r;

        *input = (struct input) { .composition = composition, .step = step };
        r = settings_read(object, s->arena, &input->settings, s->fault);
        if (r == 0)
                r = units_config_read(&input->settings,
                                      find_config_map(s->cluster, &input->settings), s->arena);
        if (r == -EINVAL && !text_is_empty(composition))
                fault_under(s->fault, "Composition %.*s, step \"%.*s\"", TEXT_ARG(composition),
                            TEXT_ARG(step));
        if (r == 0)
                s->found.n++;
        return r;
}

/* A step that only composes does not count anything. */
static bool counts(const struct settings *s) {
        return s->stages == 0 || s->stages & (STAGE_DEPLOY | STAGE_INVENTORY);
}

/* The first step of ours that counts. */
static int add_composition(struct search *s, struct value composition) {
        struct value_iter it = value_iterate(value_at(composition, "spec.pipeline"));
        struct value step;

        while (value_next(&it, NULL, &step)) {
                struct value input = value_get(step, TEXT("input"));
                size_t before = s->found.n;
                int r;

                if (!is_input(input))
                        continue;
                r = add(s, input, text_at(composition, "metadata.name"), text_at(step, "step"));
                if (r < 0)
                        return r;
                if (counts(&s->found.items[before].settings))
                        return 0;
                s->found.n = before;
        }
        return 0;
}

static int add_compositions(struct search *s, const char *of_kind) {
        for (size_t i = 0; i < s->manifests->n; i++) {
                struct value object = s->manifests->items[i];
                int r;

                if (!is_kind(object, "Composition") ||
                    !text_equal(text_at(object, "spec.compositeTypeRef.kind"), text_from(of_kind)))
                        continue;
                r = add_composition(s, object);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_alone(struct search *s) {
        for (size_t i = 0; i < s->manifests->n; i++) {
                int r = 0;

                if (is_input(s->manifests->items[i]))
                        r = add(s, s->manifests->items[i], (struct text) { 0 },
                                (struct text) { 0 });
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare(const void *a, const void *b) {
        return text_compare(((const struct input *)a)->composition,
                            ((const struct input *)b)->composition);
}

int input_find(const struct objects *manifests, const struct objects *cluster, struct arena *arena,
               struct inputs *ret, struct fault *fault) {
        struct search s = {
                .manifests = manifests, .cluster = cluster, .arena = arena, .fault = fault
        };
        int r;

        s.found.items = ARENA_ARRAY(arena, manifests->n + 1, struct input);
        if (!s.found.items)
                return -ENOMEM;
        r = add_alone(&s);
        if (r == 0)
                r = add_compositions(&s, "InferenceEnvironment");
        if (r == 0 && s.found.n == 0)
                r = add_compositions(&s, "ModelDeployment");
        if (r < 0)
                return r;
        if (s.found.n > 1)
                qsort(s.found.items, s.found.n, sizeof(*s.found.items), compare);
        *ret = s.found;
        return 0;
}

int input_choose(const struct inputs *inputs, struct value environment, const struct input **ret,
                 struct fault *fault) {
        struct text name = text_at(environment, "spec.crossplane.compositionRef.name");

        *ret = NULL;
        if (inputs->n == 0)
                return 0;
        if (text_is_empty(name)) /* before Crossplane v2 */
                name = text_at(environment, "spec.compositionRef.name");
        for (size_t i = 0; i < inputs->n && !text_is_empty(name); i++) {
                if (text_equal(inputs->items[i].composition, name))
                        *ret = &inputs->items[i];
        }
        if (!*ret && inputs->n == 1)
                *ret = &inputs->items[0];
        if (*ret)
                return 0;
        fault_set(fault,
                  "InferenceEnvironment %.*s: %zu inputs count it, the first two of %s%.*s and "
                  "%s%.*s; name the one to use with --input",
                  TEXT_ARG(text_at(environment, "metadata.name")), inputs->n,
                  /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are two or more */
                  text_is_empty(inputs->items[0].composition) ? "an Input" : "Composition ",
                  TEXT_ARG(inputs->items[0].composition),
                  text_is_empty(inputs->items[1].composition) ? "an Input" : "Composition ",
                  TEXT_ARG(inputs->items[1].composition));
        return -EINVAL;
}
