/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/render.h"

#include <errno.h>
#include <stdio.h>

#include "base/flags.h"
#include "base/printable.h"
#include "cli/explain.h"
#include "cli/explain_values.h"
#include "cli/files.h"
#include "cli/given.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "render/conditions.h"
#include "render/document.h"

/* A fleet of thousands of objects takes some hundred megabytes. */
#define MEMORY_MAX ((size_t)4 * 1024 * 1024 * 1024)

static const char usage[] =
        "usage: function-gpu-placement render XR COMPOSITION [FUNCTIONS] [flags]\n"
        "\n"
        "Runs the steps of a Composition that call this function, without a cluster, and\n"
        "prints the composite resource and what it would be composed of.\n"
        "\n"
        "  XR           a file with the composite resource\n"
        "  COMPOSITION  a file with its Composition\n"
        "  FUNCTIONS    a file or folder of Functions; without it every step is a call of\n"
        "               this one\n"
        "\n"
        "  -e, --required-resources FILE   objects that the cluster holds: a file or folder,\n"
        "      --extra-resources FILE      \"-\" for the standard input; may be repeated\n"
        "  -o, --observed-resources FILE   composed resources that exist, each with annotation\n"
        "                                  crossplane.io/composition-resource-name; or what\n"
        "                                  render itself has printed\n"
        "  -r, --include-function-results  print results\n"
        "  -x, --include-full-xr           print spec and metadata of the composite too\n"
        "  -c, --include-context           print the pipeline's context\n"
        "      --explain[=FORM]            instead of resources, print each pool with the reason\n"
        "                                  why it was taken or not; json or yaml: as values\n"
        "      --address HOST:PORT         call the function that listens there, insecurely\n"
        "  -h, --help\n"
        "\n"
        "Exit code: 0 done, 1 something could not be placed or a step failed, 2 usage or\n"
        "unreadable input.\n";

struct command {
        const char *composite, *composition, *functions, *address;
        struct document_options document;
        bool explain;
        enum output_form form; /* of the explanation */
        struct explanation explanation;
        struct pipeline_input in;
        struct arena *arena;
        struct fault fault;
};

static enum exit_code complain(const char *sentence) {
        fprintf(stderr, "render: %s\n", sentence);
        return EXIT_UNREADABLE;
}

/* What a server or the pipeline says, with neither usage nor a file at fault, is an answer too. */
static enum exit_code failed(struct command *c, int r) {
        enum exit_code code = outcome_failed("render", r, &c->fault, c->arena);

        return r == -EINVAL || r == -ENOMEM ? code : EXIT_REFUSED;
}

enum { OPTION_ADDRESS = 256, OPTION_EXPLAIN };

static int read_option(struct command *c, int option) {
        switch (option) {
        case 'e':
                return files_objects(optarg, c->arena, &c->in.required, &c->fault);
        case 'o':
                return files_objects(optarg, c->arena, &c->in.observed, &c->fault);
        case 'r':
                c->document.results = true;
                return 0;
        case 'x':
                c->document.full_composite = true;
                return 0;
        case 'c':
                c->document.context = true;
                return 0;
        case OPTION_EXPLAIN:
                c->explain = true;
                if (!optarg || output_form(optarg, &c->form, &c->fault) == 0)
                        return 0;
                fault_set(&c->fault, "--explain: \"%s\" is neither json nor yaml", optarg);
                return -EINVAL;
        case OPTION_ADDRESS:
                c->address = optarg;
                return 0;
        default: /* FLAGS_REFUSED */
                return -EINVAL;
        }
}

/* What a forgotten -e looks like. */
#define WITH_E "each file of objects that the cluster holds needs an -e before it"

static int read_arguments(struct command *c, int argc, char **argv, bool *ret_help) {
        static const struct option options[] = {
                { "required-resources", required_argument, NULL, 'e' },
                { "extra-resources", required_argument, NULL, 'e' },
                { "observed-resources", required_argument, NULL, 'o' },
                { "include-function-results", no_argument, NULL, 'r' },
                { "include-full-xr", no_argument, NULL, 'x' },
                { "include-context", no_argument, NULL, 'c' },
                { "address", required_argument, NULL, OPTION_ADDRESS },
                { "explain", optional_argument, NULL, OPTION_EXPLAIN },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        /* glibc: forget also where an earlier command line was left. */
        optind = 0;
        while ((option = flags_next(argc, argv, ":e:o:rxch", options, "render --help",
                                    &c->fault)) != FLAGS_END) {
                int rc;

                if (option == 'h') {
                        *ret_help = true;
                        return 0;
                }
                rc = read_option(c, option);
                if (rc < 0)
                        return rc;
        }
        if (argc - optind < 2) {
                fault_set(&c->fault, "XR and COMPOSITION are needed; see render --help");
                return -EINVAL;
        }
        if (argc - optind > 3) {
                fault_set(&c->fault, "%s: a fourth file; " WITH_E, argv[optind + 3]);
                return -EINVAL;
        }
        c->composite = argv[optind];
        c->composition = argv[optind + 1];
        c->functions = argc - optind == 3 ? argv[optind + 2] : NULL;
        return 0;
}

static int check_functions(struct command *c) {
        for (size_t i = 0; i < c->in.functions.n; i++) {
                struct text kind = value_get_text(c->in.functions.items[i], "kind");

                if (text_equal(kind, TEXT("Function")))
                        return 0;
        }
        fault_set(&c->fault, "%s holds no Function; " WITH_E, c->functions);
        return -EINVAL;
}

static int check_composition(struct command *c) {
        struct text kind = value_get_text(c->in.composition, "kind");

        if (text_equal(kind, TEXT("Composition")))
                return 0;
        fault_set(
                &c->fault,
                "%s holds kind \"%.*s\", not a Composition; the order is XR COMPOSITION FUNCTIONS",
                c->composition, TEXT_ARG(kind));
        return -EINVAL;
}

/* An object without a name cannot be found again by what is decided for it. */
static int check_names(struct command *c) {
        for (size_t i = 0; i < c->in.required.n; i++) {
                struct value object = c->in.required.items[i];
                struct text kind = value_get_text(object, "kind");

                if (!text_is_empty(value_text(value_at(object, "metadata.name"))))
                        continue;
                fault_set(&c->fault, "-e: %.*s without metadata.name: no cluster holds one",
                          TEXT_ARG(text_is_empty(kind) ? TEXT("an object") : kind));
                return -EINVAL;
        }
        return 0;
}

static bool is_composite(const struct command *c, struct value object) {
        static const char *const paths[] = { "apiVersion", "kind", "metadata.namespace",
                                             "metadata.name" };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                if (!text_equal(value_text(value_at(object, paths[i])),
                                value_text(value_at(c->in.composite, paths[i]))))
                        return false;
        }
        return true;
}

/*
 * What render has printed, given back with -o: the composite itself is no composed resource, and
 * what was composed is in the cluster now, its reservations in the ledger.
 */
static int take_printed(struct command *c) {
        struct objects *observed = &c->in.observed, all;
        size_t n = 0, n_printed = observed->n;

        for (size_t i = 0; i < n_printed; i++) {
                if (!is_composite(c, observed->items[i]))
                        observed->items[n++] = observed->items[i];
        }
        observed->n = n;
        if (n == n_printed)
                return 0;
        all.items = ARENA_ARRAY(c->arena, n + c->in.required.n, struct value);
        if (!all.items)
                return -ENOMEM;
        for (all.n = 0; all.n < n; all.n++) /* what is given with -e comes later, and wins */
                all.items[all.n] = observed->items[all.n];
        for (size_t i = 0; i < c->in.required.n; i++)
                all.items[all.n++] = c->in.required.items[i];
        c->in.required = all;
        return 0;
}

static int read_inputs(struct command *c) {
        int r = files_object(c->composite, c->arena, &c->in.composite, &c->fault);

        if (r == 0)
                r = files_object(c->composition, c->arena, &c->in.composition, &c->fault);
        if (r == 0)
                r = check_composition(c);
        if (r == 0)
                r = check_names(c);
        if (r == 0)
                r = take_printed(c);
        if (r < 0 || !c->functions)
                return r;
        c->in.has_functions = true;
        r = files_objects(c->functions, c->arena, &c->in.functions, &c->fault);
        return r < 0 ? r : check_functions(c);
}

static void warn(struct command *c, struct text sentence) {
        fprintf(stderr, "render: warning: %.*s\n", TEXT_ARG(printable_text(sentence, c->arena)));
}

static int warn_of_given(struct command *c) {
        struct text *sentences;
        size_t n;
        int r = given_check(c->in.composite, &c->in.required, !c->explain, c->arena, &sentences,
                            &n);

        for (size_t i = 0; r == 0 && i < n; i++)
                warn(c, sentences[i]);
        return r;
}

static enum exit_code print(struct command *c, const struct pipeline_output *out) {
        const struct condition *scheduled = conditions_find(out, TEXT("Scheduled"));
        bool is_refused = scheduled && scheduled->status != CONDITION_TRUE;
        struct builder b;
        struct text stream;
        int r;

        for (size_t i = 0; i < out->n_skipped; i++)
                warn(c, out->skipped[i]);
        if (is_refused && c->in.required.n == 0)
                warn(c, TEXT("nothing was given with -e: the cluster is taken to be empty"));
        if (out->fatal.len) {
                fprintf(stderr, "render: %.*s\n", TEXT_ARG(printable_text(out->fatal, c->arena)));
                return EXIT_REFUSED;
        }
        builder_init(&b, c->arena);
        if (c->explain && c->form != OUTPUT_TEXT)
                r = explain_values(&c->explanation, out, c->form, c->arena, &b);
        else if (c->explain)
                r = explain_write(&c->explanation, out, output_wants_colours(), c->arena, &b);
        else
                r = document_write(&c->in, out, c->document, &b, c->arena);
        if (r < 0)
                return failed(c, r);
        stream = builder_done(&b);
        if (!output_print("render", stream))
                return EXIT_UNREADABLE;
        return is_refused ? EXIT_REFUSED : EXIT_DONE;
}

static enum exit_code run(struct command *c, int argc, char **argv,
                          const struct cli_transport *remote) {
        const struct cli_transport here = pipeline_explaining(&c->explanation);
        const struct cli_transport *transport = &pipeline_in_process;
        struct pipeline_output out = { 0 };
        bool help = false;
        int r;

        r = read_arguments(c, argc, argv, &help);
        if (r < 0)
                return failed(c, r);
        if (help) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        if (c->address && !remote)
                return complain("--address: this program cannot call other servers");
        if (c->address && c->explain)
                return complain("--explain: a server's answer does not carry it; leave out "
                                "--address");
        if (c->explain)
                transport = &here;
        if (c->address)
                transport = remote;
        r = read_inputs(c);
        if (r == 0)
                r = warn_of_given(c);
        if (r == 0)
                r = pipeline_run(&c->in, transport, c->address, c->arena, &out, &c->fault);
        return r < 0 ? failed(c, r) : print(c, &out);
}

int cli_render(int argc, char **argv, const struct cli_transport *remote) {
        struct arena arena;
        struct command command = { .arena = &arena };
        enum exit_code code;

        arena_init(&arena, MEMORY_MAX);
        code = run(&command, argc, argv, remote);
        arena_release(&arena);
        return (int)code;
}
