/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain - verdicts to sentences
 *
 * Who changes exactly the number that a sentence names gets the model placed, or
 * hears the next reason.
 */
#ifndef DEPLOY_EXPLAIN_H
#define DEPLOY_EXPLAIN_H

#include "deploy/closest.h"

/* Entries of status.rejections; the rest is counted. */
enum { REJECTIONS_MAX = 20 };

/*
 * struct rejections - those that are reported, and numbers of the others
 *
 * Its size does not depend on how many there are: serving profiles x sub-pools
 * are more than a call has memory for. All zero it is empty.
 */
struct rejections {
        struct rejection items[2 * REJECTIONS_MAX]; /* sorted: REJECTIONS_MAX at most, or n */
        size_t n_items;
        struct rejection last;      /* once REJECTIONS_MAX are kept: what comes after it is not */
        size_t n;                   /* all that were added */
        size_t furthest[N_REASONS]; /* sub-pools, by how far the best serving profile came */
        struct rejection closest;   /* once n > 0: see closest.h */
        struct text aside;          /* why the first environment without any candidate has none */
        size_t n_aside;             /* such environments */
};

/* rejections_add() - counts it, and keeps it as long as it is among the first. */
void rejections_add(struct rejections *r, struct rejection rejection);

/* rejections_add_sub_pool() - counts a sub-pool of which all rejections are added. */
void rejections_add_sub_pool(struct rejections *r, enum reason furthest);

/* rejections_set_aside() - an environment in which there is nothing to choose from, and why. */
void rejections_set_aside(struct rejections *r, struct text why);

/* rejections_sort() - by environment, pool, MIG profile, serving profile. */
void rejections_sort(struct rejections *r);

/* rejections_nearest() - how far the best candidate of all came; REASON_FITS when there is none. */
enum reason rejections_nearest(const struct rejections *r);

/*
 * explain_rejection() - "wants 40Gi of memory per unit, a unit here has 10Gi"
 *
 * A reason of the pool alone needs no serving profile: r->profile may be NULL then.
 */
struct text explain_rejection(const struct rejection *r, struct arena *arena);

/*
 * explain_count() - "0/3 pools fit: 1 InsufficientMemory, 2 NoCapacity; closest: eu-1/a has ..."
 *
 * Each sub-pool counts once, with the reason of the serving profile that came
 * furthest. Environments without any candidate follow, the first with its reason.
 * Of nothing at all: "no environment is left to choose from".
 */
struct text explain_count(const struct rejections *r, struct arena *arena);

#endif
