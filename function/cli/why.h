/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why - the verdict on a sub-pool in a word, and each candidate's in a sentence
 */
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include "function.h"

/* why_assignment() - the deployment's assignment there, one that goes too; or NULL. */
const struct assignment *why_assignment(const struct explanation *e,
                                        const struct sub_pool *sub_pool);

/* why_furthest() - how far the best of n candidates of one sub-pool came; REASON_FITS is best. */
enum reason why_furthest(const struct explanation *e, const struct weighed *w, size_t n);

/* why_verdict() - "placed", "kept", "leaving", "released", "fits", or the reason why not. */
struct text why_verdict(const struct explanation *e, const struct weighed *w, size_t n);

/*
 * why_sentence() - with the numbers; empty where there is nothing to say
 *
 * Of what was taken what it leaves, of what fits but was not taken by what the
 * taken one is better, of the others what is missing.
 */
struct text why_sentence(const struct explanation *e, const struct weighed *w, struct arena *arena);

/* why_mismatch() - the sentence of a candidate whose labels do not match; else empty. */
struct text why_mismatch(const struct explanation *e, const struct weighed *w, struct arena *arena);

/* why_on_nodes() - " on each of 2 nodes" of a replica that spans nodes; else empty. */
struct text why_on_nodes(int64_t nodes, struct arena *arena);

/* why_gone() - of an assignment that is in no declared sub-pool; else empty. */
struct text why_gone(const struct explanation *e, const struct assignment *p, struct arena *arena);

#endif
