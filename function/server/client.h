/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - one call of RunFunction on a function that listens without TLS
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include "base/arena.h"
#include "base/fault.h"

/*
 * client_call() - send a RunFunctionRequest, wait for the RunFunctionResponse
 * @target:     HOST:PORT
 * @request:    the message's bytes
 * @timeout_ms: for everything, the connection included
 * @arena:      takes the answer
 * @ret:        set on success; lives as long as the arena
 * @fault:      set on failure, with the target and what the function said
 *
 * Errors: -ECONNREFUSED  nothing listens there
 *         -ETIMEDOUT     not in time
 *         -EBADMSG       the function could not read the request
 *         -E2BIG         the request, the answer or the work is over a limit
 *         -ENOMEM        the arena is spent
 *         -EPROTO        any other status
 */
int client_call(const char *target, struct text request, int64_t timeout_ms, struct arena *arena,
                struct text *ret, struct fault *fault);

#endif
