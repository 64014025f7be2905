/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pools - a pool of tests, read and counted
 *
 * Members are written as in lib/json.h: H100 MIG("3g.40gb").
 */
#ifndef TEST_FLEET_POOLS_H
#define TEST_FLEET_POOLS_H

#include "fleet/pool.h"

#define H100 "'acceleratorType': 'nvidia-h100-80gb', "
#define MIG(profile) "'migConfiguration': {'profile': '" profile "'}"
#define SHARED(n) "'sharing': {'strategy': 'TimeSlicing', 'replicas': " #n "}"
#define MEM(q) ", 'capabilities': {'memoryPerGpu': '" q "'}"

/* Parts of sentences. */
#define MOST                                                                                       \
        "; an NVIDIA H100-80GB holds at most one of: 7 x 1g.10gb, 1 x 1g.10gb+me, 4 x 1g.20gb, "   \
        "3 x 2g.20gb, 2 x 3g.40gb, 1 x 4g.40gb, 1 x 7g.80gb"
#define UNLIKE "strategy single needs equal slices on all GPUs of a node, but these have "

#define MIB(n) ((int64_t)(n) << 20)
#define GIB(n) ((int64_t)(n) << 30)

/* What pools are read and counted by; a case may change it. */
extern struct settings settings;

/* pools_begin() - the settings of a step that says nothing; of each case. Returns 0. */
int pools_begin(void **state);

/*
 * pools_count() - reads a pool with these members and counts its units
 *
 * It is called "a", stands at spec.nodePools[0], and is pinned to nodes, so that
 * nobody is told of that. What it says of itself is printed.
 */
void pools_count(const char *members, struct pool *ret);

#endif
