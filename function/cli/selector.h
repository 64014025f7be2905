/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector - which real nodes a pool's pods can run on
 */
#ifndef CLI_SELECTOR_H
#define CLI_SELECTOR_H

#include "cli/host.h"
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

#endif
