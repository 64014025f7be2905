/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/assignment.h"

bool assignment_is_ready(const struct assignment *a) {
        return a->service.ready && a->service.replicas != 0 && !a->fresh;
}

/* What the service is composed with, a surge left out; as reserved where it does not say. */
static int64_t composed(const struct assignment *a) {
        return a->service.replicas >= 0 ? a->service.replicas
                                        : a->observed.reserved - a->observed.surge;
}

/* What is Ready runs, whatever is written into its reservation. */
static void count_ready(const struct assignment *a, struct reservation *r) {
        int64_t runs = composed(a);

        if (runs == 0)
                runs = 1;
        if (r->used < runs)
                r->used = runs;
        if (r->reserved < r->used)
                r->reserved = r->used;
        r->served = true;
}

void assignment_settle_counts(struct assignment *a) {
        struct reservation *r = &a->planned;

        if (a->rebuilt) {
                r->reserved = composed(a) + r->surge;
                r->used = a->service.ready_replicas > 0 ? r->reserved : 0;
        }
        if (a->recovered) {
                r->used = r->surge = 0;
                r->served = false;
        }
        if (assignment_is_ready(a))
                count_ready(a, r);
        if (r->surge > 0 && a->service.replicas >= 0 && r->used < composed(a) + r->surge)
                r->used = composed(a) + r->surge;
        if (r->surge > 0 && r->reserved < r->used)
                r->reserved = r->used;
        if (r->used > r->reserved)
                r->used = r->reserved;
}

bool assignment_keeps_pods(const struct assignment *a) {
        return a->rollout == ROLLOUT_WAITS || a->rollout == ROLLOUT_ASKS;
}

int64_t assignment_lasting(const struct assignment *a) {
        return a->planned.reserved - a->planned.surge - a->pending;
}

int64_t assignment_replicas(const struct assignment *a) {
        const struct reservation *r = &a->planned;
        int64_t lasting = assignment_lasting(a);

        return r->used > 0 && r->used - r->surge < lasting ? r->used - r->surge : lasting;
}
