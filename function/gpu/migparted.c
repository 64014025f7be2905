/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events come one after the other, and each function here reads one
 * part of the file's fixed shape: it begins with the first event of a value in
 * hand and ends with the last one. Nothing recurses; what has another shape is
 * noted and stepped over.
 *
 * libyaml takes its memory from the system: at most a small multiple of the
 * file, whose size is limited.
 */
#include "gpu/migparted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"

/* The file's shape has five levels; what is deeper is only stepped over, and no further than this.
 */
enum { DEPTH_MAX = 16, NAME_SHOWN_MAX = 60 };

struct reader {
        yaml_parser_t parser;
        yaml_event_t event; /* in hand */
        struct arena *arena;
        struct fault mistake; /* the first one since n_mistakes was 0 */
        size_t n_mistakes;
        int error; /* the first of -EINVAL, -ENOMEM: the file cannot be read on */
};

/* ---- events ---------------------------------------------------------------------------------- */

static size_t line_in_hand(const struct reader *r) {
        return r->event.start_mark.line + 1;
}

static void note_at(struct reader *r, size_t line, const char *what, struct text about) {
        if (r->n_mistakes++ > 0)
                return;
        if (text_is_empty(about))
                fault_set(&r->mistake, "line %zu: %s", line, what);
        else
                fault_set(&r->mistake, "line %zu: %s \"%.*s\"", line, what,
                          TEXT_ARG(text_shown(about, NAME_SHOWN_MAX)));
}

static void note(struct reader *r, const char *what) {
        note_at(r, line_in_hand(r), what, (struct text) { 0 });
}

static void note_text(struct reader *r, const char *what, struct text about) {
        note_at(r, line_in_hand(r), what, about);
}

/* The file cannot be read on: every loop below ends at its next step. */
static bool give_up_at(struct reader *r, const char *what, struct text about) {
        if (r->error == 0) {
                r->n_mistakes = 0;
                note_text(r, what, about);
                r->error = -EINVAL;
        }
        return false;
}

static bool give_up(struct reader *r, const char *what) {
        return give_up_at(r, what, (struct text) { 0 });
}

static bool out_of_memory(struct reader *r) {
        r->error = -ENOMEM;
        return false;
}

static bool parser_gives_up(struct reader *r) {
        const yaml_parser_t *p = &r->parser;

        if (p->error == YAML_MEMORY_ERROR)
                return out_of_memory(r);
        r->n_mistakes = 1;
        r->error = -EINVAL;
        if (p->error == YAML_READER_ERROR)
                fault_set(&r->mistake, "byte %zu: %s", p->problem_offset, p->problem);
        else
                fault_set(&r->mistake, "line %zu: %s", p->problem_mark.line + 1, p->problem);
        return false;
}

static bool is_decorated(const yaml_event_t *event) {
        if (event->type == YAML_SCALAR_EVENT)
                return event->data.scalar.anchor || event->data.scalar.tag;
        if (event->type == YAML_SEQUENCE_START_EVENT)
                return event->data.sequence_start.anchor || event->data.sequence_start.tag;
        if (event->type == YAML_MAPPING_START_EVENT)
                return event->data.mapping_start.anchor || event->data.mapping_start.tag;
        return event->type == YAML_ALIAS_EVENT;
}

/* Takes the next event in hand; false when there is none that can be used. */
static bool step(struct reader *r) {
        if (r->error < 0)
                return false;
        yaml_event_delete(&r->event);
        if (!yaml_parser_parse(&r->parser, &r->event)) {
                memset(&r->event, 0, sizeof(r->event));
                return parser_gives_up(r);
        }
        if (is_decorated(&r->event))
                return give_up(r, "anchors, aliases and tags are not read: write it out");
        return true;
}

static bool holds(const struct reader *r, yaml_event_type_t type) {
        return r->event.type == type;
}

/* Steps over the value in hand, whatever it is. */
static bool skip(struct reader *r) {
        size_t depth = 0;

        for (;;) {
                if (holds(r, YAML_MAPPING_START_EVENT) || holds(r, YAML_SEQUENCE_START_EVENT))
                        depth++;
                else if (holds(r, YAML_MAPPING_END_EVENT) || holds(r, YAML_SEQUENCE_END_EVENT))
                        depth--;
                if (depth > DEPTH_MAX)
                        return give_up(r, "nested too deeply");
                if (depth == 0)
                        return true;
                if (!step(r))
                        return false;
        }
}

/* The next element of the list in hand; false at its end, too. */
static bool next_element(struct reader *r) {
        return step(r) && !holds(r, YAML_SEQUENCE_END_EVENT);
}

static struct text scalar_in_hand(const struct reader *r) {
        return (struct text) { (const char *)r->event.data.scalar.value,
                               r->event.data.scalar.length };
}

/* The next key of the map in hand, and its value in hand; false at the map's end, too. */
static bool next_key(struct reader *r, struct text *ret) {
        if (!step(r) || holds(r, YAML_MAPPING_END_EVENT))
                return false;
        if (!holds(r, YAML_SCALAR_EVENT))
                return give_up(r, "a key is a text");
        *ret = text_copy(r->arena, scalar_in_hand(r));
        if (arena_failed(r->arena))
                return out_of_memory(r);
        return step(r);
}

/* Is a map, or a list, in hand? Otherwise says so and steps over what is. */
static bool open_value(struct reader *r, yaml_event_type_t type, const char *otherwise) {
        if (holds(r, type))
                return true;
        note(r, otherwise);
        skip(r);
        return false;
}

/* Room for one more in a growing array. */
static void *extend(struct reader *r, void *items, size_t n, size_t *cap, size_t size) {
        size_t new_cap = *cap == 0 ? 1 : *cap * 2;

        if (n < *cap)
                return items;
        items = arena_grow(r->arena, items, *cap * size, new_cap * size);
        if (items)
                *cap = new_cap;
        else
                out_of_memory(r);
        return items;
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* Numbers and booleans are such only without quotes. */
static struct text plain_in_hand(const struct reader *r) {
        if (!holds(r, YAML_SCALAR_EVENT) || r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
                return (struct text) { 0 };
        return scalar_in_hand(r);
}

/* What is written, for a sentence. */
static struct text brief_in_hand(const struct reader *r) {
        if (!holds(r, YAML_SCALAR_EVENT))
                return TEXT("{...}");
        return r->event.data.scalar.length > 0 ? scalar_in_hand(r) : TEXT("null");
}

static void read_number(struct reader *r, const char *otherwise, int64_t *ret) {
        uint64_t number;

        if (text_to_u64(plain_in_hand(r), &number) && number <= INT32_MAX)
                *ret = (int64_t)number;
        else
                note_text(r, otherwise, brief_in_hand(r));
        skip(r);
}

static void read_enabled(struct reader *r, bool *ret) {
        static const struct text words[] = {
                TEXT_INIT("true"),  TEXT_INIT("yes"), TEXT_INIT("on"),
                TEXT_INIT("false"), TEXT_INIT("no"),  TEXT_INIT("off")
        };
        struct text written = plain_in_hand(r);

        for (size_t i = 0; i < 6; i++) {
                if (text_equal_fold(written, words[i])) {
                        *ret = i < 3;
                        return;
                }
        }
        note(r, "mig-enabled is neither true nor false");
        skip(r);
}

/* ---- an entry -------------------------------------------------------------------------------- */

static void read_devices(struct reader *r, struct migparted_entry *ret) {
        static const char expected[] = "devices is neither all nor a list of indexes:";

        if (holds(r, YAML_SCALAR_EVENT) && text_equal(scalar_in_hand(r), TEXT("all"))) {
                ret->all_devices = true;
                return;
        }
        if (!holds(r, YAML_SEQUENCE_START_EVENT)) {
                note_text(r, expected, brief_in_hand(r));
                skip(r);
                return;
        }
        while (next_element(r)) {
                int64_t index = MIGPARTED_DEVICES_MAX;

                read_number(r, expected, &index);
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

static void read_filter(struct reader *r, struct migparted_entry *entry, size_t *cap) {
        struct text written = { 0 }, id;
        size_t colon;

        if (holds(r, YAML_SCALAR_EVENT))
                written = scalar_in_hand(r);
        colon = text_index(written, ':');
        id = text_slice(written, 0, colon);
        if (!is_hex_id(id) ||
            (colon < written.len && !is_hex_id(text_slice(written, colon + 1, written.len)))) {
                note_text(r, "device-filter is not 0x<device><vendor>[:0x<subdevice><subvendor>]:",
                          written);
        } else if (entry->n_filters == MIGPARTED_FILTERS_MAX) {
                note(r, "more device filters than can be counted");
        } else {
                entry->filters =
                        extend(r, entry->filters, entry->n_filters, cap, sizeof(*entry->filters));
                if (!entry->filters)
                        return;
                written = text_copy(r->arena, written);
                entry->filters[entry->n_filters++] = (struct migparted_filter) {
                        .id = text_slice(written, 0, colon),
                        .full = written,
                };
        }
        skip(r);
}

static void read_filters(struct reader *r, struct migparted_entry *ret) {
        size_t cap = 0;

        if (!holds(r, YAML_SEQUENCE_START_EVENT)) {
                read_filter(r, ret, &cap);
                return;
        }
        while (next_element(r))
                read_filter(r, ret, &cap);
}

static void read_slices(struct reader *r, struct migparted_entry *ret) {
        struct text profile;
        int64_t total = 0;
        size_t cap = 0;

        if (!open_value(r, YAML_MAPPING_START_EVENT, "mig-devices is not a map"))
                return;
        while (next_key(r, &profile)) {
                struct migparted_slices slices = { .profile = profile };

                for (size_t i = 0; i < ret->n_slices; i++) {
                        if (text_equal(ret->slices[i].profile, profile))
                                note_text(r, "mig-devices names twice", profile);
                }
                if (ret->n_slices == MIGPARTED_SLICES_MAX) {
                        note(r, "mig-devices names more profiles than a GPU has");
                        skip(r);
                        continue;
                }
                read_number(
                        r,
                        "the number of slices is not a whole number, 0 or more and without quotes:",
                        &slices.count);
                ret->slices = extend(r, ret->slices, ret->n_slices, &cap, sizeof(slices));
                if (!ret->slices)
                        return;
                ret->slices[ret->n_slices++] = slices;
                total += slices.count;
        }
        if (ret->n_slices > 0 && total == 0)
                note(r, "mig-devices counts no slices");
}

enum entry_key { DEVICES, DEVICE_FILTER, MIG_ENABLED, MIG_DEVICES, N_ENTRY_KEYS };

static void read_entry(struct reader *r, struct migparted_entry *ret) {
        static const struct text names[N_ENTRY_KEYS] = {
                [DEVICES] = TEXT_INIT("devices"),
                [DEVICE_FILTER] = TEXT_INIT("device-filter"),
                [MIG_ENABLED] = TEXT_INIT("mig-enabled"),
                [MIG_DEVICES] = TEXT_INIT("mig-devices"),
        };
        const struct text nothing = { 0 };
        bool seen[N_ENTRY_KEYS] = { false };
        struct text key;

        if (!open_value(r, YAML_MAPPING_START_EVENT, "an entry is not a map"))
                return;
        while (next_key(r, &key)) {
                size_t i = 0;

                while (i < N_ENTRY_KEYS && !text_equal(names[i], key))
                        i++;
                if (i == N_ENTRY_KEYS) {
                        note_text(r, "unknown key", key);
                        skip(r);
                        continue;
                }
                if (seen[i]) {
                        note_text(r, "written twice:", key);
                        skip(r);
                        continue;
                }
                seen[i] = true;
                if (i == DEVICES)
                        read_devices(r, ret);
                else if (i == DEVICE_FILTER)
                        read_filters(r, ret);
                else if (i == MIG_ENABLED)
                        read_enabled(r, &ret->mig_enabled);
                else
                        read_slices(r, ret);
        }
        if (!seen[DEVICES])
                note_at(r, ret->line, "devices is missing", nothing);
        else if (!seen[MIG_ENABLED])
                note_at(r, ret->line, "mig-enabled is missing", nothing);
        else if (ret->mig_enabled && !seen[MIG_DEVICES])
                note_at(r, ret->line, "mig-enabled is true, but mig-devices is missing", nothing);
        else if (!ret->mig_enabled && ret->n_slices > 0)
                note_at(r, ret->line, "mig-enabled is false, but mig-devices has slices", nothing);
}

/* ---- configurations and the file ------------------------------------------------------------- */

static void read_config(struct reader *r, struct migparted_config *ret) {
        size_t cap = 0;

        if (open_value(r, YAML_SEQUENCE_START_EVENT, "a configuration is not a list of entries")) {
                while (next_element(r)) {
                        struct migparted_entry entry = { .line = line_in_hand(r) };

                        if (ret->n_entries == MIGPARTED_ENTRIES_MAX) {
                                note(r, "more entries than can be counted");
                                skip(r);
                                continue;
                        }
                        read_entry(r, &entry);
                        if (r->n_mistakes > 0)
                                continue; /* nobody will look at it */
                        ret->entries = extend(r, ret->entries, ret->n_entries, &cap, sizeof(entry));
                        if (!ret->entries)
                                return;
                        ret->entries[ret->n_entries++] = entry;
                }
                if (ret->n_entries == 0 && r->n_mistakes == 0)
                        note(r, "a configuration has no entries");
        }
        /* Its mistakes are its own: the next one starts without. */
        if (r->error == 0 && r->n_mistakes > 0) {
                ret->invalid = fault_text(&r->mistake, r->arena);
                r->n_mistakes = 0;
        }
}

static void read_configs(struct reader *r, struct migparted *ret) {
        size_t cap = 0;
        struct text name;

        if (!holds(r, YAML_MAPPING_START_EVENT)) {
                give_up(r, "mig-configs is not a map");
                return;
        }
        while (next_key(r, &name)) {
                struct migparted_config config = { .name = name };

                read_config(r, &config);
                ret->configs = extend(r, ret->configs, ret->n_configs, &cap, sizeof(*ret->configs));
                if (!ret->configs)
                        return;
                ret->configs[ret->n_configs++] = config;
        }
        if (ret->n_configs == 0)
                give_up(r, "mig-configs is empty");
}

static void read_version(struct reader *r) {
        if (!holds(r, YAML_SCALAR_EVENT) || !text_equal(scalar_in_hand(r), TEXT("v1")))
                give_up(r, "version is not v1");
}

static void read_document(struct reader *r, struct migparted *ret) {
        bool has_version = false, has_configs = false;
        struct text key;

        if (!holds(r, YAML_MAPPING_START_EVENT)) {
                give_up(r, "not a map with version and mig-configs");
                return;
        }
        while (next_key(r, &key)) {
                bool *seen = text_equal(key, TEXT("version"))       ? &has_version
                             : text_equal(key, TEXT("mig-configs")) ? &has_configs
                                                                    : NULL;

                if (!seen)
                        give_up_at(r, "a key is neither version nor mig-configs:", key);
                else if (*seen)
                        give_up(r, "version or mig-configs is written twice");
                else if (seen == &has_version)
                        read_version(r);
                else
                        read_configs(r, ret);
                if (seen)
                        *seen = true;
        }
        if (!has_version)
                give_up(r, "version is missing");
        if (!has_configs)
                give_up(r, "mig-configs is missing");
}

static void read_stream(struct reader *r, struct migparted *ret) {
        if (!step(r) || !step(r)) /* the stream and the document start */
                return;
        if (holds(r, YAML_STREAM_END_EVENT)) {
                give_up(r, "the file is empty");
                return;
        }
        if (step(r))
                read_document(r, ret);
        if (step(r) && step(r) && !holds(r, YAML_STREAM_END_EVENT))
                give_up(r, "a second document begins");
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
        struct reader r = { .arena = arena };

        /* libyaml would take the mark for a column, and the next line for another block. */
        if (text_starts_with(yaml, TEXT("\xef\xbb\xbf")))
                yaml = text_slice(yaml, 3, yaml.len);
        if (yaml.len > MIGPARTED_FILE_MAX) {
                *ret = (struct migparted) { .invalid = text_format(
                                                    arena, "it has %zu bytes; at most %d are read",
                                                    yaml.len, (int)MIGPARTED_FILE_MAX) };
                return arena_failed(arena) ? -ENOMEM : 0;
        }
        if (!yaml_parser_initialize(&r.parser))
                return -ENOMEM;
        yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)(yaml.len ? yaml.data : ""),
                                     yaml.len);
        read_stream(&r, &file);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
        if (r.error == -ENOMEM || arena_failed(arena))
                return -ENOMEM;
        if (r.error < 0) {
                file = (struct migparted) { .invalid = fault_text(&r.mistake, arena) };
        } else {
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

static bool passes(const struct migparted_entry *entry, const struct gpu_product *product) {
        for (size_t i = 0; i < entry->n_filters; i++) {
                for (size_t k = 0; k < product->n_pci_ids; k++) {
                        if (text_equal_fold(entry->filters[i].id, product->pci_ids[k]))
                                return true;
                }
        }
        return entry->n_filters == 0;
}

/* From the last entry back, so that each GPU is given away once, however many entries cover it. */
void migparted_apply(const struct migparted_config *config, const struct gpu_product *product,
                     size_t n, const struct migparted_entry **ret) {
        uint64_t open[MIGPARTED_DEVICES_MAX / 64] = { 0 };

        for (size_t i = 0; i < n; i++) {
                open[i / 64] |= UINT64_C(1) << (i % 64);
                ret[i] = NULL;
        }
        for (size_t e = config->n_entries; e-- > 0;) {
                const struct migparted_entry *entry = &config->entries[e];

                if (!passes(entry, product))
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
