/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - what a requirement finds among objects, as in a cluster
 */
#ifndef RENDER_FETCH_H
#define RENDER_FETCH_H

#include "render/call.h"
#include "yaml/read.h"

/*
 * fetch_answers() - the answers to all requirements
 * @cluster: the objects there are; later ones of the same identity replace earlier ones
 * @ret:     set on success; one for each requirement, in their order, items sorted by
 *           namespace and name
 *
 * By name: the object in the requirement's namespace, without one a cluster-scoped
 * object. By labels: all that have them, in that namespace or in every one.
 *
 * Errors: -ENOMEM
 */
int fetch_answers(const struct objects *cluster, const struct requirement *requirements, size_t n,
                  struct arena *arena, struct call_answer **ret);

/* fetch_same() - are two lists of requirements, each sorted by key, the same? */
bool fetch_same(const struct requirement *a, size_t n_a, const struct requirement *b, size_t n_b);

#endif
