/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many replicas an assignment that stays is granted: what has no seat is
 * taken off, and what has room is added.
 */
#include "deploy/deploy_internal.h"

#include "base/arena.h"

/* ---- trim ------------------------------------------------------------------------------------ */

static int trim_grant(struct deciding *d, struct assignment *a) {
        struct reservation *r = &a->planned;
        int64_t wanted = d->request->order.deployment->replicas;
        struct chooser chooser;
        struct seating seating;
        struct share share;
        int err;

        if (r->reserved > wanted)
                r->reserved = wanted;
        if (r->used > r->reserved)
                r->used = r->reserved;
        if (!d->request->whole_fleet)
                return 0;
        chooser = deploy_chooser(d, NULL);
        err = choose_room(&chooser, a->sub_pool, r, &seating);
        if (err < 0)
                return err;
        r->reserved -= seating.own_unseated;
        err = choose_share(&chooser, a->sub_pool, r, &share);
        if (err < 0)
                return err;
        if (share.limited && share.unseated > 0) {
                r->reserved -= share.unseated;
                d->tightest = share;
        }
        if (r->reserved == 0) {
                a->fate = FATE_DROPPED;
                a->why = share.limited && share.unseated > 0
                                 ? TEXT("the namespace's quota is used up")
                                 : TEXT("another deployment holds its units");
        }
        return 0;
}

int deploy_trim(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                if (d->assignments[i].fate == FATE_STAYS) {
                        int r = trim_grant(d, &d->assignments[i]);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* ---- grow ------------------------------------------------------------------------------------ */

static bool takes_more(const struct sub_pool *sub_pool) {
        return !sub_pool->environment->not_ready &&
               sub_pool->pool->schedulable == SCHEDULABLE_ALWAYS;
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
 * How many of one's own find a seat does not depend on those who come later in
 * holding order; that these keep theirs is tried for all at once, and by halves
 * when that fails.
 */
static int grow_grant(const struct chooser *chooser, struct assignment *a, int64_t wanted) {
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

/* So many replicas as the quota lets it have; never fewer than it holds. */
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

int deploy_grow(struct deciding *d) {
        struct chooser chooser = deploy_chooser(d, NULL);

        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                struct reservation *r = &a->planned;
                const struct service *s = &a->service;
                int64_t before = r->reserved, wanted = d->request->order.deployment->replicas;
                int err;

                if (a->fate != FATE_STAYS || before >= wanted)
                        continue;
                if (!takes_more(a->sub_pool)) {
                        if (!d->closed)
                                d->closed = a->sub_pool;
                        continue;
                }
                err = grow_within_quota(d, &chooser, a, &wanted);
                if (err == 0 && wanted > before)
                        err = grow_grant(&chooser, a, wanted);
                if (err < 0)
                        return err;
                /* Ready of a service that tells no numbers is about what was composed before. */
                if (r->reserved > before && s->ready && s->ready_replicas < 0 &&
                    (s->replicas < 0 || s->replicas >= before))
                        r->used = before;
        }
        return 0;
}
