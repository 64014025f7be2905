/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/migparted_default.h"

#include <errno.h>

#include "base/arena.h"
#include "gpu/profile.h"

/* "1g.10gb.me" is the label's spelling of "1g.10gb+me". */
static bool is_label_of(struct text written, struct text profile) {
        if (written.len != profile.len)
                return false;
        for (size_t i = 0; i < profile.len; i++) {
                char c = profile.data[i] == '+' ? '.' : profile.data[i];

                if (written.data[i] != c)
                        return false;
        }
        return true;
}

/* The smallest profile of that many compute slices without an attribute. */
static const struct gpu_profile *plain(const struct gpu_product *product, int compute_slices) {
        for (size_t i = 0; i < product->n_profiles; i++) {
                const struct gpu_profile *profile = &product->profiles[i];
                struct profile_name name;

                if (profile->compute_slices == compute_slices &&
                    profile_parse(profile->name, &name) && text_is_empty(name.attributes))
                        return profile;
        }
        return NULL;
}

/* Two of one compute slice, one of two, and on GPUs of seven one of three. */
static size_t balance(const struct gpu_product *product, struct migparted_slices *ret) {
        size_t n = 0;

        for (int slices = 1; slices <= (product->compute_slices == 7 ? 3 : 2); slices++) {
                const struct gpu_profile *profile = plain(product, slices);

                if (!profile)
                        return 0;
                ret[n++] = (struct migparted_slices) { profile->name, slices == 1 ? 2 : 1 };
        }
        return n;
}

int migparted_default(struct text name, const struct gpu_product *product, struct arena *arena,
                      struct migparted_config *ret) {
        struct migparted_entry *entry = ARENA_NEW(arena, struct migparted_entry);
        const struct text all = TEXT("all-");
        struct text what = text_slice(name, all.len, name.len);
        bool is_known = true;

        if (!entry)
                return -ENOMEM;
        *entry = (struct migparted_entry) { .all_devices = true, .mig_enabled = true };
        entry->slices = ARENA_ARRAY(arena, 3, struct migparted_slices);
        if (!entry->slices)
                return -ENOMEM;
        *ret = (struct migparted_config) { .name = name, .entries = entry, .n_entries = 1 };
        if (!text_starts_with(name, all))
                return -ENOENT;
        if (text_equal(what, TEXT("disabled"))) {
                entry->mig_enabled = false;
        } else if (text_equal(what, TEXT("balanced"))) {
                entry->n_slices = balance(product, entry->slices);
                is_known = entry->n_slices > 0;
        } else if (!text_equal(what, TEXT("enabled"))) {
                struct profile_name parsed;

                for (size_t i = 0; i < product->n_profiles && entry->n_slices == 0; i++) {
                        const struct gpu_profile *profile = &product->profiles[i];

                        if (is_label_of(what, profile->name) || is_label_of(what, profile->former))
                                entry->slices[entry->n_slices++] =
                                        (struct migparted_slices) { catalog_spelling(profile, what),
                                                                    profile->max_instances };
                }
                is_known = entry->n_slices > 0;
                if (!is_known && !profile_parse(what, &parsed))
                        return -ENOENT;
        }
        if (!is_known)
                ret->invalid = text_format(arena, "NVIDIA has no such configuration for %.*s",
                                           TEXT_ARG(product->name));
        return arena_failed(arena) ? -ENOMEM : 0;
}
