/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/render.h"

enum { ARGS_MAX = 12, OUTPUT_MAX = 64 * 1024 };

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
        r.context_value = node_integer(arena, (int64_t)request.observed.n_resources);
        assert_int_equal(response_encode(&r, &request, &payload), 0);
        *ret = text_join(arena, payload.parts, payload.n_parts);
        return 0;
}

static const struct cli_transport remote = { .call = call_fake };

struct row {
        const char *name;
        const char *args; /* separated by blanks, in the folder of the files below */
        int code;
        const char *out, *err; /* parts of what is printed; NULL: nothing is */
        const char *reason;
};

/* clang-format off */
static const struct row rows[] = {
        { "help",          "-h",                                      0, "usage: ", NULL, "" },
        { "no arguments",  "",                                        2, NULL, "XR and COMPOSITION are needed", "" },
        { "too many",      "xr.yaml c.yaml f.yaml more",              2, NULL, "XR and COMPOSITION are needed", "" },
        { "unknown flag",  "xr.yaml c.yaml -z",                       2, NULL, "see render --help", "" },
        { "missing file",  "nowhere.yaml c.yaml",                     2, NULL, "cannot read nowhere.yaml: No such file", "" },
        { "bad yaml",      "bad.yaml c.yaml",                         2, NULL, "bad.yaml:2:1: the key is there twice: \"a\"", "" },
        { "two objects",   "envs.yaml c.yaml",                        2, NULL, "envs.yaml: one object is expected here, there are 2", "" },
        { "wrong kind",    "xr.yaml xr.yaml",                         2, NULL, "kind: not a Composition", "" },
        { "placed",        "xr.yaml c.yaml --address ok:1",           0, "reason: Because", NULL, "" },
        { "flags last",    "xr.yaml --address ok:1 c.yaml f.yaml",    0, "reason: Because", "step \"other\" is skipped", "" },
        { "not placed",    "xr.yaml c.yaml --address full:1",         1, "reason: Because", NULL, "" },
        { "fatal",         "xr.yaml c.yaml --address fatal:1",        1, NULL, "pipeline step \"place\" returned a fatal result: none yet", "no YAML then" },
        { "results",       "xr.yaml c.yaml -r --address ok:1",        0, "Pipeline step \\\"place\\\": 0 environments", NULL, "" },
        { "required",      "xr.yaml c.yaml -r -e envs.yaml --address ok:1", 0, ": 2 environments", NULL, "" },
        { "required twice", "xr.yaml c.yaml -r -e envs.yaml -e folder --address ok:1", 0, ": 3 environments", NULL, "a folder too; c.txt is no manifest" },
        { "long names",    "xr.yaml c.yaml --include-function-results --required-resources=envs.yaml --extra-resources folder --address=ok:1", 0, ": 3 environments", NULL, "" },
        { "context",       "xr.yaml c.yaml -c -o o.yaml --address ok:1", 0, "fields:\n  seen: 1\n", NULL, "" },
        { "brief",         "xr.yaml c.yaml --address ok:1",           0, "metadata:\n  name: x\nstatus:", NULL, "no spec" },
        { "full",          "xr.yaml c.yaml -x --address ok:1",        0, "spec:\n  a: 1\n", NULL, "" },
        { "observed",      "xr.yaml c.yaml -o envs.yaml --address ok:1", 2, NULL, "has no annotation", "" },
};
/* clang-format on */

static const struct {
        const char *path, *content;
} files[] = {
        { "xr.yaml", "apiVersion: v1\nkind: Thing\nmetadata: {name: x}\nspec: {a: 1}\n" },
        { "c.yaml", "kind: Composition\nspec:\n  compositeTypeRef: {apiVersion: v1, kind: Thing}\n"
                    "  pipeline:\n  - {step: place, functionRef: {name: function-gpu-placement}}\n"
                    "  - {step: other, functionRef: {name: function-other}}\n" },
        { "f.yaml", "kind: Function\nmetadata: {name: function-other}\nspec: {package: o:v1}\n" },
        { "bad.yaml", "a: 1\na: 2\n" },
        { "envs.yaml", "apiVersion: v1\nkind: Env\nmetadata: {name: a}\n---\n"
                       "apiVersion: v1\nkind: Env\nmetadata: {name: b}\n" },
        { "folder/c.yaml", "apiVersion: v1\nkind: Env\nmetadata: {name: c}\n" },
        { "folder/c.txt", "no: [yaml\n" },
        { "o.yaml", "kind: Pod\nmetadata: {name: p, annotations: "
                    "{crossplane.io/composition-resource-name: p}}\n" },
};

static char folder[] = "/tmp/render-XXXXXX";

static int make_files(void **state) {
        (void)state;
        if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("folder", 0700) < 0)
                return -1;
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                FILE *file = fopen(files[i].path, "w");

                if (!file || fputs(files[i].content, file) < 0 || fclose(file) != 0)
                        return -1;
        }
        return 0;
}

static int remove_files(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                unlink(files[i].path);
        unlink("out");
        unlink("err");
        rmdir("folder");
        return chdir("/") < 0 || rmdir(folder) < 0;
}

/* From here on what is printed to fd goes into a file; returns what fd was. */
static int redirect(int fd, const char *path) {
        int kept = dup(fd), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_true(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
        close(file);
        return kept;
}

static void restore(int fd, int kept) {
        dup2(kept, fd);
        close(kept);
}

static const char *content(const char *path, char *buffer) {
        FILE *file = fopen(path, "r");
        size_t n;

        assert_non_null(file);
        n = fread(buffer, 1, OUTPUT_MAX - 1, file);
        buffer[n] = '\0';
        fclose(file);
        return buffer;
}

static bool is_as_wanted(const char *got, const char *want) {
        return want ? strstr(got, want) != NULL : got[0] == '\0';
}

static void commands_print_and_exit(void **state) {
        static char out[OUTPUT_MAX], err[OUTPUT_MAX];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char args[256] = "render", *argv[ARGS_MAX + 1] = { args };
                int argc = 1, code, kept_out, kept_err;

                snprintf(args, sizeof(args), "render %s", rows[i].args);
                strtok(args, " ");
                while (argc < ARGS_MAX && (argv[argc] = strtok(NULL, " ")))
                        argc++;
                fflush(stdout);
                fflush(stderr);
                kept_out = redirect(1, "out");
                kept_err = redirect(2, "err");
                code = cli_render(argc, argv, &remote);
                fflush(stdout);
                fflush(stderr);
                restore(1, kept_out);
                restore(2, kept_err);
                content("out", out);
                content("err", err);
                if (code != rows[i].code || !is_as_wanted(out, rows[i].out) ||
                    !is_as_wanted(err, rows[i].err))
                        fail_msg("%s (%s): exit %d\n--- out\n%s--- err\n%s", rows[i].name,
                                 rows[i].reason, code, out, err);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(commands_print_and_exit),
        };

        return cmocka_run_group_tests(tests, make_files, remove_files);
}
