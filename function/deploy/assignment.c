/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/assignment.h"

int64_t assignment_admitted(const struct assignment *a) {
        const struct reservation *r = &a->observed;
        const struct service *s = &a->service;
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
