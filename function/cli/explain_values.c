/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_values.h"

#include <errno.h>

#include "base/arena.h"
#include "cli/why.h"

struct answer {
        const struct explanation *e;
        const struct call_response *last; /* of the pipeline's last step; NULL: there is none */
        struct arena *arena;
        struct node *root;
};

static void set_text(struct node *map, const char *key, struct text value) {
        if (!text_is_empty(value))
                node_set_string(map, key, value);
}

static void add_wanted(struct answer *a) {
        const struct deployment *d = &a->e->deployment;
        struct node *model, *profiles;

        set_text(a->root, "namespace", d->namespace_);
        set_text(a->root, "name", d->name);
        if (!a->e->decided)
                return;
        model = node_add_map(a->root, "model");
        node_set_string(model, "kind", d->model_kind);
        node_set_string(model, "name", d->model_name);
        node_set_integer(a->root, "environments", d->environments);
        node_set_integer(a->root, "replicas", d->replicas);
        profiles = node_add_list(a->root, "servingProfiles");
        for (size_t i = 0; i < a->e->model.n_profiles; i++) {
                const struct serving_profile *p = &a->e->model.profiles[i];
                struct node *entry = node_append_map(profiles);

                node_set_string(entry, "name", p->name);
                node_set_integer(entry, "nodes", p->nodes);
                if (p->gpus_per_node > 0)
                        node_set_integer(entry, "unitsPerNode", p->gpus_per_node);
                if (p->needs.memory_bytes > 0)
                        node_set_integer(entry, "memoryPerUnit", p->needs.memory_bytes);
        }
}

static void add_candidates(struct answer *a) {
        const struct weighing *w = &a->e->weighing;
        struct node *list = node_add_list(a->root, "candidates");

        for (size_t i = 0; i < w->n; i++) {
                const struct weighed *each = &w->items[i];
                const struct sub_pool *s = each->sub_pool;
                struct node *entry = node_append_map(list);

                node_set_string(entry, "environment", s->environment->name);
                set_text(entry, "pool", s->pool->name);
                set_text(entry, "migProfile", s->mig_profile);
                set_text(entry, "servingProfile", each->profile->name);
                node_set_integer(entry, "total", s->units);
                if (w->whole_fleet) {
                        node_set_integer(entry, "used", each->used);
                        node_set_integer(entry, "free", each->free_units);
                }
                node_set_string(entry, "verdict", why_verdict(a->e, each, 1));
                set_text(entry, "message", why_sentence(a->e, each, a->arena));
        }
}

/* Environments in which there is nothing to choose from, and why. */
static void add_empty(struct answer *a) {
        const struct weighing *w = &a->e->weighing;
        struct node *list = node_add_list(a->root, "empty");

        for (size_t i = 0; i < w->n_environments; i++) {
                const struct environment *environment = &w->environments[i];
                struct node *entry;

                if (environment->n_sub_pools > 0)
                        continue;
                entry = node_append_map(list);
                node_set_string(entry, "environment", environment->name);
                node_set_string(entry, "message",
                                text_is_empty(environment->invalid) ? TEXT("no pools")
                                                                    : environment->invalid);
        }
}

static void add_conditions(struct answer *a) {
        static const char *const statuses[] = {
                [CONDITION_TRUE] = "True", [CONDITION_FALSE] = "False"
        };
        struct node *list = node_add_list(a->root, "conditions");

        for (size_t i = 0; a->last && i < a->last->n_conditions; i++) {
                const struct condition *c = &a->last->conditions[i];
                struct node *entry = node_append_map(list);
                bool is_known = c->status == CONDITION_TRUE || c->status == CONDITION_FALSE;

                node_set_string(entry, "type", c->type);
                node_set_string(entry, "status",
                                text_from(is_known ? statuses[c->status] : "Unknown"));
                set_text(entry, "reason", c->reason);
                set_text(entry, "message", c->message);
        }
}

int explain_values(const struct explanation *e, const struct pipeline_output *out,
                   enum output_form form, struct arena *arena, struct builder *b) {
        struct answer a = { .e = e,
                            .last = out->n_steps > 0 ? &out->steps[out->n_steps - 1].response
                                                     : NULL,
                            .arena = arena,
                            .root = node_map(arena) };
        struct text bytes;

        add_wanted(&a);
        add_candidates(&a);
        add_empty(&a);
        if (a.last)
                node_set_value(a.root, "assignments",
                               value_at(a.last->desired.composite.object, "status.assignments"));
        add_conditions(&a);
        if (node_encode(a.root, arena, &bytes) < 0)
                return -ENOMEM;
        return output_value(value_of_struct(bytes), form, b, arena);
}
