/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_values - how a deployment's decision came about, as values for programs
 *
 * docs/choosing.md has the shape.
 */
#ifndef CLI_EXPLAIN_VALUES_H
#define CLI_EXPLAIN_VALUES_H

#include "cli/output.h"
#include "function.h"
#include "render/pipeline.h"

/*
 * explain_values() - append what is wanted, each candidate with its verdict, the assignments and
 * the conditions that the pipeline came to
 *
 * Errors: -ENOMEM
 */
int explain_values(const struct explanation *e, const struct pipeline_output *out,
                   enum output_form form, struct arena *arena, struct builder *b);

#endif
