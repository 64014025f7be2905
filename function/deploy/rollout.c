/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a change of its pods reaches a service that runs
 *
 * KServe starts new pods before it ends the old ones, as many more as the Deployment's maxSurge
 * says. These units are reserved and used like all others before the pods change, and given
 * back when the Deployment has no other pods any more. What has no room for them waits with
 * its pods as they are, or, where KServe rolls as its service says (0.21), rolls in turn.
 *
 *   - what never served is not rolled: review.c lets it go, and a new one takes its units;
 *   - what runs no pod, and groups of nodes, whose pods are replaced in turn, need no surge;
 *   - a surge is reserved and used whole. While it is asked for nothing grows, so that what
 *     is reserved and not used is either the one or the other;
 *   - growth comes first, but for what would need a larger surge: it waits for the end;
 *   - one that is used serves every later change until the rollout ends.
 *
 * So at no moment KServe may start more pods than are used.
 */
#include <errno.h>

#include "base/arena.h"
#include "base/base32.h"
#include "deploy/deploy_internal.h"

/* Does KServe roll in turn where a service says so? */
static bool can_roll_in_turn(const struct deciding *d) {
        return d->request->order.settings->kserve_021;
}

/* Pods that KServe starts beside n replicas. */
static int64_t surge_of(const struct deciding *d, int64_t replicas) {
        if (d->request->order.deployment->rollout == ROLLOUT_IN_TURN && can_roll_in_turn(d))
                return 0;
        if (can_roll_in_turn(d))
                return replicas > 0;
        return replicas / 4 + (replicas % 4 > 0);
}

bool deploy_pods_change(const struct assignment *a) {
        return a->service.observed && a->service.replicas != 0 && !text_is_empty(a->revision) &&
               !text_is_empty(a->service.revision) && !text_equal(a->revision, a->service.revision);
}

/* Does that start new pods beside them? */
static bool rolls(const struct assignment *a) {
        return deploy_pods_change(a) && a->planned.nodes == 1;
}

/* Replicas that may run, beside a surge. */
static int64_t lasting_used(const struct assignment *a) {
        return a->planned.used - a->planned.surge;
}

int64_t deploy_most_lasting(const struct deciding *d, const struct assignment *a, int64_t wanted) {
        int64_t surge = surge_of(d, lasting_used(a)), most;

        if (!rolls(a) && a->planned.surge == 0)
                return wanted;
        if (surge < a->planned.surge)
                surge = a->planned.surge;
        /* As many as have that surge too. */
        most = can_roll_in_turn(d) ? wanted : 4 * surge;
        if (most < lasting_used(a))
                most = lasting_used(a);
        return most < wanted ? most : wanted;
}

/* Its Deployment has none but the pods that are wanted. */
static void give_surge_back(struct assignment *a) {
        struct reservation *r = &a->planned;

        r->reserved -= r->surge;
        r->used -= r->surge;
        r->surge = 0;
}

void deploy_count_surge(struct deciding *d, struct assignment *a) {
        struct reservation *r = &a->planned;
        int64_t wanted = d->request->order.deployment->replicas, most, missing;

        /* One that the next change is served by stays. */
        if (r->surge > 0 && (a->service.rolled_out || !a->service.observed) &&
            (!rolls(a) || surge_of(d, lasting_used(a)) > r->surge))
                give_surge_back(a);
        if (!rolls(a) || r->used == 0)
                return;
        most = deploy_most_lasting(d, a, wanted);
        if (lasting_used(a) < most) {
                if (assignment_lasting(a) > most)
                        r->reserved = most + r->surge;
                return;
        }
        missing = surge_of(d, most) - r->surge;
        if (missing > 0 && r->reserved - r->used >= missing)
                a->pending = missing;
        r->reserved = r->used + a->pending;
}

/* ---- roll ------------------------------------------------------------------------------------ */

/* Why it waits, with the numbers and the way out. */
static struct text room_sentence(struct deciding *d, const struct assignment *a, int64_t units,
                                 const struct seating *seating) {
        return text_format(
                d->arena,
                "its pods are to change, and KServe starts new ones before it ends the "
                "old: that takes %lld more %s, and %lld of %lld are free, at most %lld "
                "on one node; %s",
                (long long)units, units == 1 ? "unit" : "units", (long long)seating->free_units,
                (long long)a->sub_pool->units, (long long)seating->largest_gap,
                can_roll_in_turn(d) ? "free them, or roll in turn with spec.rollout Auto or InTurn"
                                    : "free them, or roll in turn with KServe 0.21 and the input's "
                                      "kserve.version \"0.21\"");
}

static struct text closed_sentence(struct deciding *d, const struct assignment *a, int64_t units) {
        return text_format(
                d->arena, "its pods are to change, and that takes %lld more %s for a while: %s",
                (long long)units, units == 1 ? "unit" : "units",
                a->sub_pool->environment->not_ready
                        ? "none is granted while the environment's Ready condition is not True"
                        : "none is granted while the pool's schedulable is not Always");
}

static struct text quota_sentence(struct deciding *d, int64_t units, const struct share *share) {
        return text_format(d->arena,
                           "its pods are to change, and that takes %lld more %s for a while: "
                           "ResourceQuota %.*s allows %lld",
                           (long long)units, units == 1 ? "unit" : "units", TEXT_ARG(share->quota),
                           (long long)share->limit);
}

/* Reserve the surge, all of it; else *ret_why says why not. */
static int ask(struct deciding *d, struct assignment *a, int64_t missing, struct text *ret_why) {
        struct reservation *r = &a->planned;
        struct chooser chooser = deploy_chooser(d, NULL);
        int64_t units = missing * r->units_per_node;
        struct seating seating;
        struct share share;
        int err = choose_room(&chooser, a->sub_pool, r, &seating);

        if (err == 0)
                err = choose_share(&chooser, a->sub_pool, r, &share);
        if (err < 0)
                return err;
        *ret_why = (struct text) { 0 };
        if (!deploy_takes_more(a)) {
                *ret_why = closed_sentence(d, a, units);
        } else if (share.limited && share.left / r->units_per_node < r->reserved + missing) {
                *ret_why = quota_sentence(d, units, &share);
                a->beyond_quota = true;
        } else {
                *ret_why = room_sentence(d, a, units, &seating);
                r->reserved += missing;
                err = choose_room(&chooser, a->sub_pool, r, &seating);
                if (err < 0)
                        return err;
                if (seating.unseated == 0 && !seating.over_committed) {
                        a->pending = missing;
                } else {
                        r->reserved -= missing;
                        a->missing = missing;
                }
        }
        return arena_failed(d->arena) ? -ENOMEM : 0;
}

/* It stays as it is until others give units back. */
static int wait_or_ask(struct deciding *d, struct assignment *a, int64_t missing) {
        struct text why;
        int r;

        a->rollout = ROLLOUT_WAITS;
        if (!deploy_sees_rivals(d))
                return 0;
        r = ask(d, a, missing, &why);
        if (r < 0)
                return r;
        if (a->pending > 0)
                a->rollout = ROLLOUT_ASKS;
        else if (d->request->order.deployment->rollout == ROLLOUT_AUTO && can_roll_in_turn(d))
                a->rollout = ROLLOUT_NONE;
        else
                a->waits_for = why;
        return 0;
}

static int roll(struct deciding *d, struct assignment *a) {
        const struct deployment *deployment = d->request->order.deployment;
        int64_t missing = surge_of(d, lasting_used(a)) - a->planned.surge;

        if (!rolls(a) || assignment_replicas(a) == 0) {
                a->rollout = a->planned.surge > 0 ? ROLLOUT_RUNS : ROLLOUT_NONE;
        } else if (a->pending > 0 || a->planned.used == 0) {
                a->rollout = ROLLOUT_ASKS;
        } else if (missing <= 0) {
                a->rollout = a->planned.surge > 0 ? ROLLOUT_RUNS : ROLLOUT_NONE;
        } else if (deployment->rollout == ROLLOUT_IN_TURN && !can_roll_in_turn(d)) {
                a->rollout = ROLLOUT_WAITS;
                a->waits_for = TEXT("spec.rollout is InTurn, which takes KServe 0.21 and the "
                                    "input's kserve.version \"0.21\"");
        } else {
                /* What has grown in this answer is used first. */
                if (a->planned.reserved == a->planned.used)
                        return wait_or_ask(d, a, missing);
                a->rollout = ROLLOUT_ASKS;
        }
        return 0;
}

/* Of its pods after this answer. What is no digest was written by hand, and is not recorded. */
static struct text revision_of(const struct assignment *a) {
        if (!assignment_keeps_pods(a))
                return a->revision;
        return base32_is_16(a->service.revision) ? a->service.revision : (struct text) { 0 };
}

int deploy_roll(struct deciding *d) {
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];
                int r = 0;

                if (a->fate != FATE_STAYS || a->frozen || a->fresh)
                        continue;
                r = roll(d, a);
                if (r < 0)
                        return r;
                if (!text_is_empty(a->revision))
                        a->planned.revision = revision_of(a);
        }
        return 0;
}
