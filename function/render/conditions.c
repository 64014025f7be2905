/* SPDX-License-Identifier: Apache-2.0 */
#include "render/conditions.h"

/* As many unready resources are named in a sentence; the rest is counted. */
enum { NAMES_MAX = 3 };

static bool is_reserved(struct text type) {
        static const struct text reserved[] = {
                TEXT_INIT("Ready"),      TEXT_INIT("Synced"),   TEXT_INIT("Healthy"),
                TEXT_INIT("Responsive"), TEXT_INIT("UpToDate"),
        };

        for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
                if (text_equal(type, reserved[i]))
                        return true;
        }
        return false;
}

static struct text status_text(enum condition_status status) {
        switch (status) {
        case CONDITION_TRUE:
                return TEXT("True");
        case CONDITION_FALSE:
                return TEXT("False");
        case CONDITION_UNKNOWN:
                break;
        }
        return TEXT("Unknown");
}

static void append(struct node *list, const struct condition *c) {
        struct node *condition = node_append_map(list);

        node_set_string(condition, "type", c->type);
        node_set_string(condition, "status", status_text(c->status));
        node_set_string(condition, "reason", c->reason);
        if (c->message.len)
                node_set_string(condition, "message", c->message);
        node_set_string(condition, "lastTransitionTime", TEXT(CONDITIONS_TIME));
}

static void append_observed(struct node *list, struct value observed, struct arena *arena) {
        struct node *condition = node_map(arena);
        struct value_iter it = value_iterate(observed);
        struct value member;
        struct text key;

        while (value_next(&it, &key, &member))
                node_set(condition, key, node_value(arena, member));
        node_set_string(condition, "lastTransitionTime", TEXT(CONDITIONS_TIME));
        node_append(list, condition);
}

const struct condition *conditions_find(const struct pipeline_output *out, struct text type) {
        const struct condition *found = NULL;

        for (size_t i = 0; i < out->n_steps; i++) {
                const struct call_response *r = &out->steps[i].response;

                for (size_t j = 0; j < r->n_conditions; j++) {
                        if (text_equal(r->conditions[j].type, type))
                                found = &r->conditions[j];
                }
        }
        return found;
}

static bool had(struct value observed, struct text type) {
        struct value_iter it = value_iterate(observed);
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                if (text_equal(value_get_text(condition, "type"), type))
                        return true;
        }
        return false;
}

/* A type that an earlier place in the answers has shown already. */
static bool is_repeat(const struct pipeline_output *out, size_t step, size_t index) {
        struct text type = out->steps[step].response.conditions[index].type;

        for (size_t i = 0; i <= step; i++) {
                const struct call_response *r = &out->steps[i].response;
                size_t n = i == step ? index : r->n_conditions;

                for (size_t j = 0; j < n; j++) {
                        if (text_equal(r->conditions[j].type, type))
                                return true;
                }
        }
        return false;
}

/* "a, b", "a, b, and c", "a, b, c, and 2 more" */
static struct text unready_names(const struct state *desired, size_t n_unready,
                                 struct arena *arena) {
        struct builder b;
        size_t n = 0;

        builder_init(&b, arena);
        builder_string(&b, "Unready resources: ");
        for (size_t i = 0; i < desired->n_resources && n < NAMES_MAX; i++) {
                if (desired->resources[i].ready == READY_TRUE)
                        continue;
                if (n > 0)
                        builder_string(&b, ", ");
                if (++n == NAMES_MAX && n_unready == NAMES_MAX)
                        builder_string(&b, "and ");
                builder_text(&b, desired->resources[i].name);
        }
        if (n_unready > n) {
                builder_string(&b, ", and ");
                builder_u64(&b, n_unready - n);
                builder_string(&b, " more");
        }
        return builder_done(&b);
}

static void append_ready(struct node *list, const struct state *desired, struct arena *arena) {
        struct condition ready = { .type = TEXT("Ready"),
                                   .status = CONDITION_TRUE,
                                   .reason = TEXT("Available") };
        size_t n_unready = 0;

        for (size_t i = 0; i < desired->n_resources; i++)
                n_unready += desired->resources[i].ready != READY_TRUE;
        if (desired->composite.ready == READY_FALSE ||
            (desired->composite.ready == READY_UNSPECIFIED && n_unready > 0)) {
                ready.status = CONDITION_FALSE;
                ready.reason = TEXT("Creating");
        }
        if (desired->composite.ready == READY_UNSPECIFIED && n_unready > 0)
                ready.message = unready_names(desired, n_unready, arena);
        append(list, &ready);
}

struct node *conditions_list(const struct pipeline_input *in, const struct pipeline_output *out,
                             struct arena *arena) {
        struct value observed = value_at(in->composite, "status.conditions");
        struct value_iter it = value_iterate(observed);
        struct node *list = node_list(arena);
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                struct text type = value_get_text(condition, "type");
                const struct condition *now = conditions_find(out, type);

                if (is_reserved(type))
                        continue;
                if (now)
                        append(list, now);
                else
                        append_observed(list, condition, arena);
        }
        for (size_t i = 0; i < out->n_steps; i++) {
                const struct call_response *r = &out->steps[i].response;

                for (size_t j = 0; j < r->n_conditions; j++) {
                        struct text type = r->conditions[j].type;
                        const struct condition *last = conditions_find(out, type);

                        if (last && !is_reserved(type) && !had(observed, type) &&
                            !is_repeat(out, i, j))
                                append(list, last);
                }
        }
        if (out->n_steps > 0)
                append_ready(list, &out->steps[out->n_steps - 1].response.desired, arena);
        return list;
}
