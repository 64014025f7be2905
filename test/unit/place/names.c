/* SPDX-License-Identifier: Apache-2.0 */
#include "place/names.h"
#include "deploy/plan.h"
#include "lib/assertions.h"
#include "lib/memory.h"

struct service_row {
        const char *deployment, *environment;
        int64_t n; /* which of that environment */
        bool shared;
        const char *service;
        const char *reason;
};

/* The hashes are written out: a name that changes makes a running service anew. */
/* clang-format off */
static const struct service_row service_rows[] = {
        { "chat", "eu-1", 1, false,
          "chat-eu-1", "as it is" },
        { "chat", "eu-1", 2, false,
          "chat-eu-1-m2", "a second one in the environment" },
        { "chat", "eu-1", 16, false,
          "chat-eu-1-m16", "" },
        { "chat", "eu-m2", 1, false,
          "chat-eu-m2-m1", "an environment called as a second one is" },
        { "chat", "eu-m", 1, false,
          "chat-eu-m", "" },
        { "chat", "eu-internationalize", 1, false,
          "chat-eu-international-mnajbzujdshy23ze", "an environment called as a hash is written" },
        { "chat", "eu-internationalise1", 1, false,
          "chat-eu-internationalise1", "a digit that no hash has" },
        { "gemma-3-27b-it-production", "europe-west4", 1, false,
          "gemma-3-27b-it-production-europe-west4", "38 characters" },
        { "gemma-3-27b-it-production1", "europe-west4", 1, false,
          "gemma-3-27b-it-produc-c637a6fsgd4vl7js", "39 characters" },
        { "gemma-3-27b-it-produ", "europe-west4-and-more", 1, false,
          "gemma-3-27b-it-produ-gyu3zm3hmnpiv5hk", "cut behind a dash" },
        { "v1.chat", "eu-1", 1, false,
          "v1-chat-eu-1-znvodbwbdeuujb3n", "a dot" },
        { "v1-chat", "eu-1", 1, false,
          "v1-chat-eu-1", "and what a dot might have become" },
        { "3b", "eu-1", 1, false,
          "m-3b-eu-1-fkmlplnec3z2bah7", "a digit first" },
        { "Chat", "eu-1", 1, false,
          "chat-eu-1-zratg2lfbj2ksruh", "upper case" },
        { "chat", "eu-1", 1, true,
          "chat-eu-1-b3qul335parejekv", "beside deployments of other namespaces" },
        { "chat", "eu-1", 2, true,
          "chat-eu-1-m2-osh5h33jrkmfobb2", "" },
};
/* clang-format on */

static struct name_of name_of(const struct service_row *row, const char *namespace_) {
        return (struct name_of) { .namespace_ = text_from(namespace_),
                                  .deployment = text_from(row->deployment),
                                  .environment = text_from(row->environment),
                                  .suffix =
                                          plan_suffix(text_from(row->environment), row->n, &arena),
                                  .shared = row->shared };
}

static bool is_dns_label(struct text t) {
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (!(c >= 'a' && c <= 'z') && !(i > 0 && c >= '0' && c <= '9') &&
                    !(i > 0 && i < t.len - 1 && c == '-'))
                        return false;
        }
        return t.len > 0 && t.len <= NAME_MAX_LENGTH;
}

static void test_services(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(service_rows) / sizeof(service_rows[0]); i++) {
                const struct service_row *row = &service_rows[i];
                struct name_of of = name_of(row, "team");
                struct text service = names_service(&of, &arena);

                print_message("%s: %s\n", row->service, row->reason);
                assert_text(service, row->service);
                assert_true(is_dns_label(service));
        }
}

/* Anybody who has a copy of the rule gets the same: docs/composed.md. */
static void test_vector(void **state) {
        const struct name_of of = { .namespace_ = TEXT("team-a"),
                                    .deployment = TEXT("gemma-3-27b-production-chat"),
                                    .environment = TEXT("mig-cluster"),
                                    .suffix = TEXT("mig-cluster") };

        (void)state;
        assert_text(names_service(&of, &arena), "gemma-3-27b-productio-2s2xbuhngprinudf");
}

/* These had one name while names ended in 32 bits of FNV: the second was searched for. */
static void test_second_preimage(void **state) {
        const struct name_of victim = { .namespace_ = TEXT("team-b"),
                                        .deployment = TEXT("gemma-3-27b-production-chat-eu"),
                                        .environment = TEXT("prod"),
                                        .suffix = TEXT("prod"),
                                        .shared = true };
        struct name_of thief = victim;

        (void)state;
        thief.namespace_ = TEXT("team-a");
        thief.deployment = TEXT("gemma-3-27b-production-chat-e76820jca");
        assert_false(text_equal(names_service(&victim, &arena), names_service(&thief, &arena)));
}

/* Under one remote namespace each part of whose name it is counts. */
static void test_shared_names_differ(void **state) {
        const struct service_row rows[] = { { "a", "bc", 1, true, "", "" },
                                            { "ab", "c", 1, true, "", "" },
                                            { "a", "bc", 2, true, "", "" },
                                            { "a-b", "c", 1, true, "", "" },
                                            { "a", "b-c", 1, true, "", "" } };
        struct text names[10];

        (void)state;
        for (size_t i = 0; i < 10; i++) {
                struct name_of of = name_of(&rows[i / 2], i % 2 ? "team" : "other");

                names[i] = names_service(&of, &arena);
                for (size_t k = 0; k < i; k++)
                        assert_false(text_equal(names[i], names[k]));
        }
}

/* ---- thousands of names ---------------------------------------------------------------------- */

enum { N_RANDOM = 3000, WORDS_MAX = 3 };

static uint32_t seed = 20261101;

static uint32_t random_below(uint32_t n) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % n;
}

/* Few words, so that names meet: "a-b" in "c" and "a" in "b-c". */
static struct text random_name(void) {
        static const char *const words[] = { "a", "b", "chat", "m2", "3", "abcdefghijklmnop" };
        size_t n = 1 + random_below(WORDS_MAX);
        struct builder b;

        builder_init(&b, &arena);
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        builder_char(&b, '-');
                builder_string(&b, words[random_below(sizeof(words) / sizeof(words[0]))]);
        }
        return builder_done(&b);
}

static bool is_same_owner(const struct name_of *a, const struct name_of *b) {
        return text_equal(a->deployment, b->deployment) &&
               text_equal(a->environment, b->environment) && text_equal(a->suffix, b->suffix);
}

/* Assignments of one namespace, made one after the other as Deploy makes them. */
static void test_names_never_meet(void **state) {
        static struct name_of made[N_RANDOM];
        static struct text plain[N_RANDOM], services[N_RANDOM];
        size_t n = 0, n_taken = 0, n_hashed = 0;

        (void)state;
        while (n < N_RANDOM) {
                struct name_of of = { .namespace_ = TEXT("team"),
                                      .deployment = random_name(),
                                      .environment = random_name() };
                struct text parts[] = { of.deployment, TEXT("-"), of.suffix }, whole;
                bool again = false;

                of.suffix = parts[2] = plan_suffix(of.environment, 1 + random_below(3), &arena);
                whole = text_join(&arena, parts, 3);
                for (size_t i = 0; i < n && !again; i++) {
                        again = is_same_owner(&of, &made[i]);
                        of.shared = of.shared || text_equal(whole, plain[i]);
                        /* Within one deployment nothing is ever taken: its keys differ too. */
                        if (!again && text_equal(whole, plain[i]))
                                assert_false(text_equal(of.deployment, made[i].deployment));
                }
                if (again)
                        continue;
                n_taken += of.shared;
                made[n] = of;
                plain[n] = whole;
                services[n] = names_service(&of, &arena);
                n_hashed += !text_equal(services[n], whole);
                n++;
        }
        for (size_t i = 0; i < n; i++) {
                assert_true(is_dns_label(services[i]));
                for (size_t k = 0; k < i; k++) {
                        if (text_equal(services[i], services[k]))
                                fail_msg("\"%.*s\" in \"%.*s\" is called like \"%.*s\" in "
                                         "\"%.*s\": \"%.*s\"",
                                         TEXT_ARG(made[i].deployment),
                                         TEXT_ARG(made[i].environment),
                                         TEXT_ARG(made[k].deployment),
                                         TEXT_ARG(made[k].environment), TEXT_ARG(services[i]));
                }
        }
        print_message("%zu names: %zu were taken, %zu hashed\n", n, n_taken, n_hashed);
        assert_true(n_taken > 100 && n_hashed < n);
}

/* ---- pools ----------------------------------------------------------------------------------- */

static void test_pools(void **state) {
        (void)state;
        assert_text(
                names_pool(TEXT("mig-cluster"), TEXT("small-models-mig"), TEXT("3g.40gb"), &arena),
                "mig-cluster-small-mod-rrtkz4rcdxjwdbpv");
        /* No hyphen keeps these apart, and core refuses the second of one name for ever. */
        assert_false(text_equal(names_pool(TEXT("a"), TEXT("b-c"), TEXT(""), &arena),
                                names_pool(TEXT("a-b"), TEXT("c"), TEXT(""), &arena)));
        assert_false(text_equal(names_pool(TEXT("a"), TEXT("b"), TEXT("1g.10gb"), &arena),
                                names_pool(TEXT("a"), TEXT("b-1g.10gb"), TEXT(""), &arena)));
        assert_true(
                is_dns_label(names_pool(TEXT("9"), TEXT("a pool"), TEXT("1g.10gb+me"), &arena)));

        assert_text(names_pool_key(TEXT("a"), TEXT(""), false, &arena), "pool-a");
        assert_text(names_pool_key(TEXT("a"), TEXT("1g.10gb"), false, &arena), "pool-a-1g.10gb");
        assert_text(names_pool_key(TEXT("a-1g.10gb"), TEXT(""), false, &arena), "pool-a-1g.10gb");
        assert_false(text_equal(names_pool_key(TEXT("a"), TEXT("1g.10gb"), true, &arena),
                                names_pool_key(TEXT("a-1g.10gb"), TEXT(""), true, &arena)));
}

/* ---- claim templates ------------------------------------------------------------------------- */

static void test_devices(void **state) {
        const struct name_of chat = { .namespace_ = TEXT("team"),
                                      .deployment = TEXT("chat"),
                                      .environment = TEXT("eu-1"),
                                      .suffix = TEXT("eu-1") };
        const struct claim_of slice = { .device_class = TEXT("mig.nvidia.com"),
                                        .mig_profile = TEXT("1g.10gb"),
                                        .count = 1 };
        struct name_of owners[] = { chat, chat, chat, chat };
        struct claim_of claims[] = { slice, slice, slice, slice, slice };
        struct text names[8];
        size_t n = 0;

        (void)state;
        assert_text(names_devices(&chat, &slice, &arena), "chat-eu-1-gpu-sd44rfs4d2rmsyld");
        assert_text(names_devices_key(chat.environment, &slice, &arena),
                    "devices-eu-1-3znfacqbyccmxzpk");

        owners[1].namespace_ = TEXT("other");
        owners[2].deployment = TEXT("gemma-3-27b-it-production-europe-west4-x");
        owners[3].deployment = TEXT("gemma-3-27b-it-production-europe-west4-y");
        claims[1].device_class = TEXT("gpu.nvidia.com");
        claims[2].mig_profile = TEXT("1g.10gb+me");
        claims[3].count = 2;
        claims[4].wrapped = true;
        for (size_t i = 0; i < 4; i++)
                names[n++] = names_devices(&owners[i], &slice, &arena);
        for (size_t i = 1; i < 5; i++)
                names[n++] = names_devices(&chat, &claims[i], &arena);
        for (size_t i = 0; i < n; i++) {
                assert_true(is_dns_label(names[i]));
                for (size_t k = 0; k < i; k++)
                        assert_false(text_equal(names[i], names[k]));
        }
        for (size_t i = 1; i < 5; i++)
                assert_false(text_equal(names_devices_key(TEXT("eu-1"), &claims[i], &arena),
                                        names_devices_key(TEXT("eu-1"), &slice, &arena)));

        /* Two assignments of one environment that ask for the same may have one template. */
        owners[0].suffix = TEXT("eu-1-m2");
        assert_true(text_equal(names_devices(&owners[0], &slice, &arena),
                               names_devices(&chat, &slice, &arena)));

        assert_text(names_devices_environment(TEXT("devices-eu-1-234567abcdefghij")), "eu-1");
        assert_text(names_devices_environment(TEXT("devices-eu-1-134567abcdefghij")),
                    ""); /* no hash */
        assert_text(names_devices_environment(TEXT("devices-234567abcdefghij")),
                    ""); /* no environment */
        assert_text(names_devices_environment(TEXT("serving-eu-1-234567abcdefghij")),
                    ""); /* no template */
}

struct text_row {
        const char *in, *want;
        const char *reason;
};

#define CHARACTERS_60 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567"

/* clang-format off */
static const struct text_row label_rows[] = {
        { "",              "",               "empty is a value" },
        { "eu-1",          "eu-1",           "" },
        { "EU_1.x",        "EU_1.x",         "upper case, underscores and dots may be" },
        { "3g.40gb",       "3g.40gb",        "" },
        { "1g.10gb+me",    "1g.10gb.me",     "a plus is written as a dot" },
        { "1g.10gb-me",    "1g.10gb-me",     "" },
        { "1g.10gb+me.all", "1g.10gb.me.all", "" },
        { CHARACTERS_60 "890", CHARACTERS_60 "890", "63 characters" },
        { CHARACTERS_60 "8901", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst-hrwuwayq5yg4rgud",
          "64 characters" },
        { "-x",            "m--x-rmuuluqek6bpejqj",     "must begin with a letter or digit" },
        { "x-",            "x-6t56mccrpzz2wipd",        "and end so" },
        { "x+",            "x-oibhxktjppnl67n4",        "a dot at the end is no value either" },
        { "google/gemma",  "google-gemma-luwu6hewbvv5njwy", "" },
        { "\xc3\xa9",      "m-f4r4ogcwlb6cu375",     "bytes beyond ASCII" },
};
/* clang-format on */

static void test_labels(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(label_rows) / sizeof(label_rows[0]); i++) {
                const struct text_row *row = &label_rows[i];
                struct text got = names_label_value(text_from(row->in), &arena);

                print_message("\"%s\": %s\n", row->in, row->reason);
                assert_text(got, row->want);
                assert_true(got.len <= 63);
        }
}

static void test_keys(void **state) {
        (void)state;
        assert_text(names_key(KEY_SERVING, TEXT("eu-1-m2"), &arena), "serving-eu-1-m2");
        assert_text(names_key(KEY_RESERVATION, TEXT("eu-1"), &arena), "reservation-eu-1");
        assert_true(names_is_ours(TEXT("serving-eu-1")));
        assert_true(names_is_ours(TEXT("reservation-eu-1")));
        assert_true(names_is_ours(TEXT("devices-eu-1-234567abcdefghij")));
        assert_false(names_is_ours(TEXT("serving")));
        assert_false(names_is_ours(TEXT("bucket")));
        assert_false(names_is_ours(TEXT("my-serving-eu-1")));
        assert_true(names_is_our_member(TEXT(LABEL_POOL)));
        assert_true(names_is_our_member(TEXT(ANNOTATION_ASSIGNMENT)));
        assert_false(names_is_our_member(TEXT("crossplane.io/composite")));
        assert_false(names_is_our_member(TEXT("modelplane.aim/x")));
}

struct suffix_row {
        const char *suffix, *environment;
        bool want;
        const char *reason;
};

/* clang-format off */
static const struct suffix_row suffix_rows[] = {
        { "eu",       "eu",    true,  "the first" },
        { "eu-m2",    "eu",    true,  "the second" },
        { "eu-m12",   "eu",    true,  "" },
        { "eu-m2",    "eu-m2", false, "the first of such an environment is eu-m2-m1" },
        { "eu-m2-m1", "eu-m2", true,  "" },
        { "eu-m2-m3", "eu-m2", true,  "" },
        { "eu-m",     "eu",    false, "no number" },
        { "eu-g2",    "eu",    false, "" },
        { "eu-1-m2",  "eu",    false, "another environment" },
        { "e",        "eu",    false, "" },
        { "",         "eu",    false, "" },
};
/* clang-format on */

static void test_suffixes(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(suffix_rows) / sizeof(suffix_rows[0]); i++) {
                const struct suffix_row *row = &suffix_rows[i];

                print_message("\"%s\" of \"%s\": %s\n", row->suffix, row->environment, row->reason);
                assert_int_equal(
                        suffix_can_be_of(text_from(row->suffix), text_from(row->environment)),
                        row->want);
        }
        for (int64_t n = 1; n < 20; n++) {
                assert_true(suffix_can_be_of(plan_suffix(TEXT("eu"), n, &arena), TEXT("eu")));
                assert_true(suffix_can_be_of(plan_suffix(TEXT("eu-m2"), n, &arena), TEXT("eu-m2")));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_services),
                cmocka_unit_test(test_suffixes),
                cmocka_unit_test(test_vector),
                cmocka_unit_test(test_second_preimage),
                cmocka_unit_test(test_shared_names_differ),
                cmocka_unit_test(test_names_never_meet),
                cmocka_unit_test(test_pools),
                cmocka_unit_test(test_devices),
                cmocka_unit_test(test_labels),
                cmocka_unit_test(test_keys),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
