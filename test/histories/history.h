/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history - deployments decide, again and again, while things happen around them
 *
 * Each decides from its own observed state, which is fresh, and from the
 * reservations of the others as they were up to a few rounds ago, as far as it reads
 * them. Afterwards nothing happens any more, each is woken only by what its last answer
 * asked for, and all is to come to rest.
 */
#ifndef TEST_HISTORIES_HISTORY_H
#define TEST_HISTORIES_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "histories/cluster.h"

struct arena;

/*
 * history_programs - what answers, in turns: during an upgrade two versions do
 *
 * The second has settings of its own. Put an older deploy() there to see whether one can
 * follow the other.
 */
typedef int (*history_program)(const struct deploy_request *request, struct arena *arena,
                               struct decision *ret);
extern const history_program history_programs[CLUSTER_VERSIONS];

/* What was seen on the way, so that nobody trusts histories in which nothing happens. */
struct tally {
        uint64_t decisions, alone; /* alone: settled ones, which do not look at the others */
        uint64_t near, waited; /* near: its own environments did; waited: GPUPools gave no reason */
        uint64_t asleep;       /* nothing that was asked for had changed */
        uint64_t placed, grown, used, gave_way, left, let_go, reduced;
        uint64_t rebuilt, recovered, frozen, parked, woken;
        uint64_t surged, rolled, postponed, in_turn, remade;
        uint64_t rounds_to_rest, most_rounds_to_rest;
};

/*
 * history_run() - one history
 * @tell: print every decision
 *
 * Returns what was seen that must never be, or NULL.
 */
const char *history_run(uint64_t seed, bool tell, struct arena *arena, struct tally *tally);

#endif
