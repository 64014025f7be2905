/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/model.h"

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/count.h"
#include "base/flags.h"
#include "base/quantity.h"
#include "cli/files.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "cli/table.h"
#include "fleet/sizing.h"
#include "wire/node.h"

/* The index of a large model names a hundred thousand tensors. */
#define MEMORY_MAX ((size_t)1024 * 1024 * 1024)

#define GIB (INT64_C(1) << 30)

static const char usage[] =
        "usage: function-gpu-placement model CONFIG... [flags]\n"
        "\n"
        "Says how much memory a model takes: weights, KV cache, overhead, what one unit must\n"
        "have for each tensor parallelism, and the smallest MIG slice and GPU that hold it.\n"
        "\n"
        "  CONFIG  a model's config.json and, where there is one, its\n"
        "          model.safetensors.index.json, whose total_size is then the weights; or the\n"
        "          folder with them\n"
        "\n"
        "  --context N        tokens of a sequence (the smaller of 32768 and the model's)\n"
        "  --concurrency N    sequences at once (16)\n"
        "  --precision P      weights as fp32, bf16, fp16, fp8, int8, int4 (also awq, gptq),\n"
        "                     nvfp4 or mxfp4 instead of as they are stored\n"
        "  --like TYPE        count it as this model_type: for a model that is built like a known\n"
        "                     one under another name\n"
        "  --repo NAME        on the Hugging Face hub, for -o yaml: org/name\n"
        "  -o, --output FORM  json; or yaml, the whole ClusterModel\n"
        "  -h, --help\n"
        "\n"
        "Exit code: 0 done, 1 no GPU holds it, 2 usage or unreadable input.\n";

enum { FLAG_CONTEXT = 1000, FLAG_CONCURRENCY, FLAG_PRECISION, FLAG_REPO, FLAG_LIKE };
enum { CONTEXT_MAX = 100 * 1000 * 1000, CONCURRENCY_MAX = 100 * 1000 };

struct command {
        enum output_form form;
        bool help;
        const char *repo, *like;
        struct value config;
        struct architecture architecture;
        struct sizing_task task;
        struct sizing sizing;
        struct arena *arena;
        struct fault fault;
};

/* ---- input ----------------------------------------------------------------------------------- */

static int read_object(struct command *c, struct value object, const char *path) {
        struct value size = value_at(object, "metadata.total_size");

        if (value_get(object, TEXT("weight_map")).kind != VALUE_ABSENT) {
                if (value_is_integer(size, &c->task.stored_bytes) && c->task.stored_bytes > 0)
                        return 0;
                fault_set(&c->fault, "%s: metadata.total_size is required", path);
                return -EINVAL;
        }
        if (c->config.kind != VALUE_ABSENT) {
                fault_set(&c->fault, "%s is a second config.json", path);
                return -EINVAL;
        }
        c->config = object;
        return 0;
}

static int read_file(struct command *c, const char *path) {
        struct value object;
        int r = files_object(path, c->arena, &object, &c->fault);

        return r < 0 ? r : read_object(c, object, path);
}

/* Of a folder the two files that count; others there (tokenizer.json) are large. */
static int read_folder(struct command *c, const char *path) {
        static const char *const names[] = { "config.json", "model.safetensors.index.json" };

        for (size_t i = 0; i < COUNT_OF(names); i++) {
                struct text file = text_format(c->arena, "%s/%s%c", path, names[i], 0);
                FILE *there;
                int r;

                if (file.len == 0)
                        return -ENOMEM;
                there = i > 0 ? fopen(file.data, "rbe") : NULL;
                if (i > 0 && !there)
                        continue;
                if (there)
                        fclose(there);
                r = read_file(c, file.data);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_number(struct command *c, const char *name, int64_t max, int64_t *ret) {
        uint64_t n;

        if (!text_to_u64(text_from(optarg), &n) || n < 1 || n > (uint64_t)max) {
                fault_set(&c->fault, "%s: \"%s\" is not a number within 1 and %lld", name, optarg,
                          (long long)max);
                return -EINVAL;
        }
        *ret = (int64_t)n;
        return 0;
}

static int take_flag(struct command *c, int flag) {
        switch (flag) {
        case 'h':
                c->help = true;
                return 0;
        case 'o':
                return output_form(optarg, &c->form, &c->fault);
        case FLAG_CONTEXT:
                return read_number(c, "--context", CONTEXT_MAX, &c->task.context);
        case FLAG_CONCURRENCY:
                return read_number(c, "--concurrency", CONCURRENCY_MAX, &c->task.concurrency);
        case FLAG_REPO:
                c->repo = optarg;
                return 0;
        case FLAG_LIKE:
                c->like = optarg;
                return 0;
        case FLAG_PRECISION:
                if (sizing_precision_from(text_from(optarg), &c->task.precision))
                        return 0;
                fault_set(&c->fault, "--precision: \"%s\" is not known; see model --help", optarg);
                return -EINVAL;
        default:
                return -EINVAL;
        }
}

/* A number that is not known to be right is no answer: the sentence says what would make it one. */
static int read_architecture(struct command *c) {
        const struct architecture *a = &c->architecture;
        struct fault *fault = &c->fault;
        int r = architecture_read(c->config, text_from(c->like), &c->architecture, fault);
        struct value part = value_get(c->config, a->unknown);
        struct text type = part.kind == VALUE_MAP ? value_get_text(part, "model_type") : a->type;

        if (r < 0 || text_is_empty(a->unknown))
                return r;
        if (c->task.stored_bytes > 0 && c->task.precision == SIZING_AS_STORED)
                return 0;
        fault_at(fault, "",
                 "%.*s: \"%.*s\" is not known, so its weights cannot be counted: give "
                 "its model.safetensors.index.json too%s",
                 TEXT_ARG(a->unknown), TEXT_ARG(text_shown(type, 60)),
                 part.kind == VALUE_MAP ? "" : ", or say --like with a type that it is built like");
        return -EINVAL;
}

static int read_arguments(struct command *c, int argc, char **argv) {
        static const struct option options[] = {
                { "context", required_argument, NULL, FLAG_CONTEXT },
                { "concurrency", required_argument, NULL, FLAG_CONCURRENCY },
                { "precision", required_argument, NULL, FLAG_PRECISION },
                { "repo", required_argument, NULL, FLAG_REPO },
                { "like", required_argument, NULL, FLAG_LIKE },
                { "output", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option, r = 0;

        /* glibc: forget also where an earlier command line was left. */
        optind = 0;
        while ((option = flags_next(argc, argv, ":o:h", options, "model --help", &c->fault)) !=
               FLAGS_END) {
                r = take_flag(c, option);
                if (r < 0 || c->help)
                        return r;
        }
        for (int i = optind; i < argc && r == 0; i++)
                r = files_is_folder(argv[i]) ? read_folder(c, argv[i]) : read_file(c, argv[i]);
        if (r == 0 && c->config.kind == VALUE_ABSENT) {
                fault_set(&c->fault, "a config.json is needed; see model --help");
                return -EINVAL;
        }
        if (r == 0)
                r = read_architecture(c);
        return r == 0 ? sizing_check(&c->task, &c->architecture, &c->fault) : r;
}

/* ---- text ------------------------------------------------------------------------------------ */

static struct text gib(struct command *c, int64_t bytes) {
        return text_format(c->arena, "%.1fGi", (double)bytes / (double)GIB);
}

static const struct {
        const char *name;
        const struct gpu_generation *generation;
} generations[] = {
        { "Ampere", &generation_ampere },         { "Ada", &generation_ada },
        { "Hopper", &generation_hopper },         { "Blackwell", &generation_blackwell },
        { "RTX PRO", &generation_blackwell_rtx },
};

/* One unit alone can be a slice: slices reach each other only through the host. */
static struct text slice_of(struct command *c, const struct sizing_unit *unit,
                            const struct gpu_generation *generation) {
        const struct gpu_product *product = NULL;
        const struct gpu_profile *profile =
                unit->tensor == 1 ? sizing_slice(unit->memory_bytes, generation, &product) : NULL;

        if (!profile)
                return TEXT("-");
        return text_format(c->arena, "%.*s of %.*s", TEXT_ARG(profile->name),
                           TEXT_ARG(product->name));
}

static struct text gpu_of(const struct sizing_unit *unit, const struct gpu_generation *generation) {
        const struct gpu_product *product = sizing_gpu(unit->memory_bytes, generation);

        return product ? product->name : TEXT("-");
}

static void write_table(struct command *c, const char *head, struct text (*rows)[4], size_t n,
                        struct builder *b) {
        struct table_columns columns = { .n = 4 };
        struct text titles[4] = { text_from(head), TEXT("PER UNIT"), TEXT("SLICE"), TEXT("GPU") };

        columns.kinds[1] = COLUMNS_NUMBER;
        table_widen(&columns, titles);
        for (size_t i = 0; i < n; i++)
                table_widen(&columns, rows[i]);
        builder_char(b, '\n');
        table_row(&columns, titles, b);
        for (size_t i = 0; i < n; i++)
                table_row(&columns, rows[i], b);
        (void)c;
}

static void write_terms(struct command *c, struct builder *b) {
        const struct architecture *a = &c->architecture;
        const struct sizing *s = &c->sizing;

        builder_text(b, text_format(c->arena, "%.*s: ", TEXT_ARG(a->type)));
        if (text_is_empty(a->unknown))
                builder_text(b, text_format(c->arena, "%.2f billion parameters, ",
                                            (double)architecture_total(a) / 1e9));
        builder_text(
                b, text_format(c->arena, "%.*s\n", TEXT_ARG(sizing_precision_name(s->precision))));
        if (!text_is_empty(a->unknown))
                builder_text(b, text_format(c->arena,
                                            "this %.*s is not known: the weights are the "
                                            "index's, the cache is %s\n",
                                            TEXT_ARG(a->unknown),
                                            a->is_known ? "the text's" : "counted as a Llama's"));
        builder_text(b, text_format(c->arena, "weights   %10.*s%s\n", TEXT_ARG(gib(c, s->weights)),
                                    c->task.stored_bytes && s->is_quantized ? "  total_size" : ""));
        builder_text(b, text_format(c->arena, "KV cache  %10.*s  %lld sequences of %lld tokens\n",
                                    TEXT_ARG(gib(c, s->kv_cache)), (long long)s->concurrency,
                                    (long long)s->context));
        builder_text(b, text_format(c->arena, "overhead  %10.*s  of each unit\n",
                                    TEXT_ARG(gib(c, s->overhead))));
}

static void write_text(struct command *c, struct builder *b) {
        struct text rows[SIZING_TENSORS][4], some[COUNT_OF(generations)][4];
        const struct sizing *s = &c->sizing;
        const struct sizing_unit *unit = &s->units[0];

        write_terms(c, b);
        for (size_t i = 0; i < s->n_units; i++) {
                rows[i][0] = text_format(c->arena, "%lld", (long long)s->units[i].tensor);
                rows[i][1] = gib(c, s->units[i].memory_bytes);
                rows[i][2] = slice_of(c, &s->units[i], NULL);
                rows[i][3] = gpu_of(&s->units[i], NULL);
        }
        write_table(c, "TENSOR", rows, s->n_units, b);
        while (unit + 1 < s->units + s->n_units && !sizing_gpu(unit->memory_bytes, NULL))
                unit++;
        for (size_t i = 0; i < COUNT_OF(generations); i++) {
                some[i][0] = text_from(generations[i].name);
                some[i][1] = gib(c, unit->memory_bytes);
                some[i][2] = slice_of(c, unit, generations[i].generation);
                some[i][3] = gpu_of(unit, generations[i].generation);
        }
        write_table(c, "GENERATION", some, COUNT_OF(generations), b);
}

/* ---- json ------------------------------------------------------------------------------------ */

static void set_holders(struct node *map, const struct sizing_unit *unit,
                        const struct gpu_generation *generation) {
        const struct gpu_product *product = NULL;
        const struct gpu_profile *profile =
                unit->tensor == 1 ? sizing_slice(unit->memory_bytes, generation, &product) : NULL;
        const struct gpu_product *gpu = sizing_gpu(unit->memory_bytes, generation);

        if (profile) {
                node_set_string(map, "slice", profile->name);
                node_set_string(map, "sliceOf", product->name);
        }
        if (gpu)
                node_set_string(map, "gpu", gpu->name);
}

static struct node *values_of(struct command *c) {
        const struct sizing *s = &c->sizing;
        struct node *root = node_map(c->arena), *tensor;

        node_set_string(root, "modelType", c->architecture.type);
        if (text_is_empty(c->architecture.unknown))
                node_set_integer(root, "parameters", architecture_total(&c->architecture));
        node_set_bool(root, "known", text_is_empty(c->architecture.unknown));
        node_set_string(root, "precision", sizing_precision_name(s->precision));
        node_set_integer(root, "context", s->context);
        node_set_integer(root, "concurrency", s->concurrency);
        node_set_integer(root, "weights", s->weights);
        node_set_integer(root, "kvCache", s->kv_cache);
        node_set_integer(root, "overhead", s->overhead);
        tensor = node_add_list(root, "tensor");
        for (size_t i = 0; i < s->n_units; i++) {
                struct node *entry = node_append_map(tensor), *list;

                node_set_integer(entry, "size", s->units[i].tensor);
                node_set_integer(entry, "memoryPerUnit", s->units[i].memory_bytes);
                set_holders(entry, &s->units[i], NULL);
                list = node_add_list(entry, "generations");
                for (size_t k = 0; k < COUNT_OF(generations); k++) {
                        struct node *each = node_append_map(list);

                        node_set_string(each, "generation", text_from(generations[k].name));
                        set_holders(each, &s->units[i], generations[k].generation);
                }
        }
        return root;
}

/* ---- the ClusterModel ------------------------------------------------------------------------ */

/* org/name as given, or as in the config; else a placeholder. */
static struct text repo_of(struct command *c) {
        struct text name = c->architecture.name;
        size_t slash = text_index(name, '/');

        if (c->repo)
                return text_from(c->repo);
        if (slash > 0 && slash + 1 < name.len &&
            text_index(text_slice(name, slash + 1, name.len), '/') == name.len - slash - 1)
                return name;
        return text_format(c->arena, "example/%.*s", TEXT_ARG(c->architecture.type));
}

/* What an object may be called: the last part in small letters. */
static struct text object_name_of(struct command *c, struct text repo) {
        size_t slash = text_index(repo, '/');
        struct text last = slash < repo.len ? text_slice(repo, slash + 1, repo.len) : repo;
        struct builder b;

        builder_init(&b, c->arena);
        for (size_t i = 0; i < last.len && b.len < 60; i++) {
                char letter = last.data[i];

                if (letter >= 'A' && letter <= 'Z')
                        letter = (char)(letter - 'A' + 'a');
                if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
                        builder_char(&b, letter);
                else if (b.len > 0 && b.data && b.data[b.len - 1] != '-')
                        builder_char(&b, '-');
        }
        while (b.len > 0 && b.data && b.data[b.len - 1] == '-')
                b.len--;
        return b.len > 0 ? builder_done(&b) : TEXT("model");
}

static void add_serving(struct command *c, const struct sizing_unit *unit, struct node *serving) {
        const struct sizing *s = &c->sizing;
        struct node *entry = node_append_map(serving), *engine, *args, *topology, *needs;
        struct text precision = sizing_precision_name(s->precision);

        node_set_string(entry, "name",
                        text_format(c->arena, "tensor-%lld", (long long)unit->tensor));
        engine = node_add_map(entry, "engine");
        node_set_string(engine, "name", TEXT("vLLM"));
        args = node_add_list(engine, "args");
        if (c->architecture.is_encoder)
                node_append_string(args, TEXT("--runner=pooling"));
        else
                node_append_string(args, text_format(c->arena, "--max-num-seqs=%lld",
                                                     (long long)s->concurrency));
        node_append_string(args,
                           text_format(c->arena, "--max-model-len=%lld", (long long)s->context));
        if (!s->is_quantized && s->precision == SIZING_FP8)
                node_append_string(args, TEXT("--quantization=fp8"));
        topology = node_add_map(entry, "replicaTopology");
        node_set_integer(topology, "nodes", 1);
        node_set_integer(topology, "gpusPerNode", unit->tensor);
        needs = node_add_map(topology, "requires");
        node_set_string(
                needs, "memoryPerGpu",
                text_format(c->arena, "%lldGi", (long long)((unit->memory_bytes + GIB - 1) / GIB)));
        /* Weights of 4 bits are unpacked: their kernels compute in 16. */
        if (s->precision == SIZING_INT4)
                precision = TEXT("fp16");
        else if (s->precision == SIZING_MXFP4)
                precision = TEXT("bf16");
        node_append_string(node_add_list(needs, "precisionSupport"), precision);
}

static struct node *model_of(struct command *c) {
        const struct sizing *s = &c->sizing;
        struct node *root = node_map(c->arena), *spec, *serving;
        struct text repo = repo_of(c);

        node_set_string(root, "apiVersion", TEXT("modelplane.ai/v1alpha1"));
        node_set_string(root, "kind", TEXT("ClusterModel"));
        node_set_string(node_add_map(root, "metadata"), "name", object_name_of(c, repo));
        spec = node_add_map(root, "spec");
        node_set_string(node_add_map(spec, "model"), "name", repo);
        node_set_string(spec, "source", TEXT("HuggingFace"));
        node_set_string(node_add_map(spec, "huggingFace"), "repo", repo);
        serving = node_add_list(spec, "serving");
        for (size_t i = 0; i < s->n_units; i++) {
                if (sizing_gpu(s->units[i].memory_bytes, NULL))
                        add_serving(c, &s->units[i], serving);
        }
        return root;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int write_answer(struct command *c, struct builder *b, enum exit_code *ret) {
        struct text bytes;
        int r;

        c->task.architecture = &c->architecture;
        c->sizing = sizing_compute(&c->task);
        *ret = EXIT_REFUSED;
        for (size_t i = 0; i < c->sizing.n_units; i++) {
                if (sizing_gpu(c->sizing.units[i].memory_bytes, NULL))
                        *ret = EXIT_DONE;
        }
        if (c->form == OUTPUT_TEXT) {
                write_text(c, b);
                return 0;
        }
        if (c->form == OUTPUT_YAML && *ret == EXIT_REFUSED) {
                fprintf(stderr, "model: no GPU holds a unit of it: name more units by hand\n");
                return 0;
        }
        r = node_encode(c->form == OUTPUT_JSON ? values_of(c) : model_of(c), c->arena, &bytes);
        return r < 0 ? r : output_value(value_of_struct(bytes), c->form, b, c->arena);
}

static enum exit_code run(struct arena *arena, int argc, char **argv) {
        struct command command = { .arena = arena }, *c = &command;
        enum exit_code code = EXIT_DONE;
        struct builder b;
        int r = read_arguments(c, argc, argv);

        builder_init(&b, c->arena);
        if (r == 0 && c->help)
                builder_string(&b, usage);
        else if (r == 0)
                r = write_answer(c, &b, &code);
        return outcome_print("model", r, code, &b, &c->fault);
}

int cli_model(int argc, char **argv) {
        return outcome_run(run, MEMORY_MAX, argc, argv);
}
