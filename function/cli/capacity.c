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
#include "inventory/inventory.h"
#include "place/names.h"
#include "place/resource.h"

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

/* ---- the fleet ---------------------------------------------------------------------------------
 */

/* A reservation, and the environment that it says it is of. */
struct claim {
        struct text environment;
        size_t position; /* in the input; equal ones stay in its order */
        struct resource config_map;
};

static int compare_claims(const void *a, const void *b) {
        const struct claim *left = a, *right = b;
        int order = text_compare(left->environment, right->environment);

        if (order == 0)
                order = left->position < right->position ? -1 : 1;
        return order;
}

static bool is_kind(struct value object, struct text kind) {
        return text_equal(value_text(value_get(object, TEXT("kind"))), kind);
}

static bool is_reservation(struct value object) {
        struct value label = value_get(value_at(object, "metadata.labels"), TEXT(LABEL_LEDGER));

        return is_kind(object, TEXT("ConfigMap")) &&
               text_equal(value_text(label), TEXT(LEDGER_RESERVATION));
}

static int find_claims(const struct objects *objects, struct arena *arena, struct claim **ret,
                       size_t *ret_n) {
        struct claim *claims = ARENA_ARRAY(arena, objects->n, struct claim);
        size_t n = 0;

        if (!claims)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (is_reservation(object))
                        claims[n++] = (struct claim) {
                                .environment = value_text(value_at(object, "data.environment")),
                                .position = i,
                                .config_map.object = object,
                        };
        }
        if (n > 1)
                qsort(claims, n, sizeof(*claims), compare_claims);
        *ret = claims;
        *ret_n = n;
        return 0;
}

static struct text name_of(struct value object) {
        return value_text(value_at(object, "metadata.name"));
}

static int compare_names(const void *a, const void *b) {
        return text_compare(name_of(*(const struct value *)a), name_of(*(const struct value *)b));
}

static int find_environments(const struct objects *objects, struct arena *arena, struct value **ret,
                             size_t *ret_n) {
        struct value *environments = ARENA_ARRAY(arena, objects->n, struct value);
        size_t n = 0;

        if (!environments)
                return -ENOMEM;
        for (size_t i = 0; i < objects->n; i++) {
                if (is_kind(objects->items[i], TEXT("InferenceEnvironment")))
                        environments[n++] = objects->items[i];
        }
        if (n > 1)
                qsort(environments, n, sizeof(*environments), compare_names);
        *ret = environments;
        *ret_n = n;
        return 0;
}

/* The claims of one environment, which stand together. */
static int read_environment(struct value object, const struct claim *claims, size_t n_claims,
                            const struct settings *settings, struct arena *arena,
                            struct capacity *ret) {
        struct text version = value_text(value_get(object, TEXT("apiVersion")));
        struct text group = text_slice(version, 0, text_index(version, '/'));
        const struct claim key = { .environment = name_of(object) };
        size_t low = 0, high = n_claims, n = 0;
        struct resource *config_maps;
        int err;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (text_compare(claims[middle].environment, key.environment) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        while (low + n < n_claims && text_equal(claims[low + n].environment, key.environment))
                n++;
        config_maps = ARENA_ARRAY(arena, n, struct resource);
        if (!config_maps)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                config_maps[i] = claims[low + i].config_map;
        err = environment_read(object, settings, arena, &ret->environment);
        if (err == 0)
                err = resource_resolve(&ret->environment, arena);
        if (err == 0)
                err = used_count(&ret->environment, config_maps, n, group, arena, &ret->used);
        if (err < 0)
                return err;
        ret->condition = inventory_condition(&ret->environment, &ret->used, arena);
        return arena_failed(arena) ? -ENOMEM : 0;
}

static int read_fleet(struct command *c, struct capacity **ret, size_t *ret_n) {
        struct settings settings;
        struct value *environments = NULL;
        struct claim *claims = NULL;
        size_t n = 0, n_claims = 0;
        int err = settings_read((struct value) { 0 }, c->arena, &settings, &c->fault);

        if (err == 0)
                err = find_environments(&c->objects, c->arena, &environments, &n);
        if (err == 0)
                err = find_claims(&c->objects, c->arena, &claims, &n_claims);
        if (err < 0)
                return err;
        *ret = ARENA_ARRAY(c->arena, n, struct capacity);
        if (!*ret)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (i > 0 && compare_names(&environments[i - 1], &environments[i]) == 0) {
                        fault_set(&c->fault, "InferenceEnvironment %.*s is there twice",
                                  TEXT_ARG(name_of(environments[i])));
                        return -EINVAL;
                }
                err = read_environment(environments[i], claims, n_claims, &settings, c->arena,
                                       &(*ret)[i]);
                if (err < 0)
                        return err;
        }
        *ret_n = n;
        return 0;
}

/* ---- the command -------------------------------------------------------------------------------
 */

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
                {"output", required_argument, NULL, 'o' },
                { "help",    no_argument, NULL, 'h' },
                { 0      },
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
        rc = read_fleet(c, &fleet, &n);
        if (rc < 0)
                return failed(c, rc);
        if (n == 0)
                fputs("capacity: there is no InferenceEnvironment in the input\n", stderr);
        builder_init(&b, c->arena);
        rc = build(c, fleet, n, &b);
        out = builder_done(&b);
        if (rc < 0 || arena_failed(c->arena))
                return failed(c, -ENOMEM);
        if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0) {
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
