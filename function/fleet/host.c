/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/host.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/count.h"
#include "base/quantity.h"
#include "yaml/item.h"

/* ---- resources ------------------------------------------------------------------------------- */

/* Those of device plugins for GPUs; NVIDIA's network operator has names of its own. */
static bool is_of_gpus(struct text name) {
        static const struct text starts[] = {
                TEXT_INIT("nvidia.com/mig-"), TEXT_INIT("nvidia.com/gpu."),
                TEXT_INIT("amd.com/gpu"),     TEXT_INIT("amd.com/cpx"),
                TEXT_INIT("amd.com/spx"),     TEXT_INIT("amd.com/dpx"),
                TEXT_INIT("amd.com/qpx"),     TEXT_INIT("habana.ai/gaudi"),
                TEXT_INIT("gpu.intel.com/"),
        };

        if (text_equal(name, TEXT("nvidia.com/gpu")))
                return true;
        for (size_t i = 0; i < COUNT_OF(starts); i++) {
                if (text_starts_with(name, starts[i]))
                        return true;
        }
        return false;
}

int64_t host_number(struct value written) {
        struct quantity quantity;
        struct fault ignored;
        int64_t number;

        if (value_is_integer(written, &number))
                return number;
        if (quantity_parse(value_text(written), &quantity, &ignored) < 0)
                return 0;
        return quantity_floor(quantity);
}

void host_add(struct host *m, struct text name, int64_t count, struct arena *arena) {
        struct host_resource *slot;

        for (uint32_t i = 0; i < m->n_resources; i++) {
                if (text_equal(m->resources[i].name, name)) {
                        if (__builtin_add_overflow(m->resources[i].count, count,
                                                   &m->resources[i].count))
                                m->resources[i].count = INT64_MAX;
                        return;
                }
        }
        slot = item_extend(arena, &m->resources, &m->n_resources, &m->cap_resources, sizeof(*slot));
        if (slot)
                *slot = (struct host_resource) { name, count };
}

static int by_resource(const void *a, const void *b) {
        return text_compare(((const struct host_resource *)a)->name,
                            ((const struct host_resource *)b)->name);
}

static void read_resources(struct host *m, struct value allocatable, struct arena *arena) {
        struct value_iter it = value_iterate(allocatable);
        struct value count;
        struct text name;

        while (value_next(&it, &name, &count)) {
                /* What was offered once stays in the list with 0. */
                if (is_of_gpus(name) && host_number(count) > 0)
                        host_add(m, name, host_number(count), arena);
        }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool is_ready(struct value conditions) {
        struct value_iter it = value_iterate(conditions);
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                if (text_equal(value_get_text(condition, "type"), TEXT("Ready")))
                        return text_equal(value_get_text(condition, "status"), TEXT("True"));
        }
        return true;
}

int host_read(struct value object, struct arena *arena, struct host *ret) {
        *ret = (struct host) {
                .name = value_text(value_at(object, "metadata.name")),
                .taints = value_at(object, "spec.taints"),
                .is_ready = is_ready(value_at(object, "status.conditions")),
                .allocatable = value_at(object, "status.allocatable"),
                .is_cordoned = value_is_true(value_at(object, "spec.unschedulable")),
        };
        read_resources(ret, ret->allocatable, arena);
        return value_members(value_at(object, "metadata.labels"), arena, &ret->labels,
                             &ret->n_labels);
}

static int by_name(const void *a, const void *b) {
        return text_compare(((const struct host *)a)->name, ((const struct host *)b)->name);
}

void host_sort(struct hosts *hosts) {
        if (hosts->n > 1)
                qsort(hosts->items, hosts->n, sizeof(*hosts->items), by_name);
        for (size_t i = 0; i < hosts->n; i++) {
                struct host *host = &hosts->items[i];

                if (host->n_resources > 1)
                        qsort(host->resources, host->n_resources, sizeof(*host->resources),
                              by_resource);
        }
}

/* ---- looked up ------------------------------------------------------------------------------- */

struct host *host_find(const struct hosts *hosts, struct text name) {
        const struct host wanted = { .name = name };

        if (hosts->n == 0)
                return NULL;
        return bsearch(&wanted, hosts->items, hosts->n, sizeof(wanted), by_name);
}

bool host_is_usable(const struct host *host) {
        return host->is_ready && !host->is_cordoned;
}

static int by_key(const void *a, const void *b) {
        return text_compare(((const struct value_member *)a)->key,
                            ((const struct value_member *)b)->key);
}

const struct value_member *host_label_of(const struct host *host, struct text key) {
        const struct value_member wanted = { .key = key };

        if (host->n_labels == 0)
                return NULL;
        return bsearch(&wanted, host->labels, host->n_labels, sizeof(wanted), by_key);
}

struct text host_label(const struct host *host, const char *key) {
        const struct value_member *label = host_label_of(host, text_from(key));

        return label ? value_text(label->value) : (struct text) { 0 };
}

int64_t host_count(const struct host *host, const char *key) {
        uint64_t count;

        if (!text_to_u64(host_label(host, key), &count) || count > INT32_MAX)
                return 0;
        return (int64_t)count;
}
