/* SPDX-License-Identifier: Apache-2.0 */
#include "pods.h"

#include <errno.h>

#include "base/arena.h"
#include "deploy/review.h"
#include "place/names.h"
#include "place/observe.h"
#include "place/place.h"
#include "place/revision.h"

/* Does a surge run, of which the end must be seen? */
static bool is_rolling(const struct assignment *a) {
        return a->observed.surge > 0 && a->service.observed;
}

static struct text deployment_name(const struct assignment *a, struct arena *arena) {
        const struct text parts[] = { a->service.name, TEXT(NAME_DEPLOYMENT_TAIL) };

        return text_join(arena, parts, 2);
}

bool pods_ask(const struct request *request, const struct assignment *held, size_t n,
              struct text namespace_, struct response *response) {
        struct arena *arena = response->arena;
        bool resolved = true;

        for (size_t i = 0; i < n; i++) {
                struct value service;
                struct requirement deployment = { .api_version = TEXT("apps/v1"),
                                                  .kind = TEXT("Deployment") };

                if (!is_rolling(&held[i]))
                        continue;
                service = observe_find(&request->observed, KEY_SERVING, held[i].suffix, arena);
                if (observe_is_object(service))
                        continue;
                deployment.key = names_key(REQUIRE_ROLLOUT, held[i].suffix, arena);
                deployment.match_name = deployment_name(&held[i], arena);
                deployment.namespace_ = value_text(value_at(service, "metadata.namespace"));
                if (text_is_empty(deployment.namespace_))
                        deployment.namespace_ = namespace_;
                response_require(response, deployment);
                resolved &= request_required(request, deployment.key) != NULL;
        }
        return resolved;
}

/* The Deployment as it was answered, or as an Object observes it; absent when it is not known. */
static int read_deployment(const struct request *request, const struct assignment *a,
                           struct arena *arena, struct fault *fault, struct value *ret) {
        const struct answer_set *answer;
        int r;

        *ret = observe_actual(observe_find(&request->observed, KEY_ROLLOUT, a->suffix, arena));
        if (ret->kind != VALUE_ABSENT)
                return 0;
        answer = request_required(request, names_key(REQUIRE_ROLLOUT, a->suffix, arena));
        r = request_open(answer, fault);
        if (r == 0 && answer && answer->n_items > 0)
                *ret = answer->items[0].object;
        return r;
}

static int64_t count(struct value map, const char *path, int64_t absent) {
        int64_t n;

        return value_is_integer(value_at(map, path), &n) ? n : absent;
}

/* It has been seen, and all its pods are of that revision, there, and available. */
static bool is_rolled_out(struct value deployment, struct text name, struct text revision) {
        int64_t wanted = count(deployment, "spec.replicas", 1);

        return text_equal(value_get_text(deployment, "kind"), TEXT("Deployment")) &&
               text_equal(value_text(value_at(deployment, "metadata.name")), name) &&
               text_equal(revision_written(value_at(deployment, "spec.template.spec")), revision) &&
               count(deployment, "status.observedGeneration", -1) >=
                       count(deployment, "metadata.generation", 0) &&
               count(deployment, "status.replicas", 0) == wanted &&
               count(deployment, "status.updatedReplicas", 0) == wanted &&
               count(deployment, "status.availableReplicas", 0) == wanted;
}

static int look(const struct request *request, const struct deploy_request *of,
                struct assignment *a, struct arena *arena, struct fault *fault) {
        struct assignment as_now = *a;
        struct value service = observe_find(&request->observed, KEY_SERVING, a->suffix, arena),
                     deployment;
        int r;

        if (!a->service.observed || !review_locate(of, &as_now))
                return 0;
        as_now.planned = a->observed;
        as_now.planned.namespace_ = of->order.deployment->namespace_;
        as_now.planned.deployment = of->order.deployment->name;
        plan_equip(&of->order, &as_now);
        a->revision = place_revision(&as_now, of->order.settings, &request->observed, arena);
        a->service.revision = revision_observed(value_get(observe_declared(service), TEXT("spec")),
                                                a->observed.revision, arena);
        if (!is_rolling(a))
                return 0;
        r = read_deployment(request, a, arena, fault, &deployment);
        if (r == 0)
                a->service.rolled_out =
                        is_rolled_out(deployment, deployment_name(a, arena), a->service.revision);
        return r;
}

int pods_look(const struct request *request, const struct deploy_request *of,
              struct assignment *held, struct arena *arena, struct fault *fault) {
        for (size_t i = 0; i < of->n_held; i++) {
                int r = look(request, of, &held[i], arena, fault);

                if (r < 0)
                        return r;
        }
        return arena_failed(arena) ? -ENOMEM : 0;
}
