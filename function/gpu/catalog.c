/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/catalog_tables.h"
#include "gpu/profile.h"

#include <string.h>

/*
 * Where a name is said of several products, the first one of this order is
 * meant first: the one with the least memory.
 */
static const struct catalog_part *const parts[] = {
        &catalog_ampere,
        &catalog_hopper,
        &catalog_blackwell,
};

const struct gpu_product *catalog_product(size_t index) {
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
                if (index < parts[i]->n_products)
                        return &parts[i]->products[index];
                index -= parts[i]->n_products;
        }
        return NULL;
}

static char fold(char c) {
        if (c >= 'A' && c <= 'Z')
                return (char)(c - 'A' + 'a');
        return c == ' ' ? '-' : c;
}

/* A label of GPU feature discovery has "-" where the name of nvidia-smi has a blank. */
static bool is_same_name(struct text a, struct text b) {
        if (a.len != b.len)
                return false;
        /* Products of one maker begin alike: most differ at the end. */
        for (size_t i = a.len; i-- > 0;) {
                if (fold(a.data[i]) != fold(b.data[i]))
                        return false;
        }
        return true;
}

/* Clouds write "nvidia-" before the product; which of them they sell changes. */
static const struct text maker = TEXT_INIT("nvidia-");

static struct text without_maker(struct text alias) {
        if (alias.len <= maker.len || !is_same_name((struct text) { alias.data, maker.len }, maker))
                return alias;
        return (struct text) { alias.data + maker.len, alias.len - maker.len };
}

/* @bare: without the maker, whom the alias may name all the same. */
static bool product_is_called(const struct gpu_product *product, struct text bare) {
        if (is_same_name(product->name, bare))
                return true;
        for (size_t i = 0; i < product->n_aliases; i++) {
                struct text alias = product->aliases[i];

                if (alias.len == bare.len + maker.len)
                        alias = without_maker(alias);
                if (is_same_name(alias, bare))
                        return true;
        }
        return false;
}

size_t catalog_find(struct text alias, const struct gpu_product **ret, size_t max) {
        struct text machine = catalog_machine(alias);
        const struct gpu_product *product;
        size_t n = 0;

        alias = text_is_empty(machine) ? without_maker(alias) : machine;
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
                for (size_t k = 0; k < parts[i]->n_products; k++) {
                        product = &parts[i]->products[k];
                        if (!product_is_called(product, alias))
                                continue;
                        if (n < max)
                                ret[n] = product;
                        n++;
                }
        }
        return n;
}

enum { NAMES_MAX = 256, TELLING_MIN = 5 };

struct text catalog_nearest(struct text alias, struct arena *arena) {
        struct text bare = without_maker(alias), nearest;
        struct text made = text_slice(alias, 0, alias.len - bare.len);
        struct text names[NAMES_MAX];
        const struct gpu_product *product;
        size_t n = 0;

        if (bare.len < TELLING_MIN)
                return (struct text) { 0 };
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                if (n < NAMES_MAX)
                        names[n++] = product->name;
                for (size_t k = 0; k < product->n_aliases && n < NAMES_MAX; k++)
                        names[n++] = made.len > 0 ? without_maker(product->aliases[k])
                                                  : product->aliases[k];
        }
        nearest = text_nearest(bare, names, n);
        if (text_is_empty(nearest))
                return nearest;
        return text_join(arena, (struct text[]) { made, nearest }, 2);
}

static size_t find_candidates(struct text alias,
                              const struct gpu_product *ret[CATALOG_CANDIDATES_MAX]) {
        size_t n = catalog_find(alias, ret, CATALOG_CANDIDATES_MAX);

        return n < CATALOG_CANDIDATES_MAX ? n : CATALOG_CANDIDATES_MAX;
}

/* The slot of an alias; a free one, or the one that was filled first, when there is none. */
static struct catalog_slot *slot_of(struct catalog_memo *memo, struct text alias) {
        for (size_t i = 0; i < CATALOG_SLOTS && memo->slots[i].alias.len > 0; i++) {
                if (text_equal(memo->slots[i].alias, alias))
                        return &memo->slots[i];
        }
        return &memo->slots[memo->n_filled++ % CATALOG_SLOTS];
}

size_t catalog_recall(struct catalog_memo *memo, struct text alias,
                      const struct gpu_product *ret[CATALOG_CANDIDATES_MAX]) {
        struct catalog_slot *slot;

        if (!memo || text_is_empty(alias))
                return find_candidates(alias, ret);
        slot = slot_of(memo, alias);
        if (!text_equal(slot->alias, alias)) {
                slot->n = find_candidates(alias, slot->products);
                slot->alias = alias;
        }
        memcpy(ret, slot->products, slot->n * sizeof(*ret));
        return slot->n;
}

const struct gpu_profile *catalog_profile(const struct gpu_product *product, struct text name) {
        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (text_equal_fold(profile->name, name) ||
                    (profile->former.len && text_equal_fold(profile->former, name)))
                        return profile;
        }
        return NULL;
}

struct text catalog_spelling(const struct gpu_profile *profile, struct text name) {
        return text_equal_fold(profile->former, name) ? profile->former : profile->name;
}

int32_t catalog_memory_from_name(struct text profile) {
        struct profile_name name;

        return profile_parse(profile, &name) ? name.memory_gib : 0;
}
