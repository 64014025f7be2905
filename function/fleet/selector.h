/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector - which real nodes a pool's pods can run on
 */
#ifndef FLEET_SELECTOR_H
#define FLEET_SELECTOR_H

#include "fleet/host.h"
#include "fleet/pool.h"

/* selector_finds() - do the pool's labels and its required node affinity match the node? */
bool selector_finds(const struct pool *pool, const struct host *host);

/*
 * selector_untolerated() - a taint of the node that pods of the pool do not tolerate
 * @resource: what they ask for: its own taint is tolerated
 *
 * Absent: there is none. Taints of Kubernetes itself come and go, and do not count.
 */
struct value selector_untolerated(const struct pool *pool, const struct host *host,
                                  struct text resource);

/* selector_taint_counts() - does a pool have to tolerate it: no taint of Kubernetes itself or of
 * the GPU, which pods tolerate anyhow? */
bool selector_taint_counts(const struct host *host, struct value taint);

#endif
