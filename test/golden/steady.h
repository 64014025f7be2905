/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steady - a world in which nothing changes any more, reconciled a hundred times
 */
#ifndef TEST_GOLDEN_STEADY_H
#define TEST_GOLDEN_STEADY_H

#include "case.h"

enum { STEADY_RECONCILES = 100 };

/*
 * steady_answers() - are the answers of STEADY_RECONCILES reconciles equal byte for byte?
 *
 * Observed is what was composed, applied as Crossplane does, with what servers
 * and controllers write over it: versions, managed fields, defaults, and a status
 * that says Ready.
 *
 * Errors: -ELOOP  two answers differ; the fault says which reconcile
 *         those of pipeline_run()
 */
int steady_answers(const struct golden *golden, struct arena *arena, struct fault *fault);

#endif
