/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe - /healthz, /readyz and /metrics over HTTP
 *
 * One thread of its own. healthz asks whether the listener lives (alive.h), readyz
 * whether new calls are wanted.
 */
#ifndef SERVER_PROBE_H
#define SERVER_PROBE_H

#include "base/fault.h"
#include "server/alive.h"
#include "server/metrics.h"

struct probe;

/*
 * probe_start() - listen, and answer from now on
 * @address: HOST:PORT; without a host, or 0.0.0.0: every address there is
 * @alive, @metrics: outlive the probe
 *
 * Errors: -EADDRINUSE  cannot listen there
 *         -ENOMEM      no memory
 */
int probe_start(const char *address, const struct alive *alive, const struct metrics *metrics,
                struct probe **ret, struct fault *fault);

/* probe_port() - the port that was bound. */
int probe_port(const struct probe *p);

/* probe_stop() - close everything, and free it. */
void probe_stop(struct probe *p);

#endif
