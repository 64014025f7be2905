/* SPDX-License-Identifier: Apache-2.0 */
#include "place/observe.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/base32.h"
#include "place/names.h"

struct value observe_condition(struct value object, struct text type) {
        struct value_iter it = value_iterate(value_at(object, "status.conditions"));
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                if (text_equal(value_get_text(condition, "type"), type))
                        return condition;
        }
        return (struct value) { 0 };
}

static bool condition_is(struct value object, const char *type, struct text status) {
        struct value condition = observe_condition(object, text_from(type));

        return text_equal(value_get_text(condition, "status"), status);
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
                struct text status = value_get_text(condition, "status");
                struct text message = value_get_text(condition, "message");

                if (text_equal(status, TEXT("True")) || text_is_empty(message))
                        continue;
                if (!text_equal(value_get_text(condition, "type"), TEXT("Ready")))
                        return message;
                of_ready = message;
        }
        return of_ready;
}

bool observe_is_object(struct value object) {
        return text_equal(value_get_text(object, "kind"), TEXT("Object"));
}

bool observe_is_applied(struct value object) {
        return condition_is(object, "Ready", TEXT("True"));
}

static bool is_kind(struct value object, const char *kind) {
        return text_equal(value_get_text(object, "kind"), text_from(kind));
}

/* Also as provider-kubernetes had it before its resources were namespaced. */
static bool is_providers_object(struct value object) {
        struct text version = value_get_text(object, "apiVersion");

        return observe_is_object(object) &&
               (text_starts_with(version, TEXT("kubernetes.m.crossplane.io/")) ||
                text_starts_with(version, TEXT("kubernetes.crossplane.io/")));
}

static bool is_foreign(const struct resource *r) {
        if (text_starts_with(r->name, TEXT(KEY_RESERVATION)))
                return !reservation_is_kind(r->object);
        if (text_starts_with(r->name, TEXT(KEY_SERVING)))
                return !is_kind(r->object, "LLMInferenceService") &&
                       !is_providers_object(r->object);
        return text_starts_with(r->name, TEXT(KEY_DEVICES)) &&
               !is_kind(r->object, "ResourceClaimTemplate") && !is_providers_object(r->object);
}

void observe_leave_out_foreign(struct state *observed) {
        size_t n = 0;

        for (size_t i = 0; i < observed->n_resources; i++) {
                if (!is_foreign(&observed->resources[i]))
                        observed->resources[n++] = observed->resources[i];
        }
        observed->n_resources = n;
}

struct value observe_declared(struct value object) {
        return observe_is_object(object) ? value_at(object, "spec.forProvider.manifest") : object;
}

struct value observe_actual(struct value object) {
        return observe_is_object(object) ? value_at(object, "status.atProvider.manifest") : object;
}

/* With how many replicas it was composed: its own number, or the most that it scales to. */
static bool read_replicas(struct value service, int64_t *ret) {
        return value_is_integer(value_at(service, "spec.replicas"), ret) ||
               value_is_integer(value_at(service, "spec.scaling.maxReplicas"), ret);
}

struct service observe_service(struct value object, bool route) {
        struct service s = { .ready_replicas = -1, .replicas = -1 };
        struct value inner = observe_actual(object);
        bool wrapper_ready = !observe_is_object(object) || observe_is_applied(object);

        if (object.kind != VALUE_MAP)
                return s;
        s.observed = true;
        s.name = value_text(value_at(observe_declared(object), "metadata.name"));
        s.url = value_text(value_at(inner, "status.url"));
        read_replicas(inner, &s.replicas);
        value_is_integer(value_at(inner, "status.workloads.primary.readyReplicas"),
                         &s.ready_replicas);
        s.ready = wrapper_ready && condition_is(inner, "Ready", TEXT("True")) &&
                  is_current(inner) && !condition_is(inner, "PresetsCombined", TEXT("False")) &&
                  (!route || !text_is_empty(s.url));
        /* One of one may be missing while it rolls in turn, and Ready then says nothing. */
        if (s.ready && s.ready_replicas == 0 && s.replicas != 0) {
                s.ready = false;
                s.sentence = TEXT("no replica is Ready yet");
                return s;
        }
        if (s.ready)
                return s;
        s.sentence = failing_sentence(inner);
        if (text_is_empty(s.sentence) && observe_is_object(object))
                s.sentence = failing_sentence(object);
        if (text_is_empty(s.sentence) && !is_current(inner))
                s.sentence = TEXT("KServe has not looked at the last change yet");
        if (text_is_empty(s.sentence) && route && text_is_empty(s.url) &&
            condition_is(inner, "Ready", TEXT("True")))
                s.sentence = TEXT("Ready, but without an address: is the Gateway API installed?");
        return s;
}

struct value observe_find(const struct state *observed, const char *prefix, struct text suffix,
                          struct arena *arena) {
        const struct resource *r = request_resource(observed, names_key(prefix, suffix, arena));

        return r ? r->object : (struct value) { 0 };
}

static bool read_annotation(struct value service, struct arena *arena, struct reservation *ret) {
        struct value annotations = value_at(service, "metadata.annotations");
        struct text json = value_get_text(annotations, ANNOTATION_ASSIGNMENT);

        return reservation_from_annotation(json, arena, ret);
}

static int64_t composed_replicas(struct value service) {
        int64_t replicas;

        if (read_replicas(observe_declared(service), &replicas))
                return replicas < 0                       ? 0
                       : replicas > RESERVATION_COUNT_MAX ? RESERVATION_COUNT_MAX
                                                          : replicas;
        return 1;
}

/*
 * Of the surge that the annotation says, as much as a rollout of the replicas takes, or is
 * reserved beside them: who may edit the service could claim the units of a fleet with more.
 */
static int64_t credible_surge(int64_t surge, int64_t replicas, int64_t reserved) {
        int64_t most = replicas / 4 + (replicas % 4 > 0);

        if (most < reserved - replicas)
                most = reserved - replicas;
        return surge < most ? surge : most;
}

/* From the annotation: what the service was composed with is reserved and used. */
static bool rebuild(struct value service, struct arena *arena, struct reservation *ret) {
        if (!read_annotation(service, arena, ret))
                return false;
        ret->name = value_text(value_at(service, "metadata.name")); /* the two share it */
        ret->surge = credible_surge(ret->surge, composed_replicas(service), 0);
        ret->reserved = composed_replicas(service) + ret->surge;
        ret->used = ret->reserved;
        return true;
}

/* What a service is composed with beside its replicas stands in its annotation alone. */
static int64_t used_surge(struct value service, int64_t reserved, struct arena *arena) {
        int64_t replicas = composed_replicas(service);
        struct reservation annotated;

        if (!read_annotation(service, arena, &annotated))
                return 0;
        return credible_surge(annotated.surge, replicas < reserved ? replicas : reserved, reserved);
}

/* The reservation of these keys, or else what the service's annotation says of it. */
static bool read_assignment(const struct state *observed, struct text suffix, struct arena *arena,
                            struct reservation *ret, bool *ret_rebuilt) {
        struct value object = observe_find(observed, KEY_RESERVATION, suffix, arena);
        struct value spec = value_get(object, TEXT("spec"));

        *ret_rebuilt = false;
        spec.may_be_broken = object.may_be_broken;
        if (reservation_is_kind(object) && reservation_from_spec(spec, ret)) {
                ret->name = value_text(value_at(object, "metadata.name"));
                ret->object_uid = value_text(value_at(object, "metadata.uid"));
                value_is_integer(value_at(object, "metadata.generation"), &ret->generation);
                if (!base32_is_16(ret->revision))
                        ret->revision = (struct text) { 0 };
                ret->surge = used_surge(observe_find(observed, KEY_SERVING, suffix, arena),
                                        ret->reserved, arena);
                return true;
        }
        *ret_rebuilt = true;
        return rebuild(observe_find(observed, KEY_SERVING, suffix, arena), arena, ret);
}

/*
 * Was the service made for another place or size than its reservation says now? Neither ever
 * changes under a key, so one of them was written by hand.
 */
static bool contradicts(struct value service, const struct reservation *r, struct arena *arena) {
        struct reservation made;

        return read_annotation(service, arena, &made) &&
               (reservation_compare_place(&made, r) != 0 || made.nodes != r->nodes ||
                made.units_per_node != r->units_per_node);
}

bool observe_explains(const struct state *observed, struct text suffix, struct arena *arena) {
        struct reservation unused;
        bool rebuilt;

        return read_assignment(observed, suffix, arena, &unused, &rebuilt);
}

bool observe_is_unexplained(const struct state *observed, const struct resource *r,
                            struct arena *arena) {
        struct text suffix;

        return names_suffix(r->name, &suffix) && !observe_explains(observed, suffix, arena);
}

/* The suffixes of all our observed services and reservations, sorted, each once. */
static int read_suffixes(const struct state *observed, struct arena *arena, struct text **ret,
                         size_t *ret_n) {
        struct text *all = ARENA_ARRAY(arena, observed->n_resources, struct text);
        size_t n = 0, n_unique = 0;

        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < observed->n_resources; i++)
                n += names_suffix(observed->resources[i].name, &all[n]);
        if (n > 1)
                qsort(all, n, sizeof(*all), text_order);
        for (size_t i = 0; i < n; i++) {
                if (n_unique == 0 || !text_equal(all[i], all[n_unique - 1]))
                        all[n_unique++] = all[i];
        }
        *ret = all;
        *ret_n = n_unique;
        return 0;
}

int observe_unexplained(const struct state *observed, struct arena *arena, struct text **ret,
                        size_t *ret_n) {
        size_t n_all, n = 0;
        struct text *all;
        int r = read_suffixes(observed, arena, &all, &n_all);

        if (r < 0)
                return r;
        for (size_t i = 0; i < n_all; i++) {
                if (!observe_explains(observed, all[i], arena))
                        all[n++] = all[i];
        }
        *ret = all;
        *ret_n = n;
        return arena_failed(arena) ? -ENOMEM : 0;
}

int observe_held(const struct state *observed, const struct settings *settings, struct arena *arena,
                 struct assignment **ret, size_t *ret_n) {
        size_t n_all, n = 0;
        struct text *all;
        struct assignment *list;
        int r = read_suffixes(observed, arena, &all, &n_all);

        if (r < 0)
                return r;
        list = ARENA_ARRAY(arena, n_all, struct assignment);
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n_all; i++) {
                struct assignment *held = &list[n];
                struct value service;

                if (!read_assignment(observed, all[i], arena, &held->observed, &held->rebuilt))
                        continue;
                service = observe_find(observed, KEY_SERVING, all[i], arena);
                held->suffix = all[i];
                held->service = observe_service(service, settings->route);
                if (held->rebuilt)
                        held->observed.served = held->service.ready;
                else
                        held->contradicted = contradicts(service, &held->observed, arena);
                n++;
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = list;
        *ret_n = n;
        return 0;
}
