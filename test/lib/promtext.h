/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promtext - is a page what Prometheus reads?
 */
#ifndef TEST_LIB_PROMTEXT_H
#define TEST_LIB_PROMTEXT_H

#include "base/arena.h"
#include "base/text.h"

/*
 * promtext_complaint() - the first thing that is wrong with a page of metrics; empty when it is
 * good
 *
 * Checks the grammar of every line; that each metric has one HELP and one TYPE and all its
 * samples after them; that no series comes twice; that a counter's name ends with _total
 * and no gauge's does; that buckets do not shrink and the last one equals the count.
 */
struct text promtext_complaint(struct text page, struct arena *arena);

/* promtext_value() - of the line that is series, a blank and a number; -1 when there is none. */
double promtext_value(struct text page, const char *series);

#endif
