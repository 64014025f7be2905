/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/flags.h"
#include "cli/compare.h"
#include "cli/files.h"
#include "cli/finding.h"
#include "cli/inspect.h"
#include "cli/outcome.h"

/* A fleet of thousands of objects takes some hundred megabytes. */
#define MEMORY_MAX ((size_t)4 * 1024 * 1024 * 1024)

static const char usage[] =
        "usage: function-gpu-placement check FILE... [flags]\n"
        "\n"
        "Says what is wrong with InferenceEnvironments, ClusterModels, Models,\n"
        "ModelDeployments and the inputs of Compositions, a line each:\n"
        "\n"
        "  FILE:LINE: [error|warning] KIND/NAME: path: sentence\n"
        "\n"
        "What a cluster would refuse is an error, and so is a pool that cannot be used.\n"
        "What may not be meant is a warning. Objects of other kinds are passed over.\n"
        "\n"
        "  FILE  manifests in YAML or JSON; a folder of them, or \"-\" for the standard\n"
        "        input\n"
        "\n"
        "  --nodes FILE       compare InferenceEnvironments with these Nodes, as kubectl\n"
        "                     prints them: kubectl get nodes -o yaml\n"
        "  --strict           exit with 1 for a warning too\n"
        "  -o, --output FORM  json or yaml instead of lines\n"
        "  -h, --help\n"
        "\n"
        "Exit code: 0 nothing is wrong, 1 a mistake, 2 usage or an unreadable file.\n";

struct command {
        enum output_form form;
        bool is_strict;
        const char *nodes;  /* a file; or NULL */
        bool is_unreadable; /* a file, or one that is no YAML */
        struct arena *arena;
        struct fault fault;
        struct findings found;
        struct inspection inspection;
};

static int read_flags(struct command *c, int argc, char **argv, bool *ret_help) {
        static const struct option options[] = {
                { "nodes", required_argument, NULL, 'n' },
                { "strict", no_argument, NULL, 's' },
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        optind = 0;
        while ((option = flags_next(argc, argv, ":o:h", options, "check --help", &c->fault)) !=
               FLAGS_END) {
                if (option == 'h') {
                        *ret_help = true;
                        return 0;
                }
                if (option == 's') {
                        c->is_strict = true;
                        continue;
                }
                if (option == 'n') {
                        c->nodes = optarg;
                        continue;
                }
                if (option == FLAGS_REFUSED || output_form(optarg, &c->form, &c->fault) < 0)
                        return -EINVAL;
        }
        if (optind == argc) {
                fault_set(&c->fault, "a FILE is needed; see check --help");
                return -EINVAL;
        }
        return 0;
}

/* The other files are checked all the same. */
static int read_file(struct command *c, const char *file) {
        struct placed_list *objects = &c->inspection.objects;
        uint32_t line;
        int r = placed_read(file, c->arena, objects, &line, &c->fault);

        if (r != -EINVAL)
                return r;
        c->is_unreadable = true;
        if (line > 0)
                finding_add_file(&c->found, file, objects->n_files - 1, line,
                                 text_copy(c->arena, text_from(c->fault.message)));
        else
                outcome_failed("check", r, &c->fault, c->arena);
        return 0;
}

static int read_files(struct command *c, int argc, char **argv) {
        for (int i = optind; i < argc; i++) {
                const char **names = NULL;
                size_t n = 0;
                int r = files_names(argv[i], c->arena, &names, &n, &c->fault);

                for (size_t k = 0; r == 0 && k < n; k++)
                        r = read_file(c, names[k]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare(struct command *c) {
        struct hosts hosts = { 0 };
        int r = hosts_read_nodes(c->nodes, c->arena, &hosts, &c->fault);

        return r < 0 ? r : compare_nodes(&c->inspection, &hosts);
}

static int check(struct command *c) {
        int r;

        c->found.arena = c->arena;
        c->inspection.arena = c->arena;
        c->inspection.found = &c->found;
        r = inspect_open(&c->inspection);
        if (r == 0)
                r = inspect_all(&c->inspection);
        if (r == 0 && c->nodes)
                r = compare(c);
        if (r == 0 && c->inspection.n_ours == 0 && !c->is_unreadable && c->found.n == 0)
                fputs("check: there is no object of ours in the input\n", stderr);
        return r;
}

static enum exit_code exit_code_of(const struct command *c) {
        if (c->is_unreadable)
                return EXIT_UNREADABLE;
        return c->found.n_errors > 0 || (c->is_strict && c->found.n_warnings > 0) ? EXIT_REFUSED
                                                                                  : EXIT_DONE;
}

static enum exit_code run(struct arena *arena, int argc, char **argv) {
        struct command command = { .arena = arena }, *c = &command;
        struct builder b;
        bool help = false;
        int r = read_flags(c, argc, argv, &help);

        if (help) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        c->found.arena = c->arena;
        if (r == 0)
                r = read_files(c, argc, argv);
        if (r == 0)
                r = check(c);
        builder_init(&b, c->arena);
        if (r == 0)
                r = finding_print(&c->found, c->form, &b);
        return outcome_print("check", r, exit_code_of(c), &b, &c->fault);
}

int cli_check(int argc, char **argv) {
        return outcome_run(run, MEMORY_MAX, argc, argv);
}
