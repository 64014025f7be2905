/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity.h"

#include <errno.h>
#include <stdio.h>

#include "base/flags.h"
#include "cli/capacity_report.h"
#include "cli/capacity_table.h"
#include "cli/capacity_values.h"
#include "cli/files.h"
#include "cli/outcome.h"
#include "cli/output.h"

/* A fleet of thousands of objects takes some hundred megabytes. */
#define MEMORY_MAX ((size_t)4 * 1024 * 1024 * 1024)

static const char usage[] =
        "usage: function-gpu-placement capacity FILE... [flags]\n"
        "\n"
        "Prints the GPU units of each environment by pool: how many there are, how many\n"
        "are used and how many are free, and what is wrong with a declaration.\n"
        "\n"
        "  FILE  InferenceEnvironments and ConfigMaps, as kubectl prints them; a folder of\n"
        "        such files, or \"-\" for the standard input:\n"
        "\n"
        "        kubectl get inferenceenvironments,configmaps,compositions -A -o yaml |\n"
        "          function-gpu-placement capacity -\n"
        "\n"
        "        With Compositions among them, pools are counted as the step's input says;\n"
        "        a mig-parted file that it names is looked for among the ConfigMaps.\n"
        "\n"
        "  -i, --input FILE   take the input from this file instead: a Composition, or an\n"
        "                     object of kind Input\n"
        "  -o, --output FORM  json or yaml instead of a table\n"
        "  -h, --help\n"
        "\n"
        "On a terminal each pool has a bar, in colour unless NO_COLOR is set.\n"
        "\n"
        "Exit code: 0 done, 2 usage or unreadable input.\n";

struct command {
        enum output_form form;
        const char *input; /* a file; or NULL */
        bool has_folder;   /* among the files */
        struct objects objects;
        struct arena *arena;
        struct fault fault;
};

/* ---- the command ----------------------------------------------------------------------------- */

static int read_arguments(struct command *c, int argc, char **argv, bool *ret_help) {
        static const struct option options[] = {
                { "input", required_argument, NULL, 'i' },
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        /* glibc: forget also where an earlier command line was left. */
        optind = 0;
        while ((option = flags_next(argc, argv, ":i:o:h", options, "capacity --help", &c->fault)) !=
               FLAGS_END) {
                if (option == 'h') {
                        *ret_help = true;
                        return 0;
                }
                if (option == 'i') {
                        c->input = optarg;
                        continue;
                }
                if (option == FLAGS_REFUSED || output_form(optarg, &c->form, &c->fault) < 0)
                        return -EINVAL;
        }
        if (optind == argc) {
                fault_set(&c->fault, "a FILE is needed; see capacity --help");
                return -EINVAL;
        }
        for (int i = optind; i < argc; i++) {
                int r = files_objects(argv[i], c->arena, &c->objects, &c->fault);

                if (r < 0)
                        return r;
                c->has_folder |= files_is_folder(argv[i]);
        }
        return 0;
}

/* The input of --input, or those among the manifests. */
static int read_inputs(struct command *c, struct inputs *ret) {
        struct objects manifests = { 0 };
        int r;

        if (!c->input)
                return input_find(&c->objects, &c->objects, c->arena, ret, &c->fault);
        r = files_objects(c->input, c->arena, &manifests, &c->fault);
        if (r == 0)
                r = input_find(&manifests, &c->objects, c->arena, ret, &c->fault);
        if (r == 0 && ret->n == 0) {
                fault_set(&c->fault,
                          "--input: %s holds neither an Input nor a Composition with a step "
                          "that has one",
                          c->input);
                return -EINVAL;
        }
        return r;
}

static int build(struct command *c, const struct capacity *fleet, size_t n, struct builder *b) {
        struct capacity_style style = {
                .bars = output_on_terminal(),
                .colours = output_wants_colours(),
        };
        struct value values;
        int r;

        if (c->form == OUTPUT_TEXT)
                return capacity_table(fleet, n, style, c->arena, b);
        r = capacity_values(fleet, n, c->arena, &values);
        return r < 0 ? r : output_value(values, c->form, b, c->arena);
}

static enum exit_code run(struct command *c, int argc, char **argv) {
        struct inputs inputs = { 0 };
        struct capacity *fleet;
        struct builder b;
        struct text out;
        bool help = false;
        size_t n;
        int r = read_arguments(c, argc, argv, &help);

        if (r < 0)
                return outcome_failed("capacity", r, &c->fault, c->arena);
        if (help) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        r = read_inputs(c, &inputs);
        if (r == 0)
                r = capacity_read(&c->objects, &inputs, c->arena, &fleet, &n, &c->fault);
        if (r != 0)
                return outcome_failed("capacity", r, &c->fault, c->arena);
        if (n == 0)
                fprintf(stderr, "capacity: there is no InferenceEnvironment in the input%s\n",
                        c->has_folder ? "; folders of a folder are not read" : "");
        builder_init(&b, c->arena);
        r = build(c, fleet, n, &b);
        out = builder_done(&b);
        if (r < 0 || arena_failed(c->arena))
                return outcome_failed("capacity", -ENOMEM, &c->fault, c->arena);
        return output_print("capacity", out) ? EXIT_DONE : EXIT_UNREADABLE;
}

int cli_capacity(int argc, char **argv) {
        struct arena arena;
        struct command command = { .arena = &arena };
        enum exit_code code;

        arena_init(&arena, MEMORY_MAX);
        code = run(&command, argc, argv);
        arena_release(&arena);
        return (int)code;
}
