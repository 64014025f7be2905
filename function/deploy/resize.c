/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many replicas an assignment that stays is granted, and how many of them may run:
 * what has no seat is given back, what others can see is used, and what has room is added.
 */
#include "deploy/deploy_internal.h"

#include <errno.h>

#include "base/arena.h"

/* ---- trim ------------------------------------------------------------------------------------ */

/* Who has the units: what is used there, or comes before; a namespace hears no others' names. */
static struct text holder_of(struct deciding *d, const struct assignment *a) {
        const struct reservation *const *all, *r = &a->planned;
        struct text who = { 0 };
        size_t n;

        all = ledger_entries(&d->ledger, r, &n);
        for (size_t i = 0; i < n; i++) {
                if (all[i]->used == 0 && seating_compare(all[i], r) > 0)
                        continue;
                if (text_equal(all[i]->namespace_, r->namespace_) &&
                    (text_is_empty(who) || text_compare(all[i]->deployment, who) < 0))
                        who = all[i]->deployment;
        }
        return text_is_empty(who) ? TEXT("another namespace") : who;
}

/* A part of a surge is of no use. */
static void give_way(struct deciding *d, struct assignment *a, int64_t replicas) {
        struct text who = holder_of(d, a);

        a->gave_way = true;
        if (a->pending > 0) {
                a->why = text_format(d->arena, "gave the units of its rollout back: %.*s has them",
                                     TEXT_ARG(who));
                replicas = a->pending;
                a->pending = 0;
        } else {
                a->why = text_format(d->arena, "gave %lld %s back: %.*s has the units",
                                     (long long)replicas, replicas == 1 ? "replica" : "replicas",
                                     TEXT_ARG(who));
        }
        a->planned.reserved -= replicas;
}

/* What is reserved, unused and without a seat, or beyond a quota. */
static int give_back(struct deciding *d, struct assignment *a) {
        struct reservation *r = &a->planned;
        struct chooser chooser = deploy_chooser(d, NULL);
        struct seating seating;
        struct share share;
        int err = choose_room(&chooser, a->sub_pool, r, &seating);

        if (err < 0)
                return err;
        if (seating.own_unseated > 0)
                give_way(d, a, seating.own_unseated);
        err = choose_share(&chooser, a->sub_pool, r, &share);
        if (err < 0)
                return err;
        if (share.limited && share.unseated > 0) {
                r->reserved -= a->pending > 0 ? a->pending : share.unseated;
                a->pending = 0;
                d->tightest = share;
        }
        if (r->reserved > 0)
                return 0;
        a->fate = FATE_DROPPED;
        if (!a->gave_way)
                a->why = TEXT("the namespace's quota is used up");
        return arena_failed(d->arena) ? -ENOMEM : 0;
}

static int trim(struct deciding *d, struct assignment *a) {
        struct reservation *r = &a->planned;
        int64_t wanted = d->request->order.deployment->replicas;

        deploy_count_surge(d, a);
        if (assignment_lasting(a) > wanted)
                r->reserved = wanted + r->surge + a->pending;
        if (r->used > r->reserved - a->pending)
                r->used = r->reserved - a->pending;
        return deploy_sees_rivals(d) && r->used < r->reserved ? give_back(d, a) : 0;
}

int deploy_trim(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                int r = a->fate == FATE_STAYS && !a->frozen ? trim(d, a) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- use ------------------------------------------------------------------------------------- */

/*
 * Does the list of reservations show what is reserved, and no older number that was the same?
 * Who reserves after that sees it: one watch delivers one kind in the order it was written.
 */
static bool is_listed(const struct deciding *d, const struct assignment *a) {
        for (size_t i = 0; i < d->request->n_reservations && !a->recovered; i++) {
                const struct reservation *r = &d->request->reservations[i];

                if (reservation_is_same(r, &a->planned))
                        return r->reserved == a->observed.reserved &&
                               r->generation >= a->observed.generation &&
                               (text_equal(r->object_uid, a->observed.object_uid) ||
                                text_is_empty(r->object_uid) ||
                                text_is_empty(a->observed.object_uid));
        }
        return false;
}

/*
 * Which of the unused replicas have a seat behind everybody else's: these can be used.
 * All others must have theirs too, because one that seems to have none may use what it
 * reserved in an answer that was decided before it could see what is in its way.
 */
static int use(struct deciding *d, struct assignment *a) {
        struct chooser chooser = deploy_chooser(d, a);
        struct reservation last = a->planned;
        int64_t most = last.reserved;
        struct seating seating;
        struct share share;
        int r;

        last.priority = INT64_MIN;
        r = choose_room(&chooser, a->sub_pool, &last, &seating);
        if (r == 0)
                r = choose_share(&chooser, a->sub_pool, &last, &share);
        if (r < 0 || seating.over_committed || seating.unseated > seating.own_unseated)
                return r;
        most -= seating.own_unseated;
        if (share.limited && share.left / (last.nodes * last.units_per_node) < most)
                most = share.left / (last.nodes * last.units_per_node);
        /* Until something is used all of it is composed, and none of it is taken back. */
        if (most <= a->planned.used || (a->planned.used == 0 && most < last.reserved))
                return 0;
        if (a->pending == 0) {
                a->planned.used = most;
        } else if (most == last.reserved) {
                a->planned.used = most;
                a->planned.surge += a->pending;
                a->pending = 0;
        }
        return 0;
}

int deploy_use(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                int r = 0;

                if (a->fate == FATE_STAYS && !a->frozen && a->planned.used < a->planned.reserved &&
                    (a->rebuilt || is_listed(d, a)))
                        r = use(d, a);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- grow ------------------------------------------------------------------------------------ */

bool deploy_takes_more(const struct assignment *a) {
        return !a->sub_pool->environment->not_ready &&
               a->sub_pool->pool->schedulable == SCHEDULABLE_ALWAYS;
}

/* Do all have a seat with the reservation as it is now? */
static int all_are_seated(const struct chooser *chooser, const struct assignment *a, bool *ret) {
        struct seating seating;
        int r = choose_room(chooser, a->sub_pool, &a->planned, &seating);

        if (r < 0)
                return r;
        *ret = seating.unseated == 0 && !seating.over_committed;
        return 0;
}

/*
 * How many of one's own find a seat does not depend on those who come later in the order;
 * that these keep theirs is tried for all at once, and by halves when that fails.
 */
static int grow_within_room(const struct chooser *chooser, struct assignment *a, int64_t wanted) {
        struct reservation *r = &a->planned;
        int64_t granted = r->reserved, most;
        struct seating seating;
        bool fits;
        int err;

        r->reserved = wanted;
        err = choose_room(chooser, a->sub_pool, r, &seating);
        if (err < 0)
                return err;
        most = wanted - seating.own_unseated;
        r->reserved = most;
        err = all_are_seated(chooser, a, &fits);
        if (err < 0 || fits)
                return err;
        /* Of granted..most the largest that fits: what it takes from others only grows with it. */
        while (granted < most) {
                r->reserved = most - (most - granted) / 2;
                err = all_are_seated(chooser, a, &fits);
                if (err < 0)
                        return err;
                if (fits)
                        granted = r->reserved;
                else
                        most = r->reserved - 1;
        }
        r->reserved = granted;
        return 0;
}

/* As many replicas as the quota lets it have; never fewer than it has. */
static int grow_within_quota(struct deciding *d, const struct chooser *chooser,
                             const struct assignment *a, int64_t *wanted) {
        const struct reservation *r = &a->planned;
        struct reservation one = *r;
        struct share share;
        int64_t most;
        int err = choose_share(chooser, a->sub_pool, r, &share);

        if (err < 0 || !share.limited)
                return err;
        one.reserved = 1;
        most = share.left / reservation_units(&one);
        if (most >= *wanted)
                return 0;
        *wanted = most > r->reserved ? most : r->reserved;
        d->tightest = share;
        return 0;
}

/* Towards what is wanted, replica by replica, as far as it fits. */
static int grow(struct deciding *d, struct assignment *a) {
        int64_t wanted = d->request->order.deployment->replicas;
        struct chooser chooser = deploy_chooser(d, NULL);
        int64_t most;
        int r;

        if (assignment_lasting(a) >= wanted || a->frozen)
                return 0;
        most = deploy_most_lasting(d, a, wanted);
        if (most < wanted && !d->rolling)
                d->rolling = a;
        if (a->pending > 0 || assignment_lasting(a) >= most)
                return 0;
        if (!deploy_takes_more(a)) {
                if (!d->closed)
                        d->closed = a->sub_pool;
                return 0;
        }
        wanted = most + a->planned.surge;
        r = grow_within_quota(d, &chooser, a, &wanted);
        if (r == 0 && wanted > a->planned.reserved)
                r = grow_within_room(&chooser, a, wanted);
        return r;
}

int deploy_grow(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                int r = 0;

                if (a->fate == FATE_STAYS && !a->fresh && !deploy_is_asleep(d, a))
                        r = grow(d, a);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- wake ------------------------------------------------------------------------------------ */

bool deploy_is_asleep(const struct deciding *d, const struct assignment *a) {
        return a->fate == FATE_STAYS && assignment_lasting(a) == 0 &&
               d->request->order.deployment->replicas > 0;
}

/* All that is wanted where it was parked; else nothing yet, because it may fit elsewhere. */
static int wake_whole(struct deciding *d, struct assignment *a) {
        int r = grow(d, a);

        if (assignment_lasting(a) < d->request->order.deployment->replicas)
                a->planned.reserved = a->planned.surge;
        return r;
}

int deploy_wake(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                int r = deploy_is_asleep(d, &d->assignments[i]) ? wake_whole(d, &d->assignments[i])
                                                                : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static bool has_fresh(const struct deciding *d, struct text environment) {
        for (size_t i = 0; i < d->n; i++) {
                const struct assignment *a = &d->assignments[i];

                if (a->fresh && text_equal(a->planned.environment, environment))
                        return true;
        }
        return false;
}

/* Those in whose environment another was placed go; then the last made, until as many are left as
 * are wanted. */
static void drop_woken_elsewhere(struct deciding *d) {
        size_t wanted = (size_t)d->request->order.deployment->environments;
        size_t stay = deploy_count(d, FATE_STAYS);

        for (int same = 1; same >= 0; same--) {
                for (size_t i = d->n; i-- > 0;) {
                        struct assignment *a = &d->assignments[i];

                        if (!deploy_is_asleep(d, a) ||
                            !(same ? has_fresh(d, a->planned.environment) : stay > wanted))
                                continue;
                        a->fate = FATE_DROPPED;
                        a->why = TEXT("it wakes up elsewhere");
                        stay--;
                }
        }
}

/* What still sleeps takes what fits where it was parked. */
int deploy_doze(struct deciding *d) {
        drop_woken_elsewhere(d);
        for (size_t i = 0; i < d->n; i++) {
                int r = deploy_is_asleep(d, &d->assignments[i]) ? grow(d, &d->assignments[i]) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}
