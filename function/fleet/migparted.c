/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/migparted.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "yaml/events.h"

/* ---- scalars --------------------------------------------------------------------------------- */

static void read_number(struct events *e, const char *otherwise, int64_t *ret) {
        uint64_t number;

        if (text_to_u64(events_plain(e), &number) && number <= INT32_MAX)
                *ret = (int64_t)number;
        else
                events_note_about(e, otherwise, events_brief(e));
        events_skip(e);
}

static void read_enabled(struct events *e, bool *ret) {
        static const struct text words[] = {
                TEXT_INIT("true"),  TEXT_INIT("yes"), TEXT_INIT("on"),
                TEXT_INIT("false"), TEXT_INIT("no"),  TEXT_INIT("off")
        };
        struct text written = events_plain(e);

        for (size_t i = 0; i < 6; i++) {
                if (text_equal_fold(written, words[i])) {
                        *ret = i < 3;
                        return;
                }
        }
        events_note(e, "mig-enabled is neither true nor false");
        events_skip(e);
}

/* ---- an entry -------------------------------------------------------------------------------- */

static void read_devices(struct events *e, struct migparted_entry *ret) {
        static const char expected[] = "devices is neither all nor a list of indexes:";

        if (events_holds(e, EVENT_SCALAR) && text_equal(events_scalar(e), TEXT("all"))) {
                ret->all_devices = true;
                return;
        }
        if (!events_holds(e, EVENT_LIST)) {
                events_note_about(e, expected, events_brief(e));
                events_skip(e);
                return;
        }
        while (events_next_element(e)) {
                int64_t index = MIGPARTED_DEVICES_MAX;

                read_number(e, expected, &index);
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

static void read_filter(struct events *e, struct migparted_entry *entry, size_t *cap) {
        struct text written = { 0 }, id;
        size_t colon;

        if (events_holds(e, EVENT_SCALAR))
                written = events_scalar(e);
        colon = text_index(written, ':');
        id = text_slice(written, 0, colon);
        if (!is_hex_id(id) ||
            (colon < written.len && !is_hex_id(text_slice(written, colon + 1, written.len)))) {
                events_note_about(
                        e, "device-filter is not 0x<device><vendor>[:0x<subdevice><subvendor>]:",
                        written);
        } else if (entry->n_filters == MIGPARTED_FILTERS_MAX) {
                events_note(e, "more device filters than can be counted");
        } else {
                entry->filters = events_extend(e, entry->filters, entry->n_filters, cap,
                                               sizeof(*entry->filters));
                if (!entry->filters)
                        return;
                written = text_copy(e->arena, written);
                entry->filters[entry->n_filters++] = (struct migparted_filter) {
                        .id = text_slice(written, 0, colon),
                        .full = written,
                };
        }
        events_skip(e);
}

static void read_filters(struct events *e, struct migparted_entry *ret) {
        size_t cap = 0;

        if (!events_holds(e, EVENT_LIST)) {
                read_filter(e, ret, &cap);
                return;
        }
        while (events_next_element(e))
                read_filter(e, ret, &cap);
}

static void read_slices(struct events *e, struct migparted_entry *ret) {
        struct text profile;
        int64_t total = 0;
        size_t cap = 0;

        if (!events_open(e, EVENT_MAP, "mig-devices is not a map"))
                return;
        while (events_next_key(e, &profile)) {
                struct migparted_slices slices = { .profile = profile };

                for (size_t i = 0; i < ret->n_slices; i++) {
                        if (text_equal(ret->slices[i].profile, profile))
                                events_note_about(e, "mig-devices names twice", profile);
                }
                if (ret->n_slices == MIGPARTED_SLICES_MAX) {
                        events_note(e, "mig-devices names more profiles than a GPU has");
                        events_skip(e);
                        continue;
                }
                read_number(
                        e,
                        "the number of slices is not a whole number, 0 or more and without quotes:",
                        &slices.count);
                ret->slices = events_extend(e, ret->slices, ret->n_slices, &cap, sizeof(slices));
                if (!ret->slices)
                        return;
                ret->slices[ret->n_slices++] = slices;
                total += slices.count;
        }
        if (ret->n_slices > 0 && total == 0)
                events_note(e, "mig-devices counts no slices");
}

enum entry_key { DEVICES, DEVICE_FILTER, MIG_ENABLED, MIG_DEVICES, N_ENTRY_KEYS };

/* What is read lives in the arena of events; where there is a mistake, *ret is of no use. */
static void read_entry(struct events *e, struct migparted_entry *ret) {
        static const struct text names[N_ENTRY_KEYS] = {
                [DEVICES] = TEXT_INIT("devices"),
                [DEVICE_FILTER] = TEXT_INIT("device-filter"),
                [MIG_ENABLED] = TEXT_INIT("mig-enabled"),
                [MIG_DEVICES] = TEXT_INIT("mig-devices"),
        };
        const struct text nothing = { 0 };
        bool seen[N_ENTRY_KEYS] = { false };
        struct text key;

        if (!events_open(e, EVENT_MAP, "an entry is not a map"))
                return;
        while (events_next_key(e, &key)) {
                size_t i = 0;

                while (i < N_ENTRY_KEYS && !text_equal(names[i], key))
                        i++;
                if (i == N_ENTRY_KEYS) {
                        events_note_about(e, "unknown key", key);
                        events_skip(e);
                        continue;
                }
                if (seen[i]) {
                        events_note_about(e, "written twice:", key);
                        events_skip(e);
                        continue;
                }
                seen[i] = true;
                if (i == DEVICES)
                        read_devices(e, ret);
                else if (i == DEVICE_FILTER)
                        read_filters(e, ret);
                else if (i == MIG_ENABLED)
                        read_enabled(e, &ret->mig_enabled);
                else
                        read_slices(e, ret);
        }
        if (!seen[DEVICES])
                events_note_at(e, ret->line, "devices is required", nothing);
        else if (!seen[MIG_ENABLED])
                events_note_at(e, ret->line, "mig-enabled is required", nothing);
        else if (ret->mig_enabled && !seen[MIG_DEVICES])
                events_note_at(e, ret->line, "mig-enabled is true, but mig-devices is required",
                               nothing);
        else if (!ret->mig_enabled && ret->n_slices > 0)
                events_note_at(e, ret->line, "mig-enabled is false, but mig-devices has slices",
                               nothing);
}

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
                        read_entry(e, &entry);
                        if (e->n_mistakes > 0)
                                continue; /* it will not be used */
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
                events_give_up(e, "version is required");
        if (!has_configs)
                events_give_up(e, "mig-configs is required");
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
