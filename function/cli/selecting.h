/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selecting - the labels that tell nodes apart from others
 */
#ifndef CLI_SELECTING_H
#define CLI_SELECTING_H

#include "cli/hosts.h"

struct selected {
        struct text key, value;
};

/* A set of hosts. */
struct crowd {
        const struct host **hosts;
        size_t n;
};

/*
 * selecting_find() - the fewest labels that all of a crowd have and none of the others
 * @max: of *ret
 * @ret: set on success, the one that says most first; at least one label
 *
 * Labels of a single node, such as its host name, are never taken.
 *
 * Errors: -ENOENT  there are no such labels, or more than max are needed
 *         -ENOMEM
 */
int selecting_find(struct crowd crowd, struct crowd others, size_t max, struct arena *arena,
                   struct selected *ret, size_t *ret_n);

/*
 * selecting_between() - a label that all of both crowds have, with other values
 * @ret_a: set on success: the one that says most
 *
 * Returns whether there is one.
 */
bool selecting_between(struct crowd a, struct crowd b, struct selected *ret_a,
                       struct selected *ret_b);

/*
 * selecting_one_key() - one label that each crowd has with a value of its own
 * @crowds: n of them, at least one
 * @others: whose values are none of these
 * @ret:    set on success: the key that says most
 *
 * Returns whether there is one.
 */
bool selecting_one_key(const struct crowd *crowds, size_t n, struct crowd others, struct text *ret);

/* selecting_common() - do all of the crowd have the label with this value? */
bool selecting_common(struct crowd crowd, struct text key, struct text value);

/* selecting_pool_keys() - labels that name a node pool; NULL behind the last. */
extern const char *const selecting_pool_keys[];

#endif
