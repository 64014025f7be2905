/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/render.h"
#include "lib/command.h"

/* What the function behind --address says, by the port that is called. */
static int call_fake(void *ctx, const char *target, struct text bytes, struct arena *arena,
                     struct text *ret, struct fault *fault) {
        struct request request;
        struct response r;
        struct payload payload;

        (void)ctx;
        assert_int_equal(request_read(bytes, arena, &request, fault), 0);
        response_init(&r, arena);
        response_condition(
                &r, (struct condition) {
                            .type = TEXT("Scheduled"),
                            .status = strstr(target, "full") ? CONDITION_FALSE : CONDITION_TRUE,
                            .reason = TEXT("Because"),
                    });
        response_require(&r, (struct requirement) { .key = TEXT("envs"),
                                                    .api_version = TEXT("v1"),
                                                    .kind = TEXT("Env") });
        response_result(
                &r, (struct result) {
                            .severity = strstr(target, "fatal") ? SEVERITY_FATAL : SEVERITY_NORMAL,
                            .message = request_required(&request, TEXT("envs"))
                                               ? text_format(arena, "%zu environments",
                                                             request.required[0].n_items)
                                               : TEXT("none yet"),
                    });
        r.context_key = TEXT("seen");
        r.context_value = node_map(arena);
        node_set_integer(r.context_value, "resources", (int64_t)request.observed.n_resources);
        assert_int_equal(response_encode(&r, &request, &payload), 0);
        *ret = text_join(arena, payload.parts, payload.n_parts);
        return 0;
}

static const struct cli_transport remote = { .call = call_fake };

/* clang-format off */
static const struct command_row rows[] = {
        { "help",          "-h",                                      0, "usage: ", NULL, "" },
        { "exit codes",    "--help",                                  0, "1 something could not be placed or a step failed, 2 usage", NULL, "" },
        { "no arguments",  "",                                        2, NULL, "XR and COMPOSITION are needed", "" },
        { "too many",      "xr.yaml c.yaml f.yaml more",              2, NULL, "render: more: a fourth file; each file of objects that the cluster holds needs an -e", "" },
        { "forgotten -e",  "xr.yaml c.yaml envs.yaml",                2, NULL, "render: envs.yaml holds no Function; each file of objects that the cluster holds needs an -e before it", "" },
        { "unknown flag",  "xr.yaml c.yaml -z",                       2, NULL, "render: unknown flag -z; see render --help\n", "" },
        { "half a flag",   "xr.yaml c.yaml --expl",                   2, NULL, "render: unknown flag --expl; see render --help\n", "" },
        { "missing file",  "nowhere.yaml c.yaml",                     2, NULL, "cannot read nowhere.yaml: No such file", "" },
        { "bad yaml",      "bad.yaml c.yaml",                         2, NULL, "bad.yaml:2:1: duplicate key \"a\"", "" },
        { "two objects",   "envs.yaml c.yaml",                        2, NULL, "envs.yaml: one object is expected here, there are 2", "" },
        { "wrong kind",    "xr.yaml xr.yaml",                         2, NULL, "render: xr.yaml holds kind \"Thing\", not a Composition; the order is XR COMPOSITION FUNCTIONS\n", "" },
        { "placed",        "xr.yaml c.yaml --address ok:1",           0, "reason: Because", NULL, "" },
        { "flags last",    "xr.yaml --address ok:1 c.yaml f.yaml",    0, "reason: Because", "step \"other\" is skipped", "" },
        { "not placed",    "xr.yaml c.yaml -e envs.yaml --address full:1", 1, "reason: Because", NULL, "" },
        { "without -e",    "xr.yaml c.yaml --address full:1",         1, "reason: Because", "render: warning: nothing was given with -e: the cluster is taken to be empty\n", "" },
        { "fatal",         "xr.yaml c.yaml --address fatal:1",        1, NULL, "pipeline step \"place\" returned a fatal result: none yet", "no YAML then" },
        { "results",       "xr.yaml c.yaml -r --address ok:1",        0, "Pipeline step \\\"place\\\": 0 environments", NULL, "" },
        { "required",      "xr.yaml c.yaml -r -e envs.yaml --address ok:1", 0, ": 2 environments", NULL, "" },
        { "required twice", "xr.yaml c.yaml -r -e envs.yaml -e folder --address ok:1", 0, ": 3 environments", NULL, "a folder too; c.txt is no manifest" },
        { "long names",    "xr.yaml c.yaml --include-function-results --required-resources=envs.yaml --extra-resources folder --address=ok:1", 0, ": 3 environments", NULL, "" },
        { "context",       "xr.yaml c.yaml -c -o o.yaml --address ok:1", 0, "fields:\n  seen:\n    resources: 1\n", NULL, "" },
        { "brief",         "xr.yaml c.yaml --address ok:1",           0, "metadata:\n  name: x\nstatus:", NULL, "no spec" },
        { "full",          "xr.yaml c.yaml -x --address ok:1",        0, "spec:\n  a: 1\n", NULL, "" },
        { "no name",       "xr.yaml c.yaml -e nameless.yaml --address ok:1", 2, NULL, "render: -e: Env without metadata.name: no cluster holds one", "" },
        { "odd objects",   "xr.yaml c.yaml -e envs.yaml -e envs.yaml --address ok:1", 0, "reason: Because", "render: warning: Env \"a\" is given more than once: the last one counts\nrender: warning: Env \"b\"", "placed all the same" },
        { "a false line",  "xr.yaml c.yaml -e odd.yaml -e odd.yaml --address ok:1", 0, "reason: Because", "render: warning: Env \"a\\u000arender: done\" is given more than once", "" },
        { "a colour",      "xr.yaml red.yaml",                        2, NULL, "render: red.yaml holds kind \"\\u001b[31mEnv\", not a Composition", "" },
        { "observed",      "xr.yaml c.yaml -o envs.yaml --address ok:1", 2, NULL, "has no annotation", "" },
};
/* clang-format on */

static const struct command_file files[] = {
        { "xr.yaml", "apiVersion: v1\nkind: Thing\nmetadata: {name: x}\nspec: {a: 1}\n" },
        { "odd.yaml", "apiVersion: v1\nkind: Env\nmetadata: {name: \"a\\nrender: done\"}\n" },
        { "red.yaml", "apiVersion: v1\nkind: \"\\e[31mEnv\"\nmetadata: {name: a}\n" },
        { "c.yaml", "kind: Composition\nspec:\n  compositeTypeRef: {apiVersion: v1, kind: Thing}\n"
                    "  pipeline:\n  - {step: place, functionRef: {name: function-gpu-placement}}\n"
                    "  - {step: other, functionRef: {name: function-other}}\n" },
        { "f.yaml", "kind: Function\nmetadata: {name: function-other}\nspec: {package: o:v1}\n" },
        { "bad.yaml", "a: 1\na: 2\n" },
        { "nameless.yaml", "apiVersion: e.org/v1\nkind: Env\nspec: {}\n" },
        { "envs.yaml", "apiVersion: v1\nkind: Env\nmetadata: {name: a}\n---\n"
                       "apiVersion: v1\nkind: Env\nmetadata: {name: b}\n" },
        { "folder/c.yaml", "apiVersion: v1\nkind: Env\nmetadata: {name: c}\n" },
        { "folder/c.txt", "no: [yaml\n" },
        { "o.yaml", "kind: Pod\nmetadata: {name: p, annotations: "
                    "{crossplane.io/composition-resource-name: p}}\n" },
};

static int begin(void **state) {
        (void)state;
        return command_begin(files, COMMAND_COUNT(files));
}

static int call_render(int argc, char **argv) {
        return cli_render(argc, argv, &remote);
}

static void commands_print_and_exit(void **state) {
        (void)state;
        command_check(call_render, "render", rows, COMMAND_COUNT(rows));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(commands_print_and_exit),
        };

        return cmocka_run_group_tests(tests, begin, command_end);
}
