/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape - what Kubernetes knows of something that is passed through as it is written
 *
 * A member that it does not know makes the whole service impossible to apply, and
 * a word that it does not know makes the pods impossible. A shape describes a
 * type of core/v1 as a table, so that both are reported where they are written.
 */
#ifndef FLEET_SHAPE_H
#define FLEET_SHAPE_H

#include "fleet/reader.h"

enum shape_kind {
        SHAPE_TEXT, /* any; without "{{", which KServe would take for a template */
        SHAPE_NAME, /* of an object */
        SHAPE_DATA_KEY,
        SHAPE_LABEL_KEY,
        SHAPE_LABEL_VALUE,
        SHAPE_LABELS,
        SHAPE_BOOL,
        SHAPE_INTEGER,
        SHAPE_WORD,
        SHAPE_QUANTITY,
        SHAPE_MAP,
        SHAPE_LIST,
};

struct shape {
        const char *name; /* of the member; not of a list's element */
        enum shape_kind kind;
        bool needed;
        int64_t min, max;          /* of an integer */
        const struct text *words;  /* n of them */
        const struct shape *shape; /* a map's n members, or a list's element */
        size_t n;
        /* What no table says, of a map whose members are all as they should be; or NULL. */
        void (*check)(struct reader *rd, const struct member *f);
};

/* shape_check() - note every mistake of f, which is not absent, with its path. */
void shape_check(struct reader *rd, const struct member *f, const struct shape *shape);

#endif
