/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/catalog_tables.h"
#include "gpu/machine.h"
#include "gpu/names.h"
#include "gpu/profile.h"

#include <string.h>

/*
 * Where a name is said of several products, the first one of this order is
 * meant first: the one with the least memory.
 */
static const struct catalog_part *const parts[] = {
        &catalog_ampere, &catalog_hopper, &catalog_blackwell, &catalog_whole, &catalog_other,
};

const struct gpu_product *catalog_product(size_t index) {
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
                if (index < parts[i]->n_products)
                        return &parts[i]->products[index];
                index -= parts[i]->n_products;
        }
        return NULL;
}

/* @bare: without the maker. */
static bool product_is_called(const struct gpu_product *product, struct text bare) {
        if (names_are_same(product->name, bare))
                return true;
        for (size_t i = 0; i < product->n_aliases; i++) {
                if (names_is_called(product->aliases[i], bare))
                        return true;
        }
        return false;
}

static bool product_has_id(const struct gpu_product *product, struct text id) {
        for (size_t i = 0; i < product->n_pci_ids; i++) {
                if (names_is_pci_id(id, product->pci_ids[i]))
                        return true;
        }
        return false;
}

/* "nvidia-mi300x" is no GPU: AMD makes it. */
static bool is_made_by(const struct gpu_product *product, struct text made) {
        return made.len == 0 ||
               names_are_same(text_slice(made, 0, made.len - 1), product->generation->maker);
}

size_t catalog_find(struct text alias, const struct gpu_product **ret, size_t max) {
        const struct gpu_product *product;
        struct gpu_machine machine;
        struct text bare, made;
        size_t n = 0;

        if (machine_find(alias, &machine))
                alias = machine.gpu;
        alias = names_of_card(alias);
        bare = names_bare(alias);
        made = text_slice(alias, 0, alias.len - bare.len);
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                if (text_starts_with(alias, TEXT("0x"))
                            ? !product_has_id(product, alias)
                            : !product_is_called(product, bare) || !is_made_by(product, made))
                        continue;
                if (n < max)
                        ret[n] = product;
                n++;
        }
        return n;
}

/* ---- what was meant by an unknown name ------------------------------------------------------- */

enum { NAMES_MAX = 512, TELLING_MIN = 5, TELLING_MAX = 96, MODEL_MAX = 24 };

/* Models of GPUs that exist and are not here: a name of theirs is no slip of the pen. */
static const struct text other_models[] = {
        TEXT_INIT("k20"),   TEXT_INIT("k40"),    TEXT_INIT("k80"),    TEXT_INIT("m4"),
        TEXT_INIT("m10"),   TEXT_INIT("m40"),    TEXT_INIT("m60"),    TEXT_INIT("p6"),
        TEXT_INIT("t10"),   TEXT_INIT("t40"),    TEXT_INIT("t400"),   TEXT_INIT("t600"),
        TEXT_INIT("t1000"), TEXT_INIT("a400"),   TEXT_INIT("a1000"),  TEXT_INIT("a2000"),
        TEXT_INIT("a3000"), TEXT_INIT("a10m"),   TEXT_INIT("b100"),   TEXT_INIT("gb10"),
        TEXT_INIT("r100"),  TEXT_INIT("r200"),   TEXT_INIT("vr200"),  TEXT_INIT("mi25"),
        TEXT_INIT("mi50"),  TEXT_INIT("mi60"),   TEXT_INIT("mi100"),  TEXT_INIT("mi350p"),
        TEXT_INIT("mi400"), TEXT_INIT("mi430x"), TEXT_INIT("mi450x"), TEXT_INIT("mi455x"),
        TEXT_INIT("2000"),  TEXT_INIT("2060"),   TEXT_INIT("2070"),   TEXT_INIT("2080"),
        TEXT_INIT("3050"),  TEXT_INIT("3060"),   TEXT_INIT("3070"),   TEXT_INIT("4060"),
        TEXT_INIT("4070"),  TEXT_INIT("4080"),   TEXT_INIT("5060"),   TEXT_INIT("5070"),
        TEXT_INIT("5080"),  TEXT_INIT("1080"),   TEXT_INIT("6000d"),  TEXT_INIT("h20b"),
};

/* The next of the words between "-", "_", "." and blanks; empty behind the last. */
static struct text next_word(struct text *rest) {
        struct text word;
        size_t from = 0, to;

        while (from < rest->len && strchr("-_. ", rest->data[from]))
                from++;
        for (to = from; to < rest->len && !strchr("-_. ", rest->data[to]);)
                to++;
        word = text_slice(*rest, from, to);
        *rest = text_slice(*rest, to, rest->len);
        return word;
}

static bool has_word(struct text name, struct text word) {
        struct text each;

        while ((each = next_word(&name)).len > 0) {
                if (text_equal_fold(each, word))
                        return true;
        }
        return false;
}

static bool has_digit(struct text word) {
        for (size_t i = 0; i < word.len; i++) {
                if (word.data[i] >= '0' && word.data[i] <= '9')
                        return true;
        }
        return false;
}

/* A word with a digit that a GPU has in its name: a model, or how much memory it has. */
static bool is_model(struct text word, const struct text *names, size_t n) {
        if (!has_digit(word))
                return false;
        for (size_t i = 0; i < COUNT_OF(other_models); i++) {
                if (text_equal_fold(other_models[i], word))
                        return true;
        }
        for (size_t i = 0; i < n; i++) {
                if (has_word(names[i], word))
                        return true;
        }
        return false;
}

/* Keeps of n names those that have all that the alias says without a slip; returns how many. */
static size_t keep_likely(struct text alias, struct text *names, size_t n) {
        struct text word, rest = alias, said[MODEL_MAX];
        size_t n_said = 0, kept = 0;

        while ((word = next_word(&rest)).len > 0) {
                if (n_said < MODEL_MAX && is_model(word, names, n))
                        said[n_said++] = word;
        }
        for (size_t i = 0; i < n; i++) {
                size_t k = 0;

                while (k < n_said && has_word(names[i], said[k]))
                        k++;
                if (k == n_said)
                        names[kept++] = names[i];
        }
        return kept;
}

static bool is_separator(char c) {
        return c == '-' || c == '_' || c == '.' || c == ' ';
}

/* "L40-S" and "l40s": the same letters and digits. */
static bool is_spelt_alike(struct text a, struct text b) {
        size_t i = 0, k = 0;

        for (;; i++, k++) {
                while (i < a.len && is_separator(a.data[i]))
                        i++;
                while (k < b.len && is_separator(b.data[k]))
                        k++;
                if (i == a.len || k == b.len)
                        return i == a.len && k == b.len;
                if (!text_equal_fold(text_slice(a, i, i + 1), text_slice(b, k, k + 1)))
                        return false;
        }
}

/* The name that has the separators elsewhere; empty: there is none. */
static struct text spelt_alike(struct text card) {
        const struct gpu_product *product;
        struct text bare = names_bare(card);

        for (size_t i = 0; bare.len > 0 && (product = catalog_product(i)); i++) {
                for (size_t k = 0; k < product->n_aliases; k++) {
                        if (is_spelt_alike(card, product->aliases[k]) ||
                            is_spelt_alike(bare, names_bare(product->aliases[k])))
                                return product->aliases[k];
                }
        }
        return (struct text) { 0 };
}

struct text catalog_nearest(struct text alias, struct arena *arena) {
        struct text card = names_of_card(alias), bare = names_bare(card), nearest;
        struct text made = text_slice(card, 0, card.len - bare.len);
        struct text names[NAMES_MAX];
        const struct gpu_product *product;
        size_t n = 0;

        nearest = spelt_alike(card);
        if (!text_is_empty(nearest) || bare.len < TELLING_MIN || bare.len > TELLING_MAX)
                return nearest;
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                if (!is_made_by(product, made))
                        continue;
                if (n < NAMES_MAX)
                        names[n++] = product->name;
                for (size_t k = 0; k < product->n_aliases && n < NAMES_MAX; k++)
                        names[n++] = made.len > 0 ? names_bare(product->aliases[k])
                                                  : product->aliases[k];
        }
        nearest = text_nearest(bare, names, keep_likely(bare, names, n));
        if (text_is_empty(nearest))
                return nearest;
        return text_join(arena, (struct text[]) { made, nearest }, 2);
}

/* ---- remembered ------------------------------------------------------------------------------ */

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
