/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promises - what function_run() promises of every request
 */
#ifndef TEST_FUZZ_PROMISES_H
#define TEST_FUZZ_PROMISES_H

#include "base/text.h"

/*
 * Memory of a call, whatever the request is: so many bytes for each of its own,
 * and so many more, which are the nodes of the largest pool there can be.
 */
enum { PROMISED_PER_BYTE = 64, PROMISED_AT_LEAST = 1024 * 1024 };

/*
 * promises_hold() - calls the function three times and aborts where a promise is broken
 *
 * - it answers, or says why not with one of the errors of function.h
 * - memory stays within the bound above
 * - the answer is no larger than Crossplane can receive, and a RunFunctionResponse unless
 *   what others desire, which is handed on unread, is broken
 * - it has the request's tag, and what others desire, byte for byte
 * - the same request has the same answer, in memory that was used before
 * - where memory is denied it says so
 *
 * Returns whether there is an answer; ret may be NULL, else it is copied there.
 */
bool promises_hold(struct text request, struct arena *arena, struct text *ret);

#endif
