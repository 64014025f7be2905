/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weather - what happens to a cluster, by chance
 */
#ifndef TEST_HISTORIES_WEATHER_H
#define TEST_HISTORIES_WEATHER_H

#include "histories/cluster.h"

/* What may happen in a history: not everything in each, so that causes are told apart. */
enum weather {
        WEATHER_GROW,     /* pools get nodes */
        WEATHER_SHRINK,   /* and lose nodes and units */
        WEATHER_DRAIN,    /* Always, NoNew, Drain */
        WEATHER_READY,    /* the environment's Ready condition */
        WEATHER_SCALE,    /* replicas and environments wanted */
        WEATHER_DEMAND,   /* a model's replicas take other units, other nodes */
        WEATHER_RENAME,   /* a deployment names another model */
        WEATHER_BREAK,    /* a pool's declaration cannot be read */
        WEATHER_VANISH,   /* environments go and come back */
        WEATHER_RELABEL,  /* a deployment selects other environments */
        WEATHER_DELETE,   /* deployments go, and others come */
        WEATHER_PAUSE,    /* and do not reconcile for a while */
        WEATHER_LOSE,     /* somebody deletes a reservation */
        WEATHER_CRASH,    /* replicas are not Ready any more */
        WEATHER_PRIORITY, /* of a deployment */
        WEATHER_LABEL,    /* an environment has another label */
        WEATHER_UNSERVE,  /* somebody deletes a service */
        WEATHER_RECREATE, /* a deployment is deleted and made again before all is collected */
        WEATHER_PARK,     /* replicas: 0, and back */
        WEATHER_HIDE,     /* Crossplane forgets what it composed */
        WEATHER_PODS,     /* an image, a pool's or a deployment's pods are edited */
        WEATHER_ROLLOUT,  /* a deployment rolls in another way */
        WEATHER_EDIT,     /* somebody writes other numbers into a reservation */
        WEATHER_CHASE,    /* something happens to what has just been made, or beside it */
        N_WEATHER
};

/* weather_begin() - a random cluster in which nothing is placed. */
void weather_begin(struct cluster *c, struct arena *arena, uint64_t seed);

/* weather_allow() - the kinds that happen in this history, one bit each. */
unsigned int weather_allow(struct cluster *c);

/* weather_strike() - one of the kinds allowed happens. */
void weather_strike(struct cluster *c, unsigned int allowed);

/* weather_lift() - one environment is Ready and takes all again, on a calm day. */
void weather_lift(struct cluster *c);

/* weather_clear() - what cannot last is over: pauses, deletions, crashes, a fleet without members.
 */
void weather_clear(struct cluster *c);

#endif
