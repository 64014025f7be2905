/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fleet/check.h"
#include "lib/json.h"

/* A field "f" that one of the checks looks at; the mistake, or NULL. */
struct row {
        const char *json;
        const char *mistake;
};

static struct arena arena;

static int set_up(void **state) {
        (void)state;
        arena_init(&arena, 1 << 20);
        return 0;
}

static int tear_down(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}

/* Mistakes of a row against what is wanted; true when there was none. */
static bool agrees(const struct row *row, const struct reader *rd) {
        struct text said = rd->n_mistakes > 0 ? fault_text(rd->first, &arena) : (struct text) { 0 };

        print_message("%s -> %.*s\n", row->json, TEXT_ARG(said));
        assert_int_equal(rd->n_mistakes, row->mistake ? 1 : 0);
        assert_true(text_equal(said, text_from(row->mistake)));
        return !row->mistake;
}

static void check_rows(void (*check)(struct reader *, struct member, struct value *),
                       const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct fault fault;
                struct reader rd = { .arena = &arena, .first = &fault };
                struct value value = json_value(&arena, rows[i].json), got = { 0 };

                check(&rd, member_root(value, TEXT("f")), &got);
                if (agrees(&rows[i], &rd) && value.kind != VALUE_NULL)
                        assert_int_equal(got.kind, value.kind);
                else
                        assert_int_equal(got.kind, VALUE_ABSENT);
        }
}

static void check_text_rows(void (*check)(struct reader *, struct member, struct text *),
                            const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct fault fault;
                struct reader rd = { .arena = &arena, .first = &fault };
                struct value value = json_value(&arena, rows[i].json);
                struct text got = TEXT("default");

                check(&rd, member_root(value, TEXT("f")), &got);
                if (agrees(&rows[i], &rd) && value_text(value).len > 0)
                        assert_true(text_equal(got, value_text(value)));
                else
                        assert_true(text_equal(got, TEXT("default")));
        }
}

#define CHECK(check, rows) check_rows(check, rows, sizeof(rows) / sizeof((rows)[0]))
#define CHECK_TEXT(check, rows) check_text_rows(check, rows, sizeof(rows) / sizeof((rows)[0]))

static void test_tolerations(void **state) {
        static const struct row rows[] = {
                {"null",                                                                       NULL                                                        },
                { "[]",                                                                        NULL                                                        },
                { "[{'operator': 'Exists'}]",                                                  NULL                                                        },
                { "[{'key': 'nvidia.com/gpu', 'operator': 'Exists', 'effect': 'NoSchedule'}]",
                 NULL                                                                                                                                      },
                { "[{'key': 'a', 'value': 'b'}]",                                              NULL                                                        },
                { "[{'key': 'a', 'operator': 'Equal', 'value': ''}]",                          NULL                                                        },
                { "[{'key': 'a', 'operator': 'Exists', 'effect': 'NoExecute', "
                  "'tolerationSeconds': 60}]",                                NULL                                                        },
                { "'all'",                                                                     "f: must be a list, but is a string"                        },
                { "['all']",                                                                   "f[0]: must be a map, but is a string"                      },
                { "[null]",                                                                    "f[0]: must be a map, but is null"                          },
                { "[{'key': 'a'}, {'key': 'a', 'operater': 'Exists'}]",
                 "f[1].operater: unknown member"                                                                                                           },
                { "[{'key': 'a', 'operator': 'exists'}]",
                 "f[0].operator: \"exists\" is not one of Equal, Exists"                                                                                   },
                { "[{'key': 'a', 'effect': 'NoSchedul'}]",
                 "f[0].effect: \"NoSchedul\" is not one of NoSchedule, PreferNoSchedule, "
                  "NoExecute"                                                                                                                              },
                { "[{'key': 'a b', 'operator': 'Exists'}]",
                 "f[0].key: \"a b\" is not a label key"                                                                                                    },
                { "[{}]",                                                                      "f[0]: a toleration without a key needs the operator Exists"},
                { "[{'key': '', 'value': ''}]",
                 "f[0]: a toleration without a key needs the operator Exists"                                                                              },
                { "[{'key': 'a', 'operator': 'Exists', 'value': 'b'}]",
                 "f[0].value: the operator Exists takes no value"                                                                                          },
                { "[{'key': 'a', 'value': 'b c'}]",                                            "f[0].value: \"b c\" is not a label value"                  },
                { "[{'key': 'a', 'value': true}]",
                 "f[0].value: must be a string, but is a boolean"                                                                                          },
                { "[{'key': 'a', 'tolerationSeconds': 60}]",
                 "f[0].tolerationSeconds: needs the effect NoExecute"                                                                                      },
                { "[{'key': 'a', 'effect': 'NoExecute', 'tolerationSeconds': 0.5}]",
                 "f[0].tolerationSeconds: 0.5 is not a whole number"                                                                                       },
        };

        (void)state;
        CHECK(check_tolerations, rows);
}

static void test_labels(void **state) {
        static const struct row rows[] = {
                {"{}",                                                                         NULL                                                       },
                { "{'cloud.google.com/gke-gpu-partition-size': '3g.40gb', 'A_b.c-d': ''}",     NULL                                                       },
                { "{'a': null}",                                                               "f[a]: must be a string, but is null"                      },
                { "{'a': 1}",                                                                  "f[a]: must be a string, but is a number: put it in quotes"},
                { "{'a': {}}",                                                                 "f[a]: must be a string, but is a map"                     },
                { "{'': 'x'}",                                                                 "f[]: the key is not a label key"                          },
                { "{'-a': 'x'}",                                                               "f[-a]: the key is not a label key"                        },
                { "{'a.b/c/d': 'x'}",                                                          "f[a.b/c/d]: the key is not a label key"                   },
                { "{'/c': 'x'}",                                                               "f[/c]: the key is not a label key"                        },
                { "{'a/': 'x'}",                                                               "f[a/]: the key is not a label key"                        },
                { "{'A.com/c': 'x'}",                                                          "f[A.com/c]: the key is not a label key"                   },
                { "{'a..b/c': 'x'}",                                                           "f[a..b/c]: the key is not a label key"                    },
                { "{'a.-b/c': 'x'}",                                                           "f[a.-b/c]: the key is not a label key"                    },
                { "{'a-.b/c': 'x'}",                                                           "f[a-.b/c]: the key is not a label key"                    },
                { "{'a': '1g.10gb+me'}",                                                       "f[a]: \"1g.10gb+me\" is not a label value"                },
                { "{'a': 'x-'}",                                                               "f[a]: \"x-\" is not a label value"                        },
                { "{'a': '012345678901234567890123456789012345678901234567890123456789012'}",
                 NULL                                                                                                                                     },
                { "{'a': '0123456789012345678901234567890123456789012345678901234567890123'}",
                 "f[a]: \"01234567890123456789012345678901234567890123456789012345... is not a "
                  "label value"                                                                                                                           },
        };

        (void)state;
        CHECK(check_labels, rows);
}

static void test_args(void **state) {
        static const struct row rows[] = {
                {"[]",                                                               NULL                             },
                { "['--a', '--x={\\'a\\': 1}', 'it\\'s', '{ {', '\\\\', '\\u0009']", NULL                             },
                { "['--a {{ b']",                                                    "f[0]: \"--a {{ b\" holds \"{{\", which does not reach the "
                                  "engine"                                           },
                { "['$(POD_IP)']",
                 "f[0]: \"$(POD_IP)\" holds \"$\", which does not reach the engine"                                   },
                { "['ok', 'a`b']",                                                   "f[1]: \"a`b\" holds a backquote, which does not reach the "
                                   "engine"                                         },
                { "['a\\nb']",
                 "f[0]: \"a\\u000ab\" holds a line break, which does not reach the engine"                            },
                { "['a\\rb']",
                 "f[0]: \"a\\u000db\" holds a line break, which does not reach the engine"                            },
                { "['a\\u0000b']",
                 "f[0]: \"a\\u0000b\" holds a NUL byte, which does not reach the engine"                              },
                { "['']",                                                            "f[0]: must not be empty"        },
                { "[null]",                                                          "f[0]: is missing"               },
                { "{'--a': 'b'}",                                                    "f: must be a list, but is a map"},
        };

        (void)state;
        CHECK(check_args, rows);
}

static void test_env(void **state) {
        static const struct row rows[] = {
                {"[{'name': 'A', 'value': '$(B)'}, {'name': 'C'}]",                 NULL                                           },
                { "[{'name': 'A', 'valueFrom': {'fieldRef': {'fieldPath': 'x'}}}]", NULL                                           },
                { "['A=b']",                                                        "f[0]: must be a map, but is a string"         },
                { "[{'value': 'b'}]",                                               "f[0].name: is missing"                        },
                { "[{'name': 'A=B'}]",                                              "f[0].name: \"A=B\" holds \"=\""               },
                { "[{'name': 'A', 'value': 7}]",                                    "f[0].value: must be a string, but is a number"},
                { "[{'name': 'A', 'valeu': 'x'}]",                                  "f[0].valeu: unknown member"                   },
                { "[{'name': 'A', 'value': 'x', 'valueFrom': {}}]",
                 "f[0]: value and valueFrom are both written"                                                                      },
                { "[{'name': 'CUDA_VISIBLE_DEVICES', 'value': '0'}]",
                 "f[0].name: CUDA_VISIBLE_DEVICES is set by the device plugin"                                                     },
                { "[{'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'all'}]",
                 "f[0].name: NVIDIA_VISIBLE_DEVICES is set by the device plugin"                                                   },
        };

        (void)state;
        CHECK(check_env, rows);
}

static void test_affinity(void **state) {
        static const struct row rows[] = {
                {"{'nodeAffinity': {}, 'podAntiAffinity': {}}", NULL                                          },
                { "[]",                                         "f: must be a map, but is a list"             },
                { "{'nodeAfinity': {}}",                        "f.nodeAfinity: unknown member"               },
                { "{'nodeAffinity': []}",                       "f.nodeAffinity: must be a map, but is a list"},
        };

        (void)state;
        CHECK(check_affinity, rows);
}

static void test_names(void **state) {
        static const struct row resources[] = {
                {"'nvidia.com/gpu'",             NULL                                                            },
                { "'nvidia.com/mig-1g.10gb.me'", NULL                                                            },
                { "''",                          NULL                                                            },
                { "'gpu'",                       "f: \"gpu\" is not an extended resource, such as nvidia.com/gpu"},
                { "'kubernetes.io/gpu'",
                 "f: \"kubernetes.io/gpu\" is not an extended resource, such as nvidia.com/gpu"                  },
                { "'x.kubernetes.io/gpu'",
                 "f: \"x.kubernetes.io/gpu\" is not an extended resource, such as "
                  "nvidia.com/gpu"                                                                               },
                { "'requests.nvidia.com/gpu'",
                 "f: \"requests.nvidia.com/gpu\" is not an extended resource, such as "
                  "nvidia.com/gpu"                                                                               },
                { "'nvidia.com/mig-1g.10gb+me'",
                 "f: \"nvidia.com/mig-1g.10gb+me\" is not an extended resource, such as "
                  "nvidia.com/gpu"                                                                               },
        };
        static const struct row objects[] = {
                {"'a.b-c'", NULL                                   },
                { "'A'",    "f: \"A\" is not a name for an object" },
                { "'a.'",   "f: \"a.\" is not a name for an object"},
                { "7",      "f: must be a string, but is a number" },
        };
        static const struct row namespaces[] = {
                {"'a-b'",  NULL                                      },
                { "'a.b'", "f: \"a.b\" is not a name for a namespace"},
        };
        static const struct row versions[] = {
                {"'serving.kserve.io/v1alpha2'", NULL                                           },
                { "'v1'",                        "f: \"v1\" is not of the form group/version"   },
                { "'a/b/c'",                     "f: \"a/b/c\" is not of the form group/version"},
        };
        static const struct row keys[] = {
                {"'config.yaml'", NULL                                                 },
                { "'..data'",     "f: \"..data\" is not a key of a Secret or ConfigMap"},
                { "'.'",          "f: \".\" is not a key of a Secret or ConfigMap"     },
                { "'a b'",        "f: \"a b\" is not a key of a Secret or ConfigMap"   },
        };

        (void)state;
        CHECK_TEXT(check_resource_name, resources);
        CHECK_TEXT(check_object_name, objects);
        CHECK_TEXT(check_namespace, namespaces);
        CHECK_TEXT(check_api_version, versions);
        CHECK_TEXT(check_data_key, keys);
}

/* A path or a sentence that is too long is cut, whatever the user wrote. */
static void test_long_input(void **state) {
        char json[3000] = "{'";
        struct fault fault;
        struct reader rd = { .arena = &arena, .first = &fault };
        struct value got = { 0 };

        (void)state;
        memset(json + 2, 'x', 2000);
        memcpy(json + 2002, "': 'x'}", 8);
        check_labels(&rd, member_root(json_value(&arena, json), TEXT("f")), &got);
        assert_int_equal(rd.n_mistakes, 1);
        assert_int_equal(strlen(fault.path), FAULT_PATH_MAX - 1);
        assert_string_equal(fault.message, "the key is not a label key");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_tolerations, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_labels, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_args, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_env, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_affinity, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_long_input, set_up, tear_down),
        };

        return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
