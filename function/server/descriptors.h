/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors - the services that are served, as their .proto files say
 *
 * The files are built into the program. A pool of upb's resolves names in them;
 * what is handed out are the bytes that protoc made.
 */
#ifndef SERVER_DESCRIPTORS_H
#define SERVER_DESCRIPTORS_H

#include "base/text.h"

struct descriptors;

/* One .proto file. */
struct descriptor {
        const char *name;  /* "google/protobuf/struct.proto" */
        struct text bytes; /* a google.protobuf.FileDescriptorProto */
};

/* descriptors_new() - everything that is built in. Aborts when that is broken. */
struct descriptors *descriptors_new(void);

/*
 * descriptors_of_file(), descriptors_of_symbol() - a file, and before it all that it imports
 * @name:   of the file, or the full name of a service, method, message, field or enum in it
 * @ret:    set on success; room for descriptors_count()
 *
 * Returns how many were set; 0 when there is no such thing.
 */
size_t descriptors_of_file(const struct descriptors *d, const char *name,
                           const struct descriptor **ret);
size_t descriptors_of_symbol(const struct descriptors *d, const char *name,
                             const struct descriptor **ret);

/* descriptors_count() - files there are. */
size_t descriptors_count(const struct descriptors *d);

/* descriptors_has_message() - is this the full name of a message? */
bool descriptors_has_message(const struct descriptors *d, const char *name);

/* descriptors_service() - the full name of the i-th service; NULL after the last. */
const char *descriptors_service(const struct descriptors *d, size_t i);

void descriptors_free(struct descriptors *d);

#endif
