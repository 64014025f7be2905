/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pool passes through to its pods: env, affinity, securityContext.
 *
 * Source: Kubernetes v1.34, staging/src/k8s.io/api/core/v1/types.go, and what
 * pkg/apis/core/validation says of them
 */
#include <stdlib.h>

#include "base/arena.h"
#include "fleet/pod_schema.h"

#include "fleet/check.h"
#include "fleet/grammar.h"
#include "fleet/shape.h"
#include "wire/value_print.h"

#define MEMBERS(members) .shape = (members), .n = COUNT_OF(members)
#define WORDS(list) .words = (list), .n = COUNT_OF(list)

/* ---- affinity -------------------------------------------------------------------------------- */

static const struct text node_operators[] = { TEXT_INIT("In"),     TEXT_INIT("NotIn"),
                                              TEXT_INIT("Exists"), TEXT_INIT("DoesNotExist"),
                                              TEXT_INIT("Gt"),     TEXT_INIT("Lt") };

/* The first four of them. */
#define LABEL_OPERATORS .words = node_operators, .n = 4

static const struct shape a_text = { .kind = SHAPE_TEXT };
static const struct shape a_name = { .kind = SHAPE_NAME };
static const struct shape a_label_key = { .kind = SHAPE_LABEL_KEY };
static const struct shape a_label_value = { .kind = SHAPE_LABEL_VALUE };

static bool is_one_of(struct text op, struct text a, struct text b) {
        return text_equal(op, a) || text_equal(op, b);
}

/* Each operator takes values of its own. */
static void check_values(struct reader *rd, const struct member *f) {
        struct text op = value_get_text(f->value, "operator");
        struct member values = member_get(f, "values");
        size_t n = value_count(values.value);

        if (is_one_of(op, TEXT("In"), TEXT("NotIn")) && n == 0)
                reader_refuse(rd, &values, "the operator %.*s needs values", TEXT_ARG(op));
        else if (is_one_of(op, TEXT("Gt"), TEXT("Lt")) && n != 1)
                reader_refuse(rd, &values, "the operator %.*s needs one value", TEXT_ARG(op));
        else if (is_one_of(op, TEXT("Exists"), TEXT("DoesNotExist")) && n > 0)
                reader_refuse(rd, &values, "the operator %.*s takes no values", TEXT_ARG(op));
}

static const struct shape node_requirement_members[] = {
        { "key", SHAPE_LABEL_KEY, .needed = true },
        { "operator", SHAPE_WORD, .needed = true, WORDS(node_operators) },
        { "values", SHAPE_LIST, .shape = &a_label_value },
};
static const struct shape node_requirement = { .kind = SHAPE_MAP,
                                               MEMBERS(node_requirement_members),
                                               .check = check_values };

static const struct shape node_term_members[] = {
        { "matchExpressions", SHAPE_LIST, .shape = &node_requirement },
        { "matchFields", SHAPE_LIST, .shape = &node_requirement },
};
static const struct shape node_term = { .kind = SHAPE_MAP, MEMBERS(node_term_members) };

static const struct shape node_selector_members[] = {
        { "nodeSelectorTerms", SHAPE_LIST, .needed = true, .shape = &node_term },
};

static void check_has_terms(struct reader *rd, const struct member *f) {
        struct member terms = member_get(f, "nodeSelectorTerms");

        if (value_count(terms.value) == 0)
                reader_refuse(rd, &terms, "needs at least one term");
}

static const struct shape preferred_node_members[] = {
        { "weight", SHAPE_INTEGER, .needed = true, .min = 1, .max = 100 },
        { "preference", SHAPE_MAP, .needed = true, MEMBERS(node_term_members) },
};
static const struct shape preferred_node = { .kind = SHAPE_MAP, MEMBERS(preferred_node_members) };

static const struct shape node_affinity_members[] = {
        { "requiredDuringSchedulingIgnoredDuringExecution", SHAPE_MAP,
          MEMBERS(node_selector_members), .check = check_has_terms },
        { "preferredDuringSchedulingIgnoredDuringExecution", SHAPE_LIST, .shape = &preferred_node },
};

static const struct shape label_requirement_members[] = {
        { "key", SHAPE_LABEL_KEY, .needed = true },
        { "operator", SHAPE_WORD, .needed = true, LABEL_OPERATORS },
        { "values", SHAPE_LIST, .shape = &a_label_value },
};
static const struct shape label_requirement = { .kind = SHAPE_MAP,
                                                MEMBERS(label_requirement_members),
                                                .check = check_values };

static const struct shape label_selector_members[] = {
        { "matchLabels", SHAPE_LABELS },
        { "matchExpressions", SHAPE_LIST, .shape = &label_requirement },
};

static const struct shape pod_term_members[] = {
        { "labelSelector", SHAPE_MAP, MEMBERS(label_selector_members) },
        { "namespaceSelector", SHAPE_MAP, MEMBERS(label_selector_members) },
        { "namespaces", SHAPE_LIST, .shape = &a_name },
        { "topologyKey", SHAPE_LABEL_KEY, .needed = true },
        { "matchLabelKeys", SHAPE_LIST, .shape = &a_label_key },
        { "mismatchLabelKeys", SHAPE_LIST, .shape = &a_label_key },
};
static const struct shape pod_term = { .kind = SHAPE_MAP, MEMBERS(pod_term_members) };

static const struct shape preferred_pod_members[] = {
        { "weight", SHAPE_INTEGER, .needed = true, .min = 1, .max = 100 },
        { "podAffinityTerm", SHAPE_MAP, .needed = true, MEMBERS(pod_term_members) },
};
static const struct shape preferred_pod = { .kind = SHAPE_MAP, MEMBERS(preferred_pod_members) };

static const struct shape pod_affinity_members[] = {
        { "requiredDuringSchedulingIgnoredDuringExecution", SHAPE_LIST, .shape = &pod_term },
        { "preferredDuringSchedulingIgnoredDuringExecution", SHAPE_LIST, .shape = &preferred_pod },
};

static const struct shape affinity_members[] = {
        { "nodeAffinity", SHAPE_MAP, MEMBERS(node_affinity_members) },
        { "podAffinity", SHAPE_MAP, MEMBERS(pod_affinity_members) },
        { "podAntiAffinity", SHAPE_MAP, MEMBERS(pod_affinity_members) },
};
static const struct shape affinity = { .kind = SHAPE_MAP, MEMBERS(affinity_members) };

/* ---- securityContext ------------------------------------------------------------------------- */

static const struct text profile_types[] = { TEXT_INIT("Localhost"), TEXT_INIT("RuntimeDefault"),
                                             TEXT_INIT("Unconfined") };
static const struct text proc_mounts[] = { TEXT_INIT("Default"), TEXT_INIT("Unmasked") };

static const struct shape profile_members[] = {
        { "type", SHAPE_WORD, .needed = true, WORDS(profile_types) },
        { "localhostProfile", SHAPE_TEXT },
};

/* A file on the node, for that type and for no other. */
static void check_profile(struct reader *rd, const struct member *f) {
        struct member file = member_get(f, "localhostProfile");
        bool local = text_equal(value_get_text(f->value, "type"), TEXT("Localhost"));

        if (local && text_is_empty(value_text(file.value)))
                reader_refuse(rd, &file, "is required by the type Localhost");
        else if (!local && !member_is_absent(&file))
                reader_refuse(rd, &file, "needs the type Localhost");
}

static const struct shape capabilities_members[] = {
        { "add", SHAPE_LIST, .shape = &a_text },
        { "drop", SHAPE_LIST, .shape = &a_text },
};

static const struct shape selinux_members[] = {
        { "level", SHAPE_TEXT },
        { "role", SHAPE_TEXT },
        { "type", SHAPE_TEXT },
        { "user", SHAPE_TEXT },
};

/* Without windowsOptions: no such node has these GPUs. */
static const struct shape security_context_members[] = {
        { "allowPrivilegeEscalation", SHAPE_BOOL },
        { "appArmorProfile", SHAPE_MAP, MEMBERS(profile_members), .check = check_profile },
        { "capabilities", SHAPE_MAP, MEMBERS(capabilities_members) },
        { "privileged", SHAPE_BOOL },
        { "procMount", SHAPE_WORD, WORDS(proc_mounts) },
        { "readOnlyRootFilesystem", SHAPE_BOOL },
        { "runAsGroup", SHAPE_INTEGER, .min = 0, .max = INT32_MAX },
        { "runAsNonRoot", SHAPE_BOOL },
        { "runAsUser", SHAPE_INTEGER, .min = 0, .max = INT32_MAX },
        { "seLinuxOptions", SHAPE_MAP, MEMBERS(selinux_members) },
        { "seccompProfile", SHAPE_MAP, MEMBERS(profile_members), .check = check_profile },
};

static bool adds_sys_admin(struct value context) {
        struct value_iter it = value_iterate(value_at(context, "capabilities.add"));
        struct value capability;

        while (value_next(&it, NULL, &capability)) {
                if (text_equal(value_text(capability), TEXT("CAP_SYS_ADMIN")))
                        return true;
        }
        return false;
}

/* Kubernetes refuses a pod that may do everything and gain nothing. */
static void check_escalation(struct reader *rd, const struct member *f) {
        struct member escalation = member_get(f, "allowPrivilegeEscalation");
        struct value privileged = value_get(f->value, TEXT("privileged"));

        if (escalation.value.kind != VALUE_BOOL || escalation.value.boolean)
                return;
        if (value_is_true(privileged))
                reader_refuse(rd, &escalation, "cannot be false where privileged is true");
        else if (adds_sys_admin(f->value))
                reader_refuse(rd, &escalation, "cannot be false where CAP_SYS_ADMIN is added");
}

static const struct shape security_context = { .kind = SHAPE_MAP,
                                               MEMBERS(security_context_members),
                                               .check = check_escalation };

static void check_shape(struct reader *rd, const struct member *f, const struct shape *shape,
                        struct value *ret) {
        size_t n_before = rd->n_mistakes;

        if (member_is_absent(f))
                return;
        shape_check(rd, f, shape);
        if (rd->n_mistakes == n_before)
                *ret = f->value;
}

void check_affinity(struct reader *rd, const struct member *f, struct value *ret) {
        check_shape(rd, f, &affinity, ret);
}

void check_security_context(struct reader *rd, const struct member *f, struct value *ret) {
        check_shape(rd, f, &security_context, ret);
}

/* ---- references, extended resources --------------------------------------------------------- */

enum { REFERENCES_MAX = 32, EXTENDED_MAX = 32 };

static const struct shape reference_members[] = {
        { "name", SHAPE_NAME, .needed = true },
};
static const struct shape reference = { .kind = SHAPE_MAP, MEMBERS(reference_members) };
static const struct shape references = { .kind = SHAPE_LIST, .shape = &reference };

void check_references(struct reader *rd, const struct member *f, struct value *ret) {
        size_t n = value_count(f->value);

        if (f->value.kind == VALUE_LIST && n > REFERENCES_MAX)
                reader_refuse(rd, f, "has %zu elements, and at most %d are read", n,
                              REFERENCES_MAX);
        else
                check_shape(rd, f, &references, ret);
}

/* 2 or "2": a fraction of a device cannot be had. */
static bool is_count(struct value v) {
        int64_t number;
        uint64_t digits;

        if (v.kind == VALUE_STRING)
                return text_to_u64(value_bytes(v), &digits) && digits >= 1 && digits <= INT32_MAX;
        return value_is_integer(v, &number) && number >= 1 && number <= INT32_MAX;
}

static bool is_unit(struct text name, struct text gpu) {
        return text_equal(name, gpu) || text_starts_with(name, TEXT("nvidia.com/gpu")) ||
               text_starts_with(name, TEXT("nvidia.com/mig-"));
}

void check_extended(struct reader *rd, const struct member *f, struct text gpu, struct value *ret) {
        static const struct text only[] = { TEXT_INIT("limits") };
        size_t n_before = rd->n_mistakes, n;
        struct member limits = member_get(f, "limits");
        const struct member *map = limits.value.kind == VALUE_MAP ? &limits : f;
        struct value_member *entries;

        if (!reader_map(rd, f) || value_members(map->value, rd->arena, &entries, &n) < 0)
                return;
        if (map == &limits)
                reader_refuse_unknown(rd, f, only, COUNT_OF(only));
        if (n > EXTENDED_MAX)
                reader_refuse(rd, map, "has %zu resources, and at most %d are read", n,
                              EXTENDED_MAX);
        for (size_t i = 0; i < n && i < EXTENDED_MAX; i++) {
                struct member entry = member_key(map, entries[i].key, entries[i].value);

                if (!grammar_resource_name(entries[i].key))
                        reader_refuse(rd, &entry,
                                      "the key is not an extended resource, such as rdma/ib");
                else if (is_unit(entries[i].key, gpu))
                        reader_refuse(rd, &entry, "is counted in units already");
                else if (!is_count(entries[i].value))
                        reader_refuse(rd, &entry, "must be a whole number above 0, but is %.*s",
                                      TEXT_ARG(reader_kind_and_value(entries[i].value, rd->arena)));
        }
        if (rd->n_mistakes == n_before)
                *ret = map->value;
}

/* ---- env ------------------------------------------------------------------------------------- */

static const struct shape field_members[] = {
        { "apiVersion", SHAPE_TEXT },
        { "fieldPath", SHAPE_TEXT, .needed = true },
};

static const struct shape resource_field_members[] = {
        { "containerName", SHAPE_NAME },
        { "divisor", SHAPE_QUANTITY },
        { "resource", SHAPE_TEXT, .needed = true },
};

static const struct shape key_members[] = {
        { "key", SHAPE_DATA_KEY, .needed = true },
        { "name", SHAPE_NAME, .needed = true },
        { "optional", SHAPE_BOOL },
};

/* Kubernetes takes exactly one of its sources. */
static void check_one_source(struct reader *rd, const struct member *f) {
        if (value_count(f->value) != 1)
                reader_refuse(rd, f,
                              "must be one of fieldRef, resourceFieldRef, configMapKeyRef, "
                              "secretKeyRef");
}

static const struct shape source_members[] = {
        { "fieldRef", SHAPE_MAP, MEMBERS(field_members) },
        { "resourceFieldRef", SHAPE_MAP, MEMBERS(resource_field_members) },
        { "configMapKeyRef", SHAPE_MAP, MEMBERS(key_members) },
        { "secretKeyRef", SHAPE_MAP, MEMBERS(key_members) },
};
static const struct shape env_source = { .kind = SHAPE_MAP,
                                         MEMBERS(source_members),
                                         .check = check_one_source };

static void check_env_entry(struct reader *rd, const struct member *f) {
        static const struct text members[] = { TEXT_INIT("name"), TEXT_INIT("value"),
                                               TEXT_INIT("valueFrom") };
        struct member name_field = member_get(f, "name"), value_field = member_get(f, "value");
        struct member from_field = member_get(f, "valueFrom");
        struct text name, value = { 0 };

        if (member_is_absent(f))
                reader_refuse(rd, f, "must be a map, but is null");
        if (!reader_map(rd, f))
                return;
        reader_refuse_unknown(rd, f, members, COUNT_OF(members));
        if (reader_needed_text(rd, &name_field, &name)) {
                if (!grammar_variable(name))
                        reader_refuse(rd, &name_field,
                                      "%.*s is not a name of an environment variable",
                                      TEXT_ARG(value_brief(name_field.value, rd->arena)));
                if (text_equal(name, TEXT("CUDA_VISIBLE_DEVICES")) ||
                    text_equal(name, TEXT("NVIDIA_VISIBLE_DEVICES")))
                        reader_refuse(rd, &name_field, "%.*s is set by the device plugin",
                                      TEXT_ARG(name));
        }
        /* $(VAR) is for Kubernetes, but a template comes first. */
        if (reader_text(rd, &value_field, &value) && text_contains(value, TEXT("{{")))
                reader_refuse(rd, &value_field,
                              "%.*s holds \"{{\", which does not reach the engine",
                              TEXT_ARG(value_brief(value_field.value, rd->arena)));
        else if (value.len > CHECK_ARGUMENT_MAX)
                reader_refuse(rd, &value_field, "%.*s has %zu bytes, more than %d",
                              TEXT_ARG(value_brief(value_field.value, rd->arena)), value.len,
                              CHECK_ARGUMENT_MAX);
        if (!reader_map(rd, &from_field))
                return;
        if (!member_is_absent(&value_field))
                reader_refuse(rd, f, "value and valueFrom are both written");
        else
                shape_check(rd, &from_field, &env_source);
}

struct variable {
        struct text name;
        struct value value;
        size_t index;
};

static int by_name_and_index(const void *a, const void *b) {
        const struct variable *left = a, *right = b;
        int order = text_compare(left->name, right->name);

        return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static void refuse_equal_variables(struct reader *rd, const struct member *env) {
        struct value_iter it = value_iterate(env->value);
        size_t n = value_count(env->value);
        struct variable *sorted = ARENA_ARRAY(rd->arena, n, struct variable);
        struct value item;

        if (!sorted)
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++)
                sorted[i] = (struct variable) {
                        .name = value_get_text(item, "name"),
                        .value = item,
                        .index = i,
                };
        qsort(sorted, n, sizeof(*sorted), by_name_and_index);
        for (size_t i = 1; i < n; i++) {
                struct member element = member_element(env, sorted[i].index, sorted[i].value);
                struct member name_field = member_get(&element, "name");

                if (!text_is_empty(sorted[i].name) &&
                    text_equal(sorted[i].name, sorted[i - 1].name))
                        reader_refuse(rd, &name_field, "two variables are called %.*s",
                                      TEXT_ARG(value_brief(name_field.value, rd->arena)));
        }
}

void check_env(struct reader *rd, const struct member *f, struct value *ret) {
        struct value_iter it = value_iterate(f->value);
        size_t n_before = rd->n_mistakes;
        struct value item;

        if (!reader_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(f, i, item);

                check_env_entry(rd, &element);
        }
        refuse_equal_variables(rd, f);
        if (rd->n_mistakes == n_before)
                *ret = f->value;
}
