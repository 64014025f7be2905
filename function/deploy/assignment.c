/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/assignment.h"

bool assignment_is_ready(const struct assignment *a) {
        return a->service.ready && a->service.replicas != 0 && !a->fresh;
}

/* What the service is composed with; -1: it does not say. */
static int64_t composed(const struct assignment *a) {
        return a->service.replicas >= 0 ? a->service.replicas : a->observed.reserved;
}

void assignment_settle_counts(struct assignment *a) {
        struct reservation *r = &a->planned;

        if (a->rebuilt)
                r->reserved = r->used = composed(a);
        if (a->recovered) {
                r->used = 0;
                r->served = false;
        }
        if (assignment_is_ready(a)) {
                if (r->used == 0)
                        r->used = composed(a);
                r->served = true;
        }
        if (r->used > r->reserved)
                r->used = r->reserved;
}

int64_t assignment_replicas(const struct assignment *a) {
        const struct reservation *r = &a->planned;
        int64_t lasting = r->reserved - r->surge, replicas = r->used > 0 ? r->used : r->reserved;

        return replicas < lasting ? replicas : lasting;
}
