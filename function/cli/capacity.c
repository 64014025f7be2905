/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/flags.h"
#include "cli/capacity_by.h"
#include "cli/capacity_page.h"
#include "cli/capacity_pods.h"
#include "cli/capacity_report.h"
#include "cli/capacity_scattered.h"
#include "cli/capacity_table.h"
#include "cli/capacity_values.h"
#include "cli/compare.h"
#include "cli/files.h"
#include "cli/inspect.h"
#include "cli/outcome.h"
#include "cli/output.h"

/* A fleet of thousands of objects takes some hundred megabytes. */
#define MEMORY_MAX ((size_t)4 * 1024 * 1024 * 1024)

static const char usage[] =
        "usage: function-gpu-placement capacity FILE... [flags]\n"
        "\n"
        "Prints the GPU units of each environment by pool: how many there are, how many\n"
        "are used and how many are free, and what is wrong with a declaration. NODES are\n"
        "those that run, and behind \"..\" how many there may be at most, which TOTAL counts.\n"
        "\n"
        "  FILE  InferenceEnvironments and GPUReservations, as kubectl prints them; a folder\n"
        "        of such files, or \"-\" for the standard input:\n"
        "\n"
        "        kubectl get ienv,gpureservations,configmaps,compositions -A -o yaml |\n"
        "          function-gpu-placement capacity -\n"
        "\n"
        "        With Compositions among them, pools are counted as the step's input says;\n"
        "        a mig-parted file that it names is looked for among the ConfigMaps.\n"
        "\n"
        "  -i, --input FILE   take the input from this file instead: a Composition, or an\n"
        "                     object of kind Input\n"
        "      --by WORD      also who holds the units: deployment, namespace or model\n"
        "      --nodes FILE   count these Nodes as running, and say where pools and they\n"
        "                     differ: kubectl get nodes -o yaml\n"
        "      --pods FILE    say where pods and reservations differ, and draw slices on the\n"
        "                     nodes that their pods run on: kubectl get pods -A -o yaml\n"
        "  -o, --output FORM  json or yaml instead of a table; or html, the fleet as a page\n"
        "  -h, --help\n"
        "\n"
        "Exit code: 0 done, 2 usage or unreadable input.\n";

struct command {
        enum output_form form;
        bool page;         /* HTML */
        const char *input; /* a file; or NULL */
        const char *nodes; /* a file; or NULL */
        const char *pods;  /* a file; or NULL */
        enum capacity_by by;
        bool has_folder; /* among the files */
        struct objects objects;
        struct arena *arena;
        struct fault fault;
        struct findings found;
        struct inspection inspection;
};

/* ---- the command ----------------------------------------------------------------------------- */

static int read_arguments(struct command *c, int argc, char **argv, bool *ret_help) {
        static const struct option options[] = {
                { "input", required_argument, NULL, 'i' },
                { "by", required_argument, NULL, 'b' },
                { "nodes", required_argument, NULL, 'n' },
                { "pods", required_argument, NULL, 'p' },
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
                if (option == 'n' || option == 'p') {
                        *(option == 'n' ? &c->nodes : &c->pods) = optarg;
                        continue;
                }
                if (option == 'b' && capacity_by_word(optarg, &c->by, &c->fault) < 0)
                        return -EINVAL;
                if (option == 'b')
                        continue;
                c->page = option == 'o' && strcmp(optarg, "html") == 0;
                if (option == FLAGS_REFUSED ||
                    (!c->page && output_form(optarg, &c->form, &c->fault) < 0))
                        return -EINVAL;
        }
        if (optind == argc) {
                fault_set(&c->fault, "a FILE is needed; see capacity --help");
                return -EINVAL;
        }
        return 0;
}

/* The sentence about one that is no YAML names the file and the line. */
static int read_file(struct command *c, const char *file) {
        uint32_t line;
        struct fault fault;
        int r = placed_read(file, c->arena, &c->inspection.objects, &line, &fault);

        if (r == -EINVAL && line > 0)
                fault_set(&c->fault, "%s:%u: %s", strcmp(file, "-") == 0 ? "standard input" : file,
                          line, fault.message);
        else
                c->fault = fault;
        return r;
}

static int read_files(struct command *c, int argc, char **argv) {
        const struct placed_list *read = &c->inspection.objects;

        for (int i = optind; i < argc; i++) {
                const char **names = NULL;
                size_t n = 0;
                int r = files_names(argv[i], c->arena, &names, &n, &c->fault);

                for (size_t k = 0; r == 0 && k < n; k++)
                        r = read_file(c, names[k]);
                if (r < 0)
                        return r;
                c->has_folder |= files_is_folder(argv[i]);
        }
        c->objects.items = ARENA_ARRAY(c->arena, read->n + 1, struct value);
        if (!c->objects.items)
                return -ENOMEM;
        for (size_t i = 0; i < read->n; i++)
                c->objects.items[c->objects.n++] = read->items[i].value;
        return 0;
}

/* ---- what no pool says of itself --------------------------------------------------------------
 */

/* An environment that is given twice: the sentence names both places. */
static int refuse_twice(struct command *c) {
        struct findings twice = { .arena = c->arena };
        struct inspection in = c->inspection;

        in.found = &twice;
        if (inspect_twice(&in) < 0)
                return -ENOMEM;
        for (uint32_t i = 0; i < twice.n; i++) {
                if (!text_equal(twice.items[i].kind, TEXT("InferenceEnvironment")))
                        continue;
                fault_set(&c->fault, "%s:%u: InferenceEnvironment %.*s %.*s", twice.items[i].file,
                          twice.items[i].line, TEXT_ARG(twice.items[i].name),
                          TEXT_ARG(twice.items[i].message));
                return -EINVAL;
        }
        return 0;
}

static int inspect(struct command *c) {
        struct builder b;
        int r;

        c->found.arena = c->arena;
        c->inspection.arena = c->arena;
        c->inspection.found = &c->found;
        r = inspect_open(&c->inspection);
        if (r == 0)
                r = refuse_twice(c);
        if (r == 0)
                r = inspect_environments(&c->inspection);
        builder_init(&b, c->arena);
        if (r == 0)
                r = finding_print(&c->found, OUTPUT_TEXT, &b);
        if (r == 0)
                fprintf(stderr, "%.*s", TEXT_ARG(builder_done(&b)));
        return r;
}

static int observe(struct command *c, struct capacity *fleet, size_t n) {
        struct hosts hosts = { 0 };
        int r = hosts_read_nodes(c->nodes, c->arena, &hosts, &c->fault);

        return r < 0 ? r : capacity_observe(fleet, n, &hosts, c->arena);
}

/* What is skipped are most of the bytes of pods. */
static int place_pods(struct command *c, struct capacity *fleet, size_t n) {
        static const struct text skipped[] = { TEXT_INIT("managedFields"),
                                               TEXT_INIT("annotations"),
                                               TEXT_INIT("containers"),
                                               TEXT_INIT("initContainers"),
                                               TEXT_INIT("volumes"),
                                               TEXT_INIT("containerStatuses"),
                                               TEXT_INIT("initContainerStatuses") };
        struct objects objects = { 0 };
        int r = files_objects_without(c->pods, skipped, COUNT_OF(skipped), c->arena, &objects,
                                      &c->fault);

        return r < 0 ? r : capacity_pods_read(fleet, n, &objects, c->arena);
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
        struct capacity_holder *holders = NULL;
        struct node *by = NULL;
        struct value values;
        size_t n_holders = 0;
        int r = 0;

        if (c->page) {
                r = capacity_by_read(fleet, n, CAPACITY_BY_DEPLOYMENT, c->arena, &holders,
                                     &n_holders);
                return r < 0 ? r : capacity_page(fleet, n, holders, n_holders, c->arena, b);
        }
        if (c->by != CAPACITY_BY_POOL)
                r = capacity_by_read(fleet, n, c->by, c->arena, &holders, &n_holders);
        if (r == 0 && c->form == OUTPUT_TEXT) {
                r = capacity_table(fleet, n, output_width(), c->arena, b);
                if (r == 0)
                        r = capacity_scattered(fleet, n, c->arena, b);
                if (r == 0 && c->by != CAPACITY_BY_POOL)
                        r = capacity_by_table(holders, n_holders, c->by, output_width(), c->arena,
                                              b);
                return r;
        }
        if (c->by != CAPACITY_BY_POOL)
                by = capacity_by_node(holders, n_holders, c->by, c->arena);
        if (r == 0)
                r = capacity_values(fleet, n, by, c->arena, &values);
        return r < 0 ? r : output_value(values, c->form, b, c->arena);
}

static enum exit_code run(struct arena *arena, int argc, char **argv) {
        struct command command = { .arena = arena }, *c = &command;
        struct inputs inputs = { 0 };
        struct capacity *fleet = NULL;
        struct builder b;
        bool help = false;
        size_t n = 0;
        int r = read_arguments(c, argc, argv, &help);

        if (r < 0)
                return outcome_failed("capacity", r, &c->fault, c->arena);
        if (help) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        r = read_files(c, argc, argv);
        if (r == 0)
                r = inspect(c);
        if (r == 0)
                r = read_inputs(c, &inputs);
        if (r == 0)
                r = capacity_read(&c->objects, &inputs, c->arena, &fleet, &n, &c->fault);
        if (r == 0 && c->nodes)
                r = observe(c, fleet, n);
        if (r == 0 && c->pods)
                r = place_pods(c, fleet, n);
        if (r != 0)
                return outcome_failed("capacity", r, &c->fault, c->arena);
        if (n == 0 && c->found.n > 0) /* what was meant to be one is not */
                return EXIT_UNREADABLE;
        if (n == 0)
                fprintf(stderr, "capacity: there is no InferenceEnvironment in the input%s\n",
                        c->has_folder ? "; folders of a folder are not read" : "");
        builder_init(&b, c->arena);
        r = build(c, fleet, n, &b);
        return outcome_print("capacity", r, EXIT_DONE, &b, &c->fault);
}

int cli_capacity(int argc, char **argv) {
        return outcome_run(run, MEMORY_MAX, argc, argv);
}
