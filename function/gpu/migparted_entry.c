/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/migparted_entry.h"

#include "base/arena.h"

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

void migparted_entry_read(struct events *e, struct migparted_entry *ret) {
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
                events_note_at(e, ret->line, "devices is missing", nothing);
        else if (!seen[MIG_ENABLED])
                events_note_at(e, ret->line, "mig-enabled is missing", nothing);
        else if (ret->mig_enabled && !seen[MIG_DEVICES])
                events_note_at(e, ret->line, "mig-enabled is true, but mig-devices is missing",
                               nothing);
        else if (!ret->mig_enabled && ret->n_slices > 0)
                events_note_at(e, ret->line, "mig-enabled is false, but mig-devices has slices",
                               nothing);
}
