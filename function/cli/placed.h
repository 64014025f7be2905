/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placed - objects of files that keep the lines where their members stand
 */
#ifndef CLI_PLACED_H
#define CLI_PLACED_H

#include "yaml/item.h"
#include "yaml/read.h"

struct placed {
        const char *file; /* as it was named; "-" is the standard input */
        struct value value;
        const struct item *item; /* the same object, with its places */
        size_t file_order;       /* which of the files that were read */
};

struct placed_list {
        struct placed *items; /* in the order of the files, and in each of its text */
        size_t n;
        size_t n_files; /* that were read, also those in vain */
};

/*
 * placed_read() - the objects of one file
 * @list:     grows by what is read
 * @ret_line: set where the file is no YAML: the line of the mistake
 * @fault:    the sentence does not name the file
 *
 * Errors: -EINVAL  it cannot be read (*ret_line is 0), or is not what Kubernetes reads
 *         -ENOMEM
 */
int placed_read(const char *file, struct arena *arena, struct placed_list *list, uint32_t *ret_line,
                struct fault *fault);

/*
 * placed_line() - the line of a member
 * @path: as fleet/reader.h writes it: "spec.nodePools[2].name", "nodeSelector[a/b]"
 *
 * Of a member that is not there, the line of the nearest one above it that is.
 */
uint32_t placed_line(const struct placed *object, struct text path);

/* placed_text() - the string of a top-level member, or of "metadata.name"; else empty. */
struct text placed_text(const struct placed *object, const char *path);

#endif
