/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - /healthz, /readyz and /metrics over HTTP
 *
 * One thread of its own. healthz asks whether the listener lives (alive.h), readyz
 * whether new calls are wanted. Who may ask, and for how long: door.h.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/fault.h"
#include "server/metrics.h"
#include "server/self_check.h"

struct probe;

/*
 * http_start() - listen, and answer from now on
 * @address: HOST:PORT; without a host, or 0.0.0.0: every address there is
 * @alive, @metrics: outlive the probe
 *
 * Errors: -EADDRINUSE  cannot listen there
 *         -ENOMEM      no memory
 *         -EAGAIN      no thread
 */
int http_start(const char *address, const struct self_check *alive, const struct metrics *metrics,
               struct probe **ret, struct fault *fault);

/* http_port() - the port that was bound. */
int http_port(const struct probe *p);

/* http_stop() - close everything, and free it. */
void http_stop(struct probe *p);

#endif
