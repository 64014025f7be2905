/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/migparted.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "yaml/tree.h"

enum { ABOUT_SHOWN_MAX = 60 };

/* What is wrong with a configuration, or with the file; the first mistake is kept. */
struct mistakes {
        struct fault first;
        size_t n;
};

static void note_about(struct mistakes *m, const struct tree *at, const char *what,
                       struct text about) {
        if (m->n++ > 0)
                return;
        if (text_is_empty(about))
                fault_set(&m->first, "line %u: %s", at->line, what);
        else
                fault_set(&m->first, "line %u: %s \"%.*s\"", at->line, what,
                          TEXT_ARG(text_shown(about, ABOUT_SHOWN_MAX)));
}

static void note(struct mistakes *m, const struct tree *at, const char *what) {
        note_about(m, at, what, (struct text) { 0 });
}

/* ---- scalars --------------------------------------------------------------------------------- */

static void read_number(struct mistakes *m, const struct tree *t, const char *otherwise,
                        int64_t *ret) {
        uint64_t number;

        if (text_to_u64(tree_plain(t), &number) && number <= INT32_MAX)
                *ret = (int64_t)number;
        else
                note_about(m, t, otherwise, tree_brief(t));
}

static void read_enabled(struct mistakes *m, const struct tree *t, bool *ret) {
        static const struct text words[] = {
                TEXT_INIT("true"),  TEXT_INIT("yes"), TEXT_INIT("on"),
                TEXT_INIT("false"), TEXT_INIT("no"),  TEXT_INIT("off")
        };

        for (size_t i = 0; i < 6; i++) {
                if (text_equal_fold(tree_plain(t), words[i])) {
                        *ret = i < 3;
                        return;
                }
        }
        note(m, t, "mig-enabled is neither true nor false");
}

/* ---- an entry -------------------------------------------------------------------------------- */

static void read_devices(struct mistakes *m, const struct tree *t, struct migparted_entry *ret) {
        static const char expected[] = "devices is neither all nor a list of indexes:";

        if (t->kind == TREE_SCALAR && text_equal(t->text, TEXT("all"))) {
                ret->all_devices = true;
                return;
        }
        if (t->kind != TREE_LIST) {
                note_about(m, t, expected, tree_brief(t));
                return;
        }
        for (const struct tree *each = t->first; each; each = each->next) {
                int64_t index = MIGPARTED_DEVICES_MAX;

                read_number(m, each, expected, &index);
                if (index < MIGPARTED_DEVICES_MAX)
                        ret->devices[index / 64] |= UINT64_C(1) << (index % 64);
        }
}

static bool is_hex_id(struct text t) {
        if (t.len != 10 || !text_equal_fold(text_slice(t, 0, 2), TEXT("0x")))
                return false;
        for (size_t i = 2; i < t.len; i++) {
                char c = t.data[i];

                if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
                        return false;
        }
        return true;
}

static void read_filter(struct mistakes *m, const struct tree *t, struct migparted_entry *entry) {
        size_t colon = text_index(t->text, ':');
        struct text id = text_slice(t->text, 0, colon);

        if (!is_hex_id(id) ||
            (colon < t->text.len && !is_hex_id(text_slice(t->text, colon + 1, t->text.len))))
                note_about(m, t,
                           "device-filter is not 0x<device><vendor>[:0x<subdevice><subvendor>]:",
                           t->text);
        else if (entry->n_filters == MIGPARTED_FILTERS_MAX)
                note(m, t, "more device filters than can be counted");
        else
                entry->filters[entry->n_filters++] =
                        (struct migparted_filter) { .id = id, .full = t->text };
}

static int read_filters(struct mistakes *m, const struct tree *t, struct arena *arena,
                        struct migparted_entry *ret) {
        size_t n = t->kind == TREE_LIST ? tree_count(t) : 1;

        ret->filters = ARENA_ARRAY(arena, n < MIGPARTED_FILTERS_MAX ? n : MIGPARTED_FILTERS_MAX,
                                   struct migparted_filter);
        if (!ret->filters)
                return -ENOMEM;
        if (t->kind != TREE_LIST)
                read_filter(m, t, ret);
        else
                for (const struct tree *each = t->first; each; each = each->next)
                        read_filter(m, each, ret);
        return 0;
}

static void read_slice(struct mistakes *m, const struct tree *t, struct migparted_entry *ret) {
        struct migparted_slices slices = { .profile = t->key };

        for (size_t i = 0; i < ret->n_slices; i++) {
                if (text_equal(ret->slices[i].profile, t->key))
                        note_about(m, t, "mig-devices names twice", t->key);
        }
        if (ret->n_slices == MIGPARTED_SLICES_MAX) {
                note(m, t, "mig-devices names more profiles than a GPU has");
                return;
        }
        read_number(m, t,
                    "the number of slices is not a whole number, 0 or more and without quotes:",
                    &slices.count);
        ret->slices[ret->n_slices++] = slices;
}

static int read_slices(struct mistakes *m, const struct tree *t, struct arena *arena,
                       struct migparted_entry *ret) {
        size_t n = tree_count(t);
        int64_t total = 0;

        if (t->kind != TREE_MAP) {
                note(m, t, "mig-devices is not a map");
                return 0;
        }
        ret->slices = ARENA_ARRAY(arena, n < MIGPARTED_SLICES_MAX ? n : MIGPARTED_SLICES_MAX,
                                  struct migparted_slices);
        if (!ret->slices)
                return -ENOMEM;
        for (const struct tree *each = t->first; each; each = each->next)
                read_slice(m, each, ret);
        for (size_t i = 0; i < ret->n_slices; i++)
                total += ret->slices[i].count;
        if (ret->n_slices > 0 && total == 0)
                note(m, t, "mig-devices counts no slices");
        return 0;
}

enum entry_key { DEVICES, DEVICE_FILTER, MIG_ENABLED, MIG_DEVICES, N_ENTRY_KEYS };

static int read_entry_member(struct mistakes *m, enum entry_key key, const struct tree *t,
                             struct arena *arena, struct migparted_entry *ret) {
        if (key == DEVICE_FILTER)
                return read_filters(m, t, arena, ret);
        if (key == MIG_DEVICES)
                return read_slices(m, t, arena, ret);
        if (key == DEVICES)
                read_devices(m, t, ret);
        else
                read_enabled(m, t, &ret->mig_enabled);
        return 0;
}

/* Where there is a mistake, *ret is of no use. */
static int read_entry(struct mistakes *m, const struct tree *t, struct arena *arena,
                      struct migparted_entry *ret) {
        static const struct text names[N_ENTRY_KEYS] = {
                [DEVICES] = TEXT_INIT("devices"),
                [DEVICE_FILTER] = TEXT_INIT("device-filter"),
                [MIG_ENABLED] = TEXT_INIT("mig-enabled"),
                [MIG_DEVICES] = TEXT_INIT("mig-devices"),
        };
        bool seen[N_ENTRY_KEYS] = { false };
        int r = 0;

        if (t->kind != TREE_MAP) {
                note(m, t, "an entry is not a map");
                return 0;
        }
        for (const struct tree *each = t->first; r == 0 && each; each = each->next) {
                size_t i = 0;

                while (i < N_ENTRY_KEYS && !text_equal(names[i], each->key))
                        i++;
                if (i == N_ENTRY_KEYS)
                        note_about(m, each, "unknown key", each->key);
                else if (seen[i])
                        note_about(m, each, "written twice:", each->key);
                else
                        r = read_entry_member(m, (enum entry_key)i, each, arena, ret);
                if (i < N_ENTRY_KEYS)
                        seen[i] = true;
        }
        if (!seen[DEVICES])
                note(m, t, "devices is required");
        else if (!seen[MIG_ENABLED])
                note(m, t, "mig-enabled is required");
        else if (ret->mig_enabled && !seen[MIG_DEVICES])
                note(m, t, "mig-enabled is true, but mig-devices is required");
        else if (!ret->mig_enabled && ret->n_slices > 0)
                note(m, t, "mig-enabled is false, but mig-devices has slices");
        return r;
}

/* ---- configurations and the file ------------------------------------------------------------- */

static int read_entries(struct mistakes *m, const struct tree *t, struct arena *arena,
                        struct migparted_config *ret) {
        size_t n = tree_count(t);

        if (t->kind != TREE_LIST)
                note(m, t, "a configuration is not a list of entries");
        else if (n == 0)
                note(m, t, "a configuration has no entries");
        else if (n > MIGPARTED_ENTRIES_MAX)
                note(m, t, "more entries than can be counted");
        if (m->n > 0)
                return 0;
        ret->entries = ARENA_ARRAY(arena, n, struct migparted_entry);
        if (!ret->entries)
                return -ENOMEM;
        for (const struct tree *each = t->first; m->n == 0 && each; each = each->next) {
                struct migparted_entry *entry = &ret->entries[ret->n_entries++];
                int r;

                entry->line = each->line;
                r = read_entry(m, each, arena, entry);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_configs(struct mistakes *m, const struct tree *t, struct arena *arena,
                        struct migparted *ret) {
        if (t->kind != TREE_MAP) {
                note(m, t, "mig-configs is not a map");
                return 0;
        }
        if (!t->first) {
                note(m, t, "mig-configs is empty");
                return 0;
        }
        ret->configs = ARENA_ARRAY(arena, tree_count(t), struct migparted_config);
        if (!ret->configs)
                return -ENOMEM;
        for (const struct tree *each = t->first; each; each = each->next) {
                struct migparted_config *config = &ret->configs[ret->n_configs++];
                struct mistakes own = { .n = 0 }; /* they are not the next one's */
                int r;

                config->name = each->key;
                r = read_entries(&own, each, arena, config);
                if (r < 0)
                        return r;
                if (own.n > 0)
                        config->invalid = fault_text(&own.first, arena);
        }
        return 0;
}

static int read_file(struct mistakes *m, const struct tree *root, struct arena *arena,
                     struct migparted *ret) {
        const struct tree *version = NULL, *configs = NULL;

        if (root->kind != TREE_MAP) {
                note(m, root, "not a map with version and mig-configs");
                return 0;
        }
        for (const struct tree *each = root->first; each; each = each->next) {
                const struct tree **seen = text_equal(each->key, TEXT("version"))       ? &version
                                           : text_equal(each->key, TEXT("mig-configs")) ? &configs
                                                                                        : NULL;

                if (!seen)
                        note_about(m, each, "a key is neither version nor mig-configs:", each->key);
                else if (*seen)
                        note(m, each, "version or mig-configs is written twice");
                else
                        *seen = each;
        }
        if (!version)
                note(m, root, "version is required");
        else if (version->kind != TREE_SCALAR || !text_equal(version->text, TEXT("v1")))
                note(m, version, "version is not v1");
        if (!configs)
                note(m, root, "mig-configs is required");
        return m->n > 0 ? 0 : read_configs(m, configs, arena, ret);
}

/* Sets the first mistake of the file, or reads it. */
static int read_tree(struct text yaml, struct arena *arena, struct mistakes *m,
                     struct migparted *ret) {
        static const struct tree nothing = { .line = 1 };
        const struct tree *root;
        int r = tree_read(yaml, arena, &root, &m->first);

        if (r == -EINVAL)
                m->n = 1;
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        if (root)
                return read_file(m, root, arena, ret);
        note(m, &nothing, "the file is empty");
        return 0;
}

static int by_name(const void *a, const void *b) {
        const struct migparted_config *left = a, *right = b;

        return text_compare(left->name, right->name);
}

/* Which of two is meant is unknown. */
static void refuse_equal_names(struct migparted *file) {
        for (size_t i = 1; i < file->n_configs; i++) {
                struct migparted_config *config = &file->configs[i];

                if (text_equal(config->name, config[-1].name))
                        config[-1].invalid = config->invalid = TEXT("it is written twice");
        }
}

int migparted_read(struct text yaml, struct arena *arena, struct migparted *ret) {
        struct migparted file = { 0 };
        struct mistakes mistakes = { .n = 0 };
        int r;

        /* libyaml would take the mark for a column, and the next line for another block. */
        if (text_starts_with(yaml, TEXT("\xef\xbb\xbf")))
                yaml = text_slice(yaml, 3, yaml.len);
        if (yaml.len > MIGPARTED_FILE_MAX) {
                *ret = (struct migparted) { .invalid = text_format(
                                                    arena, "it has %zu bytes; at most %d are read",
                                                    yaml.len, (int)MIGPARTED_FILE_MAX) };
                return arena_failed(arena) ? -ENOMEM : 0;
        }
        r = read_tree(yaml, arena, &mistakes, &file);
        if (r < 0)
                return r;
        if (mistakes.n > 0) {
                file = (struct migparted) { .invalid = fault_text(&mistakes.first, arena) };
        } else {
                /* An empty map is refused.
                 * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
                qsort(file.configs, file.n_configs, sizeof(*file.configs), by_name);
                refuse_equal_names(&file);
        }
        if (arena_failed(arena))
                return -ENOMEM;
        *ret = file;
        return 0;
}

/* ---- what it says of a GPU ------------------------------------------------------------------- */

const struct migparted_config *migparted_find(const struct migparted *file, struct text name) {
        struct migparted_config key = { .name = name };

        if (file->n_configs == 0)
                return NULL;
        return bsearch(&key, file->configs, file->n_configs, sizeof(key), by_name);
}

static bool passes(const struct migparted_entry *entry, const struct gpu_board *board) {
        for (size_t i = 0; i < entry->n_filters; i++) {
                if (board_has(board, entry->filters[i].id))
                        return true;
        }
        return entry->n_filters == 0;
}

/* From the last entry back, so that each GPU is given away once, however many entries cover it. */
void migparted_apply(const struct migparted_config *config, const struct gpu_board *board, size_t n,
                     const struct migparted_entry **ret) {
        uint64_t open[MIGPARTED_DEVICES_MAX / 64] = { 0 };

        for (size_t i = 0; i < n; i++) {
                open[i / 64] |= UINT64_C(1) << (i % 64);
                ret[i] = NULL;
        }
        for (size_t e = config->n_entries; e-- > 0;) {
                const struct migparted_entry *entry = &config->entries[e];

                if (!passes(entry, board))
                        continue;
                for (size_t w = 0; w < MIGPARTED_DEVICES_MAX / 64; w++) {
                        uint64_t covered = open[w];

                        if (!entry->all_devices)
                                covered &= entry->devices[w];
                        open[w] &= ~covered;
                        for (; covered != 0; covered &= covered - 1)
                                ret[w * 64 + (size_t)__builtin_ctzll(covered)] = entry;
                }
        }
}
