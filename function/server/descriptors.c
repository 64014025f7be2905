/* SPDX-License-Identifier: Apache-2.0 */
#include "server/descriptors.h"

#include "base/fault.h"
#include "server/upb.h"
#include "wire/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A FileDescriptorSet; protoc puts a file behind all that it imports. */
extern const unsigned char descriptor_set[];
extern const size_t descriptor_set_len;

enum { SET_FILE = 1, FILE_NAME = 1 };

struct descriptors {
        struct upb_DefPool *pool;
        size_t n;
        struct descriptor files[];
};

static void load(struct descriptors *d, struct text bytes) {
        struct upb_file *nothing_more = NULL;
        struct upb_file file = { .deps = &nothing_more,
                                 .descriptor = bytes.data,
                                 .descriptor_len = bytes.len };
        char filename[FILENAME_MAX];
        struct text name;

        if (!field_last(bytes, FILE_NAME, &name))
                BUG("a descriptor without a name");
        snprintf(filename, sizeof(filename), "%.*s", TEXT_ARG(name));
        file.filename = filename;
        if (!_upb_DefPool_LoadDefInitEx(d->pool, &file, true))
                BUG("a descriptor that cannot be loaded");
        d->files[d->n++] = (struct descriptor) {
                .name = upb_FileDef_Name(upb_DefPool_FindFileByName(d->pool, filename)),
                .bytes = bytes,
        };
}

struct descriptors *descriptors_new(void) {
        struct text rest = { .data = (const char *)descriptor_set, .len = descriptor_set_len };
        struct descriptors *d =
                calloc(1, sizeof(*d) + field_count(rest, SET_FILE) * sizeof(d->files[0]));
        struct field field;

        if (!d)
                BUG("no memory at the start");
        d->pool = upb_DefPool_New();
        while (field_next(&rest, &field)) {
                if (field_is(&field, SET_FILE))
                        load(d, field.bytes);
        }
        return d;
}

void descriptors_free(struct descriptors *d) {
        upb_DefPool_Free(d->pool);
        free(d);
}

size_t descriptors_count(const struct descriptors *d) {
        return d->n;
}

/* Files are few, and so is what they import. */
static size_t add_with_imports(const struct descriptors *d, const struct upb_FileDef *file,
                               const struct descriptor **ret, size_t n) {
        const char *name = upb_FileDef_Name(file);

        for (size_t i = 0; i < n; i++) {
                if (strcmp(ret[i]->name, name) == 0)
                        return n;
        }
        for (int i = 0; i < upb_FileDef_DependencyCount(file); i++)
                n = add_with_imports(d, upb_FileDef_Dependency(file, i), ret, n);
        for (size_t i = 0; i < d->n; i++) {
                if (strcmp(d->files[i].name, name) == 0)
                        ret[n++] = &d->files[i];
        }
        return n;
}

size_t descriptors_of_file(const struct descriptors *d, const char *name,
                           const struct descriptor **ret) {
        const struct upb_FileDef *file = upb_DefPool_FindFileByName(d->pool, name);

        return file ? add_with_imports(d, file, ret, 0) : 0;
}

/* upb has no symbols for methods. */
static const struct upb_FileDef *file_of_method(const struct descriptors *d, const char *name) {
        const char *dot = strrchr(name, '.');
        char *service_name = dot ? strndup(name, (size_t)(dot - name)) : NULL;
        const struct upb_ServiceDef *service =
                service_name ? upb_DefPool_FindServiceByName(d->pool, service_name) : NULL;

        free(service_name);
        return service && upb_ServiceDef_FindMethodByName(service, dot + 1)
                       ? upb_ServiceDef_File(service)
                       : NULL;
}

size_t descriptors_of_symbol(const struct descriptors *d, const char *name,
                             const struct descriptor **ret) {
        const struct upb_FileDef *file = upb_DefPool_FindFileContainingSymbol(d->pool, name);

        if (!file)
                file = file_of_method(d, name);
        return file ? add_with_imports(d, file, ret, 0) : 0;
}

bool descriptors_has_message(const struct descriptors *d, const char *name) {
        return upb_DefPool_FindMessageByName(d->pool, name) != NULL;
}

const char *descriptors_service(const struct descriptors *d, size_t i) {
        for (size_t k = 0; k < d->n; k++) {
                const struct upb_FileDef *file =
                        upb_DefPool_FindFileByName(d->pool, d->files[k].name);
                size_t n = (size_t)upb_FileDef_ServiceCount(file);

                if (i < n)
                        return upb_ServiceDef_FullName(upb_FileDef_Service(file, (int)i));
                i -= n;
        }
        return NULL;
}
