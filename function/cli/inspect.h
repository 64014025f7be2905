/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect - everything that is wrong with manifests of ours
 */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include "cli/finding.h"
#include "cli/input.h"
#include "cli/schema.h"
#include "fleet/environment.h"

struct inspection {
        struct arena *arena;
        struct placed_list objects; /* set by the caller, as is found->arena */
        struct findings *found;
        struct schemas schemas;
        struct objects values; /* of objects */
        struct inputs inputs;
        struct settings defaults;
        struct text *apis; /* the apiVersions that our kinds may have */
        size_t n_apis;
        size_t n_ours;    /* objects of ours */
        bool hides_pools; /* what a pool says of itself is shown elsewhere */
};

/* inspect_open() - what all objects are held against. Errors: -ENOMEM */
int inspect_open(struct inspection *in);

/*
 * inspect_all() - every mistake and every message of pools among the objects
 *
 * Kinds and versions near ours; names and labels; members as the XRDs have them;
 * what the function itself refuses; what pools say; objects that are given twice.
 *
 * Errors: -ENOMEM
 */
int inspect_all(struct inspection *in);

/*
 * inspect_environments() - of environments only, what no pool says of itself: kinds and
 * versions near theirs, names and labels, unknown members
 *
 * Errors: -ENOMEM
 */
int inspect_environments(struct inspection *in);

/* inspect_twice() - objects that are given twice. Errors: -ENOMEM */
int inspect_twice(struct inspection *in);

/* inspect_is_ours() - an object of that kind and of a version that is ours? */
bool inspect_is_ours(const struct inspection *in, const struct placed *object, struct text kind);

/*
 * inspect_environment() - an environment, read with the input that counts it
 * @mistakes: field mistakes, added; may be NULL
 * @ret:      resource names are set
 *
 * Errors: -ENOMEM
 */
int inspect_environment(struct inspection *in, const struct placed *object,
                        struct mistakes *mistakes, struct environment *ret);

/* inspect_pool_path() - where a pool stands in the environment's manifest. */
struct text inspect_pool_path(struct value environment, size_t pool, struct arena *arena);

#endif
