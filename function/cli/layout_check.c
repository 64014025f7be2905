/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/layout_check.h"

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/draw.h"
#include "gpu/profile.h"

static bool contains_fold(struct text t, struct text part) {
        for (size_t i = 0; i + part.len <= t.len; i++) {
                if (text_equal_fold(text_slice(t, i, i + part.len), part))
                        return true;
        }
        return false;
}

/* "H100", "b200": a part of a name means too many to guess which. */
static void refuse_gpu(struct text gpu, struct fault *fault) {
        char names[FAULT_MESSAGE_MAX / 2] = "";
        const struct gpu_product *product;
        size_t len = 0;

        for (size_t i = 0; gpu.len > 0 && (product = catalog_product(i)); i++) {
                size_t room = sizeof(names) - len;

                if (contains_fold(product->name, gpu) && product->name.len + 2 < room)
                        len += (size_t)snprintf(names + len, room, "%s%.*s", len > 0 ? ", " : "",
                                                TEXT_ARG(product->name));
        }
        if (len > 0)
                fault_set(fault, "\"%.*s\" does not say which GPU: %s", TEXT_ARG(gpu), names);
        else
                fault_set(fault, "unknown GPU \"%.*s\"; \"mig\" alone lists those that are known",
                          TEXT_ARG(gpu));
}

int layout_check_products(struct text gpu, const struct gpu_product **ret, size_t *ret_n,
                          struct fault *fault) {
        size_t n = catalog_find(gpu, ret, VERDICT_PRODUCTS_MAX);

        if (n == 0) {
                refuse_gpu(gpu, fault);
                return -EINVAL;
        }
        *ret_n = n < VERDICT_PRODUCTS_MAX ? n : VERDICT_PRODUCTS_MAX;
        return 0;
}

static struct text why_lacking(const struct gpu_product *product, struct text profile,
                               struct arena *arena) {
        struct profile_name name;
        struct builder b;

        if (product->n_profiles == 0)
                return draw_basis(product->basis);
        builder_init(&b, arena);
        builder_text(&b, product->name);
        builder_string(&b, " has no ");
        builder_text(&b, profile);
        if (profile_parse(profile, &name) && name.compute_slices < name.gpu_slices)
                builder_string(&b, ": a part of an instance is nothing that a pod can ask for");
        builder_string(&b, "; it has ");
        for (size_t i = 0; i < product->n_profiles; i++) {
                builder_string(&b, i > 0 ? ", " : "");
                builder_text(&b, product->profiles[i].name);
        }
        return builder_done(&b);
}

static struct text names_but(const struct gpu_product **products, size_t n, size_t chosen,
                             struct arena *arena) {
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < n; i++) {
                if (i == chosen)
                        continue;
                builder_string(&b, b.len > 0 ? ", " : "");
                builder_text(&b, products[i]->name);
        }
        return builder_done(&b);
}

/* The first that holds the layout, else the first that has its profiles, as a pool's is judged. */
static size_t choose(const struct gpu_product **products, size_t n,
                     const struct layout_wish *wishes, size_t n_wishes) {
        int64_t counts[LAYOUT_KINDS_MAX];
        struct layout layout;
        struct fault ignored;
        size_t first = n;

        for (size_t i = 0; i < n; i++) {
                if (layout_count(products[i], wishes, n_wishes, counts))
                        continue;
                if (layout_place(products[i], counts, &layout, &ignored) == 0)
                        return i;
                if (first == n)
                        first = i;
        }
        return first < n ? first : 0;
}

int layout_check_reach(struct text gpu, struct text layout, struct arena *arena,
                       struct verdict *ret, struct fault *fault) {
        const struct gpu_product *products[VERDICT_PRODUCTS_MAX];
        struct layout_wish wishes[LAYOUT_KINDS_MAX];
        const struct layout_wish *lacking;
        size_t n, n_wishes, chosen;
        struct verdict v = { 0 };
        struct fault why;
        int r = layout_check_products(gpu, products, &n, fault);

        if (r == 0)
                r = layout_read(layout, wishes, &n_wishes, fault);
        if (r < 0)
                return r;
        chosen = choose(products, n, wishes, n_wishes);
        v.product = products[chosen];
        v.others = names_but(products, n, chosen, arena);
        lacking = layout_count(v.product, wishes, n_wishes, v.counts);
        v.lacks = lacking != NULL;
        if (v.lacks) {
                v.reason = why_lacking(v.product, lacking->profile, arena);
        } else {
                v.fits = layout_place(v.product, v.counts, &v.layout, &why) == 0;
                if (!v.fits)
                        v.reason = text_copy(arena, text_from(why.message));
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = v;
        return 0;
}
