/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <errno.h>
#include <unistd.h>

#include "cli/files.h"
#include "render/document.h"
#include "wire/node.h"
#include "withhold.h"

const char *case_path(const char *folder, const char *file, struct arena *arena) {
        struct text path = text_format(arena, "%s/%s%c", folder, file, 0);

        return path.len ? path.data : "";
}

static bool is_there(const char *folder, const char *file, struct arena *arena) {
        return access(case_path(folder, file, arena), F_OK) == 0;
}

/* One step with the case's input, for whatever the composite is. */
static int make_composition(struct value composite, struct value input, struct arena *arena,
                            struct value *ret) {
        struct node *composition = node_map(arena);
        struct node *spec, *type, *step;
        struct text bytes;
        int r;

        node_set_string(composition, "apiVersion", TEXT("apiextensions.crossplane.io/v1"));
        node_set_string(composition, "kind", TEXT("Composition"));
        spec = node_add_map(composition, "spec");
        node_set_string(spec, "mode", TEXT("Pipeline"));
        type = node_add_map(spec, "compositeTypeRef");
        node_set_value(type, "apiVersion", value_get(composite, TEXT("apiVersion")));
        node_set_value(type, "kind", value_get(composite, TEXT("kind")));
        step = node_append_map(node_add_list(spec, "pipeline"));
        node_set_string(step, "step", TEXT("place"));
        node_set_string(node_add_map(step, "functionRef"), "name", TEXT(PIPELINE_FUNCTION));
        node_set_value(step, "input", input);
        r = node_encode(composition, arena, &bytes);
        if (r == 0)
                *ret = value_of_struct(bytes);
        return r;
}

static int read_input(const char *folder, struct arena *arena, struct value *ret,
                      struct fault *fault) {
        struct node *input = node_map(arena);
        struct text bytes;
        int r;

        if (is_there(folder, "input.yaml", arena))
                return files_object(case_path(folder, "input.yaml", arena), arena, ret, fault);
        node_set_string(input, "apiVersion", TEXT("gpuplacement.fn.crossplane.io/v1alpha1"));
        node_set_string(input, "kind", TEXT("Input"));
        r = node_encode(input, arena, &bytes);
        if (r == 0)
                *ret = value_of_struct(bytes);
        return r;
}

static int read_objects(const char *folder, const char *file, struct arena *arena,
                        struct objects *ret, struct fault *fault) {
        if (!is_there(folder, file, arena))
                return 0;
        return files_objects(case_path(folder, file, arena), arena, ret, fault);
}

/* A case without a deployment of its own asks for the one that all groups share. */
static const char *composite_path(const char *folder, struct arena *arena) {
        return case_path(folder, is_there(folder, "xr.yaml", arena) ? "xr.yaml" : "../../xr.yaml",
                         arena);
}

int case_read(const char *folder, struct arena *arena, struct golden *ret, struct fault *fault) {
        struct golden golden = { .folder = folder };
        struct pipeline_input *in = &golden.input;
        struct value input;
        int r;

        r = files_read(case_path(folder, "reason.txt", arena), arena, &golden.reason, fault);
        if (r == 0)
                r = files_object(composite_path(folder, arena), arena, &in->composite, fault);
        if (r == 0)
                r = read_objects(folder, "required.yaml", arena, &in->required, fault);
        if (r == 0)
                r = read_objects(folder, "observed.yaml", arena, &in->observed, fault);
        if (r == 0)
                r = read_input(folder, arena, &input, fault);
        if (r == 0 && is_there(folder, "composition.yaml", arena))
                r = files_object(case_path(folder, "composition.yaml", arena), arena,
                                 &in->composition, fault);
        else if (r == 0)
                r = make_composition(in->composite, input, arena, &in->composition);
        if (r == 0 && is_there(folder, "withheld.txt", arena))
                r = files_read(case_path(folder, "withheld.txt", arena), arena, &golden.withheld,
                               fault);
        if (r == 0 && is_there(folder, "want.yaml", arena))
                r = files_read(case_path(folder, "want.yaml", arena), arena, &golden.want, fault);
        if (r < 0)
                return r;
        *ret = golden;
        return 0;
}

int case_answer(const struct golden *golden, const struct cli_transport *transport,
                struct arena *arena, struct text *ret, struct fault *fault) {
        struct document_options everything = { .results = true, .context = true, .answers = true };
        struct withholding withholding = { .keys = golden->withheld, .to = transport };
        struct cli_transport without = withhold(&withholding);
        struct pipeline_output out;
        struct builder b;
        int r;

        r = pipeline_run(&golden->input, &without, NULL, arena, &out, fault);
        if (r < 0)
                return r;
        builder_init(&b, arena);
        r = document_write(&golden->input, &out, everything, &b, arena);
        if (r < 0)
                return r;
        *ret = builder_done(&b);
        return 0;
}
