/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - one YAML document as it is written, for a reader of a fixed shape
 *
 * Nothing is resolved: scalars are their text, and equal keys stay, in the order of
 * the file. JSON is YAML. Anchors, aliases and tags are refused, so that a document
 * is never larger than it looks.
 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "base/arena.h"
#include "base/fault.h"

/* Levels of maps and lists. */
enum { TREE_DEPTH_MAX = 16 };

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree {
        struct text key;          /* of a map's member */
        struct text text;         /* of a scalar, without its quotes */
        const struct tree *first; /* of a list or a map */
        const struct tree *next;  /* in the list or map around it */
        uint32_t line;            /* where the value begins, from 1 */
        bool quoted;
        enum tree_kind kind;
};

/*
 * tree_read() - a stream of one document
 * @yaml: UTF-8 without a byte order mark
 * @ret:  set on success; lives in the arena and borrows nothing; NULL for an empty stream
 *
 * Errors: -EINVAL  not YAML, or one of the above; the sentence begins "line N: " or "byte N: "
 *         -ENOMEM
 */
int tree_read(struct text yaml, struct arena *arena, const struct tree **ret, struct fault *fault);

/* tree_count() - how many elements or members it has. */
size_t tree_count(const struct tree *of);

/* tree_plain() - a scalar's text where it has no quotes, as numbers and booleans have none; or "".
 */
struct text tree_plain(const struct tree *scalar);

/* tree_brief() - what is there, for a sentence. */
struct text tree_brief(const struct tree *t);

#endif
