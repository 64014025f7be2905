/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requirements - what a deployment asks Crossplane for: what it reads, and what wakes it
 *
 * Crossplane v2.4 wakes a composite by what its function required *last* in a reconcile, and
 * calls again as long as the requirements of one call are others than those of the call before.
 * So what is read and what is subscribed to are two things: a call asks for all that it must
 * read, decides, and asks in that answer only for what shall wake it. The next call finds the
 * decision in the context (carried.h) and repeats it. What is asked for only grows until it is
 * decided, and then shrinks once.
 *
 *      key                            what
 *      model                          the model, by name
 *      environment-<name>             one for each of its own assignments, by name
 *      watch-anchor                   a GPUReservation and a GPUPool that never exist: without
 *      watch-anchor-pools             them core would end its watch on the kind, and hand every
 *                                     object of it to the next to ask
 *      mig-parted                     the ConfigMap that the input names
 *      rollout-<environment>          the Deployment of its service, while a rollout runs
 *      reservations-<environment>     the GPUReservations of one environment, by label
 *      environments                   every InferenceEnvironment
 *      reservations                   every GPUReservation
 *      quotas                         the ResourceQuotas of its namespace
 *      pools, pools-<environment>     the GPUPools of all environments, or of one, by label
 *
 * The first six are always read, and always wake. Beside them:
 *
 *      state      reads                                       is woken by
 *      SETTLED    -                                           -
 *      STARTING   reservations-<e> of all its own             of what is not settled, pools
 *      WAITING    these, environments, pools                  these, environments, pools
 *      LOOKING    these, environments, reservations, quotas   as the state that it ends in
 *      FROZEN     -                                           reservations-<e>, environments
 *
 * STARTING: as many environments are placed as are wanted, and one is not settled: it starts,
 * grows or leaves. WAITING: fewer are, and status.decidedBy says by what that was decided. LOOKING:
 * fewer are, and that is to be decided. FROZEN: fewer are, and there is no model or no environment.
 * Waiting for a quota it is woken by quotas too. A rollout that waits for room is woken by the
 * pools of its environment, and one that waits for a quota by quotas.
 *
 * Under a quota nothing more is reserved or used, a surge included, by what one environment says:
 * it is read as LOOKING then.
 *
 * No reconcile has over five calls, whatever moves between them: once the ledger was asked for it
 * is LOOKING; WAITING is who was so in the first call that could tell, without reading its model
 * and environments first; and who would have to ask for other GPUPools, or for reservations of
 * other environments, than the call before is LOOKING too. Each call says in the context what it
 * asked for (carried.h).
 *
 * What is read must be answered before anything is decided. What only wakes need not be.
 */
#ifndef REQUIREMENTS_H
#define REQUIREMENTS_H

#include "deploy/asks.h"

#define REQUIRE_MODEL "model"
#define REQUIRE_ENVIRONMENT "environment-" /* and its name */
#define REQUIRE_ANCHOR "watch-anchor"
#define REQUIRE_ANCHOR_POOLS "watch-anchor-pools"
#define REQUIRE_ENVIRONMENTS "environments"
#define REQUIRE_RESERVATIONS "reservations"
#define REQUIRE_RESERVATIONS_OF "reservations-" /* and an environment's name */
#define REQUIRE_POOLS "pools"
#define REQUIRE_POOLS_OF "pools-" /* and an environment's name */
#define REQUIRE_QUOTAS "quotas"
#define REQUIRE_MIG_PARTED "mig-parted"

enum requirements_state {
        REQUIREMENTS_SETTLED,
        REQUIREMENTS_STARTING,
        REQUIREMENTS_WAITING,
        REQUIREMENTS_LOOKING,
        REQUIREMENTS_FROZEN,
        N_REQUIREMENTS_STATES,
};

struct requirements_row {
        unsigned int read, wake; /* of enum ask; of LOOKING, what it may come to */
};

/* The table above. A key that is read while something runs is one more bit in a row. */
extern const struct requirements_row requirements_rows[N_REQUIREMENTS_STATES];

/* Which environments are read of those that are asked for: each reach holds the one before it. */
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
        struct asked asked;
        bool is_first; /* the first call of a reconcile: answers may be to what the last one asked
                        */
        const struct request *request;
        struct arena *arena;
};

/*
 * requirements_ask() - put the requirements into the response
 *
 * Returns the sorts of keys (enum ask) of which the request does not answer every one. A key
 * that is not in the request is unresolved; one without items is absent: two different
 * things. Core seeds a reconcile with the answers to what the last one asked for, by its
 * old selectors: what has another name or namespace than is asked for answers nothing.
 */
unsigned int requirements_ask(const struct requirements_of *of, struct response *response);

/*
 * requirements_let_go() - ask for what shall wake the deployment, instead of what was read
 *
 * Also for the file that the input names.
 */
void requirements_let_go(const struct requirements_of *of, struct response *response);

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
 * requirements_seems_absent() - is there no answer but that model or file are not there?
 *
 * In the first call of a reconcile that may be the answer to an older name: it is believed,
 * and not carried to the next call.
 */
bool requirements_seems_absent(const struct requirements_of *of);

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

/* requirements_model_object() - the model as it was answered; absent when it does not exist. */
struct value requirements_model_object(const struct requirements_of *of);

/* requirements_mig_parted_hash() - changes with what that file holds. */
uint64_t requirements_mig_parted_hash(const struct requirements_of *of);

/* requirements_environments() - those within reach; sorted by name. */
int requirements_environments(const struct requirements_of *of, struct environment **ret,
                              size_t *ret_n, struct fault *fault);

/* requirements_quotas() - those of the deployment's namespace; none where they are ignored. */
int requirements_quotas(const struct requirements_of *of, struct quota **ret, size_t *ret_n,
                        struct fault *fault);

/*
 * requirements_reservations() - those of everybody where they are answered, else the rivals
 * @xr:           the composite: reservations of its kind and group count
 * @environments: those within reach: where only selected ones are, reservations of others are
 *                left out unless they are of the deployment's namespace
 */
int requirements_reservations(const struct requirements_of *of, struct value xr,
                              const struct environment *environments, size_t n_environments,
                              struct reservation **ret, size_t *ret_n, struct fault *fault);

/* requirements_pools() - the GPUPools that are asked for and can be believed, in any order. */
int requirements_pools(const struct requirements_of *of, const struct environment *environments,
                       size_t n_environments, struct fits_pool **ret, size_t *ret_n,
                       struct fault *fault);

#endif
