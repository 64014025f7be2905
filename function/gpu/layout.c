/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/layout.h"

#include <errno.h>

#include "gpu/profile.h"

static int read_count(struct text text, struct text whole, int64_t *ret, struct fault *fault) {
        uint64_t count;

        if (!text_to_u64(text, &count) || count < 1 || count > LAYOUT_COUNT_MAX) {
                fault_set(fault, "\"%.*s\": the count is not within 1 and %d", TEXT_ARG(whole),
                          LAYOUT_COUNT_MAX);
                return -EINVAL;
        }
        *ret = (int64_t)count;
        return 0;
}

static int read_wish(struct text text, struct layout_wish *ret, struct fault *fault) {
        size_t colon = text_index(text, ':');
        struct profile_name name;

        ret->profile = text_slice(text, 0, colon);
        ret->count = 1;
        if (!profile_parse(ret->profile, &name)) {
                fault_set(fault, "\"%.*s\" is not profile[:count], such as 1g.10gb:7",
                          TEXT_ARG(text));
                return -EINVAL;
        }
        if (colon == text.len)
                return 0;
        return read_count(text_slice(text, colon + 1, text.len), text, &ret->count, fault);
}

size_t layout_word_end(struct text text) {
        for (size_t i = 0; i < text.len; i++) {
                if (text.data[i] == ',' &&
                    (i + 1 == text.len || (text.data[i + 1] >= '0' && text.data[i + 1] <= '9')))
                        return i;
        }
        return text.len;
}

int layout_read(struct text text, struct layout_wish *ret, size_t *ret_n, struct fault *fault) {
        for (size_t n = 0; n < LAYOUT_KINDS_MAX; n++) {
                size_t comma = layout_word_end(text);
                int r = read_wish(text_slice(text, 0, comma), &ret[n], fault);

                if (r < 0)
                        return r;
                if (comma == text.len) {
                        *ret_n = n + 1;
                        return 0;
                }
                text = text_slice(text, comma + 1, text.len);
        }
        fault_set(fault, "more than %d profiles", LAYOUT_KINDS_MAX);
        return -EINVAL;
}

const struct layout_wish *layout_count(const struct gpu_product *product,
                                       const struct layout_wish *wishes, size_t n_wishes,
                                       int64_t *ret_counts) {
        for (size_t i = 0; i < LAYOUT_KINDS_MAX; i++)
                ret_counts[i] = 0;
        for (size_t i = 0; i < n_wishes; i++) {
                const struct gpu_profile *profile = catalog_profile(product, wishes[i].profile);

                if (!profile)
                        return &wishes[i];
                ret_counts[profile - product->profiles] += wishes[i].count;
        }
        return NULL;
}

static enum profile_media media_of(const struct gpu_profile *profile) {
        struct profile_name name;

        return profile_parse(profile->name, &name) ? name.media : MEDIA_SHARED;
}

/*
 * One slice owns the engines of which a GPU has just one, and one that owns all
 * leaves none for the others. Totals of the other engines never decide: the
 * places leave no room for more slices than there are engines.
 */
static int check_media(const struct gpu_product *product, const int64_t *counts,
                       struct fault *fault) {
        const struct gpu_profile *all = NULL, *other = NULL;
        int64_t n_owners = 0;

        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (counts[i] == 0)
                        continue;
                switch (media_of(profile)) {
                case MEDIA_NONE:
                        break;
                case MEDIA_SHARED:
                        other = profile;
                        break;
                case MEDIA_OWNER:
                        n_owners += counts[i];
                        break;
                case MEDIA_ALL:
                        n_owners += counts[i];
                        all = profile;
                        break;
                }
        }
        if (n_owners > 1) {
                fault_set(fault, "%lld slices want the media engines, which one slice owns",
                          (long long)n_owners);
                return -EINVAL;
        }
        if (all && other) {
                fault_set(fault,
                          "%.*s takes all media engines, and %.*s wants some: it must be -me",
                          TEXT_ARG(all->name), TEXT_ARG(other->name));
                return -EINVAL;
        }
        return 0;
}

/* What can be said without looking for places: it makes for the better sentence. */
static int check_totals(const struct gpu_product *product, const int64_t *counts,
                        struct fault *fault) {
        int64_t n_memory = 0;
        int r;

        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];

                if (counts[i] > profile->max_instances) {
                        fault_set(fault, "%lld x %.*s, but one GPU holds %d", (long long)counts[i],
                                  TEXT_ARG(profile->name), profile->max_instances);
                        return -EINVAL;
                }
                n_memory += counts[i] * profile->memory_slices;
        }
        r = check_media(product, counts, fault);
        if (r < 0)
                return r;
        if (n_memory > product->memory_slices) {
                fault_set(fault, "it takes %lld memory slices, but the GPU has %d",
                          (long long)n_memory, product->memory_slices);
                return -EINVAL;
        }
        return 0;
}

/* Slices in the order in which they are tried: many memory slices first, they have few places. */
static void list_slices(const struct gpu_product *product, const int64_t *counts,
                        struct layout *ret) {
        ret->n_slices = 0;
        for (int size = product->memory_slices; size > 0; size--) {
                for (size_t i = product->n_profiles; i-- > 0;) {
                        if (product->profiles[i].memory_slices != size)
                                continue;
                        for (int64_t n = 0; n < counts[i]; n++)
                                ret->slices[ret->n_slices++].profile = &product->profiles[i];
                }
        }
}

/* Equal slices are placed in ascending order, so that no arrangement is tried twice. */
static bool place_from(struct layout *layout, size_t at, uint32_t taken) {
        struct layout_slice *slice = &layout->slices[at];
        const struct gpu_profile *profile;
        int lowest = 0;

        if (at == layout->n_slices)
                return true;
        profile = slice->profile;
        if (at > 0 && slice[-1].profile == profile)
                lowest = slice[-1].start + 1;
        for (size_t i = 0; i < profile->n_placements; i++) {
                uint8_t start = profile->placements[i];
                uint32_t covered = ((UINT32_C(1) << profile->memory_slices) - 1) << start;

                if (start < lowest || (taken & covered))
                        continue;
                slice->start = start;
                if (place_from(layout, at + 1, taken | covered))
                        return true;
        }
        return false;
}

int layout_place(const struct gpu_product *product, const int64_t *counts, struct layout *ret,
                 struct fault *fault) {
        struct layout layout;
        int r = check_totals(product, counts, fault);

        if (r < 0)
                return r;
        list_slices(product, counts, &layout);
        if (!place_from(&layout, 0, 0)) {
                fault_set(fault, "no arrangement keeps the slices from overlapping");
                return -EINVAL;
        }
        *ret = layout;
        return 0;
}

/* ---- how far --------------------------------------------------------------------------------- */

struct reach {
        const struct gpu_product *product;
        const int64_t *wanted;
        int64_t counts[LAYOUT_KINDS_MAX];
        int64_t *best; /* counts of it */
        int64_t most_memory, most_slices;
        struct layout *layout;
};

static void keep_if_better(struct reach *w, const struct layout *layout) {
        int64_t memory = 0, slices = (int64_t)layout->n_slices;

        for (size_t i = 0; i < layout->n_slices; i++)
                memory += layout->slices[i].profile->memory_slices;
        if (memory < w->most_memory || (memory == w->most_memory && slices <= w->most_slices))
                return;
        w->most_memory = memory;
        w->most_slices = slices;
        *w->layout = *layout;
        memcpy(w->best, w->counts, sizeof(w->counts));
}

/* What a part of a layout cannot do, the whole cannot: only parts that fit are added to. */
static void reach_from(struct reach *w, size_t i) {
        struct layout layout;
        struct fault ignored;

        if (layout_place(w->product, w->counts, &layout, &ignored) < 0)
                return;
        keep_if_better(w, &layout);
        for (size_t k = i; k-- > 0;) {
                if (w->counts[k] == w->wanted[k])
                        continue;
                w->counts[k]++;
                reach_from(w, k + 1);
                w->counts[k]--;
        }
}

void layout_reach(const struct gpu_product *product, const int64_t *counts, struct layout *ret,
                  int64_t *ret_counts) {
        struct reach reach = { .product = product,
                               .wanted = counts,
                               .best = ret_counts,
                               .most_slices = -1,
                               .layout = ret };

        for (size_t i = 0; i < LAYOUT_KINDS_MAX; i++)
                ret_counts[i] = 0;
        ret->n_slices = 0;
        reach_from(&reach, product->n_profiles);
}
