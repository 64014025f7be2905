/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/check.h"

#include <stdlib.h>

#include "base/arena.h"
#include "fleet/grammar.h"

static void check_text(struct reader *rd, struct member f, bool (*is_right)(struct text),
                       const char *what, struct text *ret) {
        struct text t;

        if (!read_text(rd, f, &t))
                return;
        if (is_right(t))
                *ret = t;
        else
                reader_refuse(rd, &f, "%.*s is not %s", TEXT_ARG(value_brief(f.value, rd->arena)),
                              what);
}

void check_shown_name(struct reader *rd, struct member f, struct text *ret) {
        struct text ignored;

        if (read_needed_text(rd, f, &ignored))
                check_text(rd, f, grammar_shown_name,
                           "a name: it has at most 63 characters, none of them a control character",
                           ret);
}

void check_model_name(struct reader *rd, struct member f, struct text *ret) {
        struct text ignored;

        if (read_needed_text(rd, f, &ignored))
                check_text(rd, f, grammar_model_name,
                           "a name of a model, such as google/gemma-3-27b-it", ret);
}

void check_hub_repo(struct reader *rd, struct member f, struct text *ret) {
        struct text ignored;

        if (read_needed_text(rd, f, &ignored))
                check_text(rd, f, grammar_hub_repo, "a repository, such as google/gemma-3-27b-it",
                           ret);
}

void check_hub_revision(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_hub_revision, "a revision", ret);
}

void check_image(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_image, "an image", ret);
}

void check_object_name(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_dns_subdomain, "a name for an object", ret);
}

void check_namespace(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_dns_label, "a name for a namespace", ret);
}

void check_data_key(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_data_key, "a key of a Secret or ConfigMap", ret);
}

void check_api_version(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_api_version, "of the form group/version", ret);
}

void check_resource_name(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, grammar_resource_name, "an extended resource, such as nvidia.com/gpu",
                   ret);
}

void check_labels(struct reader *rd, struct member f, struct value *ret) {
        struct value_iter it = value_iterate(f.value);
        size_t n_before = rd->n_mistakes;
        struct text key;
        struct value value;

        if (!read_map(rd, f))
                return;
        while (value_next(&it, &key, &value)) {
                struct member entry = member_key(&f, key, value);

                if (!grammar_label_key(key))
                        reader_refuse(rd, &entry, "the key is not a label key");
                else if (value.kind != VALUE_STRING)
                        reader_refuse(rd, &entry, "must be a string, but is %s%s",
                                      value_kind_name(value.kind),
                                      value.kind == VALUE_BOOL || value.kind == VALUE_NUMBER
                                              ? ": put it in quotes"
                                              : "");
                else if (!grammar_label_value(value.bytes))
                        reader_refuse(rd, &entry, "%.*s is not a label value",
                                      TEXT_ARG(value_brief(value, rd->arena)));
        }
        if (rd->n_mistakes == n_before)
                *ret = f.value;
}

void check_selector(struct reader *rd, struct member f, struct value *ret) {
        static const struct text members[] = { TEXT_INIT("matchLabels") };

        if (!read_map(rd, f))
                return;
        refuse_unknown(rd, &f, members, COUNT_OF(members));
        check_labels(rd, member_get(&f, "matchLabels"), ret);
}

static void check_toleration(struct reader *rd, const struct member *f) {
        static const struct text members[] = {
                TEXT_INIT("key"),    TEXT_INIT("operator"),          TEXT_INIT("value"),
                TEXT_INIT("effect"), TEXT_INIT("tolerationSeconds"),
        };
        static const struct text operators[] = { TEXT_INIT("Equal"), TEXT_INIT("Exists") };
        static const struct text effects[] = {
                TEXT_INIT("NoSchedule"),
                TEXT_INIT("PreferNoSchedule"),
                TEXT_INIT("NoExecute"),
        };
        struct member key_field = member_get(f, "key"), value_field = member_get(f, "value");
        struct member seconds_field = member_get(f, "tolerationSeconds");
        unsigned int op = 0, effect = 0;
        struct text key = { 0 }, value = { 0 };
        int64_t seconds;

        if (member_is_absent(f))
                reader_refuse(rd, f, "must be a map, but is null");
        if (!read_map(rd, *f))
                return;
        refuse_unknown(rd, f, members, COUNT_OF(members));
        read_word(rd, member_get(f, "operator"), operators, COUNT_OF(operators), &op);
        if (read_text(rd, key_field, &key) && !grammar_label_key(key))
                reader_refuse(rd, &key_field, "%.*s is not a label key",
                              TEXT_ARG(value_brief(key_field.value, rd->arena)));
        else if (text_is_empty(value_text(key_field.value)) && op == 0)
                reader_refuse(rd, f, "a toleration without a key needs the operator Exists");
        if (read_text(rd, value_field, &value) && op == 1)
                reader_refuse(rd, &value_field, "the operator Exists takes no value");
        else if (!grammar_label_value(value))
                reader_refuse(rd, &value_field, "%.*s is not a label value",
                              TEXT_ARG(value_brief(value_field.value, rd->arena)));
        read_word(rd, member_get(f, "effect"), effects, COUNT_OF(effects), &effect);
        if (read_integer(rd, seconds_field, INT64_MIN, INT64_MAX, &seconds) && effect != 2)
                reader_refuse(rd, &seconds_field, "needs the effect NoExecute");
}

void check_tolerations(struct reader *rd, struct member f, struct value *ret) {
        struct value_iter it = value_iterate(f.value);
        size_t n_before = rd->n_mistakes;
        struct value item;

        if (!read_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(&f, i, item);

                check_toleration(rd, &element);
        }
        if (rd->n_mistakes == n_before)
                *ret = f.value;
}

/* What would not arrive at the engine as it is written, or NULL. */
static const char *find_unsafe(struct text t) {
        if (text_contains(t, TEXT("{{")))
                return "\"{{\"";
        for (size_t i = 0; i < t.len; i++) {
                switch (t.data[i]) {
                case '$':
                        return "\"$\"";
                case '`':
                        return "a backquote";
                case '\n':
                case '\r':
                        return "a line break";
                case '\0':
                        return "a NUL byte";
                default:
                        break;
                }
        }
        return NULL;
}

void check_args(struct reader *rd, struct member f, struct value *ret) {
        struct value_iter it = value_iterate(f.value);
        size_t n_before = rd->n_mistakes;
        struct value item;

        if (!read_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(&f, i, item);
                struct text arg;
                const char *unsafe;

                if (!read_needed_text(rd, element, &arg))
                        continue;
                unsafe = find_unsafe(arg);
                if (unsafe)
                        reader_refuse(rd, &element,
                                      "%.*s holds %s, which does not reach the engine",
                                      TEXT_ARG(value_brief(item, rd->arena)), unsafe);
        }
        if (rd->n_mistakes == n_before)
                *ret = f.value;
}

/* Kubernetes takes exactly one of its sources. */
static void check_env_source(struct reader *rd, const struct member *f) {
        static const struct text sources[] = { TEXT_INIT("fieldRef"), TEXT_INIT("resourceFieldRef"),
                                               TEXT_INIT("configMapKeyRef"),
                                               TEXT_INIT("secretKeyRef") };
        size_t n_before = rd->n_mistakes, n = 0;

        refuse_unknown(rd, f, sources, COUNT_OF(sources));
        for (size_t i = 0; i < COUNT_OF(sources); i++)
                n += read_map(rd, member_named(f, sources[i], value_get(f->value, sources[i])));
        if (n != 1 && rd->n_mistakes == n_before)
                reader_refuse(rd, f,
                              "must be one of fieldRef, resourceFieldRef, configMapKeyRef, "
                              "secretKeyRef");
}

static void check_env_entry(struct reader *rd, const struct member *f) {
        static const struct text members[] = { TEXT_INIT("name"), TEXT_INIT("value"),
                                               TEXT_INIT("valueFrom") };
        struct member name_field = member_get(f, "name"), value_field = member_get(f, "value");
        struct member from_field = member_get(f, "valueFrom");
        struct text name, value = { 0 };

        if (member_is_absent(f))
                reader_refuse(rd, f, "must be a map, but is null");
        if (!read_map(rd, *f))
                return;
        refuse_unknown(rd, f, members, COUNT_OF(members));
        if (read_needed_text(rd, name_field, &name)) {
                check_text(rd, name_field, grammar_variable, "a name of an environment variable",
                           &name);
                if (text_equal(name, TEXT("CUDA_VISIBLE_DEVICES")) ||
                    text_equal(name, TEXT("NVIDIA_VISIBLE_DEVICES")))
                        reader_refuse(rd, &name_field, "%.*s is set by the device plugin",
                                      TEXT_ARG(name));
        }
        /* $(VAR) is for Kubernetes, but a template comes first. */
        if (read_text(rd, value_field, &value) && text_contains(value, TEXT("{{")))
                reader_refuse(rd, &value_field,
                              "%.*s holds \"{{\", which does not reach the engine",
                              TEXT_ARG(value_brief(value_field.value, rd->arena)));
        if (!read_map(rd, from_field))
                return;
        if (!member_is_absent(&value_field))
                reader_refuse(rd, f, "value and valueFrom are both written");
        else
                check_env_source(rd, &from_field);
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
                        .name = value_text(value_get(item, TEXT("name"))),
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

void check_env(struct reader *rd, struct member f, struct value *ret) {
        struct value_iter it = value_iterate(f.value);
        size_t n_before = rd->n_mistakes;
        struct value item;

        if (!read_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(&f, i, item);

                check_env_entry(rd, &element);
        }
        refuse_equal_variables(rd, &f);
        if (rd->n_mistakes == n_before)
                *ret = f.value;
}

void check_affinity(struct reader *rd, struct member f, struct value *ret) {
        static const struct text members[] = { TEXT_INIT("nodeAffinity"), TEXT_INIT("podAffinity"),
                                               TEXT_INIT("podAntiAffinity") };
        size_t n_before = rd->n_mistakes;

        if (!read_map(rd, f))
                return;
        refuse_unknown(rd, &f, members, COUNT_OF(members));
        for (size_t i = 0; i < COUNT_OF(members); i++)
                read_map(rd, member_named(&f, members[i], value_get(f.value, members[i])));
        if (rd->n_mistakes == n_before)
                *ret = f.value;
}
