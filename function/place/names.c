/* SPDX-License-Identifier: Apache-2.0 */
#include "place/names.h"

#include "base/arena.h"
#include "base/base32.h"
#include "fleet/grammar.h"

enum { LABEL_VALUE_MAX = 63, OWNER_PARTS = 4, CLAIM_PARTS = 4 };

static bool is_lower_alnum(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The n of "<environment>-m<n>"; empty without it. */
static struct text number_of(const struct name_of *of) {
        struct text tail = of->suffix;

        if (text_starts_with(tail, of->environment))
                tail = text_slice(tail, of->environment.len, tail.len);
        return text_starts_with(tail, TEXT("-m")) ? text_slice(tail, 2, tail.len) : tail;
}

static void append_hash(struct builder *b, const struct text *parts, size_t n) {
        char digits[BASE32_DIGITS];

        base32_16(parts, n, digits);
        builder_char(b, '-');
        builder_text(b, (struct text) { .data = digits, .len = sizeof(digits) });
}

static void claim_parts(const struct claim_of *claim, struct arena *arena,
                        struct text ret[CLAIM_PARTS]) {
        struct builder b;

        builder_init(&b, arena);
        builder_i64(&b, claim->count);
        ret[0] = claim->device_class;
        ret[1] = claim->mig_profile;
        ret[2] = builder_done(&b);
        ret[3] = claim->wrapped ? TEXT("Object") : (struct text) { 0 };
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

static struct text cut_and_hash(struct text t, size_t max, const struct text *parts, size_t n,
                                struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        append_cut(&b, t, max - BASE32_DIGITS - 1);
        append_hash(&b, parts, n);
        return builder_done(&b);
}

static bool is_dns_1035(struct text t) {
        return t.len <= NAME_MAX_LENGTH && grammar_dns_label(t) && is_letter(t.data[0]);
}

bool names_ends_like_a_hash(struct text t) {
        const size_t tail = BASE32_DIGITS + 1;

        return t.len > tail && t.data[t.len - tail] == '-' &&
               base32_is_16(text_slice(t, t.len - BASE32_DIGITS, t.len));
}

struct text names_service(const struct name_of *of, struct arena *arena) {
        const struct text parts[] = { of->deployment, TEXT("-"), of->suffix };
        const struct text hashed[OWNER_PARTS] = { of->namespace_, of->deployment, of->environment,
                                                  number_of(of) };
        struct text whole = text_join(arena, parts, sizeof(parts) / sizeof(parts[0]));

        if (!of->shared && is_dns_1035(whole) && !names_ends_like_a_hash(whole))
                return whole;
        return cut_and_hash(whole, NAME_MAX_LENGTH, hashed, OWNER_PARTS, arena);
}

struct text names_pool(struct text environment, struct text pool, struct text mig_profile,
                       struct arena *arena) {
        const struct text hashed[] = { environment, pool, mig_profile };
        const struct text plain[] = { environment, TEXT("-"), pool, TEXT("-"), mig_profile };
        size_t n = text_is_empty(mig_profile) ? 3 : 5;

        return cut_and_hash(text_join(arena, plain, n), NAME_MAX_LENGTH, hashed, 3, arena);
}

struct text names_pool_key(struct text pool, struct text mig_profile, bool shared,
                           struct arena *arena) {
        const struct text hashed[] = { pool, mig_profile };
        struct builder b;

        builder_init(&b, arena);
        builder_string(&b, KEY_POOL);
        builder_text(&b, pool);
        if (!text_is_empty(mig_profile)) {
                builder_char(&b, '-');
                builder_text(&b, mig_profile);
        }
        if (shared)
                append_hash(&b, hashed, 2);
        return builder_done(&b);
}

struct text names_devices(const struct name_of *of, const struct claim_of *claim,
                          struct arena *arena) {
        static const struct text tail = TEXT_INIT("-gpu");
        const struct text plain[] = { of->deployment, TEXT("-"), of->environment };
        struct text hashed[3 + CLAIM_PARTS] = { of->namespace_, of->deployment, of->environment };
        struct builder b;

        claim_parts(claim, arena, &hashed[3]);
        builder_init(&b, arena);
        append_cut(&b, text_join(arena, plain, sizeof(plain) / sizeof(plain[0])),
                   NAME_MAX_LENGTH - tail.len - BASE32_DIGITS - 1);
        builder_text(&b, tail);
        append_hash(&b, hashed, sizeof(hashed) / sizeof(hashed[0]));
        return builder_done(&b);
}

struct text names_devices_key(struct text environment, const struct claim_of *claim,
                              struct arena *arena) {
        struct text parts[CLAIM_PARTS];
        struct builder b;

        claim_parts(claim, arena, parts);
        builder_init(&b, arena);
        builder_string(&b, KEY_DEVICES);
        builder_text(&b, environment);
        append_hash(&b, parts, CLAIM_PARTS);
        return builder_done(&b);
}

struct text names_devices_environment(struct text key) {
        const size_t prefix = sizeof(KEY_DEVICES) - 1;

        if (!text_starts_with(key, TEXT(KEY_DEVICES)) || !names_ends_like_a_hash(key) ||
            key.len <= prefix + BASE32_DIGITS + 1)
                return (struct text) { 0 };
        return text_slice(key, prefix, key.len - BASE32_DIGITS - 1);
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
        return cut_and_hash(t, LABEL_VALUE_MAX, &t, 1, arena);
}

bool names_agree(struct value labels, struct text environment, struct arena *arena) {
        struct value label = value_get(labels, TEXT(LABEL_ENVIRONMENT));

        return label.kind == VALUE_ABSENT || text_equal(value_text(label), environment) ||
               text_equal(value_text(label), names_label_value(environment, arena));
}

struct text names_key(const char *prefix, struct text suffix, struct arena *arena) {
        const struct text parts[] = { text_from(prefix), suffix };

        return text_join(arena, parts, 2);
}

bool names_is_ours(struct text key) {
        return text_starts_with(key, TEXT(KEY_SERVING)) ||
               text_starts_with(key, TEXT(KEY_RESERVATION)) ||
               text_starts_with(key, TEXT(KEY_DEVICES)) || text_starts_with(key, TEXT(KEY_ROLLOUT));
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
