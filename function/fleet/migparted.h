/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migparted - the file that mig-parted and the GPU operator's MIG manager apply
 *
 *      version: v1
 *      mig-configs:
 *        all-balanced:
 *        - devices: all                  # or [0, 1, 2]
 *          device-filter: 0x233010DE     # or a list; <device><vendor>[:<subdevice><subvendor>]
 *          mig-enabled: true
 *          mig-devices: {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}
 *
 * A mistake in one configuration is that configuration's: a pool that uses another
 * one does not notice. Anchors, aliases and tags are refused, so that a file is
 * never larger than it looks.
 *
 * Source: NVIDIA/mig-parted, api/spec/v1/spec.go; filters of boards as of v0.15
 */
#ifndef FLEET_MIGPARTED_H
#define FLEET_MIGPARTED_H

#include "base/fault.h"
#include "gpu/board.h"

enum {
        MIGPARTED_FILE_MAX = 1024 * 1024, /* what a ConfigMap can hold */
        MIGPARTED_ENTRIES_MAX = 128,      /* of one configuration */
        MIGPARTED_FILTERS_MAX = 64,       /* of one entry */
        MIGPARTED_SLICES_MAX = 32,        /* kinds of slices of one entry */
        MIGPARTED_DEVICES_MAX = 1024,     /* GPUs of a node; higher indexes match nothing */
};

struct migparted_slices {
        struct text profile; /* as written */
        int64_t count;       /* of each GPU; may be 0 */
};

struct migparted_filter {
        struct text id;   /* "0x233010DE" */
        struct text full; /* with the board's id where one is written */
};

struct migparted_entry {
        bool all_devices;
        uint64_t devices[MIGPARTED_DEVICES_MAX / 64]; /* a bit for each index, unless all_devices */
        struct migparted_filter *filters;             /* none: every model of GPU */
        size_t n_filters;
        bool mig_enabled;
        struct migparted_slices *slices; /* none: MIG without slices */
        size_t n_slices;
        size_t line; /* where it begins */
};

struct migparted_config {
        struct text name;
        struct text invalid; /* why it cannot be used; empty when it can */
        struct migparted_entry *entries;
        size_t n_entries;
};

struct migparted {
        struct text invalid; /* why the file cannot be used; it has no configurations then */
        struct migparted_config *configs; /* sorted by name */
        size_t n_configs;
};

/*
 * migparted_read() - a file, whatever is in it: mistakes are values
 * @yaml: borrowed only during the call
 * @ret:  set on success; lives in the arena
 *
 * Errors: -ENOMEM
 */
int migparted_read(struct text yaml, struct arena *arena, struct migparted *ret);

/* migparted_find() - the configuration of that name, or NULL. */
const struct migparted_config *migparted_find(const struct migparted *file, struct text name);

/*
 * migparted_apply() - what happens to each GPU of a node: the last entry that covers it
 * @board: what the GPUs are; a filter of another board of the product does not match
 * @n:     GPUs of the node, at most MIGPARTED_DEVICES_MAX
 * @ret:   n entries, by index; NULL where none covers the GPU
 *
 * The catalogue does not know subdevices: a filter that names one is taken to mean
 * every board with its device.
 */
void migparted_apply(const struct migparted_config *config, const struct gpu_board *board, size_t n,
                     const struct migparted_entry **ret);

#endif
