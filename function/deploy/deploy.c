/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The theory of Deploy
 *
 * A deployment wants W environments with R replicas in each. What it has are its
 * assignments: one per environment, each with a grant of at most R replicas, of
 * which some are admitted (they have served). A decision turns the assignments
 * that were observed into those that are to be, in six phases:
 *
 *   review   each assignment stays or leaves. It leaves when its sub-pool is
 *            gone or drained, or no longer fits the model. Better pools, cordons
 *            and unready environments move nothing.
 *   reduce   when more stay than are wanted, those that never served go first,
 *            then the last made.
 *   trim     each grant that stays is cut to R and loses the unadmitted replicas
 *            that have no seat. An empty grant is given up.
 *   retire   a leaving assignment goes when its replacement is Ready.
 *   grow     each grant that stays grows towards R as far as there is room.
 *   fill     the shortfall is made up from the best environments that have no
 *            assignment that stays; all replicas or none.
 *
 * Invariants, whatever the input:
 *   - an admitted replica is taken away only because the user asked for fewer,
 *     or after its replacement serves;
 *   - nothing new is granted in a sub-pool while anybody there is without a seat;
 *   - two deployments that decide from the same snapshot never both keep a unit
 *     that only one can have (ledger.h);
 *   - a decision that is observed and made again is the same decision. Only where
 *     several leave at once can one going change, a round later, who goes next.
 *
 * What Deploy refuses: to move what serves for a better fit, to split one
 * environment's replicas over pools, to give a part of a first placement.
 */
#include "deploy/deploy.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "deploy/choose.h"

/* An assignment while it is being decided about. */
struct seat_holder {
        struct placement placement;
        const struct sub_pool *sub_pool; /* NULL: gone */
        const struct serving_profile *profile;
        const struct held *held; /* as observed; NULL: made in this answer */
};

struct deciding {
        const struct deploy_request *request;
        struct arena *arena;
        struct ledger ledger;
        struct seat_holder *holders; /* those held, by order; then fresh ones */
        size_t n;
        const struct reservation **mine; /* scratch: reservations that count now */
        int64_t next_order;
        struct rejections rejections;
};

int64_t deploy_admitted(const struct held *held) {
        const struct reservation *r = &held->reservation;
        const struct service *s = &held->service;
        int64_t served = 0;

        if (s->ready_replicas >= 0)
                served = s->ready_replicas;
        else if (s->ready)
                served = r->admitted > 0    ? r->admitted
                         : s->replicas >= 0 ? s->replicas
                                            : r->replicas;
        if (served > r->replicas)
                served = r->replicas;
        return served > r->admitted ? served : r->admitted;
}

bool deploy_is_settled(const struct deployment *deployment, const struct held *held, size_t n) {
        if ((int64_t)n != deployment->environments)
                return false;
        for (size_t i = 0; i < n; i++) {
                const struct reservation *r = &held[i].reservation;

                if (r->leaving || held[i].rebuilt || r->replicas != deployment->replicas ||
                    r->admitted != r->replicas)
                        return false;
        }
        return true;
}

static size_t count(const struct deciding *d, enum fate fate) {
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++)
                n += d->holders[i].placement.fate == fate;
        return n;
}

/* Everything but room that a later phase asks choose.c; the holder `without` does not count. */
static struct chooser chooser_for(struct deciding *d, const struct seat_holder *without) {
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++) {
                if (&d->holders[i] != without && d->holders[i].placement.fate != FATE_DROPPED)
                        d->mine[n++] = &d->holders[i].placement.reservation;
        }
        return (struct chooser) {
                .deployment = d->request->deployment,
                .settings = d->request->settings,
                .model = d->request->model,
                .ledger = &d->ledger,
                .mine = d->mine,
                .n_mine = n,
                .next_order = d->next_order,
                .arena = d->arena,
        };
}

/* ---- review ---------------------------------------------------------------------------------- */

static const struct environment *find_environment(const struct deploy_request *request,
                                                  struct text name) {
        size_t low = 0, high = request->n_environments;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = text_compare(request->environments[middle].name, name);

                if (order == 0)
                        return &request->environments[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

/* Of two pools with one name, which are both invalid, the first stands for both. */
static const struct sub_pool *find_sub_pool(const struct environment *environment,
                                            const struct reservation *r) {
        const struct sub_pool *invalid = NULL;

        for (size_t p = 0; p < environment->n_pools; p++) {
                const struct pool *pool = &environment->pools[p];

                if (!text_equal(pool->name, r->pool))
                        continue;
                for (size_t s = 0; s < pool->n_sub_pools; s++) {
                        const struct sub_pool *sub_pool = &pool->sub_pools[s];

                        if (text_equal(sub_pool->mig_profile, r->mig_profile))
                                return sub_pool;
                        if (!text_is_empty(sub_pool->invalid) && !invalid)
                                invalid = sub_pool;
                }
        }
        return invalid;
}

static const struct serving_profile *find_profile(const struct model *model, struct text name) {
        for (size_t i = 0; i < model->n_profiles; i++) {
                if (text_equal(model->profiles[i].name, name))
                        return &model->profiles[i];
        }
        return NULL;
}

static bool serves_model(const struct reservation *r, const struct deployment *deployment) {
        size_t slash = text_index(r->model, '/');

        if (text_is_empty(r->model))
                return true;
        return text_equal(text_slice(r->model, 0, slash), deployment->model_kind) &&
               text_equal(text_slice(r->model, slash + 1, r->model.len), deployment->model_name);
}

/* Why an assignment cannot stay as it is; empty when it can. Finds its sub-pool and profile. */
static struct text reason_to_leave(struct deciding *d, struct seat_holder *holder) {
        const struct deploy_request *request = d->request;
        const struct reservation *r = &holder->placement.reservation;
        const struct environment *environment = find_environment(request, r->environment);
        struct candidate c = { .deployment = request->deployment,
                               .settings = request->settings,
                               .model = request->model };
        struct verdict v;

        if (!serves_model(r, request->deployment))
                return TEXT("the deployment names another model");
        if (!environment)
                return TEXT("the environment is gone");
        holder->sub_pool = find_sub_pool(environment, r);
        if (!holder->sub_pool)
                return TEXT("the pool, or its MIG profile, is gone");
        holder->profile = find_profile(request->model, r->serving_profile);
        if (!holder->profile)
                return TEXT("the model has no such serving profile any more");
        if (holder->sub_pool->pool->schedulable == SCHEDULABLE_DRAIN)
                return TEXT("the pool is being drained");
        c.sub_pool = holder->sub_pool;
        c.profile = holder->profile;
        v = match(&c, true);
        if (v.reason != REASON_FITS) {
                struct rejection rejection = { .sub_pool = holder->sub_pool,
                                               .profile = holder->profile,
                                               .verdict = v };

                return explain_rejection(&rejection, d->arena);
        }
        return (struct text) { 0 };
}

/* A profile that now wants other units per replica is followed in place, where there is room. */
static int follow_demand(struct deciding *d, struct seat_holder *holder, struct text *ret_why) {
        struct candidate c = { .deployment = d->request->deployment,
                               .settings = d->request->settings,
                               .model = d->request->model,
                               .profile = holder->profile,
                               .sub_pool = holder->sub_pool };
        struct demand demand = match_demand(&c);
        struct reservation *r = &holder->placement.reservation, larger = *r;
        struct chooser chooser;
        struct seats seats;
        int err;

        if (demand.nodes == r->nodes && demand.units_per_node == r->units_per_node)
                return 0;
        if (demand.nodes != r->nodes) {
                *ret_why = TEXT("a replica spans another number of nodes now");
                return 0;
        }
        larger.units_per_node = demand.units_per_node;
        if (demand.units_per_node > r->units_per_node) {
                if (!d->request->whole_fleet) {
                        *ret_why = TEXT("a replica wants more units now");
                        return 0;
                }
                larger.admitted = 0; /* its larger replicas ask for room as new ones do */
                larger.leaving = false;
                chooser = chooser_for(d, holder);
                err = choose_room(&chooser, holder->sub_pool, &larger, &seats);
                if (err < 0)
                        return err;
                if (seats.without > 0 || seats.over_committed) {
                        *ret_why = TEXT("a replica wants more units now, and there is no room");
                        return 0;
                }
        }
        r->units_per_node = demand.units_per_node;
        return 0;
}

static void let_leave(struct seat_holder *holder, struct text why) {
        struct placement *p = &holder->placement;

        p->fate = FATE_LEAVES;
        p->why = why;
        p->reservation.units_per_node = holder->held->reservation.units_per_node;
        p->leaves_now = !holder->held->reservation.leaving;
        p->reservation.leaving = true;
}

/* What left for another assignment of its environment does not come back beside it. */
static bool is_replaced(const struct deciding *d, const struct seat_holder *holder) {
        for (size_t i = 0; i < d->n && holder->held->reservation.leaving; i++) {
                const struct seat_holder *other = &d->holders[i];

                if (!other->held->reservation.leaving && other->placement.fate == FATE_STAYS &&
                    text_equal(other->placement.reservation.environment,
                               holder->placement.reservation.environment))
                        return true;
        }
        return false;
}

static int review(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                struct seat_holder *holder = &d->holders[i];
                struct text why = reason_to_leave(d, holder);

                if (text_is_empty(why)) {
                        int err = follow_demand(d, holder, &why);

                        if (err < 0)
                                return err;
                }
                holder->placement.reservation.leaving = false;
                if (!text_is_empty(why))
                        let_leave(holder, why);
        }
        for (size_t i = 0; i < d->n; i++) {
                struct seat_holder *holder = &d->holders[i];

                if (holder->placement.fate == FATE_STAYS && is_replaced(d, holder))
                        let_leave(holder, TEXT("it is being replaced in its environment"));
        }
        return 0;
}

/* ---- reduce ---------------------------------------------------------------------------------- */

/* The one to go first: never admitted before admitted, then the last made. */
static struct seat_holder *most_dispensable(struct deciding *d) {
        struct seat_holder *found = NULL;

        for (size_t i = 0; i < d->n; i++) {
                struct seat_holder *holder = &d->holders[i];
                bool served = holder->placement.reservation.admitted > 0;

                if (holder->placement.fate != FATE_STAYS)
                        continue;
                /* Holders are in the order in which they were made: the last one wins. */
                if (!found || !served || found->placement.reservation.admitted > 0)
                        found = holder;
        }
        return found;
}

static void reduce(struct deciding *d) {
        size_t wanted = (size_t)d->request->deployment->environments;

        while (count(d, FATE_STAYS) > wanted) {
                struct seat_holder *holder = most_dispensable(d);

                holder->placement.fate = FATE_DROPPED;
                holder->placement.why = TEXT("fewer environments are wanted");
        }
}

/* ---- trim ------------------------------------------------------------------------------------ */

static int trim_grant(struct deciding *d, struct seat_holder *holder) {
        struct reservation *r = &holder->placement.reservation;
        int64_t wanted = d->request->deployment->replicas;
        struct chooser chooser;
        struct seats seats;
        int err;

        if (r->replicas > wanted)
                r->replicas = wanted;
        if (r->admitted > r->replicas)
                r->admitted = r->replicas;
        if (!d->request->whole_fleet)
                return 0;
        chooser = chooser_for(d, NULL);
        err = choose_room(&chooser, holder->sub_pool, r, &seats);
        if (err < 0)
                return err;
        r->replicas -= seats.own_without;
        if (r->replicas == 0) {
                holder->placement.fate = FATE_DROPPED;
                holder->placement.why = TEXT("another deployment holds its units");
        }
        return 0;
}

static int trim(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                if (d->holders[i].placement.fate == FATE_STAYS) {
                        int err = trim_grant(d, &d->holders[i]);

                        if (err < 0)
                                return err;
                }
        }
        return 0;
}

/* ---- retire ---------------------------------------------------------------------------------- */

/*
 * After the trimming, because only what stays can replace, and before anything
 * grows, so that what is given back here can be used in the same answer.
 *
 * Nothing tells who replaces whom. Holders are in the order in which they were
 * made: of those that stay, the first `wanted - leaving` were there before, and the
 * others are replacements. These count up to the first that is not Ready, because
 * once something has gone they are all the same: a later one would count again.
 */
static void retire(struct deciding *d) {
        size_t wanted = (size_t)d->request->deployment->environments;
        size_t leaving = count(d, FATE_LEAVES), seen = 0, replaced = 0;
        size_t originals = wanted > leaving ? wanted - leaving : 0;

        for (size_t i = 0; i < d->n; i++) {
                const struct placement *p = &d->holders[i].placement;

                if (p->fate != FATE_STAYS)
                        continue;
                if (p->service.ready && seen == originals + replaced)
                        replaced++;
                seen++;
        }
        if (replaced > 0 && leaving > wanted)
                replaced += leaving - wanted; /* fewer are wanted than there were */
        for (size_t i = 0; i < d->n && replaced > 0; i++) {
                struct placement *p = &d->holders[i].placement;

                if (p->fate != FATE_LEAVES)
                        continue;
                p->fate = FATE_DROPPED;
                replaced--;
        }
}

/* ---- grow ------------------------------------------------------------------------------------ */

static bool takes_more(const struct sub_pool *sub_pool) {
        return !sub_pool->environment->not_ready &&
               sub_pool->pool->schedulable == SCHEDULABLE_ALWAYS;
}

/* Do all have a seat with the reservation as it is now? */
static int everybody_sits(const struct chooser *chooser, const struct seat_holder *holder,
                          bool *ret) {
        struct seats seats;
        int err = choose_room(chooser, holder->sub_pool, &holder->placement.reservation, &seats);

        if (err < 0)
                return err;
        *ret = seats.without == 0 && !seats.over_committed;
        return 0;
}

/*
 * How many of one's own find a seat does not depend on those who come later in
 * holding order; that these keep theirs is tried for all at once, and replica by
 * replica when that fails.
 */
static int grow_grant(const struct chooser *chooser, struct seat_holder *holder, int64_t wanted) {
        struct reservation *r = &holder->placement.reservation;
        int64_t granted = r->replicas, most;
        struct seats seats;
        bool fits;
        int err;

        r->replicas = wanted;
        err = choose_room(chooser, holder->sub_pool, r, &seats);
        if (err < 0)
                return err;
        most = wanted - seats.own_without;
        r->replicas = most;
        err = everybody_sits(chooser, holder, &fits);
        if (err < 0 || fits)
                return err;
        for (r->replicas = granted; r->replicas < most;) {
                r->replicas++;
                err = everybody_sits(chooser, holder, &fits);
                if (err < 0)
                        return err;
                if (!fits) {
                        r->replicas--;
                        break;
                }
        }
        return 0;
}

static int grow(struct deciding *d) {
        int64_t wanted = d->request->deployment->replicas;
        struct chooser chooser = chooser_for(d, NULL);

        for (size_t i = 0; i < d->n; i++) {
                struct seat_holder *holder = &d->holders[i];
                struct reservation *r = &holder->placement.reservation;
                const struct service *s = &holder->placement.service;
                int64_t before = r->replicas;
                int err;

                if (holder->placement.fate != FATE_STAYS || before >= wanted ||
                    !takes_more(holder->sub_pool))
                        continue;
                err = grow_grant(&chooser, holder, wanted);
                if (err < 0)
                        return err;
                /* Ready of a service that tells no numbers is about what was composed before. */
                if (r->replicas > before && s->ready && s->ready_replicas < 0 &&
                    (s->replicas < 0 || s->replicas >= before))
                        r->admitted = before;
        }
        return 0;
}

/* ---- fill ------------------------------------------------------------------------------------ */

static bool stays_in(const struct deciding *d, const struct environment *environment) {
        for (size_t i = 0; i < d->n; i++) {
                const struct placement *p = &d->holders[i].placement;

                if (p->fate == FATE_STAYS &&
                    text_equal(p->reservation.environment, environment->name))
                        return true;
        }
        return false;
}

/* A leaving assignment under the same key is replaced in place: one object, rolled by KServe. */
static void take_over(struct deciding *d, struct text suffix, struct service *ret_service) {
        for (size_t i = 0; i < d->n; i++) {
                struct placement *p = &d->holders[i].placement;

                if (p->fate != FATE_LEAVES || !text_equal(p->suffix, suffix))
                        continue;
                *ret_service = p->service;
                p->fate = FATE_DROPPED;
                p->why = TEXT("replaced in place");
        }
}

static void add_placement(struct deciding *d, const struct chooser *chooser,
                          const struct choice *choice) {
        struct seat_holder *holder = &d->holders[d->n];
        struct placement *p = &holder->placement;

        *holder = (struct seat_holder) { .sub_pool = choice->sub_pool, .profile = choice->profile };
        p->fate = FATE_STAYS;
        p->fresh = true;
        p->service = (struct service) { .ready_replicas = -1, .replicas = -1 };
        p->reservation =
                choose_reservation(chooser, choice->sub_pool, choice->profile, choice->demand);
        d->next_order++;
        p->suffix = suffix_of(p->reservation.environment, p->reservation.nodes, d->arena);
        take_over(d, p->suffix, &p->service);
        d->n++;
}

static int compare_choices(const void *a, const void *b) {
        return choice_compare(a, b);
}

static int fill(struct deciding *d) {
        const struct deploy_request *request = d->request;
        size_t wanted = (size_t)request->deployment->environments, stay = count(d, FATE_STAYS);
        struct choice *choices;
        size_t n_choices = 0;

        if (stay >= wanted)
                return 0;
        choices = ARENA_ARRAY(d->arena, request->n_environments, struct choice);
        if (!choices)
                return -ENOMEM;
        for (size_t i = 0; i < request->n_environments; i++) {
                const struct environment *environment = &request->environments[i];
                struct chooser chooser;
                struct choice choice;
                int err;

                if (stays_in(d, environment))
                        continue;
                chooser = chooser_for(d, NULL);
                err = choose_in(&chooser, environment, &choice, &d->rejections);
                if (err < 0)
                        return err;
                if (choice.sub_pool)
                        choices[n_choices++] = choice;
        }
        if (n_choices > 1)
                qsort(choices, n_choices, sizeof(*choices), compare_choices);
        for (size_t i = 0; i < n_choices && stay < wanted; i++, stay++) {
                struct chooser chooser = chooser_for(d, NULL);

                add_placement(d, &chooser, &choices[i]);
        }
        if (stay >= wanted)
                d->rejections.n = 0;
        rejections_sort(&d->rejections);
        return 0;
}

/* ---- the decision ---------------------------------------------------------------------------- */

static int compare_holders(const void *a, const void *b) {
        const struct reservation *x = &((const struct seat_holder *)a)->placement.reservation;
        const struct reservation *y = &((const struct seat_holder *)b)->placement.reservation;
        int order = (x->order > y->order) - (x->order < y->order);

        if (order == 0)
                order = text_compare(x->environment, y->environment);
        return order != 0 ? order : (x->nodes > y->nodes) - (x->nodes < y->nodes);
}

static int begin(struct deciding *d) {
        const struct deploy_request *request = d->request;
        size_t most = request->n_held + (size_t)request->deployment->environments;

        d->holders = ARENA_ARRAY(d->arena, most, struct seat_holder);
        d->mine = ARENA_ARRAY(d->arena, most, const struct reservation *);
        if (!d->holders || !d->mine)
                return -ENOMEM;
        for (size_t i = 0; i < request->n_held; i++) {
                struct placement *p = &d->holders[d->n++].placement;

                d->holders[d->n - 1].held = &request->held[i];
                p->reservation = request->held[i].reservation;
                p->reservation.namespace_ = request->deployment->namespace_;
                p->reservation.deployment = request->deployment->name;
                p->reservation.admitted = deploy_admitted(&request->held[i]);
                p->suffix = request->held[i].suffix;
                p->service = request->held[i].service;
                if (p->reservation.order >= d->next_order && p->reservation.order < INT64_MAX)
                        d->next_order = p->reservation.order + 1;
        }
        if (d->n > 1)
                qsort(d->holders, d->n, sizeof(*d->holders), compare_holders);
        return ledger_build(request->reservations, request->n_reservations,
                            request->deployment->namespace_, request->deployment->name, d->arena,
                            &d->ledger);
}

/*
 * What the deployment says of itself now. Only at the end: others decide by what
 * the observed reservations say, and so must who yields to whom here.
 */
static void renew(struct deciding *d, struct seat_holder *holder) {
        struct reservation *r = &holder->placement.reservation;
        const struct deployment *deployment = d->request->deployment;

        r->priority = deployment->priority;
        r->created = deployment->created;
        if (holder->placement.fate != FATE_STAYS)
                return;
        if (text_is_empty(r->model))
                r->model = choose_model(deployment, d->arena);
        r->resource_name = holder->sub_pool->resource_name;
        holder->placement.workload =
                workload_of(deployment, d->request->model, holder->profile, holder->sub_pool);
}

static int finish(struct deciding *d, struct decision *ret) {
        const struct deployment *deployment = d->request->deployment;
        struct decision decision = { .rejections = d->rejections,
                                     .wanted = deployment->environments };
        struct text url_of = { 0 };
        int64_t admitted = 0;

        decision.plan.placements = ARENA_ARRAY(d->arena, d->n, struct placement);
        if (!decision.plan.placements)
                return -ENOMEM;
        for (size_t i = 0; i < d->n; i++) {
                struct seat_holder *holder = &d->holders[i];
                struct placement *p = &holder->placement;
                struct reservation *r = &p->reservation;

                renew(d, holder);
                if (p->fate == FATE_STAYS) {
                        decision.placed++;
                        decision.ready += p->service.ready && !p->fresh;
                        decision.short_replicas += deployment->replicas - r->replicas;
                        admitted += r->admitted;
                }
                if (p->fate != FATE_DROPPED && p->service.ready && !text_is_empty(p->service.url) &&
                    (text_is_empty(url_of) || text_compare(r->environment, url_of) < 0)) {
                        url_of = r->environment;
                        decision.url = p->service.url;
                }
                decision.plan.placements[decision.plan.n_placements++] = *p;
        }
        decision.settled = decision.placed == decision.wanted && count(d, FATE_LEAVES) == 0 &&
                           admitted == decision.wanted * deployment->replicas;
        if (arena_failed(d->arena))
                return -ENOMEM;
        *ret = decision;
        return 0;
}

int deploy(const struct deploy_request *request, struct arena *arena, struct decision *ret) {
        struct deciding d = { .request = request, .arena = arena };
        int err;

        err = begin(&d);
        if (err < 0)
                return err;
        err = review(&d);
        if (err < 0)
                return err;
        reduce(&d);
        err = trim(&d);
        if (err < 0)
                return err;
        retire(&d);
        if (request->whole_fleet) {
                err = grow(&d);
                if (err == 0)
                        err = fill(&d);
                if (err < 0)
                        return err;
        }
        return finish(&d, ret);
}
