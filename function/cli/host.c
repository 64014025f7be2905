/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/count.h"
#include "base/quantity.h"
#include "cli/files.h"
#include "render/object.h"
#include "yaml/item.h"

#define DRA_DRIVER "gpu.nvidia.com"

int host_read_file(const char *path, struct arena *arena, struct objects *objects,
                   struct fault *fault) {
        /* Most of a Node's bytes. */
        static const struct text skipped[] = {
                TEXT_INIT("managedFields"), TEXT_INIT("images"),          TEXT_INIT("annotations"),
                TEXT_INIT("volumesInUse"),  TEXT_INIT("volumesAttached"), TEXT_INIT("nodeInfo"),
                TEXT_INIT("addresses"),
        };

        return files_objects_without(path, skipped, COUNT_OF(skipped), arena, objects, fault);
}

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

static int64_t count_of(struct value written) {
        struct quantity quantity;
        struct fault ignored;
        int64_t number;

        if (value_is_integer(written, &number))
                return number;
        if (quantity_parse(value_text(written), &quantity, &ignored) < 0)
                return 0;
        return quantity_floor(quantity);
}

static void add_resource(struct host *m, struct text name, int64_t count, struct arena *arena) {
        struct host_resource *slot;

        for (uint32_t i = 0; i < m->n_resources; i++) {
                if (text_equal(m->resources[i].name, name)) {
                        m->resources[i].count += count;
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
                if (is_of_gpus(name) && count_of(count) > 0)
                        add_resource(m, name, count_of(count), arena);
        }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool is_ready(struct value conditions) {
        struct value_iter it = value_iterate(conditions);
        struct value condition;

        while (value_next(&it, NULL, &condition)) {
                if (text_equal(text_at(condition, "type"), TEXT("Ready")))
                        return text_equal(text_at(condition, "status"), TEXT("True"));
        }
        return true;
}

static int read_host(struct value object, struct arena *arena, struct host *ret) {
        *ret = (struct host) {
                .name = text_at(object, "metadata.name"),
                .taints = value_at(object, "spec.taints"),
                .is_ready = is_ready(value_at(object, "status.conditions")),
                .is_cordoned = value_is_true(value_at(object, "spec.unschedulable")),
        };
        read_resources(ret, value_at(object, "status.allocatable"), arena);
        return value_members(value_at(object, "metadata.labels"), arena, &ret->labels,
                             &ret->n_labels);
}

/* ---- devices of the DRA driver -----------------------------------------------------------------
 */

static struct host *find_host(struct hosts *hosts, struct text name) {
        size_t low = 0, high = hosts->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = text_compare(hosts->items[middle].name, name);

                if (order == 0)
                        return &hosts->items[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

/* Of v1beta1 a device's members are below "basic". */
static struct value device_member(struct value device, const char *name) {
        struct value basic = value_get(device, TEXT("basic"));

        return value_get(basic.kind == VALUE_MAP ? basic : device, text_from(name));
}

static struct text attribute(struct value device, const char *name) {
        struct value attributes = device_member(device, "attributes");

        return text_at(value_get(attributes, text_from(name)), "string");
}

/* Slices that share counters are all that could be cut, not what is there. */
static bool is_cut_on_demand(struct value device) {
        return device_member(device, "consumesCounters").kind == VALUE_LIST;
}

static void add_device(struct host *m, struct value device, struct arena *arena) {
        bool is_slice = text_equal(attribute(device, "type"), TEXT("mig"));
        struct value memory = value_at(device_member(device, "capacity"), "memory.value");
        struct text product = attribute(device, "productName");

        if (is_slice && is_cut_on_demand(device))
                return;
        if (!is_slice && !text_equal(attribute(device, "type"), TEXT("gpu")))
                return;
        if (text_is_empty(m->dra_product))
                m->dra_product = product;
        if (!is_slice && m->dra_bytes == 0)
                m->dra_bytes = count_of(memory);
        add_resource(m, is_slice ? attribute(device, "profile") : TEXT(""), 1, arena);
}

/* The newest of a pool counts; the driver deletes the older ones later. */
static bool is_superseded(const struct objects *objects, struct value slice) {
        int64_t generation = count_of(value_at(slice, "spec.pool.generation"));

        for (size_t i = 0; i < objects->n; i++) {
                struct value other = objects->items[i];

                if (text_equal(text_at(other, "kind"), TEXT("ResourceSlice")) &&
                    text_equal(text_at(other, "spec.driver"), TEXT(DRA_DRIVER)) &&
                    text_equal(text_at(other, "spec.pool.name"),
                               text_at(slice, "spec.pool.name")) &&
                    count_of(value_at(other, "spec.pool.generation")) > generation)
                        return true;
        }
        return false;
}

static void read_slice(const struct objects *objects, struct value slice, struct arena *arena,
                       struct hosts *hosts) {
        struct host *m = find_host(hosts, text_at(slice, "spec.nodeName"));
        struct value_iter it = value_iterate(value_at(slice, "spec.devices"));
        struct value device;

        if (!m || (m->n_resources > 0 && !m->by_dra) || is_superseded(objects, slice))
                return;
        m->by_dra = true;
        while (value_next(&it, NULL, &device))
                add_device(m, device, arena);
}

/* ---- all ---------------------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b) {
        return text_compare(((const struct host *)a)->name, ((const struct host *)b)->name);
}

int host_read(const struct objects *objects, struct arena *arena, struct hosts *ret) {
        *ret = (struct hosts) { .items = ARENA_ARRAY(arena, objects->n, struct host) };
        if (!ret->items)
                return objects->n > 0 ? -ENOMEM : 0;
        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (text_equal(text_at(object, "kind"), TEXT("Node")) &&
                    read_host(object, arena, &ret->items[ret->n++]) < 0)
                        return -ENOMEM;
        }
        if (ret->n > 1)
                qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (text_equal(text_at(object, "kind"), TEXT("ResourceSlice")) &&
                    text_equal(text_at(object, "spec.driver"), TEXT(DRA_DRIVER)))
                        read_slice(objects, object, arena, ret);
        }
        for (size_t i = 0; i < ret->n; i++) {
                if (ret->items[i].n_resources > 1)
                        qsort(ret->items[i].resources, ret->items[i].n_resources,
                              sizeof(struct host_resource), by_resource);
        }
        return arena_failed(arena) ? -ENOMEM : 0;
}

int host_read_nodes(const char *path, struct arena *arena, struct hosts *ret, struct fault *fault) {
        struct objects objects = { 0 };
        int r = host_read_file(path, arena, &objects, fault);

        if (r == 0)
                r = host_read(&objects, arena, ret);
        if (r == 0 && ret->n == 0) {
                fault_set(fault, "--nodes: there is no Node in %s", path);
                return -EINVAL;
        }
        return r;
}

const struct value_member *host_label_of(const struct host *host, struct text key) {
        size_t low = 0, high = host->n_labels;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = text_compare(host->labels[middle].key, key);

                if (order == 0)
                        return &host->labels[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
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

int64_t host_offers(const struct host *host, struct text resource) {
        for (uint32_t i = 0; i < host->n_resources; i++) {
                if (text_equal(host->resources[i].name, resource))
                        return host->resources[i].count;
        }
        return 0;
}
