/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/capacity_report.h"
#include "cli/files.h"

enum exit_code { EXIT_DONE = 0, EXIT_UNREADABLE = 2 };

enum form { FORM_TABLE, FORM_JSON, FORM_YAML };

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
        "        kubectl get inferenceenvironments,configmaps -A -o yaml |\n"
        "          function-gpu-placement capacity -\n"
        "\n"
        "  -o, --output FORM  json or yaml instead of a table\n"
        "  -h, --help\n"
        "\n"
        "On a terminal each pool has a bar, in colour unless NO_COLOR is set.\n"
        "\n"
        "Exit code: 0 done, 2 usage or unreadable input.\n";

struct command {
        enum form form;
        struct objects objects;
        struct arena *arena;
        struct fault fault;
};

static enum exit_code failed(struct command *c, int rc) {
        struct text sentence =
                rc == -EINVAL ? fault_text(&c->fault, c->arena) : TEXT("out of memory");

        fprintf(stderr, "capacity: %.*s\n", TEXT_ARG(sentence));
        return EXIT_UNREADABLE;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int read_form(struct command *c, const char *word) {
        if (strcmp(word, "json") == 0)
                c->form = FORM_JSON;
        else if (strcmp(word, "yaml") == 0)
                c->form = FORM_YAML;
        else
                return -EINVAL;
        return 0;
}

static int read_arguments(struct command *c, int argc, char **argv, bool *ret_help) {
        static const struct option options[] = {
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        /* glibc: forget also where an earlier command line was left. */
        optind = 0;
        while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
                if (option == 'h') {
                        *ret_help = true;
                        return 0;
                }
                if (option != 'o') {
                        /* getopt_long() has said which one. */
                        fault_set(&c->fault, "see capacity --help");
                        return -EINVAL;
                }
                if (read_form(c, optarg) < 0) {
                        fault_set(&c->fault, "--output: \"%s\" is neither json nor yaml", optarg);
                        return -EINVAL;
                }
        }
        if (optind == argc) {
                fault_set(&c->fault, "a FILE is needed; see capacity --help");
                return -EINVAL;
        }
        for (int i = optind; i < argc; i++) {
                int rc = files_objects(argv[i], c->arena, &c->objects, &c->fault);

                if (rc < 0)
                        return rc;
        }
        return 0;
}

static int build(struct command *c, const struct capacity *fleet, size_t n, struct builder *b) {
        bool terminal = isatty(STDOUT_FILENO) == 1;
        const char *no_colour = getenv("NO_COLOR");
        struct capacity_style style = {
                .bars = terminal,
                .colours = terminal && !(no_colour && no_colour[0]),
        };
        struct value values;
        int rc;

        if (c->form == FORM_TABLE)
                return capacity_table(fleet, n, style, c->arena, b);
        rc = capacity_values(fleet, n, c->arena, &values);
        if (rc < 0)
                return rc;
        if (c->form == FORM_YAML)
                return yaml_write(values, b, c->arena);
        value_print(values, b);
        builder_char(b, '\n');
        return 0;
}

static enum exit_code run(struct command *c, int argc, char **argv) {
        struct capacity *fleet;
        struct builder b;
        struct text out;
        bool help = false;
        size_t n;
        int rc = read_arguments(c, argc, argv, &help);

        if (rc < 0)
                return failed(c, rc);
        if (help) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        rc = capacity_read(&c->objects, c->arena, &fleet, &n, &c->fault);
        if (rc < 0)
                return failed(c, rc);
        if (n == 0)
                fputs("capacity: there is no InferenceEnvironment in the input\n", stderr);
        builder_init(&b, c->arena);
        rc = build(c, fleet, n, &b);
        out = builder_done(&b);
        if (rc < 0 || arena_failed(c->arena))
                return failed(c, -ENOMEM);
        if (out.len > 0 &&
            (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)) {
                fputs("capacity: cannot write to the standard output\n", stderr);
                return EXIT_UNREADABLE;
        }
        return EXIT_DONE;
}

int cli_capacity(int argc, char **argv) {
        struct arena arena;
        struct command command = { .arena = &arena };
        enum exit_code code;

        arena_init(&arena, MEMORY_MAX);
        code = run(&command, argc, argv);
        arena_release(&arena);
        return code;
}
