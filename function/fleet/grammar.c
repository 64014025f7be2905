/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/grammar.h"

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

static bool has_name_bytes(struct text t) {
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.')
                        return false;
        }
        return true;
}

/* Letters and digits, and "-", "_", "." between them. */
static bool is_name(struct text t) {
        return t.len > 0 && t.len <= NAME_MAX_BYTES && is_letter_or_digit(t.data[0]) &&
               is_letter_or_digit(t.data[t.len - 1]) && has_name_bytes(t);
}

bool grammar_dns_label(struct text t) {
        if (t.len == 0 || t.len > NAME_MAX_BYTES || t.data[0] == '-' || t.data[t.len - 1] == '-')
                return false;
        for (size_t i = 0; i < t.len; i++) {
                if (!is_lower_or_digit(t.data[i]) && t.data[i] != '-')
                        return false;
        }
        return true;
}

/* Unlike a label, a part of a subdomain is limited by the whole only. */
bool grammar_dns_subdomain(struct text t) {
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
bool grammar_label_key(struct text t) {
        size_t slash = text_index(t, '/');

        if (slash == t.len)
                return is_name(t);
        return grammar_dns_subdomain(text_slice(t, 0, slash)) &&
               is_name(text_slice(t, slash + 1, t.len));
}

bool grammar_label_value(struct text t) {
        return t.len == 0 || is_name(t);
}

bool grammar_data_key(struct text t) {
        return t.len > 0 && t.len <= SUBDOMAIN_MAX_BYTES && !text_equal(t, TEXT(".")) &&
               !text_starts_with(t, TEXT("..")) && has_name_bytes(t);
}

bool grammar_api_version(struct text t) {
        size_t slash = text_index(t, '/');

        return grammar_dns_subdomain(text_slice(t, 0, slash)) &&
               grammar_dns_label(text_slice(t, slash + 1, t.len));
}

/*
 * Kubernetes keeps names without a domain and those of kubernetes.io for itself,
 * and puts "requests." before a name in a quota, where it must fit too.
 */
bool grammar_resource_name(struct text t) {
        size_t slash = text_index(t, '/');
        struct text domain = text_slice(t, 0, slash);

        return slash < t.len && grammar_label_key(t) && !text_starts_with(t, TEXT("requests.")) &&
               !text_equal(domain, TEXT("kubernetes.io")) &&
               !text_ends_with(domain, TEXT(".kubernetes.io")) &&
               domain.len + sizeof("requests.") - 1 <= SUBDOMAIN_MAX_BYTES;
}

/* ---- what models and pools are called -------------------------------------------------------- */

enum { SHOWN_NAME_MAX_CHARS = 63, MODEL_NAME_MAX_BYTES = 253 };

static bool holds_only(struct text t, struct text punctuation) {
        for (size_t i = 0; i < t.len; i++) {
                if (!is_letter_or_digit(t.data[i]) &&
                    text_index(punctuation, t.data[i]) == punctuation.len)
                        return false;
        }
        return true;
}

bool grammar_shown_name(struct text t) {
        size_t n_chars = 0;

        for (size_t i = 0; i < t.len; i++) {
                unsigned char c = (unsigned char)t.data[i];

                if (c < 0x20 || c == 0x7f)
                        return false;
                /* U+0080 to U+009F are control characters too. */
                if (c == 0xc2 && i + 1 < t.len && (unsigned char)t.data[i + 1] < 0xa0)
                        return false;
                n_chars += (c & 0xc0) != 0x80;
        }
        return n_chars > 0 && n_chars <= SHOWN_NAME_MAX_CHARS;
}

bool grammar_model_name(struct text t) {
        return t.len > 0 && t.len <= MODEL_NAME_MAX_BYTES && is_letter_or_digit(t.data[0]) &&
               holds_only(t, TEXT("._/@:+-"));
}

static bool is_hub_part(struct text t) {
        return t.len > 0 && is_letter_or_digit(t.data[0]) && holds_only(t, TEXT("._-")) &&
               !text_contains(t, TEXT(".."));
}

bool grammar_hub_repo(struct text t) {
        size_t slash = text_index(t, '/');

        return is_hub_part(text_slice(t, 0, slash)) &&
               (slash == t.len || is_hub_part(text_slice(t, slash + 1, t.len)));
}

bool grammar_hub_revision(struct text t) {
        return t.len > 0 && holds_only(t, TEXT("._/-")) && !text_contains(t, TEXT("..")) &&
               !text_contains(t, TEXT("//")) && t.data[0] != '/' && t.data[t.len - 1] != '/';
}

/* The brackets are an IPv6 registry's: "[fd00::1]:5000/vllm:v0.20.1". */
bool grammar_image(struct text t) {
        return t.len > 0 && (is_letter_or_digit(t.data[0]) || t.data[0] == '[') &&
               holds_only(t, TEXT("._/:@+-[]"));
}

enum { PATH_MAX_BYTES = 1024 };

/* Of a bucket or a volume; no part of it leads out again. */
static bool is_path(struct text t) {
        return t.len <= PATH_MAX_BYTES && holds_only(t, TEXT("._/@:+=~-")) &&
               !text_contains(t, TEXT("..")) && !text_contains(t, TEXT("//"));
}

bool grammar_weights(struct text scheme, struct text t) {
        struct text first = text_slice(t, 0, text_index(t, '/'));
        size_t colon = text_index(t, ':');

        if (text_equal(scheme, TEXT("hf")))
                return grammar_hub_repo(text_slice(t, 0, colon)) &&
                       (colon == t.len || grammar_hub_revision(text_slice(t, colon + 1, t.len)));
        if (text_equal(scheme, TEXT("s3")))
                return is_name(first) && is_path(t);
        if (text_equal(scheme, TEXT("pvc")))
                return grammar_dns_subdomain(first) && is_path(t);
        return grammar_image(t);
}

bool grammar_variable(struct text t) {
        return t.len > 0 && !(t.data[0] >= '0' && t.data[0] <= '9') && t.data[0] != '.' &&
               t.data[0] != '-' && holds_only(t, TEXT("_.-"));
}
