/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/check.h"

#include "base/arena.h"
#include "fleet/grammar.h"
#include "wire/value_print.h"

/* Bytes of what is written, in a sentence that proposes it elsewhere. */
enum { SHOWN_MAX = 120 };

static void check_text(struct reader *rd, const struct member *f, bool (*is_right)(struct text),
                       const char *what, struct text *ret) {
        struct text t;

        if (!reader_text(rd, f, &t))
                return;
        if (is_right(t))
                *ret = t;
        else
                reader_refuse(rd, f, "%.*s is not %s", TEXT_ARG(value_brief(f->value, rd->arena)),
                              what);
}

void check_shown_name(struct reader *rd, const struct member *f, struct text *ret) {
        struct text ignored;

        if (reader_needed_text(rd, f, &ignored))
                check_text(rd, f, grammar_shown_name,
                           "a name: it has at most 63 characters, none of them a control character",
                           ret);
}

void check_model_name(struct reader *rd, const struct member *f, struct text *ret) {
        struct text ignored;

        if (reader_needed_text(rd, f, &ignored))
                check_text(rd, f, grammar_model_name,
                           "a name of a model, such as google/gemma-3-27b-it", ret);
}

void check_hub_repo(struct reader *rd, const struct member *f, struct text *ret) {
        struct text written;

        if (!reader_needed_text(rd, f, &written))
                return;
        if (text_contains(written, TEXT("://")))
                reader_refuse(rd, f,
                              "%.*s is not a repository: write spec.source: URI and spec.uri: %.*s",
                              TEXT_ARG(value_brief(f->value, rd->arena)),
                              TEXT_ARG(text_shown(written, SHOWN_MAX)));
        else
                check_text(rd, f, grammar_hub_repo, "a repository, such as google/gemma-3-27b-it",
                           ret);
}

void check_hub_revision(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_hub_revision, "a revision", ret);
}

void check_weights(struct reader *rd, const struct member *f, struct text *ret) {
        static const struct text schemes[] = { TEXT_INIT("hf"), TEXT_INIT("s3"), TEXT_INIT("pvc"),
                                               TEXT_INIT("oci"), TEXT_INIT("oci+native") };
        const struct text mark = TEXT("://");
        struct text uri, scheme;

        if (!reader_needed_text(rd, f, &uri))
                return;
        for (size_t i = 0; i < COUNT_OF(schemes); i++) {
                scheme = schemes[i];
                if (!text_starts_with(uri, scheme) ||
                    !text_starts_with(text_slice(uri, scheme.len, uri.len), mark))
                        continue;
                if (grammar_weights(scheme, text_slice(uri, scheme.len + mark.len, uri.len)))
                        *ret = uri;
                else
                        reader_refuse(rd, f, "%.*s is not where %.*s:// has weights",
                                      TEXT_ARG(value_brief(f->value, rd->arena)), TEXT_ARG(scheme));
                return;
        }
        reader_refuse(rd, f, "%.*s has none of the schemes hf, s3, pvc, oci, oci+native",
                      TEXT_ARG(value_brief(f->value, rd->arena)));
}

void check_image(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_image, "an image", ret);
}

void check_object_name(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_dns_subdomain, "a name for an object", ret);
}

void check_namespace(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_dns_label, "a name for a namespace", ret);
}

void check_data_key(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_data_key, "a key of a Secret or ConfigMap", ret);
}

void check_api_version(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_api_version, "of the form group/version", ret);
}

void check_resource_name(struct reader *rd, const struct member *f, struct text *ret) {
        check_text(rd, f, grammar_resource_name, "an extended resource, such as nvidia.com/gpu",
                   ret);
}

/* Selectors are held against labels for each pool of a fleet; nodes have a few dozen. */
enum { LABELS_MAX = 64 };

/* What nearly all are, and then nothing has to be sorted. */
static bool are_labels(struct value map) {
        struct value_iter it = value_iterate(map);
        struct value value;
        struct text key;
        size_t n = 0;

        while (value_next(&it, &key, &value)) {
                if (n++ == LABELS_MAX || !grammar_label_key(key) || value.kind != VALUE_STRING ||
                    !grammar_label_value(value_bytes(value)))
                        return false;
        }
        return true;
}

void check_labels(struct reader *rd, const struct member *f, struct value *ret) {
        size_t n_before = rd->n_mistakes, n;
        struct value_member *labels;

        if (f->value.kind == VALUE_MAP && are_labels(f->value)) {
                *ret = f->value;
                return;
        }
        /* Sorted, so that the first mistake is always the same one. */
        if (!reader_map(rd, f) || value_members(f->value, rd->arena, &labels, &n) < 0)
                return;
        if (n > LABELS_MAX) {
                reader_refuse(rd, f, "has %zu labels, and at most %d are read", n, LABELS_MAX);
                return;
        }
        for (size_t i = 0; i < n; i++) {
                struct text key = labels[i].key;
                struct value value = labels[i].value;
                struct member entry = member_key(f, key, value);

                if (!grammar_label_key(key))
                        reader_refuse(rd, &entry, "the key is not a label key");
                else if (value.kind != VALUE_STRING)
                        reader_refuse(rd, &entry, "must be a string, but is %.*s%s",
                                      TEXT_ARG(reader_kind_and_value(value, rd->arena)),
                                      value.kind == VALUE_BOOL || value.kind == VALUE_NUMBER
                                              ? ": put it in quotes"
                                              : "");
                else if (!grammar_label_value(value_bytes(value)))
                        reader_refuse(rd, &entry, "%.*s is not a label value",
                                      TEXT_ARG(value_brief(value, rd->arena)));
        }
        if (rd->n_mistakes == n_before)
                *ret = f->value;
}

void check_selector(struct reader *rd, const struct member *f, struct value *ret) {
        static const struct text members[] = { TEXT_INIT("matchLabels") };

        if (!reader_map(rd, f))
                return;
        reader_refuse_unknown(rd, f, members, COUNT_OF(members));
        check_labels(rd, MEMBER_OF(member_get(f, "matchLabels")), ret);
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
        if (!reader_map(rd, f))
                return;
        reader_refuse_unknown(rd, f, members, COUNT_OF(members));
        reader_word(rd, MEMBER_OF(member_get(f, "operator")), operators, COUNT_OF(operators), &op);
        if (reader_text(rd, &key_field, &key) && !grammar_label_key(key))
                reader_refuse(rd, &key_field, "%.*s is not a label key",
                              TEXT_ARG(value_brief(key_field.value, rd->arena)));
        else if (text_is_empty(value_text(key_field.value)) && op == 0)
                reader_refuse(rd, f, "a toleration without a key needs the operator Exists");
        if (reader_text(rd, &value_field, &value) && op == 1)
                reader_refuse(rd, &value_field, "the operator Exists takes no value");
        else if (!grammar_label_value(value))
                reader_refuse(rd, &value_field, "%.*s is not a label value",
                              TEXT_ARG(value_brief(value_field.value, rd->arena)));
        reader_word(rd, MEMBER_OF(member_get(f, "effect")), effects, COUNT_OF(effects), &effect);
        if (reader_integer(rd, &seconds_field, INT64_MIN, INT64_MAX, &seconds) && effect != 2)
                reader_refuse(rd, &seconds_field, "needs the effect NoExecute");
}

void check_tolerations(struct reader *rd, const struct member *f, struct value *ret) {
        struct value_iter it = value_iterate(f->value);
        size_t n_before = rd->n_mistakes;
        struct value item;

        if (!reader_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(f, i, item);

                check_toleration(rd, &element);
        }
        if (rd->n_mistakes == n_before)
                *ret = f->value;
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

void check_args(struct reader *rd, const struct member *f, struct value *ret) {
        struct value_iter it = value_iterate(f->value);
        size_t n_before = rd->n_mistakes;
        struct value item;

        if (!reader_list(rd, f))
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(f, i, item);
                struct text arg;
                const char *unsafe;

                if (!reader_needed_text(rd, &element, &arg))
                        continue;
                unsafe = find_unsafe(arg);
                if (unsafe)
                        reader_refuse(rd, &element,
                                      "%.*s holds %s, which does not reach the engine",
                                      TEXT_ARG(value_brief(item, rd->arena)), unsafe);
                else if (arg.len > CHECK_ARGUMENT_MAX)
                        reader_refuse(rd, &element, "%.*s has %zu bytes, more than %d",
                                      TEXT_ARG(value_brief(item, rd->arena)), arg.len,
                                      CHECK_ARGUMENT_MAX);
                else if (arg.data[0] == '-' && text_index(arg, ' ') < text_index(arg, '='))
                        reader_refuse(rd, &element,
                                      "%.*s would reach the engine as one argument: write "
                                      "--flag=value, or two items",
                                      TEXT_ARG(value_brief(item, rd->arena)));
        }
        if (rd->n_mistakes == n_before)
                *ret = f->value;
}
