/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/declaring.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/layout.h"

#define MIB ((int64_t)1024 * 1024)

/* Little enough for every GPU. */
enum { LEAST_MIB = 1024 };

enum { NAME_MAX_BYTES = 63, GPUS_MAX = 1024 };

/* ---- one resource ------------------------------------------------------------------------------
 */

/* Find a number of GPUs that share the slices evenly, none with more than it holds. */
static void spread(struct declared *d, int64_t units) {
        const struct gpu_product *product = d->group->offering.product;
        const struct gpu_profile *profile = product ? catalog_profile(product, d->profile) : NULL;
        int64_t gpus = d->group->offering.gpus, most = profile ? profile->max_instances : 0;

        if (most > 0 && units % most == 0 && (gpus == 0 || gpus == units / most)) {
                d->gpus = units / most;
                return;
        }
        if (gpus == 0 || units % gpus != 0 || (most > 0 && units / gpus > most)) {
                for (gpus = 1; gpus < units; gpus++) {
                        if (units % gpus == 0 && (most == 0 || units / gpus <= most))
                                break;
                }
                d->note = "not all GPUs have as many slices: what counts is the number of slices";
        }
        d->gpus = gpus;
        if (units / gpus != most)
                d->slices_per_gpu = units / gpus;
}

/* Of a GPU that is not known the label's memory counts; of a share its part. */
static void tell_memory(struct declared *d) {
        const struct offering *o = &d->group->offering;

        if (!text_is_empty(d->as.profile))
                return;
        if (!o->product && o->card_mib > 0)
                d->memory_bytes = o->card_mib / d->as.replicas * MIB;
        d->guesses_memory = !o->product && o->card_mib == 0;
        if (d->guesses_memory)
                d->memory_bytes = LEAST_MIB * MIB;
}

static struct declared declare_one(const struct group *group, uint32_t i, struct arena *arena) {
        struct declared d = {
                .group = group,
                .as = offering_take_apart(&group->least, &group->offering, i, arena),
        };
        int64_t units = d.as.count / d.as.replicas;

        d.profile = d.as.profile;
        d.note = d.as.guess;
        if (text_is_empty(d.profile))
                d.gpus = units;
        else
                spread(&d, units);
        tell_memory(&d);
        return d;
}

/* ---- several resources as one layout -----------------------------------------------------------
 */

static bool fits(const struct gpu_product *product, const struct declared *d) {
        int64_t counts[LAYOUT_KINDS_MAX] = { 0 };
        struct layout ignored;
        struct fault why_not;

        for (size_t i = 0; i < d->n_layout; i++) {
                const struct gpu_profile *profile = catalog_profile(product, d->layout[i].profile);

                if (!profile)
                        return false;
                counts[profile - product->profiles] = d->layout[i].per_gpu;
        }
        return layout_place(product, counts, &ignored, &why_not) == 0;
}

static bool divide(struct declared *d, int64_t gpus, struct arena *arena) {
        const struct group *group = d->group;

        d->n_layout = 0;
        for (uint32_t i = 0; i < group->least.n_resources; i++) {
                struct offered r = offering_take_apart(&group->least, &group->offering, i, arena);
                int64_t units = r.count / r.replicas;

                if (units % gpus != 0)
                        return false;
                d->layout[d->n_layout].profile = r.profile;
                d->layout[d->n_layout++].per_gpu = units / gpus;
        }
        d->gpus = gpus;
        return fits(group->offering.product, d);
}

/* Slices of known GPUs that are all shared alike, or not at all. */
static bool can_be_a_layout(const struct group *group, struct arena *arena) {
        const struct host *least = &group->least;
        struct offered first = offering_take_apart(least, &group->offering, 0, arena);

        if (least->n_resources < 2 || least->n_resources > DECLARED_SLICES_MAX ||
            !group->offering.product)
                return false;
        for (uint32_t i = 0; i < least->n_resources; i++) {
                struct offered r = offering_take_apart(least, &group->offering, i, arena);

                if (text_is_empty(r.profile) || r.replicas != first.replicas ||
                    r.renamed != first.renamed)
                        return false;
        }
        return true;
}

static bool declare_layout(const struct group *group, struct arena *arena, struct declared *ret) {
        struct declared d = { .group = group };

        if (!can_be_a_layout(group, arena))
                return false;
        d.as = offering_take_apart(&group->least, &group->offering, 0, arena);
        d.as.profile = (struct text) { 0 };
        *ret = d;
        if (group->offering.gpus > 0)
                return divide(ret, group->offering.gpus, arena);
        for (int64_t gpus = 1; gpus <= d.as.count && gpus <= GPUS_MAX; gpus++) {
                if (divide(ret, gpus, arena))
                        return true;
        }
        return false;
}

/* ---- names -------------------------------------------------------------------------------------
 */

static struct text small(struct text t, struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < t.len; i++) {
                char c = t.data[i];

                if (c >= 'A' && c <= 'Z')
                        c = (char)(c - 'A' + 'a');
                builder_char(&b, c == '+' || c == '/' || c == '_' ? '.' : c);
        }
        return builder_done(&b);
}

static struct text what_it_is(const struct declared *d, struct arena *arena) {
        if (d->n_layout > 0)
                return TEXT("mixed");
        if (!text_is_empty(d->profile))
                return small(d->profile, arena);
        if (d->as.foreign)
                return small(d->as.resource, arena);
        return d->as.replicas > 1 ? TEXT("shared") : TEXT("whole");
}

static struct text card_name(const struct offering *o, struct arena *arena) {
        struct text name = o->product ? o->product->name : o->accelerator;

        return text_is_empty(name) ? TEXT("gpu") : small(name, arena);
}

static bool is_given(const struct declared *all, size_t n, struct text name) {
        for (size_t i = 0; i < n; i++) {
                if (text_equal(all[i].name, name))
                        return true;
        }
        return false;
}

/* Does another group have nodes of this node pool? */
static bool is_of_several(const struct declared *all, size_t n, size_t i, struct text label) {
        for (size_t k = 0; k < n; k++) {
                if (all[k].group != all[i].group &&
                    text_equal(grouping_pool_label(all[k].group), label))
                        return true;
        }
        return false;
}

/* A node pool's own name where it is one pool here, else the GPU and how it is divided. */
static void name_pools(struct declared *all, size_t n, struct arena *arena) {
        for (size_t i = 0; i < n; i++) {
                bool alone = (i == 0 || all[i - 1].group != all[i].group) &&
                             (i + 1 == n || all[i + 1].group != all[i].group);
                struct text label = grouping_pool_label(all[i].group), name = label;

                if (!alone || text_is_empty(label) || is_of_several(all, n, i, label))
                        name = text_format(arena, "%.*s-%.*s",
                                           TEXT_ARG(card_name(&all[i].group->offering, arena)),
                                           TEXT_ARG(what_it_is(&all[i], arena)));
                name = text_slice(name, 0, NAME_MAX_BYTES - 4);
                all[i].name = name;
                for (int k = 2; is_given(all, i, all[i].name); k++)
                        all[i].name = text_format(arena, "%.*s-%d", TEXT_ARG(name), k);
        }
}

int declaring_pools(const struct groups *groups, struct arena *arena, struct declared **ret,
                    size_t *ret_n) {
        size_t most = 0, n = 0;
        struct declared *all;

        for (size_t i = 0; i < groups->n; i++)
                most += groups->items[i].least.n_resources;
        all = ARENA_ARRAY(arena, most + 1, struct declared);
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < groups->n; i++) {
                const struct group *group = &groups->items[i];

                if (!text_is_empty(group->apart))
                        continue;
                if (declare_layout(group, arena, &all[n])) {
                        n++;
                        continue;
                }
                for (uint32_t k = 0; k < group->least.n_resources; k++)
                        all[n++] = declare_one(group, k, arena);
        }
        name_pools(all, n, arena);
        *ret = all;
        *ret_n = n;
        return arena_failed(arena) ? -ENOMEM : 0;
}
