/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capacity_scattered.h"

#include <errno.h>

#include "base/arena.h"
#include "base/printable.h"
#include "cli/table.h"
#include "gpu/profile.h"

/* One pool's slices: the lines of its sub-pools. */
struct slices {
        const struct pool *pool;
        const struct usage *used;
        size_t n;
};

static int64_t gib_of(const struct usage *used) {
        return catalog_memory_from_name(used->mig_profile);
}

/*
 * A profile larger than every free slice that the free ones together would make: one of the
 * pool's own, of which none is free, else the smallest of the GPU's.
 */
static const struct gpu_profile *next_larger(const struct slices *s) {
        const struct gpu_profile *found = NULL;
        int64_t largest = 0, sum = 0, used = 0;

        for (size_t i = 0; i < s->n; i++) {
                int64_t gib = gib_of(&s->used[i]), units = s->used[i].free_units;

                if (units > 0 && gib > largest)
                        largest = gib;
                sum += gib * (units < INT32_MAX ? units : INT32_MAX);
                used |= s->used[i].used;
        }
        if (largest == 0 || used == 0) /* an empty pool is cut as it is declared, and free */
                return NULL;
        for (size_t i = 0; i < s->n; i++) {
                if (gib_of(&s->used[i]) > largest && gib_of(&s->used[i]) <= sum)
                        return catalog_profile(s->pool->product, s->used[i].mig_profile);
        }
        for (size_t i = 0; i < s->pool->product->n_profiles; i++) {
                const struct gpu_profile *profile = &s->pool->product->profiles[i];
                int64_t gib = catalog_memory_from_name(profile->name);
                struct profile_name name;

                if (gib > largest && gib <= sum && profile_parse(profile->name, &name) &&
                    text_is_empty(name.attributes) &&
                    (!found || gib < catalog_memory_from_name(found->name)))
                        found = profile;
        }
        return found;
}

/* GPUs without a reserved slice when replicas stand as close as they can. */
static int64_t empty_gpus(const struct slices *s) {
        int64_t gpus = s->pool->accelerator_count * s->used->sub_pool->nodes, least = gpus;

        for (size_t i = 0; i < s->n; i++) {
                const struct sub_pool *sub = s->used[i].sub_pool;
                int64_t of_gpu = sub->units_per_node / s->pool->accelerator_count, taken;

                if (of_gpu < 1)
                        return 0;
                taken = s->used[i].used / of_gpu + (s->used[i].used % of_gpu > 0);
                if (gpus - taken < least)
                        least = gpus - taken;
        }
        return least > 0 ? least : 0;
}

static void write_free(const struct slices *s, struct builder *b) {
        const char *comma = "";

        for (size_t i = 0; i < s->n; i++) {
                if (s->used[i].free_units < 1)
                        continue;
                builder_string(b, comma);
                builder_i64(b, s->used[i].free_units);
                builder_string(b, " x ");
                builder_text(b, s->used[i].mig_profile);
                comma = ", ";
        }
}

static void write_pool(const struct slices *s, struct builder *b) {
        const struct gpu_profile *profile = next_larger(s);
        struct builder sentence;
        int64_t empty;

        if (!profile)
                return;
        empty = empty_gpus(s);
        builder_init(&sentence, b->arena);
        builder_string(&sentence, "Pool ");
        builder_text(&sentence, printable_text(s->pool->name, b->arena));
        builder_string(&sentence, " of ");
        builder_text(&sentence, printable_text(s->pool->environment->name, b->arena));
        builder_string(&sentence, ": ");
        write_free(s, &sentence);
        builder_string(&sentence, " are free, but no ");
        builder_text(&sentence, profile->name);
        if (empty > 0)
                builder_text(
                        &sentence,
                        text_format(b->arena,
                                    ": with its replicas moved together %lld GPU%s could be cut "
                                    "anew",
                                    (long long)empty, empty == 1 ? "" : "s"));
        else
                builder_string(&sentence, ": no GPU can be emptied and cut anew");
        table_wrapped("- ", "  ", builder_done(&sentence), b);
}

int capacity_scattered(const struct capacity *fleet, size_t n, struct arena *arena,
                       struct builder *b) {
        struct builder lines;

        builder_init(&lines, arena);
        for (size_t i = 0; i < n; i++) {
                const struct usage_list *list = &fleet[i].used;
                struct slices s;

                for (size_t k = 0; k < list->n; k += s.n) {
                        s = (struct slices) { .used = &list->items[k], .n = 1 };
                        if (!capacity_has_resource(s.used))
                                continue;
                        s.pool = s.used->sub_pool->pool;
                        while (k + s.n < list->n && list->items[k + s.n].sub_pool &&
                               list->items[k + s.n].sub_pool->pool == s.pool)
                                s.n++;
                        if (s.pool->mig && s.pool->product && s.pool->share_replicas == 1 &&
                            s.pool->accelerator_count > 0)
                                write_pool(&s, &lines);
                }
        }
        if (lines.len > 0) {
                builder_string(b, "\nFree in sum, but not in one piece:\n");
                builder_text(b, builder_done(&lines));
        }
        return arena_failed(arena) ? -ENOMEM : 0;
}
