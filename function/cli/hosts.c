/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/hosts.h"

#include <errno.h>

#include "base/arena.h"
#include "base/count.h"
#include "cli/files.h"
#include "render/object.h"

#define DRA_DRIVER "gpu.nvidia.com"

int hosts_read_file(const char *path, struct arena *arena, struct objects *objects,
                    struct fault *fault) {
        /* Most of a Node's bytes. */
        static const struct text skipped[] = {
                TEXT_INIT("managedFields"), TEXT_INIT("images"),          TEXT_INIT("annotations"),
                TEXT_INIT("volumesInUse"),  TEXT_INIT("volumesAttached"), TEXT_INIT("nodeInfo"),
                TEXT_INIT("addresses"),
        };

        return files_objects_without(path, skipped, COUNT_OF(skipped), arena, objects, fault);
}

/* ---- devices of the DRA driver -----------------------------------------------------------------
 */

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
                m->dra_bytes = host_number(memory);
        host_add(m, is_slice ? attribute(device, "profile") : TEXT(""), 1, arena);
}

/* The newest of a pool counts; the driver deletes the older ones later. */
static bool is_superseded(const struct objects *objects, struct value slice) {
        int64_t generation = host_number(value_at(slice, "spec.pool.generation"));

        for (size_t i = 0; i < objects->n; i++) {
                struct value other = objects->items[i];

                if (text_equal(text_at(other, "kind"), TEXT("ResourceSlice")) &&
                    text_equal(text_at(other, "spec.driver"), TEXT(DRA_DRIVER)) &&
                    text_equal(text_at(other, "spec.pool.name"),
                               text_at(slice, "spec.pool.name")) &&
                    host_number(value_at(other, "spec.pool.generation")) > generation)
                        return true;
        }
        return false;
}

static void read_slice(const struct objects *objects, struct value slice, struct arena *arena,
                       struct hosts *hosts) {
        struct host *m = host_find(hosts, text_at(slice, "spec.nodeName"));
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

int hosts_read(const struct objects *objects, struct arena *arena, struct hosts *ret) {
        *ret = (struct hosts) { .items = ARENA_ARRAY(arena, objects->n, struct host) };
        if (!ret->items)
                return objects->n > 0 ? -ENOMEM : 0;
        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (text_equal(text_at(object, "kind"), TEXT("Node")) &&
                    host_read(object, arena, &ret->items[ret->n++]) < 0)
                        return -ENOMEM;
        }
        host_sort(ret);
        for (size_t i = 0; i < objects->n; i++) {
                struct value object = objects->items[i];

                if (text_equal(text_at(object, "kind"), TEXT("ResourceSlice")) &&
                    text_equal(text_at(object, "spec.driver"), TEXT(DRA_DRIVER)))
                        read_slice(objects, object, arena, ret);
        }
        host_sort(ret); /* devices were added */
        return arena_failed(arena) ? -ENOMEM : 0;
}

int hosts_read_nodes(const char *path, struct arena *arena, struct hosts *ret,
                     struct fault *fault) {
        struct objects objects = { 0 };
        int r = hosts_read_file(path, arena, &objects, fault);

        if (r == 0)
                r = hosts_read(&objects, arena, ret);
        if (r == 0 && ret->n == 0) {
                fault_set(fault, "--nodes: there is no Node in %s", path);
                return -EINVAL;
        }
        return r;
}
