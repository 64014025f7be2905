/* SPDX-License-Identifier: Apache-2.0 */
/* What is wanted, and how GPUs are cut today. */
#include <errno.h>

#include "base/arena.h"
#include "cli/files.h"
#include "cli/input.h"
#include "cli/plan_internal.h"
#include "fleet/deployment.h"
#include "fleet/environment.h"
#include "fleet/migparted.h"
#include "fleet/migparted_default.h"
#include "fleet/model.h"
#include "gpu/profile.h"
#include "render/object.h"

/* ---- --want ---------------------------------------------------------------------------------- */

static int add_want(struct plan_wants *wants, struct cut_want want, struct text name,
                    struct fault *fault) {
        if (wants->n == CUT_WANTS_MAX) {
                fault_set(fault, "more than %d are wanted", CUT_WANTS_MAX);
                return -EINVAL;
        }
        wants->names[wants->n] = name;
        wants->items[wants->n++] = want;
        return 0;
}

static int read_want(struct text word, struct plan_wants *wants, struct fault *fault) {
        struct text what = text_slice(word, 0, text_index(word, ':'));
        struct cut_want want = { .count = 1 };
        struct profile_name name;
        struct quantity memory;
        struct fault ignored;
        uint64_t count;

        if (what.len < word.len) {
                if (!text_to_u64(text_slice(word, what.len + 1, word.len), &count) || count < 1 ||
                    count > CUT_COUNT_MAX) {
                        fault_set(fault, "--want: \"%.*s\": the count is not within 1 and %d",
                                  TEXT_ARG(word), CUT_COUNT_MAX);
                        return -EINVAL;
                }
                want.count = (int64_t)count;
        }
        if (profile_parse(what, &name)) {
                want.profile = what;
                return add_want(wants, want, what, fault);
        }
        if (quantity_parse(what, &memory, &ignored) < 0 || quantity_whole(memory) < 1) {
                fault_set(fault,
                          "--want: \"%.*s\" is neither memory[:count] such as 40Gi:3 nor "
                          "profile[:count] such as 1g.10gb:7",
                          TEXT_ARG(word));
                return -EINVAL;
        }
        want.memory_bytes = quantity_whole(memory);
        if (want.memory_bytes < 1 << 20) {
                fault_set(fault, "--want: \"%.*s\" is %lld bytes: is %.*sGi meant?", TEXT_ARG(word),
                          (long long)want.memory_bytes, TEXT_ARG(what));
                return -EINVAL;
        }
        return add_want(wants, want, what, fault);
}

int plan_read_list(struct text list, struct plan_wants *wants, struct fault *fault) {
        for (;;) {
                size_t end = layout_word_end(list);
                int r = read_want(text_slice(list, 0, end), wants, fault);

                if (r < 0 || end == list.len)
                        return r;
                list = text_slice(list, end + 1, list.len);
        }
}

/* ---- -e -------------------------------------------------------------------------------------- */

static bool is_kind(struct value object, struct text kind) {
        return text_equal(text_at(object, "kind"), kind);
}

/* A Model is looked for in the deployment's namespace. */
static struct value find_model(const struct objects *objects, const struct deployment *d) {
        bool is_cluster = text_equal(d->model_kind, TEXT("ClusterModel"));

        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (is_kind(object, d->model_kind) &&
                    text_equal(text_at(object, "metadata.name"), d->model_name) &&
                    (is_cluster ||
                     text_equal(text_at(object, "metadata.namespace"), d->namespace_)))
                        return object;
        }
        return (struct value) { 0 };
}

static int read_model(const struct objects *objects, const struct deployment *d,
                      struct arena *arena, struct model *ret, struct fault *fault) {
        struct value object = find_model(objects, d);
        struct mistakes mistakes = { 0 };
        int r;

        if (object.kind == VALUE_ABSENT) {
                fault_set(fault, "ModelDeployment %.*s: %.*s %.*s is not in the input",
                          TEXT_ARG(d->name), TEXT_ARG(d->model_kind), TEXT_ARG(d->model_name));
                return -EINVAL;
        }
        r = model_read(object, arena, ret, &mistakes);
        if (r == -EINVAL)
                fault_set(fault, "%.*s %.*s: %.*s", TEXT_ARG(d->model_kind),
                          TEXT_ARG(d->model_name), TEXT_ARG(mistakes.items[0]));
        return r;
}

static struct cut_want want_of(const struct deployment *d, const struct model *model,
                               const struct serving_profile *profile) {
        struct cut_want want = { .memory_bytes = profile->needs.memory_bytes };
        int64_t units = profile->nodes * profile->gpus_per_node;

        if (profile->gpus_per_node == 0) {
                want.memory_bytes = model->vram_bytes;
                units = 1;
        }
        want.count = units * d->replicas * d->environments;
        return want;
}

static int add_deployment(const struct objects *objects, struct value object,
                          const struct gpu_product *product, struct arena *arena,
                          struct plan_wants *wants, struct fault *fault) {
        struct deployment d;
        struct cut_want want = { 0 };
        struct model model;
        struct text name;
        int r = deployment_read(object, arena, &d, fault);

        if (r == 0)
                r = read_model(objects, &d, arena, &model, fault);
        if (r < 0)
                return r;
        for (size_t i = 0; i < model.n_profiles; i++) {
                want = want_of(&d, &model, &model.profiles[i]);
                if (cut_holds(product, &want))
                        break;
                want = want_of(&d, &model, &model.profiles[0]);
        }
        if (want.count == 0)
                return 0;
        name = text_format(arena, "%.*s%s%.*s", TEXT_ARG(d.namespace_), d.namespace_.len ? "/" : "",
                           TEXT_ARG(d.name));
        if (want.count > CUT_COUNT_MAX) {
                fault_set(fault, "ModelDeployment %.*s wants %lld units, more than %d",
                          TEXT_ARG(name), (long long)want.count, CUT_COUNT_MAX);
                return -EINVAL;
        }
        return add_want(wants, want, name, fault);
}

int plan_read_deployments(const struct objects *objects, const struct gpu_product *product,
                          struct arena *arena, struct plan_wants *wants, struct fault *fault) {
        for (size_t i = 0; i < objects->n; i++) {
                int r = 0;

                if (is_kind(objects->items[i], TEXT("ModelDeployment")))
                        r = add_deployment(objects, objects->items[i], product, arena, wants,
                                           fault);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- --from ---------------------------------------------------------------------------------- */

/* One more GPU, or several, cut like this; counts of 0 everywhere: not divided. */
static int add_gpus(struct plan_today *today, const int64_t *counts, int64_t gpus,
                    struct arena *arena, struct fault *fault) {
        int64_t *devices, sum = 0, item = -1;
        size_t i = 0;

        if (gpus > CUT_GPUS_MAX - today->gpus) {
                fault_set(fault, "--from: more than %d GPUs", CUT_GPUS_MAX);
                return -EINVAL;
        }
        for (size_t k = 0; k < LAYOUT_KINDS_MAX; k++)
                sum += counts[k];
        while (sum > 0 && i < today->n &&
               memcmp(today->items[i].counts, counts, sizeof(today->items[i].counts)) != 0)
                i++;
        if (i == sizeof(today->items) / sizeof(today->items[0])) {
                fault_set(fault, "--from: more than %zu layouts", i);
                return -EINVAL;
        }
        if (sum > 0) {
                today->n += i == today->n;
                memcpy(today->items[i].counts, counts, sizeof(today->items[i].counts));
                today->items[i].gpus += gpus;
                item = (int64_t)i;
        }
        devices = arena_grow(arena, today->devices, (size_t)today->gpus * sizeof(*devices),
                             (size_t)(today->gpus + gpus) * sizeof(*devices));
        if (!devices)
                return -ENOMEM;
        today->devices = devices;
        while (gpus-- > 0)
                devices[today->gpus++] = item;
        return 0;
}

static int refuse_pool(const struct pool *pool, struct text why, struct fault *fault) {
        fault_set(fault, "--from: pool %.*s: %.*s", TEXT_ARG(pool->name), TEXT_ARG(why));
        return -EINVAL;
}

static int add_entry(const struct migparted_entry *entry, const struct gpu_product *product,
                     struct arena *arena, struct plan_today *today, struct fault *fault);

/* The GPUs of a pool's nodes, one by one: its configuration may cut each of a node otherwise. */
static int add_configured(const struct pool *pool, const struct migparted *file,
                          struct arena *arena, struct plan_today *today, struct fault *fault) {
        const struct migparted_entry *entries[MIGPARTED_DEVICES_MAX];
        const struct migparted_config *config = NULL;
        struct gpu_board board = board_named(pool->product, pool->accelerator_type);
        struct migparted_config of_nvidia;
        int64_t gpus = pool->accelerator_count;
        int r = 0;

        if (file)
                config = migparted_find(file, pool->mig_config);
        else if (migparted_default(pool->mig_config, pool->product, arena, &of_nvidia) == 0)
                config = &of_nvidia;
        if (!config || !text_is_empty(config->invalid) || gpus > MIGPARTED_DEVICES_MAX)
                return refuse_pool(pool, TEXT("give the mig-parted file that it is cut by"), fault);
        migparted_apply(config, &board, (size_t)gpus, entries);
        for (int64_t i = 0; i < gpus * pool->nodes && r == 0; i++)
                r = add_entry(entries[i % gpus], pool->product, arena, today, fault);
        return r;
}

static int add_pool(const struct pool *pool, const struct migparted *file, struct arena *arena,
                    struct plan_today *today, struct fault *fault) {
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 };

        if (!text_is_empty(pool->invalid))
                return refuse_pool(pool, pool->invalid, fault);
        for (size_t i = 0; i < pool->n_sub_pools; i++) {
                if (!text_is_empty(pool->sub_pools[i].invalid))
                        return refuse_pool(pool, pool->sub_pools[i].invalid, fault);
        }
        if (!text_is_empty(pool->mig_config))
                return add_configured(pool, file, arena, today, fault);
        for (size_t i = 0; i < pool->n_sub_pools; i++) {
                const struct sub_pool *s = &pool->sub_pools[i];
                const struct gpu_profile *profile = catalog_profile(pool->product, s->mig_profile);

                if (profile)
                        counts[profile - pool->product->profiles] +=
                                s->units_per_node / pool->accelerator_count / pool->share_replicas;
        }
        return add_gpus(today, counts, pool->accelerator_count * pool->nodes, arena, fault);
}

/* Counted as its Composition's input says, where that is in the file too, with its mig-parted file.
 */
static int read_environment(struct value object, const struct inputs *inputs,
                            const struct gpu_product *product, struct arena *arena,
                            struct plan_today *today, struct fault *fault) {
        struct environment environment;
        const struct input *input = NULL;
        struct settings settings;
        int r = settings_read((struct value) { 0 }, arena, &settings, fault);

        if (r == 0)
                r = input_choose(inputs, object, &input, fault);
        if (r == 0 && input)
                settings = input->settings;
        if (r == 0)
                r = environment_read_quietly(object, &settings, arena, &environment);
        for (size_t i = 0; r == 0 && i < environment.n_pools; i++) {
                const struct pool *pool = &environment.pools[i];

                /* Of a mistake nothing is read, the product included. */
                if (!pool->product && !text_is_empty(pool->invalid))
                        r = refuse_pool(pool, pool->invalid, fault);
                else if (pool->product == product)
                        r = add_pool(&environment.pools[i], settings.mig_parted, arena, today,
                                     fault);
        }
        return r;
}

static int choose_config(const struct migparted *file, const char *config,
                         const struct migparted_config **ret, struct fault *fault) {
        if (!text_is_empty(file->invalid)) {
                fault_set(fault, "--from: %.*s", TEXT_ARG(file->invalid));
                return -EINVAL;
        }
        *ret = file->n_configs == 1 ? &file->configs[0] : NULL;
        if (config)
                *ret = migparted_find(file, text_from(config));
        if (!*ret) {
                fault_set(fault,
                          config ? "--config: the file has no configuration \"%s\""
                                 : "--from: the file has several configurations: name one with "
                                   "--config%s",
                          config ? config : "");
                return -EINVAL;
        }
        if (!text_is_empty((*ret)->invalid)) {
                fault_set(fault, "--from: %.*s", TEXT_ARG((*ret)->invalid));
                return -EINVAL;
        }
        return 0;
}

static int add_entry(const struct migparted_entry *entry, const struct gpu_product *product,
                     struct arena *arena, struct plan_today *today, struct fault *fault) {
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 };

        for (size_t i = 0; entry && i < entry->n_slices; i++) {
                const struct gpu_profile *profile =
                        catalog_profile(product, entry->slices[i].profile);

                if (!profile) {
                        fault_set(fault, "--from: %.*s has no %.*s", TEXT_ARG(product->name),
                                  TEXT_ARG(entry->slices[i].profile));
                        return -EINVAL;
                }
                counts[profile - product->profiles] += entry->slices[i].count;
        }
        return add_gpus(today, counts, 1, arena, fault);
}

static int read_migparted(const struct plan_source *source, struct text bytes, struct arena *arena,
                          struct plan_today *today, struct fault *fault) {
        const struct migparted_entry *entries[MIGPARTED_DEVICES_MAX];
        const struct migparted_config *chosen = NULL;
        int64_t per_node = source->per_node ? source->per_node : source->gpus;
        struct gpu_board board;
        struct migparted file;
        int r = migparted_read(bytes, arena, &file);

        if (r == 0)
                r = choose_config(&file, source->config, &chosen, fault);
        if (r < 0)
                return r;
        if (per_node < 1 || per_node > MIGPARTED_DEVICES_MAX || source->gpus < 1) {
                fault_set(fault,
                          "--from: a mig-parted file wants --gpus, and for more than one "
                          "node --gpus-per-node within 1 and %d",
                          MIGPARTED_DEVICES_MAX);
                return -EINVAL;
        }
        board = board_named(source->product, source->product->name);
        migparted_apply(chosen, &board, (size_t)per_node, entries);
        for (int64_t i = 0; i < source->gpus && r == 0; i++)
                r = add_entry(entries[i % per_node], source->product, arena, today, fault);
        return r;
}

int plan_read_today(const struct plan_source *source, struct arena *arena, struct plan_today *ret,
                    struct fault *fault) {
        struct objects objects = { 0 };
        struct inputs inputs = { 0 };
        bool is_found = false;
        struct text bytes;
        int r = files_read(source->path, arena, &bytes, fault);

        if (r == 0)
                r = yaml_read(bytes, source->path, arena, &objects, fault);
        if (r == 0)
                r = input_find(&objects, &objects, arena, &inputs, fault);
        for (size_t i = 0; r == 0 && i < objects.n; i++) {
                struct value object = objects.items[i];

                if (value_get(object, TEXT("mig-configs")).kind != VALUE_ABSENT)
                        return read_migparted(source, bytes, arena, ret, fault);
                if (is_kind(object, TEXT("InferenceEnvironment"))) {
                        is_found = true;
                        r = read_environment(object, &inputs, source->product, arena, ret, fault);
                }
        }
        if (r == 0 && !is_found) {
                fault_set(fault,
                          "--from: %s is neither an InferenceEnvironment nor a mig-parted "
                          "file",
                          source->path);
                return -EINVAL;
        }
        if (r == 0 && ret->gpus == 0) {
                fault_set(fault, "--from: no pool of %s has a %.*s", source->path,
                          TEXT_ARG(source->product->name));
                return -EINVAL;
        }
        return r;
}
