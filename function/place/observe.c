/* SPDX-License-Identifier: Apache-2.0 */
#include "place/observe.h"

#include <errno.h>

#include "base/arena.h"
#include "place/names.h"

struct value observe_condition(struct value object, struct text type) {
        struct value_iter it = value_iterate(value_at(object, "status.conditions"));
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                if (text_equal(value_text(value_get(condition, TEXT("type"))), type))
                        return condition;
        }
        return (struct value) { 0 };
}

static bool condition_is(struct value object, const char *type, struct text status) {
        struct value condition = observe_condition(object, text_from(type));

        return text_equal(value_text(value_get(condition, TEXT("status"))), status);
}

static bool is_current(struct value object) {
        struct value observed = value_at(object, "status.observedGeneration");
        struct value generation = value_at(object, "metadata.generation");

        return observed.kind != VALUE_NUMBER || generation.kind != VALUE_NUMBER ||
               observed.number >= generation.number;
}

/* The message of the first condition that is False, sub-conditions before Ready itself. */
static struct text failing_sentence(struct value object) {
        struct value_iter it = value_iterate(value_at(object, "status.conditions"));
        struct text of_ready = { 0 };
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                struct text status = value_text(value_get(condition, TEXT("status")));
                struct text message = value_text(value_get(condition, TEXT("message")));

                if (text_equal(status, TEXT("True")) || text_is_empty(message))
                        continue;
                if (!text_equal(value_text(value_get(condition, TEXT("type"))), TEXT("Ready")))
                        return message;
                of_ready = message;
        }
        return of_ready;
}

static bool is_object(struct value object) {
        return text_equal(value_text(value_get(object, TEXT("kind"))), TEXT("Object"));
}

struct service observe_service(struct value object, bool route) {
        struct service s = { .ready_replicas = -1, .replicas = -1 };
        struct value inner = object;
        bool wrapper_ready = true;

        if (object.kind != VALUE_MAP)
                return s;
        s.observed = true;
        if (is_object(object)) {
                inner = value_at(object, "status.atProvider.manifest");
                wrapper_ready = condition_is(object, "Ready", TEXT("True"));
        }
        s.url = value_text(value_at(inner, "status.url"));
        value_is_integer(value_at(inner, "spec.replicas"), &s.replicas);
        value_is_integer(value_at(inner, "status.workloads.primary.readyReplicas"),
                         &s.ready_replicas);
        s.ready = wrapper_ready && condition_is(inner, "Ready", TEXT("True")) &&
                  is_current(inner) && !condition_is(inner, "PresetsCombined", TEXT("False")) &&
                  (!route || !text_is_empty(s.url));
        if (s.ready)
                return s;
        s.sentence = failing_sentence(inner);
        if (text_is_empty(s.sentence) && is_object(object))
                s.sentence = failing_sentence(object);
        if (text_is_empty(s.sentence) && !is_current(inner))
                s.sentence = TEXT("KServe has not looked at the last change yet");
        if (text_is_empty(s.sentence) && route && text_is_empty(s.url) &&
            condition_is(inner, "Ready", TEXT("True")))
                s.sentence = TEXT("Ready, but without an address: is the Gateway API installed?");
        return s;
}

/* The observed service of an assignment's keys. */
static struct value find_service(const struct state *observed, struct text suffix,
                                 struct arena *arena) {
        const struct resource *r = state_resource(observed, names_key(KEY_SERVING, suffix, arena));

        return r ? r->object : (struct value) { 0 };
}

static bool strip(struct text key, const char *prefix, struct text *ret_suffix) {
        struct text p = text_from(prefix);

        if (!text_starts_with(key, p))
                return false;
        *ret_suffix = text_slice(key, p.len, key.len);
        return true;
}

int observe_held(const struct state *observed, const struct settings *settings, struct arena *arena,
                 struct held **ret, size_t *ret_n) {
        struct held *all = ARENA_ARRAY(arena, observed->n_resources, struct held);
        size_t n = 0;

        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < observed->n_resources; i++) {
                const struct resource *r = &observed->resources[i];
                struct held *held = &all[n];
                struct value data = value_get(r->object, TEXT("data"));

                if (!strip(r->name, KEY_RESERVATION, &held->suffix) ||
                    !reservation_from_data(data, &held->reservation))
                        continue;
                held->service = observe_service(find_service(observed, held->suffix, arena),
                                                settings->route);
                n++;
        }
        for (size_t i = 0; i < observed->n_resources; i++) {
                const struct resource *r = &observed->resources[i];
                struct held *held = &all[n];
                struct value annotations = value_at(r->object, "metadata.annotations");
                struct text json = value_text(value_get(annotations, TEXT(ANNOTATION_ASSIGNMENT)));
                bool known = false;

                if (!strip(r->name, KEY_SERVING, &held->suffix))
                        continue;
                for (size_t k = 0; k < n && !known; k++)
                        known = text_equal(all[k].suffix, held->suffix);
                if (known || !reservation_from_annotation(json, arena, &held->reservation))
                        continue;
                held->rebuilt = true;
                held->service = observe_service(r->object, settings->route);
                n++;
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = all;
        *ret_n = n;
        return 0;
}
