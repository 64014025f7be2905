/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requirements - what a deployment asks Crossplane for
 *
 * Crossplane v2.4 watches what a function requires and wakes every composite that
 * required it. So a settled deployment asks for its own few objects, and only one
 * that has something to decide asks for the fleet. The small keys stay in the
 * large set: were they to alternate, the loop would not end.
 */
#ifndef REQUIREMENTS_H
#define REQUIREMENTS_H

#include "deploy/match.h"
#include "deploy/plan.h"
#include "fleet/deployment.h"
#include "fleet/environment.h"
#include "fleet/quota.h"

#define REQUIRE_MODEL "model"
#define REQUIRE_ENVIRONMENT "environment-" /* and its name */
#define REQUIRE_ANCHOR "watch-anchor"
#define REQUIRE_ANCHOR_POOLS "watch-anchor-pools"
#define REQUIRE_ENVIRONMENTS "environments"
#define REQUIRE_RESERVATIONS "reservations"
#define REQUIRE_QUOTAS "quotas"
#define REQUIRE_MIG_PARTED "mig-parted"

/* Which environments are asked for and read: each reach holds the one before it. */
enum reach {
        REACH_OWN,      /* those of one's own assignments */
        REACH_SELECTED, /* of the whole fleet, those that the deployment's selector matches */
        REACH_ALL,      /* the whole fleet */
};

struct requirements_of {
        const struct order *order;
        const struct assignment *held;
        size_t n_held;
        enum reach reach;
        const struct request *request;
        struct arena *arena;
};

/*
 * requirements_ask() - put the requirements into the response
 *
 * Returns whether the request answers every one of them. A key that is not in
 * the request is unresolved; one without items is absent: two different things.
 */
bool requirements_ask(const struct requirements_of *of, struct response *response);

/*
 * requirements_mig_parted() - ask for the mig-parted file that the input names, and read it
 * @settings: mig_parted is set when there is a file; one that cannot be read is a value that says
 * so
 *
 * For every stage that reads environments, before it does.
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  the answer cannot be read, as request_open()
 */
int requirements_mig_parted(struct settings *settings, const struct request *request,
                            struct response *response, struct fault *fault);

/* requirements_has_mig_parted() - is that file there, or none asked for? */
bool requirements_has_mig_parted(const struct settings *settings);

/*
 * The answers as plain structs; every one of them must be there (requirements_ask()).
 *
 * requirements_model() - the model that the deployment names
 * @mistakes: what is wrong with it, on -EINVAL
 *
 * Errors: -ENOENT  it does not exist
 *         -EINVAL  it has mistakes
 *
 * and of all four: -ENOMEM, and -EBADMSG and -E2BIG as request_open()
 */
int requirements_model(const struct requirements_of *of, struct model *ret,
                       struct mistakes *mistakes, struct fault *fault);

/* requirements_environments() - those within reach; sorted by name. */
int requirements_environments(const struct requirements_of *of, struct environment **ret,
                              size_t *ret_n, struct fault *fault);

/* requirements_quotas() - those of the deployment's namespace; none where they are ignored. */
int requirements_quotas(const struct requirements_of *of, struct quota **ret, size_t *ret_n,
                        struct fault *fault);

/*
 * requirements_reservations() - those of everybody; none when only one's own are asked for
 * @xr:           the composite: reservations of its kind and group count
 * @environments: those within reach: short of REACH_ALL, reservations of others are left
 *                out unless they are of the deployment's namespace
 */
int requirements_reservations(const struct requirements_of *of, struct value xr,
                              const struct environment *environments, size_t n_environments,
                              struct reservation **ret, size_t *ret_n, struct fault *fault);

#endif
