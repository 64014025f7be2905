/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/pool.h"

#include <errno.h>

#include "base/arena.h"
#include "fleet/check.h"
#include "fleet/engine.h"
#include "fleet/pod_schema.h"
#include "wire/value_print.h"

enum {
        ACCELERATORS_MAX = 1024,
        NODES_MAX = 100000,
        SLICES_MAX = 1024, /* of one GPU; far above any, so that new GPUs need no release */
        REPLICAS_MAX = 1024,
        DOMAIN_MAX = 1024 * 1024,
        PROFILE_MAX_BYTES = 32, /* these two as package/crds.yaml has them */
        ACCELERATOR_MAX_BYTES = 253,
};

/* A pool's members are found in one walk: a fleet has thousands of pools. */
enum pool_member {
        NAME,
        NODE_SELECTOR,
        LABELS,
        ACCELERATOR_TYPE,
        ACCELERATOR_COUNT,
        NODE_COUNT,
        MAX_NODE_COUNT,
        CAPABILITIES,
        MIG_CONFIGURATION,
        SHARING,
        RESOURCE_NAME,
        ALLOCATION,
        TOLERATIONS,
        AFFINITY,
        SCHEDULABLE,
        COST,
        POD_DEFAULTS,
        GPU,
        N_MEMBERS
};

static const struct text member_names[N_MEMBERS] = {
        [NAME] = TEXT_INIT("name"),
        [NODE_SELECTOR] = TEXT_INIT("nodeSelector"),
        [LABELS] = TEXT_INIT("labels"),
        [ACCELERATOR_TYPE] = TEXT_INIT("acceleratorType"),
        [ACCELERATOR_COUNT] = TEXT_INIT("acceleratorCount"),
        [NODE_COUNT] = TEXT_INIT("nodeCount"),
        [MAX_NODE_COUNT] = TEXT_INIT("maxNodeCount"),
        [CAPABILITIES] = TEXT_INIT("capabilities"),
        [MIG_CONFIGURATION] = TEXT_INIT("migConfiguration"),
        [SHARING] = TEXT_INIT("sharing"),
        [RESOURCE_NAME] = TEXT_INIT("resourceName"),
        [ALLOCATION] = TEXT_INIT("allocation"),
        [TOLERATIONS] = TEXT_INIT("tolerations"),
        [AFFINITY] = TEXT_INIT("affinity"),
        [SCHEDULABLE] = TEXT_INIT("schedulable"),
        [COST] = TEXT_INIT("costPerUnitHour"),
        [POD_DEFAULTS] = TEXT_INIT("podDefaults"),
        [GPU] = TEXT_INIT("gpu"),
};

enum capability {
        MEMORY_PER_GPU,
        INTERCONNECT,
        PRECISION_SUPPORT,
        MULTI_NODE_CAPABLE,
        INTER_NODE_BANDWIDTH,
        NVLINK_DOMAIN_SIZE,
        INNER_MIG_CONFIGURATION,
        N_CAPABILITIES
};

static const struct text capability_names[N_CAPABILITIES] = {
        [MEMORY_PER_GPU] = TEXT_INIT("memoryPerGpu"),
        [INTERCONNECT] = TEXT_INIT("interconnect"),
        [PRECISION_SUPPORT] = TEXT_INIT("precisionSupport"),
        [MULTI_NODE_CAPABLE] = TEXT_INIT("multiNodeCapable"),
        [INTER_NODE_BANDWIDTH] = TEXT_INIT("interNodeBandwidth"),
        [NVLINK_DOMAIN_SIZE] = TEXT_INIT("nvlinkDomainSize"),
        [INNER_MIG_CONFIGURATION] = TEXT_INIT("migConfiguration"),
};

enum mig_member { PROFILE, LAYOUT, CONFIG, ENABLED, STRATEGY, SLICES_PER_GPU, N_MIG_MEMBERS };

static const struct text mig_names[N_MIG_MEMBERS] = {
        [PROFILE] = TEXT_INIT("profile"),   [LAYOUT] = TEXT_INIT("layout"),
        [CONFIG] = TEXT_INIT("config"),     [ENABLED] = TEXT_INIT("enabled"),
        [STRATEGY] = TEXT_INIT("strategy"), [SLICES_PER_GPU] = TEXT_INIT("slicesPerGpu"),
};

static const struct text sharing_names[] = {
        TEXT_INIT("strategy"),
        TEXT_INIT("replicas"),
        TEXT_INIT("renameByDefault"),
};

static const struct text pod_default_names[] = {
        TEXT_INIT("env"),
        TEXT_INIT("args"),
        TEXT_INIT("priorityClassName"),
        TEXT_INIT("runtimeClassName"),
        TEXT_INIT("cpuPerUnit"),
        TEXT_INIT("memoryPerUnit"),
        TEXT_INIT("securityContext"),
        TEXT_INIT("resources"),
        TEXT_INIT("imagePullSecrets"),
        TEXT_INIT("serviceAccountName"),
        TEXT_INIT("hostIPC"),
        TEXT_INIT("baseRefs"),
};

/* A pool while it is read. */
struct form {
        const struct member *root;
        struct member members[N_MEMBERS];
        struct member capabilities[N_CAPABILITIES];
};

static const struct member *at(const struct form *form, enum pool_member member) {
        return &form->members[member];
}

static bool is_written(const struct form *form, enum pool_member member) {
        return !member_is_absent(at(form, member));
}

static const struct member *capability(const struct form *form, enum capability capability) {
        return &form->capabilities[capability];
}

static void open_form(struct form *form, const struct member *entry) {
        form->root = entry;
        member_pick(entry, member_names, N_MEMBERS, form->members);
        member_pick(at(form, CAPABILITIES), capability_names, N_CAPABILITIES, form->capabilities);
}

/* The older shape keeps type and count in gpu{}; the newer one wins. */
static const struct member *newer(const struct form *form, enum pool_member member,
                                  const char *older, struct member *ret_older) {
        if (is_written(form, member) || !is_written(form, GPU))
                return at(form, member);
        *ret_older = member_get(at(form, GPU), older);
        return ret_older;
}

static void read_nodes(struct reader *rd, const struct form *form, const struct settings *settings,
                       struct pool *ret) {
        const struct member *most = at(form, MAX_NODE_COUNT);
        int64_t now = 1, max = 1;
        bool has_now = reader_integer(rd, at(form, NODE_COUNT), 0, NODES_MAX, &now);
        bool has_max = reader_integer(rd, most, 0, NODES_MAX, &max);

        if (has_now && has_max && max < now)
                reader_refuse(rd, most, "%lld is below nodeCount, %lld", (long long)max,
                              (long long)now);
        ret->nodes = has_max && settings->capacity != CAPACITY_DECLARED ? max : now;
}

static void read_capabilities(struct reader *rd, const struct form *form, struct pool *ret) {
        const struct member *multi_node = capability(form, MULTI_NODE_CAPABLE);
        bool ignored;

        reader_map(rd, at(form, CAPABILITIES));
        reader_bytes(rd, capability(form, MEMORY_PER_GPU), &ret->memory_bytes);
        reader_text(rd, capability(form, INTERCONNECT), &ret->interconnect);
        reader_texts(rd, capability(form, PRECISION_SUPPORT), &ret->precisions);
        if (reader_bool(rd, multi_node, &ignored))
                ret->multi_node = multi_node->value;
        reader_text(rd, capability(form, INTER_NODE_BANDWIDTH), &ret->bandwidth);
        reader_integer(rd, capability(form, NVLINK_DOMAIN_SIZE), 1, DOMAIN_MAX,
                       &ret->nvlink_domain);
}

static void read_layout(struct reader *rd, const struct member *f, struct pool *ret) {
        struct value_member *entries;
        size_t n;

        /* Sorted, so that the first mistake is always the same one. */
        if (!reader_map(rd, f) || value_members(f->value, rd->arena, &entries, &n) < 0)
                return;
        ret->mig_layout = f->value;
        for (size_t i = 0; i < n; i++) {
                struct member entry = member_key(f, entries[i].key, entries[i].value);
                int64_t ignored;

                if (member_is_absent(&entry))
                        reader_refuse(rd, &entry, "is required");
                reader_integer(rd, &entry, 1, SLICES_MAX, &ignored);
        }
}

static void read_mig(struct reader *rd, const struct form *form, struct pool *ret) {
        static const struct text strategies[] = { TEXT_INIT("mixed"), TEXT_INIT("single") };
        const struct member *outer = at(form, MIG_CONFIGURATION);
        const struct member *inner = capability(form, INNER_MIG_CONFIGURATION);
        const struct member *f = member_is_absent(outer) ? inner : outer;
        struct member m[N_MIG_MEMBERS];
        unsigned int strategy;
        int n_ways;

        if (!member_is_absent(outer) && !member_is_absent(inner) &&
            !value_equal(outer->value, inner->value, rd->arena))
                reader_refuse(rd, inner, "is written in the pool too, and differs there");
        if (!reader_map(rd, f))
                return;
        member_pick(f, mig_names, N_MIG_MEMBERS, m);
        reader_bounded_text(rd, &m[PROFILE], PROFILE_MAX_BYTES, &ret->mig_profile);
        read_layout(rd, &m[LAYOUT], ret);
        reader_text(rd, &m[CONFIG], &ret->mig_config);
        n_ways = !text_is_empty(ret->mig_profile) + (ret->mig_layout.kind == VALUE_MAP) +
                 !text_is_empty(ret->mig_config);
        ret->mig = n_ways > 0;
        reader_bool(rd, &m[ENABLED], &ret->mig);
        if (!ret->mig)
                return;
        if (n_ways == 0)
                reader_refuse(rd, f, "enabled, but none of profile, layout and config is written");
        if (n_ways > 1)
                reader_refuse(rd, f, "more than one of profile, layout and config is written");
        if (reader_word(rd, &m[STRATEGY], strategies, COUNT_OF(strategies), &strategy))
                ret->strategy = strategy == 0 ? STRATEGY_MIXED : STRATEGY_SINGLE;
        if (reader_integer(rd, &m[SLICES_PER_GPU], 1, SLICES_MAX, &ret->slices_per_gpu) &&
            text_is_empty(ret->mig_profile))
                reader_refuse(rd, &m[SLICES_PER_GPU], "belongs to a profile, and none is written");
}

static void read_sharing(struct reader *rd, const struct form *form, struct pool *ret) {
        static const struct text strategies[] = { TEXT_INIT("TimeSlicing"), TEXT_INIT("MPS") };
        const struct member *f = at(form, SHARING);
        struct member strategy_field, replicas;
        struct text ignored;
        unsigned int strategy;

        ret->share_replicas = 1;
        if (!reader_map(rd, f))
                return;
        strategy_field = member_get(f, "strategy");
        replicas = member_get(f, "replicas");
        if (reader_needed_text(rd, &strategy_field, &ignored) &&
            reader_word(rd, &strategy_field, strategies, COUNT_OF(strategies), &strategy))
                ret->sharing = strategy == 0 ? SHARING_TIME_SLICING : SHARING_MPS;
        if (member_is_absent(&replicas))
                reader_refuse(rd, &replicas, "is required");
        reader_integer(rd, &replicas, 1, REPLICAS_MAX, &ret->share_replicas);
        reader_bool(rd, MEMBER_OF(member_get(f, "renameByDefault")), &ret->share_renamed);
        if (ret->mig && ret->sharing == SHARING_MPS)
                reader_refuse(rd, f, "MPS does not share MIG slices, but TimeSlicing does");
}

static void read_choices(struct reader *rd, const struct form *form, struct pool *ret) {
        static const struct text allocations[] = { TEXT_INIT("DevicePlugin"), TEXT_INIT("DRA") };
        static const struct text schedulables[] = { TEXT_INIT("Always"), TEXT_INIT("NoNew"),
                                                    TEXT_INIT("Drain") };
        unsigned int word;

        if (is_written(form, ALLOCATION) &&
            reader_word(rd, at(form, ALLOCATION), allocations, COUNT_OF(allocations), &word))
                ret->allocation = word == 0 ? ALLOCATION_DEVICE_PLUGIN : ALLOCATION_DRA;
        if (is_written(form, SCHEDULABLE) &&
            reader_word(rd, at(form, SCHEDULABLE), schedulables, COUNT_OF(schedulables), &word))
                ret->schedulable = (enum schedulable)word;
}

/* What belongs to device plugins has no meaning for claims, which take whole devices. */
static void check_allocation(struct reader *rd, const struct form *form, struct pool *ret) {
        const struct member *resource_name = at(form, RESOURCE_NAME);
        const struct member *sharing = at(form, SHARING);

        if (ret->allocation != ALLOCATION_DRA)
                return;
        if (!member_is_absent(resource_name))
                reader_refuse(rd, resource_name,
                              "is a device plugin's; with allocation DRA the device class follows "
                              "from migConfiguration");
        if (!member_is_absent(sharing))
                reader_refuse(rd, sharing,
                              "is a device plugin's; with allocation DRA every pod claims devices "
                              "of its own");
}

/* "1.10": a quantity without sign, suffix and exponent. */
static bool is_decimal(struct text t) {
        size_t n_digits = 0;

        for (size_t i = 0; i < t.len; i++) {
                if (t.data[i] >= '0' && t.data[i] <= '9')
                        n_digits++;
                else if (t.data[i] != '.')
                        return false;
        }
        return n_digits > 0;
}

static void read_cost(struct reader *rd, const struct member *f, struct pool *ret) {
        struct text written;
        struct fault fault;

        if (f->value.kind == VALUE_NUMBER)
                written = value_brief(f->value, rd->arena);
        else if (!reader_text(rd, f, &written))
                return;
        if (is_decimal(written) && quantity_parse(written, &ret->cost_value, &fault) == 0)
                ret->cost = written;
        else
                reader_refuse(rd, f, "%.*s is not a decimal number",
                              TEXT_ARG(value_brief(f->value, rd->arena)));
}

/* How a model is split over units is not the pool's to say: they would not be reserved. */
static void read_args(struct reader *rd, const struct member *f, struct pool *ret) {
        const struct engine_flag *const of_models[] = { &engine_tensor, &engine_pipeline,
                                                        &engine_data, &engine_expert };

        check_args(rd, f, &ret->args);
        for (size_t i = 0; i < COUNT_OF(of_models); i++) {
                if (engine_find(ret->args, of_models[i], NULL))
                        reader_refuse(rd, f, "%.*s follows from the model's replicaTopology",
                                      TEXT_ARG(of_models[i]->name));
        }
}

static void read_pod_defaults(struct reader *rd, const struct member *f, struct pool *ret) {
        struct quantity ignored;

        if (!reader_map(rd, f))
                return;
        check_env(rd, MEMBER_OF(member_get(f, "env")), &ret->env);
        read_args(rd, MEMBER_OF(member_get(f, "args")), ret);
        check_object_name(rd, MEMBER_OF(member_get(f, "priorityClassName")), &ret->priority_class);
        check_object_name(rd, MEMBER_OF(member_get(f, "runtimeClassName")), &ret->runtime_class);
        reader_quantity(rd, MEMBER_OF(member_get(f, "cpuPerUnit")), &ret->cpu_per_unit, &ignored);
        reader_quantity(rd, MEMBER_OF(member_get(f, "memoryPerUnit")), &ret->memory_per_unit,
                        &ignored);
        check_security_context(rd, MEMBER_OF(member_get(f, "securityContext")),
                               &ret->security_context);
        check_extended(rd, MEMBER_OF(member_get(f, "resources")), ret->resource_name,
                       &ret->extended);
        check_references(rd, MEMBER_OF(member_get(f, "imagePullSecrets")),
                         &ret->image_pull_secrets);
        check_object_name(rd, MEMBER_OF(member_get(f, "serviceAccountName")),
                          &ret->service_account);
        reader_bool(rd, MEMBER_OF(member_get(f, "hostIPC")), &ret->host_ipc);
        check_references(rd, MEMBER_OF(member_get(f, "baseRefs")), &ret->base_refs);
}

/* What follows from several fields together. */
static void apply_defaults(struct reader *rd, const struct form *form, struct pool *ret) {
        bool whole_gpus = !ret->mig && ret->sharing == SHARING_NONE;

        if (ret->nvlink_domain == 0 && whole_gpus &&
            (text_equal_fold(ret->interconnect, TEXT("nvlink")) ||
             text_equal_fold(ret->interconnect, TEXT("nvswitch"))))
                ret->nvlink_domain = ret->accelerator_count;

        /* gpu.memory is the card's, so it says nothing of slices and shares. */
        if (!reader_map(rd, at(form, GPU)))
                return;
        if (ret->memory_bytes == UNKNOWN_BYTES) {
                int64_t card_bytes;

                if (reader_bytes(rd, MEMBER_OF(member_get(at(form, GPU), "memory")), &card_bytes) &&
                    whole_gpus)
                        ret->memory_bytes = card_bytes;
        }
}

static void read_all(struct reader *rd, const struct form *form, const struct settings *settings,
                     struct pool *ret) {
        struct member older;

        check_shown_name(rd, at(form, NAME), &ret->name);
        check_labels(rd, at(form, NODE_SELECTOR), &ret->node_selector);
        check_labels(rd, at(form, LABELS), &ret->labels);
        reader_bounded_text(rd, newer(form, ACCELERATOR_TYPE, "acceleratorType", &older),
                            ACCELERATOR_MAX_BYTES, &ret->accelerator_type);
        reader_integer(rd, newer(form, ACCELERATOR_COUNT, "acceleratorCount", &older), 1,
                       ACCELERATORS_MAX, &ret->accelerator_count);
        read_nodes(rd, form, settings, ret);
        read_capabilities(rd, form, ret);
        read_mig(rd, form, ret);
        read_choices(rd, form, ret);
        read_sharing(rd, form, ret);
        if (is_written(form, RESOURCE_NAME))
                check_resource_name(rd, at(form, RESOURCE_NAME), &ret->resource_name);
        check_allocation(rd, form, ret);
        if (is_written(form, TOLERATIONS))
                check_tolerations(rd, at(form, TOLERATIONS), &ret->tolerations);
        if (is_written(form, AFFINITY))
                check_affinity(rd, at(form, AFFINITY), &ret->affinity);
        if (is_written(form, COST))
                read_cost(rd, at(form, COST), ret);
        if (is_written(form, POD_DEFAULTS))
                read_pod_defaults(rd, at(form, POD_DEFAULTS), ret);
        apply_defaults(rd, form, ret);
}

static bool is_among(struct text key, const struct text *names, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text_equal(key, names[i]))
                        return true;
        }
        return false;
}

/* Members of the older shape, for those who make the nodes. */
static const struct text of_others[] = { TEXT_INIT("role"), TEXT_INIT("machineType"),
                                         TEXT_INIT("diskSizeGb"), TEXT_INIT("zones"),
                                         TEXT_INIT("minNodeCount") };

/* The first by name that is not among the names; else empty. */
static struct text first_unknown(struct value map, const struct text *names, size_t n) {
        struct value_iter it = value_iterate(map);
        struct text key, unknown = { 0 };
        struct value member;

        while (value_next(&it, &key, &member)) {
                if (is_among(key, names, n) ||
                    (names == member_names && is_among(key, of_others, COUNT_OF(of_others))))
                        continue;
                if (text_is_empty(unknown) || text_compare(key, unknown) < 0)
                        unknown = key;
        }
        return unknown;
}

struct text pool_misspelt(struct value written, struct text path, struct arena *arena) {
        const struct {
                const char *path; /* of the map, with a dot behind it */
                struct value map;
                const struct text *names;
                size_t n;
        } maps[] = {
                { "", written, member_names, N_MEMBERS },
                { "migConfiguration.", value_at(written, "migConfiguration"), mig_names,
                  N_MIG_MEMBERS },
                { "capabilities.", value_at(written, "capabilities"), capability_names,
                  N_CAPABILITIES },
                { "capabilities.migConfiguration.",
                  value_at(written, "capabilities.migConfiguration"), mig_names, N_MIG_MEMBERS },
                { "sharing.", value_at(written, "sharing"), sharing_names,
                  COUNT_OF(sharing_names) },
                { "podDefaults.", value_at(written, "podDefaults"), pod_default_names,
                  COUNT_OF(pod_default_names) },
        };

        for (size_t i = 0; i < COUNT_OF(maps); i++) {
                struct text key = first_unknown(maps[i].map, maps[i].names, maps[i].n);
                struct text nearest = { 0 };

                if (text_is_empty(key))
                        continue;
                if (i == 0)
                        nearest = text_nearest(key, of_others, COUNT_OF(of_others));
                if (text_is_empty(nearest))
                        nearest = text_nearest(key, maps[i].names, maps[i].n);
                if (text_is_empty(nearest))
                        nearest = TEXT("it misspelt");
                else
                        nearest = text_format(arena, "%.*s meant", TEXT_ARG(nearest));
                return text_format(arena, "member \"%.*s%s%.*s\" is not known: is %.*s?",
                                   TEXT_ARG(path), maps[i].path, TEXT_ARG(key), TEXT_ARG(nearest));
        }
        return (struct text) { 0 };
}

struct text pool_doubt(const struct pool *pool, struct arena *arena) {
        return quantity_doubt(TEXT("memoryPerGpu"), pool->memory_bytes, arena);
}

int pool_read(const struct member *entry, struct pool_owner owner, const struct settings *settings,
              struct arena *arena, struct pool *ret) {
        struct fault fault;
        struct reader rd = { .arena = arena, .first = &fault, .all = owner.mistakes };
        struct form form;

        *ret = (struct pool) {
                .environment = owner.environment,
                .on_gke = owner.on_gke,
                .observing = owner.observing,
                .is_quiet = owner.is_quiet,
                .written = entry->value,
                .accelerator_count = 1,
                .nodes = 1,
                .memory_bytes = UNKNOWN_BYTES,
                .share_replicas = 1,
        };
        open_form(&form, entry);
        if (member_is_absent(form.root))
                reader_refuse(&rd, form.root, "must be a map, but is null");
        else if (reader_map(&rd, form.root))
                read_all(&rd, &form, settings, ret);
        if (text_is_empty(ret->name))
                ret->path = member_path(entry, arena);
        if (rd.n_mistakes > 0)
                ret->invalid = fault_text(&fault, arena);
        return arena_failed(arena) ? -ENOMEM : 0;
}

bool pool_collects_warnings(const struct pool *pool) {
        return !pool->is_quiet;
}

void pool_warn(struct pool *pool, struct arena *arena, struct text message) {
        if (!pool_collects_warnings(pool))
                return;
        if (pool->n_messages == pool->cap_messages) {
                size_t cap = pool->cap_messages + 4;
                struct text *grown =
                        arena_grow(arena, pool->messages, pool->n_messages * sizeof(*grown),
                                   cap * sizeof(*grown));

                if (!grown)
                        return;
                pool->messages = grown;
                pool->cap_messages = cap;
        }
        pool->messages[pool->n_messages++] = message;
}

struct value pool_selector(const struct pool *pool) {
        return pool->node_selector.kind == VALUE_MAP ? pool->node_selector : pool->labels;
}
