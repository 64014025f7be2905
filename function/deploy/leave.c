/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes: of those that stay more than are wanted, and of those that leave all but
 * what is still needed.
 */
#include "deploy/deploy_internal.h"

/* While it is parked a deployment wants nothing that runs. */
static int64_t wanted_running(const struct deciding *d) {
        const struct deployment *deployment = d->request->order.deployment;

        return deployment->replicas > 0 ? deployment->environments : 0;
}

bool deploy_goes_first(const struct assignment *a, const struct assignment *b) {
        if (a->recovered != b->recovered)
                return a->recovered;
        if (a->planned.served != b->planned.served)
                return !a->planned.served;
        if (assignment_is_ready(a) != assignment_is_ready(b))
                return !assignment_is_ready(a);
        return a > b; /* they are in the order in which they were made */
}

static void reduce(struct deciding *d) {
        size_t wanted = (size_t)d->request->order.deployment->environments;

        for (size_t stay = deploy_count(d, FATE_STAYS); stay > wanted; stay--) {
                struct assignment *first = NULL;

                for (size_t i = 0; i < d->n; i++) {
                        struct assignment *a = &d->assignments[i];

                        if (a->fate == FATE_STAYS && (!first || deploy_goes_first(a, first)))
                                first = a;
                }
                first->fate = FATE_DROPPED;
                first->why = TEXT("fewer environments are wanted");
        }
}

/* The service was deleted by hand, and its reservation is here for its sake alone: neither is
 * composed again. */
static bool is_bereft(const struct assignment *a) {
        return !a->service.observed && !a->rebuilt && !a->recovered;
}

/*
 * One count says what of those that leave is still needed: as many as are wanted, less the
 * Ready ones that stay. No memory of who replaces whom, so none can be wrong: whatever
 * becomes of a replacement before it is Ready, nothing that is Ready was let go for it.
 */
void deploy_leave(struct deciding *d) {
        int64_t needed = wanted_running(d);

        reduce(d);
        for (size_t i = 0; i < d->n; i++) {
                struct assignment *a = &d->assignments[i];

                needed -= a->fate == FATE_STAYS && assignment_is_ready(a);
                if (a->fate == FATE_LEAVES &&
                    (!a->planned.served || a->planned.used == 0 || is_bereft(a)))
                        a->fate = FATE_DROPPED;
        }
        for (int ready = 1; ready >= 0; ready--) {
                for (size_t i = d->n; i-- > 0;) {
                        struct assignment *a = &d->assignments[i];

                        if (a->fate != FATE_LEAVES || assignment_is_ready(a) != ready)
                                continue;
                        if (needed > 0)
                                needed--;
                        else
                                a->fate = FATE_DROPPED;
                }
        }
}
