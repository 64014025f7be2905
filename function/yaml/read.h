/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read - Kubernetes YAML streams to values, and values to YAML
 *
 * JSON is YAML, so both are read. Objects come out as the bytes of a
 * google.protobuf.Struct behind a struct value, ready for the wire.
 */
#ifndef YAML_READ_H
#define YAML_READ_H

#include "base/arena.h"
#include "base/fault.h"
#include "wire/value.h"

/* Levels of maps and lists of one document, as in wire/guard.h. */
enum { YAML_DEPTH_MAX = 100 };

/* Bytes of one file. */
enum { YAML_FILE_MAX = 64 * 1024 * 1024 };

/* What all aliases of one document may stand for: 16 bytes a value and the length of its strings.
 */
enum { YAML_ALIAS_MAX = 1024 * 1024, YAML_ANCHORS_MAX = 1000 };

struct objects {
        struct value *items; /* maps, in the order of the file */
        size_t n;
};

/*
 * yaml_read() - the objects of a YAML stream
 * @file:  names the stream in sentences
 * @arena: owns the objects; they do not borrow from bytes
 * @ret:   set on success
 *
 * Documents that are empty are left out, and a List (a kind that ends so, with
 * items) is replaced by its items. Scalars are resolved as in yaml/scalar.h;
 * quoted ones are strings. Keys that are numbers or booleans become strings.
 * Anchors, aliases and merge keys ("<<") are followed.
 *
 * Errors: -EINVAL  not YAML, or not what Kubernetes reads: two equal keys, a tag
 *                  of another type, NaN, an object that is no map; or over a limit
 *                  above. The sentence begins "file:line:column: "
 *         -ENOMEM  arena spent
 */
int yaml_read(struct text bytes, const char *file, struct arena *arena, struct objects *ret,
              struct fault *fault);

/*
 * yaml_read_without() - yaml_read() that passes over members
 * @names: n of them, at any level of any object; what they hold takes no memory
 */
int yaml_read_without(struct text bytes, const char *file, const struct text *names, size_t n,
                      struct arena *arena, struct objects *ret, struct fault *fault);

struct item;

/*
 * yaml_read_placed() - yaml_read() that keeps where everything stands
 * @ret_places: set on success; one for each object, with its members (yaml/item.h)
 */
int yaml_read_placed(struct text bytes, const char *file, struct arena *arena, struct objects *ret,
                     const struct item **ret_places, struct fault *fault);

/*
 * yaml_write() - one document's YAML in block style, with a newline at its end
 * @arena: for sorting; what is built is b's own
 *
 * Keys are sorted, so equal values give equal text. Strings are quoted where a
 * reader could take them for something else; whole numbers have no exponent.
 *
 * Errors: -ENOMEM  an arena is spent
 */
int yaml_write(struct value value, struct builder *b, struct arena *arena);

#endif
