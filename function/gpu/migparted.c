/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/migparted.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "gpu/migparted_entry.h"

/* ---- configurations and the file ------------------------------------------------------------- */

static void read_config(struct events *e, struct migparted_config *ret) {
        size_t cap = 0;

        if (events_open(e, EVENT_LIST, "a configuration is not a list of entries")) {
                while (events_next_element(e)) {
                        struct migparted_entry entry = { .line = events_line(e) };

                        if (ret->n_entries == MIGPARTED_ENTRIES_MAX) {
                                events_note(e, "more entries than can be counted");
                                events_skip(e);
                                continue;
                        }
                        migparted_entry_read(e, &entry);
                        if (e->n_mistakes > 0)
                                continue; /* nobody will look at it */
                        ret->entries =
                                events_extend(e, ret->entries, ret->n_entries, &cap, sizeof(entry));
                        if (!ret->entries)
                                return;
                        ret->entries[ret->n_entries++] = entry;
                }
                if (ret->n_entries == 0 && e->n_mistakes == 0)
                        events_note(e, "a configuration has no entries");
        }
        /* Its mistakes are its own: the next one starts without. */
        if (e->error == 0 && e->n_mistakes > 0) {
                ret->invalid = fault_text(&e->mistake, e->arena);
                e->n_mistakes = 0;
        }
}

static void read_configs(struct events *e, struct migparted *ret) {
        size_t cap = 0;
        struct text name;

        if (!events_holds(e, EVENT_MAP)) {
                events_give_up(e, "mig-configs is not a map");
                return;
        }
        while (events_next_key(e, &name)) {
                struct migparted_config config = { .name = name };

                read_config(e, &config);
                ret->configs =
                        events_extend(e, ret->configs, ret->n_configs, &cap, sizeof(*ret->configs));
                if (!ret->configs)
                        return;
                ret->configs[ret->n_configs++] = config;
        }
        if (ret->n_configs == 0)
                events_give_up(e, "mig-configs is empty");
}

static void read_version(struct events *e) {
        if (!events_holds(e, EVENT_SCALAR) || !text_equal(events_scalar(e), TEXT("v1")))
                events_give_up(e, "version is not v1");
}

static void read_document(struct events *e, struct migparted *ret) {
        bool has_version = false, has_configs = false;
        struct text key;

        if (!events_holds(e, EVENT_MAP)) {
                events_give_up(e, "not a map with version and mig-configs");
                return;
        }
        while (events_next_key(e, &key)) {
                bool *seen = text_equal(key, TEXT("version"))       ? &has_version
                             : text_equal(key, TEXT("mig-configs")) ? &has_configs
                                                                    : NULL;

                if (!seen)
                        events_give_up_about(e, "a key is neither version nor mig-configs:", key);
                else if (*seen)
                        events_give_up(e, "version or mig-configs is written twice");
                else if (seen == &has_version)
                        read_version(e);
                else
                        read_configs(e, ret);
                if (seen)
                        *seen = true;
        }
        if (!has_version)
                events_give_up(e, "version is missing");
        if (!has_configs)
                events_give_up(e, "mig-configs is missing");
}

static void read_stream(struct events *e, struct migparted *ret) {
        if (!events_step(e) || !events_step(e)) /* the stream and the document start */
                return;
        if (events_holds(e, EVENT_FILE_END)) {
                events_give_up(e, "the file is empty");
                return;
        }
        if (events_step(e))
                read_document(e, ret);
        if (events_step(e) && events_step(e) && !events_holds(e, EVENT_FILE_END))
                events_give_up(e, "a second document begins");
}

static int by_name(const void *a, const void *b) {
        const struct migparted_config *left = a, *right = b;

        return text_compare(left->name, right->name);
}

/* Nobody could say which of two is meant. */
static void refuse_equal_names(struct migparted *file) {
        for (size_t i = 1; i < file->n_configs; i++) {
                struct migparted_config *config = &file->configs[i];

                if (text_equal(config->name, config[-1].name))
                        config[-1].invalid = config->invalid = TEXT("it is written twice");
        }
}

int migparted_read(struct text yaml, struct arena *arena, struct migparted *ret) {
        struct migparted file = { 0 };
        struct events e;
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
        r = events_begin(&e, yaml, arena);
        if (r < 0)
                return r;
        read_stream(&e, &file);
        events_end(&e);
        if (e.error == -ENOMEM || arena_failed(arena))
                return -ENOMEM;
        if (e.error < 0) {
                file = (struct migparted) { .invalid = fault_text(&e.mistake, arena) };
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
