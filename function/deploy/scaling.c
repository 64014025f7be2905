/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy/scaling.h"

#include "base/arena.h"

/* What KServe tells; a service that is Ready has all that it was asked for. */
static int64_t ready_replicas(const struct assignment *a) {
        if (a->fresh || !a->service.observed)
                return 0;
        if (a->service.ready_replicas >= 0)
                return a->service.ready_replicas;
        return a->service.ready ? assignment_replicas(a) : 0;
}

/* Source: KServe v0.20, pkg/constants: labels of the pods of an LLMInferenceService */
static struct text pods_of(const struct plan *plan, struct arena *arena) {
        const char *separator = "app.kubernetes.io/name in (";
        struct builder b;

        builder_init(&b, arena);
        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];

                if (a->fate != FATE_STAYS || text_is_empty(a->service.name))
                        continue;
                builder_string(&b, separator);
                builder_text(&b, a->service.name);
                separator = ",";
        }
        if (b.len > 0)
                builder_string(&b, "),kserve.io/component=workload");
        return builder_done(&b);
}

void scaling_status(const struct plan *plan, struct node *status, struct arena *arena) {
        int64_t least = -1;
        struct text selector = pods_of(plan, arena);

        for (size_t i = 0; i < plan->n_assignments; i++) {
                const struct assignment *a = &plan->assignments[i];
                int64_t ready = ready_replicas(a);

                if (a->fate == FATE_STAYS && (least < 0 || ready < least))
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
        const struct assignment *a = NULL;

        for (size_t i = 0; i < plan->n_assignments && !a; i++) {
                if (plan->assignments[i].fate == FATE_STAYS &&
                    plan->assignments[i].workload.concurrency)
                        a = &plan->assignments[i];
        }
        if (!a)
                return (struct text) { 0 };
        if (settings->autoscaler == AUTOSCALER_NONE)
                return text_format(arena,
                                   "scaled by nothing: kserve.autoscaler is None, so all %lld "
                                   "replicas run",
                                   (long long)assignment_replicas(a));
        return text_format(arena, "scaled between %lld and %lld replicas by kserve.autoscaler %s",
                           (long long)a->workload.min_replicas, (long long)assignment_replicas(a),
                           names[settings->autoscaler]);
}
