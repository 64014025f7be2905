/* SPDX-License-Identifier: Apache-2.0 */
#include "place/names.h"

#include "base/arena.h"
#include "deploy/plan.h"
#include "fleet/grammar.h"

enum { HASH_DIGITS = 8, LABEL_VALUE_MAX = 63 };

static bool is_lower_alnum(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Without a length or a separator two parts could hash as one: "a" "bc" and "ab" "c". */
static uint64_t hash_part(uint64_t hash, struct text part) {
        return text_hash(text_hash(hash, part), TEXT("/"));
}

static uint64_t hash_number(uint64_t hash, int64_t number) {
        const char bytes[] = { (char)number, (char)(number >> 8), (char)(number >> 16) };

        return text_hash(hash, (struct text) { .data = bytes, .len = sizeof(bytes) });
}

static uint64_t hash_owner(uint64_t hash, const struct name_of *of) {
        hash = hash_part(hash, of->namespace_);
        hash = hash_part(hash, of->deployment);
        return hash_part(hash, of->environment);
}

static uint64_t hash_of(const struct name_of *of) {
        return hash_number(hash_owner(TEXT_HASH_SEED, of), of->nodes);
}

static uint64_t hash_of_claim(uint64_t hash, const struct claim_of *claim) {
        hash = hash_part(hash, claim->device_class);
        hash = hash_part(hash, claim->mig_profile);
        return hash_number(hash_number(hash, claim->count), claim->wrapped);
}

static void append_hash(struct builder *b, uint64_t hash) {
        builder_char(b, '-');
        builder_hex(b, hash ^ (hash >> 32), HASH_DIGITS);
}

/* The first keep characters of t as a DNS-1035 label, without dashes at the end. */
static void append_cut(struct builder *b, struct text t, size_t keep) {
        if (t.len > 0 && !is_letter(t.data[0]))
                builder_string(b, "m-");
        for (size_t i = 0; i < t.len && b->len < keep; i++) {
                char c = t.data[i];

                if (c >= 'A' && c <= 'Z')
                        c = (char)(c - 'A' + 'a');
                builder_char(b, is_lower_alnum(c) ? c : '-');
        }
        while (b->len > 0 && b->data[b->len - 1] == '-')
                b->len--;
}

static struct text cut_and_hash(struct text t, size_t max, uint64_t hash, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        append_cut(&b, t, max - HASH_DIGITS - 1);
        append_hash(&b, hash);
        return builder_done(&b);
}

static bool is_dns_1035(struct text t) {
        return t.len <= NAME_MAX_LENGTH && grammar_dns_label(t) && is_letter(t.data[0]);
}

/* "-0123abcd" at the end, as a hash is written: an environment may be called so. */
static bool ends_like_a_hash(struct text t) {
        if (t.len <= HASH_DIGITS || t.data[t.len - HASH_DIGITS - 1] != '-')
                return false;
        for (size_t i = t.len - HASH_DIGITS; i < t.len; i++) {
                char c = t.data[i];

                if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
                        return false;
        }
        return true;
}

static struct text name(const struct name_of *of, const char *tail, struct arena *arena) {
        const struct text parts[] = { of->deployment, TEXT("-"),
                                      plan_suffix(of->environment, of->nodes, arena),
                                      text_from(tail) };
        struct text whole = text_join(arena, parts, sizeof(parts) / sizeof(parts[0]));

        if (!of->shared && is_dns_1035(whole) && !ends_like_a_hash(whole))
                return whole;
        return cut_and_hash(whole, NAME_MAX_LENGTH, hash_of(of), arena);
}

struct text names_service(const struct name_of *of, struct arena *arena) {
        return name(of, "", arena);
}

struct text names_reservation(const struct name_of *of, struct arena *arena) {
        return name(of, "-reservation", arena);
}

struct text names_devices(const struct name_of *of, const struct claim_of *claim,
                          struct arena *arena) {
        static const struct text tail = TEXT_INIT("-gpu");
        const struct text parts[] = { of->deployment, TEXT("-"), of->environment };
        struct builder b;

        builder_init(&b, arena);
        append_cut(&b, text_join(arena, parts, sizeof(parts) / sizeof(parts[0])),
                   NAME_MAX_LENGTH - tail.len - HASH_DIGITS - 1);
        builder_text(&b, tail);
        append_hash(&b, hash_of_claim(hash_owner(TEXT_HASH_SEED, of), claim));
        return builder_done(&b);
}

struct text names_devices_key(struct text environment, const struct claim_of *claim,
                              struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, KEY_DEVICES);
        builder_text(&b, environment);
        append_hash(&b, hash_of_claim(TEXT_HASH_SEED, claim));
        return builder_done(&b);
}

struct text names_devices_environment(struct text key) {
        const size_t prefix = sizeof(KEY_DEVICES) - 1;

        if (!text_starts_with(key, TEXT(KEY_DEVICES)) || !ends_like_a_hash(key) ||
            key.len <= prefix + HASH_DIGITS + 1)
                return (struct text) { 0 };
        return text_slice(key, prefix, key.len - HASH_DIGITS - 1);
}

struct text names_label_value(struct text t, struct arena *arena) {
        struct builder b;
        struct text dotted;

        if (grammar_label_value(t))
                return t;
        builder_init(&b, arena);
        for (size_t i = 0; i < t.len; i++)
                builder_char(&b, t.data[i] == '+' ? '.' : t.data[i]);
        dotted = builder_done(&b);
        if (grammar_label_value(dotted))
                return dotted;
        return cut_and_hash(t, LABEL_VALUE_MAX, text_hash(TEXT_HASH_SEED, t), arena);
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
