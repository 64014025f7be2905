/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/grouping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/count.h"
#include "cli/selecting.h"
#include "render/object.h"

struct work {
        struct arena *arena;
        struct groups groups;
        const struct host **plain; /* without GPUs */
        size_t n_plain;
        const struct host **others; /* scratch: room for all hosts */
};

static struct crowd crowd_of(const struct group *group) {
        return (struct crowd) { group->hosts, group->n };
}

/* ---- equal offers ------------------------------------------------------------------------------
 */

struct signed_host {
        struct text signature;
        const struct host *host;
};

static int by_signature(const void *a, const void *b) {
        const struct signed_host *left = a, *right = b;
        int order = text_compare(left->signature, right->signature);

        return order != 0 ? order : text_compare(left->host->name, right->host->name);
}

static void describe(struct group *group, struct arena *arena) {
        group->least = *group->hosts[0];
        group->offering = offering_of(group->hosts[0], arena);
}

static int collect(struct work *w, const struct signed_host *all, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct group *last = w->groups.n ? &w->groups.items[w->groups.n - 1] : NULL;

                if (!last || !text_equal(last->signature, all[i].signature)) {
                        last = &w->groups.items[w->groups.n++];
                        *last = (struct group) {
                                .signature = all[i].signature,
                                .hosts = ARENA_ARRAY(w->arena, n - i, const struct host *),
                        };
                        if (!last->hosts)
                                return -ENOMEM;
                }
                last->hosts[last->n++] = all[i].host;
        }
        for (size_t i = 0; i < w->groups.n; i++)
                describe(&w->groups.items[i], w->arena);
        return arena_failed(w->arena) ? -ENOMEM : 0;
}

/* What has GPUs and offers none may offer them in a minute: no selector has to exclude it. */
static bool has_gpus(const struct host *host) {
        return !text_is_empty(host_label(host, "nvidia.com/gpu.product")) ||
               !text_is_empty(host_label(host, "cloud.google.com/gke-accelerator")) ||
               text_equal(host_label(host, "nvidia.com/gpu.present"), TEXT("true"));
}

static int begin(const struct hosts *hosts, struct arena *arena, struct work *ret) {
        struct signed_host *all = ARENA_ARRAY(arena, hosts->n, struct signed_host);
        size_t n = 0;

        *ret = (struct work) {
                .arena = arena,
                .groups.items = ARENA_ARRAY(arena, hosts->n, struct group),
                .plain = ARENA_ARRAY(arena, hosts->n, const struct host *),
                .others = ARENA_ARRAY(arena, hosts->n, const struct host *),
        };
        if (arena_failed(arena))
                return -ENOMEM;
        for (size_t i = 0; i < hosts->n; i++) {
                const struct host *host = &hosts->items[i];

                if (host->n_resources > 0)
                        all[n++] = (struct signed_host) { offering_signature(host, arena), host };
                else if (!has_gpus(host))
                        ret->plain[ret->n_plain++] = host;
        }
        if (n > 1)
                qsort(all, n, sizeof(*all), by_signature);
        return collect(ret, all, n);
}

/* ---- selectors ---------------------------------------------------------------------------------
 */

static size_t other_hosts(struct work *w, size_t group) {
        size_t n = 0;

        for (size_t i = 0; i < w->groups.n; i++) {
                const struct group *other = &w->groups.items[i];

                if (i == group || !text_is_empty(other->apart))
                        continue;
                memcpy(w->others + n, other->hosts, other->n * sizeof(*w->others));
                n += other->n;
        }
        return n;
}

/* A node without GPUs that the selector finds too does no harm, if it cannot be helped. */
static int select_group(struct work *w, size_t i) {
        struct group *group = &w->groups.items[i];
        size_t n = other_hosts(w, i);
        int r;

        memcpy(w->others + n, w->plain, w->n_plain * sizeof(*w->others));
        r = selecting_find(crowd_of(group), (struct crowd) { w->others, n + w->n_plain },
                           SELECTED_MAX, w->arena, group->selector, &group->n_selected);
        if (r == -ENOENT)
                r = selecting_find(crowd_of(group), (struct crowd) { w->others, n }, SELECTED_MAX,
                                   w->arena, group->selector, &group->n_selected);
        if (r < 0)
                group->n_selected = 0;
        /* Alone, nodes without a label need none. */
        return r == -ENOENT && n == 0 ? 0 : r;
}

/* ---- a group of several node pools
 * --------------------------------------------------------------- */

/* The hosts of a group that have the label, and those that have not. */
static struct group part_of(struct work *w, const struct group *group, struct text key,
                            struct text value, bool having) {
        struct group part = *group;

        part.n = 0;
        part.hosts = ARENA_ARRAY(w->arena, group->n, const struct host *);
        for (size_t i = 0; part.hosts && i < group->n; i++) {
                const struct value_member *label = host_label_of(group->hosts[i], key);
                bool has = label && text_equal(value_text(label->value), value);

                if (has == having)
                        part.hosts[part.n++] = group->hosts[i];
        }
        return part;
}

/* Takes the hosts of the first one's node pool off the group, if a label finds just these. */
static int split_by(struct work *w, size_t i, struct text key) {
        struct group *group = &w->groups.items[i];
        struct text value = host_label(group->hosts[0], key.data);
        struct selected ignored[SELECTED_MAX];
        struct group part, rest;
        size_t n, n_ignored;

        if (text_is_empty(value))
                return -ENOENT;
        part = part_of(w, group, key, value, true);
        rest = part_of(w, group, key, value, false);
        if (arena_failed(w->arena))
                return -ENOMEM;
        if (rest.n == 0)
                return -ENOENT;
        n = other_hosts(w, i);
        if (selecting_find(crowd_of(&part), (struct crowd) { w->others, n }, SELECTED_MAX, w->arena,
                           ignored, &n_ignored) < 0)
                return -ENOENT;
        *group = part;
        w->groups.items[w->groups.n++] = rest;
        describe(group, w->arena);
        describe(&w->groups.items[w->groups.n - 1], w->arena);
        return 0;
}

static int split(struct work *w, size_t i) {
        for (size_t k = 0; selecting_pool_keys[k]; k++) {
                int r = split_by(w, i, text_from(selecting_pool_keys[k]));

                if (r != -ENOENT)
                        return r;
        }
        return split_by(w, i, TEXT("node.kubernetes.io/instance-type"));
}

/* ---- groups that no label tells apart
 * ------------------------------------------------------------ */

static bool offer_alike(const struct group *a, const struct group *b) {
        if (a->least.n_resources != b->least.n_resources || a->least.by_dra != b->least.by_dra ||
            !text_equal(a->offering.accelerator, b->offering.accelerator) ||
            !text_equal(a->offering.profile, b->offering.profile))
                return false;
        for (uint32_t i = 0; i < a->least.n_resources; i++) {
                if (!text_equal(a->least.resources[i].name, b->least.resources[i].name))
                        return false;
        }
        return true;
}

static int merge(struct work *w, struct group *into, struct group *from) {
        const struct host **all = ARENA_ARRAY(w->arena, into->n + from->n, const struct host *);
        struct host_resource *least =
                ARENA_ARRAY(w->arena, into->least.n_resources, struct host_resource);

        if (!all || !least)
                return -ENOMEM;
        memcpy(all, into->hosts, into->n * sizeof(*all));
        memcpy(all + into->n, from->hosts, from->n * sizeof(*all));
        for (uint32_t i = 0; i < into->least.n_resources; i++) {
                least[i] = into->least.resources[i];
                if (from->least.resources[i].count < least[i].count)
                        least[i].count = from->least.resources[i].count;
        }
        into->hosts = all;
        into->n += from->n;
        into->least.resources = least;
        into->note = TEXT("its nodes do not offer the same, and no label tells them apart: the "
                          "smaller number counts");
        return 0;
}

static void remove_group(struct work *w, size_t i) {
        w->groups.n--;
        memmove(&w->groups.items[i], &w->groups.items[i + 1],
                (w->groups.n - i) * sizeof(*w->groups.items));
}

/* Whether group k is in the way of i: what all of i have some of k have too. */
static bool is_in_the_way(struct work *w, size_t i, size_t k) {
        struct selected ignored[SELECTED_MAX];
        size_t n;

        return k != i && text_is_empty(w->groups.items[k].apart) &&
               selecting_find(crowd_of(&w->groups.items[i]), crowd_of(&w->groups.items[k]),
                              SELECTED_MAX, w->arena, ignored, &n) == -ENOENT;
}

/* Returns 1 when something has changed. */
static int give_way(struct work *w, size_t i) {
        for (size_t k = 0; k < w->groups.n; k++) {
                struct group *group = &w->groups.items[i], *other = &w->groups.items[k];

                if (!is_in_the_way(w, i, k))
                        continue;
                if (offer_alike(group, other)) {
                        int r = merge(w, group, other);

                        if (r == 0)
                                remove_group(w, k);
                        return r < 0 ? r : 1;
                }
                /* Of two that are in each other's way the larger one stays. */
                if (!is_in_the_way(w, k, i) || other->n > group->n)
                        group = other, other = &w->groups.items[i];
                other->apart = text_format(w->arena, "no label tells it from %.*s",
                                           TEXT_ARG(group->hosts[0]->name));
                return 1;
        }
        return 0;
}

static int settle(struct work *w) {
        for (size_t i = 0; i < w->groups.n;) {
                int r = text_is_empty(w->groups.items[i].apart) ? select_group(w, i) : 0;

                if (r == -ENOENT) {
                        r = split(w, i);
                        if (r == 0)
                                continue;
                        if (r == -ENOENT)
                                r = give_way(w, i);
                        if (r == 1)
                                i = 0; /* what was in the way of others may not be any more */
                        if (r == 1)
                                continue;
                }
                if (r < 0)
                        return r;
                i++;
        }
        return 0;
}

/* ---- selectors that exclude each other
 * ----------------------------------------------------------- */

static bool exclude_each_other(const struct group *a, const struct group *b) {
        for (size_t i = 0; i < a->n_selected; i++) {
                for (size_t k = 0; k < b->n_selected; k++) {
                        if (text_equal(a->selector[i].key, b->selector[k].key) &&
                            !text_equal(a->selector[i].value, b->selector[k].value))
                                return true;
                }
        }
        return false;
}

static void add_selected(struct group *group, struct selected label) {
        for (size_t i = 0; i < group->n_selected; i++) {
                if (text_equal(group->selector[i].key, label.key))
                        return;
        }
        if (group->n_selected < SELECTED_MAX)
                group->selector[group->n_selected++] = label;
}

/* A node that comes tomorrow may have the labels of two pools; those of one key it cannot. */
static void keep_apart(struct work *w) {
        for (size_t i = 0; i < w->groups.n; i++) {
                for (size_t k = i + 1; k < w->groups.n; k++) {
                        struct group *a = &w->groups.items[i], *b = &w->groups.items[k];
                        struct selected of_a, of_b;

                        if (!text_is_empty(a->apart) || !text_is_empty(b->apart) ||
                            exclude_each_other(a, b) ||
                            !selecting_between(crowd_of(a), crowd_of(b), &of_a, &of_b))
                                continue;
                        add_selected(a, of_a);
                        add_selected(b, of_b);
                }
        }
}

/* One label for all is easier to read, and no node can have two of its values. */
static int use_one_key(struct work *w) {
        struct crowd *crowds = ARENA_ARRAY(w->arena, w->groups.n, struct crowd);
        struct text key;
        size_t n = 0;

        if (!crowds)
                return -ENOMEM;
        for (size_t i = 0; i < w->groups.n; i++) {
                if (text_is_empty(w->groups.items[i].apart))
                        crowds[n++] = crowd_of(&w->groups.items[i]);
        }
        if (n == 0 || !selecting_one_key(crowds, n, (struct crowd) { w->plain, w->n_plain }, &key))
                return 0;
        for (size_t i = 0; i < w->groups.n; i++) {
                struct group *group = &w->groups.items[i];
                const struct value_member *label = host_label_of(group->hosts[0], key);

                if (!text_is_empty(group->apart) || !label)
                        continue;
                group->selector[0] = (struct selected) { key, value_text(label->value) };
                group->n_selected = 1;
        }
        return 0;
}

/* By the partition size a reader sees how slices are called on GKE. */
static void add_partition(struct group *group) {
        const struct text key = TEXT("cloud.google.com/gke-gpu-partition-size");
        const struct value_member *label = host_label_of(group->hosts[0], key);

        if (label && text_is_empty(group->apart) &&
            selecting_common(crowd_of(group), key, value_text(label->value)))
                add_selected(group, (struct selected) { key, value_text(label->value) });
}

static int in_order(const void *a, const void *b) {
        const struct group *left = a, *right = b;
        int order = text_compare(left->signature, right->signature);

        return order != 0 ? order : text_compare(left->hosts[0]->name, right->hosts[0]->name);
}

int grouping_make(const struct hosts *hosts, struct arena *arena, struct groups *ret) {
        struct work w;
        int r = hosts->n == 0 ? 0 : begin(hosts, arena, &w);

        *ret = (struct groups) { 0 };
        if (r == 0 && hosts->n > 0)
                r = settle(&w);
        if (r < 0 || hosts->n == 0)
                return r;
        r = use_one_key(&w);
        if (r < 0)
                return r;
        keep_apart(&w);
        for (size_t i = 0; i < w.groups.n; i++)
                add_partition(&w.groups.items[i]);
        if (w.groups.n > 1)
                qsort(w.groups.items, w.groups.n, sizeof(*w.groups.items), in_order);
        *ret = w.groups;
        return arena_failed(arena) ? -ENOMEM : 0;
}

struct text grouping_pool_label(const struct group *group) {
        for (size_t k = 0; selecting_pool_keys[k]; k++) {
                struct text value = host_label(group->hosts[0], selecting_pool_keys[k]);

                if (!text_is_empty(value) &&
                    selecting_common(crowd_of(group), text_from(selecting_pool_keys[k]), value))
                        return value;
        }
        return (struct text) { 0 };
}
