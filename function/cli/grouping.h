/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grouping - nodes grouped by what they offer, each group with a selector of its own
 */
#ifndef CLI_GROUPING_H
#define CLI_GROUPING_H

#include "cli/offering.h"

struct selected {
        struct text key, value;
};

enum { SELECTED_MAX = 16 };

struct group {
        const struct host **hosts; /* by name */
        size_t n;
        struct text signature;
        struct offering offering;
        struct host least; /* what each of them offers at least; else its first host */
        struct selected selector[SELECTED_MAX];
        size_t n_selected;
        struct text note;  /* why it is not as simple; may be empty */
        struct text apart; /* no label tells it apart from others: why it is left out; else empty */
};

struct groups {
        struct group *items;
        size_t n;
};

/*
 * grouping_make() - groups of the nodes that offer GPUs
 * @ret: set on success, in the order of their signatures
 *
 * Nodes that offer the same and have the same taints are a group. Its selector has the
 * fewest labels that none of the other nodes has all of; labels that say something of
 * GPUs come before others, and one label that tells all groups apart before all. Where a group has
 * no such labels it is split by a label that names a node pool. Where that does not help either,
 * groups that offer the same resources are one, with the smaller counts and a note; others are left
 * out but one.
 *
 * Errors: -ENOMEM
 */
int grouping_make(const struct hosts *hosts, struct arena *arena, struct groups *ret);

/* grouping_pool_label() - the label by which nodes of a group are known as one node pool, or
 * empty. */
struct text grouping_pool_label(const struct group *group);

#endif
