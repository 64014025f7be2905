/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout_check - whether a layout fits one GPU, and why not
 */
#ifndef CLI_LAYOUT_CHECK_H
#define CLI_LAYOUT_CHECK_H

#include "gpu/layout.h"

struct arena;

/* As many products as one name may mean; the catalogue's most ambiguous has three. */
enum { VERDICT_PRODUCTS_MAX = 8 };

struct verdict {
        const struct gpu_product *product;
        struct text others;               /* what the name may mean too; may be empty */
        int64_t counts[LAYOUT_KINDS_MAX]; /* by the product's profiles */
        bool lacks;                       /* one of the profiles; then counts say nothing */
        bool fits;
        struct text reason;   /* why not; empty when it fits */
        struct layout layout; /* when it fits */
};

/*
 * layout_check_products() - the products that a name may mean
 * @ret:   up to VERDICT_PRODUCTS_MAX
 * @ret_n: set on success, at least 1
 *
 * Errors: -EINVAL  no product has that name; the sentence says how to see them
 */
int layout_check_products(struct text gpu, const struct gpu_product **ret, size_t *ret_n,
                          struct fault *fault);

/*
 * layout_check_reach() - judge a layout
 * @gpu:    any name of the catalogue
 * @layout: as layout_read() has it
 * @arena:  owns the sentences
 * @ret:    set on success; that it does not fit is no error
 *
 * Of several products the first that holds the layout is meant, as for pools; where
 * none does, the first that has all profiles; where none has, the first.
 *
 * Errors: -EINVAL  an unknown GPU or an unreadable layout
 *         -ENOMEM  arena spent
 */
int layout_check_reach(struct text gpu, struct text layout, struct arena *arena,
                       struct verdict *ret, struct fault *fault);

#endif
