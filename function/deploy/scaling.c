/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/scaling.h"

#include "base/arena.h"

/* What KServe tells; a service that is Ready has all that it was asked for. */
static int64_t ready_replicas(const struct placement *p) {
        if (p->fresh || !p->service.observed)
                return 0;
        if (p->service.ready_replicas >= 0)
                return p->service.ready_replicas;
        return p->service.ready ? p->reservation.replicas : 0;
}

/* Source: KServe v0.20, pkg/constants: labels of the pods of an LLMInferenceService */
static struct text pods_of(const struct plan *plan, struct arena *arena) {
        const char *separator = "app.kubernetes.io/name in (";
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < plan->n_placements; i++) {
                const struct placement *p = &plan->placements[i];

                if (p->fate != FATE_STAYS || text_is_empty(p->service.name))
                        continue;
                builder_string(&b, separator);
                builder_text(&b, p->service.name);
                separator = ",";
        }
        if (b.len > 0)
                builder_string(&b, "),kserve.io/component=workload");
        return builder_done(&b);
}

void scaling_status(const struct plan *plan, struct node *status, struct arena *arena) {
        int64_t least = -1;
        struct text selector = pods_of(plan, arena);

        for (size_t i = 0; i < plan->n_placements; i++) {
                const struct placement *p = &plan->placements[i];
                int64_t ready = ready_replicas(p);

                if (p->fate == FATE_STAYS && (least < 0 || ready < least))
                        least = ready;
        }
        if (least > 0) /* absent is none to the API server */
                node_set_integer(status, "replicas", least);
        if (!text_is_empty(selector))
                node_set_string(status, "selector", selector);
}

struct text scaling_note(const struct plan *plan, const struct settings *settings,
                         struct arena *arena) {
        static const char *const names[] = { "None", "WVA", "KEDA" };
        const struct placement *p = NULL;

        for (size_t i = 0; i < plan->n_placements && !p; i++) {
                if (plan->placements[i].fate == FATE_STAYS &&
                    plan->placements[i].workload.concurrency)
                        p = &plan->placements[i];
        }
        if (!p)
                return (struct text) { 0 };
        if (settings->autoscaler == AUTOSCALER_NONE)
                return text_format(arena,
                                   "scaled by nothing: kserve.autoscaler is None, so all %lld "
                                   "replicas run",
                                   (long long)p->reservation.replicas);
        return text_format(arena, "scaled between %lld and %lld replicas by kserve.autoscaler %s",
                           (long long)p->workload.min_replicas, (long long)p->reservation.replicas,
                           names[settings->autoscaler]);
}
