/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet - what users declare: environments, their pools, models
 *
 * A copy is what somebody was shown: caches lag, and not all kinds alike.
 */
#ifndef TEST_HISTORIES_FLEET_H
#define TEST_HISTORIES_FLEET_H

#include "deploy/deploy.h"

enum {
        FLEET_ENVIRONMENTS = 4,
        FLEET_POOLS = 3,
        FLEET_SUB_POOLS = 2, /* of one pool */
        FLEET_MODELS = 3,
        FLEET_PROFILES = 2, /* of one model */
};

struct site {
        struct environment environment;
        struct pool pools[FLEET_POOLS];
        struct sub_pool sub_pools[FLEET_POOLS][FLEET_SUB_POOLS];
        uint64_t version[FLEET_POOLS]; /* of what can make an assignment leave */
        uint64_t edits[FLEET_POOLS];   /* that change the pods of what is there */
        bool gone;                     /* its object was deleted; its nodes go on */
};

struct fleet {
        struct site sites[FLEET_ENVIRONMENTS];
        size_t n_sites;
        struct model models[FLEET_MODELS];
        struct serving_profile profiles[FLEET_MODELS][FLEET_PROFILES];
        uint64_t model_version[FLEET_MODELS];
        uint64_t images[FLEET_MODELS]; /* that the pods of each had */
};

/* fleet_copy_sites(), fleet_copy_models() - each kind as it is now, pointing to its own copies. */
void fleet_copy_sites(const struct fleet *from, struct fleet *to);
void fleet_copy_models(const struct fleet *from, struct fleet *to);

/* fleet_site() - the environment of that name; NULL: there never was one. */
struct site *fleet_site(struct fleet *fleet, struct text name);

/* fleet_sub_pool() - the sub-pool that a reservation names; NULL: it is not declared. */
const struct sub_pool *fleet_sub_pool(struct fleet *fleet, const struct reservation *r);

/* fleet_model() - the index of the model of that deployment. */
size_t fleet_model(const struct fleet *fleet, const struct deployment *deployment);

#endif
