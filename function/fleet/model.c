/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/model.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/broken.h"
#include "fleet/check.h"
#include "fleet/engine.h"
#include "fleet/pod_schema.h"
#include "wire/value_print.h"

/* Of one replica. */
enum { NODES_MAX = 1024, UNITS_PER_NODE_MAX = 1024 };

enum source { SOURCE_HUGGING_FACE, SOURCE_URI };

static const struct text sources[] = {
        [SOURCE_HUGGING_FACE] = TEXT_INIT("HuggingFace"),
        [SOURCE_URI] = TEXT_INIT("URI"),
};

/* Where spec.source is absent, what is there says it. */
static enum source which_source(struct reader *rd, const struct member *spec,
                                const struct member *hub) {
        struct member source = member_get(spec, "source"), uri = member_get(spec, "uri");
        struct member repo = member_get(hub, "repo");
        unsigned int word = SOURCE_HUGGING_FACE;

        if (member_is_absent(&source) && !member_is_absent(&uri)) {
                if (!member_is_absent(&repo))
                        reader_refuse(rd, &source,
                                      "is required: huggingFace and uri are both written");
                return SOURCE_URI;
        }
        reader_word(rd, &source, sources, COUNT_OF(sources), &word);
        return (enum source)word;
}

static void read_hub(struct reader *rd, const struct member *hub, struct model *ret) {
        struct text repo = { 0 }, revision = { 0 };

        check_hub_repo(rd, MEMBER_OF(member_get(hub, "repo")), &repo);
        check_hub_revision(rd, MEMBER_OF(member_get(hub, "revision")), &revision);
        ret->uri = text_is_empty(revision) ? text_format(rd->arena, "hf://%.*s", TEXT_ARG(repo))
                                           : text_format(rd->arena, "hf://%.*s:%.*s",
                                                         TEXT_ARG(repo), TEXT_ARG(revision));
}

static void read_secret(struct reader *rd, const struct member *f, struct model *ret) {
        struct member name = member_get(f, "name");

        if (!reader_map(rd, f))
                return;
        if (reader_needed_text(rd, &name, &ret->secret_name))
                check_object_name(rd, &name, &ret->secret_name);
        ret->secret_key = TEXT("HF_TOKEN");
        check_data_key(rd, MEMBER_OF(member_get(f, "key")), &ret->secret_key);
}

static bool is_written(const struct member *map, const char *name) {
        struct member f = member_get(map, name);

        return !member_is_absent(&f);
}

/* What of both sources does not count, and a token that only the hub's downloader takes. */
static void drop_unread(const struct member *spec, const struct member *hub, enum source source,
                        struct model *ret) {
        bool of_hub = text_starts_with(ret->uri, TEXT("hf://"));

        if (source == SOURCE_HUGGING_FACE && is_written(spec, "uri"))
                ret->unread = TEXT("spec.uri is not read: spec.source is HuggingFace");
        else if (source == SOURCE_URI && (is_written(hub, "repo") || is_written(hub, "revision")))
                ret->unread = TEXT("spec.huggingFace is not read: spec.source is URI");
        else if (!of_hub && !text_is_empty(ret->secret_name))
                ret->unread = TEXT("spec.huggingFace.secretRef is not read: its token is for "
                                   "hf:// alone");
        if (!of_hub)
                ret->secret_name = (struct text) { 0 };
}

static void read_source(struct reader *rd, const struct member *spec, struct model *ret) {
        struct member model = member_get(spec, "model"), hub = member_get(spec, "huggingFace");
        enum source source;

        if (member_is_absent(&model))
                reader_refuse(rd, &model, "is required");
        else if (reader_map(rd, &model))
                check_model_name(rd, MEMBER_OF(member_get(&model, "name")), &ret->model_name);
        source = which_source(rd, spec, &hub);
        reader_map(rd, &hub);
        if (source == SOURCE_URI || is_written(spec, "uri"))
                check_weights(rd, MEMBER_OF(member_get(spec, "uri")), &ret->uri);
        if (source == SOURCE_HUGGING_FACE)
                read_hub(rd, &hub, ret);
        read_secret(rd, MEMBER_OF(member_get(&hub, "secretRef")), ret);
        drop_unread(spec, &hub, source, ret);
}

static void read_resources(struct reader *rd, const struct member *f, struct model *ret) {
        struct quantity ignored;

        if (!reader_map(rd, f))
                return;
        reader_quantity(rd, MEMBER_OF(member_get(f, "cpu")), &ret->cpu, &ignored);
        reader_quantity(rd, MEMBER_OF(member_get(f, "memory")), &ret->memory, &ignored);
        reader_bytes(rd, MEMBER_OF(member_get(f, "vram")), &ret->vram_bytes);
}

const struct text needs_known[N_NEEDS] = {
        TEXT_INIT("memoryPerGpu"),     TEXT_INIT("precisionSupport"),
        TEXT_INIT("interconnect"),     TEXT_INIT("interNodeBandwidth"),
        TEXT_INIT("multiNodeCapable"), TEXT_INIT("nvlinkDomainSize"),
};

/* Of several keys that we do not know the first by name, whatever their order on the wire. */
static struct text first_unknown(struct value requires) {
        struct value_iter it = value_iterate(requires);
        struct text key, first = { 0 };

        while (value_next(&it, &key, &(struct value) { 0 })) {
                bool is_known = false;

                for (size_t i = 0; i < N_NEEDS && !is_known; i++)
                        is_known = text_equal(key, needs_known[i]);
                if (!is_known && (text_is_empty(first) || text_compare(key, first) < 0))
                        first = key;
        }
        return first;
}

static void read_needs(struct reader *rd, const struct member *f, struct needs *ret) {
        struct member multi_node = member_get(f, "multiNodeCapable");
        bool ignored;

        if (!reader_map(rd, f))
                return;
        reader_bytes(rd, MEMBER_OF(member_get(f, "memoryPerGpu")), &ret->memory_bytes);
        reader_texts(rd, MEMBER_OF(member_get(f, "precisionSupport")), &ret->precisions);
        reader_text(rd, MEMBER_OF(member_get(f, "interconnect")), &ret->interconnect);
        reader_text(rd, MEMBER_OF(member_get(f, "interNodeBandwidth")), &ret->bandwidth);
        if (reader_bool(rd, &multi_node, &ignored))
                ret->multi_node = multi_node.value;
        reader_integer(rd, MEMBER_OF(member_get(f, "nvlinkDomainSize")), 1, 1024 * 1024,
                       &ret->nvlink_domain);
        ret->unknown = first_unknown(f->value);
        if (rd->is_strict)
                reader_refuse_unknown(rd, f, needs_known, N_NEEDS);
}

/* Where the parallelism of a serving profile is written. */
struct split {
        struct member parallelism;
        struct member args; /* of the engine */
};

/* Where the data parallelism is written: by parallelism, else by the engine's arguments. */
static struct member data_member(const struct split *split, struct engine_setting *ret_setting) {
        struct member f = member_get(&split->parallelism, "data");

        if (member_is_absent(&f) && engine_find(split->args.value, &engine_data, ret_setting))
                return member_element(&split->args, ret_setting->index, ret_setting->item);
        return f;
}

static void read_data(struct reader *rd, const struct split *split, int64_t *ret) {
        struct engine_setting setting;
        struct member f = data_member(split, &setting);
        uint64_t number;

        if (f.kind != MEMBER_ELEMENT)
                reader_integer(rd, &f, 1, UNITS_PER_NODE_MAX, ret);
        else if (text_is_empty(setting.value))
                reader_refuse(rd, &f, "%.*s has no value", TEXT_ARG(engine_data.name));
        else if (!text_to_u64(setting.value, &number) || number < 1 || number > UNITS_PER_NODE_MAX)
                reader_refuse(rd, &f, "%.*s is not within 1 and %d",
                              TEXT_ARG(value_brief(setting.item, rd->arena)), UNITS_PER_NODE_MAX);
        else
                *ret = (int64_t)number;
}

/* On several nodes KServe starts a pod for each stage of the pipeline, and splits nothing else. */
static bool check_nodes(struct reader *rd, const struct split *split,
                        const struct serving_profile *p) {
        struct member data = data_member(split, &(struct engine_setting) { 0 });
        struct member pipeline = member_get(&split->parallelism, "pipeline");

        if (p->nodes == 1)
                return true;
        if (p->data > 1)
                reader_refuse(rd, &data,
                              "%lld needs a replica on one node, and this one has %lld: KServe "
                              "takes a pipeline or data parallelism, not both",
                              (long long)p->data, (long long)p->nodes);
        else if (p->pipeline != p->nodes)
                reader_refuse(rd, &pipeline,
                              "%lld is not the number of nodes, %lld: KServe starts one pod for "
                              "each stage",
                              (long long)p->pipeline, (long long)p->nodes);
        return p->data == 1 && p->pipeline == p->nodes;
}

/* "tensor 2 x data 4", and the pipeline where it is on this node too. */
static struct text product_of(const struct serving_profile *p, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        builder_text(&b, text_format(arena, "tensor %lld", (long long)p->tensor));
        if (p->data > 1)
                builder_text(&b, text_format(arena, " x data %lld", (long long)p->data));
        if (p->nodes == 1 && p->pipeline > 1)
                builder_text(&b, text_format(arena, " x pipeline %lld", (long long)p->pipeline));
        return builder_done(&b);
}

int64_t model_units_used(const struct serving_profile *profile) {
        return profile->tensor * profile->data * (profile->nodes == 1 ? profile->pipeline : 1);
}

/* What a node's units are divided into must come out even, or some could never be used. */
static void check_product(struct reader *rd, const struct split *split,
                          const struct serving_profile *p) {
        struct member f = data_member(split, &(struct engine_setting) { 0 });
        int64_t used = model_units_used(p);

        if (p->gpus_per_node == 0 && p->data > 1)
                reader_refuse(rd, &f,
                              "data parallelism needs replicaTopology: resources.vram says how "
                              "many units one tensor takes");
        if (p->gpus_per_node == 0 || !check_nodes(rd, split, p) || p->gpus_per_node % used == 0)
                return;
        if (f.kind != MEMBER_ELEMENT)
                f = split->parallelism;
        reader_refuse(rd, &f, "%.*s %s the %lld units of a replica%s",
                      TEXT_ARG(product_of(p, rd->arena)),
                      used > p->gpus_per_node ? "needs more than" : "does not divide",
                      (long long)p->gpus_per_node, p->nodes > 1 ? " on each of its nodes" : "");
}

/* Absent, tensor x data are the units of a node, and the pipeline has a stage on each. */
static void read_parallelism(struct reader *rd, const struct split *split,
                             struct serving_profile *ret) {
        size_t n_before = rd->n_mistakes;

        ret->pipeline = ret->nodes;
        reader_map(rd, &split->parallelism);
        read_data(rd, split, &ret->data);
        ret->tensor = ret->gpus_per_node;
        if (ret->data > 1)
                ret->tensor =
                        ret->gpus_per_node % ret->data == 0 ? ret->gpus_per_node / ret->data : 1;
        reader_integer(rd, MEMBER_OF(member_get(&split->parallelism, "tensor")), 1,
                       UNITS_PER_NODE_MAX, &ret->tensor);
        reader_integer(rd, MEMBER_OF(member_get(&split->parallelism, "pipeline")), 1, NODES_MAX,
                       &ret->pipeline);
        ret->expert = engine_find(split->args.value, &engine_expert, NULL);
        reader_bool(rd, MEMBER_OF(member_get(&split->parallelism, "expert")), &ret->expert);
        if (rd->n_mistakes == n_before)
                check_product(rd, split, ret);
}

static void read_topology(struct reader *rd, const struct member *f, struct serving_profile *ret) {
        if (!reader_map(rd, f))
                return;
        ret->gpus_per_node = 1;
        reader_integer(rd, MEMBER_OF(member_get(f, "nodes")), 1, NODES_MAX, &ret->nodes);
        reader_integer(rd, MEMBER_OF(member_get(f, "gpusPerNode")), 1, UNITS_PER_NODE_MAX,
                       &ret->gpus_per_node);
        read_needs(rd, MEMBER_OF(member_get(f, "requires")), &ret->needs);
}

/* They are looked up among those of a pool, for each pod. */
enum { ENV_MAX = 64 };

static void read_engine_env(struct reader *rd, const struct member *f,
                            struct serving_profile *ret) {
        size_t n = value_count(f->value);

        if (n > ENV_MAX)
                reader_refuse(rd, f, "has %zu variables, and at most %d are read", n, ENV_MAX);
        else
                check_env(rd, f, &ret->env);
}

static void read_engine(struct reader *rd, const struct member *f, struct serving_profile *ret) {
        struct member name = member_get(f, "name");
        struct text engine;

        if (!reader_map(rd, f))
                return;
        if (reader_text(rd, &name, &engine) && !text_equal_fold(engine, TEXT("vLLM")))
                reader_refuse(rd, &name, "%.*s is not an engine that can be served: vLLM is",
                              TEXT_ARG(value_brief(name.value, rd->arena)));
        check_image(rd, MEMBER_OF(member_get(f, "image")), &ret->image);
        check_args(rd, MEMBER_OF(member_get(f, "args")), &ret->args);
        read_engine_env(rd, MEMBER_OF(member_get(f, "env")), ret);
        check_references(rd, MEMBER_OF(member_get(f, "baseRefs")), &ret->base_refs);
}

/* Units are reserved by the topology: an engine that wants others would never start. */
static void check_flag(struct reader *rd, const struct member *args, const struct engine_flag *flag,
                       const char *what, int64_t reserved) {
        struct engine_setting setting;
        uint64_t number;
        struct member f;

        if (reserved == 0 || !engine_find(args->value, flag, &setting) ||
            (text_to_u64(setting.value, &number) && number == (uint64_t)reserved))
                return;
        f = member_element(args, setting.index, setting.item);
        if (text_is_empty(setting.value)) {
                reader_refuse(rd, &f, "%.*s has no value", TEXT_ARG(flag->name));
                return;
        }
        reader_refuse(rd, &f, "%.*s is not the %s parallelism of replicaTopology, %lld",
                      TEXT_ARG(value_brief(setting.item, rd->arena)), what, (long long)reserved);
}

/* The other flag than the one that parallelism.expert stands for. */
static void check_expert(struct reader *rd, const struct member *args,
                         const struct serving_profile *p) {
        const struct engine_flag *other = p->expert ? &engine_no_expert : &engine_expert;
        struct engine_setting setting;
        struct member f;

        if (!engine_find(args->value, other, &setting))
                return;
        f = member_element(args, setting.index, setting.item);
        reader_refuse(rd, &f, "%.*s is not the parallelism.expert of replicaTopology, %s",
                      TEXT_ARG(other->name), p->expert ? "true" : "false");
}

static void check_flags(struct reader *rd, const struct member *args,
                        const struct serving_profile *p) {
        check_flag(rd, args, &engine_tensor, "tensor", p->tensor);
        check_flag(rd, args, &engine_pipeline, "pipeline", p->pipeline);
        check_flag(rd, args, &engine_data, "data", p->data);
        check_expert(rd, args, p);
}

/* One unit; with a vram, as many as that takes on the pool in question (0 until then). */
static struct serving_profile implicit_profile(const struct model *model) {
        int64_t units = model->vram_bytes > 0 ? 0 : 1;

        return (struct serving_profile) {
                .name = TEXT("default"),
                .path = TEXT("spec.serving"),
                .nodes = 1,
                .gpus_per_node = units,
                .tensor = units,
                .pipeline = 1,
                .data = 1,
        };
}

static void read_profile(struct reader *rd, const struct member *f, const struct model *model,
                         struct serving_profile *ret) {
        struct member engine = member_get(f, "engine"), args = member_get(&engine, "args");
        struct member topology = member_get(f, "replicaTopology");
        struct split split = { .parallelism = member_get(&topology, "parallelism"), .args = args };
        size_t n_before = rd->n_mistakes;

        *ret = implicit_profile(model);
        ret->name = (struct text) { 0 };
        ret->path = text_format(rd->arena, "spec.serving[%zu]", f->index);
        if (member_is_absent(f))
                reader_refuse(rd, f, "must be a map, but is null");
        if (!reader_map(rd, f))
                return;
        check_shown_name(rd, MEMBER_OF(member_get(f, "name")), &ret->name);
        check_selector(rd, MEMBER_OF(member_get(f, "environmentSelector")),
                       &ret->environment_selector);
        check_selector(rd, MEMBER_OF(member_get(f, "poolSelector")), &ret->pool_selector);
        read_engine(rd, &engine, ret);
        read_topology(rd, &topology, ret);
        if (rd->n_mistakes == n_before)
                read_parallelism(rd, &split, ret);
        if (rd->n_mistakes == n_before)
                check_flags(rd, &args, ret);
}

static void refuse_equal_names(struct reader *rd, const struct member *serving,
                               const struct model *model) {
        for (size_t i = 0; i < model->n_profiles; i++) {
                for (size_t j = 0; j < i; j++) {
                        struct text name = model->profiles[i].name;
                        struct member element = member_element(serving, i, (struct value) { 0 });
                        struct member f =
                                member_named(&element, TEXT("name"), (struct value) { 0 });

                        if (text_is_empty(name) || !text_equal(name, model->profiles[j].name))
                                continue;
                        reader_refuse(rd, &f, "two serving profiles are called \"%.*s\"",
                                      TEXT_ARG(name));
                        break;
                }
        }
}

/* Each is tried on every sub-pool of a fleet. */
enum { SERVING_MAX = 32 };

static void read_serving(struct reader *rd, const struct member *f, struct model *ret) {
        struct value_iter it = value_iterate(f->value);
        size_t n = value_count(f->value);
        struct value item;

        if (!reader_list(rd, f) || n == 0) {
                ret->profiles = ARENA_NEW(rd->arena, struct serving_profile);
                if (!ret->profiles)
                        return;
                ret->profiles[0] = implicit_profile(ret);
                ret->n_profiles = 1;
                return;
        }
        if (n > SERVING_MAX) {
                reader_refuse(rd, f, "has %zu serving profiles, and at most %d are read", n,
                              SERVING_MAX);
                return;
        }
        ret->profiles = ARENA_ARRAY(rd->arena, n, struct serving_profile);
        if (!ret->profiles)
                return;
        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct member element = member_element(f, i, item);

                read_profile(rd, &element, ret, &ret->profiles[i]);
                ret->n_profiles++;
        }
        refuse_equal_names(rd, f, ret);
}

static int read_model(struct value object, bool is_strict, struct arena *arena, struct model *ret,
                      struct mistakes *mistakes) {
        struct reader rd = { .arena = arena, .all = mistakes, .is_strict = is_strict };
        struct member root = member_root(object, (struct text) { 0 });
        struct member spec = member_get(&root, "spec");
        struct model m = { 0 };

        if (broken_refuse(&rd, object, "spec"))
                return arena_failed(arena) ? -ENOMEM : -EINVAL;
        if (member_is_absent(&spec))
                reader_refuse(&rd, &spec, "is required");
        if (reader_map(&rd, &spec)) {
                read_source(&rd, &spec, &m);
                read_resources(&rd, MEMBER_OF(member_get(&spec, "resources")), &m);
                read_serving(&rd, MEMBER_OF(member_get(&spec, "serving")), &m);
        }
        if (arena_failed(arena))
                return -ENOMEM;
        if (rd.n_mistakes > 0)
                return -EINVAL;
        *ret = m;
        return 0;
}

int model_read(struct value object, struct arena *arena, struct model *ret,
               struct mistakes *mistakes) {
        return read_model(object, false, arena, ret, mistakes);
}

int model_check(struct value object, struct arena *arena, struct model *ret,
                struct mistakes *mistakes) {
        return read_model(object, true, arena, ret, mistakes);
}
