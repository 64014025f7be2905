/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the name of a MIG profile: what was read, written again, reads the same. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "gpu/catalog.h"
#include "gpu/profile.h"

static bool same(const struct profile_name *a, const struct profile_name *b) {
        return a->compute_slices == b->compute_slices && a->gpu_slices == b->gpu_slices &&
               a->memory_gib == b->memory_gib && a->media == b->media &&
               text_equal_fold(a->attributes, b->attributes);
}

static struct text written(const struct profile_name *name, struct arena *arena) {
        return text_format(arena, "%dc.%dg.%dgb%.*s", name->compute_slices, name->gpu_slices,
                           name->memory_gib, TEXT_ARG(name->attributes));
}

static struct text upper(struct text t, struct arena *arena) {
        char *copy = arena_alloc(arena, t.len);

        for (size_t i = 0; i < t.len; i++)
                copy[i] = (char)(t.data[i] >= 'a' && t.data[i] <= 'z' ? t.data[i] - 32 : t.data[i]);
        return (struct text) { .data = copy, .len = t.len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text t = fuzz_text(data, size);
        struct profile_name name, again;
        const struct gpu_product *product;
        struct arena arena;

        arena_init(&arena, 64 * 1024 + 16 * size);
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                const struct gpu_profile *profile = catalog_profile(product, t);

                MUST(!profile || catalog_profile(product, profile->name) == profile);
        }
        if (profile_parse(t, &name)) {
                MUST(name.compute_slices >= 1 && name.compute_slices <= name.gpu_slices);
                MUST(name.memory_gib >= 0 && name.memory_gib == catalog_memory_from_name(t));
                MUST(name.attributes.len <= t.len);
                MUST(profile_parse(written(&name, &arena), &again) && same(&name, &again));
                MUST(profile_parse(upper(t, &arena), &again) && same(&name, &again));
        } else {
                MUST(catalog_memory_from_name(t) == 0);
        }
        arena_release(&arena);
        return 0;
}
