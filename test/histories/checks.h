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
        struct fleet *shown; /* what it was decided from */
        size_t version;      /* of the program that decided */
        const struct actor *actor;
        const struct deploy_request *request; /* what it was decided from */
        const struct decision *decision;
};

/* check_decision() - nothing that served is lost, nothing moves without a cause, grants fit. */
const char *check_decision(const struct decided *d);

/*
 * checks_place_used() - what may run in a sub-pool is not more than there is
 *
 * But where it shrank, or where what nobody had used yet was lost or Ready.
 */
const char *checks_place_used(struct cluster *c, const struct place *place);

/* check_pods() - at no moment KServe may start more pods than a reservation has used. */
const char *check_pods(struct cluster *c);

/*
 * check_at_rest() - nobody holds what there is not, or more than he needs
 *
 * What is reserved is used, and what leaves is still needed.
 */
const char *check_at_rest(struct cluster *c);

#endif
