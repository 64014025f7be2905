/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conditions - the conditions of a composite after its pipeline ran
 */
#ifndef RENDER_CONDITIONS_H
#define RENDER_CONDITIONS_H

#include "render/pipeline.h"

/* Crossplane's render has this time too, so that equal input gives equal output. */
#define CONDITIONS_TIME "2024-01-01T00:00:00Z"

/*
 * conditions_list() - status.conditions
 *
 * Those that the composite came with, in their order, brought up to date; then
 * the steps' new ones; then Ready. Types that only Crossplane sets are not shown.
 */
struct node *conditions_list(const struct pipeline_input *in, const struct pipeline_output *out,
                             struct arena *arena);

/* conditions_find() - the last word of all steps on a condition, or NULL. */
const struct condition *conditions_find(const struct pipeline_output *out, struct text type);

#endif
