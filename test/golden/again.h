/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again - a case reconciled over and over, each time observing what was composed before
 */
#ifndef TEST_GOLDEN_AGAIN_H
#define TEST_GOLDEN_AGAIN_H

#include "case.h"

/*
 * again_settles() - does the answer stop changing?
 * @ret_rounds: set on success; how many reconciles changed something
 * @ret_stream: set on success; the last answer
 *
 * What a controller would add stays as the case has it: nothing new becomes
 * ready. A fatal answer changes nothing.
 *
 * Errors: -ELOOP   it still changes after AGAIN_ROUNDS_MAX reconciles
 *         -EEXIST  it has an event for what did not change: those are for transitions
 *         those of pipeline_run()
 */
enum { AGAIN_ROUNDS_MAX = 4 };
int again_settles(const struct golden *golden, struct arena *arena, size_t *ret_rounds,
                  struct text *ret_stream, struct fault *fault);

/*
 * again_observe() - one reconcile, and the cluster as its answer leaves it
 *
 * Errors: those of pipeline_run()
 */
int again_observe(struct pipeline_input *in, struct arena *arena, struct fault *fault);

#endif
