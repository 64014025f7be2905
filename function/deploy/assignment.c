/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/assignment.h"

int64_t assignment_used(const struct assignment *a) {
        const struct reservation *r = &a->observed;
        const struct service *s = &a->service;
        int64_t served = 0;

        if (s->ready_replicas >= 0)
                served = s->ready_replicas;
        else if (s->ready)
                served = r->used > 0 ? r->used : s->replicas >= 0 ? s->replicas : r->reserved;
        if (served > r->reserved)
                served = r->reserved;
        return served > r->used ? served : r->used;
}
