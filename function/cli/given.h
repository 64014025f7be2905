/* SPDX-License-Identifier: Apache-2.0 */
/*
 * given - what is odd about the manifests that a command reads
 *
 * A cluster refuses these when they are applied, or cannot hold them; without one they
 * would count as not written. Nothing here stops a command.
 */
#ifndef CLI_GIVEN_H
#define CLI_GIVEN_H

#include "yaml/read.h"

/* More of them than this are counted, not printed. */
enum { GIVEN_SENTENCES_MAX = 20 };

/*
 * given_check() - a sentence about each oddity
 * @composite: the composite resource; what it may ask for has its apiVersion
 * @cluster:   the objects that the cluster is said to hold
 * @pools:     also about members of the environments' pools; not where each pool is shown
 *             with what the function itself says of it
 * @ret:       set on success: the composite's misspelt members first, then those of the
 *             cluster's models, deployments and environments, kinds and versions that
 *             are not read, memory of models too small to be meant, and objects given twice
 *
 * Errors: -ENOMEM  arena spent
 */
int given_check(struct value composite, const struct objects *cluster, bool pools,
                struct arena *arena, struct text **ret, size_t *ret_n);

#endif
