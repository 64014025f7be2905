/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/discover.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/flags.h"
#include "cli/discover_yaml.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "fleet/grammar.h"

/* Thousands of nodes take some hundred megabytes. */
#define MEMORY_MAX ((size_t)4 * 1024 * 1024 * 1024)

static const char usage[] =
        "usage: function-gpu-placement discover [FILE]... [flags]\n"
        "\n"
        "Prints an InferenceEnvironment of the GPU nodes that a cluster has:\n"
        "\n"
        "  kubectl get nodes -o yaml | function-gpu-placement discover\n"
        "\n"
        "Nodes that offer the same are a pool, with the fewest labels that find just\n"
        "them. What nodes cannot tell is a comment beside a guess.\n"
        "\n"
        "  FILE  Nodes as kubectl prints them; with NVIDIA's DRA driver ResourceSlices too\n"
        "        (kubectl get nodes,resourceslices -o yaml). Absent or \"-\", the standard\n"
        "        input\n"
        "\n"
        "      --name NAME    of the environment; else \"discovered\"\n"
        "  -o, --output FORM  json instead of YAML; it has no comments\n"
        "  -h, --help\n"
        "\n"
        "Exit code: 0 done, 1 no node offers GPUs, 2 usage or unreadable input.\n";

struct command {
        enum output_form form;
        struct text name;
        struct objects objects;
        struct arena *arena;
        struct fault fault;
};

static int read_name(struct command *c, const char *written) {
        c->name = text_from(written);
        if (grammar_dns_subdomain(c->name))
                return 0;
        fault_set(&c->fault, "--name: \"%s\" is not a name for an object", written);
        return -EINVAL;
}

static int read_flags(struct command *c, int argc, char **argv, bool *ret_help) {
        static const struct option options[] = {
                { "name", required_argument, NULL, 'n' },
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        optind = 0;
        while ((option = flags_next(argc, argv, ":o:h", options, "discover --help", &c->fault)) !=
               FLAGS_END) {
                int r = 0;

                if (option == FLAGS_REFUSED)
                        return -EINVAL;
                if (option == 'h')
                        *ret_help = true;
                else if (option == 'n')
                        r = read_name(c, optarg);
                else
                        r = output_form(optarg, &c->form, &c->fault);
                if (r < 0 || *ret_help)
                        return r;
        }
        return 0;
}

static int read_files(struct command *c, int argc, char **argv) {
        int r = 0;

        if (optind == argc && isatty(STDIN_FILENO)) {
                fault_set(&c->fault, "a FILE is needed, or a pipe; see discover --help");
                return -EINVAL;
        }
        if (optind == argc)
                return hosts_read_file("-", c->arena, &c->objects, &c->fault);
        for (int i = optind; r == 0 && i < argc; i++)
                r = hosts_read_file(argv[i], c->arena, &c->objects, &c->fault);
        return r;
}

static int make(struct command *c, struct builder *b, size_t *ret_n_pools) {
        struct hosts hosts = { 0 };
        struct groups groups = { 0 };
        struct declared *pools = NULL;
        size_t n = 0;
        int r = hosts_read(&c->objects, c->arena, &hosts);

        if (r == 0)
                r = grouping_make(&hosts, c->arena, &groups);
        if (r == 0)
                r = declaring_pools(&groups, c->arena, &pools, &n);
        if (r < 0)
                return r;
        *ret_n_pools = n;
        return discover_yaml(&(struct discovery) { c->name, &hosts, &groups, pools, n }, c->arena,
                             b);
}

/* Comments do not pass through JSON. */
static int as_json(struct command *c, struct text yaml, struct builder *b) {
        struct objects objects;
        int r = yaml_read(yaml, "discover", c->arena, &objects, &c->fault);

        return r < 0 ? r : output_value(objects.items[0], OUTPUT_JSON, b, c->arena);
}

static enum exit_code run(struct arena *arena, int argc, char **argv) {
        struct command command = { .arena = arena, .name = TEXT_INIT("discovered") }, *c = &command;
        struct builder b, json;
        size_t n_pools = 0;
        bool help = false;
        int r = read_flags(c, argc, argv, &help);

        if (help && r == 0) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        builder_init(&b, c->arena);
        builder_init(&json, c->arena);
        if (r == 0)
                r = read_files(c, argc, argv);
        if (r == 0)
                r = make(c, &b, &n_pools);
        if (r == 0 && n_pools == 0) {
                fputs("discover: there is no Node in the input that offers GPUs\n", stderr);
                return EXIT_REFUSED;
        }
        if (r == 0 && c->form == OUTPUT_JSON)
                r = as_json(c, builder_done(&b), &json);
        return outcome_print("discover", r, EXIT_DONE, c->form == OUTPUT_JSON ? &json : &b,
                             &c->fault);
}

int cli_discover(int argc, char **argv) {
        return outcome_run(run, MEMORY_MAX, argc, argv);
}
