/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks - what is never true of a decision, and never of a cluster at rest
 *
 * Each returns what was seen, in a few words, or NULL. They judge by what is
 * declared and what runs, not by what Deploy computes.
 */
#ifndef TEST_HISTORIES_CHECKS_H
#define TEST_HISTORIES_CHECKS_H

#include "histories/cluster.h"

/* One decision, before it is carried out. */
struct decided {
        struct cluster *cluster;
        const struct actor *actor;
        const struct deploy_request *request; /* what it was decided from */
        const struct decision *decision;
};

/* check_decision() - nothing that served is lost, nothing moves without a cause, grants fit. */
const char *check_decision(const struct decided *d);

/*
 * check_at_rest() - nobody holds what there is not
 *
 * Only what has served may exceed a sub-pool, and only where it shrank, where a
 * reservation was lost, or where something that serves was rolled in.
 */
const char *check_at_rest(struct cluster *c);

#endif
