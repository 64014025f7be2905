/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_tree - what a deployment has: environment, pool, service, and whether that is ready
 */
#ifndef CLI_EXPLAIN_TREE_H
#define CLI_EXPLAIN_TREE_H

#include "render/pipeline.h"

/* explain_tree() - append it under a name; nothing where there is no assignment. */
void explain_tree(const struct pipeline_output *out, struct text name, bool colours,
                  struct builder *b);

#endif
