/* SPDX-License-Identifier: Apache-2.0 */
/*
 * function - RunFunction, bytes to bytes
 *
 * The one entry that the server, render and the tests share. Pure: no clock,
 * no files, no environment, no state between calls; equal bytes in, equal bytes
 * out.
 */
#ifndef FUNCTION_H
#define FUNCTION_H

#include "base/arena.h"
#include "base/fault.h"
#include "call.h"

/* Crossplane cannot receive more; see docs/operating.md. */
enum { FUNCTION_RESPONSE_MAX = 4 * 1024 * 1024 };

/*
 * function_reads() - does it look into the observed resource of that name?
 *
 * Other ones are stepped over, and so are desired resources: rope_read() may leave their
 * objects out of the bytes of a request.
 */
bool function_reads(struct text name);

/*
 * function_run() - answer one RunFunctionRequest
 * @request:     the message as received; must outlive *ret
 * @arena:       takes all memory; its budget bounds the call
 * @ret:         set on success: the response, in parts
 * @ret_summary: always set, as far as it got
 * @fault:       set on failure
 *
 * A user's mistake is no failure: the answer says it. Nor is an object whose strings
 * are no text: it is unreadable, and the others are read.
 *
 * Errors: -EBADMSG  not a RunFunctionRequest       (INVALID_ARGUMENT)
 *         -E2BIG    over a limit of wire/guard.h   (RESOURCE_EXHAUSTED)
 *         -ENOMEM   the arena's budget is spent    (RESOURCE_EXHAUSTED)
 */
int function_run(struct text request, struct arena *arena, struct payload *ret,
                 struct call_summary *ret_summary, struct fault *fault);

/*
 * function_explain() - the same answer, and how Deploy came to it
 * @ret_explanation: set when Deploy decided, else unchanged; may be NULL
 */
int function_explain(struct text request, struct arena *arena, struct payload *ret,
                     struct call_summary *ret_summary, struct explanation *ret_explanation,
                     struct fault *fault);

#endif
