/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain - how a deployment's decision came about, as a table for people
 *
 *      env-1
 *      > POOL  ...  placed      what was taken, and what it leaves
 *        POOL  ...  fits        by what the taken one is better
 *        POOL  ...  NoCapacity  what is missing
 */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "function.h"
#include "render/pipeline.h"

/* Environments that are shown; pools of the others are counted by reason. */
enum { EXPLAIN_ENVIRONMENTS_MAX = 10 };

/*
 * explain_write() - append the table, then the conditions that the pipeline came to, then the
 * tree of what is assigned
 * @e:   where it did not decide, only the conditions are there to tell
 * @out: of the same run
 *
 * Environments with an assignment come first, then those where the model fits,
 * best first, then the others by name. A line has at most 80 columns.
 *
 * Errors: -ENOMEM
 */
int explain_write(const struct explanation *e, const struct pipeline_output *out, bool colours,
                  struct arena *arena, struct builder *b);

#endif
