/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/flags.h"
#include "cli/draw.h"
#include "cli/layout_check.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "cli/table.h"
#include "wire/node.h"

/* The catalogue in all its forms takes less than one. */
enum { MEMORY_MAX = 16 * 1024 * 1024 };

static const char usage[] =
        "usage: function-gpu-placement mig [GPU] [flags]\n"
        "       function-gpu-placement mig check GPU LAYOUT [flags]\n"
        "\n"
        "Prints what makers document about their GPUs: memory, precisions and, where a GPU\n"
        "has MIG, its profiles; or whether a layout fits one GPU.\n"
        "\n"
        "  GPU     a name of the catalogue or any other that it has: a cloud's name for it, a\n"
        "          label of GPU feature discovery, a PCI id, a machine type. Without it: all\n"
        "          GPUs\n"
        "  LAYOUT  profile[:count] joined by commas, such as 3g.40gb,1g.10gb:4\n"
        "\n"
        "  -o, --output FORM  json or yaml instead of text\n"
        "  -h, --help\n"
        "\n"
        "Colour only on a terminal, and not when NO_COLOR is set or TERM is dumb; red is what is\n"
        "wrong.\n"
        "\n"
        "Exit code: 0 done or fits, 1 does not fit, 2 unknown GPU or unreadable.\n";

struct command {
        enum output_form form;
        bool help, check;
        struct text gpu, layout; /* gpu is empty for all of them */
        struct arena *arena;
        struct fault fault;
};

/* ---- values ---------------------------------------------------------------------------------- */

static struct text basis_word(enum gpu_basis basis) {
        switch (basis) {
        case GPU_LISTED:
                return TEXT("Listed");
        case GPU_PUBLISHED:
                return TEXT("Published");
        case GPU_ASSUMED:
                return TEXT("Assumed");
        case GPU_GUESSED:
                return TEXT("Unpublished");
        case GPU_WITHOUT_MIG:
                return TEXT("NoMIG");
        case GPU_UNDOCUMENTED:
                break;
        }
        return TEXT("Undocumented");
}

static void add_texts(struct node *map, const char *key, const struct text *texts, size_t n) {
        struct node *list = node_add_list(map, key);

        for (size_t i = 0; i < n; i++)
                node_append_string(list, texts[i]);
}

static void add_profile(struct node *list, const struct gpu_profile *profile, struct arena *arena) {
        struct node *entry = node_append_map(list), *starts;

        node_set_string(entry, "name", profile->name);
        node_set_integer(entry, "computeSlices", profile->compute_slices);
        node_set_integer(entry, "memorySlices", profile->memory_slices);
        node_set_integer(entry, "perGpu", profile->max_instances);
        if (profile->memory_mib > 0)
                node_set_integer(entry, "memoryMiB", profile->memory_mib);
        if (profile->former.len)
                node_set_string(entry, "formerly", profile->former);
        starts = node_add_list(entry, "starts");
        for (size_t i = 0; i < profile->n_placements; i++)
                node_append(starts, node_integer(arena, profile->placements[i]));
}

static void add_product(struct node *list, const struct gpu_product *product, struct arena *arena) {
        struct node *entry = node_append_map(list), *profiles;

        node_set_string(entry, "name", product->name);
        node_set_integer(entry, "computeSlices", product->compute_slices);
        node_set_integer(entry, "memorySlices", product->memory_slices);
        if (product->memory_gib > 0)
                node_set_integer(entry, "memoryGiB", product->memory_gib);
        if (product->reported_mib > 0)
                node_set_integer(entry, "reportedMiB", product->reported_mib);
        node_set_string(entry, "basis", basis_word(product->basis));
        add_texts(entry, "aliases", product->aliases, product->n_aliases);
        add_texts(entry, "pciIds", product->pci_ids, product->n_pci_ids);
        node_set_string(entry, "maker", product->generation->maker);
        node_set_string(entry, "resource", product->generation->resource);
        add_texts(entry, "precisions", product->generation->precisions,
                  product->generation->n_precisions);
        profiles = node_add_list(entry, "profiles");
        for (size_t i = 0; i < product->n_profiles; i++)
                add_profile(profiles, &product->profiles[i], arena);
}

static struct node *verdict_values(const struct verdict *v, struct arena *arena) {
        struct node *root = node_map(arena), *layout, *slices;

        node_set_string(root, "gpu", v->product->name);
        node_set_bool(root, "fits", v->fits);
        node_set_string(root, "basis", basis_word(v->product->basis));
        if (!v->fits)
                node_set_string(root, "reason", v->reason);
        if (v->lacks)
                return root;
        layout = node_add_map(root, "layout");
        for (size_t i = 0; i < v->product->n_profiles; i++) {
                if (v->counts[i] > 0)
                        node_set(layout, v->product->profiles[i].name,
                                 node_integer(arena, v->counts[i]));
        }
        if (!v->fits)
                return root;
        slices = node_add_list(root, "slices");
        for (size_t i = 0; i < v->layout.n_slices; i++) {
                struct node *slice = node_append_map(slices);

                node_set_string(slice, "profile", v->layout.slices[i].profile->name);
                node_set_integer(slice, "start", v->layout.slices[i].start);
                node_set_integer(slice, "size", v->layout.slices[i].profile->memory_slices);
        }
        return root;
}

static int write_values(struct command *c, const struct node *root, struct builder *b) {
        struct text bytes;
        int r = node_encode(root, c->arena, &bytes);

        return r < 0 ? r : output_value(value_of_struct(bytes), c->form, b, c->arena);
}

/* ---- mig [GPU] ------------------------------------------------------------------------------- */

static int list_all(struct command *c, struct builder *b) {
        struct node *root = node_map(c->arena), *list = node_add_list(root, "gpus");

        if (c->form == OUTPUT_TEXT) {
                draw_products(b);
                return 0;
        }
        for (size_t i = 0; catalog_product(i); i++)
                add_product(list, catalog_product(i), c->arena);
        return write_values(c, root, b);
}

static int list_some(struct command *c, struct builder *b) {
        struct node *root = node_map(c->arena), *list = node_add_list(root, "gpus");
        const struct gpu_product *products[VERDICT_PRODUCTS_MAX];
        size_t n;
        int r = layout_check_products(c->gpu, products, &n, &c->fault);

        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++) {
                if (c->form != OUTPUT_TEXT) {
                        add_product(list, products[i], c->arena);
                        continue;
                }
                if (i > 0)
                        builder_char(b, '\n');
                draw_product(products[i], b);
        }
        return c->form == OUTPUT_TEXT ? 0 : write_values(c, root, b);
}

/* ---- mig check ------------------------------------------------------------------------------- */

/* "7 of 7 compute and 8 of 8 memory slices are used." */
static void tell_use(const struct verdict *v, struct builder *b) {
        int compute = 0, memory = 0;

        for (size_t i = 0; i < v->layout.n_slices; i++) {
                compute += v->layout.slices[i].profile->compute_slices;
                memory += v->layout.slices[i].profile->memory_slices;
        }
        builder_text(b,
                     text_format(b->arena,
                                 "%d of %d compute and %d of %d memory slices are used.\n", compute,
                                 v->product->compute_slices, memory, v->product->memory_slices));
}

/* The part of it that fits, and what is left without a place. */
static void draw_reach(const struct verdict *v, struct draw_style style, struct builder *b) {
        int64_t placed[LAYOUT_KINDS_MAX], left[LAYOUT_KINDS_MAX];
        struct builder sentence;
        struct layout layout;

        layout_reach(v->product, v->counts, &layout, placed);
        for (size_t i = 0; i < LAYOUT_KINDS_MAX; i++)
                left[i] = v->counts[i] - placed[i];
        draw_layout(v->product, &layout, style, b);
        builder_init(&sentence, b->arena);
        builder_string(&sentence, "No place for ");
        draw_counts(v->product, left, &sentence);
        builder_char(&sentence, '.');
        draw_wrong(builder_done(&sentence), style, b);
        builder_char(b, '\n');
}

static void draw_verdict(struct command *c, const struct verdict *v, struct draw_style style,
                         struct builder *b) {
        struct builder sentence;

        builder_init(&sentence, c->arena);
        if (!v->lacks) {
                builder_text(&sentence, v->product->name);
                builder_string(&sentence, v->fits ? " holds " : " does not hold ");
                draw_counts(v->product, v->counts, &sentence);
                if (!v->fits)
                        builder_string(&sentence, ": ");
        }
        builder_text(&sentence, v->reason);
        if (v->fits)
                table_wrapped("", "  ", builder_done(&sentence), b);
        else
                draw_wrong(builder_done(&sentence), style, b);
        if (!v->lacks)
                builder_char(b, '\n');
        if (v->fits) {
                draw_layout(v->product, &v->layout, style, b);
                tell_use(v, b);
        } else if (!v->lacks) {
                draw_reach(v, style, b);
                draw_profiles(v->product, v->counts, b);
        }
        if (!v->lacks && v->product->basis != GPU_LISTED)
                table_wrapped("", "  ", draw_basis(v->product->basis), b);
        if (v->others.len)
                table_wrapped("", "  ",
                              text_format(c->arena, "%.*s may mean %.*s too.", TEXT_ARG(c->gpu),
                                          TEXT_ARG(v->others)),
                              b);
}

static int check(struct command *c, struct builder *b, enum exit_code *ret) {
        struct verdict v = { 0 };
        int r = layout_check_reach(c->gpu, c->layout, c->arena, &v, &c->fault);

        if (r < 0)
                return r;
        *ret = v.fits ? EXIT_DONE : EXIT_REFUSED;
        if (c->form != OUTPUT_TEXT)
                return write_values(c, verdict_values(&v, c->arena), b);
        draw_verdict(c, &v,
                     (struct draw_style) { .colours = output_wants_colours(),
                                           .columns = output_width() },
                     b);
        return 0;
}

/* ---- the command line ------------------------------------------------------------------------ */

static bool is_gpu(const char *word) {
        const struct gpu_product *product;

        return catalog_find(text_from(word), &product, 1) > 0;
}

/* Of two words or more the first is not "check". */
static int refuse_words(struct command *c, char **words) {
        if (!is_gpu(words[0]))
                fault_set(&c->fault,
                          "\"%s\" is neither \"check\" nor a GPU that is known; see mig --help",
                          words[0]);
        else if (!is_gpu(words[1]))
                fault_set(&c->fault, "is \"mig check %s %s\" meant? see mig --help", words[0],
                          words[1]);
        else
                fault_set(&c->fault, "one GPU at a time; see mig --help");
        return -EINVAL;
}

static int read_positions(struct command *c, int n, char **words) {
        c->check = n > 0 && strcmp(words[0], "check") == 0;
        if (c->check && n > 3) {
                fault_set(&c->fault, "%s: a LAYOUT is one word, its profiles joined by commas",
                          words[3]);
                return -EINVAL;
        }
        if (c->check && n < 3) {
                fault_set(&c->fault, "check needs GPU and LAYOUT; see mig --help");
                return -EINVAL;
        }
        if (!c->check && n > 1)
                return refuse_words(c, words);
        if (c->check) {
                c->gpu = text_from(words[1]);
                c->layout = text_from(words[2]);
        } else if (n == 1) {
                c->gpu = text_from(words[0]);
        }
        return 0;
}

static int read_arguments(struct command *c, int argc, char **argv) {
        static const struct option options[] = {
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        /* glibc: forget also where an earlier command line was left. */
        optind = 0;
        while ((option = flags_next(argc, argv, ":o:h", options, "mig --help", &c->fault)) !=
               FLAGS_END) {
                if (option == 'h') {
                        c->help = true;
                        return 0;
                }
                if (option == FLAGS_REFUSED || output_form(optarg, &c->form, &c->fault) < 0)
                        return -EINVAL;
        }
        return read_positions(c, argc - optind, argv + optind);
}

static enum exit_code run(struct arena *arena, int argc, char **argv) {
        struct command command = { .arena = arena }, *c = &command;
        enum exit_code code = EXIT_DONE;
        struct builder b;
        int r = read_arguments(c, argc, argv);

        builder_init(&b, c->arena);
        if (r == 0 && c->help)
                builder_string(&b, usage);
        else if (r == 0 && c->check)
                r = check(c, &b, &code);
        else if (r == 0)
                r = c->gpu.data ? list_some(c, &b) : list_all(c, &b);
        return outcome_print("mig", r, code, &b, &c->fault);
}

int cli_mig(int argc, char **argv) {
        return outcome_run(run, MEMORY_MAX, argc, argv);
}
