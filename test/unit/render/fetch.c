/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "render/fetch.h"

enum { BUDGET = 16 * 1024 * 1024 };

static const char cluster[] = "apiVersion: example.org/v1\n"
                              "kind: Env\n"
                              "metadata: {name: b, labels: {tier: gold}}\n"
                              "---\n"
                              "apiVersion: example.org/v1\n"
                              "kind: Env\n"
                              "metadata: {name: a, labels: {tier: gold, size: big}}\n"
                              "---\n"
                              "apiVersion: v1\n"
                              "kind: ConfigMap\n"
                              "metadata: {name: z, namespace: default, labels: {tier: gold}}\n"
                              "---\n"
                              "apiVersion: v1\n"
                              "kind: ConfigMap\n"
                              "metadata: {name: w, namespace: other, labels: {tier: gold}}\n"
                              "---\n"
                              "apiVersion: v1\n"
                              "kind: ConfigMap\n"
                              "metadata: {name: z, namespace: apart, labels: {tier: tin}}\n"
                              "---\n"
                              "apiVersion: v1\n"
                              "kind: ConfigMap\n"
                              "metadata: {name: z, namespace: apart, labels: {tier: tin}}\n"
                              "data: {again: with more}\n";

static const struct text keys[] = { TEXT_INIT("size"), TEXT_INIT("tier") };
static const struct text big_gold[] = { TEXT_INIT("big"), TEXT_INIT("gold") };
static const struct text gold[] = { TEXT_INIT("gold") };
static const struct text tin[] = { TEXT_INIT("tin") };

struct row {
        const char *name;
        const char *api_version, *kind, *match_name, *namespace_;
        const struct text *keys, *values;
        size_t n_labels;
        const char *want; /* namespace/name of what is found, and its number of members */
};

/* clang-format off */
static const struct row rows[] = {
        { "by name, cluster scoped",      "example.org/v1", "Env",       "a", "",        NULL, NULL, 0, "/a:3 " },
        { "by name in a namespace",       "v1",             "ConfigMap", "z", "default", NULL, NULL, 0, "default/z:3 " },
        { "by name without its namespace", "v1",            "ConfigMap", "z", "",        NULL, NULL, 0, "" },
        { "by name elsewhere",            "v1",             "ConfigMap", "w", "default", NULL, NULL, 0, "" },
        { "by name, there twice",         "v1",             "ConfigMap", "z", "apart",   NULL, NULL, 0, "apart/z:4 " },
        { "by label everywhere",          "v1",             "ConfigMap", "",  "",        keys + 1, gold, 1, "default/z:3 other/w:3 " },
        { "by label in a namespace",      "v1",             "ConfigMap", "",  "other",   keys + 1, gold, 1, "other/w:3 " },
        { "by another value",             "v1",             "ConfigMap", "",  "",        keys + 1, tin,  1, "apart/z:4 " },
        { "by two labels",                "example.org/v1", "Env",       "",  "",        keys, big_gold, 2, "/a:3 " },
        { "all of a kind, sorted",        "example.org/v1", "Env",       "",  "",        NULL, NULL, 0, "/a:3 /b:3 " },
        { "of another group",             "v1",             "Env",       "",  "",        NULL, NULL, 0, "" },
        { "of another kind",              "example.org/v1", "Environ",   "",  "",        NULL, NULL, 0, "" },
};
/* clang-format on */

static struct requirement requirement_of(const struct row *row) {
        return (struct requirement) {
                .key = TEXT("key"),
                .api_version = text_from(row->api_version),
                .kind = text_from(row->kind),
                .match_name = text_from(row->match_name),
                .namespace_ = text_from(row->namespace_),
                .label_keys = row->keys,
                .label_values = row->values,
                .n_labels = row->n_labels,
        };
}

static struct text found(const struct call_answer *answer, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < answer->n_items; i++) {
                struct text bytes;
                struct value object;

                assert_int_equal(node_encode(answer->items[i].object, arena, &bytes), 0);
                object = value_of_struct(bytes);
                builder_text(&b, value_text(value_at(object, "metadata.namespace")));
                builder_char(&b, '/');
                builder_text(&b, value_text(value_at(object, "metadata.name")));
                builder_char(&b, ':');
                builder_u64(&b, value_count(object));
                builder_char(&b, ' ');
        }
        return builder_done(&b);
}

static void requirements_find_what_a_cluster_would_give(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct requirement requirement = requirement_of(&rows[i]);
                struct arena arena;
                struct fault fault;
                struct objects objects;
                struct call_answer *answers;
                struct text got;

                arena_init(&arena, BUDGET);
                assert_int_equal(yaml_read(text_from(cluster), "y", &arena, &objects, &fault), 0);
                assert_int_equal(fetch_answers(&objects, &requirement, 1, &arena, &answers), 0);
                assert_true(text_equal(answers[0].key, TEXT("key")));
                got = found(&answers[0], &arena);
                if (!text_equal(got, text_from(rows[i].want)))
                        fail_msg("%s: found %.*s", rows[i].name, TEXT_ARG(got));
                arena_release(&arena);
        }
}

/* All rows differ from each other in what they ask. */
static void requirements_are_told_apart(void **state) {
        size_t n = sizeof(rows) / sizeof(rows[0]);

        (void)state;
        for (size_t i = 0; i < n; i++) {
                for (size_t j = 0; j < n; j++) {
                        struct requirement a = requirement_of(&rows[i]);
                        struct requirement b = requirement_of(&rows[j]);

                        assert_int_equal(fetch_same(&a, 1, &b, 1), i == j);
                        assert_false(fetch_same(&a, 1, &b, 0));
                }
        }
        assert_true(fetch_same(NULL, 0, NULL, 0));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(requirements_find_what_a_cluster_would_give),
                cmocka_unit_test(requirements_are_told_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
