/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan.h"

#include <errno.h>
#include <stdio.h>

#include "base/flags.h"
#include "cli/files.h"
#include "cli/layout_check.h"
#include "cli/outcome.h"
#include "cli/plan_internal.h"
#include "fleet/migparted.h"

#define MEMORY_MAX ((size_t)1024 * 1024 * 1024)

static const char usage[] =
        "usage: function-gpu-placement plan --gpu GPU [--gpus N] (--want LIST | -e FILE)... "
        "[flags]\n"
        "\n"
        "Says which layouts to cut GPUs into: the fewest GPUs that hold all that is wanted,\n"
        "of those plans one that cuts the fewest GPUs anew, and of those one that strands\n"
        "the least memory.\n"
        "\n"
        "  --gpu GPU          which one, as \"mig\" knows it\n"
        "  --gpus N           how many there are; without it as many as are needed\n"
        "  --gpus-per-node N  how many a node has: -o mig-parted and -o yaml are then by node\n"
        "  --want LIST        memory[:count] or profile[:count] joined by commas, such as\n"
        "                     40Gi:3,10Gi:5,1g.10gb+me. Where room is short the first go first.\n"
        "                     Memory is what the name of a profile says\n"
        "  -e FILE            the ModelDeployments of a file or a folder, with their models\n"
        "  --uniform          slices of one GPU are all alike (GKE, strategy single)\n"
        "  --from FILE        how the GPUs are cut today: an InferenceEnvironment, with the\n"
        "                     Composition and ConfigMap that its configurations need beside\n"
        "                     it, or a mig-parted file\n"
        "  --config NAME      which configuration of the mig-parted file\n"
        "  -o, --output FORM  json; mig-parted for the GPU Operator; or yaml, the pools to "
        "declare\n"
        "  -h, --help\n"
        "\n"
        "Exit code: 0 all fits, 1 something does not, 2 usage or unreadable input.\n";

enum { FLAG_GPU = 1000, FLAG_GPUS, FLAG_PER_NODE, FLAG_WANT, FLAG_UNIFORM, FLAG_FROM, FLAG_CONFIG };

struct command {
        enum plan_form form;
        bool help, uniform;
        const char *gpu, *from, *config;
        int64_t gpus, per_node; /* 0: not written */
        struct objects objects;
        struct plan_wants *wants;
        struct plan_today *today;
        const struct gpu_product *product;
        struct arena *arena;
        struct fault fault;
};

/* ---- the command line ------------------------------------------------------------------------ */

static int read_form(struct command *c, const char *word) {
        static const char *const words[] = { "", "json", "yaml", "mig-parted" };

        for (size_t i = 1; i < sizeof(words) / sizeof(words[0]); i++) {
                if (strcmp(word, words[i]) == 0) {
                        c->form = (enum plan_form)i;
                        return 0;
                }
        }
        fault_set(&c->fault, "--output: \"%s\" is none of json, yaml and mig-parted", word);
        return -EINVAL;
}

static int read_gpus(struct command *c, const char *flag, int64_t max, int64_t *ret) {
        uint64_t number;

        if (!text_to_u64(text_from(optarg), &number) || number < 1 || number > (uint64_t)max) {
                fault_set(&c->fault, "%s: \"%s\" is not a number within 1 and %lld", flag, optarg,
                          (long long)max);
                return -EINVAL;
        }
        *ret = (int64_t)number;
        return 0;
}

static int take_flag(struct command *c, int flag) {
        switch (flag) {
        case 'h':
                c->help = true;
                return 0;
        case 'o':
                return read_form(c, optarg);
        case 'e':
                return files_objects(optarg, c->arena, &c->objects, &c->fault);
        case FLAG_GPU:
                c->gpu = optarg;
                return 0;
        case FLAG_GPUS:
                return read_gpus(c, "--gpus", CUT_GPUS_MAX, &c->gpus);
        case FLAG_PER_NODE:
                return read_gpus(c, "--gpus-per-node", MIGPARTED_DEVICES_MAX, &c->per_node);
        case FLAG_WANT:
                return plan_read_list(text_from(optarg), c->wants, &c->fault);
        case FLAG_UNIFORM:
                c->uniform = true;
                return 0;
        case FLAG_FROM:
                c->from = optarg;
                return 0;
        case FLAG_CONFIG:
                c->config = optarg;
                return 0;
        default:
                return -EINVAL;
        }
}

static int read_arguments(struct command *c, int argc, char **argv) {
        static const struct option options[] = {
                { "gpu", required_argument, NULL, FLAG_GPU },
                { "gpus", required_argument, NULL, FLAG_GPUS },
                { "want", required_argument, NULL, FLAG_WANT },
                { "uniform", no_argument, NULL, FLAG_UNIFORM },
                { "gpus-per-node", required_argument, NULL, FLAG_PER_NODE },
                { "from", required_argument, NULL, FLAG_FROM },
                { "config", required_argument, NULL, FLAG_CONFIG },
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        /* glibc: forget also where an earlier command line was left. */
        optind = 0;
        while ((option = flags_next(argc, argv, ":e:o:h", options, "plan --help", &c->fault)) !=
               FLAGS_END) {
                int r = take_flag(c, option);

                if (r < 0 || c->help)
                        return r;
        }
        if (optind < argc)
                fault_set(&c->fault, "%s: plan takes flags only; see plan --help", argv[optind]);
        else if (!c->gpu)
                fault_set(&c->fault, "--gpu is needed; see plan --help");
        else if (c->wants->n == 0 && c->objects.n == 0)
                fault_set(&c->fault, "--want or -e is needed; see plan --help");
        else
                return 0;
        return -EINVAL;
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Of several products the first that has a slice for each want of --want; else the first. */
static int choose_product(struct command *c) {
        const struct gpu_product *products[VERDICT_PRODUCTS_MAX];
        size_t n;
        int r = layout_check_products(text_from(c->gpu), products, &n, &c->fault);

        if (r < 0)
                return r;
        c->product = products[0];
        for (size_t i = 0; i < n; i++) {
                size_t k = 0;

                while (k < c->wants->n && cut_holds(products[i], &c->wants->items[k]))
                        k++;
                if (k == c->wants->n && products[i]->n_profiles > 0) {
                        c->product = products[i];
                        break;
                }
        }
        if (c->product->n_profiles > 0)
                return 0;
        fault_set(&c->fault, "no MIG profile of %.*s is known: it cannot be cut",
                  TEXT_ARG(c->product->name));
        return -EINVAL;
}

static int read_input(struct command *c) {
        int r = choose_product(c);

        if (r == 0)
                r = plan_read_deployments(&c->objects, c->product, c->arena, c->wants, &c->fault);
        if (r == 0 && c->wants->n == 0) {
                fault_set(&c->fault, "there is no ModelDeployment in the input");
                return -EINVAL;
        }
        if (r == 0 && c->from)
                r = plan_read_today(&(struct plan_source) { c->from, c->config, c->product, c->gpus,
                                                            c->per_node },
                                    c->arena, c->today, &c->fault);
        return r;
}

static int answer(struct command *c, struct builder *b, enum exit_code *ret) {
        struct cut_task task = {
                .product = c->product,
                .wants = c->wants->items,
                .n_wants = c->wants->n,
                .gpus = c->gpus   ? c->gpus
                        : c->from ? c->today->gpus
                                  : CUT_GPUS_MAX,
                .uniform = c->uniform,
                .today = c->today->items,
                .n_today = c->today->n,
        };
        struct cut_plan plan;
        struct plan_answer a = {
                .task = &task,
                .plan = &plan,
                .wants = c->wants,
                .today = c->today,
                .has_today = c->from != NULL,
                .per_node = c->per_node,
                .style = { .colours = output_wants_colours(), .columns = output_width() },
                .arena = c->arena,
        };
        int r = cut_plan(&task, c->arena, &plan);

        if (r == -ERANGE) {
                fault_set(&c->fault, "this is too large to be planned exactly");
                return -EINVAL;
        }
        if (r < 0)
                return r;
        if (c->form == PLAN_MIG_PARTED && c->per_node == 0 && plan.gpus > MIGPARTED_DEVICES_MAX) {
                fault_set(&c->fault,
                          "%lld GPUs are more than a node has: say --gpus-per-node with at most %d",
                          (long long)plan.gpus, MIGPARTED_DEVICES_MAX);
                return -EINVAL;
        }
        *ret = plan_is_complete(&a) ? EXIT_DONE : EXIT_REFUSED;
        return plan_write(&a, c->form, b);
}

static enum exit_code run(struct arena *arena, int argc, char **argv) {
        struct command command = { .arena = arena }, *c = &command;
        enum exit_code code = EXIT_DONE;
        struct builder b;
        int r;

        c->wants = ARENA_NEW(c->arena, struct plan_wants);
        c->today = ARENA_NEW(c->arena, struct plan_today);
        r = c->wants && c->today ? read_arguments(c, argc, argv) : -ENOMEM;
        builder_init(&b, c->arena);
        if (r == 0 && c->help)
                builder_string(&b, usage);
        else if (r == 0)
                r = read_input(c);
        if (r == 0 && !c->help)
                r = answer(c, &b, &code);
        return outcome_print("plan", r, code, &b, &c->fault);
}

int cli_plan(int argc, char **argv) {
        return outcome_run(run, MEMORY_MAX, argc, argv);
}
