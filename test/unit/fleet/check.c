/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fleet/check.h"
#include "fleet/pod_schema.h"
#include "lib/json.h"
#include "lib/memory.h"

/* A field "f" that one of the checks looks at; the mistake, or NULL. */
struct row {
        const char *json;
        const char *mistake;
};

/* Mistakes of a row against what is wanted; true when there was none. */
static bool agrees(const struct row *row, const struct reader *rd) {
        struct text said = rd->n_mistakes > 0 ? fault_text(rd->first, &arena) : (struct text) { 0 };

        print_message("%s -> %.*s\n", row->json, TEXT_ARG(said));
        assert_int_equal(rd->n_mistakes, row->mistake ? 1 : 0);
        assert_true(text_equal(said, text_from(row->mistake)));
        return !row->mistake;
}

static void check_rows(void (*check)(struct reader *, const struct member *, struct value *),
                       const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct fault fault;
                struct reader rd = { .arena = &arena, .first = &fault };
                struct value value = json_value(&arena, rows[i].json), got = { 0 };

                check(&rd, MEMBER_OF(member_root(value, TEXT("f"))), &got);
                if (agrees(&rows[i], &rd) && value.kind != VALUE_NULL)
                        assert_int_equal(got.kind, value.kind);
                else
                        assert_int_equal(got.kind, VALUE_ABSENT);
        }
}

static void check_text_rows(void (*check)(struct reader *, const struct member *, struct text *),
                            const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct fault fault;
                struct reader rd = { .arena = &arena, .first = &fault };
                struct value value = json_value(&arena, rows[i].json);
                struct text got = TEXT("default");

                check(&rd, MEMBER_OF(member_root(value, TEXT("f"))), &got);
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
                { "null", NULL },
                { "[]", NULL },
                { "[{'operator': 'Exists'}]", NULL },
                { "[{'key': 'nvidia.com/gpu', 'operator': 'Exists', 'effect': 'NoSchedule'}]",
                  NULL },
                { "[{'key': 'a', 'value': 'b'}]", NULL },
                { "[{'key': 'a', 'operator': 'Equal', 'value': ''}]", NULL },
                { "[{'key': 'a', 'operator': 'Exists', 'effect': 'NoExecute', "
                  "'tolerationSeconds': 60}]",
                  NULL },
                { "'all'", "f: must be a list, but is a string" },
                { "['all']", "f[0]: must be a map, but is a string" },
                { "[null]", "f[0]: must be a map, but is null" },
                { "[{'key': 'a'}, {'key': 'a', 'operater': 'Exists'}]",
                  "f[1].operater: unknown member: is operator meant?" },
                { "[{'key': 'a', 'operator': 'exists'}]",
                  "f[0].operator: must be one of Equal, Exists, not \"exists\"" },
                { "[{'key': 'a', 'effect': 'NoSchedul'}]",
                  "f[0].effect: must be one of NoSchedule, PreferNoSchedule, NoExecute, not "
                  "\"NoSchedul\"" },
                { "[{'key': 'a b', 'operator': 'Exists'}]",
                  "f[0].key: \"a b\" is not a label key" },
                { "[{}]", "f[0]: a toleration without a key needs the operator Exists" },
                { "[{'key': '', 'value': ''}]",
                  "f[0]: a toleration without a key needs the operator Exists" },
                { "[{'key': 'a', 'operator': 'Exists', 'value': 'b'}]",
                  "f[0].value: the operator Exists takes no value" },
                { "[{'key': 'a', 'value': 'b c'}]", "f[0].value: \"b c\" is not a label value" },
                { "[{'key': 'a', 'value': true}]",
                  "f[0].value: must be a string, but is a boolean" },
                { "[{'key': 'a', 'tolerationSeconds': 60}]",
                  "f[0].tolerationSeconds: needs the effect NoExecute" },
                { "[{'key': 'a', 'effect': 'NoExecute', 'tolerationSeconds': 0.5}]",
                  "f[0].tolerationSeconds: 0.5 is not a whole number" },
        };

        (void)state;
        CHECK(check_tolerations, rows);
}

static void test_labels(void **state) {
        static const struct row rows[] = {
                { "{}", NULL },
                { "{'cloud.google.com/gke-gpu-partition-size': '3g.40gb', 'A_b.c-d': ''}", NULL },
                { "{'a': null}", "f[a]: must be a string, but is null" },
                { "{'a': 1}", "f[a]: must be a string, but is the number 1: put it in quotes" },
                { "{'a': {}}", "f[a]: must be a string, but is a map" },
                { "{'': 'x'}", "f[]: the key is not a label key" },
                { "{'-a': 'x'}", "f[-a]: the key is not a label key" },
                { "{'a.b/c/d': 'x'}", "f[a.b/c/d]: the key is not a label key" },
                { "{'/c': 'x'}", "f[/c]: the key is not a label key" },
                { "{'a/': 'x'}", "f[a/]: the key is not a label key" },
                { "{'A.com/c': 'x'}", "f[A.com/c]: the key is not a label key" },
                { "{'a..b/c': 'x'}", "f[a..b/c]: the key is not a label key" },
                { "{'a.-b/c': 'x'}", "f[a.-b/c]: the key is not a label key" },
                { "{'a-.b/c': 'x'}", "f[a-.b/c]: the key is not a label key" },
                { "{'a': '1g.10gb+me'}", "f[a]: \"1g.10gb+me\" is not a label value" },
                { "{'a': 'x-'}", "f[a]: \"x-\" is not a label value" },
                { "{'a': '012345678901234567890123456789012345678901234567890123456789012'}",
                  NULL },
                { "{'a': '0123456789012345678901234567890123456789012345678901234567890123'}",
                  "f[a]: \"01234567890123456789012345678901234567890123456789012345... is not a "
                  "label value" },
        };

        (void)state;
        CHECK(check_labels, rows);
}

static void test_args(void **state) {
        static const struct row rows[] = {
                { "[]", NULL },
                { "['--a', '--x={\\'a\\': 1}', 'it\\'s', '{ {', '\\\\', '\\u0009']", NULL },
                { "['--a {{ b']", "f[0]: \"--a {{ b\" holds \"{{\", which does not reach the "
                                  "engine" },
                { "['$(POD_IP)']",
                  "f[0]: \"$(POD_IP)\" holds \"$\", which does not reach the engine" },
                { "['ok', 'a`b']", "f[1]: \"a`b\" holds a backquote, which does not reach the "
                                   "engine" },
                { "['a\\nb']",
                  "f[0]: \"a\\u000ab\" holds a line break, which does not reach the engine" },
                { "['a\\rb']",
                  "f[0]: \"a\\u000db\" holds a line break, which does not reach the engine" },
                { "['a\\u0000b']",
                  "f[0]: \"a\\u0000b\" holds a NUL byte, which does not reach the engine" },
                { "['']", "f[0]: must not be empty" },
                { "[null]", "f[0]: is required" },
                { "{'--a': 'b'}", "f: must be a list, but is a map" },
        };

        (void)state;
        CHECK(check_args, rows);
}

static void test_env(void **state) {
        static const struct row rows[] = {
                { "[{'name': 'A', 'value': '$(B)'}, {'name': 'C'}]", NULL },
                { "[{'name': 'A', 'valueFrom': {'fieldRef': {'fieldPath': 'x'}}}]", NULL },
                { "['A=b']", "f[0]: must be a map, but is a string" },
                { "[{'value': 'b'}]", "f[0].name: is required" },
                { "[{'name': 'A=B'}]",
                  "f[0].name: \"A=B\" is not a name of an environment variable" },
                { "[{'name': 'A', 'value': 7}]", "f[0].value: must be a string, but is a number" },
                { "[{'name': 'A', 'valeu': 'x'}]", "f[0].valeu: unknown member: is value meant?" },
                { "[{'name': 'A', 'value': 'x', 'valueFrom': {}}]",
                  "f[0]: value and valueFrom are both written" },
                { "[{'name': 'CUDA_VISIBLE_DEVICES', 'value': '0'}]",
                  "f[0].name: CUDA_VISIBLE_DEVICES is set by the device plugin" },
                { "[{'name': '_a.b-C9'}]", NULL },
                { "[{'name': '9A'}]",
                  "f[0].name: \"9A\" is not a name of an environment variable" },
                { "[{'name': '-A'}]",
                  "f[0].name: \"-A\" is not a name of an environment variable" },
                { "[{'name': '.A'}]",
                  "f[0].name: \".A\" is not a name of an environment variable" },
                { "[{'name': 'A B'}]",
                  "f[0].name: \"A B\" is not a name of an environment variable" },
                { "[{'name': 'A\\n'}]",
                  "f[0].name: \"A\\u000a\" is not a name of an environment variable" },
                { "[{'name': '\u00c4'}]",
                  "f[0].name: \"\u00c4\" is not a name of an environment variable" },
                { "[{'name': 'A'}, {'name': 'a'}]", NULL },
                { "[{'name': 'B'}, {'name': 'A'}, {'name': 'B'}]",
                  "f[2].name: two variables are called \"B\"" },
                { "[{'name': 'A', 'value': 'x {{ y'}]",
                  "f[0].value: \"x {{ y\" holds \"{{\", which does not reach the engine" },
                { "[{'name': 'A', 'valueFrom': {'resourceFieldRef': {'resource': 'limits.cpu', "
                  "'divisor': '1m'}}}, {'name': 'B', 'valueFrom': {'configMapKeyRef': "
                  "{'name': 'x', 'key': 'y', 'optional': true}}}, {'name': 'C', 'valueFrom': "
                  "{'secretKeyRef': {'name': 'x', 'key': 'y'}}}]",
                  NULL },
                { "[{'name': 'A', 'valueFrom': {'secretKeyRef': {'name': 'x'}}}]",
                  "f[0].valueFrom.secretKeyRef.key: is required" },
                { "[{'name': 'A', 'valueFrom': {'secretKeyRef': {'name': 'X', 'key': 'y'}}}]",
                  "f[0].valueFrom.secretKeyRef.name: \"X\" is not a name for an object" },
                { "[{'name': 'A', 'valueFrom': {'configMapKeyRef': {'name': 'x', 'key': ''}}}]",
                  "f[0].valueFrom.configMapKeyRef.key: must not be empty" },
                { "[{'name': 'A', 'valueFrom': {'fieldRef': {'fieldPath': '{{ x }}'}}}]",
                  "f[0].valueFrom.fieldRef.fieldPath: \"{{ x }}\" holds \"{{\", which does not "
                  "reach the pod" },
                { "[{'name': 'A', 'valueFrom': {}}]",
                  "f[0].valueFrom: must be one of fieldRef, resourceFieldRef, configMapKeyRef, "
                  "secretKeyRef" },
                { "[{'name': 'A', 'valueFrom': {'fieldRef': {'fieldPath': 'x'}, 'secretKeyRef': "
                  "{'name': 'x', 'key': 'y'}}}]",
                  "f[0].valueFrom: must be one of fieldRef, resourceFieldRef, configMapKeyRef, "
                  "secretKeyRef" },
                { "[{'name': 'A', 'valueFrom': {'secretRef': {}}}]",
                  "f[0].valueFrom.secretRef: unknown member, not one of fieldRef, "
                  "resourceFieldRef, "
                  "configMapKeyRef, secretKeyRef" },
                { "[{'name': 'A', 'valueFrom': {'secretKeyRef': 'a'}}]",
                  "f[0].valueFrom.secretKeyRef: must be a map, but is a string" },
                { "[{'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'all'}]",
                  "f[0].name: NVIDIA_VISIBLE_DEVICES is set by the device plugin" },
        };

        (void)state;
        CHECK(check_env, rows);
}

#define REQUIRED(expression)                                                                       \
        "{'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "                     \
        "{'nodeSelectorTerms': [{'matchExpressions': [" expression "]}]}}}"
#define PATH                                                                                       \
        "f.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]."      \
        "matchExpressions[0]"

static void test_affinity(void **state) {
        static const struct row rows[] = {
                { "{'nodeAffinity': {}, 'podAntiAffinity': {}}", NULL },
                { "[]", "f: must be a map, but is a list" },
                { "{'nodeAfinity': {}}", "f.nodeAfinity: unknown member: is nodeAffinity meant?" },
                { "{'nodeAffinity': []}", "f.nodeAffinity: must be a map, but is a list" },
                { REQUIRED("{'key': 'a/b', 'operator': 'In', 'values': ['x', '']}"), NULL },
                { REQUIRED("{'key': 'a', 'operator': 'Gt', 'values': ['3']}"), NULL },
                { REQUIRED("{'key': 'a', 'operator': 'Exists'}"), NULL },
                { REQUIRED("{'key': 'a', 'operator': 'Exist'}"),
                  PATH ".operator: must be one of In, NotIn, Exists, DoesNotExist, Gt, Lt, not "
                       "\"Exist\"" },
                { REQUIRED("{'key': 'a', 'operator': ''}"), PATH ".operator: must not be empty" },
                { REQUIRED("{'key': 'a b', 'operator': 'Exists'}"),
                  PATH ".key: \"a b\" is not a label key" },
                { REQUIRED("{'operator': 'Exists'}"), PATH ".key: is required" },
                { REQUIRED("{'key': 'a', 'operator': 'In'}"),
                  PATH ".values: the operator In needs values" },
                { REQUIRED("{'key': 'a', 'operator': 'Lt', 'values': ['1', '2']}"),
                  PATH ".values: the operator Lt needs one value" },
                { REQUIRED("{'key': 'a', 'operator': 'DoesNotExist', 'values': ['1']}"),
                  PATH ".values: the operator DoesNotExist takes no values" },
                { REQUIRED("{'key': 'a', 'operator': 'In', 'values': ['{{ .x }}']}"),
                  PATH ".values[0]: \"{{ .x }}\" is not a label value" },
                { REQUIRED("{'key': 'a', 'operator': 'In', 'values': [true]}"),
                  PATH ".values[0]: must be a string, but is a boolean" },
                { REQUIRED("null"), PATH ": must not be null" },
                { "{'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': {}}}",
                  "f.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms:"
                  " "
                  "is required" },
                { "{'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "
                  "{'nodeSelectorTerms': []}}}",
                  "f.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms:"
                  " needs at least one term" },
                { "{'nodeAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': "
                  "[{'weight': 101, 'preference': {}}]}}",
                  "f.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: 101 "
                  "is "
                  "not within 1 and 100" },
                { "{'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "
                  "[{'labelSelector': {'matchLabels': {'a': 'b'}}, 'topologyKey': 'a/b', "
                  "'namespaces': ['x'], 'matchLabelKeys': ['a']}]}}",
                  NULL },
                { "{'podAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "
                  "[{'labelSelector': {'matchLabels': {'a': 1}}, 'topologyKey': 'a'}]}}",
                  "f.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector."
                  "matchLabels[a]: must be a string, but is the number 1: put it in quotes" },
                { "{'podAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': "
                  "[{'labelSelector': {}}]}}",
                  "f.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: "
                  "is required" },
        };

        (void)state;
        CHECK(check_affinity, rows);
}

#define NOT_QUOTED ": leave out the quotes"

static void test_security_context(void **state) {
        static const struct row rows[] = {
                { "{}", NULL },
                { "{'runAsUser': 1000, 'runAsNonRoot': true, 'capabilities': {'drop': ['ALL']}, "
                  "'seccompProfile': {'type': 'RuntimeDefault'}}",
                  NULL },
                { "true", "f: must be a map, but is a boolean" },
                { "{'runAsuser': 0}", "f.runAsuser: unknown member: is runAsUser meant?" },
                { "{'runAsUser': '0'}",
                  "f.runAsUser: must be a number, but is the string \"0\"" NOT_QUOTED },
                { "{'runAsUser': '0x0'}",
                  "f.runAsUser: must be a number, but is the string \"0x0\"" },
                { "{'privileged': 'false'}",
                  "f.privileged: must be a boolean, but is the string \"false\"" NOT_QUOTED },
                { "{'runAsUser': -1}", "f.runAsUser: -1 is not within 0 and 2147483647" },
                { "{'runAsUser': 1.5}", "f.runAsUser: 1.5 is not a whole number" },
                { "{'privileged': 'yes'}",
                  "f.privileged: must be a boolean, but is the string \"yes\"" },
                { "{'capabilities': {'add': 'ALL'}}",
                  "f.capabilities.add: must be a list, but is a string" },
                { "{'seccompProfile': {'type': 'Default'}}",
                  "f.seccompProfile.type: must be one of Localhost, RuntimeDefault, Unconfined, "
                  "not \"Default\"" },
                { "{'seLinuxOptions': {'level': 's0 {{'}}",
                  "f.seLinuxOptions.level: \"s0 {{\" holds \"{{\", which does not reach the pod" },
                { "{'windowsOptions': {}}", "f.windowsOptions: unknown member" },
                { "{'seccompProfile': {'type': 'Localhost', 'localhostProfile': 'a.json'}}", NULL },
                { "{'seccompProfile': {'type': 'Localhost'}}",
                  "f.seccompProfile.localhostProfile: is required by the type "
                  "Localhost" },
                { "{'appArmorProfile': {'type': 'RuntimeDefault', 'localhostProfile': 'a'}}",
                  "f.appArmorProfile.localhostProfile: needs the type Localhost" },
                { "{'privileged': true, 'allowPrivilegeEscalation': true}", NULL },
                { "{'privileged': true, 'allowPrivilegeEscalation': false}",
                  "f.allowPrivilegeEscalation: cannot be false where privileged is true" },
                { "{'capabilities': {'add': ['CAP_SYS_ADMIN']}, 'allowPrivilegeEscalation': false}",
                  "f.allowPrivilegeEscalation: cannot be false where CAP_SYS_ADMIN is added" },
                { "{'capabilities': {'add': ['SYS_NICE']}, 'allowPrivilegeEscalation': false}",
                  NULL },
        };

        (void)state;
        CHECK(check_security_context, rows);
}

/* Of several mistakes the first by name is told, in whatever order they came. */
static void test_first_mistake(void **state) {
        static const char *const affinities[] = { "{'x': 1, 'y': 1}", "{'y': 1, 'x': 1}" };
        static const char *const labels[] = { "{'x': 1, 'y': 1}", "{'y': 1, 'x': 1}" };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct fault fault;
                struct reader rd = { .arena = &arena, .first = &fault };
                struct value got = { 0 };

                check_affinity(&rd,
                               MEMBER_OF(member_root(json_value(&arena, affinities[i]), TEXT("f"))),
                               &got);
                assert_string_equal(fault.path, "f.x");
                rd.n_mistakes = 0;
                check_labels(&rd, MEMBER_OF(member_root(json_value(&arena, labels[i]), TEXT("f"))),
                             &got);
                assert_string_equal(fault.path, "f[x]");
        }
}

/* 64 labels are read, and of 65 none. */
static void test_too_many_labels(void **state) {
        (void)state;
        for (size_t n = 64; n <= 65; n++) {
                struct node *wrap = node_map(&arena), *map = node_add_map(wrap, "f");
                struct fault fault = { .path = "" };
                struct reader rd = { .arena = &arena, .first = &fault };
                struct value got = { 0 };
                struct text bytes;

                for (size_t i = 0; i < n; i++)
                        node_set(map, text_format(&arena, "k%zu", i),
                                 node_string(&arena, TEXT("v")));
                assert_int_equal(node_encode(wrap, &arena, &bytes), 0);
                check_labels(&rd,
                             MEMBER_OF(member_root(value_get(value_of_struct(bytes), TEXT("f")),
                                                   TEXT("f"))),
                             &got);
                assert_int_equal(rd.n_mistakes, n == 65);
                assert_int_equal(got.kind, n == 65 ? VALUE_ABSENT : VALUE_MAP);
                if (n == 65)
                        assert_string_equal(fault.message,
                                            "has 65 labels, and at most 64 are read");
        }
}

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN
/* What a sentence shows of it when it goes on. */
#define SIXTY_SHOWN "\"" TEN TEN TEN TEN TEN "012345..."
#define NO_SHOWN_NAME                                                                              \
        " is not a name: it has at most 63 characters, none of them a control character"
#define NO_MODEL " is not a name of a model, such as google/gemma-3-27b-it"
#define NO_REPO " is not a repository, such as google/gemma-3-27b-it"

/* These end up in labels, keys and annotations; some in a shell behind a template. */
static void test_what_is_pasted(void **state) {
        static const struct row shown[] = {
                { "'small models, MIG'", NULL },
                { "'gro\u00df'", NULL },
                { "'" SIXTY "123'", NULL },
                { "'" SIXTY "12\u00e4'", NULL },
                { "'" SIXTY "1234'", "f: " SIXTY_SHOWN NO_SHOWN_NAME },
                { "'a\\nb'", "f: \"a\\u000ab\"" NO_SHOWN_NAME },
                { "'a\\u007fb'", "f: \"a\x7f"
                                 "b\"" NO_SHOWN_NAME },
                { "'\xc2\x85'", "f: \"\xc2\x85\"" NO_SHOWN_NAME },
                { "''", "f: must not be empty" },
                { "null", "f: is required" },
                { "7", "f: must be a string, but is a number" },
        };
        static const struct row models[] = {
                { "'google/gemma-3-27b-it'", NULL },
                { "'7b@v1.0:x+y_z'", NULL },
                { "'" SIXTY SIXTY SIXTY SIXTY TEN "123'", NULL },
                { "'" SIXTY SIXTY SIXTY SIXTY TEN "1234'", "f: " SIXTY_SHOWN NO_MODEL },
                { "'x\\u0022; touch /tmp/p; \\u0022'",
                  "f: \"x\\\"; touch /tmp/p; \\\"\"" NO_MODEL },
                { "'{{ .Spec }}'", "f: \"{{ .Spec }}\"" NO_MODEL },
                { "'x{{.Spec}}'", "f: \"x{{.Spec}}\"" NO_MODEL },
                { "'$(id)'", "f: \"$(id)\"" NO_MODEL },
                { "'x$HOME'", "f: \"x$HOME\"" NO_MODEL },
                { "'x`id`'", "f: \"x`id`\"" NO_MODEL },
                { "'x y'", "f: \"x y\"" NO_MODEL },
                { "'x\\\\'", "f: \"x\\\\\"" NO_MODEL },
                { "'x\\ny'", "f: \"x\\u000ay\"" NO_MODEL },
                { "'x\\u0000y'", "f: \"x\\u0000y\"" NO_MODEL },
                { "'-x'", "f: \"-x\"" NO_MODEL },
                { "'/x'", "f: \"/x\"" NO_MODEL },
                { "'gr\u00fcn'", "f: \"gr\u00fcn\"" NO_MODEL },
                { "''", "f: must not be empty" },
                { "null", "f: is required" },
        };
        static const struct row repos[] = {
                { "'google/gemma-3-27b-it'", NULL },
                { "'gpt2'", NULL },
                { "'a.b/c_d.e'", NULL },
                { "'a/b/c'", "f: \"a/b/c\"" NO_REPO },
                { "'a/'", "f: \"a/\"" NO_REPO },
                { "'/a'", "f: \"/a\"" NO_REPO },
                { "'../x'", "f: \"../x\"" NO_REPO },
                { "'a/..'", "f: \"a/..\"" NO_REPO },
                { "'a/b..c'", "f: \"a/b..c\"" NO_REPO },
                { "'a/.b'", "f: \"a/.b\"" NO_REPO },
                { "'-a/b'", "f: \"-a/b\"" NO_REPO },
                { "'a:b'", "f: \"a:b\"" NO_REPO },
                { "''", "f: must not be empty" },
                { "null", "f: is required" },
        };
        static const struct row revisions[] = {
                { "'refs/pr/1'", NULL },
                { "'v1.0_a-b'", NULL },
                { "''", NULL },
                { "'a..b'", "f: \"a..b\" is not a revision" },
                { "'../main'", "f: \"../main\" is not a revision" },
                { "'a//b'", "f: \"a//b\" is not a revision" },
                { "'/a'", "f: \"/a\" is not a revision" },
                { "'a/'", "f: \"a/\" is not a revision" },
                { "'a b'", "f: \"a b\" is not a revision" },
                { "'a:b'", "f: \"a:b\" is not a revision" },
        };
        static const struct row images[] = {
                { "'vllm/vllm-openai:v0.20.1'", NULL },
                { "'r.example:5000/a/b_c@sha256:0f'", NULL },
                { "'[fd00::1]:5000/vllm'", NULL },
                { "'a b'", "f: \"a b\" is not an image" },
                { "'a\\u0009'", "f: \"a\\u0009\" is not an image" },
                { "'a$b'", "f: \"a$b\" is not an image" },
                { "'a`b'", "f: \"a`b\" is not an image" },
                { "'a\\u0022'", "f: \"a\\\"\" is not an image" },
                { "'a\\u0027'", "f: \"a'\" is not an image" },
                { "'a{{b'", "f: \"a{{b\" is not an image" },
                { "'-a'", "f: \"-a\" is not an image" },
        };

        (void)state;
        CHECK_TEXT(check_shown_name, shown);
        CHECK_TEXT(check_model_name, models);
        CHECK_TEXT(check_hub_repo, repos);
        CHECK_TEXT(check_hub_revision, revisions);
        CHECK_TEXT(check_image, images);
}

static void test_names(void **state) {
        static const struct row resources[] = {
                { "'nvidia.com/gpu'", NULL },
                { "'nvidia.com/mig-1g.10gb.me'", NULL },
                { "''", NULL },
                { "'gpu'", "f: \"gpu\" is not an extended resource, such as nvidia.com/gpu" },
                { "'kubernetes.io/gpu'",
                  "f: \"kubernetes.io/gpu\" is not an extended resource, such as nvidia.com/gpu" },
                { "'x.kubernetes.io/gpu'",
                  "f: \"x.kubernetes.io/gpu\" is not an extended resource, such as "
                  "nvidia.com/gpu" },
                { "'requests.nvidia.com/gpu'",
                  "f: \"requests.nvidia.com/gpu\" is not an extended resource, such as "
                  "nvidia.com/gpu" },
                { "'nvidia.com/mig-1g.10gb+me'",
                  "f: \"nvidia.com/mig-1g.10gb+me\" is not an extended resource, such as "
                  "nvidia.com/gpu" },
        };
        static const struct row objects[] = {
                { "'a.b-c'", NULL },
                { "'A'", "f: \"A\" is not a name for an object" },
                { "'a.'", "f: \"a.\" is not a name for an object" },
                { "7", "f: must be a string, but is a number" },
        };
        static const struct row namespaces[] = {
                { "'a-b'", NULL },
                { "'a.b'", "f: \"a.b\" is not a name for a namespace" },
        };
        static const struct row versions[] = {
                { "'serving.kserve.io/v1alpha2'", NULL },
                { "'v1'", "f: \"v1\" is not of the form group/version" },
                { "'a/b/c'", "f: \"a/b/c\" is not of the form group/version" },
        };
        static const struct row keys[] = {
                { "'config.yaml'", NULL },
                { "'..data'", "f: \"..data\" is not a key of a Secret or ConfigMap" },
                { "'.'", "f: \".\" is not a key of a Secret or ConfigMap" },
                { "'a b'", "f: \"a b\" is not a key of a Secret or ConfigMap" },
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
        check_labels(&rd, MEMBER_OF(member_root(json_value(&arena, json), TEXT("f"))), &got);
        assert_int_equal(rd.n_mistakes, 1);
        assert_int_equal(strlen(fault.path), FAULT_PATH_MAX - 1);
        assert_string_equal(fault.message, "the key is not a label key");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tolerations),    cmocka_unit_test(test_labels),
                cmocka_unit_test(test_args),           cmocka_unit_test(test_env),
                cmocka_unit_test(test_affinity),       cmocka_unit_test(test_security_context),
                cmocka_unit_test(test_first_mistake),  cmocka_unit_test(test_too_many_labels),
                cmocka_unit_test(test_what_is_pasted), cmocka_unit_test(test_names),
                cmocka_unit_test(test_long_input),
        };

        return cmocka_run_group_tests_name("check", tests, memory_set_up, memory_tear_down);
}
