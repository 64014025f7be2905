/* SPDX-License-Identifier: Apache-2.0 */
#include "place/names.h"

#include "base/arena.h"

enum { HASH_DIGITS = 8, LABEL_VALUE_MAX = 63 };

static bool is_lower_alnum(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c) {
        return is_lower_alnum(c) || is_letter(c);
}

/* Without a length or a separator two parts could hash as one: "a" "bc" and "ab" "c". */
static uint64_t hash_of(const struct name_of *of) {
        const struct text parts[] = { of->namespace_, of->deployment, of->environment };
        const char size[] = { (char)of->nodes, (char)(of->nodes >> 8), (char)(of->nodes >> 16) };
        uint64_t hash = TEXT_HASH_SEED;

        for (size_t i = 0; i < 3; i++) {
                hash = text_hash(hash, parts[i]);
                hash = text_hash(hash, TEXT("/"));
        }
        return text_hash(hash, (struct text) { .data = size, .len = sizeof(size) });
}

/* The first keep characters of t as a DNS-1035 label, without dashes at the end, and the hash. */
static struct text cut_and_hash(struct text t, size_t keep, uint64_t hash, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        if (t.len > 0 && !is_letter(t.data[0]))
                builder_string(&b, "m-");
        for (size_t i = 0; i < t.len && b.len < keep; i++) {
                char c = t.data[i];

                if (c >= 'A' && c <= 'Z')
                        c = (char)(c - 'A' + 'a');
                builder_char(&b, is_lower_alnum(c) ? c : '-');
        }
        while (b.len > 0 && b.data[b.len - 1] == '-')
                b.len--;
        builder_char(&b, '-');
        builder_hex(&b, hash ^ (hash >> 32), HASH_DIGITS);
        return builder_done(&b);
}

static bool is_dns_1035(struct text t) {
        if (t.len == 0 || t.len > NAME_MAX_LENGTH || !(t.data[0] >= 'a' && t.data[0] <= 'z') ||
            t.data[t.len - 1] == '-')
                return false;
        for (size_t i = 0; i < t.len; i++) {
                if (!is_lower_alnum(t.data[i]) && t.data[i] != '-')
                        return false;
        }
        return true;
}

static struct text name(const struct name_of *of, const char *tail, struct arena *arena) {
        struct builder b;
        struct text whole;

        builder_init(&b, arena);
        builder_text(&b, of->deployment);
        builder_char(&b, '-');
        builder_text(&b, of->environment);
        if (of->nodes > 1) {
                builder_string(&b, "-g");
                builder_i64(&b, of->nodes);
        }
        builder_string(&b, tail);
        whole = builder_done(&b);
        if (!of->shared && is_dns_1035(whole))
                return whole;
        return cut_and_hash(whole, NAME_MAX_LENGTH - HASH_DIGITS - 1, hash_of(of), arena);
}

struct text names_service(const struct name_of *of, struct arena *arena) {
        return name(of, "", arena);
}

struct text names_reservation(const struct name_of *of, struct arena *arena) {
        return name(of, "-reservation", arena);
}

/* Source: apimachinery v0.34, pkg/util/validation: label values. */
static bool is_label_value(struct text t) {
        if (t.len == 0)
                return true;
        if (t.len > LABEL_VALUE_MAX || !is_alnum(t.data[0]) || !is_alnum(t.data[t.len - 1]))
                return false;
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!is_alnum(c) && c != '-' && c != '_' && c != '.')
                        return false;
        }
        return true;
}

struct text names_label_value(struct text t, struct arena *arena) {
        struct builder b;
        struct text dotted;

        if (is_label_value(t))
                return t;
        builder_init(&b, arena);
        for (size_t i = 0; i < t.len; i++)
                builder_char(&b, t.data[i] == '+' ? '.' : t.data[i]);
        dotted = builder_done(&b);
        if (is_label_value(dotted))
                return dotted;
        return cut_and_hash(t, LABEL_VALUE_MAX - HASH_DIGITS - 1, text_hash(TEXT_HASH_SEED, t),
                            arena);
}

struct text names_key(const char *prefix, struct text suffix, struct arena *arena) {
        const struct text parts[] = { text_from(prefix), suffix };

        return text_join(arena, parts, 2);
}

bool names_is_ours(struct text key) {
        return text_starts_with(key, TEXT(KEY_SERVING)) ||
               text_starts_with(key, TEXT(KEY_RESERVATION)) ||
               text_starts_with(key, TEXT(KEY_DEVICES));
}

bool names_suffix(struct text key, struct text *ret_suffix) {
        static const struct text prefixes[] = { TEXT_INIT(KEY_SERVING),
                                                TEXT_INIT(KEY_RESERVATION) };

        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
                if (text_starts_with(key, prefixes[i])) {
                        *ret_suffix = text_slice(key, prefixes[i].len, key.len);
                        return true;
                }
        }
        return false;
}

bool names_is_our_member(struct text key) {
        return text_starts_with(key, TEXT("modelplane.ai/")) ||
               text_starts_with(key, TEXT("gpuplacement.fn.crossplane.io/"));
}
