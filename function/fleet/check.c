/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/check.h"

#include "base/arena.h"

enum { NAME_MAX_BYTES = 63, SUBDOMAIN_MAX_BYTES = 253 };

static bool is_lower_or_digit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/*
 * The grammars of k8s.io/apimachinery v0.34, pkg/util/validation: names, label
 * keys and values, DNS-1123 labels and subdomains, keys of data.
 */

/* Letters and digits, and "-", "_", "." between them. */
static bool is_name(struct text t) {
        if (t.len == 0 || t.len > NAME_MAX_BYTES || !is_letter_or_digit(t.data[0]) ||
            !is_letter_or_digit(t.data[t.len - 1]))
                return false;
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.')
                        return false;
        }
        return true;
}

static bool is_dns_label(struct text t) {
        if (t.len == 0 || t.len > NAME_MAX_BYTES || t.data[0] == '-' || t.data[t.len - 1] == '-')
                return false;
        for (size_t i = 0; i < t.len; i++) {
                if (!is_lower_or_digit(t.data[i]) && t.data[i] != '-')
                        return false;
        }
        return true;
}

/* Unlike a label, a part of a subdomain is limited by the whole only. */
static bool is_dns_subdomain(struct text t) {
        char before = '.';

        if (t.len == 0 || t.len > SUBDOMAIN_MAX_BYTES)
                return false;
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];
                bool punctuation = c == '-' || c == '.';

                if (!punctuation && !is_lower_or_digit(c))
                        return false;
                if ((c == '.' && !is_lower_or_digit(before)) || (c == '-' && before == '.'))
                        return false;
                before = c;
        }
        return is_lower_or_digit(before);
}

/* "prefix/name" or "name". */
static bool is_label_key(struct text t) {
        size_t slash = text_index(t, '/');

        if (slash == t.len)
                return is_name(t);
        return is_dns_subdomain(text_slice(t, 0, slash)) &&
               is_name(text_slice(t, slash + 1, t.len));
}

static bool is_label_value(struct text t) {
        return t.len == 0 || is_name(t);
}

static bool is_data_key(struct text t) {
        if (t.len == 0 || t.len > SUBDOMAIN_MAX_BYTES || text_equal(t, TEXT(".")) ||
            text_starts_with(t, TEXT("..")))
                return false;
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.')
                        return false;
        }
        return true;
}

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

void check_object_name(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, is_dns_subdomain, "a name for an object", ret);
}

void check_namespace(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, is_dns_label, "a name for a namespace", ret);
}

void check_data_key(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, is_data_key, "a key of a Secret or ConfigMap", ret);
}

static bool is_api_version(struct text t) {
        size_t slash = text_index(t, '/');

        return is_dns_subdomain(text_slice(t, 0, slash)) &&
               is_dns_label(text_slice(t, slash + 1, t.len));
}

void check_api_version(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, is_api_version, "of the form group/version", ret);
}

/*
 * Kubernetes keeps names without a domain and those of kubernetes.io for itself,
 * and puts "requests." before a name in a quota, where it must fit too.
 */
static bool is_resource_name(struct text t) {
        size_t slash = text_index(t, '/');
        struct text domain = text_slice(t, 0, slash);

        return slash < t.len && is_label_key(t) && !text_starts_with(t, TEXT("requests.")) &&
               !text_equal(domain, TEXT("kubernetes.io")) &&
               !text_ends_with(domain, TEXT(".kubernetes.io")) &&
               domain.len + sizeof("requests.") - 1 <= SUBDOMAIN_MAX_BYTES;
}

void check_resource_name(struct reader *rd, struct member f, struct text *ret) {
        check_text(rd, f, is_resource_name, "an extended resource, such as nvidia.com/gpu", ret);
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

                if (!is_label_key(key))
                        reader_refuse(rd, &entry, "the key is not a label key");
                else if (value.kind != VALUE_STRING)
                        reader_refuse(rd, &entry, "must be a string, but is %s%s",
                                      value_kind_name(value.kind),
                                      value.kind == VALUE_BOOL || value.kind == VALUE_NUMBER
                                              ? ": put it in quotes"
                                              : "");
                else if (!is_label_value(value.bytes))
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
        if (read_text(rd, key_field, &key) && !is_label_key(key))
                reader_refuse(rd, &key_field, "%.*s is not a label key",
                              TEXT_ARG(value_brief(key_field.value, rd->arena)));
        else if (text_is_empty(value_text(key_field.value)) && op == 0)
                reader_refuse(rd, f, "a toleration without a key needs the operator Exists");
        if (read_text(rd, value_field, &value) && op == 1)
                reader_refuse(rd, &value_field, "the operator Exists takes no value");
        else if (!is_label_value(value))
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

static void check_env_entry(struct reader *rd, const struct member *f) {
        static const struct text members[] = { TEXT_INIT("name"), TEXT_INIT("value"),
                                               TEXT_INIT("valueFrom") };
        struct member name_field = member_get(f, "name"), value_field = member_get(f, "value");
        struct member from_field = member_get(f, "valueFrom");
        struct text name, ignored;

        if (member_is_absent(f))
                reader_refuse(rd, f, "must be a map, but is null");
        if (!read_map(rd, *f))
                return;
        refuse_unknown(rd, f, members, COUNT_OF(members));
        if (read_needed_text(rd, name_field, &name)) {
                if (text_contains(name, TEXT("=")))
                        reader_refuse(rd, &name_field, "%.*s holds \"=\"",
                                      TEXT_ARG(value_brief(name_field.value, rd->arena)));
                if (text_equal(name, TEXT("CUDA_VISIBLE_DEVICES")) ||
                    text_equal(name, TEXT("NVIDIA_VISIBLE_DEVICES")))
                        reader_refuse(rd, &name_field, "%.*s is set by the device plugin",
                                      TEXT_ARG(name));
        }
        read_text(rd, value_field, &ignored);
        if (read_map(rd, from_field) && !member_is_absent(&value_field))
                reader_refuse(rd, f, "value and valueFrom are both written");
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
